"""The first look at an opening handshake, which decides nothing but what is had ready."""

from __future__ import annotations

import pytest

from bridge.core.origin import Origin
from bridge.server.foreseen import origin_in
from tests.unit.server.wire import FOREIGN_ORIGIN, ORIGIN, Header, opening

PORT = 47100


def test_a_handshake() -> None:
    assert origin_in(opening(PORT), PORT) == Origin.parse(ORIGIN)


def test_names_of_fields_are_in_any_case() -> None:
    head = opening(PORT).replace(b"Origin:", b"oRIGIN:").replace(b"Host:", b"HOST:")
    assert origin_in(head, PORT) == Origin.parse(ORIGIN)


@pytest.mark.parametrize(
    "changes",
    [
        {"Host": f"portal.example.jp:{PORT}"},
        {"Host": f"127.0.0.1:{PORT + 1}"},
        {"Host": None},
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "chrome-extension://abc"},
        {"Sec-WebSocket-Protocol": "chat"},
        {"Sec-WebSocket-Protocol": None},
    ],
    ids=str,
)
def test_not_this(changes: dict[str, Header]) -> None:
    assert origin_in(opening(PORT, changes), PORT) is None


@pytest.mark.parametrize(
    "came",
    [
        b"",
        b"\r\n\r\n",
        bytes(range(256)),
        opening(PORT)[:-2],
        opening(PORT) + b"x",
        opening(PORT).replace(b"GET /v1 ", b"POST /v1 "),
        opening(PORT).replace(b"GET /v1 ", b"GET /v2 "),
        opening(PORT).replace(b"Host:", f"Origin: {FOREIGN_ORIGIN}\r\nHost:".encode()),
        opening(PORT).replace(b"Host:", "X-Name: 見本\r\nHost:".encode()),
        opening(PORT, {"Origin": FOREIGN_ORIGIN}) + opening(PORT),
    ],
)
def test_nor_this(came: bytes) -> None:
    assert origin_in(came, PORT) is None
