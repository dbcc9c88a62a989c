"""The language server: ``bxml lsp`` shows problems, documentation, completions and fixes of BXML in editors."""
