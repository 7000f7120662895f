"""The settings window as a person uses it, with keyboard and mouse."""

from __future__ import annotations

import os
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge import refused
from bridge.config import load
from bridge.core.origin import Origin
from bridge.core.refusals import Refusal
from bridge.core.settings import SiteSettings
from bridge.preferences.model import Files
from cardbridge_demo.desktop import Desktop
from tests.ui.settings_stage import CONFIG, Settings, files_in, settings_window

Open = Callable[..., Settings]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make an administrator's file")
LOOKALIKE = "https://xn--bid-qdd.example.jp"
ADMINISTRATORS = """\
locked = ["ui.language", "driver"]
[[site]]
origin = "https://city.example.jp"
name = "市役所"
[[driver]]
name = "Card"
path = "/nowhere/card.so"
"""


@pytest.fixture
def open_window(screen: Desktop, tmp_path: Path) -> Iterator[Open]:
    """Opens a window over files in a folder of the test's own."""
    from contextlib import ExitStack

    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        patch.setattr("bridge.preferences.siteform.GUARD_S", 0.05)

        def opened(refusals: list[str] | None = None, **texts: str | None) -> Settings:
            files = files_in(tmp_path, **texts)
            if refusals:
                ask(files, *refusals)
            return stack.enter_context(settings_window(screen, files))

        yield opened


def ask(files: Files, *origins: str, at: int = 1_795_000_000) -> None:
    """As the daemon notes those that it refused."""
    refused.remember(files.refused, [Refusal(origin=origin, at=at + i) for i, origin in enumerate(origins)])


def sites(shown: Settings) -> dict[str, SiteSettings]:
    return {site.origin: site for site in load(shown.files.user).site}


def test_what_is_allowed_is_listed(open_window: Open) -> None:
    words = open_window().words()
    assert "かごしま県市町村電子入札システム" in words and "https://ebid.example.jp" in words
    assert "続けて使う間は1回（5分使わないと終わり、最長15分）" in words
    assert "https://own.example.jp:8443" in words and "PIN番号：毎回入力" in words


def test_a_site_added_by_keyboard_and_taken_back(open_window: Open) -> None:
    shown = open_window(user=None)
    assert "許可したサイトは、まだありません" in shown.words() and not shown.files.user.exists()
    shown.click(shown.button("サイトを追加"))
    shown.type_text("https://New.example.jp:443/")
    shown.press("Return")
    assert "https://new.example.jp" in shown.words() and "このサイトを許可しますか" in shown.words()
    shown.type_text("shiyakusho")
    shown.until(lambda: str(shown.button("許可する")["state"]) == "normal")
    shown.press("Return")
    assert sites(shown) == {
        "https://new.example.jp": SiteSettings(origin="https://new.example.jp", name="shiyakusho")
    }
    assert "許可しました：https://new.example.jp" in shown.words()
    shown.click(shown.button("元に戻す"))
    assert sites(shown) == {} and "元に戻しました" in shown.words()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "サイトのアドレスではありません"),
        ("ebid.example.jp", "サイトのアドレスではありません"),
        ("https://a.jp/x", "サイトのアドレスではありません"),
        ("https://a.jp https://b.jp", "サイトのアドレスではありません"),
        ("javascript:alert(1)", "サイトのアドレスではありません"),
        ("http://a.jp", "http:// のサイトは許可できません"),
        ("https://EBID.example.jp", "すでに許可されています"),
    ],
)
def test_an_address_that_cannot_be_allowed(open_window: Open, typed: str, said: str) -> None:
    shown = open_window()
    shown.click(shown.button("サイトを追加"))
    shown.type_text(typed)
    shown.press("Return")
    assert said in shown.words() and shown.files.user.read_text("utf-8") == CONFIG
    assert shown.entries()[0].get() == typed, "what was typed can be mended"


def test_the_pin_rule_changed(open_window: Open) -> None:
    shown = open_window()
    shown.click(shown.buttons("変更")[1])
    idle, longest = shown.entries()[1:]
    assert str(idle["state"]) == "disabled"
    shown.click(shown.choice("ログインなどで"))
    for entry, typed in ((idle, "0"), (longest, "30")):
        shown.click(entry)
        shown.press("ctrl+a", "BackSpace")
        entry.delete(0, "end")
        shown.type_text(typed)
    shown.press_when_enabled("保存")
    assert (
        "分は、1～1440の数字で" in shown.words() and sites(shown)["https://own.example.jp:8443"].pin == "each"
    )
    idle.delete(0, "end")
    shown.click(idle)
    shown.type_text("2.5")
    shown.press("Return")
    changed = sites(shown)["https://own.example.jp:8443"]
    assert (changed.pin, changed.pin_idle_s, changed.pin_max_s) == ("session", 150, 1800)
    shown.click(shown.button("元に戻す"))
    assert sites(shown)["https://own.example.jp:8443"].pin == "each"


