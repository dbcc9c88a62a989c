"""A survey: the application calls a person and asks a question."""

from __future__ import annotations

from bandwidth.models.bxml import Gather, SpeakSentence
from flask import Flask, request

from tests.applications.vendor_api import ACCOUNT, calls_api, document, new_call


def application() -> Flask:
    """Return the application."""
    app = Flask(__name__)

    @app.post("/calls")
    def create() -> tuple[dict[str, object], int]:
        call = calls_api().create_call(ACCOUNT, new_call(request.get_json()["to"], "/question"))
        return {"callId": call.call_id}, 201

    @app.post("/question")
    def question() -> str:
        prompt = SpeakSentence("Were you satisfied? Press 1 for yes, or 2 for no.")
        return document([Gather([prompt], gather_url="/choice", max_digits=1, repeat_count=3)])

    @app.post("/choice")
    def choice() -> str:
        said = {"1": "That is good to hear.", "2": "We are sorry."}
        return document([SpeakSentence(said.get(request.get_json()["digits"], "Goodbye."))])

    return app
