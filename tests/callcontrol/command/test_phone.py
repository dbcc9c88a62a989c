"""``callcontrol phone``: a person or a script calls an application."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

import click
import pytest
import requests
from websockets.sync.server import ServerConnection

from bxml import Response
from callcontrol import BasicAuth, Client, Headers, OAuth2, Reply, Request
from callcontrol.command import phone
from callcontrol.command.emulator_and_phone import Address
from callcontrol.command.keyboard import HangUp, Keyboard
from callcontrol.command.phone import _hang_up_on_signal
from callcontrol.emulator import Core
from callcontrol.emulator.server import Server
from callcontrol.events import InitiateEvent, RecordingAvailableEvent, parse_event
from tests.callcontrol.command.conftest import Ran, Run
from tests.callcontrol.command.test_process import COMMAND, environment
from tests.callcontrol.emulator.document_application import BYE, MENU
from tests.callcontrol.emulator.streams.test_network_streams import serving

FORWARD = '<Response><Forward to="+13365550142"/></Response>'
"""A document that keeps a call alive until a party hangs up."""

GATHERS = {"/answer": '<Response><Gather maxDigits="1" gatherUrl="/menu"/></Response>', "/menu": "<Response/>"}
"""The document for each path. The first document gathers one key without a prompt. The second document is empty."""

BY_APPLICATION = "cannot be used with --answer: the application makes the call"
"""The end of the message about options that cannot be used with ``--answer``."""

REACTIONS = "the reactions are answers, is-busy, rejects, does-not-answer, me"
"""The end of the message for an invalid ``--phone``."""

Application = Callable[[Mapping[str, str]], str]


@pytest.fixture
def application() -> Iterator[Application]:
    """Return a function that starts an application with one document per path, and returns the URL of ``/answer``."""
    servers: list[Server] = []

    def application(documents: Mapping[str, str]) -> str:
        def handle(request: Request) -> Reply:
            path = "/" + request.url.partition("?")[0].split("/", 3)[3]
            return Reply(200 if path in documents else 404, Headers(), documents.get(path, "").encode())

        servers.append(Server(handle).__enter__())
        return f"{servers[-1].url}/answer"

    yield application
    for server in servers:
        server.__exit__()


def wait_for(port: int) -> None:
    """Wait until a server listens on the port."""
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end, "no server listens on the port"
            time.sleep(0.01)
        else:
            return


def lines(ran: Ran) -> list[str]:
    """Return the printed timeline entries, except verbs, without times."""
    entries = re.findall(r"^ *\d+\.\d\d  (.*)", ran.out, re.MULTILINE)
    return [entry for entry in entries if not entry.startswith("▶")]


class TestFast:
    """Calls in virtual time."""

    def test_call_is_shown(self, run: Run, application: Application) -> None:
        """Prompts, webhooks and keys are printed as they happen, and a summary is printed at the end."""
        url = application(MENU)
        ran = run("phone", url, "--fast", "--status-url", url.replace("answer", "status"), stdin="1\n")
        head, *_ = ran.out.splitlines()
        assert (ran.code, ran.err) == (0, "")
        assert re.fullmatch(rf"calling {url} from \+12125550123 to \+19195550100; call id: c-[0-9a-f-]+", head)
        assert lines(ran) == [
            "initiated",
            f"→ initiate  POST {url}",
            "← 200  to initiate, 132 bytes",
            "answered",
            "“Welcome.”",
            "pressed 1",
            "gathered 1",
            f"→ gather  POST {url.replace('answer', 'menu')} · digits: 1",
            "← 200  to gather, 56 bytes",
            "“Bye.”",
            "disconnected · hangup",
            f"→ disconnect  POST {url.replace('answer', 'status')} · cause: hangup",
            "← 200  to disconnect, 0 bytes",
        ]
        assert ran.out.partition("\n\n")[2].splitlines() == [
            "summary of c-00000001-00000000-0000-0000-0000-000000000001 from +12125550123 to +19195550100",
            "  duration    0.72 s, answered after 0.00 s, ended with hangup",
            "  documents   2, verbs run: 2",
            "  events      initiate, gather, disconnect",
            "  heard       sentences: 2, audio files: 0",
            "  input       1",
        ]

    def test_documents_and_verbs_are_shown(self, run: Run, application: Application) -> None:
        """The document of each response and each verb are printed; a long document is shortened unless ``--bxml`` is given."""
        rest = "<SpeakSentence>On.</SpeakSentence>" * 6
        url = application({"/answer": f"<Response><Gather maxDigits='2'/><Pause/>{rest}</Response>"})
        short, full = (run("phone", url, "--fast", *more, stdin="12\n").out.splitlines() for more in ((), ("--bxml",)))
        at = short.index("          <Response>")
        sentence = "            <SpeakSentence>On.</SpeakSentence>"
        head = ["          <Response>", '            <Gather maxDigits="2"/>', "            <Pause/>", sentence]
        assert short[at : at + 9] == [
            *(*head, sentence, sentence, "          … 4 more lines; --bxml prints them"),
            *("    0.00  ▶ Gather · keys 0-9 * # (up to 2) · 5 s", "    0.00  answered"),
        ]
        assert full[at : at + 10] == [*head, *[sentence] * 5, "          </Response>"]

    def test_options_set_numbers_and_method(self, run: Run, application: Application) -> None:
        """``--to``, ``--from`` and ``--method`` set the numbers and the HTTP method."""
        url = application(MENU)
        numbers = ("--to", "+13365550142", "--from", "sip:desk@pbx.example")
        ran = run("phone", url, "--fast", "--method", "GET", *numbers)
        assert ran.out.startswith(f"calling {url} from sip:desk@pbx.example to +13365550142; ")
        assert f"→ initiate  GET {url}" in lines(ran)

    def test_prompts_are_not_interrupted(self, run: Run, application: Application) -> None:
        """Prompts take no real time, so a key is pressed after all prompts."""
        prompts = "<SpeakSentence>One.</SpeakSentence><PlayAudio>/two.wav</PlayAudio>"
        ran = run("phone", application({"/answer": f"<Response><Gather>{prompts}</Gather></Response>"}), "--fast", stdin="1\n")
        shown = lines(ran)
        played = next(index for index, line in enumerate(shown) if line.endswith("/two.wav"))
        assert shown.index("pressed 1") == played + 1 > shown.index("“One.”")

    def test_each_gather_gets_one_line(self, run: Run, application: Application) -> None:
        """After each line, the keys of the next line are pressed only when the call listens again."""
        gather = '<Gather gatherUrl="/menu"/>'
        documents = {"/answer": f"<Response>{gather}</Response>", "/menu": "<Response><Gather maxDigits='2'/></Response>"}
        ran = run("phone", application(documents), "--fast", stdin="12\n34\n")
        assert [line for line in lines(ran) if line.startswith("gathered")] == ["gathered 12", "gathered 34"]

    def test_empty_line_is_silence(self, run: Run, application: Application) -> None:
        """An empty line lets a prompt time out. The end of the input also lets a prompt time out."""
        documents = {"/answer": "<Response><Gather/><Gather/><Gather/></Response>"}
        ran = run("phone", application(documents), "--fast", stdin="\n2\n")
        assert [line for line in lines(ran) if line.startswith("gathered")] == [
            "gathered nothing",
            "gathered 2",
            "gathered nothing",
        ]

    def test_caller_hangs_up_after_the_last_line(self, run: Run, application: Application) -> None:
        """After the last line the caller is silent once and then hangs up, because a menu may repeat without end."""
        again = '<Gather/><SpeakSentence>Again.</SpeakSentence><Redirect redirectUrl="/answer"/>'
        ran = run("phone", application({"/answer": f"<Response>{again}</Response>"}), "--fast", stdin="1#\n")
        shown = lines(ran)
        assert [line for line in shown if line.startswith("gathered")] == ["gathered 1#", "gathered nothing"]
        assert (ran.code, shown[-1]) == (0, "disconnected · hangup")
        assert shown.count("“Again.”") == 2

    @pytest.mark.parametrize(
        ("reaction", "cause"), [("is-busy", "busy"), ("rejects", "rejected"), ("does-not-answer", "timeout")]
    )
    def test_phone_option_sets_the_reaction_of_a_number(
        self, run: Run, application: Application, reaction: str, cause: str
    ) -> None:
        """``--phone`` sets how another number reacts to a call."""
        transfer = '<Transfer transferCompleteUrl="/over"><PhoneNumber>+13365550142</PhoneNumber></Transfer>'
        documents = {"/answer": f"<Response>{transfer}</Response>", "/over": "<Response/>"}
        ran = run("phone", application(documents), "--fast", "--phone", f"+13365550142={reaction}")
        (over,) = (line for line in lines(ran) if line.startswith("→ transferComplete"))
        assert f"cause: {cause}" in over

    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    @pytest.mark.parametrize("url", ["http://x:99999/", "http://[::::]/"])
    def test_invalid_url_is_rejected(self, run: Run, url: str, more: tuple[str, ...]) -> None:
        """An invalid URL is rejected in one line, whether it is an argument or the value of an option."""
        for given in ((url,), ("http://localhost:9/", "--status-url", url)):
            ran = run("phone", "--fast", *given, *more)
            assert (ran.code, ran.out) == (2, "")
            assert ran.err.startswith("callcontrol: ")
            assert len(ran.err.splitlines()) == 1

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("+13365550142", f'"+13365550142" is not NUMBER=REACTION; {REACTIONS}'),
            ("+13365550142=busy", f'"+13365550142=busy" is not NUMBER=REACTION; {REACTIONS}'),
            ("=is-busy", f'"=is-busy" is not NUMBER=REACTION; {REACTIONS}'),
            (
                "336=is-busy",
                '336: number="336" is not a phone number in E.164 form or a SIP URI; expected + and 2 to 15 digits',
            ),
        ],
    )
    def test_invalid_phone_option_is_rejected(self, run: Run, given: str, message: str) -> None:
        """An invalid ``--phone`` is reported before the call is made."""
        ran = run("phone", "http://localhost:9/answer", "--phone", given)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err

    @pytest.mark.parametrize("caller", ["Private", "Restricted", "Anonymous", "Unavailable"])
    def test_caller_can_withhold_the_number(self, run: Run, application: Application, caller: str) -> None:
        """``--from`` accepts the words that the network sends in place of a withheld number."""
        ran = run("phone", application({"/answer": BYE}), "--fast", "--from", caller)
        assert (ran.code, f" from {caller} to " in ran.out) == (0, True)

    def test_line_that_begins_with_a_letter_is_said(self, run: Run, application: Application) -> None:
        """A line that begins with a letter is speech."""
        documents = {"/answer": '<Response><Gather input="speech"/></Response>'}
        ran = run("phone", application(documents), "--fast", stdin="Sales, please.\n")
        assert "gathered Sales, please." in lines(ran)

    def test_key_follows_speech_in_a_recording(self, run: Run, application: Application) -> None:
        """A line of keys is pressed immediately after a line of speech, so that a key can end a recording."""
        documents = {"/answer": '<Response><Record terminatingDigits="#"/></Response>'}
        ran = run("phone", application(documents), "--fast", stdin="Call me.\n#\n")
        shown = lines(ran)
        assert shown.index("pressed #") == shown.index("said Call me.") + 1
        assert "recording stopped after 0.48 s" in shown  # as long as the emulator speaks eight characters

    def test_invalid_line_is_reported_and_skipped(self, run: Run, application: Application) -> None:
        """A line that is neither keys nor speech is reported and skipped."""
        ran = run("phone", application(MENU), "--fast", stdin="+1\x9b\n1\n")
        message = r'"+1\x9b" is neither keys nor speech; keys are 0-9, * and #; speech has a letter or is in quotes'
        assert (ran.code, ran.err) == (1, f"callcontrol: {message}\n")
        assert "gathered 1" in lines(ran)

    @pytest.mark.parametrize("line", ["/plya a.wav", "/wait x", "/play missing.wav"])
    def test_invalid_command_is_a_failure(self, run: Run, application: Application, line: str) -> None:
        """A command that cannot be understood or carried out sets the exit code, because the call differs from the script."""
        documents = {"/answer": "<Response><Record maxDuration='9' silenceTimeout='1'/></Response>"}
        ran = run("phone", application(documents), "--fast", stdin=f"{line}\n")
        assert (ran.code, ran.err.count("\n")) == (1, 1)

    def test_idle_call_is_hung_up_after_the_last_line(self, run: Run, application: Application) -> None:
        """After the last line of the caller, the call is hung up if nothing else would happen in the call."""
        ran = run("phone", application({"/answer": FORWARD}), "--fast", stdin="1\n")
        assert (ran.code, ran.err) == (0, 'callcontrol: no verb listened to "1"; the last verb was Forward\n')
        assert lines(ran)[-5:] == [
            "joined +13365550142",
            "pressed 1",
            "ignored no verb was listening for key 1",
            "left +13365550142",
            "disconnected · hangup",
        ]

    def test_unused_lines_are_reported(self, run: Run, application: Application) -> None:
        """Lines after the end of the call are reported, except empty lines."""
        ran = run("phone", application(MENU), "--fast", stdin="1\n2\n\nYes.\n/hang-up\n3\n4\n5\n6\n")
        unused = '"2", "Yes.", "/hang-up", "3", "4" and 2 more'
        assert (ran.code, ran.err) == (0, f"callcontrol: not used, because the call had ended: {unused}\n")

    def test_streams_that_are_not_connected_are_explained(self, run: Run, application: Application) -> None:
        """In virtual time, a stream to another process is silent, and a message says what to do."""
        stream = '<Response><StartStream destination="ws://127.0.0.1:9/audio"/></Response>'
        ran = run("phone", application({"/answer": stream}), "--fast")
        assert (ran.code, ran.err.count("\n")) == (0, 1)
        assert "media streams are not connected" in ran.err
        assert "leave out --fast, or run the application in process" in ran.err

    def test_application_uses_the_api_in_virtual_time(self, run: Run) -> None:
        """With ``--port``, the application can use the API in its webhooks: it calls a phone, and fetches a recording."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        lengths: list[int] = []
        client = Client("9900123", BasicAuth("user", "password"), base_url=f"http://127.0.0.1:{port}/api/v2")

        def handle(request: Request) -> Reply:
            event = parse_event(request.body)
            if isinstance(event, InitiateEvent):
                url = f"{server.url}/other"
                client.create_call(to="+13365550142", from_="+19195550100", application_id="a", answer_url=url)
                return Reply(200, Headers(), b"<Response><Record maxDuration='3600' recordingAvailableUrl='/got'/></Response>")
            if isinstance(event, RecordingAvailableEvent):
                lengths.append(len(requests.get(str(event.media_url), auth=("user", "password"), timeout=10).content))
            return Reply(200, Headers(), b"<Response><Gather maxDigits='1'/></Response>" if "/other" in request.url else b"")

        server = Server(handle)
        with client, server:
            stdin = f"+13365550142: 7\n{'A long message. ' * 100}\n/hang-up\n"
            ran = run("phone", f"{server.url}/answer", "--fast", "--port", port, "--phone", "+13365550142=me", stdin=stdin)
        assert (ran.code, ran.err) == (0, "")
        assert "gathered 7" in ran.out
        (length,) = lengths
        assert length > 90 * 8000  # bytes

    def test_json_prints_entries(self, run: Run, application: Application) -> None:
        """``--json`` prints one object per timeline entry."""
        ran = run("phone", application(MENU), "--fast", "--json", stdin="1\n")
        assert [each["text"] for each in ran.records if each["kind"] == "spoken"] == ["Welcome.", "Bye."]
        assert len({each["id"] for each in ran.records}) == 1

    def test_configured_attributes_are_allowed(self, run: Run, application: Application) -> None:
        """An attribute is valid in the call if the configuration allows it."""
        url = application({"/answer": '<Response><Pause new="1"/></Response>'})
        assert run("phone", url, "--fast").code == 1
        Path("bxml.toml").write_text('allow-attributes = ["Pause/@new"]', encoding="utf-8")
        assert run("phone", url, "--fast").code == 0


