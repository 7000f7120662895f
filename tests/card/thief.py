"""Another local program that wants a signature without a PIN: raw APDUs to the card, in its own process.

Prints the status word of GENERAL AUTHENTICATE with key 9A (P-256): 9000 is a signature it should not have.
"""

from __future__ import annotations

import os
import subprocess
import sys

SIGNED, REFUSED = "9000", "6982"


def steal(env: dict[str, str]) -> str:
    """The status word that a fresh process gets from the card in the first reader that holds one."""
    command = [sys.executable, __file__]
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _main() -> None:
    from smartcard import scard

    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, readers = scard.SCardListReaders(context, [])
    for reader in readers:
        code, card, protocol = scard.SCardConnect(
            context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1
        )
        if code != scard.SCARD_S_SUCCESS:
            continue
        pci = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        select = bytes.fromhex("00A4040009A00000030800001000")
        challenge = bytes.fromhex("7C2482008120") + os.urandom(32)
        for apdu in (select, bytes([0x00, 0x87, 0x11, 0x9A, len(challenge)]) + challenge + b"\0"):
            code, answer = scard.SCardTransmit(card, pci, list(apdu))
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        sys.stdout.write(bytes(answer[-2:]).hex())
        return


if __name__ == "__main__":
    sys.path.pop(0)
    _main()
