"""Configuration of the documentation site: ``sphinx-build -W -n docs build/site``."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "bxml-callcontrol"
version = release = installed("bxml-callcontrol")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "api_reference",
    "exit_code_table",
    "emulator_tables",
    "foreign_names",
    "rule_reference",
]
exclude_patterns = ["_ext"]
nitpicky = True

# Markdown
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

# Docstrings
add_module_names = False
autoclass_content = "class"  # a class's docstring describes its constructor
autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
maximum_signature_line_length = 80
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # fields of a dataclass are described once, under Attributes
napoleon_use_rtype = False

# HTML
html_theme = "shibuya"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"{project} {version}"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {"accent_color": "indigo"}
