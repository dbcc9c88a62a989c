"""Fixtures for servers on this machine. Django is configured here, because a process can configure it only once."""

import socket
from collections.abc import Iterator

import django
import pytest
from django.conf import settings

from tests.callcontrol import celery_workers, postgresql_server
from tests.callcontrol.postgresql_server import PostgresqlServer

settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="for these tests")
django.setup()


@pytest.fixture(autouse=True, scope="session")
def _no_proxy() -> Iterator[None]:
    """Do not use a proxy of the environment, so that tests connect to the loopback interface directly."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            environment.delenv(name, raising=False)
            environment.delenv(name.upper(), raising=False)
        yield


@pytest.fixture
def closed_host() -> Iterator[str]:
    """Return an address, ``host:port``, that refuses connections. No other program can listen on it during the test."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """Run a PostgreSQL server, which starts when the first test needs it."""
    with postgresql_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Run a Valkey server, which starts when the first test needs it, and return its URL."""
    with celery_workers.broker() as url:
        yield url
