"""Time to build and serialize one menu with bxml, with the vendor's package, and with lxml alone.

The menu has seven verbs and child elements, twenty attributes, and one SSML element. bxml checks every value and validates
the document with libxml2; the vendor's package checks nothing; lxml shows the lower bound for building, validating and
serializing. ``python -m tests.benchmarks`` prints ratios, which are more comparable than seconds.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import pytest
from bandwidth.models import bxml as sdk
from lxml import etree
from pytest_benchmark.fixture import BenchmarkFixture

from bxml import Gather, PhoneNumber, PlayAudio, Response, SipUri, SpeakSentence, Transfer, schema, ssml
from tests.schema_validators import against_schema


def build_with_bxml() -> str:
    """Build, check and serialize the menu with this package."""
    return Response(
        [
            SpeakSentence("Hello, and welcome.", voice="julie", locale="en_US"),
            Gather(
                [
                    SpeakSentence(["For sales press 1, ", ssml.Break(time="1s"), " for support press 2."], voice="julie"),
                    PlayAudio("https://app.example/menu.wav"),
                ],
                gather_url="https://app.example/menu",
                gather_method="POST",
                max_digits=1,
                first_digit_timeout=10,
                terminating_digits="#",
                repeat_count=2,
                tag="menu",
            ),
            Transfer(
                [
                    PhoneNumber(
                        "+12125550123", transfer_answer_url="https://app.example/answer", transfer_answer_method="POST"
                    ),
                    SipUri("sip:desk@pbx.example", transfer_answer_url="https://app.example/answer"),
                ],
                transfer_caller_id="+12125550100",
                call_timeout=20,
                transfer_complete_url="https://app.example/done",
                transfer_complete_method="POST",
                tag="desk",
                diversion_treatment="none",
            ),
        ]
    ).to_bxml()


def build_with_the_sdk() -> str:
    """Build and serialize the menu with the vendor's package, which checks nothing."""
    gather = sdk.Gather(
        [
            sdk.SpeakSentence('For sales press 1, <break time="1s"/> for support press 2.', voice="julie"),
            sdk.PlayAudio("https://app.example/menu.wav"),
        ],
        gather_url="https://app.example/menu",
        gather_method="POST",
        max_digits=1,
        first_digit_timeout=10,
        terminating_digits="#",
        repeat_count=2,
        tag="menu",
    )
    transfer = sdk.Transfer(
        [
            sdk.PhoneNumber("+12125550123", transfer_answer_url="https://app.example/answer", transfer_answer_method="POST"),
            sdk.SipUri("sip:desk@pbx.example", transfer_answer_url="https://app.example/answer"),
        ],
        transfer_caller_id="+12125550100",
        call_timeout=20,
        transfer_complete_url="https://app.example/done",
        transfer_complete_method="POST",
        tag="desk",
        diversion_treatment="none",
    )
    written: str = sdk.Response(
        [sdk.SpeakSentence("Hello, and welcome.", voice="julie", locale="en_US"), gather, transfer]
    ).to_bxml()
    return written


def build_with_lxml() -> str:
    """Build and serialize the menu with lxml, and validate the whole document with libxml2."""
    response = etree.Element("Response")
    etree.SubElement(response, "SpeakSentence", voice="julie", locale="en_US").text = "Hello, and welcome."
    gather = etree.SubElement(
        response,
        "Gather",
        gatherUrl="https://app.example/menu",
        gatherMethod="POST",
        maxDigits="1",
        firstDigitTimeout="10",
        terminatingDigits="#",
        repeatCount="2",
        tag="menu",
    )
    prompt = etree.SubElement(gather, "SpeakSentence", voice="julie")
    prompt.text = "For sales press 1, "
    etree.SubElement(prompt, "break", time="1s").tail = " for support press 2."
    etree.SubElement(gather, "PlayAudio").text = "https://app.example/menu.wav"
    transfer = etree.SubElement(
        response,
        "Transfer",
        transferCallerId="+12125550100",
        callTimeout="20",
        transferCompleteUrl="https://app.example/done",
        transferCompleteMethod="POST",
        tag="desk",
        diversionTreatment="none",
    )
    answer = "https://app.example/answer"
    number = etree.SubElement(transfer, "PhoneNumber", transferAnswerUrl=answer, transferAnswerMethod="POST")
    number.text = "+12125550123"
    etree.SubElement(transfer, "SipUri", transferAnswerUrl=answer).text = "sip:desk@pbx.example"
    _schema().assertValid(response)
    return etree.tostring(response, xml_declaration=True, encoding="UTF-8").decode()


VERBS: Final = 1_000
"""Number of verbs in the chain and in the list."""


def build_in_a_chain() -> bytes:
    """Build a document with one call of a fluent method per verb."""
    document = Response()
    for _ in range(VERBS):
        document = document.speak_sentence("Hello.", voice="julie")
    return document.to_bytes()


def build_from_a_list() -> bytes:
    """Build the same document from a list of verbs."""
    return Response([SpeakSentence("Hello.", voice="julie") for _ in range(VERBS)]).to_bytes()


@pytest.mark.parametrize("build", [build_in_a_chain, build_from_a_list])
def test_building_many_verbs(benchmark: BenchmarkFixture, build: Callable[[], bytes]) -> None:
    """Building in a chain and building from a list produce the same document."""
    assert benchmark(build) == build_from_a_list()


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(schema.path()))


BUILDERS: Final[dict[str, Callable[[], str]]] = {
    "bxml": build_with_bxml,
    "bandwidth-sdk": build_with_the_sdk,
    "lxml": build_with_lxml,
}
"""For each name of a package: the function that builds the menu."""


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_building_a_document(benchmark: BenchmarkFixture, build: Callable[[], str]) -> None:
    """Each package builds a valid document."""
    assert against_schema(benchmark(build)) == []


def test_all_builders_give_the_same_document() -> None:
    """The documents are equal except for the order of attributes, so the comparison is fair."""
    assert len({etree.tostring(etree.fromstring(build().encode()), method="c14n") for build in BUILDERS.values()}) == 1
