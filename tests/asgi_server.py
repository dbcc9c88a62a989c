"""Serves an ASGI application with uvicorn, so that a test can use the application over real connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def serving(app: Any, **options: Any) -> Iterator[str]:
    """Serve an application on a free port, and yield its host and port.

    Exceptions in the application are logged as errors, unless the options of uvicorn change that.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Without its own configuration of logging, uvicorn logs to the handlers of pytest.
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1, **options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
