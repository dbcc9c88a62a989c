"""``bxml lsp``: a language client opens documents, and gets problems, documentation, completions and fixes."""

from __future__ import annotations

import asyncio
import builtins
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import pytest
from lsprotocol import types

from bxml.schema import maximum_bytes
from tests.bxml.command.conftest import Run
from tests.bxml.command.language_server.conftest import TIMEOUT, Editor, editor_of_process, editor_of_thread

Start = Callable[[], AbstractAsyncContextManager[Editor]]
Session = Callable[[Callable[[Editor], Awaitable[None]]], None]


def run_session(start: Start, session: Callable[[Editor], Awaitable[None]]) -> Editor:
    """Run a session with a server and end the server."""

    async def run() -> Editor:
        async with start() as editor:
            await session(editor)
        return editor

    return asyncio.run(run())


def in_thread(session: Callable[[Editor], Awaitable[None]]) -> Editor:
    """Run a session with a server in a thread."""
    return run_session(editor_of_thread, session)


def uri(name: str) -> str:
    """Return the URI of a file in the current directory."""
    return Path(name).absolute().as_uri()


def configure(text: str) -> None:
    """Write the configuration of the current directory."""
    Path("bxml.toml").write_text(text, encoding="utf-8")


def at(text: str) -> tuple[str, types.Position]:
    """Return a text without the mark ``|``, and the position of the mark in UTF-16."""
    before, after = text.split("|")
    line = before.rpartition("\n")[2]
    return before + after, types.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


def span(range_: types.Range) -> tuple[int, int, int, int]:
    """Return the lines and columns of a range."""
    return range_.start.line, range_.start.character, range_.end.line, range_.end.character


MISTAKE: Final = '<Response>\n  <Gather maxDigits="51" gatherUrl="https://app.example/menu"/>\n</Response>'
FIXED: Final = MISTAKE.replace("51", "50")


@pytest.mark.parametrize("start", [editor_of_process, editor_of_thread])
def test_session_over_stdio(start: Start) -> None:
    """An editor opens a document with a mistake, receives the problem, corrects the mistake, and ends the server."""

    async def session(editor: Editor) -> None:
        server = await editor.greet()
        assert server.server_info
        assert server.server_info.name == "bxml"
        synchronization = server.capabilities.text_document_sync
        assert isinstance(synchronization, types.TextDocumentSyncOptions)
        assert synchronization.change == types.TextDocumentSyncKind.Full
        editor.open(uri("menu.bxml"), MISTAKE)
        published = await editor.diagnostics()
        (problem,) = published.diagnostics
        assert (published.uri, published.version) == (uri("menu.bxml"), 1)
        assert (problem.code, problem.source, problem.severity) == ("invalid-value", "bxml", types.DiagnosticSeverity.Error)
        assert problem.message == 'maxDigits="51" is too large; expected an integer from 1 to 50'
        assert problem.code_description
        assert problem.code_description.href.startswith("https://")
        assert span(problem.range) == (1, 21, 1, 23)
        editor.change(uri("menu.bxml"), 2, FIXED)
        published = await editor.diagnostics()
        assert (list(published.diagnostics), published.version) == ([], 2)

    editor = run_session(start, session)
    assert (editor.exit_code, editor.errors) == ((0, b"") if start is editor_of_process else (None, b""))


def test_only_the_last_change_is_checked() -> None:
    """A document is checked after its last change and when it is saved, but not after it is closed."""

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri("a.bxml"), FIXED)
        assert await editor.rules() == []
        editor.change(uri("a.bxml"), 2, "<Response")
        editor.change(uri("a.bxml"), 3, MISTAKE)
        published = await editor.diagnostics()
        assert (published.version, len(published.diagnostics)) == (3, 1)
        identifier = types.TextDocumentIdentifier(uri("a.bxml"))
        editor.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
        assert await editor.rules() == ["invalid-value"]
        editor.change(uri("a.bxml"), 4, "<Response")
        editor.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
        assert await editor.diagnostics() == types.PublishDiagnosticsParams(uri("a.bxml"), ())
        await asyncio.sleep(0.3)
        assert editor.published.empty()

    in_thread(session)


