"""Small applications of the kinds that public applications for the platform are, with the vendor's own SDK."""
