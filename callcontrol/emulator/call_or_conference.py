"""The base class of calls and conferences, which sends events to the application and keeps a timeline."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, cast

from bxml.builder.frozen_dict import Frozen
from bxml.messages.redaction import redact_urls
from callcontrol.emulator.call_audio import Track
from callcontrol.emulator.error_responses import explanation
from callcontrol.emulator.event_payloads import body
from callcontrol.emulator.generator_tasks import CallWebhook, Failed, Steps, too_late
from callcontrol.emulator.recordings import Recording
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.timeline import Entry, Kind, Timeline
from callcontrol.emulator.webhook_requests import Target, Webhook
from callcontrol.events import Event
from callcontrol.http_messages import Reply
from callcontrol.redacted_url_repr import redacted

XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
"""The expected content types of a document."""

ADDRESSES: Final = frozenset({"url", "destination"})
"""Names of event fields that contain URLs, although the names do not end in ``Url``.

The URL of a WebSocket may contain a password.
"""

CALLBACK_TIMEOUT: Final = 15.0
"""Default timeout in seconds for a response of the application."""


class Ended(Exception):
    """Exception that ends a call.

    Attributes:
        cause: The disconnect cause, in the API's words.
        message: The error message; ``None`` if the call ends without an error.
        sip_response_code: The SIP status that the network returned, if a phone refused the call.
    """

    def __init__(self, cause: str, message: str | None = None, sip_response_code: int | None = None) -> None:
        """Store the attributes."""
        super().__init__(cause, message)
        self.cause = cause
        self.message = message
        self.sip_response_code = sip_response_code


@redacted
@dataclass(frozen=True)
class WebhookResponse:
    """A successful response to an event, and the URL that the response came from."""

    reply: Reply
    url: str


@redacted
@dataclass(frozen=True)
class Occurrence:
    """An event with the values of its fields at one moment. The values do not change if the event is sent late or again.

    Attributes:
        event: The class of the event.
        body: The JSON object that is sent.
        own: The fields that only this event has, except times and URLs, because times and URLs differ between test runs.
    """

    event: type[Event]
    body: dict[str, Any]
    own: dict[str, Any]


@redacted
@dataclass(kw_only=True, eq=False)
class Party(ABC):
    """A call or a conference.

    Attributes:
        simulation: The simulation that the party runs in.
        timeline: The timeline: everything that happened, in order.
        began: Start, in seconds of the simulation's time; the times in the timeline count from the start.
        callback_timeout: Seconds in which the application must respond to each event.
        can_be_transcribed: Whether recordings of the party can be transcribed.
        background_recording: The active recording that StartRecording started, if any.
        recordings: All recordings of the party that were not deleted, including active recordings.
        inbound: What the phones of the party say and play.
        outbound: What the application, other calls and the conference say and play to the party.
        cleanups: Functions to call when the party ends; they stop recordings, streams and timers.
    """

    simulation: Simulation = field(repr=False)
    timeline: Timeline = field(default_factory=Timeline, repr=False)
    began: float = field(default=0, repr=False)
    callback_timeout: float = field(default=CALLBACK_TIMEOUT, repr=False)
    can_be_transcribed: ClassVar[bool] = True
    background_recording: Recording | None = field(default=None, repr=False)
    recordings: list[Recording] = field(default_factory=list[Recording], repr=False)
    inbound: Track = field(init=False, repr=False)
    outbound: Track = field(init=False, repr=False)
    cleanups: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]], repr=False)
    document_warning: str | None = field(default=None, init=False, repr=False)
    """The warning about the last document that a response contained."""
    _warnings: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]], init=False, repr=False)
    """The URLs of documents, and the warnings about them in the timeline."""

    def __post_init__(self) -> None:
        """Begin with silence."""
        seconds = self.simulation.assumptions.max_audio_seconds
        self.inbound, self.outbound = (Track(self.simulation.scheduler, seconds) for _ in range(2))

    def track(self, name: str) -> Track:
        """Return a track by its name, ``inbound`` or ``outbound``."""
        return self.inbound if name == "inbound" else self.outbound

    def clean_up(self) -> None:
        """Call the functions in ``cleanups``, the newest first."""
        while self.cleanups:
            self.cleanups.pop()()

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL of the party in the API."""

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """Return the fields that every event of the party has; the keys are the API's names."""

    def note(self, kind: Kind, text: str, /, *, content: object = None, **details: Any) -> None:
        """Add an entry to the timeline.

        Args:
            kind: The kind of entry.
            text: What happened.
            content: The complete event or document, if the entry is about an event or a document.
            details: Further values, by name; values that are ``None`` are left out.
        """
        present = Frozen({name: value for name, value in details.items() if value is not None})
        # Rounding removes the errors of float sums, so that timelines of equal runs compare as equal.
        at = round(self.simulation.scheduler.now - self.began, 6)
        entry = Entry(at, kind, text, present, content, next(self.simulation.entry_numbers))
        self.timeline.add(entry)
        self.simulation.noted(self, entry)

    def ask(self, webhook: Webhook, event: type[Event], values: Mapping[str, Any] | None = None) -> Steps[WebhookResponse]:
        """Send an event, and wait for the response, which may contain BXML.

        Args:
            webhook: The URL and its fallback.
            event: The event to send.
            values: Fields of this event; the keys are the API's names.

        Raises:
            Ended: If both the URL and its fallback fail.
        """
        occurrence = self._occurrence(event, values or {})
        failures: list[str] = []
        # Unlike _deliver, do not retry: the vendor's page promises a retry only for events whose response is ignored.
        for target in (webhook.target, webhook.fallback):
            if target is not None:
                result = yield from self._send(target, occurrence)
                if isinstance(result, Reply):
                    return WebhookResponse(result, target.url)
                # All lines after the first line are a traceback.
                failures.append(f"{redact_urls(target.url)} ({result.reason.splitlines()[0]})")
        raise Ended("callback-error", f"the event {event.event_type} failed at {' and at '.join(failures)}")

    def send_event(
        self,
        webhook: Webhook | None,
        event: type[Event],
        values: Mapping[str, Any] | None = None,
        seconds: float = 0,
        timeout: float | None = None,
    ) -> None:
        """Send an event without waiting for the response, whose content is ignored.

        Args:
            webhook: The URL and its fallback; nothing is sent if ``None``.
            event: The event to send.
            values: Fields of this event; the keys are the API's names.
            seconds: Seconds from now until the event occurs.
            timeout: Seconds in which the application must respond; ``None`` for ``callback_timeout``.
        """
        if webhook is None:
            return
        if seconds:
            send = partial(self.send_event, webhook, event, values, timeout=timeout)
            self.simulation.scheduler.after(seconds, send)
        else:
            self.simulation.begin(self._deliver(webhook, self._occurrence(event, values or {}), timeout))

    def _deliver(self, webhook: Webhook, occurrence: Occurrence, timeout: float | None) -> Steps[None]:
        """Send an event, retry once if the connection failed, and after a failure send it to the fallback, if any."""
        result = yield from self._send(webhook.target, occurrence, timeout)
        if isinstance(result, Failed) and result.is_unreachable:
            result = yield from self._send(webhook.target, occurrence, timeout)
        if isinstance(result, Failed) and webhook.fallback is not None:
            yield from self._send(webhook.fallback, occurrence, timeout)

    def _occurrence(self, event: type[Event], values: Mapping[str, Any]) -> Occurrence:
        """Return an event with its fields as they are now."""
        sent = body(event, {**self.values(), **values})
        return Occurrence(event, sent, _comparable({name: value for name, value in sent.items() if name in values}))

    def _send(self, target: Target, occurrence: Occurrence, timeout: float | None = None) -> Steps[Reply | Failed]:
        """Send an event to one URL, and return the response, or a failure if its status is not 2xx."""
        event, url = occurrence.event, redact_urls(target.url)
        self.note("event", event.event_type, content=occurrence.body, method=target.method, url=url, **occurrence.own)
        # An event with a malformed URL is noted too, so the timeline shows what failed.
        fault = target.fault()
        if fault is None:
            seconds = self.callback_timeout if timeout is None else timeout
            ignored = partial(self._note_ignored, event, seconds)
            result: Reply | Failed = yield CallWebhook(target.request(occurrence.body), seconds, ignored)
        else:
            result = Failed(fault)
        if isinstance(result, Failed):
            self.note("problem", result.reason, event=event.event_type)
            return result
        warning = self._new_warning(target.url, result) if event.may_be_answered else None
        details = {"event": event.event_type, "bytes": len(result.body), "warning": warning}
        self.note("answer", str(result.status), content=result.text, **details)
        if result.is_success:
            return result
        reason = explanation(result)
        if reason is not None:
            self.note("problem", reason, event=event.event_type)
        return Failed(f"status {result.status}")

    def _new_warning(self, url: str, reply: Reply) -> str | None:
        """Return the warning about a document, unless an earlier document of the same URL had it too."""
        self.document_warning = _warning(reply)
        key = url.partition("?")[0], self.document_warning
        if key in self._warnings:
            return None
        self._warnings.add(key)
        return self.document_warning

    def _note_ignored(self, event: type[Event], seconds: float, result: Reply | Failed) -> None:
        """Add a timeline entry for a response that came after the call was interrupted or ended."""
        if result == too_late(seconds):
            return  # no response came
        if isinstance(result, Failed):
            self.note("problem", result.reason, event=event.event_type)
        self.note("ignored", f"the response to {event.event_type} came after the call was interrupted or ended")


def _comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event, without the times and URLs in the event and in its nested objects."""
    return {
        name: _comparable(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if name not in ADDRESSES and not name.endswith(("Time", "Url"))
    }


def _warning(reply: Reply) -> str | None:
    """Return a warning if the content type of a document is unexpected; the platform accepts any content type."""
    content_type = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type in XML_TYPES or not (reply.is_success and reply.body):
        return None
    return f"the content type is {content_type or 'missing'}, expected application/xml"
