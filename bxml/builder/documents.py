"""Documents: the two root elements, their fluent methods, and their serialization."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from types import MethodType
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload

from bxml.builder import verbs
from bxml.builder.element import VERDICT, Element, signature_of
from bxml.builder.element_base import NO_CHILDREN, Children
from bxml.builder.verbs import Verb
from bxml.problems_and_errors import InvalidDocument, Problem

if TYPE_CHECKING:
    from lxml import etree

P = ParamSpec("P")
D = TypeVar("D", bound="Document")

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
"""The XML declaration of every document."""

APPENDED = "Return a new document with this verb appended; this document does not change."
"""First sentence in the docstring of every fluent method."""


class UncheckedAttribute(UserWarning):
    """The warning about a document with attributes from ``extra``, which are not checked."""


class adds(Generic[P]):  # noqa: N801  lower case, because it is used like a decorator
    """A fluent method: it appends a verb to a document and has the arguments of the verb's constructor."""

    def __init__(self, verb: Callable[P, Verb]) -> None:
        def method(document: Document, *content: P.args, **attributes: P.kwargs) -> Document:
            return document.then(verb(*content, **attributes))

        self.verb = verb
        self._method = method
        self._described = False

    def __set_name__(self, owner: object, name: str) -> None:
        """Give the method the name that it has in the class."""
        self._method.__name__ = name

    @overload
    def __get__(self, document: None, owner: type[D]) -> Callable[Concatenate[D, P], D]: ...
    @overload
    def __get__(self, document: D, owner: type[D]) -> Callable[P, D]: ...
    def __get__(self, document: D | None, owner: type[D]) -> object:
        """Return the method, bound to a document unless it is looked up on the class."""
        if not self._described:
            self._describe()
        return self._method if document is None else MethodType(self._method, document)

    def _describe(self) -> None:
        """Give the method the arguments of the constructor and their descriptions, for ``help()`` and consoles."""
        # Done on first access, because inspect takes long to import.
        from inspect import Parameter, cleandoc

        self._described = True
        # Without cleandoc all but two lines would stay indented, because the first paragraphs have no indentation.
        self._method.__doc__ = f"{APPENDED}\n\n{cleandoc(self.verb.__doc__ or '')}"
        signature = signature_of(cast("type[Verb]", self.verb))
        document = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
        parameters = [document, *signature.parameters.values()]
        shown = signature.replace(parameters=parameters, return_annotation=Self)
        setattr(self._method, "__signature__", shown)  # noqa: B010  type checkers do not know this attribute of functions


class Document(Element):
    """A root element and its verbs, as an immutable value that threads can share.

    Every method that appends a verb returns a new document.
    """

    children: Children[Verb, Verb] = NO_CHILDREN

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

    def then(self, *more: Verb | None) -> Self:
        """Return a new document with more verbs appended; this document does not change.

        Args:
            more: The verbs, in the order in which they run; ``None`` is skipped.

        Raises:
            InvalidDocument: If an argument is not a verb.
        """
        return type(self)((*self.children, *more))

    def __str__(self) -> str:
        """Return the same as :meth:`to_bxml`, including passwords, which ``repr`` hides."""
        return self.to_bxml()

    def to_bxml(self, *, indent: int | None = None, redact: bool = False) -> str:
        """Return the document as a string that begins with an XML declaration; without arguments, it is ready to be sent.

        Attributes from ``extra`` are not validated; if there are any, the warning ``UncheckedAttribute`` is issued.

        Args:
            indent: Number of spaces for each level of nested verbs, for people. Each verb begins on a new line. Speech does not
                change, and ``parse`` returns an equal document. By default, there is no white space between verbs.
            redact: True to hide passwords, and the user names in URLs, as ``repr`` does. Log this form, and do not send it.

        Raises:
            InvalidDocument: If the document is larger than 64 KB without indentation. An indented string can be larger.
            TypeError: If ``indent`` is neither an integer nor ``None``, or ``redact`` is not a boolean.
            ValueError: If ``indent`` is negative.
        """
        data = self._validated()
        if indent is None and redact is False:
            return data.decode()
        from bxml.builder.readable_form import readable_form  # imported here because sent documents do not need it

        return readable_form(DECLARATION, self, indent=indent, redact=redact)

    def to_bytes(self) -> bytes:
        """Return the document in UTF-8, ready to be sent in a response or an API request.

        Attributes from ``extra`` are not validated; if there are any, the warning ``UncheckedAttribute`` is issued.

        Raises:
            InvalidDocument: If the document is larger than 64 KB.
        """
        return self._validated()

    def _validated(self) -> bytes:
        """Return the document in UTF-8 after libxml2 has validated these bytes; warn about attributes from ``extra``."""
        data, unchecked = self._verdict()
        if unchecked:
            message = f"the document was checked without {', '.join(unchecked)}"
            # With this level, the warning points to the caller of to_bxml or to_bytes.
            warnings.warn(message, UncheckedAttribute, stacklevel=3)
        return data

    def _verdict(self) -> tuple[bytes, list[str]]:
        """Return the result of :meth:`_check`, computed only once, because neither document nor schema can change."""
        verdict: tuple[bytes, list[str]] | None = self.__dict__.get(VERDICT)
        if verdict is None:
            verdict = self.__dict__[VERDICT] = self._check()
        return verdict

    def _check(self) -> tuple[bytes, list[str]]:
        """Return the document in UTF-8, and the attributes from ``extra`` that were removed to validate it.

        Raises:
            InvalidDocument: If the document is too large or libxml2 rejects it.
        """
        from bxml import schema  # already loaded, because an element exists

        data = (DECLARATION + self._xml).encode()
        if len(data) > schema.maximum_bytes():
            raise self._error(len(data))
        root = schema.tree(data)
        valid = schema.allows(root)
        unchecked = [] if valid else list(_remove_extra(root, self))
        if not valid and not (unchecked and schema.allows(root)):
            raise self._error(len(data))
        return data, unchecked

    def _error(self, size: int) -> InvalidDocument:
        """Return the error for a document that is invalid although every constructor accepted its arguments.

        Args:
            size: Size of the document in bytes.
        """
        from bxml import schema
        from bxml.messages import findings

        limit = schema.maximum_bytes()
        finding = findings.too_large(size, limit) if size > limit else findings.UNEXPLAINED
        return InvalidDocument([Problem(*finding, path=type(self).__name__)])


def _remove_extra(node: etree._Element, element: Element) -> Iterator[str]:
    """Remove the attributes from ``extra`` from a tree, and yield a description of each."""
    for name in getattr(element, "extra", None) or ():
        del node.attrib[name]
        yield f"{name} of {type(element).__name__}"
    children = getattr(element, "children", ())
    for child_node, child in zip(node, children, strict=False):  # speech has no field ``children`` and no extra
        yield from _remove_extra(child_node, child)


class Response(Document):
    """A document that responds to a webhook.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml

    Args:
        children: A list of verbs; ``None`` in the list is skipped.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[Verb, Verb] = NO_CHILDREN  # again, because mypy reads the type of an inherited field wrongly


class Bxml(Document):
    """A document that is pushed into a live call or conference.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml

    Args:
        children: A list of verbs; ``None`` in the list is skipped.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[Verb, Verb] = NO_CHILDREN  # again, because mypy reads the type of an inherited field wrongly
