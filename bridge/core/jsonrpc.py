"""JSON-RPC 2.0 over text frames, without I/O."""

from __future__ import annotations

import re
from typing import Literal, TypeVar

import msgspec

from bridge.core.errors import BridgeError, InvalidParams, InvalidRequest, ParseError
from bridge.core.messages import RequestId

_P = TypeVar("_P")
_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?:unknown|required) field `(?P<name>.*)`$", re.DOTALL)
MAX_ID_LENGTH = 128


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A call (JSON-RPC 2.0, section 4); `params` is undecoded JSON. A notification has the id None."""

    id: RequestId | None
    method: str
    params: msgspec.Raw


class Refusal(Exception):
    """A frame that is not a request: the error to answer with, and the id where one could be read."""

    def __init__(self, error: BridgeError, id: RequestId | None = None) -> None:
        super().__init__(error.reason)
        self.error = error
        self.id = id


_ABSENT = msgspec.Raw(b"")


class _Call(msgspec.Struct):
    """A request as it should be."""

    jsonrpc: Literal["2.0"]
    method: str
    id: RequestId
    params: msgspec.Raw = msgspec.Raw(b"{}")


class _Envelope(msgspec.Struct):
    jsonrpc: msgspec.Raw = msgspec.Raw(b"null")
    id: msgspec.Raw = _ABSENT
    method: msgspec.Raw = msgspec.Raw(b"null")
    params: msgspec.Raw = msgspec.Raw(b"{}")


# Raw: the syntax is checked and nothing is built. Thirty million brackets would become a gigabyte of lists.
_calls = msgspec.json.Decoder(_Call)
_frames = msgspec.json.Decoder(msgspec.Raw)
_envelopes = msgspec.json.Decoder(_Envelope)
_ids = msgspec.json.Decoder(RequestId)
_texts = msgspec.json.Decoder(str)


def decode(frame: str | bytes) -> Request:
    """The request in one text frame.

    Raises:
        Refusal: not JSON (-32700); a batch, not an object or not a request (-32600).
    """
    try:
        text = frame if isinstance(frame, str) else frame.decode()
        call = _calls.decode(text)
    except UnicodeError:
        raise Refusal(ParseError()) from None
    except (msgspec.DecodeError, RecursionError):
        return _looked_through(text)
    if not is_request_id(call.id):
        return _looked_through(text)
    return Request(id=call.id, method=call.method, params=call.params)


def _looked_through(frame: str) -> Request:
    """What is no call, or not as it should be: a notification, or what is wrong with it."""
    try:
        _frames.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Refusal(ParseError()) from None
    try:
        envelope = _envelopes.decode(frame)
    except (msgspec.DecodeError, RecursionError):
        raise Refusal(InvalidRequest("One JSON-RPC object a frame; batches are not served.")) from None
    id = None if envelope.id is _ABSENT else _value(_ids, envelope.id)
    if envelope.id is not _ABSENT and not is_request_id(id):
        raise Refusal(InvalidRequest("`id` must be a string or an integer."))
    method = _value(_texts, envelope.method)
    if _value(_texts, envelope.jsonrpc) != "2.0" or method is None:
        raise Refusal(InvalidRequest('`jsonrpc` must be "2.0" and `method` a string.'), id)
    return Request(id=id, method=method, params=envelope.params)


def _value(decoder: msgspec.json.Decoder[_P], raw: msgspec.Raw) -> _P | None:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def is_request_id(value: object) -> bool:
    """Whether `value` may be the id of a request: an integer or a string of at most `MAX_ID_LENGTH`."""
    if isinstance(value, str):
        return len(value) <= MAX_ID_LENGTH
    return isinstance(value, int) and not isinstance(value, bool)


def decode_params(params: msgspec.Raw, kind: type[_P]) -> _P:
    """`params` as `kind`.

    Raises:
        InvalidParams: they do not fit; data `member` names the first member that does not.
    """
    try:
        return msgspec.json.decode(params, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        text = str(error)
        raise InvalidParams(_PATH.sub("", text), member=_member(text) or None) from None


def _member(problem: str) -> str:
    path, named = _PATH.search(problem), _NAMED.search(_PATH.sub("", problem))
    parts = [path["path"] if path else "", named["name"] if named else ""]
    return ".".join(part for part in parts if part)


def encode_result(id: RequestId, result: msgspec.Struct) -> bytes:
    """The response frame of a request that succeeded."""
    return msgspec.json.encode({"jsonrpc": "2.0", "id": id, "result": result})


def encode_error(id: RequestId | None, error: BridgeError, user_message: str) -> bytes:
    """The response frame of a request that failed; `user_message` is the sentence for the user."""
    ours = {"reason": error.reason, "userMessage": user_message, "retriable": error.retriable}
    data = {**ours, **error.data, **ours}
    body = {"code": error.code, "message": error.detail, "data": data}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": id, "error": body})


def encode_notification(method: str, params: msgspec.Struct) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params})
