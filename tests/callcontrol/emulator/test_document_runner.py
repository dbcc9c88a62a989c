"""Documents are parsed as on the platform, and invalid documents are reported."""

from __future__ import annotations

from typing import Final

import pytest

import bxml
from bxml import Pause, Ring, SpeakSentence
from bxml.builder.verbs import Verb
from bxml.lint import verb_order_and_effects
from bxml.parsing.tree import Node
from callcontrol import Headers, Request
from callcontrol.emulator import Assumptions, Core
from callcontrol.emulator.document_runner import MAX_REPORTED, Refused, Script, answers, count, read
from callcontrol.emulator.generator_tasks import Wait
from tests.callcontrol.emulator.scripted_application import App, client, core, create, entries, response, say

BILLION_LAUGHS: Final = (
    '<!DOCTYPE Response [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 9}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><Response><SpeakSentence>&i;</SpeakSentence></Response>"
)

INVALID: Final = {
    "unknown element": (response("<Dance/>"), "1:12: <Dance> is not an element of BXML"),
    "bad value": (response('<Gather maxDigits="51"/>'), '1:30: maxDigits="51" is too large'),
    "no URL": (response("<Redirect/>"), "1:12: <Redirect> is missing the required attribute redirectUrl"),
    "other root": ("<Hangup/>", "1:2: <Hangup> cannot be the root of a document"),
    "unknown attribute": (response('<Pause length="1"/>'), "1:18: "),
    "HTML": ("<!DOCTYPE html><html><body>It works!</body></html>", "1:1: "),
    "text": ("It works!", "1:1: "),
    "JSON": ('{"answer": true}', "1:1: "),
    "cut off": ("<Response><SpeakSentence>Hel", "1:"),
    "too large": (response(say("x" * 70_000)), "1:1: the document has 65537 bytes"),
    "billion laughs": (BILLION_LAUGHS, "1:1: "),
}


