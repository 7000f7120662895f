"""The real daemon remembers who was refused, and shows nothing of it: no window, no notification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import refused
from bridge.core.settings import SiteSettings
from bridge.edits import Editor
from tests.unit.server.running import Daemon, eventually, running_in
from tests.unit.server.wire import FOREIGN_ORIGIN, ORIGIN, Wire, connected


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with running_in(tmp_path_factory.mktemp("daemon")) as running:
        yield running


def refused_file(daemon: Daemon) -> Path:
    return daemon.folder / "state" / "cardbridge" / "refused.json"


def origins(daemon: Daemon) -> list[str]:
    return [refusal.origin for refusal in refused.read(refused_file(daemon))]


def ask(daemon: Daemon, origin: str) -> None:
    """Connect, and wait for the first frame: the greeting, or the close frame."""
    with Wire(daemon.port) as wire:
        wire.upgrade({"Origin": origin})
        wire.read_frame()


NEVER = ("http://never.example", "chrome-extension://never", "https://ｎever.example", "https://never..jp")


def test_a_refused_site_is_remembered_and_served_once_it_is_allowed(daemon: Daemon) -> None:
    """Not remembered: who is served, and who could not be allowed."""
    for origin in (ORIGIN, *NEVER, FOREIGN_ORIGIN):
        ask(daemon, origin)
    eventually(lambda: _assert_there(daemon, FOREIGN_ORIGIN))
    assert origins(daemon) == [FOREIGN_ORIGIN]
    assert "never" not in refused_file(daemon).read_text()
    Editor(daemon.folder / "config.toml", None).add_site(SiteSettings(origin=FOREIGN_ORIGIN))
    with Wire(daemon.port) as wire:
        wire.greeted({"Origin": FOREIGN_ORIGIN})


def test_a_site_that_is_taken_off_the_list_is_served_no_more(tmp_path: Path) -> None:
    """Not on the connection that it has, and on no new one."""
    with running_in(tmp_path) as running, connected(running.port) as wire:
        assert "result" in wire.call("bridge.info")
        assert Editor(tmp_path / "config.toml", None).remove_site(ORIGIN)
        assert wire.call("bridge.info")["error"]["data"]["reason"] == "originNotPermitted"
        with Wire(running.port) as again:
            again.upgrade({"Origin": ORIGIN})
            assert again.read_frame().close_code == 4403


def _assert_there(daemon: Daemon, origin: str) -> None:
    assert origin in origins(daemon)


def test_what_is_not_written_yet_is_written_at_the_end(tmp_path: Path) -> None:
    with running_in(tmp_path) as running:
        for number in range(3):
            ask(running, f"https://n{number}.example")
        assert running.stop() == 0
        assert set(origins(running)) == {f"https://n{number}.example" for number in range(3)}
