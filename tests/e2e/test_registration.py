"""The 利用者登録 in Chromium, its page made public so that the browser's own permission check is real."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_ORIGIN, Permission, chromium
from cardbridge_demo.registration import Walk
from tests.card.lab.eyes import wait_to_read
from tests.e2e.conftest import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm, pytest.mark.timeout(180)]

OpenWalk = Callable[[Permission], AbstractContextManager[Walk]]


@contextmanager
def walk_in(lab: Lab, folder: Path, permission: Permission) -> Iterator[Walk]:
    with chromium(lab.portal.port, permission) as browser:
        yield Walk(
            page=browser.new_page(),
            desktop=lab.screen,
            origin=PUBLIC_ORIGIN,
            sample=lab.sample,
            pin=lab.pin,
            folder=folder,
        )


@pytest.fixture
def open_walk(lab: Lab, tmp_path: Path) -> OpenWalk:
    return lambda permission: walk_in(lab, tmp_path, permission)


def _to_pin_window(walk: Walk) -> None:
    walk.choose_municipality()
    walk.enter()
    walk.start_registration()


def test_wrong_pin_then_right(daemon: str, open_walk: OpenWalk) -> None:
    """The same window says that the PIN was wrong and takes the right one; the page goes on to S4."""
    with open_walk("granted") as walk:
        _to_pin_window(walk)
        first = walk.desktop.wait_for_window()
        walk.desktop.type_text("000000")
        walk.desktop.press("Return")
        wait_to_read(walk.desktop, "incorrect")
        assert walk.desktop.windows() == [first]
        walk.desktop.type_text(walk.pin)
        walk.desktop.press("Return")
        walk.wait_for_screen("S4")
        assert walk.page.inner_text("#holder-company") == walk.sample.name
        walk.desktop.wait_until_gone()


def test_user_cancels(daemon: str, open_walk: OpenWalk) -> None:
    with open_walk("granted") as walk:
        _to_pin_window(walk)
        walk.desktop.wait_for_window()
        walk.desktop.press("Escape")
        assert "キャンセル" in walk.wait_for_guidance("userCancelled")
        walk.desktop.wait_until_gone()


def test_page_withdraws(daemon: str, open_walk: OpenWalk) -> None:
    """キャンセル on the page, and leaving the page, both close the daemon's window."""
    with open_walk("granted") as walk:
        _to_pin_window(walk)
        walk.desktop.wait_for_window()
        walk.page.click("#cancel")
        walk.desktop.wait_until_gone()
        walk.wait_for_guidance("userCancelled")
        walk.page.click("#retry")
        walk.desktop.wait_for_window()
        walk.page.goto("about:blank")
        walk.desktop.wait_until_gone()


def test_wrong_pin_then_gives_up(daemon: str, open_walk: OpenWalk) -> None:
    with open_walk("granted") as walk:
        _to_pin_window(walk)
        walk.type_pin("wrong", "000000")
        wait_to_read(walk.desktop, "incorrect")
        walk.desktop.press("Escape")
        assert "PIN番号が違います" in walk.wait_for_guidance("pinIncorrect")


def test_permission_denied(daemon: str, open_walk: OpenWalk) -> None:
    with open_walk("denied") as walk:
        walk.choose_municipality()
        assert "許可" in walk.wait_for_guidance("permissionDenied")
        assert walk.page.is_disabled("#register")


def test_site_not_permitted(lab: Lab, open_walk: OpenWalk) -> None:
    other = lab.configuration("https://other.example.jp")
    with stack.daemon(lab.folder, other, lab.env), open_walk("granted") as walk:
        walk.choose_municipality()
        assert "許可" in walk.wait_for_guidance("siteNotPermitted")


def test_daemon_not_running(open_walk: OpenWalk) -> None:
    with open_walk("granted") as walk:
        walk.choose_municipality()
        text = walk.wait_for_guidance("notRunning")
        assert "ICカードブリッジ" in text and "起動" in text


def test_whole_registration(lab: Lab, daemon: str, tmp_path: Path) -> None:
    """S0 to S8 on SoftHSM2."""
    _register(lab, tmp_path)


@pytest.mark.card
def test_whole_registration_on_the_virtual_card(card_lab: Lab, tmp_path: Path) -> None:
    """S0 to S8 on pcscd, the virtual IC card and OpenSC."""
    with stack.daemon(card_lab.folder, card_lab.configuration(), card_lab.env):
        _register(card_lab, tmp_path)


def _register(lab: Lab, folder: Path) -> None:
    """The company is registered, the signature stored, the sheet printed without the number."""
    with walk_in(lab, folder, "granted") as walk:
        receipt = walk.whole()
    database = sqlite3.connect(lab.portal.data / "portal.sqlite3")
    found = database.execute("select count(*) from event where receipt = ?", [receipt])
    assert found.fetchone() == (1,)
    assert (folder / "receipt.pdf").read_bytes().startswith(b"%PDF-")
    assert not lab.screen.windows()
    _assert_secret_nowhere(lab, lab.sample.number.encode(), lab.pin.encode())


def _assert_secret_nowhere(lab: Lab, *secrets: bytes) -> None:
    """Neither number nor PIN stands in a log or in the database, and the daemon's log names no person."""
    logs = [*lab.folder.rglob("*.log"), *lab.portal.data.glob("portal.sqlite3*")]
    assert any(log.name == "cardbridge.log" for log in logs)
    for path in logs:
        content = path.read_bytes()
        for secret in secrets:
            assert secret not in content, path
        if path.name == "cardbridge.log":
            assert lab.sample.name.encode() not in content and "見本".encode() not in content
