"""The registry and the property lists as layers, both with stand-ins for the systems."""

import os
import plistlib
from pathlib import Path
from typing import Any

import pytest

from bridge import config, policy
from bridge.config import ConfigurationError, read
from bridge.core.layers import Layered
from bridge.core.origin import Origin
from bridge.edits import Editor, SetByAdministrator
from bridge.managed import setup
from bridge.managed.preferences import PreferencesSource
from bridge.managed.registry import RECOMMENDED, ROOT, RegistrySource
from bridge.managed.source import Source
from bridge.policy import ConfiguredPolicy
from tests.unit.browsers.memory import MemoryRegistry

CITY, OWN = "https://city.example.jp", "https://own.example.jp"
FORCED: dict[str, Any] = {
    "ui": {"language": "en"},
    "server": {"ports": [28480, 28481]},
    "site": [{"origin": CITY, "name": "市", "pin": "session"}, {"origin": "https://b.jp", "name": "B"}],
    "driver": [{"name": "Card", "path": "/opt/card.so"}],
    "locked": ["driver"],
}
OFFERED: dict[str, Any] = {"ui": {"queue": 3, "timeout_s": 60, "language": "ja"}}


def registry() -> Source:
    given = MemoryRegistry()
    given.set(f"{ROOT}\\ui", "language", "en")
    given.set(f"{ROOT}\\server", "Ports", "28480-28481")
    given.set(f"{ROOT}\\site", CITY, '{ name = "市", pin = "session" }')
    given.set(f"{ROOT}\\site", "https://b.jp", "B")
    given.set(f"{ROOT}\\driver", "Card", "/opt/card.so")
    given.set(ROOT, "driver_locked", 1)
    given.set(ROOT, "site_locked", 0)
    for name, value in OFFERED["ui"].items():
        given.set(f"{RECOMMENDED}\\ui", name, value)
    return RegistrySource(given)


def preferences(library: Path) -> Source:
    for folder, values in (("Managed Preferences", FORCED), ("Preferences", OFFERED)):
        (library / folder).mkdir()
        (library / folder / "cardbridge.plist").write_bytes(plistlib.dumps(values))
    return PreferencesSource(library=library)


def use(monkeypatch: pytest.MonkeyPatch, source: Source) -> None:
    for module in (config, policy):
        monkeypatch.setattr(module, "here", lambda: source)


@pytest.fixture(params=["registry", "preferences"])
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    if request.param == "preferences" and os.geteuid() != 0:
        pytest.skip("only root can make files that are root's")
    made = registry() if request.param == "registry" else preferences(tmp_path)
    use(monkeypatch, made)
    return made


@pytest.fixture
def user(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[ui]\nlanguage = "ja"\nqueue = 5\n[[site]]\norigin = "{OWN}"\n'
        f'[[site]]\norigin = "{CITY}"\nallow_hash_signing = true\n[[driver]]\nname = "Mine"\npath = "/m.so"\n'
    )
    return path


def counts(layers: Layered) -> tuple[Any, ...]:
    settings = layers.settings
    return (
        settings.ui.language, settings.ui.queue, settings.ui.timeout_s, settings.server.ports,
        [(site.origin, site.name, site.pin, site.allow_hash_signing) for site in settings.site],
        [driver.name for driver in settings.driver],
    )  # fmt: skip


def test_forced_values_are_locked_and_offered_ones_are_defaults(source: Source, user: Path) -> None:
    layers = read(user, None)
    sites = [(CITY, "市", "session", False), ("https://b.jp", "B", "each", False), (OWN, "", "each", False)]
    assert counts(layers) == ("en", 5, 60, (28480, 28481), sites, ["Card"])
    assert [layers.source(f"ui.{key}") for key in ("language", "queue", "timeout_s")] == [
        "locked", "user", "administrator",
    ]  # fmt: skip
    assert (layers.is_locked("driver"), layers.is_locked("site")) == (True, False)
    assert source.unknown() == []


def test_nobody_edits_against_it(source: Source, user: Path) -> None:
    editor = Editor(user, None)
    with pytest.raises(SetByAdministrator):
        editor.set_value("ui", "language", "ja")
    with pytest.raises(SetByAdministrator):
        editor.remove_site(CITY)
    editor.set_value("ui", "timeout_s", 90)
    assert read(user, None).settings.ui.timeout_s == 90


