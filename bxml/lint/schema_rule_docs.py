"""The pages of the rules that find what the schema does not allow."""

from __future__ import annotations

from typing import Final

_INVALID_VALUE: Final = """\
An attribute or a text has a value that its type does not allow.

Bandwidth does not say for each attribute what a value beyond its limits does; a call that gets BXML which the platform does not
take ends with the cause invalid-bxml. What is allowed is read from the schema. White space around a value that is no free text
does not count, nor does `15.0` for `15` where fractions are allowed, for some SDKs write such numbers.

The message knows what some SDKs write wrongly: `True` for `true`, `INBOUND` for `inbound`, `1,5` for `1.5`. The platform may
take some of these; nothing is published, and the schema is the law, so they are errors, unless a configuration calls them
warnings.

Bad::

    <Response><Gather gatherUrl="https://app.example/menu" maxDigits="51"/></Response>

Bad::

    <Response><SendDtmf>1 2 3</SendDtmf></Response>

Good::

    <Response><Gather gatherUrl="https://app.example/menu" maxDigits="50"/></Response>

Good::

    <Response><SendDtmf>1,2,3</SendDtmf></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_ILLEGAL_CHARACTER: Final = """\
The text holds a character that XML cannot carry.

Most control characters may not stand in any XML document, not even escaped, so that nothing of the document is read, and the
call ends. They come with text from elsewhere, such as a caller's name out of a database: take them out there. Half of a
surrogate pair, which is no character on its own, is refused in the same way.

The first example holds a vertical tab, U+000B, between its two words, which few editors show.

Bad::

    <Response><SpeakSentence>Hello\x0bworld.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence>Hello world.</SpeakSentence></Response>

Source: https://www.w3.org/TR/xml/#charsets
"""

_BLANK_TEXT: Final = """\
A SpeakSentence holds nothing to say.

There must be text to speak; Bandwidth's page of the verb asks for it, and does not say what the call does without. Such a
sentence mostly comes from a template whose variable was empty. Elements of SSML count as content, so that a `break` alone is
not blank.

Bad::

    <Response><SpeakSentence> </SpeakSentence></Response>

Good::

    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

_UNKNOWN_ATTRIBUTE: Final = """\
An attribute is none that its element has.

Nobody has published what the platform does with such an attribute: at best it is ignored, which means that what was wanted does
not happen, and at worst the whole document is invalid. Mostly it is a slip, in which upper and lower case count, or a name from
elsewhere: from TwiML, from the first generation of BXML, or from an SDK that misspells it. The message says what is meant.

An attribute that is newer than this package can be allowed by its name in the settings. Namespace declarations with a prefix
are allowed, since nothing reads them.

Bad::

    <Response><Gather gatherUrl="https://app.example/menu" numDigits="4"/></Response>

Good::

    <Response><Gather gatherUrl="https://app.example/menu" maxDigits="4"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_MISSING_ATTRIBUTE: Final = """\
An element lacks an attribute that it needs.

Without it the verb cannot do its work: a Redirect has nowhere to go, a StartStream nobody to send audio to. Some SDKs let it be
left out all the same, and write a document that is not valid.

Bad::

    <Response><Redirect/></Response>

Good::

    <Response><Redirect redirectUrl="https://app.example/menu"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/redirect
"""

_UNKNOWN_ELEMENT: Final = """\
An element is none of BXML.

A document with an element that the platform does not know counts as invalid BXML, which ends the call. Upper and lower case
count. An element of TwiML is answered with what it is called here, if there is such a thing.

Bad::

    <Response><Say>Hello.</Say></Response>

Good::

    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_UNKNOWN_ROOT: Final = """\
The root of the document is none that BXML has.

A document is a Response if it answers a request, and may be a Bxml as well if it is sent into a live call. Either is accepted
in both places. Anything else is no document of BXML, also a lone verb: the page of an error, in HTML, that a server sent in its
place is what this mostly finds.

Bad::

    <html><body>Internal Server Error</body></html>

Good::

    <Response><Hangup/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_MISPLACED: Final = """\
An element or a text stands where it may not stand.

The element exists, but not in this place: a Gather, for one, holds nothing but SpeakSentence and PlayAudio. Such a document is
not valid BXML, which ends the call. Text is misplaced wherever only elements may stand, also a stray letter between two
verbs, or white space in an element that has to stay empty.

Bad::

    <Response><Gather gatherUrl="https://app.example/menu"><Pause/></Gather></Response>

