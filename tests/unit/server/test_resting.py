"""A daemon that was used, and has nothing left to do, becomes a fresh one: same process, same port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bridge import instance
from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import Daemon, configuration, environment, eventually, started
from tests.unit.server.wire import FOREIGN_ORIGIN, OTHER_ORIGIN, TEXT, Wire, connected, opening

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="exec is another process there")

PROGRAM = (sys.executable, "-P", str(Path(__file__).with_name("soon_resting.py")))
RESTS, FRESH, NO_REST = "resting: nothing", "fresh again", "no rest: "
ONE_QUIET_TIME_S = 0.3


@contextmanager
def resting(folder: Path, **env: str) -> Iterator[Daemon]:
    first = free_ports(2)
    configuration(folder, (first, first + 1))
    with started(folder, program=PROGRAM, env=env) as daemon:
        yield daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with resting(tmp_path) as started:
        yield started


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    (tmp_path / "gate").mkdir()
    return tmp_path / "gate"


def log(daemon: Daemon) -> str:
    return next(daemon.folder.rglob("cardbridge.log")).read_text()


def says(daemon: Daemon, what: str, times: int = 1) -> None:
    """Wait until the log has said it so often."""

    def has_said() -> None:
        assert daemon.process.poll() is None, daemon.errors
        assert log(daemon).count(what) >= times, log(daemon)

    eventually(has_said)


def files(daemon: Daemon) -> dict[int, str]:
    """Its descriptors, and what they are of; not what a thread of it opens for a moment, as modules are."""
    first = look(daemon)
    time.sleep(0.1)
    second = look(daemon)
    return {number: name for number, name in first.items() if second.get(number) == name}


def look(daemon: Daemon) -> dict[int, str]:
    names = {}
    for each in Path(f"/proc/{daemon.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # just closed
            names[int(each.name)] = os.readlink(each)
    return {number: name for number, name in names.items() if not re.search(r"\.(pyc|so)$|^/proc", name)}


def loaded(daemon: Daemon) -> set[str]:
    """The native modules of Python packages that are in its memory."""
    maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    return set(re.findall(r"/site-packages/(\S+\.so)", maps))


def test_it_rests_after_use_and_serves_again_and_again(daemon: Daemon) -> None:
    eventually(lambda: is_in("smartcard/", loaded(daemon)))  # its thread loads it later
    fresh, before = loaded(daemon), files(daemon)
    for times in (1, 2):
        with connected(daemon.port) as page:
            assert page.call("bridge.info")["result"]["protocol"] == 1
            assert any(name.startswith("aiohttp/") for name in loaded(daemon) - fresh)
        says(daemon, FRESH, times)
        assert loaded(daemon) <= fresh
    lock = next(daemon.folder.rglob("lock*"))
    assert instance.running(lock) == daemon.process.pid
    assert any(name.endswith("soon_resting.py") for name in before.values())
    after = files(daemon)
    kept = [name for name in before.values() if not name.endswith("soon_resting.py")]
    assert sorted(map(kind, after.values())) == sorted(map(kind, kept))
    assert {name for name in after.values() if name in before.values()} >= listening(daemon)
    assert not any(is_inherited(daemon, number) for number in after if number > 2)
    assert daemon.stop() == 0 and daemon.errors == ""
    assert not list(daemon.folder.rglob("runtime.json"))


def is_in(start: str, names: set[str]) -> None:
    assert any(name.startswith(start) for name in names)


def kind(name: str) -> str:
    return re.sub(r"\[\d+\]", "", name)


def listening(daemon: Daemon) -> set[str]:
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").open()]
    mine = {row[9] for row in rows if row[1].endswith(f":{daemon.port:04X}") and row[3] == "0A"}
    assert mine
    return {f"socket:[{inode}]" for inode in mine}


def is_inherited(daemon: Daemon, number: int) -> bool:
    """Whether programs that it starts would have the descriptor (O_CLOEXEC is not set: proc(5))."""
    info = Path(f"/proc/{daemon.process.pid}/fdinfo/{number}").read_text()
    flags = int(re.search(r"^flags:\s*(\d+)", info, re.MULTILINE)[1], 8)  # type: ignore[index]
    return not flags & os.O_CLOEXEC


def test_what_asks_for_it_meets_a_daemon_like_any_other(daemon: Daemon) -> None:
    daemon.serves()
    says(daemon, FRESH)
    for arguments, code in ((["run"], 3), (["stop"], 0)):
        done = subprocess.run(
            [stack.program(), *arguments], env=environment(daemon.folder), capture_output=True, text=True
        )
        assert done.returncode == code, done
    assert daemon.process.wait(30) == 0
    line, rest = daemon.line, daemon.process.stdout
    assert line and rest is not None and rest.read() == "", "it says only once that it is ready"


def test_who_connects_meanwhile_is_served(tmp_path: Path, gate: Path) -> None:
    with resting(tmp_path, RESTING_GATE=str(gate)) as daemon:
        daemon.serves()
        eventually(lambda: (gate / "there").stat())
        assert RESTS in log(daemon) and FRESH not in log(daemon)
        with Wire(daemon.port) as page, Wire(daemon.port) as silent:
            page.send(opening(daemon.port))
            (gate / "go").touch()
            status, _ = page.read_head()
            assert status == 101 and page.read_message()["method"] == "bridge.hello"
            assert page.call("bridge.info")["result"]
            silent.greeted()
        assert FRESH in log(daemon)


def test_an_end_that_is_asked_for_meanwhile_comes(tmp_path: Path, gate: Path) -> None:
    with resting(tmp_path, RESTING_GATE=str(gate)) as daemon:
        daemon.serves()
        eventually(lambda: (gate / "there").stat())
        assert list(daemon.folder.rglob("runtime.json"))
        daemon.process.terminate()
        (gate / "go").touch()
        assert daemon.process.wait(30) == 0
        assert not list(daemon.folder.rglob("runtime.json"))


def test_an_end_that_is_asked_for_as_it_rests_comes_too(tmp_path: Path) -> None:
    """Heard by a thread that is still ending, in the one turn between the last look and the end."""
    with resting(tmp_path, RESTING_HEARS=str(signal.SIGTERM.value)) as daemon:
        daemon.serves()
        assert daemon.process.wait(30) == 0
        assert RESTS in log(daemon)


def test_who_asks_for_the_settings_meanwhile_ends_nothing(daemon: Daemon) -> None:
    """Threads that are about to end still hear what the event loop's own does not."""
    lines = next(daemon.folder.rglob("cardbridge.log")).open()
    for times in (1, 2):
        daemon.serves()
        heard = ""
        while RESTS not in heard and daemon.process.poll() is None:
            time.sleep(0.0005)
            heard += lines.read()
        for _ in range(20):
            if daemon.process.poll() is None:
                daemon.process.send_signal(signal.SIGUSR1)
        says(daemon, FRESH, times)


