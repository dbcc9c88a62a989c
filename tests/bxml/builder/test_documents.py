"""Documents are values: they can be built in steps or at once, compared, shared and serialized."""

import inspect
import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bxml import (
    Bxml,
    Gather,
    Hangup,
    InvalidDocument,
    Pause,
    PlayAudio,
    Response,
    SpeakSentence,
    Tag,
    parse,
    ssml,
)
from bxml.builder.documents import Document
from bxml.builder.schema_binding import binding_of
from bxml.strategies import documents, verbs
from tests.strategies import VOCABULARY, smallest

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

roots = pytest.mark.parametrize("root", [Response, Bxml])


# Building


@roots
def test_a_document_can_be_built_at_once_or_in_steps(root: type[Response | Bxml]) -> None:
    """Constructors, fluent methods and ``then`` make the same document."""
    at_once = root([SpeakSentence("Hello.", voice="julie"), Gather([PlayAudio("/menu.wav")], gather_url="/menu"), Hangup()])
    step_by_step = root().speak_sentence("Hello.", voice="julie").gather([PlayAudio("/menu.wav")], gather_url="/menu").hangup()
    appended = root().then(SpeakSentence("Hello.", voice="julie"), *at_once.children[1:])
    assert at_once == step_by_step == appended
    assert {type(document) for document in (at_once, step_by_step, appended)} == {root}
    assert at_once.to_bxml() == step_by_step.to_bxml() == appended.to_bxml()


def test_a_step_does_not_change_the_document() -> None:
    """Every fluent method returns a new document, so two documents can share their first verbs."""
    greeting = Response().speak_sentence("Hello.")
    before = greeting.to_bxml()
    ended, redirected = greeting.hangup(), greeting.redirect(redirect_url="/next")
    assert greeting.to_bxml() == before
    assert len(greeting.children) == 1
    assert [type(document.children[1]).__name__ for document in (ended, redirected)] == ["Hangup", "Redirect"]
    assert greeting.then() == greeting


@pytest.mark.parametrize("name", sorted(VOCABULARY.roots["Response"].children))
def test_every_verb_has_a_method(name: str) -> None:
    """The method for a verb has the arguments, checks and documentation of the verb's constructor, and appends the verb."""
    verb = smallest(VOCABULARY.elements[name])
    binding = binding_of(type(verb))
    arguments = {key: value for key, value in vars(verb).items() if key in {binding.content_name, *binding.writers}}
    content = [arguments.pop(binding.content_name)] if binding.content_name in arguments else []
    method = next(key for key, value in vars(Document).items() if getattr(value, "verb", None) is type(verb))
    document: Any = Response([Tag("before")])
    assert getattr(document, method)(*content, **arguments) == Response([Tag("before"), verb])  # type: ignore[list-item]
    documentation = inspect.getdoc(type(verb))
    assert documentation
    assert documentation in getattr(Response, method).__doc__
    assert documentation in getattr(document, method).__doc__
    with pytest.raises(InvalidDocument, match=f"no_such_attribute is not an attribute of {name}"):
        getattr(document, method)(*content, **arguments, no_such_attribute="x")


def test_an_invalid_step_raises_the_error_of_the_constructor() -> None:
    """Invalid arguments of a fluent method raise immediately, with the problems that the constructor reports."""
    with pytest.raises(InvalidDocument) as by_method:
        Response().gather([SpeakSentence("a")] * 21, max_digits=51)
    with pytest.raises(InvalidDocument) as by_constructor:
        Gather([SpeakSentence("a")] * 21, max_digits=51)
    assert by_method.value.problems == by_constructor.value.problems


def test_the_attribute_tag_and_the_verb_tag_are_independent() -> None:
    """Documents have a method ``tag``, and verbs have an attribute ``tag``."""
    assert Response().gather(tag="a").tag("b") == Response([Gather(tag="a"), Tag("b")])


# Comparing


@given(data=st.data())
def test_the_order_of_attributes_does_not_matter(data: st.DataObject) -> None:
    """Elements with the same attributes are equal and have the same hash, in any order of the arguments."""
    verb = data.draw(verbs())
    binding = binding_of(type(verb))
    given = {key: value for key, value in vars(verb).items() if key in {binding.content_name, *binding.writers}}
    shuffled = type(verb)(**dict(data.draw(st.permutations(list(given.items())))))
    assert shuffled == verb
    assert hash(shuffled) == hash(verb)


def test_the_order_of_verbs_matters() -> None:
    """Documents with the same verbs in a different order are not equal."""
    assert Response([Hangup(), Pause()]) != Response([Pause(), Hangup()])


DIFFERENT: Final = (
    Response(), Bxml(), Hangup(), Pause(), Pause(duration=1), Pause(duration=2), Gather(), Gather([PlayAudio("a")]), Tag("a"),
    Tag("b"), SpeakSentence("a"), SpeakSentence(["a", ssml.Break()]), ssml.P("a"), ssml.S("a"), Hangup(extra={"a": "b"}),
    Hangup(extra={"a": "c"}),
)  # fmt: skip
"""Elements that are all different from each other."""


