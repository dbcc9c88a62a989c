"""A phone menu with Flask: connect the caller to sales, read the opening hours, or record a message.

Run ``python examples/menu.py``, and call it with ``callcontrol phone http://localhost:5000/answer``.
"""

from __future__ import annotations

from flask import Flask, request
from flask import Response as Answer

from bxml import Bxml, PhoneNumber, Response, SpeakSentence
from callcontrol.events import DisconnectEvent, Event, GatherEvent, RecordCompleteEvent, TransferCompleteEvent, parse_event
from callcontrol.webhooks import flask_answer

app = Flask(__name__)

SALES = "+13365550142"

MENU = Response().gather(
    [SpeakSentence("For sales, press 1. For our opening hours, press 2. To leave a message, press 3.")],
    gather_url="/menu",
    max_digits=1,
    repeat_count=2,
)

CHOICES = {
    "1": Response()
    .speak_sentence("One moment please.")
    .transfer([PhoneNumber(SALES, transfer_answer_url="/whisper")], transfer_complete_url="/sales-over", call_timeout=20),
    "2": Response().speak_sentence("We are open from nine to five.").redirect(redirect_url="/again"),
    "3": Response().speak_sentence("Speak after the tone, and press the hash key.").record(record_complete_url="/message"),
}

NOBODY = Response().speak_sentence("Goodbye.").hangup()


@app.post("/answer")
def answer() -> Answer:
    """Answer an inbound call."""
    return flask_answer(Response([SpeakSentence("Welcome to Examples and Sons."), *MENU.children]))


@app.post("/again")
def again() -> Answer:
    """Repeat the menu."""
    return flask_answer(MENU)


@app.post("/menu")
def menu() -> Answer:
    """Respond to the pressed key."""
    return flask_answer(chosen(parse_event(request.get_data())))


def chosen(event: Event) -> Response | Bxml:
    """Return the document for a key."""
    match event:
        case GatherEvent(digits=""):
            return NOBODY
        case GatherEvent(digits=str() as digits) if digits in CHOICES:
            return CHOICES[digits]
        case _:
            return Response().speak_sentence("There is no such choice.").redirect(redirect_url="/again")


@app.post("/whisper")
def whisper() -> Answer:
    """Announce the caller to sales, before they are connected."""
    return flask_answer(Response().speak_sentence("A customer is calling."))


@app.post("/sales-over")
def sales_over() -> Answer:
    """Continue after sales hung up or did not answer."""
    match parse_event(request.get_data()):
        case TransferCompleteEvent(cause="hangup"):
            return flask_answer(NOBODY)
        case _:
            return flask_answer(Response().speak_sentence("Sales is busy.").redirect(redirect_url="/again"))


@app.post("/message")
def message() -> Answer:
    """Confirm a recorded message."""
    match parse_event(request.get_data()):
        case RecordCompleteEvent(media_url=url, duration=duration):
            app.logger.info("a message of %s at %s", duration, url)
        case _:
            pass
    return flask_answer(Response().speak_sentence("Thank you for your message.").hangup())


@app.post("/over")
def over() -> Answer:
    """Log the end of a call."""
    match parse_event(request.get_data()):
        case DisconnectEvent(cause=cause, error_message=error) if cause != "hangup":
            app.logger.warning("the call ended with %s: %s", cause, error)
        case _:
            pass
    return flask_answer(None)


if __name__ == "__main__":
    app.run(port=5000)
