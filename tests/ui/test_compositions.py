"""Dead keys and Multi_key compose in the dialog's window; other keyboards load no table of compositions."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.core.consent import Approved
from bridge.core.pinentry import PinOutcome
from bridge.ui import root, xlib
from cardbridge_demo.desktop import Desktop, desktop
from tests.ui.child import child
from tests.ui.scenes import scenes

LAYOUTS = {
    ("-layout", "us"): True,
    ("-layout", "jp"): True,
    ("-layout", "us", "-variant", "intl"): False,
    ("-layout", "jp,fr"): False,
    ("-layout", "jp", "-option", "compose:ralt"): False,
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desktop]:
    """One of its own: its keyboard changes."""
    with desktop("1000x900x24") as started:
        yield started


def _lay_out(desk: Desktop, layout: tuple[str, ...]) -> None:
    """Any options that stand are taken back first."""
    command = ["setxkbmap", "-option", "", *layout]
    subprocess.run(command, env={**os.environ, **desk.env}, check=True)


@pytest.mark.parametrize(("layout", "is_plain"), LAYOUTS.items(), ids=lambda value: str(value))
def test_keyboards(desk: Desktop, layout: tuple[str, ...], is_plain: bool) -> None:
    """A layout that is the second of two counts too."""
    _lay_out(desk, layout)
    assert xlib.types_plainly(desk.display) is is_plain


def test_no_server_says_nothing_of_its_keyboard() -> None:
    with pytest.raises(OSError):
        xlib.types_plainly(":12345")


def test_whose_table_is_read(desk: Desktop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A table of the person's own is, whatever the keyboard."""
    _lay_out(desk, ("-layout", "jp"))
    monkeypatch.setenv("DISPLAY", desk.display)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XCOMPOSEFILE", raising=False)
    with root._compositions():
        assert os.environ["XCOMPOSEFILE"] == os.devnull
    (tmp_path / ".XCompose").touch()
    with root._compositions():
        assert "XCOMPOSEFILE" not in os.environ
    (tmp_path / ".XCompose").unlink()
    monkeypatch.setenv("XCOMPOSEFILE", "mine")
    with root._compositions():
        assert os.environ["XCOMPOSEFILE"] == "mine"
    assert os.environ["XCOMPOSEFILE"] == "mine"


@pytest.mark.parametrize(
    ("layout", "keys"),
    [
        (("-layout", "us", "-variant", "intl"), ("dead_acute", "e")),
        (("-layout", "jp", "-option", "compose:ralt"), ("Multi_key", "apostrophe", "e")),
    ],
    ids=["dead", "multi"],
)
def test_composed_letters_arrive(
    desk: Desktop, monkeypatch: pytest.MonkeyPatch, layout: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    _lay_out(desk, layout)
    for name, value in desk.env.items():
        monkeypatch.setenv(name, value)
    with child(desk, scenes()["pin-contact"]) as dialog:
        desk.type_text("90817")
        for key in ("Tab", *keys, "Return"):
            desk.press(key)
        assert dialog.entered() == {"pin": "90817"}
        dialog.say(PinOutcome(verdict="accepted"))
        assert dialog.answer() == Approved(contact="é")
