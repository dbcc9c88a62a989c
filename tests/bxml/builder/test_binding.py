"""Each class is bound to the declaration of its name in the schema, and a difference between the two is one clear error."""

from __future__ import annotations

from dataclasses import KW_ONLY
from pathlib import Path
from typing import Final

import pytest

import bxml
from bxml import schema
from bxml.builder import binding
from bxml.builder.element import Element
from tests.copies import Copy


def test_a_sip_uri_of_refer_has_no_class_of_its_own() -> None:
    """The class SipUri is the child of Transfer; the one declared in Refer takes no attributes."""
    elements = schema.law().elements
    assert binding.element_of(bxml.SipUri) is elements["Transfer"].children["SipUri"]
    assert binding.element_of(bxml.SipUri) is not elements["Refer"].children["SipUri"]


def test_a_subclass_has_the_declaration_of_its_base() -> None:
    """A class of the application, without fields of its own, is the element of the class that it extends."""

    class Silence(bxml.Pause):
        """A pause by another name."""

    assert Silence(duration=2)._xml == '<Pause duration="2"/>'


NOT_DECLARED: Final = (
    "has the field {}, but the schema declares no such attribute of <Pause>; remove the field, or declare it in bxml.xsd"
)


class TestMismatch:
    """A class that does not fit the schema raises when its first element is made."""

    def test_a_field_that_is_not_an_attribute(self) -> None:
        """The error names both."""

        class LoudPause(bxml.Pause):
            """A pause with an attribute that the schema does not declare."""

            _: KW_ONLY
            volume: str | None = None

        with pytest.raises(binding.Mismatch) as caught:
            LoudPause(duration=1)
        assert str(caught.value) == f"class LoudPause {NOT_DECLARED.format('volume')}"

    def test_an_attribute_that_is_not_a_field(self) -> None:
        """A class with the name of an element needs all of its attributes."""

        class Pause(Element):
            """A pause without a duration."""

        with pytest.raises(
            binding.Mismatch, match=r"^class Pause has no field for the attribute duration of <Pause>; add duration$"
        ):
            Pause()

    def test_a_class_that_is_not_an_element(self) -> None:
        """A class that extends no element has to have the name of one."""

        class Dance(Element):
            """An element that does not exist."""

        with pytest.raises(binding.Mismatch, match=r"^class Dance has no element in the schema; declare it in bxml\.xsd$"):
            Dance()

    def test_an_element_without_a_class(self) -> None:
        """The schema cannot declare an element that Python cannot make."""
        with pytest.raises(binding.Mismatch, match=r"^the element <Dances> of the schema has no class; add Dances$"):
            binding._class_of("Dances")

    def test_two_declarations_of_one_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One class cannot be two elements, except for those that are listed."""
        monkeypatch.setattr(binding, "DECLARED_DIFFERENTLY", frozenset())
        with pytest.raises(binding.Mismatch, match=r"^the schema declares <SipUri> in several ways, one of them in <"):
            binding._declared.__wrapped__()


DURATION: Final = '<xs:attribute name="duration" type="pauseDuration">'

DIFFERENCES: Final = {
    "attribute added to the schema": (
        "schemas/bxml.xsd",
        DURATION,
        f'<xs:attribute name="tone" type="xs:string"/>{DURATION}',
        "class Pause has no field for the attribute tone of <Pause>; add tone",
    ),
    "field added to the class": (
        "bxml/builder/verbs.py",
        "    duration: Seconds | None = None\n\n\nclass PauseRecording",
        "    duration: Seconds | None = None\n    tone: str | None = None\n\n\nclass PauseRecording",
        f"class Pause {NOT_DECLARED.format('tone')}",
    ),
    "field removed from the class": (
        "bxml/builder/verbs.py",
        "    duration: Seconds | None = None\n\n\nclass PauseRecording",
        "\n\nclass PauseRecording",
        "class Pause has no field for the attribute duration of <Pause>; add duration",
    ),
    "attribute renamed in the schema": (
        "schemas/bxml.xsd",
        DURATION,
        DURATION.replace("duration", "length"),
        "class Pause has no field for the attribute length of <Pause>; add length",
    ),
    "element added to the schema": (
        "schemas/bxml.xsd",
        '<xs:element name="Endpoint" type="endpointId" maxOccurs="unbounded">',
        '<xs:element name="Device" type="endpointId" maxOccurs="unbounded">',
        "the element <Device> of the schema has no class; add Device",
    ),
    "element declared in another way": (
        "schemas/bxml.xsd",
        '<xs:element name="Endpoint" type="endpointId" maxOccurs="unbounded">',
        '<xs:element name="PhoneNumber" type="endpointId" maxOccurs="unbounded">',
        "the schema declares <PhoneNumber> in several ways, one of them in <Connect>; use one type",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_difference_is_one_clear_error(file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    """If only the schema or only the class is changed, the first use says in one line which attribute of which class."""
    copy = Copy(tmp_path)
    copy.replace(file, old, new)
    finished = copy.run("from bxml import Connect, Pause; Pause(), Connect([])")
    assert finished.stderr.splitlines()[-1] == f"bxml.builder.binding.Mismatch: {message}"