def test_changing_keeps_what_the_window_does_not_show(open_window: Open) -> None:
    rules = 'allow_hash_signing = true\ntimestamp_url = "https://tsa.example.jp"\n'
    shown = open_window(user=f'[[site]]\norigin = "https://a.jp"\n{rules}')
    assert "内容を表示できない署名" in shown.words() and "https://tsa.example.jp" in shown.words()
    shown.click(shown.button("変更"))
    assert "内容を表示できない署名" in shown.words()
    shown.type_text("A")
    shown.press_when_enabled("保存")
    site = sites(shown)["https://a.jp"]
    assert (site.name, site.allow_hash_signing, site.timestamp_url) == ("A", True, "https://tsa.example.jp")


def test_nothing_is_removed_without_a_second_word(open_window: Open) -> None:
    shown = open_window()
    for key in ("Return", "Escape", "space"):
        shown.click(shown.buttons("許可を取り消す")[0])
        assert "このサイトの許可を取り消しますか" in shown.words()
        shown.press(key)
        shown.until(lambda: "ここにあるサイトだけが" in shown.words())
    assert len(sites(shown)) == 2
    shown.click(shown.buttons("許可を取り消す")[0])
    shown.click(shown.button("許可を取り消す"))
    assert list(sites(shown)) == ["https://own.example.jp:8443"]
    shown.click(shown.button("元に戻す"))
    assert sites(shown)["https://ebid.example.jp"].pin == "session"


def test_one_that_asked_is_allowed(open_window: Open) -> None:
    shown = open_window(["https://portal.example.jp:8443"])
    shown.turn_to("許可を求めたサイト（1）")
    shown.click(shown.button("許可する…"))
    assert "https://portal.example.jp:8443" in shown.words() and len(sites(shown)) == 2
    shown.press_when_enabled("許可する")
    assert sites(shown)["https://portal.example.jp:8443"].pin == "each"
    assert "許可を求めたサイト\n" in shown.words() + "\n" and "（1）" not in shown.words()


def test_a_double_click_allows_nothing(screen: Desktop, tmp_path: Path) -> None:
    """With the guard as it is: what comes in the first half second is not an answer."""
    files = files_in(tmp_path)
    ask(files, "https://portal.example.jp")
    with settings_window(screen, files) as shown:
        shown.turn_to("許可を求めたサイト")
        shown.click(shown.button("許可する…"))
        assert str(shown.button("許可する")["state"]) == "disabled"
        shown.press("Return", "Return")
        shown.click(shown.button("許可する"))
        assert len(sites(shown)) == 2
        shown.press_when_enabled("許可する")
        assert len(sites(shown)) == 3


def test_a_lookalike_is_shown_as_what_it_is(open_window: Open) -> None:
    shown = open_window([LOOKALIKE])
    shown.turn_to("許可を求めた")
    words = shown.words()
    assert LOOKALIKE in words and "読み：https://\u0435bid.example.jp" in words
    assert "許可したサイト https://ebid.example.jp とよく似ていますが、別のサイトです" in words
    assert "\u0435（キリル文字、U+0435）" in words
    shown.click(shown.button("許可する…"))
    assert "とよく似ていますが、別のサイトです" in shown.words() and LOOKALIKE in shown.words()
    shown.pump(0.2)
    shown.click(shown.button("許可する"))
    shown.press("Return")
    assert len(sites(shown)) == 2, "not before it is ticked that the warning was read"
    shown.click(shown.box())
    shown.press_when_enabled("許可する")
    assert LOOKALIKE in sites(shown)


def test_a_typed_lookalike_is_told_too(open_window: Open) -> None:
    shown = open_window()
    shown.click(shown.button("サイトを追加"))
    shown.type_text("https://ebid.example.jp.evil.example")
    shown.press("Return")
    assert "https://ebid.example.jp の名前を含んでいますが、別のサイトです" in shown.words()
    assert str(shown.button("許可する")["state"]) == "disabled" and not shown.box().winfo_viewable() == 0


def test_a_long_origin_shows_its_end(open_window: Open) -> None:
    origin = "https://" + ".".join(("ebid.example.jp", "a" * 60, "b" * 60, "c" * 60, "evil.example"))
    shown = open_window([origin])
    shown.turn_to("許可を求めた")
    assert origin in shown.words()
    shown.click(shown.button("許可する…"))
    assert origin in shown.words()


