"""The vendor's package serializes valid arguments without errors, except for the bugs in :data:`BUGS`.

Arguments are valid if the schema, the annotations of the parameters and the rules with severity error allow them. Strings
contain ``<`` only in SSML tags, because the bugs concern every other ``<``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from bandwidth.models import bxml as sdk
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bxml import Problem, schema, validate
from bxml.builder import attribute_codec
from bxml.lint.rules.privacy_word_as_caller_id import PRIVACY_WORDS
from bxml.messages.python_names import python_name
from bxml.schema import SimpleType
from bxml.strategies import texts
from bxml.strategies.element_strategies import of_declaration
from bxml.strategies.value_strategies import fits, values
from bxml.xml_text import collapse
from tests.strategies import VOCABULARY
from tests.vendor_package import NEWER_THAN_SDK, sdk_class

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

VERBS: Final = {
    name: declared for name, declared in VOCABULARY.roots["Response"].children.items() if name not in NEWER_THAN_SDK
}

Arguments = dict[str, Any]
"""The arguments of a constructor of the vendor's package."""


def serialized(verbs: list[Any], root: str = "Response") -> str:
    """Return the BXML that the vendor's package writes for a document with these verbs."""
    document: str = getattr(sdk, root)(verbs).to_bxml()
    return document


def is_small(document: str) -> bool:
    """Return whether a document is within the size limit."""
    return len(document.encode()) <= schema.maximum_bytes()


def errors(document: str) -> list[Problem]:
    """Return the errors of a document, without its warnings."""
    return [problem for problem in validate(document) if problem.severity == "error"]


# Constructors


class Constructor(NamedTuple):
    """The constructor parameters of a class in the vendor's package, for one declaration of its element."""

    attributes: dict[str, schema.Attribute]
    """The keys are names of parameters; the values are the attributes in the schema."""
    content: str | None
    """Name of the parameter for the content, if the element has content."""
    annotations: dict[str, Any]
    required: frozenset[str]
    """The parameters that the schema or the constructor requires."""


@cache
def constructor(declared: schema.Element) -> Constructor:
    """Return the constructor parameters. Each parameter except the content has the name of an attribute, in snake case."""
    parameters = inspect.signature(sdk_class(declared.name)).parameters
    declared_names = {python_name(name).strip("_"): name for name in schema.attributes()[declared.name]}
    named = {name: declared_names[name.strip("_")] for name in parameters if name.strip("_") in declared_names}
    attributes = {name: declared.attributes[of] for name, of in named.items() if of in declared.attributes}
    content = [name for name in parameters if name not in named]
    assert len(content) <= 1
    required = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    return Constructor(
        attributes,
        next(iter(content), None),
        {name: parameter.annotation for name, parameter in parameters.items()},
        frozenset(required | {name for name, attribute in attributes.items() if attribute.required}),
    )


def arguments(type_: SimpleType, annotation: Any = str) -> SearchStrategy[Any]:
    """Return a strategy for values that the type and the annotation allow."""
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(ceil(type_.minimum or 0), floor(type_.maximum or 10 ** (type_.digits or 0) - 1))
    lexical = values(type_).map(lambda value: (attribute_codec.kind(type_).write(value) or "").replace("<", ""))
    return lexical.filter(lambda text: fits(text, type_))


def contents(declared: schema.Element) -> SearchStrategy[Any]:
    """Return a strategy for the content of an element: text, speech, one child or several children."""
    if declared.mixed:
        return texts().map(lambda text: text.replace("<", "")).filter(collapse) | of_declaration(declared, 2).map(speech)
    if declared.text is not None:
        return arguments(declared.text)
    least, most = declared.occurrence
    child = st.sampled_from(sorted(declared.children)).flatmap(lambda name: verb(declared.children[name]))
    if most == 1:
        return child
    few = st.lists(child, min_size=least, max_size=int(min(most, least + 2)))
    return few if most > 100 else few | child.map(lambda one: [one] * int(most))