class TestEnds:
    """The end of a call, and the exit code."""

    def test_invalid_bxml_is_an_error(self, run: Run, application: Application) -> None:
        """An invalid document is shown with its report, and the command exits with code 1."""
        ran = run("phone", application({"/answer": "<Response>\n<Gather maxDigits='51'/></Response>"}), "--fast")
        assert ran.code == 1
        assert "  2 | <Gather maxDigits='51'/></Response>\n" in ran.out
        assert ran.err.startswith("callcontrol: the call ended with invalid-bxml: 2:")

    def test_error_response_is_an_error(self, run: Run, application: Application) -> None:
        """If the application responds with an error status, the command exits with code 1."""
        url = application({"/answer": '<Response><Redirect redirectUrl="/nowhere"/></Response>'})
        ran = run("phone", url, "--fast")
        said = f"the event redirect failed at {url.replace('answer', 'nowhere')} (status 404)"
        assert (ran.code, ran.err) == (1, f"callcontrol: the call ended with callback-error: {said}\n")

    def test_failed_event_is_an_error(self, run: Run, application: Application) -> None:
        """If an event of the application fails, the command exits with code 1, although the call ended normally."""
        url = application(MENU)
        ran = run("phone", url, "--fast", "--status-url", url.replace("answer", "nowhere"), stdin="1\n")
        assert (ran.code, ran.err) == (1, "callcontrol: the application failed to handle the event disconnect (status 404)\n")
        assert "  failed      disconnect (status 404)\n" in ran.out
        documents = {"/answer": "<Response><StartGather dtmfUrl='/nowhere'/><Pause/></Response>"}
        ran = run("phone", application(documents), "--fast", stdin="1\n2\n")
        failed = "the 2 events dtmf (status 404) and dtmf (status 404)"
        assert (ran.code, ran.err) == (1, f"callcontrol: the application failed to handle {failed}\n")

    def test_error_of_a_leg_is_an_error(self, run: Run, application: Application) -> None:
        """If another call ends with an error, the command exits with code 1 and names the call."""
        number = '<PhoneNumber transferAnswerUrl="/whisper">+13365550142</PhoneNumber>'
        documents = {
            "/answer": f"<Response><Transfer>{number}</Transfer></Response>",
            "/whisper": "<Response><Hangups/></Response>",
        }
        ran = run("phone", application(documents), "--fast")
        assert ran.code == 1
        assert ran.err.startswith("callcontrol: call c-00000002 ended with invalid-bxml: 1:")

    def test_missing_error_message_is_named(self, run: Run, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the error of a call has no message, the command says ``no error message``."""
        monkeypatch.setattr(phone, "NORMAL_CAUSES", frozenset[str]())
        assert run("phone", application({"/answer": BYE}), "--fast").err == (
            "callcontrol: the call ended with hangup: no error message\n"
        )

    @pytest.mark.parametrize("document", ["", "<Response><Hangup/></Response>"])
    def test_rejected_call_is_a_normal_end(self, run: Run, application: Application, document: str) -> None:
        """If the application rejects the call, the command exits with code 0."""
        ran = run("phone", application({"/answer": document}), "--fast")
        assert (ran.code, lines(ran)[-1]) == (0, "disconnected · rejected")

    def test_unreachable_application_is_reported(self, run: Run) -> None:
        """An unreachable application is reported in one line."""
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        ran = run("phone", f"http://127.0.0.1:{port}/", "--fast")
        assert (ran.code, ran.err) == (
            2,
            f"callcontrol: the application did not respond: cannot connect to 127.0.0.1:{port}\n",
        )
        assert "summary" not in ran.out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["localhost:5000"],
                'URL="localhost:5000" is not an absolute http(s) URL: it does not begin with http:// or https://',
            ),
            (
                ["http://x", "--to", "911"],
                '--to="911" is not a phone number in E.164 form or a SIP URI; expected + and 2 to 15 digits',
            ),
            (
                ["http://x", "--status-url", "/x"],
                '--status-url="/x" is not an absolute http(s) URL: it does not begin with http:// or https://',
            ),
            (["http://x", "--allow-host", "a.example"], "--allow-host requires --port, which serves the API"),
            (["http://x", "--certificate", "a.pem"], "--certificate requires --port, which serves the API"),
            (["http://x", "--port", "0", "--key", "a.pem"], "--key requires --certificate"),
            (["http://x", "--port", "65536"], "invalid value for '--port': expected an integer from 0 to 65535, got"),
            (
                ["http://x", "--fast", "--browser"],
                "--fast and --browser cannot be combined, because the page speaks in real time",
            ),
            (["http://x", "--map", "ws://a=ws://b", "--fast"], "--fast and --map with a ws or wss URL cannot be combined"),
            ([], "missing argument 'URL'; give the URL of an application, or --answer NUMBER"),
            (["http://x", "--answer", "+13365550142"], f"URL {BY_APPLICATION}"),
            (["--answer", "+13365550142", "--to", "+13365550142", "--fast"], f"--to {BY_APPLICATION}"),
            (["--answer", "+13365550142", "--method", "GET", "--dry-run"], f"--method and --dry-run {BY_APPLICATION}"),
            (
                ["--answer", "+13365550142", "--fast"],
                "--fast and --answer cannot be combined, because the application",
            ),
            (["--answer", "911"], '--answer="911" is not a phone number in E.164 form or a SIP URI; '),
        ],
    )
    def test_invalid_argument_is_reported(self, run: Run, arguments: list[str], message: str) -> None:
        """The message says what is wrong with the arguments."""
        ran = run("phone", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {message}")

    def test_account_options_are_rejected(self, run: Run) -> None:
        """Account options are rejected, not ignored."""
        ran = run("--timeout", "4", "--user", "x", "phone", "http://x")
        assert ran.err.startswith("callcontrol: --timeout and --user cannot be used with phone, which uses no account; ")


def test_help_names_the_default_numbers() -> None:
    """The help of ``--to`` and ``--from`` names the defaults of the emulator."""
    defaults = signature(Core.dial).parameters
    for option in phone.phone.params:
        if isinstance(option, click.Option) and option.name in {"to", "from_"}:
            assert str(option.help).endswith(f"default: {defaults[option.name].default}.")


def test_dry_run_prints_the_first_request(run: Run) -> None:
    """``--dry-run`` prints the first request, and sends nothing."""
    ran = run("phone", "http://localhost:9/answer", "--to", "+13365550142", "--dry-run")
    (record,) = ran.records
    assert (ran.code, record["method"], record["url"]) == (0, "POST", "http://localhost:9/answer")
    assert record["headers"] == {"Content-Type": "application/json"}
    assert (record["body"]["eventType"], record["body"]["to"]) == ("initiate", "+13365550142")


class TestRealTime:
    """Calls in real time."""

    def test_media_streams_are_redirected(self, run: Run, application: Application) -> None:
        """``--map`` connects a stream to a WebSocket on this machine. In this test, the WebSocket ends the stream."""
        document = Response().start_stream(name="bot", destination="wss://bot.example/").stop_stream(name="bot", wait=True)

        def receive_one(socket: ServerConnection) -> None:
            socket.recv()

        with serving(receive_one) as address:
            url = application({"/answer": document.to_bxml()})
            ran = run("phone", url, "--map", f"wss://bot.example=ws://{address}", stdin="\n")
        assert ran.code == 0
        assert ['stream "bot" started' in ran.out, 'stream "bot" stopped' in ran.out] == [True, True]

    def test_stream_that_cannot_be_connected_is_a_failure(self, run: Run, application: Application) -> None:
        """A rejected stream is in the summary and sets the exit code. The message says how to connect without TLS."""

        def receive_one(socket: ServerConnection) -> None:
            socket.recv()

        with serving(receive_one) as address:
            document = Response().start_stream(name="bot", destination=f"wss://{address}/ws").pause(duration=0.5)
            ran = run("phone", application({"/answer": document.to_bxml()}))
        advice = f"to connect without TLS, add --map wss://{address}=ws://{address} (in Python, url_map)"
        reason = f"{address} does not support TLS, or its certificate is not trusted; {advice}"
        assert (ran.code, ran.err) == (1, f'callcontrol: stream "bot" was rejected: {reason}\n')
        summary = ran.out.partition("summary of")[2]
        assert " ".join(summary.split()).endswith(f'failed stream "bot" was rejected: {reason}')

    def test_line_waits_until_the_call_listens(self, run: Run, application: Application) -> None:
        """The keys of a line are pressed only when the call listens, after pauses that take real time."""
        documents = {
            "/answer": f"<Response><Pause duration='0.2'/>{GATHERS['/answer'][10:-11]}</Response>",
            "/menu": "<Response><Gather maxDigits='2'/></Response>",
        }
        began = time.monotonic()
        ran = run("phone", application(documents), stdin="1\n23\n")
        assert (ran.code, ran.err) == (0, "")
        assert [line for line in lines(ran) if line.startswith("gathered")] == ["gathered 1", "gathered 23"]
        assert time.monotonic() - began > 0.2

    def test_start_gather_gets_a_line(self, run: Run, application: Application) -> None:
        """The keys of a line are also pressed while StartGather listens in the background."""
        documents = {"/answer": "<Response><StartGather dtmfUrl='/keys'/><Pause duration='0.2'/></Response>", "/keys": ""}
        shown = lines(run("phone", application(documents), stdin="7\n"))
        assert "pressed 7" in shown
        assert any(line.startswith("→ dtmf") for line in shown)

    def test_caller_hangs_up_after_the_last_line(self, run: Run, application: Application) -> None:
        """After the last line the caller stays silent once, then hangs up."""
        again = '<Gather firstDigitTimeout="1"/><Redirect redirectUrl="/answer"/>'
        ran = run("phone", application({"/answer": f"<Response>{again}</Response>"}))
        assert [line for line in lines(ran) if line.startswith("gathered")] == ["gathered nothing"]
        assert (ran.code, lines(ran)[-1]) == (0, "disconnected · hangup")

    def test_idle_call_is_hung_up_without_lines(self, run: Run, application: Application) -> None:
        """If the input has no lines, the call is hung up as soon as nothing else would happen in the call."""
        assert lines(run("phone", application({"/answer": FORWARD})))[-1] == "disconnected · hangup"

    def test_port_option_serves_the_api(self, run: Run, application: Application) -> None:
        """With ``--port`` a client can interrupt the call while it runs."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        def interrupt() -> None:
            wait_for(port)
            with Client("9900123", OAuth2("id", "secret"), base_url=f"http://127.0.0.1:{port}/api/v2") as client:
                while not (calls := [call for call in client.list_calls() if call.state == "answered"]):
                    time.sleep(0.01)
                client.update_call_bxml(calls[0].call_id, "<Bxml><SpeakSentence>!</SpeakSentence></Bxml>")

        url = application({"/answer": "<Response><Pause duration='60'/></Response>"})
        with ThreadPoolExecutor(1) as beside:
            interrupted = beside.submit(interrupt)
            ran = run("phone", url, "--port", port)
        interrupted.result()
        assert ran.code == 0
        head = f"API: http://127.0.0.1:{port}/api/v2; control API: http://127.0.0.1:{port}/emulator"
        assert ran.out.startswith(f"{head}\ncalling ")
        assert lines(ran)[-3:] == ["api UpdateCallBxml", "“!”", "disconnected · hangup"]
        assert "          <Bxml>\n            <SpeakSentence>!</SpeakSentence>\n          </Bxml>\n" in ran.out

    def test_other_hosts_are_allowed(self, run: Run, application: Application) -> None:
        """With ``--allow-host``, an application can use a host name of its own for the API."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        def ask() -> list[tuple[int, str]]:
            wait_for(port)
            try:
                headers = [{"Host": "emulator.example"}, {"Host": "page.example"}]
                found = [requests.get(f"http://127.0.0.1:{port}/emulator", headers=each, timeout=10) for each in headers]
                return [(each.status_code, each.text) for each in found]
            finally:
                os.kill(os.getpid(), signal.SIGINT)

        url = application({"/answer": "<Response><Pause duration='60'/></Response>"})
        with ThreadPoolExecutor(1) as beside:
            asked = beside.submit(ask)
            ran = run("phone", url, "--port", port, "--allow-host", "emulator.example")
        (allowed, _), (refused, reason) = asked.result()
        assert (ran.code, allowed, refused) == (0, 200, 403)
        assert "expected an IP address or one of emulator.example, localhost; --allow-host adds a name" in reason
        assert ran.out.startswith(f"API: http://emulator.example:{port}/api/v2; ")


class TestSecondPhone:
    """Phones that the person answers."""

    def test_second_phone_takes_keys_and_words(self, run: Run, application: Application) -> None:
        """A line with the number of a phone is used by this phone. Each phone has a summary."""
        number = '<PhoneNumber transferAnswerUrl="/ask">+13365550142</PhoneNumber>'
        documents = {
            "/answer": f'<Response><Transfer transferCompleteUrl="/over">{number}</Transfer></Response>',
            "/ask": '<Response><Gather maxDigits="1"/><Gather input="speech"/></Response>',
            "/over": '<Response><Gather maxDigits="1"/></Response>',
        }
        given = "+13365550142: 1\n+13365550142: Hello.\n+13365550142: /hang-up\n+12125550123: 2\n"
        ran = run("phone", application(documents), "--fast", "--phone", "+13365550142=me", stdin=given)
        assert (ran.code, ran.err) == (0, "")
        assert [line for line in lines(ran) if "gathered" in line] == [
            "+13365550142  gathered 1",
            "+13365550142  gathered Hello.",
            "gathered 2",
        ]
        assert [line.partition(" from ")[2] for line in ran.out.splitlines() if line.startswith("summary")] == [
            "+12125550123 to +19195550100",
            "+12125550123 to +13365550142",
        ]

    def test_application_calls_the_phone(self, run: Run, application: Application) -> None:
        """With ``--answer``, the command waits until the application calls the number. Then the command answers the call."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        def create() -> None:
            wait_for(port)
            with Client("9900123", OAuth2("id", "secret"), base_url=f"http://127.0.0.1:{port}/api/v2") as client:
                client.create_call(to="+13365550142", from_="+19195550100", application_id="a", answer_url=application(GATHERS))

        with ThreadPoolExecutor(1) as beside:
            created = beside.submit(create)
            ran = run("phone", "--answer", "+13365550142", "--port", port, stdin="1\n")
        created.result()
        assert (ran.code, ran.err) == (0, "")
        api, waiting, begun, *_ = ran.out.splitlines()
        assert (api.partition(";")[0], waiting) == (
            f"API: http://127.0.0.1:{port}/api/v2",
            "waiting for a call to +13365550142; Ctrl-C ends the wait",
        )
        assert re.fullmatch(r"call from \+19195550100 to \+13365550142; call id: c-[0-9a-f-]+", begun)
        assert "gathered 1" in lines(ran)

    def test_wait_for_a_call_can_be_ended(self, run: Run) -> None:
        """If the wait for a call is ended, the command exits with code 2."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        def stop() -> None:
            wait_for(port)
            os.kill(os.getpid(), signal.SIGINT)

        with ThreadPoolExecutor(1) as beside:
            beside.submit(stop)
            ran = run("phone", "--answer", "+13365550142", "--port", port)
        assert (ran.code, ran.err) == (2, "callcontrol: no call to +13365550142 was made\n")


def test_call_to_another_number_is_named(run: Run) -> None:
    """While ``--answer`` waits, the number of another call is named once, and lines are not used."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def create() -> None:
        wait_for(port)
        with Client("9900123", OAuth2("id", "secret"), base_url=f"http://127.0.0.1:{port}/api/v2") as client:
            client.create_call(
                to="+13365550199", from_="+19195550100", application_id="a", answer_url="http://127.0.0.1:9/answer"
            )
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as beside:
        created = beside.submit(create)
        ran = run("phone", "--answer", "+13365550142", "--port", port, stdin="1\n")
    created.result()
    begun = [line.partition(";")[0] for line in ran.out.splitlines() if line.startswith("call from")]
    assert begun == ["call from +19195550100 to +13365550199, not to +13365550142"]
    assert (ran.code, ran.err.splitlines()) == (
        2,
        [
            'callcontrol: not used, because there was no call: "1"',
            "callcontrol: no call to +13365550142 was made",
        ],
    )


def test_answer_serves_the_default_port(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ``--port``, ``--answer`` serves the API on the port of ``callcontrol emulator``."""
    started: list[phone.Setup] = []

    def run_phones(_: object, setup: phone.Setup, __: object) -> int:
        started.append(setup)
        return 0

    monkeypatch.setattr(phone, "_run_phones", run_phones)
    assert run("phone", "--answer", "sip:desk@pbx.example").code == 0
    assert started == [phone.Setup("sip:desk@pbx.example", {}, {}, Address(9900), is_fast=False)]


def test_second_signal_interrupts_the_command() -> None:
    """The first signal hangs up the call. The second signal interrupts the command immediately."""
    inbox: SimpleQueue[Any] = SimpleQueue()
    handle = _hang_up_on_signal(inbox)
    handle()
    assert inbox.get(timeout=1) == HangUp()
    with pytest.raises(KeyboardInterrupt):
        handle()


class Terminal:
    """A process on a terminal, and the text that it prints there."""

    def __init__(self, *arguments: str) -> None:
        self.ours, its = pty.openpty()
        termios.tcsetwinsize(its, (24, 100))
        self.before = termios.tcgetattr(its)
        self.its = its
        self.process = subprocess.Popen(
            [*COMMAND, *arguments], env=environment() | {"NO_COLOR": "1"}, stdin=its, stdout=its, stderr=its
        )
        self.shown = ""

    def see(self, text: str) -> None:
        """Wait until the process prints this text. Only text after the previous match counts."""
        end = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.ours], [], [], 0.1)[0]:
                self.shown += os.read(self.ours, 4096).decode("utf-8", "replace")
        self.shown = self.shown.partition(text)[2]

    def type(self, keys: bytes) -> None:
        """Type keys."""
        os.write(self.ours, keys)

    def end(self) -> int:
        """Wait for the process, check that it restored the terminal, and return its exit code."""
        code = self.process.wait(timeout=20)
        assert termios.tcgetattr(self.its) == self.before
        os.close(self.its)
        os.close(self.ours)
        return code


class TestTerminal:
    """A person at a terminal."""

    def test_keys_and_speech(self, application: Application) -> None:
        """Keys take effect at once, and Enter makes the caller say the typed words."""
        documents = {**MENU, "/menu": '<Response><Gather input="speech" gatherUrl="/over"/></Response>', "/over": "<Response/>"}
        terminal = Terminal("phone", application(documents))
        terminal.see("press 0-9 * # as on a phone; ")
        terminal.see("“Welcome.”")
        terminal.type(b"1")
        terminal.see("gathered 1")
        terminal.see("← 200")
        terminal.type(b"Ye")
        terminal.see("say: Ye")
        terminal.type(b"s.\r")
        terminal.see("said Yes.")
        terminal.see("gathered Yes.")
        terminal.see("summary of c-")
        assert terminal.end() == 0

    def test_status_and_document(self, application: Application) -> None:
        """The last line shows the time left and the keys that have an effect. Ctrl-B shows the whole document."""
        pauses = "<Pause/>" * 7
        gather = '<Gather maxDigits="2" firstDigitTimeout="60"/>'
        terminal = Terminal("phone", application({"/answer": f"<Response>{gather}{pauses}</Response>"}))
        terminal.see("… 4 more lines; Ctrl-B shows them")
        terminal.see("Gather · keys 0-9 * # (more keys: 2) · 60 s")
        terminal.type(b"-")
        terminal.see('"-" is neither a key nor the beginning of speech; " begins any speech')
        terminal.type(b"1")
        terminal.see("Gather · keys 0-9 * # (more keys: 1) · 5 s")
        terminal.type(b"\x02")
        terminal.see("</Response>")
        terminal.type(b"Ye")
        terminal.see("say: Ye")
        terminal.type(b"\x04")
        terminal.see('not used, because the call had ended: "Ye"')
        terminal.see("summary of c-")
        assert terminal.end() == 0

    def test_keys_are_explained(self, run: Run, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
        """A terminal shows which keys can be typed."""

        class Interactive(Keyboard):
            def __enter__(self) -> Self:
                super().__enter__()
                self.is_interactive = True
                return self

        monkeypatch.setattr(phone, "Keyboard", Interactive)
        ran = run("phone", application({"/answer": BYE}), "--fast")
        assert ran.out.startswith('press 0-9 * # as on a phone; a letter or " begins speech, Enter says it; ')

    @pytest.mark.parametrize("how", ["Ctrl-D", signal.SIGINT, signal.SIGTERM])
    def test_ctrl_d_and_signals_hang_up(self, application: Application, how: Any) -> None:
        """Ctrl-D, SIGINT and SIGTERM hang up, and the terminal is restored."""
        terminal = Terminal("phone", application({"/answer": "<Response><Pause duration='60'/></Response>"}))
        terminal.see("answered")
        terminal.type(b"\x04") if how == "Ctrl-D" else terminal.process.send_signal(how)
        terminal.see("disconnected · hangup")
        assert terminal.end() == 0

    def test_fast_call_waits_for_a_key(self, application: Application) -> None:
        """Virtual time stops until a key is pressed."""
        terminal = Terminal("phone", application(MENU), "--fast")
        terminal.see("“Welcome.”")
        terminal.type(b"1")
        terminal.see("    0.48  pressed 1")
        terminal.see("“Bye.”")
        assert terminal.end() == 0
