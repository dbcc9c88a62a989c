"""Redirect, Hangup and Tag lead a call elsewhere, end it, and mark it."""

from __future__ import annotations

from tests.callcontrol.emulator.recording_application import App, core, create, entries, response, say


def test_a_redirect_goes_on_elsewhere() -> None:
    """With the answer to its event; what follows it is never run."""
    app = App(
        answer=response(say("One."), '<Redirect redirectUrl="/next" redirectMethod="GET"/>', say("Never.")),
        next=response(say("Two.")),
    )
    call = create(core(app))
    assert call.expect_end() == "hangup"
    assert call.timeline.spoken == ["One.", "Two."]
    assert [(each.method, each.path) for each in app.received] == [("POST", "/answer"), ("GET", "/next")]
    assert app.sent("redirect").keys() - app.sent("answer").keys() == set()


def test_a_redirect_may_find_nothing() -> None:
    """An empty answer hangs up."""
    call = create(core(App(answer=response('<Redirect redirectUrl="/next"/>', say("Never.")), next=204)))
    assert call.expect_end() == "hangup"
    assert call.timeline.spoken == []


def test_hangup_ends_the_call() -> None:
    """There, whatever follows."""
    call = create(core(App(answer=response(say("Bye."), "<Hangup/>", say("Never.")))))
    assert call.expect_end() == "hangup"
    assert entries(call, "verb")[-1][1] == "Hangup"
    assert call.error_message is None


def test_hangup_rejects_a_call_that_is_not_answered() -> None:
    """Which costs the caller nothing."""
    call = core(App(answer=response("<Hangup/>", say("Never.")))).dial("/answer")
    assert call.expect_end() == "rejected"
    assert call.answer_time is None


def test_a_tag_takes_no_time() -> None:
    """Blanks at its ends do not count, and without a text it takes the tag away."""
    call = create(core(App(answer=response("<Tag>  a b </Tag>", '<Pause duration="1"/>', "<Tag> </Tag>"))), tag="old")
    call.simulation.settle()
    tags = [call.tag]
    call.expect_end()
    assert [*tags, call.tag] == ["a b", None]
    assert entries(call, "verb") == [(0, "Tag"), (0, "Pause"), (1, "Tag")]
