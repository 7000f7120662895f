"""JSON-RPC over the socket: every frame gets exactly what the contract says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.core.messages import METHODS, WindowParams
from tests.unit.server.running import Daemon
from tests.unit.server.wire import connected, frame, request

NONCE = "A" * 44
VALID: dict[str, dict[str, Any]] = {
    "certificates.choose": {"purpose": "signature"},
    "auth.getToken": {"challengeNonce": NONCE},
    "sign.documents": {
        "documents": [{"name": "a", "mediaType": "text/plain", "content": "eA=="}],
        "format": "cades",
    },
    "sign.hash": {"certificate": "AAAA", "hash": "00" * 32, "hashFunction": "SHA-256"},
    "upload.begin": {"sizeBytes": 1, "sha256": "0" * 64},
    "upload.end": {"upload": "x"},
    "upload.cancel": {"upload": "x"},
    "session.resume": {"session": "x"},
}
"""Params that fit, of methods that need any."""


def assert_error(response: dict[str, Any], code: int, reason: str, id: object) -> dict[str, Any]:
    """The error has the contract's shape; its data."""
    assert set(response) == {"jsonrpc", "id", "error"}
    assert (response["jsonrpc"], response["id"]) == ("2.0", id)
    error = response["error"]
    assert set(error) == {"code", "message", "data"}
    assert (error["code"], error["data"]["reason"]) == (code, reason)
    assert isinstance(error["message"], str) and error["message"].isascii()
    assert error["data"]["userMessage"]
    assert isinstance(error["data"]["retriable"], bool)
    data: dict[str, Any] = error["data"]
    return data


def test_hello_first(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        info = wire.call("bridge.info")["result"]
    with connected(daemon.port) as wire:
        wire.socket.close()
    from tests.unit.server.wire import Wire

    with Wire(daemon.port) as again:
        again.upgrade()
        hello = again.read_message()
    assert set(hello) == {"jsonrpc", "method", "params"}
    assert hello["params"] == {"name": info["name"], "version": info["version"], "protocol": 1}


@pytest.mark.parametrize(
    "text", ["[]", "[{}]", f"[{request('bridge.info')}]", f"[{request('bridge.info')},1]"]
)
def test_batch(daemon: Daemon, text: str) -> None:
    with connected(daemon.port) as wire:
        assert_error(wire.exchange(text), -32600, "invalidRequest", None)
        assert "result" in wire.call("bridge.info", id=2), "one answer, and the connection goes on"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "{}}",
        "nul",
        "\ufeff{}",
        "{'a':1}",
        "\x00",
        '{"a":NaN}',
        '"\\ud800"',
        "[" * 30000,
        "<html>",
    ],
)
def test_parse_error(daemon: Daemon, text: str) -> None:
    with connected(daemon.port) as wire:
        assert_error(wire.exchange(text), -32700, "parseError", None)
        assert "result" in wire.call("bridge.info", id=2)


INVALID: dict[str, tuple[str, object]] = {
    "number": ("1", None),
    "string": ('"bridge.info"', None),
    "null": ("null", None),
    "empty object": ("{}", None),
    "no jsonrpc": ('{"id":1,"method":"bridge.info"}', 1),
    "jsonrpc 1.0": ('{"jsonrpc":"1.0","id":1,"method":"bridge.info"}', 1),
    "jsonrpc as a number": ('{"jsonrpc":2.0,"id":1,"method":"bridge.info"}', 1),
    "no method": ('{"jsonrpc":"2.0","id":1}', 1),
    "method is a number": ('{"jsonrpc":"2.0","id":"a","method":1}', "a"),
    "a response": ('{"jsonrpc":"2.0","id":1,"result":{}}', 1),
    "id null": ('{"jsonrpc":"2.0","id":null,"method":"bridge.info"}', None),
    "id true": ('{"jsonrpc":"2.0","id":true,"method":"bridge.info"}', None),
    "id 1.5": ('{"jsonrpc":"2.0","id":1.5,"method":"bridge.info"}', None),
    "id object": ('{"jsonrpc":"2.0","id":{},"method":"bridge.info"}', None),
    "id too long": (request("bridge.info", "x" * 129), None),
}


@pytest.mark.parametrize(("text", "id"), INVALID.values(), ids=INVALID.keys())
def test_invalid_request(daemon: Daemon, text: str, id: object) -> None:
    with connected(daemon.port) as wire:
        assert_error(wire.exchange(text), -32600, "invalidRequest", id)
        assert "result" in wire.call("bridge.info", id=2)


