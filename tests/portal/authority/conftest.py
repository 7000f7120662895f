"""Officials beside the clerks of the portal's own tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from yarl import URL

from cardbridge_portal.engine import open_database
from cardbridge_portal.numbers import NumberKey
from tests.portal.authority.official import OfficialClerk
from tests.portal.clerk import read_samples

MakeOfficial = Callable[..., Awaitable[OfficialClerk]]


@pytest_asyncio.fixture
async def official_for(server: TestServer, data: Path) -> AsyncIterator[MakeOfficial]:
    """Makes officials, each with a browser of its own and, unless told otherwise, logged in."""
    clients: list[TestClient[Any, Any]] = []
    origin = str(server.make_url("/")).rstrip("/")
    samples = [entry for entry in read_samples(data) if entry.get("kind") == "official"]

    async def make(sample: int = 0, *, logged_in: bool = True) -> OfficialClerk:
        jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        client = TestClient(server, cookie_jar=jar)
        clients.append(client)
        made = OfficialClerk(client=client, origin=origin, sample=samples[sample])
        if logged_in:
            await made.log_in()
        return made

    yield make
    for client in clients:
        await client.session.close()


@pytest_asyncio.fixture
async def official(official_for: MakeOfficial) -> OfficialClerk:
    """An official of the first sample company's municipality."""
    return await official_for()


@pytest_asyncio.fixture
async def db(url: str) -> AsyncIterator[AsyncSession]:
    engine = await open_database(url)
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        yield session
    await engine.dispose()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "number.key"


@pytest.fixture
def key(key_file: Path) -> NumberKey:
    return NumberKey.open(key_file)
