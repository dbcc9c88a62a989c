"""The rules for mistakes of programs that generate documents: escaping, placeholders, missing values and encodings."""

# ruff: noqa: RUF001  the rule mojibake is about unusual characters

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bxml
from bxml import Problem, schema, ssml, validate
from bxml.lint import free_texts, rule_registry
from bxml.messages.redaction import is_secret
from bxml.messages.schema_findings import value_fault
from bxml.parsing.schema_check import tree_of
from bxml.parsing.tree import Source, Text
from bxml.strategies.text_strategies import CHARACTERS

RULES = (
    "double-escaping",
    "escaped-markup",
    "invisible-speech",
    "leftover-placeholder",
    "missing-value",
    "mojibake",
    "processing-instruction",
)


class Case(NamedTuple):
    """A document in which the violation of a rule is marked with ⟦⟧, and the expected message."""

    rule: str
    text: str
    message: str


def speech(content: str, attributes: str = "") -> str:
    """Return a document whose second line has a SpeakSentence with this content."""
    return f"<Response>\n  <SpeakSentence{attributes}>{content}</SpeakSentence>\n</Response>"


def response(verbs: str) -> str:
    """Return a document with verbs on its second line."""
    return f"<Response>\n  {verbs}\n</Response>"


def redirect(url: str) -> str:
    """Return a document that redirects the call to a URL."""
    return response(f'<Redirect redirectUrl="{url}"/>')


def markup(tag: str, title: str = "the text of <SpeakSentence>") -> str:
    """Return the message about an escaped tag."""
    return f'{title} contains "{tag}" as text, so it has no effect; write it as a tag, without escaping it'


def twice(reference: str, character: str, title: str = "the text of <SpeakSentence>") -> str:
    """Return the message about a reference that was escaped twice."""
    return f'{title} contains "{reference}" instead of "{character}", which was escaped twice; escape it once'


def missing(word: str, origin: str, title: str = "the text of <SpeakSentence>") -> str:
    """Return the message about a missing value."""
    return f'{title} contains "{word}", which {origin}; write a value or leave it out'


def placeholder(text: str, title: str = "the text of <SpeakSentence>") -> str:
    """Return the message about a placeholder."""
    return f'{title} contains the placeholder "{text}"; replace it with a value'


def decoded(text: str, meant: str, title: str = "the text of <SpeakSentence>") -> str:
    """Return the message about text in a wrong encoding."""
    return f'{title} contains "{text}", which is UTF-8 in a wrong encoding; did you mean "{meant}"?'


JAVASCRIPT = "JavaScript writes for a missing value"
PYTHON = "Python writes for a missing value"
MANY = "many languages write for a missing value"

