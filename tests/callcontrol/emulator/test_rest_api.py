"""The emulated API responds as documented, with and without a socket."""

import json
import re
import string
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st

import bxml
from callcontrol import ApiError, BasicAuth, Client, Headers, NotFound, OAuth2, Reply, Request, Unauthorized
from callcontrol.emulator import Core, Emulator
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL, TOO_DEEP
from tests.callcontrol.scripted_api import NEW_CALL_IN_JSON as NEW

HOST: Final = "http://voice.example"
CALLS: Final = f"/api/v2/accounts/{ACCOUNT}/calls"
TOKENS: Final = "/api/v1/oauth2/token"

REDIRECT: Final = {"state": "active", "redirectUrl": "https://app.example/next"}
END: Final = {"state": "completed"}
DOCUMENT: Final = "<Response><Hangup/></Response>"

BASIC: Final = "Basic dXNlcjpwYXNz"


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 2, 9, 30, 0, 115000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def wait(self, **span: float) -> None:
        """Advance by hours, seconds and so on."""
        self.time += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    """The clock of the emulator."""
    return Clock()


@pytest.fixture
def core(clock: Clock) -> Core:
    """An emulator that answers new calls immediately."""
    return Core(clock=clock)


@pytest.fixture
def queue(clock: Clock) -> Core:
    """An emulator that leaves new calls in the queue."""
    return Core(clock=clock, answers=False)


def ask(core: Core, method: str, path: str, body: object = None, **headers: str | None) -> Reply:
    """Send a request, by default with credentials and the content type of its body, and return the response."""
    content_type = "application/xml" if isinstance(body, str) else "application/json" if body is not None else None
    fields = {"Authorization": BASIC, "Content-Type": content_type}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    sent = Headers({name: value for name, value in fields.items() if value is not None})
    return core.handle(Request(method, HOST + path, sent, b"" if body is None else content))


def new_call(core: Core, account: str = ACCOUNT, **fields: object) -> str:
    """Create a call and return its id."""
    reply = ask(core, "POST", f"/api/v2/accounts/{account}/calls", NEW | fields)
    call_id: str = reply.json()["callId"]
    return call_id


def refusal(reply: Reply) -> tuple[int, str, str, str | None]:
    """Return the status, type, description and id of an error response, which must have no other members."""
    assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
    body = reply.json()
    assert body.keys() == {"type", "description", "id"}
    return reply.status, body["type"], body["description"], body["id"]


def token_refusal(reply: Reply) -> tuple[int, str, str]:
    """Return the status, error and description of an error response to a token request, in the form of RFC 6749."""
    body = reply.json()
    assert body.keys() == {"error", "error_description"}
    return reply.status, body["error"], body["error_description"]


def not_found(call_id: str) -> tuple[int, str, str, None]:
    """Return the error for an unknown call."""
    return 404, "validation", f"Call [{call_id}] not found", None


def conflict(call_id: str) -> tuple[int, str, str, str]:
    """Return the error for a call whose state does not allow the request."""
    return 409, "validation", f"Call [{call_id}] cannot be modified in its current state", ""


class TestSuccess:
    """Each operation has its own status and body."""

    def test_a_call_is_created(self, core: Core) -> None:
        """CreateCall returns 201, the URL of the call in Location, and the request with masked passwords."""
        shown = {
            "answerMethod": "GET",
            "answerFallbackUrl": "https://app.example/again",
            "answerFallbackMethod": "GET",
            "disconnectUrl": "https://app.example/gone",
            "disconnectMethod": "GET",
            "callTimeout": 12.5,
            "callbackTimeout": 2.5,
            "username": "u",
            "fallbackUsername": "f",
            "priority": 1,
            "tag": "t",
        }
        masked = {"password": "p", "fallbackPassword": "q"}
        reply = ask(core, "POST", CALLS, NEW | shown | masked | {"privacy": True})
        body = reply.json()
        assert (reply.status, reply.headers["Content-Type"]) == (201, "application/json")
        assert reply.headers["Location"] == body["callUrl"] == f"{HOST}{CALLS}/{body['callId']}"
        assert body == NEW | {
            "accountId": ACCOUNT,
            "callId": body["callId"],
            "callUrl": body["callUrl"],
            "enqueuedTime": "2026-11-02T09:30:00.115Z",
            **shown,
            "password": "*****",
            "fallbackPassword": "*****",
        }

    def test_the_response_of_create_call_has_defaults(self, core: Core) -> None:
        """A missing field appears in the response only if it has a default."""
        body = ask(core, "POST", CALLS, NEW).json()
        defaults = {"callTimeout": 30, "callbackTimeout": 15, "answerMethod": "POST", "disconnectMethod": "POST", "priority": 5}
        assert {name: body[name] for name in defaults} == defaults
        assert body.keys() == NEW.keys() | defaults.keys() | {"accountId", "callId", "callUrl", "enqueuedTime"}

    def test_call_ids_are_unique_and_in_the_vendors_form(self, core: Core) -> None:
        """Call ids are unique and have the form that the API reference shows."""
        ids = [new_call(core) for _ in range(3)]
        assert len(set(ids)) == 3
        assert all(re.fullmatch(r"c-[0-9a-f]{8}(-[0-9a-f]{8})?(-[0-9a-f]{4}){3}-[0-9a-f]{12}", call_id) for call_id in ids)
        assert {len(call_id) for call_id in ids} == {47}

    def test_get_call_state_returns_every_member(self, core: Core) -> None:
        """GetCallState returns 200 and all documented members. Unknown values are null."""
        call_id = new_call(core)
        reply = ask(core, "GET", f"{CALLS}/{call_id}")
        now = "2026-11-02T09:30:00.115Z"
        assert reply.status == 200
        assert reply.json() == {
            "applicationId": NEW["applicationId"],
            "accountId": ACCOUNT,
            "callId": call_id,
            "parentCallId": None,
            "to": "+12125550123",
            "from": "+19195550100",
            "direction": "outbound",
            "state": "answered",
            "stirShaken": None,
            "identity": None,
            "enqueuedTime": now,
            "startTime": now,
            "answerTime": now,
            "endTime": None,
            "disconnectCause": None,
            "errorMessage": None,
            "errorId": None,
            "lastUpdate": now,
        }

    def test_calls_are_listed(self, core: Core) -> None:
        """ListCalls returns 200 and the calls, oldest first. The list of an account without calls is empty."""
        assert (ask(core, "GET", CALLS).status, ask(core, "GET", CALLS).body) == (200, b"[]")
        ids = [new_call(core) for _ in range(3)]
        reply = ask(core, "GET", CALLS)
        assert [call["callId"] for call in reply.json()] == ids
        assert reply.json()[1] == ask(core, "GET", f"{CALLS}/{ids[1]}").json()
        assert "Link" not in reply.headers

    @pytest.mark.parametrize("body", [REDIRECT, END, {"redirectUrl": "http://app.example/"}])
    def test_a_call_is_updated(self, core: Core, body: dict[str, str]) -> None:
        """UpdateCall returns 200 without a body. The default state is active."""
        reply = ask(core, "POST", f"{CALLS}/{new_call(core)}", body)
        assert (reply.status, reply.body, len(reply.headers)) == (200, b"", 0)

    @pytest.mark.parametrize("document", [DOCUMENT, "<Bxml/>", '<?xml version="1.0" encoding="UTF-8"?><Response/>'])
    def test_a_document_is_pushed(self, core: Core, document: str) -> None:
        """For either root element, UpdateCallBxml returns 204 without a body, and the call stays active."""
        call_id = new_call(core)
        reply = ask(core, "PUT", f"{CALLS}/{call_id}/bxml", document)
        assert (reply.status, reply.body, len(reply.headers)) == (204, b"", 0)
        assert core.call(call_id).documents == [document]
        assert core.call(call_id).state == "answered"

    def test_a_call_keeps_its_updates_in_order(self, core: Core) -> None:
        """A call keeps pushed documents and redirect URLs in order. A missing tag keeps the previous tag."""
        call_id = new_call(core, tag="first")
        ask(core, "PUT", f"{CALLS}/{call_id}/bxml", DOCUMENT)
        ask(core, "POST", f"{CALLS}/{call_id}", REDIRECT)
        assert core.call(call_id).tag == "first"
        ask(core, "POST", f"{CALLS}/{call_id}", REDIRECT | {"redirectUrl": "https://app.example/more", "tag": ""})
        ask(core, "PUT", f"{CALLS}/{call_id}/bxml", "<Response/>")
        record = core.call(call_id)
        assert record.documents == [DOCUMENT, "<Response/>"]
        assert record.redirects == ["https://app.example/next", "https://app.example/more"]
        assert record.tag is None
        assert record.request == NEW | {"tag": "first"}

    def test_an_unknown_call_raises(self, core: Core) -> None:
        """Core.call raises KeyError for an unknown id."""
        with pytest.raises(KeyError, match=CALL_ID):
            core.call(CALL_ID)


