"""A client can be pickled, for example by multiprocessing."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import requests

from callcontrol import AsyncClient, BasicAuth, Client, OAuth2, Reply, Request, Retries
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, Scripted, replied

TOKEN = replied(200, {"access_token": "one"})


def respond(_: Request) -> Reply:
    """Return a response to any request."""
    return replied(200, {"callId": CALL_ID})


def pickled(client: Client) -> Client:
    """Return the client as another process gets it."""
    copy: Client = pickle.loads(pickle.dumps(client))
    return copy


def test_pickled_client_works() -> None:
    """The copy has the settings of the first client, and its own rate limiter."""
    client = Client(ACCOUNT, BasicAuth("user", "pass"), retries=Retries(attempts=2), send=respond)
    copy = pickled(client)
    assert (repr(copy), copy.retries) == (repr(client), client.retries)
    assert copy.get_call_state(CALL_ID).call_id == CALL_ID


@pytest.mark.parametrize("session", [None, requests.Session()], ids=["own session", "session of the user"])
def test_pickled_client_has_no_connections(session: requests.Session | None) -> None:
    """A client with connections can be pickled, and the copy opens its own connections."""
    with Client(ACCOUNT, BasicAuth("user", "pass"), session=session) as client, pickled(client) as copy:
        assert copy._send is not client._send


def test_secrets_travel_and_tokens_do_not() -> None:
    """The credentials are in the pickle. The copy fetches its own token, because clocks differ."""
    api = Scripted(TOKEN, replied(200, {"callId": CALL_ID}))
    auth = OAuth2("id", "secret", token_url="https://login.example/token")
    Client(ACCOUNT, auth, send=api).get_call_state(CALL_ID)
    copy = pickled(Client(ACCOUNT, auth, send=respond)).auth
    assert isinstance(copy, OAuth2)
    assert (repr(copy), copy._secret, copy._token_url) == (repr(auth), "secret", "https://login.example/token")
    assert auth._tokens
    assert not copy._tokens


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("send or session", {"send": lambda _: replied(200)}),
        ("pause", {"pause": lambda _: None}),
        ("retries.on_attempt", {"retries": Retries(on_attempt=lambda _: None)}),
    ],
)
def test_function_that_cannot_be_pickled_is_named(name: str, settings: dict[str, Any]) -> None:
    """The message names the argument, and says what to pass instead."""
    client = Client(ACCOUNT, BasicAuth("user", "pass"), **settings)
    with pytest.raises(
        TypeError, match=rf"^{name} of the client cannot be pickled; pass a function that is defined in a module$"
    ):
        pickle.dumps(client)


def test_asyncio_client_is_pickled_in_the_same_way() -> None:
    """The copy has the settings. If a function cannot be pickled, the error has the same message."""
    client = AsyncClient(ACCOUNT, OAuth2("id", "secret"), retries=Retries(attempts=7))
    copy = pickle.loads(pickle.dumps(client))
    assert (type(copy), repr(copy), copy.retries) == (AsyncClient, repr(client), client.retries)
    with pytest.raises(TypeError, match=r"^retries\.on_attempt of the client cannot be pickled"):
        pickle.dumps(AsyncClient(ACCOUNT, OAuth2("id", "secret"), retries=Retries(on_attempt=lambda _: None)))
