"""What a connection leaves behind when it has ended: nothing, also without the garbage collector.

Cycles would be freed some time or other. But while many pages come and go they pile up first, and the heap
keeps the holes that they leave: of a flood of short connections that was 7 MiB for as long as the daemon ran.
"""

from __future__ import annotations

import gc
import struct
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from aiohttp import web

from bridge.server.connection import Connection
from bridge.server.sockets import LimitedSocket
from tests.unit.server.hosted import Hosted, hosted
from tests.unit.server.running import eventually
from tests.unit.server.wire import CLOSE, FOREIGN_ORIGIN, Wire, connected, frame, opening, request

_KINDS = (LimitedSocket, Connection, web.WebSocketResponse, web.BaseRequest)


def vanishes(server: Hosted) -> None:
    with connected(server.port) as page:
        page.call("bridge.info")


def says_goodbye(server: Hosted) -> None:
    with connected(server.port) as page:
        page.send(frame(struct.pack("!H", 1000), CLOSE))
        assert page.closing() == 1000


def leaves_its_requests(server: Hosted) -> None:
    with connected(server.port) as page:
        page.say(request("test.wait", 1))
        assert "error" in page.call("no.such.method", id=2)


def breaks_a_rule(server: Hosted) -> None:
    with connected(server.port) as page:
        page.send(frame("unmasked", is_masked=False))
        assert page.closing() == 1002


def uploads_unasked(server: Hosted) -> None:
    with connected(server.port) as page:
        page.send(frame(b"x", 2))
        assert page.closing() == 1003


def is_not_permitted(server: Hosted) -> None:
    with Wire(server.port) as page:
        page.upgrade({"Origin": FOREIGN_ORIGIN})
        assert page.closing() == 4403


def is_not_permitted_and_vanishes(server: Hosted) -> None:
    with Wire(server.port) as page:
        page.upgrade({"Origin": FOREIGN_ORIGIN})


def has_no_origin(server: Hosted) -> None:
    with Wire(server.port) as program:
        assert program.answer(opening(server.port, {"Origin": None})).status == 403


def speaks_no_http(server: Hosted) -> None:
    with Wire(server.port) as program:
        assert program.answer(b"HELO\r\n\r\n").status == 400


def begins_and_vanishes(server: Hosted) -> None:
    with Wire(server.port) as program:
        program.send(b"GET /v1 HTTP/1.1\r\n")


def is_silent(server: Hosted) -> None:
    with Wire(server.port):
        pass


ENDS: tuple[Callable[[Hosted], None], ...] = (
    vanishes,
    says_goodbye,
    leaves_its_requests,
    breaks_a_rule,
    uploads_unasked,
    is_not_permitted,
    is_not_permitted_and_vanishes,
    has_no_origin,
    speaks_no_http,
    begins_and_vanishes,
    is_silent,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Hosted]:
    with pytest.MonkeyPatch.context() as patch, hosted(patch) as running:
        yield running


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("ends", ENDS)
def test_nothing_stays(server: Hosted, ends: Callable[[Hosted], None]) -> None:
    before = there()
    for _ in range(5):
        ends(server)

    def is_as_before() -> None:
        assert there() == before

    eventually(is_as_before)


def there() -> Counter[type]:
    """How many of each kind exist, whether anybody can reach them or not."""
    return Counter(type(each) for each in gc.get_objects() if type(each) in _KINDS)
