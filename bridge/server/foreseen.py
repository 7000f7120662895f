"""Whose opening handshake has come, before aiohttp is there to read it.

A hint and no more: what it says decides nothing but what is had ready meanwhile. Who is let in, `guard` says.
"""

from __future__ import annotations

from bridge.core.messages import SUBPROTOCOL
from bridge.core.origin import InvalidOrigin, Origin
from bridge.server import guard

_REQUEST = f"GET {guard.PATH} HTTP/1.1"


def origin_in(came: bytes, port: int) -> Origin | None:
    """The page's origin, where `came` is the whole of an opening handshake as browsers write it.

    None for everything else, also for much that is right: it is then let in without the head start. Nothing
    behind the empty line counts (RFC 9112, section 2.1): a page may choose a body, and no field of the head
    that counts here (Fetch, forbidden request-headers).
    """
    head, end, behind = came.partition(b"\r\n\r\n")
    try:
        first, *lines = head.decode("ascii").split("\r\n")
    except UnicodeDecodeError:
        return None
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    hosts, origins, protocols = (
        [value for name, value in fields if name == wanted]
        for wanted in ("host", "origin", "sec-websocket-protocol")
    )
    is_whole = bool(end) and not behind and first == _REQUEST
    if not is_whole or not guard.is_served(hosts, port) or protocols != [SUBPROTOCOL] or len(origins) != 1:
        return None
    try:
        return Origin.parse(origins[0])
    except InvalidOrigin:
        return None
