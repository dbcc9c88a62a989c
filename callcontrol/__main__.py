"""``python -m callcontrol``, which runs the ``callcontrol`` command."""

from __future__ import annotations

from callcontrol.command import main

if __name__ == "__main__":
    main()
