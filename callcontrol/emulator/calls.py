"""Calls: their state and timeline, the task that runs their documents, and the methods that act as the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from bxml.builder.frozen_dict import Frozen
from callcontrol import call_states
from callcontrol.emulator.audio import SILENCE, TELEPHONE_RATE, AudioSource, decode_pcmu, pcmu_of, to_wav
from callcontrol.emulator.call_audio import Sound, Source, position
from callcontrol.emulator.call_or_conference import Ended, Party
from callcontrol.emulator.call_records import Record, Records
from callcontrol.emulator.call_signals import Key, Speech, StreamClosed
from callcontrol.emulator.generator_tasks import Signal, Steps, Task, Wait
from callcontrol.emulator.loop_detection import LoopDetector
from callcontrol.emulator.scheduler import SECONDS
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.speech_synthesis import is_installed, synthesized
from callcontrol.emulator.timeline import Entry, Kind, Timeline
from callcontrol.emulator.webhook_requests import Webhook
from callcontrol.events import DisconnectEvent, DtmfEvent, Event
from callcontrol.redacted_url_repr import redacted
from callcontrol.request_fields import Field, refuse_faults

if TYPE_CHECKING:
    from bxml.builder.verbs import Verb
    from callcontrol.emulator.recordings import Recording
    from callcontrol.emulator.streams_and_transcriptions import MediaFeed, Transcription

KEYS: Final = "0123456789*#ABCD"
"""The keys of a phone; only some phones have the last four."""

_TEXT: Final = Field("text", "text")
WITHIN: Final = Field("within", "number", minimum=0)  # no maximum: a test may wait forever
"""Field definition that checks the longest time that an expectation waits."""

NOT_CONNECTED: Final = "is not connected: in virtual time, streams connect only to an application in the same process"
"""End of the messages about a stream that hears and plays nothing."""

MAX_SHOWN: Final = 200
"""Maximum number of timeline entries in an error message, which shows the last entries."""

DROPPED_RESULTS: Final = (
    "the document has no verbs, because the results of its methods were not used; a method such as hangup() returns a new "
    "document: write document = document.hangup()"
)
"""Timeline entry about an empty document that an application in this process wrote by mistake."""

NO_VERBS: Final = "its last document had no verbs (a method of a bxml document, such as hangup(), returns a new document)"
"""Clause of the error message about a call whose last document was empty, perhaps because of an unused result."""


CLOSE_STREAM: Final = "close_stream"
"""The detail ``by`` of the timeline entry about a stream that :meth:`Call.close_stream` closed."""


@redacted
@dataclass(frozen=True)
class Said:
    """The content of a timeline entry about speech that has a length, or about a sound.

    Attributes:
        seconds: The length in seconds.
        file: The path of the audio file, if the audio came from a file.
        has_audio: Whether there is audio.
        has_words: Whether the text of the entry is the words; otherwise the text describes the sound.
    """

    seconds: float
    file: str | None = None
    has_audio: bool = True
    has_words: bool = True


class NotHeard(AssertionError):
    """An expectation of a test was not met; the message gives the expectation, the reason and the timeline of the call.

    Attributes:
        what: The expectation and the reason why it was not met, in one line.
        timeline: The timeline of the call.
    """

    def __init__(self, what: str, timeline: Timeline) -> None:
        """Combine the expectation and the timeline into the message.

        Only the end of a long timeline is shown, because the end contains the reason.
        """
        left_out = len(timeline) - MAX_SHOWN
        before = f"… {left_out} earlier entries\n" if left_out > 0 else ""
        super().__init__(f"{what}\n{before}{timeline[-MAX_SHOWN:]}".rstrip("\n"))
        self.what = what
        self.timeline = timeline


@redacted
@dataclass(kw_only=True, eq=False)
class Call(Party, Record):
    """A call: its state, its timeline, the documents it runs, and the methods that act as the caller.

    Attributes:
        registry: The registry of all calls.
        disconnect_webhook: The webhook that receives ``end_event``.
        end_event: The event that is sent when the call has ended.
        leg: Event fields that replace or extend the usual fields in a leg of a Transfer; empty for other calls.
        is_forwarded: Whether the call has run a Forward, after which the application no longer controls the call.
        bridged_with: The id of the call that this call is bridged with, if any.
        gathers: Whether a Gather is collecting keys; StartGather does not report keys meanwhile.
        dtmf: The webhook that receives each key while StartGather is active; otherwise ``None``.
        verb: The verb that the call runs, or ran last; ``None`` before the first verb.
        verbs_run: Number of verbs and interruptions so far.
        loop_detector: Counts the verbs and interruptions that take no time.
        is_slowed_down: Whether the call runs verbs slowly, because it is probably in a loop.
        has_no_verbs: Whether the last document of the call had no verbs.
        is_found: Whether the test has the call, because the test dialed it or ``Core.expect_call`` returned it.
        has_hung_up: Whether the person on the phone ended the call.
        document: The document that the call runs, as text; empty before the first document and after an empty response.
        verb_index: Index of the verb that runs in the document; ``None`` before the first verb.
        dialed: The arguments of ``Core.dial`` with which the call was made; empty for other calls.
        streams: The active streams, by name.
        transcriptions: The active transcriptions, by name.
        all_transcriptions: The transcriptions that were started and not deleted, oldest first.
    """

    registry: Calls = field(repr=False)
    disconnect_webhook: Webhook | None = field(default=None, repr=False)
    end_event: type[Event] = field(default=DisconnectEvent, repr=False)
    leg: Mapping[str, Any] = field(default_factory=Frozen, repr=False)
    is_forwarded: bool = field(default=False, repr=False)
    bridged_with: str | None = field(default=None, repr=False)
    gathers: bool = field(default=False, repr=False)
    dtmf: Webhook | None = field(default=None, repr=False)
    verb: Verb | None = field(default=None, repr=False)
    verbs_run: int = field(default=0, repr=False)
    loop_detector: LoopDetector = field(default_factory=LoopDetector, repr=False)
    is_slowed_down: bool = field(default=False, repr=False)
    has_no_verbs: bool = field(default=False, repr=False)
    is_found: bool = field(default=False, repr=False)
    has_hung_up: bool = field(default=False, repr=False)
    document: str = field(default="", repr=False)
    verb_index: int | None = field(default=None, repr=False)
    dialed: Mapping[str, Any] = field(default_factory=Frozen, repr=False)
    streams: dict[str, MediaFeed] = field(default_factory=dict[str, "MediaFeed"], repr=False)
    transcriptions: dict[str, MediaFeed] = field(default_factory=dict[str, "MediaFeed"], repr=False)
    all_transcriptions: list[Transcription] = field(default_factory=list["Transcription"], repr=False)
    _task: Task | None = field(default=None, repr=False)
    _on_task_end: Callable[[], None] = field(default=lambda: None, repr=False)
    _is_ending: bool = field(default=False, repr=False)
    _found_recordings: set[str] = field(default_factory=set[str], repr=False)
    """The ids of the recordings that expectations have returned."""
    _ended_at: float = field(default=0, repr=False)
    _said_until: float = field(default=0, repr=False)
    """End of what the caller has said so far, in seconds of the simulation's time."""
    _heard: int = field(default=0, repr=False)
    """Number of timeline entries that the next expectation skips: the entries up to the entry that was found last."""

    # State

    def change_state(self, state: str, *, cause: str | None = None, error: str | None = None) -> None:
        """Change the state, and add the change to the timeline.

        Raises:
            ValueError: If the new state cannot follow the current state.
        """
        self.move(state, self.simulation.time(), cause=cause, error=error)
        # The report of an invalid document is the entry before this one.
        self.note("state", state, cause=cause, message=None if cause == "invalid-bxml" else error)

    # Running documents

    def replace_task(self, steps: Steps[None], left: Callable[[], None] = lambda: None) -> None:
        """Replace the running task; the call ends when the new task ends.

        Args:
            steps: The steps of the new task.
            left: Function to call when the call stops running these steps. It is called even if the steps never started,
                unlike a ``finally`` block in the steps.
        """
        self.stop()
        self._on_task_end = left
        self._task = self.simulation.begin(self._run_to_end(steps), self._end_after_task)

    def stop(self) -> None:
        """Stop the running task."""
        if self._task is not None and not self._task.over:
            self._task.stop()
        self._task = None
        self._on_task_end()

    def _run_to_end(self, steps: Steps[None]) -> Steps[Ended]:
        try:
            yield from steps
        except Ended as end:
            return end
        except Exception:
            # Otherwise the call would stay active forever.
            self.end("error", "internal error of the emulator")
            raise
        return Ended("hangup")

    def _end_after_task(self, end: Ended) -> None:
        self._task = None
        self.end(end.cause, end.message, end.sip_response_code)

    def end(self, cause: str, message: str | None = None, sip_response_code: int | None = None) -> None:
        """End the call, and send the event of its end; do nothing if the call has ended.

        Args:
            cause: Disconnect cause, in the API's words, such as ``hangup``.
            message: Error message, if the call ends with an error.
            sip_response_code: SIP status that the network returned, if a phone refused the call.
        """
        if self._is_ending:  # a function in cleanups may call end() again
            return
        self._is_ending, self._ended_at = True, self.simulation.scheduler.now
        self.stop()
        self.clean_up()
        self.error_id = message and self.simulation.new_error_id()
        # Change the state before the event is sent, because the event contains the end time that this sets.
        self.change_state(call_states.DISCONNECTED, cause=cause, error=message)
        self.registry.ended(self)
        self.send_disconnect_event(cause, message, sip_response_code)

    def send_disconnect_event(self, cause: str, message: str | None, sip_response_code: int | None) -> None:
        """Send the event that reports the end of the call."""
        values = {
            "cause": cause,
            "errorMessage": message,
            "errorId": self.error_id,
            "endTime": self.end_time,
            "sipResponseCode": sip_response_code,
        }
        self.send_event(self.disconnect_webhook, self.end_event, values)

    # Signals

    def signal(self, signal: Signal) -> bool:
        """Send a signal to the running task, and return whether the task waited for it."""
        return self._task is not None and self._task.signal(signal)

    def waits_for(self, kind: type[Signal]) -> bool:
        """Return whether the running task waits for a signal of this kind."""
        return self._task is not None and self._task.waits_for(kind)

    @property
    def wait(self) -> Wait | None:
        """The wait of the running task; ``None`` if it waits for the application, or if no task is running."""
        return None if self._task is None else self._task.wait

    @property
    def wait_ends_at(self) -> float | None:
        """The time at which the wait ends without a signal, in the emulator's time; ``None`` without a timeout."""
        return None if self._task is None else self._task.wait_ends_at

    @property
    def listens(self) -> bool:
        """True while the call waits for keys or speech."""
        with self.simulation.lock:
            return self.waits_for(Key) or self.waits_for(Speech)

    def key(self, digit: str) -> None:
        """Add a pressed key to the timeline, report the key if StartGather is active, and signal the running task."""
        self.note("pressed", digit)
        is_reported = self.state != call_states.DISCONNECTED and self.dtmf is not None and not self.gathers
        if is_reported:  # before the events that the waiting verb sends because of the key
            self.send_event(self.dtmf, DtmfEvent, {"digit": digit})
        is_heard = self.signal(Key(digit))
        if self.state == call_states.DISCONNECTED:
            self.note("ignored", "the call has ended")
        elif not (is_heard or is_reported):
            self.note("ignored", f"no verb was listening for key {digit}")

    def speech(self, text: str, seconds: float = 0, pcmu: bytes = b"", file: str | None = None) -> None:
        """Add the caller's words to the timeline, and signal the running task.

        Args:
            text: The words.
            seconds: The length of the speech in seconds; 0 for the length of the sound, or without a sound for the assumed
                length.
            pcmu: The sound of the words in mu-law; if it is empty, the words are synthesized.
            file: The path of the audio file, if there is one.
        """
        length = len(pcmu) / TELEPHONE_RATE
        said = Said(length or seconds, file, has_audio=bool(pcmu)) if length or seconds else None
        self.note("said", text, content=said, seconds=length or None)
        if self.state == call_states.DISCONNECTED:
            self.note("ignored", "the call has ended")
            return
        length = length or seconds or len(text) * self.simulation.assumptions.seconds_per_character
        self._add_sound(length, partial(bytes, pcmu) if pcmu else partial(synthesized, text), text)
        is_expected = self.signal(Speech(text, seconds))
        is_streamed = self._streams_the_caller and (pcmu or is_installed())
        if not (is_expected or is_streamed or self.inbound.is_heard):
            hint = "; streams hear the words if say has audio, or if espeak-ng is installed" if self._streams_the_caller else ""
            self.note("ignored", f"no verb was listening for speech{hint}")
        if pcmu or is_installed():
            self._note_silent_streams()

    def sound(self, pcmu: bytes, file: str | None) -> None:
        """Add a sound of the caller, such as speech whose words no verb needs, to the timeline and to the audio of the call.

        Args:
            pcmu: The sound in mu-law.
            file: The path of the file, if there is one.
        """
        seconds = len(pcmu) / TELEPHONE_RATE
        name = None if file is None else Path(file).name
        self.note("said", f"audio of {seconds:g} s", content=Said(seconds, file, has_words=False), file=name)
        if self.state == call_states.DISCONNECTED:
            self.note("ignored", "the call has ended")
            return
        self._add_sound(seconds, partial(bytes, pcmu))
        if not (self._streams_the_caller or self.inbound.is_heard):
            self.note("ignored", "no stream, recording, transcription or other call was listening")
        self._note_silent_streams()

    def _add_sound(self, seconds: float, source: Source, text: str = "") -> None:
        """Add a sound of the caller, which begins after the end of earlier sounds of the caller.

        Args:
            seconds: The length in seconds.
            source: Function that returns the audio.
            text: The words, if it is speech.
        """
        began = max(self.simulation.scheduler.now, self._said_until)
        self._said_until = began + seconds
        self.inbound.add(Sound(began, self._said_until, text, source))

    def _note_silent_streams(self) -> None:
        """Add an entry for each stream that does not hear the sound of the caller, because it has no connection."""
        for stream in self.streams.values():
            if stream.is_silent and "inbound" in stream.tracks:
                self.note("ignored", f"{stream.title} {NOT_CONNECTED}")

    @property
    def _streams_the_caller(self) -> bool:
        return any("inbound" in stream.tracks for stream in self.streams.values())

    # Audio

    @property
    def audio(self) -> bytes:
        """A WAV file with the audio that the caller heard since the start of the call.

        Of a long call, only the last seconds are kept; the assumption ``max_audio_seconds`` sets their number.
        """
        with self.simulation.lock:
            ended = self._ended_at if self.state == call_states.DISCONNECTED else self.simulation.scheduler.now
            start, end = position(self.began), position(ended)
            start = max(start, end - position(self.simulation.assumptions.max_audio_seconds))
            heard = self.outbound.read(start, end) or SILENCE * (end - start)
        return to_wav(decode_pcmu(heard))

    # Acting as the caller

    @property
    def legs(self) -> list[Call]:
        """The calls that a Transfer of this call created, oldest first."""
        return [call for call in self.registry.by_id.values() if call.parent_call_id == self.call_id]

    def press(self, digits: str) -> None:
        """Press keys, one after the other and without pauses.

        If no verb is listening for a key, the key is lost; the timeline notes it as ``ignored``.

        Args:
            digits: The keys: ``0`` to ``9``, ``*``, ``#``, and ``A`` to ``D``.

        Raises:
            ValueError: If a key does not exist, or the keys are not a string.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True  # pytest then shows the line of the test, as in the methods below
        if not isinstance(cast("object", digits), str):
            raise ValueError(f'keys must be a string such as "1#", got {digits!r}')  # noqa: TRY004  as for any invalid key
        for digit in digits:
            # All keys are checked first, so that no key is pressed if one of them is invalid.
            if digit not in KEYS:
                raise ValueError(f"{digit!r} is not a key; expected one of {KEYS}")
        for digit in digits:
            self._act(partial(self.key, digit))

    def say(self, text: str, audio: AudioSource | None = None, *, seconds: float = 0) -> None:
        """Speak as the caller; a Gather for speech receives the text, and media streams and recordings receive the audio.

        The method returns immediately, and the speech continues while time advances. On streams and recordings, it begins after
        the end of earlier words and sounds of the caller.

        Args:
            text: The words, exactly as the Gather reports them.
            audio: The sound of the words: the path or the content of a WAV or MP3 file, or an ``Audio`` object. By default, the
                words are synthesized if the program ``espeak-ng`` is installed, and silent otherwise.
            seconds: Length of the speech in seconds. A Gather sends its event at the end of the speech, and a Record counts
                silence from this time.

        Raises:
            ValueError: If the text is not a string, the audio cannot be read, or the number of seconds is negative.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        refuse_faults((_TEXT, SECONDS), {"text": text, "seconds": seconds})
        self._act(partial(self.speech, text, seconds, b"" if audio is None else pcmu_of(audio), _file_of(audio)))

    def plays(self, audio: AudioSource) -> None:
        """Make a sound as the caller, such as speech without a transcript or noise, for media streams and recordings.

        The method returns immediately. The sound is heard while time advances, and begins after the end of earlier words and
        sounds of the caller.

        Args:
            audio: The path or the content of a WAV or MP3 file, or an ``Audio`` object.

        Raises:
            ValueError: If the audio cannot be read.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        self._act(partial(self.sound, pcmu_of(audio), _file_of(audio)))

    def hang_up(self) -> None:
        """Hang up as the person on the phone; do nothing if the call has ended.

        An unanswered inbound call ends with ``cancel``, an unanswered outbound call with ``rejected``.

        Raises:
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        self._act(self._hang_up)

    def _hang_up(self) -> None:
        self.has_hung_up |= self.state != call_states.DISCONNECTED
        unanswered = "cancel" if self.direction == "inbound" else "rejected"
        self.end("hangup" if self.state == call_states.ANSWERED else unanswered)

    def close_stream(self, name: str) -> None:
        """Close a stream, as its destination would.

        Args:
            name: The name of the stream, or its id if it has no name.

        Raises:
            ValueError: If no stream with this name is active.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """

        def close() -> None:
            if name not in self.streams:
                raise ValueError(f'stream "{name}" is not active; active streams: {", ".join(self.streams) or "none"}')
            self.streams[name].ended_by = CLOSE_STREAM
            self.streams[name].end()
            self.signal(StreamClosed())

        self._act(close)

    def expect_speech(self, text: str, within: float = 60) -> Entry:
        """Advance time to the beginning of a sentence that contains this text, and return the sentence's timeline entry.

        Each expectation searches only after the sentence or file that the previous expectation found.

        Args:
            text: The expected sentence or a part of it; case is ignored.
            within: Maximum number of seconds to wait, in the emulator's time.

        Raises:
            NotHeard: If the sentence does not begin in time, or the call ends first.
            ValueError: If the text is not a string, or the number of seconds is negative.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        return self._expect("spoken", text, within)

    def expect_audio(self, url: str, within: float = 60) -> Entry:
        """Advance time to the beginning of an audio file whose URL contains this string, and return the file's timeline entry.

        For the audio of a media stream, pass the name of the stream or a part of it.

        Each expectation searches only after the sentence or file that the previous expectation found.

        Args:
            url: The expected URL or name, or a part of it; case is ignored.
            within: Maximum number of seconds to wait, in the emulator's time.

        Raises:
            NotHeard: If the file does not begin in time, or the call ends first.
            ValueError: If the URL is not a string, or the number of seconds is negative.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        return self._expect("played", url, within)

    def expect_recording(self, within: float = 60) -> Recording:
        """Advance time until a recording of the call is available, and return the recording.

        Each expectation returns a recording that no earlier expectation has returned.

        Args:
            within: Maximum number of seconds to wait, in the emulator's time.

        Raises:
            NotHeard: If no recording becomes available in time, or the call ends without a new recording.
            ValueError: If the number of seconds is negative.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        refuse_faults((WITHIN,), {"within": within})
        is_in_time = self.simulation.until(self._is_expectation_of_recording_decided, within)
        if stopped := self._new_recordings():
            recording = stopped[0]
            if recording.is_available:
                self._found_recordings.add(recording.recording_id)
                self.simulation.settle()  # sends the event that the recording is available
                return recording
        limit = f"within {within:g} s{self._current_verb()}"
        if is_in_time:
            limit = f"before the call {self._end_in_one_line()}"
        raise NotHeard(f"no recording became available {limit}{self._last_ignored()}", self.timeline)

    def _is_expectation_of_recording_decided(self) -> bool:
        """Return whether a new recording is available, or can no longer come because the call has ended."""
        stopped = self._new_recordings()
        return stopped[0].is_available if stopped else self.state == call_states.DISCONNECTED

    def _new_recordings(self) -> list[Recording]:
        """Return the recordings that have stopped and that no expectation has returned, in the order of their ends."""
        stopped = [each for each in self.recordings if each.end_time and each.recording_id not in self._found_recordings]
        return sorted(stopped, key=lambda recording: recording.end_time or recording.start_time)

    def expect_end(self, within: float = 3600) -> str:
        """Advance time until the call ends, and return the disconnect cause, such as ``hangup``.

        Args:
            within: Maximum number of seconds to wait, in the emulator's time.

        Raises:
            NotHeard: If the call does not end in time.
            ValueError: If the number of seconds is negative.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        refuse_faults((WITHIN,), {"within": within})
        if not self.simulation.until(lambda: self.state == call_states.DISCONNECTED, within):
            raise NotHeard(
                f"the call did not end within {within:g} s{self._current_verb()}{self._last_ignored()}", self.timeline
            )
        self.simulation.settle()  # sends the event that reports the end of the call
        return str(self.disconnect_cause)

    def _act(self, act: Callable[[], None]) -> None:
        """Run everything that is due, call a function, and run everything that the function caused."""
        self.simulation.settle()
        with self.simulation.change():
            act()
        self.simulation.settle()

    def _expect(self, kind: Kind, text: str, within: float) -> Entry:
        __tracebackhide__ = True
        refuse_faults((_TEXT, WITHIN), {"text": text, "within": within})
        entry: Entry | None = None
        position = self._heard

        def is_decided() -> bool:
            """Return whether the entry was found or the call has ended; each check reads only new entries."""
            nonlocal entry, position
            while entry is None and position < len(self.timeline):
                each = self.timeline[position]
                position += 1
                entry = each if each.kind == kind and text.casefold() in each.text.casefold() else None
            return entry is not None or self.state == call_states.DISCONNECTED

        is_in_time = self.simulation.until(is_decided, within)
        if entry is None:
            limit = f"before the call {self._end_in_one_line()}" if is_in_time else f"within {within:g} s{self._current_verb()}"
            hint = self._last_ignored() or (self._silent_stream() if kind == "played" else "")
            raise NotHeard(f"{text!r} was not {kind} {limit}{hint}", self.timeline)
        self._heard = position
        return entry

    def _end_in_one_line(self) -> str:
        """Return the cause of the end, with the error message and the warning that may explain it."""
        reason = f": {self.error_message}" if self.error_message else ""
        warning = f"; {self.document_warning}" if self.disconnect_cause == "invalid-bxml" and self.document_warning else ""
        return f"ended with {self.disconnect_cause}{reason}{warning}{self._empty_document()}"

    def _empty_document(self) -> str:
        """Return a clause about the last document of the call, if it had no verbs."""
        if not self.has_no_verbs:
            return ""
        return f"; {DROPPED_RESULTS if self.timeline.texts('problem')[-1:] == [DROPPED_RESULTS] else NO_VERBS}"

    def _current_verb(self) -> str:
        """Return a clause that names the current verb, because a test often assumes a different verb."""
        verbs = self.timeline.texts("verb")
        return f"; the current verb is {verbs[-1]}" if verbs else ""

    def _last_ignored(self) -> str:
        """Return the last ``ignored`` entry since the previous expectation, such as a key that no verb was listening for."""
        ignored = [entry.text for entry in self.timeline[self._heard :] if entry.kind == "ignored"]
        return f"; {ignored[-1]}" if ignored else ""

    def _silent_stream(self) -> str:
        """Return a clause about an active stream that plays nothing, because it has no connection."""
        silent = [stream.title for stream in self.streams.values() if stream.is_silent]
        return f"; {silent[0]} {NOT_CONNECTED}" if silent else ""

    # Events

    @property
    def url(self) -> str:
        """The URL of the call in the API."""
        return f"{self.simulation.base_url}/accounts/{self.account_id}/calls/{self.call_id}"

    def values(self) -> dict[str, Any]:
        """Return the fields that every event of the call has."""
        return {
            "eventTime": self.simulation.time(),
            "accountId": self.account_id,
            "applicationId": self.application_id,
            "from": self.from_,
            "to": self.to,
            "direction": self.direction,
            "callId": self.call_id,
            "callUrl": self.url,
            "enqueuedTime": self.enqueued_time,
            "startTime": self.start_time,
            "answerTime": self.answer_time,
            "tag": self.tag or None,
            # Last, because a leg of a Transfer shows the numbers of the original call in place of its own.
            **self.leg,
        }


