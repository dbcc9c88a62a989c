"""Messages about invalid phone numbers and invalid SIP URIs.

The message about a phone number in another form suggests its E.164 form. The message about a SIP URI in a PhoneNumber names
SipUri, and the message about a phone number in a SipUri names PhoneNumber.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bxml import BxmlError, Forward, PhoneNumber, Refer, SipUri, Transfer, schema, validate
from bxml.messages import schema_findings
from bxml.messages.phone_numbers import LOST_PLUS, e164_hint

FAULT: Final = "is not an E.164 phone number; expected + and 2 to 15 digits"

SUGGESTIONS: Final = {
    "2025550123": "+12025550123",
    "12025550123": "+12025550123",
    "202-555-0123": "+12025550123",
    "202.555.0123": "+12025550123",
    "(202) 555-0123": "+12025550123",
    "1 (202) 555-0123": "+12025550123",
    "+1 (202) 555-0123": "+12025550123",
    "+12025550123\n": "+12025550123",
    "\n2025550123": "+12025550123",
    "+44 20 7946 0123": "+442079460123",
    "+44 (0)20 7946 0123": "+442079460123",
}

LOST: Final = {" 12025550123": "+12025550123", " 442079460123": "+442079460123"}

WITHOUT: Final = (
    "",
    " ",
    "+",
    "desk",
    "555-0123",
    "020 7946 0123",
    "442079460123",
    "1025550123",
    "2021550123",
    "+02025550123",
    "+1202555012345678",
    " 2025550123",  # the E.164 form is +12025550123, or +2025550123 if the space was a plus sign
    "202-555-0123 x4",
    "+1202555012\N{FULLWIDTH DIGIT THREE}",
)


def faults(make: Callable[[], object]) -> list[str]:
    """Return the messages of the error that a constructor raises."""
    with pytest.raises(BxmlError) as caught:
        make()
    return [problem.message for problem in caught.value.problems]


def valid(number: str) -> bool:
    """Return whether the schema allows a number in every place for a phone number."""
    return all(schema_findings.value_fault(number, type_) is None for type_ in phone_number_types())


def phone_number_types() -> list[schema.SimpleType]:
    """Return the types of all attributes and texts that allow phone numbers."""
    declared = list(schema.vocabulary().declarations())
    types = [attribute.type for element in declared for attribute in element.attributes.values()]
    types += [element.text for element in declared if element.text]
    return [type_ for type_ in types if any(expression.startswith(r"\+[1-9]") for expression in type_.expressions)]


@pytest.mark.parametrize(("text", "number"), SUGGESTIONS.items(), ids=map(repr, SUGGESTIONS))
def test_e164_form_is_suggested(text: str, number: str) -> None:
    """The message about a number in another form suggests its E.164 form."""
    assert e164_hint(text, valid) == f'; did you mean "{number}"?'


@pytest.mark.parametrize(("text", "number"), LOST.items(), ids=map(repr, LOST))
def test_lost_plus_sign_is_explained(text: str, number: str) -> None:
    """If a number begins with a space instead of a plus sign, the message explains the likely cause."""
    assert e164_hint(text, valid) == f'{LOST_PLUS}; did you mean "{number}"?'
    assert LOST_PLUS == "; a + in a query string becomes a space, unless it is written as %2B"


@pytest.mark.parametrize("text", WITHOUT)
def test_a_text_without_exactly_one_e164_form_gets_no_suggestion(text: str) -> None:
    """No number is suggested if the text is not a number, or if its country is unknown."""
    assert e164_hint(text, valid) == ""


numbers = st.text(st.sampled_from("0123456789+ ().-\n"), max_size=20)


@given(numbers | st.from_regex(r" ?\+?[0-9(). -]{8,18}", fullmatch=True) | st.text())
@example("+0 202 555 0123")
def test_suggestions_are_valid(text: str) -> None:
    """The schema allows every suggested number."""
    for type_ in phone_number_types():
        finding = schema_findings.invalid_value("it", text, type_, schema_findings.FILE)
        if finding and "did you mean" in finding.message:
            assert schema_findings.value_fault(finding.message.split('"')[1], type_) is None


def test_each_type_with_phone_numbers_gets_suggestions() -> None:
    """The types that get suggestions are the types whose patterns allow phone numbers."""
    names = {name for type_ in phone_number_types() for name in type_.lineage}
    assert names - {"phoneNumberText", "xs:string"} == schema_findings.PHONE_NUMBER_TYPES


def test_every_place_gets_suggestions_in_python() -> None:
    """A number without its plus sign is invalid wherever a phone number is expected, and its E.164 form is suggested."""
    number, hint = "12025550123", 'did you mean "+12025550123"?'
    assert faults(lambda: PhoneNumber(number)) == [f'"{number}" {FAULT}; {hint}']
    caller_id = faults(lambda: Transfer([PhoneNumber("+12125550123")], transfer_caller_id=number))
    assert caller_id == [f'transfer_caller_id="{number}" {FAULT}; {hint}']
    to, from_ = faults(lambda: Forward(to=number, from_=number))
    assert to.endswith(f"or a URI such as sip:user@example.com; {hint}")
    assert from_ == f'from_="{number}" {FAULT}; {hint}'


def test_every_place_gets_suggestions_in_a_file() -> None:
    """The messages about a file have the same suggestions. White space around the text of an element is ignored."""
    document = (
        '<Response><Transfer transferCallerId="202-555-0123"><PhoneNumber>\n 2025550123</PhoneNumber></Transfer></Response>'
    )
    assert [problem.message for problem in validate(document)] == [
        f'transferCallerId="202-555-0123" {FAULT}; did you mean "+12025550123"?',
        f'the text "2025550123" of <PhoneNumber> {FAULT}; did you mean "+12025550123"?',
    ]


# Phone numbers and SIP URIs


def test_sip_uri_in_a_phone_number_names_sip_uri() -> None:
    """The message about a SIP URI in a PhoneNumber names SipUri."""
    fault = "is not an E.164 phone number, but a SIP URI; write"
    assert faults(lambda: PhoneNumber("sip:desk@pbx.example")) == [f'"sip:desk@pbx.example" {fault} SipUri']
    (problem,) = validate("<Response><Transfer><PhoneNumber>sip:desk@pbx.example</PhoneNumber></Transfer></Response>")
    assert problem.message == f'the text "sip:desk@pbx.example" of <PhoneNumber> {fault} <SipUri>'


def test_phone_number_in_a_sip_uri_names_phone_number() -> None:
    """The message about a phone number in a SipUri names PhoneNumber."""
    fault = "is not a SIP URI, but an E.164 phone number; write"
    assert faults(lambda: SipUri("+12125550123")) == [f'"+12125550123" {fault} PhoneNumber']
    (problem,) = validate("<Response><Transfer><SipUri>+12125550123</SipUri></Transfer></Response>")
    assert problem.message == f'the text "+12125550123" of <SipUri> {fault} <PhoneNumber>'


def test_other_texts_name_no_other_element() -> None:
    """No other element is named for a text that fits nowhere, for a phone number in Refer, or for the text of a verb."""
    assert "write" not in "".join(faults(lambda: SipUri("desk")))
    for verb in ("<Refer><SipUri>+12125550123</SipUri></Refer>", "<SendDtmf>menu</SendDtmf>"):
        (problem,) = validate(f"<Response>{verb}</Response>", select=["invalid-value"])
        assert "write" not in problem.message
    assert "write" not in "".join(faults(lambda: Refer([SipUri("sips:desk@pbx.example")])))
