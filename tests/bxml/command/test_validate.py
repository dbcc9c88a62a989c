"""``bxml validate``: the files that are checked, the problems that are reported, and the exit code."""

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
from bxml.command.files import File, FileSearch
from bxml.command.formats import NAMES
from bxml.lint import linter
from tests.bxml.command.conftest import INVALID, RISKY, TOO_LARGE, UNKNOWN, VALID, Run

ROOT = Path(__file__).parents[3]


class TestExitCodes:
    """Exit code 0: no problems. 1: problems found. 2: the command could not run, or could not read a file."""

    def test_valid_file_exits_with_0(self, run: Run) -> None:
        """For a valid file, the exit code is 0 and the report says that there are no problems."""
        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        assert run("validate", "menu.bxml") == (0, "no problems in 1 file\n", "")

    def test_error_exits_with_1(self, run: Run) -> None:
        """An error causes exit code 1."""
        Path("menu.bxml").write_text(INVALID, encoding="utf-8")
        assert run("validate", "menu.bxml", "--format", "concise") == (1, f"menu.bxml:{TOO_LARGE}1 error in 1 of 1 file\n", "")

    @pytest.mark.parametrize(("fail_on", "code"), [("warning", 1), ("error", 0)])
    def test_warning_exits_with_1_unless_only_errors_fail(self, run: Run, fail_on: str, code: int) -> None:
        """A warning causes exit code 1, but exit code 0 if ``--fail-on error`` is given."""
        Path("menu.bxml").write_text(RISKY, encoding="utf-8")
        ran = run("validate", "menu.bxml", "--format", "concise", "--fail-on", fail_on)
        assert ran == (code, f"menu.bxml:{UNKNOWN}1 warning in 1 of 1 file; 1 problem can be fixed with --fix\n", "")

    def test_error_exits_with_1_if_only_errors_fail(self, run: Run) -> None:
        """An error causes exit code 1, even if ``--fail-on error`` is given."""
        Path("menu.bxml").write_text(INVALID, encoding="utf-8")
        assert run("validate", "menu.bxml", "--fail-on", "error").code == 1

    def test_missing_file_exits_with_2(self, run: Run) -> None:
        """A missing file is named, and the other files are checked."""
        Path("menu.bxml").write_text(RISKY, encoding="utf-8")
        ran = run("validate", "menu.bxml", "main.bxml", "--format", "concise")
        out = f"menu.bxml:{UNKNOWN}1 warning in 1 of 1 file; 1 file could not be read; 1 problem can be fixed with --fix\n"
        assert ran == (2, out, "bxml: main.bxml: no such file or directory\n")

    def test_pattern_without_a_match_exits_with_2(self, run: Run) -> None:
        """If a pattern matches no file, a message names the pattern."""
        out = "no problems in 0 files; 1 file could not be read\n"
        assert run("validate", "a/*.bxml") == (2, out, "bxml: a/*.bxml: no file matches this pattern\n")

    @pytest.mark.parametrize("command", ["validate", "format", "extract"])
    @pytest.mark.parametrize(
        ("path", "fault"),
        [
            ("a/**/*.xml", "no file matches this pattern"),
            ("a/*/x/", "no file matches this pattern"),
            ("{a,b}/*.xml", "no file matches this pattern; {a,b} is not supported; write one path for each alternative"),
            ("{a,b}/**/*.xml", "no file matches this pattern; {a,b} is not supported; write one path for each alternative"),
            ("{a,b}.xml", "no such file or directory; {a,b} is not supported; write one path for each alternative"),
        ],
    )
    def test_pattern_in_a_missing_directory_is_named(self, run: Run, command: str, path: str, fault: str) -> None:
        """The message names the pattern, whatever it contains."""
        ran = run(command, path)
        assert (ran.code, ran.err.splitlines()[0]) == (2, f"bxml: {path}: {fault}")

    def test_directory_without_bxml_exits_with_2(self, run: Run) -> None:
        """A directory without BXML is an error. Otherwise the command would succeed without checking a file."""
        Path("empty").mkdir()
        Path("empty/other.xml").write_text("<html/>", encoding="utf-8")
        message = "bxml: no BXML files found in empty; expected *.bxml, or *.xml with the root Response or Bxml\n"
        assert run("validate", "empty") == (2, "no problems in 0 files\n", message)

    def test_unreadable_file_exits_with_2(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """The command names a file that it cannot read, and checks the other files."""
        Path("a.bxml").write_text(VALID, encoding="utf-8")
        Path("b.bxml").write_text(RISKY, encoding="utf-8")
        read = checker.read

        def refuse(path: str) -> tuple[bytes, int]:
            if path == "a.bxml":
                raise PermissionError(13, "Permission denied")
            return read(path)

        monkeypatch.setattr(checker, "read", refuse)
        out = f"b.bxml:{UNKNOWN}1 warning in 1 of 1 file; 1 file could not be read; 1 problem can be fixed with --fix\n"
        assert run("validate", ".", "--format", "concise") == (2, out, "bxml: a.bxml: Permission denied\n")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--format", "xml"], "'xml' is not one of"),
            (["--select", "unknown-voise"], "unknown-voise is not a rule; did you mean unknown-voice?"),
            (["--ignore", "nothing"], "nothing is not a rule; run bxml explain to list the rules"),
            (["--ignore", "not-well-formed"], "not-well-formed cannot be ignored"),
            (["--context", "calls"], "'calls' is not one of"),
            (["--config", "none.toml"], "none.toml: No such file or directory"),
            (["--foo"], "No such option"),
            (["--select", ","], "expected at least one rule name"),
        ],
    )
    def test_invalid_option_exits_with_2(self, run: Run, arguments: list[str], message: str) -> None:
        """An invalid option ends the command with a message, and no file is checked."""
        Path("menu.bxml").write_text(INVALID, encoding="utf-8")
        ran = run("validate", "menu.bxml", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err
        assert "Traceback" not in ran.err

    def test_missing_path_exits_with_2(self, run: Run) -> None:
        """Without a path, in a directory without BXML, the command fails."""
        assert run("validate").code == 2

    def test_interruption_exits_with_130(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C ends the command without a traceback, with the exit code that shells use for Ctrl-C."""

        def interrupt(_: str) -> tuple[bytes, int]:
            raise KeyboardInterrupt

        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        monkeypatch.setattr(checker, "read", interrupt)
        assert run("validate", "menu.bxml").code == 130

    @pytest.mark.parametrize(
        ("number", "code", "err"), [(errno.EPIPE, 141, ""), (errno.ENOSPC, 2, "bxml: cannot write to stdout: no space\n")]
    )
    @pytest.mark.parametrize("arguments", [["validate", "menu.bxml"], ["explain"]])
    def test_unwritable_stdout_ends_the_command(  # noqa: PLR0913
        self, run: Run, monkeypatch: pytest.MonkeyPatch, *, number: int, code: int, err: str, arguments: list[str]
    ) -> None:
        """If stdout fails, the rest of the report is discarded. A full disk is reported; a closed pipe is not."""
        echo, redirected = click.echo, list[int]()

        def refuse(*given: Any, **options: Any) -> None:
            if not options.get("err"):
                raise OSError(number, "no space")
            echo(*given, **options)

        monkeypatch.setattr(click, "echo", refuse)
        monkeypatch.setattr(os, "dup2", lambda _, number: redirected.append(number))
        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        assert run(*arguments) == (code, "", err)
        assert redirected == [1]

    @pytest.mark.parametrize(
        ("shell", "code", "stderr"),
        [
            ("BXML validate menu.bxml | true; exit ${PIPESTATUS[0]}", 141, ""),
            ("BXML validate menu.bxml > /dev/full", 2, "bxml: cannot write to stdout: No space left on device\n"),
            ("BXML validate menu.bxml >&-", 0, ""),
            ("BXML validate menu.bxml 2>&-", 0, ""),
            ("BXML validate - <&-", 2, "bxml: stdin.bxml: stdin is closed\n"),
            ("mkdir gone; cd gone; rmdir ../gone; BXML validate ../menu.bxml", 2, "bxml: No such file or directory\n"),
        ],
    )
    def test_closed_streams_and_missing_directories_cause_no_traceback(self, shell: str, code: int, stderr: str) -> None:
        """Closed streams, full disks and removed working directories cause no traceback."""
        if "rmdir" in shell and sys.version_info[:3] == (3, 13, 0):
            pytest.skip("Python 3.13.0 cannot import encodings in a removed directory")
        Path("menu.bxml").write_text(VALID, encoding="utf-8")
        # The delay lets the reader of the pipe exit first.
        command = f"{sys.executable} -c 'import time; from bxml.command import main; time.sleep(0.2); main()'"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        script = shell.replace("BXML", command)
        ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=environment)
        assert (ran.returncode, ran.stderr) == (code, stderr)


class TestFiles:
    """The files that the command checks if its argument is a file name, a directory, a pattern or ``-``."""

    def checked(self, run: Run, *paths: str) -> list[str]:
        """Return the names of the checked files. Each file has an error, so each name is in the report."""
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

    def test_directory_is_searched_recursively(self, run: Run) -> None:
        """A directory is searched in the order of names, without hidden directories, other XML, and the targets of links."""
        names = ["a/b.xml", "a/broken.xml", "a/deep/er.bxml", "a/link.bxml", "a/twiml.xml", "a/twiml.xml", "a/z.bxml"]
        assert self.checked(run, ".") == names
        assert self.checked(run, str(Path.cwd())) == [str(Path.cwd() / name) for name in names]

    def test_named_file_is_always_checked(self, run: Run) -> None:
        """The command checks each file that the user names, whatever its extension and its root element."""
        assert self.checked(run, "a/notes.txt", "a/other.xml", ".hidden") == ["a/notes.txt", "a/other.xml", ".hidden/a.bxml"]

    def test_patterns_are_expanded(self, run: Run) -> None:
        """The command expands a pattern that the shell has not expanded, and searches directories that match."""
        assert self.checked(run, "a/*.bxml") == ["a/link.bxml", "a/z.bxml"]
        assert self.checked(run, "a/d*") == ["a/deep/er.bxml"]
        assert self.checked(run, "**/e*.bxml") == ["a/deep/er.bxml"]

    def test_pattern_of_all_files_means_the_directory(self, run: Run) -> None:
        """A pattern that ends with ``**`` has the same result as its directory: each file is checked once."""
        assert self.checked(run, "a/deep/**") == ["a/deep/er.bxml"]
        assert set(self.checked(run, "a/**")) == {*self.checked(run, "a")}

    def test_broken_link_and_unreadable_directory_exit_with_2(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A broken link, a link to itself and an unreadable directory are named, and the other files are checked."""
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
        assert (ran.code, ran.err.count("broken symbolic link")) == (2, 2)
        assert "OLD.BXML:2:59" in ran.out
        monkeypatch.setattr(os, "scandir", refuse)
        ran = run("validate", ".")
        assert (ran.code, ran.err) == (2, "bxml: a: Permission denied\n")
        assert "b.bxml:2:59" in ran.out

    def test_each_file_is_checked_once(self, run: Run) -> None:
        """A file that is given by several paths is checked once."""
        assert self.checked(run, "a/deep", "./a/deep/er.bxml", "a/deep/../deep", "b.bxml", "b.bxml") == [
            "a/deep/er.bxml",
            "b.bxml",
        ]

    def test_stdin_is_checked(self, run: Run) -> None:
        """``-`` means stdin, and ``--stdin-filename`` sets the name in the report."""
        summary = "1 error in 1 of 1 file\n"
        assert run("validate", "-", "--format", "concise", stdin=INVALID.encode()).out == f"stdin.bxml:{TOO_LARGE}{summary}"
        ran = run("validate", "-", "--format", "concise", "--stdin-filename", "a/b.bxml", stdin=INVALID.encode())
        assert ran == (1, f"a/b.bxml:{TOO_LARGE}{summary}", "")

    @pytest.mark.parametrize("name", ["::error::.bxml", " ::error::.bxml", "##[error]x.bxml"])
    @pytest.mark.parametrize("format_name", ["text", "concise", "github"])
    def test_file_name_is_not_run_as_a_command(self, run: Run, name: str, format_name: str) -> None:
        """A file name cannot start a line that GitHub Actions would run as a command."""
        Path(name).write_text(INVALID + INVALID * 12, encoding="utf-8")
        for path in ([name], ["-", "--stdin-filename", name]):
            ran = run("validate", *path, "--format", format_name)
            lines = [line.lstrip() for line in ran.out.splitlines()]
            assert all(line.startswith("::error file=./") for line in lines if line.startswith(("::", "##")))

    def test_file_name_that_is_not_utf_8_is_reported(self, run: Run) -> None:
        """Every format can report a file name that is not valid UTF-8."""
        name = os.fsdecode(b"caf\xe9.bxml")
        Path(name).write_text(RISKY, encoding="utf-8")
        for format_name in NAMES:
            assert run("validate", name, "--format", format_name).code == 1


def test_large_file_is_not_read(run: Run) -> None:
    """A file above the size limit is reported without being read completely."""
    Path("pom.xml").write_text(f"<project>{' ' * 70000}</project>", encoding="utf-8")
    with Path("large.bxml").open("wb") as file:
        file.truncate(10**9)
    message = "error: the document has 1000000000 bytes; at most 65536 are allowed [document-size]"
    assert run("validate", "large.bxml", "--format", "concise").out.startswith(f"large.bxml:1:1: {message}\n")
    assert run("validate", "-", "--format", "concise", stdin=b" " * 70000).out.startswith(
        "stdin.bxml:1:1: error: the document has"
    )


def test_many_files_are_checked_in_parallel(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several processes produce the same report as one process, in the same order."""
    for number in range(120):
        Path(f"{number:03}.bxml").write_text((VALID, RISKY, INVALID)[number % 3], encoding="utf-8")
    sequential = run("validate", ".", "--format", "json")
    monkeypatch.setattr(checker, "PARALLEL_THRESHOLD", 100)
    monkeypatch.setattr(checker, "CHUNK_SIZE", 3)
    monkeypatch.setattr(checker, "processes", lambda: 2)
    assert run("validate", ".", "--format", "json") == sequential
    monkeypatch.setattr(checker, "processes", lambda: 1)
    assert run("validate", ".", "--format", "json") == sequential


def test_killed_worker_exits_with_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the operating system kills a worker process, the command reports the failure and does not hang."""
    for number in range(12):
        Path(f"{number:03}.bxml").write_text(VALID, encoding="utf-8")
    monkeypatch.setattr(checker, "PARALLEL_THRESHOLD", 10)
    monkeypatch.setattr(checker, "processes", lambda: 2)
    monkeypatch.setattr(linter, "problems", lambda *_: os._exit(9))
    ran = run("validate", ".")
    message = "bxml: a worker process ended unexpectedly, perhaps out of memory; the report is incomplete\n"
    assert (ran.code, ran.err) == (2, message)


def test_operating_system_error_exits_with_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operating system error anywhere in the command is reported in one line on stderr."""

    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    Path("a.bxml").write_text(VALID, encoding="utf-8")
    monkeypatch.setattr(FileSearch, "files", refuse)
    assert run("validate", "a.bxml").err == "bxml: Too many open files\n"

    def refuse_a_file(*_: object) -> None:
        raise OSError(13, "Permission denied", "a/b")

    monkeypatch.setattr(FileSearch, "files", refuse_a_file)
    assert run("validate", "a.bxml").err == "bxml: a/b: Permission denied\n"
    monkeypatch.undo()


def test_closed_stdin_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed stdin is reported as a file that cannot be read."""
    monkeypatch.setattr(sys, "stdin", None)
    file_checker = checker.Checker(Configuration().settings, "stdin.bxml")
    assert file_checker.check(File("-", named=True)) == checker.Checked("stdin.bxml", failure="stdin is closed")


def test_checked_bytes_are_returned() -> None:
    """``Checker.document`` returns the bytes that were checked, so code can use them even if the file changes later."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    file_checker = checker.Checker(Configuration().settings, "stdin.bxml")
    data, checked = file_checker.document("a.bxml")
    assert data == RISKY.encode()
    assert checked == file_checker.check(File("a.bxml", named=True))


def test_closed_stderr_does_not_stop_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command succeeds if stderr is closed."""
    Path("a.bxml").write_text(VALID, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["bxml", "validate", "a.bxml"])
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 0


def test_worker_checks_several_files() -> None:
    """A worker process checks several files at a time, and skips files that are not BXML."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    Path("b.xml").write_text("<other/>", encoding="utf-8")
    file_checker = checker.Checker(Configuration().settings, "stdin.bxml")
    files = [File("a.bxml", named=False), File("b.xml", named=False)]
    assert [checked.name for checked in file_checker.check_chunk(files)] == ["a.bxml"]


def test_at_least_one_processor_is_available() -> None:
    """The number of processes is at least one."""
    assert checker.processes() >= 1


def test_rules_are_selected_and_ignored_by_name(run: Run) -> None:
    """``--ignore`` accepts several names and may be repeated. ``--select`` replaces the default rules."""
    Path("a.bxml").write_text(RISKY.replace("</Response>", "<Hangup/><Hangup/></Response>"), encoding="utf-8")

    def rules(*options: str) -> list[str]:
        lines = run("validate", "a.bxml", "--format", "concise", *options).out.splitlines()[:-1]
        return [line.rpartition("[")[2][:-1] for line in lines]

    assert rules() == ["unknown-voice", "unreachable-verb"]
    assert rules("--ignore", "unknown-voice,empty-document", "--ignore", "unreachable-verb") == []
    assert rules("--select", "unreachable-verb") == ["unreachable-verb"]
    assert rules("--select", "all", "--ignore", "unknown-voice") == ["unreachable-verb"]
    assert rules("--select", "schema") == []


def test_context_option_selects_the_verbs_that_are_allowed(run: Run) -> None:
    """``--context`` sets the context in which the document runs. The context determines the allowed verbs."""
    Path("a.bxml").write_text("<Response><Hangup/></Response>", encoding="utf-8")
    assert run("validate", "a.bxml").code == 0
    assert "[conference-verb]" in run("validate", "a.bxml", "--context", "conference").out


@pytest.mark.parametrize("source", [INVALID, RISKY, VALID, "<Response>", "no XML", '<Response a="b"><Foo/></Response>'])
def test_function_and_command_report_the_same(run: Run, source: str) -> None:
    """``bxml.validate`` reports the same problems as the command."""
    Path("a.bxml").write_text(source, encoding="utf-8")
    lines = run("validate", "a.bxml", "--format", "concise").out.splitlines()[:-1]
    assert lines == [
        f"{problem.name}:{problem.line}:{problem.column}: {problem.severity}: {problem.message} [{problem.rule}]"
        for problem in validate(Path("a.bxml").read_bytes(), name="a.bxml")
    ]


@pytest.mark.parametrize("format_name", NAMES)
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
        '<Response><SpeakSentence>password="</SpeakSentence><Gather password="hunter2" maxDigits="0"/></Response>',
    ],
)
def test_no_report_shows_a_password(run: Run, format_name: str, source: str) -> None:
    """Neither a message nor a source line shows a password, because many people can read a report."""
    Path("a.bxml").write_text(source, encoding="utf-8")
    ran = run("validate", "a.bxml", "--format", format_name)
    assert ran.code == 1
    assert "hunter2" not in ran.out + ran.err


def test_help_and_version_are_printed(run: Run) -> None:
    """The command prints its help and its version."""
    assert "validate" in run("--help").out
    assert "PATH" in run("validate", "-h").out
    assert run("--version").out.startswith("bxml ")


@pytest.mark.parametrize(
    ("variable", "value", "colored"), [("FORCE_COLOR", "1", True), ("FORCE_COLOR", "0", False), ("NO_COLOR", "1", False)]
)
def test_environment_turns_colors_on_or_off(
    run: Run, monkeypatch: pytest.MonkeyPatch, *, variable: str, value: str, colored: bool
) -> None:
    """FORCE_COLOR=1 turns colors on; FORCE_COLOR=0 and NO_COLOR turn them off. By default, colors appear only on a terminal."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    assert "\x1b" not in run("validate", "a.bxml").out
    monkeypatch.setenv(variable, value)
    assert ("\x1b" in run("validate", "a.bxml").out) is colored


def test_the_command_is_installed() -> None:
    """``bxml`` is installed beside the interpreter and runs as a process."""
    Path("a.bxml").write_text(INVALID, encoding="utf-8")
    command = Path(sys.executable).parent / "bxml"
    ran = subprocess.run([command, "validate", "a.bxml"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "a.bxml:2:59: error:" in ran.stdout


def test_click_error_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the library click raises an error, the error is printed on one line."""

    def refuse(*_: Any, **__: Any) -> None:
        raise click.ClickException("no")

    monkeypatch.setattr(checker.Checker, "check", refuse)
    Path("a.bxml").write_text(VALID, encoding="utf-8")
    assert run("validate", "a.bxml").err == "Error: no\n"
