"""``bxml extract`` and ``bxml validate --embedded``: BXML in the strings of programs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from bxml.command import embedded_documents
from bxml.command.formats import NAMES
from bxml.command.host_languages import HOST_LANGUAGES, MAXIMUM_BYTES
from tests.bxml.command.conftest import INVALID, Run
from tests.linear_time import assert_linear

# The places of problems in these programs are at the attribute x.
PROGRAMS = {
    "a.py": ["a = \"<Response><Ring x='1'/></Response>\"", "a = b\"<Response><Ring x='1'/></Response>\""],
    "f.py": [
        'é = "é"; a = f"<Response>{verbs!r:>3}<Ring x=\'{{}}\'/></Response>"',
        "a = f\"<Response>{v}<Ring x='{{}}'/></Response>\"",
    ],
    "j.py": ['a = ("<Response>"\n     "\\u0020" + verbs +  # a comment\n     "<Ring x=\\"1\\"/></Response>")'],
    "r.py": ["a = r'''\n  <Response>\n    <Ring x=\"1\"/></Response>\n'''"],
    "a.js": [
        "a = `<Response>${`x` + 1}<Ring x='1'/>\\${}</Response>`",
        'a = "<Response>" + verbs + "<Ring x=\'1\'/></Response>\\n"',
    ],
    "a.jsx": ["a = <p>{'<Response><Ring x=\"1\"/></Response>'}</p>"],
    "a.ts": ["const a: string = `<Response>${v as string}<Ring x='1'/></Response>`"],
    "a.tsx": ["const a = <p>{`<Response><Ring x='1'/></Response>`}</p>"],
    "A.java": [
        'class A { String a = "<Response>\\n" + a + "<Ring x=\\"1\\"/></Response>"; }',
        'class A { String a = """\n    <Response> \\\n<Ring x="1"/></Response>\n    """; }',
    ],
    "a.rb": [
        "a = \"<Response>#{verbs}<Ring x='1'/></Response>\"",
        "a = <<~XML\n  <Response>\\n\n    #{verbs}<Ring x='1'/></Response>\nXML\n",
        "a = '<Response>\\'<Ring x=\"1\"/></Response>'",
        'a = "<Response>" \\\n  "<Ring x=\'1\'/></Response>"',
    ],
    "A.cs": [
        'class A { string a = "<Response>\\t" + v + "<Ring x=\'1\'/></Response>"; }',
        'class A { string a = @"<Response><Ring x=""1""/></Response>"; }',
        "class A { string a = $\"<Response>{v:N2}<Ring x='{{}}'/></Response>\"; }",
        'class A { string a = $@"<Response>{v}<Ring x=""1""/></Response>"; }',
        'class A { string a = """\n  <Response><Ring x="1"/></Response>\n  """; }',
        'class A { string a = $$"""<Response>{{v}}<Ring x="{1}"/></Response>"""; }',
    ],
}


@pytest.mark.parametrize(("name", "program"), [(name, program) for name, programs in PROGRAMS.items() for program in programs])
def test_problem_is_reported_in_the_program(run: Run, name: str, program: str) -> None:
    """A problem in a string is reported at its position in the program."""
    Path(name).write_text(program, encoding="utf-8")
    index = program.index(" x=") + 1
    line, column = program.count("\n", 0, index) + 1, index - program.rfind("\n", 0, index)
    ran = run("validate", "--embedded", "--format", "json", name)
    found = [(each["line"], each["column"], each["end_column"], each["rule"]) for each in json.loads(ran.out)["problems"]]
    rules = [rule for *_, rule in found]
    assert (line, column, column + 1, "unknown-attribute") in found, found
    assert set(rules) <= {"unknown-attribute", "misplaced"}  # some programs contain text between the verbs


@pytest.mark.parametrize(
    "program",
    [
        'a = "<Response>"',
        'a = "<Response>" + body',
        'a = head + "<Response/>"',
        'a = "see <Response><Foo/></Response>"',
        'a = "<Response><Foo/></Response> and more"',
        'a = "<Responses><Foo/></Responses>"',
        "# <Response><Foo/></Response>",
        'a = "<Response><Foo/></Response>" + " "  + b',
        'a = "<Response " + b',
        'a = "" "   " + b"" + "<Bxml/>" + ""',
        "a = '''<Response>''' < b",
        'a = "<!-- <Response> --><html></html>"',
    ],
)
def test_string_that_is_no_document_is_not_checked(run: Run, program: str) -> None:
    """A part of a document, and text around a document, are not checked."""
    Path("a.py").write_text(program, encoding="utf-8")
    assert run("validate", "--embedded", "a.py") == (0, "no problems in 1 file\n", "")


@pytest.mark.parametrize(
    "text",
    [
        "<Response>%s<Hangup/></Response>",
        "<Response>{verbs}<Hangup/></Response>",
        "<Response><Gather maxDigits='%(digits)d' gatherUrl='{{ url }}'/></Response>",
        "<Response>{% for v in verbs %}<Ring/>{% endfor %}</Response>",
        "<Response><% verbs.each do %><Ring/><% end %></Response>",
    ],
)
def test_placeholder_of_a_format_is_masked(run: Run, text: str) -> None:
    """Placeholders of formats and tags of templates are masked."""
    Path("a.py").write_text(f'a = """{text}"""', encoding="utf-8")
    assert run("validate", "--embedded", "a.py").code == 0


def test_line_in_a_message_is_a_line_of_the_program(run: Run) -> None:
    """If a message names the line of another element, the line is counted in the program."""
    Path("a.py").write_text('x = 1\na = ("<Response>"\n"<Hangup/>" "<Ring/></Response>")', encoding="utf-8")
    assert "because <Hangup> on line 3" in run("validate", "--embedded", "a.py", "--format", "concise").out


def test_declared_encoding_and_escape_sequences(run: Run) -> None:
    """A document with another encoding is reported; an escape sequence that is not a character becomes U+FFFD."""
    Path("a.js").write_text("a = `<?xml version='1.0' encoding='utf-16'?><Response/>`", encoding="utf-8")
    assert "a.js:1:36: error: the encoding is utf-16" in run("validate", "--embedded", "a.js", "--format", "concise").out
    Path("a.js").write_text("a = '<Response>\\uD83D\\x41\\\n\\q\\101</Response>'", encoding="utf-8")
    assert '"\ufffdAqA"' in run("validate", "--embedded", "a.js", "--format", "concise").out
    ran = run("validate", "--embedded", "--ignore", "template,misplaced", "a.js", "--format", "concise")
    assert ran.code == 0


@pytest.mark.parametrize(
    ("name", "program", "text"),
    [
        ("a.js", r'a = "<Response>\uD83D\uDE00 \u{1F600} \xe9</Response>"', "\U0001f600 \U0001f600 é"),
        ("a.js", r'a = "<Response>\uD83D" + "\uDE00\uD83D</Response>"', "\U0001f600\ufffd"),
        ("A.java", r'class A { String a = "<Response>\uD83D\uDE00\351</Response>"; }', "\U0001f600é"),
        ("A.cs", r'class A { string a = "<Response>\U0001F600\uD83D\uDE00</Response>"; }', "\U0001f600\U0001f600"),
        ("a.rb", r'a = "<Response>\u{1F600 41}\xc3\xa9\303\251\u00e9\xff\x41</Response>"', "\U0001f600Aééé\ufffdA"),
        ("a.py", r'a = b"<Response>caf\xc3\xa9\x41</Response>"', "caféA"),
        ("a.py", r'a = "<Response>\xe9\ud83d\udcc3\351</Response>"', "é\ufffd\ufffdé"),
        ("a.py", r'a = "<Response>\N{BULLET} one \N{NO SUCH NAME}</Response>"', "\N{BULLET} one \ufffd"),
    ],
)
def test_escape_sequences_are_decoded(run: Run, name: str, program: str, text: str) -> None:
    """A character that is written as several escape sequences, in UTF-8 or UTF-16, is one character."""
    Path(name).write_text(program, encoding="utf-8")
    (document,) = json.loads(run("extract", "--format", "json", name).out)["documents"]
    assert document["text"] == f"<Response>{text}</Response>"


@pytest.mark.parametrize(
    "speech",
    ["Hi %<name>s", "%<price>.2f", "%-10<name>s", "Hi %{name}", "5%<emphasis>more</emphasis>", "5% <emphasis>s</emphasis>"],
)
def test_placeholder_of_ruby_is_masked(run: Run, speech: str) -> None:
    """``<name>`` in a placeholder of Ruby is not taken for a tag. A tag after a percent sign stays a tag."""
    Path("a.rb").write_text(f"a = '<Response><SpeakSentence>{speech}</SpeakSentence></Response>'", encoding="utf-8")
    assert run("validate", "--embedded", "a.rb") == (0, "no problems in 1 file\n", "")


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("A.java", """class A { String a = String.format("<Response>" + H + "<Pause duration='%d'/>%n</Response>", d); }"""),
        (
            "A.java",
            """class A { String a = MessageFormat.format("<Response><Pause duration='{0,number,#}'/></Response>", d); }""",
        ),
        ("A.cs", """class A { string a = string.Format("<Response>" + H + "<Pause duration='{0:F1}'/></Response>", d); }"""),
        ("a.py", """a = ("<Response>" + h + "<Pause duration='%d'/></Response>") % d"""),
        ("a.py", """a = "<Response>{0:<10}<Pause duration='{d!r:>5}'/></Response>".format(v, d=d)"""),
        ("a.py", """a = Template("<Response>${verbs}<Pause duration='$d'/></Response>")"""),
        ("a.rb", """a = format("<Response>" + h + "<Pause duration='%<d>d'/></Response>", d: d)"""),
    ],
)
def test_placeholder_of_a_joined_format_is_masked(run: Run, name: str, program: str) -> None:
    """Placeholders of each language's formats are masked, even if a format is joined from several strings."""
    Path(name).write_text(program, encoding="utf-8")
    assert run("validate", "--embedded", name) == (0, "no problems in 1 file\n", "")


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("a.py", """a = f"<Response><Pause duration='%d'/>{b}</Response>" """),
        ("a.js", """a = `<Response><Pause duration='%d'/>${b}</Response>`"""),
        ("a.js", """a = "<Response><Pause duration='$d'/></Response>" """),
        ("a.py", """a = "<Response>" + b + "<Pause duration='x'/></Response>" """),
    ],
)
def test_value_that_is_no_placeholder_is_checked(run: Run, name: str, program: str) -> None:
    """A string with interpolated expressions is not a format. A placeholder of another language is not masked."""
    Path(name).write_text(program, encoding="utf-8")
    assert "[invalid-value]" in run("validate", "--embedded", name).out


