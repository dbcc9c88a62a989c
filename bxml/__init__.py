"""BXML, built and checked.

Documents are values: built by constructors or fluent methods that refuse what the schema does not allow, written by
``to_bxml`` and ``to_bytes``, read by ``parse``, and held against the schema by ``validate``.
"""

import typing as _typing  # under a name that is not public

from bxml import ssml
from bxml.api import parse, validate
from bxml.builder.documents import Bxml, Response, UncheckedAttribute
from bxml.builder.verbs import (
    Bridge,
    Conference,
    Connect,
    CustomParam,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PauseRecording,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Refer,
    ResumeRecording,
    Ring,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    StreamParam,
    Tag,
    Transfer,
)
from bxml.problem import BxmlError, InvalidDocument, NotWellFormed, Problem

__all__ = [
    "Bridge",
    "Bxml",
    "BxmlError",
    "Conference",
    "Connect",
    "CustomParam",
    "Endpoint",
    "Forward",
    "Gather",
    "Hangup",
    "InvalidDocument",
    "NotWellFormed",
    "Pause",
    "PauseRecording",
    "PhoneNumber",
    "PlayAudio",
    "Problem",
    "Record",
    "Redirect",
    "Refer",
    "Response",
    "ResumeRecording",
    "Ring",
    "SendDtmf",
    "SipUri",
    "SpeakSentence",
    "StartGather",
    "StartRecording",
    "StartStream",
    "StartTranscription",
    "StopGather",
    "StopRecording",
    "StopStream",
    "StopTranscription",
    "StreamParam",
    "Tag",
    "Transfer",
    "UncheckedAttribute",
    "parse",
    "ssml",
    "validate",
]

if _typing.TYPE_CHECKING:  # with a function here, type checkers would accept any name
    __version__: str
    """The installed version."""
else:

    def __getattr__(name: str) -> object:
        """Return the version, which is read from the installed metadata only when it is asked for.

        Raises:
            AttributeError: if the name is another one.
        """
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import version  # its import takes as long as checking a hundred files

        return version("bxml-callcontrol")
