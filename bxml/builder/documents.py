"""Documents: the two root elements, their fluent methods, and their serialization."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload

from bxml.builder import verbs
from bxml.builder.element import Element, binding_of, signature_of
from bxml.builder.element_base import EMPTY_ON_PURPOSE, NO_CHILDREN, Children
from bxml.builder.verbs import Verb
from bxml.errors import InvalidDocument

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


class EmptyDocument(UserWarning):
    """The warning about a document that was made as ``Response()`` and has no verbs; ``Response([])`` causes no warning."""


DROPPED = (
    "the document has no verbs, so the call ends; a method such as hangup() returns a new document: "
    "write document = document.hangup(), or {root}([]) for an empty document"
)
"""Message of :class:`EmptyDocument`."""

dropped_results: ContextVar[list[bytes] | None] = ContextVar("dropped_results", default=None)
"""A list that receives each written document that causes the warning :class:`EmptyDocument`; the emulator sets it."""

VERDICT = "_cached_verdict"
"""Name under which a document keeps the result of its validation."""

SHARED = "_shared_verbs"
"""Name under which a document keeps the list of verbs that it shares with the document from which it was made."""

LENGTH = "_length"
"""Name under which a document keeps the number of its own verbs, if it shares its list of verbs with another document."""


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
        """Return the method, bound to the document; if the method is looked up on the class, return it unbound."""
        if not self._described:
            self._describe()
        return self._method if document is None else MethodType(self._method, document)

    def _describe(self) -> None:
        """Give the method the signature and the docstring of the verb's constructor, for ``help()`` and consoles."""
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
        return self.extend(more)

    def extend(self, more: Iterable[Verb | None]) -> Self:
        """Return a new document with the verbs of an iterable appended; this document does not change.

        Args:
            more: The verbs, in the order in which they run; ``None`` is skipped.

        Raises:
            InvalidDocument: If an item is not a verb.
        """
        added = tuple(more)
        if not added:
            return self if len(self) else type(self)([])
        binding = self._binding or binding_of(type(self))
        if type(self).__init__ is not Element.__init__ or not binding.unconditional.issuperset(map(type, added)):
            # The constructor skips None, explains invalid items, and accepts subclasses.
            return type(self)((*self.children, *added))
        return self._extended(cast("tuple[Verb, ...]", added))

    def _extended(self, added: tuple[Verb, ...]) -> Self:
        """Return a new document with valid verbs appended, in time that does not depend on the length of this document.

        The new document shares its list of verbs with this document. Each document stores how many verbs of the list it
        contains.
        """
        own = self.__dict__
        shared: list[Verb] = own[SHARED] if SHARED in own else [*own.get("children", ())]
        length: int = own.get(LENGTH, len(shared))
        if len(shared) != length:  # another document has appended its verbs to the list
            shared = shared[:length]
        shared.extend(added)
        # Another thread may have appended its verbs at the same moment.
        if shared[length] is not added[0] or len(shared) != length + len(added):
            shared = [*shared[:length], *added]
        document = object.__new__(type(self))
        values = document.__dict__
        values[SHARED], values[LENGTH] = shared, length + len(added)
        return document

    def __add__(self, other: Document) -> Self:
        """Return a new document with the verbs of both documents; the class is the class of this document."""
        if not isinstance(cast("object", other), Document):  # callers without a type checker may pass anything
            return NotImplemented
        return self.extend(other.children)

    def map(self, function: Callable[[Element], Element | None]) -> Self:
        """Return a new document in which a function has replaced elements at any depth; this document does not change.

        This expression sets the voice of all sentences, also of those inside a Gather::

            document.map(lambda e: e.replace(voice="julie") if isinstance(e, SpeakSentence) else e)

        Args:
            function: Function that gets an element, and returns the element to use instead, or ``None`` to remove the element.
                It is called for every element except the document, first for the children of an element, then for the element.

        Raises:
            InvalidDocument: If a returned element is not allowed in its place.
        """
        return self.replace(_mapped(self.children, function))

    def __iter__(self) -> Iterator[Verb]:
        """Return an iterator over the verbs."""
        return iter(self.children)

    def __len__(self) -> int:
        """Return the number of verbs."""
        length: int = self.__dict__.get(LENGTH, len(self.__dict__.get("children", ())))
        return length

    def __bool__(self) -> bool:
        """Return true even for a document without verbs, because it is a valid response."""
        return True

    @overload
    def __getitem__(self, index: int) -> Verb: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Verb | Self:
        """Return the verb at an index, or a new document with the verbs of a slice."""
        return type(self)(self.children[index]) if isinstance(index, slice) else self.children[index]

    def _values(self) -> dict[str, object]:
        """Return the values that equality compares."""
        return {"children": self.children, "root": binding_of(type(self)).element.name}

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments of the constructor, by name."""
        return {"children": self.children} if self.children else {}

    def __str__(self) -> str:
        """Return the same string as :meth:`to_bxml`, including passwords, which ``repr`` hides."""
        return self.to_bxml()

    def to_bxml(self, *, indent: int | None = None, redact: bool = False) -> str:
        """Return the document as a string that begins with an XML declaration; without arguments, it is ready to be sent.

        Attributes from ``extra`` are not validated; if there are any, the warning ``UncheckedAttribute`` is issued.

        Args:
            indent: Number of spaces for each level of nested verbs. If it is set, each verb begins on a new line. Speech does
                not change, and ``parse`` returns an equal document. By default, there is no white space between verbs.
            redact: True to hide passwords, and the user names in URLs, as ``repr`` does. Log this form, and do not send it.

        Raises:
            InvalidDocument: If the document is larger than 64 KB without indentation. An indented string can be larger.
            TypeError: If ``indent`` is neither an integer nor ``None``, or ``redact`` is not a boolean.
            ValueError: If ``indent`` is negative.
        """
        data = self._validated()
        if indent is None and redact is False:
            return data.decode()
        from bxml.builder.indented_and_redacted import readable_form  # imported here because sent documents do not need it

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
        # With this level, the warnings point to the caller of to_bxml or to_bytes.
        if unchecked:
            message = f"the document was checked without {', '.join(unchecked)}"
            warnings.warn(message, UncheckedAttribute, stacklevel=3)
        # The verbs of most documents are stored under this name; finding them is faster than calling __len__.
        if not self.__dict__.get("children") and not len(self) and EMPTY_ON_PURPOSE not in self.__dict__:
            written = dropped_results.get()
            if written is not None:
                written.append(data)
            warnings.warn(DROPPED.format(root=type(self).__name__), EmptyDocument, stacklevel=3)
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
        data = (DECLARATION + self._xml).encode()
        # Valid documents return before the import statement, which takes time even if the module is already loaded.
        if (self._binding or binding_of(type(self))).accepts(data):
            return data, []
        from bxml import schema

        if len(data) > schema.maximum_bytes():
            raise self._error(len(data))
        root = schema.tree(data)
        unchecked = list(_remove_extra(root, self))
        if not (unchecked and schema.allows(root)):
            raise self._error(len(data))
        return data, unchecked

    def _error(self, size: int) -> InvalidDocument:
        """Return the error for a document that is invalid although every constructor accepted its arguments.

        Args:
            size: Size of the document in bytes.
        """
        from bxml import schema
        from bxml.messages import schema_findings
        from bxml.problem import Problem

        limit = schema.maximum_bytes()
        finding = schema_findings.too_large(size, limit) if size > limit else schema_findings.UNEXPLAINED
        return InvalidDocument([Problem(*finding, path=type(self).__name__)])


def _mapped(children: Iterable[object], function: Callable[[Element], Element | None]) -> list[object]:
    """Return children with each element replaced by the result of the function; strings stay as they are."""
    return [function(_with_mapped_content(child, function)) if isinstance(child, Element) else child for child in children]


def _with_mapped_content(element: Element, function: Callable[[Element], Element | None]) -> Element:
    """Return an element with the elements in its content replaced by the results of the function."""
    content = element._arguments().get(binding_of(type(element)).content_name)
    if not isinstance(content, tuple):  # a string, or no content
        return element
    return element.replace(_mapped(cast("tuple[object, ...]", content), function))


class _Computed:
    """An attribute of a document. The first access computes and stores the value; later accesses return the stored value."""

    def __init__(self, name: str, compute: Callable[[Document], object], of_class: object) -> None:
        self._name, self._compute, self._of_class = name, compute, of_class

    def __get__(self, document: Document | None, owner: type[Document]) -> object:
        """Return the attribute, and store it in the document."""
        if document is None:
            return self._of_class
        value = document.__dict__[self._name] = self._compute(document)
        return value


def _children_of(document: Document) -> tuple[Verb, ...]:
    """Return the verbs of a document that was made by appending verbs to another document."""
    return tuple(document.__dict__.get(SHARED, ())[: document.__dict__.get(LENGTH, 0)])


def _xml_of(document: Document) -> str:
    """Return the XML of a document that was made by appending verbs to another document."""
    binding = binding_of(type(document))
    inside = "".join([child._xml for child in document.children])
    return f"{binding.opening}>{inside}{binding.closing}" if inside else f"{binding.opening}/>"


def _remove_extra(node: etree._Element, element: Element) -> Iterator[str]:
    """Remove from a tree the attributes that ``extra`` added, and yield a description of each attribute."""
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


# Set after the classes are made, because the default of a dataclass field cannot be computed.
for _root in (Document, Response, Bxml):
    setattr(_root, "children", _Computed("children", _children_of, ()))  # noqa: B010  type checkers know the field only
    setattr(_root, "_xml", _Computed("_xml", _xml_of, ""))  # noqa: B010
