"""The configuration follows its file, and the last good one goes on."""

import logging
import os
from itertools import count
from pathlib import Path

import pytest

from bridge.config import read
from bridge.core.origin import Origin
from bridge.policy import ConfiguredPolicy

A, B = Origin.parse("https://a.jp"), Origin.parse("https://b.jp")
_stamps = count(1_000_000_000)


def write(file: Path, text: str) -> None:
    """As an editor does: another time of change each time, however coarse the file system's clock."""
    file.write_text(text, "utf-8")
    stamp = next(_stamps)
    os.utime(file, (stamp, stamp))


def allowing(*hosts: str) -> str:
    return "".join(f'[[site]]\norigin = "https://{host}"\nname = "{host}の画面"\n' for host in hosts)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    write(path, allowing("a.jp"))
    return path


@pytest.fixture
def policy(file: Path) -> ConfiguredPolicy:
    return ConfiguredPolicy(file, read(file, None))


def test_a_site_is_found_by_its_origin(policy: ConfiguredPolicy) -> None:
    site = policy.site(Origin.parse("https://A.jp:443"))
    assert site is not None and site.name == "a.jpの画面"
    assert policy.site(B) is None and policy.site(Origin.parse("https://a.jp:444")) is None


def test_added_and_removed_sites_count_at_once(policy: ConfiguredPolicy, file: Path) -> None:
    write(file, allowing("a.jp", "b.jp"))
    assert policy.site(B) is not None
    write(file, allowing("b.jp"))
    assert policy.site(A) is None and policy.site(B) is not None


def test_rules_and_window_settings_and_drivers_follow(policy: ConfiguredPolicy, file: Path) -> None:
    assert (policy.ui.timeout_s, policy.drivers()) == (120, ())
    write(
        file,
        "[ui]\ntimeout_s = 30\nlanguage = 'en'\n[[site]]\norigin = 'https://a.jp'\npin = 'session'\n"
        "[[driver]]\nname = 'x'\npath = '/x.so'\n",
    )
    assert [driver.path for driver in policy.drivers()] == ["/x.so"]
    site = policy.site(A)
    assert site is not None and site.pin == "session"
    assert (policy.ui.timeout_s, policy.ui.language) == (30, "en")


def test_a_file_that_has_become_wrong_changes_nothing_and_is_said_once(
    policy: ConfiguredPolicy, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, allowing("b.jp") + "pim = 'each'\n")
    for _ in range(3):
        assert policy.site(A) is not None and policy.site(B) is None
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1 and "site[0].pim" in errors[0].getMessage()
    write(file, allowing("b.jp"))
    assert policy.site(A) is None and policy.site(B) is not None


def test_a_file_that_others_can_write_now_is_not_used(policy: ConfiguredPolicy, file: Path) -> None:
    write(file, allowing("a.jp", "b.jp"))
    file.chmod(0o666)
    assert policy.site(B) is None and policy.site(A) is not None


def test_without_its_file_nothing_is_allowed(policy: ConfiguredPolicy, file: Path) -> None:
    file.unlink()
    assert policy.site(A) is None
    write(file, allowing("a.jp"))
    assert policy.site(A) is not None


def test_an_unchanged_file_is_not_read_again(
    policy: ConfiguredPolicy, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(5):
        policy.site(A)
        policy.drivers()
    assert caplog.records == []


def test_a_file_that_appears_later_counts(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    policy = ConfiguredPolicy(file, read(file, None))
    assert policy.site(A) is None
    write(file, allowing("a.jp"))
    assert policy.site(A) is not None