@pytest.mark.parametrize(
    ("name", "text", "rules"),
    [
        ("untitled:Untitled-1", MISTAKE, ["invalid-value"]),
        ("menu.xml", MISTAKE, ["invalid-value"]),
        ("menu.xml", "<Response><Say>Hello.</Say></Response>", []),
        ("pom.xml", "<project/>", []),
        ("new.xml", "", []),
        ("NEW.BXML", "", ["not-well-formed"]),
        ("menu.bxml", "<Response><Say>Hello.</Say></Response>", ["unknown-element"]),
        ("menu.bxml.j2", '<Response>{% if a %}<Pause duration="x"/>{% endif %}</Response>', ["invalid-value"]),
        ("menu.XML.erb", "<Response><%= a %></Response>", []),
        ("_part.bxml.j2", "<Hangup/>{{ a }}", []),
        ("menu.bxml", "<Response>{{ a }}</Response>", ["template"]),
        ("page.html.j2", "<p>{{ a }}</p>", []),
        ("menu.bxml", "<!--" + "x" * maximum_bytes() + "--><Response/>", ["document-size"]),
    ],
)
def test_documents_of_other_formats_are_left_alone(name: str, text: str, rules: Sequence[str]) -> None:
    """A document that is not named ``*.bxml`` is checked only if it is BXML, as in a directory."""

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(name if ":" in name else uri(name), text)
        assert await editor.rules() == rules

    in_thread(session)


def test_the_configuration_of_the_file_is_used() -> None:
    """Each check reads the configuration. An invalid configuration is shown once, and the default settings are used."""
    risky = '<Response><SpeakSentence voice="newest">Hello.</SpeakSentence></Response>'

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri("a.bxml"), risky)
        published = await editor.diagnostics()
        assert [each.severity for each in published.diagnostics] == [types.DiagnosticSeverity.Warning]
        save = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri("a.bxml")))
        for configuration, rules in (
            ('ignore = ["unknown-voice"]', []),
            ("ignore = 1", ["unknown-voice"]),
            ("ignore = 1", ["unknown-voice"]),
            ("", ["unknown-voice"]),
            ("ignore = 2", ["unknown-voice"]),
        ):
            configure(configuration)
            editor.text_document_did_save(save)
            assert await editor.rules() == rules
        assert len(editor.messages) == 2
        assert "bxml.toml" in editor.messages[0]

    in_thread(session)


def test_the_template_language_of_the_configuration_is_used() -> None:
    """A document with tags is a template if the configuration of the file or of the workspace names a language."""
    Path("sales").mkdir()
    Path("sales/bxml.toml").write_text('baseline = "known.json"', encoding="utf-8")

    async def session(editor: Editor) -> None:
        await editor.greet()
        for configuration, rules in (("", "template"), ('template = "jinja"', "invalid-value")):
            configure(configuration)
            for name in ("a.bxml", "sales/a.bxml"):
                editor.open(uri(name), '<Response>{% if a %}<Pause duration="x"/>{% endif %}</Response>')
                assert await editor.rules() == [rules]
        # A mistake in the configuration of the workspace is shown, and the document is checked without it.
        configure("template = 1")
        editor.open(uri("sales/b.bxml"), MISTAKE)
        assert await editor.rules() == ["invalid-value"]
        assert len(editor.messages) == 1

    in_thread(session)


def test_known_problems_are_not_shown(run: Run) -> None:
    """The editor does not show the problems in the configured baseline. An unreadable baseline causes a message."""
    risky = '<Response><SpeakSentence voice="newest">Hello.</SpeakSentence></Response>'
    Path("sales").mkdir()
    Path("sales/a.bxml").write_text(risky, encoding="utf-8")
    configure('baseline = "known.json"')
    assert run("validate", "--write-baseline", ".").code == 0
    Path("sales/bxml.toml").write_text("", encoding="utf-8")

    def spoil() -> None:
        Path("known.json").write_text("{}", encoding="utf-8")

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri("sales/a.bxml"), "\n" + risky)
        assert await editor.rules() == []
        editor.open(uri("sales/b.bxml"), risky)
        assert await editor.rules() == ["unknown-voice"]
        spoil()
        editor.open(uri("sales/c.bxml"), risky)
        assert await editor.rules() == ["unknown-voice"]
        (message,) = editor.messages
        assert "known.json: not a baseline" in message

    in_thread(session)


