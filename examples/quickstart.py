"""Build a document, see a mistake rejected, call an application, and interrupt that call over HTTP.

Nothing leaves this machine: the call is in the emulator. With Bandwidth's API, only ``base_url`` and the credentials differ.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as Answer
from starlette.routing import Route

from bxml import Bxml, Gather, InvalidDocument, Response, SpeakSentence, ssml
from callcontrol import Client, OAuth2
from callcontrol.emulator import Emulator, Exchange
from callcontrol.events import GatherEvent, parse_event
from callcontrol.webhooks import starlette_answer

MENU = Response().gather(
    [SpeakSentence(["Welcome. ", ssml.Break(time="300ms"), "Press 1 to wait for an agent."], voice="julie")],
    gather_url="/menu",
    max_digits=1,
)

CLOSING = Bxml().speak_sentence("Our office is closing. Please call again tomorrow.", voice="julie").hangup()


async def answer(_: Request) -> Answer:
    """Answer a call with the menu."""
    return starlette_answer(MENU)


async def menu(request: Request) -> Answer:
    """Ask callers to hold if they have pressed 1, and repeat the menu for other callers."""
    match parse_event(await request.body()):
        case GatherEvent(digits="1"):
            return starlette_answer(Response().speak_sentence("Please hold.").pause(duration=600))
        case _:
            return starlette_answer(MENU)


app = Starlette(routes=[Route("/answer", answer, methods=["POST"]), Route("/menu", menu, methods=["POST"])])


def main() -> None:
    """Print the result of each of the four steps."""
    print("1. Build a document\n")
    print(MENU.to_bxml())

    print("\n2. Invalid arguments raise immediately\n")
    try:
        Gather([SpeakSentence("Press 1.")], max_digits=51, gather_url="localhost:5000/menu")
    except InvalidDocument as error:
        print(error)

    with Emulator(app) as voice, Client("9900123", OAuth2("client-id", "client-secret"), base_url=voice.url) as client:
        call = voice.dial("/answer")
        call.expect_speech("press 1")
        call.press("1")
        call.expect_speech("please hold")
        voice.advance(30)

        print("\n3. Interrupt the call: update_call_bxml, as the emulator's HTTP server received it\n")
        client.update_call_bxml(call.call_id, CLOSING)
        show(voice.exchanges[-1])

        print("\n4. The timeline of the call\n")
        call.expect_end()
        print(call.timeline)


def show(exchange: Exchange) -> None:
    """Print a request and the status of its response."""
    request, reply = exchange.request, exchange.reply
    print(f"{request.method} {request.url}\nContent-Type: {request.headers['Content-Type']}\n\n{request.body.decode()}\n")
    print(f"HTTP status: {reply.status}")


if __name__ == "__main__":
    main()