class TestOrder:
    """A request with several errors gets the response to the first error in the documented order."""

    @pytest.mark.parametrize(
        ("wrong", "answer"),
        [
            ("path", (404, "validation", "Not Found", None)),
            ("method", (405, "validation", "Method Not Allowed", None)),
            ("credentials", (401, "authentication-error", "The credentials provided were invalid", None)),
            ("account", (403, "authorization-error", "Access is denied", None)),
            ("content type", (415, "validation", "Content type 'text/plain;charset=UTF-8' not supported", None)),
            ("body", (400, "validation", "There is something wrong with the request", None)),
            ("call", not_found(CALL_ID)),
            ("state", None),
        ],
    )
    @pytest.mark.parametrize(
        ("method", "end", "body", "content_type"),
        [
            pytest.param("POST", "", json.dumps(REDIRECT).encode(), "application/json", id="UpdateCall"),
            pytest.param("PUT", "/bxml", DOCUMENT.encode(), "application/xml", id="UpdateCallBxml"),
        ],
    )
    def test_the_first_error_counts(  # noqa: PLR0913, PLR0917  one for each part of the request
        self, wrong: str, answer: tuple[object, ...] | None, method: str, end: str, body: bytes, content_type: str
    ) -> None:
        """The order is path, method, credentials, account, content type, body, call, and state of the call."""
        order = ["path", "method", "credentials", "account", "content type", "body", "call", "state"]
        right = order[: order.index(wrong)]
        core = Core(accounts=[ACCOUNT], credentials={"user": "pass"}, answers=False)
        call_id = new_call(core) if "call" in right else CALL_ID
        account = ACCOUNT if "account" in right else "9900666"
        reply = ask(
            core,
            method if "method" in right else "DELETE",
            f"/api/v2/accounts/{account}/calls/{call_id}{end}" if "path" in right else f"/api/v2/calls/{call_id}{end}",
            body if "body" in right else b"{",
            Authorization=BASIC if "credentials" in right else "Basic dXNlcjpvdGhlcg==",
            Content_Type=content_type if "content type" in right else "text/plain;charset=UTF-8",
        )
        status, type_, description, error_id = answer or conflict(call_id)
        got = refusal(reply)
        # The description of malformed XML continues with the syntax error.
        assert (got[0], got[1], got[2][: len(str(description))], got[3]) == (status, type_, description, error_id)

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/", 404),
            ("GET", "/api/v2", 404),
            ("GET", "/api/v1/accounts/9900123/calls", 404),
            ("GET", f"{CALLS}/", 404),
            ("GET", f"{CALLS}/{CALL_ID}/", 404),
            ("GET", f"{CALLS}/a b", 404),
            ("GET", f"{CALLS}/..", 404),
            ("GET", f"{CALLS}/{CALL_ID}/recordings", 404),
            ("GET", "/api/v2/accounts//calls", 404),
            ("PUT", CALLS, 405),
            ("DELETE", CALLS, 405),
            ("HEAD", CALLS, 405),
            ("PUT", f"{CALLS}/{CALL_ID}", 405),
            ("get", f"{CALLS}/{CALL_ID}", 405),
            ("GET", f"{CALLS}/{CALL_ID}/bxml", 405),
            ("POST", f"{CALLS}/{CALL_ID}/bxml", 405),
        ],
    )
    def test_other_paths_and_methods_are_refused(self, core: Core, method: str, path: str, status: int) -> None:
        """A request returns 404 for an unknown path, and 405 for an unknown method."""
        assert refusal(ask(core, method, path))[:2] == (status, "validation")

    @pytest.mark.parametrize(
        ("content_type", "status"),
        [
            ("application/json", 201),
            ("application/json; charset=utf-8", 201),
            ("Application/JSON;charset=UTF-8", 201),
            ("application/xml", 415),
            ("application/jsonp", 415),
            ("", 415),
            (None, 415),
        ],
    )
    def test_the_content_type_must_be_that_of_the_operation(self, core: Core, content_type: str | None, status: int) -> None:
        """The content type may contain capital letters and a charset. A request with another content type returns 415."""
        assert ask(core, "POST", CALLS, NEW, Content_Type=content_type).status == status

    def test_a_request_without_body_may_have_any_content_type(self, core: Core) -> None:
        """An operation without a body ignores the content type."""
        assert ask(core, "GET", CALLS, Content_Type="text/plain").status == 200


