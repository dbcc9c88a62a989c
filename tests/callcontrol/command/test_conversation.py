"""The exchange between the calls of ``phone`` and the person who holds the phones."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from time import monotonic, sleep
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from bxml import Response, SpeakSentence
from bxml.builder.verbs import Verb
from callcontrol.command import conversation as conversation_module
from callcontrol.command.call_summary import failures
from callcontrol.command.conversation import Conversation
from callcontrol.command.emulator_and_phone import PartyEntry
from callcontrol.command.keyboard import (
    Draft,
    EndOfInput,
    HangUp,
    Input,
    Invalid,
    Play,
    Press,
    PutDown,
    Say,
    ShowDocument,
    Silence,
    Switch,
    Wait,
)
from callcontrol.command.live_view import LiveView
from callcontrol.command.own_phone import OwnPhone
from callcontrol.emulator import Call, Core, calls
from callcontrol.emulator.audio import encode_pcmu, to_wav
from callcontrol.emulator.scheduler import Timer
from tests.callcontrol.emulator.document_application import BYE, MENU, answering
from tests.callcontrol.emulator.streams.bot_application import play_audio, streaming, tone
from tests.callcontrol.emulator.streams.test_network_streams import serving

FORWARD = '<Response><Forward to="+13365550142"/></Response>'
"""A document that keeps a call alive until a party hangs up."""

SPEECH = '<Gather input="speech" speechTimeout="1"/>'
"""A verb that listens to speech."""

ROOM = "<Conference>room</Conference>"
"""A verb that keeps an answered call alive until a party hangs up."""

GATHERS = {"/answer": '<Response><Gather maxDigits="1" gatherUrl="/menu"/></Response>', "/menu": "<Response/>"}
"""The document for each path. The first document gathers one key without a prompt. The second document is empty."""

SECOND = "+13365550142"
"""The number of the person's second phone."""

TRANSFER = f"<Response><Transfer transferCompleteUrl='/over'><PhoneNumber{{}}>{SECOND}</PhoneNumber></Transfer></Response>"
"""A document that calls the second phone. The placeholder ``{}`` is for attributes of the leg."""

PARKED = "<Response><Ring duration='30'/><Redirect redirectUrl='/answer'/></Response>"
"""A document that parks a call until the application does something else with the call."""

FILE = (EndOfInput(),)
"""The inputs of an empty file."""


@pytest.fixture(autouse=True)
def _no_waiting_for_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_module, "UNREAD_SECONDS", 0)


def begin(core: Core, *inputs: Input, is_interactive: bool = True, **dialled: Any) -> tuple[Call, Conversation]:
    """Make a call. Return the call, and a conversation whose inputs are already in the queue."""
    inbox: SimpleQueue[PartyEntry | Input] = SimpleQueue()
    core.watch(lambda party, entry: inbox.put(PartyEntry(party, entry)))
    core.phone(SECOND).answers()
    conversation = Conversation(core, LiveView(), inbox, own_numbers=[SECOND], is_interactive=is_interactive)
    call = core.dial("/answer", **dialled)
    conversation.take(OwnPhone(call.from_, call))
    for each in inputs:
        inbox.put(each)
    return call, conversation


def converse(
    documents: dict[str, str], *inputs: Input, is_interactive: bool = False, **dialled: Any
) -> tuple[Call, Conversation]:
    """Run a call in virtual time to its end. Return the call and its conversation. The inputs are already in the queue."""
    call, conversation = begin(Core(answering(documents)), *inputs, is_interactive=is_interactive, **dialled)
    conversation.run()
    return call, conversation


def gathered(call: Call) -> list[str]:
    """Return the results of the Gathers of a call."""
    return call.timeline.texts("gathered")


