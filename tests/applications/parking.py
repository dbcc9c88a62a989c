"""Call parking: callers wait in a loop of documents until the application takes them out."""

from __future__ import annotations

from bandwidth.models import CallStateEnum, UpdateCall
from bandwidth.models.bxml import Redirect, Ring, SpeakSentence
from flask import Flask, request

from tests.applications.vendor_api import ACCOUNT, calls_api, document


def application(parked: list[str]) -> Flask:
    """Return the application.

    Args:
        parked: Receives the ids of the calls.
    """
    app = Flask(__name__)

    @app.post("/answer")
    def answer() -> str:
        parked.append(request.get_json()["callId"])
        return wait()

    @app.post("/wait")
    def wait() -> str:
        return document([Ring(10), Redirect("/wait")])

    @app.get("/next")
    def following() -> str:
        return document([SpeakSentence(f"Hello, {request.args['from'][-4:]}.")])

    return app


def take_out(call_id: str) -> None:
    """Let a parked call continue with another document."""
    update = UpdateCall(state=CallStateEnum.ACTIVE, redirect_url="https://app.example/next", redirect_method="GET")
    calls_api().update_call(ACCOUNT, call_id, update)