Good::

    <Response><Pause/><Gather gatherUrl="https://app.example/menu"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_TOO_FEW_CHILDREN: Final = """\
An element holds fewer elements than it needs.

A Transfer needs somebody to call, a Refer the address to refer to, and a Connect an endpoint. Mostly the list of numbers from
which the document was made was empty.

Bad::

    <Response><Transfer/></Response>

Good::

    <Response><Transfer><PhoneNumber>+19195551234</PhoneNumber></Transfer></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

_TOO_MANY_CHILDREN: Final = """\
An element holds more elements than it takes.

A Transfer rings at most eight parties at once, a Refer has exactly one address, and a StartStream or StartTranscription
takes twelve parameters. What the platform does with more is not published.

Bad::

    <Response><Refer><SipUri>sip:a@pbx.example</SipUri><SipUri>sip:b@pbx.example</SipUri></Refer></Response>

Good::

    <Response><Refer><SipUri>sip:a@pbx.example</SipUri></Refer></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer
"""

_DOCUMENT_SIZE: Final = """\
The document is larger than the platform takes.

The limit is 64 KB for the whole document in UTF-8, with its declaration; the first generation of BXML had 16 KB. Nothing
else is looked at in a document above it. Play a file in place of very long speech, or go on with a Redirect to a second
document.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_NESTING_DEPTH: Final = """\
Elements are nested more deeply than any document needs.

This is not a limit of BXML but one of this package, which follows a hundred levels, so that a text made to exhaust the memory
cannot. Beyond three levels only SSML can be nested, and hardly ever is.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

_UNCHECKED_ATTRIBUTE: Final = """\
An attribute was given as extra, and so is not checked.

In Python an attribute that is newer than this package can be written all the same: `Gather(extra={"newAttribute": "x"})`. It
goes into the document as it is, which may be what the platform expects, or not. This is a warning, so that it is not forgotten
there when a release of this package knows the attribute; a text has no such thing, for which reason there is no example.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_AGAINST_SCHEMA: Final = """\
The schema does not allow the document, and nothing more is known.

The verdict on a document is that of libxml2 and the schema, while the sentences about it come from this package's own
reading of the same schema. This is said if the two ever differ. No document is known for which they do; please report one that
you find.

Source: https://www.w3.org/TR/xmlschema-1/
"""

_NOT_WELL_FORMED: Final = """\
The text is not well-formed XML.

Not a verb of such a text is run: the call ends with the cause invalid-bxml. Mostly text was put into a template unescaped,
where `&` has to be `&amp;` and `<` to be `&lt;`. The place is that of the first mistake, behind which nothing can be read, so
that there may be more of them.

Bad::

    <Response><SpeakSentence>Salt & pepper.</SpeakSentence></Response>

Bad::

    <Response><Hangup></Response>

Good::

    <Response><SpeakSentence>Salt &amp; pepper.</SpeakSentence></Response>

Source: https://www.w3.org/TR/xml/#sec-well-formed
"""

_ENCODING: Final = """\
The text is not in UTF-8, or says of itself that it is not.

BXML is UTF-8. A document that declares another encoding is read wrongly wherever the platform does not believe it, and all its
letters but those of English become others. The case of the name does not matter, and the declaration may be left out.

Bad::

    <?xml version="1.0" encoding="ISO-8859-1"?>
    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Good::

    <?xml version="1.0" encoding="UTF-8"?>
    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

_DOCTYPE: Final = """\
The document has a document type.

BXML has none, and nothing is published about what the platform does with one. A document type can have files read and memory
filled wherever a document is parsed, so this package stops there, and looks at nothing behind it.

Bad::

    <!DOCTYPE Response SYSTEM "bxml.dtd">
    <Response><Hangup/></Response>

Good::

    <Response><Hangup/></Response>

Source: https://www.w3.org/TR/xml/#dt-doctype
"""

_UNUSED_SUPPRESSION: Final = """\
A comment leaves out a problem that is not there.

A comment `bxml: ignore` with the names of rules has their problems left out in the next element, and in all that it holds. One
that leaves out nothing stayed behind when its reason was gone, or names a rule that does not exist, or stands where no element
follows. It is a warning, because comments do nothing to a call; but the next problem of the kind would go unseen.

Bad::

    <Response>
      <!-- bxml: ignore unknown-voice -->
      <SpeakSentence voice="susan">Hello.</SpeakSentence>
    </Response>

Good::

    <Response>
      <!-- bxml: ignore unknown-voice -->
      <SpeakSentence voice="brand-new">Hello.</SpeakSentence>
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
}
"""By the name of the rule."""
