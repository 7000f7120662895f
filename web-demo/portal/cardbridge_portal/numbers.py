"""利用者登録番号: kept only as a keyed HMAC, compared in constant time.

The key is a file beside the database, owner-only; rotating it comes with a later issue.
"""

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from .authority import write_private

KEY_BYTES = 32


class NumberKey:
    """The key of the HMACs; made at first start."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, data: Path) -> "NumberKey":
        """The key of `data`/registration-number.key (0600)."""
        path = data / "registration-number.key"
        if not path.exists():
            write_private(path, secrets.token_bytes(KEY_BYTES))
        return cls(path.read_bytes())

    def mac(self, municipality: str, number: str) -> str:
        """HMAC-SHA-256, hex, of one municipality's number."""
        return self._hmac(f"number\0{municipality}\0{number}")

    def subject(self, kind: str, value: str) -> str:
        """HMAC of what attempts are counted for, so that no address is stored in clear."""
        return self._hmac(f"attempts\0{kind}\0{value}")

    def _hmac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def is_number(text: str, length: int) -> bool:
    """Exactly `length` half-width digits."""
    return re.fullmatch(r"[0-9]+", text, re.ASCII) is not None and len(text) == length
