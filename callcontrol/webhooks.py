"""What a web application does at a webhook: see who asks, and answer with a document.

There is a function for each framework, and its name has the framework's: each gives the framework's own response, which editors
and type checkers then know, and none has to guess what it runs in. A framework is imported when its function is called, so that
nobody needs the others.
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
"""That of every document; the vendor asks for ``application/xml``, and documents are always in UTF-8."""


def is_authorized(header: str | bytes | None, user: str, password: str) -> bool:
    """Whether the Authorization header of a webhook proves, by HTTP Basic, that the sender knows user and password.

    Those are the ones given beside the URL of the webhook: in the operation, in the verb, or for inbound calls in the voice
    application; a verb does not inherit those of the operation. Nothing else tells the vendor's requests from anybody's, for
    they are not signed. How long the check takes does not tell how much of them was right.

    Args:
        header: The header's value; whatever it is, there is a verdict. ``None`` if there is none.
        user: The user name that is expected.
        password: The password that is expected.

    Raises:
        InvalidRequest: if what is expected is empty, which would let strangers in, or nothing that HTTP Basic can carry.
    """
    basic(user, password)
    given_user, given_password = _credentials(header)
    is_user = hmac.compare_digest(given_user, user.encode())
    is_password = hmac.compare_digest(given_password, password.encode())
    # Both are compared before either counts.
    return is_user and is_password


def _credentials(header: object) -> tuple[bytes, bytes]:
    """User name and password as they were sent; both empty, which is nobody's, if they cannot be read."""
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    scheme, _, value = text.partition(" ") if isinstance(text, str) else ("", "", "")
    if scheme.lower() != "basic":
        return b"", b""
    try:
        user, _, password = b64decode(value.strip(), validate=True).partition(b":")
    except ValueError:
        return b"", b""
    return user, password


class _Answer(NamedTuple):
    body: bytes
    status: int
    headers: dict[str, str]


def _answer(document: Document | None) -> _Answer:
    """What goes over the wire, whatever the framework."""
    if document is None:
        return _Answer(b"", 204, {})
    return _Answer(document.to_bytes(), 200, {"Content-Type": CONTENT_TYPE})


def flask_answer(document: Document | None) -> flask.Response:
    """The answer of a Flask view: the document, or for ``None`` an empty answer, as events want that are not to be answered.

    An empty answer to an event of a call that waits for BXML ends the call; to one of a conference it means that nothing is to
    be heard.

    Raises:
        bxml.InvalidDocument: if the document is not valid.
    """
    import flask

    body, status, headers = _answer(document)
    answer = flask.Response(body, status, headers)
    if document is None:
        answer.headers.remove("Content-Type")  # which Flask gives even to nothing
    return answer


def starlette_answer(document: Document | None) -> Response:
    """The answer of a Starlette or FastAPI endpoint; see :func:`flask_answer`.

    Raises:
        bxml.InvalidDocument: if the document is not valid.
    """
    from starlette.responses import Response

    return Response(*_answer(document))


def django_answer(document: Document | None) -> HttpResponse:
    """The answer of a Django view; see :func:`flask_answer`. The view has to be exempt from the check for forged forms.

    Raises:
        bxml.InvalidDocument: if the document is not valid.
    """
    from django.http import HttpResponse  # pyright: ignore[reportMissingTypeStubs]

    body, status, headers = _answer(document)
    answer = HttpResponse(body, status=status, headers=headers)
    if document is None:
        del answer.headers["Content-Type"]  # which Django gives even to nothing
    return answer
