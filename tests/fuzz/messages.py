"""Fuzz targets: what comes from a page, and what comes from processes that a driver or document took over."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any, cast

import msgspec

from bridge.core import errors, jsonrpc, messages, plainjson
from bridge.core.frames import MessageMeter
from bridge.core.origin import InvalidOrigin, Origin
from bridge.core.pinentry import NewPinEntered, PinEntered
from bridge.core.sentences import user_message
from bridge.pkcs11 import wire as worker
from bridge.pkcs11.client import checked
from bridge.server import guard
from bridge.server.head import BadHead, read_head
from bridge.server.websocket import WebSocket
from bridge.signing import wire as signing
from bridge.ui.preview import wire as preview

_MOST_BYTES = 65536


def message(data: bytes) -> None:
    """A text frame is a request, or is refused with an error whose answer can be written."""
    try:
        request = jsonrpc.decode(data)
    except jsonrpc.Refusal as refusal:
        json.loads(jsonrpc.encode_error(refusal.id, refusal.error, user_message(refusal.error, "ja")))
        return
    assert request.id is None or jsonrpc.is_request_id(request.id)
    for kind, _ in messages.METHODS.values():
        try:
            params = jsonrpc.decode_params(request.params, kind)
        except errors.InvalidParams as error:
            json.loads(jsonrpc.encode_error(request.id, error, user_message(error, "en")))
        else:
            again = jsonrpc.decode_params(msgspec.Raw(msgspec.json.encode(params)), kind)
            assert again == params


def frames(data: bytes) -> None:
    """The meter sees the same wherever TCP cuts, and what it lets through surprises nobody behind it.

    The first byte says where to cut.
    """
    cut, stream = data[:1] or b"\0", data[1:]
    whole = MessageMeter()
    whole.feed(stream)
    parts = MessageMeter()
    wire = Wire()

    def measured(part: bytes) -> bool:
        parts.feed(part)
        return parts.violation is None

    socket = WebSocket(cast(Any, wire), _MOST_BYTES, measured)
    for start in range(0, len(stream), cut[0] + 1):
        socket.data_received(stream[start : start + cut[0] + 1])
    assert (whole.violation, whole.completed) == (parts.violation, parts.completed)
    assert whole.is_unfinished == parts.is_unfinished or whole.violation is not None
    for message in socket._messages:
        assert message is None or len(message) <= _MOST_BYTES
    assert not wire.written or wire.written[0] in _ANSWERS


class Wire:
    """In the place of a transport: keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


_PONG, _CLOSE = 0x8A, 0x88
_ANSWERS = (_PONG, _CLOSE)


def handshake(data: bytes) -> None:
    """Any head is refused, or is exactly what the checks let through."""
    try:
        head = read_head(data)
    except BadHead:
        return
    guard.origin_of(head.headers)
    refusals = (
        guard.check_target(head),
        guard.check_host(head.headers, 28470),
        guard.check_origin(head.headers),
        guard.check_subprotocol(head.headers),
    )
    if not any(refusals):
        assert data.startswith(b"GET /v1 HTTP/1.1\r\n") and b"cardbridge.v1" in data
        assert re.search(rb"(?i)\r\nhost:[ \t]*(127\.0\.0\.1|localhost|\[::1\]):28470[ \t]*(\r\n|$)", data)


def worker_replies(data: bytes) -> None:
    """A driver has taken its worker over: its words are a reply, or an error of the contract."""
    try:
        reply = worker.decode_reply(data)
    except plainjson.Unreadable:
        return
    for kind in (worker.Inspected, worker.LoggedIn, worker.PinChanged, worker.Signed):
        try:
            assert checked(reply, kind) is reply
        except errors.BridgeError as error:
            answer = json.loads(jsonrpc.encode_error(1, error, user_message(error, "ja")))["error"]
            assert (answer["code"], answer["data"]["reason"]) == (error.code, error.reason)
            assert answer["data"]["userMessage"] == user_message(error, "ja")
            assert answer["data"]["retriable"] is error.retriable


def worker_requests(data: bytes) -> None:
    """And what the window tells the worker."""
    for decode in (worker.decode_request, partial(_pin, PinEntered), partial(_pin, NewPinEntered)):
        try:
            decode(data)
        except plainjson.Unreadable:
            continue


def _pin(kind: type[PinEntered | NewPinEntered], data: bytes) -> object:
    return plainjson.decode(data, kind)


def other_processes(data: bytes) -> None:
    """What the signing process, the preview and the daemon say to one another; the first byte says who."""
    decoders = (
        signing.decode_request, signing.decode_brought, signing.decode_reply, preview.decode_begin,
        preview.decode_ready, preview.decode_given, preview.decode_verdict, preview.decode_overview,
        preview.decode_ask, preview.decode_page,
    )  # fmt: skip
    _decoded(decoders[(data[:1] or b"\0")[0] % len(decoders)], data[1:])


def _decoded(decode: object, data: bytes) -> None:
    try:
        decode(data)  # type: ignore[operator]
    except msgspec.DecodeError:
        return


def origin(data: bytes) -> None:
    """What is an origin is the same one when it is read again, and no other text comes through."""
    text = data.decode("latin-1")
    try:
        parsed = Origin.parse(text)
    except InvalidOrigin:
        return
    assert Origin.parse(str(parsed)) == parsed
    assert str(parsed).isascii() and str(parsed).isprintable() and " " not in str(parsed)
    assert text.lower().startswith(f"{parsed.scheme}://")
