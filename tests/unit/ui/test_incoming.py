"""Messages of a process that may be taken over: whole ones, and no waiting for the rest."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import pytest

from bridge.ui.incoming import Incoming

MOST = 100


@pytest.fixture
def pipe() -> Iterator[tuple[Incoming, Connection]]:
    ours, theirs = Pipe()
    with ours, theirs:
        yield Incoming(ours, MOST), theirs


def test_nothing_half_and_whole(pipe: tuple[Incoming, Connection]) -> None:
    incoming, theirs = pipe
    said = struct.pack("!i", 5) + b"hello" + struct.pack("!i", 1) + b"!"
    for place in range(len(said)):
        assert incoming.next() == {9: b"hello"}.get(place)
        os.write(theirs.fileno(), said[place : place + 1])
    assert incoming.next() == b"!"
    assert incoming.next(0.05) is None


def test_two_at_once(pipe: tuple[Incoming, Connection]) -> None:
    incoming, theirs = pipe
    theirs.send_bytes(b"one")
    theirs.send_bytes(b"x" * MOST)
    assert [incoming.next(), incoming.next(), incoming.next()] == [b"one", b"x" * MOST, None]


def test_byte_by_byte_its_reader_is_not_held_up(
    pipe: tuple[Incoming, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.ui.incoming._PIECE_BYTES", 1)
    incoming, theirs = pipe
    theirs.send_bytes(b"x" * MOST)
    assert [incoming.next(), incoming.next()] == [None, b"x" * MOST]


@pytest.mark.parametrize("size", [0, -1, MOST + 1, 2**31 - 1])
def test_of_a_size_that_is_none(pipe: tuple[Incoming, Connection], size: int) -> None:
    incoming, theirs = pipe
    os.write(theirs.fileno(), struct.pack("!i", size) + b"x")
    with pytest.raises(OSError, match="too long"):
        incoming.next()


def test_the_other_end_is_closed(pipe: tuple[Incoming, Connection]) -> None:
    incoming, theirs = pipe
    os.write(theirs.fileno(), struct.pack("!i", 5) + b"hel")
    assert incoming.next() is None
    theirs.close()
    with pytest.raises(EOFError):
        incoming.next(5)
