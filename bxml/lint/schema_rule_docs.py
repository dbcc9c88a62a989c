"""The documentation of the rules of the schema."""

from __future__ import annotations

from typing import Final

_INVALID_VALUE: Final = """\
Invalid value of an attribute or text.

What it does
Reports a value that the type of the attribute or text does not allow. White space around a value is ignored,
except in free text. Where fractions are allowed, `15.0` is accepted for `15`, because some SDKs write such
numbers.

The message names the fix for values that some SDKs write: `True` instead of `true`, `INBOUND` instead of
`inbound`, or `1,5` instead of `1.5`. The platform may accept some of these values, but Bandwidth does not
document them, so they are errors. A configuration can lower the severity of this rule to `warning`.

Why is this bad?
If a call gets invalid BXML, it ends with the cause `invalid-bxml`. For some attributes Bandwidth does not
document the effect of an out-of-range value.

Example::

    <Response><Gather gatherUrl="https://app.example/menu" maxDigits="51"/></Response>

Example::

    <Response><SendDtmf>1 2 3</SendDtmf></Response>

Use instead::

    <Response><Gather gatherUrl="https://app.example/menu" maxDigits="50"/></Response>

Use instead::

    <Response><SendDtmf>1,2,3</SendDtmf></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_ILLEGAL_CHARACTER: Final = """\
Character that XML does not allow.

What it does
Reports control characters that XML does not allow, even if they are escaped. Also reports half of a surrogate
pair, which is not a character. The example contains a vertical tab, U+000B, between its two words; most
editors do not show it.

Why is this bad?
The platform cannot read any part of such a document, and the call ends. These characters usually come from
other data, such as the name of a caller in a database. Remove them there.

Example::

    <Response><SpeakSentence>Hello\x0bworld.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>Hello world.</SpeakSentence></Response>

Source: https://www.w3.org/TR/xml/#charsets
"""

_BLANK_TEXT: Final = """\
SpeakSentence without text.

What it does
Reports a `SpeakSentence` that is empty or contains only white space. SSML elements count as content, so a
`break` alone is accepted by this rule.

Why is this bad?
Bandwidth's page of `SpeakSentence` requires text, and does not say what happens without text. Usually the
document comes from a template with an empty variable.

Example::

    <Response><SpeakSentence> </SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

_UNKNOWN_ATTRIBUTE: Final = """\
Unknown attribute.

What it does
Reports an attribute that its element does not have. Names are case-sensitive. The message suggests the
correct name for misspellings and for names from TwiML, from the first generation of BXML and from SDKs with
misspelled names.

The configuration can allow an attribute that is newer than this package. Namespace declarations with a prefix
are accepted, because they have no effect.

Why is this bad?
Bandwidth does not document what the platform does with an unknown attribute. At best the platform ignores the
attribute, so the intended effect is missing. At worst the whole document is invalid.

Example::

    <Response><Gather gatherUrl="https://app.example/menu" numDigits="4"/></Response>

Use instead::

    <Response><Gather gatherUrl="https://app.example/menu" maxDigits="4"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_MISSING_ATTRIBUTE: Final = """\
Missing required attribute.

What it does
Reports an element without a required attribute.

Why is this bad?
The verb cannot work without the attribute: a `Redirect` needs a URL to continue with, and a `StartStream`
needs a destination for the audio. Some SDKs allow the attribute to be omitted, and write an invalid document.

Example::

    <Response><Redirect/></Response>

Use instead::

    <Response><Redirect redirectUrl="https://app.example/menu"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/redirect
"""

_UNKNOWN_ELEMENT: Final = """\
Unknown element.

What it does
Reports an element that is not part of BXML. Names are case-sensitive. For an element of TwiML the message
names the BXML element with the same function, if one exists.

Why is this bad?
A document with an unknown element is invalid BXML, which ends the call.

Example::

    <Response><Say>Hello.</Say></Response>

