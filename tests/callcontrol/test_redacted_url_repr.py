"""No ``repr`` or message of callcontrol shows the user and password of a URL."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from inspect import isabstract, isclass
from typing import Any, Final

import pytest

import callcontrol
from callcontrol import ApiError, CallMayExist, Headers, InvalidRequest, MachineDetection, Reply, TransportError
from callcontrol.emulator import Audio, Call, Conference, Exchange
from callcontrol.events import GatherEvent

URL: Final = "https://user:hunter2@app.example/menu"

WITHOUT_URLS: Final = ("callcontrol.auth", "callcontrol.command", "callcontrol.request_fields", "callcontrol.operation_table")
"""Modules for credentials, command options and tables of the API. Their dataclasses contain no URLs from outside."""


def dataclasses() -> Iterator[Any]:
    """Yield every dataclass of the package that can hold a URL."""
    for found in pkgutil.walk_packages(callcontrol.__path__, "callcontrol."):
        if not found.name.startswith(WITHOUT_URLS):
            for value in vars(importlib.import_module(found.name)).values():
                if isclass(value) and is_dataclass(value) and not isabstract(value) and value.__module__ == found.name:
                    yield value


DATACLASSES: Final = [cls for cls in dataclasses() if cls is not Audio]  # its repr has only numbers


def test_every_dataclass_is_found() -> None:
    """The tested classes include public classes of the client, the events and the emulator."""
    assert {MachineDetection, GatherEvent, Call, Conference, Exchange, Reply} <= set(DATACLASSES)


@pytest.mark.parametrize("cls", DATACLASSES, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_repr_of_a_dataclass_hides_the_user_of_a_url(cls: Any) -> None:
    """The ``repr`` hides the user in every field that can contain a string, even within a list or mapping."""
    value = object.__new__(cls)
    for each in fields(cls):
        has_strings = re.search(r"^(?!Callable).*\b(str|Any|object)\b", str(each.type))
        contained: object = {"url": URL} if "apping" in str(each.type) or "dict" in str(each.type) else URL
        contained = [contained] if str(each.type).startswith(("list", "tuple")) else contained
        object.__setattr__(value, each.name, contained if has_strings else None)
    shown = repr(value)
    assert "hunter2" not in shown
    assert shown.startswith(f"{cls.__qualname__}(")


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequest(f"answer_url={URL}"),
        TransportError(f"no response from {URL}", "CreateCall"),
        ApiError(Reply(400, Headers({"Location": URL}), f'{{"description": "Invalid answerUrl: {URL}"}}'.encode())),
        CallMayExist(TransportError(URL), datetime(2026, 1, 1, tzinfo=UTC), {"to": "sip:user:hunter2@app.example"}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_hides_the_user_of_a_url(error: Exception) -> None:
    """The message and the ``repr`` of an error hide the user of a URL, even after pickling."""
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert "hunter2" not in str(each)
        assert "hunter2" not in repr(each)
        assert type(each).__name__ in repr(each)


def test_headers_hide_the_user_of_a_url() -> None:
    """The ``repr`` of headers hides the user of a URL, for example in the target of a redirect."""
    assert repr(Headers({"Location": URL})) == "Headers({'Location': 'https://…@app.example/menu'})"
