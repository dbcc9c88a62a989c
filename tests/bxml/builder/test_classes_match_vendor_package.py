"""The classes agree with the schema (names, types, content and documentation) and with Bandwidth's own package (names)."""

import inspect
import math
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, cast, get_args, get_origin
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from bandwidth.models import bxml as sdk
from lxml import etree

import bxml
from bxml import schema, ssml
from bxml.builder import verbs
from bxml.builder.documents import Document, adds
from bxml.builder.element import Element
from bxml.builder.element_base import REQUIRED, Field, classes, fields_of
from bxml.builder.schema_binding import binding_of
from bxml.messages.python_names import class_name, python_name
from bxml.messages.text import join_names
from bxml.problem import Edit, Fix, Problem
from bxml.schema import SimpleType
from tests.class_schema_comparison import is_element
from tests.schema_validators import SCHEMA
from tests.vendor_package import NEWER_THAN_SDK

VOCABULARY: Final = schema.vocabulary()
NAMES: Final = sorted({declared.name for declared in VOCABULARY.declarations()})


CLASSES: Final = {name: cls for name, cls in classes.items() if is_element(cls)}
VERBS: Final = {name: cls for name, cls in CLASSES.items() if cls.__module__ == verbs.__name__}
"""The classes of the verbs and their children, by name."""

every_class = pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)


def element_of(cls: type[Element]) -> schema.Element:
    """Return the declaration of the element of a class."""
    return binding_of(cls).element


def attribute_fields(cls: type[Element]) -> dict[str, Field]:
    """Return the fields of a class that hold attributes of its element."""
    return {field.name: field for field in fields_of(cls) if field.kw_only and field.name != "extra"}


def content_fields(cls: type[Element]) -> dict[str, Field]:
    """Return the field for the content of a class. Without content, the result is empty."""
    return {field.name: field for field in fields_of(cls) if not field.kw_only}


def one_line(text: str) -> str:
    """Return a text with one space for each run of white space."""
    return " ".join(text.split())


# Elements


def test_every_element_has_a_class_and_every_class_an_element() -> None:
    """Each element of the schema has a class in Python, and each class has an element in the schema."""
    assert sorted(CLASSES) == sorted(map(class_name, NAMES))
    assert {name: element_of(cls).name for name, cls in CLASSES.items()} == {class_name(name): name for name in NAMES}


def test_all_declarations_are_read() -> None:
    """The vocabulary contains every element and every attribute that the XSD declares."""
    declared = {
        kind: {node.get("name", node.get("ref", "")) for node in schema_tree().iter(f"{schema.XS}{kind}")}
        for kind in ("element", "attribute")
    }
    assert declared["element"] == set(NAMES)
    assert declared["attribute"] == {name for element in VOCABULARY.declarations() for name in element.attributes}


def test_there_are_two_kinds_of_documents() -> None:
    """The root elements are those on Bandwidth's pages: Response and Bxml."""
    assert set(VOCABULARY.roots) == {"Response", "Bxml"}


def test_only_roots_and_verbs_are_global() -> None:
    """Only root elements and verbs are global in the schema. The children of verbs are declared inside their parents."""
    assert set(VOCABULARY.elements) == set(VOCABULARY.roots) | set(VOCABULARY.roots["Response"].children)


def test_public_names() -> None:
    """``bxml`` exports the elements, the documents, the functions and the errors in alphabetical order, and nothing else."""
    functions = {"clean", "parse", "validate", "ssml"}
    errors = {"Problem", "BxmlError", "InvalidDocument", "NotWellFormed", "UncheckedAttribute", "EmptyDocument"}
    bases = {"Document", "Element", "Prompt", "TransferTarget", "Verb"}
    fixes = {"Fix", "Edit"}
    assert set(bxml.__all__) == {*VERBS, *VOCABULARY.roots, *functions, *errors, *bases, *fixes}
    assert bxml.__all__ == sorted(bxml.__all__)
    modules = {name for name in vars(bxml) if inspect.ismodule(getattr(bxml, name))}
    assert (bxml.Problem, bxml.Fix, bxml.Edit) == (Problem, Fix, Edit)  # imported on access
    names = {name for name in vars(bxml) if not name.startswith("_")} - modules
    assert names == set(bxml.__all__) - {"ssml", "Problem", *fixes}