@pytest.mark.parametrize("id", [0, -1, 2**53, 2**70, "", "1", "x" * 128, "株式会社"])
def test_id_comes_back_as_it_was(daemon: Daemon, id: object) -> None:
    with connected(daemon.port) as wire:
        response = wire.call("bridge.info", id=id)
        assert response["id"] == id and type(response["id"]) is type(id)


@pytest.mark.parametrize(
    "method", ["bridge.none", "", "Bridge.Info", "bridge.info ", "rpc.discover", "__class__", "$/cancel"]
)
def test_unknown_method(daemon: Daemon, method: str) -> None:
    with connected(daemon.port) as wire:
        assert_error(wire.call(method, {}), -32601, "methodNotFound", 1)


@pytest.mark.parametrize("method", METHODS)
def test_unknown_member_is_named(daemon: Daemon, method: str) -> None:
    with connected(daemon.port) as wire:
        response = wire.call(method, {**VALID.get(method, {}), "origin": "https://evil.example"})
        assert assert_error(response, -32602, "invalidParams", 1)["member"] == "origin"


@pytest.mark.parametrize("method", METHODS)
def test_params_must_be_an_object(daemon: Daemon, method: str) -> None:
    with connected(daemon.port) as wire:
        for params in ([], [1], 1, "x", True):
            assert_error(wire.call(method, params), -32602, "invalidParams", 1)
        text = f'{{"jsonrpc":"2.0","id":1,"method":"{method}","params":null}}'
        assert_error(wire.exchange(text), -32602, "invalidParams", 1)


@pytest.mark.parametrize("method", METHODS)
def test_language_where_there_is_a_window(daemon: Daemon, method: str) -> None:
    """Everywhere else it is an unknown member; a wrong value is named too."""
    with connected(daemon.port) as wire:
        has_window = issubclass(METHODS[method][0], WindowParams)
        response = wire.call(method, {**VALID.get(method, {}), "language": "fr" if has_window else "en"})
        assert assert_error(response, -32602, "invalidParams", 1)["member"] == "language"


def test_language_of_the_sentence(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        japanese = wire.call("card.verifyPin")["error"]["data"]
        english = wire.call("card.verifyPin", {"language": "en"})["error"]["data"]
    assert japanese["reason"] == english["reason"] == "driverNotFound"
    assert not japanese["userMessage"].isascii()
    assert english["userMessage"].isascii()


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("certificates.choose", {}, "purpose"),
    ("certificates.choose", {"purpose": "both"}, "purpose"),
    ("certificates.choose", {"purpose": "signature", "filter": []}, "filter"),
    ("certificates.choose", {"purpose": "signature", "filter": {"subject": ["x"]}}, "filter.subject"),
    (
        "certificates.choose",
        {"purpose": "signature", "filter": {"thumbprints": ["AB" * 32]}},
        "filter.thumbprints[0]",
    ),
    (
        "certificates.choose",
        {"purpose": "signature", "filter": {"policies": ["1.2.x"]}},
        "filter.policies[0]",
    ),
    ("card.verifyPin", {"reader": 1}, "reader"),
    ("card.verifyPin", {"contactField": "required"}, "contactField"),
    ("card.verifyPin", {"pin": "123456"}, "pin"),
    ("auth.getToken", {}, "challengeNonce"),
    ("auth.getToken", {"challengeNonce": "A" * 43}, "challengeNonce"),
    ("auth.getToken", {"challengeNonce": "A" * 129}, "challengeNonce"),
    ("auth.getToken", {"challengeNonce": "A" * 43 + "-"}, "challengeNonce"),
    ("auth.getToken", {"challengeNonce": NONCE, "origin": "https://portal.example.jp"}, "origin"),
    ("sign.documents", {"format": "cades"}, "documents"),
    ("sign.documents", {"documents": [], "format": "cades"}, "documents"),
    ("sign.documents", {**VALID["sign.documents"], "format": "pgp"}, "format"),
    ("sign.documents", {**VALID["sign.documents"], "packaging": "inside"}, "packaging"),
    ("sign.documents", {**VALID["sign.documents"], "level": "B-LT"}, "level"),
    ("sign.documents", {**VALID["sign.documents"], "certificate": "ab"}, "certificate"),
    (
        "sign.documents",
        {"documents": [{"name": "a", "content": ""}], "format": "cades"},
        "documents[0].mediaType",
    ),
    (
        "sign.documents",
        {"documents": [{"name": "a", "mediaType": "x/y", "content": "*"}], "format": "cades"},
        "documents[0].content",
    ),
    (
        "sign.documents",
        {"documents": [{"name": "a", "mediaType": "x/y", "content": "", "hash": ""}], "format": "cades"},
        "documents[0].hash",
    ),
    (
        "sign.documents",
        {"documents": [{"name": "a", "mediaType": "x/y"}], "format": "cades"},
        "documents[0].content",
    ),
    (
        "sign.documents",
        {"documents": [{"name": "a", "mediaType": "x/y", "content": "", "upload": "x"}], "format": "cades"},
        "documents[0].upload",
    ),
    (
        "sign.documents",
        {"documents": [{"name": "a", "mediaType": "x/y", "upload": "x"}], "format": "cades"},
        "documents[0].upload",
    ),
    ("upload.begin", {"sizeBytes": 256 * 1024**2 + 1, "sha256": "0" * 64}, "sizeBytes"),
    ("upload.begin", {"sizeBytes": -1, "sha256": "0" * 64}, "sizeBytes"),
    ("upload.begin", {"sizeBytes": 1.5, "sha256": "0" * 64}, "sizeBytes"),
    ("upload.begin", {"sizeBytes": 1, "sha256": "A" * 64}, "sha256"),
    ("upload.begin", {"sizeBytes": 1}, "sha256"),
    ("upload.end", {"upload": ""}, "upload"),
    ("upload.cancel", {}, "upload"),
    ("session.resume", {}, "session"),
    ("session.resume", {"session": None}, "session"),
]


