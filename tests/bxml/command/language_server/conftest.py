"""A language client, which starts the server as a process or runs it in a thread."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from pygls.io_ import StdoutWriter, run_async
from pygls.lsp.client import LanguageClient

from bxml.command.language_server.server import new_server

ROOT: Final = Path(__file__).parents[4]

TIMEOUT: Final = 60
"""Seconds to wait for a response."""


class Editor(LanguageClient):
    """A language client that keeps what the server sends."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: list[str] = []
        self.exit_code: int | None = None
        self.errors = b""

        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        def show(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        # pygls does not annotate this decorator.
        feature: Callable[[str], Callable[[object], object]] = self.feature
        feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)
        feature(types.WINDOW_SHOW_MESSAGE)(show)

    async def server_exit(self, server: asyncio.subprocess.Process) -> None:
        assert server.stderr
        self.errors = await server.stderr.read()
        self.exit_code = server.returncode

    async def greet(self, encoding: types.PositionEncodingKind | None = None) -> types.InitializeResult:
        general = types.GeneralClientCapabilities(position_encodings=[encoding]) if encoding else None
        capabilities = types.ClientCapabilities(general=general)
        result = await asyncio.wait_for(self.initialize_async(types.InitializeParams(capabilities)), TIMEOUT)
        self.initialized(types.InitializedParams())
        return result

    def open(self, uri: str, text: str) -> None:
        self.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "xml", 1, text)))

    def change(self, uri: str, version: int, text: str) -> None:
        document = types.VersionedTextDocumentIdentifier(version, uri)
        changes: list[types.TextDocumentContentChangeEvent] = [types.TextDocumentContentChangeWholeDocument(text)]
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    async def diagnostics(self) -> types.PublishDiagnosticsParams:
        """Return the next diagnostics that the server sends."""
        return await asyncio.wait_for(self.published.get(), TIMEOUT)

    async def rules(self) -> list[Any]:
        """Return the rules of the next diagnostics that the server sends."""
        return [diagnostic.code for diagnostic in (await self.diagnostics()).diagnostics]

    async def end(self) -> None:
        await asyncio.wait_for(self.shutdown_async(None), TIMEOUT)
        self.exit(None)


@asynccontextmanager
async def editor_of_process() -> AsyncGenerator[Editor]:
    """Start ``bxml lsp`` as an editor does."""
    editor = Editor()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    await editor.start_io(sys.executable, "-c", "from bxml.command import main; main()", "lsp", env=environment)
    yield editor
    await editor.end()
    await asyncio.wait_for(editor._async_tasks[1], TIMEOUT)
    await editor.stop()  # type: ignore[no-untyped-call]  # pygls does not annotate it


@asynccontextmanager
async def editor_of_thread() -> AsyncGenerator[Editor]:
    """Run the server in a thread, so that its coverage is measured."""
    editor, ended = Editor(), threading.Event()
    (server_input, to_server), (from_server, server_output) = os.pipe(), os.pipe()

    def serve() -> None:
        with os.fdopen(server_input, "rb") as stdin, os.fdopen(server_output, "wb") as stdout:
            new_server().start_io(stdin, stdout)

    thread = threading.Thread(target=serve)
    thread.start()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_server, "rb")
    )
    with os.fdopen(to_server, "wb") as stdin:
        editor.protocol.set_writer(StdoutWriter(stdin))
        listening = asyncio.create_task(run_async(ended, reader, editor.protocol, error_handler=editor.report_server_error))
        yield editor
        await editor.end()
        await asyncio.to_thread(thread.join, TIMEOUT)
        await asyncio.wait_for(listening, TIMEOUT)
    transport.close()
