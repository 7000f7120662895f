"""When a certificate's end is announced: at the boundaries, after pauses, and by clocks that jump."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bridge.core import certificate as x509
from bridge.core import expiry
from bridge.core.expiry import DAYS_BEFORE, Known, KnownCard
from bridge.core.localtime import local
from tests.unit.certificates import certificate, name

END = datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
DAY, MOMENT = timedelta(days=1), timedelta(seconds=1)
KEY = "00" * 32


def card(id: str = "one", holder: str = "A", ends: datetime = END) -> KnownCard:
    return KnownCard(id=id, holder=holder, ends=ends)


def known(*cards: KnownCard) -> Known:
    return Known(key=KEY, cards=cards)


def said(at: datetime, state: Known) -> tuple[Known, int]:
    """All that is said at this time: the state after it, and how many announcements there were."""
    count = 0
    while (found := expiry.due(state, at)) is not None:
        state, count = expiry.announced(state, found, at), count + 1
        assert count < 10
    return state, count


@pytest.mark.parametrize("days", DAYS_BEFORE)
def test_each_announcement_begins_at_its_moment(days: int) -> None:
    moment = END - days * DAY
    before, _ = said(moment - MOMENT, known(card()))
    after, count = said(moment, before)
    assert count == 1
    assert said(moment + MOMENT, after)[1] == 0


def test_a_whole_life_says_it_four_times() -> None:
    state, times = known(card()), []
    for hour in range(100 * 24):
        now = END - 90 * DAY + hour * timedelta(hours=1)
        state, count = said(now, state)
        times += [(END - now).days] * count
    assert times == [60, 30, 14, 3]


def test_what_was_missed_is_said_once() -> None:
    state, count = said(END - 10 * DAY, known(card()))
    assert count == 1
    assert [said(END - days * DAY, state)[1] for days in (9, 4)] == [0, 0]
    assert said(END - 3 * DAY, state)[1] == 1


def test_only_the_last_of_them_where_the_computer_was_off_for_months() -> None:
    state, _ = said(END - 60 * DAY, known(card()))
    state, count = said(END - 1 * DAY, state)
    assert count == 1 and said(END - MOMENT, state)[1] == 0


@pytest.mark.parametrize("now", [END, END + MOMENT, END + 400 * DAY, END - 61 * DAY])
def test_nothing_is_said_too_early_or_too_late(now: datetime) -> None:
    assert said(now, known(card()))[1] == 0


def test_what_a_wrong_clock_said_does_not_count() -> None:
    """The clock stood four weeks ahead, said it, and was set right."""
    state, count = said(END - 14 * DAY, known(card()))
    assert count == 1
    state, count = said(END - 42 * DAY, state)
    assert count == 1, "60 days are over"
    state, count = said(END - 30 * DAY, state)
    assert count == 1
    assert said(END - 20 * DAY, state)[1] == 0
    assert said(END - 14 * DAY, state)[1] == 1


def test_a_clock_that_falls_back_says_nothing_twice() -> None:
    state, _ = said(END - 14 * DAY, known(card()))
    assert said(END - 14 * DAY + MOMENT, state)[1] == 0
    assert said(END - 100 * DAY, state)[1] == 0
    assert said(END - 13 * DAY, state)[1] == 0


def test_when_there_is_something_to_say_next() -> None:
    state = known(card())
    assert expiry.next_due(state, END - 70 * DAY) == END - 60 * DAY
    assert expiry.next_due(state, END - 60 * DAY) == END - 60 * DAY
    state, _ = said(END - 60 * DAY, state)
    assert expiry.next_due(state, END - 60 * DAY) == END - 30 * DAY
    state, _ = said(END - 2 * DAY, state)
    assert expiry.next_due(state, END - 2 * DAY) is None
    assert expiry.next_due(known(), END) is None


def test_two_cards_are_announced_each_for_itself() -> None:
    state = known(card(), card("two", "B", END + 5 * DAY))
    state, count = said(END - 30 * DAY, state)
    assert count == 2
    assert said(END - 25 * DAY, state)[1] == 1


def test_a_renewed_card_silences_the_old_one_also_when_that_is_seen_again() -> None:
    now = END - 40 * DAY
    old, new = card(), card("new", "A", END + 700 * DAY)
    state = expiry.with_card(expiry.with_card(known(), old, now), new, now)
    assert [each.id for each in state.cards] == ["new"]
    assert expiry.with_card(state, old, now) == state
    assert said(END - 3 * DAY, state)[1] == 0


def test_the_same_card_keeps_what_was_said() -> None:
    now = END - 14 * DAY
    state, _ = said(now, known(card()))
    assert expiry.with_card(state, card(), now) == state


def test_cards_of_others_stay_and_long_past_ones_go() -> None:
    now = END
    past = card("past", "B", END - 31 * DAY)
    state = expiry.with_card(known(past, card("other", "C", END - 29 * DAY)), card(), now)
    assert [each.id for each in state.cards] == ["other", "one"]
    assert expiry.ends(state, now) == (END - 29 * DAY, END)
    assert expiry.ends(state, END + 31 * DAY) == ()


def test_what_is_kept_says_nothing_about_the_person() -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)
    facts = [
        x509.read(certificate(subject=name("見本 太郎", "株式会社見本建設"), valid=(END - 700 * DAY, end)))
        for end in (later, END.replace(microsecond=0))
    ]
    kept = expiry.card_of(facts, KEY)
    assert kept.ends == END and not kept.said
    written = msgspec.json.encode(known(kept)).decode()
    assert set(msgspec.json.decode(written)["cards"][0]) == {"id", "holder", "ends", "said"}
    assert len(kept.id) == len(kept.holder) == 64
    other = expiry.card_of(facts, "11" * 32)
    assert other.id != kept.id and other.holder != kept.holder
    for secret in ("見本", facts[0].serial_number):
        assert secret not in written


@pytest.mark.parametrize("year", [9999, 1950])
def test_ends_at_the_edge_of_the_calendar(year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """9999-12-31 stands for no end at all (RFC 5280, section 4.1.2.5)."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    edge = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    facts = x509.read(certificate(valid=(datetime(1950, 1, 1, tzinfo=UTC), edge)))
    state = expiry.with_card(known(card()), expiry.card_of([facts], KEY), END)
    assert len(state.cards) == 2
    assert [end.astimezone() for end in expiry.ends(state, END - DAY)] == [END]
    assert said(END - DAY, state)[1] == 1 and expiry.next_due(state, END - 70 * DAY) == END - 60 * DAY
    assert expiry.with_card(state, card("three", "C"), END).cards
    assert local(facts.not_after) - edge == timedelta()
    monkeypatch.undo()
    time.tzset()