@pytest.mark.parametrize("encoding", types.PositionEncodingKind)
def test_a_byte_order_mark_is_a_character_of_the_first_line(encoding: types.PositionEncodingKind) -> None:
    """An editor counts the mark, so problems and fixes in the first line are one character farther to the right."""
    text = '\ufeff<Response><Pause length="1"/>\n<Pause length="1"/></Response>'
    shift = 3 if encoding == types.PositionEncodingKind.Utf8 else 1

    async def session(editor: Editor) -> None:
        await editor.greet(encoding)
        editor.open(uri("a.bxml"), text)
        first, second = (await editor.diagnostics()).diagnostics
        assert span(first.range) == (0, 17 + shift, 0, 23 + shift)
        assert span(second.range) == (1, 7, 1, 13)
        (fix,) = await actions(editor, first.range)
        assert [span(edit.range) for edit in edits_of(fix)] == [span(first.range)]

    in_thread(session)


@pytest.mark.parametrize("encoding", [None, *types.PositionEncodingKind])
def test_columns_are_counted_in_the_units_of_the_editor(encoding: types.PositionEncodingKind | None) -> None:
    """Editors count columns in UTF-8, UTF-16 or UTF-32; lines end only at line feeds and carriage returns."""
    before = '<Response>\r\n\u2028\r<Tag>é😀</Tag><Gather\x85 tag="'.replace("\x85", "")
    text = f'{before}é😀" maxDigits="51" gatherUrl="/x"/></Response>'.replace("\u2028", "")
    text = text.replace("é😀</Tag>", "é😀\u2028</Tag>")
    line = text.rpartition("\r")[2]
    column = line.index("51")

    async def session(editor: Editor) -> None:
        server = await editor.greet(encoding)
        used = server.capabilities.position_encoding
        assert used == (encoding or "utf-16")
        editor.open(uri("a.bxml"), text)
        (problem,) = (await editor.diagnostics()).diagnostics
        prefix = line[:column]
        units = {
            "utf-8": len(prefix.encode()),
            "utf-16": len(prefix.encode("utf-16-le")) // 2,
            "utf-32": len(prefix),
        }[str(getattr(used, "value", used))]
        assert span(problem.range) == (2, units, 2, units + 2)
        for position in (problem.range.start, problem.range.end):
            hover = await editor.text_document_hover_async(
                types.HoverParams(types.TextDocumentIdentifier(uri("a.bxml")), position)
            )
            assert hover
            assert hover.range == problem.range

    in_thread(session)


async def hovered(editor: Editor, text: str) -> tuple[str, str] | None:
    """Return the marked text and the documentation at the mark ``|``."""
    text, position = at(text)
    editor.open(uri("a.bxml"), text)
    await editor.diagnostics()
    hover = await editor.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri("a.bxml")), position))
    if hover is None:
        return None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.range
    _, start, _, end = span(hover.range)
    return text.split("\n")[position.line][start:end], hover.contents.value


def test_hover() -> None:
    """The editor shows the schema's documentation of a name, with a link to its page. Other text has no documentation."""

    async def session(editor: Editor) -> None:
        await editor.greet()
        element = await hovered(editor, "<Response>\n <Ga|ther/></Response>")
        assert element
        assert element[0] == "Gather"
        assert element[1].startswith("`<Gather>`\n\n")
        assert "](https://dev.bandwidth.com/" in element[1]
        end = await hovered(editor, "<Response>\n <Gather></Gath|er></Response>")
        assert end == element
        attribute = await hovered(editor, '<Response><Gather maxDig|its="5"/></Response>')
        assert attribute
        assert attribute[0] == "maxDigits"
        assert attribute[1].startswith("`maxDigits`\n\n")
        assert attribute[1].endswith("\n\nExpected: an integer from 1 to 50.")
        value = await hovered(editor, '<Response><Gather maxDigits="|5"/></Response>')
        assert value == ("5", attribute[1])
        required = await hovered(editor, '<Response><StartStream destin|ation=""/></Response>')
        assert required
        assert "It is required. Expected: a ws(s) URL." in required[1]
        text = await hovered(editor, '<Response><Gather t|ag="5"/></Response>')
        assert text
        assert text[1].endswith("Expected: text.")
        for nothing in (
            "<Response>|</Response>",
            "<Response><No|thing/></Response>",
            '<Response><Gather no|thing="1"/></Response>',
            "<Response></Ga|ther>",
        ):
            assert await hovered(editor, nothing) is None

    in_thread(session)