def test_it_reads_the_same_configuration_from_wherever_it_was_started(tmp_path: Path) -> None:
    first = free_ports(1)
    rules = configuration(tmp_path, (first, first)).read_text().partition("\n\n")[2]
    (tmp_path / "config.toml").write_text(rules)  # [server] is what it would be without any file
    cd = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', str(tmp_path))
    named = {"CARDBRIDGE_CONFIG": "config.toml"}
    with started(tmp_path, before=cd, program=PROGRAM, env=named) as daemon:
        daemon.serves()
        says(daemon, FRESH)
        daemon.serves()


def test_after_an_upgrade_it_reads_the_same_configuration_too(tmp_path: Path) -> None:
    first = free_ports(1)
    configuration(tmp_path, (first, first))
    there = ("/bin/sh", "-c", 'cd "$0" && exec "$@" --config config.toml', str(tmp_path))
    with started(tmp_path, before=there, env={"CARDBRIDGE_CONFIG": ""}) as daemon:
        daemon.process.send_signal(signal.SIGUSR2)
        assert daemon.process.stdout is not None
        assert daemon.process.stdout.readline() == daemon.line, daemon.errors
        daemon.serves()


def test_a_closed_standard_stream_does_not_make_it_deaf(tmp_path: Path) -> None:
    """Then a number is used that is not handed on."""
    first = free_ports(2)
    configuration(tmp_path, (first, first + 1))
    closed = ("/bin/sh", "-c", 'exec "$@" <&-', "sh")
    with started(tmp_path, before=closed, program=PROGRAM, env={"RESTING_OPENS_NONE": "1"}) as daemon:
        daemon.serves()
        says(daemon, FRESH)
        assert "a standard stream was closed" in log(daemon)
        assert daemon.port == first
        daemon.serves()


def test_what_has_changed_in_the_configuration_before_is_recorded(daemon: Daemon) -> None:
    file = daemon.folder / "config.toml"
    with connected(daemon.port) as page:
        assert page.call("bridge.info")["result"]
        file.write_text(f'{file.read_text()}\n[[site]]\norigin = "{FOREIGN_ORIGIN}"\n')
    says(daemon, FRESH)
    (records,) = [each for each in daemon.folder.rglob("*.jsonl") if "audit" in str(each)]
    assert records.read_text().count('"siteAllowed"') == 1


