"""``bxml schema``: the path and the text of the XSD."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lxml import etree

from tests.bxml.command.conftest import VALID, Run

ROOT = Path(__file__).parents[3]


def test_copies_of_the_files_are_a_schema() -> None:
    """The texts of both files, written to one directory, are a schema that accepts BXML."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from bxml.command import main; main()", "schema"]
    for arguments, name in (([], "bxml.xsd"), (["xml-lang.xsd"], "xml-lang.xsd")):
        ran = subprocess.run([*command, *arguments], capture_output=True, check=True, env=environment)
        assert ran.stderr == b""
        assert ran.stdout == (ROOT / "schemas" / name).read_bytes()
        Path(name).write_bytes(ran.stdout)
    schema = etree.XMLSchema(etree.parse("bxml.xsd"))
    assert schema.validate(etree.fromstring(VALID))


def test_text(run: Run) -> None:
    """Without options, the command prints the text of the schema."""
    ran = run("schema")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (ROOT / "schemas" / "bxml.xsd").read_text(encoding="utf-8")


def test_path(run: Run) -> None:
    """``--path`` prints the path of the file that the package uses."""
    for arguments, name in (((), "bxml.xsd"), (("bxml.xsd",), "bxml.xsd"), (("xml-lang.xsd",), "xml-lang.xsd")):
        ran = run("schema", "--path", *arguments)
        assert (ran.code, ran.err) == (0, "")
        assert Path(ran.out.removesuffix("\n")).samefile(ROOT / "schemas" / name)


def test_other_files_are_refused(run: Run) -> None:
    """The command refuses the name of a file that is not part of the schema, and lists the names of the files."""
    ran = run("schema", "other.xsd")
    assert (ran.code, ran.out) == (2, "")
    assert "'other.xsd' is not one of 'bxml.xsd', 'xml-lang.xsd'" in ran.err
