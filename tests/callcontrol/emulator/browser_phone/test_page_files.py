"""The files of the page: their headers, and the requests that get no file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from callcontrol import Headers, Reply, Request
from callcontrol.emulator import Core
from callcontrol.emulator.browser_phone import page_files
from callcontrol.emulator.control_api import Control

HOST: Final = "http://127.0.0.1:9900"
PAGE: Final = Path(page_files.__file__).parent / "page"


def ask(path: str, method: str = "GET", *, control: Control | None = None, host: str = HOST, **headers: str) -> Reply:
    """Send a request and return the response."""
    return (control or Control(Core())).handle(Request(method, host + path, Headers(headers)))


class TestFiles:
    """The files that are served."""

    def test_each_file_has_its_content_type(self) -> None:
        """The page is HTML; the other files are style sheets, modules and pictures."""
        types = {path: ask(path).headers["Content-Type"].partition(";")[0] for path in page_files.files()}
        assert types["/"] == "text/html"
        assert types["/phone/phone.css"] == "text/css"
        assert types["/phone/main.js"] == "text/javascript"
        assert types["/phone/phone.svg"] == "image/svg+xml"
        assert len(types) == len(list(PAGE.iterdir()))
        assert ask("/").body == (PAGE / "index.html").read_bytes()

    @pytest.mark.parametrize("path", ["/", "/phone/main.js", "/phone/none.js"])
    def test_a_strict_policy(self, path: str) -> None:
        """The policy of each response allows only the page's own files, and forbids HTML from strings."""
        headers = ask(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert (headers["X-Content-Type-Options"], headers["Cross-Origin-Resource-Policy"]) == ("nosniff", "same-origin")

    def test_nothing_comes_from_elsewhere(self) -> None:
        """No file of the page names another host, except in a placeholder and in an XML namespace."""
        known = {"http://www.w3.org/2000/svg", "http://localhost:5000/answer"}
        for file in PAGE.iterdir():
            text = file.read_text(encoding="utf-8")
            assert (
                set(re.findall(r"(?:https?:)?//[\w.]+[^\s\"'`]*", re.sub(r"^\s*// .*|\s// .*", "", text, flags=re.MULTILINE)))
                <= known
            ), file

    def test_no_text_becomes_html(self) -> None:
        """The modules contain no function or property that parses HTML or runs code from a string."""
        for file in PAGE.glob("*.js"):
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b", file.read_text()
            ), file

    def test_settings(self) -> None:
        """The page requests the default values of the fields of a new call."""
        control = Control(Core(), dial={"url": "http://localhost:5000/answer"})
        assert ask("/phone/settings", control=control).json() == {"dial": {"url": "http://localhost:5000/answer"}}


class TestErrors:
    """Requests that get no file."""

    def test_other_paths_and_methods(self) -> None:
        """A request for an unknown file returns 404. A request with another method returns 405."""
        assert ask("/phone/none.js").status == 404
        assert ask("/", "HEAD").status == 200
        refused = ask("/", "POST")
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")

    @pytest.mark.parametrize("path", ["/", "/phone/main.js", "/phone/settings", "/emulator", "/emulator/calls"])
    @pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:9901", "https://127.0.0.1:9900", "null"])
    def test_other_origins_are_refused(self, path: str, origin: str) -> None:
        """A request from a page of another site returns 403."""
        refused = ask(path, Origin=origin)
        assert (refused.status, refused.json()["description"]) == (403, f'origin "{origin}" is not allowed; expected {HOST}')
        assert ask(path, Origin="HTTP://127.0.0.1:9900").status == 200

    def test_the_api_accepts_any_origin(self) -> None:
        """The emulated API does not look at the origin."""
        assert ask("/api/v2/accounts/9900123/calls", Origin="https://evil.example").status == 401

    def test_other_hosts_are_refused(self) -> None:
        """A request with an unknown host returns 403."""
        assert ask("/", host="http://evil.example").status == 403

    @pytest.mark.parametrize("path", ["/", "/phone/main.js", "/phone/settings", "/emulator/watch"])
    def test_the_phone_can_be_switched_off(self, path: str) -> None:
        """A server can run without the phone, for example if other machines can reach it. The control API still responds."""
        control = Control(Core())
        control.has_phone = False
        refused = ask(path, control=control)
        assert refused.status == 403
        assert refused.json()["description"].endswith("cannot reach the emulator; start it without --host")
        assert ask("/emulator", control=control).status == 200
