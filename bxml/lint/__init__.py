"""The linter: rules, suppressions, and checks that span several attributes or verbs."""
