"""Strategy for responses of applications to webhooks: valid documents, invalid documents, empty responses and errors."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bxml import schema, validate
from bxml.strategies import documents, texts
from callcontrol.http_messages import Headers, Reply
from callcontrol.webhooks import CONTENT_TYPE

ResponseKind = Literal["document", "invalid", "empty", "error"]
"""A kind of response to a webhook."""


def responses(*kinds: ResponseKind) -> SearchStrategy[Reply]:
    """Return a strategy for HTTP responses of an application to a webhook.

    Use the strategy to test an emulator or a test double that receives the responses of applications.

    Args:
        kinds: Kinds of responses; by default all kinds. ``document``: status 200 and valid BXML. ``invalid``: status 200 and a
            body that is not valid BXML. ``empty``: status 200 or 204 without a body. ``error``: a status from 400.

    Raises:
        ValueError: If a kind is unknown.
    """
    unknown = [kind for kind in kinds if kind not in BY_KIND]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a kind of response; expected {', '.join(BY_KIND)}")
    return st.sampled_from(kinds or ALL_KINDS).flatmap(lambda kind: BY_KIND[kind])


ALL_KINDS: Final = cast("tuple[ResponseKind, ...]", get_args(ResponseKind))

XML: Final = Headers({"Content-Type": CONTENT_TYPE})
HTML: Final = Headers({"Content-Type": "text/html; charset=utf-8"})


def _is_invalid(data: bytes) -> bool:
    return bool(validate(data, select=["schema"]))


_BXML: Final = documents().map(lambda document: document.to_bxml())

_BYTES: Final = _BXML.map(str.encode)

_INVALID: Final[Mapping[str, SearchStrategy[bytes]]] = MappingProxyType(
    {
        "text that is not escaped": texts()
        .map("<Response><SpeakSentence>{}</SpeakSentence></Response>".format)
        .map(str.encode),
        "an unknown verb": _BXML.map(lambda bxml: bxml.replace("<Response", "<Response><Unknown/></Response>", 1).encode()),
        "a document that ends early": st.tuples(_BYTES, st.integers(1, 50)).map(lambda drawn: drawn[0][: -drawn[1]]),
        "another format": st.sampled_from(
            [b"OK", b'{"status": "ok"}', b"<!DOCTYPE html><html><body></body></html>", b"\xff\xfe"]
        ),
        "a document that is too large": _BYTES.map(lambda data: data.ljust(schema.maximum_bytes() + 1)),
    }
)
"""For each fault: a strategy for bodies that often have this fault."""

_INVALID_BODIES: Final = st.sampled_from(list(_INVALID)).flatmap(lambda fault: _INVALID[fault]).filter(_is_invalid)

_ERRORS: Final = st.sampled_from([status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST])
_ERROR_PAGES: Final = texts().map("<html><body>{}</body></html>".format).map(str.encode)

BY_KIND: Final[Mapping[ResponseKind, SearchStrategy[Reply]]] = MappingProxyType(
    {
        "document": st.builds(Reply, st.just(200), st.just(XML), _BYTES),
        "invalid": st.builds(Reply, st.just(200), st.just(XML), _INVALID_BODIES),
        "empty": st.builds(Reply, st.sampled_from([204, 200]), st.just(Headers())),
        "error": st.builds(Reply, _ERRORS, st.just(HTML), st.just(b"") | _ERROR_PAGES)
        | st.builds(Reply, _ERRORS, st.just(XML), _BYTES),
    }
)
"""The strategy for each kind of response."""