class TestCredentials:
    """Credentials are checked as the API checks them. By default all credentials are accepted."""

    INVALID: Final = (401, "authentication-error", "The credentials provided were invalid", None)
    MISSING: Final = (401, "authentication-error", "Unauthorized", None)
    UNDECODABLE: Final = (401, "authentication-error", "Failed to decode basic authentication token", None)

    @pytest.mark.parametrize(
        ("authorization", "answer"),
        [
            pytest.param(None, MISSING, id="missing"),
            pytest.param("", MISSING, id="empty"),
            pytest.param("Bearer", MISSING, id="no token"),
            pytest.param("Bearer ", MISSING, id="empty token"),
            pytest.param("Digest dXNlcjpwYXNz", MISSING, id="other scheme"),
            pytest.param("Basic", None, id="nobody"),
            pytest.param("Basic ???", UNDECODABLE, id="no base64"),
            pytest.param("Basic /w==", UNDECODABLE, id="no UTF-8"),
            pytest.param("Basic \N{LATIN SMALL LETTER E WITH ACUTE}", UNDECODABLE, id="no ASCII"),
            pytest.param("basic dXNlcjpwYXNz", None, id="Basic"),
            pytest.param("bearer anything", None, id="Bearer"),
        ],
    )
    def test_by_default_any_credentials_are_accepted(
        self, core: Core, authorization: str | None, answer: tuple[object, ...] | None
    ) -> None:
        """Without a list of credentials, the emulator accepts all credentials that can be decoded."""
        reply = ask(core, "GET", CALLS, Authorization=authorization)
        assert answer is None or refusal(reply) == answer
        assert (reply.status == 200) is (answer is None)

    @pytest.mark.parametrize(
        ("credentials", "authorization", "ok"),
        [
            pytest.param({"user": "pass"}, BASIC, True, id="right"),
            pytest.param({"user": "other"}, BASIC, False, id="wrong password"),
            pytest.param({"other": "pass"}, BASIC, False, id="wrong user"),
            pytest.param({"user": ""}, "Basic dXNlcg==", True, id="no password for none"),
            pytest.param({"user": "a:b"}, "Basic dXNlcjphOmI=", True, id="colon in the password"),
            pytest.param({}, BASIC, False, id="nobody has access"),
            pytest.param({"user": "pass"}, "Bearer anything", False, id="token of nobody"),
        ],
    )
    def test_only_listed_credentials_are_accepted(self, credentials: dict[str, str], authorization: str, *, ok: bool) -> None:
        """With a list of credentials, a request with any other credentials returns 401."""
        reply = ask(Core(credentials=credentials), "GET", CALLS, Authorization=authorization)
        assert reply.status == (200 if ok else 401)
        assert ok or refusal(reply) == self.INVALID

    def test_only_listed_accounts_exist(self) -> None:
        """With a list of accounts, a request for any other account returns 403."""
        core = Core(accounts={ACCOUNT})
        assert ask(core, "GET", CALLS).status == 200
        reply = ask(core, "GET", "/api/v2/accounts/9900124/calls")
        assert refusal(reply) == (403, "authorization-error", "Access is denied", None)

    GRANT: Final = b"grant_type=client_credentials"
    FORM: Final = "application/x-www-form-urlencoded"

    def test_credentials_are_exchanged_for_a_token(self, clock: Clock) -> None:
        """Each bearer token is new and valid for one hour of the emulator's clock."""
        core = Core(credentials={"user": "pass"}, clock=clock)
        replies = [ask(core, "POST", TOKENS, self.GRANT, Content_Type=self.FORM) for _ in range(2)]
        bodies = [reply.json() for reply in replies]
        assert [reply.status for reply in replies] == [200, 200]
        assert all(
            body | {"access_token": ""} == {"access_token": "", "token_type": "Bearer", "expires_in": 3600} for body in bodies
        )
        assert bodies[0]["access_token"] != bodies[1]["access_token"]
        bearer = f"Bearer {bodies[0]['access_token']}"
        clock.wait(seconds=3599)
        assert ask(core, "GET", CALLS, Authorization=bearer).status == 200
        clock.wait(seconds=1)
        assert refusal(ask(core, "GET", CALLS, Authorization=bearer)) == self.INVALID

    def test_token_can_be_decoded(self, clock: Clock) -> None:
        """Applications decode the platform's tokens, for example to see when they expire."""
        reply = ask(Core(clock=clock), "POST", TOKENS, self.GRANT, Content_Type=self.FORM)
        header, claims, signature = (urlsafe_b64decode(f"{part}==") for part in reply.json()["access_token"].split("."))
        now = int(clock().timestamp())
        assert json.loads(header) == {"alg": "HS256", "typ": "JWT"}
        assert json.loads(claims) == {"sub": "user", "iat": now, "exp": now + 3600}
        assert len(signature) == 32

    @pytest.mark.parametrize(
        ("change", "answer"),
        [
            pytest.param({"Authorization": None}, (401, "invalid_client", "Unauthorized"), id="no credentials"),
            pytest.param({"Authorization": "Bearer x"}, (401, "invalid_client", "Unauthorized"), id="a token for a token"),
            pytest.param(
                {"Authorization": "Basic ???"},
                (401, "invalid_client", "Failed to decode basic authentication token"),
                id="undecodable",
            ),
            pytest.param(
                {"Authorization": "Basic dXNlcjpvdGhlcg=="},
                (401, "invalid_client", "The credentials provided were invalid"),
                id="wrong secret",
            ),
            pytest.param({"Content_Type": "application/json"}, (415, "invalid_request", "Unsupported Media Type"), id="JSON"),
            pytest.param({"Content_Type": None}, (415, "invalid_request", "Unsupported Media Type"), id="no type"),
            pytest.param({"body": b""}, (400, "invalid_request", "grant_type must be client_credentials"), id="no grant"),
            pytest.param(
                {"body": b"grant_type=password"},
                (400, "unsupported_grant_type", "grant_type must be client_credentials"),
                id="other grant",
            ),
            pytest.param({"body": b"\xff"}, (400, "invalid_request", "grant_type must be client_credentials"), id="no UTF-8"),
        ],
    )
    def test_an_invalid_token_request_is_refused(self, change: dict[str, Any], answer: tuple[object, ...]) -> None:
        """A token request that differs from the reference returns an error in the form of RFC 6749."""
        request = {"body": self.GRANT, "Content_Type": f"{self.FORM};charset=UTF-8", "Authorization": BASIC} | change
        assert token_refusal(ask(Core(credentials={"user": "pass"}), "POST", TOKENS, **request)) == answer

    def test_other_methods_are_refused(self, core: Core) -> None:
        """Tokens are requested by POST only."""
        assert token_refusal(ask(core, "GET", TOKENS)) == (405, "invalid_request", "Method Not Allowed")

    @pytest.mark.parametrize(
        ("status", "error"), [(403, "unauthorized_client"), (429, "temporarily_unavailable"), (500, "server_error")]
    )
    def test_faults_are_in_the_form_of_oauth2(self, core: Core, status: int, error: str) -> None:
        """An injected fault of the token request has the OAuth2 error for its status, and Retry-After."""
        core.fail(status, operation="Token", retry_after=7)
        reply = ask(core, "POST", TOKENS, self.GRANT, Content_Type=self.FORM)
        assert token_refusal(reply)[:2] == (status, error)
        assert reply.headers["Retry-After"] == "7"


