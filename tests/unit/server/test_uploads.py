"""Uploads over the socket: credit, limits, digests, and every frame that was not agreed on."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.core import upload
from bridge.methods import uploads
from tests.unit.server.conftest import MAX_MESSAGE_BYTES
from tests.unit.server.hosted import Hosted, hosted
from tests.unit.server.running import Daemon
from tests.unit.server.test_messages import assert_error
from tests.unit.server.wire import BINARY, CLOSE, CONTINUATION, PING, Wire, connected, frame, serves

DATA = bytes(range(256)) * 1024
"""256 KiB: four messages of what the shared daemon takes."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    with hosted(monkeypatch) as running:
        yield running
        serves(running.port)


def begin(wire: Wire, size: int, digest: str = "0" * 64) -> dict[str, Any]:
    result: dict[str, Any] = wire.call("upload.begin", {"sizeBytes": size, "sha256": digest})["result"]
    assert set(result) == {"upload", "chunkBytes", "creditBytes"}
    return result


def sent(wire: Wire, data: bytes, *, digest: str | None = None, step: int = 0) -> str:
    """Upload all of `data` as a page does, waiting for credit; the upload's id."""
    begun = begin(wire, len(data), digest or hashlib.sha256(data).hexdigest())
    credit, position = begun["creditBytes"], 0
    while position < len(data):
        while credit == 0:
            message = wire.read_message()
            assert message["method"] == "upload.credit", message
            assert message["params"]["upload"] == begun["upload"]
            credit += message["params"]["creditBytes"]
        chunk = data[position : position + min(step or begun["chunkBytes"], credit)]
        wire.send(frame(chunk, BINARY))
        position, credit = position + len(chunk), credit - len(chunk)
    id: str = begun["upload"]
    return id


def call(wire: Wire, method: str, params: object) -> dict[str, Any]:
    """Credit may come before the answer."""
    from tests.unit.server.wire import request

    wire.say(request(method, 7, params))
    while (message := wire.read_message()).get("id") != 7:
        assert message["method"] == "upload.credit"
    return message


