"""The connection to SQLite or PostgreSQL, its migrations, and turns between processes."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, text, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from .database import Turn
from .mail.announcing import announce_events

MIGRATIONS = Path(__file__).parent / "migrations"
TURNS = 64
_MIGRATING = 0x63617264  # pg_advisory_xact_lock: one process migrates, the others wait


async def open_database(url: str) -> AsyncEngine:
    """Connect, and bring the schema to this version's.

    Raises:
        sqlalchemy.exc.SQLAlchemyError, OSError: the database cannot be reached or migrated.
    """
    # SQLAlchemy must not show values in errors: they are personal data.
    engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
    announce_events()
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    return engine


@asynccontextmanager
async def session_on(url: str) -> AsyncIterator[AsyncSession]:
    """One session on a database that is opened for it, and closed again; raises as `open_database`."""
    engine = await open_database(url)
    try:
        async with async_sessionmaker(engine, expire_on_commit=False)() as db:
            yield db
    finally:
        await engine.dispose()


def migrate(connection: Connection) -> None:
    """Bring the schema to this version's, all of it or nothing; other processes wait meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
    else:
        # Python's sqlite3 begins no transaction for DDL by itself; this one also makes others wait.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    command.upgrade(migration_config(connection), "head")


def migration_config(connection: Connection) -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def exclusive(db: AsyncSession, name: str) -> None:
    """Begin a transaction in which nobody else, in any process, is at the same `name`.

    Ends with commit or rollback. What the session held before is committed first: SQLite could not
    turn a transaction that has read into one that writes. Names share 64 rows, so that two may wait
    for each other; take one at a time.
    """
    await db.commit()
    row = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % TURNS
    await db.execute(
        update(Turn)
        .where(Turn.id == row)
        .values(taken=Turn.taken + 1)
        .execution_options(synchronize_session=False)
    )


def _configure_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
