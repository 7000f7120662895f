"""The card's side of vpcd's protocol, against a vpcd of a few lines."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cardbridge_card import state
from cardbridge_card.piv import ATR
from cardbridge_card.station import Station
from tests.card.stack import Card

SELECT = bytes.fromhex("00A4040009A00000030800001000")
WRONG_PIN = bytes.fromhex("0020008008393939393939FFFF")
PIN = bytes.fromhex("0020008008313233343536FFFF")
SIGN = bytes.fromhex("0087119A267C2482008120" + "11" * 32 + "00")
POWER_ON, RESET, GET_ATR = b"\x01", b"\x02", b"\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    """One connection of the card to the reader."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, message: bytes) -> None:
        self.writer.write(len(message).to_bytes(2, "big"))
        self.writer.write(message)

    async def receive(self) -> bytes:
        async with asyncio.timeout(30):
            size_bytes = int.from_bytes(await self.reader.readexactly(2), "big")
            return await self.reader.readexactly(size_bytes)

    async def ask(self, message: bytes) -> bytes:
        self.send(message)
        return await self.receive()


class Slot:
    """A vpcd slot: `card` waits for the next one to be put in."""

    def __init__(self, station: Station, file: Path) -> None:
        self.station = station
        self.file = file
        self.inserted: asyncio.Queue[Inserted] = asyncio.Queue()

    async def card(self) -> Inserted:
        async with asyncio.timeout(30):
            return await self.inserted.get()


@asynccontextmanager
async def _slot(folder: Path) -> AsyncIterator[Slot]:
    file = folder / "card.json"
    state.save(file, Card(key_type="p256").issue())
    waiting: list[Slot] = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting[0].inserted.put_nowait(Inserted(reader=reader, writer=writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    station = Station([file], [server.sockets[0].getsockname()[1]])
    waiting.append(Slot(station, file))
    station.insert_all()
    async with server, asyncio.TaskGroup() as group:
        serving = group.create_task(station.serve())
        yield waiting[0]
        serving.cancel()
        station.readers[0].remove()


async def test_atr_power_and_commands(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        assert await card.ask(GET_ATR) == ATR
        card.send(POWER_ON)
        assert (await card.ask(SELECT))[-2:] == b"\x90\x00"
        assert await card.ask(PIN) == b"\x90\x00"
        assert slot.station.status()["readers"][0]["card"]["pinVerified"] is True
        card.send(RESET)
        assert await card.ask(GET_ATR) == ATR
        assert slot.station.status()["readers"][0]["card"]["pinVerified"] is False


async def test_a_spent_try_is_on_the_disk_before_the_answer(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        await card.ask(SELECT)
        assert await card.ask(WRONG_PIN) == b"\x63\xc2"
        assert state.load(slot.file).pin.tries_left == 2


async def test_removal_closes_and_insertion_comes_back_unverified(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        await card.ask(SELECT)
        await card.ask(PIN)
        slot.station.remove(1)
        assert await card.reader.read() == b""
        slot.station.insert(1, None)
        card = await slot.card()
        await card.ask(SELECT)
        assert await card.ask(SIGN) == b"\x69\x82"


async def test_pcscd_gone_and_back(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        (await slot.card()).writer.close()
        assert await (await slot.card()).ask(GET_ATR) == ATR


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("turns", range(6))
async def test_withdrawn_just_when_a_command_arrives(tmp_path: Path, turns: int) -> None:
    """Whichever turn of the loop it is, the reader takes the next card."""
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        card.send(SELECT)
        await _turns(turns)
        slot.station.remove(1)
        await _turns(10)
        slot.station.insert(1, None)
        assert await (await slot.card()).ask(GET_ATR) == ATR


@pytest.mark.parametrize("turns", range(4))
async def test_withdrawn_just_when_pcscd_dies(tmp_path: Path, turns: int) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        reset_on_close = struct.pack("ii", 1, 0)
        card.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
        card.writer.close()
        await _turns(turns)
        slot.station.remove(1)
        slot.station.insert(1, None)
        assert await (await slot.card()).ask(GET_ATR) == ATR


async def test_slow_counts_for_signatures_only(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        await card.ask(SELECT)
        slot.station.arm(1, slow_ms=60_000)
        await card.ask(PIN)
        slot.station.arm(1, slow_ms=300)
        begun = time.monotonic()
        assert (await card.ask(SIGN))[-2:] == b"\x90\x00"
        assert time.monotonic() - begun >= 0.3


async def test_withdrawn_during_a_slow_signature(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        await card.ask(SELECT)
        await card.ask(PIN)
        slot.station.arm(1, slow_ms=60_000)
        card.send(SIGN)
        await asyncio.sleep(0.05)
        slot.station.remove(1)
        async with asyncio.timeout(30):
            assert await card.reader.read() == b""


async def test_ejects_itself_during_a_signature(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        await card.ask(SELECT)
        await card.ask(PIN)
        slot.station.arm(1, eject_during_signature=True)
        with pytest.raises(asyncio.IncompleteReadError):
            await card.ask(SIGN)
        assert slot.station.readers[0].card is None


async def test_a_failing_command_never_reaches_the_card(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        await card.ask(SELECT)
        slot.station.arm(1, failing_status_word=0x6581, failing_count=1, failing_ins=0x20)
        assert await card.ask(WRONG_PIN) == b"\x65\x81"
        assert await card.ask(PIN) == b"\x90\x00"


async def test_a_wrong_signature_is_of_the_same_size(tmp_path: Path) -> None:
    async with _slot(tmp_path) as slot:
        card = await slot.card()
        await card.ask(SELECT)
        await card.ask(PIN)
        slot.station.arm(1, wrong_signatures=1)
        answer = await card.ask(SIGN)
        assert answer[-2:] == b"\x90\x00" and answer[:1] == b"\x7c"
        assert slot.station.status()["readers"][0]["wrongSignatures"] == 0
        assert slot.station.readers[0].signatures == 1
