"""Python and the schema agree, on everything that either says; and the schema knows what the vendor's own package writes."""

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, get_args, get_origin
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from bandwidth.models import bxml as sdk
from lxml import etree

import bxml
from bxml import schema, ssml
from bxml.builder import verbs
from bxml.builder.binding import form_of
from bxml.builder.documents import Document, adds
from bxml.builder.element import Element
from bxml.builder.element_base import classes, fields_of
from bxml.messages.naming import class_name, python_name
from bxml.messages.text import listed
from bxml.schema import SimpleType
from tests.binding import is_element
from tests.engines import SCHEMA

LAW: Final = schema.law()
NAMES: Final = sorted({declared.name for declared in LAW.declarations()})


CLASSES: Final = {name: cls for name, cls in classes.items() if is_element(cls)}
VERBS: Final = {name: cls for name, cls in CLASSES.items() if cls.__module__ == verbs.__name__}
"""The verbs and their children."""

every_class = pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)


def element_of(cls: type[Element]) -> schema.Element:
    """What the schema says of a class."""
    return form_of(cls).element


def attribute_fields(cls: type[Element]) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a class that are attributes which the schema knows."""
    return {field.name: field for field in fields_of(cls) if field.kw_only and field.name != "extra"}


def content_fields(cls: type[Element]) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a class that are what stands between its tags."""
    return {field.name: field for field in fields_of(cls) if not field.kw_only}


def one_line(text: str) -> str:
    """A text without regard to how it is wrapped."""
    return " ".join(text.split())


# Elements


def test_every_element_has_a_class_and_every_class_an_element() -> None:
    """Nothing of the schema is missing in Python, and nothing in Python is not in the schema."""
    assert sorted(CLASSES) == sorted(map(class_name, NAMES))
    assert {name: element_of(cls).name for name, cls in CLASSES.items()} == {class_name(name): name for name in NAMES}


def test_the_reader_overlooks_nothing() -> None:
    """Every element and every attribute that is declared anywhere in the XSD is among the facts."""
    declared = {
        kind: {node.get("name", node.get("ref", "")) for node in schema_tree().iter(f"{schema.XS}{kind}")}
        for kind in ("element", "attribute")
    }
    assert declared["element"] == set(NAMES)
    assert declared["attribute"] == {name for element in LAW.declarations() for name in element.attributes}


def test_there_are_two_kinds_of_documents() -> None:
    """The roots are those that the vendor's pages show."""
    assert set(LAW.roots) == {"Response", "Bxml"}


def test_children_are_named_only_where_they_stand() -> None:
    """The roots and the verbs are global in the schema, and nothing else is."""
    assert set(LAW.elements) == set(LAW.roots) | set(LAW.roots["Response"].children)


def test_the_public_names_are_chosen() -> None:
    """``bxml`` exports the elements, the documents, the functions and the errors, in order, and no more."""
    others = {"parse", "validate", "ssml", "Problem", "BxmlError", "InvalidDocument", "NotWellFormed", "UncheckedAttribute"}
    assert set(bxml.__all__) == {*VERBS, *LAW.roots, *others}
    assert bxml.__all__ == sorted(bxml.__all__)
    modules = {name for name in vars(bxml) if inspect.ismodule(getattr(bxml, name))}
    assert {name for name in vars(bxml) if not name.startswith("_")} - modules == set(bxml.__all__) - {"ssml"}


# Attributes


@every_class
def test_fields_are_the_attributes(cls: type[Element]) -> None:
    """The keywords of a class are the attributes of its element, in the same order."""
    assert list(attribute_fields(cls)) == [python_name(name) for name in element_of(cls).attributes]


@every_class
def test_required_attributes_have_no_default(cls: type[Element]) -> None:
    """A keyword has no default if the attribute is required, and None if it is not."""
    for attribute in element_of(cls).attributes.values():
        default = attribute_fields(cls)[python_name(attribute.name)].default
        assert default is (dataclasses.MISSING if attribute.required else None), attribute.name


@every_class
def test_annotations_are_the_types(cls: type[Element]) -> None:
    """A type checker knows of a keyword what the schema knows of the attribute."""
    for attribute in element_of(cls).attributes.values():
        annotation = attribute_fields(cls)[python_name(attribute.name)].type
        assert isinstance(annotation, str)
        if not attribute.required:
            assert annotation.endswith(" | None")
        assert annotation.removesuffix(" | None") in annotations_for(cls, attribute.type), attribute.name