class TestResponses:
    """A valid document in a response is run, and an invalid document ends the call."""

    @pytest.mark.parametrize("what", INVALID)
    def test_an_invalid_document_ends_the_call(self, what: str) -> None:
        """The timeline has the report of the validator. The disconnect event has the first problem of the report."""
        document, report = INVALID[what]
        app = App(answer=document, gone=204)
        voice = core(app)
        call = create(voice, disconnect_url="https://app.example/gone")
        assert call.expect_end() == "invalid-bxml"
        (invalid,) = (entry for entry in call.timeline if entry.kind == "invalid")
        assert invalid.text.startswith(report)
        assert invalid.details["url"] == "https://app.example/answer"
        assert app.sent("disconnect")["cause"] == "invalid-bxml"
        assert app.sent("disconnect")["errorMessage"] == call.error_message == invalid.text.splitlines()[0]
        assert call.timeline.spoken == []

    def test_the_report_is_that_of_the_validator(self) -> None:
        """The report has every problem with its position."""
        document = response("<Dance/>", '<Pause duration="none"/>')
        voice = core(App(answer=document))
        call = voice.dial("/answer")
        call.expect_end()
        errors = [str(problem) for problem in bxml.validate(document) if problem.severity == "error"]
        assert len(errors) == 2
        assert call.timeline.texts("invalid") == ["\n".join(errors)]

    def test_a_report_has_the_warnings_of_the_validator(self) -> None:
        """The errors come first. The timeline has the report once, and the fields of the call repeat only its first line."""
        verbs = (
            '<SpeakSentence voice="nobody">Hi.</SpeakSentence>',
            '<Tag new="1">x</Tag>',
            "<Dance/>",
            "<Hangup/>",
            "<Pause/>",
        )
        app = App(answer=response(*verbs), gone=204)
        call = core(app, extra=["new"]).dial("/answer", status_url="/gone")
        call.expect_end()
        (report,) = call.timeline.texts("invalid")
        assert [(line.split()[0], line.rpartition("[")[2]) for line in report.splitlines()] == [
            ("1:81:", "unknown-element]"),
            ("warning:", "unknown-voice]"),
            ("warning:", "unreachable-verb]"),
        ]
        (entry,) = (entry for entry in call.timeline if entry.kind == "invalid")
        assert [problem.line for problem in entry.content] == [1, 1, 1]
        (ended,) = (entry for entry in call.timeline if entry.text == "disconnected")
        assert ended.details == {"cause": "invalid-bxml"}
        assert call.error_message == app.sent("disconnect")["errorMessage"] == report.splitlines()[0]

    def test_a_report_of_a_pushed_document_knows_that_it_is_pushed(self) -> None:
        """A pushed document has no URL that its relative URLs resolve against, so the validator warns about them."""
        voice = core(App(answer=response('<Pause duration="100"/>')))
        call = create(voice)
        voice.advance(1)
        push(voice, call.call_id, response("<Dance/>", '<Redirect redirectUrl="/next"/>'))
        assert "[relative-url]" in call.timeline.texts("invalid")[0].splitlines()[1]

    def test_a_report_is_limited(self) -> None:
        """A document may have thousands of problems, so the report lists only the first ones."""
        with pytest.raises(Refused) as caught:
            read(response("<Dance/>" * 50).encode(), "")
        lines = caught.value.report.splitlines()
        assert len(lines) == MAX_REPORTED + 1
        assert lines[-1] == "and 30 more"
        assert caught.value.first == lines[0]

    def test_a_document_must_be_utf_8(self) -> None:
        """A document in another encoding is invalid."""

        def app(_: object, start_response: object) -> list[bytes]:
            assert callable(start_response)
            start_response("200 OK", [("Content-Type", "application/xml")])
            return [response(say("¡Olé!")).encode("latin-1")]

        call = core(app).dial("/answer")
        assert call.expect_end() == "invalid-bxml"
        assert "UTF-8" in call.timeline.texts("invalid")[0]

    @pytest.mark.parametrize(
        ("document", "spoken"),
        [("\ufeff" + response(say("¡Olé!")), "¡Olé!"), ('<?xml version="1.0"?><Bxml>' + say("Hi.") + "</Bxml>", "Hi.")],
    )
    def test_other_forms_of_a_document_are_valid(self, document: str, spoken: str) -> None:
        """A byte order mark, an XML declaration and the root Bxml are allowed."""
        call = core(App(answer=document)).dial("/answer")
        call.expect_speech(spoken)

    def test_only_listed_newer_attributes_are_ignored(self) -> None:
        """An unknown attribute is ignored only if its name is listed, and other problems remain."""
        document = response('<SpeakSentence newer="x">Hi.</SpeakSentence>', '<Pause newest="y" duration="1"/>')
        assert core(App(answer=document)).dial("/answer").expect_end() == "invalid-bxml"
        assert core(App(answer=document), extra=["newer"]).dial("/answer").expect_end() == "invalid-bxml"
        call = core(App(answer=document), extra=["newer", "newest"]).dial("/answer")
        assert call.expect_end() == "hangup"
        assert call.timeline.spoken == ["Hi."]
        wrong = response('<Pause newest="y" duration="none"/>')
        assert core(App(answer=wrong), extra=["newest"]).dial("/answer").expect_end() == "invalid-bxml"

    @pytest.mark.parametrize("answer", ["", "\n", 204, response(), response("<!-- nothing -->")])
    def test_an_empty_response_hangs_up(self, answer: str | int) -> None:
        """An empty response counts as a document without verbs, after which the call is hung up."""
        call = create(core(App(answer=answer)))
        assert call.expect_end() == "hangup"
        assert call.error_message is None

    def test_the_end_of_a_document_hangs_up(self) -> None:
        """The call is hung up after the last verb."""
        call = create(core(App(answer=response(say("Hi."), '<Pause duration="2"/>'))))
        call.expect_end()
        assert entries(call, "verb", "state")[3:] == [(0, "SpeakSentence"), (0.18, "Pause"), (2.18, "disconnected")]


