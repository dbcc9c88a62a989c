"""The port of :class:`callcontrol.emulator.Emulator`."""

from __future__ import annotations

import inspect
import socket

import pytest

from callcontrol.emulator import Core, Emulator
from callcontrol.emulator.in_process_emulator import CoreOptions


def test_emulator_listens_on_the_given_port() -> None:
    """An application in a process of its own can be started before the emulator."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Emulator(port=port, speed=20) as voice:
        assert voice.url == f"http://127.0.0.1:{port}/api/v2"
        assert voice.speed == 20


def test_port_in_use_is_an_error() -> None:
    """Entering the block raises OSError."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
        Emulator(port=taken.getsockname()[1]),
    ):
        pass


def test_all_options_of_the_core_are_passed_on() -> None:
    """The emulator with a server has the options of the emulator without a server, and documents all of them."""
    options = list(inspect.signature(Core).parameters)[1:]
    assert list(CoreOptions.__annotations__) == options
    documented = inspect.getdoc(Emulator) or ""
    assert [name for name in options if f"    {name}: " not in documented] == []
