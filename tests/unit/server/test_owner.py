"""The socket's owner: another user of the machine is refused, whoever started the daemon."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from bridge.server import owner, sockets
from cardbridge_demo.ports import free_ports
from tests.unit.server.hosted import hosted
from tests.unit.server.running import HAS_IPV6, Daemon, configuration, eventually, started
from tests.unit.server.wire import ORIGIN, Header, Wire, opening, serves

NOBODY, DAEMON = 65534, 1
"""Two users that every Debian has."""
SYSTEMS = ["linux", "win32", "darwin"]
"""How the owner is found there; psutil's two ways work on Linux too."""


def run_as(user: int) -> list[str]:
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]


AS_NOBODY = run_as(NOBODY)
SECOND_USER = pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0 or shutil.which("setpriv") is None,
    reason="only root can start a client as another user, with setpriv",
)
IPV6 = pytest.mark.skipif(not HAS_IPV6, reason="no IPv6 here")
REFUSED = b"Only programs of the same user are served.\n"
CLIENT = """
import socket, sys
host, port, head = sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read()
with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as client:
    client.settimeout(30)
    client.connect((host, port))
    client.sendall(head)
    received = client.recv(65536)
    while received and not received.startswith(b"HTTP/1.1 101"):
        more = client.recv(65536)
        if not more:
            break
        received += more
sys.stdout.buffer.write(received)
"""


def answer(user: list[str], host: str, port: int, changes: dict[str, Header] | None = None) -> bytes:
    """What a program under `user` gets for an opening handshake."""
    client = subprocess.run(
        [*user, "/usr/bin/python3", "-I", "-c", CLIENT, host, str(port)],
        input=opening(port, changes),
        capture_output=True,
        timeout=60,
        cwd="/",
    )
    assert client.returncode == 0, client.stderr
    return client.stdout


HOSTS = ["127.0.0.1", *[pytest.param(host, marks=IPV6) for host in ("::1", "::ffff:127.0.0.1")]]


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The owner is looked for as on this system."""
    name: str = request.param
    monkeypatch.setattr(owner, "_SYSTEM", name)
    return name


@SECOND_USER
@pytest.mark.parametrize("host", HOSTS)
def test_another_user_is_refused(daemon: Daemon, host: str) -> None:
    assert answer([], host, daemon.port).startswith(b"HTTP/1.1 101 ")
    refused = answer(AS_NOBODY, host, daemon.port)
    assert refused.startswith(b"HTTP/1.1 403 ") and refused.endswith(REFUSED)


@SECOND_USER
def test_another_user_is_refused_on_every_system(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch) as server:
        assert answer([], "127.0.0.1", server.port).startswith(b"HTTP/1.1 101 ")
        assert answer(AS_NOBODY, "127.0.0.1", server.port).endswith(REFUSED)
        serves(server.port)


@SECOND_USER
def test_between_origin_and_subprotocol(daemon: Daemon) -> None:
    faults: dict[str, Header] = {"Sec-WebSocket-Protocol": None}
    assert answer(AS_NOBODY, "127.0.0.1", daemon.port, faults).endswith(REFUSED)
    faults = {**faults, "Origin": None}
    assert answer(AS_NOBODY, "127.0.0.1", daemon.port, faults).endswith(b"An Origin is required.\n")


AS_ON = """
import sys
from bridge.server import owner
owner._SYSTEM = sys.argv.pop(1)
from bridge.cli import main
sys.exit(main())
"""


@contextmanager
def daemon_of(user: int, ports: tuple[int, int], system: str) -> Iterator[Daemon]:
    """The daemon of an ordinary user, to whom root is another user too."""
    made = subprocess.run([*run_as(user), "mktemp", "-d"], capture_output=True, text=True, check=True)
    folder = Path(made.stdout.strip())
    try:
        os.chown(configuration(folder, ports), user, user)
        program = [sys.executable, "-c", AS_ON, system]
        with started(folder, before=run_as(user), program=program) as running:
            yield running
    finally:
        shutil.rmtree(folder)


@SECOND_USER
@pytest.mark.parametrize("system_there", SYSTEMS)
def test_two_users_daemons_side_by_side(system_there: str) -> None:
    """Both are on the same range of ports; each user's pages are accepted by that user's daemon alone."""
    first = free_ports(6)
    area = (first, first + 5)
    with daemon_of(NOBODY, area, system_there) as one, daemon_of(DAEMON, area, system_there) as other:
        ports = (one.port, other.port)
        assert first <= one.port < other.port <= first + 5
        users = {"root": [], "nobody": AS_NOBODY, "daemon": run_as(DAEMON)}
        found = {
            name: [answer(user, "127.0.0.1", port).startswith(b"HTTP/1.1 101 ") for port in ports]
            for name, user in users.items()
        }
        assert answer([], "127.0.0.1", one.port).endswith(REFUSED)
    assert found == {"root": [False, False], "nobody": [True, False], "daemon": [False, True]}


@pytest.fixture(params=HOSTS)
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The client's and the server's end of a connection."""
    host: str = request.param
    with socket.create_server(("127.0.0.1" if "." in host else host, 0), family=_family(host)) as listening:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as client:
            client.connect((host, listening.getsockname()[1]))
            with listening.accept()[0] as server:
                yield client, server


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET if "." in host else socket.AF_INET6