class TestBodies:
    """The response to an invalid body is an error with the API's own description."""

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"to"', b"\xff", TOO_DEEP], ids=lambda body: repr(body[:9]))
    @pytest.mark.parametrize("path", [CALLS, f"{CALLS}/{CALL_ID}"], ids=["CreateCall", "UpdateCall"])
    def test_a_body_must_be_a_json_object(self, core: Core, path: str, body: bytes) -> None:
        """A request returns 400 if its body is not a JSON object."""
        answer = refusal(ask(core, "POST", path, body, Content_Type="application/json"))
        assert answer == (400, "validation", "There is something wrong with the request", None)

    MISSING_FROM: Final = "from is missing; required are to, from, applicationId and answerUrl"

    @pytest.mark.parametrize(
        ("change", "description"),
        [
            (
                {"to": "invalid"},
                (
                    'to="invalid" is not a phone number in E.164 form or a SIP URI; '
                    "expected + and 2 to 15 digits, such as +12125550123, or sip:user@host"
                ),
            ),
            ({"callTimeout": 301}, "callTimeout=301 is too large; expected a number from 1 to 300"),
            (
                {"answerUrl": "ftp://app.example/", "priority": 9},
                'answerUrl="ftp://app.example/" is not an absolute http(s) URL: it does not begin with http:// or https://',
            ),
            ({"from": None}, MISSING_FROM),
        ],
    )
    def test_an_invalid_field_is_refused(self, core: Core, change: dict[str, object], description: str) -> None:
        """The first invalid field is reported, and no call is created."""
        assert refusal(ask(core, "POST", CALLS, NEW | change)) == (400, "validation", description, None)
        assert ask(core, "GET", CALLS).json() == []

    def test_null_means_a_missing_field(self, core: Core) -> None:
        """A null field counts as missing, and an unknown field is ignored."""
        reply = ask(core, "POST", CALLS, NEW | {"tag": None, "machineDetection": None, "newField": {}, "": 1})
        assert reply.status == 201
        assert "tag" not in reply.json()

    @pytest.mark.parametrize(
        ("body", "description"),
        [
            pytest.param(REDIRECT | {"state": None}, "There is something wrong with the request", id="null"),
            pytest.param({}, "redirectUrl is required", id="empty"),
            pytest.param({"state": "active"}, "redirectUrl is required", id="nowhere to go"),
            pytest.param({"state": "active", "redirectUrl": None}, "redirectUrl is required", id="null URL"),
            pytest.param({"state": "queued"}, 'state="queued" is not allowed; expected active or completed', id="no command"),
            pytest.param(
                REDIRECT | {"redirectMethod": "put"}, 'redirectMethod="put" is not allowed; expected GET or POST', id="method"
            ),
        ],
    )
    def test_an_invalid_update_is_refused(self, core: Core, body: dict[str, object], description: str) -> None:
        """A redirect requires a URL, and the state must not be null."""
        call_id = new_call(core)
        assert refusal(ask(core, "POST", f"{CALLS}/{call_id}", body)) == (400, "validation", description, None)
        assert core.call(call_id).redirects == []

    def test_completed_ignores_a_redirect(self, core: Core) -> None:
        """The state completed ends the call even if the request has all fields of a redirect."""
        call_id = new_call(core, tag="t")
        extra = {
            "redirectMethod": "GET",
            "username": "u",
            "password": "p",
            "tag": "new",
            "redirectFallbackUrl": "https://a.example",
        }
        assert ask(core, "POST", f"{CALLS}/{call_id}", REDIRECT | extra | END).status == 200
        record = core.call(call_id)
        assert (record.state, record.redirects, record.tag) == ("disconnected", [], "t")

    @pytest.mark.parametrize(
        "document", ["", "hello", "<Response>", "<Response/><Response/>", "<!DOCTYPE Response><Response/>"]
    )
    def test_a_document_that_is_not_xml_is_refused(self, core: Core, document: str) -> None:
        """A request returns 400 if its document is not well-formed, and the call stays active."""
        call_id = new_call(core)
        status, type_, description, _ = refusal(ask(core, "PUT", f"{CALLS}/{call_id}/bxml", document))
        assert (status, type_) == (400, "validation")
        assert description.startswith("There is something wrong with the request: 1:")
        assert (core.call(call_id).state, core.call(call_id).documents) == ("answered", [])

    @pytest.mark.parametrize(
        "document",
        ['<Response><Gather maxDigits="51"/></Response>', "<Response><Dance/></Response>", "<Hangup/>"],
        ids=["value", "verb", "root"],
    )
    def test_an_invalid_document_ends_the_call(self, core: Core, document: str) -> None:
        """If a document is well-formed but invalid, the request returns 204, and the call ends with the first problem."""
        call_id = new_call(core)
        assert ask(core, "PUT", f"{CALLS}/{call_id}/bxml", document).status == 204
        state = ask(core, "GET", f"{CALLS}/{call_id}").json()
        assert (state["state"], state["disconnectCause"]) == ("disconnected", "invalid-bxml")
        with pytest.raises(bxml.InvalidDocument) as caught:
            bxml.parse(document)
        assert state["errorMessage"] == str(caught.value)
        assert core.call(call_id).documents == [document]


