"""Child processes of the daemon and the pipes that they inherit.

A child is one of this package's own modules (`CHILDREN`), started afresh, never forked. It gets
`multiprocessing.connection.Connection`s by inheritance and finds them again with `inherited`. multiprocessing
is imported with the first of them: the daemon is ready before it has any child.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CHILDREN = {
    "activity": "bridge.ui.activity",
    "worker": "bridge.pkcs11.worker",
    "dialog": "bridge.ui.dialog",
    "doctor": "bridge.doctor.child",
    "preview": "bridge.ui.preview.child",
    "reset": "bridge.pcsc.reset",
    "signing": "bridge.signing.child",
    "settings": "bridge.preferences.child",
    "about": "bridge.ui.about",
    "bounds": "bridge.confine.trial",
    "message": "bridge.ui.message",
    "menu": "bridge.ui.menu",
    "tray": "bridge.ui.tray.child",
}

_MAX_HANDLES = 4096

CHILD_FLAG = "--cardbridge-child"
_WITHOUT_CONSOLE = "cardbridgew.exe"

_SILENT = ("bounds", "dialog", "preview", "reset", "signing", "worker")
"""Near them are PINs and strangers' documents, and what a module or a library prints is anybody's guess: it
goes nowhere, for the daemon's own stderr ends in a file of the desktop's.
"""

_ENVIRONMENT = (
    "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOCALAPPDATA",
    "OPENSC_CONF", "PATH", "PCSCLITE_CSOCK_NAME", "SOFTHSM2_CONF", "SYSTEMROOT", "TEMP", "TMPDIR",
    "USERPROFILE", "WAYLAND_DISPLAY", "WINDIR", "XAUTHORITY", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME",
    "XDG_CURRENT_DESKTOP", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XMODIFIERS",
)  # fmt: skip

_OF_WINDOWS = (
    "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR", "XMODIFIERS",
)  # fmt: skip
_WINDOWLESS = ("bounds", "preview", "reset", "signing", "worker")


def spawn(
    child: str,
    connections: Sequence[Connection],
    arguments: Sequence[str] = (),
    *,
    command: Sequence[str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `child` with `connections`, which stay open here: close them afterwards.

    Args:
        child: a key of `CHILDREN`.
        connections: what the child inherits, in this order.
        arguments: what follows on its command line; never a secret, other programs can read it.
        command: another interpreter with its script, in place of our own with the child's module.

    Raises:
        OSError: the process cannot be started.
    """
    handles = [connection.fileno() for connection in connections]
    command = [*(command or _interpreter(child)), ",".join(map(str, handles)), *arguments]
    with _inheritable(handles) as inheritance:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if child in _SILENT else None,
            cwd=os.environ.get("SYSTEMROOT", os.sep),
            env=_environment(child),
            **inheritance,
        )


def pipe() -> tuple[Connection, Connection]:
    """Two connected ends; what is sent into one arrives at the other."""
    from multiprocessing.connection import Pipe

    return Pipe()


def is_connection(thing: object) -> TypeGuard[Connection]:
    """Whether it is one end of what `Pipe` gives on this system."""
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection as Kind
    else:
        from multiprocessing.connection import Connection as Kind
    return isinstance(thing, Kind)


def inherited(handles: str) -> list[Connection]:
    """The connections that `spawn` gave this child; `handles` is its first argument."""
    return [_connection(int(handle)) for handle in handles.split(",")]


def hand_over(carrier: Connection, connection: Connection, pid: int) -> None:
    """Give `connection` to the process `pid` at the other end of `carrier`; closes it here.

    Raises:
        OSError: the process is gone.
    """
    try:
        _send(carrier, connection.fileno(), pid)
    finally:
        connection.close()


def receive(carrier: Connection) -> Connection:
    """The connection that the daemon handed over on `carrier`.

    Raises:
        EOFError, OSError: the daemon is gone.
    """
    from multiprocessing.reduction import recv_handle

    return _connection(recv_handle(carrier))


@contextmanager
def loading() -> Iterator[None]:
    """No garbage is collected while a child loads what it needs; nor is that looked through later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def limit_resources(*, memory_bytes: int, computing_s: int, writes_files: bool = True) -> None:
    """Let this process have no more than that, and leave no core dump behind: setrlimit(2).

    Windows has no such limits: there the daemon's time limits are all.
    """
    try:
        import resource
    except ImportError:
        return
    limits = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_CPU: computing_s, resource.RLIMIT_CORE: 0}
    if not writes_files:
        limits[resource.RLIMIT_FSIZE] = 0
    for limit, most in limits.items():
        with suppress(OSError, ValueError):  # macOS does not take every limit
            resource.setrlimit(limit, (most, most))


def command_of(child: str, arguments: Sequence[str] = ()) -> list[str]:
    """How `child` is started without any connection, also by a process that is another program."""
    return [*_interpreter(child), *arguments]


def become(command: list[str]) -> NoReturn:
    """Replace this process by `command_of` a child: its memory, its sockets and files are gone with it.

    Raises:
        OSError: the program cannot be started.
    """
    os.closerange(3, _MAX_HANDLES)
    os.execve(command[0], command, _environment("reset"))  # noqa: S606 - our own interpreter and module, no shell


def has_display() -> bool:
    """Whether windows can be opened: on Linux, Tk's are X windows."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY"))


def program() -> list[str]:
    """The command that is this program, for what starts it again: the verb follows."""
    if not getattr(sys, "frozen", False):
        return [sys.executable, "-I", "-m", "bridge"]
    return [
        str(Path(sys.executable).with_name(_WITHOUT_CONSOLE)) if sys.platform == "win32" else sys.executable
    ]


if sys.platform == "win32":

    @contextmanager
    def _inheritable(handles: list[int]) -> Iterator[dict[str, Any]]:
        """Exactly these are inherited, also where another thread starts a process at the same time."""
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles})
        for handle in handles:
            os.set_handle_inheritable(handle, True)
        try:
            yield {"startupinfo": startup, "creationflags": subprocess.CREATE_NO_WINDOW}
        finally:
            for handle in handles:
                os.set_handle_inheritable(handle, False)

    def _connection(handle: int) -> Connection:
        from multiprocessing.connection import PipeConnection

        return PipeConnection(handle)  # the other class of the same interface

    def _send(carrier: Connection, handle: int, pid: int) -> None:
        """multiprocessing's own send_handle gives DUPLICATE_SAME_ACCESS as the right: one to write only."""
        import _winapi
        from multiprocessing.reduction import DupHandle

        rights = _winapi.FILE_GENERIC_READ | _winapi.FILE_GENERIC_WRITE
        carrier.send(DupHandle(handle, rights, pid))

else:

    @contextmanager
    def _inheritable(handles: list[int]) -> Iterator[dict[str, Any]]:
        yield {"pass_fds": handles}

    def _connection(handle: int) -> Connection:
        from multiprocessing.connection import Connection

        os.set_inheritable(handle, False)  # a module may start programs of its own, which outlive the worker
        return Connection(handle)

    def _send(carrier: Connection, handle: int, pid: int) -> None:
        from multiprocessing.reduction import send_handle

        send_handle(carrier, handle, pid)


def _interpreter(child: str) -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_FLAG, child]
    return [sys.executable, "-I", "-m", CHILDREN[child]]


def _environment(child: str) -> dict[str, str]:
    without = _OF_WINDOWS if child in _WINDOWLESS else ()
    # One by one: another thread may be changing others (`bridge.server.load_aiohttp`).
    found = ((name, os.environ.get(name)) for name in _ENVIRONMENT if name not in without)
    return {name: value for name, value in found if value is not None}
