"""The readers as pages see them, and who is told of changes."""

import asyncio
from typing import Any

import pytest

from bridge.core.errors import ReaderServiceUnavailable
from bridge.core.reader_table import PcscReader, PcscReaders
from bridge.core.readers import Card, Reader
from bridge.methods.board import ReaderBoard
from tests.unit.certificates import certificate
from tests.unit.methods.fakes import pcsc, settle
from tests.unit.tokens import READER, placed, survey, token

DOWN = PcscReaders(available=False)
SOFT: dict[str, Any] = {
    "slot": 7,
    "description": "SoftHSM slot ID 0x5d4d1e1a",
    "is_hardware": False,
    "model": "SoftHSM v2",
}
LONG = "Reader with a name that is longer than a slot's description " + "x" * 30 + " 00 00"


@pytest.fixture
def board() -> ReaderBoard:
    return ReaderBoard()


def card_of(board: ReaderBoard, index: int = 0) -> Card | None:
    return board.readers()[index].card


def test_before_pcsc_has_said_anything_it_is_not_available(board: ReaderBoard) -> None:
    assert not board.service_available and not board.has_readers and not board.has_cards
    assert board.known_readers() == ()
    with pytest.raises(ReaderServiceUnavailable):
        board.readers()


def test_no_reader_is_an_empty_list(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc())
    assert board.readers() == ()
    assert board.service_available and not board.has_readers


def test_readers_under_their_public_names(board: ReaderBoard) -> None:
    row = PcscReader(name="ACS ACR39U (12345678) 00 00", state="empty")
    board.pcsc_changed(PcscReaders(available=True, readers=(row,)))
    assert board.readers() == (Reader(name="ACS ACR39U 00 00", state="empty"),)
    assert board.has_readers and not board.has_cards


@pytest.mark.parametrize(
    ("state", "has_card"),
    [("empty", False), ("present", True), ("inUse", True), ("mute", False), ("unsupported", False)],
)
def test_a_card_that_no_worker_has_seen_is_unknown(board: ReaderBoard, state: Any, has_card: bool) -> None:
    board.pcsc_changed(pcsc(r0=state))
    unknown = Card(type="unknown", pin_state="unknown", protected_authentication_path=False)
    assert board.readers() == (Reader(name=READER, state=state, card=unknown if has_card else None),)