VIOLATIONS = {
    "an escaped break": Case("escaped-markup", speech("Hi ⟦&lt;break time='1s'/&gt;⟧"), markup("<break time='1s'/>")),
    "an escaped element of BXML": Case("escaped-markup", speech("⟦&#60;Hangup>⟧"), markup("<Hangup>")),
    "an escaped end tag of any name": Case("escaped-markup", speech("Ann⟦&lt;/customer&gt;⟧"), markup("</customer>")),
    "an escaped tag with attributes": Case("escaped-markup", speech("⟦&lt;a href = 'x'&gt;⟧b"), markup("<a href = 'x'>")),
    "an escaped tag of HTML": Case("escaped-markup", speech("one⟦&lt;br&gt;⟧two"), markup("<br>")),
    "an escaped root of SSML": Case("escaped-markup", speech("⟦&lt;speak&gt;⟧two"), markup("<speak>")),
    "a tag in a CDATA section": Case("escaped-markup", speech("&amp;a <![CDATA[b & ⟦<p>⟧]]>"), markup("<p>")),
    "a tag after a CDATA section": Case("escaped-markup", speech("<![CDATA[]]>]]<!-- &lt;p> -->⟦&lt;p>⟧"), markup("<p>")),
    "an escaped comment": Case("escaped-markup", speech("a ⟦&lt;!--⟧ b --&gt;"), markup("<!--")),
    "an escaped CDATA section": Case("escaped-markup", speech("a ⟦&lt;![CDATA[⟧b]]&gt;"), markup("<![CDATA[")),
    "an escaped declaration": Case("escaped-markup", speech("⟦&lt;?xml⟧ version='1.0'?&gt;"), markup("<?xml")),
    "an escaped tag in an alias": Case("escaped-markup", speech('<sub alias="a ⟦&lt;p/>⟧">b</sub>'), markup("<p/>", "alias")),
    "an escaped tag in SSML, after a child": Case(
        "escaped-markup", speech("<p>a <s>b</s> c\r\n⟦&lt;p/>⟧</p>"), markup("<p/>", "the text of <p>")
    ),
    "an ampersand escaped twice": Case("double-escaping", speech("A ⟦&amp;amp;⟧ B"), twice("&amp;", "&")),
    "an apostrophe escaped twice": Case("double-escaping", speech("It⟦&amp;#39;⟧s"), twice("&#39;", "'")),
    "a hexadecimal reference escaped twice": Case("double-escaping", speech("It⟦&#38;#x27;⟧s"), twice("&#x27;", "'")),
    "an entity of HTML escaped twice": Case("double-escaping", speech("caf⟦&amp;eacute;⟧"), twice("&eacute;", "é")),
    "a reference in a CDATA section": Case("double-escaping", speech("<![CDATA[A ⟦&amp;⟧ B]]>"), twice("&amp;", "&")),
    "a URL escaped twice": Case("double-escaping", redirect("/x?a=1⟦&amp;amp;⟧b=2"), twice("&amp;", "&", "redirectUrl")),
    "the URL of a file, escaped twice": Case(
        "double-escaping",
        response("<PlayAudio>\n/x.wav?a=1⟦&amp;amp;⟧b=2</PlayAudio>"),
        twice("&amp;", "&", "the text of <PlayAudio>"),
    ),
    "a name escaped twice": Case(
        "double-escaping",
        response('<Forward to="+12125550123" callerDisplayName="R⟦&amp;amp;⟧D"/>'),
        twice("&amp;", "&", "callerDisplayName"),
    ),
    "undefined in a sentence": Case("missing-value", speech("Hello ⟦undefined⟧, hi."), missing("undefined", JAVASCRIPT)),
    "undefined after a verb": Case("missing-value", speech("Your code is ⟦undefined⟧"), missing("undefined", JAVASCRIPT)),
    "undefined as the whole text": Case("missing-value", speech(" ⟦undefined⟧. "), missing("undefined", JAVASCRIPT)),
    "None in a sentence": Case("missing-value", speech("Hello ⟦None⟧."), missing("None", PYTHON)),
    "None after a number": Case("missing-value", speech("Order 7 ⟦None⟧ is late"), missing("None", PYTHON)),
    "None after a greeting": Case("missing-value", speech("Hello ⟦None⟧ and welcome"), missing("None", PYTHON)),
    "undefined before an element": Case(
        "missing-value", speech('Your total is ⟦undefined⟧ <break strength="weak"/> dollars.'), missing("undefined", JAVASCRIPT)
    ),
    "None as the whole text": Case("missing-value", speech("⟦None⟧"), missing("None", PYTHON)),
    "null in a sentence": Case("missing-value", speech("Hello ⟦null⟧"), missing("null", MANY)),
    "null in English inside German": Case(
        "missing-value",
        speech('Hallo, null. <lang xml:lang="en-US">Hello ⟦null⟧</lang>', ' locale="de"'),
        missing("null", MANY, "the text of <lang>"),
    ),
    "null with an English voice": Case("missing-value", speech("Hi ⟦null⟧", ' voice="susan"'), missing("null", MANY)),
    "NaN in a sentence": Case(
        "missing-value",
        speech("Sie schulden ⟦NaN⟧ Euro.", ' locale="de"'),
        missing("NaN", "JavaScript writes for an invalid number"),
    ),
    "an object in a sentence": Case(
        "missing-value", speech("Hi ⟦[object Object]⟧"), missing("[object Object]", "JavaScript writes for an object")
    ),
    "a host": Case("missing-value", redirect("https://⟦undefined⟧/x"), missing("undefined", JAVASCRIPT, "redirectUrl")),
    "a host with a port": Case("missing-value", redirect("http://⟦null⟧:80/x"), missing("null", MANY, "redirectUrl")),
    "a whole URL": Case("missing-value", redirect("⟦None⟧"), missing("None", PYTHON, "redirectUrl")),
    "a step of a path": Case("missing-value", redirect("/calls/⟦None⟧/end"), missing("None", PYTHON, "redirectUrl")),
    "a value of a query": Case(
        "missing-value",
        redirect("/x?a=1&amp;b=⟦NaN⟧"),
        missing("NaN", "JavaScript writes for an invalid number", "redirectUrl"),
    ),
    "an object in a URL": Case(
        "missing-value",
        redirect("/x/⟦[object%20Object]⟧"),
        missing("[object%20Object]", "JavaScript writes for an object", "redirectUrl"),
    ),
    "a file": Case(
        "missing-value",
        response("<PlayAudio> https://app.example/⟦undefined⟧.wav\n</PlayAudio>"),
        missing("undefined", JAVASCRIPT, "the text of <PlayAudio>"),
    ),
    "a SIP URI": Case(
        "missing-value",
        response("<Refer><SipUri>sip:⟦undefined⟧@pbx.example</SipUri></Refer>"),
        missing("undefined", JAVASCRIPT, "the text of <SipUri>"),
    ),
    "a destination": Case(
        "missing-value",
        response('<StartStream destination="wss://⟦undefined⟧"/><Pause duration="9"/>'),
        missing("undefined", JAVASCRIPT, "destination"),
    ),
    "a tag": Case("missing-value", response("<Tag>⟦None⟧</Tag>"), missing("None", PYTHON, "the text of <Tag>")),
    "a call id": Case(
        "missing-value", response("<Bridge>⟦undefined⟧</Bridge>"), missing("undefined", JAVASCRIPT, "the text of <Bridge>")
    ),
    "the name of a conference": Case(
        "missing-value",
        response("<Conference>\n  ⟦null⟧\n</Conference>"),
        missing("null", MANY, "the text of <Conference>"),
    ),
    "a user name": Case(
        "missing-value",
        response('<Redirect redirectUrl="/x" username="⟦undefined⟧" password="undefined"/>'),
        missing("undefined", JAVASCRIPT, "username"),
    ),
    "a placeholder of Jinja or Handlebars": Case(
        "leftover-placeholder", speech("Hi ⟦{{ name|title }}⟧ and {{ x }}"), placeholder("{{ name|title }}")
    ),
    "a tag of Jinja": Case("leftover-placeholder", speech("⟦{% if a %}⟧ b {% endif %}"), placeholder("{% if a %}")),
    "a placeholder of a shell or JavaScript": Case("leftover-placeholder", speech("Hi ⟦${name}⟧"), placeholder("${name}")),
    "a placeholder of Ruby": Case("leftover-placeholder", speech("Hi ⟦#{name}⟧"), placeholder("#{name}")),
    "a placeholder of ERB": Case("leftover-placeholder", speech("Hi ⟦&lt;%= name %&gt;⟧"), placeholder("<%= name %>")),
    "a placeholder of PHP": Case("leftover-placeholder", speech("Hi ⟦&lt;?= $name ?>⟧"), placeholder("<?= $name ?>")),
    "a placeholder of Python": Case("leftover-placeholder", speech("Hi ⟦{user.name}⟧"), placeholder("{user.name}")),
    "a numbered placeholder": Case("leftover-placeholder", speech("Hi ⟦{0}⟧"), placeholder("{0}")),
    "a placeholder of C": Case("leftover-placeholder", speech("Hi ⟦%s⟧."), placeholder("%s")),
    "a named placeholder of Python": Case("leftover-placeholder", speech("Hi ⟦%(name)s⟧"), placeholder("%(name)s")),
    "a placeholder in a path": Case(
        "leftover-placeholder", redirect("/calls/⟦{callId}⟧/x"), placeholder("{callId}", "redirectUrl")
    ),
    "a placeholder of C in a URL": Case("leftover-placeholder", redirect("/x?a=%20⟦%s⟧b"), placeholder("%s", "redirectUrl")),
    "a number of C in a URL": Case("leftover-placeholder", redirect("/x/⟦%d⟧"), placeholder("%d", "redirectUrl")),
    "a placeholder in a tag": Case(
        "leftover-placeholder", response("<Tag>⟦${id}⟧</Tag>"), placeholder("${id}", "the text of <Tag>")
    ),
    "a letter with an accent": Case("mojibake", speech("caf⟦Ã©⟧"), decoded("Ã©", "é")),
    "several letters": Case("mojibake", speech("⟦Ã¤Ã¶⟧"), decoded("Ã¤Ã¶", "äö")),
    "a capital letter": Case("mojibake", speech("⟦Ã–⟧ffnung"), decoded("Ã–", "Ö")),
    "a letter read as ISO-8859-1": Case("mojibake", speech("⟦Ã\x9f⟧"), decoded("Ã\\x9f", "ß")),
    "an a with a grave accent": Case("mojibake", speech("⟦Ã\xa0⟧ demain"), decoded("Ã\\xa0", "à")),
    "an apostrophe": Case("mojibake", speech("it⟦â€™⟧s"), decoded("â€™", "’")),
    "a sign": Case("mojibake", speech("⟦Â£⟧5"), decoded("Â£", "£")),
    "quotation marks": Case("mojibake", speech("le ⟦Â«⟧ café Â»"), decoded("Â«", "«")),
    "a Polish letter": Case("mojibake", speech("⟦Å‚⟧aska"), decoded("Å‚", "ł")),
    "Cyrillic": Case("mojibake", speech("⟦Ð¿Ñ€Ð¸⟧"), decoded("Ð¿Ñ€Ð¸", "при")),
    "Chinese": Case("mojibake", speech("⟦ä½\xa0å¥½⟧"), decoded("ä½\\xa0å¥½", "你好")),
    "an emoji": Case("mojibake", speech("⟦ðŸ˜€⟧ hi"), decoded("ðŸ˜€", "😀")),
    "a byte order mark": Case("mojibake", speech("⟦ï»¿⟧Hi"), decoded("ï»¿", "\\ufeff")),
    "a name in a wrong encoding": Case(
        "mojibake",
        response('<Forward to="+12125550123" callerDisplayName="⟦Ã‰⟧lan"/>'),
        decoded("Ã‰", "É", "callerDisplayName"),
    ),
    "a replacement character": Case(
        "mojibake",
        speech("caf⟦\ufffd⟧ ferm\ufffd"),
        "the text of <SpeakSentence> contains U+FFFD, which replaces a character that could not be read; "
        "read the text in its own encoding",
    ),
    "a no-break space": Case(
        "invisible-speech",
        speech("⟦&#160;⟧"),
        "the text of <SpeakSentence> contains only U+00A0; add text, or use <Pause> for silence",
    ),
    "several invisible characters": Case(
        "invisible-speech",
        speech("⟦\u200b&#160;\n\u2060\ufeff⟧"),
        "the text of <SpeakSentence> contains only U+200B, U+00A0 and U+2060; add text, or use <Pause> for silence",
    ),
    "invisible characters inside SSML": Case(
        "invisible-speech",
        "<Response><⟦SpeakSentence⟧> <p><break/><s>\xa0</s></p></SpeakSentence></Response>",
        "the text of <SpeakSentence> contains only U+00A0; add text, or use <Pause> for silence",
    ),
    "PHP in speech": Case(
        "processing-instruction",
        speech("Hi é ⟦<?php⟧ echo $name ?>."),
        "the processing instruction <?php … ?> has no effect in BXML; run the PHP code first",
    ),
    "an instruction after the root": Case(
        "processing-instruction",
        "<Response/>\n⟦<?xml-stylesheet⟧ href='a'?>",
        "the processing instruction <?xml-stylesheet … ?> has no effect in BXML; remove it",
    ),
    "an instruction before the root": Case(
        "processing-instruction",
        "⟦<?menu⟧?>\n<Response/>",
        "the processing instruction <?menu … ?> has no effect in BXML; remove it",
    ),
}