def test_taken_off_the_list_and_brought_back(open_window: Open) -> None:
    shown = open_window(["https://a.example", "https://b.example"])
    shown.turn_to("許可を求めた")
    shown.click(shown.buttons("一覧から消す")[0])
    assert [r.origin for r in refused.read(shown.files.refused)] == ["https://a.example"]
    shown.click(shown.button("元に戻す"))
    assert len(refused.read(shown.files.refused)) == 2 and len(sites(shown)) == 2


def test_a_page_moves_no_button_under_the_hand(open_window: Open) -> None:
    shown = open_window(["https://a.example"])
    shown.turn_to("許可を求めた")
    ask(shown.files, "https://evil.example", at=1_795_000_100)
    shown.until(lambda: "一覧に変化がありました" in shown.words())
    assert "https://evil.example" not in shown.words() and "許可を求めたサイト（2）" in shown.words()
    shown.click(shown.button("一覧を更新"))
    assert "https://evil.example" in shown.words()
    assert shown.window.tabs.chosen == "refused"


def test_a_page_opens_nothing_and_changes_no_list_but_its_own(open_window: Open) -> None:
    shown = open_window()
    before = shown.widgets()
    ask(shown.files, "https://evil.example")
    shown.until(lambda: "許可を求めたサイト（1）" in shown.words())
    assert shown.window.tabs.chosen == "sites" and "evil" not in shown.words()
    assert shown.widgets() == before and len(shown.desktop.windows()) == 1


@needs_root
def test_what_an_administrator_set_cannot_be_changed(open_window: Open) -> None:
    shown = open_window(machine=ADMINISTRATORS)
    words = shown.words()
    assert words.index("市役所") < words.index("かごしま県") and words.count("管理者が設定") == 1
    for name in ("変更", "許可を取り消す"):
        states = [str(button["state"]) for button in shown.buttons(name)]
        assert states == ["disabled", "normal", "normal"]
        shown.click(shown.buttons(name)[0])
        assert "ここにあるサイトだけが" in shown.words()
    shown.turn_to("カードのドライバ")
    assert "ドライバの追加は、管理者が止めています" in shown.words()
    assert "このパソコンで見つかった" not in shown.words()
    assert (
        str(shown.button("ドライバを追加")["state"]) == str(shown.button("取り除く")["state"]) == "disabled"
    )
    shown.turn_to("言語")
    shown.click(shown.choice("English"))
    assert "管理者が設定しているため" in shown.words() and str(shown.choice("English")["state"]) == "disabled"
    assert shown.files.user.read_text("utf-8") == CONFIG


@needs_root
def test_a_locked_list_of_sites(open_window: Open) -> None:
    machine = 'locked = ["site"]\n[[site]]\norigin = "https://city.example.jp"\n'
    shown = open_window(["https://portal.example.jp"], machine=machine)
    assert "サイトの追加は、管理者が止めています" in shown.words() and "https://ebid" not in shown.words()
    assert str(shown.button("サイトを追加")["state"]) == "disabled"
    shown.turn_to("許可を求めた")
    assert str(shown.button("許可する…")["state"]) == "disabled"


@needs_root
def test_a_lock_that_comes_while_the_form_is_open(open_window: Open) -> None:
    shown = open_window(["https://portal.example.jp"])
    shown.turn_to("許可を求めた")
    shown.click(shown.button("許可する…"))
    assert shown.files.machine is not None
    shown.files.machine.write_text('locked = ["site"]\n')
    shown.press_when_enabled("許可する")
    assert "管理者が設定しているため" in shown.words() and "portal" not in shown.files.user.read_text("utf-8")


def test_the_language_switched(open_window: Open) -> None:
    shown = open_window()
    shown.turn_to("言語")
    shown.click(shown.choice("English"))
    assert load(shown.files.user).ui.language == "en"
    assert "IC Card Bridge settings" in shown.words() and "Allowed sites" in shown.words()
    shown.turn_to("Allowed sites")
    assert "Only these sites can use the IC card" in shown.words()
    shown.turn_to("Language")
    shown.click(shown.choice("日本語"))
    assert load(shown.files.user).ui.language == "ja" and "設定" in shown.words()


def test_start_at_login(open_window: Open, tmp_path: Path) -> None:
    entry = tmp_path / "config" / "autostart" / "cardbridge.desktop"
    shown = open_window()
    shown.turn_to("言語")
    shown.click(shown.box())
    assert entry.exists() and "ログインしたときに起動します" in shown.words()
    shown.click(shown.box())
    assert not entry.exists() and "ログインしても起動しません" in shown.words()
    shown.click(shown.button("元に戻す"))
    assert entry.exists()