# Attributes


@every_class
def test_fields_are_the_attributes(cls: type[Element]) -> None:
    """The keyword arguments of a class are the attributes of its element, in the same order."""
    assert list(attribute_fields(cls)) == [python_name(name) for name in element_of(cls).attributes]


@every_class
def test_required_attributes_have_no_default(cls: type[Element]) -> None:
    """The keyword argument for a required attribute has no default. Any other keyword argument has the default None."""
    for attribute in element_of(cls).attributes.values():
        default = attribute_fields(cls)[python_name(attribute.name)].default
        assert default is (REQUIRED if attribute.required else None), attribute.name


@every_class
def test_annotations_match_the_types(cls: type[Element]) -> None:
    """The annotation of a keyword argument allows the values that the type of the attribute allows."""
    for attribute in element_of(cls).attributes.values():
        annotation = attribute_fields(cls)[python_name(attribute.name)].annotation
        assert isinstance(annotation, str)
        if not attribute.required:
            assert annotation.endswith(" | None")
        assert annotation.removesuffix(" | None") in annotations_for(cls, attribute.type), attribute.name


def annotations_for(cls: type[Element], type_: SimpleType) -> Iterator[str]:
    """Yield the annotations that a class can have for a type: a literal with the same words, or the name of a Python type."""
    kinds = {"bool": "bool", "wholeNumber": "int", "seconds": "Seconds", "milliseconds": "Milliseconds"}
    kinds |= {"commaSeparated": "Sequence[str]", "breakTime": "str | timedelta"}
    found = [annotation for name, annotation in kinds.items() if name in type_.lineage]
    if type_.words and not found:
        module = vars(sys.modules[cls.__module__])
        yield from (name for name, value in module.items() if not name.startswith("_") and get_args(value) == type_.words)
    else:
        yield from found or ["str"]


def test_durations_can_be_numbers() -> None:
    """The type aliases for seconds and milliseconds allow float, Decimal and timedelta."""
    assert verbs.Seconds == verbs.Milliseconds == "float | Decimal | timedelta"


@every_class
def test_only_verbs_and_their_children_accept_extra(cls: type[Element]) -> None:
    """Documents and SSML elements have no argument ``extra``."""
    assert ("extra" in {field.name for field in fields_of(cls)}) == (cls in VERBS.values())


# Content


@every_class
def test_positional_argument_is_the_content(cls: type[Element]) -> None:
    """The positional argument of a class is its text, its speech or its children, if the element has content."""
    element = element_of(cls)
    content = {name: (field.annotation, field.default) for name, field in content_fields(cls).items()}
    default = REQUIRED if element.occurrence.least else ()
    if element.mixed:
        assert content == {"text": ("Speech", REQUIRED)}
    elif element.text is not None:
        assert content == {"text": ("str", REQUIRED)}
    elif element.name in VOCABULARY.roots:
        assert content == {"children": ("Children[Verb, Verb]", ())}
    elif element.children:
        allowed = " | ".join(map(class_name, element.children))
        base = allowed if len(element.children) == 1 else common_base(element).__name__
        assert content == {"children": (f"Children[{allowed}, {base}]", default)}
    else:
        assert content == {}


def common_base(element: schema.Element) -> type[Element]:
    """Return the direct base class of all classes of the children of an element."""
    (base,) = {classes[class_name(name)].__bases__ for name in element.children}
    return cast("type[Element]", base[0])


@pytest.mark.parametrize("name", ["Gather", "Transfer"])
def test_a_common_base_has_no_other_classes(name: str) -> None:
    """The base class of the allowed children has no other subclasses, so type checkers reject every other element."""
    element = VOCABULARY.elements[name]
    assert {cls.__name__ for cls in common_base(element).__subclasses__()} == set(map(class_name, element.children))


