"""The text of every message: findings, names from other dialects, quoting and redaction."""
