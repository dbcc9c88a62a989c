"""``phone --browser``: serve the phone in the browser until the command is stopped."""

from __future__ import annotations

from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from callcontrol.command.emulator_and_phone import Address, PartyEntry, on_stop_signal, serve
from callcontrol.command.live_view import LiveView
from callcontrol.command.verbosity import warnings_on_stderr
from callcontrol.events import wire_name

if TYPE_CHECKING:
    from callcontrol.emulator.in_process_emulator import Core


def serve_phone(core: Core, arguments: dict[str, Any], view: LiveView, address: Address, answered: str | None = None) -> None:
    """Serve the phone, and print the timeline entries of its calls until SIGINT or SIGTERM.

    Args:
        core: The emulator.
        arguments: The arguments of ``Core.dial`` that the page uses by default when it makes a call.
        view: Prints the timeline entries.
        address: The address of the server.
        answered: The number that the application calls; ``None`` if the person makes the call on the page.

    Raises:
        CannotRun: If the port is in use, the certificate cannot be used, or stdout cannot be written.
    """
    inbox: SimpleQueue[PartyEntry | None] = SimpleQueue()
    core.watch(lambda party, entry: inbox.put(PartyEntry(party, entry)))
    dial = {wire_name(name): value for name, value in arguments.items()}
    with ExitStack() as stack:
        stack.enter_context(warnings_on_stderr())
        stack.enter_context(on_stop_signal(lambda: inbox.put(None)))
        server = stack.enter_context(serve(core, address, dial=dial))
        stack.enter_context(core)  # entered last, so that the requests of the page end before the server stops
        view.message(f"phone: {server.url}/; API: {core.base_url}; press Ctrl-C to stop")
        if answered is not None:
            view.message(f"waiting for a call to {answered}")
        while (noted := inbox.get()) is not None:
            view.show(*noted)
