"""Parse documents into trees with positions, and check documents against the schema."""
