"""The names from TwiML, older BXML and SDKs that have an exact counterpart in BXML. A fix can replace them.

They are extracted from the clauses in :mod:`bxml.messages.foreign_names`. These clauses also name counterparts that are only
similar.
"""

from __future__ import annotations

import re
from typing import Final

from bxml.messages.foreign_names import (
    CONTENT,
    FIRST_GENERATION_ATTRIBUTES,
    SDK_ATTRIBUTES,
    TWIML_ATTRIBUTES,
    TWIML_ELEMENTS,
)

_SIMILAR_ATTRIBUTES: Final = frozenset(
    {
        # TwiML's statusCallbackEvent selects the events; BXML sends other events.
        "Conference/@statusCallback",
        "Conference/@statusCallbackMethod",
        "PhoneNumber/@statusCallback",
        "PhoneNumber/@statusCallbackMethod",
        "SipUri/@statusCallback",
        "SipUri/@statusCallbackMethod",
        # Two words in TwiML, a boolean in BXML.
        "StartRecording/@channels",
        # The language in TwiML; the languages to choose from in BXML.
        "StartTranscription/@languageCode",
    }
)
"""The attributes of TwiML for which BXML has one counterpart, but with a different meaning."""

_SIMILAR_ELEMENTS: Final = frozenset({"Recording", "Stream", "Transcription"})
"""The elements of TwiML for which BXML has one counterpart, but in a different place: in TwiML, they are children of Start."""

_one_attribute: Final = re.compile(r"@(\w+)").fullmatch
_renamed: Final = re.compile(r"is @(\w+) now|write @(\w+), which [^@]*").fullmatch
_one_element: Final = re.compile(r"<(\w+)>").fullmatch

ATTRIBUTES: Final[dict[str, str]] = {
    **{
        f"{element}/@{name}": found[1]
        for element, names in TWIML_ATTRIBUTES.items()
        for name, here in names.items()
        if (found := _one_attribute(here)) and f"{element}/@{name}" not in _SIMILAR_ATTRIBUTES
    },
    **{
        path: found[1] or found[2]
        for path, fate in (FIRST_GENERATION_ATTRIBUTES | SDK_ATTRIBUTES).items()
        if (found := _renamed(fate))
    },
}
"""The attributes of BXML, by the paths of foreign attributes with the same meaning, such as ``Gather/@numDigits``."""

ELEMENTS: Final[dict[str, str]] = {
    # Its children decide whether it is a Transfer.
    "Dial": "Transfer",
    **{
        name: found[1]
        for name, here in TWIML_ELEMENTS.items()
        if (found := _one_element(here)) and name not in _SIMILAR_ELEMENTS
    },
}
"""The BXML elements, by the TwiML element with the same meaning: a name, or a path such as ``StartTranscription/Parameter``."""

TEXTS: Final[dict[str, str]] = {
    element: found[1] for element, clause in CONTENT.items() if (found := re.search(r"text is @(\w+) here", clause))
}
"""The attributes of BXML that replace the text of a TwiML element, by the name of the element."""
