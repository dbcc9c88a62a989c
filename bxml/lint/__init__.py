"""The linter: rules, suppressions, and the checks that need several attributes or verbs."""
