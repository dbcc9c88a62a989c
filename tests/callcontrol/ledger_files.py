"""Reading ledger files in tests, without the code of the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from callcontrol.ledger import LedgerKey, digest

DOCUMENT: Final = b"<Bxml><Hangup/></Bxml>"
KEY: Final = LedgerKey("9900123", "voice.example", digest(DOCUMENT))


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines that have an outcome, without the first line of the file."""
    return [record for record in _records(path) if record["outcome"] != "attempting"]


def attempted(path: Path) -> list[str]:
    """Return the ids of the calls for which an attempt was written, in order."""
    return [record["call_id"] for record in _records(path) if record["outcome"] == "attempting"]


def outcomes(path: Path) -> dict[str, str]:
    """Return the last outcome of each call. The keys are the call ids."""
    return {line["call_id"]: line["outcome"] for line in lines(path)}


def _records(path: Path) -> list[dict[str, Any]]:
    # Another thread may be writing the last line.
    _, *complete, _ = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in complete]
