"""``callcontrol phone``: an application is called, by a person or by a script."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

import pytest

from callcontrol import Client, Headers, OAuth2, Reply, Request
from callcontrol.command import phone
from callcontrol.command.keyboard import Draft, HangUp, Keyboard, Press, Say, Stay, Touch
from callcontrol.command.live_view import Screen
from callcontrol.command.phone import Left, Talk, _hangs_up
from callcontrol.command.serving import Noted
from callcontrol.emulator import Core
from callcontrol.emulator.calls import Call
from callcontrol.emulator.server import Server
from tests.callcontrol.command.conftest import Ran, Run
from tests.callcontrol.command.test_process import COMMAND, environment
from tests.callcontrol.emulator.document_application import BYE, MENU, answering

FORWARD = '<Response><Forward to="+13365550142"/></Response>'
"""Which lasts until somebody hangs up."""

GATHERS = {"/answer": '<Response><Gather maxDigits="1" gatherUrl="/menu"/></Response>', "/menu": "<Response/>"}
"""Which is silent."""

Application = Callable[[Mapping[str, str]], str]


@pytest.fixture
def application() -> Iterator[Application]:
    """Has an application listen that answers paths with documents, and gives the URL of its first one."""
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
    """Return once something listens there."""
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end, "nothing has begun to listen"
            time.sleep(0.01)
        else:
            return


def lines(ran: Ran) -> list[str]:
    """What was shown, without times, down to the timeline."""
    return [line[8:].strip() for line in ran.out.partition("\n\ntimeline")[0].splitlines()[1:]]


class TestFast:
    """Nothing takes its time."""

    def test_a_call(self, run: Run, application: Application) -> None:
        """What is said and what goes by is shown, a line is pressed where it is listened to, and the timeline ends it."""
        url = application(MENU)
        ran = run("phone", url, "--fast", "--status-url", url.replace("answer", "status"), stdin="1\n")
        head, *_ = ran.out.splitlines()
        assert (ran.code, ran.err) == (0, "")
        assert re.fullmatch(rf"calling {url} from \+12125550123 to \+19195550100; the call is c-[0-9a-f-]+", head)
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
        timeline = ran.out.partition("timeline of c-")[2].splitlines()
        assert (
            timeline[-2]
            == f"    0.72  event     disconnect · method: POST · url: {url.replace('answer', 'status')} · cause: hangup"
        )

    def test_who_calls_whom(self, run: Run, application: Application) -> None:
        """The numbers and the method are as they are given."""
        url = application(MENU)
        numbers = ("--to", "+13365550142", "--from", "sip:desk@pbx.example")
        ran = run("phone", url, "--fast", "--method", "GET", *numbers)
        assert ran.out.startswith(f"calling {url} from sip:desk@pbx.example to +13365550142; ")
        assert f"→ initiate  GET {url}" in lines(ran)

    def test_prompts_are_heard_to_their_end(self, run: Run, application: Application) -> None:
        """A key is pressed once all prompts are over, for nobody has to wait for them."""
        prompts = "<SpeakSentence>One.</SpeakSentence><PlayAudio>/two.wav</PlayAudio>"
        ran = run("phone", application({"/answer": f"<Response><Gather>{prompts}</Gather></Response>"}), "--fast", stdin="1\n")
        shown = lines(ran)
        assert shown.index("pressed 1") == shown.index("“One.”") + 2

    def test_a_turn_is_a_line(self, run: Run, application: Application) -> None:
        """What comes after the keys of a line waits for the next time that something is listened to."""
        gather = '<Gather gatherUrl="/menu"/>'
        documents = {"/answer": f"<Response>{gather}</Response>", "/menu": "<Response><Gather maxDigits='2'/></Response>"}
        ran = run("phone", application(documents), "--fast", stdin="12\n34\n")
        assert [line for line in lines(ran) if line.startswith("gathered")] == ["gathered 12", "gathered 34"]

    def test_a_line_of_silence(self, run: Run, application: Application) -> None:
        """An empty line, and the end of all lines, let the time to answer pass."""
        documents = {"/answer": "<Response><Gather/><Gather/><Gather/></Response>"}
        ran = run("phone", application(documents), "--fast", stdin="\n2\n")
        assert [line for line in lines(ran) if line.startswith("gathered")] == [
            "gathered nothing",
            "gathered 2",
            "gathered nothing",
        ]

    def test_nothing_more_to_say(self, run: Run, application: Application) -> None:
        """After the last line one question passes in silence, and who asks again is hung up on, who may ask for ever."""
        again = '<Gather/><SpeakSentence>Again.</SpeakSentence><Redirect redirectUrl="/answer"/>'
        ran = run("phone", application({"/answer": f"<Response>{again}</Response>"}), "--fast", stdin="1#\n")
        shown = lines(ran)
        assert [line for line in shown if line.startswith("gathered")] == ["gathered 1#", "gathered nothing"]
        assert (ran.code, shown[-1]) == (0, "disconnected · hangup")
        assert shown.count("“Again.”") == 2

    @pytest.mark.parametrize(
        ("reaction", "cause"), [("is-busy", "busy"), ("rejects", "rejected"), ("does-not-answer", "timeout")]
    )
    def test_other_phones(self, run: Run, application: Application, reaction: str, cause: str) -> None:
        """A number that is called reacts as it is told."""
        transfer = '<Transfer transferCompleteUrl="/over"><PhoneNumber>+13365550142</PhoneNumber></Transfer>'
        documents = {"/answer": f"<Response>{transfer}</Response>", "/over": "<Response/>"}
        ran = run("phone", application(documents), "--fast", "--phone", f"+13365550142={reaction}")
        (over,) = (line for line in lines(ran) if line.startswith("→ transferComplete"))
        assert f"cause: {cause}" in over

    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    @pytest.mark.parametrize("url", ["http://x:99999/", "http://[::::]/"])
    def test_a_url_that_is_none(self, run: Run, url: str, more: tuple[str, ...]) -> None:
        """It is refused in a sentence, wherever it stands."""
        for given in ((url,), ("http://localhost:9/", "--status-url", url)):
            ran = run("phone", "--fast", *given, *more)
            assert (ran.code, ran.out) == (2, "")
            assert ran.err.startswith("callcontrol: ")
            assert len(ran.err.splitlines()) == 1

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ("+13365550142", "it is a number, =, and one of answers, is-busy, rejects, does-not-answer"),
            ("+13365550142=busy", "it is a number, =, and one of answers, is-busy, rejects, does-not-answer"),
            ("=is-busy", "it is a number, =, and one of answers, is-busy, rejects, does-not-answer"),
            (
                "336=is-busy",
                '336: number="336" is not a phone number in E.164 form or a SIP URI; expected + and 2 to 15 digits',
            ),
        ],
    )
    def test_other_phones_that_are_none(self, run: Run, given: str, sentence: str) -> None:
        """They are named before anything is called."""
        ran = run("phone", "http://localhost:9/answer", "--phone", given)
        assert (ran.code, ran.out) == (2, "")
        assert sentence in ran.err

    def test_words(self, run: Run, application: Application) -> None:
        """What begins with a letter is said."""
        documents = {"/answer": '<Response><Gather input="speech"/></Response>'}
        ran = run("phone", application(documents), "--fast", stdin="Sales, please.\n")
        assert "gathered Sales, please." in lines(ran)

    def test_a_message(self, run: Run, application: Application) -> None:
        """In a recording a turn goes on after what was said."""
        documents = {"/answer": '<Response><Record terminatingDigits="#"/></Response>'}
        ran = run("phone", application(documents), "--fast", stdin="Call me.\n#\n")
        shown = lines(ran)
        assert shown.index("pressed #") == shown.index("said Call me.") + 1

    def test_lines_that_are_none(self, run: Run, application: Application) -> None:
        """A line that is neither keys nor words is named, and left out."""
        ran = run("phone", application(MENU), "--fast", stdin="+1\x9b\n1\n")
        assert ran.err == "callcontrol: +1\\x9b: this is neither keys nor words\n"
        assert "gathered 1" in lines(ran)

    def test_nobody_does_anything_any_more(self, run: Run, application: Application) -> None:
        """A call that would wait for ever goes on waiting for its caller, and is hung up once there are no lines."""
        ran = run("phone", application({"/answer": FORWARD}), "--fast", stdin="1\n")
        assert lines(ran)[-5:] == [
            "joined +13365550142",
            "pressed 1",
            "ignored nothing listened to the key 1",
            "left +13365550142",
            "disconnected · hangup",
        ]

    def test_json(self, run: Run, application: Application) -> None:
        """For programs each thing is an object."""
        ran = run("phone", application(MENU), "--fast", "--json", stdin="1\n")
        assert [each["text"] for each in ran.records if each["kind"] == "spoken"] == ["Welcome.", "Bye."]
        assert len({each["id"] for each in ran.records}) == 1

    def test_attributes_that_are_newer(self, run: Run, application: Application) -> None:
        """An attribute that the configuration allows is allowed here."""
        url = application({"/answer": '<Response><Pause new="1"/></Response>'})
        assert run("phone", url, "--fast").code == 1
        Path("bxml.toml").write_text('allow-attributes = ["Pause/@new"]', encoding="utf-8")
        assert run("phone", url, "--fast").code == 0


class TestEnds:
    """How it ends, and the exit code."""

    def test_invalid_bxml(self, run: Run, application: Application) -> None:
        """A document that is not valid is shown with its report, and is an error."""
        ran = run("phone", application({"/answer": "<Response>\n<Gather maxDigits='51'/></Response>"}), "--fast")
        assert ran.code == 1
        assert "  2 | <Gather maxDigits='51'/></Response>\n" in ran.out
        assert ran.err.startswith("callcontrol: the call ended with invalid-bxml: 2:")

    def test_callback_error(self, run: Run, application: Application) -> None:
        """An application that answers with an error is one."""
        url = application({"/answer": '<Response><Redirect redirectUrl="/nowhere"/></Response>'})
        ran = run("phone", url, "--fast")
        said = f"the event redirect was not answered by {url.replace('answer', 'nowhere')} (the status was 404)"
        assert (ran.code, ran.err) == (1, f"callcontrol: the call ended with callback-error: {said}\n")

    def test_an_error_without_words(self, run: Run, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of an error of which nothing is known that is said."""
        monkeypatch.setattr(phone, "GO_WELL", frozenset())
        assert run("phone", application({"/answer": BYE}), "--fast").err == (
            "callcontrol: the call ended with hangup: nothing more is known\n"
        )

    @pytest.mark.parametrize("document", ["", "<Response><Hangup/></Response>"])
    def test_a_call_that_is_rejected(self, run: Run, application: Application, document: str) -> None:
        """That an application rejects the call is its right."""
        ran = run("phone", application({"/answer": document}), "--fast")
        assert (ran.code, lines(ran)[-1]) == (0, "disconnected · rejected")

    def test_nothing_listens(self, run: Run) -> None:
        """Where nothing listens, that is said in one sentence."""
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        ran = run("phone", f"http://127.0.0.1:{port}/", "--fast")
        assert (ran.code, ran.err) == (
            2,
            f"callcontrol: the application has not answered: cannot connect to 127.0.0.1:{port}\n",
        )
        assert "timeline" not in ran.out

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
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
            (["http://x", "--port", "65536"], "invalid value for '--port': it is a whole number up to 65535"),
            (["http://x", "--port", "1", "--fast"], "--fast and --port exclude each other"),
            ([], "missing argument 'URL'"),
        ],
    )
    def test_what_cannot_run(self, run: Run, arguments: list[str], sentence: str) -> None:
        """What is wrong with the arguments is said."""
        ran = run("phone", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {sentence}")

    def test_options_of_the_account(self, run: Run) -> None:
        """What is for the API alone is not taken and ignored."""
        ran = run("--timeout", "4", "--user", "x", "phone", "http://x")
        assert ran.err.startswith("callcontrol: only the commands that ask the API take --timeout and --user; ")


def test_a_rehearsal(run: Run) -> None:
    """``--dry-run`` shows the first request, and sends nothing."""
    ran = run("phone", "http://localhost:9/answer", "--to", "+13365550142", "--dry-run")
    (record,) = ran.records
    assert (ran.code, record["method"], record["url"]) == (0, "POST", "http://localhost:9/answer")
    assert record["headers"] == {"Content-Type": "application/json"}
    assert (record["body"]["eventType"], record["body"]["to"]) == ("initiate", "+13365550142")


class TestInTime:
    """Time goes as it does."""

    def test_lines(self, run: Run, application: Application) -> None:
        """A line is pressed once it is listened to, and takes the time it takes."""
        documents = {
            "/answer": f"<Response><Pause duration='0.2'/>{GATHERS['/answer'][10:-11]}</Response>",
            "/menu": "<Response><Gather maxDigits='2'/></Response>",
        }
        began = time.monotonic()
        ran = run("phone", application(documents), stdin="1\n23\n")
        assert (ran.code, ran.err) == (0, "")
        assert [line for line in lines(ran) if line.startswith("gathered")] == ["gathered 1", "gathered 23"]
        assert time.monotonic() - began > 0.2

    def test_keys_in_the_background(self, run: Run, application: Application) -> None:
        """Keys are taken while StartGather listens as well."""
        documents = {"/answer": "<Response><StartGather dtmfUrl='/keys'/><Pause duration='0.2'/></Response>", "/keys": ""}
        shown = lines(run("phone", application(documents), stdin="7\n"))
        assert "pressed 7" in shown
        assert any(line.startswith("→ dtmf") for line in shown)

    def test_nothing_more_to_say(self, run: Run, application: Application) -> None:
        """Who asks a second time after the last line is hung up on."""
        again = '<Gather firstDigitTimeout="1"/><Redirect redirectUrl="/answer"/>'
        ran = run("phone", application({"/answer": f"<Response>{again}</Response>"}))
        assert [line for line in lines(ran) if line.startswith("gathered")] == ["gathered nothing"]
        assert (ran.code, lines(ran)[-1]) == (0, "disconnected · hangup")

    def test_nobody_does_anything_any_more(self, run: Run, application: Application) -> None:
        """A call that would wait for ever is hung up once there are no lines."""
        assert lines(run("phone", application({"/answer": FORWARD})))[-1] == "disconnected · hangup"

    def test_it_can_be_the_api(self, run: Run, application: Application) -> None:
        """With ``--port`` the call can be interrupted meanwhile, as any call."""
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
        head = f"the API is at http://127.0.0.1:{port}/api/v2; what drives calls is at http://127.0.0.1:{port}/emulator"
        assert ran.out.startswith(f"{head}\ncalling ")
        assert lines(ran)[-3:] == ["api UpdateCallBxml", "“!”", "disconnected · hangup"]


def talk(core: Core, url: str, *touches: Touch, is_typed: bool = True, **dialled: Any) -> tuple[Call, Talk]:
    """A call, and a caller who has done this already."""
    inbox: SimpleQueue[Noted | Touch] = SimpleQueue()
    core.watch(lambda who, entry: inbox.put(Noted(who, entry)))
    call = core.dial(url, **dialled)
    for touch in touches:
        inbox.put(touch)
    return call, Talk(core, call, Screen(), inbox, is_typed=is_typed)


class TestTyping:
    """Keys that are typed count at once."""

    def test_in_time(self) -> None:
        """They do, whether anything listens or not, and silence is nothing."""
        answer = threading.Event()
        with Core(answering(GATHERS, {"/answer": lambda: answer.wait(10)}), speed=1) as core:
            call, talking = talk(core, "/answer", Press("4"), Stay(), Say("Hm."), Draft("x"), Draft(""))

            def go_on() -> None:
                core._simulation.until(lambda: len(call.timeline.texts("ignored")) == 2, 10)
                answer.set()
                core._simulation.until(lambda: call.listens, 10)
                talking._inbox.put(Press("1"))

            with ThreadPoolExecutor(1) as beside:
                beside.submit(go_on)
                talking.in_time()
        assert call.timeline.texts("ignored") == ["nothing listened to the key 4", "nothing listened to what was said"]
        assert call.timeline.texts("gathered") == ["1"]

    def test_fast(self, application: Application) -> None:
        """Time stands still between them, until nothing is pressed any more."""
        documents = {"/answer": '<Response><Gather gatherUrl="/menu"/></Response>', "/menu": "<Response/>"}
        core = Core()
        call, talking = talk(core, application(documents), Press("1"))

        def type_later() -> None:
            for touch in (Press("2"), Stay()):
                talking._inbox.put(touch)

        threading.Timer(0.1, type_later).start()
        talking.fast()
        assert call.timeline.texts("gathered") == ["12"]
        first, second, gathered = (entry.at for entry in call.timeline if entry.kind in {"pressed", "gathered"})
        assert (first, second, gathered) == (0, 0, 5)

    def test_hanging_up(self, application: Application) -> None:
        """Whoever hangs up hears what comes of it; whoever does so again leaves."""
        url = application({"/answer": FORWARD})
        for touches in ([HangUp()], [Press("1"), HangUp()]):
            core = Core()
            call, talking = talk(core, url, *touches, status_url=url)
            talking.fast()
            assert (call.disconnect_cause, call.timeline.events[-1]) == ("hangup", "disconnect")
        with Core(speed=1) as core:
            _, talking = talk(core, url, HangUp(), HangUp(), status_url=url)
            with pytest.raises(Left):
                talking.in_time()

    def test_what_comes_after_the_end(self, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
        """What comes after the end of a call is waited for, but not for ever."""
        url = application({"/answer": "<Response><StartRecording recordingAvailableUrl='https://127.0.0.1:9'/></Response>"})
        monkeypatch.setattr(phone, "AFTERWARDS", 0.1)
        with Core(speed=1) as core:
            call, talking = talk(core, url)
            talking.in_time()
            assert (call.disconnect_cause, core.is_idle) == ("hangup", False)
        with Core(speed=40) as core:
            call, talking = talk(core, url)
            talking.in_time()
            assert core.is_idle

    def test_leaving_a_fast_call(self, application: Application) -> None:
        """Also what comes after the end of a call can be left."""
        url = application({"/answer": BYE})
        core = Core()
        call, talking = talk(core, url, status_url=url)
        core.run()
        talking._inbox.put(HangUp())
        with pytest.raises(Left):
            talking.fast()
        assert call.disconnect_cause == "hangup"


def test_interruptions() -> None:
    """The first interruption hangs up, and the next one ends the command wherever it is."""
    inbox: SimpleQueue[Any] = SimpleQueue()
    interrupted = _hangs_up(inbox)
    interrupted()
    assert inbox.get(timeout=1) == HangUp()
    with pytest.raises(KeyboardInterrupt):
        interrupted()


class Terminal:
    """A process on a terminal, and what it has shown there."""

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
        """Wait until a text is shown that was not waited for before."""
        end = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.ours], [], [], 0.1)[0]:
                self.shown += os.read(self.ours, 4096).decode("utf-8", "replace")
        self.shown = self.shown.partition(text)[2]

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.ours, keys)

    def end(self) -> int:
        """The exit code of the process, which leaves the terminal as it was."""
        code = self.process.wait(timeout=20)
        assert termios.tcgetattr(self.its) == self.before
        os.close(self.its)
        os.close(self.ours)
        return code