@pytest.mark.parametrize(("method", "params", "member"), WRONG)
def test_wrong_member_is_named(daemon: Daemon, method: str, params: dict[str, Any], member: str) -> None:
    with connected(daemon.port) as wire:
        data = assert_error(wire.call(method, params), -32602, "invalidParams", 1)
        assert data["member"] == member


def test_errors_that_methods_meet_here(daemon: Daemon) -> None:
    """Without PC/SC and drivers every method has an answer of its own, and none hangs."""
    expected = {
        "bridge.info": None,
        "readers.list": "readerServiceUnavailable",
        "readers.watch": "readerServiceUnavailable",
        "sign.hash": "originNotPermitted",
        "upload.begin": None,
        "upload.end": "invalidParams",
        "upload.cancel": "invalidParams",
        "session.resume": "sessionUnknown",
        "session.close": None,
    }
    with connected(daemon.port) as wire:
        for method in METHODS:
            response = wire.call(method, VALID.get(method, {}))
            reason = response["error"]["data"]["reason"] if "error" in response else None
            assert reason == expected.get(method, "driverNotFound"), method


def test_unsupported_pair_comes_before_any_window(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        params = {**VALID["sign.documents"], "packaging": "enveloped"}
        assert_error(wire.call("sign.documents", params), -32050, "unsupportedFormat", 1)


NOTIFICATIONS = [
    {"method": "no.such"},
    {"method": "bridge.info"},
    {"method": "bridge.hello", "params": {"name": "x"}},
    {"method": "$/progress", "params": {"id": 1, "state": "signing"}},
    {"method": "$/cancel", "params": {"id": 99}},
    {"method": "$/cancel", "params": {"id": "x"}},
    {"method": "$/cancel", "params": {"id": None}},
    {"method": "$/cancel", "params": {"id": [1]}},
    {"method": "$/cancel", "params": {"id": 1, "more": 1}},
    {"method": "$/cancel", "params": {}},
    {"method": "$/cancel", "params": [1]},
    {"method": "$/cancel"},
]


@pytest.mark.parametrize("body", NOTIFICATIONS)
def test_notification_is_never_answered(daemon: Daemon, body: dict[str, Any]) -> None:
    with connected(daemon.port) as wire:
        wire.say(json.dumps({"jsonrpc": "2.0", **body}))
        assert "result" in wire.call("bridge.info", id=2), "the next message answers the next request"


def test_two_in_one_frame(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        text = request("bridge.info") + "\n" + request("bridge.info", 2)
        assert_error(wire.exchange(text), -32700, "parseError", None)


def test_many_in_one_segment(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        wire.send(b"".join(frame(request("bridge.info", id)) for id in range(500)))
        assert [wire.read_message()["id"] for _ in range(500)] == list(range(500))


def test_connections_do_not_share_ids(daemon: Daemon) -> None:
    with connected(daemon.port) as one, connected(daemon.port) as two:
        for wire in (one, two):
            wire.say(request("bridge.info", 5))
        assert one.read_message()["id"] == two.read_message()["id"] == 5