def speech(sentence: Any) -> str:
    """Return the content of a SpeakSentence as the vendor's package expects it: SSML tags, and strings without escapes.

    The package does not support ``<``, ``>`` or ``"`` in a string, or a line break in a tag, so these characters are replaced.
    """
    inside = re.sub("^<[^>]*>|<[^>]*>$", "", sentence._xml)
    unescaped = re.sub(r"&(lt|gt|quot|#\d+);", "-", inside).replace("&amp;", "&")
    return re.sub('interpret-as="date"(?! format)', 'interpret-as="date" format="dmy"', unescaped)


@st.composite
def verb(draw: DrawFn, declared: schema.Element) -> Any:
    """Return a verb of the vendor's package, or a child of a verb, with arguments that the declaration allows."""
    attributes, content, annotations, required = constructor(declared)
    optional = [name for name in attributes if name not in required]
    chosen = draw(st.lists(st.sampled_from(optional), unique=True, max_size=6)) if optional else []
    given_: Arguments = {
        name: draw(arguments(attribute.type, annotations[name]))
        for name, attribute in attributes.items()
        if name in required or name in chosen
    }
    if content:
        given_[content] = draw(contents(declared))
    for adjust in ADJUSTMENTS.values():
        adjust(given_)
    return sdk_class(declared.name)(**given_)


# Conditions on several arguments and on several verbs


def _only_https(given_: Arguments) -> None:
    if any(name.endswith(("username", "password")) for name in given_):
        for name, value in given_.items():
            given_[name] = re.sub("^http:", "https:", value, flags=re.IGNORECASE) if isinstance(value, str) else value


