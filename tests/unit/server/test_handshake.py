"""What is refused before the upgrade, with which status, and in which order."""

from __future__ import annotations

import pytest

from tests.unit.server.running import Daemon
from tests.unit.server.wire import (
    ACCEPT,
    FOREIGN_ORIGIN,
    KEY,
    ORIGIN,
    SUBPROTOCOL,
    Header,
    Response,
    Wire,
    frame,
    opening,
    request,
)


def refusal(
    daemon: Daemon,
    changes: dict[str, Header] | None = None,
    *,
    line: str = "GET /v1 HTTP/1.1",
    body: bytes = b"",
) -> Response:
    """The one answer to this handshake; it must be one line, and the connection must end with it."""
    with Wire(daemon.port) as wire:
        response = wire.answer(opening(daemon.port, changes, line=line, body=body))
    assert response.status >= 400
    assert response.headers["connection"].lower() in ("close", "upgrade, close")
    assert "python" not in response.headers["server"].lower()
    if not line.startswith("HEAD"):
        assert response.body.count(b"\n") == 1 and response.body.endswith(b".\n"), response
        assert int(response.headers["content-length"]) == len(response.body)
    return response


@pytest.mark.parametrize(
    "target",
    ["/", "/v1/", "/v2", "/V1", "/v1?x=1", "//v1", "/%76%31", "/v1/../v1", "http://127.0.0.1/v1", "/v1#x"],
)
def test_other_paths_do_not_exist(daemon: Daemon, target: str) -> None:
    assert refusal(daemon, line=f"GET {target} HTTP/1.1").status == 404


def test_absolute_form_does_not_exist(daemon: Daemon) -> None:
    target = f"http://127.0.0.1:{daemon.port}/v1"
    assert refusal(daemon, line=f"GET {target} HTTP/1.1").status == 404


def test_asterisk_and_authority_forms(daemon: Daemon) -> None:
    assert refusal(daemon, line="OPTIONS * HTTP/1.1").status == 404
    assert refusal(daemon, line=f"CONNECT 127.0.0.1:{daemon.port} HTTP/1.1").status in (400, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods(daemon: Daemon, method: str) -> None:
    response = refusal(daemon, line=f"{method} /v1 HTTP/1.1")
    assert response.status == 405
    assert response.headers["allow"] == "GET"


def test_preflight_gets_no_permission(daemon: Daemon) -> None:
    """Neither CORS nor Private Network Access is granted to a page that uses fetch."""
    preflight: dict[str, Header] = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Private-Network": "true",
    }
    response = refusal(daemon, preflight, line="OPTIONS /v1 HTTP/1.1")
    assert response.status == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


NO_UPGRADE: dict[str, dict[str, Header]] = {
    "plain GET": {"Upgrade": None, "Connection": None},
    "no Upgrade": {"Upgrade": None},
    "another Upgrade": {"Upgrade": "h2c"},
    "another Upgrade beside": {"Upgrade": ["websocket", "h2c"]},
    "no Connection": {"Connection": None},
    "Connection: close": {"Connection": "close"},
    "Connection: keep-alive": {"Connection": "keep-alive"},
    "no version": {"Sec-WebSocket-Version": None},
    "version 8": {"Sec-WebSocket-Version": "8"},
    "version 7": {"Sec-WebSocket-Version": "7"},
    "version 14": {"Sec-WebSocket-Version": "14"},
    "two versions": {"Sec-WebSocket-Version": ["13", "13"]},
    "a list of versions": {"Sec-WebSocket-Version": "13, 8"},
}


@pytest.mark.parametrize("changes", NO_UPGRADE.values(), ids=NO_UPGRADE.keys())
def test_no_upgrade(daemon: Daemon, changes: dict[str, Header]) -> None:
    response = refusal(daemon, changes)
    assert response.status == 426
    assert response.headers["upgrade"] == "websocket"
    assert response.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("line", ["GET /v1 HTTP/1.0", "GET /v1", "GET /v1 HTTP/2.0"])
def test_other_http_has_no_upgrade(daemon: Daemon, line: str) -> None:
    assert refusal(daemon, line=line).status == 426


UPGRADES: dict[str, dict[str, Header]] = {
    "Firefox": {"Connection": "keep-alive, Upgrade"},
    "case": {"Connection": "UPGRADE", "Upgrade": "WebSocket"},
    "two Connection headers": {"Connection": ["keep-alive", "Upgrade"]},
}


@pytest.mark.parametrize("changes", UPGRADES.values(), ids=UPGRADES.keys())
def test_upgrade(daemon: Daemon, changes: dict[str, Header]) -> None:
    with Wire(daemon.port) as wire:
        headers = wire.upgrade(changes)
        assert headers["sec-websocket-accept"] == ACCEPT
        assert headers["sec-websocket-protocol"] == SUBPROTOCOL
        assert wire.read_message()["method"] == "bridge.hello"


