"""Documents are made from others by appending, joining, slicing and replacing. A result that is not used causes a warning."""

from __future__ import annotations

import copy
import pickle
import re
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from bxml import (
    Bxml,
    Document,
    Element,
    EmptyDocument,
    Gather,
    Hangup,
    InvalidDocument,
    Pause,
    PhoneNumber,
    PlayAudio,
    Response,
    SipUri,
    SpeakSentence,
    Tag,
    Transfer,
    parse,
    ssml,
)

roots = pytest.mark.parametrize("root", [Response, Bxml])

MENU = Response(
    [
        Gather([SpeakSentence(["Press ", ssml.Emphasis("1", level="strong"), "."], voice="julie")], max_digits=1),
        Transfer([PhoneNumber("+12125550123"), SipUri("sip:desk@pbx.example")]),
        Hangup(),
    ]
)


class TestAppending:
    """``then``, ``extend``, ``+`` and the fluent methods return a new document and do not change the original."""

    @roots
    def test_every_way_makes_the_same_document(self, root: type[Response | Bxml]) -> None:
        """Every way makes a document that is equal to a document built at once, and has the same hash, ``repr`` and XML."""
        expected = root([SpeakSentence("Hello."), Pause(duration=1), Hangup()])
        made: list[Document] = [
            root().speak_sentence("Hello.").pause(duration=1).hangup(),
            root().then(SpeakSentence("Hello."), Pause(duration=1)).then(Hangup()),
            root().extend(iter([SpeakSentence("Hello."), None, Pause(duration=1), Hangup()])),
            root([SpeakSentence("Hello.")]) + root([Pause(duration=1), Hangup()]),
            root([SpeakSentence("Hello.")]) + (Response() if root is Bxml else Bxml()).pause(duration=1).hangup(),
        ]
        for document in made:
            assert type(document) is root
            assert document == expected
            assert (hash(document), repr(document)) == (hash(expected), repr(expected))
            assert document.to_bxml() == expected.to_bxml()
            assert pickle.loads(pickle.dumps(document)) == copy.deepcopy(document) == expected

    def test_branches_do_not_change_each_other(self) -> None:
        """Several documents can be made from one document, in any order."""
        start = Response().speak_sentence("Hello.")
        first, second = start.hangup(), start.pause(duration=1)
        third = first.pause(duration=2)
        assert start.children == (SpeakSentence("Hello."),)
        assert first.children == (SpeakSentence("Hello."), Hangup())
        assert second.children == (SpeakSentence("Hello."), Pause(duration=1))
        assert third.children == (SpeakSentence("Hello."), Hangup(), Pause(duration=2))

    def test_threads_can_append_to_one_document(self) -> None:
        """Each thread gets its own document, even if all threads append at the same moment."""
        start = Response().speak_sentence("Hello.")
        together = threading.Barrier(8)
        made: dict[int, Response] = {}

        def append(number: int) -> None:
            together.wait()
            document = start
            for duration in range(1, 51):
                document = document.pause(duration=duration).tag(str(number))
            made[number] = document

        threads = [threading.Thread(target=append, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number, document in made.items():
            tags = [verb.text for verb in document if isinstance(verb, Tag)]
            assert tags == [str(number)] * 50
            assert len(document) == 101

    def test_another_thread_that_appends_first_is_noticed(self) -> None:
        """If another thread extends the shared list between two steps of ``then``, the new document gets its own list."""

        class Intruder(list[Any]):
            """A list to which another thread seems to append just before ``extend`` is called."""

            def extend(self, more: Any) -> None:
                super().extend([Pause(duration=9), *more])

        document = Response().hangup()
        document.__dict__["_shared_verbs"] = Intruder([Hangup()])
        assert document.pause(duration=1).children == (Hangup(), Pause(duration=1))

    @pytest.mark.parametrize(
        ("append", "message"),
        [
            (lambda document: document.then(5), "5 is not allowed in Response; expected verbs"),
            (
                lambda document: document.extend([Gather(), PhoneNumber("+12125550123")]),
                "PhoneNumber is not allowed in Response",
            ),
            (lambda document: document.then([Hangup()]), "is not allowed in Response; expected verbs"),
        ],
        ids=["number", "element", "list"],
    )
    def test_other_values_are_refused(self, append: Callable[[Any], object], message: str) -> None:
        """Only verbs can be appended."""
        with pytest.raises(InvalidDocument, match=re.escape(message)):
            append(MENU)

    def test_only_documents_can_be_added(self) -> None:
        """A sum with another value raises TypeError."""
        other: Any = [Hangup()]
        with pytest.raises(TypeError):
            _ = MENU + other

    def test_a_subclass_is_kept(self) -> None:
        """Appending to a document of a subclass returns a document of the subclass, even if the subclass has a constructor."""

        class Polite(Response):
            def goodbye(self) -> Polite:
                return self.speak_sentence("Goodbye.").hangup()

        class Greeting(Response):
            def __init__(self, children: Any = ()) -> None:
                super().__init__([SpeakSentence("Hello."), *(each for each in children if each != SpeakSentence("Hello."))])

        assert Polite().pause().goodbye().children == (Pause(), SpeakSentence("Goodbye."), Hangup())
        assert Greeting().hangup().children == (SpeakSentence("Hello."), Hangup())

    def test_a_subclass_of_a_verb_can_be_appended(self) -> None:
        """An instance of a subclass of a verb is written as that verb."""

        class Farewell(SpeakSentence):
            pass

        assert Response().then(Farewell("Goodbye.")).to_bxml().endswith("<SpeakSentence>Goodbye.</SpeakSentence></Response>")


class TestSequence:
    """A document can be iterated, counted, indexed and sliced."""

    def test_verbs(self) -> None:
        """The items are the verbs, and a slice is a document."""
        assert len(MENU) == 3
        assert list(MENU) == [*MENU.children]
        assert MENU[0] is MENU.children[0]
        assert MENU[-1] == Hangup()
        assert MENU[:1] + MENU[1:] == MENU
        assert type(Bxml([Hangup()])[:0]) is Bxml
        with pytest.raises(IndexError):
            _ = MENU[3]

    def test_every_document_is_true(self) -> None:
        """An empty document is a valid response, so ``if document`` does not skip it."""
        assert bool(Response([]))


class TestReplacing:
    """``replace`` and ``map`` return validated new values."""

    def test_attributes_and_content(self) -> None:
        """Arguments that are not given are kept, and ``None`` removes an attribute."""
        gather = Gather([PlayAudio("/a.wav")], max_digits=1, gather_url="/menu", extra={"new": "x"})
        assert gather.replace(max_digits=2) == Gather(
            [PlayAudio("/a.wav")], max_digits=2, gather_url="/menu", extra={"new": "x"}
        )
        assert gather.replace(gather_url=None, extra=None) == Gather([PlayAudio("/a.wav")], max_digits=1)
        assert gather.replace([]) == gather.replace(children=[]) == Gather(max_digits=1, gather_url="/menu", extra={"new": "x"})
        assert SpeakSentence("One.", voice="julie").replace("Two.") == SpeakSentence("Two.", voice="julie")
        assert MENU.replace([Hangup()]) == MENU.replace(children=[Hangup()]) == Response([Hangup()])
        assert MENU.replace() == MENU
        assert Response().replace() == Response()

    @pytest.mark.parametrize("change", [{"max_digits": 51}, {"children": [Hangup()]}, {"digits": 1}])
    def test_new_values_are_validated(self, change: dict[str, Any]) -> None:
        """Invalid arguments raise the errors of the constructor."""
        with pytest.raises(InvalidDocument):
            Gather(max_digits=1).replace(**change)

    def test_a_nested_verb_changes_in_one_expression(self) -> None:
        """``map`` reaches sentences in a Gather."""

        def slower(element: Element) -> Element:
            return element.replace(voice="kate") if isinstance(element, SpeakSentence) else element

        gather = MENU.map(slower)[0]
        assert isinstance(gather, Gather)
        assert gather == Gather(
            [SpeakSentence(["Press ", ssml.Emphasis("1", level="strong"), "."], voice="kate")], max_digits=1
        )

    def test_every_element_is_visited_once(self) -> None:
        """``map`` passes each element to the function, children first. The result is equal if the function changes nothing."""
        seen: list[str] = []

        def see(element: Element) -> Element:
            seen.append(type(element).__name__)
            return element

        assert MENU.map(see) == MENU
        assert seen == ["Emphasis", "SpeakSentence", "Gather", "PhoneNumber", "SipUri", "Transfer", "Hangup"]

    def test_elements_can_be_removed(self) -> None:
        """If the function returns ``None`` for an element, ``map`` removes the element, even within speech."""
        without = MENU.map(lambda element: None if isinstance(element, ssml.Emphasis | SipUri | Hangup) else element)
        assert without == Response(
            [Gather([SpeakSentence(["Press ", "."], voice="julie")], max_digits=1), Transfer([PhoneNumber("+12125550123")])]
        )

    def test_wrong_results_are_refused(self) -> None:
        """``map`` raises an error if the function returns an element that is not allowed in that place."""
        with pytest.raises(InvalidDocument, match="Hangup is not allowed in Gather"):
            MENU.map(lambda element: Hangup() if isinstance(element, SpeakSentence) else element)


class TestDroppedResult:
    """A document that never got a verb causes a warning when it is written."""

    @roots
    @pytest.mark.parametrize("write", [Document.to_bxml, Document.to_bytes, str], ids=["to_bxml", "to_bytes", "str"])
    def test_dropped_verb_is_noticed(self, root: type[Response | Bxml], write: Callable[[Document], object]) -> None:
        """The warning says what happened and what to write."""
        document = root()
        document.hangup()
        expected = f"document = document.hangup(), or {root.__name__}([]) for an empty document"
        with pytest.warns(EmptyDocument, match=re.escape(expected)):
            write(document)

    @pytest.mark.parametrize(
        "document",
        [
            Response([]),
            Response(()),
            Response(children=[]),
            Response([None]),
            Response().then(),
            Response().extend([]),
            Response().then(None),
            MENU[:0],
            MENU.replace([]),
            Response().hangup().map(lambda _: None),
            Response([]) + Response(),
            parse("<Response/>"),
            Response().hangup(),
        ],
        ids=repr,
    )
    def test_empty_on_purpose_is_no_mistake(self, document: Document) -> None:
        """A document with an empty list of verbs, or with verbs, causes no warning."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            document.to_bxml()

    def test_the_warning_points_to_the_caller(self) -> None:
        """The warning names the line that writes the document."""
        with pytest.warns(EmptyDocument) as caught:
            Response().to_bxml()
        assert caught[0].filename == __file__

    def test_both_kinds_of_empty_documents_are_equal(self) -> None:
        """An empty document that causes a warning is equal to an empty document that causes no warning."""
        assert Response() == Response([])
        assert hash(Response()) == hash(Response([]))
        assert repr(Response([])) == "Response()"