def test_different_elements_are_different() -> None:
    """Elements with a different class, text, child, attribute or extra attribute are not equal."""
    for one, other in itertools.combinations(DIFFERENT, 2):
        assert one != other, (one, other)
        assert not one == other, (one, other)  # noqa: SIM201  both operators are tried
    assert len(set(DIFFERENT)) == len(DIFFERENT)


def test_an_element_equals_only_elements() -> None:
    """An element lets the other object decide about equality if that object is not an element."""
    assert Hangup() != "<Hangup/>"
    assert Hangup() != None  # noqa: E711  the operator is tried
    assert Hangup().__eq__(5) is NotImplemented


def test_documents_are_hashable() -> None:
    """Equal documents are the same key of a dictionary and the same member of a set."""
    menu = Response().speak_sentence("Hello.").hangup()
    names: dict[Response | Bxml, str] = {menu: "menu"}
    assert names[parse(menu.to_bxml())] == "menu"
    assert len({menu, parse(menu.to_bytes()), Response([SpeakSentence("Hello."), Hangup()])}) == 1


# Serializing


@roots
def test_an_empty_document_is_valid(root: type[Response | Bxml]) -> None:
    """A document without verbs can be built, serialized and parsed."""
    assert root([]).to_bxml() == f"{DECLARATION}<{root.__name__}/>"
    assert root() == root([]) == root(()) == parse(f"<{root.__name__}></{root.__name__}>")
    assert root().children == ()


def test_a_document_is_serialized_in_one_way() -> None:
    """Attributes have the order of the arguments, no white space is added, and an empty element is written as one tag."""
    document = Response(
        [
            SpeakSentence(["Hi ", ssml.Break(time="1s")], voice="julie"),
            Gather([PlayAudio("/a.wav")], max_digits=1, gather_url="/menu", profanity_filter=False),
            Tag(""),
        ]
    )
    assert document.to_bxml() == (
        f'{DECLARATION}<Response><SpeakSentence voice="julie">Hi <break time="1s"/></SpeakSentence>'
        '<Gather maxDigits="1" gatherUrl="/menu" profanityFilter="false"><PlayAudio>/a.wav</PlayAudio></Gather>'
        "<Tag/></Response>"
    )


@given(document=documents())
def test_bytes_are_the_string_in_utf_8(document: Response | Bxml) -> None:
    """``to_bxml`` and ``to_bytes`` return the same document, which begins with an XML declaration."""
    text, data = document.to_bxml(), document.to_bytes()
    assert (type(text), type(data)) == (str, bytes)
    assert text.startswith(f"{DECLARATION}<{type(document).__name__}")
    assert data == text.encode("utf-8")
    assert etree.fromstring(data).tag == type(document).__name__


def test_characters_are_not_replaced_by_references() -> None:
    """Letters of every alphabet, and characters outside the Basic Multilingual Plane, are written unchanged."""
    assert "<Tag>Grüße, שלום, 世界, 😀</Tag>" in Response().tag("Grüße, שלום, 世界, 😀").to_bxml()


# Sharing


def test_threads_can_share_a_document() -> None:
    """Several threads can serialize and parse one document, and build other documents, at the same time."""
    shared = Response([Gather([SpeakSentence(["a", ssml.Break(time="1s")])] * 20, max_digits=1)])
    expected = shared.to_bytes()
    start = Barrier(4)

    def work(number: int) -> bool:
        start.wait()
        return all(
            shared.to_bytes() == expected
            and parse(expected) == shared
            and Bxml().tag(f"{number}-{turn}").to_bxml() == f"{DECLARATION}<Bxml><Tag>{number}-{turn}</Tag></Bxml>"
            for turn in range(50)
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


FIRST_USE: Final = """
import sys, threading, time
from lxml import etree
from bxml import *
from bxml import ssml

compile_schema, compiled, failures, start = etree.XMLSchema, [], [], threading.Barrier(8)

def compile_slowly(*arguments):
    compiled.append(arguments)
    time.sleep(0.1)
    return compile_schema(*arguments)

def work():
    start.wait()
    try:
        document = Response([SpeakSentence(["a", ssml.P(ssml.Break())]), Transfer([SipUri("sip:desk@pbx.example")]),
                             Refer([SipUri("sip:desk@pbx.example")]), Gather([SpeakSentence("b")], max_digits=1)])
        assert parse(document.to_bytes()) == document
    except Exception as error:
        failures.append(repr(error))

etree.XMLSchema = compile_slowly
sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(compiled), *failures)
"""


def test_threads_can_share_the_first_use() -> None:
    """Several threads can build the first documents of a process at the same time: only one thread compiles the schema.

    libxml2 sometimes fails if two threads compile their first schema at the same time.
    """
    script = [sys.executable, "-c", FIRST_USE]
    finished = subprocess.run(script, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "1"


def test_verbs_and_attributes_can_be_read() -> None:
    """The verbs of a document are in ``children``. The children and the attributes of a verb are fields of the verb."""
    gather = Response([Hangup(), Gather([PlayAudio("/a.wav")], max_digits=1)]).children[1]
    assert isinstance(gather, Gather)
    assert gather.children == (PlayAudio("/a.wav"),)
    assert (gather.max_digits, gather.gather_url, gather.extra) == (1, None, None)
