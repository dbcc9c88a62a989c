"""Content that is given as a keyword or an attribute: the message says where the content belongs."""

from __future__ import annotations

import inspect
from typing import Final

import pytest
from bandwidth.models import bxml as sdk

import bxml
from bxml import BxmlError, schema, validate
from bxml.builder.element_base import classes, fields_of
from bxml.messages import foreign_names
from bxml.messages.python_names import python_name

MESSAGES: Final = {
    "Bridge": ("the call ID is the content: Bridge(…)", "the call ID is the text of <Bridge>"),
    "Bxml": ("the content is a list of verbs: Bxml([SpeakSentence(…)])", "write verbs in <Bxml>"),
    "Conference": ("the name is the content: Conference(…)", "the name is the text of <Conference>"),
    "Connect": ("the content is a list of Endpoint: Connect([Endpoint(…)])", "write <Endpoint> in <Connect>"),
    "Endpoint": ("the endpoint ID is the content: Endpoint(…)", "the endpoint ID is the text of <Endpoint>"),
    "Gather": (
        "the content is a list of SpeakSentence and PlayAudio: Gather([SpeakSentence(…)])",
        "write <SpeakSentence> or <PlayAudio> in <Gather>",
    ),
    "PhoneNumber": ("the number is the content: PhoneNumber(…)", "the number is the text of <PhoneNumber>"),
    "PlayAudio": ("the URL is the content: PlayAudio(…)", "the URL is the text of <PlayAudio>"),
    "Refer": ("the content is a list of SipUri: Refer([SipUri(…)])", "write <SipUri> in <Refer>"),
    "Response": ("the content is a list of verbs: Response([SpeakSentence(…)])", "write verbs in <Response>"),
    "SendDtmf": ("the digit string is the content: SendDtmf(…)", "the digit string is the text of <SendDtmf>"),
    "SipUri": ("the URI is the content: SipUri(…)", "the URI is the text of <SipUri>"),
    "SpeakSentence": ("the sentence is the content: SpeakSentence(…)", "the sentence is the text of <SpeakSentence>"),
    "StartStream": (
        "the content is a list of StreamParam: StartStream([StreamParam(…)])",
        "write <StreamParam> in <StartStream>",
    ),
    "StartTranscription": (
        "the content is a list of CustomParam: StartTranscription([CustomParam(…)])",
        "write <CustomParam> in <StartTranscription>",
    ),
    "Tag": ("the value is the content: Tag(…)", "the value is the text of <Tag>"),
    "Transfer": (
        "the content is a list of PhoneNumber and SipUri: Transfer([PhoneNumber(…)])",
        "write <PhoneNumber> or <SipUri> in <Transfer>",
    ),
}
"""For each element with content: the ends of the messages in Python and in a file."""

NAMES: Final = [(element, name) for element, content in foreign_names.NAMED_CONTENT.items() for name in content.names]

REQUIRED: Final = {"StartStream": {"destination": "wss://app.example"}}
"""The required attributes of elements with content."""


def camel_case(name: str) -> str:
    """Return a Python name as it is spelled in XML."""
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


def in_a_document(name: str, attribute: str) -> str:
    """Return a document with an element that has the given attribute and all required attributes, but no content."""
    attributes = {attribute: "x", **REQUIRED.get(name, {})}
    written = "".join((f"<{name}", *(f' {key}="{value}"' for key, value in attributes.items()), "/>"))
    if name in {"PhoneNumber", "SipUri", "Endpoint"}:
        parent = "Connect" if name == "Endpoint" else "Transfer"
        written = f"<{parent}>{written}</{parent}>"
    return written if name in schema.vocabulary().roots else f"<Response>{written}</Response>"


