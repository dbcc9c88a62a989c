"""AttributeError suggests the equivalent of a name from another SDK. For other unknown names, it suggests the nearest name."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, Final

import pytest
from bandwidth.models import bxml as sdk

import bxml
from bxml import (
    Bxml,
    Document,
    Gather,
    Hangup,
    PhoneNumber,
    PlayAudio,
    Refer,
    Response,
    SipUri,
    SpeakSentence,
    StartStream,
    StartTranscription,
    Tag,
    Transfer,
    Verb,
    ssml,
)
from bxml.builder.element import Element
from bxml.messages import foreign_names
from bxml.messages.python_names import python_name

ROOT: Final = Path(__file__).parents[3]

GATHER: Final = Gather([SpeakSentence("Press 1.")])
TRANSFER: Final = Transfer([PhoneNumber("+12125550123")])
REFER: Final = Refer([SipUri("sip:desk@pbx.example")])

IMMUTABLE: Final = "; documents are immutable; write document = document.then(verb)"
PROMPTS: Final = "; children are a list of SpeakSentence and PlayAudio: Gather([SpeakSentence(…)])"
TARGETS: Final = "; children are a list of PhoneNumber and SipUri: Transfer([PhoneNumber(…)])"

HINTS: Final[list[tuple[Any, str, str]]] = [
    # Verbs that are added to a document or a verb
    (Response(), "append", IMMUTABLE),
    (Response(), "add", IMMUTABLE),
    (Bxml(), "add_verb", IMMUTABLE),
    (Bxml(), "add_verbs", IMMUTABLE),
    (Bxml(), "addVerb", IMMUTABLE),
    (GATHER, "append", PROMPTS),
    (GATHER, "add_verb", PROMPTS),
    (TRANSFER, "add_transfer_recipient", TARGETS),
    (REFER, "set_sip_uri", "; children are a list of SipUri: Refer([SipUri(…)])"),
    (SpeakSentence("a"), "append", "; the content is a string or a list: SpeakSentence([…])"),
    (PlayAudio("/a"), "append", ""),
    # Verbs of TwiML on a document
    (Response(), "say", "; TwiML's say is speak_sentence here"),
    (Response(), "Say", "; TwiML's say is speak_sentence here"),
    (Response(), "play", "; TwiML's play is play_audio here"),
    (Response(), "dial", "; TwiML's dial is transfer with PhoneNumber here"),
    (Response(), "stop", "; TwiML's stop is stop_stream or stop_transcription here"),
    (Response(), "reject", "; TwiML's reject is hangup as the first verb here"),
    (Response(), "sms", "; TwiML's sms is a request to the Messaging API here"),
    (Response(), "enqueue", "; TwiML's enqueue has no counterpart here; calls can wait in conference"),
    (Response(), "virtual_agent", "; TwiML's virtual_agent has no counterpart here"),
    # Children on a verb
    (GATHER, "say", f"; TwiML's Say is SpeakSentence here{PROMPTS}"),
    (GATHER, "play", f"; TwiML's Play is PlayAudio here{PROMPTS.replace('([SpeakSentence', '([PlayAudio')}"),
    (GATHER, "speak_sentence", PROMPTS),
    (GATHER, "dial", "; TwiML's Dial is Transfer with PhoneNumber here"),
    (GATHER, "hangup", "; hangup is a method of documents"),
    (TRANSFER, "number", f"; TwiML's Number is PhoneNumber here{TARGETS}"),
    (TRANSFER, "phone_number", TARGETS),
    (
        StartTranscription(),
        "parameter",
        "; TwiML's Parameter is CustomParam here; children are a list of CustomParam: StartTranscription([CustomParam(…)])",
    ),
    (
        StartStream(destination="wss://app.example"),
        "parameter",
        "; TwiML's Parameter is StreamParam here; children are a list of StreamParam: StartStream([StreamParam(…)])",
    ),
    (SpeakSentence("a"), "break_", "; the content is a string or a list: SpeakSentence([ssml.Break(…)])"),
    (ssml.P("a"), "say_as", "; the content is a string or a list: P([ssml.SayAs(…)])"),
    # Content and attributes
    (Response(), "nested_verbs", "; the content is the attribute children"),
    (PlayAudio("/a"), "audio_uri", "; the content is the attribute text"),
    (TRANSFER, "transfer_to", "; the content is the attribute children"),
    (Tag("a"), "content", "; the content is the attribute text"),
    (GATHER, "num_digits", "; TwiML's num_digits is max_digits here"),
    (GATHER, "maxDigits", "; did you mean max_digits?"),
    # Other spellings
    (Response(), "speakSentence", "; did you mean speak_sentence?"),
    (Response(), "SpeakSentence", "; did you mean speak_sentence?"),
    (Response(), "toBxml", "; did you mean to_bxml?"),
    (Response(), "to_xml", "; did you mean to_bxml?"),
    (Response(), "gathr", "; did you mean gather?"),
    (Response(), "juggle", ""),
    (Hangup(), "text", ""),
]


def message(owner: object, name: str) -> str:
    """Return the message of the error that reading an attribute raises."""
    with pytest.raises(AttributeError) as caught:
        getattr(owner, name)
    assert type(caught.value) is AttributeError
    return str(caught.value)


@pytest.mark.parametrize(("element", "name", "hint"), HINTS, ids=lambda value: value if isinstance(value, str) else None)
def test_attribute_of_another_sdk_gets_its_equivalent(element: Element, name: str, hint: str) -> None:
    """The message about an attribute of another SDK names the equivalent in bxml."""
    assert message(element, name) == f"{type(element).__name__!r} object has no attribute {name!r}{hint}"


@pytest.mark.parametrize("name", [name for name in foreign_names.ELEMENTS if "/" not in name])
def test_each_verb_of_twiml_gets_a_hint(name: str) -> None:
    """Each TwiML element gets a hint as a method of a document, and as a class (except Prompt, which is a name in bxml)."""
    assert f"TwiML's {python_name(name)} " in message(Response(), python_name(name))
    assert name == "Prompt" or f"TwiML's {name} " in message(bxml, name)


def test_each_method_of_the_sdk_exists_or_gets_a_hint() -> None:
    """Each public method of bandwidth-sdk's classes exists in bxml or gets a hint, except ``to_bxml`` of verbs."""
    elements = (Response(), Bxml(), GATHER, TRANSFER, REFER, StartTranscription(), SpeakSentence("a"))
    for element in elements:
        methods = {name for name in dir(getattr(sdk, type(element).__name__)) if not name.startswith("_")}
        for name in methods - {"ssml_regex"} - ({"to_bxml"} if isinstance(element, Verb) else set()):
            assert hasattr(element, name) or ";" in message(element, name), (element, name)


