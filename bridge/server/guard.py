"""The checks before a connection is accepted; `bridge.server.server` keeps the contract's order."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from bridge.core.messages import SUBPROTOCOL
from bridge.core.origin import InvalidOrigin, Origin

if TYPE_CHECKING:
    from aiohttp.http import HttpVersion
    from multidict import CIMultiDictProxy

    Headers = CIMultiDictProxy[str]

PATH = "/v1"
_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_WEBSOCKET_VERSION = "13"
_KEY_BYTES = 16


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer before the upgrade: status and a one-line body."""

    status: int
    line: str


def check_target(method: str, target: str, version: HttpVersion, headers: Headers) -> Refusal | None:
    """Only `GET /v1` with an upgrade to WebSocket exists (RFC 6455, sections 4.2.1 and 4.4)."""
    from aiohttp.http import HttpVersion11

    if target != PATH:
        return Refusal(status=404, line="Not found.")
    if method != "GET":
        return Refusal(status=405, line="Only GET is allowed.")
    upgrades = (
        version == HttpVersion11
        and list(_tokens(headers, "Upgrade")) == ["websocket"]
        and "upgrade" in _tokens(headers, "Connection")
        and headers.getall("Sec-WebSocket-Version", []) == [_WEBSOCKET_VERSION]
    )
    return None if upgrades else Refusal(status=426, line="Upgrade to websocket, version 13.")


def check_host(headers: Headers, port: int) -> Refusal | None:
    """The page must mean this daemon: a name that only resolves to it (DNS rebinding) is refused."""
    if is_served(headers.getall("Host", []), port):
        return None
    return Refusal(status=403, line="This Host is not served.")


def is_served(hosts: list[str], port: int) -> bool:
    """Whether these values of Host are one, and it is this daemon's."""
    return len(hosts) == 1 and hosts[0].lower() in {f"{host}:{port}" for host in _HOSTS}


def check_origin(headers: Headers) -> Refusal | None:
    """One Origin that is not opaque (RFC 6454, section 6.1)."""
    origins = headers.getall("Origin", [])
    if len(origins) == 1 and origins[0].strip() not in ("", "null"):
        return None
    return Refusal(status=403, line="An Origin is required.")


def check_subprotocol(headers: Headers) -> Refusal | None:
    """The subprotocol of the contract is offered, and the handshake is in order (RFC 6455, section 4.2.1)."""
    offered = ",".join(headers.getall("Sec-WebSocket-Protocol", [])).split(",")
    if SUBPROTOCOL not in (name.strip() for name in offered):
        return Refusal(status=400, line=f"The subprotocol must be {SUBPROTOCOL}.")
    if not _is_key(headers.getall("Sec-WebSocket-Key", [])):
        return Refusal(status=400, line="Sec-WebSocket-Key must be 16 bytes in base64.")
    if "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0":
        return Refusal(status=400, line="An opening handshake has no body.")
    return None


def _tokens(headers: Headers, name: str) -> Iterator[str]:
    for value in headers.getall(name, []):
        yield from (token.strip().lower() for token in value.split(","))


def _is_key(keys: list[str]) -> bool:
    try:
        return len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def origin_of(headers: Headers) -> Origin | None:
    """The handshake's origin, or None where it is not a web origin (an extension's, for example)."""
    try:
        return Origin.parse(headers.get("Origin", ""))
    except InvalidOrigin:
        return None
