"""Appointment reminders with FastAPI: ask people, leave machines a message, and tell everyone when the office closes.

Run ``python examples/reminder.py``. The client takes its account from the environment.
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

HERE = "https://reminder.app.example"
"""The public URL of this application."""

FROM = "+19195550100"
APPLICATION = "0f6b2c1e-5d0a-4c7e-9a55-2f1f7f2f90aa"

WHO = "This is the practice of Doctor Example. You have an appointment tomorrow at ten."

QUESTION = SpeakSentence(f"{WHO} Press 1 to confirm, 2 to cancel.")
MESSAGE = SpeakSentence(WHO)
CLOSING = Bxml().speak_sentence("Our office is closing now. Please call us tomorrow.").hangup()

ANSWERS = {
    "1": ("confirmed", "Thank you. We look forward to seeing you."),
    "2": ("cancelled", "Your appointment is cancelled."),
}

active: set[str] = set()
"""The active calls."""

appointments: dict[str, str] = {}
"""The state of each appointment, by the number."""


def client() -> Client:
    """Return the client of the API."""
    return Client.from_env()


@app.post("/reminders/{number}")
def remind(number: str, api: Annotated[Client, Depends(client)]) -> dict[str, str]:
    """Call a number, and detect whether a person or a machine answers before anything is spoken."""
    call = api.create_call(
        to=number,
        from_=FROM,
        application_id=APPLICATION,
        answer_url=f"{HERE}/answer",
        disconnect_url=f"{HERE}/over",
        call_timeout=25,
        machine_detection=MachineDetection(mode="sync"),
    )
    active.add(call.call_id)
    appointments[number] = "called"
    return {"callId": call.call_id}


@app.post("/answer")
async def answer(request: Request) -> Answer:
    """Ask a person, or leave a machine a message."""
    match parse_event(await request.body()):
        case AnswerEvent(machine_detection_result=result) if result is not None and result.value == "answering-machine":
            return starlette_answer(Response().pause().then(MESSAGE).hangup())
        case _:
            return starlette_answer(Response().gather([QUESTION], gather_url="/answered", max_digits=1, repeat_count=2))


@app.post("/answered")
async def answered(request: Request) -> Answer:
    """Note the answer of a person."""
    match parse_event(await request.body()):
        case GatherEvent(digits=str() as digits, to=str() as number) if digits in ANSWERS:
            appointments[number], words = ANSWERS[digits]
            return starlette_answer(Response().speak_sentence(words).hangup())
        case _:
            return starlette_answer(Response().speak_sentence("We will call again.").hangup())


@app.post("/over")
async def over(request: Request) -> Answer:
    """Note the end of a call, whether it was answered or not."""
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
    """Tell everyone in an active call that the office closes."""
    tally = api.interrupt_many(sorted(active), CLOSING)
    return {"told": tally.delivered}


if __name__ == "__main__":
    uvicorn.run(app, port=5001)
