"""The window 診断, as a person sees and uses it."""

from __future__ import annotations

import gc
import threading
import tkinter as tk
import zipfile
from collections.abc import Iterator
from multiprocessing.connection import Pipe
from pathlib import Path

import msgspec
import pytest

from bridge import children, paths
from bridge.core.desktop import Show
from bridge.core.finding import Finding
from bridge.doctor.place import Place
from bridge.doctor.running import Step
from bridge.doctor.window import DoctorWindow
from cardbridge_demo.desktop import Desktop
from tests.ui.conftest import Desktops
from tests.ui.doctors import LONG, ORDINARY, Shown, doctor_window
from tests.ui.fitting import faults
from tests.ui.hands import click
from tests.unit.doctor.conftest import VARIABLES

SCREENS = [("1400x1000", 96), ("2600x1900", 192), ("1024x768", 96), ("1280x720", 96), ("1024x768", 192)]
GONE = Finding(
    id="driver.file",
    code="driver_missing",
    state="failure",
    values={"name": "Gone", "path": "/gone/module.so"},
    repair="driver:Gone",
)


@pytest.fixture(autouse=True)
def nothing_collected_by_threads() -> Iterator[None]:
    """As in the window's own process: no thread of the checks may free what is Tk's."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, folder in VARIABLES.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(tmp_path / folder))
    return tmp_path / "config.toml"


def test_the_gravest_stands_first_and_says_what_to_do(screen: Desktop, config: Path) -> None:
    with doctor_window(screen, config) as shown:
        text = shown.text()
        assert "問題が1件、注意が3件あります。" in shown.labels()
        assert text.index("32ビット用") < text.index("電子証明書の期限") < text.index("版 0.1.0")
        assert "認証局のソフトの64ビット版を入れてください。" in text and faults(shown) == []
        shown.press("Return")  # 閉じる has the keyboard
        shown.until(lambda: not _exists(shown.root))


def _exists(root: tk.Tk) -> bool:
    try:
        return bool(root.winfo_exists())
    except tk.TclError:
        return False


def check(desktop: Desktop, config: Path, findings: tuple[Finding, ...]) -> None:
    for language in ("ja", "en"):
        with doctor_window(desktop, config, findings, "ja" if language == "ja" else "en") as shown:
            assert faults(shown) == []
            click(desktop, shown.button("サポート用ファイル…" if language == "ja" else "Support file..."))
            shown.until(lambda: "保存" in shown.buttons() or "Save" in shown.buttons())  # noqa: B023
            shown.pump()
            assert faults(shown) == []


def test_fits(desktops: Desktops, config: Path) -> None:
    check(desktops("1280x720", 96), config, LONG)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "dpi"), SCREENS)
@pytest.mark.parametrize("findings", [ORDINARY, LONG], ids=["ordinary", "long"])
def test_fits_on_every_screen(
    desktops: Desktops, config: Path, size: str, dpi: int, findings: tuple[Finding, ...]
) -> None:
    check(desktops(size, dpi), config, findings)


def test_repair_says_what_it_did_and_looks_again(screen: Desktop, config: Path) -> None:
    paths.write_private(paths.refused_file(), b"[]")
    paths.refused_file().chmod(0o644)
    with doctor_window(screen, config) as shown:
        click(screen, shown.button("修復"))
        shown.until(lambda: "修復の結果" in shown.text() and shown.window.is_idle)
        assert f"この利用者だけのものにしました：{paths.refused_file()}" in shown.text()
        assert paths.refused_file().stat().st_mode & 0o777 == 0o600
        click(screen, shown.button("もう一度"))
        shown.until(lambda: "修復の結果" not in shown.text() and shown.window.is_idle)


def test_nothing_to_repair(screen: Desktop, config: Path) -> None:
    with doctor_window(screen, config, ORDINARY[:3]) as shown:
        assert shown.button("修復")["state"] == "disabled" and "問題は見つかりませんでした" in shown.labels()


def test_a_driver_is_taken_out_only_after_a_yes(screen: Desktop, config: Path) -> None:
    config.write_text('[[driver]]\nname = "Gone"\npath = "/gone/module.so"\n')
    with doctor_window(screen, config, (GONE,)) as shown:
        click(screen, shown.button("修復"))
        shown.until(lambda: "残す" in shown.buttons())
        assert "/gone/module.so" in shown.labels() and faults(shown) == []
        shown.press("Return")  # 残す has the keyboard
        shown.until(lambda: "残しました：Gone" in shown.text() and shown.window.is_idle)
        assert "Gone" in config.read_text()
        click(screen, shown.button("修復"))
        shown.until(lambda: "取り除く" in shown.buttons())
        click(screen, shown.button("取り除く"))
        shown.until(lambda: "設定から取り除きました：Gone" in shown.text())
        assert "Gone" not in config.read_text()


def test_the_support_file_is_read_before_it_is_saved(screen: Desktop, config: Path) -> None:
    home = Path.home()
    (home / "Documents").mkdir()
    config.write_text('[[site]]\norigin = "https://ebid.example.jp"\n')
    with doctor_window(screen, config) as shown:
        click(screen, shown.button("サポート用ファイル…"))
        shown.until(lambda: "保存" in shown.buttons())
        assert list(home.glob("Documents/*")) == []
        seen = [shown.text()]
        for _ in range(20):
            shown.press("Down")
            seen.append(shown.text())
        assert any("https://ebid.example.jp" in text for text in seen)
        click(screen, shown.button("保存"))
        shown.until(lambda: "保存しました" in shown.text())
        (file,) = home.glob("Documents/*.zip")
        assert str(file) in shown.text().replace("\n", "") and file.stat().st_mode & 0o777 == 0o600
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                assert archive.read(name).decode().strip() in seen, f"{name} was not shown"
        click(screen, shown.button("戻る"))
        shown.until(lambda: "問題が1件" in shown.labels())


def test_a_full_disk_is_told(screen: Desktop, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, files: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bridge.doctor.window.save", full)
    with doctor_window(screen, config, ORDINARY[:1]) as shown:
        click(screen, shown.button("サポート用ファイル…"))
        shown.until(lambda: "保存" in shown.buttons())
        click(screen, shown.button("保存"))
        shown.until(lambda: "保存できませんでした" in shown.text())
        assert "No space left" in shown.text()


def test_findings_come_one_after_the_other(screen: Desktop, config: Path) -> None:
    root = tk.Tk(screenName=screen.display, className="cardbridge")
    root.withdraw()
    ready = threading.Event()

    def first(place: Place) -> tuple[Finding, ...]:
        return (ORDINARY[0],)

    def second(place: Place) -> tuple[Finding, ...]:
        ready.wait()
        return (ORDINARY[1],)

    steps = (Step(id="program", check=first), Step(id="config", check=second))
    try:
        window = DoctorWindow(root, Place(user=config, machine=None), "ja", steps)
        shown = Shown(desktop=screen, root=root, window=window)
        shown.until(lambda: "版 0.1.0" in shown.text())
        assert "調べています… 1" in shown.labels() and shown.buttons() == ["閉じる"]
        ready.set()
        shown.until_done()
        assert "正しく読めます" in shown.text()
    finally:
        ready.set()
        root.destroy()


def test_the_daemon_opens_it(screen: Desktop, config: Path) -> None:
    control, theirs = Pipe()
    with control:
        with theirs:
            process = children.spawn("doctor", [theirs])
        try:
            control.send_bytes(msgspec.json.encode(Show(language="ja", config_file=str(config))))
            screen.wait_for_window()
        finally:
            control.close()  # the daemon has ended, and so does its window
            assert process.wait(60) == 0