class TestStates:
    """The state of a call decides which requests are allowed."""

    def test_a_call_is_answered_immediately(self, core: Core) -> None:
        """By default a new call is answered as soon as it is created."""
        assert core.call(new_call(core)).state == "answered"

    def test_a_test_can_change_the_state_of_a_call(self, queue: Core, clock: Clock) -> None:
        """Each state of a call has its time, and the last state has its cause."""
        call_id = new_call(queue)
        seen = [ask(queue, "GET", f"{CALLS}/{call_id}").json()]
        for move in (queue.initiate, queue.answer, lambda call_id: queue.disconnect(call_id, "busy")):
            clock.wait(seconds=1)
            move(call_id)
            seen.append(ask(queue, "GET", f"{CALLS}/{call_id}").json())
        assert [state["state"] for state in seen] == ["queued", "initiated", "answered", "disconnected"]
        times = ["startTime", "answerTime", "endTime"]
        assert [seen[0][name] for name in times] == [None, None, None]
        assert [seen[3][name] for name in times] == [f"2026-11-02T09:30:0{second}.115Z" for second in (1, 2, 3)]
        assert [state["lastUpdate"][-6:-1] for state in seen] == ["0.115", "1.115", "2.115", "3.115"]
        assert seen[3]["disconnectCause"] == "busy"

    def test_disconnect_hangs_up_by_default(self, core: Core) -> None:
        """The default cause of Core.disconnect is hangup."""
        call_id = new_call(core)
        core.disconnect(call_id)
        assert core.call(call_id).disconnect_cause == "hangup"

    @pytest.mark.parametrize("move", ["initiate", "answer"])
    def test_an_impossible_state_change_raises(self, core: Core, move: str) -> None:
        """``ValueError`` is raised if the new state cannot follow the current state."""
        call_id = new_call(core)
        with pytest.raises(
            ValueError, match=r"^a call that is answered cannot become (initiated|answered); expected disconnected$"
        ):
            getattr(core, move)(call_id)

    LED: Final[dict[str, list[str]]] = {
        "queued": [],
        "initiated": ["initiate"],
        "answered": ["initiate", "answer"],
        "disconnected": ["disconnect"],
    }

    @pytest.mark.parametrize(
        ("state", "redirect", "bxml_", "end", "cause"),
        [
            ("queued", 409, 409, 200, "cancel"),
            ("initiated", 409, 409, 200, "cancel"),
            ("answered", 200, 204, 200, "hangup"),
            ("disconnected", 409, 409, 409, "hangup"),
        ],
    )
    def test_the_state_decides_which_updates_are_allowed(  # noqa: PLR0913, PLR0917  a row of the table
        self, queue: Core, state: str, redirect: int, bxml_: int, end: int, cause: str
    ) -> None:
        """Only an answered call can be redirected. Any call can be ended, but only once."""
        call_id = new_call(queue)
        for move in self.LED[state]:
            getattr(queue, move)(call_id)
        path = f"{CALLS}/{call_id}"
        replies = [
            ask(queue, "POST", path, REDIRECT),
            ask(queue, "PUT", f"{path}/bxml", DOCUMENT),
            ask(queue, "PUT", f"{path}/bxml", "<Response><Dance/></Response>") if bxml_ == 409 else Reply(204),
            ask(queue, "POST", path, END),
        ]
        assert [reply.status for reply in replies] == [redirect, bxml_, bxml_, end]
        assert all(refusal(reply) == conflict(call_id) for reply in replies if reply.status == 409)
        record = queue.call(call_id)
        assert (record.state, record.disconnect_cause) == ("disconnected", cause)
        assert len(record.redirects) == len(record.documents) == (1 if state == "answered" else 0)

    CHANGES: Final = [("POST", "", REDIRECT), ("POST", "", END), ("PUT", "/bxml", DOCUMENT)]

    @pytest.mark.parametrize(("method", "end", "body"), CHANGES)
    def test_updating_an_ended_call_returns_409_then_404(
        self, core: Core, clock: Clock, method: str, end: str, body: object
    ) -> None:
        """An update returns 409 during the first minute after the end of a call, and 404 after that."""
        call_id = new_call(core)
        core.disconnect(call_id)
        clock.wait(seconds=60)
        assert refusal(ask(core, method, f"{CALLS}/{call_id}{end}", body)) == conflict(call_id)
        clock.wait(seconds=1)
        assert refusal(ask(core, method, f"{CALLS}/{call_id}{end}", body)) == not_found(call_id)

    def test_an_ended_call_can_be_read_for_seven_days(self, core: Core, clock: Clock) -> None:
        """Seven days after its end a call disappears from GetCallState and ListCalls."""
        call_id, other = new_call(core), new_call(core)
        clock.wait(days=30)
        core.disconnect(call_id)
        clock.wait(days=7)
        assert ask(core, "GET", f"{CALLS}/{call_id}").json()["state"] == "disconnected"
        assert [call["callId"] for call in ask(core, "GET", CALLS).json()] == [call_id, other]
        clock.wait(seconds=1)
        assert refusal(ask(core, "GET", f"{CALLS}/{call_id}")) == not_found(call_id)
        assert [call["callId"] for call in ask(core, "GET", CALLS).json()] == [other]

    @pytest.mark.parametrize(("method", "end", "body"), [*CHANGES, ("GET", "", None)])
    def test_the_call_of_another_account_is_not_found(self, core: Core, method: str, end: str, body: object) -> None:
        """A request returns 404 if the call belongs to another account."""
        call_id = new_call(core, account="9900124")
        assert refusal(ask(core, method, f"{CALLS}/{call_id}{end}", body)) == not_found(call_id)
        assert ask(core, "GET", CALLS).json() == []
        assert core.call(call_id).state == "answered"


