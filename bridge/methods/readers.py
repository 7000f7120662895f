"""`readers.list` and `readers.watch`: what is known already; no worker is started for it."""

from __future__ import annotations

from bridge.core.messages import NoParams, Readers
from bridge.methods.call import Call


async def list_readers(call: Call, params: NoParams) -> Readers:
    """Raises: ReaderServiceUnavailable."""
    await call.desk.board.reported()
    if call.desk.board.reader_in_use is not None:
        await call.desk.look_again()
    return Readers(readers=call.desk.board.readers())


async def watch_readers(call: Call, params: NoParams) -> Readers:
    """From now on the connection gets `readers.changed`, also when PC/SC comes back later.

    Raises:
        ReaderServiceUnavailable
    """
    await call.desk.board.reported()
    call.desk.board.watch(call.caller.notify_readers)
    return Readers(readers=call.desk.board.readers())
