"""Correct and wrong uses of ``bxml`` for type checkers; each wrong line names its error in a ``type: ignore`` comment.

This file is checked by mypy and pyright, but never run. A ``type: ignore`` comment without an error is an error too, so each
marked line is wrong for the named reason only.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import assert_type

from bxml import (
    Bxml,
    Conference,
    Connect,
    Document,
    Element,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    PlayAudio,
    Problem,
    Prompt,
    Redirect,
    Refer,
    Response,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartStream,
    StartTranscription,
    StreamParam,
    Tag,
    Transfer,
    Verb,
    parse,
    ssml,
    validate,
)
from bxml import __version__ as version

# Names

assert_type(version, str)

# Documents

response = Response([SpeakSentence("Hello."), Hangup()])
assert_type(response, Response)
assert_type(Response().hangup(), Response)
assert_type(Bxml().hangup(), Bxml)
assert_type(Bxml().speak_sentence("Hello.", voice="julie").gather([PlayAudio("/a.wav")], max_digits=1).hangup(), Bxml)
assert_type(Response().then(Hangup(), Pause(duration=1)), Response)
assert_type(Bxml((Hangup(),)).then(), Bxml)
assert_type(response.to_bxml(), str)
assert_type(response.to_bytes(), bytes)
assert_type(parse("<Response/>"), Response | Bxml)
assert_type(parse(b"<Response/>"), Response | Bxml)
assert_type(validate(response, name="menu"), list[Problem])
assert_type(ssml.parse("One <break/>"), tuple[str | ssml.Ssml, ...])

Response([ssml.Break()])  # type: ignore[list-item]
Response(["Hello."])  # type: ignore[list-item]
Response(Hangup())  # type: ignore[arg-type]
Response([Response()])  # type: ignore[list-item]
Response([PhoneNumber("+12125550123")])  # type: ignore[list-item]
Response(version="1")  # type: ignore[call-arg]
Response().then([Hangup()])  # type: ignore[arg-type]
Response().then(ssml.Break())  # type: ignore[arg-type]
Response().then(StreamParam(name="a", value="b"))  # type: ignore[arg-type]
Response().sing("Hello.")  # type: ignore[attr-defined]
Response().say("Hello.")  # type: ignore[attr-defined]
Response().append(Hangup())  # type: ignore[attr-defined]
Response.add_verb(Hangup())  # type: ignore[attr-defined]
Gather().say("Hello.")  # type: ignore[attr-defined]
Gather.say("Hello.")  # type: ignore[attr-defined]
Response().hangup(tag="a")  # type: ignore[call-arg]
Response().redirect()  # type: ignore[call-arg]
Response().gather([Hangup()])  # type: ignore[list-item]
Response().gather(max_digits="1")  # type: ignore[arg-type]
parse(5)  # type: ignore[arg-type]

# Children

Gather([SpeakSentence("One."), PlayAudio("/two.wav")])
Gather((SpeakSentence("One."),))
Transfer([PhoneNumber("+12125550123"), SipUri("sip:desk@pbx.example", tag="desk")])
Refer([SipUri("sip:desk@pbx.example")])
Connect([Endpoint("e-1")])
StartStream([StreamParam(name="a", value="b")], destination="wss://app.example")
assert_type(Connect([Endpoint("e-1")]).children[0].text, str)

# Children in lists of their own

prompts = [SpeakSentence("One."), PlayAudio("/two.wav")]
Gather(prompts)
targets = [PhoneNumber("+12125550123"), SipUri("sip:desk@pbx.example")]
Transfer(targets)
verbs = [SpeakSentence("One."), Hangup()]
Response(verbs).then(*verbs)
elements = [ssml.Break(), ssml.S("One.")]
SpeakSentence(elements)
speech: list[str | ssml.Ssml] = ["One ", ssml.Break(), "two"]  # without the annotation, mypy infers list[object]
SpeakSentence(speech)
strings = ["One ", "two"]
SpeakSentence(strings)

menu: list[Prompt] = []
for number in range(3):
    menu.append(SpeakSentence(f"Press {number}."))
    menu.append(PlayAudio(f"/{number}.wav"))
Gather(menu)
Gather([SpeakSentence(f"Press {number}.") for number in range(3)])

hint = SpeakSentence("Press 1.") if version else None
perhaps = [hint, PlayAudio("/menu.wav") if version else None]
Gather(perhaps)
Response([hint, Hangup()]).then(hint)
Transfer([PhoneNumber("+12125550123"), SipUri("sip:desk@pbx.example") if version else None])
SpeakSentence(["One ", ssml.Break() if version else None, "two"])


def ending(document: Document, last: Verb, first: Element) -> Document:
    """Return a document. The annotations use the public base classes, so that type checkers test these classes."""
    del first
    return document.then(last)


assert_type(Gather().children, Sequence[SpeakSentence | PlayAudio])
assert_type(Response().children, Sequence[Verb])
assert_type(parse("<Bxml/>").children, Sequence[Verb])

wrong = [SpeakSentence("One."), Hangup()]
Gather(wrong)  # type: ignore[arg-type]
Transfer([PhoneNumber("+12125550123"), Endpoint("e-1")])  # type: ignore[list-item]
mixed = ["One", 2]
SpeakSentence(mixed)  # type: ignore[arg-type]

Gather([Hangup()])  # type: ignore[list-item]
Gather(SpeakSentence("One."))  # type: ignore[arg-type]
Transfer()  # type: ignore[call-arg]
Transfer([SpeakSentence("One.")])  # type: ignore[list-item]
Refer([PhoneNumber("+12125550123")])  # type: ignore[list-item]
Hangup("now")  # type: ignore[call-arg, arg-type]
Tag()  # type: ignore[call-arg]
Tag(5)  # type: ignore[arg-type]

# Attributes

Gather(gather_url="/menu", gather_method="POST", max_digits=1, profanity_filter=False, tag=None, extra={"new": "x"})
Forward(to="+12125550123", from_="+12125550100", diversion_reason="user-busy")
Pause(duration=1)
Pause(duration=0.5)
Pause(duration=Decimal("0.5"))
Pause(duration=timedelta(seconds=2))
SendDtmf("1", tone_duration=timedelta(milliseconds=200))
Conference("room", call_ids_to_coach=["c-1", "c-2"])
StartTranscription(preferred_languages=("en-US",))
assert_type(Gather().max_digits, int | None)
assert_type(Gather().profanity_filter, bool | None)
assert_type(Redirect(redirect_url="/next").redirect_url, str)

Gather(gather_uri="/menu")  # type: ignore[call-arg]
Gather(gatherUrl="/menu")  # type: ignore[call-arg]
Gather(gather_method="post")  # type: ignore[arg-type]
Gather(max_digits="1")  # type: ignore[arg-type]
Gather(max_digits=1.5)  # type: ignore[arg-type]
Gather(profanity_filter="true")  # type: ignore[arg-type]
Gather([], "/menu")  # type: ignore[call-arg, arg-type]
Gather(extra={"new": 5})  # type: ignore[dict-item]
Redirect()  # type: ignore[call-arg]
Redirect(redirect_url=None)  # type: ignore[arg-type]
Pause(duration="1")  # type: ignore[arg-type]
StreamParam(name="a")  # type: ignore[call-arg]
Forward(to="+12125550123", diversion_reason="busy")  # type: ignore[arg-type]

# Speech

SpeakSentence(["One ", ssml.Break(time="1s"), ssml.P(["two", ssml.S("three")])], gender="female")
SpeakSentence(ssml.Emphasis("Now!", level="strong"))
SpeakSentence(ssml.parse("One <break/> two"))
ssml.Break(time=timedelta(seconds=1), strength="weak")
ssml.SayAs("12", interpret_as="ordinal")
ssml.Lang("salut", xml_lang="fr-FR")

SpeakSentence(["One", Hangup()])  # type: ignore[list-item]
SpeakSentence(["One", 2])  # type: ignore[list-item]
SpeakSentence("One", gender="neutral")  # type: ignore[arg-type]
ssml.Break(time=1)  # type: ignore[arg-type]
ssml.Break(extra={"a": "b"})  # type: ignore[call-arg]
ssml.SayAs("12")  # type: ignore[call-arg]
ssml.SayAs("12", interpret_as="number")  # type: ignore[arg-type]
ssml.Sub(["a"], alias="b")  # type: ignore[arg-type]

# Immutability

Gather().max_digits = 5  # type: ignore[misc]
response.children = ()  # type: ignore[misc]
response.children[0] = Hangup()  # type: ignore[index]
Tag("a").text = "b"  # type: ignore[misc]