def ends(wire: Wire, id: str, data: bytes) -> None:
    result = call(wire, "upload.end", {"upload": id})["result"]
    assert result == {"sizeBytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@pytest.mark.parametrize("size", [0, 1, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1, len(DATA)])
def test_an_upload(daemon: Daemon, size: int) -> None:
    with connected(daemon.port) as wire:
        id = sent(wire, DATA[:size])
        ends(wire, id, DATA[:size])
        ends(wire, id, DATA[:size])


def test_many_times_the_credit(server: Hosted) -> None:
    """No byte beyond the credit that was granted, and the credit ends with the size."""
    data = bytes(3 * upload.CREDIT_BYTES + 12345)
    with connected(server.port) as wire:
        begun = begin(wire, len(data), hashlib.sha256(data).hexdigest())
        assert begun["chunkBytes"] == upload.CHUNK_BYTES and begun["creditBytes"] == upload.CREDIT_BYTES
        granted, position = begun["creditBytes"], 0
        while position < len(data):
            chunk = data[position : min(position + upload.CHUNK_BYTES, granted)]
            wire.send(frame(chunk, BINARY))
            position += len(chunk)
            if position == granted < len(data):
                granted += wire.read_message()["params"]["creditBytes"]
        while granted < len(data):
            granted += wire.read_message()["params"]["creditBytes"]
        assert granted == len(data)
        ends(wire, begun["upload"], data)


def test_a_chunk_never_exceeds_a_message(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        assert begin(wire, len(DATA))["chunkBytes"] == MAX_MESSAGE_BYTES


def test_small_frames_and_a_fragmented_one(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        ends(wire, sent(wire, DATA[:1000], step=7), DATA[:1000])
        begun = begin(wire, 9, hashlib.sha256(b"abcdefghi").hexdigest())
        wire.send(frame(b"abc", BINARY, is_final=False) + frame(b"", PING))
        wire.send(frame(b"def", CONTINUATION, is_final=False) + frame(b"ghi", CONTINUATION))
        assert wire.read_frame().opcode != CLOSE
        ends(wire, begun["upload"], b"abcdefghi")


def test_requests_between_frames_are_answered(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        begun = begin(wire, 2, hashlib.sha256(b"xy").hexdigest())
        wire.send(frame(b"x", BINARY))
        assert "result" in call(wire, "bridge.info", {})
        wire.send(frame(b"y", BINARY))
        ends(wire, begun["upload"], b"xy")


def test_wrong_digest_names_the_member_and_forgets_the_upload(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        id = sent(wire, DATA, digest=hashlib.sha256(DATA + b"x").hexdigest())
        data = assert_error(call(wire, "upload.end", {"upload": id}), -32602, "invalidParams", 7)
        assert data["member"] == "sha256"
        data = assert_error(call(wire, "upload.end", {"upload": id}), -32602, "invalidParams", 7)
        assert data["member"] == "upload"
        ends(wire, sent(wire, DATA), DATA)


def test_too_little(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        begun = begin(wire, 3)
        wire.send(frame(b"ab", BINARY))
        response = call(wire, "upload.end", {"upload": begun["upload"]})
        assert assert_error(response, -32602, "invalidParams", 7)["member"] == "sizeBytes"
        wire.send(frame(b"c", BINARY))
        assert wire.closing() == 1003


def test_too_much_and_other_frames_that_were_not_agreed_on(daemon: Daemon) -> None:
    for size, frames in (
        (3, frame(b"abcd", BINARY)),
        (3, frame(b"abc", BINARY) + frame(b"d", BINARY)),
        (0, frame(b"a", BINARY)),
        (3, frame(b"", BINARY)),
    ):
        with connected(daemon.port) as wire:
            begin(wire, size)
            wire.send(frames)
            assert wire.closing() == 1003


def test_beyond_the_credit_or_the_chunk(server: Hosted) -> None:
    with connected(server.port) as wire:
        begin(wire, 2 * upload.CHUNK_BYTES)
        wire.send(frame(bytes(upload.CHUNK_BYTES + 1), BINARY))
        assert wire.closing() == 1003


def test_cancelled(daemon: Daemon) -> None:
    """Nothing more may come of it, and the next one may begin."""
    with connected(daemon.port) as wire:
        begun = begin(wire, len(DATA))
        wire.send(frame(b"x", BINARY))
        assert call(wire, "upload.cancel", {"upload": begun["upload"]})["result"] == {}
        for method in ("upload.cancel", "upload.end"):
            response = call(wire, method, {"upload": begun["upload"]})
            assert assert_error(response, -32602, "invalidParams", 7)["member"] == "upload"
        ends(wire, sent(wire, DATA), DATA)
        begun = begin(wire, 5)
        call(wire, "upload.cancel", {"upload": begun["upload"]})
        wire.send(frame(b"x", BINARY))
        assert wire.closing() == 1003


def test_one_at_a_time(daemon: Daemon) -> None:
    with connected(daemon.port) as wire, connected(daemon.port) as other:
        begun = begin(wire, 5)
        response = wire.call("upload.begin", {"sizeBytes": 5, "sha256": "0" * 64})
        assert assert_error(response, -32004, "busy", 1)["retriable"]
        begin(other, 5)
        wire.call("upload.cancel", {"upload": begun["upload"]})
        begin(wire, 5)


def test_so_many_and_so_much(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        for number in range(upload.MAX_UPLOADS):
            ends(wire, sent(wire, bytes([number])), bytes([number]))
        response = wire.call("upload.begin", {"sizeBytes": 1, "sha256": "0" * 64})
        assert_error(response, -32004, "busy", 1)


def test_announced_in_all(monkeypatch: pytest.MonkeyPatch, server: Hosted) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADED_BYTES", 10)
    with connected(server.port) as wire:
        id = sent(wire, b"123456")
        ends(wire, id, b"123456")
        response = wire.call("upload.begin", {"sizeBytes": 5, "sha256": "0" * 64})
        assert_error(response, -32004, "busy", 1)
        assert "result" in wire.call("upload.cancel", {"upload": id})
        begin(wire, 5)


def test_another_connections_upload(daemon: Daemon) -> None:
    with connected(daemon.port) as wire, connected(daemon.port) as other:
        id = sent(wire, b"x")
        for method in ("upload.end", "upload.cancel"):
            response = other.call(method, {"upload": id})
            assert assert_error(response, -32602, "invalidParams", 1)["member"] == "upload"
        document = {"name": "a", "mediaType": "x/y", "upload": id}
        response = other.call("sign.documents", {"documents": [document], "format": "cades"})
        assert assert_error(response, -32602, "invalidParams", 1)["member"] == "documents[0].upload"
        ends(wire, id, b"x")


def test_an_upload_that_has_not_ended_cannot_be_signed(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        id = sent(wire, b"x")
        params = {"documents": [{"name": "a", "mediaType": "x/y", "upload": id}], "format": "cades"}
        response = wire.call("sign.documents", params)
        assert assert_error(response, -32602, "invalidParams", 1)["member"] == "documents[0].upload"
        ends(wire, id, b"x")
        assert_error(wire.call("sign.documents", params), -32040, "driverNotFound", 1)


@pytest.mark.parametrize(
    "form",
    [{"format": "cades", "packaging": "enveloping"}, {"format": "xades", "packaging": "detached"}],
)
def test_only_detached_cades(daemon: Daemon, form: dict[str, str]) -> None:
    with connected(daemon.port) as wire:
        id = sent(wire, b"<a/>")
        ends(wire, id, b"<a/>")
        document = {"name": "a.xml", "mediaType": "text/xml", "upload": id}
        response = wire.call("sign.documents", {"documents": [document], **form})
        assert assert_error(response, -32050, "unsupportedFormat", 1)["document"] == "a.xml"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/pdf", b"PK\x03\x04"),
        ("text/plain", "入札書".encode("shift_jis")),
        ("text/plain", b"a\0"),
        ("application/json", b"\xff"),
    ],
)
def test_a_beginning_that_contradicts_its_media_type(daemon: Daemon, media_type: str, content: bytes) -> None:
    with connected(daemon.port) as wire:
        id = sent(wire, content)
        ends(wire, id, content)
        document = {"name": "a", "mediaType": media_type, "upload": id}
        response = wire.call("sign.documents", {"documents": [document], "format": "cades"})
        assert_error(response, -32052, "documentUnreadable", 1)


def test_silence_ends_an_unfinished_upload(monkeypatch: pytest.MonkeyPatch, server: Hosted) -> None:
    """Each byte brings new time; one that has come whole stays."""
    with connected(server.port) as wire:
        kept = sent(wire, b"whole")
        ends(wire, kept, b"whole")
        monkeypatch.setattr(uploads, "IDLE_S", 0.3)
        begun = begin(wire, 3)
        while "error" in (response := call(wire, "upload.begin", {"sizeBytes": 1, "sha256": "0" * 64})):
            assert response["error"]["data"]["reason"] == "busy"
        response = call(wire, "upload.end", {"upload": begun["upload"]})
        assert assert_error(response, -32602, "invalidParams", 7)["member"] == "upload"
        ends(wire, kept, b"whole")


def test_a_socket_that_closes_in_the_middle(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        begin(wire, len(DATA))
        wire.send(frame(DATA[:1000], BINARY)[:-1])
    with connected(daemon.port) as wire:
        begin(wire, len(DATA))
        wire.send(frame(b"x", BINARY) + frame(struct.pack("!H", 1000), CLOSE))
        assert wire.closing() == 1000
