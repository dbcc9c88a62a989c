"""A masked number: the application calls a second person while the caller hears ringing, and joins the two calls."""

from __future__ import annotations

from bandwidth.models.bxml import Bridge, Ring, SpeakSentence
from flask import Flask, request

from tests.applications.vendor_api import ACCOUNT, calls_api, document, new_call

PERSON = "+13365550142"


def application() -> Flask:
    """Return the application."""
    app = Flask(__name__)

    @app.post("/answer")
    def answer() -> str:
        call_id = request.get_json()["callId"]
        calls_api().create_call(ACCOUNT, new_call(PERSON, "/joined", disconnect_url="https://app.example/ended", tag=call_id))
        return document([SpeakSentence("Please wait."), Ring(30)])

    @app.post("/joined")
    def joined() -> str:
        return document([Bridge(request.get_json()["tag"])])

    @app.post("/ended")
    def ended() -> str:
        event = request.get_json()
        if event["cause"] in {"busy", "timeout"}:
            sorry = document([SpeakSentence("Nobody is available.")])
            calls_api().update_call_bxml(ACCOUNT, event["tag"], sorry)
        return ""

    return app