Use instead::

    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_UNKNOWN_ROOT: Final = """\
Unknown root element.

What it does
Reports a document whose root is neither `Response` nor `Bxml`. A response to a request has the root
`Response`. A document that is pushed into a live call may have either root. This rule accepts both roots
everywhere.

Why is this bad?
A document with another root is not BXML. A single verb is not a document either. Usually the document is an
HTML error page that a server sent instead of BXML.

Example::

    <html><body>Internal Server Error</body></html>

Use instead::

    <Response><Hangup/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_MISPLACED: Final = """\
Element or text in the wrong place.

What it does
Reports an element that exists, but is not allowed in its parent: a `Gather`, for example, may contain only
`SpeakSentence` and `PlayAudio`. Also reports text where only elements are allowed, such as a stray letter
between two verbs, and white space in an element that must be empty.

Why is this bad?
Such a document is invalid BXML, which ends the call.

Example::

    <Response><Gather gatherUrl="https://app.example/menu"><Pause/></Gather></Response>

Use instead::

    <Response><Pause/><Gather gatherUrl="https://app.example/menu"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_TOO_FEW_CHILDREN: Final = """\
Too few child elements.

What it does
Reports an element with fewer children than it requires.

Why is this bad?
A `Transfer` requires at least one `PhoneNumber` or `SipUri`, a `Refer` requires a `SipUri`, and a `Connect`
requires an `Endpoint`. Usually the document was generated from an empty list.

Example::

    <Response><Transfer/></Response>

Use instead::

    <Response><Transfer><PhoneNumber>+19195551234</PhoneNumber></Transfer></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

_TOO_MANY_CHILDREN: Final = """\
Too many child elements.

What it does
Reports an element with more children than it allows.

Why is this bad?
A `Transfer` can ring at most eight parties at the same time, a `Refer` has exactly one address, and a
`StartStream` or `StartTranscription` has at most twelve parameters. Bandwidth does not document what the
platform does with more children.

Example::

    <Response><Refer><SipUri>sip:a@pbx.example</SipUri><SipUri>sip:b@pbx.example</SipUri></Refer></Response>

Use instead::

    <Response><Refer><SipUri>sip:a@pbx.example</SipUri></Refer></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer
"""

_DOCUMENT_SIZE: Final = """\
Document that is too large.

What it does
Reports a document larger than 64 KB, measured in UTF-8 with the XML declaration. Nothing else is checked in
such a document.

Why is this bad?
The platform does not accept larger documents. The limit of the first generation of BXML was 16 KB. Replace
very long speech with an audio file, or continue with a second document through `Redirect`.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_NESTING_DEPTH: Final = """\
Elements that are nested too deeply.

What it does
Reports elements that are nested more than 100 levels deep.

Why is this bad?
This is a limit of this package, not of BXML. It prevents a document from exhausting the memory. Only SSML
elements can be nested below the third level, and documents rarely nest them so deeply.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

_UNCHECKED_ATTRIBUTE: Final = """\
Unchecked attribute that was given as extra.

What it does
Reports an attribute that a Python program gave as `extra`, such as `Gather(extra={"newAttribute": "x"})`.
`extra` is for attributes that are newer than this package. It exists only in Python, so this page has no
example.

Why is this bad?
The attribute is written unchanged, and may not be what the platform expects. The warning is a reminder to use
the normal argument when a release of this package adds the attribute.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_AGAINST_SCHEMA: Final = """\
Invalid document without a known cause.

What it does
Reports a document that libxml2 rejects, but in which this package finds no other problem. libxml2 decides
whether a document is valid. To write the messages, this package reads the same schema itself.

Why is this bad?
The document is invalid BXML. This should not occur: please report the document if it does.

Source: https://www.w3.org/TR/xmlschema-1/
"""

_NOT_WELL_FORMED: Final = """\
Malformed XML.

What it does
Reports the first syntax error of a document that is not well-formed XML. Nothing after the error can be read,
so the document may contain more errors.

Why is this bad?
The platform runs no verb of such a document: the call ends with the cause `invalid-bxml`. Usually text was
put into a template without escaping: `&` must be written as `&amp;` and `<` as `&lt;`.

Example::

    <Response><SpeakSentence>Salt & pepper.</SpeakSentence></Response>

Example::

    <Response><Hangup></Response>

Use instead::

    <Response><SpeakSentence>Salt &amp; pepper.</SpeakSentence></Response>

Source: https://www.w3.org/TR/xml/#sec-well-formed
"""