def test_each_class_of_the_sdk_exists_or_gets_a_hint() -> None:
    """Each class of bandwidth-sdk exists in bxml or gets a hint."""
    for name, cls in vars(sdk).items():
        if inspect.isclass(cls):
            assert hasattr(bxml, name) or "; bandwidth-sdk's" in message(bxml, name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Say", "; TwiML's Say is SpeakSentence here"),
        ("Dial", "; TwiML's Dial is Transfer with PhoneNumber here"),
        ("VoiceResponse", "; twilio-python's VoiceResponse is Response here"),
        ("MessagingResponse", "; twilio-python's MessagingResponse is a request to the Messaging API here"),
        ("Root", "; bandwidth-sdk's Root is Document here"),
        ("Break", "; write ssml.Break"),
        ("SpeakSentance", "; did you mean SpeakSentence?"),
        ("Juggle", ""),
        ("say", ""),
        ("__path", ""),
    ],
)
def test_class_of_another_sdk_gets_its_equivalent(name: str, hint: str) -> None:
    """The error for a class gives the equivalent class. A name in lower case can be a module, so it gets no hint."""
    assert message(bxml, name) == f"module 'bxml' has no attribute {name!r}{hint}"


def test_counterparts_of_classes_exist() -> None:
    """Foreign class names that get a hint do not exist in bxml. Each class that a hint recommends exists in bxml."""
    for name, clause in foreign_names.CLASSES.items():
        assert name not in bxml.__all__
        counterpart = clause.removesuffix(" here").rpartition(" is ")[2]
        assert counterpart.strip("<>") in bxml.__all__ or counterpart == "a request to the Messaging API"


