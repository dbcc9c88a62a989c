"""The entry point of the ``bxml`` command and of ``python -m bxml``."""

from __future__ import annotations

import gc


def main() -> None:
    """Import the command, run it, and exit."""
    # Imported modules are never garbage: searching for garbage among them takes as long as checking 20 documents.
    gc.disable()
    from bxml.command import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