class TestLists:
    """Calls are filtered and listed in pages, oldest first."""

    @pytest.fixture
    def ids(self, queue: Core, clock: Clock) -> list[str]:
        """The ids of three calls that started a minute apart and of a queued call. The second call has ended."""
        ids = [new_call(queue, to=f"+1212555012{n}", **{"from": f"+1919555010{n % 2}"}) for n in range(4)]
        for call_id in ids[:3]:
            queue.initiate(call_id)
            clock.wait(minutes=1)
        queue.disconnect(ids[1], "busy")
        return ids

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, [0, 1, 2, 3]),
            ({"to": "+12125550121"}, [1]),
            ({"to": "2125550121"}, []),
            ({"from": "+19195550100"}, [0, 2]),
            ({"from": "+19195550101", "to": "+12125550123"}, [3]),
            ({"disconnectCause": "busy"}, [1]),
            ({"disconnectCause": "hangup"}, []),
            ({"disconnectCause": ""}, []),
            ({"minStartTime": "2026-11-02T09:31:00.115Z"}, [1, 2]),
            ({"maxStartTime": "2026-11-02T09:31:00.115Z"}, [0, 1]),
            ({"minStartTime": "2026-11-02T09:30:30Z", "maxStartTime": "2026-11-02T11:31:30+02:00"}, [1]),
            ({"minStartTime": "2027-01-01T00:00:00Z"}, []),
            ({"newFilter": "x"}, [0, 1, 2, 3]),
        ],
        ids=str,
    )
    def test_calls_are_filtered(self, queue: Core, ids: list[str], query: dict[str, str], found: list[int]) -> None:
        """Filters match numbers and causes exactly, and bounds of times are inclusive. A queued call has no start time."""
        reply = ask(queue, "GET", f"{CALLS}?{urlencode(query)}")
        assert [ids.index(call["callId"]) for call in reply.json()] == found

    def test_an_unescaped_plus_is_a_space(self, queue: Core, ids: list[str]) -> None:
        """A number with an unescaped plus sign matches no call, as on the platform."""
        assert ask(queue, "GET", f"{CALLS}?to=+12125550121").json() == []
        assert len(ids) == 4

    @pytest.mark.parametrize(
        ("query", "description"),
        [
            ("pageSize=0", "pageSize=0 is too small; expected an integer from 1 to 10000"),
            ("pageSize=10001", "pageSize=10001 is too large; expected an integer from 1 to 10000"),
            ("pageSize=-1", "pageSize=-1 is too small; expected an integer from 1 to 10000"),
            ("pageSize=many", "Invalid pageSize: must be an integer"),
            ("pageSize=2.5", "Invalid pageSize: must be an integer"),
            ("pageSize=", "Invalid pageSize: must be an integer"),
            ("pageSize=" + "9" * 400, f"pageSize={'9' * 60}… is too large; expected an integer from 1 to 10000"),
            ("pageSize=" + "9" * 5000, "Invalid pageSize: must be an integer"),
            ("minStartTime=yesterday", "Invalid minStartTime: must be a time in ISO 8601"),
            ("maxStartTime=", "Invalid maxStartTime: must be a time in ISO 8601"),
            ("maxStartTime=2026-02-30T00:00:00Z&to=nobody", "Invalid maxStartTime: must be a time in ISO 8601"),
        ],
        ids=lambda value: value[:40],
    )
    @pytest.mark.parametrize("calls", [0, 1])
    def test_an_invalid_filter_is_refused(self, core: Core, calls: int, query: str, description: str) -> None:
        """A request with an invalid page size or time returns 400, whether the account has calls or not."""
        for _ in range(calls):
            new_call(core)
        assert refusal(ask(core, "GET", f"{CALLS}?{query}")) == (400, "validation", description, None)

    def test_the_last_of_repeated_filters_counts(self, queue: Core, ids: list[str]) -> None:
        """If a query parameter is repeated, its last value counts."""
        (call,) = ask(queue, "GET", f"{CALLS}?to=x&to=%2B12125550121").json()
        assert call["callId"] == ids[1]

    def test_a_page_has_a_thousand_calls_by_default(self, core: Core) -> None:
        """The default page size is 1000, and one more call makes a second page."""
        for _ in range(1001):
            new_call(core)
        reply = ask(core, "GET", CALLS)
        assert len(reply.json()) == 1000
        (link,) = re.fullmatch(r'<(.*)>; rel="next"', reply.headers["Link"]).groups()  # type: ignore[union-attr]
        assert link.startswith(f"{HOST}{CALLS}?")
        assert parse_qs(urlsplit(link).query) == {"pageSize": ["1000"], "pageToken": [reply.json()[-1]["callId"]]}
        last = ask(core, "GET", link.removeprefix(HOST))
        assert len(last.json()) == 1
        assert "Link" not in last.headers

    @pytest.mark.parametrize(("size", "lengths"), [(1, [1] * 5), (2, [2, 2, 1]), (4, [4, 1]), (5, [5]), (6, [5])])
    def test_the_client_reads_all_pages(self, core: Core, size: int, lengths: list[int]) -> None:
        """The client reads page after page with the same filters."""
        client = Client(ACCOUNT, BasicAuth("user", "pass"), base_url=f"{HOST}/api/v2", send=core.handle)
        ids = []
        for _ in range(5):
            ids.append(client.create_call(**NEW_CALL).call_id)
            client.create_call(**NEW_CALL | {"to": "+12125550199"})
        pages = list(client.list_calls(to="+12125550123", page_size=size).pages())
        assert [len(page) for page in pages] == lengths
        assert [call.call_id for page in pages for call in page] == ids

    def test_a_call_created_between_two_pages_is_on_the_last_one(self, core: Core) -> None:
        """A call created between two pages is on the last page, and no call is listed twice."""
        ids = [new_call(core) for _ in range(2)]
        link = ask(core, "GET", f"{CALLS}?pageSize=1").headers["Link"]
        ids.append(new_call(core))
        rest = ask(core, "GET", link.split(HOST)[1].split(">")[0].replace("pageSize=1", "pageSize=9"))
        assert [call["callId"] for call in rest.json()] == ids[1:]