def test_adding_methods_are_not_methods_here() -> None:
    """Neither documents nor verbs have the methods with which other SDKs add a child."""
    assert not any(hasattr(element, name) for element in (Response(), GATHER) for name in foreign_names.ADDING_METHODS)


def test_base_classes_have_no_hints() -> None:
    """The error for an attribute of a base class without an element has no hint."""
    assert message(Document, "say") == "type object 'Document' has no attribute 'say'"
    assert message(Verb, "say") == "type object 'Verb' has no attribute 'say'"


def test_a_traceback_has_only_one_suggestion() -> None:
    """Python adds no second suggestion of its own to the message."""
    with pytest.raises(AttributeError) as caught:
        Response().gathr()  # type: ignore[attr-defined]
    assert (caught.value.name, caught.value.obj) == ("gathr", None)
    *_, last = traceback.format_exception(caught.value)
    assert last == "AttributeError: 'Response' object has no attribute 'gathr'; did you mean gather?\n"


# Other users of attributes


@pytest.mark.parametrize(
    "name", ["__deepcopy_", "_repr_html_", "__array__", "__html__", "_repr_mimebundle_", "_ipython_display_", "__wrapped__"]
)
def test_protocol_lookups_are_plain(name: str) -> None:
    """Names that begin with an underscore get no hint."""
    assert message(Response(), name) == f"'Response' object has no attribute '{name}'"
    assert message(Response, name) == f"type object 'Response' has no attribute '{name}'"
    assert message(bxml, name) == f"module 'bxml' has no attribute '{name}'"


def test_protocol_lookups_and_new_classes_load_no_tables() -> None:
    """The tables of hints are not loaded by protocol lookups, by imports of modules or by definitions of classes."""
    script = """
import sys
from bxml import PlayAudio, Response, Verb, lint
from bxml.builder.element import Element
class Own(Verb):
    text: str
assert not hasattr(Response(), "_repr_html_") and not hasattr(Response, "__array__") and not hasattr(PlayAudio, "text")
assert not {"bxml.messages.foreign_names", "bxml.messages.python_attribute_hints", "difflib"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize("element", [Response([GATHER]), GATHER, TRANSFER, ssml.P("a"), PlayAudio("/a")], ids=repr)
def test_copies_and_introspection_work(element: Element) -> None:
    """Copies, pickles, signatures and documentation of elements and classes are not affected."""
    cls = type(element)
    assert copy.copy(element) is element
    assert copy.deepcopy(element) is element
    assert copy.deepcopy(cls) is cls
    assert pickle.loads(pickle.dumps(element)) == element
    assert pickle.loads(pickle.dumps(cls)) is cls
    assert inspect.signature(cls).parameters
    assert {name for name, _ in inspect.getmembers(element)} >= {"__eq__"}
    assert inspect.unwrap(cls) is cls
    assert pydoc.render_doc(cls)
    assert pydoc.render_doc(element)
    assert not hasattr(element, "say")
    assert getattr(element, "say", None) is None
    assert "say" not in dir(element)


def test_a_verb_of_an_application_gets_hints_too() -> None:
    """A subclass of a verb gets the hints of the verb, and a subclass can add attributes."""

    class Menu(Gather):
        def add(self) -> str:
            return "added"

    assert Menu().add() == "added"
    assert message(Menu(), "say") == f"'Menu' object has no attribute 'say'; TwiML's Say is SpeakSentence here{PROMPTS}"