def test_speech_allows_all_ssml_elements() -> None:
    """SpeakSentence allows exactly the subclasses of the SSML base class, and so does every element with mixed content."""
    children = VOCABULARY.elements["SpeakSentence"].children
    assert {cls.__name__ for cls in ssml.Ssml.__subclasses__()} == set(map(class_name, children))
    assert ssml.Speech == "str | Ssml | Sequence[str | Ssml | None]"
    mixed = [declared for declared in VOCABULARY.declarations() if declared.mixed]
    assert {tuple(declared.children) for declared in mixed} == {tuple(VOCABULARY.elements["SpeakSentence"].children)}


def test_each_verb_has_one_fluent_method() -> None:
    """The method of a verb has the name of the verb."""
    methods = {name: method.verb for name, method in vars(Document).items() if isinstance(method, adds)}
    assert methods == {python_name(name): classes[name] for name in VOCABULARY.roots["Response"].children}


# Documentation


EXTRA: Final = "extra: Attributes newer than this package, by their names in XML; they are not checked."
RAISES: Final = ["Raises:", "InvalidDocument: If an argument is invalid; the error lists every problem."]


@every_class
def test_docstrings_are_the_documentation(cls: type[Element]) -> None:
    """The docstring of a class is the schema's documentation of its element and attributes, with Python names."""
    element = element_of(cls)
    arguments = content_of(cls)
    arguments += [
        f"{python_name(name)}: {with_python_names(attribute.documentation, element)}"
        for name, attribute in element.attributes.items()
    ]
    arguments += [EXTRA] if cls in VERBS.values() else []
    expected = [element.documentation, element.page, *(["Args:"] if arguments else []), *arguments, *RAISES]
    assert one_line(cls.__doc__ or "") == " ".join(expected)


def with_python_names(sentence: str, element: schema.Element) -> str:
    """Return a sentence with the Python names of the attributes of an element, instead of their wire names."""
    names = {name: python_name(name) for name in element.attributes if name != "from"}  # "from" is also an English word
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), sentence)


def content_of(cls: type[Element]) -> list[str]:
    """Return the description of the positional argument of a class. Without such an argument, the result is empty."""
    element = element_of(cls)
    if element.mixed:
        return ["text: Text to speak: a string, an SSML element, or a list of both."]
    if element.text is not None:
        # The schema does not document the text of an element, so only the Python docstring describes it.
        (described,) = re.findall(r"^ *text: [A-Z].+\.$", cls.__doc__ or "", re.MULTILINE)
        return [described.strip()]
    if element.maximum_bytes:
        return ["children: A list of verbs; ``None`` in the list is skipped."]
    return [f"children: A list of {join_names(element.children)}, {allowed(element.occurrence)}."] if element.children else []


def allowed(occurrence: schema.Occurrence) -> str:
    """Return the number of children that are allowed, written as words."""
    least, most = occurrence
    if least == most:
        return f"exactly {least}"
    return f"at least {least}" if most == math.inf else f"{least} to {most}" if least else f"at most {most}"


def test_wire_names_become_python_names() -> None:
    """Attribute names of the element are replaced. Other names and the English word "from" stay."""
    forward = VOCABULARY.elements["Forward"]
    assert with_python_names("gatherUrl and callTimeout from diversionReason", forward) == (
        "gatherUrl and call_timeout from diversion_reason"
    )


@pytest.mark.parametrize("kind", ["element", "attribute"])
def test_everything_in_the_schema_is_documented(kind: str) -> None:
    """Each element and attribute has exactly one documentation: one sentence on one line."""
    nodes = [node for node in schema_tree().iter(f"{schema.XS}{kind}") if node.get("ref") is None or kind == "attribute"]
    assert nodes
    for node in nodes:
        (text,) = [found.text or "" for found in node.findall(f"{schema.XS}annotation/{schema.XS}documentation")]
        assert text == one_line(text), node.get("name")
        assert text.endswith("."), text
        assert ". " not in text, text