def test_pattern_of_any_content_is_no_document(run: Run) -> None:
    """A regular expression for a document is not a document."""
    Path("a.py").write_text('a = re.compile("<Response>(.*?)</Response>"), "<Response>[...]</Response>"', encoding="utf-8")
    assert run("validate", "--embedded", "a.py").out == "no problems in 1 file\n"


@pytest.mark.parametrize("content", ["__VERBS__", "verbs_here", ":d", "$verbs", "%VERBS%", "[verbs]", "#{verbs}", " ~x~ "])
def test_document_with_only_a_placeholder_is_passed_over(run: Run, content: str) -> None:
    """A word with underscores, or a placeholder, stands for verbs that the program inserts."""
    Path("a.js").write_text(f"a = '<Response>{content}</Response>'", encoding="utf-8")
    assert run("validate", "--embedded", "a.js").code == 0


@pytest.mark.parametrize("content", ["Hello", "a_b c", ":d <Hangup/>"])
def test_document_with_text_is_reported(run: Run, content: str) -> None:
    """Other text between the tags of a document is misplaced."""
    Path("test_a.py").write_text(f"a = '<Response>{content}</Response>'", encoding="utf-8")
    assert "[misplaced]" in run("validate", "--embedded", "test_a.py").out


def test_long_expression_is_replaced_by_its_place(run: Run) -> None:
    """An expression of more than 500 characters is printed as its line and column; different expressions stay different."""
    long = "f('" + "x" * 500 + "')"
    Path("a.js").write_text(
        f"a = `<Response>\n<Ring ${{{long}}}='' ${{{long}}}=''/></Response>` + {long}.y + `</Response>`", encoding="utf-8"
    )
    documents = json.loads(run("extract", "--format", "json", "a.js").out)["documents"]
    assert [document["text"] for document in documents] == [
        "<Response>\n<Ring {… 2:7}='' {… 2:519}=''/></Response>{… 2:1047}</Response>"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<Response><Say>hi</Say></Response>",
        "<Response><Say>{name}</Say></Response>",
        "<Response><ResponseMetadata><RequestId/></ResponseMetadata></Response>",
        "<Response><Status>ok</Status></Response>",
        "<Response xmlns='urn:x'><Foo/></Response>",
        "<Response>...</Response>",
        "<Response> … </Response>",
    ],
)
def test_foreign_document_is_passed_over(run: Run, text: str) -> None:
    """TwiML and XML of other interfaces are passed over with a note. BXML in the same program is checked."""
    Path("d").mkdir()
    Path("d/a.py").write_text(f'a = f"""{text}"""', encoding="utf-8")
    note = "bxml: passed over TwiML or other XML in 1 program file: d/a.py\n"
    assert run("validate", "--embedded", "d/a.py") == (0, "no problems in 1 file\n", note)
    assert run("extract", "d") == (0, "", "")
    Path("d/b.bxml").write_text("<Response><Hangup/></Response>", encoding="utf-8")
    assert run("validate", "--embedded", "d") == (0, "no problems in 1 file\n", note)
    Path("d/a.py").write_text(f'a = f"""{text}"""\nb = "<Response><hangup/></Response>"', encoding="utf-8")
    ran = run("validate", "--embedded", "d", "--format", "concise")
    assert (ran.code, ran.err) == (1, note)
    assert "d/a.py:2:17: error: <hangup>" in ran.out
    assert "1 error in 1 of 2 files" in ran.out


