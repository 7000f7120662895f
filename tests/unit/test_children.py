"""Children: started afresh with nothing but what they are given."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Pipe
from pathlib import Path

import pytest

from bridge import children

ECHO = """
import os, sys
from bridge.children import inherited, receive
first, second = inherited(sys.argv[1])
second.send({"arguments": sys.argv[2:], "environment": sorted(os.environ), "stdin": sys.stdin.read(),
             "handles": sorted(int(name) for name in os.listdir("/proc/self/fd")), "argv": sys.argv[1],
             "folder": os.getcwd()})
try:
    while True:
        first.send_bytes(first.recv_bytes()[::-1])
except EOFError:
    pass
try:
    handed = receive(second)
except (EOFError, OSError):
    sys.exit(3)
handed.send("handed over")
"""


STRAY = (
    "BASH_ENV", "GCONV_PATH", "GIO_MODULE_DIR", "GTK_MODULES", "GTK_PATH", "LD_AUDIT", "LD_LIBRARY_PATH",
    "LD_PRELOAD", "LOCPATH", "MALLOC_CHECK_", "NLSPATH", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
    "PKCS11SPY", "PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH", "PYTHONSTARTUP", "SSLKEYLOGFILE",
    "TCLLIBPATH", "TCL_LIBRARY", "TK_LIBRARY", "XCURSOR_PATH", "XLOCALEDIR",
)  # fmt: skip
"""By these a library or an interpreter loads other code, reads other files or writes what it hears."""

WINDOWS = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_interpreter", lambda child: [sys.executable, "-I", "-c", ECHO])


class Child:
    """An echo and the two pipes to it."""

    def __init__(self, *arguments: str) -> None:
        self.first, theirs = Pipe()
        self.second, also_theirs = Pipe()
        with theirs, also_theirs:
            self.process = children.spawn("worker", [theirs, also_theirs], arguments)

    def end(self) -> int:
        self.first.close()
        return self.process.wait(30)


@pytest.fixture
def child(echo: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    for name in (*STRAY, *WINDOWS, "CARDBRIDGE_CONFIG"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("SOFTHSM2_CONF", "/somewhere")
    started = Child("one", "二")
    yield started
    started.process.kill()
    started.process.wait()
    for connection in (started.first, started.second):
        if not connection.closed:
            connection.close()


@pytest.mark.parametrize("name", sorted(children.CHILDREN))
def test_every_child_is_a_module_with_a_main(name: str) -> None:
    module = importlib.import_module(children.CHILDREN[name])
    assert callable(module.main)


def test_a_child_is_a_fresh_isolated_interpreter_of_our_own_module() -> None:
    assert children._interpreter("worker") == [sys.executable, "-I", "-m", "bridge.pkcs11.worker"]


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert children._interpreter("dialog") == [sys.executable, children.CHILD_FLAG, "dialog"]


def test_it_gets_its_pipes_its_arguments_and_a_short_environment(child: Child) -> None:
    told = child.second.recv()
    assert told["arguments"] == ["one", "二"] and told["stdin"] == ""
    assert set(told["environment"]) - {"LC_CTYPE"} <= set(children._ENVIRONMENT)
    assert "SOFTHSM2_CONF" in told["environment"] and "PATH" in told["environment"]
    assert not {*STRAY, *WINDOWS, "CARDBRIDGE_CONFIG"} & set(told["environment"])
    assert told["folder"] == "/"
    for payload in (b"abc", b"", bytes(200_000) + b"x"):
        child.first.send_bytes(payload)
        assert child.first.recv_bytes() == payload[::-1]


PRINTS = """
import ctypes, os, sys
for handle in (1, 2):
    os.write(handle, b"printed by Python ")
