"""Templates with unknown output: definitions, alternatives, blocks that another template fills, and parts of documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from bxml import validate
from bxml.lint import linter, rule_registry, template_linter
from bxml.lint.linter import Settings
from bxml.messages.redaction import redact_document
from bxml.parsing.template_languages import Language
from tests.bxml.command.conftest import Run
from tests.linear_time import assert_linear

SETTINGS = Settings(rule_registry.selected())


def rules(text: str, language: Language, name: str = "") -> list[str]:
    """Return the rules of the problems of a template."""
    checked = template_linter.problems(text, name, SETTINGS, language)
    assert checked is not None
    return [problem.rule for problem in checked.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "{% macro say(t) %}<SpeakSentence voice='Julie'>{{ t }}</SpeakSentence>{% endmacro %}"
            "<Response>{{ say() }}</Response>",
            ["unknown-voice"],
            id="macro",
        ),
        pytest.param("{% set x %}<Hangup/>{% endset %}<Response>{{ x }}</Response>", [], id="set block"),
        pytest.param("<Response>{{ x }}</Response>{% set a = 1 %}{% set x %}<Hangup/>{% endset %}", [], id="assignment first"),
        pytest.param("<Response>{{ x }}</Response>{% set x %}{% set a = 1 %}<Hangup/>{% endset %}", [], id="assignment inside"),
        pytest.param("<Response>{{ x }}</Response>{%- set x | trim -%}<Hangup/>{% endset %}", [], id="filter"),
        pytest.param(
            "<Response>{{ x }}</Response>{% set x %}{% block a 'b' %}<Hangup/>{% endset %}{% block c %}{% endblock %}",
            [],
            id="block without an end",
        ),
        pytest.param(
            "{% macro a() %}<Response/>{% endmacro %}{% macro b() %}<Response><Foo/></Response>{% endmacro %}",
            ["unknown-element"],
            id="two roots",
        ),
        pytest.param("{% macro a() %}</Gather>{% endmacro %}<Response>{{ a() }}</Response>", [], id="end tag"),
        pytest.param("{% import 'm' as m %}\n<?xml version='1.0'?>\n<Response>{{ m.a() }}</Response>", [], id="import"),
        pytest.param("<Response>{% endset %}<Foo/></Response>", ["unknown-element"], id="end without a beginning"),
    ],
)
def test_definitions_are_checked_on_their_own(text: str, expected: list[str]) -> None:
    """A macro, or a block that sets a variable, does not appear at its own place in the output."""
    assert rules(text, "jinja") == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("jinja", "<Response>{% call say() %}Hello{% endcall %}</Response>", []),
        ("jinja", "<Response>{% filter speak %}Hello{% endfilter %}<Ring/>x</Response>", ["misplaced"]),
        (
            "jinja",
            "<Response>{% call dial(x) %}<PhoneNumber>{{ a }}</PhoneNumber>{% endcall %}<Foo/></Response>",
            ["unknown-element"],
        ),
        (
            "jinja",
            "<Response>{% call dial(x) %}{% if a %}<PhoneNumber>{{ b }}</PhoneNumber>{% endif %}{% endcall %}</Response>",
            [],
        ),
        (
            "jinja",
            "<Response>{% call say() %}<Gather gatherUrl='/a'>x<Ring/></Gather>{% endcall %}</Response>",
            ["misplaced"] * 2,
        ),
        ("jinja", "<Response>{% if a %}Hello<Ring/>{% endif %}</Response>", ["misplaced"]),
        ("handlebars", "<Response>{{#say voice='julie'}}Hello{{/say}}</Response>", []),
        ("handlebars", "<Response>{{#> layout}}<PhoneNumber>{{x}}</PhoneNumber>{{/layout}}</Response>", []),
        ("handlebars", "<Response>{{#each a as |b|}}Hello<Ring/>{{/each}}</Response>", ["misplaced"]),
        ("handlebars", "<Response>{{#a}}Hello<Ring/>{{/a}}</Response>", []),
        ("erb", "<Response><%= dial do |d| -%><PhoneNumber><%= x %></PhoneNumber><% end %></Response>", []),
        ("erb", "<Response><%- if a -%><PhoneNumber><%= x %></PhoneNumber><%- end -%></Response>", ["misplaced"]),
    ],
)
def test_content_of_a_call_can_be_printed_elsewhere(language: Language, text: str, expected: list[str]) -> None:
    """A block that is the argument of a function is not reported as misplaced. The contents of the block are checked."""
    assert rules(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("<%- t %>", "erb", id="EJS"),
        pytest.param("<%- t -%>", "erb", id="EJS that removes spaces"),
        pytest.param("{% block greeting %}{% endblock %}", "jinja", id="block"),
        pytest.param("{% call x() %}{% endcall %}", "jinja", id="call"),
        pytest.param("<break/>{% block greeting %}{% endblock %}", "jinja", id="block after a pause"),
        pytest.param("<p>{% block greeting %}{% endblock %}</p>", "jinja", id="block in a paragraph"),
        pytest.param("{{#> layout}}{{/layout}}", "handlebars", id="partial"),
        pytest.param("<?php the_title() ?>", "php", id="call of PHP"),
        pytest.param("<?php // the title?\nthe_title(); ?>", "php", id="call after a comment"),
    ],
)
def test_text_that_the_template_can_insert_is_not_missing(text: str, language: Language) -> None:
    """An element without text has no problem if a tag can print its text."""
    assert rules(f"<Response><SpeakSentence>{text}</SpeakSentence></Response>", language) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("{% set a = 1 %}{# b #}", "jinja", id="Jinja"),
        pytest.param("<%# a %><% b = 1 %>", "erb", id="ERB"),
        pytest.param("<?php $a = 1; // as in b() ?><?php /* c() */ ?>", "php", id="PHP"),
        pytest.param("{{!-- a --}}", "handlebars", id="Handlebars"),
    ],
)
def test_text_that_no_tag_inserts_is_missing(text: str, language: Language) -> None:
    """A tag that certainly prints nothing hides no problem."""
    assert rules(f"<Response><SpeakSentence>{text}</SpeakSentence></Response>", language) == ["blank-text"]


def test_statement_of_erb_that_removes_spaces_begins_a_block() -> None:
    """``<%- if a -%>`` is a statement, in contrast to ``<%- a %>``."""
    text = "<Response><Gather gatherUrl='/a' <%- if a -%>tag='b'<%- else -%>tag='c'<%- end -%>/><Foo/></Response>"
    assert rules(text, "erb") == ["unknown-element", "unreachable-verb"]


ALTERNATIVES = [
    pytest.param("<Gather{{#a}} gatherUrl='/a'{{/a}}{{^a}} gatherUrl='/b'{{/a}}/>", "handlebars", [], id="attribute"),
    pytest.param(
        "<Gather {% if a %}{% if b %}gatherUrl='/a'{% endif %}{% if c %}gatherUrl='/b'{% endif %}{% endif %}/>",
        "jinja",
        [],
        id="attribute in an inner block",
    ),
    pytest.param(
        "{{#a}}<Gather gatherUrl='/a'>{{/a}}{{^a}}<Gather gatherUrl='/b'>{{/a}}<Foo/></Gather>",
        "handlebars",
        ["unknown-element"],
        id="start tag",
    ),
    pytest.param(
        "{% if a %}<Gather gatherUrl='/a'>{% endif %}{% if b %}<Gather gatherUrl='/b'>{% endif %}<Foo/></Gather>" * 2,
        "jinja",
        ["unknown-element"] * 2,
        id="start tags twice",
    ),
    pytest.param(
        "<Transfer>{% if a %}<PhoneNumber>{% endif %}{% if b %}<SipUri>{% endif %}{{ c }}{% if a %}</PhoneNumber>{% endif %}"
        "{% if b %}</SipUri>{% endif %}<Foo/></Transfer>",
        "jinja",
        ["unknown-element"],
        id="start tags of different elements",
    ),
    pytest.param(
        "{% case a %}\n{% when 1 %}<Gather gatherUrl='/a'>{% when 2 %}<Gather gatherUrl='/b'>{% endcase %}<Foo/></Gather>",
        "jinja",
        ["unknown-element"],
        id="case",
    ),
    pytest.param("{% if a %}<Gather>{% endif %}<!-- <a> --></Foo>{% if b %}</Gather>{% endif %}", "jinja", [], id="unknown"),
    pytest.param(
        "{% if a %}<Gather>{% endif %}<Pause duration=1/>{% if b %}</Gather>{% endif %}",
        "jinja",
        ["not-well-formed"],
        id="unknown structure and a certain fault",
    ),
    pytest.param("{% if a %}<Gather>{% endif %}", "jinja", ["not-well-formed"], id="start tag without an end tag"),
    pytest.param("</Gather>{% if a %}<Ring/>{% endif %}", "jinja", ["not-well-formed"], id="end tag outside of blocks"),
    pytest.param("<Ring a='1' {% if a %}a='2'{% endif %}/>", "jinja", ["not-well-formed"], id="attribute outside of a block"),
    pytest.param("<Ring {% if a %}a='1' a='2'{% endif %}/>", "jinja", ["not-well-formed"], id="attribute twice in a block"),
    pytest.param("<Ring a='1' a='2'/>{% endif %}", "jinja", ["not-well-formed"], id="end of no block"),
    pytest.param("{% if a %}<Gather>{% endif %}</Gather></Gather>{% if b %}", "jinja", ["not-well-formed"], id="unclosed"),
    pytest.param(
        "<Gather {% if a %}tag='1'{% endif %} {% if b %}tag='2'{% endif %}/></Foo>", "jinja", ["not-well-formed"], id="both"
    ),
]


@pytest.mark.parametrize(("text", "language", "expected"), ALTERNATIVES)
def test_blocks_that_exclude_one_another_are_no_fault(text: str, language: Language, expected: list[str]) -> None:
    """Only the first of several alternatives is checked. A fault outside the alternatives is still reported."""
    assert rules(f"<Response>{text}</Response>", language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param(
            "{% if a %}<Response><Foo/></Response>{% endif %}{% if b %}<Response><Foo/></Response>{% endif %}",
            "jinja",
            ["unknown-element"],
            id="two documents",
        ),
        pytest.param(
            "<?php if ($a): ?><Response><Foo/></Response><?php exit; endif; ?><Response><Foo/></Response>",
            "php",
            ["unknown-element"],
            id="early end",
        ),
        pytest.param(
            "{% if a %}<Response>{% endif %}{% if b %}<Response>{% endif %}<Foo/></Response>",
            "jinja",
            ["unknown-element"],
            id="start tags",
        ),
        pytest.param(
            "{% if a %}{% if b %}<Response/>{% endif %}{% if c %}<Response/>{% endif %}{% endif %}", "jinja", [], id="nested"
        ),
        pytest.param("<Response/><Response/>{% if a %}{% endif %}", "jinja", ["not-well-formed"], id="outside of blocks"),
    ],
)
def test_documents_that_exclude_one_another_are_no_second_root(text: str, language: Language, expected: list[str]) -> None:
    """Each of several blocks can contain a whole document."""
    assert rules(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<Response>" + "{% if a %}<Gather>{% endif %}" * 4_000,
        "<Response><Gather " + "{% if a %}b='1'{% endif %}" * 4_000 + "/></Response>",
        "{% if a %}<Response/>{% endif %}" * 4_000,
        "{% set a %}" * 4_000 + "{% block b %}" * 4_000 + "{% endset %}" * 4_000,
        "{% if a %}" * 4_000 + "<Response/><Response/>",
        "<Response>" + "{% call a() %}" * 4_000 + "<Tag/>" * 4_000 + "{% endcall %}" * 4_000 + "</Response>",
        "<Response>" + 'password="{{' * 10_000,
        "<Response><SpeakSentence>" + "{{ a }}{% if b %}{% endif %}" * 2_000 + "</SpeakSentence></Response>",
        "{% macro a() %}<Hangup/>{% endmacro %}" * 1_600,
        "{% macro a() %}<Tag>" * 1_600 + "</Tag>{% endmacro %}" * 1_600,
    ],
)
def test_many_blocks_take_linear_time(text: str) -> None:
    """A template with faults takes about four times as long as a quarter of it."""
    assert_linear(lambda part: template_linter.problems(part, "", SETTINGS, "jinja"), text)
    assert_linear(lambda part: redact_document(part, is_xml=False), text)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("\"{{ pw|default('hunter') }}\"", "a.bxml.j2"),
        ('"{{ a > "hunter" }}"', "a.bxml.j2"),
        ('"{% if a == "hunter" %}hunter{% else %}{{ "hunter" }}{% endif %}"', "a.bxml.j2"),
        ('{{ "hunter" }}', "a.bxml.j2"),
        ('"<%= ENV["P"] || "hunter" %>"', "a.bxml.erb"),
        ('"{{#if a}}{{b "hunter"}}{{/if}}"', "a.bxml.hbs"),
        ('"<?= $a ?: "hunter" ?>"', "a.bxml.php"),
    ],
)
def test_tag_in_a_password_is_hidden(run: Run, value: str, name: str) -> None:
    """If the value of a password has a tag, no report shows that value. The template may be malformed."""
    for rest in ("", "</Foo>", "<Ring {% if a %}tag='a'{% else %}tag='b'{% endif %}/>"):
        text = f"<Response><PlayAudio username='a' password={value} x='1'>/b</PlayAudio>{rest}</Response>"
        Path(name).write_text(text, encoding="utf-8")
        for options in (["--template", "auto"], []):
            for format_ in ("text", "json", "sarif", "gitlab"):
                ran = run("validate", name, "--format", format_, *options)
                assert ran.code == 1
                assert "hunter" not in ran.out


def test_message_of_a_template_shows_no_password() -> None:
    """The message that names the first tag does not quote a tag in a password."""
    (problem,) = validate("<Response><PlayAudio password='<%= a || \"hunter\" %>'>/b</PlayAudio></Response>")
    assert problem.message.startswith("this tag is ERB, so this file is a template")


def test_other_tags_are_shown(run: Run) -> None:
    """A tag outside of a password is not hidden."""
    ran = run("validate", "--template", "jinja", "-", stdin=b"<Response><Ring a='{{ \"b\" }}'/></Response>")
    assert '{{ "b" }}' in ran.out


def test_search_finds_parts_of_documents(run: Run) -> None:
    """A search checks parts of documents, and leaves out other XML whose first element has the name of a verb."""
    for name, text in {
        "_a.xml.j2": "{# part #}<SpeakSentence voice='Julie'>x</SpeakSentence>",
        "_b.xml.j2": "{% if a < b %}<Gather gatherUrl='/a'><SpeakSentence>{{ x }}</SpeakSentence></Gather>{% endif %}",
        "_c.xml.j2": "<Tag>{{ x }}</Tag>",
        "_d.xml.j2": "<Record><PhoneNumber/>{{ x }}</Record>",
        "_e.xml.j2": "<note><SpeakSentence/>{{ x }}</note>",
        "_f.xml.j2": "{{ x }}",
        "_g.xml": "<SpeakSentence>{{ x }}</SpeakSentence>",
    }.items():
        Path(name).write_text(text, encoding="utf-8")
    ran = run("validate", "--template", "auto", "--show-files", ".")
    assert ran.out.split() == ["_a.xml.j2", "_b.xml.j2"]


def test_part_without_tags_is_a_part() -> None:
    """The file extension shows that a document without tags is a template; without the extension it is a document."""
    text = "<SpeakSentence voice='Julie'>x</SpeakSentence>"
    assert rules(text, "jinja", "_a.bxml.j2") == ["unknown-voice"]
    assert template_linter.problems(text, "a.bxml", SETTINGS, "jinja") is None
    assert template_linter.problems("<Response/>", "a.bxml.j2", SETTINGS, "jinja") is None
    assert template_linter.problems("x", "a.bxml.j2", SETTINGS, "jinja") is None
    assert [problem.rule for problem in linter.problems(text, "a.bxml", SETTINGS)[0]] == ["unknown-root", "unknown-voice"]


def test_part_can_belong_to_another_element_than_the_root() -> None:
    """The elements of a part, such as ``<PhoneNumber>``, are not misplaced, because another template contains their parent."""
    assert rules("<PhoneNumber>{{ a }}</PhoneNumber><SipUri>{{ b }}</SipUri>{{ c }}<Foo/>", "jinja") == ["unknown-element"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("php", "<?php include 'header.php'; ?><Hangup/></Response>", []),
        ("jinja", "{% include 'a' %}<Hangup/><Foo/></Response>\n", ["unknown-element"]),
        ("handlebars", "{{> header}}<Hangup/></Bxml>", []),
        ("erb", "<Response><Foo/><Hangup/><%- include('footer') %>", ["unknown-element"]),
        ("jinja", "<Bxml><Hangup/>{% include 'footer' %}\n", []),
        ("jinja", "<Hangup/>{{ a }}</Response>", ["not-well-formed"]),
        ("jinja", "<Response><Hangup/>{{ a }}<Ring/>", ["not-well-formed"]),
        ("jinja", "<Response/>{{ a }}", []),
    ],
)
def test_another_template_can_print_the_beginning_or_the_end(language: Language, text: str, expected: list[str]) -> None:
    """A template whose first or last tag can print the missing tag of the root is a part of a document."""
    assert rules(text, language) == expected


def test_problems_beside_definitions_have_their_places_in_the_template() -> None:
    """Positions count the characters of definitions, also in definitions that contain other definitions."""
    text = (
        "{% macro a() %}<Hangup/><!--é--><A/>\n{% set b %}<Hangup/>{% endset %}<B/>{% endmacro %}\n"
        "<Response>{% set c %}\n<C/>{% endset %}<D/></Response>"
    )
    checked = template_linter.problems(text, "", SETTINGS, "jinja")
    assert checked is not None
    lines = text.split("\n")
    found = [lines[(each.line or 0) - 1][(each.column or 0) - 1 : (each.end_column or 0) - 1] for each in checked.problems]
    assert found == ["A", "B", "C", "D"]


def test_no_fix_deletes_a_definition() -> None:
    """A fix that replaces the content of an element is left out if the content includes a definition."""
    text = "<Response><Pause>5{% macro a() %}<Hangup/>{% endmacro %}</Pause></Response>"
    checked = template_linter.problems(text, "", SETTINGS, "jinja")
    assert checked is not None
    assert [problem.fix for problem in checked.problems] == [None]


def test_each_branch_can_end_the_start_tag() -> None:
    """If a condition begins in a start tag, only its first branch is checked, even if it ends the start tag."""
    text = "<Response><Gather gatherUrl='/a'{% if a %}><Foo/></Gather>{% else %}/>{% endif %}<Bar/></Response>"
    assert rules(text, "jinja") == ["unknown-element", "unknown-element"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("jinja", "<Response>{{ open_gather() }}<PlayAudio>/a</PlayAudio></Gather></Response>", []),
        ("erb", "<Response><Gather><%= close_gather(a) %></Response>", []),
        ("jinja", "<Response></Gather>{{ open_gather() }}</Response>", ["not-well-formed"]),
        ("jinja", "<Response><SpeakSentence>{{ _('a') }}</SpeakSentence></Gather></Response>", ["not-well-formed"]),
        ("jinja", "<Response>{{ open_gather() }}<Ring a=1/></Response>", ["not-well-formed"]),
        ("jinja", "<Response>{{ a }}</Gather></Response>", ["not-well-formed"]),
    ],
)
def test_function_can_print_a_tag(language: Language, text: str, expected: list[str]) -> None:
    """A start tag or an end tag that a function can print is not missing."""
    assert rules(text, language) == expected


def test_block_helper_without_arguments_can_print_its_content_elsewhere() -> None:
    """The content of a block helper of Handlebars is not misplaced, even if the helper has no arguments."""
    text = "<Response>{{#helper}}<Foo/><PhoneNumber>+19195550100</PhoneNumber>{{/helper}}</Response>"
    assert rules(text, "handlebars") == ["unknown-element"]


def test_line_that_begins_with_a_percent_sign_is_code() -> None:
    """In the trim mode ``%`` of ERB, such a line is a statement."""
    text = "<Response>\n% if a < 3\n<Gather gatherUrl='/a'>\n% else\n<Gather>\n% end\n</Gather><Foo/></Response>"
    assert rules(text, "erb") == ["unknown-element"]
    assert rules("<Response><% a %>\n% of a < 3\n</Response>", "erb") == ["not-well-formed"]
