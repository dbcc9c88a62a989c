"""A callback queue, with Flask: callers leave their number, and an agent talks to them later in a conference.

Run it with ``python examples/callback_queue.py``. The client reads its account and credentials from the environment.
"""

from __future__ import annotations

from collections import deque
from functools import cache

from flask import Flask, request
from flask import Response as Answer

from bxml import Response, SpeakSentence
from callcontrol import Client, NotFound
from callcontrol.events import ConferenceMemberExitEvent, GatherEvent, InitiateEvent, parse_event
from callcontrol.webhooks import flask_answer

app = Flask(__name__)

BASE_URL = "https://queue.app.example"
"""The URL at which the platform reaches this application."""

FROM = "+19195550100"
APPLICATION = "0f6b2c1e-5d0a-4c7e-9a55-2f1f7f2f90aa"

waiting: deque[str] = deque()
"""The numbers to call back, oldest first."""


@cache
def client() -> Client:
    """Return the client of the API, created on first use."""
    return Client.from_env()


@app.post("/answer")
def answer() -> Answer:
    """Offer a callback to an incoming call."""
    question = SpeakSentence("All agents are busy. Press 1 for a callback.")
    return flask_answer(Response().gather([question], gather_url="/queue", max_digits=1).speak_sentence("Goodbye."))


@app.post("/queue")
def queue() -> Answer:
    """Add the caller to the queue if they pressed 1."""
    match parse_event(request.get_data()):
        case GatherEvent(digits="1", from_=str() as number):
            waiting.append(number)
            place = SpeakSentence(f"You are number {len(waiting)}. We will call you.")
            return flask_answer(Response([place]).hangup())
        case _:
            return flask_answer(Response().speak_sentence("Goodbye.").hangup())


@app.post("/agent")
def agent() -> Answer:
    """Put an agent into a new conference, and call the next customer."""
    match parse_event(request.get_data()):
        case InitiateEvent(call_id=str() as call_id) if waiting:
            room = f"agent-{call_id}"
            client().create_call(
                to=waiting.popleft(),
                from_=FROM,
                application_id=APPLICATION,
                answer_url=f"{BASE_URL}/customer/{room}",
                disconnect_url=f"{BASE_URL}/customer-disconnected",
            )
            hello = Response().speak_sentence("We are calling your customer.")
            return flask_answer(hello.conference(room, conference_event_url="/conference", tag=room))
        case _:
            return flask_answer(Response().speak_sentence("Nobody is waiting.").hangup())


@app.post("/customer/<room>")
def customer(room: str) -> Answer:
    """Let a customer who has answered the call join the conference of the agent."""
    return flask_answer(Response().speak_sentence("Thank you for waiting. Here is your agent.").conference(room))


@app.post("/conference")
def conference() -> Answer:
    """End the conference when one of its members leaves."""
    match parse_event(request.get_data()):
        case ConferenceMemberExitEvent(conference_id=str() as conference_id):
            try:
                client().update_conference(conference_id, status="completed")
            except NotFound:
                app.logger.info("the conference %s has already ended", conference_id)
        case _:
            pass
    return flask_answer(None)


@app.post("/customer-disconnected")
def customer_disconnected() -> Answer:
    """Accept the event of a customer who has hung up or did not answer."""
    return flask_answer(None)


if __name__ == "__main__":
    app.run(port=5002)
