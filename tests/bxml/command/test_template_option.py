"""``bxml validate --template``, and the rule that reports a template among documents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bxml import validate
from bxml.lint import linter, rule_registry, template_linter
from bxml.lint.linter import Settings
from bxml.parsing import template_syntax
from bxml.parsing.template_languages import FILE_EXTENSIONS, LANGUAGES, Language
from tests.bxml.command.conftest import Run
from tests.linear_time import assert_linear

SETTINGS = Settings(rule_registry.selected())


def problems(text: str, language: Language | None = None, name: str = "") -> list[str]:
    """Return the line, column and rule of each problem of a template."""
    checked = template_linter.problems(text, name, SETTINGS, language)
    assert checked is not None
    return [f"{problem.line}:{problem.column} {problem.rule}" for problem in checked.problems]


EXAMPLES = {
    "jinja": (
        (
            "{# menu #}\n<?xml version='1.0'?>\n<Response>\n{% if a %}<Gather maxDigits='99' gatherUrl='/' tag='{{ t }}'/>"
            "{% else %}<Hangup/>{% endif %}\n<SpeakSentence>{% raw %}{{ x }}{% endraw %}</SpeakSentence></Response>"
        ),
        ["4:30 invalid-value", "5:25 leftover-placeholder"],
    ),
    "erb": (
        (
            "<%# menu %>\n<Response>\n<% @a.each do |call| %>\n"
            "<Gather maxDigits='99' gatherUrl='/' tag='<%= call %>'/>\n<% end %>\n</Response>"
        ),
        ["4:20 invalid-value"],
    ),
    "handlebars": (
        (
            "{{!-- menu --}}\n<Response>\n{{#each calls}}<Gather maxDigits='99' gatherUrl='/' tag='{{this}}'/>{{/each}}\n"
            "{{> footer}}</Response>"
        ),
        ["3:35 invalid-value"],
    ),
    "php": (
        (
            "<?php require 'a.php'; // don't ?>\n<?= '<?xml version=\"1.0\"?>' ?>\n<Response>\n"
            "<?php foreach ($calls as $call) { ?><Gather maxDigits='99' gatherUrl='/' tag='<?= $call ?>'/><?php } ?>\n"
            "</Response><?php finish();"
        ),
        ["4:56 invalid-value"],
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_is_masked_and_detected(language: Language) -> None:
    """The rest of a template is checked with exact places, whether its language is given, detected, or shown by its name."""
    text, expected = EXAMPLES[language]
    assert problems(text, language) == expected
    assert problems(text) == expected
    extension = next(key for key, value in FILE_EXTENSIONS.items() if value == language)
    assert problems(text, name=f"menu.bxml{extension}") == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_document_with_a_template_has_one_problem(language: Language) -> None:
    """Without the option, a template has one problem, which names the language."""
    text, _ = EXAMPLES[language]
    (problem,) = validate(text)
    assert problem.rule == "template"
    assert problem.message.endswith(f"use bxml validate --template {language}")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param("<Response><SpeakSentence>{{ x }}</SpeakSentence></Response>", ["leftover-placeholder"], id="valid"),
        pytest.param("<Response><Gather maxDigits='{{ n }}' gatherUrl='/x'/></Response>", ["template"], id="invalid value"),
        pytest.param(
            "<Response><Foo/><SpeakSentence>{{ x }}</SpeakSentence></Response>",
            ["unknown-element", "leftover-placeholder"],
            id="elsewhere",
        ),
        pytest.param("<Response><!-- {% if %} --><Foo/></Response>", ["unknown-element"], id="in a comment"),
        pytest.param("<Response><Foo x='{#'/></Response>", ["unknown-element"], id="unclosed tag"),
        pytest.param("<Response><Foo/>{</Response>", ["unknown-element", "misplaced"], id="no tag"),
        pytest.param("<Response><![CDATA[{{]]><Foo/></Response>", ["misplaced", "unknown-element"], id="only a mark"),
        pytest.param("<Response><?php go() ?></Response>", ["processing-instruction"], id="well-formed PHP"),
        pytest.param("<Response>{{#if a}}</Response>", ["template"], id="Handlebars"),
    ],
)
def test_only_templates_are_reported_as_templates(text: str, rules: list[str]) -> None:
    """A document with text that looks like a tag is not a template, unless it has an error at the tag."""
    assert [problem.rule for problem in validate(text)] == rules


def test_rule_can_be_ignored() -> None:
    """If the rule is ignored, all problems of the template are reported."""
    found = validate("<Response>{% if a %}<Foo/>{% endif %}</Response>", ignore=["template"])
    assert {problem.rule for problem in found} == {"misplaced", "unknown-element"}


def test_message_hides_passwords() -> None:
    """The message quotes the tag without the password of a URL."""
    (problem,) = validate("<Response>{{ 'https://me:secret@a.example/' }}</Response>")
    assert "secret" not in problem.message


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("<Response><Gather {{ a }} x='1'/></Response>", "jinja", ["1:27 unknown-attribute"], id="attributes"),
        pytest.param(
            "<Response><Gather tag={{ a }} x='1'/></Response>", "jinja", ["1:31 unknown-attribute"], id="unquoted value"
        ),
        pytest.param("<Response><{{ v }}><Foo/></{{ v }}></Response>", "jinja", ["1:21 unknown-element"], id="name"),
        pytest.param("<Response><Gather data-{{ a }}='1'/></Response>", "jinja", [], id="half a name"),
        pytest.param(
            "<Response><Gather{{ a }}/><Foo/></Response>", "jinja", ["1:28 unknown-element"], id="attributes at a name"
        ),
        pytest.param("<Response><SpeakSentence>&#{{ c }};</SpeakSentence></Response>", "jinja", [], id="character reference"),
        pytest.param(
            "<Response><Gather {% if a %}tag='1'{% else %}tag='2'{% endif %} x=''/></Response>",
            "jinja",
            ["1:65 unknown-attribute"],
            id="attribute of two branches",
        ),
        pytest.param(
            "<Response>{% if a %}<Gather x='1'>{% elif b %}<Gather>{% else %}<Gather>{% endif %}</Gather></Response>",
            "jinja",
            ["1:29 unknown-attribute"],
            id="start tag of three branches",
        ),
        pytest.param("<Response>{% if a %}<Gather></Response>", "jinja", ["1:31 not-well-formed"], id="malformed"),
        pytest.param(
            "<SpeakSentence x='1'>{{ a }}</SpeakSentence><Hangup/>", "jinja", ["1:16 unknown-attribute"], id="fragment"
        ),
        pytest.param("<?xml version='1.0'?><Hangup x='{{ a }}'/>", "jinja", ["1:30 unknown-attribute"], id="declared fragment"),
        pytest.param("<Response><Gather {{ a }}{% if b %} tag='1'{% endif %}/></Response>", "jinja", [], id="side by side"),
        pytest.param("<Response> <!-- a -->{{ a }}</Response>", "jinja", [], id="after a comment"),
        pytest.param("{% extends 'a' %}{% include 'b' %}", "jinja", [], id="no element"),
        pytest.param("{{ a }} <", "jinja", ["1:9 not-well-formed"], id="only a stray character"),
        pytest.param("<response>{{ a }}</response>", "jinja", ["1:2 unknown-root"], id="misspelled root"),
        pytest.param("<Response><Transfer>{{ a }}</Transfer></Response>", "jinja", [], id="children"),
        pytest.param("<Response>{% include 'a' %}<Hangup/><Ring/></Response>", "jinja", [], id="order with a tag"),
        pytest.param(
            "<Response><Hangup/><Gather tag='{{ a }}' gatherUrl='/'/></Response>",
            "jinja",
            ["1:21 unreachable-verb"],
            id="order with a value",
        ),
        pytest.param(
            "<Response><Redirect redirectUrl='{{ a }}'/><Ring/></Response>",
            "jinja",
            ["1:45 unreachable-verb"],
            id="order with a URL",
        ),
        pytest.param(
            "{% comment %}<Foo/>{{ a{% endcomment %}<Response><Foo/></Response>",
            "jinja",
            ["1:51 unknown-element"],
            id="comment",
        ),
        pytest.param("{% comment %}{% endcomment", "jinja", [], id="unclosed comment"),
        pytest.param(
            "<Response>{% set a = '%}' %}<Foo/></Response>", "jinja", ["1:30 unknown-element"], id="closer in a string"
        ),
        pytest.param("<Response>{{ it's }}<Foo/>{{ b }}</Response>", "jinja", ["1:22 unknown-element"], id="unclosed string"),
        pytest.param(
            "<Response>{{{a}}}{{^b}}<Foo/>{{^}}{{/b}}{{else}}</Response>", "handlebars", ["1:25 unknown-element"], id="else"
        ),
        pytest.param(
            "<Response><% if a %><% } %><% case b %><% when c %><Foo/><% end %></Response>",
            "erb",
            ["1:53 unknown-element"],
            id="case",
        ),
        pytest.param(
            "<Response><% go if x; %><%- yield -%><Foo/><%# no %></Response>", "erb", ["1:39 unknown-element"], id="code"
        ),
        pytest.param(
            "<Response><?php switch ($a): case 1: ?><Foo/><?php endswitch; ?></Response>",
            "php",
            ["1:41 unknown-element"],
            id="switch",
        ),
        pytest.param(
            "<Response><?php if ($a) echo 1; ?><Foo/></Response>", "php", ["1:36 unknown-element"], id="one-line condition"
        ),
        pytest.param(
            "<Response><?php echo \"it's ?><Foo/></Response>", "php", ["1:31 unknown-element"], id="unclosed PHP string"
        ),
        pytest.param("<Response><![CDATA[{{ a }}]]><Foo/></Response>", "jinja", ["1:31 unknown-element"], id="CDATA"),
        pytest.param(
            "<Response><!-- bxml: ignore unknown-voice --><SpeakSentence voice='{{ v }}'>a</SpeakSentence></Response>",
            "jinja",
            [],
            id="suppression",
        ),
        pytest.param(
            "<Response><!-- bxml: ignore unknown-voice -->{{ a }}</Response>", "jinja", [], id="suppression without element"
        ),
    ],
)
def test_places_of_tags(text: str, language: Language, expected: list[str]) -> None:
    """A tag can be anywhere in a template."""
    assert problems(text, language) == expected


INNER = (
    "<SpeakSentence voice='Julie'>a</SpeakSentence><PlayAudio username='shop' password='b'>http://app.example/c.wav</PlayAudio>"
)
RULES_OF_INNER = ["unknown-voice", "credentials-over-http"]


def rules(text: str) -> list[str]:
    """Return the rules of the problems of a Jinja template."""
    checked = template_linter.problems(text, "", SETTINGS, "jinja")
    assert checked is not None
    return [problem.rule for problem in checked.problems]


@pytest.mark.parametrize(
    "attribute",
    [
        *(
            f"{name}='{{{{ a }}}}'"
            for name in ("tag", "gatherMethod", "terminatingDigits", "repeatCount", "firstDigitTimeout", "maxDigits")
        ),
        "{{ a }}",
        "{% if a %}maxDigits='1'{% endif %}",
        "{% if a %}maxDigits='1'{% else %}maxDigits='2'{% endif %}",
    ],
)
def test_unknown_attribute_silences_no_rule_of_the_children(attribute: str) -> None:
    """A tag in or between the attributes of an element does not hide the problems of the elements inside."""
    text = f"<Response><Gather gatherUrl='{{{{ u }}}}' {attribute}>{INNER}</Gather></Response>"
    assert rules(text) == RULES_OF_INNER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "<SpeakSentence locale='{{ a }}' voice='Julie'>b</SpeakSentence>", ["unknown-voice"], id="value of the same element"
        ),
        pytest.param(
            "<PlayAudio username='{{ a }}' password='b'>http://c.example/</PlayAudio>", ["credentials-over-http"], id="user"
        ),
        pytest.param(
            "<PlayAudio username='a' password='{{ b }}'>http://c.example/</PlayAudio>", ["credentials-over-http"], id="password"
        ),
        pytest.param(
            "<PlayAudio username='{{ a }}' password='{{ b }}'>http://c.example/</PlayAudio>", [], id="both can be empty"
        ),
        pytest.param(
            "<Redirect redirectUrl='http://c.example/' username='a' password='b' tag='{{ t }}'/>",
            ["credentials-over-http"],
            id="tag",
        ),
        pytest.param(
            "<Redirect redirectUrl='http://c.example/' {% if a %}tag='b'{% endif %} username='a' password='b'/>",
            ["credentials-over-http"],
            id="condition between certain attributes",
        ),
        pytest.param(
            "<Redirect redirectUrl='http://c.example/' {% if a %}username='a'{% endif %} {% if a %}password='b'{% endif %}/>",
            [],
            id="condition around the attributes",
        ),
        pytest.param("<Redirect redirectUrl='/a' {{ a }} redirectMethod='GET'/>", [], id="inserted attributes"),
        pytest.param("<Redirect {{ a }} redirectMethod='GET'/>", [], id="inserted URL"),
        pytest.param(
            "<Gather gatherUrl='http://c.example/' username='a' password='b'>{% for d in e %}<PlayAudio>/f</PlayAudio>"
            "{% endfor %}</Gather>",
            ["credentials-over-http"],
            id="loop of children",
        ),
        pytest.param(
            "<Gather gatherUrl='/' repeatCount='2'>{% if a %}<PlayAudio>/f</PlayAudio>{% endif %}</Gather>",
            [],
            id="optional child",
        ),
        pytest.param("<Gather gatherUrl='/' repeatCount='2'>{{ a }}</Gather>", [], id="inserted children"),
        pytest.param(
            "<Gather gatherUrl='/a'>{% if a %}<PlayAudio>/f</PlayAudio>{% endif %}</Gather><Hangup/>",
            ["unreachable-verb"],
            id="order with an optional child",
        ),
        pytest.param("<Gather {% if a %}gatherUrl='/a'{% endif %}/><Hangup/>", [], id="order with an optional URL"),
        pytest.param(
            "<Transfer transferCompleteFallbackUrl='{{ a }}'><PhoneNumber>+12125550123</PhoneNumber></Transfer>",
            ["fallback-without-url"],
            id="masked URL without effect",
        ),
        pytest.param(
            "<SpeakSentence voice='{{ a }}'>None</SpeakSentence><SpeakSentence>Hello undefined</SpeakSentence>",
            ["missing-value"],
            id="two texts",
        ),
    ],
)
def test_rule_applies_unless_it_reads_an_unknown_part(text: str, expected: list[str]) -> None:
    """A rule omits a problem only if another output of the template could be without this problem."""
    assert rules(f"<Response>{text}{{# #}}</Response>") == expected


def test_verbs_that_the_context_forbids_are_reported_beside_unknown_verbs() -> None:
    """Each verb is checked on its own, even if the template decides which verbs run."""
    settings = Settings(rule_registry.selected(), "conference")
    text = "<Response><Gather gatherUrl='/' tag='{{ t }}'/>{{ verbs }}<Ring/></Response>"
    checked = template_linter.problems(text, "", settings, "jinja")
    assert checked is not None
    assert [problem.rule for problem in checked.problems] == ["conference-verb", "conference-verb"]


def test_many_tags_take_linear_time() -> None:
    """A template of 64 KB with 500 tags takes about four times as long as a quarter of it."""
    sentence = "<SpeakSentence voice='Julie'>Press one to continue, please.</SpeakSentence>"
    verb = f"<Gather gatherUrl='/a' maxDigits='{{{{ n }}}}'>{sentence}</Gather>"
    text = f"<Response>{verb * 500}</Response>"
    assert len(problems(text, "jinja")) >= 500
    assert_linear(lambda part: problems(part, "jinja"), text)


def test_masked_expressions_are_not_shown() -> None:
    """A message shows an ellipsis instead of the letters that replace an expression."""
    checked = template_linter.problems("<Response><Gather></{{ v }}></Response>", "", SETTINGS, "jinja")
    assert checked is not None
    assert "</…>" in checked.problems[0].message


@pytest.mark.parametrize("language", LANGUAGES)
def test_mask_keeps_every_position(language: Language) -> None:
    """A masked template has as many characters in each line as the template."""
    text, _ = EXAMPLES[language]
    masked = template_syntax.mask(text, template_syntax.tags(text, language)).text
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize("given", [b"\xff", b"x" * 1_000_000, "<Response/>", None])
def test_document_without_tags_is_not_a_template(given: object) -> None:
    """Anything without tags is checked like a document."""
    assert template_linter.problems(given, "", SETTINGS, "jinja") is None
    assert template_linter.problems(given, "", SETTINGS, None) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 20_000,
        "{% ' " * 10_000,
        '<?php " ?>' * 10_000,
        "<% if x %>" * 10_000,
        "<Response>" + "{% if a %}<Foo/>{% endif %}" * 4_000 + "</Response>",
        "<Response>" + "<Gather {{ a }} x='{{ b }}'/>" * 4_000 + "</Response>",
        "{% comment %}" * 10_000,
    ],
)
def test_hostile_template_takes_linear_time(text: str) -> None:
    """A long template takes about four times as long as a quarter of it."""
    assert_linear(lambda part: linter.problems(part, "", SETTINGS), text)
    assert_linear(lambda part: template_linter.problems(part, "", SETTINGS, None), text)


@pytest.mark.parametrize(("tags", "elements"), [("{{a}}<x/>", ""), ("{{a}} ", "<x/>")])
def test_detection_takes_linear_time(tags: str, elements: str) -> None:
    """A document with many expressions and errors takes about four times as long as a quarter of this document."""

    def check(count: str) -> None:
        text = f"<Response><SpeakSentence>{tags * len(count)}{elements * len(count)}</SpeakSentence></Response>"
        linter.problems(text, "", SETTINGS)

    assert_linear(check, "1" * 4_000)


class TestCommand:
    """The option of ``bxml validate``."""

    def test_directory_is_searched_for_templates(self, run: Run) -> None:
        """With the option, a directory is also searched for templates, whose names have two extensions."""
        Path("a.bxml").write_text("<Response><Foo/></Response>", encoding="utf-8")
        Path("b.bxml.j2").write_text("<Response><Foo/>{{ a }}</Response>", encoding="utf-8")
        Path("c.xml.erb").write_text("<% a %><Response><Foo/></Response>", encoding="utf-8")
        Path("d.xml.erb").write_text("<% a %><html/>", encoding="utf-8")
        Path("e.xml.php").write_text("<html><?= $a ?></html>", encoding="utf-8")
        Path("f.xml").write_text("{{ a }}<Bxml><Foo/></Bxml>", encoding="utf-8")
        ran = run("validate", "--template", "auto", "--format", "concise", ".")
        assert [line.partition(" error: <Foo>")[0] for line in ran.out.splitlines()[:-1]] == [
            "a.bxml:1:12:",
            "b.bxml.j2:1:12:",
            "c.xml.erb:1:19:",
            "f.xml:1:15:",
        ]
        ran = run("validate", ".", "--format", "concise")
        assert [line.split(":")[0] for line in ran.out.splitlines()[:-1]] == ["a.bxml", "f.xml"]

    def test_report_hides_passwords(self, run: Run) -> None:
        """The source lines of the report have no passwords, neither in the document nor in the tags."""
        begin = '<Response><PlayAudio x="1" username="{{ u }}" password="pass1{{ p }}word2">{{ "https://me:word3@a.example/" }}'
        for text in (
            begin + "</PlayAudio></Response>",
            begin + "</Response>",
            begin + '</PlayAudio><Ring {% if a %}tag="1"{% else %}tag="2"{% endif %}/></Response>',
        ):
            ran = run("validate", "--template", "jinja", "-", stdin=text.encode())
            assert ran.code == 1
            for secret in ("pass1", "word2", "word3"):
                assert secret not in ran.out

    def test_valid_template_has_no_problems(self, run: Run) -> None:
        """A template without problems exits with 0."""
        ran = run("validate", "--template", "erb", "-", stdin=b"<Response><%= verbs %></Response>")
        assert ran == (0, "no problems in 1 file\n", "")

    def test_real_command(self) -> None:
        """The command works in a process of its own."""
        Path("menu.bxml").write_text("<Response>{{ verbs }}<Foo/></Response>", encoding="utf-8")
        command = [
            sys.executable,
            "-c",
            "from bxml.command import main; main()",
            "validate",
            "menu.bxml",
            "--format",
            "concise",
        ]
        ran = subprocess.run([*command, "--template", "jinja"], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout.splitlines()[0].partition(" error")[0]) == (1, "menu.bxml:1:23:")
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout.splitlines()[-1]) == (1, "1 error in 1 of 1 file")
