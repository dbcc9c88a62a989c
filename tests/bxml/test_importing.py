"""``import bxml`` loads only the modules that building a document needs."""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def test_import_of_bxml_loads_no_heavy_module() -> None:
    """``import bxml`` loads neither callcontrol nor modules for the network, the schema, the linter or the command."""
    script = "import bxml, sys; print(*sorted(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(finished.stdout.split())
    assert "bxml.builder.verbs" in loaded
    assert not loaded & {
        "callcontrol",
        "requests",
        "urllib3",
        "http.client",
        "xmlschema",
        "bxml.command",
        "bxml.lint.rules",
        "click",
        "decimal",
        "datetime",
        "difflib",
        "bxml.messages.foreign_names",
        "bxml.builder.schema_binding",
    }
