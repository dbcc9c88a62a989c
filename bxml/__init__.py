"""BXML, built and checked.

Documents are values: built by constructors or fluent methods that refuse what the schema does not allow, written by
``to_bxml`` and ``to_bytes``, read by ``parse``, and held against the schema by ``validate``.
"""

from bxml import ssml
from bxml.documents import Bxml, Response, UncheckedAttribute
from bxml.problem import BxmlError, InvalidDocument, NotWellFormed, Problem
from bxml.reading import parse, validate
from bxml.verbs import (
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
