"""A phone menu, with Flask: callers reach sales, hear the opening hours, or leave a message.

Run it with ``python examples/menu.py``, then call it with ``callcontrol phone http://localhost:5000/answer``.
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
    .transfer([PhoneNumber(SALES, transfer_answer_url="/whisper")], transfer_complete_url="/sales-done", call_timeout=20),
    "2": Response().speak_sentence("We are open from nine to five.").redirect(redirect_url="/again"),
    "3": Response().speak_sentence("Speak after the tone, and press the hash key.").record(record_complete_url="/message"),
}

GOODBYE = Response().speak_sentence("Goodbye.").hangup()


@app.post("/answer")
def answer() -> Answer:
    """Welcome an incoming call and play the menu."""
    return flask_answer(Response([SpeakSentence("Welcome to Examples and Sons."), *MENU.children]))


@app.post("/again")
def again() -> Answer:
    """Play the menu again."""
    return flask_answer(MENU)


@app.post("/menu")
def menu() -> Answer:
    """Respond to the key that the caller pressed."""
    return flask_answer(chosen(parse_event(request.get_data())))


def chosen(event: Event) -> Response | Bxml:
    """Return the document for the pressed key, or for an event without a key."""
    match event:
        case GatherEvent(digits=""):
            return GOODBYE
        case GatherEvent(digits=str() as digits) if digits in CHOICES:
            return CHOICES[digits]
        case _:
            return Response().speak_sentence("That is not a valid choice.").redirect(redirect_url="/again")


@app.post("/whisper")
def whisper() -> Answer:
    """Tell sales about the call before the caller is connected."""
    return flask_answer(Response().speak_sentence("A customer is calling."))


@app.post("/sales-done")
def sales_done() -> Answer:
    """Say goodbye after a call with sales, or play the menu again if sales did not answer."""
    match parse_event(request.get_data()):
        case TransferCompleteEvent(cause="hangup"):
            return flask_answer(GOODBYE)
        case _:
            return flask_answer(Response().speak_sentence("Sales is busy.").redirect(redirect_url="/again"))


@app.post("/message")
def message() -> Answer:
    """Log the recorded message and thank the caller."""
    match parse_event(request.get_data()):
        case RecordCompleteEvent(media_url=url, duration=duration):
            app.logger.info("recorded a message of %s: %s", duration, url)
        case _:
            pass
    return flask_answer(Response().speak_sentence("Thank you for your message.").hangup())


@app.post("/over")
def over() -> Answer:
    """Log a call that ended with an error."""
    match parse_event(request.get_data()):
        case DisconnectEvent(cause=cause, error_message=error) if cause != "hangup":
            app.logger.warning("the call ended with %s: %s", cause, error)
        case _:
            pass
    return flask_answer(None)


if __name__ == "__main__":
    app.run(port=5000)
