"""The uploads of one connection: one that is coming, and those that have come."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from bridge.core.errors import InvalidParams, UploadRefused
from bridge.core.messages import UploadCredit
from bridge.core.upload import CHUNK_BYTES, MAX_UPLOADED_BYTES, MAX_UPLOADS, OutsideUpload, Upload

IDLE_S = 30.0


class Uploads:
    """They end with the connection.

    Args:
        max_frame_bytes: the longest message that the connection takes.
    """

    def __init__(self, max_frame_bytes: int = CHUNK_BYTES) -> None:
        self._chunk_bytes = min(CHUNK_BYTES, max_frame_bytes)
        self._uploads: dict[str, Upload] = {}
        self._coming: Upload | None = None
        self._hasher: ThreadPoolExecutor | None = None
        self._hashing: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, size_bytes: int, sha256: str) -> Upload:
        """Announce one.

        Raises:
            UploadRefused: another is coming, or this connection holds too many or too much.
        """
        if self._coming is not None:
            raise UploadRefused("One upload at a time: end or cancel the one that is under way.")
        held = sum(upload.size_bytes for upload in self._uploads.values())
        if len(self._uploads) >= MAX_UPLOADS or held + size_bytes > MAX_UPLOADED_BYTES:
            raise UploadRefused("This connection holds too many uploads: sign or cancel some.")
        id = secrets.token_urlsafe(12)
        upload = Upload(id, size_bytes=size_bytes, sha256=sha256, chunk_bytes=self._chunk_bytes)
        self._uploads[id] = self._coming = upload
        self._hasher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="upload")
        self._expect()
        return upload

    async def take(self, frame: bytes) -> UploadCredit | None:
        """Hash the next frame, in a thread: while it is hashed one more may be read, and no further.

        Returns:
            The credit that is to be told the page, if any is due.

        Raises:
            OutsideUpload: nothing of the kind was agreed on.
        """
        upload, before = self._coming, self._hashing
        if upload is None or self._hasher is None:
            raise OutsideUpload
        upload.accept(frame)
        self._stop_timer()
        loop = asyncio.get_running_loop()
        self._hashing = loop.run_in_executor(self._hasher, upload.hash, frame)
        if before is not None:
            await before
        self._expect()
        credit = upload.more_credit()
        return UploadCredit(upload=upload.id, credit_bytes=credit) if credit else None

    async def end(self, id: str) -> Upload:
        """The upload, complete. One that is not is forgotten.

        Raises:
            InvalidParams: there is no such upload, bytes are missing, or their digest is another.
        """
        upload = self._known(id)
        if upload is self._coming and self._hashing is not None:
            await self._hashing
        self._stop(upload)
        try:
            upload.check()
        except InvalidParams:
            self._uploads.pop(id, None)
            raise
        return upload

    def cancel(self, id: str) -> None:
        """Forget it.

        Raises:
            InvalidParams: there is no such upload.
        """
        self._stop(self._known(id))
        del self._uploads[id]

    def complete(self, id: str, member: str) -> Upload:
        """One that has come as announced, for signing.

        Raises:
            InvalidParams: there is none; data `member` is `member`.
        """
        upload = self._uploads.get(id)
        if upload is None or upload is self._coming or not upload.is_complete:
            raise InvalidParams("No such upload has ended on this connection.", member=member)
        return upload

    def release(self, ids: set[str]) -> None:
        """Forget those that have been signed."""
        for id in ids:
            self._uploads.pop(id, None)

    def close(self) -> None:
        """The connection has ended."""
        if self._coming is not None:
            self._stop(self._coming)
        self._uploads.clear()

    def _known(self, id: str) -> Upload:
        if id not in self._uploads:
            raise InvalidParams("This connection has no such upload.", member="upload")
        return self._uploads[id]

    def _stop(self, upload: Upload) -> None:
        if upload is self._coming:
            self._coming = self._hashing = None
            self._stop_timer()
            if self._hasher is not None:
                self._hasher.shutdown(wait=False)
                self._hasher = None

    def _expect(self) -> None:
        """Wait for the next frame, not for ever."""
        self._stop_timer()
        if self._coming is not None and self._coming.is_unfinished:
            self._timer = asyncio.get_running_loop().call_later(IDLE_S, self.cancel, self._coming.id)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