_ENCODING: Final = """\
Encoding other than UTF-8.

What it does
Reports a document that is not encoded in UTF-8, or that declares another encoding. The name of the encoding
is not case-sensitive, and the declaration is optional.

Why is this bad?
BXML is UTF-8. If the platform ignores the declaration, it reads every character outside ASCII incorrectly.

Example::

    <?xml version="1.0" encoding="ISO-8859-1"?>
    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Use instead::

    <?xml version="1.0" encoding="UTF-8"?>
    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_DOCTYPE: Final = """\
DOCTYPE in a document.

What it does
Reports a DOCTYPE. Nothing after it is checked.

Why is this bad?
BXML has no DOCTYPE, and Bandwidth does not document what the platform does with a DOCTYPE. A DOCTYPE can make
a parser read files or exhaust the memory, so this package stops reading there.

Example::

    <!DOCTYPE Response SYSTEM "bxml.dtd">
    <Response><Hangup/></Response>

Use instead::

    <Response><Hangup/></Response>

Source: https://www.w3.org/TR/xml/#dt-doctype
"""

_UNUSED_SUPPRESSION: Final = """\
Suppression without effect.

What it does
Reports a comment `bxml: ignore` that suppresses no problem, names an unknown rule, or has no element after
it. A comment of this form suppresses the named rules in the next element and in everything inside that
element.

Why is this bad?
The suppression is obsolete, and would hide a new problem of the same rule. Comments have no effect on a call,
so this is a warning.

Example::

    <Response>
      <!-- bxml: ignore unknown-voice -->
      <SpeakSentence voice="susan">Hello.</SpeakSentence>
    </Response>

Use instead::

    <Response>
      <!-- bxml: ignore unknown-voice -->
      <SpeakSentence voice="brand-new">Hello.</SpeakSentence>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_TEMPLATE: Final = """\
Template instead of BXML.

What it does
Reports a file that contains tags of Jinja, ERB, Handlebars or PHP where BXML does not allow them. All other
problems of the file are hidden. Text such as `{{ name }}` in speech is valid BXML, so another rule reports it:
`leftover-placeholder`, or `processing-instruction` for PHP.

Why is this bad?
The platform does not run templates. If the file is sent as it is, the call ends with the cause `invalid-bxml`.
If your application renders the file first, check the rendered document, or check the template with
`bxml validate --template auto`.

Example::

    <Response>
      {% if is_open %}
      <Transfer><PhoneNumber>{{ number }}</PhoneNumber></Transfer>
      {% endif %}
    </Response>

Use instead::

    <Response>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

PAGES: Final[dict[str, str]] = {
    "invalid-value": _INVALID_VALUE,
    "illegal-character": _ILLEGAL_CHARACTER,
    "blank-text": _BLANK_TEXT,
    "unknown-attribute": _UNKNOWN_ATTRIBUTE,
    "missing-attribute": _MISSING_ATTRIBUTE,
    "unknown-element": _UNKNOWN_ELEMENT,
    "unknown-root": _UNKNOWN_ROOT,
    "misplaced": _MISPLACED,
    "too-few-children": _TOO_FEW_CHILDREN,
    "too-many-children": _TOO_MANY_CHILDREN,
    "document-size": _DOCUMENT_SIZE,
    "nesting-depth": _NESTING_DEPTH,
    "unchecked-attribute": _UNCHECKED_ATTRIBUTE,
    "against-schema": _AGAINST_SCHEMA,
    "not-well-formed": _NOT_WELL_FORMED,
    "encoding": _ENCODING,
    "doctype": _DOCTYPE,
    "unused-suppression": _UNUSED_SUPPRESSION,
    "template": _TEMPLATE,
}
"""The documentation of each rule of the schema, by the name of the rule."""
