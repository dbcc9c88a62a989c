"""The server: it answers the messages of an editor over stdin and stdout."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Final, NamedTuple

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from bxml import schema
from bxml.command.configuration import BadConfiguration, Configuration
from bxml.command.configuration_lookup import Configurations
from bxml.command.foreign_documents import foreign_kind, has_bxml_root
from bxml.command.language_server import schema_facts
from bxml.command.language_server.tag_at_cursor import Part, part_at
from bxml.command.language_server.text_positions import Positions
from bxml.lint import linter, rule_registry
from bxml.lint.linter import Settings
from bxml.problem import Fix, Problem

DELAY: Final = 0.1
"""The number of seconds without a change after which a document is checked."""

SEVERITIES: Final = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}

KINDS: Final = {
    "element": types.CompletionItemKind.Class,
    "end tag": types.CompletionItemKind.Class,
    "attribute": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
}

QUICK_FIXES: Final = types.CodeActionOptions([types.CodeActionKind.QuickFix])


class Document(NamedTuple):
    """An open document."""

    uri: str
    text: str
    positions: Positions
    version: int | None

    def part_at(self, position: types.Position) -> Part | None:
        """Return the part of a tag at a position; ``None`` in a document that is too large to be BXML."""
        if len(self.text) > schema.maximum_bytes():
            return None
        return part_at(self.text, self.positions.index(position))

    @property
    def path(self) -> str:
        """The path of the file; empty for a document that is not saved."""
        return to_fs_path(self.uri) or ""

    @property
    def is_bxml(self) -> bool:
        """True if ``bxml validate`` would check the document in a directory."""
        if self.path.lower().endswith(".bxml"):
            return True
        data = self.text.encode("utf-8", "replace")
        return has_bxml_root(data) and not foreign_kind(data)


class BxmlServer(LanguageServer):
    """A language server for BXML."""

    _shown = ""
    """The last message about the configuration, which is shown only once."""

    def document(self, uri: str) -> Document:
        """Return an open document."""
        document = self.workspace.get_text_document(uri)
        encoding = self.server_capabilities.position_encoding or types.PositionEncodingKind.Utf16
        return Document(uri, document.source, Positions(document.source, encoding), document.version)

    def problems(self, document: Document) -> list[Problem]:
        """Check a document with the configuration of its file."""
        if not document.is_bxml:
            return []
        return linter.problems(document.text, document.path, self._settings(document.path))[0]

    def publish(self, uri: str) -> None:
        """Check a document and send its problems to the editor."""
        document = self.document(uri)
        diagnostics = [diagnostic(document, problem) for problem in self.problems(document)]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, document.version))

    def _settings(self, path: str) -> Settings:
        """Return the settings for a file; the configuration is read for each check, because it may have changed."""
        try:
            settings = Configurations().settings(path)
        except BadConfiguration as error:
            message, settings = str(error), Configuration().settings(path)
        else:
            message = ""
        if message and message != self._shown:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, message))
        self._shown = message
        return settings


def diagnostic(document: Document, problem: Problem) -> types.Diagnostic:
    """Return a problem in the form of the protocol."""
    return types.Diagnostic(
        document.positions.range_of(problem),
        problem.message,
        severity=SEVERITIES[problem.severity],
        code=problem.rule,
        code_description=types.CodeDescription(rule_registry.entries()[problem.rule].source),
        source="bxml",
    )


def quick_fix(document: Document, problem: Problem, fix: Fix) -> types.CodeAction:
    """Return the fix of a problem in the form of the protocol."""
    edits = [types.TextEdit(document.positions.range_of(edit), edit.text) for edit in fix.edits]
    return types.CodeAction(
        fix.message[:1].upper() + fix.message[1:],
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(document, problem)],
        is_preferred=True,
        edit=types.WorkspaceEdit(changes={document.uri: edits}),
    )


def new_server() -> BxmlServer:  # noqa: C901  one function for each message
    """Return a server that is ready to start."""
    # The editor sends the whole text with each change: documents are small, and pygls splits lines at too many characters.
    server = BxmlServer("bxml", version("bxml-callcontrol"), types.TextDocumentSyncKind.Full)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(parameters: types.DidOpenTextDocumentParams) -> None:
        server.publish(parameters.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(parameters: types.DidSaveTextDocumentParams) -> None:
        server.publish(parameters.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(parameters: types.DidChangeTextDocumentParams) -> None:
        changed = parameters.text_document
        await asyncio.sleep(DELAY)
        document = server.workspace.text_documents.get(changed.uri)
        # Another change, or closing the document, makes this check unnecessary.
        if document and document.version == changed.version:
            server.publish(changed.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(parameters: types.DidCloseTextDocumentParams) -> None:
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(parameters.text_document.uri, []))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(parameters: types.HoverParams) -> types.Hover | None:
        document = server.document(parameters.text_document.uri)
        part = document.part_at(parameters.position)
        text = schema_facts.documentation(part) if part else None
        if part is None or text is None:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), document.positions.range(part.start, part.end))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["<", "/", " ", '"', "'"]))
    def complete(parameters: types.CompletionParams) -> list[types.CompletionItem]:
        document = server.document(parameters.text_document.uri)
        part = document.part_at(parameters.position)
        if part is None:
            return []
        replaced = document.positions.range(part.start, part.end)
        return [
            types.CompletionItem(
                choice.text,
                kind=KINDS[part.kind],
                detail=choice.detail or None,
                documentation=types.MarkupContent(types.MarkupKind.Markdown, choice.documentation)
                if choice.documentation
                else None,
                # The order of the schema, which names the important attributes first.
                sort_text=f"{number:04}",
                text_edit=types.TextEdit(replaced, choice.text),
            )
            for number, choice in enumerate(schema_facts.choices(part))
        ]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, QUICK_FIXES)
    def fixes(parameters: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.document(parameters.text_document.uri)
        start, end = (document.positions.index(each) for each in (parameters.range.start, parameters.range.end))
        actions: list[types.CodeAction] = []
        for problem in server.problems(document):
            marked = document.positions.range_of(problem)
            touches = document.positions.index(marked.start) <= end and start <= document.positions.index(marked.end)
            if problem.fix and touches:
                actions.append(quick_fix(document, problem, problem.fix))
        return actions

    return server


def run() -> None:
    """Run a server over stdin and stdout until the editor ends it."""
    new_server().start_io()