def test_each_element_with_content_has_a_case() -> None:
    """``NAMED_CONTENT`` has an entry for each element with content, apart from SSML elements."""
    declared = [element for element in schema.vocabulary().declarations() if element.name[0].isupper()]
    assert {element.name for element in declared if element.text or element.children} == foreign_names.NAMED_CONTENT.keys()
    assert foreign_names.NAMED_CONTENT.keys() == MESSAGES.keys()
    lists = {element.name for element in declared if element.children and not element.mixed}
    assert {name for name, content in foreign_names.NAMED_CONTENT.items() if not content.noun} == lists


@pytest.mark.parametrize("name", foreign_names.NAMED_CONTENT)
def test_names_include_the_content_parameter_of_the_sdk(name: str) -> None:
    """Only one parameter of bandwidth-sdk's class is not an attribute: the content. ``NAMED_CONTENT`` contains its name."""
    attributes = {field.name for field in fields_of(classes[name]) if field.kw_only}
    parameters = inspect.signature(getattr(sdk, name)).parameters
    assert [parameter for parameter in parameters if parameter not in attributes] == [foreign_names.NAMED_CONTENT[name].sdk]


def test_other_classes_of_the_sdk_have_no_content() -> None:
    """A class of bandwidth-sdk without an entry in ``NAMED_CONTENT`` has only parameters that are attributes."""
    for name in classes.keys() & vars(sdk).keys() - foreign_names.NAMED_CONTENT.keys() - {"Verb"}:
        attributes = {field.name for field in fields_of(classes[name])} | {"_from"}  # the SDK's name for from_ of Forward
        assert inspect.signature(getattr(sdk, name)).parameters.keys() <= attributes


@pytest.mark.parametrize(("name", "keyword"), [case for case in NAMES if case != ("SpeakSentence", "text")])
def test_keyword_is_the_content(name: str, keyword: str) -> None:
    """The message about the keyword shows the content as the argument, and no message says that the content is missing."""
    with pytest.raises(BxmlError) as caught:
        getattr(bxml, name)(**{keyword: "x"}, **REQUIRED.get(name, {}))
    (problem,) = caught.value.problems
    end = MESSAGES[name][0].replace("(…)", '("…")') if foreign_names.NAMED_CONTENT[name].noun else MESSAGES[name][0]
    assert problem.message == f"{keyword} is not an attribute of {name}; {end}"


@pytest.mark.parametrize(("name", "keyword"), NAMES)
def test_attribute_is_the_content(name: str, keyword: str) -> None:
    """The message about the attribute says where the content belongs, and no message says that the content is missing."""
    for attribute in {keyword, camel_case(keyword)} - ({"name"} if name == "Conference" else set()):
        problems = validate(in_a_document(name, attribute))
        (problem,) = [each for each in problems if each.rule not in {"background-at-end", "stream-at-end"}]
        if f"{name}/@{camel_case(keyword)}" not in foreign_names.ATTRIBUTES:
            assert problem.message == f"{attribute} is not an attribute of <{name}>; {MESSAGES[name][1]}"


def test_names_are_not_attributes() -> None:
    """No name for the content of an element is the name of an attribute of the element."""
    for name, keyword in NAMES:
        attributes = [each.attributes for each in schema.vocabulary().declarations() if each.name == name]
        assert all(keyword not in map(python_name, each) for each in attributes)


def test_an_invalid_or_other_content_is_still_reported() -> None:
    """If the content is also given in its own place, or another keyword is unknown, all problems are reported."""
    with pytest.raises(BxmlError) as caught:
        bxml.PlayAudio(" ", url="/a.wav")  # type: ignore[call-arg]
    assert len(caught.value.problems) == 2
    with pytest.raises(BxmlError) as caught:
        bxml.PlayAudio(loop=2)  # type: ignore[call-arg]
    assert [problem.rule for problem in caught.value.problems] == ["misplaced", "unknown-attribute"]
    problems = validate('<Response><Transfer to="x"><Hangup/></Transfer><PlayAudio url="/a"> b</PlayAudio></Response>')
    assert [problem.rule for problem in problems] == ["unknown-attribute", "misplaced", "unknown-attribute"]