def annotations_for(cls: type[Element], type_: SimpleType) -> Iterator[str]:
    """How a class may annotate values of a type: names of literals with the same words, or the name of a type."""
    kinds = {"bool": "bool", "wholeNumber": "int", "seconds": "Seconds", "milliseconds": "Milliseconds"}
    kinds |= {"commaSeparated": "Sequence[str]", "breakTime": "str | timedelta"}
    found = [annotation for name, annotation in kinds.items() if name in type_.lineage]
    if type_.words and not found:
        module = vars(sys.modules[cls.__module__])
        yield from (name for name, value in module.items() if not name.startswith("_") and get_args(value) == type_.words)
    else:
        yield from found or ["str"]


def test_durations_and_numbers_are_annotated_alike() -> None:
    """Seconds and milliseconds take numbers of all kinds, and durations."""
    assert verbs.Seconds == verbs.Milliseconds == "float | Decimal | timedelta"


@every_class
def test_only_verbs_take_more_than_the_schema_knows(cls: type[Element]) -> None:
    """``extra`` is a keyword of verbs and their children, and of nothing else."""
    assert ("extra" in {field.name for field in fields_of(cls)}) == (cls in VERBS.values())


# Content


@every_class
def test_content_is_what_may_stand_in_the_element(cls: type[Element]) -> None:
    """The positional argument of a class is its text, its speech or its children, if the element has any."""
    element = element_of(cls)
    content = {name: (field.type, field.default) for name, field in content_fields(cls).items()}
    default = dataclasses.MISSING if element.occurrence.least else ()
    if element.mixed:
        assert content == {"text": ("Speech", dataclasses.MISSING)}
    elif element.text is not None:
        assert content == {"text": ("str", dataclasses.MISSING)}
    elif element.name in LAW.roots:
        assert content == {"children": ("Sequence[Verb]", ())}
    elif element.children:
        allowed = " | ".join(map(class_name, element.children))
        assert content == {"children": (f"Sequence[{allowed}]", default)}
    else:
        assert content == {}


def test_speech_is_annotated_as_what_can_be_spoken() -> None:
    """The alias for speech names the nine elements of SSML, which all mix with text in the same way."""
    assert ssml.Ssml == " | ".join(map(class_name, LAW.elements["SpeakSentence"].children))
    assert ssml.Speech == "str | Ssml | Sequence[str | Ssml]"
    mixed = [declared for declared in LAW.declarations() if declared.mixed]
    assert {tuple(declared.children) for declared in mixed} == {tuple(LAW.elements["SpeakSentence"].children)}


def test_there_is_one_fluent_method_for_each_verb() -> None:
    """A document has a method for each verb, named like it, that appends this verb and no other."""
    methods = {name: method.verb for name, method in vars(Document).items() if isinstance(method, adds)}
    assert methods == {python_name(name): classes[name] for name in LAW.roots["Response"].children}


# Documentation


@every_class
def test_docstrings_are_the_documentation(cls: type[Element]) -> None:
    """The docstring of a class is the sentence of its element, the vendor's page, what it holds, and its attributes."""
    element = element_of(cls)
    arguments = [] if not form_of(cls).content_name else [content_of(element)]
    arguments += [f"{python_name(name)}: {attribute.documentation}" for name, attribute in element.attributes.items()]
    expected = [element.documentation, element.page, *(["Args:"] if arguments else []), *arguments]
    assert one_line(cls.__doc__ or "") == " ".join(expected)


def content_of(element: schema.Element) -> str:
    """What a docstring says of the first argument."""
    if element.mixed:
        return "text: Text, an element of SSML, or a list that mixes both."
    if element.text is not None:
        return f"text: Its text, {element.text.noun}."
    return f"children: A list of {'verbs' if element.maximum_bytes else listed(element.children)}."


