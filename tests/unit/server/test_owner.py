"""The socket's owner: another user of the machine is refused, whoever started the daemon."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.server import owner
from tests.unit.server.hosted import hosted
from tests.unit.server.running import HAS_IPV6, Daemon, configuration, free_ports, started
from tests.unit.server.wire import ORIGIN, Header, opening, serves

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
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


@SECOND_USER
@pytest.mark.parametrize("host", HOSTS)
def test_another_user_is_refused(daemon: Daemon, host: str) -> None:
    assert answer([], host, daemon.port).startswith(b"HTTP/1.1 101 ")
    refused = answer(AS_NOBODY, host, daemon.port)
    assert refused.startswith(b"HTTP/1.1 403 ") and refused.endswith(REFUSED)


@SECOND_USER
def test_between_origin_and_subprotocol(daemon: Daemon) -> None:
    faults: dict[str, Header] = {"Sec-WebSocket-Protocol": None}
    assert answer(AS_NOBODY, "127.0.0.1", daemon.port, faults).endswith(REFUSED)
    faults = {**faults, "Origin": None}
    assert answer(AS_NOBODY, "127.0.0.1", daemon.port, faults).endswith(b"An Origin is required.\n")


@pytest.fixture
def nobodys_daemon() -> Iterator[Daemon]:
    """A daemon of the other user; root is another user to it."""
    made = subprocess.run([*AS_NOBODY, "mktemp", "-d"], capture_output=True, text=True, check=True)
    folder = Path(made.stdout.strip())
    try:
        first = free_ports(1)
        os.chown(configuration(folder, (first, first)), NOBODY, NOBODY)
        with started(folder, before=AS_NOBODY) as running:
            yield running
    finally:
        shutil.rmtree(folder)


@SECOND_USER
def test_root_is_another_user_too(nobodys_daemon: Daemon) -> None:
    port = nobodys_daemon.port
    assert answer([], "127.0.0.1", port).endswith(REFUSED)
    assert answer(AS_NOBODY, "127.0.0.1", port).startswith(b"HTTP/1.1 101 ")


@SECOND_USER
def test_two_users_daemons_side_by_side(daemon: Daemon, nobodys_daemon: Daemon) -> None:
    """Each user's pages are accepted by that user's daemon alone, and so find it."""
    ports = (daemon.port, nobodys_daemon.port)
    found = {
        name: [answer(user, "127.0.0.1", port).startswith(b"HTTP/1.1 101 ") for port in ports]
        for name, user in (("root", []), ("nobody", AS_NOBODY))
    }
    assert found == {"root": [True, False], "nobody": [False, True]}


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


def test_owner_is_found(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    assert owner_seen(server) == os.getuid()
    assert owner.is_own(server.getpeername()[:2], server.getsockname()[:2])
    client.shutdown(socket.SHUT_WR)
    assert owner_seen(server) == os.getuid(), "half closed, and still somebody's"


def test_nobody_holds_it_any_more(ends: tuple[socket.socket, socket.socket]) -> None:
    """The row of a closed socket belongs to user 0 for a while: that is not root."""
    client, server = ends
    client.close()
    assert server.recv(1) == b""
    assert owner_seen(server) is None
    assert not owner.is_own(server.getpeername()[:2], server.getsockname()[:2])


def test_another_connection_is_not_mistaken(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    (peer, peer_port), (own, own_port) = server.getpeername()[:2], server.getsockname()[:2]
    assert owner.owner_of((peer, own_port), (own, peer_port)) == os.getuid(), "our own end of it"
    assert owner.owner_of((peer, peer_port), (own, own_port ^ 1)) is None
    assert owner.owner_of((peer, peer_port ^ 1), (own, own_port)) is None


@pytest.mark.parametrize("system", ["win32", "darwin", "freebsd14"])
def test_nobody_is_let_in_unseen(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    """Where the check is not implemented, it says so and the server refuses."""
    with hosted(monkeypatch) as server:
        serves(server.port)
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(owner, "_SYSTEM", system)
            with pytest.raises(NotImplementedError):
                owner.owner_of(("127.0.0.1", 1), ("127.0.0.1", 2))
            assert answer([], "127.0.0.1", server.port, {"Origin": ORIGIN}).endswith(REFUSED)
        serves(server.port)


def test_tables_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with hosted(monkeypatch) as server:
        with monkeypatch.context() as hidden:
            hidden.setattr(owner, "_PROC_NET", tmp_path)
            assert answer([], "127.0.0.1", server.port).endswith(REFUSED)
        serves(server.port)
