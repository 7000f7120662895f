"""Messages between the daemon and a signing process, one MessagePack object each.

The daemon sends `Check` or `Make`. The process answers with `Checked`, `Made` or `Failed`; while it makes a
signature it first asks for what only the daemon can get, `Sign` and `TimeStamp`, and reads `Brought`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from bridge.core.decoding import msgpack_decoder
from bridge.core.order import Form, SignatureOrder

MAX_WANTED_BYTES = 65536
MAX_DETAIL = 2000
MAX_OVERHEAD_BYTES = 16 * 1024 * 1024
"""By how much a reply may be longer than twice its document: nothing of a document's process is believed."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    pass


class Check(_Message, frozen=True, kw_only=True, tag="check"):
    """Whether a signature of this form can be made of the document."""

    form: Form
    name: str
    content: bytes


class Make(_Message, frozen=True, kw_only=True, tag="make"):
    """Make the signature. `has_time_stamps`: the daemon can get one."""

    order: SignatureOrder
    has_time_stamps: bool


class Brought(_Message, frozen=True, kw_only=True, tag="brought"):
    """What was asked for: a raw signature, or a TimeStampResp as DER."""

    data: bytes


class Checked(_Message, frozen=True, kw_only=True, tag="checked"):
    """The document is readable."""


class Sign(_Message, frozen=True, kw_only=True, tag="sign"):
    """Wanted: the card's signature over `message`, which the daemon hashes."""

    message: Annotated[bytes, msgspec.Meta(max_length=MAX_WANTED_BYTES)]


class TimeStamp(_Message, frozen=True, kw_only=True, tag="timeStamp"):
    """Wanted: the authority's answer to this TimeStampReq (DER)."""

    request: Annotated[bytes, msgspec.Meta(max_length=MAX_WANTED_BYTES)]


class Made(_Message, frozen=True, kw_only=True, tag="made"):
    """The signature."""

    signature: bytes


class Failed(_Message, frozen=True, kw_only=True, tag="failed"):
    """An error of the contract; `error` is its class in `bridge.core.errors`."""

    error: str
    detail: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)]
    data: dict[str, str]


Request = Check | Make
Reply = Checked | Made | Failed | Sign | TimeStamp

encode = msgspec.msgpack.Encoder().encode
decode_request = msgpack_decoder(Request)
decode_brought = msgpack_decoder(Brought)
_reply = msgpack_decoder(Reply)
_MADE = encode(Made(signature=b"")).removesuffix(encode(b""))


def decode_reply(content: bytes) -> Reply:
    """Only a signature may be long: of millions of small things, each is made before any can be refused, and
    nothing else in the daemon runs meanwhile.

    Raises:
        msgspec.DecodeError
    """
    if len(content) > 2 * MAX_WANTED_BYTES and not content.startswith(_MADE):
        raise msgspec.DecodeError("too long")
    reply: Reply = _reply(content)
    return reply
