"""The signing process: one document after the other, ended by the daemon.

Command line: the inherited connection, the format whose libraries are to be loaded at once.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection

from bridge import children, confine, fonts
from bridge.core import errors
from bridge.signatures import making
from bridge.signing import wire

_MAX_MEMORY_BYTES = 2 * 1024**3
_MAX_COMPUTING_S = 1800  # if the daemon is gone and cannot end it
_FORMATS = ("cades", "xades", "pades")


def main(argv: list[str]) -> int:
    """Serve until the daemon closes the connection."""
    (daemon,) = children.inherited(argv[0])
    logging.disable()  # what the libraries say may hold text of the document
    children.limit_resources(memory_bytes=_MAX_MEMORY_BYTES, computing_s=_MAX_COMPUTING_S)
    if argv[1] in _FORMATS:
        import_module(f"bridge.signatures.{argv[1]}")
    confine.documents()
    with suppress(EOFError, OSError), asyncio.Runner() as loop:
        while True:
            request = wire.decode_request(daemon.recv_bytes())
            daemon.send_bytes(wire.encode(_answer(loop, daemon, request)))
    return 0


def _answer(loop: asyncio.Runner, daemon: Connection, request: wire.Request) -> wire.Reply:
    name = request.name if isinstance(request, wire.Check) else request.order.name
    try:
        match request:
            case wire.Check():
                making.check(request.form, request.name, request.content)
                return wire.Checked()
            case wire.Make():
                return loop.run(_make(daemon, request))
    except errors.BridgeError as error:
        return wire.Failed(
            error=type(error).__name__, detail=error.detail[: wire.MAX_DETAIL], data=error.data
        )
    except MemoryError:
        return wire.Failed(
            error="DocumentUnreadable",
            detail="The document needs too much memory.",
            data={"document": name},
        )


async def _make(daemon: Connection, request: wire.Make) -> wire.Made:
    async def bring(wanted: wire.Reply) -> bytes:
        daemon.send_bytes(wire.encode(wanted))
        brought: wire.Brought = wire.decode_brought(daemon.recv_bytes())
        return brought.data

    async def sign(message: bytes) -> bytes:
        return await bring(wire.Sign(message=message))

    async def time_stamp(query: bytes) -> bytes:
        return await bring(wire.TimeStamp(request=query))

    signature = await making.make(
        request.order, sign, time_stamp if request.has_time_stamps else None, fonts.japanese()
    )
    return wire.Made(signature=signature)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
