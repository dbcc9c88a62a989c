"""The programming languages whose strings are searched for BXML, and the parts of their grammars that matter for strings.

The grammars are those of tree-sitter. The module is small, because each run of the command imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

MAXIMUM_BYTES: Final = 2_000_000
"""Maximum size of a program that is searched, in bytes."""

TOO_LARGE: Final = f"the program is too large to be searched for BXML; at most {MAXIMUM_BYTES:,} bytes are allowed"
"""The reason why a program that the user named is not searched."""


class HostLanguage(NamedTuple):
    """A programming language, and the types of the nodes that its grammar has for strings."""

    name: str
    """The name, as ``bxml extract`` prints it."""
    module: str
    """The module that contains the grammar."""
    strings: frozenset[str]
    """The types of string literals."""
    joins: frozenset[str]
    """The types of expressions that join strings, with or without an operator."""
    grammar: str = "language"
    """The name of the function in :attr:`module` that returns the grammar."""


_PYTHON: Final = HostLanguage(
    "python", "tree_sitter_python", frozenset({"string"}), frozenset({"concatenated_string", "binary_operator"})
)
_JAVASCRIPT: Final = HostLanguage(
    "javascript", "tree_sitter_javascript", frozenset({"string", "template_string"}), frozenset({"binary_expression"})
)
_TYPESCRIPT: Final = _JAVASCRIPT._replace(name="typescript", module="tree_sitter_typescript", grammar="language_typescript")
_TSX: Final = _TYPESCRIPT._replace(grammar="language_tsx")
_JAVA: Final = HostLanguage("java", "tree_sitter_java", frozenset({"string_literal"}), frozenset({"binary_expression"}))
_RUBY: Final = HostLanguage(
    "ruby", "tree_sitter_ruby", frozenset({"string", "heredoc_body"}), frozenset({"chained_string", "binary"})
)
_CSHARP: Final = HostLanguage(
    "csharp",
    "tree_sitter_c_sharp",
    frozenset({"string_literal", "verbatim_string_literal", "raw_string_literal", "interpolated_string_expression"}),
    frozenset({"binary_expression"}),
)

HOST_LANGUAGES: Final[Mapping[str, HostLanguage]] = {
    ".py": _PYTHON,
    ".pyi": _PYTHON,
    ".js": _JAVASCRIPT,
    ".jsx": _JAVASCRIPT,
    ".mjs": _JAVASCRIPT,
    ".cjs": _JAVASCRIPT,
    ".ts": _TYPESCRIPT,
    ".mts": _TYPESCRIPT,
    ".cts": _TYPESCRIPT,
    ".tsx": _TSX,
    ".java": _JAVA,
    ".rb": _RUBY,
    ".rake": _RUBY,
    ".cs": _CSHARP,
}
"""The language of each file extension."""


def host_language(path: str) -> HostLanguage | None:
    """Return the language of a file, or ``None`` if the extension belongs to no language that is searched."""
    return HOST_LANGUAGES.get(path[path.rfind(".") :].lower())
