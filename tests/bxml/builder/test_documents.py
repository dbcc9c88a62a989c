"""Documents are values: built step by step or at once, compared, shared, and written in one way."""

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
from bxml.builder.binding import binding_of
from bxml.builder.documents import Document
from tests.strategies import LAW, documents, element, smallest

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

roots = pytest.mark.parametrize("root", [Response, Bxml])


# Building


@roots
def test_a_document_is_built_at_once_or_step_by_step(root: type[Response | Bxml]) -> None:
    """Constructors, fluent methods and ``then`` make the same document."""
    at_once = root([SpeakSentence("Hello.", voice="julie"), Gather([PlayAudio("/menu.wav")], gather_url="/menu"), Hangup()])
    step_by_step = root().speak_sentence("Hello.", voice="julie").gather([PlayAudio("/menu.wav")], gather_url="/menu").hangup()
    appended = root().then(SpeakSentence("Hello.", voice="julie"), *at_once.children[1:])
    assert at_once == step_by_step == appended
    assert {type(document) for document in (at_once, step_by_step, appended)} == {root}
    assert at_once.to_bxml() == step_by_step.to_bxml() == appended.to_bxml()


def test_steps_leave_the_document_as_it_was() -> None:
    """Every step makes a new document, so that half a document can be shared and gone on with in two ways."""
    greeting = Response().speak_sentence("Hello.")
    before = greeting.to_bxml()
    ended, went_on = greeting.hangup(), greeting.redirect(redirect_url="/next")
    assert greeting.to_bxml() == before
    assert len(greeting.children) == 1
    assert [type(document.children[1]).__name__ for document in (ended, went_on)] == ["Hangup", "Redirect"]
    assert greeting.then() == greeting


@pytest.mark.parametrize("name", sorted(LAW.roots["Response"].children))
def test_every_verb_has_a_method(name: str) -> None:
    """The method of a verb takes what its constructor takes, appends it, and refuses what it refuses."""
    verb = smallest(LAW.elements[name])
    form = binding_of(type(verb))
    arguments = {key: value for key, value in vars(verb).items() if key in {form.content_name, *form.writers}}
    content = [arguments.pop(form.content_name)] if form.content_name in arguments else []
    method = next(key for key, value in vars(Document).items() if getattr(value, "verb", None) is type(verb))
    document: Any = Response([Tag("before")])
    assert getattr(document, method)(*content, **arguments) == Response([Tag("before"), verb])  # type: ignore[list-item]
    assert verb.__doc__
    assert verb.__doc__ in getattr(Response, method).__doc__
    assert verb.__doc__ in getattr(document, method).__doc__
    with pytest.raises(InvalidDocument, match=f"no_such_attribute is not an attribute of {name}"):
        getattr(document, method)(*content, **arguments, no_such_attribute="x")


def test_a_refused_step_says_what_its_constructor_says() -> None:
    """A mistake in a fluent call is reported where it is made, in the same words."""
    with pytest.raises(InvalidDocument) as by_method:
        Response().gather([SpeakSentence("a")] * 21, max_digits=51)
    with pytest.raises(InvalidDocument) as by_constructor:
        Gather([SpeakSentence("a")] * 21, max_digits=51)
    assert by_method.value.problems == by_constructor.value.problems


def test_an_attribute_called_tag_and_a_verb_called_tag_are_two_things() -> None:
    """Documents have a method ``tag``, and verbs an attribute ``tag``."""
    assert Response().gather(tag="a").tag("b") == Response([Gather(tag="a"), Tag("b")])


# Comparing


@given(data=st.data())
def test_the_order_of_attributes_does_not_count(data: st.DataObject) -> None:
    """Elements with the same attributes are equal and hash alike, in whatever order they were given."""
    verb = data.draw(element(LAW.elements[data.draw(st.sampled_from(sorted(LAW.roots["Response"].children)))]))
    form = binding_of(type(verb))
    given = {key: value for key, value in vars(verb).items() if key in {form.content_name, *form.writers}}
    shuffled = type(verb)(**dict(data.draw(st.permutations(list(given.items())))))
    assert shuffled == verb
    assert hash(shuffled) == hash(verb)


