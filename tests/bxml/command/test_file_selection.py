"""The files that ``bxml validate`` checks: exclusions, ``.gitignore``, lists, foreign documents and ``--show-files``."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bxml.command import gitignore, glob_patterns, main
from bxml.command.checker import Checker
from bxml.command.configuration import with_options
from bxml.command.configuration_lookup import Configurations
from bxml.command.exclusions import Exclusions
from bxml.command.files import FileSearch
from bxml.command.path_patterns import path_pattern
from tests.bxml.command.conftest import INVALID, VALID, Run

ROOT: Final = Path(__file__).parents[3]

TWIML: Final = "<Response><Say>Hello.</Say></Response>"
OTHER: Final = "<project/>"


def write(*names: str, text: str = VALID) -> None:
    """Write files with the same text, and create their directories."""
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def shown(run: Run, *arguments: str, stdin: bytes = b"") -> list[str]:
    """Return the files that ``--show-files`` lists."""
    ran = run("validate", "--show-files", *arguments, stdin=stdin)
    assert ran.code == 0, ran
    return ran.out.splitlines()


def bxml(*arguments: str, stdin: bytes = b"", cwd: str = ".") -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process."""
    command = [sys.executable, "-c", "from bxml.command import main; main()", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment, cwd=cwd, timeout=60)


