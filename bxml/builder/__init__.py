"""The builder: element classes, their binding to the schema, and documents that consist of elements."""