class TestExchanges:
    """Core.exchanges keeps requests and responses."""

    def test_exchanges_are_kept_in_order(self, core: Core) -> None:
        """Each request is kept with its response, even if the response is an error."""
        replies = [ask(core, "GET", CALLS), ask(core, "GET", "/"), ask(core, "POST", CALLS, NEW)]
        assert [exchange.reply for exchange in core.exchanges] == replies
        assert [exchange.request.method for exchange in core.exchanges] == ["GET", "GET", "POST"]
        assert json.loads(core.exchanges[2].request.body) == NEW

    def test_old_exchanges_are_dropped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only the latest exchanges are kept, so a long run does not fill the memory."""
        monkeypatch.setattr("callcontrol.emulator.rest_api.MAX_EXCHANGES", 2)
        core = Core()
        for path in "abc":
            ask(core, "GET", f"/{path}")
        assert [urlsplit(exchange.request.url).path for exchange in core.exchanges] == ["/b", "/c"]

    def test_exchanges_can_be_read_while_requests_are_handled(self, core: Core) -> None:
        """A test may loop over the exchanges while its application sends requests in other threads."""
        ask(core, "GET", "/")
        read = core.exchanges
        for _ in read:
            ask(core, "GET", "/")
        assert len(core.exchanges) == 2 * len(read)


class TestRandomRequests:
    """Every request gets a response."""

    PATHS = st.sampled_from([CALLS, f"{CALLS}/{CALL_ID}", f"{CALLS}/{CALL_ID}/bxml", TOKENS, "/", "//[", "/api/v2/accounts/"])
    QUERIES = st.dictionaries(
        st.sampled_from(["pageSize", "minStartTime", "to", "pageToken", ""]), st.text() | st.integers().map(str)
    )
    BODIES = st.sampled_from([b"", b"{}", b"[]", b"null", b"<Response/>", b"<a>", json.dumps(NEW).encode()]) | st.binary()

    @given(
        method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]) | st.text(string.ascii_letters, max_size=5),
        path=PATHS,
        query=QUERIES,
        content_type=st.sampled_from(["application/json", "application/xml", "application/x-www-form-urlencoded", ";", ""]),
        authorization=st.sampled_from([BASIC, "Bearer x", "Basic x", ""]) | st.text(),
        body=BODIES,
    )
    @example("POST", CALLS, {}, "application/json", BASIC, json.dumps(NEW | {"priority": 10**400}).encode())
    @example("POST", CALLS, {}, "application/json", BASIC, json.dumps(NEW | {"tag": "\ud800"}).encode())
    @example(
        "POST", CALLS, {}, "application/json", BASIC, json.dumps(NEW | {"answerUrl": "https://[", "username": "u"}).encode()
    )
    def test_every_request_gets_a_documented_response(  # noqa: PLR0913, PLR0917  one for each part of the request
        self, method: str, path: str, query: dict[str, str], content_type: str, authorization: str, body: bytes
    ) -> None:
        """The status is documented, and every error has the same form."""
        headers = Headers({"Content-Type": content_type, "Authorization": authorization})
        url = f"{HOST}{path}?{urlencode(query, errors='replace')}"
        core = Core()
        new_call(core)
        reply = core.handle(Request(method, url, headers, body))
        assert reply.status in {200, 201, 204, 400, 401, 404, 405, 409, 415}
        assert reply.status < 300 or (token_refusal(reply) if path == TOKENS else refusal(reply))


class TestServer:
    """Over HTTP the emulator responds in the same way, on the loopback address only."""

    @pytest.fixture
    def voice(self) -> Iterator[Emulator]:
        """A listening emulator."""
        with Emulator() as voice:
            yield voice

    @pytest.fixture
    def client(self, voice: Emulator) -> Iterator[Client]:
        """A client of the emulator."""
        with Client(ACCOUNT, OAuth2("id", "secret"), base_url=voice.url) as client:
            yield client

    def test_the_server_responds_as_the_core_does(self, clock: Clock) -> None:
        """Status, body and headers are the same as without a socket."""
        asked: list[tuple[str, str, object]] = [
            ("POST", CALLS, NEW),
            ("POST", CALLS, {}),
            ("GET", f"{CALLS}?to=%2B12125550123&pageSize=1", None),
            ("GET", f"{CALLS}?to=+12125550123", None),
            ("GET", "/elsewhere", None),
            ("DELETE", CALLS, None),
            ("PATCH", CALLS, NEW),
            ("TRACE", CALLS, None),
            ("POST", CALLS, "<Response/>"),
        ]
        core, seen = Core(clock=clock), []
        with Emulator(clock=clock) as voice, requests.Session() as session:
            host = voice.url.removesuffix("/api/v2")
            for method, path, body in asked:
                expected = ask(core, method, path, body)
                request = core.exchanges[-1].request
                reply = session.request(method, host + path, headers=dict(request.headers), data=request.body, timeout=10)
                assert (reply.status_code, reply.content) == (
                    expected.status,
                    expected.body.replace(HOST.encode(), host.encode()),
                )
                for name, value in expected.headers.items():
                    assert reply.headers[name] == value.replace(HOST, host)
                seen.append(reply.status_code)
        assert seen == [201, 400, 200, 200, 404, 405, 405, 405, 415]

    @pytest.mark.parametrize("end", ["%0a", "%09", "%3Fto=x", "%23", "%2F"])
    def test_escaped_characters_belong_to_the_path(self, voice: Emulator, end: str) -> None:
        """A path with an escaped character at its end is a different path."""
        url = f"{voice.url}/accounts/{ACCOUNT}/calls{end}"
        assert requests.get(url, headers={"Authorization": BASIC}, timeout=10).status_code == 404

    def test_all_operations_work_over_http(self, voice: Emulator, client: Client) -> None:
        """The client runs each operation over HTTP and sees the documented statuses."""
        call = client.create_call(**NEW_CALL, tag="¡Olé!")
        client.get_call_state(call.call_id)
        client.list_calls()
        client.update_call_bxml(call.call_id, bxml.Response().speak_sentence("¡Olé!"))
        client.update_call(call.call_id, redirect_url="https://app.example/next")
        client.hang_up(call.call_id)
        assert client.hang_up(call.call_id).status == 409  # the client accepts 409, because the call has ended
        with pytest.raises(
            NotFound, match=r"^GetCallState of call c-1: 404 Not Found: Call \[c-1\] not found; check the id; a new call .*$"
        ):
            client.get_call_state("c-1")
        assert [exchange.reply.status for exchange in voice.exchanges] == [200, 201, 200, 200, 204, 200, 200, 409, 200, 404]
        assert call.reply.headers["Location"] == f"{voice.url}/accounts/{ACCOUNT}/calls/{call.call_id}"
        assert voice.call(call.call_id).tag == "¡Olé!"
        assert "¡Olé!" in voice.call(call.call_id).documents[0]

    def test_an_expired_token_is_renewed(self, clock: Clock) -> None:
        """The client renews an expired token without an error."""
        with (
            Emulator(credentials={"id": "secret"}, clock=clock) as voice,
            Client(ACCOUNT, OAuth2("id", "secret"), base_url=voice.url) as client,
        ):
            client.list_calls()
            clock.wait(hours=1)
            client.list_calls()
            assert [exchange.reply.status for exchange in voice.exchanges] == [200, 200, 401, 200, 200]

    def test_wrong_credentials_are_refused(self) -> None:
        """The client raises Unauthorized if its secret is not in the list."""
        with (
            Emulator(credentials={"id": "secret"}) as voice,
            Client(ACCOUNT, OAuth2("id", "other"), base_url=voice.url) as client,
            pytest.raises(
                Unauthorized,
                match=r"^the token request: 401 Unauthorized: The credentials provided were invalid; check the credentials$",
            ),
        ):
            client.list_calls()

    def test_the_emulator_listens_on_the_loopback_address(self, voice: Emulator) -> None:
        """Other machines cannot reach an emulator that accepts any credentials."""
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/v2", voice.url)

    def test_the_emulator_listens_only_inside_its_block(self) -> None:
        """Outside the ``with`` block, reading the URL raises an error, and the port refuses connections."""
        voice = Emulator()
        with pytest.raises(RuntimeError, match=r"^the emulator is not listening; use its url inside the with block$"):
            _ = voice.url
        with voice as same:
            assert same is voice
            url = voice.url
        with pytest.raises(RuntimeError, match=r"^the emulator is not listening; use its url inside the with block$"):
            _ = voice.url
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=10)

    def test_the_emulator_can_be_started_again(self) -> None:
        """A second ``with`` block keeps the calls of the first."""
        voice = Emulator()
        ids = []
        for _ in range(2):
            with voice, Client(ACCOUNT, OAuth2("id", "secret"), base_url=voice.url) as client:
                client.create_call(**NEW_CALL)
                ids.append([call.call_id for call in client.list_calls()])
        assert ids[1][:1] == ids[0]
        assert len(ids[1]) == 2

    def test_emulators_are_independent(self, voice: Emulator, client: Client) -> None:
        """Each emulator has its own port and its own calls."""
        call = client.create_call(**NEW_CALL)
        with Emulator() as other, Client(ACCOUNT, OAuth2("id", "secret"), base_url=other.url) as stranger:
            assert other.url != voice.url
            assert list(stranger.list_calls()) == []
            with pytest.raises(NotFound):
                stranger.hang_up(call.call_id)
        assert [each.call_id for each in client.list_calls()] == [call.call_id]

    def test_a_body_that_is_too_large_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, voice: Emulator, client: Client
    ) -> None:
        """A request with a body above the limit returns 413, and the body is not read to its end."""
        monkeypatch.setattr("callcontrol.emulator.server.LARGEST_REQUEST", 1000)
        client.create_call(**NEW_CALL, tag="t" * 700)
        with pytest.raises(ApiError) as caught:
            client.create_call(**NEW_CALL, tag="t" * 1000)
        assert caught.value.status == 413
        assert len(voice.exchanges) == 2  # the token request and the first call

    def test_many_threads_can_use_the_server(self, voice: Emulator, client: Client) -> None:
        """Each of many threads finds its calls in the state that the thread set, and all threads share one token."""
        start = threading.Barrier(8)

        def live(number: int) -> list[str]:
            start.wait()
            ids = []
            for _ in range(5):
                call = client.create_call(**NEW_CALL, tag=str(number))
                client.interrupt(call.call_id, DOCUMENT)
                client.hang_up(call.call_id)
                ids.append(call.call_id)
            return ids

        with ThreadPoolExecutor(8) as threads:
            ids = [call_id for made in threads.map(live, range(8)) for call_id in made]
        assert len(set(ids)) == 40
        assert {call.call_id: call.state for call in client.list_calls()} == dict.fromkeys(ids, "disconnected")
        assert sum("oauth2" in exchange.request.url for exchange in voice.exchanges) == 1
