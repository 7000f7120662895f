"""`cardbridge` with other constants: what nobody may configure, but tests must shorten.

python -I launch.py MODULE:CONSTANT=SECONDS ... -- run --no-tray
"""

from __future__ import annotations

import sys
from importlib import import_module


def main(arguments: list[str]) -> int:
    divide = arguments.index("--")
    for change in arguments[:divide]:
        place, _, value = change.partition("=")
        module, _, constant = place.partition(":")
        loaded = import_module(module)
        if not isinstance(getattr(loaded, constant), float):
            raise TypeError(f"{place} is no number of seconds any more")
        setattr(loaded, constant, float(value))
    from bridge.cli import main as cardbridge

    return cardbridge(arguments[divide + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
