"""Media streams: they send the audio of a call to an application, and play the application's audio to the call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bxml.messages.redaction import redact_urls
from callcontrol.emulator.audio import TELEPHONE_RATE
from callcontrol.emulator.call_audio import PlayQueue, position
from callcontrol.emulator.scheduler import Timer
from callcontrol.emulator.stream_connections import CONNECT_SECONDS, Connection, Destination
from callcontrol.emulator.stream_messages import FRAME_BYTES, Clear, InvalidMessage, StreamMessages, read_message
from callcontrol.emulator.streams_and_transcriptions import MediaFeed
from callcontrol.redacted_url_repr import redacted

LONGEST_GAP: Final = 0.2
"""Longest silence, in seconds, between two pieces of played audio that count as one piece; a piece may have only 20 ms."""

LONGEST_QUEUE: Final = 3600.0
"""Seconds of audio that may wait to be played. An application that never stops sending would fill the memory."""

FULL_QUEUE: Final = f"a playAudio message, because {LONGEST_QUEUE:g} s of audio are waiting to be played"
"""The reason why further audio is ignored."""

ONE_WAY: Final = 'a message, although the mode is not "bidirectional"'
"""The reason why messages of the application on a unidirectional stream are ignored."""


MAX_FAULTS: Final = 20
"""Maximum number of different faults in the messages of one stream that are noted separately."""

OTHER_FAULT: Final = "a message with yet another fault"
"""The text for all further faults."""


@redacted
@dataclass(kw_only=True, eq=False)
class MediaStream(MediaFeed):
    """A stream, and its connection to the destination.

    Attributes:
        destination: The destination.
        messages: Creates the messages to the application.
        is_bidirectional: Whether the application may play audio.
        left: Function that is called when the application closed the connection, or did not open it.
    """

    destination: Destination
    messages: StreamMessages = field(repr=False)
    is_bidirectional: bool = False
    left: Callable[[], object] = field(repr=False)
    _connection: Connection | None = field(default=None, init=False, repr=False)
    _is_connected: bool = field(default=False, init=False, repr=False)
    _is_over: bool = field(default=False, init=False, repr=False)
    _limit: Timer | None = field(default=None, init=False, repr=False)
    _ignored: Counter[str] = field(default_factory=Counter[str], init=False, repr=False)
    _last_frame: int = field(default=0, init=False, repr=False)
    """Number of the last frame that was sent."""
    _played: PlayQueue = field(init=False, repr=False)
    _play_start: int = field(default=0, init=False, repr=False)
    """Position where the audio that is playing began."""
    _play_timer: Timer | None = field(default=None, init=False, repr=False)
    """Timer for the end of the audio that is playing; ``None`` if nothing is playing."""
    _is_cleared: bool = field(default=False, init=False, repr=False)
    """True if the application sent ``clear`` after its last audio."""

    # Connection

    def open(self) -> bool:
        """Begin to open the connection, and return false if the stream starts without a connection."""
        simulation = self.party.simulation
        if not self.destination.is_valid:
            self._is_over = True
            self.reject("connection-error", "the destination is not a valid ws or wss URL")
            return True
        try:
            connection = simulation.connect(self.destination, self)
        except ModuleNotFoundError as missing:
            self._is_over = True
            self.reject("error", str(missing))
            return True
        if connection is None:
            return False
        self._connection = connection
        self._limit = simulation.scheduler.after(
            CONNECT_SECONDS, lambda: self.failed(f"no connection within {CONNECT_SECONDS:g} s")
        )
        return True

    def opened(self) -> None:
        """Start to send audio, because the application accepted the connection."""
        with self.party.simulation.change():
            if self._is_over:
                return
            self._stop_waiting()
            self._is_connected = True
            self._played = PlayQueue(self.party.outbound)
            self.start()
            self._send(self.messages.start())
            # The first frame is the first one that begins after the start.
            self._last_frame = -(-self._now() // FRAME_BYTES)
            self.party.simulation.frame_clock.add(self, self._send_frames)

    def failed(self, message: str) -> None:
        """Reject the stream, because its connection could not be opened."""
        with self.party.simulation.change():
            if not self._is_over:
                self._close()
                self.reject("connection-error", self._first_line(message))
                self.left()

    def closed(self, message: str | None) -> None:
        """Stop the stream, because the application closed the connection."""
        with self.party.simulation.change():
            if not self._is_over:
                if message is not None:
                    self.cause, self.error_message = "connection-error", self._first_line(message)
                self.ended_by = "the application"
                self._close()
                self.end()
                self.left()

    def _first_line(self, message: str) -> str:
        """Return the first line of a message. If a traceback follows, add the whole message to the timeline."""
        first, *more = message.splitlines()
        if more:
            self.party.note("problem", message)
        return redact_urls(first)

    def close(self) -> None:
        """Send the last message and close the connection, if it is open."""
        if self._is_over:
            return
        if self._is_connected:
            # A frame that ends at this moment is sent, even if the clock of the frames comes later.
            self._send_frames(self._now() // FRAME_BYTES)
            self._send(self.messages.stop())
        self._close()

    def _close(self) -> None:
        self._stop_waiting()
        self._is_over = True
        self.party.simulation.frame_clock.remove(self)
        if self._is_connected:
            self._stop_playing("the end of the stream")
        for message, count in self._ignored.items():
            if count > 1:
                self.party.note("ignored", f"{self.title}: {count - 1} more times: {message}")
        if self._connection is not None:
            self._connection.close()

    def _stop_waiting(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _send(self, *messages: str) -> None:
        assert self._connection is not None  # only an open connection sends messages
        self._connection.send(messages)

    def _send_frames(self, number: int) -> None:
        """Send the audio of each track up to a frame.

        Args:
            number: Number of the frame, counted from the start of the emulator's time.
        """
        tracks = [(name, self.party.track(name)) for name in self.tracks]
        for last in range(self._last_frame + 1, number + 1):
            end = last * FRAME_BYTES
            self._send(*[self.messages.media(name, track.read(end - FRAME_BYTES, end)) for name, track in tracks])
        self._last_frame = max(self._last_frame, number)

    # Messages of the application

    def received(self, message: str | bytes) -> None:
        """Handle a message of the application. An invalid message is added to the timeline, and has no effect."""
        try:
            action = read_message(message)
        except InvalidMessage as invalid:
            self._ignore(str(invalid))
            return
        if not self.is_bidirectional:
            self._ignore(ONE_WAY)
            return
        with self.party.simulation.change():
            if self._is_over:
                return
            if isinstance(action, Clear):
                self._clear()
            elif self._played.end - self._now() > position(LONGEST_QUEUE):
                self._ignore(FULL_QUEUE)
            else:
                self._play(action.pcmu)

    def _ignore(self, reason: str) -> None:
        """Add an invalid message to the timeline. Further messages with the same fault are only counted."""
        with self.party.simulation.change():
            if len(self._ignored) >= MAX_FAULTS and reason not in self._ignored:
                reason = OTHER_FAULT
            self._ignored[reason] += 1
            if self._ignored[reason] == 1 and not self._is_over:
                self.party.note("ignored", f"{self.title}: {reason}")

    # Audio of the application

    @property
    def is_playing(self) -> bool:
        """True while the application plays audio."""
        return self._play_timer is not None

    def _play(self, pcmu: bytes) -> None:
        self._is_cleared = False
        start = self._played.add(pcmu)
        if self._play_timer is None:
            self._play_start = start
            self.party.note("played", self.title)
            self._wait_for_end()

    def _wait_for_end(self) -> None:
        """Set a timer for the end of the audio. If more audio comes, the timer is set again when it has run."""
        scheduler = self.party.simulation.scheduler
        end = self._played.end / TELEPHONE_RATE + LONGEST_GAP
        self._play_timer = scheduler.at(end, self._check_end, in_background=True)

    def _check_end(self) -> None:
        if self._played.end / TELEPHONE_RATE + LONGEST_GAP > self.party.simulation.scheduler.now:
            self._wait_for_end()
        else:
            self._note_end(self._played.end)

    def _clear(self) -> None:
        """Drop the queue. If it is empty, say so, because the application may have wanted to interrupt audio that has ended."""
        if not (self._stop_playing("clear") or self._is_cleared):
            self.party.note("stream", f"{self.title}: clear dropped nothing, because no audio was waiting")
        self._is_cleared = True  # an application may send the message again while the caller speaks

    def _stop_playing(self, reason: str) -> int:
        """Drop the queue, and return the number of dropped samples.

        If audio was playing, add a timeline entry that says how long it was heard.
        """
        dropped = self._played.cut()
        if self._play_timer is not None:
            self._play_timer.cancel()
            self._note_end(self._played.end, reason if dropped else None, dropped)
        return dropped

    def _note_end(self, end: int, reason: str | None = None, dropped: int = 0) -> None:
        self._play_timer = None
        seconds = (end - self._play_start) / TELEPHONE_RATE
        cut = "" if reason is None else f", then {reason} dropped {round(dropped / TELEPHONE_RATE, 2):g} s"
        details = {"seconds": seconds, "dropped": dropped / TELEPHONE_RATE if reason else None}
        self.party.note("stream", f"{self.title} played {round(seconds, 2):g} s{cut}", **details)

    def _now(self) -> int:
        return position(self.party.simulation.scheduler.now)