ACCEPTED = {
    "a comparison": ("escaped-markup", speech("If a &lt;b and b&gt; c or x&lt;p and q>3, or 5 &lt; 6 > 4")),
    "an email address": ("escaped-markup", speech("Ann &lt;ann@app.example&gt;")),
    "a URL in angle brackets": ("escaped-markup", speech("See &lt;https://app.example/&gt; or &lt;mailto:a@b.example>")),
    "an unknown word in angle brackets": ("escaped-markup", speech("Hi &lt;name&gt;")),
    "a tag that is not escaped": ("escaped-markup", speech("One <break time='1s'/> two")),
    "a tag in a Tag": ("escaped-markup", response("<Tag>&lt;b&gt;</Tag>")),
    "an ampersand": ("double-escaping", speech("AT&amp;T; R&amp;D; a &amp;&amp; b; &amp;nosuchentity;")),
    "an ampersand in a URL": ("double-escaping", redirect("/x?a=1&amp;b=2;c=3")),
    "a reference in a Tag": ("double-escaping", response("<Tag>a &amp;amp; b</Tag>")),
    "a reference in a parameter": (
        "double-escaping",
        response('<StartStream destination="wss://a.example/"><StreamParam name="a" value="&amp;amp;"/></StartStream>'),
    ),
    "undefined as an adjective": ("missing-value", speech("It has an undefined length. The undefined.")),
    "undefined in German": ("missing-value", speech("Das ist undefined", ' locale="de"')),
    "null and void": ("missing-value", speech("The contract was null and void; a null, or null.")),
    "null with a German voice": ("missing-value", speech("Drücken Sie null", ' voice="katrin" locale="en_US"')),
    "null in German inside English": ("missing-value", speech('Say <lang xml:lang="de-DE">eins null</lang>')),
    "words before a word": (
        "missing-value",
        speech("Select None to continue, it is undefined behaviour, and the test has null results"),
    ),
    "a chosen None": ("missing-value", speech("To skip this, select None. You have selected None.")),
    "None at the beginning": ("missing-value", speech("None was found. None is left: None; &quot;None&quot;")),
    "None of the above": ("missing-value", speech("Press 3 if None of these fits, or 4 for None")),
    "parts of other words": ("missing-value", speech("Nullable Nonetheless nonNaN NaN-like Non-None undefined's x-null")),
    "none in lower case": ("missing-value", speech("There are none. Null. nan")),
    "parts of other names in a URL": ("missing-value", redirect("https://none.example/null-session/undefined.html?a=nullable")),
    "null in a Tag": ("missing-value", response("<Tag>null</Tag>")),
    "JSON in a Tag": ("missing-value", response('<Tag>{"a": null, "b": "undefined"}</Tag>')),
    "a name with a word": ("missing-value", response("<Conference>null-1</Conference>")),
    "an unknown voice": ("missing-value", speech("a", ' voice="undefined" locale="None"')),
    "a password": ("missing-value", response('<Redirect redirectUrl="/x" username="a" password="undefined"/>')),
    "an object that the schema does not allow": ("missing-value", redirect("[object Object]")),
    "a percentage": ("leftover-placeholder", speech("50% sales, 100 %. 5%s {} { a } {a b} $5 # {1,2} % d")),
    "JSON as data": ("leftover-placeholder", response('<Tag>{"a":{"b":{}}} {x} %s #{a}</Tag>')),
    "escaped characters": ("leftover-placeholder", redirect("/x?a=%7B%7Bb%7D%7D&amp;c=%d0%dF")),
    "correct accents": ("mojibake", speech("Le café est fermé à 5 heures. Öl, Ärger, Ñandú, Île, naïve, © 2027, 5 °C, 3 £")),
    "French punctuation": ("mojibake", speech("« Il a gagné…», dit-elle : «fermé ».\xa0À l’été\xa0»…")),
    "quoted capitals": ("mojibake", speech("„MENÄ“ – ”AMANHÔ «É» “AMANHÃ”; BÂ» à… „Ä“, „Å“, Ã…")),
    "Cyrillic text": ("mojibake", speech("Привет, «Ёлка»… – Ð — Ñ»")),
    "bytes that are not UTF-8": ("mojibake", speech("ÃÂ ÐÑ ââ à€€à€€")),
    "control characters": ("mojibake", speech("Â\x85 Â\x80")),
    "a tag in a wrong encoding": ("mojibake", response("<Tag>cafÃ©</Tag>")),
    "spaces around a word": ("invisible-speech", speech("\xa0 a \u200b")),
    "punctuation": ("invisible-speech", speech("...")),
    "an alias": ("invisible-speech", speech('\xa0<sub alias="a">\xa0</sub>')),
    "blank text": ("invisible-speech", speech(" <break/> \n")),
    "no text": ("invisible-speech", response("<SpeakSentence/>")),
    "instructions for editors": (
        "processing-instruction",
        "<?xml version='1.0'?>\n<?xml-model href='a'?><?xml-stylesheet href='b'?><Response/>",
    ),
    "an instruction of the text": ("processing-instruction", speech("&lt;?php ?> <![CDATA[<?php ?>]]><!-- <?php ?> -->")),
}


