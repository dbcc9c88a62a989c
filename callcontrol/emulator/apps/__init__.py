"""Applications that receive webhooks: over HTTP, or as WSGI and ASGI objects in this process."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from callcontrol.emulator.apps.asgi import AsgiApplication
from callcontrol.emulator.apps.asgi_websocket import Asgi
from callcontrol.emulator.apps.base import Application
from callcontrol.emulator.apps.http import HttpApplication
from callcontrol.emulator.apps.wsgi import Wsgi, WsgiApplication
from callcontrol.emulator.url_map import check_url_map, has_webhooks


def application_of(given: object | None, url_map: Mapping[str, str] = MappingProxyType({})) -> Application:
    """Return the object that sends webhooks to an application.

    Args:
        given: A WSGI or ASGI object, which is called in this process; or a URL or ``None``, to send webhooks over HTTP.
        url_map: Replacements for the beginnings of URLs.

    Raises:
        TypeError: If the argument is neither a string nor ``None`` nor callable.
        ValueError: If the argument is a string that does not start with http:// or https://, or a replacement is invalid.
    """
    check_url_map(url_map.items())
    if isinstance(given, str) and not given.lower().startswith(("http://", "https://")):
        raise ValueError(f"{given!r} is not the URL of an application: it must start with http:// or https://")
    if given is None or isinstance(given, str):
        return HttpApplication(url_map)
    if has_webhooks(url_map):
        raise ValueError("url_map cannot replace URLs of webhooks, because the application object receives all webhooks")
    if not callable(given):
        raise TypeError(f"an application must be a URL, or a WSGI or ASGI object, got {type(given).__name__}")
    # An ASGI application is a coroutine function, or an instance of a class whose __call__ is a coroutine function.
    if inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__):
        return AsgiApplication(cast("Asgi", given))
    return WsgiApplication(cast("Wsgi", given))
