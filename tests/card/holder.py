"""Another program that holds a card for itself (SCARD_SHARE_EXCLUSIVE) until its stdin ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held(env: dict[str, str]) -> Iterator[None]:
    """While the context lasts, a process of its own has the card in the first reader that holds one."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        env=os.environ | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.stdin.close()
        process.wait(60)


def _main() -> None:
    from smartcard import scard

    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, readers = scard.SCardListReaders(context, [])
    for reader in readers:
        code, card, _ = scard.SCardConnect(
            context, reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1
        )
        if code == scard.SCARD_S_SUCCESS:
            sys.stdout.write("held\n")
            sys.stdout.flush()
            sys.stdin.read()
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
            return


if __name__ == "__main__":
    sys.path.pop(0)
    _main()
