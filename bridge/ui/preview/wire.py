"""Messages of a preview process, one MessagePack object each.

With the daemon: `Begin`, answered with `Ready`; then for each document `Given`, followed by its bytes in as
many messages as there are, answered with `Read` or `Unreadable`.

With the dialog, over another pipe: `Overview`, once, when all have been read; then for each `Ask` a
`TextPage` or a `PicturePage`, or `Failed`.
"""

from __future__ import annotations

from math import sqrt
from typing import Literal

import msgspec

from bridge.core.decoding import msgpack_decoder
from bridge.core.language import Language

Style = Literal["plain", "name", "note", "mark", "suspect"]
"""`name`: a field's; `note`: words of ours; `mark`: stands for something invisible; `suspect`: looks like
something else."""

Kind = Literal["text", "picture", "none", "absent"]
"""`none`: of a type that cannot be shown; `absent`: its bytes are not here. The page says what is known."""

Caution = Literal[
    "direction", "hidden", "variation", "widths", "lookalikes", "gaps",
    "source", "duplicates", "comments", "instructions",
    "signed", "revisions", "layers", "scripts", "attachments", "fields", "restricted", "damaged",
    "frames",
]  # fmt: skip
"""What a person should know of a document, in the order in which it is said."""


MOST_PIXELS = 12_000_000
LONGEST_SIDE = 16_000
"""Of a picture, in pixels: X has no pixmaps beyond 32,767, and ends whoever asks for one."""


def fitting_scale(width: float, height: float, wanted_width: int) -> float:
    """By how much to scale a picture, so that it is as wide as wanted, or as wide as can be."""
    scale = min(wanted_width / width, (LONGEST_SIDE - 1) / height)
    return min(scale, sqrt(MOST_PIXELS / (width * height)))


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    pass


class Sight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to see of one document.

    `digest` is SHA-256, lowercase hex, of the bytes that were read here, or of an absent document its own.
    """

    digest: str
    size_bytes: int
    kind: Kind
    pages: int
    cautions: tuple[Caution, ...]


class Run(msgspec.Struct, frozen=True, array_like=True):
    text: str
    style: Style = "plain"


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One line, indented by `level`; no run holds a line break."""

    runs: tuple[Run, ...]
    level: int = 0


class Begin(_Message, frozen=True, kw_only=True, tag="begin"):
    """`count` documents follow."""

    language: Language
    count: int


class Ready(_Message, frozen=True, kw_only=True, tag="ready"):
    """The process is there."""


class Given(_Message, frozen=True, kw_only=True, tag="given"):
    """A document whose `size_bytes` follow; none do where `absent` is its digest, as of an upload."""

    media_type: str
    size_bytes: int
    absent: str | None = None


class Read(_Message, frozen=True, kw_only=True, tag="read"):
    """The document can be shown, or is of a type that cannot."""


class Unreadable(_Message, frozen=True, kw_only=True, tag="unreadable"):
    """The document is not what its media type says; `detail` is for developers, without text of it."""

    detail: str


class Overview(_Message, frozen=True, kw_only=True, tag="overview"):
    documents: tuple[Sight, ...]


class Ask(_Message, frozen=True, kw_only=True, tag="ask"):
    """Wanted: a page of a document, both counted from 0; a picture `width` pixels wide."""

    document: int
    page: int
    width: int


class TextPage(_Message, frozen=True, kw_only=True, tag="text"):
    digest: str
    lines: tuple[Line, ...]


class PicturePage(_Message, frozen=True, kw_only=True, tag="picture"):
    """`pixels`: three bytes each, red, green, blue, row by row from the top."""

    digest: str
    width: int
    height: int
    pixels: bytes


class Failed(_Message, frozen=True, kw_only=True, tag="failed"):
    """The page cannot be shown."""


Page = TextPage | PicturePage

encode = encode_lines = msgspec.msgpack.Encoder().encode
decode_lines = msgpack_decoder(tuple[Line, ...])
decode_begin = msgpack_decoder(Begin)
decode_ready = msgpack_decoder(Ready)
decode_given = msgpack_decoder(Given)
decode_verdict = msgpack_decoder(Read | Unreadable)
decode_overview = msgpack_decoder(Overview)
decode_ask = msgpack_decoder(Ask)
decode_page = msgpack_decoder(TextPage | PicturePage | Failed)
