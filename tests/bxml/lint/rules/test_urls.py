"""What the rules about URLs, and about what is sent to them, find, where, and what they let pass."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from bxml import Problem, schema, validate
from bxml.lint import credentials, registry, url_attributes
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Rule
from bxml.lint.rules import audio_type, fallback_without_url, method_without_url, relative_url
from bxml.parsing.tree import Node


class Case(NamedTuple):
    """A document, with what a rule finds in it between marks, and what it says of that."""

    rule: str
    text: str
    message: str


def response(verbs: str) -> str:
    """A document that answers a webhook, its second line with what is looked at."""
    return f"<Response>\n  {verbs}\n</Response>"


def pushed(verbs: str) -> str:
    """A document that is pushed into a call, its second line with what is looked at."""
    return f"<Bxml>\n  {verbs}\n</Bxml>"


def transfer(attributes: str, of_number: str = "", tag: str = "PhoneNumber", to: str = "+12125550123") -> str:
    """A document that transfers the call."""
    return response(f"<Transfer {attributes}><{tag} {of_number}>{to}</{tag}></Transfer>")


def stream(attributes: str) -> str:
    """A document that streams."""
    return response(f'<StartStream {attributes}/><Pause duration="60"/>')


PAIR = 'username="shop" password="secret"'
FAR_END = 'destinationUsername="shop" destinationPassword="secret"'
PLAIN = "receives username and password without encryption; write an https URL"
RELATIVE = "is relative, and a document that is pushed has no URL of its own; write an absolute one"

FOUND = {
    "credentials to a webhook in the clear": Case(
        "credentials-over-http",
        response(f'<Gather gatherUrl="«http://app.example/menu»" {PAIR}/>'),
        f'gatherUrl="http://app.example/menu" {PLAIN}',
    ),
    "credentials beside a scheme in capitals": Case(
        "credentials-over-http",
        response(f'<Redirect redirectUrl="«HTTP://app.example/»" {PAIR}/>'),
        f'redirectUrl="HTTP://app.example/" {PLAIN}',
    ),
    "a user name alone in the clear": Case(
        "credentials-over-http",
        response('<StartGather dtmfUrl="«http://app.example/»" username="shop"/>'),
        'dtmfUrl="http://app.example/" receives username without encryption; write an https URL',
    ),
    "a password alone, in the clear": Case(
        "credentials-over-http",
        response('<StartGather dtmfUrl="«http://app.example/»" password="x"/>'),
        'dtmfUrl="http://app.example/" receives password without encryption; write an https URL',
    ),
    "only one of three URLs in the clear": Case(
        "credentials-over-http",
        response(
            '<Record recordCompleteUrl="https://app.example/a" recordingAvailableUrl="/b" '
            f'transcriptionAvailableUrl="«http://app.example/c»" {PAIR}/>'
        ),
        f'transcriptionAvailableUrl="http://app.example/c" {PLAIN}',
    ),
    "credentials to a fallback in the clear": Case(
        "credentials-over-http",
        transfer(
            'transferCompleteUrl="http://app.example/" transferCompleteFallbackUrl="«http://app.example/2»" '
            'fallbackUsername="shop" fallbackPassword="secret"'
        ),
        'transferCompleteFallbackUrl="http://app.example/2" '
        "receives fallbackUsername and fallbackPassword without encryption; write an https URL",
    ),
    "credentials to a webhook of a called party in the clear": Case(
        "credentials-over-http",
        transfer("", f'transferDisconnectUrl="«http://app.example/»" {PAIR}'),
        f'transferDisconnectUrl="http://app.example/" {PLAIN}',
    ),
    "credentials to a webhook of a called SIP URI in the clear": Case(
        "credentials-over-http",
        transfer("", f'transferAnswerUrl="«http://app.example/»" {PAIR}', "SipUri", "sip:a@b.example"),
        f'transferAnswerUrl="http://app.example/" {PLAIN}',
    ),
    "credentials to a file in the clear": Case(
        "credentials-over-http",
        response(f"<PlayAudio {PAIR}> «http://files.example/a.mp3» </PlayAudio>"),
        f'the text "http://files.example/a.mp3" of <PlayAudio> {PLAIN}',
    ),
    "credentials in the URL as well": Case(
        "credentials-over-http",
        response(f'<Gather gatherUrl="«http://shop:secret@app.example/»" {PAIR}/>'),
        f'gatherUrl="http://…@app.example/" {PLAIN}',
    ),
    "a password with an @ in the URL": Case(
        "credentials-over-http",
        response(f"<PlayAudio {PAIR}>«http://shop:sec@ret@files.example/a.mp3?b=c@d»</PlayAudio>"),
        f'the text "http://…@files.example/a.mp3?b=c@d" of <PlayAudio> {PLAIN}',
    ),
    "credentials to a websocket in the clear": Case(
        "credentials-over-ws",
        stream(f'destination="«ws://media.example/»" {FAR_END}'),
        'destination="ws://media.example/" '
        "receives destinationUsername and destinationPassword without encryption; write a wss URL",
    ),
    "a password to a websocket in the clear": Case(
        "credentials-over-ws",
        stream('destination="«WS://media.example/»" destinationPassword="secret"'),
        'destination="WS://media.example/" receives destinationPassword without encryption; write a wss URL',
    ),
    "a user name without password": Case(
        "incomplete-credentials",
        response('<Redirect redirectUrl="/next" «username»="shop"/>'),
        'username="shop" stands without password; give both or neither',
    ),
    "a password without user name": Case(
        "incomplete-credentials",
        response('<Redirect redirectUrl="/next" «password»="secret"/>'),
        'password="…" stands without username; give both or neither',
    ),
    "an empty user name without password": Case(
        "incomplete-credentials",
        response('<PlayAudio «username»="">/a.mp3</PlayAudio>'),
        'username="" stands without password; give both or neither',
    ),
    "half of the fallback's, beside a whole pair": Case(
        "incomplete-credentials",
        response(f'<Redirect redirectUrl="/next" redirectFallbackUrl="/2" {PAIR} «fallbackUsername»="shop"/>'),
        'fallbackUsername="shop" stands without fallbackPassword; give both or neither',
    ),
    "half of the destination's": Case(
        "incomplete-credentials",
        stream('destination="wss://media.example/" «destinationPassword»="secret"'),
        'destinationPassword="…" stands without destinationUsername; give both or neither',
    ),
    "half of the fallback's of a called party": Case(
        "incomplete-credentials",
        transfer("", 'username="shop" password="secret" «fallbackPassword»="secret"'),
        'fallbackPassword="…" stands without fallbackUsername; give both or neither',
    ),
    "credentials without URL": Case(
        "credentials-without-url",
        response(f"<Gather «username»{PAIR.removeprefix('username')}/>"),
        'username="shop" is sent to no URL; it takes gatherUrl',
    ),
    "credentials without any of two URLs, the password first": Case(
        "credentials-without-url",
        response('<Bridge password="secret" «username»="shop">c-1</Bridge>'),
        'username="shop" is sent to no URL; it takes bridgeCompleteUrl or bridgeTargetCompleteUrl',
    ),
    "a password without any of three URLs": Case(
        "credentials-without-url",
        response('<Record «password»="secret"/>'),
        'password="…" is sent to no URL; it takes recordCompleteUrl, recordingAvailableUrl or transcriptionAvailableUrl',
    ),
    "credentials for a fallback that is not there": Case(
        "credentials-without-url",
        response('<Redirect redirectUrl="/next" «fallbackUsername»="shop" fallbackPassword="secret"/>'),
        'fallbackUsername="shop" is sent to no URL; it takes redirectFallbackUrl',
    ),
    "credentials for webhooks, beside those for the destination": Case(
        "credentials-without-url",
        stream(f'destination="wss://media.example/" {FAR_END} «username»="shop" password="secret"'),
        'username="shop" is sent to no URL; it takes streamEventUrl',
    ),
    "credentials of a called party without URL": Case(
        "credentials-without-url",
        transfer(f'transferCompleteUrl="/done" {PAIR}', '«password»="secret"'),
        'password="…" is sent to no URL; it takes transferAnswerUrl or transferDisconnectUrl',
    ),
    "a fallback without URL": Case(
        "fallback-without-url",
        transfer('«transferCompleteFallbackUrl»="/2"'),
        'transferCompleteFallbackUrl="/2" is never tried without transferCompleteUrl; give both or neither',
    ),
    "a fallback beside another URL": Case(
        "fallback-without-url",
        response('<Bridge bridgeCompleteUrl="/done" «bridgeTargetCompleteFallbackUrl»="/2">c-1</Bridge>'),
        'bridgeTargetCompleteFallbackUrl="/2" is never tried without bridgeTargetCompleteUrl; give both or neither',
    ),
    "a fallback of a called party without URL": Case(
        "fallback-without-url",
        transfer("", 'transferDisconnectUrl="/bye" «transferAnswerFallbackUrl»="/2"'),
        'transferAnswerFallbackUrl="/2" is never tried without transferAnswerUrl; give both or neither',
    ),
    "a fallback of a connection without URL": Case(
        "fallback-without-url",
        response('<Connect «eventFallbackUrl»="/2"><Endpoint>e-1</Endpoint></Connect>'),
        'eventFallbackUrl="/2" is never tried without eventCallbackUrl; give both or neither',
    ),
    "a method without URL": Case(
        "method-without-url",
        transfer('«transferCompleteMethod»="GET"'),
        'transferCompleteMethod="GET" has no effect without transferCompleteUrl; give that too or leave both out',
    ),
    "the method of a fallback without it": Case(
        "method-without-url",
        response('<Redirect redirectUrl="/next" «redirectFallbackMethod»="GET"/>'),
        'redirectFallbackMethod="GET" has no effect without redirectFallbackUrl; give that too or leave both out',
    ),
    "the method of partial results without URL": Case(
        "method-without-url",
        response('<Gather input="speech" gatherUrl="/menu" «partialResultCallbackMethod»="GET"/>'),
        'partialResultCallbackMethod="GET" has no effect without partialResultCallback; give that too or leave both out',
    ),
    "a method of a called party without URL": Case(
        "method-without-url",
        transfer("", 'transferAnswerUrl="/hello" «transferDisconnectMethod»="GET"'),
        'transferDisconnectMethod="GET" has no effect without transferDisconnectUrl; give that too or leave both out',
    ),
    "a method of no meaning without URL": Case(
        "method-without-url",
        response('<Refer «referCompleteMethod»="PUT"><SipUri>sip:a@b.example</SipUri></Refer>'),
        'referCompleteMethod="PUT" has no effect without referCompleteUrl; give that too or leave both out',
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
    "a query that holds a URL in a pushed document": Case(
        "relative-url", pushed('<Redirect redirectUrl="«?to=http://a/»"/>'), f'redirectUrl="?to=http://a/" {RELATIVE}'
    ),
    "a relative URL that is not called one": Case(
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
    "a file of a type that is not played": Case(
        "audio-type",
        response("<PlayAudio>«https://files.example/welcome.ogg»</PlayAudio>"),
        'the text "https://files.example/welcome.ogg" of <PlayAudio> ends in .ogg; only wav and mp3 are played',
    ),
    "an extension in capitals, before a query": Case(
        "audio-type",
        response("<PlayAudio>«/a.mp3/b.M4A?c=d.mp3#e.wav»</PlayAudio>"),
        'the text "/a.mp3/b.M4A?c=d.mp3#e.wav" of <PlayAudio> ends in .M4A; only wav and mp3 are played',
    ),
    "an extension before a fragment": Case(
        "audio-type",
        response("<PlayAudio>«a.b.opus#c»</PlayAudio>"),
        'the text "a.b.opus#c" of <PlayAudio> ends in .opus; only wav and mp3 are played',
    ),
    "a prompt of a type that is not played": Case(
        "audio-type",
        response('<Gather gatherUrl="/menu"><PlayAudio> «a.flac» </PlayAudio></Gather>'),
        'the text "a.flac" of <PlayAudio> ends in .flac; only wav and mp3 are played',
    ),
}

SILENT = {
    "empty credentials": (
        "credentials-over-http",
        response('<StartGather dtmfUrl="http://app.example/" username="" password=""/>'),
    ),
    "credentials over https": ("credentials-over-http", response(f'<Gather gatherUrl="HTTPS://app.example/" {PAIR}/>')),
    "credentials to a relative URL": ("credentials-over-http", response(f'<Gather gatherUrl="/menu" {PAIR}/>')),
    "credentials to a relative URL like a scheme": ("credentials-over-http", response(f'<Gather gatherUrl="http" {PAIR}/>')),
    "credentials to a relative file": ("credentials-over-http", response(f"<PlayAudio {PAIR}>a.mp3</PlayAudio>")),
    "a URL in the clear without credentials": ("credentials-over-http", response('<Gather gatherUrl="http://app.example/"/>')),
    "a URL in the clear that credentials do not go to": (
        "credentials-over-http",
        response(
            f'<Gather gatherUrl="https://a/" gatherFallbackUrl="http://a/" {PAIR}/>'
            f'<Gather input="speech" gatherUrl="/menu" partialResultCallback="http://a/" {PAIR}/>'
        ),
    ),
    "credentials to what is no URL": ("credentials-over-http", response(f'<Gather gatherUrl="http://a b/" {PAIR}/>')),
    "credentials to an empty URL": ("credentials-over-http", response(f'<Gather gatherUrl="" {PAIR}/>')),
    "credentials to an empty text": ("credentials-over-http", response(f"<PlayAudio {PAIR}/>")),
    "credentials to a destination that is none": (
        "credentials-over-http",
        stream(f'destination="http://media.example/" {FAR_END}'),
    ),
    "credentials of an element that has none": (
        "credentials-over-http",
        response(f'<Pause {PAIR}/><Refer><SipUri {PAIR}>sip:a@b.example</SipUri></Refer><Say {PAIR} url="http://a/"/>'),
    ),
    "credentials over wss": ("credentials-over-ws", stream(f'destination="wss://media.example/" {FAR_END}')),
    "a websocket in the clear without credentials": ("credentials-over-ws", stream('destination="ws://media.example/"')),
    "a websocket in the clear that credentials do not go to": (
        "credentials-over-ws",
        stream(f'destination="ws://media.example/" streamEventUrl="/event" {PAIR}'),
    ),
    "credentials to a websocket that is none": ("credentials-over-ws", stream(f'destination="ws://" {FAR_END}')),
    "pairs": (
        "incomplete-credentials",
        stream(f'destination="wss://media.example/" {FAR_END} streamEventUrl="/event" {PAIR}'),
    ),
    "a pair with an empty half": (
        "incomplete-credentials",
        response('<Redirect redirectUrl="/next" username="key" password=""/>'),
    ),
    "half a pair of an element that has none": ("incomplete-credentials", response('<Pause username="shop"/>')),
    "credentials with one of their URLs": (
        "credentials-without-url",
        response(f'<Record transcriptionAvailableUrl="/text" {PAIR}/>'),
    ),
    "credentials with a URL that is invalid": ("credentials-without-url", response(f'<Gather gatherUrl="" {PAIR}/>')),
    "credentials of a file": ("credentials-without-url", response(f"<PlayAudio {PAIR}>a.mp3</PlayAudio>")),
    "credentials of a file that is missing": ("credentials-without-url", response(f"<PlayAudio {PAIR}/>")),
    "credentials of a destination": ("credentials-without-url", stream(f'destination="wss://media.example/" {FAR_END}')),
    "credentials where none belong": ("credentials-without-url", response(f"<Pause {PAIR}/>")),
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
    "methods that Java writes": (
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
    "relative URLs in an answer": (
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
    "what is no URL in a pushed document": (
        "relative-url",
        pushed('<PlayAudio/><PlayAudio>a b</PlayAudio><Gather gatherUrl=""/><Redirect redirectUrl="ftp://a/"/>'),
    ),
    "what is no URL by its name": ("relative-url", pushed('<Tag>/next</Tag><Ring ringUrl="/next"/>')),
    "played types": (
        "audio-type",
        response("".join(f"<PlayAudio>{url}</PlayAudio>" for url in ("a.mp3", "a.WAV", "/a.ogg/b.Mp3?c.ogg", "a.wav#b.ogg"))),
    ),
    "no types of audio": (
        "audio-type",
        response("".join(f"<PlayAudio>{url}</PlayAudio>" for url in ("/a.php", "/a.aspx?b=c.ogg", "/a", "a.", "/ogg", "ogg"))),
    ),
    "hosts and folders with the extension of audio": (
        "audio-type",
        response(
            "".join(
                f"<PlayAudio>{url}</PlayAudio>"
                for url in ("https://a.au", "http://a.au/", "HTTPS://a.au?b.ogg", "//a.au", "//a.au#b", "https://a/b.ogg/c")
            )
        ),
    ),
    "what is no URL of a file": ("audio-type", response("<PlayAudio/><PlayAudio>a b.ogg</PlayAudio><Tag>a.ogg</Tag>")),
}


def found(rule: str, text: str) -> list[Problem]:
    """What one rule finds in a document."""
    return validate(text, select=[rule])


def place_of(text: str, mark: str) -> tuple[int, int]:
    """Line and column of a mark, both from 1, in the text without its marks."""
    lines = re.sub("[«»]" if mark == "»" else "«", "", text.partition(mark)[0]).split("\n")
    return len(lines), len(lines[-1]) + 1


@pytest.mark.parametrize("case", FOUND.values(), ids=FOUND)
def test_what_is_found(case: Case) -> None:
    """Each thing is found once, at its place, and said in these words."""
    (problem,) = found(case.rule, re.sub("[«»]", "", case.text))
    assert problem.message == case.message
    assert (problem.line, problem.column) == place_of(case.text, "«")
    assert (problem.end_line, problem.end_column) == place_of(case.text, "»")


@pytest.mark.parametrize(("rule", "text"), SILENT.values(), ids=SILENT)
def test_what_is_let_pass(rule: str, text: str) -> None:
    """What is right, what an SDK writes unasked, and what the schema refuses at the same place, is no finding of a rule."""
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
def test_each_is_a_finding(rule: str, attributes: str, places: list[str]) -> None:
    """Two mistakes of one element are two findings, in the order of the text."""
    paths = [problem.path for problem in found(rule, response(f"<Record {attributes}/>"))]
    assert paths == [f"Response/Record[1]/@{place}" for place in places]


def test_severities() -> None:
    """Only what the vendor forbids is an error."""
    assert {rule: registry.entries()[rule].severity for rule in {case.rule for case in FOUND.values()}} == {
        "audio-type": "warning",
        "credentials-over-http": "error",
        "credentials-over-ws": "warning",
        "credentials-without-url": "warning",
        "fallback-without-url": "warning",
        "incomplete-credentials": "warning",
        "method-without-url": "warning",
        "relative-url": "warning",
    }


# What the schema says


def declared() -> Iterator[tuple[str, str, str]]:
    """Each attribute of each element, with the name of its type."""
    for element in schema.law().declarations():
        for name, attribute in element.attributes.items():
            yield element.name, name, attribute.type.lineage[0]


def test_no_credentials_are_overlooked() -> None:
    """Each user name and password of the schema is one of a pair, whose URLs exist; and rules look at all their names."""
    pairs = {
        (element, name): pair
        for element in schema.attributes()
        for pair in credentials.of(Node(element, {}, 0))
        for name in (pair.user, pair.password)
    }
    named = {(element, name) for element, name, _ in declared() if re.search("[uU]sername$|[pP]assword$", name)}
    assert pairs.keys() == named
    assert {f"@{name}" for _, name in named} == set(credentials.PLACES)
    for (element, _), pair in pairs.items():
        assert pair.user.lower().removesuffix("username") == pair.password.lower().removesuffix("password")
        assert (
            pair.urls == (url_attributes.IN_TEXT,)
            if element == "PlayAudio"
            else schema.attributes()[element].keys() >= {*pair.urls}
        )


def test_credentials_go_where_the_names_say() -> None:
    """The pair of fallbacks goes to the fallback URLs, that of the destination there, and the plain pair to all others."""
    for element, of_element in schema.attributes().items():
        for pair in credentials.of(Node(element, {}, 0)):
            kind = pair.user.lower().removesuffix("username")
            if kind == "destination":
                assert pair.urls == ("destination",)
            elif element != "PlayAudio":
                urls = {name for name in of_element if name.endswith("Url") and ("Fallback" in name) == (kind == "fallback")}
                assert {*pair.urls} == urls


def test_no_url_is_overlooked() -> None:
    """Each attribute that is a URL by its name or type is one that a rule looks at, as is the text of PlayAudio."""
    urls = {(element, name) for element, name, type_ in declared() if type_ in {"url", "websocketUrl"}}
    assert urls == {(element, name) for element, name, _ in declared() if re.search("Url$|Callback$|^destination$", name)}
    looked_at = {
        (element, address.attribute)
        for element, of_element in schema.attributes().items()
        for url in ("/a", "wss://a/")
        for address in url_attributes.of(Node(element, dict.fromkeys(of_element, url), 0))
    }
    assert looked_at == urls
    assert {element for element, _ in urls} | {"PlayAudio"} == set(relative_url.AT)
    assert [name for name, element in schema.law().elements.items() if element.text and "url" in element.text.lineage] == [
        "PlayAudio"
    ]


def test_no_fallback_and_no_method_is_overlooked() -> None:
    """Each fallback and each method is one of a URL, though nothing but its documentation in the schema says of which."""
    rules: list[tuple[Rule, str, str]] = [(fallback_without_url, "FallbackUrl", "/a"), (method_without_url, "Method", "GET")]
    for module, ending, value in rules:
        named = {(element, name) for element, name, _ in declared() if name.lower().endswith(ending.lower())}
        alone = {
            (element, finding.attribute)
            for element, name in named
            for node in [Node(element, {name: value}, 0)]
            for finding in module.check(node, Flow(node, "call", lambda _: None))
        }
        assert alone == named
        assert {name for _, name in named} == set(fnmatch.filter({name for _, name, _ in declared()}, module.AT[0][1:]))


def test_played_types_are_not_among_the_others() -> None:
    """The extensions are in lower case, and those that are played are not among them."""
    assert {extension.lower() for extension in audio_type.UNPLAYABLE} == audio_type.UNPLAYABLE
    assert audio_type.UNPLAYABLE.isdisjoint({"wav", "mp3"})
