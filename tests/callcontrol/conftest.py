"""The network that these tests have is this machine; and the settings of Django, of which a process has one set."""

import socket
from collections.abc import Iterator

import django
import pytest
from django.conf import settings

settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of these tests")
django.setup()


@pytest.fixture(autouse=True, scope="session")
def _no_proxy() -> Iterator[None]:
    """Reach loopback directly, whatever proxy the environment names."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            environment.delenv(name, raising=False)
            environment.delenv(name.upper(), raising=False)
        yield


@pytest.fixture
def nobody() -> Iterator[str]:
    """Host and port that refuse connections, and that no other program can listen on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"
