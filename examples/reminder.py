"""Appointment reminders, with FastAPI: people confirm or cancel, and answering machines receive a message.

When the office closes, every active call is interrupted with an announcement.

Run it with ``python examples/reminder.py``. The client reads its account and credentials from the environment.
"""

from __future__ import annotations

from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Request
from starlette.responses import Response as Answer

from bxml import Bxml, Response, SpeakSentence
from callcontrol import Client, MachineDetection
from callcontrol.events import AnswerEvent, DisconnectEvent, GatherEvent, parse_event
from callcontrol.webhooks import starlette_answer

app = FastAPI()

BASE_URL = "https://reminder.app.example"
"""The URL at which the platform reaches this application."""

FROM = "+19195550100"
APPLICATION = "0f6b2c1e-5d0a-4c7e-9a55-2f1f7f2f90aa"

REMINDER = "This is the practice of Doctor Example. You have an appointment tomorrow at ten."

QUESTION = SpeakSentence(f"{REMINDER} Press 1 to confirm, 2 to cancel.")
MESSAGE = SpeakSentence(REMINDER)
CLOSING = Bxml().speak_sentence("Our office is closing now. Please call us tomorrow.").hangup()

ANSWERS = {
    "1": ("confirmed", "Thank you. We look forward to seeing you."),
    "2": ("canceled", "Your appointment is canceled."),
}
"""The outcome of each key, and the sentence that confirms it."""

active: set[str] = set()
"""The ids of the calls that have not ended."""

appointments: dict[str, str] = {}
"""The state of each appointment, by phone number."""


def client() -> Client:
    """Return a client of the API."""
    return Client.from_env()


@app.post("/reminders/{number}")
def remind(number: str, api: Annotated[Client, Depends(client)]) -> dict[str, str]:
    """Call a number; the platform detects an answering machine before it requests the first document."""
    call = api.create_call(
        to=number,
        from_=FROM,
        application_id=APPLICATION,
        answer_url=f"{BASE_URL}/answer",
        disconnect_url=f"{BASE_URL}/disconnected",
        call_timeout=25,
        machine_detection=MachineDetection(mode="sync"),
    )
    active.add(call.call_id)
    appointments[number] = "called"
    return {"callId": call.call_id}


@app.post("/answer")
async def answer(request: Request) -> Answer:
    """Leave a message on an answering machine, or ask a person to confirm."""
    match parse_event(await request.body()):
        case AnswerEvent(machine_detection_result=result) if result is not None and result.value == "answering-machine":
            return starlette_answer(Response().pause().then(MESSAGE).hangup())
        case _:
            return starlette_answer(Response().gather([QUESTION], gather_url="/confirm", max_digits=1, repeat_count=2))


@app.post("/confirm")
async def confirm(request: Request) -> Answer:
    """Store whether a person confirms or cancels the appointment."""
    match parse_event(await request.body()):
        case GatherEvent(digits=str() as digits, to=str() as number) if digits in ANSWERS:
            appointments[number], words = ANSWERS[digits]
            return starlette_answer(Response().speak_sentence(words).hangup())
        case _:
            return starlette_answer(Response().speak_sentence("We will call again.").hangup())


@app.post("/disconnected")
async def disconnected(request: Request) -> Answer:
    """Remove a call that has ended, and store why a number was not reached."""
    match parse_event(await request.body()):
        case DisconnectEvent(call_id=str() as call_id, to=str() as number, cause=cause):
            active.discard(call_id)
            if cause != "hangup":
                appointments[number] = f"not reached: {cause}"
        case _:
            pass
    return starlette_answer(None)


@app.post("/close")
def close(api: Annotated[Client, Depends(client)]) -> dict[str, Any]:
    """Interrupt every active call with the announcement that the office closes."""
    tally = api.interrupt_many(sorted(active), CLOSING)
    return {"interrupted": tally.delivered}


if __name__ == "__main__":
    uvicorn.run(app, port=5001)
