"""Functions that check a client's arguments and convert them to request bodies and queries, so nothing invalid is sent."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlencode

import bxml
from bxml import schema
from bxml.messages.python_names import python_name
from bxml.messages.text import join_names, quote
from bxml.parsing.schema_check import check
from callcontrol import operation_table, request_fields
from callcontrol.auth import Auth, BasicAuth, OAuth2
from callcontrol.call_models import MachineDetection
from callcontrol.errors import InvalidRequest
from callcontrol.iso8601 import in_iso, moment
from callcontrol.operation_table import BASE_URL
from callcontrol.request_fields import Field

LONGEST_TIMEOUT: Final = 86_400
"""The largest timeout in seconds: a day. Some systems cannot wait longer."""

_BASE_URL: Final = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(:(?P<port>[0-9]{1,5}))?(?P<path>/[^\s?#]*)?", re.IGNORECASE | re.ASCII
)

Document: TypeAlias = bxml.Response | bxml.Bxml | str | bytes
"""A document to push into a call: an object of the package bxml, or the text of a document."""

RELATIVE_URL: Final = "relative-url"
"""The lint rule that a pushed document must not break."""

CONFERENCE_VERB: Final = "conference-verb"
"""The lint rule that a document for a conference must not break, in addition to :data:`RELATIVE_URL`."""


# The account


def check_timeout(seconds: object) -> None:
    """Check a timeout.

    Raises:
        InvalidRequest: If the timeout is not a number of seconds above 0 and up to a day.
    """
    if not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_TIMEOUT:
        raise InvalidRequest(f"timeout={quote(seconds)} is not a number of seconds above 0 and up to {LONGEST_TIMEOUT}")


def check_pickling(name: str, part: object) -> None:
    """Check that a part of a client can be pickled.

    Args:
        name: The argument that the part comes from.
        part: The part.

    Raises:
        TypeError: If the part cannot be pickled, such as a lambda.
    """
    try:
        pickle.dumps(part)
    except (pickle.PicklingError, AttributeError, TypeError):
        raise TypeError(f"{name} of the client cannot be pickled; pass a function that is defined in a module") from None


def checked_auth(auth: Any) -> Auth:
    """Return the credentials.

    Raises:
        InvalidRequest: If the argument is not :class:`OAuth2`, :class:`BasicAuth`, or an object with the method
            ``authorization``.
    """
    if not callable(getattr(auth, "authorization", None)):
        raise InvalidRequest("auth must be OAuth2(client_id, client_secret) or BasicAuth(username, password)")
    return cast("Auth", auth)


def checked_base_url(url: object) -> str:
    """Return a base URL with ``/api/v2`` and without a slash at its end.

    A URL without a path gets the path of the vendor's API, so that a host alone is enough.

    Raises:
        InvalidRequest: If the URL is not an http(s) URL, or has credentials, a query or a fragment.
    """
    found = _BASE_URL.fullmatch(url) if isinstance(url, str) else None
    if found is None or int(found["port"] or 0) > request_fields.HIGHEST_PORT:
        raise InvalidRequest(
            "base_url must be an absolute http(s) URL with no credentials, query or fragment, such as https://host/path"
        )
    base_url = found[0].rstrip("/")
    return base_url if (found["path"] or "").strip("/") else base_url + operation_table.API_PATH


def account_from_env(environ: Mapping[str, str]) -> tuple[str, Auth, str]:
    """Return the account id, the credentials and the base URL of the environment.

    Raises:
        InvalidRequest: If variables are missing. The message names every missing variable.
    """
    basic = bool(environ.get("BW_USERNAME")) and not environ.get("BW_CLIENT_ID")
    user, secret = ("BW_USERNAME", "BW_PASSWORD") if basic else ("BW_CLIENT_ID", "BW_CLIENT_SECRET")
    values = {name: environ.get(name, "").strip() for name in ("BW_ACCOUNT_ID", user, secret)}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise InvalidRequest(f"{join_names(missing)} {'is' if len(missing) == 1 else 'are'} not set")
    auth: Auth = (BasicAuth if basic else OAuth2)(values[user], values[secret])
    return values["BW_ACCOUNT_ID"], auth, environ.get("BW_VOICE_URL", "").strip() or BASE_URL


_is_id: Final = re.compile(operation_table.ID).fullmatch


def checked_id(name: str, value: object) -> str:
    """Check that an id cannot change the path of a URL, and return the id.

    Raises:
        InvalidRequest: If the id is not a string of letters, digits, ``-`` and ``_``.
    """
    if not isinstance(value, str) or not _is_id(value):
        raise InvalidRequest(f"{name}={quote(value)} is not an id; expected letters, digits, - and _")
    return value


# Fields


def checked_fields(table: tuple[Field, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request that are not ``None``; the keys are the API's names.

    Raises:
        InvalidRequest: If the API would reject a field. The message lists every fault.
    """
    values = _by_api_name(table, arguments)
    found = list(request_fields.faults(table, values, spelled=python_name))
    if found:
        raise InvalidRequest("; ".join(found))
    return values


