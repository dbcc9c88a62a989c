"""Arguments are checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

import bxml
from callcontrol import BasicAuth, Client, InvalidRequest
from callcontrol.request_arguments import _may_have_relative_url
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, Scripted, replied

RELATIVE: Final = '<Response><Redirect redirectUrl="menu"/></Response>'
ABSOLUTE: Final = RELATIVE.replace("menu", "https://app.example/menu")
RISKY: Final = '<Response><SpeakSentence voice="Susan">Hello.</SpeakSentence></Response>'
IN_A_CONFERENCE: Final = "<Response><PlayAudio>a.wav</PlayAudio></Response>"

Push = Callable[..., object]


def client_of(api: Scripted) -> Client:
    """Return a client that gets scripted responses."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), base_url="https://voice.example", send=api)


NAIVE: Final = datetime(2026, 11, 2, tzinfo=UTC).replace(tzinfo=None)

EXPECTED: Final = "; expected a datetime with a UTC offset, or a string such as 2026-11-02T09:00:00Z"


class TestFilters:
    """The filters of ``list_calls``."""

    @pytest.mark.parametrize("name", ["min_start_time", "max_start_time"])
    @pytest.mark.parametrize(
        ("value", "fault"),
        [
            ("yesterday", '"yesterday" is not a time in ISO 8601' + EXPECTED),
            ("", '"" is not a time in ISO 8601' + EXPECTED),
            ("2026-11-02", '"2026-11-02" is not a time in ISO 8601' + EXPECTED),
            ("2026-02-30T09:00:00Z", '"2026-02-30T09:00:00Z" is not a time in ISO 8601' + EXPECTED),
            ("2026-11-02 09:00:00Z", '"2026-11-02 09:00:00Z" is not a time in ISO 8601' + EXPECTED),
            ("2026-11-02T09:00:00", '"2026-11-02T09:00:00" has no UTC offset' + EXPECTED),
            (date(2026, 11, 2), "datetime.date(2026, 11, 2) is a date without a time" + EXPECTED),
            (7, "7 is not a time" + EXPECTED),
            (NAIVE, f"{NAIVE!r} must include a UTC offset, such as tzinfo=datetime.UTC"),
        ],
    )
    def test_invalid_time_is_rejected(self, name: str, value: Any, fault: str) -> None:
        """The message quotes the value, and says what is accepted."""
        api = Scripted(replied(200, []))
        with pytest.raises(InvalidRequest) as caught:
            client_of(api).list_calls(**{name: value})
        assert str(caught.value) == f"{name}={fault}"
        assert not api.requests

    @pytest.mark.parametrize("latest", ["2026-11-02T09:59:59+01:00", datetime(2026, 11, 2, 8, 59, 59, tzinfo=UTC)])
    def test_minimum_after_the_maximum_is_rejected(self, latest: str | datetime) -> None:
        """An error is raised if the minimum time is after the maximum. The two times are compared in UTC."""
        with pytest.raises(InvalidRequest, match=r'^min_start_time="2026-11-02T09:00:00Z" is after max_start_time="'):
            client_of(Scripted()).list_calls(min_start_time="2026-11-02T09:00:00Z", max_start_time=latest)

    def test_minimum_may_be_the_maximum(self) -> None:
        """The minimum and the maximum may be the same moment, written in different time zones."""
        api = Scripted(replied(200, []))
        client_of(api).list_calls(min_start_time="2026-11-02T10:00:00+01:00", max_start_time="2026-11-02T09:00:00Z")
        assert len(api.requests) == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            {"to": "5550123"},
            {"to": ""},
            {"from_": "+1 212 555 0123"},
            {"from_": ""},
            {"disconnect_cause": ""},
            {"page_token": ""},
        ],
    )
    def test_invalid_filter_is_rejected(self, arguments: dict[str, Any]) -> None:
        """A phone number is rejected if it is not in E.164 format. An empty filter is rejected too."""
        api = Scripted(replied(200, []))
        with pytest.raises(InvalidRequest, match=f"^{next(iter(arguments))}"):
            client_of(api).list_calls(**arguments)
        assert not api.requests


PUSHES: Final[dict[str, tuple[Push, str]]] = {
    "update_call_bxml": (lambda client, *given, **rules: client.update_call_bxml(CALL_ID, *given, **rules), RELATIVE),
    "interrupt": (lambda client, *given, **rules: client.interrupt(CALL_ID, *given, **rules), RELATIVE),
    "interrupt_many": (lambda client, *given, **rules: client.interrupt_many([CALL_ID], *given, **rules), RELATIVE),
    "update_conference_bxml": (
        lambda client, *given, **rules: client.update_conference_bxml("conf-1", *given, **rules),
        IN_A_CONFERENCE,
    ),
}


@pytest.mark.parametrize(("push", "relative"), PUSHES.values(), ids=PUSHES)
class TestPushedDocuments:
    """The rules for pushed documents apply to every pushed document, whatever its root element is."""

    def test_relative_url_is_not_sent(self, push: Push, relative: str) -> None:
        """``InvalidDocument`` is raised for a document with a relative URL. A document may be a string, bytes or an object."""
        api = Scripted(replied(204))
        for document in (relative, relative.encode(), bxml.parse(relative), relative.replace("Response", "Bxml")):
            with pytest.raises(bxml.InvalidDocument, match=r"\[relative-url\]"):
                push(client_of(api), document)
        assert not api.requests

    def test_ignored_rule_may_be_broken(self, push: Push, relative: str) -> None:
        """A document is sent unchanged even if it breaks an ignored rule."""
        api = Scripted(replied(204))
        push(client_of(api), relative, ignore={"relative-url"})
        assert api.requests[0].body == relative.encode()

    def test_warnings_do_not_block(self, push: Push, relative: str) -> None:
        """A document with a warning is sent, unless the rule of the warning is selected."""
        api = Scripted(replied(204))
        push(client_of(api), RISKY)
        assert len(api.requests) == 1
        for rules in ({"unknown-voice"}, ["default"]):
            with pytest.raises(bxml.InvalidDocument, match=r"\[unknown-voice\]"):
                push(client_of(api), RISKY, select=rules)
        assert len(api.requests) == 1

    @pytest.mark.parametrize("option", ["select", "ignore"])
    def test_unknown_rule_raises(self, push: Push, relative: str, option: str) -> None:
        """The name of an unknown rule raises an error, because a misspelled name must not turn off a check."""
        api = Scripted(replied(204))
        with pytest.raises(ValueError, match=r"^relative-urls is not a rule; did you mean relative-url\?$"):
            push(client_of(api), RISKY, **{option: {"relative-urls"}})
        assert not api.requests


def test_absolute_urls_are_not_linted() -> None:
    """A document is linted only if a quick search finds a URL that may be relative."""
    assert not _may_have_relative_url(ABSOLUTE.encode())
    assert _may_have_relative_url(RELATIVE.encode())
    assert _may_have_relative_url(IN_A_CONFERENCE.encode())
    assert _may_have_relative_url(b"<Response><Redirect redirectUrl = '\n menu'/></Response>")
    assert _may_have_relative_url(b"<Response><Gather><PlayAudio username='a'>\n/menu.wav</PlayAudio></Gather></Response>")
    assert not _may_have_relative_url(b"<Response><PlayAudio>https://app.example/menu.wav</PlayAudio></Response>")
