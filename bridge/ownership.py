"""Whether another user of this computer can change a file, or put another in its place.

Whoever can write a folder can; so can who may rename one above it. Windows has other rules (access control
lists), which are not looked at: there nothing is refused.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

_SYSTEM_GROUPS = 1000
_MOST_LINKS = 40
_LIST = "system.posix_acl_access"


class Changeable(PermissionError):
    """Other users can change it. `path`: the file, the folder or the link that makes it so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            1, "other users can write it (file or folder), or it belongs to another user", str(path)
        )


def own_users() -> frozenset[int]:
    """Root and this user, who may change what this user relies on; empty on Windows."""
    return frozenset({0, os.getuid()}) if hasattr(os, "getuid") else frozenset()


def check_path(path: Path, owners: Set[int], *, allows_groups: bool = False) -> None:
    """The file, every folder above it, and wherever links on the way lead.

    Args:
        allows_groups: a group may write that nobody else is in: where user and group have the same name,
            many systems let the group write by default.

    Raises:
        Changeable: one of them is not these users' own, or others can write it. In a folder with the sticky
            bit (/tmp) others cannot touch what is not theirs.
        OSError: one of them cannot be looked at.
    """
    if not hasattr(os, "getuid"):
        return
    for part in _parts(path):
        check(part, part.lstat(), owners, allows_groups=allows_groups)


def check(path: Path, status: os.stat_result, owners: Set[int], *, allows_groups: bool = False) -> None:
    """Raises: Changeable: `path`, whose status this is, is changeable by itself."""
    if status.st_uid not in owners:
        raise Changeable(path)
    if stat.S_ISLNK(status.st_mode) or stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return
    is_ours = allows_groups and status.st_mode & stat.S_IWGRP and _is_ours(status.st_gid)
    is_ours = is_ours and not _has_list(path)
    if status.st_mode & (stat.S_IWOTH | (0 if is_ours else stat.S_IWGRP)):
        raise Changeable(path)


def _parts(path: Path) -> Iterator[Path]:
    """Each once; as many links as the kernel follows."""
    seen: set[Path] = set()
    following, links = [Path(os.path.abspath(path))], 0
    while following:
        here = following.pop()
        for part in (here, *here.parents):
            if part in seen:
                continue
            seen.add(part)
            yield part
            if part.is_symlink() and (links := links + 1) <= _MOST_LINKS:
                following.append(part.parent / os.readlink(part))


def _has_list(path: Path) -> bool:
    """Whether it has an access control list (acl(5)): its group's rights are also those of others then."""
    if sys.platform != "linux":
        return False
    with suppress(OSError):
        return _LIST in os.listxattr(path)
    return False


def _is_ours(group: int) -> bool:
    """Whether it is root's, this user's own or one of the system's, and nobody else is in it."""
    import grp
    import pwd

    try:
        entry, user = grp.getgrgid(group), pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    ours = {"root", user.pw_name}
    if not set(entry.gr_mem) <= ours:
        return False
    if group == user.pw_gid and entry.gr_name == user.pw_name:
        return True
    # Whose first group it is, is not among its members: on some systems that of all people is "users", 100.
    return group < _SYSTEM_GROUPS and all(e.pw_gid != group or e.pw_name in ours for e in pwd.getpwall())
