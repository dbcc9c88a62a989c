"""Whoever has an application to ask: a call or a conference, which sends events and writes down what comes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, cast

from bxml.builder.frozen import Frozen
from bxml.messages.redaction import without_user
from callcontrol.emulator.event_payloads import body
from callcontrol.emulator.recordings import Recording
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.tasks import CallWebhook, Failed, Steps, too_late
from callcontrol.emulator.timeline import Entry, Kind, Timeline
from callcontrol.emulator.webhook_targets import Target, Webhook
from callcontrol.events import Event
from callcontrol.http_messages import Reply
from callcontrol.redaction import redacted

XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
"""Content types that a document may well have."""

ADDRESSES: Final = frozenset({"url", "destination"})
"""What is a URL, though its name does not end in it; that of a websocket may have a password."""

CALLBACK_TIMEOUT: Final = 15.0
"""Seconds that an application has to answer, unless told otherwise."""


class Ended(Exception):
    """The call ends here, for this cause in the API's words."""

    def __init__(self, cause: str, message: str | None = None, sip_response_code: int | None = None) -> None:
        """Keep why, what went wrong, and what the network said."""
        super().__init__(cause, message)
        self.cause = cause
        self.message = message
        self.sip_response_code = sip_response_code


@redacted
@dataclass(frozen=True)
class WebhookResponse:
    """What an application has answered, and from where."""

    reply: Reply
    url: str


@redacted
@dataclass(frozen=True)
class Arisen:
    """An event that has arisen.

    Attributes:
        event: Its class.
        body: All of it, as it is sent.
        own: What it has that others have not, but for times and URLs.
    """

    event: type[Event]
    body: dict[str, Any]
    own: dict[str, Any]


@redacted
@dataclass(kw_only=True, eq=False)
class Party(ABC):
    """Sends events to an application.

    Attributes:
        simulation: Where it lives.
        timeline: All that happened.
        began: When it did, in seconds of the simulation's time; what happens is noted from then on.
        callback_timeout: Seconds that an application has to answer.
        can_be_transcribed: Whether its recordings are.
        background_recording: The recording that goes on in the background, if one does.
        recordings: What has been recorded, and is.
        cleanups: What is to be done at its end, whatever it does then: to end what goes on in the background.
    """

    simulation: Simulation = field(repr=False)
    timeline: Timeline = field(default_factory=Timeline, repr=False)
    began: float = field(default=0, repr=False)
    callback_timeout: float = CALLBACK_TIMEOUT
    can_be_transcribed: ClassVar[bool] = True
    background_recording: Recording | None = field(default=None, repr=False)
    recordings: list[Recording] = field(default_factory=list[Recording], repr=False)
    cleanups: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]], repr=False)

    def clean_up(self) -> None:
        """End what goes on in the background, the latest first."""
        while self.cleanups:
            self.cleanups.pop()()

    @property
    @abstractmethod
    def url(self) -> str:
        """Its URL in the API."""

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """What every event of it has, by the API's names."""

    def note(self, kind: Kind, text: str, /, *, content: object = None, **details: Any) -> None:
        """Write into the timeline; what has no value is left out."""
        told = Frozen({name: value for name, value in details.items() if value is not None})
        entry = Entry(round(self.simulation.scheduler.now - self.began, 6), kind, text, told, content)
        self.timeline.add(entry)
        self.simulation.noted(self, entry)

    def ask(self, webhook: Webhook, event: type[Event], values: Mapping[str, Any] | None = None) -> Steps[WebhookResponse]:
        """Send an event, and wait for the BXML that answers it.

        Raises:
            Ended: if neither its URL nor the one to fall back to answers.
        """
        arisen = self._arisen(event, values or {})
        tried: list[str] = []
        for target in (webhook.target, webhook.fallback):
            if target is not None:
                came_back = yield from self._sent(target, arisen)
                if isinstance(came_back, Reply):
                    return WebhookResponse(came_back, target.url)
                tried.append(f"{without_user(target.url)} ({came_back.reason.splitlines()[0]})")
        raise Ended("callback-error", f"the event {event.event_type} was not answered by {' nor by '.join(tried)}")

    def tell(
        self, webhook: Webhook | None, event: type[Event], values: Mapping[str, Any] | None = None, seconds: float = 0
    ) -> None:
        """Send an event that is not answered, which arises in so many seconds; nothing if there is nowhere to send it to."""
        if webhook is None:
            return
        if seconds:
            self.simulation.scheduler.after(seconds, partial(self.tell, webhook, event, values))
        else:
            self.simulation.begin(self._told(webhook, self._arisen(event, values or {})))

    def _told(self, webhook: Webhook, arisen: Arisen) -> Steps[None]:
        """Once more to the same URL if there was no connection, then to the fallback, which few events have."""
        came_back = yield from self._sent(webhook.target, arisen)
        if isinstance(came_back, Failed) and came_back.is_unreachable:
            came_back = yield from self._sent(webhook.target, arisen)
        if isinstance(came_back, Failed) and webhook.fallback is not None:
            yield from self._sent(webhook.fallback, arisen)

    def _arisen(self, event: type[Event], values: Mapping[str, Any]) -> Arisen:
        """An event as it is now, which it stays, however late and often it is sent."""
        sent = body(event, {**self.values(), **values})
        return Arisen(event, sent, _comparable({name: value for name, value in sent.items() if name in values}))

    def _sent(self, target: Target, arisen: Arisen) -> Steps[Reply | Failed]:
        """Send an event to one URL; what came back is a reply only if it says that all is well."""
        event, url = arisen.event, without_user(target.url)
        self.note("event", event.event_type, content=arisen.body, method=target.method, url=url, **arisen.own)
        fault = target.fault()
        if fault is None:
            came_back = yield CallWebhook(target.request(arisen.body), self.callback_timeout, partial(self._ignore, event))
        else:
            came_back = Failed(fault)
        if isinstance(came_back, Failed):
            self.note("problem", came_back.reason, event=event.event_type)
            return came_back
        warning = _warning(came_back) if event.may_be_answered else None
        told = {"event": event.event_type, "bytes": len(came_back.body), "warning": warning}
        self.note("answer", str(came_back.status), content=came_back.text, **told)
        return came_back if came_back.is_success else Failed(f"the status was {came_back.status}")

    def _ignore(self, event: type[Event], came_back: Reply | Failed) -> None:
        if came_back == too_late(self.callback_timeout):
            return  # for nothing has come
        if isinstance(came_back, Failed):
            self.note("problem", came_back.reason, event=event.event_type)
        self.note("ignored", f"the answer to {event.event_type} came after something else had begun")


def _comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """What an event has, and the objects in it, but for times and URLs."""
    return {
        name: _comparable(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if name not in ADDRESSES and not name.endswith(("Time", "Url"))
    }


def _warning(reply: Reply) -> str | None:
    """What is said of a document's content type; the platform is known to take any."""
    content_type = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type in XML_TYPES or not (reply.is_success and reply.body):
        return None
    return f"the content type is {content_type or 'missing'}, where application/xml is documented"