class TestTerminal:
    """Input that a person types."""

    def test_keys_take_effect_at_once_in_real_time(self) -> None:
        """In real time, keys and speech take effect at once, even if no verb listens; Enter alone has no effect."""
        answer = threading.Event()
        with Core(answering(GATHERS, {"/answer": lambda: answer.wait(10)}), speed=1) as core:
            call, conversation = begin(core, Press("4"), Silence(), Say("Hm."), Draft("x"), Draft(""))

            def go_on() -> None:
                core._simulation.until(lambda: len(call.timeline.texts("ignored")) == 2, 10)
                answer.set()
                core._simulation.until(lambda: call.listens, 10)
                conversation._inbox.put(Press("1"))

            with ThreadPoolExecutor(1) as beside:
                beside.submit(go_on)
                conversation.run()
        assert call.timeline.texts("ignored") == ["no verb was listening for key 4", "no verb was listening for speech"]
        assert gathered(call) == ["1"]

    def test_virtual_time_waits_for_each_key(self) -> None:
        """Virtual time does not advance between keys until Enter lets the prompt time out."""
        core = Core(answering({"/answer": '<Response><Gather gatherUrl="/menu"/></Response>', "/menu": "<Response/>"}))
        call, conversation = begin(core, Press("1"))

        def type_later() -> None:
            for each in (Press("2"), Silence()):
                conversation._inbox.put(each)

        threading.Timer(0.1, type_later).start()
        conversation.run()
        assert gathered(call) == ["12"]
        first, second, result = (entry.at for entry in call.timeline if entry.kind in {"pressed", "gathered"})
        assert (first, second, result) == (0, 0, 5)

    def test_virtual_time_stops_while_keys_are_reported(self) -> None:
        """While StartGather is active, virtual time waits for a key or Enter at each verb."""
        documents = {"/answer": "<Response><StartGather dtmfUrl='/keys'/><Pause/><Pause/></Response>", "/keys": ""}
        call, _ = converse(documents, Press("1"), Silence(), Press("2"), Silence(), is_interactive=True)
        assert [(entry.at, entry.text) for entry in call.timeline if entry.kind == "pressed"] == [(0, "1"), (1, "2")]

    def test_keys_wait_for_the_end_of_a_prompt_in_virtual_time(self) -> None:
        """In virtual time, a key that is typed early is pressed at the end of the prompt."""
        call, _ = converse(MENU, Press("1"), is_interactive=True)
        assert [entry.at for entry in call.timeline if entry.kind == "pressed"] == [0.48]

    def test_second_hang_up_does_not_wait(self) -> None:
        """After a hang-up the command waits for the last webhooks. A second hang-up ends the command at once."""
        for inputs in ([HangUp()], [Press("1"), HangUp()], [Press("1"), PutDown()]):
            call, _ = converse({"/answer": FORWARD, "/status": ""}, *inputs, is_interactive=True, status_url="/status")
            assert (call.disconnect_cause, call.timeline.events[-1]) == ("hangup", "disconnect")
        answer = threading.Event()
        with Core(answering({"/answer": FORWARD}, {"/status": lambda: answer.wait(10)}), speed=1) as core:
            for last in (HangUp(), PutDown()):
                call, conversation = begin(core, HangUp(), last, status_url="/status")
                conversation.run()
                assert call.state == "disconnected"
            answer.set()

    @pytest.mark.parametrize("last", [HangUp(), PutDown()])
    def test_hang_up_after_the_end_does_not_wait(self, last: Input) -> None:
        """A hang-up after the end of a call ends the wait for the last webhooks."""
        call, conversation = begin(Core(answering({"/answer": BYE, "/over": ""})), status_url="/over")
        conversation._core.run()
        conversation._inbox.put(last)
        conversation._inbox.put(Press("1"))
        conversation.run()
        assert call.disconnect_cause == "hangup"

    def test_last_response_is_awaited(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """After the end of a call, the command waits for the last response. If the wait is long, a message says so."""
        answer = threading.Event()
        monkeypatch.setattr(conversation_module, "FINAL_SECONDS", 0.1)
        documents = {"/answer": BYE, "/over": ""}
        with Core(answering(documents, {"/over": lambda: answer.wait(10)}), speed=40) as core:
            call, conversation = begin(core, status_url="/over")
            threading.Timer(0.5, answer.set).start()
            conversation.run()
            assert core.is_idle
        assert failures([call]) == []
        assert capsys.readouterr().out.count("waiting for the response to disconnect; Ctrl-C ends the wait\n") == 1

    def test_missing_response_is_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the last response does not come, the command waits until the webhook times out, but not forever."""
        answer = threading.Event()
        documents = {"/answer": BYE, "/over": ""}
        for seconds, longest, reason in ((0.2, 10, "no response within 0.2 s"), (15, 0.2, "no response yet")):
            monkeypatch.setattr(conversation_module, "FINAL_SECONDS", 0.1)
            monkeypatch.setattr(conversation_module, "LAST_RESPONSE_SECONDS", longest)
            with Core(answering(documents, {"/over": lambda: answer.wait(10)}), speed=40) as core:
                call, conversation = begin(core, status_url="/over")
                call.callback_timeout = seconds
                conversation.run()
                assert failures([call]) == [f"disconnect ({reason})"]
                answer.set()
            answer.clear()

    def test_other_calls_are_not_awaited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The command does not wait for the end of a call in which the person takes no part."""
        monkeypatch.setattr(conversation_module, "FINAL_SECONDS", 0.1)
        with Core(answering({"/answer": BYE, "/other": "<Response><Pause duration='900'/></Response>"}), speed=40) as core:
            core.dial("/other")
            call, conversation = begin(core)
            conversation.run()
            assert (call.disconnect_cause, core.is_idle) == ("hangup", False)

    def test_key_is_pressed_although_nothing_listens(self) -> None:
        """In virtual time, a key is pressed even if nothing else will happen."""
        call, conversation = begin(Core(answering({"/answer": FORWARD})))
        conversation._core.run()
        conversation._waiting.append(Press("1"))
        conversation._act_although_nothing_listens()
        assert call.timeline.texts("ignored") == ["no verb was listening for key 1"]

    def test_last_document_is_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The last document can be printed in full. Before the first document, a message is printed."""
        _, conversation = begin(Core(answering(GATHERS)), ShowDocument())
        conversation._view._is_detailed = True
        conversation._receive_all()
        assert "no document came yet" in capsys.readouterr().out
        conversation._core.advance(0)
        conversation._receive_all()
        capsys.readouterr()
        conversation._inbox.put(ShowDocument())
        conversation._receive_all()
        assert capsys.readouterr().out.splitlines() == [
            "          <Response>",
            '            <Gather maxDigits="1" gatherUrl="/menu"/>',
            "          </Response>",
        ]

    def test_input_without_an_effect_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Input is reported if it has no meaning or comes too late."""
        inputs = (Invalid("this is nonsense"), Switch(), Press("1"), Press("2"), Say("Yes."), PutDown(), Draft("Hm"))
        converse(GATHERS, *inputs[:-2], inputs[-1], is_interactive=True)
        assert capsys.readouterr().err.splitlines() == [
            "callcontrol: this is nonsense",
            "callcontrol: there is no other phone",
            'callcontrol: not used, because the call had ended: "2", "Yes.", "Hm"',
        ]


class TestFile:
    """Input from a pipe or a file."""

    def test_nothing_listens_to_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A line is reported if verbs do not use the whole line."""
        documents = {**GATHERS, "/menu": f"<Response>{SPEECH}{SPEECH}{ROOM}</Response>"}
        call, _ = converse(documents, Press("12"), Press("3"), Say("Yes."), Say("No."), *FILE)
        assert gathered(call) == ["1", "Speech timeout elapsed before anything was said", "Yes."]
        assert capsys.readouterr().err.splitlines() == [
            'callcontrol: no verb listened to "12"; the last verb was Gather',
            'callcontrol: no verb listened to "3"; the last verb was Gather',
            'callcontrol: no verb listened to "No."; the last verb was Conference',
        ]

    def test_line_without_any_verb_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A line is also reported if the call has not run a verb."""
        core = Core(answering(GATHERS))
        core.delay_webhooks(5)
        _, conversation = begin(core, is_interactive=False)
        conversation._act(conversation.phones[0], Press("1"))
        assert capsys.readouterr().err == 'callcontrol: no verb listened to "1"\n'

    def test_speech_takes_virtual_time(self) -> None:
        """In virtual time, speech lasts as long as the emulator takes to speak it. This is so even if no verb listens."""
        documents = {
            "/answer": '<Response><Record terminatingDigits="#" recordCompleteUrl="/next"/></Response>',
            "/next": f"<Response>{SPEECH}{ROOM}</Response>",
        }
        words = "A hundred characters. " * 5
        call, _ = converse(documents, Say(words), Press("#"), Say(words), Say(words), *FILE)
        (done,) = [entry for entry in call.timeline if entry.text == "recordComplete"]
        assert done.details["duration"] == "PT6.6S"
        assert [entry.at for entry in call.timeline if entry.kind == "gathered"] == [13.2]
        assert call.timeline[-1].at == 19.8

    def test_speech_takes_its_time_in_real_time(self) -> None:
        """In real time, a line is used when the previous line has been spoken, and the last line is spoken to its end."""
        documents = {
            "/answer": '<Response><Record terminatingDigits="#" recordCompleteUrl="/next"/></Response>',
            "/next": f"<Response>{SPEECH}{ROOM}</Response>",
        }
        words = "A hundred characters. " * 5
        with Core(answering(documents), speed=20) as core:
            call, conversation = begin(core, Say(words), Press("#"), Say(words), Say(words), *FILE, is_interactive=False)
            conversation.run()
        (done,) = [entry for entry in call.timeline if entry.text == "recordComplete"]
        assert 6.6 <= float(done.details["duration"][2:-1]) < 10
        said = [entry.at for entry in call.timeline if entry.kind == "said"]
        (heard,) = [entry.at for entry in call.timeline if entry.kind == "gathered"]
        assert heard - said[1] >= 6.6
        assert call.timeline[-1].at - said[2] >= 6.6

    def test_start_gather_gets_a_line_in_virtual_time(self) -> None:
        """In virtual time, the keys of a line are pressed while StartGather is active. The end of the line is not silence."""
        documents = {"/answer": "<Response><StartGather dtmfUrl='/keys'/><Pause/><Pause/></Response>", "/keys": ""}
        call, _ = converse(documents, Press("1"), Press("2"), *FILE)
        assert call.timeline.texts("pressed") == ["1", "2"]
        assert (call.timeline[-1].at, call.timeline.texts("ignored")) == (2, [])

    def test_line_waits_for_its_phone(self) -> None:
        """A line with the number of a phone is used by the call of this phone. Later lines are not used before this line."""
        documents = {
            "/answer": '<Response><Gather firstDigitTimeout="2"/>' + TRANSFER.format(" transferAnswerUrl='/ask'")[10:],
            "/ask": '<Response><Gather maxDigits="1" gatherUrl="/menu"/></Response>',
            "/menu": "",
            "/over": '<Response><Gather maxDigits="2"/></Response>',
        }
        call, conversation = converse(documents, Press("7", SECOND), PutDown(SECOND), Press("12"), *FILE)
        (leg,) = call.legs
        assert [phone.call for phone in conversation.phones] == [call, leg]
        assert (gathered(call), gathered(leg)) == (["", "12"], ["7"])
        assert (leg.disconnect_cause, leg.timeline.texts("left")) == ("hangup", [call.call_id])

    def test_phone_is_put_down_when_its_call_listens(self) -> None:
        """A phone can be put down while its call listens to input."""
        call, _ = converse(GATHERS, PutDown(), *FILE)
        assert (call.disconnect_cause, call.timeline[-1].at) == ("hangup", 0)

    def test_line_for_a_phone_that_is_never_called(self, capsys: pytest.CaptureFixture[str]) -> None:
        """If a phone is never called, its line and all later lines are reported at the end."""
        call, _ = converse(GATHERS, Press("1", SECOND), Press("2"), *FILE)
        assert gathered(call) == [""]
        assert capsys.readouterr().err == (f'callcontrol: not used, because the call had ended: "{SECOND}: 1", "2"\n')

    def test_call_outlives_the_first_one(self) -> None:
        """The conversation continues as long as one of the person's phones has a call."""
        documents = {
            "/answer": FORWARD,
            "/other": '<Response><Gather maxDigits="1" gatherUrl="/menu"/></Response>',
            "/menu": "",
        }
        core = Core(answering(documents))
        call, conversation = begin(core, PutDown("+12125550123"), Press("4"), *FILE, is_interactive=False)
        second = core.dial("/other", from_=SECOND)
        conversation.take(OwnPhone(SECOND, second))
        conversation.run()
        assert (call.disconnect_cause, gathered(second)) == ("hangup", ["4"])

    def test_idle_call_is_hung_up_in_real_time(self, capsys: pytest.CaptureFixture[str]) -> None:
        """In real time, lines are used even if no verb will listen to them, as soon as nothing else will happen in the call."""
        with Core(answering({"/answer": FORWARD}), speed=40) as core:
            call, conversation = begin(core, Press("1"), *FILE, is_interactive=False)
            conversation.run()
        assert call.disconnect_cause == "hangup"
        assert capsys.readouterr().err == 'callcontrol: no verb listened to "1"; the last verb was Forward\n'

    def test_effects_of_a_request_are_awaited(self) -> None:
        """Something happens as long as the effects of a request wait for its response."""
        call, conversation = begin(Core(answering({"/answer": FORWARD})))
        conversation._core.run()
        assert conversation._nothing_happens
        held: list[Timer] = []
        with call.simulation.scheduler.hold(held):
            call.simulation.scheduler.after(0, lambda: None)
        assert not conversation._nothing_happens

    def test_lines_that_are_not_read_yet_are_awaited(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """After the end of the call, the conversation briefly waits for the last lines, because another thread reads them."""
        monkeypatch.setattr(conversation_module, "UNREAD_SECONDS", 5)
        _, conversation = begin(Core(answering({"/answer": BYE})), is_interactive=False)

        def type_later() -> None:
            for each in (Press("2"), EndOfInput()):
                conversation._inbox.put(each)

        threading.Timer(0.1, type_later).start()
        conversation.run()
        assert capsys.readouterr().err == 'callcontrol: not used, because the call had ended: "2"\n'


class TestRequestsInVirtualTime:
    """Requests that come while virtual time stands still, because the person thinks."""

    @pytest.mark.parametrize("is_interactive", [False, True])
    def test_pushed_document_runs_at_once(self, *, is_interactive: bool) -> None:
        """A pushed document runs without any input of the person."""
        core = Core(answering(GATHERS))
        call, conversation = begin(core, is_interactive=is_interactive)

        def push() -> None:
            core.push_bxml(call.call_id, "<Bxml><SpeakSentence>Over.</SpeakSentence></Bxml>")

        threading.Timer(0.3, push).start()
        conversation.run()
        assert (call.timeline.spoken, call.timeline[-1].at, gathered(call)) == (["Over."], 0.3, [])


class TestLoops:
    """Calls that are redirected again and again, and never listen."""

    @pytest.mark.parametrize("speed", [None, 20])
    @pytest.mark.parametrize("hold", ["<Ring duration='30'/>", "<Pause duration='3'/>", "<SpeakSentence>On.</SpeakSentence>"])
    def test_loop_is_hung_up(self, speed: float | None, hold: str) -> None:
        """A line hangs up a ringing call at once, and any other call after its second redirect."""
        core = Core(answering({"/answer": f"<Response>{hold}<Redirect redirectUrl='/answer'/></Response>"}), speed=speed)
        with core:
            call, conversation = begin(core, PutDown(), *FILE, is_interactive=False)
            conversation.run()
        assert call.disconnect_cause == "hangup"
        assert call.timeline.events.count("redirect") == (0 if "Ring" in hold else 2)

    @pytest.mark.parametrize("speed", [None, 60])
    def test_loop_ends_after_the_last_line(self, speed: float | None, capsys: pytest.CaptureFixture[str]) -> None:
        """A minute after the end of the input, the lines that are left are used, and the call is hung up."""
        with Core(answering({"/answer": PARKED}), speed=speed) as core:
            call, conversation = begin(core, Press("1"), *FILE, is_interactive=False)
            conversation.run()
        assert call.disconnect_cause == "hangup"
        assert 60 <= call.timeline[-1].at < 150
        assert capsys.readouterr().err == 'callcontrol: no verb listened to "1"; the last verb was Redirect\n'

    def test_gather_in_a_loop_takes_lines(self) -> None:
        """A loop with a verb that listens is a menu, in which each line waits for its turn."""
        menu = "<Response><Pause/><Gather maxDigits='1'/><Redirect redirectUrl='/answer'/></Response>"
        call, _ = converse({"/answer": menu}, Press("1"), Press("2"), Press("3"), PutDown(), *FILE)
        assert (gathered(call), call.timeline.texts("ignored")) == (["1", "2", "3"], [])

    @pytest.mark.parametrize("is_interactive", [False, True])
    def test_virtual_time_stops_in_a_loop(self, *, is_interactive: bool) -> None:
        """In virtual time, a loop waits for input and for requests of the application. On a terminal, Enter continues."""
        core = Core(answering({"/answer": PARKED, "/next": PARKED}))
        call, conversation = begin(core, is_interactive=is_interactive)
        redirected: list[int] = []

        def wait_and(act: Callable[[], object]) -> None:
            end = monotonic() + 10
            while call.timeline.events.count("redirect") < 2 * (len(redirected) + 1):
                assert monotonic() < end
                sleep(0.01)
            sleep(0.1)
            redirected.append(call.timeline.events.count("redirect"))
            act()

        def act_later() -> None:
            if is_interactive:
                wait_and(lambda: conversation._inbox.put(Silence()))
            wait_and(lambda: core.push_bxml(call.call_id, '<Bxml><Redirect redirectUrl="https://app.example/next"/></Bxml>'))
            wait_and(lambda: conversation._inbox.put(PutDown()))

        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(act_later)
            conversation.run()
        done.result()
        assert call.disconnect_cause == "hangup"
        assert redirected == ([2, 4, 6] if is_interactive else [2, 4])


def two_phones(leg: str = "") -> tuple[Call, Call, Conversation]:
    """Return a call in a Transfer, its leg to the second phone, and their conversation.

    Args:
        leg: Attributes of the leg in the document.
    """
    documents = {"/answer": TRANSFER.format(leg), "/ask": GATHERS["/answer"], "/menu": "", "/over": BYE}
    core = Core(answering(documents))
    call, conversation = begin(core)
    core.advance(0)
    conversation._receive_all()
    (other,) = call.legs
    return call, other, conversation


class TestPhones:
    """Several phones on a terminal."""

    def test_tab_takes_the_next_phone(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Tab takes the next phone, and then the first one again."""
        call, leg, conversation = two_phones()
        assert f"call from +12125550123 to {SECOND}; Tab takes this phone; call id: {leg.call_id}\n" in capsys.readouterr().out
        for held in (leg, call, leg):
            conversation._handle(Switch())
            assert conversation._held.call is held
        assert f"you hold {SECOND}\n" in capsys.readouterr().out

    def test_keys_are_for_the_phone_in_hand(self) -> None:
        """Keys and hang-ups are for the phone in hand. When the call of this phone ends, the person takes another phone."""
        call, leg, conversation = two_phones(" transferAnswerUrl='/ask'")
        for each in (Switch(), Press("1")):
            conversation._inbox.put(each)
        while leg.timeline[-1].kind != "joined":
            conversation._take_turn_in_virtual_time() or conversation._core.step()
            conversation._receive_all()
        conversation._handle(PutDown())
        assert (gathered(leg), leg.disconnect_cause, call.state) == (["1"], "hangup", "answered")
        assert conversation._held.call is call
        conversation.run()
        assert call.timeline.spoken == ["Bye."]

    def test_status_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The last line shows the status of the phone in hand.

        If there are several phones, it also shows the phone's number.
        """
        shown: list[str] = []
        call, leg, conversation = two_phones(" transferAnswerUrl='/ask'")
        monkeypatch.setattr(conversation._view.bottom, "set_status", shown.append)
        conversation._show_status()
        conversation._handle(Switch())
        conversation._show_status()
        leg.hang_up()
        conversation.run()
        keys = "keys 0-9 * # (more keys: 1)"
        assert shown == [f"{call.from_}  Transfer", f"{SECOND}  Gather · {keys} · 5 s", ""]

    def test_hang_up_hangs_up_all_phones(self) -> None:
        """Ctrl-C hangs up the calls of all phones."""
        call, leg, conversation = two_phones()
        conversation._handle(HangUp())
        assert (call.state, leg.state) == ("disconnected", "disconnected")

    def test_input_before_a_call_has_no_effect(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Before a call, keys on a terminal have no effect. A typed line is kept for the call. A hang-up ends the wait."""
        for is_interactive in (True, False):
            inbox: SimpleQueue[PartyEntry | Input] = SimpleQueue()
            conversation = Conversation(Core(), LiveView(), inbox, own_numbers=[SECOND], is_interactive=is_interactive)
            for each in (Press("1"), Silence(), Switch(), HangUp()):
                inbox.put(each)
            conversation.run()
            assert conversation.phones == []
        assert capsys.readouterr().err.splitlines() == [
            'callcontrol: "1" has no effect, because there is no call yet',
            'callcontrol: "Enter" has no effect, because there is no call yet',
            "callcontrol: there is no other phone",
            "callcontrol: there is no other phone",
            'callcontrol: not used, because there was no call: "1"',
        ]


class Bot:
    """A bot on the network. It plays a tone when a stream starts, and answers whenever the caller begins to make sounds.

    Args:
        seconds: The length of a tone, in seconds.

    Attributes:
        heard: The times at which the caller began to make sounds, in seconds since the start of the stream.
    """

    def __init__(self, seconds: float = 0.5) -> None:
        self.heard: list[float] = []
        self._answer = json.dumps(play_audio(encode_pcmu(tone(seconds))))

    def __call__(self, socket: ServerConnection) -> None:
        frames, last = 0, -100
        with suppress(ConnectionClosed):
            for received in map(json.loads, socket):
                if received["eventType"] == "start":
                    socket.send(self._answer)
                frames += received["eventType"] == "media"
                if received["eventType"] == "media" and b64decode(received["payload"]).strip(b"\xff"):
                    if frames - last > 10:
                        self.heard.append(frames / 50)
                        socket.send(self._answer)
                    last = frames


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a WAV file of one second, relative to the current directory."""
    monkeypatch.chdir(tmp_path)
    Path("my sound.wav").write_bytes(to_wav(tone(1)))
    return "my sound.wav"


class TestStreams:
    """Calls that talk to a bot by a media stream."""

    @staticmethod
    def talk(bot: Callable[[ServerConnection], None], *inputs: Input, before: Verb | None = None, speed: float = 8) -> Call:
        """Run a call with a stream to its end.

        Args:
            bot: The bot.
            inputs: The lines of the person.
            before: The verb between StartStream and StopStream.
            speed: The speed of time.
        """
        with serving(bot) as address:
            start = Response().start_stream(name="bot", destination=f"ws://{address}", mode="bidirectional")
            document = start.then(before).stop_stream(name="bot", wait=True).to_bxml()
            with Core(answering({"/answer": document}), speed=speed) as core:
                call, conversation = begin(core, *inputs, *FILE, is_interactive=False)
                conversation.run()
        return call

    def test_words_reach_a_bot(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """A stream takes words when the prompts of the call are over, and the call can be hung up after them."""
        monkeypatch.setattr(calls, "is_installed", lambda: True)
        monkeypatch.setattr(calls, "synthesized", lambda _: encode_pcmu(tone(0.5)))
        bot = Bot()
        greeting = SpeakSentence("A greeting. " * 4)
        call = self.talk(bot, Say("Hello!"), Wait(2), Say("Bye."), PutDown(), before=greeting, speed=4)
        assert (call.disconnect_cause, capsys.readouterr().err) == ("hangup", "")
        (spoken,) = [entry for entry in call.timeline if entry.kind == "spoken"]
        hello, bye = [entry for entry in call.timeline if entry.kind == "said"]
        assert 2.8 <= hello.at - spoken.at < 5  # after 5 s, the line would be used although nothing listens
        assert bye.at - hello.at >= 2
        assert 0.2 < call.timeline[-1].at - bye.at < 2
        assert len(bot.heard) == 2

    def test_words_without_a_sound_are_reported(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Words that cannot be spoken are used, and the message says what a stream hears."""
        monkeypatch.setattr(calls, "is_installed", lambda: False)
        monkeypatch.setattr(calls, "synthesized", lambda _: None)
        call = self.talk(Bot(), Say("Hello!"), PutDown())
        assert call.timeline.texts("said") == ["Hello!"]
        assert capsys.readouterr().err == (
            'callcontrol: no verb listened to "Hello!"; the last verb was StopStream; '
            "streams hear words only if espeak-ng is installed; /play FILE plays a sound\n"
        )

    def test_words_for_a_silent_stream_are_reported(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """In virtual time, a stream over the network hears nothing. The advice about speech does not help then."""
        monkeypatch.setattr(calls, "is_installed", lambda: True)
        document = streaming(stream_event_url=None).to_bxml()
        call, _ = converse({"/answer": document}, Say("Hello!"), Wait(3), PutDown(), *FILE)
        assert (call.timeline.texts("said"), call.timeline[-1].at) == (["Hello!"], 3.36)
        assert (
            capsys.readouterr().err.splitlines()[-1]
            == 'callcontrol: no verb listened to "Hello!"; the last verb was StopStream; '
            "the media stream is not connected, because time is virtual"
        )

    def test_sounds_are_played_one_after_the_other(self, sound: str, capsys: pytest.CaptureFixture[str]) -> None:
        """A file is played to its end. A wait has the length of its line. A file that cannot be read is reported."""
        bot = Bot()
        call = self.talk(bot, Play(sound), Wait(1), Play(sound), Play("missing.wav"), PutDown())
        assert call.timeline.texts("said") == ["audio of 1 s", "audio of 1 s"]
        first, second = bot.heard
        assert 1.9 <= second - first < 4
        assert call.disconnect_cause == "hangup"
        error = '"missing.wav" cannot be read: No such file or directory; expected the path of a WAV or MP3 file'
        assert capsys.readouterr().err == f"callcontrol: {error}\n"

    def test_call_ends_after_the_last_line(self) -> None:
        """Without further lines, the person hears what the bot says, and hangs up when it has been silent for some time."""
        call = self.talk(Bot(seconds=6))
        assert call.disconnect_cause == "hangup"
        assert call.timeline.texts("stream")[1:2] == ['stream "bot" played 6 s']
        assert 11 <= call.timeline[-1].at < 14

    def test_call_ends_although_a_bot_never_stops(self) -> None:
        """The person does not listen to a bot for more than a minute."""
        call = self.talk(Bot(seconds=100), speed=30)
        assert call.disconnect_cause == "hangup"
        assert 60 <= call.timeline[-1].at < 90

    def test_hang_up_after_a_wait_needs_no_listener(self) -> None:
        """After a wait, the call is hung up at once, even during a prompt."""
        for speed in (None, 4):
            with Core(answering({"/answer": "<Response><Pause duration='20'/></Response>"}), speed=speed) as core:
                call, conversation = begin(core, Wait(1.5), PutDown(), *FILE, is_interactive=False)
                conversation.run()
            assert call.disconnect_cause == "hangup"
            assert 1.5 <= call.timeline[-1].at < 5

    def test_recording_takes_sounds(self, sound: str, capsys: pytest.CaptureFixture[str]) -> None:
        """A sound waits until something hears it. If nothing ever does, it is reported."""
        document = "<Response><Pause/><Record maxDuration='9' silenceTimeout='1'/></Response>"
        call, _ = converse({"/answer": document}, Play(sound), *FILE)
        (said,) = [entry for entry in call.timeline if entry.kind == "said"]
        assert (said.at, capsys.readouterr().err) == (1, "")
        converse({"/answer": f"<Response>{ROOM}</Response>"}, Play(sound), Say("Hm."), *FILE)
        assert capsys.readouterr().err.splitlines() == [
            'callcontrol: no stream or recording heard "/play my sound.wav"; the last verb was Conference',
            'callcontrol: no verb listened to "Hm."; the last verb was Conference',
        ]

    def test_unused_lines_are_quoted(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Lines after the end of the call are quoted as they were written."""
        converse({"/answer": BYE}, Play("a.wav", SECOND), Wait(0.5), PutDown(), *FILE)
        assert capsys.readouterr().err == (
            f'callcontrol: not used, because the call had ended: "{SECOND}: /play a.wav", "/wait 0.5", "/hang-up"\n'
        )
