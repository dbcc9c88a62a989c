"""Voicemail: it records a message and downloads it when the platform reports that it is available."""

from __future__ import annotations

from bandwidth import RecordingsApi
from bandwidth.models.bxml import PlayAudio, Record, SpeakSentence
from flask import Flask, request

from tests.applications.vendor_api import ACCOUNT, calls_api, document


def application(messages: list[bytes]) -> Flask:
    """Return the application.

    Args:
        messages: Receives the files of the messages.
    """
    app = Flask(__name__)

    @app.post("/answer")
    def answer() -> str:
        return document(
            [
                SpeakSentence("Please leave a message."),
                PlayAudio("/tone.wav"),
                Record(record_complete_url="/recorded", recording_available_url="/available", terminating_digits="#"),
            ]
        )

    @app.post("/recorded")
    def recorded() -> str:
        return document([SpeakSentence("Thank you.")])

    @app.post("/available")
    def available() -> str:
        event = request.get_json()
        api = calls_api(RecordingsApi)
        messages.append(api.download_call_recording(ACCOUNT, event["callId"], event["recordingId"]))
        api.delete_recording(ACCOUNT, event["callId"], event["recordingId"])
        return ""

    return app
