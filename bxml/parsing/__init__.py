"""From text to a positioned tree, and its check against the schema."""
