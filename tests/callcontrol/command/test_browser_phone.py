"""``callcontrol phone --browser`` and ``callcontrol emulator``: the commands that serve the phone in the browser."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.callcontrol.command.conftest import Ran, Run
from tests.callcontrol.command.test_phone import wait_for


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        found: int = free.getsockname()[1]
    return found


def serve(run: Run, port: int, *arguments: str) -> tuple[Ran, list[requests.Response]]:
    """Run a command, read the page and its settings, and stop the command with a signal."""

    def read() -> list[requests.Response]:
        wait_for(port)
        try:
            url = f"http://127.0.0.1:{port}"
            calls = requests.post(f"{url}/emulator/calls", json={"url": "http://127.0.0.1:1/"}, timeout=10)
            return [calls, *(requests.get(f"{url}{path}", timeout=10) for path in ("/", "/phone/settings"))]
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as beside:
        responses = beside.submit(read)
        ran = run(*arguments, "--port", str(port))
    return ran, responses.result()


def test_phone_browser(run: Run, port: int) -> None:
    """Calls of the page have the options of the command. Timeline entries are printed until the command is stopped."""
    options = ("--to", "+13365550142", "--status-url", "http://localhost:5000/over")
    ran, (called, page, settings) = serve(run, port, "phone", "--browser", "http://localhost:5000/answer", *options)
    assert (ran.code, ran.err) == (0, "")
    url = f"http://127.0.0.1:{port}"
    head, first, *_ = ran.out.splitlines()
    assert head == f"phone: {url}/; API: {url}/api/v2; press Ctrl-C to stop"
    assert first.endswith("c-00000001  initiated")
    assert (called.status_code, "<title>Phone" in page.text) == (201, True)
    assert settings.json()["dial"] == {
        "url": "http://localhost:5000/answer",
        "to": "+13365550142",
        "statusUrl": "http://localhost:5000/over",
    }


def test_emulator(run: Run, port: int) -> None:
    """The page of the emulator calls the application by default."""
    ran, (_, page, settings) = serve(run, port, "emulator", "--application", "http://localhost:5000")
    assert f"; phone: http://127.0.0.1:{port}/; " in ran.out
    assert (page.status_code, settings.json()) == (200, {"dial": {"url": "http://localhost:5000"}})


def test_other_machines_get_no_phone(run: Run, port: int) -> None:
    """An emulator that other machines can reach serves no phone."""
    ran, (_, page, settings) = serve(run, port, "emulator", "--host", "0.0.0.0")
    assert "phone" not in ran.out.splitlines()[0]
    assert (page.status_code, settings.status_code) == (403, 403)


def test_application_calls_the_phone_in_the_browser(run: Run, port: int) -> None:
    """With ``--answer``, the application makes the call. The call is answered, and the page shows it."""

    def call() -> dict[str, Any]:
        wait_for(port)
        try:
            url = f"http://127.0.0.1:{port}"
            request = {"from": "+19195550100", "to": "+13365550142", "answerUrl": "http://127.0.0.1:1/", "applicationId": "a"}
            created = requests.post(f"{url}/api/v2/accounts/9900123/calls", json=request, auth=("user", "pass"), timeout=10)
            question = {"after": -1, "seconds": 0, "have": {}}
            state = requests.post(f"{url}/emulator/watch", json=question, timeout=10).json()
            assert created.json()["callId"] == state["call"]
            return dict(requests.get(f"{url}/phone/settings", timeout=10).json()["dial"])
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as beside:
        dial = beside.submit(call)
        ran = run("phone", "--browser", "--answer", "+13365550142", "--port", str(port))
    assert (ran.code, dial.result()) == (0, {})
    assert ran.out.splitlines()[1] == "waiting for a call to +13365550142"
    assert "c-00000001  answered" in ran.out


def test_fast_and_browser(run: Run) -> None:
    """A phone in the browser runs in real time."""
    ran = run("phone", "--browser", "--fast", "http://localhost:5000/answer")
    assert (ran.code, "--fast and --browser cannot be combined" in ran.err) == (2, True)
