"""Whom a group lets write: the members that it names, and those whose first group it is."""

import grp
import os
import pwd
import stat
import struct
import sys
from pathlib import Path

import pytest

from bridge import ownership

USERS = 100
FILE = Path("/somewhere")


def status(group: int) -> os.stat_result:
    mode = stat.S_IFREG | 0o664
    return os.stat_result((mode, 0, 0, 1, os.getuid(), group, 0, 0, 0, 0))


def check(group: int) -> None:
    ownership.check(FILE, status(group), ownership.own_users(), allows_groups=True)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> pwd.struct_passwd:
    """This user, in a group "users" that names nobody."""
    me = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("users", "x", gid, [])))
    return me


def person(name: str, uid: int, group: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, group, "", "/", "/bin/sh"))


def test_a_group_of_the_system_that_nobody_is_in(
    own: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pwd, "getpwall", lambda: [own, person("other", 2000, 2000)])
    check(USERS)


def test_one_that_is_everybodys_first_group_is_not_ours(
    own: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some systems put every person into "users"; the group's line in /etc/group names none of them."""
    monkeypatch.setattr(pwd, "getpwall", lambda: [own, person("other", 2000, USERS)])
    with pytest.raises(ownership.Changeable):
        check(USERS)


OWNER, NAMED, GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20


@pytest.mark.skipif(sys.platform != "linux", reason="acl(5)")
def test_somebody_named_in_an_access_control_list_may_write(tmp_path: Path) -> None:
    """His right is in the place of the group's, which is nobody's but ours."""
    file = tmp_path / "module.so"
    file.touch(0o660)
    file.chmod(0o660)
    ownership.check(file, file.lstat(), ownership.own_users(), allows_groups=True)
    rights = ((OWNER, 6, -1), (NAMED, 6, 65534), (GROUP, 0, -1), (MASK, 6, -1), (OTHERS, 0, -1))
    try:
        os.setxattr(
            file,
            "system.posix_acl_access",
            struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *each) for each in rights),
        )
    except OSError:
        pytest.skip("no access control lists here")
    with pytest.raises(ownership.Changeable):
        ownership.check(file, file.lstat(), ownership.own_users(), allows_groups=True)