def _file_of(audio: AudioSource | None) -> str | None:
    """Return the path of audio that comes from a file."""
    return str(audio) if isinstance(audio, str | Path) else None


class Calls(Records[Call]):
    """The registry of all calls of a simulation.

    Args:
        simulation: The simulation that the calls run in.
        verbs: For each class of verb: the function that runs such a verb on a call.
    """

    def __init__(self, simulation: Simulation, verbs: Mapping[type[Any], Callable[[Any, Any, Any], Steps[Any]]]) -> None:
        super().__init__(
            simulation.time,
            timedelta(seconds=simulation.assumptions.seconds_until_not_found),
            simulation.assumptions.max_ended_calls,
        )
        self.verbs = verbs
        self._simulation = simulation

    def new(self, account_id: str, application_id: str, from_: str, to: str, **more: Any) -> Call:
        """Register and return a new call that does not run a document yet.

        Args:
            account_id: The account of the call.
            application_id: The voice application of the call.
            from_: The number that calls.
            to: The number that is called.
            more: Other fields of :class:`Call`.
        """
        call = Call(
            call_id=self._simulation.new_id("c"),
            account_id=account_id,
            application_id=application_id,
            from_=from_,
            to=to,
            last_update=self._simulation.time(),
            simulation=self._simulation,
            began=self._simulation.scheduler.now,
            registry=self,
            **more,
        )
        self.add(call)
        return call
