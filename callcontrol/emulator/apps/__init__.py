"""Applications that receive webhooks: over HTTP, or as WSGI and ASGI objects in this process."""

from __future__ import annotations

import inspect
from typing import cast

from callcontrol.emulator.apps.asgi import Asgi, AsgiApplication
from callcontrol.emulator.apps.base import Application
from callcontrol.emulator.apps.http import HttpApplication
from callcontrol.emulator.apps.wsgi import Wsgi, WsgiApplication


def application_of(given: object | None) -> Application:
    """The application that was given: a URL or none for what is asked over HTTP, or a WSGI or ASGI object.

    Raises:
        TypeError: if it is none of these.
        ValueError: if it is a text and no such URL.
    """
    if isinstance(given, str) and not given.lower().startswith(("http://", "https://")):
        raise ValueError(f"the URL of an application begins with http:// or https://, and {given!r} does not")
    if given is None or isinstance(given, str):
        return HttpApplication()
    if not callable(given):
        raise TypeError(f"an application is a URL, or a WSGI or ASGI object; {type(given).__name__} is none")
    if inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__):
        return AsgiApplication(cast("Asgi", given))
    return WsgiApplication(cast("Wsgi", given))
