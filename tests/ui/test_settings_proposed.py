"""Sites that came in a file beside the installer, in the settings window, with keyboard and mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import refused
from bridge.config import load
from bridge.core.refusals import Refusal
from cardbridge_demo.desktop import Desktop
from tests.ui.settings_stage import CONFIG, Settings, files_in, settings_window

CITY, LOOKALIKE = "https://bid.city.example.jp", "https://xn--bid-qdd.example.jp"
PROPOSED = f"""\
[[site]]
origin = "{CITY}"
name = "○○市電子入札"
[[site]]
origin = "{LOOKALIKE}"
name = "かごしま県市町村電子入札システム"
"""


@pytest.fixture
def shown(screen: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr("bridge.preferences.siteform.GUARD_S", 0.05)
    files = files_in(tmp_path)
    files.proposed.write_text(PROPOSED, encoding="utf-8")
    refused.remember(files.refused, [Refusal(origin=CITY, at=1_795_000_000)])
    with settings_window(screen, files) as window:
        window.turn_to("許可を求めたサイト（2）")
        yield window


def allowed(shown: Settings) -> dict[str, str]:
    return {site.origin: site.name for site in load(shown.files.user).site}


def test_they_are_allowed_one_by_one(shown: Settings) -> None:
    assert shown.files.user.read_text("utf-8") == CONFIG, "nothing is allowed by a file"
    words = shown.words()
    assert "案内にあった名前：○○市電子入札" in words and words.count(CITY) == 1
    shown.click(shown.buttons("許可する…")[0])
    assert shown.entries()[0].get() == "○○市電子入札"
    shown.press_when_enabled("許可する")
    assert allowed(shown)[CITY] == "○○市電子入札" and LOOKALIKE not in allowed(shown)


def test_a_lookalike_needs_the_second_tick_here_too(shown: Settings) -> None:
    assert "とよく似ていますが、別のサイトです" in shown.words()
    shown.click(shown.buttons("許可する…")[1])
    shown.pump(0.2)
    assert str(shown.button("許可する")["state"]) == "disabled"
    shown.click(shown.box())
    shown.press_when_enabled("許可する")
    assert LOOKALIKE in allowed(shown)


def test_hidden_and_brought_back(shown: Settings) -> None:
    shown.click(shown.buttons("一覧から消す")[1])
    assert LOOKALIKE not in shown.words().split("\n") and "許可を求めたサイト（1）" in shown.words()
    shown.click(shown.button("元に戻す"))
    assert LOOKALIKE in shown.words() and "許可を求めたサイト（2）" in shown.words()
