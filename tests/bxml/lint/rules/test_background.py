"""The rules for recordings, gathers, streams and transcriptions in the background."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, get_args

import pytest

from bxml import Response, StartRecording, validate
from bxml.lint.background_state import GATHER, RECORDING
from bxml.lint.rules import not_running, recording_already_running
from bxml.schema import Context


class Case(NamedTuple):
    """A document in which each violation of a rule is marked with «», and the expected messages."""

    rule: str
    content: str
    messages: tuple[str, ...] = ()
    context: Context = "call"
    root: str = "Response"


class Place(NamedTuple):
    """The position and the message of a problem."""

    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    message: str


URL: Final = "https://app.example/events"
WSS: Final = "wss://app.example/audio"
HELLO: Final = "<SpeakSentence>Hello.</SpeakSentence>"


def stream(attributes: str = "", content: str = "") -> str:
    """Return a StartStream that sends its audio to a websocket."""
    return started("StartStream", attributes, content)


def transcription(attributes: str = "", content: str = "") -> str:
    """Return a StartTranscription that sends its text to a websocket."""
    return started("StartTranscription", attributes, content)


def started(verb: str, attributes: str, content: str = "") -> str:
    """Return a verb with a destination. If the attributes begin with ``!``, the name of the verb is marked with «»."""
    name = f"«{verb}»" if attributes.startswith("!") else verb
    return f'<{name} {attributes.lstrip("!")} destination="{WSS}">{content}</{verb}>'


def lines(*verbs: str) -> str:
    """Return verbs on separate lines, beginning with line 2."""
    return "".join(f"\n  {verb}" for verb in verbs) + "\n"


def too_many_tracks(verb: str) -> str:
    """Return the message for a verb that exceeds the limit of tracks."""
    noun = {"StartStream": "stream", "StartTranscription": "transcription"}[verb]
    limit = f'exceeds the limit of 4 tracks for all running {noun}s (tracks="both" counts as 2)'
    return f"<{verb}> {limit}; stop another {noun} first"


def at_end(verb: str, consequence: str) -> str:
    """Return the message for a background verb at the end of the document."""
    return f"<{verb}> is not followed by a verb that takes time, so the call ends and {consequence}; add a verb such as <Pause>"


STREAM_AT_END: Final = (
    "<StartStream> is not followed by a verb that takes time, so the call ends immediately; "
    'add a verb such as <StopStream> with wait="true"'
)
NOT_HELD: Final = (
    "<StartStream> is bidirectional, but no later verb waits for it, so the call may end too early; "
    'add <StopStream> with wait="true"'
)
STILL_RUNNING: Final = "that is still running; add <StopRecording> first"
NO_DESTINATION: Final = "has no effect without destination; add destination to <StartTranscription> or remove"
NO_NOTIFICATION: Final = (
    "<Record> does not report its recording to a URL; add recordCompleteUrl, recordingAvailableUrl or transcriptionAvailableUrl"
)
LOWER: Final = "lower silenceTimeout or raise maxDuration"
FIX: Final = "; remove it or use another verb"

VIOLATIONS = {
    # recording-already-running
    "a recording while one is running": Case(
        "recording-already-running",
        lines("<StartRecording/>", HELLO, "<«StartRecording»/>"),
        (f"<StartRecording> has no effect, because <StartRecording> on line 2 started a recording {STILL_RUNNING}",),
    ),
    "two recordings while one is running": Case(
        "recording-already-running",
        lines("<StartRecording/>", "<«StartRecording»/>", "<«StartRecording» fileFormat='mp3'/>"),
        (f"<StartRecording> has no effect, because <StartRecording> on line 2 started a recording {STILL_RUNNING}",) * 2,
    ),
    "a recording while one is paused": Case(
        "recording-already-running",
        lines("<StartRecording/>", "<PauseRecording/>", HELLO, "<«StartRecording»/>"),
        (
            (
                "<StartRecording> has no effect, because <PauseRecording> on line 3 only paused the recording; "
                "use <ResumeRecording> to continue it"
            ),
        ),
        context="conference",
    ),
    "a recording while a resumed one is running": Case(
        "recording-already-running",
        lines("<StartRecording/>", "<PauseRecording/>", "<ResumeRecording/>", "<«StartRecording»/>"),
        (f"<StartRecording> has no effect, because <ResumeRecording> on line 4 resumed a recording {STILL_RUNNING}",),
        root="Bxml",
    ),
    # not-running
    "a recording stopped twice": Case(
        "not-running",
        lines("<StopRecording/>", "<«StopRecording»/>"),
        (f"<StopRecording> has no effect, because <StopRecording> on line 2 already stopped the recording{FIX}",),
    ),
    "a recording paused and resumed after it was stopped": Case(
        "not-running",
        lines("<StartRecording/>", HELLO, "<StopRecording/>", "<«PauseRecording»/>", "<«ResumeRecording»/>"),
        (
            f"<PauseRecording> has no effect, because <StopRecording> on line 4 already stopped the recording{FIX}",
            f"<ResumeRecording> has no effect, because <StopRecording> on line 4 already stopped the recording{FIX}",
        ),
    ),
    "a recording paused twice": Case(
        "not-running",
        lines("<PauseRecording/>", HELLO, "<«PauseRecording»/>"),
        (f"<PauseRecording> has no effect, because <PauseRecording> on line 2 already paused the recording{FIX}",),
        context="conference",
    ),
    "a recording resumed twice": Case(
        "not-running",
        lines("<ResumeRecording/>", HELLO, "<«ResumeRecording»/>"),
        (f"<ResumeRecording> has no effect, because <ResumeRecording> on line 2 already resumed the recording{FIX}",),
    ),
    "a new recording resumed": Case(
        "not-running",
        lines("<StopRecording/>", "<StartRecording/>", "<«ResumeRecording»/>"),
        (f"<ResumeRecording> has no effect, because <StartRecording> on line 3 started a recording that is not paused{FIX}",),
    ),
    "a gather stopped twice": Case(
        "not-running",
        lines(f'<StartGather dtmfUrl="{URL}"/>', HELLO, "<StopGather/>", "<«StopGather»/>"),
        (f"<StopGather> has no effect, because <StopGather> on line 4 already stopped the gather{FIX}",),
        context="transfer-answer",
    ),
    "a stream stopped twice": Case(
        "not-running",
        lines(stream('name="a"'), HELLO, '<StopStream name="a"/>', stream('name="b"'), '<«StopStream» name="a"/>'),
        (f"<StopStream> has no effect, because <StopStream> on line 4 already stopped the stream{FIX}",),
    ),
    "a stream awaited twice": Case(
        "not-running",
        lines('<StopStream name="a" wait="true"/>', '<«StopStream» name="a" wait="true"/>'),
        (f"<StopStream> has no effect, because <StopStream> on line 2 already stopped the stream{FIX}",),
    ),
    "a transcription stopped twice": Case(
        "not-running",
        lines('<StopTranscription name="a"/>', transcription(), '<«StopTranscription» name="a"/>'),
        (f"<StopTranscription> has no effect, because <StopTranscription> on line 2 already stopped the transcription{FIX}",),
    ),
    "transcriptions stopped after all were stopped": Case(
        "not-running",
        lines(transcription('name="a"'), "<StopTranscription/>", '<«StopTranscription» name="a"/>', "<«StopTranscription»/>"),
        (f"<StopTranscription> has no effect, because <StopTranscription> on line 3 already stopped the transcription{FIX}",)
        * 2,
    ),
    # name-in-use
    "a stream with the name of another": Case(
        "name-in-use",
        lines(stream('name="a"'), "<StopGather/>", stream('name="«a»" tracks="outbound"'), stream('name="«a»"')),
        ('name="a" is already used by <StartStream> on line 2; stop it first or use another name',) * 2,
    ),
    "a transcription without a remote end that could stop it": Case(
        "name-in-use",
        lines(
            '<StartTranscription name="a" transcriptionEventUrl="https://app.example/a"/>',
            HELLO,
            '<StartTranscription name="«a»" transcriptionEventUrl="https://app.example/a"/>',
        ),
        ('name="a" is already used by <StartTranscription> on line 2; stop it first or use another name',),
    ),
    "a name that is still in use after another transcription and a stream were stopped": Case(
        "name-in-use",
        lines(
            transcription('name="a"'),
            stream('name="a"'),
            '<StopTranscription name="b"/>',
            '<StopStream name="a"/>',
            transcription('name="«a»"'),
        ),
        ('name="a" is already used by <StartTranscription> on line 2; stop it first or use another name',),
    ),
    # too-many-tracks
    "a fifth stream": Case(
        "too-many-tracks",
        lines(stream(), stream(), stream(), stream(), stream("!"), stream("!")),
        (too_many_tracks("StartStream"),) * 2,
    ),
    "a stream of both tracks, which exceeds the limit, and a stream of a single track, which does not": Case(
        "too-many-tracks",
        lines(stream('tracks="both"'), stream(), stream('!tracks="both"'), stream('tracks="outbound"')),
        (too_many_tracks("StartStream"),),
    ),
    "a fifth track with an invalid tracks attribute": Case(
        "too-many-tracks",
        lines(*[transcription('tracks="BOTH"')] * 4, transcription('!tracks="INBOUND"')),
        (too_many_tracks("StartTranscription"),),
    ),
    "a transcription above the limit although streams are stopped": Case(
        "too-many-tracks",
        lines(
            *[transcription('tracks="both"')] * 2,
            stream('name="a"'),
            '<StopStream name="a"/>',
            '<StopTranscription name="a"/>',
            transcription('!name="a"'),
        ),
        (too_many_tracks("StartTranscription"),),
    ),
    "a stream above the limit with an unused name": Case(
        "too-many-tracks",
        lines(*[stream()] * 4, stream('!name="a"'), stream('!name="a"')),
        (too_many_tracks("StartStream"),) * 2,
    ),
    # stream-at-end
    "a stream at the end": Case("stream-at-end", lines(HELLO, stream("!")), (STREAM_AT_END,)),
    "streams before verbs that take no time": Case(
        "stream-at-end",
        lines(stream("!"), "<Tag>sales</Tag>", stream('!name="a"'), '<StopStream name="a" wait="false"/>'),
        (STREAM_AT_END,) * 2,
        root="Bxml",
    ),
    "a stream before the end of the call": Case("stream-at-end", lines(stream("!"), "<Hangup/>", "<Pause/>"), (STREAM_AT_END,)),
    # background-at-end
    "other background verbs at the end": Case(
        "background-at-end",
        lines(HELLO, f'<«StartGather» dtmfUrl="{URL}"/>', "<«StartRecording»/>", transcription("!"), stream(), "<StopGather/>"),
        (
            at_end("StartGather", "no digits are collected"),
            at_end("StartRecording", "nothing is recorded"),
            at_end("StartTranscription", "nothing is transcribed"),
        ),
    ),
    "a recording before the end of the call": Case(
        "background-at-end", lines("<«StartRecording»/>", "<Hangup/>"), (at_end("StartRecording", "nothing is recorded"),)
    ),
    # bidirectional-stream-not-held
    "a bidirectional stream with prompts only": Case(
        "bidirectional-stream-not-held",
        lines(stream('!mode="bidirectional"'), HELLO, '<StopStream name="a" wait="false"/>'),
        (NOT_HELD,),
    ),
    "a bidirectional stream with pauses only before it and after <Hangup>": Case(
        "bidirectional-stream-not-held",
        lines("<Pause/>", stream('mode="unidirectional"'), stream('!mode="bidirectional"'), HELLO, "<Hangup/>", "<Pause/>"),
        (NOT_HELD,),
    ),
    # wait-for-unknown-stream
    "a wait for a stream with another name": Case(
        "wait-for-unknown-stream",
        lines(stream('name="a"'), stream('name="b"'), '<StopStream name="«c»" wait="true"/>', stream('name="c"'), HELLO),
        (
            (
                'name="c" is not the name of a stream that this document started; '
                '<StartStream> on line 3 is named "b"; use that name'
            ),
        ),
    ),
    "a wait for a stream that has no name": Case(
        "wait-for-unknown-stream",
        lines(stream(), '<StopStream name="«c»" wait="true"/>'),
        ('name="c" is not the name of a stream that this document started; <StartStream> on line 2 has no name; add one',),
    ),
    "a wait for an empty name": Case(
        "wait-for-unknown-stream",
        lines(stream('name=""'), '<StopStream name=«""» wait="true"/>'),
        ('name="" is not the name of a stream that this document started; <StartStream> on line 2 has no name; add one',),
    ),
    # duplicate-parameter
    "a duplicate parameter of a stream": Case(
        "duplicate-parameter",
        lines(
            stream(
                "",
                '<StreamParam name="a" value="1"/><StreamParam name="b" value="2"/>\n<StreamParam name="«a»" value="1"/>'
                '<StreamParam name="«a»" value="3"/>',
            )
        ),
        ('name="a" is also the name of <StreamParam> on line 2, and only one of the two arrives; use another name',) * 2,
    ),
    "a duplicate parameter of a transcription": Case(
        "duplicate-parameter",
        lines(transcription("", '<CustomParam name="a" value="1"/><CustomParam name="«a»" value="1"/>')),
        ('name="a" is also the name of <CustomParam> on line 2, and only one of the two arrives; use another name',),
    ),
    # unheard-transcription
    "options that are sent only to a destination": Case(
        "unheard-transcription",
        lines(
            f'<StartTranscription transcriptionEventUrl="{URL}" «stabilized»="false"><«CustomParam» name="a" value="1"/>'
            '<CustomParam name="b" value="1"/></StartTranscription>'
        ),
        (f"stabilized {NO_DESTINATION} stabilized", f"<CustomParam> {NO_DESTINATION} <CustomParam>"),
    ),
    "an invalid boolean without a destination": Case(
        "unheard-transcription",
        lines('<StartTranscription «stabilized»="False"/>'),
        (f"stabilized {NO_DESTINATION} stabilized",),
    ),
    # preferred-languages
    "languages with language detection": Case(
        "preferred-languages",
        lines(transcription('detectLanguage="true" «preferredLanguages»="en-US"')),
        ('preferredLanguages is not allowed with detectLanguage="true"; remove one of them',),
    ),
    "two dialects of one language": Case(
        "preferred-languages",
        lines(transcription('preferredLanguages="«es-US, en-US,en-GB,es-MX»"')),
        (
            (
                'preferredLanguages="es-US, en-US,en-GB,es-MX" contains "en-US" and "en-GB", '
                "but only one dialect of each language is allowed; remove one of them"
            ),
        ),
    ),
    "two dialects in other spellings, one without a country": Case(
        "preferred-languages",
        lines(transcription('preferredLanguages="«EN_us,en»"')),
        (
            (
                'preferredLanguages="EN_us,en" contains "EN_us" and "en", '
                "but only one dialect of each language is allowed; remove one of them"
            ),
        ),
    ),
    # transcription-not-requested
    "transcription options of a recording": Case(
        "transcription-not-requested",
        lines(f'<Record «detectLanguage»="true" «transcriptionAvailableUrl»="{URL}"/>'),
        (
            'detectLanguage has no effect without transcribe="true"; add it or remove detectLanguage',
            'transcriptionAvailableUrl has no effect without transcribe="true"; add it or remove transcriptionAvailableUrl',
        ),
    ),
    "a URL for a transcription that is switched off": Case(
        "transcription-not-requested",
        lines(f'<StartRecording transcribe="false" «transcriptionAvailableUrl»="{URL}"/>'),
        ('transcriptionAvailableUrl has no effect without transcribe="true"; add it or remove transcriptionAvailableUrl',),
        context="transfer-answer",
    ),
    "a Record in a conference, which does not allow it": Case(
        "transcription-not-requested",
        lines('<Record «detectLanguage»="true"/>'),
        ('detectLanguage has no effect without transcribe="true"; add it or remove detectLanguage',),
        context="conference",
    ),
    # unreachable-silence-timeout
    "a silence timeout longer than the default duration": Case(
        "unreachable-silence-timeout",
        lines('<Record silenceTimeout="«60.5»"/>'),
        (f'silenceTimeout="60.5" is never reached, because maxDuration="60" (the default) ends the recording first; {LOWER}',),
    ),
    "a silence timeout longer than the recording": Case(
        "unreachable-silence-timeout",
        lines('<Record silenceTimeout="«6»" maxDuration="5"/>'),
        (f'silenceTimeout="6" is never reached, because maxDuration="5" ends the recording first; {LOWER}',),
    ),
    # recording-without-url, transcription-without-target
    "a recording without a notification URL": Case(
        "recording-without-url", lines("<«Record» transcribe='true'/>"), (NO_NOTIFICATION,)
    ),
    "a transcription without a URL for its text": Case(
        "transcription-without-target",
        lines('<«StartTranscription» name="a"/>'),
        ("<StartTranscription> does not send its text to a URL; add destination or transcriptionEventUrl",),
    ),
}

ACCEPTED = {
    # Uncertain cases, which depend on the remote end or on a verb that is newer than the schema
    "a name that the remote end may have released": Case(
        "name-in-use", lines(stream('name="a"'), HELLO, stream('name="a"'), HELLO)
    ),
    "tracks that the remote end may have closed": Case(
        "too-many-tracks", lines(*[stream('tracks="both"')] * 2, HELLO, *[stream('tracks="both"')] * 2, HELLO)
    ),
    "an unknown verb after a stream": Case("stream-at-end", lines(stream(""), "<NewVerb/>")),
    "an unknown verb after a recording": Case("background-at-end", lines("<StartRecording/>", "<NewVerb/>")),
    "an unknown verb after a bidirectional stream": Case(
        "bidirectional-stream-not-held", lines(stream('mode="bidirectional"'), HELLO, "<NewVerb/>")
    ),
    # recording-already-running
    "one recording": Case("recording-already-running", lines("<StartRecording/>", HELLO)),
    "a recording after another": Case(
        "recording-already-running", lines("<StartRecording/>", HELLO, "<StopRecording/>", "<StartRecording/>", HELLO)
    ),
    "a stop without effect, which not-running reports": Case(
        "recording-already-running", lines("<StopRecording/>", "<StopRecording/>")
    ),
    "a recording after a recording of an earlier document": Case(
        "recording-already-running", lines("<PauseRecording/>", "<ResumeRecording/>", "<StartRecording/>")
    ),
    "an unreachable recording": Case(
        "recording-already-running", lines("<StartRecording/>", f'<Gather gatherUrl="{URL}"/>', "<StartRecording/>")
    ),
    "a gather after another": Case("not-running", lines(*[f'<StartGather dtmfUrl="{URL}"/>'] * 2, "<StopGather/>", HELLO)),
    # not-running
    "a second recording, which recording-already-running reports": Case("not-running", lines(*["<StartRecording/>"] * 2)),
    "a recording of an earlier document": Case(
        "not-running", lines("<PauseRecording/>", "<ResumeRecording/>", "<PauseRecording/>", "<StopRecording/>")
    ),
    "a recording that an earlier document may have paused": Case(
        "not-running", lines("<StartRecording/>", "<ResumeRecording/>")
    ),
    "a paused recording that is stopped": Case(
        "not-running", lines("<StartRecording/>", "<PauseRecording/>", "<StopRecording/>")
    ),
    "a gather of an earlier document": Case("not-running", lines("<StopGather/>", HELLO)),
    "a stop of each stream": Case(
        "not-running", lines('<StopStream name="a"/>', '<StopStream name="b"/>', stream('name="a"'), '<StopStream name="a"/>')
    ),
    "a stop of a stream that may have been rejected": Case(
        "not-running",
        lines('<StopStream name="a"/>', *[stream()] * 4, stream('name="a"'), '<StopStream name="a"/>'),
    ),
    "stops of streams without a name": Case("not-running", lines(*["<StopStream/>"] * 2, *['<StopStream name=""/>'] * 2)),
    "stops of transcriptions with an empty name": Case(
        "not-running", lines("<StopTranscription/>", *['<StopTranscription name=""/>'] * 2)
    ),
    "transcriptions started after all were stopped": Case(
        "not-running",
        lines("<StopTranscription/>", transcription(), '<StopTranscription name="a"/>', "<StopTranscription/>"),
    ),
    "an unreachable stop": Case("not-running", lines("<StopGather/>", "<Hangup/>", "<StopGather/>")),
    # name-in-use
    "the same name for a stream and a transcription": Case("name-in-use", lines(stream('name="a"'), transcription('name="a"'))),
    "streams without names": Case("name-in-use", lines(stream(), stream(), stream('name=""'), stream('name=""'))),
    "a stream above the limit": Case("name-in-use", lines(*[stream()] * 4, stream('name="a"'))),
    "a name after its stream was stopped": Case(
        "name-in-use",
        lines(
            stream('name="a"'), '<StopStream name="a" wait="true"/>', stream('name="a"'), "<StopStream/>", stream('name="a"')
        ),
    ),
    "a name after all were stopped": Case(
        "name-in-use",
        lines(
            transcription('name="a"'),
            "<StopTranscription/>",
            transcription('name="a"'),
            '<StopTranscription name=""/>',
            transcription('name="a"'),
        ),
    ),
    "an unreachable stream with the same name": Case(
        "name-in-use", lines(stream('name="a"'), f'<Redirect redirectUrl="{URL}"/>', stream('name="a"'))
    ),
    # too-many-tracks
    "four tracks of each kind": Case(
        "too-many-tracks", lines(*[stream('tracks="both"')] * 2, *[transcription()] * 4, "<Pause/>")
    ),
    "tracks after a stream was stopped": Case(
        "too-many-tracks",
        lines(
            stream('tracks="both"'),
            stream('name="a" tracks="both"'),
            '<StopStream name="a"/>',
            stream('name="b" tracks="both"'),
        ),
    ),
    "a stream that is rejected because of its name does not count": Case(
        "too-many-tracks", lines(*[stream('name="a" tracks="both"')] * 3, stream('tracks="both"'))
    ),
    "transcriptions that are all stopped": Case(
        "too-many-tracks", lines(*[transcription()] * 4, "<StopTranscription/>", *[transcription()] * 4)
    ),
    # stream-at-end
    "streams with a wait at the end": Case(
        "stream-at-end", lines(stream(), HELLO, stream(), '<StopStream name="a" wait="true"/>')
    ),
    "a stream before a redirect": Case("stream-at-end", lines(stream(), f'<Redirect redirectUrl="{URL}"/>')),
    "an unreachable stream": Case("stream-at-end", lines("<Hangup/>", stream())),
    "no verbs": Case("stream-at-end", ""),
    "a stream of a called party": Case("stream-at-end", lines(stream()), context="transfer-answer"),
    # background-at-end
    "a stream at the end, which stream-at-end reports": Case("background-at-end", lines(stream())),
    "a recording with a wait at the end": Case(
        "background-at-end", lines("<StartRecording/>", transcription(), '<StopStream name="a" wait="true"/>', "<Hangup/>")
    ),
    "a recording of a conference": Case("background-at-end", lines("<StartRecording/>"), context="conference"),
    # bidirectional-stream-not-held
    "a bidirectional stream with a wait": Case(
        "bidirectional-stream-not-held", lines(stream('mode="bidirectional"'), HELLO, '<StopStream name="a" wait="true"/>')
    ),
    "a bidirectional stream with a pause": Case(
        "bidirectional-stream-not-held", lines(stream('mode="bidirectional"'), "<Pause/>", HELLO)
    ),
    "a bidirectional stream at the end, which stream-at-end reports": Case(
        "bidirectional-stream-not-held", lines(HELLO, stream('mode="bidirectional"'))
    ),
    "a unidirectional stream, and one with an invalid mode": Case(
        "bidirectional-stream-not-held", lines(stream(), stream('mode="BIDIRECTIONAL"'), HELLO)
    ),
    "a bidirectional stream of a called party": Case(
        "bidirectional-stream-not-held", lines(stream('mode="bidirectional"'), HELLO), context="transfer-answer"
    ),
    # wait-for-unknown-stream
    "a wait for one of two streams": Case(
        "wait-for-unknown-stream", lines(stream('name="a"'), stream('name="b"'), '<StopStream name="a" wait="true"/>')
    ),
    "a wait for a stream of an earlier document": Case(
        "wait-for-unknown-stream", lines('<StopStream name="a" wait="true"/>', stream('name="b"'), HELLO)
    ),
    "a stop without wait, and one with an invalid wait": Case(
        "wait-for-unknown-stream", lines(stream(), '<StopStream name="a"/>', '<StopStream name="a" wait="True"/>')
    ),
    "a wait without a name": Case("wait-for-unknown-stream", lines(stream(), '<StopStream wait="true"/>')),
    # duplicate-parameter
    "parameters of two streams": Case(
        "duplicate-parameter",
        lines(*[stream("", '<StreamParam name="a" value="1"/><StreamParam name="A" value="1"/>')] * 2),
    ),
    "parameters that are invalid by the schema": Case(
        "duplicate-parameter", lines(stream("", '<StreamParam name="" value="1"/>' * 2 + "<StreamParam/>" * 2 + "<Tag/>" * 2))
    ),
    # unheard-transcription
    "options with a destination": Case(
        "unheard-transcription", lines(transcription('stabilized="false"', '<CustomParam name="a" value="1"/>'))
    ),
    "a default that the Java SDK writes": Case("unheard-transcription", lines('<StartTranscription stabilized="true"/>')),
    # preferred-languages
    "dialects of two languages, one of them twice": Case(
        "preferred-languages",
        lines(transcription('detectLanguage="false" preferredLanguages="en-US,es-US, en_us"')),
    ),
    "languages with an invalid boolean": Case(
        "preferred-languages", lines(transcription('detectLanguage="True" preferredLanguages=",,"'))
    ),
    # transcription-not-requested
    "a transcription that is requested": Case(
        "transcription-not-requested",
        lines(f'<Record transcribe="true" detectLanguage="true" transcriptionAvailableUrl="{URL}"/>'),
    ),
    "an invalid boolean for transcribe": Case(
        "transcription-not-requested", lines(f'<Record transcribe="True" transcriptionAvailableUrl="{URL}"/>')
    ),
    "defaults that the C# SDK writes": Case(
        "transcription-not-requested", lines('<StartRecording transcribe="false" detectLanguage="false"/>')
    ),
    "a recording of a conference, which conference-recording reports": Case(
        "transcription-not-requested", lines('<StartRecording detectLanguage="true"/>'), context="conference"
    ),
    # unreachable-silence-timeout
    "a silence timeout equal to the default duration": Case(
        "unreachable-silence-timeout", lines('<Record silenceTimeout="60.0"/>')
    ),
    "a silence timeout equal to the duration": Case(
        "unreachable-silence-timeout", lines('<Record silenceTimeout="5" maxDuration="5"/>')
    ),
    "a silence timeout that is not a number": Case("unreachable-silence-timeout", lines('<Record silenceTimeout="1e9"/>')),
    "a duration that is not a number": Case(
        "unreachable-silence-timeout", lines('<Record silenceTimeout="600" maxDuration="1m"/>')
    ),
    # recording-without-url, transcription-without-target
    **{
        f"a recording with {url}": Case("recording-without-url", lines(f'<Record {url}="{URL}"/>'))
        for url in ("recordCompleteUrl", "recordingAvailableUrl", "transcriptionAvailableUrl")
    },
    "a transcription with a destination": Case("transcription-without-target", lines(transcription())),
    "a transcription with a URL": Case(
        "transcription-without-target", lines(f'<StartTranscription transcriptionEventUrl="{URL}"/>')
    ),
}


def found(case: Case) -> list[Place]:
    """Return the problems that the rule reports in the document without its marks."""
    text = re.sub("[«»]", "", f"<{case.root}>{case.content}</{case.root}>")
    problems = validate(text, context=case.context, select=[case.rule])
    assert {problem.rule for problem in problems} <= {case.rule}
    return [Place(one.line, one.column, one.end_line, one.end_column, one.message) for one in problems]


def marked(case: Case) -> list[Place]:
    """Return the marked positions of the document, with the expected messages."""
    text = f"<{case.root}>{case.content}</{case.root}>"
    places = [
        (number, match.start() - 2 * before + 1, number, match.end() - 2 * before - 1)
        for number, line in enumerate(text.split("\n"), start=1)
        for before, match in enumerate(re.finditer("«[^»]*»", line))
    ]
    return [Place(*place, message) for place, message in zip(places, case.messages, strict=True)]


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_violation_is_reported_at_its_position(case: Case) -> None:
    """Each violation is reported at its position with its message."""
    assert marked(case)
    assert found(case) == marked(case)


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_document_has_no_problem(case: Case) -> None:
    """A rule reports nothing for accepted cases, uncertain cases, and cases that another rule or the schema check reports."""
    assert found(case) == []


@pytest.mark.parametrize("context", get_args(Context))
def test_message_for_a_python_document_has_no_line(context: Context) -> None:
    """For a document built in Python, the message names the other verb without a line number."""
    document = Response([StartRecording(), StartRecording()])
    (problem,) = validate(document, context=context, select=["recording-already-running"])
    assert problem.path == "Response/StartRecording[2]"
    assert problem.message == f"<StartRecording> has no effect, because <StartRecording> started a recording {STILL_RUNNING}"


def test_every_verb_without_effect_has_a_message() -> None:
    """For each verb that can be without effect, the rule ``not-running`` or ``recording-already-running`` has a message."""
    controls = {*RECORDING, *GATHER, "StopStream", "StopTranscription"} - {"StartRecording", "StartGather"}
    assert set(not_running.TARGETS) == controls
    assert not_running.CAUSES.keys() == controls | {"StartRecording"}
    assert recording_already_running.CAUSES.keys() == RECORDING.keys() - {"StopRecording"}
