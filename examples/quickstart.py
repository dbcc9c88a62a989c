"""A menu is built, checked, sent into a live call, and the call redirected and hung up: no account, no phone.

The calls live in an emulator of the API on this machine. Against the real one only ``base_url`` and the credentials change.
"""

from __future__ import annotations

from bxml import Gather, InvalidDocument, PhoneNumber, Response, SipUri, SpeakSentence
from bxml.builder import ssml
from callcontrol import Client, Conflict, OAuth2
from callcontrol.emulator import Emulator, Exchange

MENU = (
    Response()
    .speak_sentence(["Hello, ", ssml.Break(time="300ms"), "and welcome to Examples & Sons."], voice="julie")
    .gather(
        [
            SpeakSentence("For sales, press 1.", voice="julie"),
            SpeakSentence(["Your queue number is ", ssml.SayAs("12", interpret_as="ordinal"), "."], voice="julie"),
        ],
        gather_url="https://app.example/menu",
        max_digits=1,
        first_digit_timeout=7.5,
    )
)

SALES = Response().transfer(
    [PhoneNumber("+12125550123", transfer_answer_url="https://app.example/whisper"), SipUri("sip:desk@pbx.example")],
    transfer_caller_id="+19195550100",
    call_timeout=20,
)

CLOSING = Response().speak_sentence("We are closing now. Please call again tomorrow.", voice="julie").hangup()


def main() -> None:
    """Run the story from beginning to end."""
    print("1. Documents, valid by construction: a menu, and what its key 1 leads to\n")
    print(MENU.to_bxml())
    print(SALES.to_bxml())

    print("\n2. What is not valid does not come into being\n")
    try:
        Gather([SpeakSentence("Press 1.")], max_digits=51, gather_url="localhost:5000/menu", tag="x" * 300)
    except InvalidDocument as error:
        print(error)

    said: list[str] = []
    print("\n3. A live call, interrupted, redirected and hung up over HTTP")
    with Emulator() as voice, Client("9900123", OAuth2("client-id", "client-secret"), base_url=voice.url) as client:
        call = client.create_call(
            to="+12125550123",
            from_="+19195550100",
            application_id="0f6b2c1e-5d0a-4c7e-9a55-2f1f7f2f90aa",
            answer_url="https://app.example/answer",
        )
        client.update_call_bxml(call.call_id, MENU)
        wrong = '<Response><Gather maxDigits="51"/></Response>'
        try:
            client.update_call_bxml(call.call_id, wrong)
        except InvalidDocument as error:
            said.append(f"never sent:     {wrong}\n                {error}")
        client.update_call_bxml(call.call_id, SALES)
        client.update_call(call.call_id, redirect_url="https://app.example/survey")
        client.hang_up(call.call_id)
        try:
            client.interrupt(call.call_id, CLOSING)
        except Conflict as error:
            said.append(f"sent too late:  {error}")
        state = client.get_call_state(call.call_id)
        said.append(f"the call is     {state.state}, cause {state.disconnect_cause}")
        for exchange in voice.exchanges:
            show(exchange)

    print("\n4. What the client said\n")
    print("\n".join(said))


def show(exchange: Exchange) -> None:
    """What went over the wire, and what came back."""
    request, reply = exchange.request, exchange.reply
    body = "(credentials, not shown)" if "oauth2" in request.url else request.body.decode()
    answer = "(a token, not shown)" if "oauth2" in request.url else reply.text
    print(f"\n→ {request.method} {request.url}")
    if request.body:
        print(f"  {request.headers['Content-Type']}  {body}")
    print(f"← {reply.status} {answer}")


if __name__ == "__main__":
    main()
