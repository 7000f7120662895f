"""Puts bounds on and tries what they should refuse: run as a child, prints a JSON object of name -> outcome.

Command line: module | documents | window | nothing, a folder of the person's, a folder of the token's.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from bridge import confine

PTRACE_TRACEME = 0
TIOCSTI = 0x5412
CLONE_NEWUSER = 0x10000000
UEVENT = 15


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "done"


def libc(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*map(ctypes.c_long, arguments)) == -1:
        raise OSError(ctypes.get_errno(), name)


def in_thread(attempt: Callable[[], object]) -> str:
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(outcome(attempt)))
    thread.start()
    thread.join()
    return said[0]


def main(kind: str, private: Path, token: Path) -> None:
    (private / "old").write_text("secret")
    (token / "old").write_text("token")
    parent = os.getppid()
    match kind:
        case "module":
            confine.module([token], [Path(sys.executable)])
        case "documents":
            confine.documents()
        case "window":
            confine.window_files()
            confine.window_calls()
    attempts: dict[str, Callable[[], object]] = {
        "inet": lambda: socket.socket(socket.AF_INET),
        "inet6": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "uevent": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, UEVENT),
        "pair": socket.socketpair,
        "own write": lambda: (token / "new").write_text("x"),
        "own replace": lambda: (token / "new").replace(token / "old"),
        "write": lambda: (private / "new").write_text("x"),
        "append": lambda: (private / "old").open("a"),
        "truncate": lambda: os.truncate(private / "old", 0),
        "remove": lambda: (private / "old").unlink(),
        "folder": lambda: (private / "folder").mkdir(),
        "link": lambda: (private / "link").symlink_to("/etc/passwd"),
        "read": lambda: (private / "old").read_text(),
        "library": lambda: Path(os.__file__).read_bytes(),
        "foreign program": lambda: subprocess.run(["/bin/true"], check=True),
        "own program": lambda: subprocess.run([sys.executable, "-I", "-c", ""], check=True),
        "signal": lambda: os.kill(parent, 0),
        "own signal": lambda: os.kill(os.getpid(), signal.SIGCHLD),
        "ptrace": lambda: libc("ptrace", PTRACE_TRACEME, 0, 0, 0),
        "typing": lambda: libc("ioctl", 0, TIOCSTI, 0),
        "namespace": lambda: libc("unshare", CLONE_NEWUSER),
        "io_uring": lambda: libc("syscall", 425, 1, 0),
    }
    result = {name: outcome(attempt) for name, attempt in attempts.items()}
    result["inet in a thread"] = in_thread(lambda: socket.socket(socket.AF_INET))
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
