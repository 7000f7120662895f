"""利用者登録番号: kept only as a keyed HMAC, compared in constant time.

Digits are too few for a hash alone, so the key decides: a file outside the database, owner-only.
A lost key file makes every number unknown (issue new ones); a leaked one is answered by `rotate`: a
number cannot be read back from its HMAC, so the new key is applied to the HMAC itself. Who has the
database and all keys but the newest learns nothing.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .authority import replace_private, write_private
from .database import Company, NumberKeyState
from .engine import exclusive

KEY_BYTES = 32
KEY_TURN = "number-key"


class NumberKey:
    """The keys of the HMACs, oldest first; the database says how many of them count."""

    def __init__(self, keys: Sequence[bytes], path: Path | None = None) -> None:
        self._keys = tuple(keys)
        self._path = path

    @classmethod
    def open(cls, path: Path) -> "NumberKey":
        """The keys in `path` (0600, a JSON list of hex); made if there is none.

        Raises:
            OSError, ValueError: not a key file.
        """
        if not path.exists():
            with suppress(FileExistsError):  # another process of the portal was first
                write_private(path, _encoded([secrets.token_bytes(KEY_BYTES)]))
        return cls(_read(path), path)

    async def mac(self, db: AsyncSession, municipality: str, number: str) -> str:
        """HMAC-SHA-256, hex, of one municipality's number, as the database has it now.

        Who stores it does so under `exclusive(db, KEY_TURN)`: a rotation in between would miss it.
        """
        return self.mac_of(await self.generation(db), municipality, number)

    def mac_of(self, generation: int, municipality: str, number: str) -> str:
        """The HMAC after the first `generation` keys."""
        value = f"number\0{municipality}\0{number}"
        for key in self._upto(generation):
            value = _hmac(key, value)
        return value

    def subject(self, kind: str, value: str) -> str:
        """HMAC of what attempts are counted for, so that no address is stored in clear.

        With the first key always: a rotation must not forget who is locked out.
        """
        return _hmac(self._keys[0], f"attempts\0{kind}\0{value}")

    async def generation(self, db: AsyncSession) -> int:
        """How many keys the stored HMACs have gone through."""
        return (await db.scalars(select(NumberKeyState.generation))).one()

    def _upto(self, generation: int) -> Sequence[bytes]:
        if generation > len(self._keys) and self._path is not None:
            self._keys = tuple(_read(self._path))  # another process has rotated
        if generation > len(self._keys):
            raise ValueError("the key file lacks a key that the database needs")
        return self._keys[:generation]


async def rotate(db: AsyncSession, path: Path) -> int:
    """Add a key and put every stored HMAC under it, in one transaction; how many there were.

    The key is in the file before the database counts it, so that a crash in between changes nothing.
    Portals that are running read the file again by themselves.
    """
    await exclusive(db, KEY_TURN)
    state = await db.get_one(NumberKeyState, 1, populate_existing=True)
    new = secrets.token_bytes(KEY_BYTES)
    replace_private(path, _encoded([*_read(path)[: state.generation], new]))
    state.generation += 1
    stored = select(Company.id, Company.number_mac).where(Company.number_mac.is_not(None))
    rows = [{"id": row.id, "number_mac": _hmac(new, row.number_mac)} for row in await db.execute(stored)]
    if rows:
        await db.execute(update(Company), rows)
    await db.commit()
    return len(rows)


def _read(path: Path) -> list[bytes]:
    keys = [bytes.fromhex(each) for each in json.loads(path.read_text("ascii"))]
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(f"{path.name} holds no keys")
    return keys


def _encoded(keys: Sequence[bytes]) -> bytes:
    return json.dumps([key.hex() for key in keys]).encode()


def _hmac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def is_number(text: str, length: int) -> bool:
    """Exactly `length` half-width digits."""
    return re.fullmatch(r"[0-9]+", text, re.ASCII) is not None and len(text) == length
