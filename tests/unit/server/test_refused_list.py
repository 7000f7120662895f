"""The real daemon remembers who was refused, and shows nothing of it: no window, no notification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import refused
from bridge.core.settings import SiteSettings
from bridge.edits import Editor
from tests.unit.server.running import Daemon, configuration, eventually, free_ports, started
from tests.unit.server.wire import FOREIGN_ORIGIN, ORIGIN, Wire


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("daemon")
    first = free_ports(1)
    configuration(folder, (first, first))
    with started(folder) as running:
        yield running


def refused_file(daemon: Daemon) -> Path:
    return daemon.folder / "state" / "cardbridge" / "refused.json"


def origins(daemon: Daemon) -> list[str]:
    return [refusal.origin for refusal in refused.read(refused_file(daemon))]


def ask(daemon: Daemon, origin: str) -> int | None:
    """The close code; None where the page is greeted."""
    with Wire(daemon.port) as wire:
        wire.upgrade({"Origin": origin})
        return wire.read_frame().close_code


def test_a_refused_site_is_remembered_and_served_once_it_is_allowed(daemon: Daemon) -> None:
    assert ask(daemon, FOREIGN_ORIGIN) == 4403
    eventually(lambda: _assert_there(daemon, FOREIGN_ORIGIN))
    Editor(daemon.folder / "config.toml", None).add_site(SiteSettings(origin=FOREIGN_ORIGIN))
    with Wire(daemon.port) as wire:
        wire.greeted({"Origin": FOREIGN_ORIGIN})


def _assert_there(daemon: Daemon, origin: str) -> None:
    assert origin in origins(daemon)


@pytest.mark.parametrize(
    "origin", [ORIGIN, "http://evil.example", "chrome-extension://abc", "https://ｅvil.example"]
)
def test_who_is_served_or_could_not_be_allowed_is_not_remembered(daemon: Daemon, origin: str) -> None:
    ask(daemon, origin)
    marker = f"https://marker-{abs(hash(origin)) % 10**8}.example"
    ask(daemon, marker)
    eventually(lambda: _assert_there(daemon, marker))
    assert origin not in origins(daemon) and "http://evil.example" not in refused_file(daemon).read_text()


def test_what_is_not_written_yet_is_written_at_the_end(tmp_path: Path) -> None:
    first = free_ports(1)
    configuration(tmp_path, (first, first))
    with started(tmp_path) as running:
        for number in range(3):
            ask(running, f"https://n{number}.example")
        assert running.stop() == 0
        assert set(origins(running)) == {f"https://n{number}.example" for number in range(3)}
        assert set((refused_file(running).parent).iterdir()) >= {refused_file(running)}
