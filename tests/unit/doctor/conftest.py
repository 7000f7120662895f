"""A user's home of its own for every test, and an empty system beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.doctor.place import Place

VARIABLES = {
    "HOME": "home",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_STATE_HOME": "home/.local/state",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, folder in VARIABLES.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("CARDBRIDGE_CONFIG", "XDG_CONFIG_DIRS", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    return tmp_path / "home"


@pytest.fixture
def place(home: Path, tmp_path: Path) -> Place:
    config = home / ".config" / "cardbridge" / "config.toml"
    config.parent.mkdir(mode=0o700)
    root = tmp_path / "root"
    root.mkdir()
    return Place(user=config, machine=None, root=root)
