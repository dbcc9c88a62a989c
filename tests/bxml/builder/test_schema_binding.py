"""Each class is bound to the declaration of its element in the schema. If class and declaration differ, one error is raised."""

from __future__ import annotations

from dataclasses import KW_ONLY
from pathlib import Path
from typing import Final

import pytest

import bxml
from bxml import schema
from bxml.builder import schema_binding
from bxml.builder.element import Element
from tests.package_copies import Copy


def test_sip_uri_is_bound_to_the_child_of_transfer() -> None:
    """The class SipUri is bound to the SipUri declared in Transfer, because the SipUri declared in Refer has no attributes."""
    elements = schema.vocabulary().elements
    assert schema_binding.element_of(bxml.SipUri) is elements["Transfer"].children["SipUri"]
    assert schema_binding.element_of(bxml.SipUri) is not elements["Refer"].children["SipUri"]


def test_a_subclass_has_the_declaration_of_its_base() -> None:
    """A subclass without fields of its own is serialized as the element of its base class."""

    class Silence(bxml.Pause):
        """A subclass with another name."""

    assert Silence(duration=2)._xml == '<Pause duration="2"/>'


NOT_DECLARED: Final = (
    "has the field {}, but the schema declares no such attribute of <Pause>; remove the field, or declare it in bxml.xsd"
)


class TestMismatch:
    """A class that differs from the schema raises an error when its first instance is made."""

    def test_a_field_that_is_not_an_attribute(self) -> None:
        """The error about a field without an attribute names the class and the field."""

        class LoudPause(bxml.Pause):
            """A subclass with an attribute that the schema does not declare."""

            _: KW_ONLY
            volume: str | None = None

        with pytest.raises(schema_binding.Mismatch) as caught:
            LoudPause(duration=1)
        assert str(caught.value) == f"class LoudPause {NOT_DECLARED.format('volume')}"

    def test_an_attribute_that_is_not_a_field(self) -> None:
        """The error about an attribute without a field names the class, the attribute and the field to add."""

        class Pause(Element):
            """A class without the attribute duration."""

        with pytest.raises(
            schema_binding.Mismatch, match=r"^class Pause has no field for the attribute duration of <Pause>; add duration$"
        ):
            Pause()

    def test_a_class_that_is_not_an_element(self) -> None:
        """A class must have the name of an element, or a base class with the name of an element."""

        class Dance(Element):
            """A class whose name is not the name of an element."""

        with pytest.raises(
            schema_binding.Mismatch, match=r"^class Dance has no element in the schema; declare it in bxml\.xsd$"
        ):
            Dance()

    def test_an_element_without_a_class(self) -> None:
        """The error about an element without a class names the class to add."""
        with pytest.raises(schema_binding.Mismatch, match=r"^the element <Dances> of the schema has no class; add Dances$"):
            schema_binding._class_of("Dances")

    def test_two_declarations_of_one_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The schema may declare an element in two ways only if ``DECLARED_DIFFERENTLY`` lists one of the declarations."""
        monkeypatch.setattr(schema_binding, "DECLARED_DIFFERENTLY", frozenset())
        with pytest.raises(schema_binding.Mismatch, match=r"^the schema declares <SipUri> in several ways, one of them in <"):
            schema_binding._declared.__wrapped__()


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
def test_a_difference_raises_one_error(file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    """If only the schema or only the class changes, the first use raises an error that names the class and the attribute."""
    copy = Copy(tmp_path)
    copy.replace(file, old, new)
    finished = copy.run("from bxml import Connect, Pause; Pause(), Connect([])")
    assert finished.stderr.splitlines()[-1] == f"bxml.builder.schema_binding.Mismatch: {message}"
