"""Redirect continues with another document, Hangup ends the call, and Tag sets the tag of the call."""

from __future__ import annotations

from tests.callcontrol.emulator.scripted_application import App, core, create, entries, response, say


def test_redirect_continues_with_the_response() -> None:
    """The document in the response runs instead of the rest of the first document."""
    app = App(
        answer=response(say("One."), '<Redirect redirectUrl="/next" redirectMethod="GET"/>', say("Never.")),
        next=response(say("Two.")),
    )
    call = create(core(app))
    assert call.expect_end() == "hangup"
    assert call.timeline.spoken == ["One.", "Two."]
    assert [(each.method, each.path) for each in app.received] == [("POST", "/answer"), ("GET", "/next")]
    assert app.sent("redirect").keys() - app.sent("answer").keys() == set()


def test_redirect_to_an_empty_response_hangs_up() -> None:
    """The call ends, because the response has no document."""
    call = create(core(App(answer=response('<Redirect redirectUrl="/next"/>', say("Never.")), next=204)))
    assert call.expect_end() == "hangup"
    assert call.timeline.spoken == []


def test_hangup_ends_the_call() -> None:
    """Later verbs never run."""
    call = create(core(App(answer=response(say("Bye."), "<Hangup/>", say("Never.")))))
    assert call.expect_end() == "hangup"
    assert entries(call, "verb")[-1][1] == "Hangup"
    assert call.error_message is None


def test_hangup_rejects_a_call_that_is_not_answered() -> None:
    """The call is never answered."""
    call = core(App(answer=response("<Hangup/>", say("Never.")))).dial("/answer")
    assert call.expect_end() == "rejected"
    assert call.answer_time is None


def test_tag_replaces_or_removes_the_tag() -> None:
    """Spaces around a tag are removed, and an empty Tag removes the tag of the call."""
    call = create(core(App(answer=response("<Tag>  a b </Tag>", '<Pause duration="1"/>', "<Tag> </Tag>"))), tag="old")
    call.simulation.settle()
    tags = [call.tag]
    call.expect_end()
    assert [*tags, call.tag] == ["a b", None]
    assert entries(call, "verb") == [(0, "Tag"), (0, "Pause"), (1, "Tag")]