def test_the_daemon_follows_it(monkeypatch: pytest.MonkeyPatch, user: Path) -> None:
    given = MemoryRegistry()
    use(monkeypatch, RegistrySource(given))
    follower = ConfiguredPolicy(user, read(user, None))
    assert follower.site(Origin.parse("https://late.jp")) is None
    given.set(f"{ROOT}\\site", "https://late.jp", "")
    assert follower.site(Origin.parse("https://late.jp")) is not None


@pytest.mark.parametrize(("key", "name", "value", "told"), [
    ("ui", "queue", 0, "ui.queue"),
    ("ui", "queue", "3", "ui.queue"),
    ("ui", "language", "fr", "ui.language"),
    ("server", "ports", "28480", "server.ports"),
    ("server", "ports", "x", "server.ports"),
    ("site", "http://city.jp", "", "site[0].origin"),
    ("site", CITY, "{ pinn = 1 }", "site[0].pinn"),
    ("driver", "Card", "card.so", "driver[0].path"),
])  # fmt: skip
def test_a_mistake_is_told_with_its_name(
    monkeypatch: pytest.MonkeyPatch, user: Path, key: str, name: str, value: str | int, told: str
) -> None:
    given = MemoryRegistry()
    given.set(f"{ROOT}\\{key}", name, value)
    use(monkeypatch, RegistrySource(given))
    with pytest.raises(ConfigurationError) as caught:
        read(user, None)
    assert caught.value.key == told and str(caught.value.file) == f"HKLM\\{ROOT}"


def test_a_broken_inline_table_is_told(monkeypatch: pytest.MonkeyPatch, user: Path) -> None:
    given = MemoryRegistry()
    given.set(f"{ROOT}\\site", CITY, "{ pin = ")
    use(monkeypatch, RegistrySource(given))
    with pytest.raises(ConfigurationError, match=CITY):
        read(user, None)


def test_what_a_newer_template_sets_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch, user: Path) -> None:
    given = MemoryRegistry()
    given.set(f"{ROOT}\\ui", "colour", "red")
    given.set(f"{ROOT}\\audit", "days", 3)
    source = RegistrySource(given)
    use(monkeypatch, source)
    assert read(user, None).settings.ui.queue == 5
    assert source.unknown() == [f"{ROOT}\\audit", f"{ROOT}\\ui\\colour"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_preferences_of_another_user_are_not_an_administrators(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: Path
) -> None:
    use(monkeypatch, preferences(tmp_path))
    os.chown(tmp_path / "Preferences/cardbridge.plist", 4321, 4321)
    with pytest.raises(ConfigurationError, match="another user"):
        read(user, None)


def installed(**values: str) -> dict[str, Any]:
    given = MemoryRegistry()
    for name, value in values.items():
        given.set(setup.PLACE, name, value)
    given.set(f"{ROOT}\\site", CITY, '{ name = "市", pin = "session" }')
    return RegistrySource(given).tables()


def test_what_the_installer_was_given_counts_below_group_policy() -> None:
    tables = installed(
        Sites=f"{CITY}:443=x; https://b.jp=B = 名前;;https://c.jp",
        Drivers="Card=C:\\a b\\c.dll",
        Language="en",
    )
    assert tables["site"] == [
        {"origin": CITY, "name": "市", "pin": "session"},
        {"origin": "https://b.jp", "name": "B = 名前"},
        {"origin": "https://c.jp", "name": ""},
    ]
    assert tables["driver"] == [{"name": "Card", "path": "C:\\a b\\c.dll"}]
    assert tables["ui"] == {"language": "en"} and "ui.language" not in tables["locked"]


def test_a_property_that_was_taken_back_or_never_given() -> None:
    for given in ({"Sites": "-", "Drivers": "-", "Language": "-"}, {"Sites": "", "Language": " "}, {}):
        tables = installed(**given)
        assert len(tables["site"]) == 1 and tables["driver"] == [] and tables["ui"] == {}


def test_a_driver_without_a_path_is_told() -> None:
    with pytest.raises(ValueError, match="NAME=PATH"):
        installed(Drivers="Card")