class TestFiles:
    """The files that are searched."""

    @pytest.fixture(autouse=True)
    def _files(self) -> None:
        Path("a.py").write_text("a = \"<Response><Ring x='1' password='secret'/></Response>\"", encoding="utf-8")
        Path("b.py").write_text("a = 1", encoding="utf-8")
        Path("c.bxml").write_text(INVALID, encoding="utf-8")

    def test_directory_is_searched_for_programs(self, run: Run) -> None:
        """A directory is searched for programs and documents; programs without BXML are not counted."""
        ran = run("validate", "--embedded", "--format", "concise", ".")
        assert [line.split(" ")[0] for line in ran.out.splitlines()] == ["a.py:1:22:", "a.py:1:28:", "c.bxml:2:59:", "3"]
        assert ran.out.splitlines()[-1] == "3 errors in 2 of 2 files"

    def test_report_hides_passwords(self, run: Run) -> None:
        """Source lines and extracted documents have no passwords."""
        for arguments in (["validate", "--embedded"], ["extract"], ["extract", "--format", "json"]):
            ran = run(*arguments, "a.py")
            assert "password" in ran.out
            assert "secret" not in ran.out

    @pytest.mark.parametrize("name", NAMES)
    def test_report_shows_no_code(self, run: Run, name: str) -> None:
        """A report shows the strings with documents, and no other code, which can contain secrets."""
        Path("a.py").write_text(
            "PW = 'hunter1'\n"
            "connect('user', 'hunter2'); reply('<Response>' + f('hunter3') + '<Ring x=\"1\"/></Response>', 'hunter4')\n"
            f"b = f'<Response>{{a('<Response><Ring/></Response>')}}{{a('{'hunter5' * 100}')}}<Ring x=\"1\"/></Response>'\n"
            "PW = 'hunter6'\n",
            encoding="utf-8",
        )
        ran = run("validate", "--embedded", "a.py", "--format", name)
        assert ran.code == 1
        assert "hunter" not in ran.out

    def test_excerpt_shows_the_document(self, run: Run) -> None:
        """The line below a problem shows the text of the strings at their columns."""
        Path("a.py").write_text("reply('hunter', '<Response>' + a + '<Ring x=\"1\"/></Response>')", encoding="utf-8")
        line = run("validate", "--embedded", "a.py").out.splitlines()[1]
        assert line.split() == ["1", "|", "<Response>", "<Ring", 'x="1"/></Response>']

    def test_unsearched_programs_are_failures(self, run: Run) -> None:
        """A document that is not in UTF-8, or is in a large program, could hide problems, so the exit code is 2."""
        Path("d.py").write_bytes(b'a = "<Response/>" # \xff')
        Path("e.py").write_bytes(b'"""' + b" " * MAXIMUM_BYTES + b'"""; a = "<Response/>"')
        for command in (["validate", "--embedded"], ["extract"]):
            ran = run(*command, "d.py", "e.py")
            assert ran.code == 2
            assert "bxml: d.py: not valid UTF-8; save the file as UTF-8\n" in ran.err
            assert (
                "bxml: e.py: the program is too large to be searched for BXML; at most 2,000,000 bytes are allowed" in ran.err
            )
        ran = run("validate", "--embedded", "-", "--stdin-filename", "x.py", stdin=Path("e.py").read_bytes())
        assert "x.py: the program is too large" in ran.err

    def test_large_program_in_a_directory_is_passed_over_with_a_note(self, run: Run) -> None:
        """Large programs are passed over, even if a hook names them, because they are usually generated."""
        Path("large").mkdir()
        Path("large/e.js").write_bytes(b"a(new Promise<Response>());" + b" " * MAXIMUM_BYTES)
        Path("large/a.js").write_bytes(b"a = '<Response/>'")
        note = "bxml: passed over 1 program file above 2 MB: large/e.js\n"
        assert run("extract", "large") == (0, "large/a.js:1:6: javascript\n<Response/>\n\n", note)
        for arguments in (["large"], ["--show-files", "large"], ["--skip-foreign", "large/a.js", "large/e.js"]):
            ran = run("validate", "--embedded", *arguments)
            assert (ran.code, ran.err) == (0, note)

    @pytest.mark.parametrize(
        ("name", "program"),
        [
            ("d.java", b"// caf\xe9\nclass A { Call<Response> f(); }"),
            ("d.py", b"# -*- coding: latin-1 -*-\na = '<Response><SpeakSentence>caf\xe9</SpeakSentence></Response>'"),
            (
                "d.rb",
                b"#!ruby\n# encoding: windows-1252\na = '<Response><SpeakSentence>\xe9</SpeakSentence></Response>'",
            ),
            ("d.py", "# coding: nonsense\na = '<Response><SpeakSentence>é</SpeakSentence></Response>'".encode()),
            ("d.py", "# coding: rot13\na = '<Response><SpeakSentence>é</SpeakSentence></Response>'".encode()),
            ("d.py", "# coding: ascii\na = '<Response><SpeakSentence>é</SpeakSentence></Response>'".encode()),
        ],
    )
    def test_program_in_another_encoding_is_searched(self, run: Run, name: str, program: bytes) -> None:
        """A declared encoding is used. Without one, a program that is not in UTF-8 is accepted only if it has no documents."""
        Path(name).write_bytes(program)
        assert run("validate", "--embedded", name) == (0, "no problems in 1 file\n", "")
        Path(name).write_bytes(program.replace(b"latin-1", b"latin-1 ").replace(b"<SpeakSentence>", b"<Foo/><SpeakSentence>"))
        assert ("unknown-element" in run("validate", "--embedded", name).out) == (name != "d.java")

    def test_program_is_larger_than_a_document_may_be(self, run: Run) -> None:
        """A program may be larger than a document, even on stdin."""
        program = b"#" * 1_500_000 + b"\n" + Path("a.py").read_bytes()
        Path("large.py").write_bytes(program)
        ran = run("validate", "--embedded", "-", "--stdin-filename", "x.py", stdin=program)
        assert (ran.code, ran.out.count("x.py:2:")) == (1, 2)
        assert "large.py:2:6" in run("extract", "large.py").out

    def test_program_without_the_option_leads_to_it(self, run: Run) -> None:
        """Without the option, a program causes a problem that names the option. A document in a file ``*.py`` is checked."""
        for name in ("a.py", "b.py"):
            ran = run("validate", name, "--format", "concise")
            assert ran.code == 1
            assert (
                f"{name}:1:1: error: this file is a program; to check the BXML in its strings, use bxml validate --embedded"
                in ran.out
            )
        Path("d.py").write_text("<Response><hangup/></Response>", encoding="utf-8")
        assert "did you mean <Hangup>?" in run("validate", "d.py").out

    def test_missing_parser_is_explained(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without tree-sitter, a message names the extra to install."""
        monkeypatch.setitem(sys.modules, "tree_sitter_python", None)
        embedded_documents._parser.cache_clear()
        ran = run("validate", "--embedded", "a.py")
        message = "bxml: BXML in programs needs tree_sitter_python: install bxml-callcontrol[embedded]\n"
        assert (ran.code, ran.err) == (2, message)

    def test_stdin_is_searched_if_its_name_is_that_of_a_program(self, run: Run) -> None:
        """``--stdin-filename`` decides whether stdin is a program."""
        ran = run("validate", "--embedded", "-", "--stdin-filename", "x.py", stdin=Path("a.py").read_bytes())
        assert ran.code == 1
        assert "x.py:1:22" in ran.out

    def test_extract_prints_documents_with_their_places(self, run: Run) -> None:
        """The text format is for people. The JSON format is stable."""
        Path("a.py").write_text('\na = f"""\n  <Response>{v}\n</Response>"""', encoding="utf-8")
        assert run("extract", ".") == (0, "a.py:3:3: python\n<Response>{v}\n</Response>\n\n", "")
        assert json.loads(run("extract", ".", "--format", "json").out) == {
            "version": 1,
            "documents": [
                {
                    "file": "a.py",
                    "line": 3,
                    "column": 3,
                    "end_line": 4,
                    "end_column": 12,
                    "language": "python",
                    "text": "<Response>{v}\n</Response>",
                }
            ],
            "failures": [],
        }

    def test_extract_prints_no_commands(self, run: Run) -> None:
        """The text format prints no character that controls a terminal, and no line that a CI system executes."""
        Path("a.py").write_text(r'a = "<Response>\r ::error::x\n##[error]\x1b[2J\v\x85</Response>"', encoding="utf-8")
        Path("::warning::b.py").write_text("a = '<Response/>'", encoding="utf-8")
        ran = run("extract", "a.py", "::warning::b.py")
        assert ran.out == (
            "a.py:1:6: python\n<Response>\n :\u200b:error::x\n#\u200b#[error]\ufffd[2J\ufffd\ufffd</Response>\n\n"
            "./::warning::b.py:1:6: python\n<Response/>\n\n"
        )

    def test_extract_needs_programs(self, run: Run) -> None:
        """If nothing could be searched, the exit code is 2."""
        Path("empty").mkdir()
        ran = run("extract", "empty")
        assert (ran.code, ran.out) == (2, "")
        assert "bxml: no programs found in empty; expected .py, " in ran.err
        ran = run("extract", "c.bxml", "none.py")
        assert ran.code == 2
        assert "c.bxml: not a supported program file; expected .py, " in ran.err
        assert "none.py: no such file or directory" in ran.err
        Path("dir.py").mkdir()
        Path("closed.py").symlink_to("/proc/self/mem")
        assert run("extract", "closed.py").code == 2

    def test_real_commands(self) -> None:
        """The commands work in processes of their own."""
        for arguments, code in ((["extract", "."], 0), (["validate", "--embedded", "."], 1)):
            command = [sys.executable, "-c", "from bxml.command import main; main()", *arguments]
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
            assert (ran.returncode, ran.stderr) == (code, "")
            assert "a.py:1:" in ran.stdout


HOSTILE: Final[Mapping[str, Callable[[int], str]]] = {
    "parentheses": lambda size: "x = " + "(" * size + '"<Response/>"' + ")" * size,
    "operands": lambda size: "x = " + " + ".join(['"<Response>"'] * (size // 15)),
    "documents": lambda size: 'x = "<Response/>"\n' * (size // 18),
    "nested lists": lambda size: "x = " + '["<Response/>",' * (size // 15),
    "placeholders": lambda size: 'x = "<Response>"' + '+a+"<Hangup/>"' * (size // 14) + '+"</Response>"',
    "nested documents": lambda size: "x = " + "`<Response>${" * (size // 25) + "1" + "}</Response>`" * (size // 25),
    "nested calls": lambda size: "x = " + "'<Response>' + f(" * (size // 32) + "1" + ") + '</Response>'" * (size // 32),
    "escape sequences": lambda size: 'x = "<Response>' + "\\n" * (size // 2) + '</Response>"',
}


@pytest.mark.parametrize("shape", HOSTILE)
@pytest.mark.parametrize("extension", [".py", ".js"])
def test_hostile_program_takes_linear_time(shape: str, extension: str) -> None:
    """A program of four times the length takes about four times as long."""

    def search(size: str) -> None:
        embedded_documents.embedded_documents(HOSTILE[shape](len(size)).encode(), HOST_LANGUAGES[extension])

    assert_linear(search, "1" * 40_000)


@pytest.mark.parametrize("shape", ["nested documents", "nested calls"])
def test_text_of_nested_documents_grows_linearly(shape: str) -> None:
    """In a program of four times the length, nested documents have at most about four times as much text."""
    lengths = [
        sum(len(document.text) for document in embedded_documents.embedded_documents(program, HOST_LANGUAGES[".js"])[1])
        for program in (HOSTILE[shape](size).encode() for size in (20_000, 80_000))
    ]
    assert lengths[1] < 5 * lengths[0]
