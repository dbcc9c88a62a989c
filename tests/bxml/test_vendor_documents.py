"""What the vendor's own package makes of valid arguments is free of errors, but for the faults of the package in a table.

Valid is what the schema takes and the annotation of the parameter allows, and what the rules of severity error ask of several
arguments or verbs together. Texts hold no ``<``, which is what the faults are about, unless it begins a tag of SSML.
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
from bxml.builder import codec
from bxml.lint.rules.privacy_word_as_caller_id import PRIVACY_WORDS
from bxml.messages.naming import python_name
from bxml.schema import SimpleType
from bxml.xml_text import collapse
from tests.strategies import LAW, element, fits, texts, values

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

VERBS: Final = LAW.roots["Response"].children

Arguments = dict[str, Any]
"""What a constructor of the vendor's is given."""


def written(verbs: list[Any], root: str = "Response") -> str:
    """A document of the vendor's with these verbs."""
    document: str = getattr(sdk, root)(verbs).to_bxml()
    return document


def is_small(document: str) -> bool:
    """Whether a document is one that the platform takes; how much stands in one is the caller's affair."""
    return len(document.encode()) <= schema.maximum_bytes()


def errors(document: str) -> list[Problem]:
    """The errors in a document, whatever warnings there are."""
    return [problem for problem in validate(document) if problem.severity == "error"]


# Constructors


class Constructor(NamedTuple):
    """What a class of the vendor's takes for an element in one of its places."""

    attributes: dict[str, schema.Attribute]
    """By the names of the parameters that are for them."""
    content: str | None
    """The parameter that is for what stands between the tags."""
    annotations: dict[str, Any]
    required: frozenset[str]
    """The parameters that the schema or the constructor demands."""


@cache
def constructor(declared: schema.Element) -> Constructor:
    """The constructor whose parameters are named as the attributes, in snake case; one at most is not, and is the content."""
    parameters = inspect.signature(getattr(sdk, declared.name)).parameters
    everywhere = {python_name(name).strip("_"): name for name in schema.attributes()[declared.name]}
    named = {name: everywhere[name.strip("_")] for name in parameters if name.strip("_") in everywhere}
    attributes = {name: declared.attributes[of] for name, of in named.items() if of in declared.attributes}
    content = [name for name in parameters if name not in named]
    assert len(content) <= 1
    demanded = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    return Constructor(
        attributes,
        next(iter(content), None),
        {name: parameter.annotation for name, parameter in parameters.items()},
        frozenset(demanded | {name for name, attribute in attributes.items() if attribute.required}),
    )


def arguments(type_: SimpleType, annotation: Any = str) -> SearchStrategy[Any]:
    """Values that the type takes and the annotation allows."""
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(ceil(type_.minimum or 0), floor(type_.maximum or 10 ** (type_.digits or 0) - 1))
    lexical = values(type_).map(lambda value: (codec.kind(type_).write(value) or "").replace("<", ""))
    return lexical.filter(lambda text: fits(text, type_))


def contents(declared: schema.Element) -> SearchStrategy[Any]:
    """What may stand between the tags: text, speech, one child or several."""
    if declared.mixed:
        return texts().map(lambda text: text.replace("<", "")).filter(collapse) | element(declared, 2).map(speech)
    if declared.text is not None:
        return arguments(declared.text)
    least, most = declared.occurrence
    child = st.sampled_from(sorted(declared.children)).flatmap(lambda name: verb(declared.children[name]))
    if most == 1:
        return child
    few = st.lists(child, min_size=least, max_size=int(min(most, least + 2)))
    return few if most > 100 else few | child.map(lambda one: [one] * int(most))


def speech(sentence: Any) -> str:
    """What a sentence of ours says, as the vendor's package takes it: tags between texts in which nothing is escaped.

    There is no way to have one of ``<>"`` in it, or a line break in a tag.
    """
    inside = re.sub("^<[^>]*>|<[^>]*>$", "", sentence._xml)
    unescaped = re.sub(r"&(lt|gt|quot|#\d+);", "-", inside).replace("&amp;", "&")
    return re.sub('interpret-as="date"(?! format)', 'interpret-as="date" format="dmy"', unescaped)


@st.composite
def verb(draw: DrawFn, declared: schema.Element) -> Any:
    """A verb of the vendor's, or a child of one, that is what the declaration says."""
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
    for agree in TOGETHER.values():
        agree(given_)
    return getattr(sdk, declared.name)(**given_)


# What several arguments, and several verbs, have to be together


def _only_https(given_: Arguments) -> None:
    if any(name.endswith(("username", "password")) for name in given_):
        for name, value in given_.items():
            given_[name] = re.sub("^http:", "https:", value, flags=re.IGNORECASE) if isinstance(value, str) else value


