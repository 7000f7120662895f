"""Another program that has the card for itself: SCARD_SHARE_EXCLUSIVE until its stdin ends.

Argument: the reader.
"""

from __future__ import annotations

import sys

from smartcard import scard


def main() -> int:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    code, card, _ = scard.SCardConnect(context, sys.argv[1], scard.SCARD_SHARE_EXCLUSIVE, protocols)
    if code != scard.SCARD_S_SUCCESS:
        return 1
    sys.stdout.write("held\n")
    sys.stdout.flush()
    sys.stdin.read()
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    return 0


if __name__ == "__main__":
    sys.path.pop(0)
    sys.exit(main())
