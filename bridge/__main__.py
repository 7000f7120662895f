"""`python -m bridge` is the command `cardbridge`, and the frozen program begins here."""

import sys

from bridge.cli import FAILED, main


def arguments() -> list[str]:
    """Those of the command line; macOS's Finder gives an app none, and means that it shall start."""
    given = sys.argv[1:]
    is_app = sys.platform == "darwin" and getattr(sys, "frozen", False)
    return given or (["run", "--unless-running"] if is_app else [])


def run() -> int:
    """What `main` says. A frozen program without a console would show a failure in a window of its own."""
    if not getattr(sys, "frozen", False):
        return main(arguments())
    try:
        return main(arguments())
    except Exception:
        sys.excepthook(*sys.exc_info())
        return FAILED


if __name__ == "__main__":
    sys.exit(run())