def test_tabs_by_keyboard(open_window: Open) -> None:
    shown = open_window()
    for keys, tab in (
        ("Right", "refused"),
        ("Right", "drivers"),
        ("Left", "refused"),
        ("ctrl+Tab", "drivers"),
    ):
        shown.press(keys)
        assert shown.window.tabs.chosen == tab
    shown.press("ctrl+Next", "ctrl+Next")
    assert shown.window.tabs.chosen == "sites"
    shown.press("Tab", "space")
    shown.until(lambda: "サイトの設定を変える" in shown.words())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ui\n", "書き方の誤りです"),
        ("[ui]\nlanguag = 'ja'\n", "知らない項目です"),
        ("[ui]\nqueue = 'many'\n", "数字を書くところです"),
        ("[[site]]\norigin = 'http://a.jp'\n", "サイトのアドレスではありません"),
    ],
)
def test_a_broken_file_is_shown_and_mended(open_window: Open, text: str, said: str) -> None:
    shown = open_window(user=text)
    words = shown.words()
    assert str(shown.files.user) in words and "行目" in words and said in words
    assert text.splitlines()[-1] in words
    shown.click(shown.choice("カードのドライバ"))
    assert "設定ファイルに誤りがあります" in shown.words() and shown.files.user.read_text() == text
    shown.files.user.write_text(CONFIG, "utf-8")
    shown.until(lambda: "ここにあるサイトだけが" in shown.words())
    shown.files.user.write_text(text)
    shown.until(lambda: said in shown.words())


def test_starting_afresh_keeps_the_broken_file(open_window: Open) -> None:
    shown = open_window(user="[ui\n")
    shown.click(shown.button("初期設定に戻す…"))
    shown.press("Return")
    assert "設定ファイルに誤りがあります" in shown.words(), "Enter is at Cancel"
    shown.click(shown.button("初期設定に戻す…"))
    shown.click(shown.button("初期設定に戻す"))
    assert "許可したサイトは、まだありません" in shown.words() and not shown.files.user.exists()
    (kept,) = shown.files.user.parent.glob("config.toml.broken-*")
    assert kept.read_text() == "[ui\n" and kept.name in shown.words()


@needs_root
def test_an_administrators_broken_file(open_window: Open) -> None:
    shown = open_window(machine="[ui\n")
    assert "管理者の設定ファイルです" in shown.words() and "machine.toml" in shown.words()
    assert shown.buttons("初期設定に戻す…") == []


def test_a_file_that_breaks_while_a_form_is_open_is_not_overwritten(open_window: Open) -> None:
    shown = open_window(["https://portal.example.jp"])
    shown.turn_to("許可を求めた")
    shown.click(shown.button("許可する…"))
    shown.files.user.write_text("[ui\n")
    shown.press_when_enabled("許可する")
    assert "設定ファイルに誤りがあります" in shown.words() and shown.files.user.read_text() == "[ui\n"


def test_a_disk_that_takes_nothing(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = open_window(["https://portal.example.jp"])

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bridge.edits.write_private", full)
    shown.turn_to("許可を求めた")
    shown.click(shown.button("許可する…"))
    shown.type_text("name")
    shown.press_when_enabled("許可する")
    assert "保存できませんでした" in shown.words() and "on device" in shown.words()
    assert shown.entries()[0].get() == "name", "nothing typed is lost"
    monkeypatch.undo()
    shown.click(shown.button("許可する"))
    assert "https://portal.example.jp" in sites(shown)


def test_another_editors_change_is_followed(open_window: Open) -> None:
    shown = open_window()
    shown.files.user.write_text('[[site]]\norigin = "https://other.example.jp"\n')
    shown.until(lambda: "https://other.example.jp" in shown.words())
    assert "ebid" not in shown.words()


def test_hostile_words_of_the_file_are_revealed(open_window: Open) -> None:
    name = "市役所\\u202e\\nhttps://good.example.jp"
    shown = open_window(user=f'[[site]]\norigin = "https://a.jp"\nname = "{name}"\n')
    assert "市役所⟦U+202E⟧⟦U+000A⟧https://good" in shown.words()
    shown.click(shown.button("許可を取り消す"))
    assert "\u202e" not in shown.words() and "⟦U+202E⟧" in shown.words()


def test_escape_closes_the_window(open_window: Open) -> None:
    shown = open_window()
    shown.press("Escape")
    with pytest.raises(tk.TclError):
        shown.root.winfo_exists()


def test_origins_compare_as_tuples(open_window: Open) -> None:
    shown = open_window(["https://EBID.example.jp:443"])
    assert shown.window.model.refusals == (), "allowed already"
    assert shown.window.model.site(Origin.parse("https://ebid.example.jp")) is not None
