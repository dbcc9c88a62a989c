"""Builder, parser and validator of BXML.

Documents are values. Constructors and fluent methods build them and check every argument against the schema; ``to_bxml`` and
``to_bytes`` serialize them. ``parse`` converts XML to a document, and ``validate`` returns the problems of a document.
"""

import typing as _typing  # with an underscore, because it is not a public name of the package

from bxml import ssml
from bxml.builder.documents import Bxml, Document, EmptyDocument, Response, UncheckedAttribute
from bxml.builder.element import Element
from bxml.builder.text_cleaning import clean
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
    Prompt,
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
    TransferTarget,
    Verb,
)
from bxml.errors import BxmlError, InvalidDocument, NotWellFormed
from bxml.parse_and_validate import parse, validate

__all__ = [
    "Bridge",
    "Bxml",
    "BxmlError",
    "Conference",
    "Connect",
    "CustomParam",
    "Document",
    "Edit",
    "Element",
    "EmptyDocument",
    "Endpoint",
    "Fix",
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
    "Prompt",
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
    "TransferTarget",
    "UncheckedAttribute",
    "Verb",
    "clean",
    "parse",
    "ssml",
    "validate",
]

if _typing.TYPE_CHECKING:  # type checkers would accept any name if they saw __getattr__
    from bxml.problem import Edit, Fix, Problem

    __version__: str
    """The installed version."""
else:

    def __getattr__(name: str) -> object:
        """Return ``Problem``, ``Fix``, ``Edit`` or the installed version.

        They are imported on first access, because importing them is slow.

        Raises:
            AttributeError: For all other names. If another SDK has a class with that name, the message names the equivalent.
        """
        if name in {"Problem", "Fix", "Edit"}:
            from bxml import problem

            return getattr(problem, name)
        if name != "__version__":
            message = f"module {__name__!r} has no attribute {name!r}"
            # Other names are looked up by the import system, before it imports a module of the package.
            if not name[:1].isupper():
                raise AttributeError(message)
            from bxml.messages.python_attribute_hints import class_hint

            raise AttributeError(message + class_hint(name, __all__), name=name, obj=None)
        from importlib.metadata import version  # imported here because the import is as slow as checking 100 files

        return version("bxml-callcontrol")
