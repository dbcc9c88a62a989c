"""The rules for URLs, and for the credentials and HTTP methods of requests to URLs."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from bxml import Problem, schema, validate
from bxml.lint import credentials, element_urls, rule_registry
from bxml.lint.rule import Rule
from bxml.lint.rules import audio_type, fallback_without_url, method_without_url, relative_url
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node


class Case(NamedTuple):
    """A document in which the violation of a rule is marked with «», and the expected message."""

    rule: str
    text: str
    message: str


def response(verbs: str) -> str:
    """Return a document that is the response to a request. The verbs are on its second line."""
    return f"<Response>\n  {verbs}\n</Response>"


def pushed(verbs: str) -> str:
    """Return a document that is pushed into a call. The verbs are on its second line."""
    return f"<Bxml>\n  {verbs}\n</Bxml>"


def transfer(attributes: str, of_number: str = "", tag: str = "PhoneNumber", to: str = "+12125550123") -> str:
    """Return a document that transfers the call."""
    return response(f"<Transfer {attributes}><{tag} {of_number}>{to}</{tag}></Transfer>")


def stream(attributes: str) -> str:
    """Return a document that starts a stream."""
    return response(f'<StartStream {attributes}/><Pause duration="60"/>')


PAIR = 'username="shop" password="secret"'
DESTINATION_PAIR = 'destinationUsername="shop" destinationPassword="secret"'
UNENCRYPTED = "receives username and password without encryption; use an https URL"
RELATIVE = "is relative, but a pushed document has no base URL; use an absolute URL"

VIOLATIONS = {
    "credentials to an http webhook": Case(
        "credentials-over-http",
        response(f'<Gather gatherUrl="«http://app.example/menu»" {PAIR}/>'),
        f'gatherUrl="http://app.example/menu" {UNENCRYPTED}',
    ),
    "credentials with a scheme in capitals": Case(
        "credentials-over-http",
        response(f'<Redirect redirectUrl="«HTTP://app.example/»" {PAIR}/>'),
        f'redirectUrl="HTTP://app.example/" {UNENCRYPTED}',
    ),
    **{
        f"credentials to {host}, which is not this machine": Case(
            "credentials-over-http",
            response(f'<Gather gatherUrl="«http://{host}/»" {PAIR}/>'),
            f'gatherUrl="http://{shown}/" {UNENCRYPTED}',
        )
        for host, shown in (
            ("localhost.example", "localhost.example"),
            ("127.0.0.1.example", "127.0.0.1.example"),
            ("localhost@app.example", "…@app.example"),
            ("10.0.0.1", "10.0.0.1"),
            ("[::1", "[::1"),
        )
    },
    "a user name alone to an http webhook": Case(
        "credentials-over-http",
        response('<StartGather dtmfUrl="«http://app.example/»" username="shop"/>'),
        'dtmfUrl="http://app.example/" receives username without encryption; use an https URL',
    ),
    "a password alone to an http webhook": Case(
        "credentials-over-http",
        response('<StartGather dtmfUrl="«http://app.example/»" password="x"/>'),
        'dtmfUrl="http://app.example/" receives password without encryption; use an https URL',
    ),
    "one http URL of three": Case(
        "credentials-over-http",
        response(
            '<Record recordCompleteUrl="https://app.example/a" recordingAvailableUrl="/b" '
            f'transcriptionAvailableUrl="«http://app.example/c»" {PAIR}/>'
        ),
        f'transcriptionAvailableUrl="http://app.example/c" {UNENCRYPTED}',
    ),
    "credentials to an http fallback": Case(
        "credentials-over-http",
        transfer(
            'transferCompleteUrl="http://app.example/" transferCompleteFallbackUrl="«http://app.example/2»" '
            'fallbackUsername="shop" fallbackPassword="secret"'
        ),
        'transferCompleteFallbackUrl="http://app.example/2" '
        "receives fallbackUsername and fallbackPassword without encryption; use an https URL",
    ),
    "credentials to an http webhook of a phone number": Case(
        "credentials-over-http",
        transfer("", f'transferDisconnectUrl="«http://app.example/»" {PAIR}'),
        f'transferDisconnectUrl="http://app.example/" {UNENCRYPTED}',
    ),
    "credentials to an http webhook of a SIP URI": Case(
        "credentials-over-http",
        transfer("", f'transferAnswerUrl="«http://app.example/»" {PAIR}', "SipUri", "sip:a@b.example"),
        f'transferAnswerUrl="http://app.example/" {UNENCRYPTED}',
    ),
    "credentials to an http file": Case(
        "credentials-over-http",
        response(f"<PlayAudio {PAIR}> «http://files.example/a.mp3» </PlayAudio>"),
        f'the text "http://files.example/a.mp3" of <PlayAudio> {UNENCRYPTED}',
    ),
    "credentials also in the URL": Case(
        "credentials-over-http",
        response(f'<Gather gatherUrl="«http://shop:secret@app.example/»" {PAIR}/>'),
        f'gatherUrl="http://…@app.example/" {UNENCRYPTED}',
    ),
    "a password with an @ in the URL": Case(
        "credentials-over-http",
        response(f"<PlayAudio {PAIR}>«http://shop:sec@ret@files.example/a.mp3?b=c@d»</PlayAudio>"),
        f'the text "http://…@files.example/a.mp3?b=c@d" of <PlayAudio> {UNENCRYPTED}',
    ),
    "credentials to a ws destination": Case(
        "credentials-over-ws",
        stream(f'destination="«ws://media.example/»" {DESTINATION_PAIR}'),
        'destination="ws://media.example/" '
        "receives destinationUsername and destinationPassword without encryption; use a wss URL",
    ),
    "a password to a ws destination": Case(
        "credentials-over-ws",
        stream('destination="«WS://media.example/»" destinationPassword="secret"'),
        'destination="WS://media.example/" receives destinationPassword without encryption; use a wss URL',
    ),
    "a user name without password": Case(
        "incomplete-credentials",
        response('<Redirect redirectUrl="/next" «username»="shop"/>'),
        'username="shop" is given without password; give both or neither',
    ),
    "a password without user name": Case(
        "incomplete-credentials",
        response('<Redirect redirectUrl="/next" «password»="secret"/>'),
        'password="…" is given without username; give both or neither',
    ),
    "an empty user name without password": Case(
        "incomplete-credentials",
        response('<PlayAudio «username»="">/a.mp3</PlayAudio>'),
        'username="" is given without password; give both or neither',
    ),
    "one fallback credential, with complete other credentials": Case(
        "incomplete-credentials",
        response(f'<Redirect redirectUrl="/next" redirectFallbackUrl="/2" {PAIR} «fallbackUsername»="shop"/>'),
        'fallbackUsername="shop" is given without fallbackPassword; give both or neither',
    ),
    "one destination credential": Case(
        "incomplete-credentials",
        stream('destination="wss://media.example/" «destinationPassword»="secret"'),
        'destinationPassword="…" is given without destinationUsername; give both or neither',
    ),
    "one fallback credential of a called party": Case(
        "incomplete-credentials",
        transfer("", 'username="shop" password="secret" «fallbackPassword»="secret"'),
        'fallbackPassword="…" is given without fallbackUsername; give both or neither',
    ),
    "credentials without URL": Case(
        "credentials-without-url",
        response(f"<Gather «username»{PAIR.removeprefix('username')}/>"),
        'username="shop" has no effect without gatherUrl; add the URL or remove username and password',
    ),
    "credentials without either of two URLs, the password first": Case(
        "credentials-without-url",
        response('<Bridge password="secret" «username»="shop">c-1</Bridge>'),
        'username="shop" has no effect without bridgeCompleteUrl or bridgeTargetCompleteUrl; '
        "add the URL or remove username and password",
    ),
    "a password without any of three URLs": Case(
        "credentials-without-url",
        response('<Record «password»="secret"/>'),
        'password="…" has no effect without recordCompleteUrl, recordingAvailableUrl or transcriptionAvailableUrl; '
        "add the URL or remove password",
    ),
    "credentials for a missing fallback": Case(
        "credentials-without-url",
        response('<Redirect redirectUrl="/next" «fallbackUsername»="shop" fallbackPassword="secret"/>'),
        'fallbackUsername="shop" has no effect without redirectFallbackUrl; '
        "add the URL or remove fallbackUsername and fallbackPassword",
    ),
    "credentials for missing webhooks, beside credentials for the destination": Case(
        "credentials-without-url",
        stream(f'destination="wss://media.example/" {DESTINATION_PAIR} «username»="shop" password="secret"'),
        'username="shop" has no effect without streamEventUrl; add the URL or remove username and password',
    ),
    "credentials of a called party without URL": Case(
        "credentials-without-url",
        transfer(f'transferCompleteUrl="/done" {PAIR}', '«password»="secret"'),
        'password="…" has no effect without transferAnswerUrl or transferDisconnectUrl; add the URL or remove password',
    ),
    "a fallback without URL": Case(
        "fallback-without-url",
        transfer('«transferCompleteFallbackUrl»="/2"'),
        'transferCompleteFallbackUrl="/2" is never requested without transferCompleteUrl; '
        "add that URL or remove the fallback URL",
    ),
    "a fallback with another URL": Case(
        "fallback-without-url",
        response('<Bridge bridgeCompleteUrl="/done" «bridgeTargetCompleteFallbackUrl»="/2">c-1</Bridge>'),
        'bridgeTargetCompleteFallbackUrl="/2" is never requested without bridgeTargetCompleteUrl; '
        "add that URL or remove the fallback URL",
    ),
    "a fallback of a called party without URL": Case(
        "fallback-without-url",
        transfer("", 'transferDisconnectUrl="/bye" «transferAnswerFallbackUrl»="/2"'),
        'transferAnswerFallbackUrl="/2" is never requested without transferAnswerUrl; add that URL or remove the fallback URL',
    ),
    "a fallback of a connection without URL": Case(
        "fallback-without-url",
        response('<Connect «eventFallbackUrl»="/2"><Endpoint>e-1</Endpoint></Connect>'),
        'eventFallbackUrl="/2" is never requested without eventCallbackUrl; add that URL or remove the fallback URL',
    ),
    "a method without URL": Case(
        "method-without-url",
        transfer('«transferCompleteMethod»="GET"'),
        'transferCompleteMethod="GET" has no effect without transferCompleteUrl; add the URL or remove the method',
    ),
    "the method of a missing fallback": Case(
        "method-without-url",
        response('<Redirect redirectUrl="/next" «redirectFallbackMethod»="GET"/>'),
        'redirectFallbackMethod="GET" has no effect without redirectFallbackUrl; add the URL or remove the method',
    ),
    "the method of partial results without URL": Case(
        "method-without-url",
        response('<Gather input="speech" gatherUrl="/menu" «partialResultCallbackMethod»="GET"/>'),
        'partialResultCallbackMethod="GET" has no effect without partialResultCallback; add the URL or remove the method',
    ),
    "a method of a called party without URL": Case(
        "method-without-url",
        transfer("", 'transferAnswerUrl="/hello" «transferDisconnectMethod»="GET"'),
        'transferDisconnectMethod="GET" has no effect without transferDisconnectUrl; add the URL or remove the method',
    ),
    "an invalid method without URL": Case(
        "method-without-url",
        response('<Refer «referCompleteMethod»="PUT"><SipUri>sip:a@b.example</SipUri></Refer>'),
        'referCompleteMethod="PUT" has no effect without referCompleteUrl; add the URL or remove the method',
    ),
    "a path in a pushed document": Case(
        "relative-url", pushed('<Redirect redirectUrl="«/next»"/>'), f'redirectUrl="/next" {RELATIVE}'
    ),
    "a name that begins like a scheme in a pushed document": Case(
        "relative-url", pushed('<Redirect redirectUrl="«https»"/>'), f'redirectUrl="https" {RELATIVE}'
    ),
    "a URL with a host and no scheme in a pushed document": Case(
        "relative-url", pushed('<Redirect redirectUrl="«//app.example/»"/>'), f'redirectUrl="//app.example/" {RELATIVE}'
    ),
    "a URL with a password and no scheme in a pushed document": Case(
        "relative-url",
        pushed('<Redirect redirectUrl="«//shop:secret@app.example/»"/>'),
        f'redirectUrl="//…@app.example/" {RELATIVE}',
    ),
    "a query that contains a URL in a pushed document": Case(
        "relative-url", pushed('<Redirect redirectUrl="«?to=http://a/»"/>'), f'redirectUrl="?to=http://a/" {RELATIVE}'
    ),
    "a relative URL in an attribute without URL in its name": Case(
        "relative-url",
        pushed('<Gather input="speech" gatherUrl="https://a/" partialResultCallback="«partial»"/>'),
        f'partialResultCallback="partial" {RELATIVE}',
    ),
    "a relative URL of a nested element": Case(
        "relative-url",
        pushed('<Transfer><PhoneNumber transferAnswerUrl="«hello»">+12125550123</PhoneNumber></Transfer>'),
        f'transferAnswerUrl="hello" {RELATIVE}',
    ),
    "a relative file in a pushed document": Case(
        "relative-url",
        pushed("<Gather gatherUrl='https://a/'><PlayAudio>\n  «a.mp3»\n  </PlayAudio></Gather>"),
        f'the text "a.mp3" of <PlayAudio> {RELATIVE}',
    ),
    "a file of another type": Case(
        "audio-type",
        response("<PlayAudio>«https://files.example/welcome.ogg»</PlayAudio>"),
        'the text "https://files.example/welcome.ogg" of <PlayAudio> ends in .ogg, '
        "which is not played; use a .wav or .mp3 file",
    ),
    "an extension in capitals, before a query": Case(
        "audio-type",
        response("<PlayAudio>«/a.mp3/b.M4A?c=d.mp3#e.wav»</PlayAudio>"),
        'the text "/a.mp3/b.M4A?c=d.mp3#e.wav" of <PlayAudio> ends in .M4A, which is not played; use a .wav or .mp3 file',
    ),
    "an extension before a fragment": Case(
        "audio-type",
        response("<PlayAudio>«a.b.opus#c»</PlayAudio>"),
        'the text "a.b.opus#c" of <PlayAudio> ends in .opus, which is not played; use a .wav or .mp3 file',
    ),
    "a prompt of another type": Case(
        "audio-type",
        response('<Gather gatherUrl="/menu"><PlayAudio> «a.flac» </PlayAudio></Gather>'),
        'the text "a.flac" of <PlayAudio> ends in .flac, which is not played; use a .wav or .mp3 file',
    ),
}

ACCEPTED = {
    "empty credentials": (
        "credentials-over-http",
        response('<StartGather dtmfUrl="http://app.example/" username="" password=""/>'),
    ),
    "credentials over https": ("credentials-over-http", response(f'<Gather gatherUrl="HTTPS://app.example/" {PAIR}/>')),
    "credentials to a relative URL": ("credentials-over-http", response(f'<Gather gatherUrl="/menu" {PAIR}/>')),
    "credentials to a relative URL that looks like a scheme": (
        "credentials-over-http",
        response(f'<Gather gatherUrl="http" {PAIR}/>'),
    ),
    "credentials to a relative file": ("credentials-over-http", response(f"<PlayAudio {PAIR}>a.mp3</PlayAudio>")),
    "an http URL without credentials": ("credentials-over-http", response('<Gather gatherUrl="http://app.example/"/>')),
    "an http URL that does not receive the credentials": (
        "credentials-over-http",
        response(
            f'<Gather gatherUrl="https://a/" gatherFallbackUrl="http://a/" {PAIR}/>'
            f'<Gather input="speech" gatherUrl="/menu" partialResultCallback="http://a/" {PAIR}/>'
        ),
    ),
    **{
        f"credentials to {host}": ("credentials-over-http", response(f'<Gather gatherUrl="http://{host}/" {PAIR}/>'))
        for host in ("localhost", "LOCALHOST:8000", "bxml.localhost", "127.0.0.1", "127.1.2.3:80", "[::1]", "a:b@localhost")
    },
    "credentials to an invalid URL": ("credentials-over-http", response(f'<Gather gatherUrl="http://a b/" {PAIR}/>')),
    "credentials to an empty URL": ("credentials-over-http", response(f'<Gather gatherUrl="" {PAIR}/>')),
    "credentials to an empty text": ("credentials-over-http", response(f"<PlayAudio {PAIR}/>")),
    "credentials to an invalid destination": (
        "credentials-over-http",
        stream(f'destination="http://media.example/" {DESTINATION_PAIR}'),
    ),
    "credentials on elements that do not have these attributes": (
        "credentials-over-http",
        response(f'<Pause {PAIR}/><Refer><SipUri {PAIR}>sip:a@b.example</SipUri></Refer><Say {PAIR} url="http://a/"/>'),
    ),
    "credentials over wss": ("credentials-over-ws", stream(f'destination="wss://media.example/" {DESTINATION_PAIR}')),
    "a ws destination without credentials": ("credentials-over-ws", stream('destination="ws://media.example/"')),
    "a ws destination that does not receive the credentials": (
        "credentials-over-ws",
        stream(f'destination="ws://media.example/" streamEventUrl="/event" {PAIR}'),
    ),
    "credentials to a websocket of this machine": (
        "credentials-over-ws",
        stream(f'destination="ws://localhost:8080/" {DESTINATION_PAIR}'),
    ),
    "credentials to an invalid websocket": ("credentials-over-ws", stream(f'destination="ws://" {DESTINATION_PAIR}')),
    "two complete pairs": (
        "incomplete-credentials",
        stream(f'destination="wss://media.example/" {DESTINATION_PAIR} streamEventUrl="/event" {PAIR}'),
    ),
    "a pair with an empty password": (
        "incomplete-credentials",
        response('<Redirect redirectUrl="/next" username="key" password=""/>'),
    ),
    "a user name on an element that does not have this attribute": (
        "incomplete-credentials",
        response('<Pause username="shop"/>'),
    ),
    "credentials with one of their URLs": (
        "credentials-without-url",
        response(f'<Record transcriptionAvailableUrl="/text" {PAIR}/>'),
    ),
    "credentials with a URL that is invalid": ("credentials-without-url", response(f'<Gather gatherUrl="" {PAIR}/>')),
    "credentials of a file": ("credentials-without-url", response(f"<PlayAudio {PAIR}>a.mp3</PlayAudio>")),
    "credentials of a file that is missing": ("credentials-without-url", response(f"<PlayAudio {PAIR}/>")),
    "credentials of a destination": (
        "credentials-without-url",
        stream(f'destination="wss://media.example/" {DESTINATION_PAIR}'),
    ),
    "credentials on an element without URLs": ("credentials-without-url", response(f"<Pause {PAIR}/>")),
    "a fallback with its URL": (
        "fallback-without-url",
        transfer('transferCompleteUrl="/done" transferCompleteFallbackUrl="/2"'),
    ),
    "a fallback with a URL that is invalid": (
        "fallback-without-url",
        transfer('transferCompleteUrl="" transferCompleteFallbackUrl="/2"'),
    ),
    "a URL without fallback": ("fallback-without-url", transfer('transferCompleteUrl="/done"')),
    "a fallback of a connection with its URL": (
        "fallback-without-url",
        response('<Connect eventCallbackUrl="/event" eventFallbackUrl="/2"><Endpoint>e-1</Endpoint></Connect>'),
    ),
    "a fallback that the element does not have": (
        "fallback-without-url",
        response('<Connect redirectFallbackUrl="/2"><Endpoint>e-1</Endpoint></Connect>'),
    ),
    "a method with its URL": ("method-without-url", transfer('transferCompleteUrl="/done" transferCompleteMethod="GET"')),
    "methods that the Java SDK writes": (
        "method-without-url",
        transfer(
            'transferCompleteMethod="POST" transferCompleteFallbackMethod="POST"',
            'transferAnswerMethod="POST" transferAnswerFallbackMethod="POST" transferDisconnectMethod="POST"',
        ),
    ),
    "the default of partial results": ("method-without-url", response('<Gather partialResultCallbackMethod="POST"/>')),
    "the method of a fallback without the first URL": (
        "method-without-url",
        transfer('transferCompleteFallbackUrl="/2" transferCompleteFallbackMethod="GET"'),
    ),
    "a method that the element does not have": ("method-without-url", response('<Redirect dtmfMethod="GET"/>')),
    "relative URLs in a response": (
        "relative-url",
        response('<PlayAudio>a.mp3</PlayAudio><Redirect redirectUrl="/next" redirectFallbackUrl="2"/>'),
    ),
    "absolute URLs in a pushed document": (
        "relative-url",
        pushed(
            '<StartStream destination="WSS://media.example/" streamEventUrl="HTTP://app.example/"/>'
            '<PlayAudio> https://a/b.mp3 </PlayAudio><Redirect redirectUrl="https://app.example/"/>'
        ),
    ),
    "invalid URLs in a pushed document": (
        "relative-url",
        pushed('<PlayAudio/><PlayAudio>a b</PlayAudio><Gather gatherUrl=""/><Redirect redirectUrl="ftp://a/"/>'),
    ),
    "values that are not URLs in a pushed document": ("relative-url", pushed('<Tag>/next</Tag><Ring ringUrl="/next"/>')),
    "played types": (
        "audio-type",
        response("".join(f"<PlayAudio>{url}</PlayAudio>" for url in ("a.mp3", "a.WAV", "/a.ogg/b.Mp3?c.ogg", "a.wav#b.ogg"))),
    ),
    "extensions of files other than audio": (
        "audio-type",
        response("".join(f"<PlayAudio>{url}</PlayAudio>" for url in ("/a.php", "/a.aspx?b=c.ogg", "/a", "a.", "/ogg", "ogg"))),
    ),
    "hosts and folders with the extension of an audio file": (
        "audio-type",
        response(
            "".join(
                f"<PlayAudio>{url}</PlayAudio>"
                for url in ("https://a.au", "http://a.au/", "HTTPS://a.au?b.ogg", "//a.au", "//a.au#b", "https://a/b.ogg/c")
            )
        ),
    ),
    "invalid URLs of files": ("audio-type", response("<PlayAudio/><PlayAudio>a b.ogg</PlayAudio><Tag>a.ogg</Tag>")),
}


def found(rule: str, text: str) -> list[Problem]:
    """Return the problems that one rule reports in a document."""
    return validate(text, select=[rule])


def place_of(text: str, mark: str) -> tuple[int, int]:
    """Return the line and column that a mark has in the text without marks. Lines and columns are counted from 1."""
    lines = re.sub("[«»]" if mark == "»" else "«", "", text.partition(mark)[0]).split("\n")
    return len(lines), len(lines[-1]) + 1


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=VIOLATIONS)
def test_violation_is_reported_at_its_position(case: Case) -> None:
    """Each violation is reported once, at its position, with its message."""
    (problem,) = found(case.rule, re.sub("[«»]", "", case.text))
    assert problem.message == case.message
    assert (problem.line, problem.column) == place_of(case.text, "«")
    assert (problem.end_line, problem.end_column) == place_of(case.text, "»")


@pytest.mark.parametrize(("rule", "text"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted_document_has_no_problem(rule: str, text: str) -> None:
    """A rule accepts valid documents, the defaults of SDKs, and faults that the schema check reports."""
    assert found(rule, text) == []


@pytest.mark.parametrize(
    ("rule", "attributes", "places"),
    [
        (
            "credentials-over-http",
            f'recordingAvailableUrl="http://a/" recordCompleteUrl="http://b/" {PAIR}',
            ["recordingAvailableUrl", "recordCompleteUrl"],
        ),
        ("incomplete-credentials", 'fallbackUsername="shop" password="secret"', ["fallbackUsername", "password"]),
        (
            "credentials-without-url",
            f'fallbackPassword="secret" fallbackUsername="shop" {PAIR}',
            ["fallbackUsername", "username"],
        ),
        (
            "method-without-url",
            'recordingAvailableMethod="GET" recordCompleteMethod="GET"',
            ["recordingAvailableMethod", "recordCompleteMethod"],
        ),
    ],
)
def test_each_violation_of_an_element_is_reported(rule: str, attributes: str, places: list[str]) -> None:
    """Two violations in one element are two problems, in document order."""
    paths = [problem.path for problem in found(rule, response(f"<Record {attributes}/>"))]
    assert paths == [f"Response/Record[1]/@{place}" for place in places]


def test_rules_have_their_severity() -> None:
    """A violation is an error if Bandwidth forbids it, and otherwise a warning."""
    assert {rule: rule_registry.entries()[rule].severity for rule in {case.rule for case in VIOLATIONS.values()}} == {
        "audio-type": "warning",
        "credentials-over-http": "error",
        "credentials-over-ws": "warning",
        "credentials-without-url": "warning",
        "fallback-without-url": "warning",
        "incomplete-credentials": "warning",
        "method-without-url": "warning",
        "relative-url": "warning",
    }


# Comparison with the schema


def declared() -> Iterator[tuple[str, str, str]]:
    """Yield each attribute of each element, with the name of its type."""
    for element in schema.vocabulary().declarations():
        for name, attribute in element.attributes.items():
            yield element.name, name, attribute.type.lineage[0]


def test_rules_check_all_credentials() -> None:
    """The rules check each user name and each password in the schema, and they know the URLs that receive these credentials."""
    pairs = {
        (element, name): pair
        for element in schema.attributes()
        for pair in credentials.pairs_of(Node(element, {}, 0))
        for name in (pair.user, pair.password)
    }
    in_schema = {(element, name) for element, name, _ in declared() if re.search("[uU]sername$|[pP]assword$", name)}
    assert pairs.keys() == in_schema
    assert {f"@{name}" for _, name in in_schema} == set(credentials.TARGETS)
    for (element, _), pair in pairs.items():
        assert pair.user.lower().removesuffix("username") == pair.password.lower().removesuffix("password")
        assert (
            pair.urls == (element_urls.IN_TEXT,)
            if element == "PlayAudio"
            else schema.attributes()[element].keys() >= {*pair.urls}
        )


def test_credentials_belong_to_the_urls_of_their_names() -> None:
    """Each URL receives the credentials of its kind. The kinds are fallback, destination and other."""
    for element, of_element in schema.attributes().items():
        for pair in credentials.pairs_of(Node(element, {}, 0)):
            kind = pair.user.lower().removesuffix("username")
            if kind == "destination":
                assert pair.urls == ("destination",)
            elif element != "PlayAudio":
                urls = {name for name in of_element if name.endswith("Url") and ("Fallback" in name) == (kind == "fallback")}
                assert {*pair.urls} == urls


def test_rules_check_all_urls() -> None:
    """The rules check the text of PlayAudio and each attribute that has the name and the type of a URL."""
    urls = {(element, name) for element, name, type_ in declared() if type_ in {"url", "websocketUrl"}}
    assert urls == {(element, name) for element, name, _ in declared() if re.search("Url$|Callback$|^destination$", name)}
    checked = {
        (element, found_url.attribute)
        for element, of_element in schema.attributes().items()
        for url in ("/a", "wss://a/")
        for found_url in element_urls.find(Node(element, dict.fromkeys(of_element, url), 0))
    }
    assert checked == urls
    assert {element for element, _ in urls} | {"PlayAudio"} == set(relative_url.TARGETS)
    assert [
        name for name, element in schema.vocabulary().elements.items() if element.text and "url" in element.text.lineage
    ] == ["PlayAudio"]


def test_rules_check_all_fallbacks_and_methods() -> None:
    """The rules report each fallback and each method that is given without its URL."""
    rules: list[tuple[Rule, str, str]] = [(fallback_without_url, "FallbackUrl", "/a"), (method_without_url, "Method", "GET")]
    for module, ending, value in rules:
        in_schema = {(element, name) for element, name, _ in declared() if name.lower().endswith(ending.lower())}
        reported = {
            (element, violation.attribute)
            for element, name in in_schema
            for node in [Node(element, {name: value}, 0)]
            for violation in module.check(node, Flow(node, "call", lambda _: None))
        }
        assert reported == in_schema
        assert {name for _, name in in_schema} == set(
            fnmatch.filter({name for _, name, _ in declared()}, module.TARGETS[0][1:])
        )


def test_playable_extensions_are_not_listed_as_unplayable() -> None:
    """The list of unplayable extensions is in lower case and does not contain wav or mp3, which can be played."""
    assert {extension.lower() for extension in audio_type.UNPLAYABLE} == audio_type.UNPLAYABLE
    assert audio_type.UNPLAYABLE.isdisjoint({"wav", "mp3"})
