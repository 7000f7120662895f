"""A portal per test, copied from one that was set up once (keys take time to make)."""

import shutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from cardbridge_demo.ports import free_port
from cardbridge_portal.app import create_app
from cardbridge_portal.settings import Settings
from tests.portal import postgres
from tests.portal.clerk import Clerk, Clock, read_samples

MakeClerk = Callable[..., Awaitable[Clerk]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a portal after its first start."""
    data = tmp_path_factory.mktemp("portal") / "data"
    runner = web.AppRunner(create_app(Settings(data=data, origin="http://localhost:1")))
    await runner.setup()
    await runner.cleanup()
    return data


@pytest.fixture
def data(template: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    return Path(shutil.copytree(template, tmp_path / "data"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The socket's folder of a PostgreSQL server."""
    with postgres.server() as socket:
        yield socket


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database's address."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'portal.sqlite3'}"
    socket: Path = request.getfixturevalue("postgresql")
    return postgres.new_database(socket, f"t{uuid.uuid4().hex}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def serve(data: Path, clock: Clock, database: str | None = None) -> AsyncIterator[TestServer]:
    """The portal on a free port, its origin known beforehand."""
    port = free_port()
    settings = Settings(data=data, origin=f"http://127.0.0.1:{port}", clock=clock, database=database)
    server = TestServer(create_app(settings), port=port)
    await server.start_server()
    try:
        yield server
    finally:
        await server.close()


@pytest_asyncio.fixture
async def server(data: Path, clock: Clock) -> AsyncIterator[TestServer]:
    async with serve(data, clock) as running:
        yield running


@pytest_asyncio.fixture
async def clerk_for(server: TestServer, data: Path) -> AsyncIterator[MakeClerk]:
    """Makes clerks, each with a browser of its own; `sample` picks company and card."""
    clients: list[TestClient[Any, Any]] = []
    origin = str(server.make_url("/")).rstrip("/")

    async def make(sample: int = 0) -> Clerk:
        # Browsers send Secure cookies to loopback over http; aiohttp must be told.
        jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        client = TestClient(server, cookie_jar=jar)
        clients.append(client)
        return Clerk(client=client, origin=origin, sample=read_samples(data)[sample])

    yield make
    for client in clients:
        await client.session.close()


@pytest_asyncio.fixture
async def clerk(clerk_for: MakeClerk) -> Clerk:
    return await clerk_for()


@pytest.fixture(scope="session")
def sample_card(template: Path) -> Path:
    """The folder of the first sample company's card (RSA-2048)."""
    return Path(read_samples(template)[0]["card"])
