"""`session.resume` and `session.close`."""

from __future__ import annotations

from bridge.core.messages import Empty, NoParams, ResumeParams
from bridge.methods.call import Call


async def resume(call: Call, params: ResumeParams) -> Empty:
    """Take over the session of an earlier page of the same site.

    Raises:
        SessionUnknown
    """
    call.desk.sessions.resume(call.caller.connection, call.caller.origin, params.session)
    return Empty()


async def close(call: Call, params: NoParams) -> Empty:
    """End this connection's session, after what it has under way at the card."""
    desk, caller = call.desk, call.caller
    if desk.sessions.of(caller.connection) is not None or desk.lane.is_used_by(caller.connection):
        async with desk.lane.turn(caller.connection, caller.origin, has_window=False):
            await desk.sessions.close(caller.connection)
    return Empty()
