"""What a clerk does after the registration, as `Walk` does that: 変更, ICカード更新, ログイン (S9 to S11)."""

from __future__ import annotations

from collections.abc import Callable

from .registration import TIMEOUT_MS, Walk


def change(walk: Walk, name: str, value: str) -> str:
    """S9: one field of the form; the receipt's number."""
    _from_menu(walk, "#change", "S9")
    walk.type_pin("S9-pin-window")
    walk.wait_for_screen("S5")
    walk.page.fill(f"#{name}", value)
    walk.shot("S9-form", "変更（登録内容が入っています）")
    walk.page.click("#confirm")
    walk.wait_for_screen("S6")
    walk.shot("S9-confirm", "変更内容確認")
    walk.page.click("#register")
    walk.type_pin("S9-sign-window")
    return _receipt(walk, "S9-done", "変更完了")


def renew(walk: Walk, swap: Callable[[], None], *, choose: Callable[[str], None] | None = None) -> str:
    """S10: the old card, the new card, 電子証明書更新確認; the receipt's number.

    Args:
        swap: brings the new card; with one reader it takes the old one out, and the page goes on by itself.
        choose: picks the new card in the daemon's window, where both are inserted; it gets the window's name.
    """
    _from_menu(walk, "#renew", "S10")
    walk.type_pin("S10-old-pin-window")
    walk.page.wait_for_selector("#new-card:enabled", timeout=TIMEOUT_MS)
    walk.shot("S10-swap", "ICカード更新（差し替え）")
    swap()
    if choose is not None:
        walk.page.click("#new-card")
        choose("S10-choose-window")
    walk.type_pin("S10-new-pin-window")
    walk.page.wait_for_selector("#pair", timeout=TIMEOUT_MS)
    walk.shot("S10", "電子証明書更新確認")
    walk.page.click("#renew:enabled")
    if choose is not None:
        choose("S10-choose-signer-window")
    walk.type_pin("S10-sign-window")
    return _receipt(walk, "S10-done", "ICカード更新完了")


def login(walk: Walk) -> None:
    """S1, S11, マイページ."""
    walk.page.goto(f"{walk.origin}/m/{walk.sample.municipality}/")
    walk.page.click("#login:enabled", timeout=TIMEOUT_MS)
    walk.type_pin("S11-pin-window")
    walk.wait_for_screen("mypage")
    walk.shot("S11", "マイページ")


def logout(walk: Walk) -> None:
    """ログアウト, back to S1."""
    walk.page.click("#logout:enabled")
    walk.wait_for_screen("S1")


def _from_menu(walk: Walk, button: str, screen: str) -> None:
    walk.page.goto(f"{walk.origin}/m/{walk.sample.municipality}/menu")
    walk.page.click(button)
    walk.wait_for_screen(screen)


def _receipt(walk: Walk, name: str, title: str) -> str:
    walk.wait_for_screen("S7")
    walk.shot(name, title)
    return walk.page.inner_text("#receipt-number")