@pytest.mark.parametrize("kind", ["element", "attribute"])
def test_everything_in_the_schema_is_documented(kind: str) -> None:
    """Each element and attribute has exactly one documentation, one line that ends with a full stop."""
    nodes = [node for node in schema_tree().iter(f"{schema.XS}{kind}") if node.get("ref") is None or kind == "attribute"]
    assert nodes
    for node in nodes:
        (text,) = [found.text or "" for found in node.findall(f"{schema.XS}annotation/{schema.XS}documentation")]
        assert text == one_line(text), node.get("name")
        assert text.endswith("."), text
        assert ". " not in text, text


def test_every_element_names_its_page() -> None:
    """An element says where the vendor describes it: on its own page, or on that of the verb it belongs to."""
    pages = {declared.page for declared in LAW.declarations()}
    assert all(page.startswith("https://dev.bandwidth.com/docs/voice/programmable-voice/bxml") for page in pages)
    for name in LAW.roots["Response"].children:
        assert LAW.elements[name].page.endswith(f"/{name[0].lower()}{name[1:]}")


def test_the_documentation_agrees_with_the_facts() -> None:
    """A sentence names the default and the URLs that the facts of its attribute state, and no default without such a fact."""
    for element in LAW.declarations():
        for attribute in element.attributes.values():
            sentence, words_of = attribute.documentation, set(re.findall(r"[\w#-]+", attribute.documentation))
            urls = {attribute.method_of, attribute.fallback_of, *attribute.username_at, *attribute.password_at}
            assert urls - {"", schema.TEXT_OF_ELEMENT} <= words_of, f"{element.name}/@{attribute.name}"
            named = re.search(r"; default (\S+)\.$", sentence)
            assert (named and named[1]) == attribute.default, f"{element.name}/@{attribute.name}"


def schema_tree() -> etree._ElementTree:
    """The schema as XML."""
    return etree.parse(SCHEMA)


# The schema as others use it


def test_both_engines_can_read_the_schema() -> None:
    """The schema is XSD 1.0 as libxml2 and xmlschema know it, as it lies in its folder."""
    etree.XMLSchema(schema_tree())
    assert set(xmlschema.XMLSchema10(SCHEMA).elements) == set(LAW.elements)


def test_the_schema_needs_no_network() -> None:
    """What the schema imports lies beside it."""
    locations = [node.get("schemaLocation") for node in schema_tree().iter(f"{schema.XS}import", f"{schema.XS}include")]
    assert locations
    assert all(location and (SCHEMA.parent / location).is_file() for location in locations)


# The vendor's own package


@cache
def written_by_the_sdk() -> dict[str, set[str]]:
    """The attributes that the vendor's package writes when every parameter of each of its verbs is given."""
    written = {}
    verbs_of_the_sdk: list[Any] = list(vars(sdk).values())
    for cls in verbs_of_the_sdk:
        if inspect.isclass(cls) and issubclass(cls, sdk.Verb) and cls not in {sdk.Verb, sdk.NestableVerb}:
            parameters = inspect.signature(cls).parameters
            verb: Any = cls(**{name: sdk_argument(parameter.annotation) for name, parameter in parameters.items()})
            root = ET.fromstring(verb.to_bxml())
            written[root.tag] = set(root.attrib)
    return written


def sdk_argument(annotation: Any) -> object:
    """Something to give for a parameter of the vendor's package: a child where it takes one, and text otherwise."""
    if get_origin(annotation) is list:
        return []
    is_child: bool = inspect.isclass(annotation) and issubclass(annotation, sdk.Verb)
    return annotation("x") if is_child else "x"


def test_the_sdk_knows_the_same_verbs() -> None:
    """The vendor's package has the same elements as the schema has below its roots."""
    assert set(written_by_the_sdk()) == set(VERBS)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_what_the_sdk_writes_is_in_the_schema(name: str) -> None:
    """Every attribute that the vendor's package can write is in the schema, and the other way about."""
    known = set(element_of(VERBS[name]).attributes)
    assert written_by_the_sdk()[name] - known == NOT_IN_THE_SCHEMA.get(name, set())
    assert known - written_by_the_sdk()[name] == NOT_IN_THE_SDK.get(name, set())


NOT_IN_THE_SCHEMA: Final[dict[str, set[str]]] = {}
"""Attributes that the vendor's package writes and the schema does not know."""

NOT_IN_THE_SDK: Final[dict[str, set[str]]] = {}
"""Attributes that the schema knows and the vendor's package cannot write."""
