"""The options of ``bxml validate`` that select files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, Final

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.configuration_lookup import Configurations
from bxml.command.exclusions import Exclusions
from bxml.command.files import EXTENSIONS, STDIN, File, FileSearch
from bxml.command.passed_over import PassedOver, names_of
from bxml.command.path_patterns import never_matches, path_pattern
from bxml.command.standard_streams import tell
from bxml.messages.text import join_names
from bxml.record import Record


class FileOptions(Record):
    """The values of the options."""

    exclude: tuple[str, ...]
    force_exclude: bool
    respect_gitignore: bool | None
    skip_foreign: bool
    files_from: str | None
    show_files: bool

    def selection(
        self, paths: tuple[str, ...], configurations: Configurations, extensions: tuple[str, ...] = EXTENSIONS
    ) -> FileSelection:
        """Return the files that the options select.

        Args:
            paths: The paths on the command line. Without paths and without a list, the current directory is searched.
            configurations: The configuration of each directory.
            extensions: The extensions of the files that are checked in a directory.

        Raises:
            click.UsageError: If the paths and the list would both read stdin.
            CannotRun: If the list cannot be read.
        """
        if not paths and self.files_from is None:
            paths = (os.curdir,)
        if self.files_from == STDIN and STDIN in paths:
            raise click.UsageError('"--files-from -" and the path "-" cannot be combined, because both read stdin')
        patterns = [pattern.strip() for value in self.exclude for pattern in value.split(",") if pattern.strip()]
        reasons = [reason for pattern in patterns if (reason := never_matches(pattern))]
        if self.exclude and not patterns:
            reasons.append("expected a pattern")
        if reasons:
            raise click.UsageError(f"--exclude: {reasons[0]}")
        exclusions = Exclusions(
            configurations=configurations,
            patterns=tuple(path_pattern(os.getcwd(), pattern) for pattern in patterns),
            respect_gitignore=self.respect_gitignore,
        )
        search = FileSearch(exclusions, force_exclude=self.force_exclude, skip_foreign=self.skip_foreign, extensions=extensions)
        listed = () if self.files_from is None else tuple(listed_in(self.files_from))
        return FileSelection(options=self, search=search, paths=paths, listed=listed)


class FileSelection(Record):
    """The files that the paths and the options select."""

    options: FileOptions
    search: FileSearch
    paths: tuple[str, ...]
    listed: tuple[str, ...]

    def files(self) -> Iterator[File]:
        """Return the files."""
        return self.search.files(self.paths, self.listed)

    def count(self) -> int:
        """Return the number of files."""
        return sum(1 for _ in self.files())

    def tell_about(self, passed_over: PassedOver) -> None:
        """Print to stderr which files were passed over."""
        for sentence in passed_over.sentences(skip_foreign=self.options.skip_foreign):
            tell("bxml", sentence)
        excluded = self.search.excluded_named
        if excluded:
            reason = next(iter(excluded.values()))
            tell("bxml", f"passed over {names_of('excluded file', len(excluded), list(excluded))}; the first is {reason}")

    def require_files(self) -> None:
        """Report that no file was checked: print a note if the files come from a list, otherwise raise an error.

        Raises:
            CannotRun: If there was no list. Without this error, a mistyped path would hide every problem.
        """
        if self.options.files_from is not None:
            tell("bxml", f"no BXML files in the list of {_name_of_list(self.options.files_from)}; nothing was checked")
        elif not self._only_named_files():
            expected = "*.bxml, or *.xml with the root Response or Bxml"
            hints = [f"; {path} is {reason}" for path, reason in self.search.excluded_found.items()]
            if self.search.template_found:
                hints.append(
                    f"; {self.search.template_found} is a template; to check templates, use bxml validate --template auto"
                )
            raise CannotRun(f"no BXML files found in {join_names(self.paths)}; expected {expected}{''.join(hints)}")

    def _only_named_files(self) -> bool:
        """Return whether every path is a file. If so, an option has left out the files.

        A tool such as pre-commit passes the names of files.
        """
        return all(os.path.isfile(path) or path in self.search.excluded_named for path in self.paths)


def listed_in(path: str) -> Iterator[str]:
    """Yield the names in a list of files, which are separated by null bytes or by line breaks.

    Args:
        path: The file with the list, or ``-`` for stdin.

    Raises:
        CannotRun: If the list cannot be read.
    """
    try:
        if path != STDIN:
            with open(path, "rb") as file:
                data = file.read()
        elif sys.stdin is None:
            raise CannotRun("--files-from -: stdin is closed")
        else:
            data = sys.stdin.buffer.read()
    except OSError as error:
        raise CannotRun(f"--files-from {path}: {error.strerror}") from None
    names = data.split(b"\0") if b"\0" in data else data.splitlines()
    return (os.fsdecode(name) for name in names if name.strip())


def _name_of_list(path: str) -> str:
    return "stdin" if path == STDIN else path


def file_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add options that select files; the command receives their values as the argument ``files``."""

    @wraps(command)
    def with_file_options(**values: Any) -> None:
        own = {name: values.pop(name) for name in FileOptions.__annotations__}
        command(files=FileOptions(**own), **values)

    for option in reversed(_OPTIONS):
        option(with_file_options)
    return with_file_options


_OPTIONS: Final[Sequence[Callable[[Any], Any]]] = (
    click.option(
        "--files-from",
        metavar="FILE",
        help="File that lists the files to check, or - for stdin; the names are separated by line breaks or null bytes.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN,...",
        help="Files and directories to leave out, in addition to those that the configuration excludes.",
    ),
    click.option("--force-exclude", is_flag=True, help="Leave out excluded files even if they are named on the command line."),
    click.option(
        "--respect-gitignore/--no-respect-gitignore",
        default=None,
        help="Leave out files that .gitignore ignores (default: the setting respect-gitignore, otherwise yes).",
    ),
    click.option(
        "--skip-foreign",
        is_flag=True,
        help="Pass over XML files that are not BXML, even if they are named on the command line.",
    ),
    click.option("--show-files", is_flag=True, help="List the files that would be checked, and check nothing."),
)
