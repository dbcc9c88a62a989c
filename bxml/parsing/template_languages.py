"""The template languages whose tags this package knows; the module is small, because each run of the command imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Language = Literal["jinja", "erb", "handlebars", "php"]
"""A family of template languages that have the same tags, named after its best-known member."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

TITLES: Final[Mapping[Language, str]] = {"jinja": "Jinja", "erb": "ERB", "handlebars": "Handlebars", "php": "PHP"}
"""The name of each language in messages."""

FILE_EXTENSIONS: Final[Mapping[str, Language]] = {
    ".erb": "erb",
    ".ejs": "erb",
    ".handlebars": "handlebars",
    ".hbs": "handlebars",
    ".mustache": "handlebars",
    ".j2": "jinja",
    ".jinja": "jinja",
    ".jinja2": "jinja",
    ".liquid": "jinja",
    ".njk": "jinja",
    ".twig": "jinja",
    ".php": "php",
    ".phtml": "php",
}
"""The file extensions that show the language of a template."""

Template = Language | Literal["auto"]
"""The language of templates, or ``auto`` to detect the language of each template."""

CHOICES: Final[tuple[Template, ...]] = (*LANGUAGES, "auto")
"""The names of the languages, and ``auto``."""
