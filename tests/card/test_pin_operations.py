"""Changing and unblocking a PIN in the real window, on the virtual card through OpenSC and on SoftHSM2."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bridge.core.errors import ERRORS
from tests.card.lab.eyes import wait_to_read
from tests.card.stack import missing_piece
from tests.card.workplace import ORIGIN, PIN, PUK, WRONG_PIN, Workplace, nonce
from tests.e2e.contract_client import Client, connected

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

NEW_PIN, WRONG_PUK = "654321", "87654321"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A workplace with a running daemon."""

    place: Workplace
    url: str

    def counters(self) -> tuple[int, int]:
        """Tries left of PIN and PUK, as the card itself says."""
        card = self.place.cards.control("status")["readers"][0]["card"]
        return card["pinTriesLeft"], card["pukTriesLeft"]

    async def begin(self, client: Client, method: str, **params: Any) -> int:
        """A request, up to its window."""
        id = await client.send(method, **params)
        await client.until(id, "waitingForUser")
        await asyncio.to_thread(self.place.screen.wait_for_window)
        return id

    async def enter(self, *fields: str) -> None:
        """Each field, Tab between them, Enter behind the last."""
        for number, text in enumerate(fields):
            if number:
                await asyncio.to_thread(self.place.screen.press, "Tab")
            await asyncio.to_thread(self.place.screen.type_text, text)
        await asyncio.to_thread(self.place.screen.press, "Return")

    async def reads(self, key: str) -> None:
        """Until the window shows this text of `bridge.ui.texts`."""
        await asyncio.to_thread(wait_to_read, self.place.screen, key)

    async def refused(self, key: str, pin: int, puk: int) -> None:
        """Until the window says so; the card's counters."""
        await self.reads(key)
        assert self.counters() == (pin, puk)

    async def accepts(self, client: Client, pin: str) -> None:
        """The card takes this PIN, at the first try."""
        id = await self.begin(client, "auth.getToken", challengeNonce=nonce())
        await self.enter(pin)
        assert "result" in await client.response(id)


@pytest.fixture
def desk(workplace: Workplace) -> Iterator[Desk]:
    """A daemon of the test's own: two cancellations make a site wait."""
    with workplace.daemon() as daemon:
        yield Desk(place=workplace, url=daemon.url)


@pytest.fixture(autouse=True)
def full_counters(desk: Desk) -> None:
    desk.place.cards.control("set-tries", value=3)
    desk.place.cards.control("set-puk-tries", value=3)


def reason(response: dict[str, Any]) -> str:
    error = response["error"]
    assert ERRORS[error["data"]["reason"]].code == error["code"]
    return str(error["data"]["reason"])


async def test_change_and_change_back(desk: Desk) -> None:
    async with connected(desk.url, ORIGIN) as client:
        for old, new in ((PIN, NEW_PIN), (NEW_PIN, PIN)):
            id = await desk.begin(client, "card.changePin")
            await desk.enter(old, new, new)
            assert (await client.response(id))["result"] == {"changed": True}
            await desk.accepts(client, new)
        assert desk.counters() == (3, 3)


async def test_change_with_a_wrong_pin(desk: Desk) -> None:
    """It costs one try of the PIN and none of the PUK; the same window takes the right one."""
    async with connected(desk.url, ORIGIN) as client:
        id = await desk.begin(client, "card.changePin")
        await desk.enter(WRONG_PIN, NEW_PIN, NEW_PIN)
        await desk.refused("current_incorrect", 2, 3)
        await desk.enter(PIN, NEW_PIN, NEW_PIN)
        assert (await client.response(id))["result"] == {"changed": True}
        id = await desk.begin(client, "card.changePin")
        await desk.enter(NEW_PIN, PIN, PIN)
        assert "result" in await client.response(id)


async def test_giving_up_after_a_wrong_pin(desk: Desk) -> None:
    async with connected(desk.url, ORIGIN) as client:
        id = await desk.begin(client, "card.changePin")
        await desk.enter(WRONG_PIN, NEW_PIN, NEW_PIN)
        await desk.refused("current_incorrect", 2, 3)
        await asyncio.to_thread(desk.place.screen.press, "Escape")
        response = await client.response(id)
        assert reason(response) == "pinIncorrect"
        assert response["error"]["data"]["pinState"] in ("countLow", "ok")


async def test_new_pin_that_the_card_refuses(desk: Desk) -> None:
    """Letters are no PIV PIN: said in the window, no try lost; giving up is `pinRejected`."""
    async with connected(desk.url, ORIGIN) as client:
        id = await desk.begin(client, "card.changePin")
        await desk.enter(PIN, "abcdef", "abcdef")
        await desk.reads("rejected")
        assert desk.counters() == (3, 3)
        await asyncio.to_thread(desk.place.screen.press, "Escape")
        assert reason(await client.response(id)) == "pinRejected"
        await desk.accepts(client, PIN)


