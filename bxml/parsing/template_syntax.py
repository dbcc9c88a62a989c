"""Syntax of template languages: it finds the tags of a template, and masks them so that the rest can be parsed as XML.

A masked template has the same number of characters and the same lines as the template, so every position is valid for both.
An expression, such as ``{{ name }}``, becomes a word of rare letters. A statement or a comment becomes spaces.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from bxml.parsing.template_languages import FILE_EXTENSIONS, Language

Kind = Literal["output", "opening", "middle", "closing", "silent"]
"""The role of a tag: it prints something, or begins, divides or ends a block, or prints nothing."""

Context = Literal["text", "tag", "value", "comment", "hidden"]
"""The part of the document that contains a tag; ``hidden`` is a branch that is not checked."""


class Tag(NamedTuple):
    """A tag of a template; the end is exclusive."""

    start: int
    end: int
    kind: Kind
    is_statement: bool
    """True if the tag is a statement or a comment, such as ``{% if %}``; false for an expression, such as ``{{ name }}``."""
    moves_content: bool = False
    """True if the tag begins a block whose content is the argument of a function, which can print it in another element."""


class MaskedTag(NamedTuple):
    """A tag, and the part of the document that contains it."""

    tag: Tag
    context: Context


class Masked(NamedTuple):
    """A template in which every tag is replaced."""

    text: str
    tags: list[MaskedTag]


class _Form(NamedTuple):
    """One form of tags in a language."""

    opener: str
    """The string at the beginning of a tag."""
    closer: str
    """The string at the end of a tag."""
    body: Callable[[str, int], re.Match[str] | None] | None
    """Function that matches a whole tag; ``None`` if the first ``closer`` ends the tag, even in a string."""
    kind: Callable[[str], Kind]
    """Function that returns the kind of a tag with a given text."""
    is_statement: bool = True


def _always(kind: Kind) -> Callable[[str], Kind]:
    return lambda _: kind


_STRINGS: Final = r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'"
_JINJA_EXPRESSION: Final = re.compile(rf"\{{\{{(?:[^\"'}}]|{_STRINGS}|\}}(?!\}}))*+\}}\}}", re.DOTALL).match
_JINJA_STATEMENT: Final = re.compile(rf"\{{%(?:[^\"'%]|{_STRINGS}|%(?!\}}))*+%\}}", re.DOTALL).match
_PHP: Final = re.compile(
    # Comments come first, because an apostrophe in a comment does not begin a string. "?>" ends a one-line comment.
    rf"<\?(?:/\*(?:[^*]|\*(?!/))*+\*/|(?://|\#)(?:[^\n?]|\?(?!>))*+|[^\"'?/\#]|{_STRINGS}|\?(?!>)|/(?![/*]))*+\?>",
    re.DOTALL,
).match

_WORD: Final = re.compile(r"\W*(\w*)").match
_NOT_PRINTING: Final = frozenset(
    {"assign", "break", "continue", "decrement", "do", "extends", "from", "import", "increment", "layout", "load", "set", "use"}
)
_JINJA_MIDDLE: Final = frozenset({"elif", "else", "elseif", "elsif", "empty", "plural", "pluralize", "when"})


def _jinja_statement(tag: str) -> Kind:
    word = _first_word(tag)
    if word in _JINJA_MIDDLE:
        return "middle"
    if word.startswith("end"):
        return "closing"
    return "silent" if word in _NOT_PRINTING else "output"


def _first_word(tag: str) -> str:
    found = _WORD(tag)
    assert found, "the expression matches an empty string"
    return found[1]


def _handlebars(tag: str) -> Kind:
    content = tag.strip("{}~").lstrip()
    if content.startswith(("#", "^")) and content.strip("^ "):
        return "opening"
    if content.startswith("/"):
        return "closing"
    return "middle" if content == "^" or _first_word(content) == "else" else "output"


_CLOSES: Final = re.compile(
    r"(?:\s*+(?:break|continue|die|exit|return)\b[^;{}]*+;)*+[\s;]*+(?:\}|end(?:if|for|foreach|while|switch)?\b)"
)
_GOES_ON: Final = re.compile(r"\s*+\}?\s*+(?:else|elsif|elseif|when|in|case|default|rescue|ensure)\b")
_OPENS: Final = re.compile(r"\s*+(?:if|unless|case|switch|while|until|for|foreach|begin)\b")
_OPENS_AT_END: Final = re.compile(r"(?:\bdo(?:\s*\|[^|]*\|)?|\{(?:\s*\|[^|]*\|)?|:)\s*\Z")
_PRINTS: Final = re.compile(r"\b(?:echo|print|printf|include|require|include_once|require_once|concat|render|yield)\b")


def _code(tag: str) -> Kind:
    """Return the kind of a tag with program code: Ruby, JavaScript or PHP."""
    content = tag.removeprefix("<?php").removeprefix("<%").removesuffix("?>").removesuffix("%>").strip("-")
    # The end is searched on its own and is short, so that a long tag takes little time.
    opens_at_end = _OPENS_AT_END.search(content[-200:]) is not None
    if _GOES_ON.match(content) and not _is_first_case(content):
        return "middle"
    if _CLOSES.match(content) and not opens_at_end:
        return "closing"
    # A semicolon ends a condition that has no block: <?php if ($open) greet(); ?>.
    if opens_at_end or (_OPENS.match(content) and not content.rstrip().endswith(";")):
        return "opening"
    return "output" if _PRINTS.search(content) else "silent"


def _output_or_block(tag: str) -> Kind:
    """Return the kind of a tag such as ``<%= name %>``, or of ``<%= name do %>``, which begins a block."""
    return "opening" if _OPENS_AT_END.search(tag[-200:].removesuffix("%>").rstrip("-_")) else "output"


def _code_or_output(tag: str) -> Kind:
    """Return the kind of a tag such as ``<%- name %>``: a statement in ERB, and an output in EJS."""
    kind = _code(tag)
    return "output" if kind == "silent" else kind


_PHP_COMMENT: Final = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|(?://|#)[^\n]*+")


def _php_code(tag: str) -> Kind:
    """Return the kind of a tag with PHP code; each call, such as ``the_title()``, can print something."""
    kind = _code(tag)
    return "output" if kind == "silent" and "(" in _PHP_COMMENT.sub("", tag) else kind


def _is_first_case(content: str) -> bool:
    """Return whether a Ruby ``case x`` begins a block; in PHP and JavaScript, ``case x:`` divides a block."""
    return _first_word(content) == "case" and not content.rstrip().endswith(":")


_ERB_LINE: Final = re.compile(r"%[^\r\n]*+").match


def _erb_line(line: str) -> Kind:
    return _code(f"<{line}%>")


_FORMS: Final[Mapping[Language, tuple[_Form, ...]]] = {
    # A longer opener comes before a shorter one that it begins with.
    "jinja": (
        _Form("{{", "}}", _JINJA_EXPRESSION, _always("output"), is_statement=False),
        _Form("{%", "%}", _JINJA_STATEMENT, _jinja_statement),
        _Form("{#", "#}", None, _always("silent")),
    ),
    "handlebars": (
        _Form("{{!--", "--}}", None, _always("silent")),
        _Form("{{!", "}}", None, _always("silent")),
        _Form("{{{{", "}}}}", None, _handlebars),
        _Form("{{{", "}}}", None, _always("output")),
        _Form("{{#", "}}", None, _handlebars),
        _Form("{{~#", "}}", None, _handlebars),
        _Form("{{/", "}}", None, _handlebars),
        _Form("{{~/", "}}", None, _handlebars),
        _Form("{{^", "}}", None, _handlebars),
        _Form("{{~^", "}}", None, _handlebars),
        _Form("{{>", "}}", None, _handlebars),
        _Form("{{else", "}}", None, _handlebars),
        _Form("{{", "}}", None, _handlebars, is_statement=False),
    ),
    "erb": (
        _Form("<%#", "%>", None, _always("silent")),
        _Form("<%=", "%>", None, _output_or_block),
        _Form("<%-", "%>", None, _code_or_output),
        _Form("<%", "%>", None, _code),
        _Form("%", "\n", _ERB_LINE, _erb_line),
    ),
    "php": (
        _Form("<?=", "?>", _PHP, _always("output")),
        _Form("<?php", "?>", _PHP, _php_code),
    ),
}
_OPENERS: Final[Mapping[Language, re.Pattern[str]]] = {
    "jinja": re.compile(r"\{[{%#]"),
    "handlebars": re.compile(r"(?<!\\)\{\{(?:!--|!|\{\{|\{|~?[#/^]|>|else\b|)"),
    # In the trim mode "%", a line that begins with "%" is code. Only lines with a keyword count, because most templates have
    # another mode.
    "erb": re.compile(
        r"<%(?!%)[#=-]?|^%(?=\s*(?:if|unless|else|elsif|end|case|when|while|until|for|begin|[\w.@]++ do)\b)", re.MULTILINE
    ),
    "php": re.compile(r"<\?(?:=|php\b)"),
}

_UNCHECKED_BLOCKS: Final[Mapping[str, re.Pattern[str]]] = {
    "raw": re.compile(r"\{%[-+~]?\s*endraw\b"),
    "verbatim": re.compile(r"\{%[-+~]?\s*endverbatim\b"),
    "comment": re.compile(r"\{%[-+~]?\s*endcomment\b"),
}
"""The beginning of the end tag of each Jinja block whose content has no tags, by the name of the block."""


def language_of(text: str, name: str = "") -> Language | None:
    """Return the language of a template, or ``None`` if the text has no tags.

    Args:
        text: The template.
        name: The file name, whose extension can show the language.
    """
    if is_named_as_template(name):
        return FILE_EXTENSIONS[_extension(name)]
    if "<?php" in text or "<?=" in text:
        return "php"
    if "<%" in text:
        return "erb"
    if "{%" in text:
        return "jinja"
    if _HANDLEBARS(text):
        return "handlebars"
    return "jinja" if "{{" in text or "{#" in text else None


def is_named_as_template(name: str) -> bool:
    """Return whether a file name has the extension of a template language."""
    return _extension(name) in FILE_EXTENSIONS


def _extension(name: str) -> str:
    return name[name.rfind(".") :].lower()


_HANDLEBARS: Final = re.compile(r"\{\{(?:[{#/^>!]|~[#/^]|else\b)").search


def tags(text: str, language: Language) -> list[Tag]:
    """Return the tags of a template, in the order of their places."""
    found = list(_tags(text, language))
    if language == "jinja":
        _find_blocks(text, found)
    moves_content = _MOVES_CONTENT[language]
    return [
        tag._replace(moves_content=True) if tag.kind == "opening" and moves_content(text[tag.start : tag.end]) else tag
        for tag in found
    ]


def _find_blocks(text: str, found: list[Tag]) -> None:
    """Change the kind of the tags of Jinja that begin a block."""
    # A word begins a block if another tag ends it: {% block %} by {% endblock %}. Words such as set and block also have a form
    # without an end, so each end belongs to the nearest beginning.
    waiting: list[int] = []
    numbers = Counter[str]()
    for number, tag in enumerate(found):
        written = text[tag.start : tag.end]
        if not tag.is_statement or tag.kind == "middle" or _ASSIGNMENT(written):
            continue
        word = _first_word(written)
        if tag.kind != "closing":
            waiting.append(number)
            numbers[f"end{word}"] += 1
        while tag.kind == "closing" and numbers[word]:
            opening = waiting.pop()
            end = f"end{_first_word(text[found[opening].start : found[opening].end])}"
            numbers[end] -= 1
            if end == word:
                found[opening] = found[opening]._replace(kind="opening")
                break


_ASSIGNMENT: Final = re.compile(r"\{%[-+~]?\s*set\s[\w\s.,()]+=").match
"""Matches a tag such as ``{% set name = value %}``, which begins no block."""


_MOVES_CONTENT: Final[Mapping[Language, Callable[[str], re.Match[str] | None]]] = {
    "jinja": re.compile(
        r"\{%[-+~]?\s*+(?!(?:async(?:All|Each)|autoescape|block|blocktrans|blocktranslate|cache|case|for|if\w*|language|localize"
        r"|sandbox|spaceless|switch|tablerow|trans|unless|with)\b)"
    ).match,
    "handlebars": re.compile(r"\{\{~?#>|\{\{~?#(?!\s*(?:each|if|unless|with)\b)\s*[^\s~}]+(?!\s+as\b)[\s~}]").match,
    "erb": re.compile("<%=").match,
    "php": re.compile(r"(?!)").match,
}
"""The function of each language that matches a tag whose block can be printed in another place."""


def _tags(text: str, language: Language) -> Iterator[Tag]:
    place = 0
    careful = True
    while opener := _OPENERS[language].search(text, place):
        form = next(form for form in _FORMS[language] if form.opener == opener[0])
        body = form.body(text, opener.start()) if form.body and careful else None
        # After one unclosed string the first closer ends a tag, so that no later tag is searched to the end of the document.
        careful = careful and (form.body is None or body is not None)
        end = body.end() if body else _after(text, form.closer, opener.end())
        if end is None and language != "php":
            return  # no tag of this form ends after this place
        # The last tag of a PHP file may be unclosed.
        end = len(text) if end is None else end
        content = text[opener.start() : end]
        tag = Tag(opener.start(), end, form.kind(content), form.is_statement)
        block = _UNCHECKED_BLOCKS.get(_first_word(content)) if opener[0] == "{%" else None
        closing = block.search(text, end) if block else None
        if closing and _first_word(content) == "comment":
            tag = tag._replace(end=_after(text, "%}", closing.end()) or len(text), kind="silent")
        yield tag
        place = max(tag.end, closing.start()) if closing else tag.end


def _after(text: str, closer: str, start: int) -> int | None:
    place = text.find(closer, start)
    return None if place < 0 else place + len(closer)


DIGITS: Final = "\u3021\u3022\u3023\u3024"
"""The letters that replace an expression. They are allowed in names, values and texts, and no document contains them."""


class Part:
    """A part of a template that is checked on its own: a definition, or everything outside of definitions.

    Args:
        template: The template.
        start: The index of the first character of the part.
        is_definition: True if the part is the content of a definition.
    """

    def __init__(self, template: str, start: int, *, is_definition: bool) -> None:
        self.is_definition = is_definition
        self.tags: list[Tag] = []
        """The tags of the part, with their places in :attr:`text`."""
        self._template = template
        self._pieces: list[str] = []
        self._length = 0
        # For each range of the part without definitions: the index of its first character in the part and in the template.
        self._starts = [0]
        self._places = [start]

    @property
    def text(self) -> str:
        """The text of the part, with a space instead of each definition in it."""
        return "".join(self._pieces)

    def place(self, index: int) -> int:
        """Convert the index of a character in the part to the index of the same character in the template."""
        number = bisect_right(self._starts, index) - 1
        return self._places[number] + index - self._starts[number]

    def extend(self, end: int) -> None:
        """Add the text of the template up to an index."""
        piece = self._template[self.place(self._length) : end]
        self._pieces.append(piece)
        self._length += len(piece)

    def add(self, tag: Tag) -> None:
        """Add a tag and the text before it."""
        self.extend(tag.start)
        self.tags.append(tag._replace(start=self._length, end=self._length + tag.end - tag.start))
        self.extend(tag.end)

    def skip(self, end: int) -> None:
        """Add a space that stands for the definition from the current end of the part to an index of the template."""
        # The space is a tag, so that no fix deletes the definition.
        self.tags.append(Tag(self._length, self._length + 1, "silent", is_statement=True))
        self._places += self.place(self._length), end
        self._starts += self._length, self._length + 1
        self._pieces.append(" ")
        self._length += 1


def parts(text: str, found: Sequence[Tag], language: Language) -> Iterator[Part]:
    """Yield the template without its definitions, and the content of each definition, such as a macro.

    Args:
        text: The template.
        found: Its tags, as returned by :func:`tags`.
        language: The language of the template.
    """
    definitions = {*_definitions(text, found, language)}
    openings, closings = ({numbers[end] for numbers in definitions} for end in (0, 1))
    open_ = [Part(text, 0, is_definition=False)]
    for number, tag in enumerate(found):
        if number in openings:
            open_[-1].extend(tag.start)
            open_.append(Part(text, tag.end, is_definition=True))
        elif number in closings:
            definition = open_.pop()
            definition.extend(tag.start)
            open_[-1].skip(tag.end)
            yield definition
        else:
            open_[-1].add(tag)
    open_[0].extend(len(text))
    yield open_[0]


def _definitions(text: str, found: Sequence[Tag], language: Language) -> Iterator[tuple[int, int]]:
    """Yield the indexes of the first and the last tag of each definition."""
    open_: list[int] = []
    for number, tag in enumerate(found):
        if tag.kind == "opening":
            open_.append(number)
        elif tag.kind == "closing" and open_:
            opening = found[open_[-1]]
            if _DEFINES[language](text[opening.start : opening.end]):
                yield open_[-1], number
            open_.pop()


_DEFINES: Final[Mapping[Language, Callable[[str], re.Match[str] | None]]] = {
    "jinja": re.compile(r"\{%[-+~]?\s*(?:macro|set|capture)\b").match,
    "handlebars": re.compile(r"\{\{~?#\s*\*").match,
    "erb": re.compile(r"<%-?\s*(?:(?:@?\w+|(?:const|let|var)\s+\w+)\s*=[^=>]|(?:content_for|function)\b)").match,
    "php": re.compile(r"<\?php\s+(?:function\s+\w|\$\w+\s*=\s*function\b)").match,
}
"""The function of each language that matches the tags of definitions; a matched tag counts only if it begins a block."""


_MASKED_WORD: Final = re.compile(f"[{DIGITS}]+")
_LINE_END: Final = re.compile(r"[^\r\n]")
_NAME_END: Final = re.compile(r"[\w.:-]").match


def without_masks(message: str) -> str:
    """Return a message in which every masked expression is replaced by ``…``."""
    return _MASKED_WORD.sub("…", message)


def mask(
    text: str, found: Sequence[Tag], *, first_branches: bool = False, hidden_blocks: Container[int] = frozenset()
) -> Masked:
    """Replace the tags of a template.

    Args:
        text: The template.
        found: Its tags, as returned by :func:`tags`.
        first_branches: True to hide all branches of a condition except the first. In a start tag these branches are always
            hidden, because they often set the same attribute.
        hidden_blocks: The places of the tags that begin the blocks to hide.
    """
    pieces: list[str] = []
    masked: list[MaskedTag] = []
    numbers: dict[str, int] = {}
    where = _Context()
    depth = place = 0
    contexts: list[Context] = ["text"]  # the part of the document in which each open block begins
    opened = False  # true if the last tag begins a block, or its first branch
    hidden: int | None = None  # the depth of the block whose current branch is hidden
    for tag in found:
        literal = text[place : tag.start]
        if hidden is None:
            where.read(literal)
        # An expression can be a part of a character reference, such as &#{{ code }};.
        pieces.append(_REFERENCE.sub(_masked_letters, literal) if hidden is None else _blank(literal))
        begins_hidden_block = False
        if tag.kind == "opening":
            depth += 1
            contexts.append(where.name)
            begins_hidden_block = hidden is None and tag.start in hidden_blocks
        elif tag.kind == "closing":
            hidden = None if hidden == depth else hidden
            depth = max(0, depth - 1)
            del contexts[depth + 1 :]
        elif tag.kind == "middle" and hidden is None and depth and (first_branches or "tag" in {where.name, contexts[-1]}):
            # Nothing comes before the first branch of {% case a %}{% when 1 %}.
            is_first = literal.isspace() or not literal
            hidden = None if is_first and opened else depth
        opened = tag.kind == "opening" or (opened and tag.kind == "middle" and hidden is None)
        context: Context = where.name if hidden is None else "hidden"
        written = text[tag.start : tag.end]
        number = numbers.setdefault(written, len(numbers))
        is_word = tag.kind == "output" and hidden is None
        pieces.append(_filled(text, tag, context, number) if is_word else _blank(written))
        masked.append(MaskedTag(tag, context))
        # The first tag of a hidden block is not hidden, because it shows that the block can insert something.
        hidden = depth if begins_hidden_block else hidden
        place = tag.end
    literal = text[place:]
    pieces.append(literal if hidden is None else _blank(literal))
    return Masked(_without_late_declaration(_without_words_around("".join(pieces)), found), masked)


def with_words(text: str, found: Sequence[MaskedTag]) -> str:
    """Return a template with a word of the same length instead of each tag, also in branches that are not checked."""
    pieces: list[str] = []
    place = 0
    for tag, context in found:
        word = _word(text[tag.start : tag.end], 0)
        is_value = context == "tag" and text[tag.start - 1 : tag.start] == "="
        pieces += text[place : tag.start], f'"{word[1:-1]}"' if is_value else word
        place = tag.end
    return "".join((*pieces, text[place:]))


_REFERENCE: Final = re.compile(r"&#?\w{0,10}\Z")


def _masked_letters(found: re.Match[str]) -> str:
    return DIGITS[0] * len(found[0])


def _blank(text: str) -> str:
    return _LINE_END.sub(" ", text)


def _filled(text: str, tag: Tag, context: Context, number: int) -> str:
    """Return the replacement of an expression; in a tag, the replacement depends on the characters around the expression."""
    written = text[tag.start : tag.end]
    if context != "tag":
        return _word(written, number)
    before = text[max(0, tag.start - 2) : tag.start]
    if before.endswith("="):
        return f'"{_word(written[1:-1], number)}"'
    after = text[tag.end : tag.end + 1]
    names = before.endswith("<") or before == "</" or after == "=" or _NAME_END(after)
    return _word(written, number) if names else _blank(written)


def _word(text: str, number: int) -> str:
    """Return a word of the same length; two expressions become the same word if and only if they are equal."""

    def digit(_: re.Match[str]) -> str:
        nonlocal number
        number, rest = divmod(number, len(DIGITS))
        return DIGITS[rest]

    return _LINE_END.sub(digit, text)


def _without_words_around(masked: str) -> str:
    """Return a masked template with spaces instead of expressions before its first tag and after its last tag.

    Such an expression prints nothing, or an XML declaration, or the missing parts of a fragment.
    """
    first = _START_TAG(masked)
    begin = first.start() if first else len(masked)
    end = max(begin, masked.rfind(">"))
    return masked[:begin].translate(_NO_WORDS) + masked[begin:end] + masked[end:].translate(_NO_WORDS)


_START_TAG: Final = re.compile(r"<[^\s!?]").search
_NO_WORDS: Final = dict.fromkeys(map(ord, DIGITS), " ")


def _without_late_declaration(masked: str, found: Sequence[Tag]) -> str:
    """Return a masked template without an XML declaration after tags, because the language may remove the space before it."""
    return without_declaration(masked) if found and masked[: found[0].end].isspace() else masked


def without_declaration(masked: str) -> str:
    """Return a masked template with spaces instead of its XML declaration."""
    declaration = _DECLARATION(masked)
    return masked if declaration is None else _blank(masked[: declaration.end()]) + masked[declaration.end() :]


_DECLARATION: Final = re.compile(r"\s*+<\?xml\s[^>]*>").match


class _Context:
    """The part of an XML document that contains the end of the text that has been read so far."""

    def __init__(self) -> None:
        self._closer = "<"
        """The string that ends the current part; ``"<"`` for text, and ``">"`` for a tag."""

    @property
    def name(self) -> Context:
        """The current part."""
        if self._closer in {'"', "'"}:
            return "value"
        if self._closer == ">":
            return "tag"
        return "comment" if self._closer in {"-->", "?>"} else "text"

    def read(self, text: str) -> None:
        """Continue with the next piece of the document."""
        place = 0
        while place >= 0:
            place = self._step(text, place)

    def _step(self, text: str, place: int) -> int:
        """Read up to the end of the current part; return the place after that part, or -1 if the text ends first."""
        if self._closer == ">":
            found = _QUOTE_OR_END(text, place)
            if found is None:
                return -1
            self._closer = "<" if found[0] == ">" else found[0]
            return found.end()
        end = text.find(self._closer, place)
        if end < 0:
            return -1
        if self._closer in {'"', "'"}:
            self._closer = ">"
            return end + 1
        if self._closer != "<":
            length = len(self._closer)
            self._closer = "<"
            return end + length
        beginning = next((each for each in _PARTS if text.startswith(each, end)), "<")
        self._closer = _PARTS.get(beginning, ">")
        return end + len(beginning)


_QUOTE_OR_END: Final = re.compile(r"[\"'>]").search
_PARTS: Final = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
