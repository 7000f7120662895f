"""The open card session: whose it is, how long it lives, how a page that follows takes it over."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.core.errors import SessionUnknown
from bridge.core.origin import Origin
from bridge.core.settings import SiteSettings
from bridge.methods.session import CardSessions
from bridge.methods.unlock import CardTurn
from tests.unit.methods.fakes import SITE, A, B, Place, opened, settle


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def sessions(place: Place) -> CardSessions:
    return place.sessions


def test_it_belongs_to_one_connection(place: Place, sessions: CardSessions) -> None:
    assert sessions.of(1) is None
    session = opened(place)
    assert sessions.of(1) is session
    assert sessions.of(2) is None


def test_it_ends_without_use(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    place.clock.seconds += 299.9
    assert sessions.of(1) is session
    sessions.use(session)
    place.clock.seconds += 299.9
    assert sessions.of(1) is session
    place.clock.seconds += 0.1
    assert sessions.of(1) is None


def test_it_ends_after_its_whole_time_however_much_it_is_used(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    for _ in range(4):
        place.clock.seconds += 200
        assert sessions.of(1) is session
        sessions.use(session)
    place.clock.seconds += 99.9
    assert sessions.of(1) is session
    place.clock.seconds += 0.1
    assert sessions.of(1) is None


@pytest.mark.parametrize(("idle", "whole", "ends"), [(10, 900, 10), (300, 5, 5), (7, 7, 7)])
def test_the_sites_own_times_count(
    place: Place, sessions: CardSessions, idle: int, whole: int, ends: int
) -> None:
    opened(place, site=SiteSettings(origin="https://a.jp", pin="session", pin_idle_s=idle, pin_max_s=whole))
    place.clock.seconds += ends - 0.1
    assert sessions.of(1) is not None
    place.clock.seconds += 0.1
    assert sessions.of(1) is None


def test_the_secret_has_256_bits_and_is_nobody_elses(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    secret = sessions.use(session)
    assert len(base64.b64decode(secret, validate=True)) == 32
    assert sessions.use(session) == secret
    assert sessions.use(opened(place)) != secret


def test_a_page_that_follows_takes_it_over_once_and_gets_a_new_secret(
    place: Place, sessions: CardSessions
) -> None:
    session = opened(place)
    secret = sessions.use(session)
    sessions.connection_closed(1)
    assert sessions.of(1) is None
    place.clock.seconds += 14.9
    sessions.resume(2, A, secret)
    assert sessions.of(2) is session and sessions.of(1) is None
    with pytest.raises(SessionUnknown):
        sessions.resume(3, A, secret)
    sessions.connection_closed(2)
    with pytest.raises(SessionUnknown):
        sessions.resume(3, A, secret)


def test_the_next_result_brings_another_secret_that_works(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    first = sessions.use(session)
    sessions.connection_closed(1)
    sessions.resume(2, A, first)
    second = sessions.use(session)
    assert second != first
    sessions.connection_closed(2)
    with pytest.raises(SessionUnknown):
        sessions.resume(3, A, first)
    sessions.resume(3, A, second)
    assert sessions.of(3) is session


def test_too_late_is_unknown(place: Place, sessions: CardSessions) -> None:
    secret = sessions.use(opened(place))
    sessions.connection_closed(1)
    place.clock.seconds += 15
    with pytest.raises(SessionUnknown):
        sessions.resume(2, A, secret)


def test_waiting_for_the_next_page_lengthens_no_life(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    secret = sessions.use(session)
    place.clock.seconds += 295
    sessions.connection_closed(1)
    place.clock.seconds += 5
    with pytest.raises(SessionUnknown):
        sessions.resume(2, A, secret)


@pytest.mark.parametrize("secret", ["", "x", "日本", "A" * 44])
def test_another_secret_is_unknown_and_does_no_harm(
    place: Place, sessions: CardSessions, secret: str
) -> None:
    good = sessions.use(opened(place))
    sessions.connection_closed(1)
    with pytest.raises(SessionUnknown):
        sessions.resume(2, A, secret)
    sessions.resume(2, A, good)


def test_another_site_with_the_right_secret_is_unknown(place: Place, sessions: CardSessions) -> None:
    secret = sessions.use(opened(place))
    sessions.connection_closed(1)
    for other in (B, Origin.parse("https://a.jp:444"), Origin.parse("http://localhost")):
        with pytest.raises(SessionUnknown):
            sessions.resume(2, other, secret)


def test_a_connection_that_is_still_there_keeps_its_session(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    secret = sessions.use(session)
    sessions.connection_closed(7)
    with pytest.raises(SessionUnknown):
        sessions.resume(2, A, secret)
    assert sessions.of(1) is session


def test_before_the_first_result_and_without_a_session_nothing_can_be_resumed(
    place: Place, sessions: CardSessions
) -> None:
    with pytest.raises(SessionUnknown):
        sessions.resume(2, A, "")
    opened(place)
    sessions.connection_closed(1)
    with pytest.raises(SessionUnknown):
        sessions.resume(2, A, "")


async def test_its_own_turn_leaves_it_open(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    async with CardTurn(place.call(1)) as found:
        assert found is session
    assert place.tokens.events == [] and place.tokens.logged_in is not None
    assert sessions.of(1) is session


async def test_before_another_connection_is_served_worker_and_card_are_done(place: Place) -> None:
    opened(place)
    async with CardTurn(place.call(2)) as found:
        assert found is None
        assert place.tokens.events == ["end", "ended"] and place.tokens.logged_in is None
    assert place.sessions.of(1) is None


async def test_a_session_whose_page_has_gone_is_nobodys(place: Place, sessions: CardSessions) -> None:
    secret = sessions.use(opened(place))
    sessions.connection_closed(1)
    async with CardTurn(place.call(2)) as found:
        assert found is None and place.tokens.logged_in is None
    with pytest.raises(SessionUnknown):
        sessions.resume(3, A, secret)


async def test_after_its_time_its_own_turn_ends_it_too(place: Place) -> None:
    opened(place)
    place.clock.seconds += 300
    async with CardTurn(place.call(1)) as found:
        assert found is None and place.tokens.logged_in is None


async def test_a_turn_without_a_session_leaves_no_worker(place: Place) -> None:
    async with CardTurn(place.call(1)):
        place.tokens.events.clear()
    assert place.tokens.events == ["end", "ended"]


async def test_whoever_watches_is_told_of_every_end_when_the_worker_has_gone(
    place: Place, sessions: CardSessions
) -> None:
    told: list[tuple[bool, bool]] = []
    sessions.watchers.append(lambda: told.append((sessions.is_open, place.tokens.events[-1:] == ["ended"])))
    opened(place)
    assert sessions.is_open and told == []
    async with CardTurn(place.call(1)):
        pass
    assert told == []
    await sessions.close(1)
    async with CardTurn(place.call(1)):
        place.tokens.events.clear()
    assert set(told) == {(False, True)}
    told.clear()
    sessions.connection_closed(1)
    assert told == [(False, True)]


async def test_close_is_for_its_own_connection(place: Place, sessions: CardSessions) -> None:
    session = opened(place)
    await sessions.close(2)
    assert sessions.of(1) is session and place.tokens.events == []
    await sessions.close(1)
    assert sessions.of(1) is None and place.tokens.logged_in is None


async def test_without_its_card_it_ends_at_once(place: Place, sessions: CardSessions) -> None:
    opened(place)
    lost = 0
    await sessions.readers_changed(lambda reader: lost)
    assert sessions.of(1) is not None
    lost = 1
    await sessions.readers_changed(lambda reader: lost if reader == ("Virtual PCD 00 00",) else 99)
    assert sessions.of(1) is None and place.tokens.events == ["end", "ended"]


async def test_a_card_lost_during_a_turn_ends_it_with_the_turn(place: Place, sessions: CardSessions) -> None:
    opened(place)
    async with CardTurn(place.call(1)):
        await sessions.readers_changed(lambda reader: 1)
        assert place.tokens.events == []
    assert sessions.of(1) is None and place.tokens.logged_in is None


async def test_a_worker_that_has_ended_by_itself_ends_it(place: Place, sessions: CardSessions) -> None:
    opened(place)
    await sessions.worker_lost()
    assert sessions.of(1) is None and place.tokens.logged_in is None
    opened(place)
    async with CardTurn(place.call(1)):
        await sessions.worker_lost()
    assert sessions.of(1) is None and place.tokens.logged_in is None


async def test_a_loss_is_not_held_against_the_next_session(place: Place, sessions: CardSessions) -> None:
    async with CardTurn(place.call(1)):
        await sessions.worker_lost()
        session = opened(place)
    assert sessions.of(1) is session and place.tokens.logged_in is not None


async def test_a_card_lost_with_one_session_does_not_end_the_next(
    place: Place, sessions: CardSessions
) -> None:
    opened(place)
    async with CardTurn(place.call(1)):
        await sessions.readers_changed(lambda reader: 1)
    async with CardTurn(place.call(1)):
        session = opened(place)
    assert sessions.of(1) is session and place.tokens.logged_in is not None


async def test_what_goes_wrong_at_the_end_is_not_swallowed(
    place: Place, sessions: CardSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(place.tokens, "end", fails)
    with pytest.raises(ZeroDivisionError):
        await sessions.end()


@asynccontextmanager
async def keeping(sessions: CardSessions) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(sessions.keep())
        await settle()
        yield
        keeper.cancel()


async def ended(place: Place) -> None:
    """Returns when the card has been ended; a test that waits for ever is ended by pytest."""
    while "ended" not in place.tokens.events:  # noqa: ASYNC110 - a fake has no event for it
        await asyncio.sleep(0.01)
    assert place.tokens.logged_in is None


async def test_it_ends_by_itself_after_its_last_use(place: Place, sessions: CardSessions) -> None:
    async with keeping(sessions):
        session = opened(place)
        place.clock.seconds += 299
        sessions.use(session)
        place.clock.seconds += 299.95
        async with CardTurn(place.call(1)) as found:
            assert found is session
        await settle()
        assert place.tokens.events == []
        place.clock.seconds += 0.05
        await ended(place)


async def test_the_keeper_wakes_at_the_end_of_its_time(place: Place, sessions: CardSessions) -> None:
    async with keeping(sessions):
        opened(place)
        place.clock.seconds += 299.95
        await settle()
        place.clock.seconds += 0.05
        await ended(place)
        assert sessions.of(1) is None


async def test_nobody_follows_within_15_seconds(place: Place, sessions: CardSessions) -> None:
    async with keeping(sessions):
        opened(place)
        await settle()
        sessions.connection_closed(1)
        place.clock.seconds += 14.95
        await settle()
        assert place.tokens.events == []
        place.clock.seconds += 0.05
        await ended(place)


async def test_it_does_not_end_in_the_middle_of_a_turn(place: Place, sessions: CardSessions) -> None:
    async with keeping(sessions):
        opened(place)
        async with CardTurn(place.call(1)):
            place.clock.seconds += 10_000
            sessions.connection_closed(7)
            await settle()
            assert place.tokens.events == []
        await ended(place)


async def visit(place: Place, connection: int, served: list[int]) -> None:
    async with CardTurn(place.call(connection)):
        served.append(connection)
        assert place.tokens.logged_in is None


@pytest.mark.parametrize("times", [1, 3])
async def test_a_request_withdrawn_while_anothers_session_ends_leaves_no_card_logged_in(
    place: Place, times: int
) -> None:
    opened(place)
    place.tokens.ending.clear()
    served: list[int] = []
    async with asyncio.TaskGroup() as group:
        withdrawn = group.create_task(visit(place, 2, served))
        await settle()
        for _ in range(times):
            withdrawn.cancel()
            await settle()
        place.tokens.ending.set()
    assert withdrawn.cancelled() and served == []
    assert place.tokens.logged_in is None


async def test_the_next_one_waits_until_the_card_has_forgotten(place: Place) -> None:
    opened(place)
    place.tokens.ending.clear()
    served: list[int] = []
    async with asyncio.TaskGroup() as group:
        withdrawn = group.create_task(visit(place, 2, served))
        group.create_task(visit(place, 3, served))
        await settle()
        for _ in range(3):
            withdrawn.cancel()
            await settle()
        assert served == []
        place.tokens.ending.set()
    assert served == [3]


async def test_a_page_that_closes_twice_while_its_own_session_ends_leaves_no_card_logged_in(
    place: Place,
) -> None:
    opened(place)
    place.tokens.ending.clear()
    async with asyncio.TaskGroup() as group:
        closing = group.create_task(place.sessions.close(1))
        await settle()
        closing.cancel()
        await settle()
        place.tokens.ending.set()
    assert place.tokens.logged_in is None


async def test_a_turn_withdrawn_again_and_again_is_over_when_the_card_has_forgotten(place: Place) -> None:
    opened(place)
    place.tokens.ending.clear()
    served: list[int] = []

    async def stays() -> None:
        async with CardTurn(place.call(1)):
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        withdrawn = group.create_task(stays())
        await settle()
        group.create_task(visit(place, 2, served))
        for _ in range(3):
            withdrawn.cancel()
            await settle()
        assert served == [] and not withdrawn.done()
        place.tokens.ending.set()
    assert served == [2]


async def test_it_is_over_when_other_rules_count(
    place: Place, sessions: CardSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person, or an administrator, takes the site off the list, or has it ask each time."""
    monkeypatch.setattr("bridge.methods.session._LONGEST_SLEEP_S", 0.01)
    rules: dict[Origin, SiteSettings] = {A: SITE}
    watched = place.sessions = CardSessions(place.tokens, place.clock, rules.get)
    async with keeping(watched):
        opened(place)
        assert watched.of(1) is not None
        rules[A] = SiteSettings(origin="https://a.jp", pin="each")
        assert watched.of(1) is None
        await ended(place)
        rules[A] = SITE
        session = opened(place)
        secret = watched.use(session)
        watched.connection_closed(1)
        del rules[A]
        with pytest.raises(SessionUnknown):
            watched.resume(2, A, secret)