HOSTS = {
    "rebound name": "evil.example:{port}",
    "name that begins so": "127.0.0.1.evil.example:{port}",
    "name that ends so": "evil-localhost:{port}",
    "another loopback address": "127.0.0.2:{port}",
    "short form": "127.1:{port}",
    "decimal form": "2130706433:{port}",
    "unspecified": "0.0.0.0:{port}",
    "mapped": "[::ffff:127.0.0.1]:{port}",
    "long form of ::1": "[0:0:0:0:0:0:0:1]:{port}",
    "bare ::1": "::1:{port}",
    "user information": "x@127.0.0.1:{port}",
    "trailing dot": "localhost.:{port}",
    "no port": "127.0.0.1",
    "wrong port": "127.0.0.1:1",
    "default port": "localhost:80",
    "leading zero": "127.0.0.1:0{port}",
    "empty": "",
    "a list": "127.0.0.1:{port}, 127.0.0.1:{port}",
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS.keys())
def test_host_that_is_not_served(daemon: Daemon, host: str) -> None:
    response = refusal(daemon, {"Host": host.replace("{port}", str(daemon.port))})
    assert (response.status, response.body) == (403, b"This Host is not served.\n")


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1:{port}"] * 2, ["127.0.0.1:{port}", "evil.example:{port}"]])
def test_host_absent_or_repeated_is_not_http(daemon: Daemon, hosts: list[str]) -> None:
    """RFC 9112, section 3.2: answered with 400, whatever else is wrong."""
    every: Header = [host.replace("{port}", str(daemon.port)) for host in hosts]
    assert refusal(daemon, {"Host": every}).status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_host_that_is_served(daemon: Daemon, host: str) -> None:
    with Wire(daemon.port) as wire:
        wire.greeted({"Host": f"{host}:{daemon.port}"})


@pytest.mark.parametrize(
    "origin", [None, "", "null", ["null", ORIGIN], [ORIGIN, ORIGIN], [ORIGIN, FOREIGN_ORIGIN]]
)
def test_origin_absent_opaque_or_ambiguous(daemon: Daemon, origin: Header) -> None:
    response = refusal(daemon, {"Origin": origin})
    assert (response.status, response.body) == (403, b"An Origin is required.\n")


@pytest.mark.parametrize(
    "offer", [None, "", "cardbridge.v2", "cardbridge", "CARDBRIDGE.V1", "cardbridge.v1.x", "xcardbridge.v1"]
)
def test_subprotocol_absent_or_unknown(daemon: Daemon, offer: Header) -> None:
    response = refusal(daemon, {"Sec-WebSocket-Protocol": offer})
    assert (response.status, response.body) == (400, b"The subprotocol must be cardbridge.v1.\n")


@pytest.mark.parametrize("offer", ["chat, cardbridge.v1", "cardbridge.v1,chat", ["chat", "cardbridge.v1"]])
def test_subprotocol_among_several(daemon: Daemon, offer: Header) -> None:
    with Wire(daemon.port) as wire:
        assert wire.upgrade({"Sec-WebSocket-Protocol": offer})["sec-websocket-protocol"] == SUBPROTOCOL
        assert wire.read_message()["method"] == "bridge.hello"


@pytest.mark.parametrize(
    "key", [None, "", "x", "AAAA", KEY[:-4] + "====", KEY + "AAAA", "*" * 24, [KEY, KEY], KEY + "\t!"]
)
def test_key_missing_or_garbage(daemon: Daemon, key: Header) -> None:
    response = refusal(daemon, {"Sec-WebSocket-Key": key})
    assert (response.status, response.body) == (400, b"Sec-WebSocket-Key must be 16 bytes in base64.\n")


@pytest.mark.parametrize(
    "offer",
    ["permessage-deflate; client_max_window_bits", "permessage-deflate, x-webkit-deflate-frame", "bbf-usp"],
)
def test_no_extension(daemon: Daemon, offer: str) -> None:
    with Wire(daemon.port) as wire:
        headers = wire.upgrade({"Sec-WebSocket-Extensions": offer})
        assert "sec-websocket-extensions" not in headers
        assert wire.read_frame().first == 0x81, "an uncompressed text frame"
        wire.send(frame(request("bridge.info"), reserved=4))
        assert wire.closing() == 1002


