"""The checks before a connection is accepted, in the contract's order."""

from __future__ import annotations

from dataclasses import dataclass

from multidict import CIMultiDictProxy

from bridge.core.messages import SUBPROTOCOL
from bridge.core.origin import InvalidOrigin, Origin

PATH = "/v1"
_HOSTS = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An HTTP answer before the upgrade: status and a one-line body."""

    status: int
    line: str


def check_target(method: str, target: str, headers: CIMultiDictProxy[str]) -> Refusal | None:
    """Only `GET /v1` with an upgrade to WebSocket exists."""
    if target != PATH:
        return Refusal(status=404, line="Not found.")
    if method != "GET":
        return Refusal(status=405, line="Only GET is allowed.")
    if headers.get("Upgrade", "").strip().lower() != "websocket":
        return Refusal(status=426, line="Upgrade to websocket.")
    return None


def check_handshake(headers: CIMultiDictProxy[str], port: int) -> Refusal | None:
    """Host, Origin and subprotocol (RFC 6455, section 4.2.1)."""
    hosts = [host.lower() for host in headers.getall("Host", [])]
    if len(hosts) != 1 or hosts[0] not in {f"{host}:{port}" for host in _HOSTS}:
        return Refusal(status=403, line="This Host is not served.")
    origins = headers.getall("Origin", [])
    if len(origins) != 1 or origins[0].strip() in ("", "null"):
        return Refusal(status=403, line="An Origin is required.")
    offered = [
        name.strip() for value in headers.getall("Sec-WebSocket-Protocol", []) for name in value.split(",")
    ]
    if SUBPROTOCOL not in offered:
        return Refusal(status=400, line=f"The subprotocol must be {SUBPROTOCOL}.")
    return None


def origin_of(headers: CIMultiDictProxy[str]) -> Origin | None:
    """The handshake's origin, or None where it is not a web origin (an extension's, for example)."""
    try:
        return Origin.parse(headers["Origin"])
    except InvalidOrigin:
        return None
