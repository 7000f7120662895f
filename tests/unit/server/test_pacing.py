"""Pieces of what a client sends, one a turn of the event loop, and none while nobody takes them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from bridge.core.frames import MessageMeter
from bridge.server.pacing import PIECE_BYTES, Pace
from tests.unit.server.wire import frame


class Reads:
    """A transport and a reader; `pieces` are what the reader got, `is_read` whether the transport is read."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_read = True
        self.meter = MessageMeter()
        self.pace = Pace(cast(Any, self), self._feed, lambda: self.meter.payload_left)

    def _feed(self, data: bytes) -> None:
        self.pieces.append(data)
        self.meter.feed(data)

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


async def turn() -> None:
    await asyncio.sleep(0)


async def test_what_is_short_goes_on_at_once() -> None:
    reads = Reads()
    for data in (b"\x81", frame("x")[1:]):
        reads.pace.received(data)
    assert reads.pieces == [b"\x81", frame("x")[1:]] and reads.is_read


async def test_many_frames_one_piece_a_turn() -> None:
    reads, data = Reads(), frame("") * 1000
    reads.pace.received(data)
    assert len(reads.pieces) == 1 and len(reads.pieces[0]) == PIECE_BYTES and not reads.is_read
    await turn()
    assert len(reads.pieces) == 2
    while not reads.is_read:
        await turn()
    assert b"".join(reads.pieces) == data and max(map(len, reads.pieces)) == PIECE_BYTES
    assert reads.meter.completed == 1000


async def test_a_large_frame_is_not_cut_in_pieces() -> None:
    reads, data = Reads(), frame(bytes(1_000_000), 2)
    for start in range(0, len(data), 262144):
        reads.pace.received(data[start : start + 262144])
        await turn()
    assert b"".join(reads.pieces) == data and len(reads.pieces) == 5


async def test_nothing_goes_on_while_the_reader_pauses() -> None:
    reads, data = Reads(), frame("") * 500
    reads.pace.received(data)
    reads.pace.pause()
    reads.pace.received(b"")
    for _ in range(5):
        await turn()
    assert len(reads.pieces) == 1 and not reads.is_read
    reads.pace.resume()
    reads.pace.resume()
    assert len(reads.pieces) == 1 and not reads.is_read, "not from within the reader's own call"
    while not reads.is_read:
        await turn()
    assert b"".join(reads.pieces) == data


async def test_a_reader_that_pauses_in_its_last_piece_is_obeyed() -> None:
    reads = Reads()
    pausing = Pace(cast(Any, reads), lambda _: pausing.pause(), lambda: 0)
    pausing.received(b"x")
    assert not reads.is_read
    pausing.resume()
    assert reads.is_read


async def test_what_is_held_is_dropped_with_the_connection() -> None:
    reads = Reads()
    reads.pace.received(frame("") * 500)
    reads.pace.drop()
    for _ in range(5):
        await turn()
    assert len(reads.pieces) == 1