def _few_repetitions(given_: Arguments) -> None:
    if "repeat_count" in given_ and given_["audio_verbs"]:
        given_["repeat_count"] = min(given_["repeat_count"], int(VERBS["Gather"].occurrence.most) // len(given_["audio_verbs"]))


def _no_name_in_privacy(given_: Arguments) -> None:
    for name in {"caller_display_name", "transfer_caller_display_name"} & given_.keys():
        if given_.get("privacy"):
            given_[name] = PRIVACY_WORDS[len(given_[name]) % len(PRIVACY_WORDS)]


def _known_language_or_not(given_: Arguments) -> None:
    if "preferred_languages" in given_:
        given_["preferred_languages"] = given_["preferred_languages"].partition(",")[0]
        given_["detect_language"] = False


TOGETHER: Final[dict[str, Callable[[Arguments], None]]] = {
    "credentials-over-http": _only_https,
    "too-many-repetitions": _few_repetitions,
    "private-display-name": _no_name_in_privacy,
    "preferred-languages": _known_language_or_not,
}
"""What makes arguments agree with each other, by the rule that asks for it."""


@st.composite
def sequences(draw: DrawFn, first: str = "") -> list[Any]:
    """Verbs of different classes, so that no name is in use and no track is too many, in an order that can be run.

    A call is forwarded before it is answered, and kept while it is streamed.
    """
    others = draw(st.lists(st.sampled_from(sorted(VERBS)), unique=True, max_size=0 if first else 4))
    names = sorted([first] if first else others, key="Forward".__ne__)
    drawn = {name: draw(verb(VERBS[name])) for name in names}
    return [one for name in names for one in (drawn[name], *[sdk.Pause()] * (name == "StartStream"))]


@pytest.mark.parametrize("name", sorted(VERBS))
@settings(max_examples=settings().max_examples // 5)  # of each of many
@given(data=st.data())
def test_every_verb_of_the_vendors_is_free_of_errors(name: str, data: st.DataObject) -> None:
    """Whatever its constructor is given that is valid, a verb and its children are written as the schema and the rules ask."""
    document = written(data.draw(sequences(name)))
    assume(is_small(document))
    assert errors(document) == []


@given(verbs=sequences(), root=st.sampled_from(sorted(LAW.roots)))
def test_every_document_of_the_vendors_is_free_of_errors(verbs: list[Any], root: str) -> None:
    """Whatever verbs it has, a document is written as the schema and the rules ask, under both roots."""
    document = written(verbs, root)
    assume(is_small(document))
    assert errors(document) == []


# What is not free of errors


class Fault(NamedTuple):
    """An error that the vendor's package makes of valid arguments."""

    verb: str
    rule: str
    """What finds it."""
    reason: str
    example: list[Any]
    """Verbs whose arguments are valid."""


MARKUP: Final = "what looks like a tag in the finished document is made one, for SSML, whatever text it is in"
LINE: Final = "a tag with a line break is not made one, and is spoken; the tag that closes it is"
EARLY: Final = "a tag is taken to end at the first >, also when that stands in the value of an attribute"

FAULTS: Final = (
    Fault("Tag", "misplaced", MARKUP, [sdk.Tag("<Hangup/>")]),
    Fault("Tag", "unknown-element", MARKUP, [sdk.Tag("<b>urgent</b>")]),
    Fault("Tag", "not-well-formed", MARKUP, [sdk.Tag("if a <b and b> c")]),
    Fault("Tag", "not-well-formed", f"{MARKUP}, and from one verb to the next", [sdk.Tag("a <b"), sdk.Tag("b> c")]),
    Fault("Bridge", "invalid-value", MARKUP, [sdk.Bridge("<c-1/>")]),
    Fault("Redirect", "not-well-formed", MARKUP, [sdk.Redirect("/next", tag="if a <b and b> c")]),
    Fault("SpeakSentence", "misplaced", MARKUP, [sdk.SpeakSentence("Write <Hangup/>.")]),
    Fault("SpeakSentence", "unknown-element", MARKUP, [sdk.SpeakSentence("Write <b>.</b>")]),
    Fault("SpeakSentence", "not-well-formed", MARKUP, [sdk.SpeakSentence("if a <b and b> c")]),
    Fault("SpeakSentence", "not-well-formed", LINE, [sdk.SpeakSentence('<sub\nalias="hello">hi</sub>')]),
    Fault("SpeakSentence", "not-well-formed", EARLY, [sdk.SpeakSentence('<sub alias="-> hello">hi</sub>')]),
)
"""One example of each way in which it shows."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.verb}-{fault.rule}")
def test_faults_are_still_there(fault: Fault) -> None:
    """Each fault of the table can be seen in the package that is installed; what has been mended leaves the table."""
    assert fault.rule in {problem.rule for problem in errors(written(fault.example))}, fault.reason


class Parameter(NamedTuple):
    """A parameter that takes a text with what looks like a tag."""

    declared: schema.Element
    name: str
    text: str


LOOKS_LIKE_A_TAG: Final = ("a<b>c", "https://app.example/a<b>c", "wss://app.example/a<b>c", "sip:a<b>c@pbx.example")
"""Texts of all the forms that there are; a type that takes none of them takes no ``<``."""


def parameters() -> Iterator[Parameter]:
    """All such parameters, with a text that is valid for each."""
    for declared in LAW.declarations():
        if hasattr(sdk, declared.name) and declared not in LAW.roots.values():
            attributes, content, _, _ = constructor(declared)
            types = {name: attribute.type for name, attribute in attributes.items()}
            if content and (declared.mixed or declared.text):
                types[content] = declared.text or schema.TEXT
            for name, type_ in types.items():
                for text in [text for text in LOOKS_LIKE_A_TAG if fits(text, type_)][:1]:
                    yield Parameter(declared, name, text)


PARAMETERS: Final = {f"{parameter.declared.name}-{parameter.name}": parameter for parameter in parameters()}


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_markup_is_made_of_every_text(parameter: Parameter) -> None:
    """No parameter is safe from the first fault, so that none is given a ``<`` above."""
    declared, name, text = parameter
    attributes, content, _, required = constructor(declared)
    given_: Arguments = {one: "x" for one in attributes if one in required}
    if content:
        given_[content] = None
    assert "<b>" in written([getattr(sdk, declared.name)(**given_ | {name: text})])