def git(*arguments: str) -> str:
    """Run Git, and return its output."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


class TestExclude:
    """``exclude``, ``extend-exclude``, ``--exclude`` and ``--force-exclude``."""

    @pytest.fixture(autouse=True)
    def _tree(self) -> None:
        write("a.bxml", "legacy/b.bxml", "x/legacy/c.bxml", "x/d.bxml", ".hidden/e.bxml", ".f.bxml", "node_modules/g.bxml")

    def test_hidden_files_and_foreign_directories_are_left_out_by_default(self, run: Run) -> None:
        """The default of ``exclude`` leaves out hidden files, hidden directories, ``node_modules`` and ``__pycache__``."""
        write("__pycache__/h.bxml")
        assert shown(run, ".") == ["a.bxml", "legacy/b.bxml", "x/d.bxml", "x/legacy/c.bxml"]

    @pytest.mark.parametrize(
        ("pattern", "excluded"),
        [
            ("legacy", ["legacy/b.bxml", "x/legacy/c.bxml"]),
            ("legacy/", ["legacy/b.bxml", "x/legacy/c.bxml"]),
            ("./legacy", ["legacy/b.bxml"]),
            ("legacy/*", ["legacy/b.bxml"]),
            ("x/legacy", ["x/legacy/c.bxml"]),
            ("**/legacy/**", ["legacy/b.bxml", "x/legacy/c.bxml"]),
            ("[cd].bxml", ["x/d.bxml", "x/legacy/c.bxml"]),
            ("x/*.bxml", ["x/d.bxml", "x/legacy/c.bxml"]),
            ("A.bxml", []),
        ],
    )
    def test_pattern_matches_names_or_paths(self, run: Run, pattern: str, excluded: list[str]) -> None:
        """A pattern without a slash matches a name at any depth. A pattern with a slash matches a path."""
        every = shown(run, ".")
        assert [name for name in every if name not in shown(run, ".", "--exclude", pattern)] == excluded
        assert shown(run, ".", "--exclude", f"nothing,{pattern}") == shown(run, ".", "--exclude", pattern)
        write("bxml.toml", text=f'extend-exclude = ["{pattern}"]')
        assert [name for name in every if name not in shown(run, ".")] == excluded

    def test_absolute_pattern_matches_an_absolute_path(self, run: Run) -> None:
        """A pattern that begins with a slash matches absolute paths."""
        assert shown(run, ".", "--exclude", str(Path.cwd() / "x")) == ["a.bxml", "legacy/b.bxml"]

    def test_exclude_replaces_the_default_and_extend_exclude_adds_to_it(self, run: Run) -> None:
        """``exclude`` replaces the default patterns, ``extend-exclude`` and ``--exclude`` add to them."""
        write("bxml.toml", text='exclude = ["legacy"]\nextend-exclude = ["a.*"]')
        assert shown(run, ".", "--exclude", ".hidden") == [".f.bxml", "node_modules/g.bxml", "x/d.bxml"]

    def test_named_file_is_checked_unless_exclusion_is_forced(self, run: Run) -> None:
        """An excluded file or directory that is named is checked. With ``--force-exclude`` it is left out with a note."""
        arguments = ["legacy/b.bxml", "a.bxml", ".hidden", "x/legacy/c.bxml", "--exclude", "legacy"]
        assert shown(run, *arguments) == ["legacy/b.bxml", "a.bxml", ".hidden/e.bxml", "x/legacy/c.bxml"]
        ran = run("validate", *arguments, "--force-exclude", "--show-files")
        note = "passed over 3 excluded files: legacy/b.bxml, x/legacy/c.bxml and .hidden; the first is"
        assert ran == (0, "a.bxml\n", f'bxml: {note} excluded by "legacy"\n')

    def test_current_directory_is_never_excluded(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """``--force-exclude`` does not leave out the current directory or a directory above it."""
        write(".hidden/deep/i.bxml")
        monkeypatch.chdir(".hidden/deep")
        assert shown(run, ".", "--force-exclude") == ["i.bxml"]
        assert shown(run, "..", "--force-exclude") == ["../deep/i.bxml", "../e.bxml"]

    def test_file_outside_of_the_current_directory_is_excluded_by_its_configuration(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """For a file outside the current directory, patterns are relative to the directory of the file's configuration."""
        monkeypatch.chdir("x")
        assert shown(run, "../legacy/b.bxml", "../.f.bxml", "d.bxml", "--force-exclude") == ["../legacy/b.bxml", "d.bxml"]
        write("../bxml.toml", text='extend-exclude = ["legacy"]')
        assert shown(run, "../legacy/b.bxml", "../a.bxml", "--force-exclude") == ["../a.bxml"]

    def test_named_files_that_are_all_excluded_are_a_success(self, run: Run) -> None:
        """If every named file is excluded, which can happen with pre-commit, nothing is checked and the exit code is 0."""
        write("legacy/b.bxml", text=INVALID)
        ran = run("validate", "legacy/b.bxml", "--exclude", "legacy", "--force-exclude")
        note = 'passed over 1 excluded file: legacy/b.bxml; the first is excluded by "legacy"'
        assert ran == (0, "no problems in 0 files\n", f"bxml: {note}\n")

    def test_directory_with_only_excluded_files_is_an_error_that_names_the_reason(self, run: Run) -> None:
        """If a directory has only excluded files, the message names the first of them and the pattern."""
        expected = "expected *.bxml, or *.xml with the root Response or Bxml"
        ran = run("validate", "x", "--exclude", "*.bxml")
        assert (ran.code, ran.err) == (
            2,
            f'bxml: no BXML files found in x; {expected}; x/d.bxml is excluded by "*.bxml"\n',
        )

    def test_configuration_below_the_searched_directory_applies_there(self, run: Run) -> None:
        """Each directory has the exclusions of the nearest configuration."""
        write("x/bxml.toml", text='exclude = ["legacy"]')
        assert shown(run, ".") == ["a.bxml", "legacy/b.bxml", "x/d.bxml"]

    def test_options_work_in_a_process(self) -> None:
        """The installed command has the options."""
        ran = bxml("validate", ".", "legacy/b.bxml", "--exclude", "legacy", "--force-exclude", "--show-files")
        assert (ran.returncode, ran.stdout) == (0, b"a.bxml\nx/d.bxml\n")

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
    @given(patterns=st.lists(st.sampled_from(["legacy", "x/*", "*.bxml", ".*", "a.bxml", "**/c.bxml", "./x"]), max_size=3))
    def test_search_and_forced_exclusion_agree(self, run: Run, patterns: list[str]) -> None:
        """A search finds the same files as a run with ``--force-exclude`` in which all files are named."""
        every = [str(path) for path in sorted(Path().rglob("*.bxml"))]
        options = [argument for pattern in patterns for argument in ("--exclude", pattern)]
        ran = run("validate", *every, "--force-exclude", "--show-files", *options)
        found = run("validate", ".", "--show-files", *options)
        assert sorted(ran.out.splitlines()) == sorted(found.out.splitlines())