class TestPushed:
    """Pushed documents are parsed in the same way as documents in responses."""

    def test_a_pushed_document_replaces_the_running_one(self) -> None:
        """No event is sent for a pushed document."""
        app = App(answer=response('<Pause duration="100"/>', say("Never.")))
        voice = core(app)
        call = create(voice)
        voice.advance(1)
        client(voice).update_call_bxml(call.call_id, bxml.Response().speak_sentence("Pushed."))
        assert call.expect_end() == "hangup"
        assert call.timeline.spoken == ["Pushed."]
        assert app.types == ["answer"]

    def test_an_invalid_pushed_document_ends_the_call(self) -> None:
        """The timeline has the report of the validator. The disconnect event has the first problem of the report."""
        app = App(answer=response('<Pause duration="100"/>'), gone=204)
        voice = core(app)
        call = create(voice, disconnect_url="https://app.example/gone")
        voice.advance(1)
        push(voice, call.call_id, response("<Dance/>", "<Sing/>"))
        voice.run()
        assert call.disconnect_cause == "invalid-bxml"
        (report,) = call.timeline.texts("invalid")
        first, second = report.splitlines()
        assert first == call.error_message == app.sent("disconnect")["errorMessage"]
        assert "<Sing>" in second

    def test_a_password_in_the_url_is_not_shown(self) -> None:
        """The timeline hides the password in the URL of an invalid document."""
        call = core(App(answer=response("<Dance/>"))).dial("https://joe:hidden@app.example/answer")
        call.expect_end()
        assert "hidden" not in str(call.timeline)


def push(voice: Core, call_id: str, document: str) -> None:
    """Push a document without checking it, unlike the client."""
    headers = Headers({"Authorization": "Basic dTpw", "Content-Type": "application/xml"})
    url = f"http://voice.example/api/v2/accounts/9900123/calls/{call_id}/bxml"
    assert voice.handle(Request("PUT", url, headers, document.encode())).status == 204


class TestReading:
    """Bytes are parsed into verbs."""

    def test_a_script_keeps_its_base_url(self) -> None:
        """A script keeps the URL that its relative URLs resolve against."""
        script = read(b"<Response><Pause/></Response>", "https://app.example/a")
        assert script == Script((Pause(),), "https://app.example/a")

    def test_a_conference_allows_fewer_verbs(self) -> None:
        """A verb that is not allowed in a conference is a problem only in the document of a conference."""
        document = response(say("Hi."), "<Hangup/>").encode()
        assert len(read(document, "").verbs) == 2
        with pytest.raises(Refused, match="conference") as caught:
            read(document, "", context="conference")
        assert not caught.value.is_not_xml
        assert read(response(say("Hi.")).encode(), "", context="conference").verbs == (SpeakSentence("Hi."),)
        with pytest.raises(Refused) as caught:
            read(response("<Dance/>").encode(), "", context="conference")
        assert "Dance" in caught.value.report

    @pytest.mark.parametrize(
        ("document", "is_not_xml"),
        [("hello", True), (BILLION_LAUGHS, True), (response("<Dance/>"), False), ("x" * 70_000, False)],
    )
    def test_malformed_and_invalid_documents_are_distinguished(self, document: str, *, is_not_xml: bool) -> None:
        """The API responds differently to malformed XML and to invalid BXML."""
        with pytest.raises(Refused) as caught:
            read(document.encode(), "")
        assert caught.value.is_not_xml is is_not_xml

    @pytest.mark.parametrize("cls", Core()._calls.verbs, ids=lambda cls: cls.__name__)
    def test_linter_and_emulator_agree_on_answering_verbs(self, cls: type[Verb]) -> None:
        """The linter and the emulator agree that every verb answers a call, except the verbs that the vendor exempts."""
        by_linter = verb_order_and_effects.answers(Node(cls.__name__, {}, 0))
        assert answers(object.__new__(cls)) is by_linter
        assert by_linter is (cls.__name__ not in {"Forward", "Hangup", "Redirect", "Tag"})

    def test_ring_answers_by_its_attribute(self) -> None:
        """Ring answers the call unless ``answerCall`` is false. The default of ``answerCall`` comes from the schema."""
        assert [answers(Ring()), answers(Ring(answer_call=True)), answers(Ring(answer_call=False))] == [True, True, False]


