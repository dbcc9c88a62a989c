"""What the rules about recordings, streams and transcriptions find, where, and what they let pass."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, get_args

import pytest

from bxml import Response, StartRecording, validate
from bxml.lint.background_state import GATHER, RECORDING
from bxml.lint.rules import not_running, recording_already_running
from bxml.schema import Context


class Case(NamedTuple):
    """A document with what a rule finds between marks, and what the rule says of each."""

    rule: str
    content: str
    messages: tuple[str, ...] = ()
    context: Context = "call"
    root: str = "Response"


class Place(NamedTuple):
    """Where a problem stands, and what it says."""

    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    message: str


URL: Final = "https://app.example/events"
WSS: Final = "wss://app.example/audio"
HELLO: Final = "<SpeakSentence>Hello.</SpeakSentence>"


def stream(attributes: str = "", content: str = "") -> str:
    """A StartStream that sends its audio to a websocket."""
    return started("StartStream", attributes, content)


def transcription(attributes: str = "", content: str = "") -> str:
    """A StartTranscription that sends its text to a websocket."""
    return started("StartTranscription", attributes, content)


def started(verb: str, attributes: str, content: str = "") -> str:
    """A verb with a destination, its name marked if the attributes begin with !."""
    name = f"«{verb}»" if attributes.startswith("!") else verb
    return f'<{name} {attributes.lstrip("!")} destination="{WSS}">{content}</{verb}>'


def lines(*verbs: str) -> str:
    """Verbs on lines of their own, the first of which is line 2."""
    return "".join(f"\n  {verb}" for verb in verbs) + "\n"


def over(verb: str) -> str:
    """What is said of a track too many."""
    what = {"StartStream": "streamed", "StartTranscription": "transcribed"}[verb]
    return f'<{verb}> is one too many: more than 4 tracks would be {what} at once; tracks="both" counts as 2; stop one first'


def at_end(verb: str, lost: str) -> str:
    """What is said of a verb that is started too late."""
    return (
        f"<{verb}> is followed by nothing that takes time, so that the call ends at once and {lost}; "
        "let a verb follow that keeps the call"
    )


STREAM_AT_END: Final = (
    "<StartStream> is followed by nothing that takes time, so that the call ends at once; "
    'keep it, such as by <StopStream> with wait="true"'
)
NOT_HELD: Final = '<StartStream> is bidirectional, but nothing keeps the call for it; let <StopStream> with wait="true" follow'
STILL_RUNS: Final = "that still runs; end it by <StopRecording> first"
NO_DESTINATION: Final = "<StartTranscription> has no destination; give it one, or leave this out"
NOBODY: Final = (
    "<Record> tells nobody of its recording; give it a recordCompleteUrl, recordingAvailableUrl or transcriptionAvailableUrl"
)

FOUND = {
    # recording-already-running
    "a recording while one runs": Case(
        "recording-already-running",
        lines("<StartRecording/>", HELLO, "<«StartRecording»/>"),
        (f"<StartRecording> starts no recording; <StartRecording> of line 2 has begun one {STILL_RUNS}",),
    ),
    "each recording while one runs": Case(
        "recording-already-running",
        lines("<StartRecording/>", "<«StartRecording»/>", "<«StartRecording» fileFormat='mp3'/>"),
        (f"<StartRecording> starts no recording; <StartRecording> of line 2 has begun one {STILL_RUNS}",) * 2,
    ),
    "a recording while one is paused": Case(
        "recording-already-running",
        lines("<StartRecording/>", "<PauseRecording/>", HELLO, "<«StartRecording»/>"),
        (
            (
                "<StartRecording> starts no recording; <PauseRecording> of line 3 has only paused the one before; "
                "<ResumeRecording> goes on with it"
            ),
        ),
        context="conference",
    ),
    "a recording while one goes on again": Case(
        "recording-already-running",
        lines("<StartRecording/>", "<PauseRecording/>", "<ResumeRecording/>", "<«StartRecording»/>"),
        (f"<StartRecording> starts no recording; <ResumeRecording> of line 4 has gone on with one {STILL_RUNS}",),
        root="Bxml",
    ),
    # not-running
    "a recording stopped twice": Case(
        "not-running",
        lines("<StopRecording/>", "<«StopRecording»/>"),
        ("<StopRecording> has nothing to stop; <StopRecording> of line 2 has stopped the recording already",),
    ),
    "a recording paused and resumed after its end": Case(
        "not-running",
        lines("<StartRecording/>", HELLO, "<StopRecording/>", "<«PauseRecording»/>", "<«ResumeRecording»/>"),
        (
            "<PauseRecording> has nothing to pause; <StopRecording> of line 4 has stopped the recording already",
            "<ResumeRecording> has nothing to resume; <StopRecording> of line 4 has stopped the recording already",
        ),
    ),
    "a recording paused twice": Case(
        "not-running",
        lines("<PauseRecording/>", HELLO, "<«PauseRecording»/>"),
        ("<PauseRecording> has nothing to pause; <PauseRecording> of line 2 has paused the recording already",),
        context="conference",
    ),
    "a recording resumed twice": Case(
        "not-running",
        lines("<ResumeRecording/>", HELLO, "<«ResumeRecording»/>"),
        ("<ResumeRecording> has nothing to resume; <ResumeRecording> of line 2 has resumed the recording already",),
    ),
    "a recording resumed that is new": Case(
        "not-running",
        lines("<StopRecording/>", "<StartRecording/>", "<«ResumeRecording»/>"),
        ("<ResumeRecording> has nothing to resume; <StartRecording> of line 3 has begun a recording that is not paused",),
    ),
    "a gather stopped twice": Case(
        "not-running",
        lines(f'<StartGather dtmfUrl="{URL}"/>', HELLO, "<StopGather/>", "<«StopGather»/>"),
        ("<StopGather> has nothing to stop; <StopGather> of line 4 has stopped the gather already",),
        context="transfer-answer",
    ),
    "a stream stopped twice": Case(
        "not-running",
        lines(stream('name="a"'), HELLO, '<StopStream name="a"/>', stream('name="b"'), '<«StopStream» name="a"/>'),
        ("<StopStream> has nothing to stop; <StopStream> of line 4 has stopped the stream already",),
    ),
    "a stream waited for twice": Case(
        "not-running",
        lines('<StopStream name="a" wait="true"/>', '<«StopStream» name="a" wait="true"/>'),
        ("<StopStream> has nothing to stop; <StopStream> of line 2 has stopped the stream already",),
    ),
    "a transcription stopped twice": Case(
        "not-running",
        lines('<StopTranscription name="a"/>', transcription(), '<«StopTranscription» name="a"/>'),
        ("<StopTranscription> has nothing to stop; <StopTranscription> of line 2 has stopped the transcription already",),
    ),
    "transcriptions stopped after all are": Case(
        "not-running",
        lines(transcription('name="a"'), "<StopTranscription/>", '<«StopTranscription» name="a"/>', "<«StopTranscription»/>"),
        ("<StopTranscription> has nothing to stop; <StopTranscription> of line 3 has stopped the transcription already",) * 2,
    ),
    # name-in-use
    "a stream with the name of another": Case(
        "name-in-use",
        lines(stream('name="a"'), "<StopGather/>", stream('name="«a»" tracks="outbound"'), stream('name="«a»"')),
        ('name="a" is in use by <StartStream> of line 2; stop that first, or take another name',) * 2,
    ),
    "a transcription that nobody but the document ends": Case(
        "name-in-use",
        lines(
            '<StartTranscription name="a" transcriptionEventUrl="https://app.example/a"/>',
            HELLO,
            '<StartTranscription name="«a»" transcriptionEventUrl="https://app.example/a"/>',
        ),
        ('name="a" is in use by <StartTranscription> of line 2; stop that first, or take another name',),
    ),
    "a transcription with the name of another, which another stop leaves": Case(
        "name-in-use",
        lines(
            transcription('name="a"'),
            stream('name="a"'),
            '<StopTranscription name="b"/>',
            '<StopStream name="a"/>',
            transcription('name="«a»"'),
        ),
        ('name="a" is in use by <StartTranscription> of line 2; stop that first, or take another name',),
    ),
    # too-many-tracks
    "a fifth stream": Case(
        "too-many-tracks", lines(stream(), stream(), stream(), stream(), stream("!"), stream("!")), (over("StartStream"),) * 2
    ),
    "both tracks of a stream that do not fit, and one that does": Case(
        "too-many-tracks",
        lines(stream('tracks="both"'), stream(), stream('!tracks="both"'), stream('tracks="outbound"')),
        (over("StartStream"),),
    ),
    "a fifth track of which the count is invalid": Case(
        "too-many-tracks",
        lines(*[transcription('tracks="BOTH"')] * 4, transcription('!tracks="INBOUND"')),
        (over("StartTranscription"),),
    ),
    "a transcription too many, though streams are stopped": Case(
        "too-many-tracks",
        lines(
            *[transcription('tracks="both"')] * 2,
            stream('name="a"'),
            '<StopStream name="a"/>',
            '<StopTranscription name="a"/>',
            transcription('!name="a"'),
        ),
        (over("StartTranscription"),),
    ),
    "a stream too many whose name is free": Case(
        "too-many-tracks", lines(*[stream()] * 4, stream('!name="a"'), stream('!name="a"')), (over("StartStream"),) * 2
    ),
    # stream-at-end
    "a stream at the end": Case("stream-at-end", lines(HELLO, stream("!")), (STREAM_AT_END,)),
    "streams before what takes no time": Case(
        "stream-at-end",
        lines(stream("!"), "<Tag>sales</Tag>", stream('!name="a"'), '<StopStream name="a" wait="false"/>'),
        (STREAM_AT_END,) * 2,
        root="Bxml",
    ),
    "a stream before the end of the call": Case("stream-at-end", lines(stream("!"), "<Hangup/>", "<Pause/>"), (STREAM_AT_END,)),
    # background-at-end
    "all others at the end": Case(
        "background-at-end",
        lines(HELLO, f'<«StartGather» dtmfUrl="{URL}"/>', "<«StartRecording»/>", transcription("!"), stream(), "<StopGather/>"),
        (
            at_end("StartGather", "no key can be pressed"),
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
    "a bidirectional stream after what would hold it": Case(
        "bidirectional-stream-not-held",
        lines("<Pause/>", stream('mode="unidirectional"'), stream('!mode="bidirectional"'), HELLO, "<Hangup/>", "<Pause/>"),
        (NOT_HELD,),
    ),
    # wait-for-unknown-stream
    "a wait for a stream by another name": Case(
        "wait-for-unknown-stream",
        lines(stream('name="a"'), stream('name="b"'), '<StopStream name="«c»" wait="true"/>', stream('name="c"'), HELLO),
        ('name="c" is no stream that this document has started; <StartStream> of line 3 is named "b"',),
    ),
    "a wait for a stream that has no name": Case(
        "wait-for-unknown-stream",
        lines(stream(), '<StopStream name="«c»" wait="true"/>'),
        ('name="c" is no stream that this document has started; <StartStream> of line 2 has no name',),
    ),
    "a wait for a blank name": Case(
        "wait-for-unknown-stream",
        lines(stream('name=""'), '<StopStream name=«""» wait="true"/>'),
        ('name="" is no stream that this document has started; <StartStream> of line 2 has no name',),
    ),
    # duplicate-parameter
    "two parameters of a stream": Case(
        "duplicate-parameter",
        lines(
            stream(
                "",
                '<StreamParam name="a" value="1"/><StreamParam name="b" value="2"/>\n<StreamParam name="«a»" value="1"/>'
                '<StreamParam name="«a»" value="3"/>',
            )
        ),
        ('name="a" is the name of <StreamParam> of line 2 too, and only one of them arrives; take another name',) * 2,
    ),
    "two parameters of a transcription": Case(
        "duplicate-parameter",
        lines(transcription("", '<CustomParam name="a" value="1"/><CustomParam name="«a»" value="1"/>')),
        ('name="a" is the name of <CustomParam> of line 2 too, and only one of them arrives; take another name',),
    ),
    # unheard-transcription
    "what only a destination gets": Case(
        "unheard-transcription",
        lines(
            f'<StartTranscription transcriptionEventUrl="{URL}" «stabilized»="false"><«CustomParam» name="a" value="1"/>'
            '<CustomParam name="b" value="1"/></StartTranscription>'
        ),
        (f"stabilized has no effect; {NO_DESTINATION}", f"<CustomParam> goes nowhere; {NO_DESTINATION}"),
    ),
    "a flag that is none, for a destination that is not there": Case(
        "unheard-transcription",
        lines('<StartTranscription «stabilized»="False"/>'),
        (f"stabilized has no effect; {NO_DESTINATION}",),
    ),
    # preferred-languages
    "languages beside their detection": Case(
        "preferred-languages",
        lines(transcription('detectLanguage="true" «preferredLanguages»="en-US"')),
        ('preferredLanguages may not stand beside detectLanguage="true"; give one of them',),
    ),
    "two dialects": Case(
        "preferred-languages",
        lines(transcription('preferredLanguages="«es-US, en-US,en-GB,es-MX»"')),
        (
            (
                'preferredLanguages="es-US, en-US,en-GB,es-MX" has both "en-US" and "en-GB"; '
                "one dialect of each language is allowed"
            ),
        ),
    ),
    "two spellings of two dialects, one without a country": Case(
        "preferred-languages",
        lines(transcription('preferredLanguages="«EN_us,en»"')),
        ('preferredLanguages="EN_us,en" has both "EN_us" and "en"; one dialect of each language is allowed',),
    ),
    # transcription-not-requested
    "what is about a transcription, of a recording": Case(
        "transcription-not-requested",
        lines(f'<Record «detectLanguage»="true" «transcriptionAvailableUrl»="{URL}"/>'),
        (
            'detectLanguage has no effect without transcribe="true"',
            'transcriptionAvailableUrl has no effect without transcribe="true"',
        ),
    ),
    "a URL for a transcription that is refused": Case(
        "transcription-not-requested",
        lines(f'<StartRecording transcribe="false" «transcriptionAvailableUrl»="{URL}"/>'),
        ('transcriptionAvailableUrl has no effect without transcribe="true"',),
        context="transfer-answer",
    ),
    "a recording that a conference does not take, and that is not transcribed": Case(
        "transcription-not-requested",
        lines('<Record «detectLanguage»="true"/>'),
        ('detectLanguage has no effect without transcribe="true"',),
        context="conference",
    ),
    # unreachable-silence-timeout
    "a silence that is longer than the default": Case(
        "unreachable-silence-timeout",
        lines('<Record silenceTimeout="«60.5»"/>'),
        ('silenceTimeout="60.5" is never reached; the recording ends before by maxDuration="60", the default',),
    ),
    "a silence that is longer than the recording": Case(
        "unreachable-silence-timeout",
        lines('<Record silenceTimeout="«6»" maxDuration="5"/>'),
        ('silenceTimeout="6" is never reached; the recording ends before by maxDuration="5"',),
    ),
    # recording-without-url, transcription-without-target
    "a recording that nobody hears of": Case("recording-without-url", lines("<«Record» transcribe='true'/>"), (NOBODY,)),
    "a transcription that nobody gets": Case(
        "transcription-without-target",
        lines('<«StartTranscription» name="a"/>'),
        ("<StartTranscription> tells nobody what it hears; give it a destination or transcriptionEventUrl",),
    ),
}

SILENT = {
    # What the far end, or a verb of tomorrow, may have done
    "a name that the far end may have freed": Case("name-in-use", lines(stream('name="a"'), HELLO, stream('name="a"'), HELLO)),
    "tracks that the far end may have freed": Case(
        "too-many-tracks", lines(*[stream('tracks="both"')] * 2, HELLO, *[stream('tracks="both"')] * 2, HELLO)
    ),
    "a verb that may take time behind a stream": Case("stream-at-end", lines(stream(""), "<NewVerb/>")),
    "a verb that may take time behind a start": Case("background-at-end", lines("<StartRecording/>", "<NewVerb/>")),
    "a verb that may hold a stream": Case(
        "bidirectional-stream-not-held", lines(stream('mode="bidirectional"'), HELLO, "<NewVerb/>")
    ),
    # recording-already-running
    "one recording": Case("recording-already-running", lines("<StartRecording/>", HELLO)),
    "a recording after another": Case(
        "recording-already-running", lines("<StartRecording/>", HELLO, "<StopRecording/>", "<StartRecording/>", HELLO)
    ),
    "other verbs without effect": Case("recording-already-running", lines("<StopRecording/>", "<StopRecording/>")),
    "a recording after those of an earlier document": Case(
        "recording-already-running", lines("<PauseRecording/>", "<ResumeRecording/>", "<StartRecording/>")
    ),
    "a recording to which the call never comes": Case(
        "recording-already-running", lines("<StartRecording/>", f'<Gather gatherUrl="{URL}"/>', "<StartRecording/>")
    ),
    "a gather after another": Case("not-running", lines(*[f'<StartGather dtmfUrl="{URL}"/>'] * 2, "<StopGather/>", HELLO)),
    # not-running
    "a second recording, of which another rule speaks": Case("not-running", lines(*["<StartRecording/>"] * 2)),
    "a recording of an earlier document": Case(
        "not-running", lines("<PauseRecording/>", "<ResumeRecording/>", "<PauseRecording/>", "<StopRecording/>")
    ),
    "a recording that may have been paused before": Case("not-running", lines("<StartRecording/>", "<ResumeRecording/>")),
    "a paused recording that is stopped": Case(
        "not-running", lines("<StartRecording/>", "<PauseRecording/>", "<StopRecording/>")
    ),
    "a gather of an earlier document": Case("not-running", lines("<StopGather/>", HELLO)),
    "a stop of each stream": Case(
        "not-running", lines('<StopStream name="a"/>', '<StopStream name="b"/>', stream('name="a"'), '<StopStream name="a"/>')
    ),
    "a stop of a stream that may be refused": Case(
        "not-running",
        lines('<StopStream name="a"/>', *[stream()] * 4, stream('name="a"'), '<StopStream name="a"/>'),
    ),
    "stops of streams without a name": Case("not-running", lines(*["<StopStream/>"] * 2, *['<StopStream name=""/>'] * 2)),
    "stops of transcriptions by no name": Case(
        "not-running", lines("<StopTranscription/>", *['<StopTranscription name=""/>'] * 2)
    ),
    "transcriptions started after all were stopped": Case(
        "not-running",
        lines("<StopTranscription/>", transcription(), '<StopTranscription name="a"/>', "<StopTranscription/>"),
    ),
    "a stop to which the call never comes": Case("not-running", lines("<StopGather/>", "<Hangup/>", "<StopGather/>")),
    # name-in-use
    "names of two kinds": Case("name-in-use", lines(stream('name="a"'), transcription('name="a"'))),
    "names that are made up": Case("name-in-use", lines(stream(), stream(), stream('name=""'), stream('name=""'))),
    "a stream too many": Case("name-in-use", lines(*[stream()] * 4, stream('name="a"'))),
    "a name that is free again": Case(
        "name-in-use",
        lines(
            stream('name="a"'), '<StopStream name="a" wait="true"/>', stream('name="a"'), "<StopStream/>", stream('name="a"')
        ),
    ),
    "a name that is free as all are": Case(
        "name-in-use",
        lines(
            transcription('name="a"'),
            "<StopTranscription/>",
            transcription('name="a"'),
            '<StopTranscription name=""/>',
            transcription('name="a"'),
        ),
    ),
    "a name to which the call never comes": Case(
        "name-in-use", lines(stream('name="a"'), f'<Redirect redirectUrl="{URL}"/>', stream('name="a"'))
    ),
    # too-many-tracks
    "four tracks of each kind": Case(
        "too-many-tracks", lines(*[stream('tracks="both"')] * 2, *[transcription()] * 4, "<Pause/>")
    ),
    "tracks that are given back": Case(
        "too-many-tracks",
        lines(
            stream('tracks="both"'),
            stream('name="a" tracks="both"'),
            '<StopStream name="a"/>',
            stream('name="b" tracks="both"'),
        ),
    ),
    "a name in use takes no track": Case(
        "too-many-tracks", lines(*[stream('name="a" tracks="both"')] * 3, stream('tracks="both"'))
    ),
    "transcriptions that are all stopped": Case(
        "too-many-tracks", lines(*[transcription()] * 4, "<StopTranscription/>", *[transcription()] * 4)
    ),
    # stream-at-end
    "streams that are held": Case("stream-at-end", lines(stream(), HELLO, stream(), '<StopStream name="a" wait="true"/>')),
    "a stream before new BXML": Case("stream-at-end", lines(stream(), f'<Redirect redirectUrl="{URL}"/>')),
    "a stream to which the call never comes": Case("stream-at-end", lines("<Hangup/>", stream())),
    "no verbs": Case("stream-at-end", ""),
    "a stream of a called party": Case("stream-at-end", lines(stream()), context="transfer-answer"),
    # background-at-end
    "a stream at the end, of which another rule speaks": Case("background-at-end", lines(stream())),
    "a recording that is held": Case(
        "background-at-end", lines("<StartRecording/>", transcription(), '<StopStream name="a" wait="true"/>', "<Hangup/>")
    ),
    "a recording of a conference": Case("background-at-end", lines("<StartRecording/>"), context="conference"),
    # bidirectional-stream-not-held
    "a bidirectional stream that is waited for": Case(
        "bidirectional-stream-not-held", lines(stream('mode="bidirectional"'), HELLO, '<StopStream name="a" wait="true"/>')
    ),
    "a bidirectional stream that a pause holds": Case(
        "bidirectional-stream-not-held", lines(stream('mode="bidirectional"'), "<Pause/>", HELLO)
    ),
    "a bidirectional stream at the end, of which another rule speaks": Case(
        "bidirectional-stream-not-held", lines(HELLO, stream('mode="bidirectional"'))
    ),
    "streams of one direction, or of none": Case(
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
    "no wait": Case("wait-for-unknown-stream", lines(stream(), '<StopStream name="a"/>', '<StopStream name="a" wait="True"/>')),
    "a wait without a name": Case("wait-for-unknown-stream", lines(stream(), '<StopStream wait="true"/>')),
    # duplicate-parameter
    "parameters of two streams": Case(
        "duplicate-parameter",
        lines(*[stream("", '<StreamParam name="a" value="1"/><StreamParam name="A" value="1"/>')] * 2),
    ),
    "parameters that the schema refuses": Case(
        "duplicate-parameter", lines(stream("", '<StreamParam name="" value="1"/>' * 2 + "<StreamParam/>" * 2 + "<Tag/>" * 2))
    ),
    # unheard-transcription
    "what the destination gets": Case(
        "unheard-transcription", lines(transcription('stabilized="false"', '<CustomParam name="a" value="1"/>'))
    ),
    "a default that Java writes": Case("unheard-transcription", lines('<StartTranscription stabilized="true"/>')),
    # preferred-languages
    "dialects of two languages, one of them twice": Case(
        "preferred-languages",
        lines(transcription('detectLanguage="false" preferredLanguages="en-US,es-US, en_us"')),
    ),
    "languages beside what is no truth value": Case(
        "preferred-languages", lines(transcription('detectLanguage="True" preferredLanguages=",,"'))
    ),
    # transcription-not-requested
    "a transcription that is requested": Case(
        "transcription-not-requested",
        lines(f'<Record transcribe="true" detectLanguage="true" transcriptionAvailableUrl="{URL}"/>'),
    ),
    "a request that is no truth value": Case(
        "transcription-not-requested", lines(f'<Record transcribe="True" transcriptionAvailableUrl="{URL}"/>')
    ),
    "a default that C# writes": Case(
        "transcription-not-requested", lines('<StartRecording transcribe="false" detectLanguage="false"/>')
    ),
    "a recording of a conference, of which another rule speaks": Case(
        "transcription-not-requested", lines('<StartRecording detectLanguage="true"/>'), context="conference"
    ),
    # unreachable-silence-timeout
    "a silence as long as the default": Case("unreachable-silence-timeout", lines('<Record silenceTimeout="60.0"/>')),
    "a silence as long as the recording": Case(
        "unreachable-silence-timeout", lines('<Record silenceTimeout="5" maxDuration="5"/>')
    ),
    "a silence that is no number": Case("unreachable-silence-timeout", lines('<Record silenceTimeout="1e9"/>')),
    "a length that is no number": Case("unreachable-silence-timeout", lines('<Record silenceTimeout="600" maxDuration="1m"/>')),
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
    """What the rule finds in the document without its marks."""
    text = re.sub("[«»]", "", f"<{case.root}>{case.content}</{case.root}>")
    problems = validate(text, context=case.context, select=[case.rule])
    assert {problem.rule for problem in problems} <= {case.rule}
    return [Place(one.line, one.column, one.end_line, one.end_column, one.message) for one in problems]


def marked(case: Case) -> list[Place]:
    """What is marked in the document, with its messages."""
    text = f"<{case.root}>{case.content}</{case.root}>"
    places = [
        (number, match.start() - 2 * before + 1, number, match.end() - 2 * before - 1)
        for number, line in enumerate(text.split("\n"), start=1)
        for before, match in enumerate(re.finditer("«[^»]*»", line))
    ]
    return [Place(*place, message) for place, message in zip(places, case.messages, strict=True)]


@pytest.mark.parametrize("case", FOUND.values(), ids=FOUND.keys())
def test_what_is_found(case: Case) -> None:
    """Each rule finds what it is about, at its place, and says what is wrong."""
    assert marked(case)
    assert found(case) == marked(case)


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT.keys())
def test_what_is_let_pass(case: Case) -> None:
    """Each rule is silent of what is tolerated, uncertain, or the affair of another rule or of the schema."""
    assert found(case) == []


@pytest.mark.parametrize("context", get_args(Context))
def test_a_document_without_lines(context: Context) -> None:
    """Of a document that was built in Python, the other verb is named without a line."""
    document = Response([StartRecording(), StartRecording()])
    (problem,) = validate(document, context=context, select=["recording-already-running"])
    assert problem.path == "Response/StartRecording[2]"
    assert problem.message == f"<StartRecording> starts no recording; <StartRecording> has begun one {STILL_RUNS}"


def test_every_control_has_its_words() -> None:
    """What can be found to have no effect is told of in one of the two rules."""
    controls = {*RECORDING, *GATHER, "StopStream", "StopTranscription"} - {"StartRecording", "StartGather"}
    assert not_running.ACTS.keys() == controls
    assert not_running.DONE.keys() == controls | {"StartRecording"}
    assert recording_already_running.WHY.keys() == RECORDING.keys() - {"StopRecording"}