class TestTerminal:
    """A person is at the phone."""

    def test_a_call(self, application: Application) -> None:
        """Keys count at once, and what is written is said with Enter."""
        documents = {**MENU, "/menu": '<Response><Gather input="speech" gatherUrl="/over"/></Response>', "/over": "<Response/>"}
        terminal = Terminal("phone", application(documents))
        terminal.see("0-9 * # are keys; ")
        terminal.see("“Welcome.”")
        terminal.type(b"1")
        terminal.see("gathered 1")
        terminal.see("← 200")
        terminal.type(b"Ye")
        terminal.see("say: Ye")
        terminal.type(b"s.\r")
        terminal.see("said Yes.")
        terminal.see("gathered Yes.")
        terminal.see("timeline of c-")
        assert terminal.end() == 0

    def test_the_keys_are_told(self, run: Run, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever types is told how."""

        class Typed(Keyboard):
            def __enter__(self) -> Self:
                super().__enter__()
                self.is_typed = True
                return self

        monkeypatch.setattr(phone, "Keyboard", Typed)
        ran = run("phone", application({"/answer": BYE}), "--fast")
        assert ran.out.startswith("0-9 * # are keys; a letter begins what is said, Enter ends it; Ctrl-C hangs up\ncalling ")

    @pytest.mark.parametrize("how", ["Ctrl-D", signal.SIGINT, signal.SIGTERM])
    def test_hanging_up(self, application: Application, how: Any) -> None:
        """Ctrl-D and Ctrl-C hang up, as the system does, and the terminal is as before."""
        terminal = Terminal("phone", application({"/answer": "<Response><Pause duration='60'/></Response>"}))
        terminal.see("answered")
        terminal.type(b"\x04") if how == "Ctrl-D" else terminal.process.send_signal(how)
        terminal.see("disconnected · hangup")
        assert terminal.end() == 0

    def test_a_fast_call(self, application: Application) -> None:
        """Time stands still until a key is pressed."""
        terminal = Terminal("phone", application(MENU), "--fast")
        terminal.see("“Welcome.”")
        terminal.type(b"1")
        terminal.see("    0.48  pressed 1")
        terminal.see("“Bye.”")
        assert terminal.end() == 0
