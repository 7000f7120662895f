"""`python -m bridge` is the command `cardbridge`, and the frozen program begins here."""

import sys

from bridge.cli import FAILED, main


def run() -> int:
    """What `main` says. A frozen program without a console would show a failure in a window of its own."""
    if not getattr(sys, "frozen", False):
        return main()
    try:
        return main()
    except Exception:
        sys.excepthook(*sys.exc_info())
        return FAILED


if __name__ == "__main__":
    sys.exit(run())
