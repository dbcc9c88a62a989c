"""SpeakSentence, PlayAudio, Pause, Ring and SendDtmf have durations and are noted in the timeline."""

from __future__ import annotations

import pytest

from bxml import Gather, Pause, Ring
from callcontrol import Headers, Request
from callcontrol.emulator import Assumptions
from callcontrol.emulator.attribute_values import default, number, text, truth
from tests.callcontrol.emulator.scripted_application import App, client, core, create, entries, response, say


def heard(*verbs: str, assumptions: Assumptions | None = None) -> list[tuple[float, str]]:
    """Return the timeline entries that the caller hears, and the end of the call, each with its time in seconds."""
    voice = core(App(answer=response(*verbs)), assumptions=assumptions)
    voice.audio_lasts("https://app.example/long.wav", 12.5)
    call = voice.dial("/answer")
    call.expect_end()
    return [each for each in entries(call, "spoken", "played", "heard", "state") if each[1] not in {"initiated", "answered"}]


class TestSpeakSentence:
    """A sentence takes a fixed time per character."""

    @pytest.mark.parametrize(
        ("markup", "spoken", "seconds"),
        [
            ("Ten chars.", "Ten chars.", 0.6),
            ("  Two \n words  ", "Two words", 0.54),
            ("Say <emphasis>this</emphasis>, <lang xml:lang='fr-FR'>ça</lang>.", "Say this, ça.", 0.78),
            ("<sub alias='World Wide Web'>WWW</sub>", "World Wide Web", 0.84),
            ("One.<break time='2s'/>Two.", "One. Two.", 2.54),
            ("One.<break time='500ms'/>Two.", "One. Two.", 1.04),
            ("One.<break strength='weak'/>Two.", "One. Two.", 0.54),
            ("<p><s>One.</s><s>Two.<break time='1s'/></s></p><p>Three.</p>", "One. Two. Three.", 1.96),
            ("<prosody rate='slow'>A<say-as interpret-as='characters'>BC</say-as></prosody>", "ABC", 0.18),
            ("<phoneme ph='a'>pecan</phoneme>", "pecan", 0.3),
        ],
    )
    def test_timeline_has_the_spoken_text(self, markup: str, spoken: str, seconds: float) -> None:
        """The text has no markup. A break separates words and has a duration."""
        assert heard(say(markup)) == [(0, spoken), (seconds, "disconnected")]

    def test_timeline_has_the_voice(self) -> None:
        """The timeline notes only the attributes that are given."""
        voice = core(
            App(
                answer=response(
                    '<SpeakSentence voice="julie">Hi.</SpeakSentence>',
                    '<SpeakSentence gender="male" locale="en_UK">Hi.</SpeakSentence>',
                )
            )
        )
        call = voice.dial("/answer")
        call.expect_end()
        details = [dict(entry.details) for entry in call.timeline if entry.kind == "spoken"]
        assert details == [{"voice": "julie"}, {"gender": "male", "locale": "en_UK"}]

    def test_speed_is_an_assumption(self) -> None:
        """The vendor does not document the speed."""
        assert heard(say("Ten chars."), assumptions=Assumptions(seconds_per_character=0.5))[-1] == (5, "disconnected")