def _by_api_name(table: tuple[Field, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not ``None``; the keys are the API's names. The API does not accept null in every field."""
    names = {python_name(field.name): field.name for field in table}
    return {names[name]: value for name, value in arguments.items() if value is not None}


def json_body(table: tuple[Field, ...], arguments: Mapping[str, Any]) -> bytes:
    """Return the JSON body of a request.

    Raises:
        InvalidRequest: If the API would reject an argument. The message lists every fault.
    """
    detection = arguments.get("machine_detection")
    if detection is not None:
        if not isinstance(detection, MachineDetection):
            raise InvalidRequest(f"machine_detection={quote(detection)} is not valid; expected MachineDetection(...)")
        members = {field.name: getattr(detection, field.name) for field in fields(detection)}
        arguments = {**arguments, "machine_detection": _by_api_name(request_fields.MACHINE_DETECTION, members)}
    return json.dumps(checked_fields(table, arguments)).encode()


def redirect_body(table: tuple[Field, ...], arguments: Mapping[str, Any], command: str) -> bytes:
    """Return the JSON body of a request that redirects or ends a call or a conference.

    Args:
        table: The fields of the request.
        arguments: The arguments; the keys are their Python names.
        command: The name of the argument whose value ``completed`` ends the call or conference.

    Raises:
        InvalidRequest: If the API would reject or ignore an argument.
    """
    body = json_body(table, arguments)
    others = [name for name, value in arguments.items() if value is not None and name != command]
    ends = arguments[command] == "completed"
    what = "call" if command == "state" else "conference"
    if ends and others:
        raise InvalidRequest(f"{join_names(others)} cannot be combined with {command}='completed', which ends the {what}")
    if not ends and arguments["redirect_url"] is None:
        raise InvalidRequest(f"redirect_url is missing; it is required unless {command}='completed'")
    return body


def list_query(arguments: Mapping[str, Any]) -> str:
    """Return the query of ListCalls.

    Raises:
        InvalidRequest: If a filter is invalid. The message lists every fault.
    """
    times = {name: _checked_time(name, arguments[name]) for name in ("min_start_time", "max_start_time")}
    query = checked_fields(request_fields.LIST_CALLS, {**arguments, **times})
    earliest, latest = moment(times["min_start_time"] or ""), moment(times["max_start_time"] or "")
    if earliest and latest and earliest > latest:
        raise InvalidRequest(
            f"min_start_time={quote(times['min_start_time'])} is after max_start_time={quote(times['max_start_time'])}"
        )
    return urlencode(query)


def _checked_time(name: str, value: object) -> str | None:
    """Return a datetime as ISO 8601 in UTC; return a valid string and ``None`` unchanged."""
    expected = "expected a datetime with a UTC offset, or a string such as 2026-11-02T09:00:00Z"
    if value is None:
        return None
    if isinstance(value, str):
        when = moment(value)
        is_time = when is not None and "T" in value  # moment() also accepts formats that only responses have
        if not is_time or not _has_offset(value):
            fault = "has no UTC offset" if is_time else "is not a time in ISO 8601"
            raise InvalidRequest(f"{name}={quote(value)} {fault}; {expected}")
        return value
    if not isinstance(value, datetime):
        kind = "a date without a time" if isinstance(value, date) else "not a time"
        raise InvalidRequest(f"{name}={quote(value)} is {kind}; {expected}")
    if value.tzinfo is None:
        raise InvalidRequest(f"{name}={quote(value)} must include a UTC offset, such as tzinfo=datetime.UTC")
    try:
        return in_iso(value)
    except OverflowError:
        raise InvalidRequest(f"{name}={quote(value)} is out of range") from None


_has_offset: Final = re.compile(r".*(?:Z|[+-][0-9]{2}:?[0-9]{2})", re.IGNORECASE).fullmatch


# Documents


def checked_document(
    document: Document, *, select: Collection[str] = (), ignore: Collection[str] = (), conference: bool = False
) -> bytes:
    """Check a document, and return the bytes to push.

    Args:
        document: The document, or its text.
        select: Names of lint rules that must not be broken, in addition to ``relative-url``.
        ignore: Names of lint rules that may be broken, such as ``relative-url``.
        conference: Whether the document is pushed into a conference, which allows fewer verbs.

    Raises:
        bxml.BxmlError: If the document is invalid, or breaks one of the rules. The error has every problem.
        ValueError: If a rule does not exist.
    """
    if isinstance(document, bxml.Response | bxml.Bxml):
        data = document.to_bytes()
    else:
        text = cast("object", document)  # callers without a type checker may pass anything
        data = _valid_once(text) if isinstance(text, str | bytes) else _valid(text)
    _lint(data, frozenset(select), frozenset(ignore), conference)
    return data


def _valid(text: Any) -> bytes:
    """Return the text of a document as bytes, if it is valid."""
    # bxml.parse would also create values, which takes twice as long.
    _, problems = check(text)
    if problems:
        raise bxml.InvalidDocument(problems)
    return text.encode() if isinstance(text, str) else bytes(text)


_valid_once: Final = lru_cache(maxsize=8)(_valid)
"""``_valid`` with a cache, for a document that is pushed into many calls one after the other."""


_NO_SCHEME: Final = rb"(?!\s*(?:https?|wss?)://)"
_VALUE_WITHOUT_SCHEME: Final = re.compile(rb"""\s(\w+)\s*=\s*["']""" + _NO_SCHEME, re.IGNORECASE).findall
"""Finds the names of the attributes whose values do not begin with a scheme."""


@cache
def _url_attributes() -> frozenset[bytes]:
    """Return the names of all attributes with URLs."""
    kinds = {"url", "websocketUrl"}
    of_elements = schema.attributes().values()
    return frozenset(name.encode() for each in of_elements for name, found in each.items() if kinds & {*found.type.lineage})


@cache
def _url_element() -> re.Pattern[bytes]:
    """Return a pattern that finds the elements whose text is a URL without a scheme."""
    elements = schema.vocabulary().elements.items()
    names = "|".join(sorted(name for name, each in elements if each.text and "url" in each.text.lineage))
    return re.compile(rf"<(?:{names})\b[^<>]*>".encode() + _NO_SCHEME)


def _may_have_relative_url(data: bytes) -> bool:
    """Return false if a document certainly has no relative URL, and true if the linter must check the document."""
    return not _url_attributes().isdisjoint(_VALUE_WITHOUT_SCHEME(data)) or _url_element().search(data) is not None


@lru_cache(maxsize=8)  # a document is often pushed into many calls, one after the other
def _lint(data: bytes, select: frozenset[str], ignore: frozenset[str], conference: bool) -> None:  # noqa: FBT001
    """Check the rules that a pushed document must not break.

    Raises:
        bxml.InvalidDocument: If the document breaks one of the rules.
        ValueError: If a rule does not exist.
    """
    if not (select or ignore or conference or _may_have_relative_url(data)):  # most documents, and much faster
        return
    rules = {RELATIVE_URL, *select} | ({CONFERENCE_VERB} if conference else set[str]())
    problems = bxml.validate(data, context="conference" if conference else "call", select=rules, ignore=ignore, pushed=True)
    if problems:
        raise bxml.InvalidDocument(problems)
