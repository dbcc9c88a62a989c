"""``async_client.py`` is generated from ``client.py``, so that both clients have the same methods."""

from __future__ import annotations

import pytest

from tests.callcontrol.generate_async_client import SOURCE, TARGET, async_source


def test_asyncio_client_is_up_to_date() -> None:
    """If this test fails, run ``python -m tests.callcontrol.generate_async_client``."""
    assert TARGET.read_text(encoding="utf-8") == async_source(SOURCE.read_text(encoding="utf-8"))


def test_changed_client_is_reported() -> None:
    """If a text to replace no longer occurs in ``client.py``, an error is raised, and no blocking client is generated."""
    with pytest.raises(ValueError, match=r"^client\.py no longer contains 'class Client:\\n'; change "):
        async_source(SOURCE.read_text(encoding="utf-8").replace("class Client:\n", "class Customer:\n"))
