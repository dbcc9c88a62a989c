"""Editors show the arguments of a class and their descriptions.

The tests use Pyright's language server, which is also the core of Pylance.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Any, Final

import pytest

from tests.test_regular_expressions import modules

ROOT: Final = Path(__file__).parents[1]

LONGEST_WAIT: Final = 60
"""Seconds after which the server is stopped and the tests fail."""

SOURCE: Final = """
from bxml import Gather, Response
from callcontrol import BasicAuth, Client

verb = Gather(gather_url="/menu")
document = Response().gather(gather_url="/menu")
client = Client("9900123", BasicAuth("user", "password"))
"""


class LanguageServer:
    """Pyright's language server with one open file.

    Args:
        source: Content of the file.
    """

    def __init__(self, source: str) -> None:
        command = [shutil.which("pyright-langserver", path=os.path.dirname(sys.executable)) or "pyright-langserver", "--stdio"]
        # Without this variable, Pyright writes a warning to stderr if a newer release exists.
        quiet = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
        self.source, self.uri, self.last = source, (ROOT / "open_in_an_editor.py").as_uri(), 0
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | quiet, cwd=ROOT
        )
        self.end = Timer(LONGEST_WAIT, self.process.kill)
        self.end.start()
        hover = {"hover": {"contentFormat": ["plaintext"]}}
        folder = {"uri": ROOT.as_uri(), "name": "project"}
        self.ask("initialize", processId=os.getpid(), capabilities={"textDocument": hover}, workspaceFolders=[folder])
        self.send(method="initialized", params={})
        document = {"uri": self.uri, "languageId": "python", "version": 1, "text": source}
        self.send(method="textDocument/didOpen", params={"textDocument": document})

    def send(self, **message: Any) -> None:
        assert self.process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        length = 0
        while header := self.process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has stopped"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result. Until the result arrives, respond to each request from the server with null."""
        self.last += 1
        self.send(id=self.last, method=method, params=params)
        while True:
            message = self.receive()
            if "method" in message and "id" in message:
                self.send(id=message["id"], result=None)
            elif message.get("id") == self.last:
                return message["result"]

    def position(self, text: str, offset: int) -> dict[str, Any]:
        before = self.source[: self.source.index(text) + offset]
        at = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return {"textDocument": {"uri": self.uri}, "position": at}

    def hover(self, text: str) -> str:
        """Return the hover text of the last name in a string that ends with an opening parenthesis."""
        shown: str = self.ask("textDocument/hover", **self.position(text, len(text) - 2))["contents"]["value"]
        return shown

    def arguments(self, text: str) -> list[str]:
        """Return the arguments that are shown after the opening parenthesis at the end of a string."""
        (signature,) = self.ask("textDocument/signatureHelp", **self.position(text, len(text)))["signatures"]
        return [parameter["label"].partition(":")[0] for parameter in signature["parameters"]]

    def close(self) -> None:
        self.end.cancel()
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    with closing(LanguageServer(SOURCE)) as server:
        yield server


@pytest.mark.parametrize(
    ("text", "argument", "explanation"),
    [
        ("= Gather(", "gather_url", "URL that receives the gather event"),
        (".gather(", "gather_url", "URL that receives the gather event"),
        ("= Client(", "base_url", "everything before /accounts/"),
    ],
)
def test_editors_show_arguments_and_their_descriptions(
    server: LanguageServer, text: str, argument: str, explanation: str
) -> None:
    """The hover text contains the argument and its description. Signature help contains the name of the argument."""
    shown = server.hover(text)
    assert f"{argument}: " in shown
    assert explanation in shown.replace("`", "")
    assert argument in server.arguments(text)


def test_constructors_do_not_hide_the_arguments_of_their_class() -> None:
    """If a class describes its arguments, ``__init__`` has no docstring, because editors would show that docstring instead."""
    classes = {value for module in modules() for value in vars(module).values() if isinstance(value, type)}
    ours = [cls for cls in classes if cls.__module__.startswith(("bxml", "callcontrol"))]
    described = [cls for cls in ours if "Args:" in (vars(cls).get("__doc__") or "")]
    assert len(described) > 30
    constructors = [
        (cls, next(vars(each)["__init__"] for each in cls.__mro__ if "__init__" in vars(each))) for cls in described
    ]
    hidden = [cls for cls, constructor in constructors if constructor is not object.__init__ and constructor.__doc__]
    assert hidden == []
