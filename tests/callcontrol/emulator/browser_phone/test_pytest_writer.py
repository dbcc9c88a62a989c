"""A call becomes a test, and the test passes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from websockets.sync.server import ServerConnection

from callcontrol import BasicAuth, Client, Headers, MachineDetection, Reply, Request, ServerError
from callcontrol.emulator import Call, Core, Emulator
from callcontrol.emulator.audio import to_wav
from callcontrol.emulator.browser_phone.call_steps import UNCERTAIN
from callcontrol.emulator.browser_phone.pytest_writer import NOT_COPIED, SOUND_NOT_COPIED, pytest_source
from callcontrol.emulator.server import Server
from tests.callcontrol.emulator.document_application import MENU, answering
from tests.callcontrol.emulator.streams.bot_application import play_audio, streaming, tone
from tests.callcontrol.emulator.streams.test_network_streams import serving
from tests.callcontrol.scripted_api import NEW_CALL

LONG: Final = "This sentence is so long that the test only expects its first words, because a test should stay readable."

TRANSFER: Final = (
    "<Response><SpeakSentence>Connecting.</SpeakSentence>"
    '<Transfer transferCompleteUrl="/menu" callTimeout="20">'
    '<PhoneNumber transferAnswerUrl="/whisper">+13365550142</PhoneNumber><PhoneNumber>+13365550143</PhoneNumber>'
    "</Transfer></Response>"
)

STREAM: Final = '<StartStream name="bot" destination="wss://bot.example" mode="bidirectional"/>'

DOCUMENTS: Final = {
    **MENU,
    "/keys": '<Response><SpeakSentence>Your "code"?</SpeakSentence><Gather gatherUrl="/menu" maxDigits="4"/></Response>',
    "/long": f"<Bxml><SpeakSentence>{LONG}</SpeakSentence><PlayAudio>/hold.wav</PlayAudio><PlayAudio>/</PlayAudio></Bxml>",
    "/speech": '<Bxml><Gather input="speech" gatherUrl="/menu"><SpeakSentence>Say a word.</SpeakSentence></Gather></Bxml>',
    "/transfer": TRANSFER,
    "/keys-first": (
        f"<Response><StartGather dtmfUrl='/empty'/><SpeakSentence>{LONG}</SpeakSentence>"
        f"{TRANSFER[TRANSFER.index('<Transfer') :]}"
    ),
    "/whisper": '<Response><SpeakSentence>A caller.</SpeakSentence><Gather maxDigits="1" gatherUrl="/empty"/></Response>',
    "/empty": "",
    "/slow": '<Response><Redirect redirectUrl="/late" redirectFallbackUrl="/menu"/></Response>',
    "/late": "<Response/>",
    "/wait": "<Response><SpeakSentence>Wait.</SpeakSentence><Pause duration='50'/></Response>",
    "/stream": streaming(stream_event_url=None).to_bxml(),
    "/stream-menu": f"<Response>{STREAM}{MENU['/answer'][len('<Response>') :]}",
    "/stream-transfer": f"<Response>{STREAM}{TRANSFER[len('<Response>') :]}",
    "/silence": '<Bxml><Gather gatherUrl="/speech" firstDigitTimeout="2"><PlayAudio>/hold.wav</PlayAudio></Gather></Bxml>',
    "/message": (
        "<Response><StartRecording/><SpeakSentence>Leave a message.</SpeakSentence>"
        '<Record silenceTimeout="2" recordCompleteUrl="/menu"/></Response>'
    ),
    "/busy": '<Response><SpeakSentence>One moment.</SpeakSentence><Redirect redirectUrl="/menu"/></Response>',
    "/tagged": "<Response><SpeakSentence>Order {tag}.</SpeakSentence></Response>",
    "/transfer-first": f"<Response>{TRANSFER[TRANSFER.index('<Transfer') :]}",
    "/long-message": '<Response><Record recordCompleteUrl="/accepted" terminatingDigits="#"/></Response>',
    "/accepted": "<Response><SpeakSentence>{answer}</SpeakSentence></Response>",
    "/own-message": '<Response><Record silenceTimeout="2" recordCompleteUrl="/play"/></Response>',
    "/play": "<Response><PlayAudio>{mediaUrl}</PlayAudio></Response>",
    "/own-stream": (
        '<Response><StartStream name="{callId}" destination="wss://bot.example"/><StopStream name="{callId}" wait="true"/>'
        "<SpeakSentence>Bye, {callId}.</SpeakSentence></Response>"
    ),
    "/invalid": "<Response><Say>Hello.</Say></Response>",
}

PUSHED: Final = '<Bxml>\n  <SpeakSentence>We "close", it\'s late.</SpeakSentence>\n</Bxml>\n'


def handle(request: Request) -> Reply:
    """Respond with the document of a path. Some documents depend on the event."""
    document = DOCUMENTS[urlsplit(request.url).path]
    if "{" in document:
        event = {"tag": "", "mediaUrl": "", "duration": "", **json.loads(request.body)}
        event["answer"] = "Thank you." if event["duration"] > "PT4" else "Too short."
        document = document.format(**event)
    return Reply(200, Headers({"Content-Type": "application/xml"}), document.encode())


@pytest.fixture(scope="module")
def application() -> Iterator[str]:
    """An application over HTTP."""
    with Server(handle) as server:
        yield server.url


@dataclass
class Voice:
    """An emulator, with functions that the calls of the tests need."""

    core: Core
    url: str

    def dial(self, path: str, **more: Any) -> Call:
        return self.core.dial(self.url + path, **more)

    @property
    def client(self) -> Client:
        return Client("9900123", BasicAuth("user", "password"), send=self.core.handle)


def press_late(voice: Voice) -> Call:
    """A call in which keys are pressed long after the prompt. No verb listens for the last key."""
    call = voice.dial("/keys")
    call.expect_speech("code")
    call.press("9")
    voice.core.advance(3)
    call.press("1")
    call.press("2")
    voice.core.advance(1.5)
    call.press("34")
    call.expect_end()
    call.press("5")
    return call


def hear_everything(voice: Voice) -> Call:
    """A call that plays its prompts until it ends."""
    call = voice.dial("/long?x=1", to="sip:desk@example.com", from_='"Ann" \\', method="GET")
    call.expect_end()
    return call


def speak(voice: Voice) -> Call:
    """A call in which the caller speaks, then hangs up."""
    call = voice.dial("/speech", status_url=f"{voice.url}/empty")
    call.expect_speech("say")
    call.say('a "word"')
    call.hang_up()
    voice.core.run()
    return call


def transfer(voice: Voice) -> Call:
    """A Transfer to two phones: one is answered late, presses a key and hangs up; the other one is busy."""
    voice.core.phone("+13365550142").answers(after=4)
    voice.core.phone("+13365550143").is_busy()
    call = voice.dial("/transfer")
    call.expect_speech("connecting")
    voice.core.advance(6)
    leg = call.legs[0]
    leg.expect_speech("a caller")
    voice.core.advance(2)
    leg.press("1")
    voice.core.advance(10)
    leg.hang_up()
    call.expect_end()
    return call


def transfer_unanswered(voice: Voice) -> Call:
    """A Transfer to two phones: one rejects the call, and the other one rings until the caller gives up."""
    voice.core.phone("+13365550142").rejects()
    voice.core.phone("+13365550143").does_not_answer()
    call = voice.dial("/transfer")
    call.expect_speech("bye")
    return call


def transfer_rejected(voice: Voice) -> Call:
    """A Transfer to two phones that are rejected by hand."""
    for number in ("+13365550142", "+13365550143"):
        voice.core.phone(number).does_not_answer()
    call = voice.dial("/transfer")
    voice.core.advance(4)
    for leg in call.legs:
        leg.hang_up()
    call.expect_end()
    return call


def transfer_after_keys(voice: Voice) -> Call:
    """A call whose keys are pressed long before a Transfer; no prompt says when the Transfer begins."""
    call = voice.dial("/keys-first")
    call.expect_speech("this sentence")
    voice.core.advance(2)
    call.press("1")
    voice.core.advance(0.5)
    call.press("2")
    voice.core.advance(9)
    leg = call.legs[0]
    leg.expect_speech("a caller")
    leg.hang_up()
    call.expect_end()
    return call


def fall_back(voice: Voice) -> Call:
    """A call whose response comes too late, so that its fallback is requested."""
    voice.core.delay_webhooks(30, path="/late")
    call = voice.dial("/slow")
    call.expect_end()
    return call


def interrupt(voice: Voice) -> Call:
    """A call that runs a document from the phone. Then a client redirects the call and ends it."""
    call = voice.dial("/wait")
    call.expect_speech("wait")
    voice.core.push_bxml(call.call_id, PUSHED.replace("</Bxml>", "<Pause duration='9'/></Bxml>"))
    call.expect_speech("close")
    voice.client.update_call(call.call_id, redirect_url=f"{voice.url}/answer", redirect_method="GET")
    call.expect_speech("welcome")
    voice.client.update_call_bxml(call.call_id, "<Bxml><Pause duration='9'/></Bxml>")
    voice.core.advance(2)
    voice.client.update_call(call.call_id, state="completed")
    voice.core.run()
    return call


def redirect(voice: Voice) -> Call:
    """A call that a client redirects, and whose redirect event was not sent yet."""
    call = voice.dial("/wait")
    call.expect_speech("wait")
    voice.client.update_call(call.call_id, redirect_url=f"{voice.url}/answer")
    return call


def push_invalid(voice: Voice) -> Call:
    """A call that ends because of an invalid document from the phone."""
    call = voice.dial("/wait")
    call.expect_speech("wait")
    voice.core.push_bxml(call.call_id, "<Bxml><Say/></Bxml>")
    return call


def create(voice: Voice) -> Call:
    """A call that a client creates, to a phone that is answered after some time."""
    voice.core.phone(NEW_CALL["to"]).answers(after=2, by="answering-machine")
    urls = {"answer_url": f"{voice.url}/speech", "disconnect_url": f"{voice.url}/empty"}
    detection = MachineDetection(mode="sync", detection_timeout=4)
    created = voice.client.create_call(**{**NEW_CALL, **urls}, machine_detection=detection, tag="x")
    call = voice.core.call(created.call_id)
    call.expect_speech("say a word")
    call.say("hello")
    call.expect_end()
    return call


def time_out(voice: Voice) -> Call:
    """A call in which the caller neither presses a key nor speaks."""
    call = voice.dial("/silence")
    call.expect_speech("say a word")
    call.expect_end()
    return call


def push_late(voice: Voice) -> Call:
    """A call that receives a document while it waits for a response, which then arrives too late."""
    voice.core.delay_webhooks(8, path="/menu")
    call = voice.dial("/busy")
    voice.core.advance(3)
    voice.core.push_bxml(call.call_id, "<Bxml><Pause duration='9'/></Bxml>")
    call.expect_end()
    return call


def push_twice_late(voice: Voice) -> Call:
    """A call that receives two documents, each while it waits for a response. The test is written before the responses."""
    voice.core.delay_webhooks(14, path="/menu", times=2)
    call = voice.dial("/busy")
    redirect = f"<Bxml><Redirect redirectUrl='{voice.url}/menu'/></Bxml>"
    for document in (redirect, "<Bxml><Pause duration='50'/></Bxml>"):
        voice.core.advance(3)
        voice.core.push_bxml(call.call_id, document)
    return call


def push_in_vain(voice: Voice) -> Call:
    """A call into which a malformed document is pushed, which ends it, and then a valid document."""
    call = voice.dial("/wait")
    call.expect_speech("wait")
    for document in ("<Bxml>", "<Bxml/>"):
        with suppress(ValueError):
            voice.core.push_bxml(call.call_id, document)
        call.expect_end()
    return call


def hang_up_early(voice: Voice) -> Call:
    """A call whose caller hangs up before the application responds."""
    voice.core.delay_webhooks(5, path="/menu")
    call = voice.dial("/answer")
    call.expect_speech("welcome")
    call.press("1")
    voice.core.advance(2)
    call.hang_up()
    voice.core.run()
    return call


def fail(voice: Voice) -> Call:
    """A call of a client whose first request fails, whose second request is cut, and whose third request is slow."""
    call = voice.dial("/wait")
    call.expect_speech("wait")
    voice.core.fail(500)
    voice.core.cut()
    voice.core.delay(0.01)
    for _ in range(3):
        voice.core.advance(1)
        with suppress(ServerError, ConnectionResetError):
            voice.client.update_call(call.call_id, redirect_url=f"{voice.url}/answer")
    call.expect_end()
    return call


def record(voice: Voice) -> Call:
    """A call that records speech of a known length and a sound. A client pauses the recording."""
    call = voice.dial("/message")
    call.expect_speech("leave")
    voice.core.advance(1.5)
    call.say("Call me back.", seconds=6)
    voice.core.advance(7)
    call.plays(tone(1.5))
    voice.core.advance(1)
    call.say("Thanks.", audio=tone(0.5))
    headers = Headers({"Content-Type": "application/json", "Authorization": "Basic dXNlcjpwYXNzd29yZA=="})
    assert voice.core.handle(Request("PUT", f"{call.url}/recording", headers, b'{"state": "paused"}')).is_success
    call.expect_end()
    return call


def close_stream(voice: Voice) -> Call:
    """A call whose stream is closed by hand, because its destination is silent."""
    call = voice.dial("/stream")
    voice.core.advance(3)
    call.close_stream("bot")
    call.expect_speech("bye")
    return call


def redirect_with_a_tag(voice: Voice) -> Call:
    """A call that a client redirects with a tag, which the application needs."""
    call = voice.dial("/wait")
    call.expect_speech("wait")
    voice.client.update_call(call.call_id, redirect_url=f"{voice.url}/tagged", tag="7")
    call.expect_speech("order 7")
    call.expect_end()
    return call


def transfer_to_a_machine(voice: Voice) -> Call:
    """A Transfer to an answering machine, which hangs up after some time."""
    voice.core.phone("+13365550142").answers(by="answering-machine", hangs_up_after=20)
    voice.core.phone("+13365550143").is_busy()
    call = voice.dial("/transfer")
    call.expect_end()
    return call


def leave_a_message(voice: Voice) -> Call:
    """A call in which the caller ends the message some time after the words. The application refuses short messages."""
    call = voice.dial("/long-message")
    call.say("Hello.", audio=tone(1))
    voice.core.advance(5)
    call.press("#")
    call.expect_speech("Thank you")
    call.expect_end()
    return call


def transfer_at_once(voice: Voice) -> Call:
    """A Transfer at the start of the call, whose leg hears a prompt."""
    voice.core.phone("+13365550143").is_busy()
    call = voice.dial("/transfer-first")
    leg = voice.core.expect_call("+13365550142")
    leg.expect_speech("a caller")
    leg.press("1")
    voice.core.advance(3)
    leg.hang_up()
    call.expect_end()
    return call


def hear_the_own_message(voice: Voice) -> Call:
    """A call that plays the message of the caller. It is not the first call, so the ids differ from those in the test."""
    voice.dial("/message").hang_up()
    call = voice.dial("/own-message")
    call.say("Hello.", seconds=3)
    call.expect_audio("/media")
    call.expect_end()
    return call


def name_a_stream_after_the_call(voice: Voice) -> Call:
    """A call whose id is the name of its stream and part of a document that a client pushes."""
    voice.dial("/answer").hang_up()
    call = voice.dial("/own-stream")
    voice.core.advance(3)
    call.close_stream(call.call_id)
    call.expect_speech(f"Bye, {call.call_id}")
    voice.core.push_bxml(call.call_id, f"<Bxml><SpeakSentence>{{{call.call_id}}}</SpeakSentence></Bxml>")
    call.expect_speech(call.call_id)
    return call


def end_with_an_error(voice: Voice) -> Call:
    """A call whose application responds with an invalid document."""
    call = voice.dial("/invalid")
    call.expect_end()
    return call


def go_on(voice: Voice) -> Call:
    """A call that has not ended."""
    call = voice.dial("/answer")
    call.expect_speech("welcome")
    return call


CALLS: Final = (
    *(
        press_late,
        hear_everything,
        speak,
        transfer,
        transfer_after_keys,
        transfer_unanswered,
        transfer_rejected,
        fall_back,
        interrupt,
        redirect,
    ),
    *(push_invalid, create, end_with_an_error, go_on, time_out, push_late, push_twice_late, push_in_vain, hang_up_early, fail),
    *(
        record,
        close_stream,
        redirect_with_a_tag,
        transfer_to_a_machine,
        leave_a_message,
        transfer_at_once,
        hear_the_own_message,
        name_a_stream_after_the_call,
    ),
)
"""The calls that become tests."""


def at_work(voice: Voice) -> Call:
    """A call in real time, in which each response of the application takes some time."""
    call = voice.dial("/keys")
    call.expect_speech("code")
    while not call.listens:
        time.sleep(0.005)
    time.sleep(0.02)
    call.press("1")
    call.press("234")
    call.expect_end()
    return call


def greet(socket: ServerConnection) -> None:
    """Play a greeting in two pieces, and after some time another piece, then leave."""
    for number in range(60):
        if number in {0, 20, 55}:
            socket.send(json.dumps(play_audio(bytes(1600))))
        socket.recv()


def hear_a_bot(voice: Voice) -> Call:
    """A call in which only a bot speaks, until the bot leaves."""
    call = voice.dial("/stream")
    call.expect_end()
    return call


def press_beside_a_bot(voice: Voice) -> Call:
    """A call in which a bot speaks at the same time as the application, and the caller presses a key after some time."""
    call = voice.dial("/stream-menu")
    call.expect_speech("welcome")
    time.sleep(0.6)
    call.press("1")
    call.expect_end()
    return call


def transfer_beside_a_bot(voice: Voice) -> Call:
    """A call in which a bot speaks during a Transfer. The person presses a key on the leg."""
    voice.core.phone("+13365550143").is_busy()
    call = voice.dial("/stream-transfer")
    leg = voice.core.expect_call("+13365550142")
    leg.expect_speech("a caller")
    time.sleep(0.7)
    leg.press("1")
    time.sleep(0.5)
    leg.hang_up()
    call.expect_end()
    return call


STREAMED: Final = (hear_a_bot, press_beside_a_bot, transfer_beside_a_bot)
"""The calls with a stream that become tests."""


def run_pytest(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests in a directory in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-n", "0", str(directory)]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


class TestPassing:
    """The tests pass."""

    def test_each_call_becomes_a_test_that_passes(self, application: str, tmp_path: Path) -> None:
        """Calls in virtual time and a call in real time become tests, which pass in a process of their own."""
        for make in CALLS:
            with Core(application) as core:
                source = pytest_source(make(Voice(core, application)))
            (tmp_path / f"test_{make.__name__}.py").write_text(source, encoding="utf-8")
        with Core(application, speed=20) as core:
            (tmp_path / "test_at_work.py").write_text(pytest_source(at_work(Voice(core, application))), encoding="utf-8")
        finished = run_pytest(tmp_path)
        assert finished.returncode == 0, finished.stdout
        assert f"{len(CALLS) + 1} passed" in finished.stdout

    def test_application_with_a_public_url(self, application: str, tmp_path: Path) -> None:
        """The webhooks of the test are sent to the same address as those of the call."""
        with Core(url_map={"https://app.example": application}) as core:
            call = core.dial("https://app.example/keys")
            call.expect_speech("code")
            source = pytest_source(call)
        (tmp_path / "test_map.py").write_text(source, encoding="utf-8")
        assert f'url_map={{"https://app.example": "{application}"}}' in source
        finished = run_pytest(tmp_path)
        assert finished.returncode == 0, finished.stdout

    def test_application_that_creates_calls(self, tmp_path: Path) -> None:
        """The test has a server at the port where the application sends its requests."""

        def respond(request: Request) -> Reply:
            if request.url.endswith("/answer"):
                with Client("9900123", BasicAuth("user", "password"), base_url=base_url) as client:
                    client.create_call(**{**NEW_CALL, "answer_url": f"{server.url}/joined", "tag": "x"})
            return Reply(200, Headers({"Content-Type": "application/xml"}), documents[urlsplit(request.url).path].encode())

        documents = {"/answer": "<Response><Ring duration='5'/></Response>", "/joined": MENU["/menu"]}
        with Server(respond) as server:
            with Emulator(server.url) as voice:
                base_url = voice.url
                call = voice.dial("/answer")
                call.expect_end()
                source = pytest_source(call)
            (tmp_path / "test_with_server.py").write_text(source, encoding="utf-8")
            assert f"with Emulator(voice_application, port={urlsplit(base_url).port}) as core:" in source
            finished = run_pytest(tmp_path)
        assert finished.returncode == 0, finished.stdout

    def test_streams_over_the_network_become_tests_that_pass(self, application: str, tmp_path: Path) -> None:
        """The tests run in real time, because streams over the network are silent in virtual time."""

        def write(make: Callable[[Voice], Call]) -> str:
            url_map = {"https://app.example": application, "wss://bot.example": f"ws://{address}"}
            with Core(application, speed=1, url_map=url_map) as core:
                source = pytest_source(make(Voice(core, application)))
            assert f'url_map={{"https://app.example": "{application}", "wss://bot.example": "ws://{address}"}}' in source
            (tmp_path / f"test_{make.__name__}.py").write_text(source, encoding="utf-8")
            return source

        with serving(greet) as address:
            with ThreadPoolExecutor() as at_once:
                sources = list(at_once.map(write, STREAMED))
            finished = run_pytest(tmp_path)
        assert finished.returncode == 0, finished.stdout
        assert """call.expect_audio('stream "bot"')""" in sources[0]

    def test_a_stream_without_a_replacement(self, application: str) -> None:
        """The destination of the stream is used unchanged."""
        with Core(application, speed=1) as core:
            call = core.dial(f"{application}/stream")
            call.expect_end()
            assert "with Core(voice_application, speed=1) as core:" in pytest_source(call)


class TestSource:
    """The source of a test."""

    def test_a_short_call(self) -> None:
        """The test has one line for each prompt and each action of the caller. It omits keys that had no effect."""
        core = Core(answering(MENU))
        call = core.dial("/answer")
        call.expect_speech("Welcome")
        call.press("19")
        assert pytest_source(call).splitlines() == [
            '"""A call from +12125550123 to +19195550100, copied from the emulator."""',
            "",
            "import pytest",
            "from callcontrol.emulator import Core",
            "",
            "",
            "@pytest.fixture",
            "def voice_application() -> object:",
            '    """Return the application: its URL, or a WSGI or ASGI object."""',
            '    return "https://app.example"',
            "",
            "",
            "def test_call(voice: Core) -> None:",
            '    """The application behaves as it did in the call."""',
            '    call = voice.dial("/answer")',
            '    call.expect_speech("Welcome.")',
            '    call.press("1")',
            '    call.expect_speech("Bye.")',
        ]

    def test_unknown_members_of_requests_are_not_copied(self) -> None:
        """The name of a member could be any code. Clients in other languages may send members that the API ignores."""
        core = Core(answering({**MENU, "/answer": "<Response><Pause duration='50'/></Response>"}))
        headers = Headers({"Content-Type": "application/json", "Authorization": "Basic dXNlcjpwYXNzd29yZA=="})
        code = "x=print(1), y"
        answer = {"answerUrl": "https://app.example/answer", "applicationId": "1b2c3d4e-0000-4000-8000-123456789abc"}
        detection = {"mode": "sync", "callbackUrl": "https://app.example/", "username": "u", "password": "SECRET", code: 1}
        for method, url, body in (
            ("POST", "", {"to": "+13365550142", "from": "+19195550100", **answer, "machineDetection": detection, code: 1}),
            ("POST", "/{}", {"redirectUrl": "https://app.example/menu", code: 1}),
        ):
            call_id = core.calls[0].call_id if core.calls else ""
            target = f"https://voice.example/api/v2/accounts/9900123/calls{url.format(call_id)}"
            assert core.handle(Request(method, target, headers, json.dumps(body).encode())).is_success
            core.advance(5)
        source = pytest_source(core.calls[0])
        assert "client.update_call" in source
        assert "print" not in source
        assert "SECRET" not in source
        assert source.count(NOT_COPIED) == 1

    def test_passwords_are_not_copied(self) -> None:
        """A comment takes the place of a password."""
        core = Core(answering(MENU))
        call = core.dial("/answer", username="u", password="s3cret", fallback_url="/again", fallback_password="s3cret")
        source = pytest_source(call)
        assert "s3cret" not in source
        assert body(source)[:2] == [
            "# the call had a password, which is not copied; add it below",
            'call = voice.dial("/answer", username="u", fallback_url="/again")',
        ]

    def test_passwords_in_urls_and_documents_are_not_copied(self) -> None:
        """Passwords in URLs are removed, and a comment says so. Passwords in BXML are hidden."""
        core = Core(lambda *_: [])
        call = core.dial("http://u:s3cret@127.0.0.1:1/answer", status_url="http://u:s3cret@127.0.0.1:1/status?at=a@b")
        call.note("event", "answer", url="http://u:s3cret@127.0.0.1:1/answer")
        call.documents.append("")
        call.note("api", "UpdateCallBxml", content='<Bxml><Redirect redirectUrl="/x" username="u" password="s3cret"/></Bxml>')
        source = pytest_source(call)
        assert "s3cret" not in source
        assert source.count("# the call had a password, which is not copied; add it below") == 3
        assert 'password="••••••"' in source
        assert 'return "http://127.0.0.1:1"' in source
        assert 'status_url="http://127.0.0.1:1/status?at=a@b"' in source

    def test_password_of_a_redirect_is_not_copied(self) -> None:
        """The URL of the redirect has no user name and no password, and a comment says so."""
        core = Core(answering({**MENU, "/wait": "<Response><Pause duration='50'/></Response>"}))
        call = core.dial("/wait")
        core.advance(1)
        client = Client("9900123", BasicAuth("user", "password"), send=core.handle)
        client.update_call(call.call_id, redirect_url="https://u:s3cret@app.example/wait")
        source = pytest_source(call)
        assert "s3cret" not in source
        assert source.count("# the call had a password, which is not copied; add it below") == 1
        assert 'redirect_url="https://app.example/wait"' in source

    def test_seconds_of_a_long_call_are_exact(self) -> None:
        """They are not rounded to six digits."""
        core = Core(answering({"/answer": "<Response>" + "<Pause duration='3600'/>" * 9 + "</Response>"}))
        call = core.dial("/answer")
        core.advance(12345.67)
        call.hang_up()
        core.run()
        assert "voice.advance(12345.67)" in body(pytest_source(call))

    def test_a_call_without_a_webhook(self) -> None:
        """A call that has sent no webhook has no known application."""
        source = pytest_source(Core(answering(MENU)).dial("/answer"))
        assert "    return None" in source
        assert body(source) == ['call = voice.dial("/answer")']

    def test_a_leg_is_copied_with_its_call(self) -> None:
        """The test of a leg is the test of the call whose Transfer created the leg."""
        core = Core(answering({"/answer": TRANSFER, "/whisper": ""}))
        call = core.dial("/answer")
        core.advance(1)
        assert pytest_source(call.legs[0]) == pytest_source(call)

    def test_a_call_of_a_client(self) -> None:
        """The test creates the call with a client, without passwords."""
        core = Core(answering(MENU))
        client = Client("9900123", BasicAuth("user", "password"), send=core.handle)
        created = client.create_call(
            **{**NEW_CALL, "answer_url": "https://app.example/answer"}, username="u", password="s3cret"
        )
        source = pytest_source(core.call(created.call_id))
        assert "s3cret" not in source
        assert "\nfrom callcontrol import BasicAuth, Client\n" in source
        assert body(source)[:4] == [
            'client = Client("9900123", BasicAuth("user", "password"), send=voice.handle, pause=voice.advance)',
            "# the call had a password, which is not copied; add it below",
            "created = client.create_call(",
            '    to="+12125550123",',
        ]

    def test_prompt_soon_after_audio_of_a_stream(self) -> None:
        """In real time, the order of audio and prompts differs between runs, so the test expects only the prompts."""
        with Core(answering({"/answer": DOCUMENTS["/wait"]}), speed=1) as core:
            call = core.dial("/answer")
            call.expect_speech("wait")
            for sentence in ("Go on.", "Stop."):
                call.note("played", 'stream "bot"')
                call.note("spoken", sentence)
                time.sleep(UNCERTAIN)
            lines = body(pytest_source(call))
        assert lines == [
            'call = voice.dial("/answer")',
            *(f'call.expect_speech("{text}")' for text in ("Wait.", "Go on.", "Stop.")),
        ]

    def test_sounds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file is named. Silence takes the place of other sounds, because they are not kept."""
        monkeypatch.chdir(tmp_path)
        Path("hello.wav").write_bytes(to_wav(tone(0.5)))
        core = Core(answering({"/answer": '<Response><Record silenceTimeout="9"/></Response>'}))
        call = core.dial("/answer")
        core.advance(0)
        call.say("Hello.", audio="hello.wav")
        call.plays(Path("hello.wav"))
        call.say("I am Ann.", audio=tone(0.25))
        call.plays(tone(1.5))
        source = pytest_source(call)
        assert "\nfrom callcontrol.emulator.audio import silence\n" in source
        assert [line for line in body(source) if "advance" not in line] == [
            'call = voice.dial("/answer")',
            'call.say("Hello.", audio="hello.wav")',
            'call.plays("hello.wav")',
            SOUND_NOT_COPIED,
            'call.say("I am Ann.", audio=silence(0.25))',
            SOUND_NOT_COPIED,
            "call.plays(silence(1.5))",
        ]

    def test_long_lines_are_broken(self) -> None:
        """A long function call has one line for each argument, and a word that is too long is cut."""
        core = Core(answering({"/answer": f"<Response><SpeakSentence>{'x' * 200}</SpeakSentence></Response>"}))
        call = core.dial("/answer", to="sip:" + "y" * 60 + "@example.com", status_url="/status", callback_timeout=20)
        call.expect_speech("x")
        assert body(pytest_source(call)) == [
            "call = voice.dial(",
            '    "/answer",',
            f'    to="sip:{"y" * 60}@example.com",',
            '    status_url="/status",',
            "    callback_timeout=20,",
            ")",
            "call.expect_speech(",
            f'    "{"x" * 80}",',
            ")",
        ]


def body(source: str) -> list[str]:
    """Return the lines of the test function after its docstring, without their indentation."""
    lines = source.splitlines()
    return [line[4:] for line in lines[lines.index("def test_call(voice: Core) -> None:") + 2 :]]