async def completed(editor: Editor, text: str) -> dict[str, types.CompletionItem]:
    """Return the completions at the mark ``|``, by their text."""
    text, position = at(text)
    editor.open(uri("a.bxml"), text)
    await editor.diagnostics()
    found = await editor.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri("a.bxml")), position)
    )
    assert isinstance(found, Sequence)
    return {item.label: item for item in found}


def test_completion() -> None:
    """The editor offers the elements, attributes and values that the schema allows at the cursor."""

    async def session(editor: Editor) -> None:
        await editor.greet()
        assert set(await completed(editor, "<|")) == {"Response", "Bxml"}
        assert set(await completed(editor, "<Response>\n<Gather><|</Gather>")) == {"SpeakSentence", "PlayAudio"}
        verbs = await completed(editor, "<Response>\n  <Ga|</Response>")
        assert verbs.keys() > {"Gather", "SpeakSentence"}
        edit = verbs["Gather"].text_edit
        assert isinstance(edit, types.TextEdit)
        assert (edit.new_text, span(edit.range)) == ("Gather", (1, 3, 1, 5))
        assert isinstance(verbs["Gather"].documentation, types.MarkupContent)
        attributes = await completed(editor, '<Response><StartStream name="a" |></Response>')
        assert "destination" in attributes
        assert "name" not in attributes
        assert attributes["destination"].detail == "required"
        assert attributes["tracks"].detail is None
        values = await completed(editor, '<Response><StartStream tracks="|"/></Response>')
        assert {value: item.detail for value, item in values.items()} == {
            "inbound": "default",
            "outbound": None,
            "both": None,
        }
        assert "x-low" in await completed(editor, '<Response><SpeakSentence><prosody pitch="|')
        voices = await completed(editor, '<Response><SpeakSentence voice="ju|">')
        assert voices["julie"].detail == "en_US, female"
        assert "en_US" in await completed(editor, '<Response><SpeakSentence locale="|">')
        assert list(await completed(editor, "<Response><SpeakSentence>Hello.</|")) == ["SpeakSentence"]
        for nothing in (
            "</|",
            "<Response>|",
            "<Response><Nothing><|",
            "<Response><Nothing |/>",
            '<Response><Gather nothing="|"/>',
            "<!--" + "x" * maximum_bytes() + "--><|",
        ):
            assert await completed(editor, nothing) == {}

    in_thread(session)


async def actions(
    editor: Editor, range_: types.Range, only: Sequence[types.CodeActionKind | str] | None = None
) -> Sequence[types.CodeAction]:
    """Return the code actions that the server offers in a range of a document."""
    document, context = types.TextDocumentIdentifier(uri("a.bxml")), types.CodeActionContext([], only=only)
    found = await editor.text_document_code_action_async(types.CodeActionParams(document, range_, context))
    offered = [action for action in found or () if isinstance(action, types.CodeAction)]
    assert len(offered) == len(found or ())
    return offered


def edits_of(action: types.CodeAction) -> Sequence[types.TextEdit]:
    """Return the edits of an action."""
    assert action.edit
    assert action.edit.changes
    return action.edit.changes[uri("a.bxml")]


def test_quick_fixes() -> None:
    """A fix is offered at its problem, and its edits make the document valid."""
    text = '<Response>\n<Pause length="1"/><Say>Hello.</Say><Nothing/></Response>'

    async def fixes(editor: Editor, column: int, end: int) -> Sequence[types.CodeAction]:
        return await actions(editor, types.Range(types.Position(1, column), types.Position(1, end)))

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri("a.bxml"), text)
        await editor.diagnostics()
        (fix,) = await fixes(editor, 9, 9)
        assert (fix.title, fix.kind, fix.is_preferred) == ("Rename length to duration", types.CodeActionKind.QuickFix, True)
        assert fix.diagnostics
        assert [diagnostic.code for diagnostic in fix.diagnostics] == ["unknown-attribute"]
        (edit,) = edits_of(fix)
        assert (edit.new_text, span(edit.range)) == ("duration", (1, 7, 1, 13))
        assert [action.title for action in await fixes(editor, 0, 60)] == [
            "Rename length to duration",
            "Rename <Say> to <SpeakSentence>",
        ]
        assert await fixes(editor, 0, 1) == []

    in_thread(session)