def test_the_order_of_verbs_counts() -> None:
    """Two documents with the same verbs in another order are two documents."""
    assert Response([Hangup(), Pause()]) != Response([Pause(), Hangup()])


DIFFERENT: Final = (
    Response(), Bxml(), Hangup(), Pause(), Pause(duration=1), Pause(duration=2), Gather(), Gather([PlayAudio("a")]), Tag("a"),
    Tag("b"), SpeakSentence("a"), SpeakSentence(["a", ssml.Break()]), ssml.P("a"), ssml.S("a"), Hangup(extra={"a": "b"}),
    Hangup(extra={"a": "c"}),
)  # fmt: skip
"""Elements no two of which are equal."""


def test_different_elements_are_different() -> None:
    """Another class, text, child, attribute or extra makes another value."""
    for one, other in itertools.combinations(DIFFERENT, 2):
        assert one != other, (one, other)
        assert not one == other, (one, other)  # noqa: SIM201  both operators are tried
    assert len(set(DIFFERENT)) == len(DIFFERENT)


def test_an_element_equals_nothing_else() -> None:
    """An element is equal to elements only, and leaves it to the other side to say otherwise."""
    assert Hangup() != "<Hangup/>"
    assert Hangup() != None  # noqa: E711  the operator is tried
    assert Hangup().__eq__(5) is NotImplemented


def test_documents_can_be_kept_in_sets_and_dictionaries() -> None:
    """Equal documents are one key."""
    menu = Response().speak_sentence("Hello.").hangup()
    names: dict[Response | Bxml, str] = {menu: "menu"}
    assert names[parse(menu.to_bxml())] == "menu"
    assert len({menu, parse(menu.to_bytes()), Response([SpeakSentence("Hello."), Hangup()])}) == 1


# Writing


@roots
def test_an_empty_document_is_a_document(root: type[Response | Bxml]) -> None:
    """A document without verbs is valid, and ends the call."""
    assert root().to_bxml() == f"{DECLARATION}<{root.__name__}/>"
    assert root() == root([]) == root(()) == parse(f"<{root.__name__}></{root.__name__}>")
    assert root().children == ()


def test_a_document_is_written_in_full() -> None:
    """Attributes in the order they were given, no white space that is not in a value, empty elements in one tag."""
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
def test_bytes_are_the_text_in_utf_8(document: Response | Bxml) -> None:
    """A document begins with the declaration in double quotes, is UTF-8, and reads the same as text and as bytes."""
    text, data = document.to_bxml(), document.to_bytes()
    assert (type(text), type(data)) == (str, bytes)
    assert text.startswith(f"{DECLARATION}<{type(document).__name__}")
    assert data == text.encode("utf-8")
    assert etree.fromstring(data).tag == type(document).__name__


def test_letters_are_written_as_they_are() -> None:
    """Every alphabet, and signs beyond the first plane, stand in the document without references."""
    assert "<Tag>Grüße, שלום, 世界, 😀</Tag>" in Response().tag("Grüße, שלום, 世界, 😀").to_bxml()


# Sharing


def test_threads_can_share_a_document() -> None:
    """Several threads that write, read and build at the same time do not disturb each other."""
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
    """The first documents of a process may be built by several threads at once: the schema is compiled once, by one of them.

    libxml2 fails now and then when two threads compile their first schema at the same time.
    """
    script = [sys.executable, "-c", FIRST_USE]
    finished = subprocess.run(script, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "1"


def test_what_a_document_holds_can_be_read() -> None:
    """The verbs of a document, and what they hold, are there to be looked at."""
    gather = Response([Hangup(), Gather([PlayAudio("/a.wav")], max_digits=1)]).children[1]
    assert isinstance(gather, Gather)
    assert gather.children == (PlayAudio("/a.wav"),)
    assert (gather.max_digits, gather.gather_url, gather.extra) == (1, None, None)
