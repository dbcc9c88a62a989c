"""Documents: the two roots, the fluent methods, and the only way out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload

from bxml.builder import verbs
from bxml.builder.element import Element, signature_of
from bxml.builder.verbs import Verb
from bxml.problem import InvalidDocument, Problem

if TYPE_CHECKING:
    from lxml import etree

P = ParamSpec("P")
D = TypeVar("D", bound="Document")

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


class UncheckedAttribute(UserWarning):
    """A document holds attributes given as ``extra``, which nothing has checked."""


class adds(Generic[P]):  # noqa: N801  reads as a word in the class body
    """A method that gives a document with one more verb, and has the arguments of the verb's constructor."""

    def __init__(self, verb: Callable[P, Verb]) -> None:
        def method(document: Document, *content: P.args, **attributes: P.kwargs) -> Document:
            return document.then(verb(*content, **attributes))

        self.verb = verb
        self._method = method
        self._described = False

    def __set_name__(self, owner: object, name: str) -> None:
        """Call the method as the document does."""
        self._method.__name__ = name

    @overload
    def __get__(self, document: None, owner: type[D]) -> Callable[Concatenate[D, P], D]: ...
    @overload
    def __get__(self, document: D, owner: type[D]) -> Callable[P, D]: ...
    def __get__(self, document: D | None, owner: type[D]) -> object:
        """The method, of a document or of its class."""
        if not self._described:
            self._describe()
        return self._method if document is None else MethodType(self._method, document)

    def _describe(self) -> None:
        """Let ``help()`` and consoles show what the constructor shows; not before somebody asks for the method."""
        from inspect import Parameter

        self._described = True
        self._method.__doc__ = f"This document with one more verb at its end.\n\n{self.verb.__doc__}"
        signature = signature_of(cast("type[Verb]", self.verb))
        document = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
        parameters = [document, *signature.parameters.values()]
        shown = signature.replace(parameters=parameters, return_annotation=Self)
        setattr(self._method, "__signature__", shown)  # noqa: B010  an attribute that functions are not known to have


class Document(Element):
    """A root and its verbs: a value that can be kept in a module, compared, shared between threads, and written.

    It does not change: every method that adds a verb gives a new document.
    """

    children: Sequence[Verb] = ()

    bridge = adds(verbs.Bridge)
    conference = adds(verbs.Conference)
    connect = adds(verbs.Connect)
    forward = adds(verbs.Forward)
    gather = adds(verbs.Gather)
    hangup = adds(verbs.Hangup)
    pause = adds(verbs.Pause)
    pause_recording = adds(verbs.PauseRecording)
    play_audio = adds(verbs.PlayAudio)
    record = adds(verbs.Record)
    redirect = adds(verbs.Redirect)
    refer = adds(verbs.Refer)
    resume_recording = adds(verbs.ResumeRecording)
    ring = adds(verbs.Ring)
    send_dtmf = adds(verbs.SendDtmf)
    speak_sentence = adds(verbs.SpeakSentence)
    start_gather = adds(verbs.StartGather)
    start_recording = adds(verbs.StartRecording)
    start_stream = adds(verbs.StartStream)
    start_transcription = adds(verbs.StartTranscription)
    stop_gather = adds(verbs.StopGather)
    stop_recording = adds(verbs.StopRecording)
    stop_stream = adds(verbs.StopStream)
    stop_transcription = adds(verbs.StopTranscription)
    tag = adds(verbs.Tag)
    transfer = adds(verbs.Transfer)

    def then(self, *more: Verb) -> Self:
        """This document with more verbs at its end.

        Raises:
            InvalidDocument: if one of them is not a verb, or stands only inside others.
        """
        return type(self)((*self.children, *more))

    def __str__(self) -> str:
        """The same as :meth:`to_bxml`, passwords included, which ``repr`` does not show."""
        return self.to_bxml()

    def to_bxml(self) -> str:
        """The document as text, with its XML declaration and no white space that is not in a value.

        Raises:
            InvalidDocument: if it is larger than a document may be.
        """
        return self._checked().decode()

    def to_bytes(self) -> bytes:
        """The document as it is sent, which is its text in UTF-8.

        Raises:
            InvalidDocument: if it is larger than a document may be.
        """
        return self._checked()

    def _checked(self) -> bytes:
        """The text, once libxml2 has found it valid: what is sent is what was checked."""
        data, unchecked = self._verdict()
        if unchecked:
            message = f"the document was checked without {', '.join(unchecked)}"
            warnings.warn(message, UncheckedAttribute, stacklevel=3)
        return data

    def _verdict(self) -> tuple[bytes, list[str]]:
        """The text, and the attributes without which libxml2 has found it valid."""
        from bxml import schema  # loaded when the first element was made

        data = (DECLARATION + self._xml).encode()
        if len(data) > schema.maximum_bytes():
            raise self._refused(len(data))
        root = schema.tree(data)
        valid = schema.allows(root)
        unchecked = [] if valid else list(_taken_out(root, self))
        if not valid and not (unchecked and schema.allows(root)):
            raise self._refused(len(data))
        return data, unchecked

    def _refused(self, size: int) -> InvalidDocument:
        """The error of a document that its constructors have let pass."""
        from bxml import schema
        from bxml.messages import findings

        limit = schema.maximum_bytes()
        finding = findings.too_large(size, limit) if size > limit else findings.AGAINST_SCHEMA
        return InvalidDocument([Problem(*finding, path=type(self).__name__)])


def _taken_out(node: etree._Element, element: Element) -> Iterator[str]:
    """Takes the attributes that were given as ``extra`` out of a tree, and tells which they were."""
    for name in getattr(element, "extra", None) or ():
        del node.attrib[name]
        yield f"{name} of {type(element).__name__}"
    children = getattr(element, "children", ())
    for child_node, child in zip(node, children, strict=False):  # speech has no extra, and no children of this name
        yield from _taken_out(child_node, child)


class Response(Document):
    """A document that answers a webhook.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml

    Args:
        children: A list of verbs.
    """


class Bxml(Document):
    """A document that is pushed into a live call or conference.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml

    Args:
        children: A list of verbs.
    """