def test_a_page_that_is_connected_keeps_it(daemon: Daemon) -> None:
    with connected(daemon.port) as page:
        time.sleep(4 * ONE_QUIET_TIME_S)
        assert page.call("bridge.info")["result"] and RESTS not in log(daemon)
    says(daemon, FRESH)


def test_a_socket_that_says_nothing_keeps_it_too(daemon: Daemon) -> None:
    with Wire(daemon.port):
        daemon.serves()
        time.sleep(4 * ONE_QUIET_TIME_S)
        assert RESTS not in log(daemon)
    says(daemon, FRESH)


def test_what_measures_a_site_is_not_forgotten(daemon: Daemon) -> None:
    """It was refused: within the hour that is recorded no second time, also not after a rest."""
    for _ in range(2):
        connected_and_refused(daemon)
        time.sleep(4 * ONE_QUIET_TIME_S)
        assert RESTS not in log(daemon)
    (records,) = [each for each in daemon.folder.rglob("*.jsonl") if "audit" in str(each)]
    assert records.read_text().count('"refused"') == 1


def connected_and_refused(daemon: Daemon) -> None:
    with Wire(daemon.port) as page:
        page.upgrade({"Origin": FOREIGN_ORIGIN})
        assert page.closing() == 4403


def other_file(daemon: Daemon) -> None:
    (daemon.folder / "program").write_text("another")


def other_ports(daemon: Daemon) -> None:
    first = free_ports(2)
    configuration(daemon.folder, (first, first + 1))


def broken_configuration(daemon: Daemon) -> None:
    (daemon.folder / "config.toml").write_text("[[site]")


@pytest.mark.parametrize("change", [other_file, other_ports, broken_configuration])
def test_what_would_start_otherwise_is_not_started(tmp_path: Path, change: Callable[[Daemon], None]) -> None:
    """An upgrade is under way, the ports are others, or nothing would start at all."""
    program = tmp_path / "program"
    program.write_text("one")
    with resting(tmp_path, RESTING_FILE=str(program)) as daemon:
        with connected(daemon.port):
            change(daemon)
        says(daemon, NO_REST)
        assert RESTS not in log(daemon) and connected_again(daemon)


def test_a_configuration_that_is_broken_just_then_ends_nothing(tmp_path: Path) -> None:
    """What was allowed last counts on, not what was at the start; and it is read again when it is mended."""
    with resting(tmp_path, RESTING_BREAKS="1") as daemon:
        file = tmp_path / "config.toml"
        both = file.read_text()
        (one := file.with_name("one")).write_text(both.replace(OTHER_ORIGIN, "https://third.example.jp"))
        one.replace(file)
        daemon.serves()
        says(daemon, "nothing would start with the configuration")
        says(daemon, FRESH)
        assert connected_again(daemon) and not is_allowed(daemon, OTHER_ORIGIN)
        (one := file.with_name("one")).write_text(both)
        one.replace(file)
        assert is_allowed(daemon, OTHER_ORIGIN)
        assert daemon.stop() == 0


def is_allowed(daemon: Daemon, origin: str) -> bool:
    with Wire(daemon.port) as page:
        page.upgrade({"Origin": origin})
        return page.read_frame().opcode == TEXT


def connected_again(daemon: Daemon) -> bool:
    with connected(daemon.port) as page:
        return "result" in page.call("bridge.info")


def test_where_it_cannot_be_replaced_it_goes_on(tmp_path: Path) -> None:
    with resting(tmp_path, RESTING_PROGRAM=str(tmp_path / "gone")) as daemon:
        daemon.serves()
        says(daemon, "no fresh start, the daemon goes on as it is")
        says(daemon, FRESH)
        before = files(daemon)
        for _ in range(3):
            daemon.serves()
        time.sleep(4 * ONE_QUIET_TIME_S)
        assert log(daemon).count(RESTS) == 1
        assert not any(is_inherited(daemon, each) for each in files(daemon) if each > 2)
        assert len(files(daemon)) <= len(before)
        assert instance.running(next(tmp_path.rglob("lock*"))) == daemon.process.pid
        assert daemon.stop() == 0


def test_a_daemon_at_rest_sleeps(daemon: Daemon) -> None:
    """And one that nobody has used has no timer either. Its thread for PC/SC, which is not there, wakes."""

    def sleeps() -> None:
        before = wake_ups(daemon)
        time.sleep(3 * ONE_QUIET_TIME_S)
        assert wake_ups(daemon) == before

    eventually(sleeps)
    daemon.serves()
    says(daemon, FRESH)
    eventually(sleeps)


def wake_ups(daemon: Daemon) -> str:
    """Of the event loop's thread."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return next(line for line in status.splitlines() if line.startswith("voluntary_ctxt_switches:"))