def found(rule: str, text: str) -> list[Problem]:
    """Return the problems that one rule reports."""
    return [problem for problem in validate(text, select=[rule]) if problem.rule == rule]


def end_of(text: str) -> tuple[int, int]:
    """Return the line and the column after a text, both counted from 1."""
    lines = re.split("\r\n|\r|\n", text)
    return len(lines), len(lines[-1]) + 1


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=VIOLATIONS)
def test_violation_is_reported_at_its_position(case: Case) -> None:
    """The first violation of a string is reported, exact to the character, as a warning."""
    before, offender, after = re.split("[⟦⟧]", case.text)
    (problem,) = found(case.rule, before + offender + after)
    assert problem.message == case.message
    assert problem.severity == "warning"
    assert (problem.line, problem.column) == end_of(before)
    assert (problem.end_line, problem.end_column) == end_of(before + offender)


@pytest.mark.parametrize(("rule", "text"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted_document_has_no_problem(rule: str, text: str) -> None:
    """A rule accepts text for people, and data whose content is the choice of the application."""
    assert found(rule, text) == []


def test_path_names_the_element_or_attribute() -> None:
    """The path of a problem names the innermost element of the text, or the attribute."""
    text = response('<Gather gatherUrl="/undefined"><SpeakSentence>a <p>b</p><p>c %s</p></SpeakSentence></Gather>')
    assert [problem.path for rule in ("missing-value", "leftover-placeholder") for problem in found(rule, text)] == [
        "Response/Gather[1]/@gatherUrl",
        "Response/Gather[1]/SpeakSentence[1]/p[2]",
    ]


def test_several_strings_are_reported_in_order() -> None:
    """Each string with a violation has its own problem, in document order."""
    text = (
        "<Response><Tag>None</Tag><SpeakSentence>{{ a }} <s>None</s> Hello None.</SpeakSentence><Tag>undefined</Tag></Response>"
    )
    assert [(problem.rule, problem.column) for problem in validate(text)] == [
        ("missing-value", 16),
        ("leftover-placeholder", 41),
        ("missing-value", 52),
        ("missing-value", 67),
        ("missing-value", 93),
    ]


def test_suppression_covers_a_string() -> None:
    """A comment before a verb suppresses the rules in its speech."""
    text = "<Response><!-- bxml: ignore missing-value --><SpeakSentence>a <s>Hello None</s></SpeakSentence></Response>"
    assert validate(text) == []


def test_fragment_and_other_root_are_not_checked() -> None:
    """Only the root error is reported for a document with another root."""
    assert [problem.rule for problem in validate("<SpeakSentence>Hello undefined</SpeakSentence>")] == ["unknown-root"]
    assert [problem.rule for problem in validate("<?a?><html/>")] == ["unknown-root"]


# Documents built in Python

BUILT = {
    "escaped-markup": bxml.Response().speak_sentence('One <break time="1s"/> two'),
    "double-escaping": bxml.Response().redirect(redirect_url="/x?a=1&amp;b=2"),
    "leftover-placeholder": bxml.Response([bxml.Gather([bxml.SpeakSentence("Hello {name}")], gather_url="/x")]),
    "missing-value": bxml.Response().redirect(redirect_url="https://undefined/x"),
    "mojibake": bxml.Response().speak_sentence([ssml.S(["cafÃ©"])]),
    "invisible-speech": bxml.Response().speak_sentence("\xa0"),
}


@pytest.mark.parametrize(("rule", "document"), BUILT.items(), ids=BUILT)
def test_documents_built_in_python_are_checked(rule: str, document: bxml.Response) -> None:
    """The rules check documents that are built in Python. Such documents have no processing instructions."""
    (problem,) = validate(document)
    assert (problem.rule, problem.line) == (rule, None)


def test_each_rule_but_one_has_a_document_built_in_python() -> None:
    """Each of the rules has a document built in Python, except the rule for processing instructions."""
    assert {*RULES} - BUILT.keys() == {"processing-instruction"}
    assert {rule_registry.entries()[rule].is_on for rule in RULES} == {True}


def test_problems_of_built_documents_are_in_document_order() -> None:
    """The problems of a document built in Python are in document order."""
    document = bxml.Response().speak_sentence("Hello.", voice="nobody").speak_sentence("Hello {name}")
    assert [problem.rule for problem in validate(document)] == ["unknown-voice", "leftover-placeholder"]


# Kinds of strings


def strings() -> Iterator[tuple[str, str, schema.SimpleType]]:
    """Yield each attribute and each element text that the schema declares, except speech, with its type."""
    for element in schema.vocabulary().declarations():
        if element.name in schema.vocabulary().elements["SpeakSentence"].children or element.mixed:
            continue
        for attribute in element.attributes.values():
            yield element.name, attribute.name, attribute.type
        if element.text:
            yield element.name, free_texts.WHOLE_TEXT, element.text


def test_every_string_that_allows_words_has_a_kind() -> None:
    """Each string that can be the word "undefined" or an address has a kind, unless the string is a password."""
    expected = {
        (element, name)
        for element, name, type_ in strings()
        if not is_secret(name)
        and (value_fault("undefined", type_) is None or not free_texts.ADDRESSES.isdisjoint(type_.lineage))
    }
    outside_speech = {(element, name) for element, name, _ in strings()}
    kinds = {(element, name): kind for element, names in free_texts._kinds().items() for name, kind in names.items()}
    assert kinds.keys() & outside_speech == expected
    assert {kinds[element, name] for element, name in expected} == {"url", "name", "data"}
    assert kinds["Redirect", "tag"] == kinds["Tag", ""] == kinds["Redirect", "username"] == "data"


# Laws

PIECES = st.lists(
    st.sampled_from(["a", "é", "😀", "\r\n", "\n", "\t", "&amp;", "&#233;", "&#x1F600;", "]", ">"])
    | st.sampled_from(["<![CDATA[&amp;<x>\r\n]]>", "<![CDATA[]]>", "<!-- &amp; ]]> -->", "<?pi a > b ?>"]),
    max_size=8,
).map("".join)


@given(written=PIECES, data=st.data())
def test_part_of_a_text_is_where_it_is_written(written: str, data: st.DataObject) -> None:
    """The source range of a part of a text is parsed as the characters of that part."""
    source = Source(f"<a>\n{written}</a>")
    (text,) = [item for item in tree_of(source).root.content if isinstance(item, Text)]
    start = data.draw(st.integers(0, len(text.value) - 1))
    end = data.draw(st.integers(start + 1, len(text.value)))
    span = source.part_of_text(text, start, end)
    assert read(source.text, span.start, span.end) == text.value[start:end]


def read(text: str, start: int, end: int) -> str:
    """Return the value of a part of a text that was written in XML."""
    is_cdata = text.rfind("<![CDATA[", 0, start) > text.rfind("]]>", 0, start)
    part = ("<![CDATA[" if is_cdata else "") + text[start:end]
    is_open = part.rfind("<![CDATA[") > part.rfind("]]>")
    content = tree_of(Source(f"<a>{part}{']]>' if is_open else ''}</a>")).root
    return content.text


@given(value=st.text(CHARACTERS, min_size=1, max_size=8), data=st.data())
def test_part_of_a_value_is_where_it_is_written(value: str, data: st.DataObject) -> None:
    """The source range of a part of an attribute value is parsed as the characters of that part."""
    source = Source(bxml.Response([bxml.Redirect(redirect_url="/x", tag=value)]).to_bxml())
    node = next(tree_of(source).root.children)
    start = data.draw(st.integers(0, len(value) - 1))
    end = data.draw(st.integers(start + 1, len(value)))
    span = source.part_of_value(node, "tag", start, end)
    (again,) = tree_of(Source(f'<a><b c="{source.text[span.start : span.end]}"/></a>')).root.children
    assert again.attributes["c"] == value[start:end]


LETTERS = st.text(st.characters(min_codepoint=0xA1, max_codepoint=0x17F, categories=["Ll"]), min_size=1)


@given(word=LETTERS, encoding=st.sampled_from(["cp1252", "latin-1"]))
def test_each_small_letter_in_a_wrong_encoding_is_found(word: str, encoding: str) -> None:
    """The rule finds UTF-8 that was read as ISO-8859-1, or as Windows-1252 in the way of browsers."""
    wrong = "".join(read_like_browsers(byte, encoding) for byte in word.encode())
    problems = found("mojibake", f"<Response><SpeakSentence>a{wrong}b</SpeakSentence></Response>")
    assert problems, wrong


def read_like_browsers(byte: int, encoding: str) -> str:
    """Return the character for a byte; a byte without a character becomes a control character."""
    return bytes([byte]).decode(encoding, "ignore") or chr(byte)


WORDS = st.text("abéèàêçïâäöüñåã", min_size=1) | st.text("ABÉÈÀÊÇÏÂÄÖÜÑÅÃ", min_size=2)
QUOTED = st.sampled_from(
    ["{}", "«{}»", "«\xa0{}\xa0»", "“{}”", "„{}“", "»{}«", "‘{}’", "{}…", "«{}…»", "{}\xa0–", "–{}–", "{}\xa0!", "{}’"]
)
SENTENCES = st.lists(st.builds(str.format, QUOTED, WORDS)).map(" ".join)


@given(sentence=SENTENCES)
def test_quoted_words_with_accents_are_accepted(sentence: str) -> None:
    """Words with accents are accepted before and between quotation marks, dashes and no-break spaces."""
    assert found("mojibake", f"<Response><SpeakSentence>{sentence} a</SpeakSentence></Response>") == []


@given(
    text=st.lists(st.sampled_from([*ACCEPTED.values(), *[case[:2] for case in VIOLATIONS.values()]]), min_size=1, max_size=3)
)
def test_screening_hides_no_problem(text: list[tuple[str, str]]) -> None:
    """A document that contains none of ``SIGNS`` is not searched. A search would find no problem in such a document."""
    verbs = "".join(re.sub(r"<\?.*?\?>|</?Response/?>|[⟦⟧]", "", document) for _, document in text)
    source = f"<Response>{verbs}</Response>"
    with pytest.MonkeyPatch.context() as patch:
        screened = validate(source)
        patch.setattr(free_texts, "SIGNS", ("",))  # every document has this sign
        assert screened == validate(source)
