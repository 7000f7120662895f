"""The control's doors: token, Host, Origin, Sec-Fetch-Site, and its orders."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from cardbridge_card import control, runtime, state
from cardbridge_card.station import Station
from tests.card.stack import Card

TOKEN = "token-of-this-start"  # noqa: S105


class Desk:
    """A served station without pcscd: cards `a` and `b`, one reader."""

    def __init__(self, station: Station, origin: str, session: aiohttp.ClientSession) -> None:
        self.station = station
        self.origin = origin
        self.session = session

    async def post(self, order: Any, **headers: str) -> tuple[int, Any]:
        """Status and JSON body of an order with the right token, `headers` overriding."""
        sent = {"Authorization": f"Bearer {TOKEN}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        async with self.session.post(self.origin + "/control", json=order, headers=sent) as response:
            return response.status, await response.json() if response.status in (200, 409) else None


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    for name in ("a", "b"):
        state.save(tmp_path / f"{name}.json", Card(key_type="p256").issue())
    station = Station([tmp_path / "a.json", tmp_path / "b.json"], [1])
    station.insert_all()
    async with control.serving(station, token=TOKEN, port=0) as origin, aiohttp.ClientSession() as session:
        yield Desk(station, origin, session)


async def test_status_says_nothing_secret(desk: Desk) -> None:
    status, body = await desk.post({"command": "status"})
    assert status == 200
    card = body["readers"][0]["card"]
    assert (card["name"], card["pinTriesLeft"], card["keys"]) == ("a", 3, ["9A", "9C"])
    assert body["cards"] == [{"name": "a", "inserted": True}, {"name": "b", "inserted": False}]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer ひみつ"}, 401),
        ({"Origin": "https://portal.example.jp"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost"}, 421),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
    ],
)
async def test_closed_doors(desk: Desk, headers: dict[str, str], expected: int) -> None:
    status, _ = await desk.post({"command": "remove"}, **headers)
    assert status == expected
    assert desk.station.readers[0].card is not None


async def test_the_page_is_open_but_framed_nowhere(desk: Desk) -> None:
    for path in ("/", "/page.js", "/page.css"):
        async with desk.session.get(desk.origin + path) as response:
            assert response.status == 200
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
            assert TOKEN not in await response.text()
    async with desk.session.get(desk.origin + "/", headers={"Host": "evil.example"}) as response:
        assert response.status == 421


async def test_only_loopback(desk: Desk) -> None:
    assert desk.origin.startswith("http://127.0.0.1:")


async def test_remove_insert_swap(desk: Desk) -> None:
    assert (await desk.post({"command": "insert"}))[0] == 409
    assert (await desk.post({"command": "remove"}))[1]["readers"][0]["card"] is None
    assert (await desk.post({"command": "remove"}))[0] == 409
    assert (await desk.post({"command": "insert", "card": "none"}))[0] == 409
    _, body = await desk.post({"command": "insert", "card": "b"})
    assert body["readers"][0]["card"]["name"] == "b"
    _, body = await desk.post({"command": "swap"})
    assert body["readers"][0]["card"]["name"] == "a"


@pytest.mark.parametrize(
    "order",
    [
        {"command": "no-such"},
        {"command": "slow"},
        {"command": "slow", "value": -1},
        {"command": "slow", "value": True},
        {"command": "slow", "value": "800"},
        {"command": "set-tries", "value": 4},
        {"command": "set-tries", "value": 1, "reader": 2},
        {"command": "set-tries", "value": 1, "reader": 0},
        {"command": "fail-with"},
        {"command": "fail-with", "statusWord": "6G00"},
        {"command": "fail-with", "statusWord": "6F00", "ins": "all"},
        {"command": "insert", "card": 1},
        [],
    ],
)
async def test_refused_orders_say_why(desk: Desk, order: Any) -> None:
    status, body = await desk.post(order)
    assert status == 409
    assert body["error"]


async def test_armed_and_healed(desk: Desk) -> None:
    await desk.post({"command": "slow", "value": 800})
    await desk.post({"command": "eject-during-signature"})
    await desk.post({"command": "wrong-signature", "count": 2})
    _, body = await desk.post({"command": "fail-with", "statusWord": "6F00", "count": 3, "ins": "any"})
    reader = body["readers"][0]
    assert [reader[name] for name in ("slowMs", "ejectDuringSignature", "wrongSignatures", "failures")] == [
        800,
        True,
        2,
        3,
    ]
    _, body = await desk.post({"command": "heal"})
    assert body["readers"][0]["failures"] == body["readers"][0]["slowMs"] == 0


async def test_block_and_restore_the_pin_in_the_file(desk: Desk, tmp_path: Path) -> None:
    await desk.post({"command": "block-pin"})
    assert state.load(tmp_path / "a.json").pin.tries_left == 0
    await desk.post({"command": "set-tries", "value": 2})
    assert state.load(tmp_path / "a.json").pin.tries_left == 2


async def test_the_file_leads_the_command_line_there(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    with runtime.published(path, runtime.Control(origin=desk.origin, token=TOKEN)):
        assert path.stat().st_mode & 0o777 == 0o600
        status = await asyncio.to_thread(runtime.send, runtime.find(path), {"command": "status"})
        assert status["readers"][0]["card"]["name"] == "a"
        path.chmod(0o644)
        with pytest.raises(runtime.ControlUnreachableError):
            runtime.find(path)
    assert not path.exists()
    with pytest.raises(runtime.ControlUnreachableError):
        runtime.find(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away")
def test_somebody_elses_file_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    state.write_private(path, '{"url": "http://127.0.0.1:1", "token": "x"}')
    os.chown(path, 65534, 65534)
    with pytest.raises(runtime.ControlUnreachableError):
        runtime.find(path)
