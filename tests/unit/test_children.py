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
             "handles": sorted(int(name) for name in os.listdir("/proc/self/fd")), "argv": sys.argv[1]})
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
    monkeypatch.setenv("LD_PRELOAD_OF_TESTS", "x")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("CARDBRIDGE_CONFIG", "/nowhere")
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
    assert not {"PYTHONPATH", "CARDBRIDGE_CONFIG", "LD_PRELOAD_OF_TESTS"} & set(told["environment"])
    for payload in (b"abc", b"", bytes(200_000) + b"x"):
        child.first.send_bytes(payload)
        assert child.first.recv_bytes() == payload[::-1]


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
