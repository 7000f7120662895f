"""Messages that the event loop reads itself, from a process that may send anything."""

import asyncio
import os
import struct
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe

import pytest

from bridge.arrivals import MAX_BYTES, Arrivals

GENEROUS_S = 20


@pytest.fixture
def ends() -> Iterator[tuple[Connection, Connection]]:
    ours, theirs = Pipe()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def arrivals(ends: tuple[Connection, Connection]) -> Iterator[Arrivals]:
    reading = Arrivals(ends[0])
    yield reading
    reading.close()


@pytest.mark.parametrize("size", [1, 3, 16384, 16385, 100_000])
async def test_whole_messages(ends: tuple[Connection, Connection], arrivals: Arrivals, size: int) -> None:
    message = os.urandom(size)
    for _ in range(2):
        await asyncio.to_thread(ends[1].send_bytes, message)
        assert await arrivals.next() == message


async def test_piece_by_piece(ends: tuple[Connection, Connection], arrivals: Arrivals) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(arrivals.next())
        for byte in struct.pack("!i", 5) + b"piece":
            os.write(ends[1].fileno(), bytes([byte]))
            await asyncio.sleep(0.001)
            assert not task.done() or byte == ord("e")
    assert task.result() == b"piece"


async def test_between_two_the_connection_may_be_read_otherwise(
    ends: tuple[Connection, Connection], arrivals: Arrivals
) -> None:
    for message in (b"1", b"2", b"3", b"4"):
        ends[1].send_bytes(message)
    assert await arrivals.next() == b"1"
    assert ends[0].recv_bytes() == b"2"
    assert await arrivals.next() == b"3"
    assert ends[0].recv_bytes() == b"4"


async def test_what_nobody_waits_for_costs_nothing(
    ends: tuple[Connection, Connection], arrivals: Arrivals
) -> None:
    ends[1].send_bytes(b"1")
    assert await arrivals.next() == b"1"
    ends[1].send_bytes(b"2")
    ends[1].close()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not arrivals.is_watching, "the loop would turn for ever"
    assert await arrivals.next() == b"2"
    with pytest.raises(EOFError):
        await arrivals.next()


@pytest.mark.parametrize("size", [-2, -1, 0, MAX_BYTES + 1, 2**31 - 1])
async def test_a_size_that_is_none(
    ends: tuple[Connection, Connection], arrivals: Arrivals, size: int
) -> None:
    os.write(ends[1].fileno(), struct.pack("!i", size))
    with pytest.raises(OSError, match="too long"):
        await arrivals.next()


async def test_a_message_that_breaks_off(ends: tuple[Connection, Connection], arrivals: Arrivals) -> None:
    os.write(ends[1].fileno(), struct.pack("!i", 10) + b"half")
    ends[1].close()
    with pytest.raises(EOFError):
        await arrivals.next()


async def test_a_wait_that_is_given_up(ends: tuple[Connection, Connection], arrivals: Arrivals) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await arrivals.next()
    ends[1].send_bytes(b"late")
    await asyncio.sleep(0.01)
    assert await arrivals.next() == b"late"


async def test_what_does_not_come_in_time(ends: tuple[Connection, Connection], arrivals: Arrivals) -> None:
    with pytest.raises(TimeoutError):
        await arrivals.next(within_s=0.01)
    ends[1].send_bytes(b"late")
    assert await arrivals.next(within_s=10) == b"late"
    with pytest.raises(TimeoutError):
        await arrivals.next(within_s=0.01)


async def test_each_message_has_its_own_time(ends: tuple[Connection, Connection], arrivals: Arrivals) -> None:
    """One timer looks after all: it may come while a later message has time left."""
    loop = asyncio.get_running_loop()
    ends[1].send_bytes(b"1")
    assert await arrivals.next(within_s=0.05) == b"1"
    await asyncio.sleep(0.03)
    loop.call_later(0.04, ends[1].send_bytes, b"2")
    assert await arrivals.next(within_s=30) == b"2", "0.07 s after the first, whose time was 0.05"
    ends[1].send_bytes(b"3")
    assert await arrivals.next() == b"3"


async def test_who_waits_while_it_is_closed_waits_no_longer(ends: tuple[Connection, Connection]) -> None:
    """A program that a module has started may still hold the other end when the worker is gone."""
    reading = Arrivals(ends[0])
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiting = group.create_task(outcome(reading))
        await asyncio.sleep(0)
        reading.close()
    assert isinstance(waiting.result(), EOFError)


async def outcome(reading: Arrivals) -> bytes | EOFError:
    try:
        return await reading.next()
    except EOFError as error:
        return error


def test_who_reads_nothing_holds_nobody_up(ends: tuple[Connection, Connection], arrivals: Arrivals) -> None:
    refused = threading.Event()

    def send() -> None:
        try:
            while True:
                arrivals.send(bytes(190))
        except OSError:
            refused.set()

    threading.Thread(target=send, daemon=True).start()
    assert refused.wait(GENEROUS_S), "the loop's thread would wait for the other process"