class TestLoops:
    """The emulator ends a call whose documents run in a loop, because time does not advance in the loop."""

    def loop(self, app: App, most: int = 50) -> tuple[Core, str]:
        """Run a call to its end, and return the core, and the cause and the error message in one string."""
        voice = core(app, assumptions=Assumptions(max_verbs=most))
        call = create(voice)
        voice.run()
        return voice, f"{call.disconnect_cause}: {call.error_message}"

    def test_a_redirect_to_itself(self) -> None:
        """A document that redirects to itself runs until the limit."""
        app = App(answer=response('<Redirect redirectUrl="/answer"/>'))
        _, end = self.loop(app)
        assert end == "error: the call ran more than 50 verbs that took almost no time, probably in a loop"
        assert len(app.received) == 51

    def test_a_menu_without_input(self) -> None:
        """A menu that repeats without input runs until the limit."""
        app = App(answer=response('<Gather gatherUrl="/answer" firstDigitTimeout="0"/>'))
        assert self.loop(app)[1].startswith("error: the call ran more than 50 verbs")

    @pytest.mark.parametrize("change", ["redirect", "push"])
    def test_an_application_that_interrupts_in_every_webhook(self, change: str) -> None:
        """Interruptions count toward the limit, although none of the documents runs."""
        made: list[Core] = []

        def answer(_: object) -> str:
            (call,) = made[0].calls
            url = "https://app.example/answer"
            if change == "redirect":
                client(made[0]).redirect(call.call_id, url)
            else:
                client(made[0]).interrupt(call.call_id, response(f'<Redirect redirectUrl="{url}"/>'))
            return response()

        app = App(answer=answer)
        made.append(core(app, assumptions=Assumptions(max_verbs=50)))
        call = create(made[0])
        made[0].run()
        assert call.disconnect_cause == "error"

    def test_an_application_that_waits_is_not_in_a_loop(self) -> None:
        """A call that rings while the application waits can go on for hours, also with many verbs in one document."""
        app = App(answer=response('<Ring duration="10"/>', *["<Tag>t</Tag>"] * 40, '<Redirect redirectUrl="/answer"/>'))
        voice = core(app, assumptions=Assumptions(max_verbs=50))
        call = create(voice)
        voice.advance(3 * 3600)
        assert (call.state, len(app.received)) == ("answered", 3 * 360 + 1)

    def test_a_loop_that_takes_almost_no_time(self) -> None:
        """Ten verbs per second do not indicate a loop; a loop of very short prompts runs more of them, and ends."""
        app = App(answer=response(say("."), '<Redirect redirectUrl="/answer"/>'))
        voice, end = self.loop(app)
        assert end == "error: the call ran more than 50 verbs that took almost no time, probably in a loop"
        assert voice.seconds < 5

    def test_a_menu_that_repeats_for_days(self) -> None:
        """A call also ends after a number of verbs that take time, because without input it would never end."""
        app = App(answer=response('<Gather gatherUrl="/answer" firstDigitTimeout="50"/>'))
        voice = core(app, assumptions=Assumptions(max_total_verbs=2000))
        call = create(voice)
        voice.run()
        assert (call.disconnect_cause, call.timeline[-1].at) == ("error", 100_000)
        assert call.error_message == "the call ran more than 2000 verbs, probably in a loop"

    def test_in_real_time_a_loop_becomes_slow(self) -> None:
        """In real time an application may wait in a loop, so the call continues, but runs only ten verbs per second."""
        app = App(answer=response('<Redirect redirectUrl="/answer"/>'))
        with core(app, assumptions=Assumptions(max_verbs=50), speed=20) as voice:
            call = create(voice)
            assert voice._simulation.until(lambda: len(call.timeline.texts("verb")) >= 60, 600)
            (problem,) = call.timeline.texts("problem")
            loop = "the call ran more than 50 verbs that took almost no time, probably in a loop"
            assert problem == f"{loop}; from now on it runs at most 10 verbs per second"
            at = [entry.at for entry in call.timeline if entry.kind == "verb"]
            assert at[59] >= 0.9  # 60 verbs are 10 more than the limit, and the first verb counts from the start
            call.hang_up()
            assert call.disconnect_cause == "hangup"

    def test_each_further_verb_waits(self) -> None:
        """In real time each verb above the limit waits, and the problem is noted once."""
        voice = core(App(), assumptions=Assumptions(max_verbs=2), answers=False)
        call = create(voice)
        voice._simulation.speed = 1
        assert [list(count(call)) for _ in range(4)] == [[], [], [Wait(0.1)], [Wait(0.1)]]
        assert len(call.timeline.texts("problem")) == 1

    def test_the_limit_itself_is_allowed(self) -> None:
        """A call may run exactly the allowed number of verbs."""
        assert self.loop(App(answer=response(*["<Tag>t</Tag>"] * 50)))[1] == "hangup: None"
        assert self.loop(App(answer=response(*["<Tag>t</Tag>"] * 51)))[1].startswith("error: ")