FAULTS: list[tuple[dict[str, Header], int, bytes]] = [
    ({"Upgrade": None}, 426, b"Upgrade to websocket, version 13.\n"),
    ({"Host": "evil.example"}, 403, b"This Host is not served.\n"),
    ({"Origin": "null"}, 403, b"An Origin is required.\n"),
    ({"Sec-WebSocket-Protocol": "chat"}, 400, b"The subprotocol must be cardbridge.v1.\n"),
]


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_order_of_the_refusals(daemon: Daemon, first: int) -> None:
    """A handshake with the faults from `first` on gets the answer to the first of them."""
    changes = {name: value for fault, _, _ in FAULTS[first:] for name, value in fault.items()}
    response = refusal(daemon, {"Origin": FOREIGN_ORIGIN, **changes})
    assert (response.status, response.body) == FAULTS[first][1:]


def test_path_before_method_before_upgrade(daemon: Daemon) -> None:
    faults: dict[str, Header] = {"Upgrade": None, "Host": "evil.example"}
    assert refusal(daemon, faults, line="POST /x HTTP/1.1").status == 404
    assert refusal(daemon, faults, line="POST /v1 HTTP/1.1").status == 405


def test_handshake_with_a_body(daemon: Daemon) -> None:
    smuggled = frame(request("bridge.info"))
    for changes, body in (
        ({"Content-Length": str(len(smuggled))}, smuggled),
        ({"Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n0\r\n\r\n"),
        ({"Content-Length": "9999999"}, b"x"),
    ):
        response = refusal(daemon, dict(changes), body=body)
        assert (response.status, response.body) == (400, b"An opening handshake has no body.\n")


def test_a_refused_request_is_the_connections_last(daemon: Daemon) -> None:
    """Whatever follows it, in its body or behind it, is not a request any more."""
    second = opening(daemon.port)
    for line, changes in (
        ("POST /v1 HTTP/1.1", {"Content-Length": str(len(second))}),
        ("POST /v1 HTTP/1.1", {"Content-Length": "0", "Connection": "keep-alive"}),
        ("GET / HTTP/1.1", {"Upgrade": None, "Connection": "keep-alive"}),
        ("GET /v1 HTTP/1.1", {"Host": "evil.example"}),
    ):
        faults: dict[str, Header] = dict(changes)
        response = refusal(daemon, faults, line=line, body=second * 3)
        assert response.status != 101 and b"HTTP/1.1" not in response.body


NOT_HTTP = {
    "TLS": bytes.fromhex("16030100f1010000ed0303") + bytes(200),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64),
    "not a method": b"<script>alert(1)</script> /v1 HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /v1 HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "length and chunks": b"POST /v1 HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0",
    "folded header": b"GET /v1 HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "space before colon": b"GET /v1 HTTP/1.1\r\nHost : a\r\n\r\n",
    "bare LF": b"GET /v1 HTTP/1.1\nHost: a\n\n",
    "NUL": b"GET /v1 HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "a long line": b"GET /" + b"a" * 4000 + b" HTTP/1.1\r\n\r\n",
    "a long header": b"GET /v1 HTTP/1.1\r\nCookie: " + b"a" * 40000 + b"\r\n\r\n",
    "many headers": b"GET /v1 HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n",
}


@pytest.mark.parametrize("data", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_not_http(daemon: Daemon, data: bytes) -> None:
    """One line, nothing echoed, nothing told about what is inside, no noise in the terminal."""
    before = daemon.errors
    with Wire(daemon.port) as wire:
        response = wire.answer(data)
    assert (response.status, response.body) == (400, b"Bad request.\n")
    assert response.headers["server"] == "cardbridge"
    assert daemon.errors == before


def test_line_ends_before_the_request_are_ignored(daemon: Daemon) -> None:
    """RFC 9112, section 2.2; and the frames behind it are still told apart."""
    with Wire(daemon.port) as wire:
        wire.send(b"\r\n\r\n")
        wire.greeted()
        assert "result" in wire.call("bridge.info")
        wire.send(frame(request("bridge.info"), is_masked=False))
        assert wire.closing() == 1002


def test_handshake_byte_by_byte(daemon: Daemon) -> None:
    with Wire(daemon.port) as wire:
        head = opening(daemon.port)
        for position in range(len(head)):
            wire.send(head[position : position + 1])
        assert wire.read_head()[0] == 101
        assert wire.read_message()["method"] == "bridge.hello"
        assert "result" in wire.call("bridge.info")


def test_request_in_the_same_segment_as_the_handshake(daemon: Daemon) -> None:
    """The greeting comes first all the same."""
    with Wire(daemon.port) as wire:
        wire.send(opening(daemon.port) + frame(request("bridge.info", 7)))
        assert wire.read_head()[0] == 101
        assert wire.read_message()["method"] == "bridge.hello"
        assert wire.read_message()["id"] == 7