def test_what_a_worker_has_seen_of_a_card(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present", r1="present"))
    seen = placed([certificate()], model="PIV-II   ", pin_state="countLow", tries_left=2)
    board.tokens_seen(survey(seen))
    assert card_of(board, 0) == Card(
        type="PIV-II", pin_state="countLow", tries_left=2, protected_authentication_path=False
    )
    other = card_of(board, 1)
    assert other is not None and other.pin_state == "unknown"


def test_what_was_seen_goes_with_the_card(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present"))
    board.tokens_seen(survey(placed(pin_state="locked")))
    board.pcsc_changed(pcsc(r0="empty"))
    assert card_of(board) is None
    board.pcsc_changed(pcsc(r0="present"))
    card = card_of(board)
    assert card is not None and card.pin_state == "unknown"


def test_another_card_in_the_same_reader_is_unknown_again(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present"))
    board.tokens_seen(survey(placed(pin_state="locked")))
    other = PcscReader(name=READER, state="present", atr=b"\x3b\x02")
    board.pcsc_changed(PcscReaders(available=True, readers=(other,)))
    card = card_of(board)
    assert card is not None and card.pin_state == "unknown"


def test_what_was_seen_stays_while_another_program_holds_the_card(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present"))
    board.tokens_seen(survey(placed(pin_state="finalTry")))
    board.pcsc_changed(pcsc(r0="inUse"))
    card = card_of(board)
    assert card is not None and card.pin_state == "finalTry"


@pytest.mark.parametrize("padding", ["", "   "])
def test_a_reader_whose_name_is_longer_than_a_slots_description(board: ReaderBoard, padding: str) -> None:
    rows = PcscReaders(available=True, readers=(PcscReader(name=LONG, state="present", atr=b"\x3b"),))
    board.pcsc_changed(rows)
    seen = token(description=LONG[:64] + padding, pin_state="finalTry")
    board.tokens_seen(survey(placed(description=seen.description, pin_state="finalTry")))
    board.pcsc_changed(rows)
    card = card_of(board)
    assert card is not None and card.pin_state == "finalTry"
    assert len(board.readers()) == 1
    assert board.reader_of(seen) == LONG
    assert board.public_reader_of(seen) == board.readers()[0].name


def test_of_a_card_that_two_drivers_know_the_first_one_counts(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present"))
    board.tokens_seen(survey(placed(model="first"), placed(model="second", driver="Other")))
    card = card_of(board)
    assert card is not None and card.type == "first"


def test_a_software_token_is_a_reader_named_by_its_slot(board: ReaderBoard) -> None:
    board.tokens_seen(survey(placed(**SOFT)))
    card = Card(type="SoftHSM v2", pin_state="ok", protected_authentication_path=False)
    assert board.readers() == (Reader(name="SoftHSM slot ID", state="present", card=card),)
    board.pcsc_changed(pcsc(r0="empty"))
    assert [reader.name for reader in board.readers()] == [READER, "SoftHSM slot ID"]
    board.pcsc_changed(DOWN)
    assert [reader.name for reader in board.readers()] == ["SoftHSM slot ID"]


def test_a_hardware_token_without_a_reader_is_not_listed(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present", r1="present"))
    board.tokens_seen(survey(placed(description="another name")))
    assert [reader.name for reader in board.readers()] == [READER, "Virtual PCD 01 00"]


def test_only_the_last_look_counts(board: ReaderBoard) -> None:
    board.tokens_seen(survey(placed(**SOFT)))
    board.tokens_seen(survey())
    assert board.known_readers() == ()


def test_the_reader_of_a_token(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="empty", r1="present"))
    assert board.reader_of(token(description="Virtual PCD 01 00")) == "Virtual PCD 01 00"
    assert board.reader_of(token(description="another name")) == "Virtual PCD 01 00"
    assert board.reader_of(token(**SOFT)) is None
    board.pcsc_changed(pcsc(r0="present", r1="present"))
    assert board.reader_of(token(description="another name")) is None
    board.pcsc_changed(pcsc(r0="empty", r1="empty"))
    assert board.reader_of(token(description="another name")) is None


def test_removals_are_counted_by_reader(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present", r1="present"))
    assert board.removals((READER,)) == 0
    board.pcsc_changed(pcsc(r0="empty", r1="present"))
    board.pcsc_changed(pcsc(r0="present", r1="present"))
    assert (board.removals((READER,)), board.removals(("Virtual PCD 01 00",))) == (1, 0)
    board.pcsc_changed(DOWN)
    assert (board.removals((READER,)), board.removals(("Virtual PCD 01 00",)), board.removals(())) == (
        2,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("states", "held"),
    [
        ({"r0": "present"}, None),
        ({"r0": "inUse"}, READER),
        ({"r0": "inUse", "r1": "present"}, None),
        ({"r0": "empty", "r1": "inUse"}, "Virtual PCD 01 00"),
        ({"r0": "empty"}, None),
    ],
)
def test_a_card_that_another_program_holds(
    board: ReaderBoard, states: dict[str, str], held: str | None
) -> None:
    board.pcsc_changed(pcsc(**states))  # type: ignore[arg-type]
    assert board.reader_in_use == held


async def test_the_first_report_is_waited_for(board: ReaderBoard) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(board.reported())
        await settle()
        assert not waiting.done()
        board.pcsc_changed(pcsc())
    await board.reported()


async def test_a_pcsc_that_says_nothing_is_not_waited_for_twice(
    board: ReaderBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.methods.board._FIRST_REPORT_S", 0.01)
    await board.reported()
    monkeypatch.setattr("bridge.methods.board._FIRST_REPORT_S", 1000)
    await board.reported()


async def test_everyone_who_waits_hears_of_the_next_change(board: ReaderBoard) -> None:
    heard: list[int] = []

    async def listen(number: int) -> None:
        await board.change()
        heard.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(listen(number))
        await settle()
        assert heard == []
        board.pcsc_changed(pcsc(r0="present"))
    assert sorted(heard) == [0, 1, 2]


async def test_a_change_that_was_missed_is_not_the_next_one(board: ReaderBoard) -> None:
    board.pcsc_changed(pcsc(r0="present"))
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(board.change())
        await settle()
        assert not waiting.done()
        waiting.cancel()


def test_watchers_are_told_of_what_a_page_can_see_and_of_nothing_else(board: ReaderBoard) -> None:
    told: list[str] = []
    board.watch(lambda: told.append("x"))
    board.pcsc_changed(pcsc())
    board.pcsc_changed(pcsc(r0="empty"))
    board.pcsc_changed(pcsc(r0="empty"))
    board.pcsc_changed(pcsc(r0="present"))
    assert len(told) == 3
    board.tokens_seen(survey(placed(pin_state="ok")))
    board.tokens_seen(survey(placed(pin_state="ok")))
    assert len(told) == 4
    board.pcsc_changed(DOWN)
    assert len(told) == 5


def test_a_watcher_is_told_once_and_not_after_it_has_left(board: ReaderBoard) -> None:
    told: list[str] = []

    def watcher() -> None:
        told.append("x")

    board.watch(watcher)
    board.watch(watcher)
    board.pcsc_changed(pcsc(r0="empty"))
    assert told == ["x"]
    board.unwatch(watcher)
    board.unwatch(watcher)
    board.pcsc_changed(pcsc(r0="present"))
    assert told == ["x"]


def test_a_watcher_may_leave_while_it_is_told(board: ReaderBoard) -> None:
    told: list[str] = []

    def first() -> None:
        told.append("first")
        board.unwatch(first)

    board.watch(first)
    board.watch(lambda: told.append("second"))
    board.pcsc_changed(pcsc(r0="empty"))
    assert told == ["first", "second"]
