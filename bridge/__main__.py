"""`python -m bridge` is the command `cardbridge`."""

import sys

from bridge.cli import main


def arguments() -> list[str]:
    """Those of the command line; macOS's Finder gives an app none, and means that it shall start."""
    given = sys.argv[1:]
    is_app = sys.platform == "darwin" and getattr(sys, "frozen", False)
    return given or (["run", "--unless-running"] if is_app else [])


if __name__ == "__main__":
    sys.exit(main(arguments()))
