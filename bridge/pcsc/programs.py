"""Which other programs use card readers, as far as the system tells."""

from __future__ import annotations

from pathlib import Path

_LIBRARY = b"libpcsclite.so"
_OWN = ("cardbridge", "pcscd")


def programs_using_cards(
    own_pid: int, proc: Path = Path("/proc"), *, also_own: int | None = None
) -> tuple[str, ...]:
    """Names of the programs that have PC/SC's library loaded, without ourselves and our children.

    `also_own`: another process that is ours, with its children.

    On Linux, and of this user's processes only: the kernel shows nobody else's. Empty elsewhere.
    """
    own = {own_pid, also_own}
    found = {
        name
        for folder in proc.glob("[0-9]*")
        if int(folder.name) not in own and _parent(folder) not in own and _has_library(folder)
        if (name := _name(folder)) not in _OWN
    }
    return tuple(sorted(found))


def _has_library(folder: Path) -> bool:
    try:
        return _LIBRARY in (folder / "maps").read_bytes()
    except OSError:
        return False


def _parent(folder: Path) -> int:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        return int(fields[1])
    except (OSError, IndexError, ValueError):
        return 0


def _name(folder: Path) -> str:
    try:
        return (folder / "comm").read_bytes().decode(errors="replace").strip()
    except OSError:
        return ""
