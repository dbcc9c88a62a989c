"""The strategies for property tests generate every element of the schema, and shrink to small examples."""

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from bxml import (
    Bxml,
    Document,
    Element,
    Gather,
    PlayAudio,
    Prompt,
    Response,
    SipUri,
    SpeakSentence,
    Transfer,
    schema,
    ssml,
)
from bxml.messages.python_names import class_name, python_name
from bxml.strategies import documents, elements, speech, texts, verbs
from bxml.strategies.text_strategies import AWKWARD
from bxml.xml_text import illegal_character
from tests.schema_validators import against_schema, libxml2_allows

ROOT: Final = Path(__file__).parents[2]
DECLARED: Final = {declared.name: declared for declared in schema.vocabulary().declarations()}
ROOTS: Final = schema.vocabulary().roots
VERBS: Final = sorted(ROOTS["Response"].children)
SEARCH: Final = settings(max_examples=3000, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def generated(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return values that a strategy generates."""
    values: list[Any] = []
    phases = [Phase.generate]
    settings(SEARCH, max_examples=count, phases=phases)(given(strategy)(lambda value: values.append(value)))()  # noqa: PLW0108  Hypothesis reads its code
    return values


def class_of(name: str) -> type[Element]:
    """Return the class of an element."""
    import bxml

    cls: type[Element] = getattr(bxml, class_name(name), None) or getattr(ssml, class_name(name))
    return cls


@given(document=documents())
def test_documents_are_valid(document: Response | Bxml) -> None:
    """The validator and libxml2 accept each document, and no document is too large."""
    data = document.to_bytes()
    assert against_schema(data) == []
    assert libxml2_allows(data)
    assert len(data) <= schema.maximum_bytes()


@pytest.mark.parametrize("root", [Response, Bxml])
def test_documents_have_the_requested_root_and_number_of_verbs(root: type[Response | Bxml]) -> None:
    """All documents have the class that was asked for, and every number of verbs in the range occurs."""
    found = generated(documents(root, min_verbs=1, max_verbs=3), 100)
    assert {type(document) for document in found} == {root}
    assert {len(document.children) for document in found} == {1, 2, 3}


def test_documents_have_both_roots_by_default() -> None:
    """Without an argument, and with the base class, documents of both classes are generated."""
    for strategy in (documents(), documents(Document), elements(Document)):
        assert {type(document) for document in generated(strategy, 50)} == {Response, Bxml}


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_each_element_is_generated_with_each_attribute(name: str) -> None:
    """The strategy for a class generates elements of exactly this class, and each attribute of the schema occurs."""
    found = generated(elements(class_of(name)), 220)
    assert {type(element) for element in found} == {class_of(name)}
    unused = {python_name(attribute) for attribute in DECLARED[name].attributes}
    for element in found:
        unused -= element.__dict__.keys()
    assert not unused


@pytest.mark.parametrize("name", sorted(name for name in DECLARED if DECLARED[name].children and name not in ROOTS))
def test_each_child_is_generated(name: str) -> None:
    """Each child that the schema allows in an element occurs, and no other element occurs."""
    found = [element._xml for element in generated(elements(class_of(name)), 400)]
    missing = [child for child in DECLARED[name].children if not any(f"<{child}" in xml for xml in found)]
    assert not missing


def test_each_verb_is_generated() -> None:
    """The strategy for verbs generates each verb of the schema, and nothing else."""
    found = {type(verb) for verb in generated(verbs(), 800)}
    assert found == {class_of(name) for name in VERBS}


@pytest.mark.parametrize(
    ("base", "expected"),
    [(Prompt, {SpeakSentence, PlayAudio}), (ssml.Ssml, {class_of(name) for name in DECLARED if name[0].islower()})],
)
def test_a_base_class_stands_for_its_elements(base: type[Element], expected: set[type[Element]]) -> None:
    """The strategy for a base class generates elements of all classes that are derived from it."""
    assert {type(element) for element in generated(elements(base), 300)} == expected


def test_a_class_of_an_application_is_generated() -> None:
    """The strategy for a class that an application derives from an element generates instances of this class."""

    class Menu(Gather):
        pass

    assert {type(menu) for menu in generated(elements(Menu), 20)} == {Menu}


def test_speech_has_all_forms() -> None:
    """Generated speech is a string, an SSML element, or a list of strings and elements. SpeakSentence accepts each form."""
    found = generated(speech(), 300)
    assert {True, False} == {isinstance(content, list) for content in found if not isinstance(content, str)}
    assert any(isinstance(content, str) for content in found)
    assert any(isinstance(piece, ssml.Ssml) for content in found if isinstance(content, list) for piece in content)
    for content in found:
        SpeakSentence(content)


def test_texts_are_legal_and_awkward() -> None:
    """All strings are legal in XML, and each awkward string occurs."""
    found = generated(texts(), 1500)
    assert not any(map(illegal_character, found))
    assert set(AWKWARD) <= set(found)


@pytest.mark.parametrize("make", [lambda: elements(int), lambda: documents(Gather)], ids=["elements", "documents"])  # type: ignore[type-var]
def test_other_classes_raise(make: Callable[[], object]) -> None:
    """A class that is neither an element class nor a document class raises an error that says what is expected."""
    with pytest.raises(TypeError, match=r"^(int|Gather) is not a class of (BXML elements|documents); expected "):
        make()


@pytest.mark.parametrize(
    ("strategy", "condition", "longest"),
    [
        (documents(), lambda document: document is not None, "Response()"),
        (documents(), lambda document: len(document.children) > 1, "Response([Hangup(), Hangup()])"),
        (elements(Gather), lambda verb: verb.tag, "Gather(gather_url='?', tag='0')"),
        (elements(Transfer), lambda verb: isinstance(verb.children[-1], SipUri), "Transfer([SipUri('sip:0')])"),
    ],
    ids=["document", "verbs", "attribute", "child"],
)
def test_examples_shrink(strategy: st.SearchStrategy[Any], condition: Callable[[Any], bool], longest: str) -> None:
    """The example that Hypothesis reports contains little besides the cause of the failure."""
    assert len(repr(find(strategy, condition, settings=SEARCH))) <= len(longest)


@pytest.mark.parametrize("package", ["bxml", "callcontrol"])
def test_the_extra_is_named_without_hypothesis(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Hypothesis, the error of the import says what to install."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    for name in list(sys.modules):
        if re.match(r"(bxml|callcontrol)\.strategies\b", name):
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(f"{package}.strategies")
    assert str(caught.value) == f"{package}.strategies needs hypothesis: install bxml-callcontrol[hypothesis]"
    assert caught.value.name == "hypothesis"


def test_the_packages_do_not_import_hypothesis() -> None:
    """``import bxml`` and ``import callcontrol`` load neither Hypothesis nor the strategies."""
    script = "import bxml, callcontrol, callcontrol.emulator, sys; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "callcontrol.emulator" in loaded
    assert not {"hypothesis", "bxml.strategies", "callcontrol.strategies"} & set(loaded)