def _limit_repetitions(given_: Arguments) -> None:
    if "repeat_count" in given_ and given_["audio_verbs"]:
        given_["repeat_count"] = min(given_["repeat_count"], int(VERBS["Gather"].occurrence.most) // len(given_["audio_verbs"]))


def _privacy_word_as_name(given_: Arguments) -> None:
    for name in {"caller_display_name", "transfer_caller_display_name"} & given_.keys():
        if given_.get("privacy"):
            given_[name] = PRIVACY_WORDS[len(given_[name]) % len(PRIVACY_WORDS)]


def _one_language(given_: Arguments) -> None:
    if "preferred_languages" in given_:
        given_["preferred_languages"] = given_["preferred_languages"].partition(",")[0]
        given_["detect_language"] = False


ADJUSTMENTS: Final[dict[str, Callable[[Arguments], None]]] = {
    "credentials-over-http": _only_https,
    "too-many-repetitions": _limit_repetitions,
    "private-display-name": _privacy_word_as_name,
    "preferred-languages": _one_language,
}
"""Functions that change arguments so that the arguments satisfy a rule, by the name of the rule."""


@st.composite
def sequences(draw: DrawFn, first: str = "") -> list[Any]:
    """Return verbs of different classes in a valid order.

    No class occurs twice, so no name is used twice and the limit of tracks is not exceeded. Forward comes first, because a call
    is forwarded before it is answered. A Pause after StartStream keeps the call active during the stream.
    """
    others = draw(st.lists(st.sampled_from(sorted(VERBS)), unique=True, max_size=0 if first else 4))
    names = sorted([first] if first else others, key="Forward".__ne__)
    drawn = {name: draw(verb(VERBS[name])) for name in names}
    return [one for name in names for one in (drawn[name], *[sdk.Pause()] * (name == "StartStream"))]


@pytest.mark.parametrize("name", sorted(VERBS))
@settings(max_examples=settings().max_examples // 5)  # the test runs once for each verb
@given(data=st.data())
def test_each_verb_is_serialized_without_errors(name: str, data: st.DataObject) -> None:
    """Each verb with valid arguments is serialized without errors."""
    document = serialized(data.draw(sequences(name)))
    assume(is_small(document))
    assert errors(document) == []


@given(verbs=sequences(), root=st.sampled_from(sorted(VOCABULARY.roots)))
def test_each_document_is_serialized_without_errors(verbs: list[Any], root: str) -> None:
    """A document with any valid verbs and either root element is serialized without errors."""
    document = serialized(verbs, root)
    assume(is_small(document))
    assert errors(document) == []


# Bugs of the vendor's package


class Bug(NamedTuple):
    """A bug: the vendor's package serializes valid arguments to BXML with an error."""

    verb: str
    rule: str
    """The rule that reports the error."""
    reason: str
    example: list[Any]
    """Verbs with valid arguments, whose BXML breaks the rule."""


NOT_ESCAPED: Final = "a string that looks like a tag is not escaped in any attribute or element, because it could be SSML"
LINE_BREAK: Final = "a start tag with a line break is escaped, and its end tag is not"
GREATER_THAN: Final = "a tag ends at the first >, even in the value of an attribute"

BUGS: Final = (
    Bug("Tag", "misplaced", NOT_ESCAPED, [sdk.Tag("<Hangup/>")]),
    Bug("Tag", "unknown-element", NOT_ESCAPED, [sdk.Tag("<b>urgent</b>")]),
    Bug("Tag", "not-well-formed", NOT_ESCAPED, [sdk.Tag("if a <b and b> c")]),
    Bug("Tag", "not-well-formed", f"{NOT_ESCAPED}, also across two verbs", [sdk.Tag("a <b"), sdk.Tag("b> c")]),
    Bug("Bridge", "invalid-value", NOT_ESCAPED, [sdk.Bridge("<c-1/>")]),
    Bug("Redirect", "not-well-formed", NOT_ESCAPED, [sdk.Redirect("/next", tag="if a <b and b> c")]),
    Bug("SpeakSentence", "misplaced", NOT_ESCAPED, [sdk.SpeakSentence("Write <Hangup/>.")]),
    Bug("SpeakSentence", "unknown-element", NOT_ESCAPED, [sdk.SpeakSentence("Write <b>.</b>")]),
    Bug("SpeakSentence", "not-well-formed", NOT_ESCAPED, [sdk.SpeakSentence("if a <b and b> c")]),
    Bug("SpeakSentence", "not-well-formed", LINE_BREAK, [sdk.SpeakSentence('<sub\nalias="hello">hi</sub>')]),
    Bug("SpeakSentence", "not-well-formed", GREATER_THAN, [sdk.SpeakSentence('<sub alias="-> hello">hi</sub>')]),
)
"""The known bugs, with one example of each effect."""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.verb}-{bug.rule}")
def test_each_bug_still_exists(bug: Bug) -> None:
    """Each bug in ``BUGS`` still exists in the installed package. Remove a bug from ``BUGS`` when it is fixed."""
    assert bug.rule in {problem.rule for problem in errors(serialized(bug.example))}, bug.reason


class Parameter(NamedTuple):
    """A parameter, and a string that looks like a tag and is valid for the parameter."""

    declared: schema.Element
    name: str
    text: str


LOOKS_LIKE_A_TAG: Final = ("a<b>c", "https://app.example/a<b>c", "wss://app.example/a<b>c", "sip:a<b>c@pbx.example")
"""Strings with a tag, as plain text and as addresses. A type that allows none of these strings does not allow ``<``."""


def parameters() -> Iterator[Parameter]:
    """Yield each parameter that allows a string with a tag, together with that string."""
    for declared in VOCABULARY.declarations():
        if hasattr(sdk, declared.name) and declared not in VOCABULARY.roots.values():
            attributes, content, _, _ = constructor(declared)
            types = {name: attribute.type for name, attribute in attributes.items()}
            if content and (declared.mixed or declared.text):
                types[content] = declared.text or schema.TEXT
            for name, type_ in types.items():
                for text in [text for text in LOOKS_LIKE_A_TAG if fits(text, type_)][:1]:
                    yield Parameter(declared, name, text)


PARAMETERS: Final = {f"{parameter.declared.name}-{parameter.name}": parameter for parameter in parameters()}


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_no_parameter_escapes_tags(parameter: Parameter) -> None:
    """A tag in a string is not escaped in any parameter, so the tests above use ``<`` only in SSML tags."""
    declared, name, text = parameter
    attributes, content, _, required = constructor(declared)
    given_: Arguments = {one: "x" for one in attributes if one in required}
    if content:
        given_[content] = None
    assert "<b>" in serialized([sdk_class(declared.name)(**given_ | {name: text})])
