"""Name of a method -> its params and the coroutine that serves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from bridge.core.messages import METHODS, Params, Result
from bridge.methods import auth, bridge, card, certificates, hashing, readers, sessions, sign, upload
from bridge.methods.call import Call


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A row: the params' type and the handler."""

    params: type[Params]
    handle: Callable[[Call, Any], Awaitable[Result]]


_HANDLERS: dict[str, Callable[[Call, Any], Awaitable[Result]]] = {
    "bridge.info": bridge.info,
    "readers.list": readers.list_readers,
    "readers.watch": readers.watch_readers,
    "certificates.choose": certificates.choose,
    "card.verifyPin": card.verify_pin,
    "card.changePin": card.change_pin,
    "card.unblockPin": card.unblock_pin,
    "auth.getToken": auth.get_token,
    "sign.documents": sign.sign_documents,
    "sign.hash": hashing.sign_hash,
    "upload.begin": upload.begin,
    "upload.end": upload.end,
    "upload.cancel": upload.cancel,
    "session.resume": sessions.resume,
    "session.close": sessions.close,
}

TABLE: dict[str, Method] = {
    name: Method(params=params, handle=_HANDLERS[name]) for name, (params, _) in METHODS.items()
}
