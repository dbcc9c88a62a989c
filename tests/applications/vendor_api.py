"""The vendor's SDK, with a base URL that an environment variable sets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import bandwidth
from bandwidth.models.bxml import Response

ACCOUNT = "9900123"


def calls_api(cls: type[Any] = bandwidth.CallsApi) -> Any:
    """Return a client of the vendor's SDK."""
    base_url = os.environ["BW_VOICE_URL"]
    configuration = bandwidth.Configuration(
        host=base_url,
        ignore_operation_servers=True,
        access_token_url=base_url.replace("/api/v2", "/api/v1/oauth2/token"),
        client_id="id",
        client_secret="secret",
        retries=False,
    )
    return cls(bandwidth.ApiClient(configuration))


def document(verbs: Sequence[object]) -> str:
    """Return a document that the vendor's SDK serializes."""
    return str(Response(list(verbs)).to_bxml())


def new_call(to: str, answer_url: str, **more: Any) -> bandwidth.CreateCall:
    """Return the body of a CreateCall request."""
    return bandwidth.CreateCall(
        to=to,
        var_from="+19195550100",
        application_id="1b2c3d4e-0000-4000-8000-123456789abc",
        answer_url=f"https://app.example{answer_url}",
        **more,
    )
