"""Fuzz targets: what comes from a page, and what comes from processes that a driver or document took over."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from unittest.mock import Mock

import msgspec
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http_websocket import WebSocketError, WebSocketReader

from bridge.core import errors, jsonrpc, messages, plainjson
from bridge.core.frames import MessageMeter
from bridge.core.origin import InvalidOrigin, Origin
from bridge.core.pinentry import NewPinEntered, PinEntered
from bridge.core.sentences import user_message
from bridge.pkcs11 import wire as worker
from bridge.pkcs11.client import checked
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
    """The meter sees the same wherever TCP cuts, and lets nothing through that surprises aiohttp.

    The first byte says where to cut.
    """
    cut, stream = data[:1] or b"\0", data[1:]
    whole, parts = MessageMeter(), MessageMeter()
    whole.feed(stream)
    for start in range(0, len(stream), cut[0] + 1):
        parts.feed(stream[start : start + cut[0] + 1])
    assert (whole.violation, whole.completed) == (parts.violation, parts.completed)
    assert whole.is_unfinished == parts.is_unfinished or whole.violation is not None
    if whole.violation is not None:
        return
    queue = WebSocketDataQueue(Mock(), 2**30, loop=_LOOP)
    reader = WebSocketReader(queue, _MOST_BYTES, False, True)
    failed, _ = reader.feed_data(stream)
    exception = queue.exception()
    assert exception is None or isinstance(exception, WebSocketError), exception
    assert failed == (exception is not None)


_LOOP = asyncio.new_event_loop()


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
