"""The server: it answers the messages of an editor over stdin and stdout."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final, NamedTuple

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from bxml import schema
from bxml.command import baseline
from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checker
from bxml.command.configuration import BadConfiguration, Configuration
from bxml.command.configuration_lookup import Configurations
from bxml.command.fixing import fixed
from bxml.command.foreign_documents import foreign_kind, has_bxml_root
from bxml.command.language_server import schema_facts
from bxml.command.language_server.tag_at_cursor import Part, part_at
from bxml.command.language_server.text_positions import Positions
from bxml.errors import BxmlError
from bxml.lint import rule_registry
from bxml.parsing.formatter import formatted
from bxml.parsing.template_languages import FILE_EXTENSIONS, Template
from bxml.problem import Fix, Problem

DELAY: Final = 0.1
"""Seconds to wait after the last change of a document before the document is checked."""

SEVERITIES: Final = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}

KINDS: Final = {
    "element": types.CompletionItemKind.Class,
    "end tag": types.CompletionItemKind.Class,
    "attribute": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
}

FIX_ALL: Final = f"{types.CodeActionKind.SourceFixAll.value}.bxml"
"""The kind of the action that applies all certain fixes; an editor may run it when it saves a file."""

CODE_ACTIONS: Final = types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL])


class Document(NamedTuple):
    """An open document."""

    uri: str
    text: str
    positions: Positions
    version: int | None

    def part_at(self, position: types.Position) -> Part | None:
        """Return the part of a tag at a position, or ``None`` if the document is too large to be BXML."""
        if len(self.text) > schema.maximum_bytes():
            return None
        return part_at(self.text, self.positions.index(position))

    @property
    def path(self) -> str:
        """The path of the file; empty for a document that is not saved."""
        return to_fs_path(self.uri) or ""

    @property
    def is_bxml(self) -> bool:
        """True if ``bxml validate`` would check the file when it searches the directory."""
        if self._name.endswith(".bxml"):
            return True
        return has_bxml_root(self.data) and not foreign_kind(self.data)

    @property
    def is_template(self) -> bool:
        """True if the name has the extension of a template language, such as ``menu.bxml.j2``."""
        return self.path.lower() != self._name

    @property
    def data(self) -> bytes:
        """The text in UTF-8; a lone surrogate becomes a question mark."""
        return self.text.encode("utf-8", "replace")

    @property
    def _name(self) -> str:
        """The path in lower case, without the extension of a template language."""
        path, extension = os.path.splitext(self.path.lower())
        return path if extension in FILE_EXTENSIONS else path + extension

    def replaced(self, data: bytes) -> list[types.TextEdit]:
        """Return the edit that replaces the whole text; return no edit if the text does not change."""
        return [] if data == self.data else [types.TextEdit(self.positions.range(0, len(self.text)), data.decode())]


class Unconfigured(Configurations):
    """The configurations to use if a configuration is invalid: every file has the default settings."""

    def of(self, directory: str) -> Configuration:  # noqa: ARG002  every directory has the same
        """Return the default configuration."""
        return Configuration()


class BxmlServer(LanguageServer):
    """A language server for BXML."""

    _shown = ""
    """The last message about the configuration, stored so that the same message is not shown again."""

    def document(self, uri: str) -> Document:
        """Return an open document."""
        document = self.workspace.get_text_document(uri)
        encoding = self.server_capabilities.position_encoding or types.PositionEncodingKind.Utf16
        return Document(uri, document.source, Positions(document.source, encoding), document.version)

    def problems(self, document: Document) -> list[Problem]:
        """Check a document with the configuration of its file, and leave out the problems in its baseline."""
        if not document.is_bxml:
            return []
        configurations, known = self._configured(document)
        checker = self._checker(document, configurations)
        checked = checker.given(document.path, document.data)
        results = known.compare([checked], checker.settings) if known else [checked]
        return [problem for result in results for problem in result.problems]

    def fixed(self, document: Document) -> bytes:
        """Return a document with all certain fixes, as ``bxml validate --fix`` writes it."""
        data = document.data
        if not document.is_bxml:
            return data
        checker = self._checker(document, self._configured(document)[0])

        def check(changed: bytes) -> Sequence[Problem]:
            return checker.given(document.path, changed).problems

        return fixed(data, check(data), check).data

    def publish(self, uri: str) -> None:
        """Check a document and send its problems to the editor."""
        document = self.document(uri)
        diagnostics = [diagnostic(document, problem) for problem in self.problems(document)]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, document.version))

    def _checker(self, document: Document, configurations: Configurations) -> Checker:
        language: Template | None = "auto" if document.is_template else None
        # bxml validate reads the language that the configuration of its current directory names.
        for directory in (self.workspace.root_path or "", os.path.dirname(document.path)):
            language = configurations.of(directory).template or language
        return Checker(configurations.settings, "", template=language)

    def _configured(self, document: Document) -> tuple[Configurations, baseline.Baseline | None]:
        """Return the configuration and the baseline of a file. Each check reads them again, because they may have changed."""
        directory, known, message = os.path.dirname(document.path), None, ""
        configurations = Configurations()
        try:
            configurations.settings(document.path)
            # bxml validate reads the baseline that the configuration of its current directory names.
            workspace = configurations.of(self.workspace.root_path or "")
            path = configurations.of(directory).baseline or workspace.baseline
            if path:
                known = baseline.read(path, may_be_missing=True)
        except BadConfiguration as error:
            message, configurations = str(error), Unconfigured()
        except CannotRun as error:
            message = str(error)
        if message and message != self._shown:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, message))
        self._shown = message
        return configurations, known


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


def fix_all(document: Document, data: bytes) -> list[types.CodeAction]:
    """Return the action that replaces a document with the fixed document; return no action if nothing can be fixed."""
    edits = document.replaced(data)
    edit = types.WorkspaceEdit(changes={document.uri: edits})
    return [types.CodeAction("Apply all certain fixes", kind=FIX_ALL, edit=edit)] if edits else []


def is_wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None, *, by_default: bool) -> bool:
    """Return whether an editor asks for a kind of actions: for the kind itself, or for a kind that contains it."""
    if only is None:
        return by_default
    names = [str(getattr(each, "value", each)) for each in only]
    return any(f"{kind}.".startswith(f"{name}." if name else "") for name in names)


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

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, CODE_ACTIONS)
    def fixes(parameters: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.document(parameters.text_document.uri)
        only = parameters.context.only
        # Without a wish, an editor would show the action at every place of the document.
        actions = fix_all(document, server.fixed(document)) if is_wanted(FIX_ALL, only, by_default=False) else []
        if not is_wanted(types.CodeActionKind.QuickFix.value, only, by_default=True):
            return actions
        start, end = (document.positions.index(each) for each in (parameters.range.start, parameters.range.end))
        for problem in server.problems(document):
            marked = document.positions.range_of(problem)
            touches = document.positions.index(marked.start) <= end and start <= document.positions.index(marked.end)
            if problem.fix and touches:
                actions.append(quick_fix(document, problem, problem.fix))
        return actions

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(parameters: types.DocumentFormattingParams) -> list[types.TextEdit]:
        document = server.document(parameters.text_document.uri)
        try:
            return document.replaced(formatted(document.data)) if document.is_bxml else []
        except BxmlError:  # the diagnostics say what is wrong
            return []

    return server


def run() -> None:
    """Run a server over stdin and stdout until the editor ends it."""
    new_server().start_io()
