"""``bxml validate``: which files, which problems, which exit code."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from bxml import command, validate
from bxml.command import checker
from bxml.command.configuration import Configuration
from bxml.command.files import File
from bxml.lint import linter
from tests.bxml.command.conftest import INVALID, RISKY, TOO_LARGE, UNKNOWN, VALID, Run

ROOT = Path(__file__).parents[3]


class TestExitCodes:
    """0 if nothing is wrong, 1 if something is, 2 if the command could not run."""

    def test_clean(self, run: Run) -> None:
        """Nothing is wrong with a valid file, and that is said."""
        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        assert run("validate", "menu.bxml") == (0, "no problems in 1 file\n", "")

    def test_problems(self, run: Run) -> None:
        """An error is a problem."""
        Path("menu.bxml").write_text(INVALID, encoding="utf-8")
        assert run("validate", "menu.bxml", "--format", "concise") == (1, f"menu.bxml:{TOO_LARGE}1 error in 1 of 1 file\n", "")

    @pytest.mark.parametrize(("fail_on", "code"), [("warning", 1), ("error", 0)])
    def test_warnings(self, run: Run, fail_on: str, code: int) -> None:
        """A warning is one too, unless only errors are to fail."""
        Path("menu.bxml").write_text(RISKY, encoding="utf-8")
        ran = run("validate", "menu.bxml", "--format", "concise", "--fail-on", fail_on)
        assert ran == (code, f"menu.bxml:{UNKNOWN}1 warning in 1 of 1 file\n", "")

    def test_an_error_fails_however_it_is_asked(self, run: Run) -> None:
        """``--fail-on error`` fails on errors."""
        Path("menu.bxml").write_text(INVALID, encoding="utf-8")
        assert run("validate", "menu.bxml", "--fail-on", "error").code == 1

    def test_no_such_file(self, run: Run) -> None:
        """A path that leads nowhere is named, and the others are checked."""
        Path("menu.bxml").write_text(RISKY, encoding="utf-8")
        ran = run("validate", "menu.bxml", "main.bxml", "--format", "concise")
        out = f"menu.bxml:{UNKNOWN}1 warning in 1 of 1 file; 1 file could not be read\n"
        assert ran == (2, out, "bxml: main.bxml: there is no such file\n")

    def test_no_match(self, run: Run) -> None:
        """So is a pattern that nothing matches."""
        out = "no problems in 0 files; 1 file could not be read\n"
        assert run("validate", "a/*.bxml") == (2, out, "bxml: a/*.bxml: no file matches\n")

    def test_nothing_to_check(self, run: Run) -> None:
        """A directory without BXML is a mistake, for a check that checks nothing must not pass."""
        Path("empty").mkdir()
        Path("empty/other.xml").write_text("<html/>", encoding="utf-8")
        assert run("validate", "empty") == (2, "no problems in 0 files\n", "bxml: there is no BXML in empty\n")

    def test_unreadable(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that cannot be read is told of, and the others are checked."""
        Path("a.bxml").write_text(VALID, encoding="utf-8")
        Path("b.bxml").write_text(RISKY, encoding="utf-8")
        read = checker.read

        def refuse(path: str) -> tuple[bytes, int]:
            if path == "a.bxml":
                raise PermissionError(13, "Permission denied")
            return read(path)

        monkeypatch.setattr(checker, "read", refuse)
        out = f"b.bxml:{UNKNOWN}1 warning in 1 of 1 file; 1 file could not be read\n"
        assert run("validate", ".", "--format", "concise") == (2, out, "bxml: a.bxml: Permission denied\n")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--format", "xml"], "'xml' is not one of"),
            (["--select", "unknown-voise"], "unknown-voise is not a rule; did you mean unknown-voice?"),
            (["--ignore", "nothing"], "nothing is not a rule"),
            (["--ignore", "not-well-formed"], "not-well-formed cannot be ignored"),
            (["--context", "calls"], "'calls' is not one of"),
            (["--config", "none.toml"], "none.toml: No such file or directory"),
            (["--foo"], "No such option"),
            (["--select", ","], "it names no rule"),
        ],
    )
    def test_bad_options(self, run: Run, arguments: list[str], sentence: str) -> None:
        """An option that makes no sense is named in a sentence, and nothing is checked."""
        Path("menu.bxml").write_text(INVALID, encoding="utf-8")
        ran = run("validate", "menu.bxml", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert sentence in ran.err
        assert "Traceback" not in ran.err

    def test_no_path(self, run: Run) -> None:
        """Nothing to check is a mistake as well."""
        assert run("validate").code == 2

    def test_interrupted(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """An interruption ends the command without a traceback, with the code that shells have for it."""

        def interrupt(_: str) -> tuple[bytes, int]:
            raise KeyboardInterrupt

        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        monkeypatch.setattr(checker, "read", interrupt)
        assert run("validate", "menu.bxml").code == 130

    @pytest.mark.parametrize(("number", "said"), [(errno.EPIPE, False), (errno.ENOSPC, True)])
    @pytest.mark.parametrize("arguments", [["validate", "menu.bxml"], ["explain"]])
    def test_a_report_that_cannot_be_written(
        self,
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
        said: bool,  # noqa: FBT001
        arguments: list[str],
    ) -> None:
        """The rest of it goes nowhere, and the reason is said unless whoever reads it has left."""
        echo, left = click.echo, list[int]()

        def refuse(*given: Any, **options: Any) -> None:
            if not options.get("err"):
                raise OSError(number, "it is full")
            echo(*given, **options)

        monkeypatch.setattr(click, "echo", refuse)
        monkeypatch.setattr(os, "dup2", lambda _, number: left.append(number))
        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        assert run(*arguments) == (2, "", "bxml: the report cannot be written: it is full\n" if said else "")
        assert left == [1]

    @pytest.mark.parametrize(
        ("shell", "code", "said"),
        [
            ("BXML validate menu.bxml | true; exit ${PIPESTATUS[0]}", 2, ""),
            ("BXML validate menu.bxml > /dev/full", 2, "bxml: the report cannot be written: No space left on device\n"),
            ("BXML validate menu.bxml >&-", 0, ""),
            ("BXML validate menu.bxml 2>&-", 0, ""),
            ("BXML validate - <&-", 2, "bxml: stdin.bxml: standard input is closed\n"),
            ("mkdir gone; cd gone; rmdir ../gone; BXML validate ../menu.bxml", 2, "bxml: No such file or directory\n"),
        ],
    )
    def test_odd_places_to_run_in(self, shell: str, code: int, said: str) -> None:
        """Closed streams, full disks and directories that are gone bring no traceback."""
        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        # A moment of waiting lets the reader of the pipe leave first.
        command = f"{sys.executable} -c 'import time; from bxml.command import main; time.sleep(0.2); main()'"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        script = shell.replace("BXML", command)
        ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=environment)
        assert (ran.returncode, ran.stderr) == (code, said)


class TestFiles:
    """Which files a path means."""

    def concise(self, run: Run, *paths: str) -> list[str]:
        """The names of the files that were checked, all of which are wrong."""
        ran = run("validate", "--format", "concise", *paths)
        return [line.split(":")[0] for line in ran.out.splitlines()[:-1]]

    @pytest.fixture(autouse=True)
    def _tree(self) -> None:
        for name in (
            "b.bxml",
            "a/z.bxml",
            "a/b.xml",
            "a/twiml.xml",
            "a/other.xml",
            "a/broken.xml",
            "a/notes.txt",
            ".hidden/a.bxml",
            "node_modules/a.bxml",
            "a/deep/er.bxml",
        ):
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(INVALID, encoding="utf-8")
        Path("a/other.xml").write_text("<?xml version='1.0'?><!-- <Response/> --><other/>", encoding="utf-8")
        Path("a/broken.xml").write_text("<?xml version='1.0'?>\n<!-- a -->\n<Response>", encoding="utf-8")
        Path("a/twiml.xml").write_text("<Bxml><Say/></Bxml>", encoding="utf-16")
        Path("a/link.bxml").symlink_to("../b.bxml")
        Path("a/loop").symlink_to("..")

    def test_directory(self, run: Run) -> None:
        """A directory is looked through in the order of names, but for what is hidden, and XML of other kinds."""
        names = ["a/b.xml", "a/broken.xml", "a/deep/er.bxml", "a/link.bxml", "a/twiml.xml", "a/twiml.xml", "a/z.bxml", "b.bxml"]
        assert self.concise(run, ".") == names
        assert self.concise(run, str(Path.cwd())) == [str(Path.cwd() / name) for name in names]

    def test_named_files_are_checked_whatever_they_are(self, run: Run) -> None:
        """What somebody names is checked, whatever its name and its root."""
        assert self.concise(run, "a/notes.txt", "a/other.xml", ".hidden") == ["a/notes.txt", "a/other.xml", ".hidden/a.bxml"]

    def test_patterns(self, run: Run) -> None:
        """A pattern that the shell has not expanded is expanded, directories in it as well."""
        assert self.concise(run, "a/*.bxml") == ["a/link.bxml", "a/z.bxml"]
        assert self.concise(run, "a/d*") == ["a/deep/er.bxml"]
        assert self.concise(run, "**/e*.bxml") == ["a/deep/er.bxml"]

    def test_a_pattern_of_everything(self, run: Run) -> None:
        """A pattern that says nothing of files means the directory, each file of it once."""
        assert self.concise(run, "a/deep/**") == ["a/deep/er.bxml"]
        assert set(self.concise(run, "a/**")) == {*self.concise(run, "a")}

    def test_what_cannot_be_looked_at(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that leads nowhere or to itself, and a directory that may not be read, are told of."""
        Path("a/deep/lost.bxml").symlink_to("nowhere")
        Path("a/deep/self.bxml").symlink_to("self.bxml")
        Path("a/deep/OLD.BXML").write_text(INVALID, encoding="utf-8")
        Path("a/deep/directory.bxml").symlink_to("..")
        scandir = os.scandir

        def refuse(path: str) -> Any:
            if path == "a":
                raise PermissionError(13, "Permission denied")
            return scandir(path)

        ran = run("validate", "a/deep")
        assert (ran.code, ran.err.count("it is a link that leads nowhere")) == (2, 2)
        assert "OLD.BXML:2:59" in ran.out
        monkeypatch.setattr(os, "scandir", refuse)
        ran = run("validate", ".")
        assert (ran.code, ran.err) == (2, "bxml: a: Permission denied\n")
        assert "b.bxml:2:59" in ran.out

    def test_each_once(self, run: Run) -> None:
        """A file that several paths lead to is checked once."""
        assert self.concise(run, "a/deep", "./a/deep/er.bxml", "a/deep/../deep", "b.bxml", "b.bxml") == [
            "a/deep/er.bxml",
            "b.bxml",
        ]

    def test_standard_input(self, run: Run) -> None:
        """``-`` is standard input, with a name of its own."""
        summary = "1 error in 1 of 1 file\n"
        assert run("validate", "-", "--format", "concise", stdin=INVALID.encode()).out == f"stdin.bxml:{TOO_LARGE}{summary}"
        ran = run("validate", "-", "--format", "concise", "--stdin-filename", "a/b.bxml", stdin=INVALID.encode())
        assert ran == (1, f"a/b.bxml:{TOO_LARGE}{summary}", "")

    @pytest.mark.parametrize("name", ["::error::.bxml", " ::error::.bxml", "##[error]x.bxml"])
    @pytest.mark.parametrize("form", ["text", "concise", "github"])
    def test_a_name_that_is_a_command(self, run: Run, name: str, form: str) -> None:
        """No name of a file makes a line that GitHub Actions would follow."""
        Path(name).write_text(INVALID + INVALID * 12, encoding="utf-8")
        for ran in (run("validate", name, "--format", form), run("validate", "-", "--stdin-filename", name, "--format", form)):
            lines = [line.lstrip() for line in ran.out.splitlines()]
            assert all(line.startswith("::error file=./") for line in lines if line.startswith(("::", "##")))

    def test_a_name_that_is_no_text(self, run: Run) -> None:
        """A name whose bytes are no text does not stop anything."""
        name = os.fsdecode(b"caf\xe9.bxml")
        Path(name).write_text(RISKY, encoding="utf-8")
        for form in ("text", "concise", "json", "github", "sarif", "junit"):
            assert run("validate", name, "--format", form).code == 1


def test_a_large_file_is_not_read(run: Run) -> None:
    """Of a file above the limit only the size is looked at, and other XML is left alone, however large."""
    Path("pom.xml").write_text(f"<project>{' ' * 70000}</project>", encoding="utf-8")
    with Path("large.bxml").open("wb") as file:
        file.truncate(10**9)
    sentence = "error: the document has 1000000000 bytes; at most 65536 are allowed [document-size]"
    assert run("validate", "large.bxml", "--format", "concise").out.startswith(f"large.bxml:1:1: {sentence}\n")
    assert run("validate", "-", "--format", "concise", stdin=b" " * 70000).out.startswith(
        "stdin.bxml:1:1: error: the document has"
    )


def test_many_files_are_checked_by_several_processes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is the same, in the same order, whoever checks."""
    for number in range(120):
        Path(f"{number:03}.bxml").write_text((VALID, RISKY, INVALID)[number % 3], encoding="utf-8")
    one = run("validate", ".", "--format", "json")
    monkeypatch.setattr(checker, "MANY", 100)
    monkeypatch.setattr(checker, "AT_ONCE", 3)
    monkeypatch.setattr(checker, "processes", lambda: 2)
    assert run("validate", ".", "--format", "json") == one
    monkeypatch.setattr(checker, "processes", lambda: 1)
    assert run("validate", ".", "--format", "json") == one


def test_a_process_that_is_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system ends a process, the command says so, and does not wait for it."""
    for number in range(12):
        Path(f"{number:03}.bxml").write_text(VALID, encoding="utf-8")
    monkeypatch.setattr(checker, "MANY", 10)
    monkeypatch.setattr(checker, "processes", lambda: 2)
    monkeypatch.setattr(linter, "problems", lambda *_: os._exit(9))
    ran = run("validate", ".")
    assert (ran.code, ran.err) == (2, "bxml: a process that checked files has been ended by the system\n")


def test_what_else_the_system_refuses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed streams, and what the system refuses at any other place, end in a sentence."""

    def refuse(_: object) -> None:
        raise OSError(24, "Too many open files")

    Path("a.bxml").write_text(VALID, encoding="utf-8")
    monkeypatch.setattr(command, "files", refuse)
    assert run("validate", "a.bxml").err == "bxml: Too many open files\n"
    monkeypatch.undo()


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none to read."""
    monkeypatch.setattr(sys, "stdin", None)
    checks = checker.Checker(Configuration().settings, "stdin.bxml")
    assert checks.one(File("-", named=True)) == checker.Checked("stdin.bxml", failure="standard input is closed")


def test_a_document_comes_with_its_bytes() -> None:
    """Who goes on with a document has what was checked, and not what the file holds a moment later."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    checks = checker.Checker(Configuration().settings, "stdin.bxml")
    data, checked = checks.document("a.bxml")
    assert data == RISKY.encode()
    assert checked == checks.one(File("a.bxml", named=True))


def test_standard_error_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told, and nothing stops."""
    Path("a.bxml").write_text(VALID, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["bxml", "validate", "a.bxml"])
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 0


def test_a_process_checks_several() -> None:
    """A process is given several files at a time, and says nothing of those that are no documents."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    Path("b.xml").write_text("<other/>", encoding="utf-8")
    checks = checker.Checker(Configuration().settings, "stdin.bxml")
    files = [File("a.bxml", named=False), File("b.xml", named=False)]
    assert [checked.name for checked in checks.several(files)] == ["a.bxml"]


def test_there_is_a_processor() -> None:
    """A process for each processor that may be used."""
    assert checker.processes() >= 1


def test_selection(run: Run) -> None:
    """Rules are selected and ignored by name, several in one option or in several."""
    Path("a.bxml").write_text(RISKY.replace("</Response>", "<Hangup/><Hangup/></Response>"), encoding="utf-8")

    def rules(*options: str) -> list[str]:
        lines = run("validate", "a.bxml", "--format", "concise", *options).out.splitlines()[:-1]
        return [line.rpartition("[")[2][:-1] for line in lines]

    assert rules() == ["unknown-voice", "unreachable-verb"]
    assert rules("--ignore", "unknown-voice,empty-document", "--ignore", "unreachable-verb") == []
    assert rules("--select", "unreachable-verb") == ["unreachable-verb"]
    assert rules("--select", "all", "--ignore", "unknown-voice") == ["unreachable-verb"]
    assert rules("--select", "schema") == []


def test_context(run: Run) -> None:
    """The context is that of the option."""
    Path("a.bxml").write_text("<Response><Hangup/></Response>", encoding="utf-8")
    assert run("validate", "a.bxml").code == 0
    assert "[conference-verb]" in run("validate", "a.bxml", "--context", "conference").out


@pytest.mark.parametrize("source", [INVALID, RISKY, VALID, "<Response>", "no XML", '<Response a="b"><Foo/></Response>'])
def test_the_function_gives_the_same(run: Run, source: str) -> None:
    """``bxml.validate`` finds what the command finds."""
    Path("a.bxml").write_text(source, encoding="utf-8")
    lines = run("validate", "a.bxml", "--format", "concise").out.splitlines()[:-1]
    assert lines == [
        f"{problem.name}:{problem.line}:{problem.column}: {problem.severity}: {problem.message} [{problem.rule}]"
        for problem in validate(Path("a.bxml").read_bytes(), name="a.bxml")
    ]


@pytest.mark.parametrize("form", ["text", "concise", "json", "github", "sarif", "junit"])
@pytest.mark.parametrize(
    "source",
    [
        "<Response><Gather password  =  'hunter2' maxDigits='0'/></Response>",
        """<Response><Gather password="x'hunter2" maxDigits='0'/></Response>""",
        """<Response><Gather maxDigits='0' password=\n"hunter2" foo="1"/></Response>""",
        """<Response><Gather password="x\nhunter2" foo="1"/></Response>""",
        "<Response><Gather password=hunter2 /></Response>",
        """<Response><Gather PASSWORD="hunter2"/></Response>""",
        """<Response><Gather password="x"hunter2"/></Response>""",
        "<Response><PlayAudio>https://u:hunter2&#64;h/x.ogg</PlayAudio></Response>",
        "<Response><PlayAudio>https:&#47;/u:hunter2@h/a.ogg</PlayAudio></Response>",
        "<Response><Forward to='sip:u:hunter2@h' uui='x'/></Response>",
        "<Response><PlayAudio>http://u:hunter2/RET@h/x.ogg</PlayAudio></Response>",
        "<Response><PlayAudio>http://u:p@hunter2@h/x.ogg</PlayAudio></Response>",
        "<Response><PlayAudio>https:/u:hunter2@h y</PlayAudio></Response>",
        '<Response><Gather password="a&hunter2;b"/></Response>',
        '<Response><Gather tag="a>b" password="x"hunter2"/></Response>',
        '<Response><Gather tag="a" password="x<b"hunter2"/></Response>',
        '<Response><Gather password="hunter2" gatherUrl="http://me:hunter2@app.example/a" maxDigits="0"/></Response>',
        "<Response><Gather fallbackPassword = 'hunter2' maxDigits='0'/><PlayAudio>https://h:hunter2@a/a.ogg</PlayAudio></Response>",
        '<Response><StartStream destinationPassword="hunter2',
        "<Response>https://a:hunter2@b</Response>",
        '<Response><Gather password="hunter2" passwort="hunter3"/></Response>',
    ],
)
def test_no_report_shows_a_password(run: Run, form: str, source: str) -> None:
    """Neither a message nor a line of the source shows a password, for reports are kept where many can read them."""
    Path("a.bxml").write_text(source, encoding="utf-8")
    ran = run("validate", "a.bxml", "--format", form)
    assert ran.code == 1
    assert "hunter2" not in ran.out + ran.err


def test_help_and_version(run: Run) -> None:
    """The command says what it does, and which version it is."""
    assert "validate" in run("--help").out
    assert "PATH" in run("validate", "-h").out
    assert run("--version").out.startswith("bxml ")


@pytest.mark.parametrize(
    ("variable", "value", "coloured"), [("FORCE_COLOR", "1", True), ("FORCE_COLOR", "0", False), ("NO_COLOR", "1", False)]
)
def test_colours(run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, coloured: bool) -> None:  # noqa: FBT001
    """The environment says whether there are colours, else there are some on a terminal only."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    assert "\x1b" not in run("validate", "a.bxml").out
    monkeypatch.setenv(variable, value)
    assert ("\x1b" in run("validate", "a.bxml").out) is coloured


def test_the_command_is_installed() -> None:
    """``bxml`` stands beside the interpreter, and works as a process."""
    Path("a.bxml").write_text(INVALID, encoding="utf-8")
    command = Path(sys.executable).parent / "bxml"
    ran = subprocess.run([command, "validate", "a.bxml"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "a.bxml:2:59: error:" in ran.stdout


def test_no_library_speaks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What click would raise is one line too."""

    def refuse(*_: Any, **__: Any) -> None:
        raise click.ClickException("no")

    monkeypatch.setattr(checker.Checker, "one", refuse)
    Path("a.bxml").write_text(VALID, encoding="utf-8")
    assert run("validate", "a.bxml").err == "Error: no\n"
