"""Parsing of documents into trees with positions, and their check against the schema."""
