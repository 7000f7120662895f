"""The registration numbers' keys: rotation, other processes, files that do not fit."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy.ext.asyncio import async_sessionmaker

from cardbridge_portal import numbers
from cardbridge_portal.engine import open_database
from cardbridge_portal.numbers import NumberKey
from tests.portal.clerk import Clerk

FILE = "registration-number.key"


def macs(data: Path) -> list[str]:
    with sqlite3.connect(data / "portal.sqlite3") as database:
        return [row[0] for row in database.execute("SELECT number_mac FROM company ORDER BY id")]


def rotate(data: Path) -> str:
    command = [sys.executable, "-m", "cardbridge_portal", "rotate-number-key", "--data", str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


async def test_rotation_while_the_portal_runs(server: TestServer, clerk: Clerk, data: Path) -> None:
    """Every stored HMAC is another one, and the same number is still found by the running portal."""
    before = macs(data)
    assert rotate(data) == f"{len(before)} numbers are under the new key\n"
    after = macs(data)
    assert len(after) == len(before) and not set(after) & set(before)
    assert len(json.loads((data / FILE).read_text())) == 2
    assert (data / FILE).stat().st_mode & 0o777 == 0o600
    await clerk.authenticate()
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text


async def test_rotated_twice_the_number_is_still_known(clerk: Clerk, data: Path) -> None:
    rotate(data)
    rotate(data)
    assert len(json.loads((data / FILE).read_text())) == 3
    await clerk.authenticate()
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text


async def test_old_keys_alone_tell_nothing(data: Path) -> None:
    """The database and all keys but the newest: no candidate can be tried."""
    number = json.loads((data / "samples.json").read_text())[0]["number"]
    rotate(data)
    keys = [bytes.fromhex(each) for each in json.loads((data / FILE).read_text())]
    old, whole = NumberKey(keys[:-1]), NumberKey(keys)
    assert old.mac_of(1, "462012", number) not in macs(data)
    assert whole.mac_of(2, "462012", number) in macs(data)
    with pytest.raises(ValueError, match="lacks a key"):
        old.mac_of(2, "462012", number)


async def test_stopped_between_file_and_database(data: Path) -> None:
    """The file has a key that the database does not count: nothing changes, the next rotation works."""
    path = data / FILE
    first = json.loads(path.read_text())
    path.write_text(json.dumps([*first, os.urandom(32).hex()]))
    before = macs(data)
    engine = await open_database(f"sqlite+aiosqlite:///{data / 'portal.sqlite3'}")
    async with async_sessionmaker(engine)() as db:
        number = json.loads((data / "samples.json").read_text())[0]["number"]
        assert await NumberKey.open(path).mac(db, "462012", number) in before
        assert await numbers.rotate(db, path) == len(before)
        keys = json.loads(path.read_text())
        assert len(keys) == 2 and keys[0] == first[0]
        assert await NumberKey.open(path).mac(db, "462012", number) in macs(data)
    await engine.dispose()


@pytest.mark.parametrize("content", ["", "[]", '["00"]', "null", '{"a": 1}', '["zz"]'])
def test_files_that_hold_no_keys(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises((ValueError, TypeError)):
        NumberKey.open(tmp_path / FILE)