def test_every_element_names_its_page() -> None:
    """The documentation of each element links to Bandwidth's page of the verb."""
    pages = {declared.page for declared in VOCABULARY.declarations()}
    assert all(page.startswith("https://dev.bandwidth.com/docs/voice/programmable-voice/bxml") for page in pages)
    for name in VOCABULARY.roots["Response"].children:
        assert VOCABULARY.elements[name].page.endswith(f"/{name[0].lower()}{name[1:]}")


def test_the_documentation_agrees_with_the_facts() -> None:
    """If the xs:appinfo of an attribute contains a default or names URL attributes, the documentation names them too."""
    for element in VOCABULARY.declarations():
        for attribute in element.attributes.values():
            sentence, words_of = attribute.documentation, set(re.findall(r"[\w#-]+", attribute.documentation))
            urls = {attribute.method_of, attribute.fallback_of, *attribute.username_at, *attribute.password_at}
            assert urls - {"", schema.TEXT_OF_ELEMENT} <= words_of, f"{element.name}/@{attribute.name}"
            named = re.search(r"; default (\S+)\.$", sentence)
            assert (named and named[1]) == attribute.default, f"{element.name}/@{attribute.name}"


def schema_tree() -> etree._ElementTree:
    """Return the schema as XML."""
    return etree.parse(SCHEMA)


# The schema on its own


def test_both_engines_can_read_the_schema() -> None:
    """Both libxml2 and xmlschema accept the schema as XSD 1.0."""
    etree.XMLSchema(schema_tree())
    assert set(xmlschema.XMLSchema10(SCHEMA).elements) == set(VOCABULARY.elements)


def test_the_schema_needs_no_network() -> None:
    """The files that the schema imports are in the same folder."""
    locations = [node.get("schemaLocation") for node in schema_tree().iter(f"{schema.XS}import", f"{schema.XS}include")]
    assert locations
    assert all(location and (SCHEMA.parent / location).is_file() for location in locations)


# Bandwidth's own package


@cache
def written_by_the_sdk() -> dict[str, set[str]]:
    """Return, for each verb, the attributes that Bandwidth's package writes if every parameter is given."""
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
    """Return a value for a parameter of Bandwidth's package: a child if the parameter accepts children, otherwise a string."""
    if get_origin(annotation) is list:
        return []
    is_child: bool = inspect.isclass(annotation) and issubclass(annotation, sdk.Verb)
    return annotation("x") if is_child else "x"


def test_the_sdk_has_the_same_verbs() -> None:
    """Bandwidth's package has the same elements as the schema, apart from the roots and the verbs in ``NEWER_THAN_SDK``."""
    assert set(written_by_the_sdk()) == set(VERBS) - NEWER_THAN_SDK, (
        "NEWER_THAN_SDK must contain each verb that is missing from the package"
    )


@pytest.mark.parametrize("name", sorted(VERBS.keys() - NEWER_THAN_SDK))
def test_the_sdk_has_the_same_attributes(name: str) -> None:
    """Bandwidth's package can write exactly the attributes in the schema, apart from the exceptions listed below."""
    known = set(element_of(VERBS[name]).attributes)
    assert name in written_by_the_sdk(), f"the package has no {name}; list it in NEWER_THAN_SDK of tests/vendor_package.py"
    assert written_by_the_sdk()[name] - known == NOT_IN_THE_SCHEMA.get(name, set())
    assert known - written_by_the_sdk()[name] == NOT_IN_THE_SDK.get(name, set())


NOT_IN_THE_SCHEMA: Final[dict[str, set[str]]] = {}
"""For each element: the attributes that Bandwidth's package writes and the schema does not have."""

NOT_IN_THE_SDK: Final[dict[str, set[str]]] = {}
"""For each element: the attributes that the schema has and Bandwidth's package cannot write."""
