"""The last thing that a worker becomes when its daemon has gone: the card forgets the PIN.

Command line: the full PC/SC name of the reader.
"""

from __future__ import annotations

import sys

from bridge.core.errors import BridgeError
from bridge.pcsc.card import reset_card


def main(argv: list[str]) -> int:
    """Reset the card in the reader; 1 where PC/SC does not answer."""
    try:
        reset_card(argv[0])
    except BridgeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