class TestPlayAudio:
    """A file that cannot be fetched takes its declared or assumed duration."""

    def test_duration_is_declared_or_assumed(self) -> None:
        """Files without a declared duration take the assumed duration."""
        played = heard("<PlayAudio>long.wav</PlayAudio>", "<PlayAudio>https://cdn.example/b.mp3</PlayAudio>")
        assert played == [(0, "https://app.example/long.wav"), (12.5, "https://cdn.example/b.mp3"), (17.5, "disconnected")]
        other = heard("<PlayAudio>a.wav</PlayAudio>", assumptions=Assumptions(audio_seconds=2))
        assert other[-1] == (2, "disconnected")

    def test_user_of_the_url_is_hidden(self) -> None:
        """The timeline shows no credentials."""
        assert heard("<PlayAudio>https://me:hidden@cdn.example/a.wav</PlayAudio>")[0] == (0, "https://…@cdn.example/a.wav")

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("a.wav", "the URL is relative, and a pushed document has no base URL; use an absolute URL"),
            ("http://[x", "the URL is malformed"),
        ],
    )
    def test_invalid_audio_url_ends_the_call(self, url: str, reason: str) -> None:
        """A malformed URL ends the call. A relative URL does too, because a pushed document has no base URL."""
        voice = core(App(answer=response('<Pause duration="9"/>')))
        call = create(voice)
        voice.advance(1)
        document = response(f"<PlayAudio>{url}</PlayAudio>", say("Never."))
        client(voice).update_call_bxml(call.call_id, document, ignore={"relative-url"})
        assert call.expect_end() == "application-error"
        assert call.error_message == f"{url} cannot be played: {reason}"
        assert call.timeline.texts("spoken", "played") == []

    def test_invalid_audio_url_does_not_end_a_conference(self) -> None:
        """The conference continues with the next verb of the document."""
        app = App(answer=response("<Conference>standup</Conference>"))
        voice = core(app)
        call = voice.dial("/answer")
        voice.advance(1)
        (conference,) = voice.conferences
        url = f"http://voice.example/api/v2/accounts/9900123/conferences/{conference.conference_id}/bxml"
        headers = Headers({"Authorization": "Basic dTpw", "Content-Type": "application/xml"})
        document = response("<PlayAudio>a.wav</PlayAudio>", say("Hello, all.")).encode()
        assert voice.handle(Request("PUT", url, headers, document)).status == 204
        call.expect_speech("hello, all")
        assert conference.timeline.texts("problem") == [
            "a.wav cannot be played: the URL is relative, and a pushed document has no base URL; use an absolute URL"
        ]


class TestSilenceAndTones:
    """Pause, Ring and SendDtmf have durations."""

    def test_default_durations_are_those_of_the_schema(self) -> None:
        """An attribute overrides the default."""
        assert heard("<Pause/>") == [(1, "disconnected")]
        assert heard('<Pause duration="2.5"/>') == [(2.5, "disconnected")]
        assert heard("<Ring/>") == [(0, "ringing"), (5, "disconnected")]
        assert heard('<Ring duration="0.5"/>') == [(0, "ringing"), (0.5, "disconnected")]

    @pytest.mark.parametrize(
        ("tones", "attributes", "seconds"),
        [
            ("1", "", 0.6),
            ("12#", "", 1.8),
            ("12", ' toneDuration="100" toneInterval="50"', 0.3),
            ("1,2", "", 0.2 + 0.5 + 0.6),
            ("1w2", "", 0.2 + 0.5 + 0.6),
            ("1W2", "", 0.2 + 1 + 0.6),
            ("wW,", "", 2),
            ("1WW", "", 2.2),
        ],
    )
    def test_interval_or_pause_follows_each_tone(self, tones: str, attributes: str, seconds: float) -> None:
        """A pause character replaces the interval after a tone."""
        sent = heard(f"<SendDtmf{attributes}>{tones}</SendDtmf>")
        assert sent == [(0, f"tones {tones}"), (pytest.approx(seconds), "disconnected")]


class TestAttributes:
    """A missing attribute has its default."""

    def test_defaults_are_those_of_the_schema(self) -> None:
        """Numbers, strings and booleans are read from the schema."""
        assert (default("Pause", "duration"), default("Gather", "maxDigits"), default("Gather", "terminatingDigits")) == (
            "1",
            "50",
            "",
        )
        assert (number(Pause(), "duration"), number(Pause(duration=2.5), "duration")) == (1, 2.5)
        assert (text(Gather(), "input"), text(Gather(input="speech"), "input")) == ("dtmf", "speech")
        assert (truth(Ring(), "answerCall"), truth(Ring(answer_call=False), "answerCall")) == (True, False)