WHOLE: Final = types.Range(types.Position(0, 0), types.Position(9, 0))
"""A range that contains a whole document."""


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["source.fixAll"], ["source.fixAll.bxml"]),
        (["source.fixAll.bxml"], ["source.fixAll.bxml"]),
        (["source"], ["source.fixAll.bxml"]),
        (["source.fixAll.other"], []),
        (["refactor", "quick"], []),
        (["quickfix"], ["quickfix"] * 2),
        ([""], ["source.fixAll.bxml", "quickfix", "quickfix"]),
        (None, ["quickfix"] * 2),
    ],
)
def test_only_the_wanted_kinds_of_actions_are_offered(only: Sequence[str] | None, kinds: Sequence[str]) -> None:
    """An editor that fixes documents on saving asks for source.fixAll, and gets one edit with all certain fixes."""
    text = '\ufeff<Response><Pause length="1"/><Say>Hello.</Say></Response>'

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri("a.bxml"), text)
        await editor.diagnostics()
        offered = await actions(editor, WHOLE, only)
        assert [getattr(action.kind, "value", action.kind) for action in offered] == kinds
        if kinds[:1] == ["source.fixAll.bxml"]:
            (edit,) = edits_of(offered[0])
            assert edit.range == types.Range(types.Position(0, 0), types.Position(0, len(text)))
            assert edit.new_text == ('\ufeff<Response><Pause duration="1"/><SpeakSentence>Hello.</SpeakSentence></Response>')

    in_thread(session)


def test_nothing_is_fixed_in_other_documents() -> None:
    """There is no action for a document without certain fixes, or for a document that is not BXML."""

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri("a.bxml"), MISTAKE)
        await editor.diagnostics()
        assert await actions(editor, WHOLE, ["source.fixAll"]) == []
        editor.open("untitled:a", '<project><Pause length="1"/></project>')
        await editor.diagnostics()
        document, context = types.TextDocumentIdentifier("untitled:a"), types.CodeActionContext([], only=["source.fixAll"])
        assert not await editor.text_document_code_action_async(types.CodeActionParams(document, WHOLE, context))

    in_thread(session)


@pytest.mark.parametrize(
    ("name", "text", "formatted"),
    [
        ("a.bxml", "<Response><Hangup ></Hangup></Response>", "<Response>\n  <Hangup/>\n</Response>\n"),
        ("a.bxml", "<Response>\r\n<Hangup/></Response>", "<Response>\r\n  <Hangup/>\r\n</Response>\r\n"),
        ("a.bxml", "<Response/>\n", None),
        ("a.bxml", "<Response><Hangup></Response>", None),
        ("pom.xml", "<project><a/></project>", None),
        ("twiml.xml", "<Response><Say>Hello.</Say></Response>", None),
    ],
)
def test_formatting(name: str, text: str, formatted: str | None) -> None:
    """The editor formats a document as ``bxml format`` does. Malformed documents and other formats are not changed."""

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri(name), text)
        await editor.diagnostics()
        document, options = types.TextDocumentIdentifier(uri(name)), types.FormattingOptions(tab_size=4, insert_spaces=True)
        edits = await editor.text_document_formatting_async(types.DocumentFormattingParams(document, options))
        assert [edit.new_text for edit in edits or ()] == ([] if formatted is None else [formatted])

    in_thread(session)


def test_a_position_after_the_end_is_moved_back() -> None:
    """An editor may send a position after the end of a line or of the document."""

    async def session(editor: Editor) -> None:
        await editor.greet()
        editor.open(uri("a.bxml"), "<Response>\n<Gath\n/>\n</Resp")
        await editor.diagnostics()
        document = types.TextDocumentIdentifier(uri("a.bxml"))
        for line, column, name in ((1, 99, "Gather"), (9, 0, "Response")):
            parameters = types.CompletionParams(document, types.Position(line, column))
            found = await asyncio.wait_for(editor.text_document_completion_async(parameters), TIMEOUT)
            assert isinstance(found, Sequence)
            assert name in [item.label for item in found]

    in_thread(session)


def test_the_extra_is_needed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pygls, the command says how to install it."""
    imported = builtins.__import__

    def without_pygls(name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] in {"pygls", "lsprotocol"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])
        return imported(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_pygls)
    monkeypatch.delitem(sys.modules, "bxml.command.language_server.server", raising=False)
    message = "bxml: the package lsprotocol is not installed; run pip install 'bxml-callcontrol[lsp]'\n"
    assert run("lsp") == (2, "", message)


def test_an_editor_that_ends_without_a_word_ends_the_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server stops when its stdin ends."""
    assert run("lsp").code == 0
