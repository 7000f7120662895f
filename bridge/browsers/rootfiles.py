"""Files of the whole system, written as root: no link is followed, a reader sees the old or the new one."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

_MOST_BYTES = 4 * 1024 * 1024
_OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Refused(Exception):
    """Something stands in the way that is not touched: a link, another user's file, a file that is no JSON.

    Args:
        path: of what it is.
    """

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(problem)


class RootFiles:
    """Files below `root`, by their path from there; all of them and their folders belong to who runs this."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def read(self, name: str) -> str | None:
        """The text of a file; None where there is none. Raises: Refused, OSError."""
        path = self.root / name
        if not self._is_safe(name):
            return None
        if path.stat().st_size > _MOST_BYTES:
            raise Refused(path, "大きすぎます / it is too large")
        try:
            return path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(path, "UTF-8ではありません / it is not UTF-8") from None

    def write(self, name: str, text: str) -> list[str]:
        """Write for all to read (0644). Returns: the folders that were made. Raises: Refused, OSError."""
        made = self._make_folder(os.path.dirname(name))
        self._is_safe(name)
        path = self.root / name
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        return made

    def delete(self, name: str) -> None:
        """Raises: Refused, OSError."""
        if self._is_safe(name):
            (self.root / name).unlink()

    def drop_folders(self, names: list[str]) -> list[str]:
        """Of these folders remove the empty ones and climb no further. Returns: those that stay."""
        kept = []
        for name in sorted(names, key=len, reverse=True):
            try:
                (self.root / name).rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                kept.append(name)
        return sorted(kept)

    @contextlib.contextmanager
    def locked(self, folder: str) -> Iterator[None]:
        """Hold others back that do the same. Raises: Refused, OSError."""
        import fcntl

        self._make_folder(folder)
        handle = os.open(self.root / folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _make_folder(self, name: str) -> list[str]:
        made, here = [], ""
        for part in name.split("/"):
            here = f"{here}/{part}" if here else part
            path = self.root / here
            if not os.path.lexists(path):
                path.mkdir(mode=0o755)
                path.chmod(0o755)
                made.append(here)
            self._check(path, stat.S_ISDIR, "フォルダー / a folder")
        return made

    def _is_safe(self, name: str) -> bool:
        """Whether the file is there. Raises: Refused, where it or a folder above it is not root's own."""
        path = self.root
        *folders, last = name.split("/")
        for part in folders:
            path /= part
            if not os.path.lexists(path):
                return False
            self._check(path, stat.S_ISDIR, "フォルダー / a folder")
        path /= last
        if not os.path.lexists(path):
            return False
        self._check(path, stat.S_ISREG, "ふつうのファイル / a regular file")
        return True

    def _check(self, path: Path, is_kind: Callable[[int], bool], kind: str) -> None:
        status = path.lstat()
        if not is_kind(status.st_mode):
            raise Refused(path, f"{kind} ではありません（リンクなど） / is not what is here (a link?)")
        if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_CAN_WRITE:
            raise Refused(path, "ほかの利用者が書き換えられます / other users can write it")
