"""Which of this user's processes hold the other end of a loopback TCP connection.

Windows: the system's table names the process of each socket (`bridge.server.wintcp`), and the process's
token its user (psutil). macOS: only root may see the sockets of others, so this user's own processes are
asked (psutil, proc_pidfdinfo); a socket that none of them holds is somebody else's. The tests run both ways
on Linux, where psutil reads /proc, and Windows' under wine; neither has been run on a real Windows or macOS.
Linux itself has a quicker way (`bridge.server.owner`).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

Address = tuple[str, int]
"""IP address and port, as `socket.getpeername` gives them first."""


def own_holders(peer: Address, own: Address, system: str) -> list[int]:
    """The processes of this user that hold the socket at `peer`, connected to us at `own`.

    Args:
        system: ``win32`` or ``darwin``, as `sys.platform` says it.

    Raises:
        ImportError: psutil is missing.
        OSError: the system does not tell.
    """
    import psutil  # only here: a daemon on Linux does not pay for it

    try:
        find = _by_table if system == "win32" else _by_process
        return sorted(set(find(psutil, peer, own)))
    except psutil.Error as error:
        raise OSError(f"psutil: {error}") from error


def program_paths(pids: Iterable[int]) -> list[str]:
    """Windows: where their programs lie, of those that have not ended meanwhile."""
    from bridge.winprocesses import program

    return [path for path in map(program, pids) if path]


def _by_table(psutil: Any, peer: Address, own: Address) -> Iterator[int]:
    from bridge.server import wintcp

    user = psutil.Process().username()
    # A program may reach 127.0.0.1 from an IPv6 socket: its row is in the second table then.
    for family in (wintcp.IPV4, wintcp.IPV6) if ":" not in peer[0] else (wintcp.IPV6,):
        # A socket that nobody holds any more has the process 0.
        held = [e.pid for e in wintcp.connections(family) if e.pid and _is_between(e, peer, own)]
        for pid in held:
            with suppress(psutil.Error):  # it has ended, or we may not look at it: not ours
                if psutil.Process(pid).username() == user:
                    yield pid
        if held:
            return


def _by_process(psutil: Any, peer: Address, own: Address) -> Iterator[int]:
    user = os.geteuid()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().effective == user and any(
                _is_between(ends, peer, own) for ends in process.net_connections(kind="tcp")
            ):
                yield process.pid


def _is_between(ends: Any, local: Address, remote: Address) -> bool:
    if not (ends.laddr and ends.raddr) or (ends.laddr[1], ends.raddr[1]) != (local[1], remote[1]):
        return False
    return (_plain(ends.laddr[0]), _plain(ends.raddr[0])) == (_plain(local[0]), _plain(remote[0]))


def _plain(host: str) -> str:
    """A program may reach 127.0.0.1 from an IPv6 socket; its end is then ::ffff:127.0.0.1."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