class TestGitignore:
    """Files that ``.gitignore`` ignores are left out."""

    @pytest.fixture(autouse=True)
    def _tree(self) -> None:
        write("a.bxml", "build/b.bxml", "x/c.bxml", "x/generated/d.bxml", "x/keep.gen.bxml", "x/e.gen.bxml")
        write(".gitignore", text="# built\n\nbuild/\n*.gen.bxml\n!keep.gen.bxml\n/x/generated\n")

    def test_ignored_files_are_left_out_and_an_option_turns_it_off(self, run: Run) -> None:
        """Ignored files and directories are left out, and files that a negated pattern includes again are found."""
        assert shown(run, ".") == ["a.bxml", "x/c.bxml", "x/keep.gen.bxml"]
        every = ["a.bxml", "build/b.bxml", "x/c.bxml", "x/e.gen.bxml", "x/generated/d.bxml", "x/keep.gen.bxml"]
        assert shown(run, ".", "--no-respect-gitignore") == every
        write("bxml.toml", text="respect-gitignore = false")
        assert shown(run, ".") == every
        assert shown(run, ".", "--respect-gitignore") == ["a.bxml", "x/c.bxml", "x/keep.gen.bxml"]
        assert bxml("validate", ".", "--no-respect-gitignore", "--show-files").stdout.decode().splitlines() == every

    def test_directories_have_their_own_files(self, run: Run) -> None:
        """A ``.gitignore`` in a directory overrides the files above it."""
        write("x/.gitignore", text="!e.gen.bxml\nc.bxml\n")
        assert shown(run, ".") == ["a.bxml", "x/e.gen.bxml", "x/keep.gen.bxml"]

    def test_patterns_above_the_searched_directory_apply_in_a_repository(self, run: Run) -> None:
        """Above the searched directory, ``.gitignore`` files apply only in a repository, from its root down."""
        assert shown(run, "x") == ["x/c.bxml", "x/e.gen.bxml", "x/generated/d.bxml", "x/keep.gen.bxml"]
        git("init", "-q")
        Path(".git/info/exclude").write_text("c.bxml\n", encoding="utf-8")
        assert shown(run, "x") == ["x/keep.gen.bxml"]

    def test_ignored_directory_that_is_named_is_searched(self, run: Run) -> None:
        """A directory that the user names is searched although it is ignored."""
        git("init", "-q")
        assert shown(run, "build", "x/generated") == ["build/b.bxml", "x/generated/d.bxml"]
        assert run("validate", "build", "--force-exclude").code == 0

    def test_repository_inside_a_repository_has_its_own_patterns(self, run: Run) -> None:
        """The patterns of a repository do not apply in a submodule."""
        write("x/.git", text="gitdir: ../.git/modules/x\n")
        assert shown(run, ".") == ["a.bxml", "x/c.bxml", "x/e.gen.bxml", "x/generated/d.bxml", "x/keep.gen.bxml"]

    def test_forced_exclusion_names_the_file(self, run: Run) -> None:
        """``--force-exclude`` leaves out ignored files that are named, and the note names the ``.gitignore``."""
        ran = run("validate", "x/generated/d.bxml", "a.bxml", "--force-exclude", "--show-files")
        assert (ran.out, ran.err.partition("; ")[2]) == ("a.bxml\n", "the first is ignored by .gitignore\n")

    def test_invalid_and_unreadable_files_are_passed_over(self, run: Run) -> None:
        """Like Git, the command passes over invalid patterns and files that cannot be read, and does not wait for a pipe."""
        Path(".gitignore").write_bytes(b"!\n[z-a]\n\xff\nbuild\n")
        assert "build/b.bxml" not in shown(run, ".")
        Path(".gitignore").unlink()
        os.mkfifo(".gitignore")
        assert "build/b.bxml" in shown(run, ".")

    def test_unreadable_file_is_passed_over(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A ``.gitignore`` without read permission is passed over."""

        def refuse(*arguments: Any, **options: Any) -> Any:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refuse)
        assert len(shown(run, ".")) == 6

    def test_pattern_with_many_wildcards_is_not_applied(self, run: Run) -> None:
        """A pattern that would take exponential time is not applied."""
        write(".gitignore", text="*a*a*a*a*a*a*a*a*a*b\n" + "**/" * 9 + "c\nbuild\n")
        write("a" * 200 + ".bxml")
        began = time.monotonic()
        assert "a.bxml" in shown(run, ".")
        assert time.monotonic() - began < 5

    @pytest.mark.parametrize(
        "line",
        [
            *(f"x[[:{name}:]].bxml" for name in gitignore.RANGES),
            *(f"x[![:{name}:]].bxml" for name in ("alpha", "punct", "graph")),
            "x[[:digit:]_[:upper:]-].bxml",
            "x[^[:digit:]a].bxml",
            "x[[:nothing:]].bxml",
            "x[[a].bxml",
            r"x\[[:digit:]].bxml",
            "x[:digit:].bxml",
        ],
    )
    def test_character_classes_agree_with_git(self, run: Run, line: str) -> None:
        """POSIX character classes and brackets in brackets mean the same as in Git."""
        names = [f"x{character}.bxml" for character in "aZ5_-! :[]{}~^\\`\t\x01\x7f"]
        write(*names, "x[5].bxml", "xdd].bxml")
        git("init", "-q")
        write(".gitignore", text=f"{line}\n")
        listed = git("ls-files", "-z", "--others", "--exclude-standard", "--", "*.bxml").split("\0")[:-1]
        search = FileSearch(Exclusions(configurations=Configurations()))
        assert sorted(file.path for file in search.files(["."])) == sorted(listed)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
    @given(
        lines=st.lists(
            st.sampled_from(
                ["build/", "*.gen.bxml", "!keep.gen.bxml", "/x", "x/*", "!x/c.bxml", "**/d.bxml", "a?bxml", "x/**"]
            ),
            max_size=4,
        )
    )
    def test_agrees_with_git(self, run: Run, lines: list[str]) -> None:
        """The command leaves out the files that Git ignores."""
        git("init", "-q")
        write(".gitignore", text="\n".join(lines))
        listed = git("ls-files", "--others", "--exclude-standard", "--", "*.bxml").splitlines()
        assert sorted(run("validate", ".", "--show-files").out.splitlines()) == sorted(listed)


class TestFilesFrom:
    """``--files-from`` reads the names of files from a list."""

    @pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\0"])
    @pytest.mark.parametrize("source", ["-", "list.txt"])
    def test_names_are_separated_by_lines_or_null_bytes(self, run: Run, separator: bytes, source: str) -> None:
        """A list has one name on each line, or names that are separated by null bytes; a name is not a pattern."""
        write("[id].bxml", "i.bxml", "d/b.bxml", "-")
        names = separator.join([b"[id].bxml", b"", b"d", b"-", b""])
        Path("list.txt").write_bytes(names)
        assert shown(run, "--files-from", source, stdin=names) == ["[id].bxml", "d/b.bxml", "./-"]

    def test_names_with_line_breaks_can_be_separated_by_null_bytes(self, run: Run) -> None:
        """In a list with null bytes, a name can contain a line break and bytes that are not UTF-8."""
        names = [b"a\nb.bxml", b"caf\xe9.bxml"]
        for name in names:
            Path(os.fsdecode(name)).write_text(VALID, encoding="utf-8")
        assert run("validate", "--files-from", "-", stdin=b"\0".join(names)).out == "no problems in 2 files\n"

    def test_empty_list_is_a_success(self, run: Run) -> None:
        """An empty list, such as the changed files of a commit without BXML, causes a note and exit code 0."""
        ran = run("validate", "--files-from", "-")
        assert ran == (0, "no problems in 0 files\n", "bxml: no BXML files in the list of stdin; nothing was checked\n")
        write("list.txt", text="\n")
        assert bxml("validate", "--files-from", "list.txt").stderr == (
            b"bxml: no BXML files in the list of list.txt; nothing was checked\n"
        )

    def test_missing_file_in_the_list_is_an_error(self, run: Run) -> None:
        """A name that does not exist is reported, although it looks like a pattern."""
        ran = run("validate", "--files-from", "-", stdin=b"*.bxml")
        assert (ran.code, ran.err) == (2, "bxml: *.bxml: no such file or directory\n")

    def test_list_is_added_to_paths(self, run: Run) -> None:
        """Paths and a list can be combined; each file is checked once."""
        write("a.bxml", "b.bxml")
        assert shown(run, "a.bxml", "--files-from", "-", stdin=b"b.bxml\n./a.bxml") == ["a.bxml", "b.bxml"]

    def test_stdin_cannot_be_both_a_list_and_a_document(self, run: Run) -> None:
        """``--files-from -`` and the path ``-`` cannot be combined."""
        ran = run("validate", "-", "--files-from", "-")
        assert (ran.code, ran.out) == (2, "")
        assert '"--files-from -" and the path "-" cannot be combined, because both read stdin' in ran.err

    def test_without_paths_the_current_directory_is_searched(self, run: Run) -> None:
        """Without paths and without a list, the command checks the current directory. With an empty list, it checks no file."""
        write("a.bxml", "b/c.bxml")
        assert shown(run) == ["a.bxml", "b/c.bxml"]
        assert shown(run, "--files-from", "-", stdin=b"") == []
        Path("a.bxml").unlink()
        Path("b/c.bxml").unlink()
        ran = run("validate")
        assert (ran.code, ran.err) == (
            2,
            "bxml: no BXML files found in .; expected *.bxml, or *.xml with the root Response or Bxml\n",
        )

    def test_list_that_cannot_be_read_is_an_error(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A missing list and a closed stdin end the command with a message."""
        assert run("validate", "--files-from", "none") == (2, "", "bxml: --files-from none: No such file or directory\n")
        monkeypatch.setattr(sys, "argv", ["bxml", "validate", "--files-from", "-"])
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 2


class TestForeignDocuments:
    """XML files that are not BXML are passed over."""

    @pytest.mark.parametrize(
        "source",
        [
            TWIML,
            "<Response><Redirect>/next</Redirect></Response>",
            '<Response><Gather action="/a" numDigits="1"/></Response>',
            '<Response><Gather actionOnEmptyResult="true"/></Response>',
            '<Response><Record transcribe="true" playBeep="true"/></Response>',
            "<Response><Enqueue/></Response>",
            "<Response><Say>a<break/></Say><Hangup/></Response>",
        ],
    )
    def test_twiml_in_a_directory_is_passed_over_with_a_note(self, run: Run, source: str) -> None:
        """TwiML has the same root as BXML. A search passes over TwiML, but checks it if the file is named."""
        write("d/a.xml", text=source)
        write("d/b.bxml")
        note = "bxml: passed over 1 TwiML file: d/a.xml; to check a file as BXML, name it on the command line\n"
        assert run("validate", "d") == (0, "no problems in 1 file\n", note)
        assert run("validate", "d", "--show-files") == (0, "d/b.bxml\n", note)
        assert run("validate", "d/a.xml").code == 1
        assert run("validate", "d/a.xml", "--skip-foreign").code == 0

    @pytest.mark.parametrize(
        "source",
        [
            "<Response><SpeakSentence>a</SpeakSentence><Say>b</Say></Response>",
            '<Response><Gather gatherUrl="/a" numDigits="1"/></Response>',
            "<Response><Hangup/></Response>",
            "<Response><Say></Response>",
            "<Response><Foo/><SpeakSentense/></Response>",
            "<Response><hangup/></Response>",
            "<Response><Foo><Pause/></Foo><Bar/></Response>",
            "<Response>Hello.</Response>",
            '<Response xmlns=""><Foo/><Hangup/></Response>',
            '<Response xmlns="urn:x"><SpeakSentence>Hi</SpeakSentence></Response>',
            '<Response xmlns:x="urn:x"><x:Foo/><Hangup/></Response>',
            "<Response>{{ body }}</Response>",
            INVALID,
        ],
    )
    def test_bxml_with_mistakes_is_checked(self, run: Run, source: str) -> None:
        """A document is checked if it is malformed, contains a name that only BXML has, or contains no name of TwiML."""
        write("d/a.xml", text=source)
        assert run("validate", "d").err == ""
        assert shown(run, "d") == ["d/a.xml"]

    @pytest.mark.parametrize(
        "source",
        [
            "<Response><Status>ok</Status></Response>",
            "<Response><Errors><Error><Code>InvalidRequest</Code></Error></Errors><RequestID>1</RequestID></Response>",
            '<Response xmlns="urn:acme:rest"><Status>ok</Status></Response>',
            '<Response xmlns="urn:acme:rest"><Transfer/></Response>',
            "<Response xmlns='urn:acme:rest'/>",
            "<Response><ResponseMetadata/></Response>",
            f"<Response>{''.join(f'<Status{number}/>' for number in range(5_000))}</Response>",
        ],
    )
    def test_xml_of_another_interface_is_passed_over_with_a_note(self, run: Run, source: str) -> None:
        """Other interfaces use the same root element. A search passes over their documents, but a named file is checked."""
        write("d/a.xml", text=source)
        write("d/b.bxml")
        advice = "to check a file as BXML, name it on the command line"
        note = f"bxml: passed over 1 XML file without BXML elements: d/a.xml; {advice}\n"
        assert run("validate", "d") == (0, "no problems in 1 file\n", note)
        assert run("validate", "d", "--show-files") == (0, "d/b.bxml\n", note)
        assert run("validate", "d/a.xml").code == 1
        assert run("validate", "d/a.xml", "--skip-foreign").code == 0

    def test_twiml_in_a_bxml_file_is_checked(self, run: Run) -> None:
        """The extension ``.bxml`` says that the file must be BXML."""
        write("d/a.bxml", text=TWIML)
        assert "[unknown-element]" in run("validate", "d", "--skip-foreign").out

    def test_many_files_are_counted(self, run: Run) -> None:
        """A note names the first three files, and counts the other files."""
        write(*(f"d/{number}.xml" for number in range(5)), text=TWIML)
        write("d/a.bxml")
        advice = "to check a file as BXML, name it on the command line"
        note = f"passed over 5 TwiML files: d/0.xml, d/1.xml, d/2.xml and 2 more; {advice}"
        assert run("validate", "d").err == f"bxml: {note}\n"

    def test_named_file_with_another_root_is_passed_over(self, run: Run) -> None:
        """With ``--skip-foreign``, a named XML file with another root is passed over with a note."""
        write("pom.xml", text=OTHER)
        write("menu.txt", text=INVALID)
        note = "bxml: passed over 1 XML file without the root Response or Bxml: pom.xml\n"
        assert run("validate", "pom.xml", "--skip-foreign") == (0, "no problems in 0 files\n", note)
        assert run("validate", "pom.xml", "menu.txt", "--skip-foreign", "--show-files") == (0, "menu.txt\n", note)
        assert run("validate", "pom.xml").code == 1
        assert bxml("validate", "pom.xml", "--skip-foreign").stderr.decode() == note

    def test_directory_with_only_foreign_files_is_an_error(self, run: Run) -> None:
        """A directory without BXML is an error, even with ``--skip-foreign``."""
        write("d/pom.xml", text=OTHER)
        assert run("validate", "d", "--skip-foreign").code == 2

    def test_directory_with_only_templates_leads_on_to_the_option(self, run: Run) -> None:
        """The message names the first template, and the option that checks templates."""
        write("d/menu.bxml.j2", "d/other.xml.erb", "d/menu.bxml.orig")
        ran = run("validate", "d")
        expected = "expected *.bxml, or *.xml with the root Response or Bxml"
        hint = "d/menu.bxml.j2 is a template; to check templates, use bxml validate --template auto"
        assert ran == (2, "no problems in 0 files\n", f"bxml: no BXML files found in d; {expected}; {hint}\n")
        assert shown(run, "d", "--template", "auto") == ["d/menu.bxml.j2", "d/other.xml.erb"]


class TestShowFiles:
    """``--show-files`` lists the files that would be checked."""

    def test_files_are_listed_and_not_checked(self, run: Run) -> None:
        """The files are listed, one on each line, even if they have problems. The exit code is 0."""
        write("a.bxml", "d/b.xml", text=INVALID)
        write("d/pom.xml", text=OTHER)
        assert run("validate", ".", "-", "--show-files") == (0, "a.bxml\nd/b.xml\nstdin.bxml\n", "")
        assert bxml("validate", "d", "--show-files").stdout == b"d/b.xml\n"

    def test_missing_files_are_reported(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that does not exist or cannot be read is reported on stderr."""
        write("a.bxml", "b.xml")
        ran = run("validate", "none", "a.bxml", "--show-files")
        assert ran == (2, "a.bxml\n", "bxml: none: no such file or directory\n")

        def refuse(_: str) -> tuple[bytes, int]:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("bxml.command.checker.read", refuse)
        assert run("validate", ".", "--show-files") == (2, "a.bxml\n", "bxml: b.xml: Permission denied\n")

    def test_name_cannot_forge_a_line(self, run: Run) -> None:
        """A line break in a name is escaped."""
        write("a\nb.bxml")
        assert shown(run, ".") == ["a\\nb.bxml"]


class TestPatterns:
    """The search for a pattern always ends, whatever the directory contains, and respects exclusions."""

    def test_links_that_form_cycles_end(self) -> None:
        """``**`` does not follow links to directories, so links to ``.`` and ``..`` cause no endless search."""
        write("a/b.bxml", "a/c/d.bxml")
        for name in ("x", "y", "z"):
            Path(f"a/{name}").symlink_to(".")
            Path(f"a/c/{name}").symlink_to("..")
        ran = bxml("validate", "**/*.bxml", "--show-files")
        assert ran.stdout == b"a/b.bxml\na/c/d.bxml\n"
        pattern = "/".join("*" * 30) + "/*.bxml"
        assert bxml("validate", f"a/{pattern}", "--show-files").stdout.count(b"\n") == 2

    def test_named_pipe_does_not_block(self) -> None:
        """A named pipe that matches a pattern is passed over."""
        write("a.bxml")
        os.mkfifo("b.bxml")
        assert bxml("validate", "*.bxml").stdout == b"no problems in 1 file\n"
        assert bxml("validate", "b*").stderr == b"bxml: b*: no file matches this pattern\n"

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("*/*.bxml", ["a/b.bxml", "a/[x].bxml"]),
            ("a/[[]x].bxml", ["a/[x].bxml"]),
            ("**/d.bxml", ["a/c/d.bxml"]),
            ("**/.h.bxml", ["a/.h.bxml"]),
            ("a/.*", ["a/.h.bxml", "a/.i/j.bxml"]),
            ("*/c/*.bxml", ["a/c/d.bxml"]),
            ("*/none/*.bxml", []),
            ("a/*/", ["a/c/d.bxml"]),
            ("a/*/**", ["a/c/d.bxml"]),
            ("a/**/**/d.bxml", ["a/c/d.bxml"]),
            (".i*/*.bxml", []),
            ("a/.i/*.bxml", ["a/.i/j.bxml"]),
            ("node_modules/*.bxml", ["node_modules/k.bxml"]),
            ("**/k.bxml", []),
            ("*/k.bxml", []),
        ],
    )
    def test_pattern_matches(self, run: Run, pattern: str, expected: list[str]) -> None:
        """Patterns match as in a shell, but do not search excluded directories; directories that match are searched."""
        write("a/b.bxml", "a/c/d.bxml", "a/.h.bxml", "a/.i/j.bxml", "node_modules/k.bxml", "a/[x].bxml")
        ran = run("validate", pattern, "--show-files")
        assert sorted(ran.out.splitlines()) == sorted(expected)
        assert ran.code == (0 if expected else 2)
        absolute = run("validate", f"{Path.cwd()}/{pattern}", "--show-files").out.splitlines()
        assert [os.path.relpath(name) for name in absolute] == ran.out.splitlines()

    def test_broken_link_is_reported(self, run: Run) -> None:
        """A broken link that matches a pattern is reported as missing."""
        Path("a.bxml").symlink_to("nowhere")
        assert run("validate", "*.bxml").err == "bxml: a.bxml: no such file or directory\n"

    def test_unreadable_directory_has_no_matches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A directory that cannot be read matches nothing."""

        def refuse(_: str) -> Any:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "scandir", refuse)
        exclusions = Exclusions(configurations=Configurations())
        assert list(glob_patterns.matches("*", exclusions)) == []

    def test_deeply_nested_directories_are_searched(self, run: Run) -> None:
        """The depth of directories is not limited by the stack of Python."""
        start = os.getcwd()
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
        write("a.bxml")
        os.chdir(start)
        try:
            assert run("validate", ".").out == "no problems in 1 file\n"
            assert run("validate", "**/*.bxml").out == "no problems in 1 file\n"
        finally:
            # pytest removes directories by recursion, and fails at this depth.
            subprocess.run(["rm", "-r", "d"], check=True)


@pytest.mark.parametrize("command", ["validate", "format"])
def test_hook_and_directory_check_the_same_files(command: str, run: Run) -> None:
    """Each pre-commit hook checks the same tracked files, and passes over the same files, as its command in the directory."""
    write("a.bxml", "A.BXML", "d/b.xml", ".hidden/c.bxml", "node_modules/d.bxml", "legacy/e.bxml", "ignored/f.bxml", ".g.bxml")
    write("pom.xml", "d/p.xml", text=OTHER)
    write("twiml.xml", text=TWIML)
    write("notes.txt", "a.py")
    Path("d/link.bxml").symlink_to("../a.bxml")
    write("bxml.toml", text='extend-exclude = ["legacy"]')
    write(".gitignore", text="ignored/\n")
    git("init", "-q")
    git("add", "--force", ".")
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8").partition(f"- id: bxml-{command}\n")[2]
    manifest = manifest.partition("\n- id:")[0]
    hook: dict[str, str] = dict(re.findall(r"^[- ] (\w+): (.+?)(?: #.*)?$", manifest, re.MULTILINE))
    names = [name for name in git("ls-files", "-z").split("\0") if re.search(hook["files"], name)]
    assert len(names) > 8
    program, subcommand, *options = hook["entry"].split()
    assert (program, subcommand, hook["types"]) == ("bxml", command, "[]")
    of_hook = {os.path.realpath(name) for name in run(command, "--show-files", *options, *names).out.splitlines()}
    of_directory = {os.path.realpath(name) for name in run(command, "--show-files", ".").out.splitlines()}
    assert of_hook == of_directory == {os.path.realpath(name) for name in ("a.bxml", "A.BXML", "d/b.xml")}


def test_checker_can_be_sent_to_a_worker() -> None:
    """The checker can be pickled, which is needed on systems that spawn processes."""
    checker = Checker(Configurations(None, partial(with_options, select=(), ignore=(), context=None)).settings, "stdin.bxml")
    assert pickle.loads(pickle.dumps(checker)).stdin_name == "stdin.bxml"


def test_pattern_of_root_is_kept() -> None:
    """A pattern that consists of slashes stays a slash, and does not become empty."""
    assert path_pattern("", "/").text == "/"


def test_search_is_lazy() -> None:
    """The search yields the first file before it has searched all directories."""
    write("a.bxml")
    search = FileSearch(Exclusions(configurations=Configurations()))
    assert next(search.files(["a.bxml", "/"])).path == "a.bxml"


@pytest.mark.parametrize("named", ["d/a.xml", "d/*.xml"])
@pytest.mark.parametrize("directory", ["d", "d/**", "."])
def test_a_file_that_is_named_and_found_is_checked_as_named(run: Run, named: str, directory: str) -> None:
    """A named file is checked although it is not BXML. Its name may be before or after the name of its directory."""
    write("d/a.xml", text=OTHER)
    write("d/b.bxml", "d/sub/c.bxml")
    for paths in (directory, named), (named, directory):
        assert sorted(shown(run, *paths)) == ["d/a.xml", "d/b.bxml", "d/sub/c.bxml"]
        assert run("validate", *paths).code == 1


def test_a_link_to_a_file_in_the_same_directory_is_no_second_file(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A search checks a file once, even if links lead to the file. The report has the first name."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "z.bxml"
    elsewhere.write_text(VALID, encoding="utf-8")
    write("d/b.bxml", "d/sub/e.bxml")
    for link, target in ("a.bxml", "b.bxml"), ("c.bxml", "b.bxml"), ("sub/f.bxml", "../b.bxml"), ("g.bxml", str(elsewhere)):
        Path("d", link).symlink_to(target)
    Path("alias").symlink_to("d")
    Path("d/sub/d.bxml").symlink_to("e.bxml")
    assert shown(run, "d") == ["d/a.bxml", "d/g.bxml", "d/sub/d.bxml"]
    assert shown(run, "alias") == ["alias/a.bxml", "alias/g.bxml", "alias/sub/d.bxml"]


class TestExcludedPatterns:
    """``--exclude`` and ``--force-exclude`` apply to patterns."""

    @pytest.fixture(autouse=True)
    def _tree(self) -> None:
        write("x/legacy/c.bxml", "x/y/d.bxml", "legacy/b.bxml", ".ci/e.bxml", "x/.ci/f.bxml", "x/node_modules/g.bxml")

    @pytest.mark.parametrize(
        ("pattern", "excluded", "expected"),
        [
            ("*/legacy/*.bxml", "legacy", ["x/y/d.bxml"]),
            ("**/legacy/*.bxml", "x/legacy", ["legacy/b.bxml", "x/y/d.bxml"]),
            ("*/*/../legacy/*.bxml", "nothing", ["x/y/../legacy/c.bxml", "x/y/d.bxml"]),
            ("x/.*/*.bxml", "nothing", ["x/.ci/f.bxml", "x/y/d.bxml"]),
            ("x/.*/*.bxml", ".ci", ["x/y/d.bxml"]),
            ("**/.ci/*.bxml", "x/.ci", [".ci/e.bxml", "x/y/d.bxml"]),
            ("*/node_modules/*.bxml", "nothing", ["x/y/d.bxml"]),
            ("legacy/*.bxml", "legacy", ["legacy/b.bxml", "x/y/d.bxml"]),
        ],
    )
    def test_the_part_from_the_first_wildcard_on_is_searched(
        self, run: Run, pattern: str, excluded: str, expected: list[str]
    ) -> None:
        """Exclusions apply to the part of a path from the first wildcard on. The part before counts as named by the user."""
        ran = run("validate", "--show-files", "x/y/d.bxml", pattern, "--exclude", excluded)
        assert sorted(ran.out.splitlines()) == expected

    @pytest.mark.parametrize("pattern", ["legacy/*.bxml", "legacy/**", "legacy/**/*.bxml", "[l]egacy", "legacy"])
    def test_forced_exclusion_includes_the_part_before_the_first_wildcard(self, run: Run, pattern: str) -> None:
        """With ``--force-exclude``, a pattern finds nothing in an excluded directory."""
        ran = run("validate", "--show-files", "x/y/d.bxml", pattern, "--exclude", "legacy", "--force-exclude")
        assert ran.out == "x/y/d.bxml\n"


@pytest.mark.parametrize("command", ["validate", "format"])
def test_empty_path_is_explained(run: Run, command: str) -> None:
    """An empty path, such as that of an unset variable, is reported as an empty path."""
    ran = run(command, "")
    assert ran.code == 2
    assert '"": the path is empty; expected a file, a directory or a pattern' in ran.out + ran.err
