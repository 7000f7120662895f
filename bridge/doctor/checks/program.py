"""The program itself: version, daemon, ports, start at login."""

from __future__ import annotations

import http.client
import os
import platform
import socket
import sys
from collections.abc import Iterable, Iterator

from bridge import __version__
from bridge import autostart as entries
from bridge.core.finding import Finding
from bridge.doctor.place import Place, Runtime
from bridge.server import owner
from bridge.server.listening import listeners

_ANSWER_S = 5.0


def version(place: Place) -> Iterable[Finding]:
    """Which version this is, and whether the daemon that runs is the same."""
    system = f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    runtime = place.runtime() if place.daemon() is not None else None
    if runtime is not None and runtime.version != __version__:
        values = {"version": __version__, "running": runtime.version}
        yield Finding(id="program", code="version_differs", state="warning", values=values, detail=system)
    else:
        yield Finding(
            id="program", code="version", state="ok", values={"version": __version__}, detail=system
        )


def daemon(place: Place) -> Iterable[Finding]:
    """Whether the daemon runs and answers."""
    pid, runtime = place.daemon(), place.runtime()
    if runtime is None and pid is None:
        yield Finding(id="daemon", code="not_running", state="warning")
    elif pid is None:
        yield Finding(id="daemon", code="runtime_stale", state="warning", repair="runtime")
    elif runtime is None:
        yield Finding(id="daemon", code="no_runtime", state="warning", detail=f"pid {pid}")
    elif _answers(runtime):
        yield Finding(id="daemon", code="running", state="ok", values={"url": runtime.url})
    else:
        yield Finding(
            id="daemon",
            code="daemon_silent",
            state="failure",
            values={"url": runtime.url},
            detail=f"pid {pid}",
        )


def _answers(runtime: Runtime) -> bool:
    """Whether something that speaks HTTP is there: the request is one that the daemon turns away."""
    port = runtime.url.rpartition(":")[2].partition("/")[0]
    if not port.isdigit():
        return False
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=_ANSWER_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.client.NOT_FOUND
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def socket_owner(place: Place) -> Iterable[Finding]:
    """Whether this computer tells whose socket connects; where it does not, every page is refused."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        own = listening.getsockname()
        with socket.create_connection(own) as client:
            try:
                is_own = owner.is_own(client.getsockname(), own)
            except (ImportError, NotImplementedError, OSError) as error:
                is_own, detail = False, f"{type(error).__name__}: {error}"
            else:
                detail = "" if is_own else "an own socket was not found"
    if is_own:
        yield Finding(id="owner", code="owner_known", state="ok")
    else:
        yield Finding(id="owner", code="owner_unknown", state="failure", detail=detail)


def ports(place: Place) -> Iterable[Finding]:
    """Which ports of the range are free, which are taken and by whom."""
    first, last = place.settings().server.ports
    runtime = place.runtime() if place.daemon() is not None else None
    own = runtime.url.rpartition(":")[2].partition("/")[0] if runtime is not None else ""
    taken = {port: who for port in range(first, last + 1) if str(port) != own and (who := listeners(port))}
    values = {"first": str(first), "last": str(last), "own": own}
    detail = "; ".join(f"{port}: {', '.join(_names(who))}" for port, who in taken.items())
    if sys.platform == "win32":
        yield Finding(id="ports", code="not_here", state="skipped")
    elif own:
        yield Finding(id="ports", code="ports_own", state="ok", values=values, detail=detail)
    elif len(taken) == last - first + 1:
        yield Finding(
            id="ports", code="ports_taken", state="failure", values={**values, "who": detail}, detail=detail
        )
    elif taken:
        yield Finding(
            id="ports", code="ports_some", state="ok", values={**values, "who": detail}, detail=detail
        )
    else:
        yield Finding(id="ports", code="ports_free", state="ok", values=values)


def _names(programs: tuple[str, ...]) -> Iterator[str]:
    """A program of another user cannot be seen."""
    for path in programs:
        yield os.path.basename(path) or "?"


def autostart(place: Place) -> Iterable[Finding]:
    """Whether it starts at login, and whether what would start is this program."""
    if entries.is_outdated():
        yield Finding(id="autostart", code="autostart_outdated", state="warning", repair="autostart")
    else:
        code = "autostart_on" if entries.is_on() else "autostart_off"
        yield Finding(id="autostart", code=code, state="ok")
