"""One daemon for all tests that only talk to it; after each of them it must go on serving."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.server.running import Daemon, running_in

MAX_MESSAGE_BYTES = 65536


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    rules = f"max_message_bytes = {MAX_MESSAGE_BYTES}"
    with running_in(tmp_path_factory.mktemp("daemon"), rules) as daemon:
        yield daemon


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Iterator[Daemon]:
    """The daemon; it is asserted that it serves a fresh connection afterwards."""
    yield shared_daemon
    shared_daemon.serves()
