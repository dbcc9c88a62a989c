"""Strategy for strings that XML allows, including strings that break markup if they are not escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

AWKWARD: Final = (
    "<",
    "&",
    "None",
    "</SpeakSentence><Transfer><PhoneNumber>+12125550199</PhoneNumber></Transfer><SpeakSentence>",
    "</Tag><Hangup/><Tag>",
    "a <b then c> d",
    "<break time='1s'/>",
    "AT&T",
    "&lt;Hangup/&gt;",
    "&amp;amp;",
    "&#60;",
    "&nbsp;",
    "\"double\" and 'single'",
    '" tag="x',
    "]]>",
    "<![CDATA[<Hangup/>]]>",
    "<!-- not a comment -->",
    "<?pi?>",
    "\r\n",
    "one\rtwo\nthree\tfour",
    "  spaces  at  the  ends  ",
    "\N{NO-BREAK SPACE}\N{NEXT LINE}\N{LINE SEPARATOR}",
    "\N{ZERO WIDTH NO-BREAK SPACE}",
    "\N{GRINNING FACE} \N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E}",
    "שלום \N{RIGHT-TO-LEFT OVERRIDE}",
    "e\N{COMBINING ACUTE ACCENT} is not é",
    "\N{DELETE}\x80\x9f",
    "{text} %s $x ${y}",
    "",
)
"""Strings that break markup if they are not escaped, or that parsers and terminals treat specially."""

CHARACTERS: Final = st.characters(
    exclude_categories=["Cs"],
    exclude_characters=[chr(code) for code in {*range(0x20), 0xFFFE, 0xFFFF} - {0x9, 0xA, 0xD}],
)
"""Every character that XML allows."""

_ORDINARY: Final = st.text(CHARACTERS, max_size=20)
_AWKWARD: Final = st.sampled_from(AWKWARD)
_TEXTS: Final = _ORDINARY | _AWKWARD | st.builds("{}{}{}".format, _ORDINARY, _AWKWARD, _ORDINARY)


def texts() -> SearchStrategy[str]:
    """Return a strategy for strings that XML allows, for example for the words of a caller.

    Many of the strings contain ``<``, ``&``, markup, quotation marks, white space, or characters that few programs expect.
    """
    return _TEXTS
