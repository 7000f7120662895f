"""One at a time at the card, in a fair order, and how many windows may wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.core.errors import Busy
from bridge.core.origin import THE_USER, Origin
from bridge.methods.lane import Lane
from tests.unit.methods.fakes import A, B, C, settle


class Street:
    """Requests before a lane; `served` are their names in order of service."""

    def __init__(self, queue: int = 8) -> None:
        self.lane = Lane(queue)
        self.served: list[str] = []
        self.at_card = 0
        self._leave: dict[str, asyncio.Event] = {}
        self.group: asyncio.TaskGroup

    async def _visit(self, name: str, connection: int, origin: Origin, has_window: bool) -> None:
        async with self.lane.turn(connection, origin, has_window=has_window):
            self.at_card += 1
            assert self.at_card == 1
            self.served.append(name)
            try:
                await self._leave[name].wait()
            finally:
                self.at_card -= 1

    async def arrives(
        self, name: str, origin: Origin = A, *, connection: int | None = None, has_window: bool = True
    ) -> asyncio.Task[None]:
        """`name` asks for its turn; each has a connection of its own if none is named."""
        self._leave[name] = asyncio.Event()
        number = len(self._leave) if connection is None else connection
        task = self.group.create_task(self._visit(name, number, origin, has_window))
        await settle()
        return task

    async def refused(
        self, name: str, origin: Origin = A, *, connection: int, has_window: bool = True
    ) -> Busy:
        self._leave[name] = asyncio.Event()
        with pytest.raises(Busy) as caught:
            await self._visit(name, connection, origin, has_window)
        return caught.value

    async def leaves(self, name: str) -> None:
        self._leave[name].set()
        await settle()


@asynccontextmanager
async def street(queue: int = 8) -> AsyncIterator[Street]:
    found = Street(queue)
    async with asyncio.TaskGroup() as found.group:
        yield found
        for name in list(found._leave):
            await found.leaves(name)
        for name in list(found._leave):
            await found.leaves(name)


async def test_alone_it_is_served_at_once() -> None:
    async with street() as s:
        await s.arrives("a")
        assert s.served == ["a"]


async def test_in_order_of_arrival_within_an_origin() -> None:
    async with street() as s:
        for name in ("a1", "a2", "a3"):
            await s.arrives(name)
        assert s.served == ["a1"]
        await s.leaves("a1")
        assert s.served == ["a1", "a2"]
        await s.leaves("a2")
        assert s.served == ["a1", "a2", "a3"]


async def test_origins_in_turn() -> None:
    async with street() as s:
        for name, origin in (("a1", A), ("a2", A), ("a3", A), ("b1", B), ("c1", C), ("b2", B)):
            await s.arrives(name, origin)
        for name in ("a1", "a2", "b1", "c1", "a3", "b2"):
            await s.leaves(name)
        assert s.served == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def test_only_so_many_windows_wait_beside_the_one_that_is_served() -> None:
    async with street(queue=2) as s:
        for connection in (1, 2, 3):
            await s.arrives(f"a{connection}", connection=connection)
        busy = await s.refused("a4", connection=4)
        assert (busy.code, busy.retriable) == (-32004, True)
        await s.leaves("a1")
        await s.arrives("a5", connection=5)
        await s.refused("a6", connection=6)


async def test_an_origin_that_takes_every_place_leaves_one_for_each_other() -> None:
    async with street(queue=2) as s:
        for connection in range(1, 4):
            await s.arrives(f"a{connection}", connection=connection)
        await s.refused("a4", connection=4)
        await s.arrives("b1", B, connection=5)
        await s.refused("b2", B, connection=6)
        await s.arrives("c1", C, connection=7)
        for name in ("a1", "a2", "b1", "c1", "a3"):
            await s.leaves(name)
        assert s.served == ["a1", "a2", "b1", "c1", "a3"]


async def test_the_person_s_own_request_has_a_place_and_is_next() -> None:
    async with street(queue=2) as s:
        await s.arrives("a1", connection=1)
        for name, origin, connection in (("a2", A, 2), ("b1", B, 3), ("c1", C, 4)):
            await s.arrives(name, origin, connection=connection)
        await s.arrives("own", THE_USER, connection=0)
        for name in ("a1", "own", "a2"):
            await s.leaves(name)
        assert s.served == ["a1", "own", "a2", "b1"]


async def test_one_waiting_window_a_connection() -> None:
    async with street() as s:
        await s.arrives("served", connection=1)
        await s.arrives("waits", connection=1)
        await s.refused("too many", connection=1)
        await s.arrives("other", connection=2)
        await s.leaves("served")
        await s.arrives("again", connection=1)
        assert s.served == ["served", "waits"]


async def test_what_shows_no_window_takes_no_place() -> None:
    async with street(queue=1) as s:
        await s.arrives("served", connection=1)
        for number in range(5):
            await s.arrives(f"quiet{number}", connection=1, has_window=False)
        await s.arrives("waits", connection=1)
        await s.refused("too many", connection=2)
        await s.arrives("quiet", connection=2, has_window=False)


async def test_a_refused_one_leaves_nothing_behind() -> None:
    async with street(queue=1) as s:
        await s.arrives("a1", connection=1)
        await s.arrives("a2", connection=2)
        await s.refused("a3", connection=3)
        await s.leaves("a1")
        await s.leaves("a2")
        await s.arrives("a4", connection=3)
        assert s.served == ["a1", "a2", "a4"]


async def test_a_cancelled_one_frees_its_place() -> None:
    async with street(queue=1) as s:
        await s.arrives("a1", connection=1)
        waiting = await s.arrives("a2", connection=2)
        await s.refused("a3", connection=3)
        waiting.cancel()
        await settle()
        await s.arrives("a4", connection=3)
        await s.leaves("a1")
        assert s.served == ["a1", "a4"]


async def test_a_cancelled_visitor_makes_room_for_the_next() -> None:
    async with street() as s:
        visiting = await s.arrives("a1")
        await s.arrives("a2")
        visiting.cancel()
        await settle()
        assert s.served == ["a1", "a2"]


async def test_one_that_is_cancelled_just_when_it_is_called_passes_its_turn_on() -> None:
    async with street() as s:
        await s.arrives("a1")
        called = await s.arrives("a2")
        await s.arrives("a3")
        s._leave["a1"].set()
        await asyncio.sleep(0)
        assert (s.at_card, s.served) == (0, ["a1"]), "a1 has left, a2 has not noticed yet"
        called.cancel()
        await settle()
        assert s.served == ["a1", "a3"]


async def test_an_error_at_the_card_ends_the_turn() -> None:
    lane = Lane(8)
    with pytest.raises(RuntimeError):
        async with lane.turn(1, A, has_window=True):
            raise RuntimeError
    async with asyncio.timeout(10), lane.turn(1, A, has_window=True):
        pass


async def test_who_watches_hears_when_it_begins_and_when_nobody_is_left() -> None:
    lane, heard = Lane(8), list[bool]()
    lane.watchers.append(lambda: heard.append(lane.is_busy))
    assert not lane.is_busy
    async with lane.turn(1, A, has_window=True):
        assert heard == [True] and lane.is_busy
    assert heard == [True, False] and not lane.is_busy