def owner_seen(server: socket.socket) -> int | None:
    return owner.owner_of(server.getpeername()[:2], server.getsockname()[:2])


def is_own(server: socket.socket) -> bool:
    return owner.is_own(server.getpeername()[:2], server.getsockname()[:2])


def test_owner_is_found(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    assert owner_seen(server) == os.getuid()
    client.shutdown(socket.SHUT_WR)
    assert owner_seen(server) == os.getuid(), "half closed, and still somebody's"


def test_own_socket(ends: tuple[socket.socket, socket.socket], system: str) -> None:
    client, server = ends
    assert is_own(server)
    client.shutdown(socket.SHUT_WR)
    assert is_own(server), "half closed, and still ours"


def test_nobody_holds_it_any_more(ends: tuple[socket.socket, socket.socket], system: str) -> None:
    """Linux: the row of a closed socket belongs to user 0 for a while, and that is not root."""
    client, server = ends
    client.close()
    assert server.recv(1) == b""
    if system == "linux":
        assert owner_seen(server) is None
    assert not is_own(server)


def test_another_connection_is_not_mistaken(ends: tuple[socket.socket, socket.socket], system: str) -> None:
    client, server = ends
    (peer, peer_port), (own, own_port) = server.getpeername()[:2], server.getsockname()[:2]
    assert owner.is_own((peer, own_port), (own, peer_port)), "our own end of it"
    assert not owner.is_own((peer, peer_port), (own, own_port ^ 1))
    assert not owner.is_own((peer, peer_port ^ 1), (own, own_port))


@SECOND_USER
def test_another_users_process_is_none_of_ours(system: str) -> None:
    """Root may look at it: what decides is whose it is, not whether it can be seen."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = (
            f"import socket, sys; s = socket.create_connection({listening.getsockname()}); sys.stdin.read()"
        )
        command = [*AS_NOBODY, "/usr/bin/python3", "-I", "-c", client]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd="/") as process:
            with listening.accept()[0] as server:
                assert not is_own(server)
            process.communicate()


UNKNOWN: list[tuple[str, Exception | None]] = [
    ("freebsd14", None),
    ("win32", psutil.AccessDenied(1)),
    ("darwin", psutil.Error("no table")),
    ("win32", ImportError("psutil")),
]


@pytest.mark.parametrize(("system_there", "failure"), UNKNOWN)
def test_nobody_is_let_in_unseen(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    system_there: str,
    failure: Exception | None,
) -> None:
    """Where the system does not tell, the server says so in its log and refuses."""

    def fails(*_: object, **__: object) -> None:
        assert failure is not None
        raise failure

    with hosted(monkeypatch) as server:
        serves(server.port)
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(owner, "_SYSTEM", system_there)
            elsewhere.setattr(psutil, "net_connections", fails)
            elsewhere.setattr(psutil, "process_iter", fails)
            assert answer([], "127.0.0.1", server.port, {"Origin": ORIGIN}).endswith(REFUSED)
        assert "cannot be found out on this computer" in caplog.text
        serves(server.port)


def test_a_flood_is_not_looked_up_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a look takes long: another user who opens sockets without end leaves no work behind."""
    looks: list[int] = []
    may_look = threading.Event()

    def is_own(peer: tuple[str, int], own: tuple[str, int]) -> bool:
        looks.append(peer[1])
        return may_look.wait(30)

    monkeypatch.setattr(owner, "_SYSTEM", "darwin")
    monkeypatch.setattr(owner, "is_own", is_own)
    monkeypatch.setattr(sockets, "MAX_ASKED", 4)
    with hosted(monkeypatch, max_connections=4) as server:
        with ExitStack() as opened:
            wires = [opened.enter_context(Wire(server.port)) for _ in range(40)]
            for wire in wires:
                wire.send(opening(server.port))
            for wire in wires[:30]:
                assert wire.read_to_end() == b"", "dropped"
            may_look.set()
        eventually(lambda: serves(server.port))
    assert len(looks) < 20


def test_linux_needs_no_psutil(shared_daemon: Daemon) -> None:
    shared_daemon.serves()
    assert "psutil" not in Path(f"/proc/{shared_daemon.process.pid}/maps").read_text()


def test_tables_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with hosted(monkeypatch) as server:
        with monkeypatch.context() as hidden:
            hidden.setattr(owner, "_PROC_NET", tmp_path)
            assert answer([], "127.0.0.1", server.port).endswith(REFUSED)
        serves(server.port)
