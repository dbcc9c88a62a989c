"""Authentication of webhooks, and responses to webhooks for Flask, Starlette, FastAPI and Django.

Each framework has a function that returns a response of the framework's own class, so editors and type checkers know the type.
The framework is imported when its function is called, so the other frameworks need not be installed.
https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import bxml
from callcontrol.auth import basic

if TYPE_CHECKING:
    import flask
    from django.http import HttpResponse  # pyright: ignore[reportMissingTypeStubs]
    from starlette.responses import Response

Document: TypeAlias = bxml.Response | bxml.Bxml

CONTENT_TYPE: Final = "application/xml; charset=utf-8"
"""The media type of every document. The vendor requires ``application/xml``, and documents are always in UTF-8."""


def is_authorized(header: str | bytes | None, user: str, password: str) -> bool:
    """Return whether the Authorization header of a webhook contains the expected user name and password.

    The vendor does not sign its requests; HTTP Basic authentication is the only way to recognize these requests. Set the user
    name and password together with the URL of the webhook: in the operation, in the verb, or, for inbound calls, in the voice
    application. A verb does not inherit the user name and password from the operation. The comparison takes constant time.

    Args:
        header: Value of the header; ``None`` if it is missing. For an invalid value, the result is false.
        user: Expected user name.
        password: Expected password.

    Raises:
        InvalidRequest: If ``user`` or ``password`` cannot be sent with HTTP Basic authentication, or is empty. Empty
            values would authorize everyone.
    """
    basic(user, password)
    given_user, given_password = _credentials(header)
    is_user = hmac.compare_digest(given_user, user.encode())
    is_password = hmac.compare_digest(given_password, password.encode())
    # Both are always compared, so the time does not reveal which of them was wrong.
    return is_user and is_password


def _credentials(header: object) -> tuple[bytes, bytes]:
    """Return the user name and password from a header; both are empty if the header is invalid."""
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    scheme, _, value = text.partition(" ") if isinstance(text, str) else ("", "", "")
    if scheme.lower() != "basic":
        return b"", b""
    try:
        user, _, password = b64decode(value.strip(), validate=True).partition(b":")
    except ValueError:
        return b"", b""
    return user, password


class _ResponseParts(NamedTuple):
    body: bytes
    status: int
    headers: dict[str, str]


def _response_parts(document: Document | None) -> _ResponseParts:
    """Return the body, status and headers, which are the same for every framework."""
    if document is None:
        return _ResponseParts(b"", 204, {})
    return _ResponseParts(document.to_bytes(), 200, {"Content-Type": CONTENT_TYPE})


def flask_answer(document: Document | None) -> flask.Response:
    """Return a response for a Flask view.

    An empty response ends a call that waits for BXML. An empty response to an event of a conference plays nothing.

    Args:
        document: The document to respond with; ``None`` for an empty response (204), for example to an event whose
            response is ignored.

    Raises:
        bxml.InvalidDocument: If the document is invalid.
    """
    import flask

    body, status, headers = _response_parts(document)
    response = flask.Response(body, status, headers)
    if document is None:
        response.headers.remove("Content-Type")  # Flask sets it even without a body
    return response


def starlette_answer(document: Document | None) -> Response:
    """Return a response for a Starlette or FastAPI endpoint; see :func:`flask_answer` for empty responses.

    Args:
        document: The document to respond with; ``None`` for an empty response.

    Raises:
        bxml.InvalidDocument: If the document is invalid.
    """
    from starlette.responses import Response

    return Response(*_response_parts(document))


def django_answer(document: Document | None) -> HttpResponse:
    """Return a response for a Django view; see :func:`flask_answer` for empty responses.

    Decorate the view with ``csrf_exempt``, because the vendor sends no CSRF token.

    Args:
        document: The document to respond with; ``None`` for an empty response.

    Raises:
        bxml.InvalidDocument: If the document is invalid.
    """
    from django.http import HttpResponse  # pyright: ignore[reportMissingTypeStubs]

    body, status, headers = _response_parts(document)
    response = HttpResponse(body, status=status, headers=headers)
    if document is None:
        del response.headers["Content-Type"]  # Django sets it even without a body
    return response