async def test_two_new_pins_that_differ(desk: Desk) -> None:
    """Nothing goes to the card."""
    async with connected(desk.url, ORIGIN) as client:
        id = await desk.begin(client, "card.changePin")
        await desk.enter(WRONG_PIN, NEW_PIN, "654322")
        await desk.reads("mismatch")
        assert desk.counters() == (3, 3)
        await asyncio.to_thread(desk.place.screen.press, "Escape")
        assert reason(await client.response(id)) == "userCancelled"


async def test_locked_pin_is_not_asked_for_and_unblocked_with_the_puk(desk: Desk) -> None:
    desk.place.cards.control("block-pin")
    async with connected(desk.url, ORIGIN) as client:
        assert reason(await client.call("card.changePin")) == "pinLocked"
        assert reason(await client.call("auth.getToken", challengeNonce=nonce())) == "pinLocked"
        id = await desk.begin(client, "card.unblockPin")
        await desk.enter(WRONG_PUK, NEW_PIN, NEW_PIN)
        await desk.refused("puk_incorrect", 0, 2)
        await desk.enter(PUK, PIN, PIN)
        assert (await client.response(id))["result"] == {"changed": True}
        assert desk.counters() == (3, 3)
        await desk.accepts(client, PIN)


async def test_wrong_puk_until_it_locks(desk: Desk) -> None:
    desk.place.cards.control("set-puk-tries", value=1)
    async with connected(desk.url, ORIGIN) as client:
        id = await desk.begin(client, "card.unblockPin")
        await desk.enter(WRONG_PUK, NEW_PIN, NEW_PIN)
        await desk.refused("puk_incorrect", 3, 0)
        await asyncio.to_thread(desk.place.screen.press, "Escape")
        assert reason(await client.response(id)) in ("pinLocked", "pinIncorrect")
        await desk.accepts(client, PIN)


async def test_a_change_ends_the_session(workplace: Workplace) -> None:
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        place = Desk(place=workplace, url=daemon.url)
        async with connected(daemon.url, ORIGIN) as client:
            await place.accepts(client, PIN)
            assert "result" in await client.call("auth.getToken", challengeNonce=nonce())
            id = await place.begin(client, "card.changePin")
            assert workplace.cards.control("status")["readers"][0]["card"]["pinVerified"] is False
            await asyncio.to_thread(workplace.screen.press, "Escape")
            assert reason(await client.response(id)) == "userCancelled"
            await place.accepts(client, PIN)


async def test_named_reader(desk: Desk) -> None:
    async with connected(desk.url, ORIGIN) as client:
        assert reason(await client.call("card.changePin", reader="Nothing 00")) == "noReader"
        readers = (await client.call("readers.list"))["result"]["readers"]
        empty = next(each["name"] for each in readers if each["state"] == "empty")
        assert reason(await client.call("card.changePin", reader=empty)) == "noCard"
        id = await desk.begin(client, "card.changePin", reader=readers[0]["name"])
        await asyncio.to_thread(desk.place.screen.press, "Escape")
        assert reason(await client.response(id)) == "userCancelled"


async def test_only_one_try_is_left_meanwhile(desk: Desk) -> None:
    """Another program has used up tries while the window was open: nothing is sent before a confirmation."""
    async with connected(desk.url, ORIGIN) as client:
        id = await desk.begin(client, "auth.getToken", challengeNonce=nonce())
        desk.place.cards.control("set-tries", value=1)
        await desk.enter(PIN)
        await desk.reads("finalTry")
        card = desk.place.cards.control("status")["readers"][0]["card"]
        assert (card["pinTriesLeft"], card["pinVerified"]) == (1, False)
        await desk.enter(PIN)
        await asyncio.sleep(2)
        card = desk.place.cards.control("status")["readers"][0]["card"]
        assert (card["pinTriesLeft"], card["pinVerified"]) == (1, False), "no confirmation, no try"
        for key in ("Tab", "space", "Return"):
            await asyncio.to_thread(desk.place.screen.press, key)
        assert "result" in await client.response(id)


async def test_locked_meanwhile(desk: Desk) -> None:
    async with connected(desk.url, ORIGIN) as client:
        id = await desk.begin(client, "auth.getToken", challengeNonce=nonce())
        desk.place.cards.control("block-pin")
        await desk.enter(PIN)
        await desk.reads("locked")
        await asyncio.to_thread(desk.place.screen.close_window, "Return")
        assert reason(await client.response(id)) == "pinLocked"
        assert desk.counters()[0] == 0
