"""The schema: migrations and models agree, the history takes no changes, turns are taken."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, func, inspect, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from cardbridge_portal.database import Base, Event, LookupAttempts, Turn
from cardbridge_portal.engine import TURNS, exclusive, migration_config, open_database

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest_asyncio.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    made = await open_database(url)
    yield made
    await made.dispose()


OPEN = """
import asyncio, sys
from cardbridge_portal.engine import open_database
asyncio.run(open_database(sys.argv[1]))
"""


def open_in_processes(url: str) -> list[int]:
    starting = [subprocess.Popen([sys.executable, "-c", OPEN, url]) for _ in range(3)]
    return [each.wait(60) for each in starting]


async def test_processes_that_start_at_once(url: str) -> None:
    """All find the schema made, once."""
    assert await asyncio.to_thread(open_in_processes, url) == [0, 0, 0]
    engine = await open_database(url)
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(Turn)) == TURNS
    await engine.dispose()


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_migrations_make_what_the_models_say(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == []


async def test_one_line_of_migrations_down_to_nothing_and_up_again(engine: AsyncEngine) -> None:
    def down_and_up(connection: Connection) -> list[str]:
        config = migration_config(connection)
        assert len(ScriptDirectory.from_config(config).get_heads()) == 1
        command.downgrade(config, "base")
        left = inspect(connection).get_table_names()
        command.upgrade(config, "head")
        return left

    async with engine.begin() as connection:
        assert await connection.run_sync(down_and_up) == ["alembic_version"]
        assert await connection.run_sync(differences) == []


@pytest.mark.parametrize("change", [update(Event).values(actor="somebody else"), delete(Event)])
async def test_history_is_only_added_to(engine: AsyncEngine, change: Any) -> None:
    async with async_sessionmaker(engine)() as db:
        db.add(Event(moment=NOW, municipality="462012", kind="registered", actor="card:1"))
        await db.commit()
        with pytest.raises(DBAPIError, match="only ever added"):
            await db.execute(change)
        await db.rollback()
        assert (await db.scalars(select(Event.actor))).all() == ["card:1"]


async def count_up(db: AsyncSession) -> None:
    """Reads, lets others go on, writes: what goes wrong without turns."""
    await exclusive(db, "counter")
    row = await db.get(LookupAttempts, "x", populate_existing=True)
    if row is None:
        row = LookupAttempts(subject="x", failures=0, last_failure=NOW, forgotten=NOW)
        db.add(row)
    before = row.failures
    await asyncio.sleep(0.002)
    row.failures = before + 1
    await db.commit()


async def test_turns_lose_no_update(engine: AsyncEngine) -> None:
    make = async_sessionmaker(engine)

    async def one() -> None:
        async with make() as db:
            for _ in range(5):
                await count_up(db)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(one())
    async with make() as db:
        assert await db.scalar(select(LookupAttempts.failures)) == 40
        assert sum(await db.scalars(select(Turn.taken))) == 40
