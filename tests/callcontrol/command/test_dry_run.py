"""``--dry-run`` prints the first request, and sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import CREATE, DOCUMENT, HOOK, Run
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL_IN_JSON

URL = "https://app.example/menu"
IN_JSON = {"Accept": "application/json", "Content-Type": "application/json", "Authorization": "…"}
IN_XML = {"Accept": "application/json", "Content-Type": "application/xml", "Authorization": "…"}
NO_BODY = {"Accept": "application/json", "Authorization": "…"}


@pytest.mark.parametrize(
    ("arguments", "method", "path", "headers", "body"),
    [
        (CREATE, "POST", "", IN_JSON, NEW_CALL_IN_JSON),
        ([*CREATE, "--wait"], "POST", "", IN_JSON, NEW_CALL_IN_JSON),
        (["get", CALL_ID], "GET", f"/{CALL_ID}", NO_BODY, None),
        (["list", "--to", "+12125550123"], "GET", "?to=%2B12125550123", NO_BODY, None),
        (["redirect", CALL_ID, URL], "POST", f"/{CALL_ID}", IN_JSON, {"redirectUrl": URL}),
        (["hangup", CALL_ID], "POST", f"/{CALL_ID}", IN_JSON, {"state": "completed"}),
        (["bxml", CALL_ID], "PUT", f"/{CALL_ID}/bxml", IN_XML, DOCUMENT),
        (["conference", "bxml", "conf-1"], "PUT", "/conf-1/bxml", IN_XML, DOCUMENT),
        (["conference", "redirect", "conf-1", URL], "POST", "/conf-1", IN_JSON, {"redirectUrl": URL}),
        (["conference", "end", "conf-1"], "POST", "/conf-1", IN_JSON, {"status": "completed"}),
    ],
)
def test_first_request_is_printed(  # noqa: PLR0913
    run: Run, voice: Emulator, *, arguments: list[str], method: str, path: str, headers: dict[str, str], body: object
) -> None:
    """Each command prints its first request as the client would send it. It sends no request, not even for a token."""
    ran = run(*arguments, "--dry-run", stdin=DOCUMENT)
    url = f"{voice.url}/accounts/{ACCOUNT}/{'conferences' if arguments[0] == 'conference' else 'calls'}{path}"
    assert (ran.code, ran.err) == (0, "")
    assert ran.records == [{"method": method, "url": url, "headers": headers, "body": body}]
    assert not voice.exchanges


def test_first_of_many_requests_is_printed_with_their_number(run: Run, voice: Emulator) -> None:
    """The first of many requests is printed with the number of calls; no ledger is written."""
    Path("ids.txt").write_text(f"{CALL_ID}\nc-2\n", encoding="utf-8")
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
    (record,) = run("bxml", "--from-file", "ids.txt", "notice.bxml", "--dry-run").records
    assert record["url"].endswith(f"/{CALL_ID}/bxml")
    assert (record["calls"], record["callIds"]) == (2, [CALL_ID, "c-2"])
    assert not voice.exchanges
    assert sorted(path.name for path in Path().iterdir()) == ["ids.txt", "notice.bxml"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*CREATE, "--username", "shop", "--password", HOOK, "--machine-detection-password", HOOK],
        ["redirect", CALL_ID, f"https://shop:{HOOK}@app.example", "--fallback-password", HOOK],
        ["bxml", CALL_ID],
    ],
)
def test_passwords_are_hidden(run: Run, voice: Emulator, arguments: list[str]) -> None:
    """The printed body shows that a password exists, but not the password; ``run`` checks this."""
    document = f'<Bxml><Redirect redirectUrl="{URL}" username="shop" password="{HOOK}"/></Bxml>'
    ran = run(*arguments, "--dry-run", stdin=document)
    assert ran.code == 0
    assert "assword" in ran.out


def test_missing_account_setting_is_an_error(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run fails if an account setting is missing, as the command itself does."""
    monkeypatch.delenv("BW_CLIENT_SECRET")
    assert run("get", CALL_ID, "--dry-run").code == 2


def test_invalid_arguments_are_errors(run: Run, voice: Emulator) -> None:
    """A dry run fails for invalid arguments and documents, as the command itself does."""
    assert run("get", "no id", "--dry-run").code == 2
    assert run("bxml", CALL_ID, "--dry-run", stdin="<Bxml><Say/></Bxml>").code == 1


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that makes the command treat stdout as a terminal."""

    def make() -> None:
        from callcontrol.command import api_command

        monkeypatch.setattr(api_command, "prints_table", lambda _: True)

    return make


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["get", CALL_ID], ["GET URL/{}", "Accept: application/json", "Authorization: …"]),
        (
            ["redirect", CALL_ID, URL, "--password", HOOK],
            [
                *("POST URL/{}", "Accept: application/json", "Content-Type: application/json", "Authorization: …", ""),
                f'{{"redirectUrl": "{URL}", "password": "*****"}}',
            ],
        ),
        (
            ["bxml", CALL_ID],
            [
                *("PUT URL/{}/bxml", "Accept: application/json", "Content-Type: application/xml", "Authorization: …", ""),
                *("<Bxml>", "  <SpeakSentence>A\\x9bB</SpeakSentence>", "</Bxml>"),
            ],
        ),
        (
            ["bxml", "--from-file", "ids.txt"],
            [
                *("PUT URL/{}/bxml", "Accept: application/json", "Content-Type: application/xml", "Authorization: …", ""),
                *(
                    "<Bxml>",
                    "  <SpeakSentence>A\\x9bB</SpeakSentence>",
                    "</Bxml>",
                    "",
                    "1 call would get such a request:",
                    "  {}",
                ),
            ],
        ),
    ],
)
def test_request_is_printed_as_http_on_a_terminal(
    run: Run, voice: Emulator, terminal: Any, arguments: list[str], shown: list[str]
) -> None:
    """On a terminal the request is printed in the format of HTTP, with control characters escaped."""
    Path("ids.txt").write_text(f"{CALL_ID}\n", encoding="utf-8")
    terminal()
    ran = run(*arguments, "--dry-run", stdin="<Bxml>\n  <SpeakSentence>A\x9bB</SpeakSentence>\n</Bxml>")
    url = f"{voice.url}/accounts/{ACCOUNT}/calls"
    assert ran.out.splitlines() == [line.replace("URL", url).replace("{}", CALL_ID) for line in shown]