ctypes.CDLL(None).perror(b"printed by C")
"""
STARTS = """
import sys
from multiprocessing.connection import Pipe
from bridge import children
children._interpreter = lambda child: [sys.executable, "-I", "-c", sys.argv[2]]
ours, theirs = Pipe()
sys.exit(children.spawn(sys.argv[1], [theirs]).wait())
"""


@pytest.mark.parametrize("name", ["worker", "dialog", "preview", "signing", "reset", "bounds"])
def test_what_a_module_or_a_library_prints_goes_nowhere(name: str) -> None:
    assert printed(name) == b""


def test_what_a_window_without_a_pin_prints_can_be_read() -> None:
    """And so the test before can see what is printed."""
    assert b"printed by Python" in printed("settings") and b"printed by C" in printed("settings")


def printed(name: str) -> bytes:
    done = subprocess.run([sys.executable, "-c", STARTS, name, PRINTS], capture_output=True, check=True)
    return done.stdout + done.stderr


HANDS_ON = """
import subprocess, sys
from bridge.children import inherited, receive
(asker,) = inherited(sys.argv[1])
handed = receive(asker)
mine = {asker.fileno(), handed.fileno()}
names = subprocess.run(["ls", "/proc/self/fd"], close_fds=False, capture_output=True).stdout.split()
asker.send(sorted(mine & {int(name) for name in names}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_a_child_starts_gets_none_of_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module may start a program that outlives the worker: nobody would hear that the worker is gone."""
    monkeypatch.setattr(children, "_interpreter", lambda child: [sys.executable, "-I", "-c", HANDS_ON])
    ours, theirs = Pipe()
    secret, handed = Pipe()
    with ours, secret:
        with theirs:
            process = children.spawn("worker", [theirs])
        children.hand_over(ours, handed, process.pid)
        assert ours.recv() == []
        process.wait(30)


def test_windows_get_their_display_and_others_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WINDOWS:
        monkeypatch.setenv(name, "x")
    for child in children.CHILDREN:
        has_display = "DISPLAY" in children._environment(child)
        assert has_display == (child not in ("bounds", "preview", "reset", "signing", "worker"))


def test_it_inherits_no_other_handle(echo: None, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        child = Child()
    told = child.second.recv()
    given = {int(handle) for handle in told["argv"].split(",")}
    the_listing_itself = 1
    assert len(given) == 2
    assert len(set(told["handles"]) - {0, 1, 2} - given) <= the_listing_itself
    child.second.close()
    assert child.end() == 3


def test_the_end_of_the_parents_pipe_ends_it(child: Child) -> None:
    child.second.recv()
    child.second.close()
    assert child.end() == 3


def test_the_end_of_the_child_is_the_end_of_the_pipe(child: Child) -> None:
    child.second.recv()
    child.process.kill()
    with pytest.raises(EOFError):
        child.first.recv_bytes()


def test_a_pipe_is_handed_over_and_closed_here(child: Child) -> None:
    child.second.recv()
    child.first.close()
    ours, theirs = Pipe()
    children.hand_over(child.second, theirs, child.process.pid)
    assert theirs.closed
    assert ours.recv() == "handed over"
    assert child.process.wait(30) == 0
    ours.close()


def test_a_pipe_that_nobody_takes_is_closed_all_the_same(child: Child) -> None:
    child.second.recv()
    child.process.kill()
    child.process.wait()
    ours, theirs = Pipe()
    with pytest.raises(OSError):
        children.hand_over(child.second, theirs, child.process.pid)
    assert theirs.closed
    with pytest.raises(EOFError):
        ours.recv()
    ours.close()


def test_become_leaves_nothing_open(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    code = (
        "import os, sys; from bridge import children;"
        f"handle = os.open({str(secret)!r}, os.O_RDONLY); os.set_inheritable(handle, True);"
        "children._interpreter = lambda child: [sys.executable, '-I', '-c', "
        '\'import os, sys; print(os.getpid(), [os.readlink(f"/proc/self/fd/{n}") for n in range(3, 100)'
        ' if os.path.exists(f"/proc/self/fd/{n}")], sys.argv[1:], sorted(os.environ))\'];'
        "children.become(children.command_of('worker', ['a', 'b']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ | {"LEAK": "1"}, text=True
    )
    told, _ = process.communicate(timeout=60)
    assert told.startswith(f"{process.pid} ")
    assert "secret" not in told and "['a', 'b']" in told and "LEAK" not in told
