"""The builder: a class for each element, the binding of the classes to the schema, and documents made of elements."""
