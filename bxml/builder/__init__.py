"""The builder: classes for every element, their binding to the schema, and documents made of them."""
