"""A filter of system calls, seccomp(2): what is refused answers EPERM, EACCES or ENOSYS and ends nothing.

A list of what is refused, not of what is allowed: it has to bear every vendor's module and every libc.
"""

from __future__ import annotations

import ctypes
import errno
import socket
from collections.abc import Iterator, Sequence

from bridge.confine import kernel
from bridge.confine.syscalls import Machine, machine

LOCAL_AND_KERNEL = (socket.AF_UNIX, getattr(socket, "AF_NETLINK", 16))

_SET_MODE_FILTER, _TSYNC = 1, 1  # _TSYNC: all threads of the process
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # in struct seccomp_data
_X32 = 0x40000000
_CLONE_NEWUSER = 0x10000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, value: struct sock_filter."""


class _Filter(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Filter))]


def restrict(*, families: Sequence[int] | None, may_execute: bool) -> bool:
    """Filter this process's calls, for good; whether that is on. It wants PR_SET_NO_NEW_PRIVS.

    Args:
        families: sockets of these address families may be made and no others; None leaves it as it is.
        may_execute: other programs may be run in this process's place.
    """
    found = machine()
    if not found:
        return False
    instructions = list(_program(found, families, may_execute))
    filters = (_Filter * len(instructions))(*(_Filter(*each) for each in instructions))
    program = _Program(length=len(instructions), filter=filters)
    return kernel.syscall(found[0].numbers["seccomp"], _SET_MODE_FILTER, _TSYNC, program) == 0


def _program(
    found: Sequence[Machine], families: Sequence[int] | None, may_execute: bool
) -> Iterator[Instruction]:
    yield _LOAD, 0, 0, _ARCHITECTURE
    for each in found:
        yield from _when(each.audit, list(_of_machine(each, families, may_execute)))
    yield _refuse(errno.ENOSYS)


def _of_machine(found: Machine, families: Sequence[int] | None, may_execute: bool) -> Iterator[Instruction]:
    numbers = found.numbers
    yield _LOAD, 0, 0, _NUMBER
    if found.has_x32:
        yield _JUMP_AT_LEAST, 0, 1, _X32
        yield _refuse(errno.ENOSYS)
    for name in found.refused:
        yield from _when(numbers[name], [_refuse(errno.EPERM)])
    yield from _when(numbers["clone3"], [_refuse(errno.ENOSYS)])  # its flags cannot be seen; libc takes clone
    if not may_execute:
        for name in ("execve", "execveat"):
            yield from _when(numbers[name], [_refuse(errno.EPERM)])
    if families is not None:
        allowed = [(_JUMP_EQUAL, 0, 1, family) for family in families]
        wanted = [step for each in allowed for step in (each, _allow())]
        yield from _when(numbers["socket"], [_argument(0), *wanted, _refuse(errno.EACCES)])
    flags = [_argument(0), (_JUMP_SET, 0, 1, _CLONE_NEWUSER), _refuse(errno.EPERM), _allow()]
    yield from _when(numbers["clone"], flags)
    typing = [
        step for each in (_TIOCSTI, _TIOCLINUX) for step in ((_JUMP_EQUAL, 0, 1, each), _refuse(errno.EPERM))
    ]
    yield from _when(numbers["ioctl"], [_argument(1), *typing, _allow()])
    yield _allow()


def _when(number: int, steps: Sequence[Instruction]) -> Iterator[Instruction]:
    """Do `steps`, of which the last returns, where this is the call."""
    yield _JUMP_EQUAL, 0, len(steps), number
    yield from steps


def _argument(index: int) -> Instruction:
    """Its lower half, which is all that these calls look at; the machines are little-endian."""
    return _LOAD, 0, 0, _ARGUMENTS + 8 * index


def _refuse(error: int) -> Instruction:
    return _RETURN, 0, 0, _ERRNO | error


def _allow() -> Instruction:
    return _RETURN, 0, 0, _ALLOW


def is_on() -> bool:
    """Whether a filter holds in this process: proc(5), "Seccomp"."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        return any(line.split() == ["Seccomp:", "2"] for line in status)
