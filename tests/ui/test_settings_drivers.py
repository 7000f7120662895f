"""Drivers are tried before they are added; one that hangs or crashes stops nothing but itself."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bridge.config import load
from bridge.pkcs11.trial import Trial
from bridge.preferences import driverform
from cardbridge_demo import softhsm
from cardbridge_demo.desktop import Desktop
from tests.ui.settings_stage import Settings, files_in, settings_window

pytestmark = pytest.mark.softhsm
HANGS = "#include <unistd.h>\n__attribute__((constructor)) static void hang(void) { for (;;) pause(); }\n"
CRASHES = "#include <stdlib.h>\n__attribute__((constructor)) static void crash(void) { abort(); }\n"
FAILED, BACK = "ドライバを使えません", "戻る"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """SoftHSM2 with an empty folder of tokens."""
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    return str(softhsm.module())


@pytest.fixture
def shown(screen: Desktop, tmp_path: Path, module: str) -> Iterator[Settings]:
    with settings_window(screen, files_in(tmp_path)) as window:
        window.turn_to("カードのドライバ")
        yield window


def compiled(folder: Path, source: str) -> str:
    library = folder / "library.so"
    command = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(command, input=source, text=True, check=True)
    return str(library)


def add(shown: Settings, name: str, path: str) -> None:
    shown.click(shown.button("ドライバを追加"))
    shown.type_text(name)
    shown.press("Tab")
    shown.type_text(path)
    shown.press("Return")


def names(shown: Settings) -> list[str]:
    return [driver.name for driver in load(shown.files.user).driver]


def test_one_that_works_is_added_and_taken_back(shown: Settings, module: str) -> None:
    add(shown, "Own", module)
    shown.until(lambda: "追加しました：Own" in shown.words())
    assert "SoftHSM" in shown.words() and names(shown) == ["Own"]
    shown.click(shown.button("元に戻す"))
    assert names(shown) == []


def test_one_that_was_found_here_is_added_with_a_click(shown: Settings, module: str) -> None:
    assert module in shown.words() and "このパソコンで見つかったドライバ" in shown.words()
    shown.click(shown.buttons("試して追加")[-1])
    shown.until(lambda: "追加しました" in shown.words())
    assert names(shown) == ["SoftHSM2"]
    shown.click(shown.button("試す"))
    shown.until(lambda: "ドライバを読み込めました" in shown.words())
    shown.press("Return")
    shown.click(shown.button("取り除く"))
    assert "このドライバを取り除きますか" in shown.words() and module in shown.words()
    shown.click(shown.button("取り除く"))
    assert names(shown) == []


def test_a_file_that_is_none(shown: Settings, tmp_path: Path) -> None:
    (tmp_path / "letter.so").write_text("拝啓")
    for path, said in (
        (tmp_path / "letter.so", "このドライバは追加しませんでした"),
        (tmp_path / "none.so", "ファイルがありません"),
    ):
        add(shown, "Own", str(path))
        shown.until(lambda: FAILED in shown.words())
        assert said in shown.words() and names(shown) == []
        shown.click(shown.button(BACK))


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("", "/x.so", "名前を入力"),
        ("Own", "x.so", "絶対パス"),
        ("Own", "", "絶対パス"),
        ("Card", "/x.so", "同じ名前"),
    ],
)
def test_a_form_that_is_not_filled_in(
    screen: Desktop, tmp_path: Path, name: str, path: str, said: str
) -> None:
    files = files_in(tmp_path, user='[[driver]]\nname = "Card"\npath = "/nowhere/card.so"\n')
    with settings_window(screen, files) as shown:
        shown.turn_to("カードのドライバ")
        add(shown, name, path)
        assert said in shown.words() and names(shown) == ["Card"]
        assert [entry.get() for entry in shown.entries()] == [name, path]


def test_one_that_crashes(shown: Settings, tmp_path: Path) -> None:
    add(shown, "Own", compiled(tmp_path, CRASHES))
    shown.until(lambda: FAILED in shown.words())
    assert names(shown) == [] and "このドライバは追加しませんでした" in shown.words()


@pytest.mark.parametrize("leaves", ["button", "close"])
def test_one_that_hangs_is_left_at_once_and_gone(shown: Settings, tmp_path: Path, leaves: str) -> None:
    path = compiled(tmp_path, HANGS)
    add(shown, "Own", path)
    shown.until(lambda: "ドライバを試しています" in shown.words())
    shown.until(lambda: workers(path))
    began = time.monotonic()
    shown.pump()
    if leaves == "button":
        shown.click(shown.button("キャンセル"))
    else:
        shown.window.close()
    assert workers(path) == [] and names(shown) == []
    assert time.monotonic() - began < 25, "not by the driver's own time limit"


def test_one_that_hangs_is_ended_by_the_time_limit(
    screen: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driverform, "Trial", partial(Trial, timeout_s=1.0))
    with settings_window(screen, files_in(tmp_path)) as shown:
        shown.turn_to("カードのドライバ")
        add(shown, "Own", compiled(tmp_path, HANGS))
        shown.until(lambda: FAILED in shown.words())
        assert "応答がありません" in shown.words() and names(shown) == []


def workers(path: str) -> list[str]:
    """The processes that have loaded this module."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(line.endswith(f" {path}") for line in (process / "maps").read_text().splitlines()):
                found.append(process.name)
        except OSError:
            continue
    return found
