"""A document that comes in binary frames, too large for one message: hashed as it comes, never kept.

Of the bytes only SHA-256 (FIPS 180-4) remains, and the first `HEAD_BYTES` to compare with the media type.
"""

from __future__ import annotations

import hashlib

from bridge.core.errors import InvalidParams

MAX_UPLOAD_BYTES = 256 * 1024**2
MAX_UPLOADS = 16
MAX_UPLOADED_BYTES = 1024**3
"""Of all uploads that one connection has announced and still holds."""

CHUNK_BYTES = 1024 * 1024
CREDIT_BYTES = 8 * CHUNK_BYTES
"""How much may be on its way: enough that a page need not wait, little enough to stop soon."""

HEAD_BYTES = 1024


class OutsideUpload(Exception):
    """A binary frame that was not agreed on (close code 1003)."""


class Upload:
    """One upload from its announcement to its last byte.

    Args:
        sha256: what the page announces, lowercase hex.
        chunk_bytes: the longest frame.
    """

    def __init__(self, id: str, *, size_bytes: int, sha256: str, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.id = id
        self.size_bytes = size_bytes
        self.sha256 = sha256
        self.chunk_bytes = chunk_bytes
        self.head = b""
        self.credit_bytes = 0
        """What the page may still send."""
        self._received = 0
        self._hash = hashlib.sha256()

    @property
    def is_complete(self) -> bool:
        """Whether all bytes have come and the announced digest is theirs."""
        return self._received == self.size_bytes and self._hash.hexdigest() == self.sha256

    @property
    def is_unfinished(self) -> bool:
        """Whether more bytes are to come."""
        return self._received < self.size_bytes

    def more_credit(self) -> int:
        """How much credit is due now, in bytes; 0 for none yet. It counts as granted."""
        due = min(CREDIT_BYTES, self.size_bytes - self._received) - self.credit_bytes
        if due < CREDIT_BYTES // 4 and self._received + self.credit_bytes + due < self.size_bytes:
            return 0
        self.credit_bytes += due
        return due

    def accept(self, frame: bytes) -> None:
        """Count the bytes of the next frame, which `hash` has to get then.

        Raises:
            OutsideUpload: longer than a chunk, or than the credit, which ends with the announced size.
        """
        if not 0 < len(frame) <= min(self.chunk_bytes, self.credit_bytes):
            raise OutsideUpload
        self.credit_bytes -= len(frame)
        self._received += len(frame)
        if len(self.head) < HEAD_BYTES:
            self.head = (self.head + frame[:HEAD_BYTES])[:HEAD_BYTES]

    def hash(self, frame: bytes) -> None:
        """Hash it; hashlib lets other threads run meanwhile."""
        self._hash.update(frame)

    def check(self) -> None:
        """Raises: InvalidParams, data `member`: too few bytes (`sizeBytes`), or another digest (`sha256`)."""
        if self.is_unfinished:
            raise InvalidParams(f"{self._received} of {self.size_bytes} bytes have come.", member="sizeBytes")
        if not self.is_complete:
            raise InvalidParams("The bytes have another SHA-256 than was announced.", member="sha256")
