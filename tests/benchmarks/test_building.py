"""How long a document takes: one menu, built and written by bxml, by the vendor's package, and by lxml itself.

Seven verbs and children with twenty attributes and one element of SSML, made from nothing each time. bxml checks every value
and has libxml2 check the whole; the vendor's package checks nothing; lxml is the least that building, checking and writing
can take. Ratios, which say more than seconds, are printed by ``python -m tests.benchmarks``.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import pytest
from bandwidth.models import bxml as sdk
from lxml import etree
from pytest_benchmark.fixture import BenchmarkFixture

from bxml import Gather, PhoneNumber, PlayAudio, Response, SipUri, SpeakSentence, Transfer, schema, ssml
from tests.engines import against_schema


def by_bxml() -> str:
    """Built, checked and written by this package."""
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


def by_the_sdk() -> str:
    """Built and written by the vendor's package, checked by nobody."""
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


def by_lxml() -> str:
    """Built and written by lxml, and checked as a whole by libxml2."""
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


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(schema.path()))


WAYS: Final[dict[str, Callable[[], str]]] = {"bxml": by_bxml, "bandwidth-sdk": by_the_sdk, "lxml": by_lxml}
"""By the name of the package."""


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_building_a_document(benchmark: BenchmarkFixture, way: Callable[[], str]) -> None:
    """Each way makes a valid document, in its own time."""
    assert against_schema(benchmark(way)) == []


def test_all_ways_lead_to_the_same_document() -> None:
    """What is compared is the same work: each way makes the same document, but for the order of attributes."""
    assert len({etree.tostring(etree.fromstring(way().encode()), method="c14n") for way in WAYS.values()}) == 1
