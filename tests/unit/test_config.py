"""config.toml: read strictly, told where it is wrong, edited without losing a comment."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import config
from bridge.config import ConfigurationError
from bridge.core.settings import DriverSettings, ServerSettings, Settings, SiteSettings, UiSettings
from bridge.edits import Editor
from tests.unit.fuzz import quick

CONTRACT = """\
[server]
ports = [28470, 28473]
max_message_bytes = 33554432
max_connections = 64
max_connections_per_origin = 16
max_silent = 32
[ui]
timeout_s = 120
queue = 8
language = "ja"
[[site]]
origin = "https://ebid.example.jp"
name = "かごしま県市町村電子入札システム"
pin = "session"             # or "each" (default)
pin_idle_s = 300
pin_max_s = 900
allow_hash_signing = false
[[driver]]
name = "OpenSC"
path = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def refused(file: Path, text: str) -> ConfigurationError:
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        config.load(file)
    error = caught.value
    assert error.file == file and str(file) in str(error)
    assert "設定ファイルに誤りがあります" in str(error)
    if error.line is not None:
        assert f"{file}:{error.line}" in str(error)
    return error


def test_without_a_file_the_defaults_of_the_contract(file: Path) -> None:
    assert config.load(file) == Settings()
    assert Settings() == Settings(
        server=ServerSettings(
            ports=(28470, 28473),
            max_message_bytes=32 * 1024 * 1024,
            max_connections=64,
            max_connections_per_origin=16,
            max_silent=32,
        ),
        ui=UiSettings(timeout_s=120, queue=8, language="ja"),
    )
    site = SiteSettings(origin="https://a.jp")
    assert (site.pin, site.pin_idle_s, site.pin_max_s, site.allow_hash_signing) == ("each", 300, 900, False)


def test_an_empty_file_is_the_defaults(file: Path) -> None:
    file.write_text("")
    assert config.load(file) == Settings()


def test_the_example_of_the_contract(file: Path) -> None:
    file.write_text(CONTRACT, "utf-8")
    settings = config.load(file)
    assert settings.server == ServerSettings() and settings.ui == UiSettings()
    (site,), (driver,) = settings.site, settings.driver
    assert (site.name, site.pin) == ("かごしま県市町村電子入札システム", "session")
    assert (driver.name, driver.path) == ("OpenSC", "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so")


@pytest.mark.parametrize(
    ("text", "line", "key", "problem"),
    [
        ("\n[portal]\n", 2, "portal", "unknown"),
        ("port = 1\n", 1, "port", "unknown"),
        ("[server]\nport = [1, 2]\n", 2, "server.port", "unknown"),
        ("[ui]\n# x\n\nlanguag = 'ja'\n", 4, "ui.languag", "unknown"),
        ("[ui]\n'a`b' = 1\n", 2, "ui.a`b", "unknown"),
        (
            "[[site]]\norigin='https://a.jp'\n[[site]]\norigin='https://b.jp'\npim='each'\n",
            5,
            "site[1].pim",
            "unknown",
        ),
        ("[[driver]]\nname='x'\npath='/x'\nslot=1\n", 4, "driver[0].slot", "unknown"),
        ("[ui]\nqueue = '8'\n", 2, "ui.queue", "Expected `int`"),
        ("[ui]\nqueue = true\n", 2, "ui.queue", "Expected `int`"),
        ("[ui]\nqueue = 8.0\n", 2, "ui.queue", "Expected `int`"),
        ("[ui]\nqueue = 0\n", 2, "ui.queue", ">= 1"),
        ("[ui]\nlanguage = 'fr'\n", 2, "ui.language", "Invalid enum value"),
        ("[ui]\ntimeout_s = 86401\n", 2, "ui.timeout_s", "<= 86400"),
        ("[ui]\ntimeout_s = 1979-05-27\n", 2, "ui.timeout_s", "Expected `int`"),
        ("[server]\nports = 28470\n", 2, "server.ports", "Expected `array`"),
        ("[server]\nports = [1]\n", 2, "server.ports", "length 2"),
        ("[server]\nports = [1, 2, 3]\n", 2, "server.ports", "length 2"),
        ("[server]\nports = [\n 1,\n 65536\n]\n", 2, "server.ports[1]", "<= 65535"),
        ("[server]\nports = [0, 1]\n", 2, "server.ports[0]", ">= 1"),
        ("[server]\nmax_silent = 1\nports = [2, 1]\n", 3, "server.ports", "the first is larger"),
        ("[server]\nmax_message_bytes = 1\n", 2, "server.max_message_bytes", ">= 65536"),
        ("site = 'https://a.jp'\n", 1, "site", "Expected `array`"),
        ("[site]\norigin = 'https://a.jp'\n", 1, "site", "Expected `array`"),
        ("server = 1\n", 1, "server", "Expected `object`"),
        ("[[site]]\nname = 'x'\n", 1, "site[0].origin", "missing required"),
        ("[[site]]\nname = 'x'\norigin = 'a.jp'\n", 3, "site[0].origin", "not a web origin"),
        ("[[site]]\norigin = 'https://a.jp/'\n", 2, "site[0].origin", "not a web origin"),
        ("[[site]]\norigin = 'https://例え.jp'\n", 2, "site[0].origin", "not a web origin"),
        ("[[site]]\norigin = 'http://a.jp'\n", 2, "site[0].origin", "must be https"),
        ("[[site]]\norigin = 'null'\n", 2, "site[0].origin", "not a web origin"),
        ("[[site]]\norigin = 'https://a.jp'\npin = 'never'\n", 3, "site[0].pin", "Invalid enum value"),
        ("[[site]]\norigin = 'https://a.jp'\npin_idle_s = 0\n", 3, "site[0].pin_idle_s", ">= 1"),
        (
            "[[site]]\norigin = 'https://a.jp'\nallow_hash_signing = 1\n",
            3,
            "site[0].allow_hash_signing",
            "Expected `bool`",
        ),
        (
            "[[site]]\norigin='https://a.jp'\n[[site]]\norigin='https://A.jp:443'\n",
            4,
            "site[1].origin",
            "twice",
        ),
        ("[[driver]]\nname = ''\npath = '/x'\n", 2, "driver[0].name", "length >= 1"),
        ("[[driver]]\nname='x'\npath='/x'\n[[driver]]\nname='x'\npath='/y'\n", 5, "driver[1].name", "twice"),
        ("[[driver]]\nname='x'\npath='opensc-pkcs11.so'\n", 3, "driver[0].path", "absolute"),
        ("[[driver]]\nname='x'\npath='./x.so'\n", 3, "driver[0].path", "absolute"),
        ("[[driver]]\nname='x'\npath='~/x.so'\n", 3, "driver[0].path", "absolute"),
        ("[[driver]]\nname='x'\npath=''\n", 3, "driver[0].path", "length >= 1"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_key(
    file: Path, text: str, line: int, key: str, problem: str
) -> None:
    error = refused(file, text)
    assert (error.line, error.key) == (line, key)
    assert problem in error.problem and key in str(error)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[ui\n", 1),
        ("[ui]\nqueue = \n", 2),
        ("[ui]\nqueue=1\nqueue=2\n", 3),
        ("a = 'x\nb = 1\n", 2),
        ("[ui]\n[ui]\n", 2),
    ],
)
def test_what_is_not_toml_has_a_line(file: Path, text: str, line: int) -> None:
    error = refused(file, text)
    assert error.line == line and error.key == "" and "not TOML" in error.problem


@pytest.mark.parametrize(
    "url",
    [
        "http://tsa.example.jp/ts",
        "ftp://tsa.example.jp",
        "tsa.example.jp",
        "https://user@tsa.example.jp/ts",
        "https://tsa.example.jp/a b",
        "https://tsa.example.jp/日本",
        "https://",
        "https://tsa.example.jp/\n",
    ],
)
def test_a_time_stamping_address_that_cannot_be_asked(file: Path, url: str) -> None:
    error = refused(file, f'[[site]]\norigin = "https://a.jp"\ntimestamp_url = {json.dumps(url)}\n')
    assert (error.line, error.key) == (3, "site[0].timestamp_url")


@pytest.mark.parametrize(
    "url", ["https://tsa.example.jp", "https://tsa.example.jp:8443/ts?a=b#c", "http://127.0.0.1:3161/", ""]
)
def test_a_time_stamping_address(file: Path, url: str) -> None:
    file.write_text(f'[[site]]\norigin = "https://a.jp"\ntimestamp_url = "{url}"\n')
    assert config.load(file).site[0].timestamp_url == url


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("ports = [5, 5]", True),
        ("ports = [1, 65535]", True),
        ("max_message_bytes = 65536", True),
        ("max_message_bytes = 65535", False),
        ("max_message_bytes = 268435456", True),
        ("max_message_bytes = 268435457", False),
        ("max_connections = 0", False),
        ("max_connections_per_origin = 0", False),
        ("max_silent = 0", False),
    ],
)
def test_limits_of_the_limits(file: Path, line: str, fits: bool) -> None:
    text = f"[server]\n{line}\n"
    if fits:
        file.write_text(text)
        config.load(file)
    else:
        assert refused(file, text).line == 2


def test_nested_deeper_than_python_goes(file: Path) -> None:
    file.write_text("a = " + "[" * 100000)
    with pytest.raises(ConfigurationError, match="too deeply"):
        config.load(file)


def test_a_number_longer_than_python_reads(file: Path) -> None:
    file.write_text("[server]\nmax_silent = " + "1" * 5000)
    with pytest.raises(ConfigurationError, match="not TOML"):
        config.load(file)


def test_bytes_that_are_not_utf_8(file: Path) -> None:
    file.write_bytes("name = 'あ'\n".encode("shift_jis"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        config.load(file)


@pytest.mark.parametrize("mode", [0o660, 0o606, 0o622, 0o777])
def test_a_file_that_others_can_write_is_refused(file: Path, mode: int) -> None:
    file.write_text(CONTRACT, "utf-8")
    file.chmod(mode)
    with pytest.raises(ConfigurationError, match="other users can write it"):
        config.load(file)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o444])
def test_a_file_that_only_the_owner_can_write_is_read(file: Path, mode: int) -> None:
    file.write_text(CONTRACT, "utf-8")
    file.chmod(mode)
    assert len(config.load(file).site) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(file: Path) -> None:
    file.write_text(CONTRACT, "utf-8")
    os.chown(file, 4321, 4321)
    with pytest.raises(ConfigurationError, match="another user"):
        config.load(file)


def test_a_folder_in_its_place(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        config.load(file)


COMMENTED = """\
# 私の設定
[ui]
queue = 3   # few windows

# the demo
[[site]]
origin = "https://a.jp"  # city hall
name = "A"

[[site]]
origin = "https://b.jp"
pin = "session"
# end
"""


def test_a_site_added_keeps_every_line_that_was_there(file: Path) -> None:
    file.write_text(COMMENTED, "utf-8")
    Editor(file, None).add_site(SiteSettings(origin="https://C.jp:443", name="市役所", pin="session"))
    text = file.read_text("utf-8")
    for line in COMMENTED.splitlines():
        assert line in text.splitlines()
    assert [site.origin for site in config.load(file).site] == [
        "https://a.jp",
        "https://b.jp",
        "https://c.jp",
    ]
    assert config.load(file).site[2] == SiteSettings(origin="https://c.jp", name="市役所", pin="session")


def test_only_what_differs_from_the_defaults_is_written(file: Path) -> None:
    Editor(file, None).add_site(SiteSettings(origin="https://a.jp"))
    assert file.read_text("utf-8").split() == ["[[site]]", "origin", "=", '"https://a.jp"']


def test_a_site_that_is_there_gets_the_new_rules_in_its_place(file: Path) -> None:
    file.write_text(COMMENTED, "utf-8")
    Editor(file, None).add_site(SiteSettings(origin="https://A.JP", name="市役所", pin="session"))
    settings = config.load(file)
    assert [site.name for site in settings.site] == ["市役所", ""]
    assert settings.site[0].pin == "session"
    for comment in ("# few windows", "# the demo", "# city hall", "# end"):
        assert comment in file.read_text("utf-8")


def test_a_site_that_is_there_loses_the_old_rules(file: Path) -> None:
    """「許可しました」 for `pin = each` must not leave an old `pin = session` standing."""
    file.write_text(COMMENTED, "utf-8")
    Editor(file, None).add_site(SiteSettings(origin="https://b.jp"))
    assert config.load(file).site[1] == SiteSettings(origin="https://b.jp")


def test_a_site_removed(file: Path) -> None:
    file.write_text(COMMENTED, "utf-8")
    assert Editor(file, None).remove_site("https://A.jp:443")
    assert not Editor(file, None).remove_site("https://a.jp")
    assert not Editor(file, None).remove_site("no origin")
    assert [site.origin for site in config.load(file).site] == ["https://b.jp"]
    assert "# few windows" in file.read_text("utf-8")
    assert Editor(file, None).remove_site("https://b.jp")
    assert config.load(file) == Settings(ui=UiSettings(queue=3))


def test_sites_of_an_inline_array_can_be_edited_too(file: Path) -> None:
    file.write_text('site = [{ origin = "https://a.jp" }, { origin = "https://b.jp" }]\n')
    Editor(file, None).add_site(SiteSettings(origin="https://c.jp"))
    assert Editor(file, None).remove_site("https://a.jp")
    assert [site.origin for site in config.load(file).site] == ["https://b.jp", "https://c.jp"]


def test_drivers(file: Path) -> None:
    Editor(file, None).add_driver(DriverSettings(name="A", path="/usr/lib/a.so"))
    Editor(file, None).add_driver(DriverSettings(name="B", path="/usr/lib/b.so"))
    Editor(file, None).add_driver(DriverSettings(name="A", path="/opt/a.so"))
    assert config.load(file).driver == (
        DriverSettings(name="A", path="/opt/a.so"),
        DriverSettings(name="B", path="/usr/lib/b.so"),
    )
    assert Editor(file, None).remove_driver("A")
    assert not Editor(file, None).remove_driver("A")
    assert [driver.name for driver in config.load(file).driver] == ["B"]


def test_a_relative_driver_path_is_refused_and_changes_nothing(file: Path) -> None:
    file.write_text(COMMENTED, "utf-8")
    with pytest.raises(ConfigurationError, match="absolute"):
        Editor(file, None).add_driver(DriverSettings(name="A", path="a.so"))
    assert file.read_text("utf-8") == COMMENTED


def test_a_broken_file_is_not_edited(file: Path) -> None:
    file.write_text("[ui\n")
    for edit in (
        lambda: Editor(file, None).add_site(SiteSettings(origin="https://a.jp")),
        lambda: Editor(file, None).remove_site("https://a.jp"),
        lambda: Editor(file, None).add_driver(DriverSettings(name="A", path="/a.so")),
        lambda: Editor(file, None).remove_driver("A"),
    ):
        with pytest.raises(ConfigurationError):
            edit()
    assert file.read_text() == "[ui\n"


def test_what_is_written_is_the_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    Editor(file, None).add_site(SiteSettings(origin="https://a.jp"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert os.listdir(file.parent) == ["config.toml"]


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@quick
@given(st.lists(st.tuples(st.integers(1, 9), names, st.sampled_from(["each", "session"])), max_size=6))
def test_whatever_is_added_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, sites: list[tuple[int, str, str]]
) -> None:
    file = tmp_path_factory.mktemp("config") / "config.toml"
    expected: dict[str, SiteSettings] = {}
    for number, name, pin in sites:
        site = SiteSettings(
            origin=f"https://s{number}.jp", name=name, pin="each" if pin == "each" else "session"
        )
        Editor(file, None).add_site(site)
        expected[site.origin] = site
    assert {site.origin: site for site in config.load(file).site} == expected


@pytest.mark.parametrize("text", ["", COMMENTED, "ui = { queue = 3 }\n", "[server]\nmax_silent = 4\n"])
def test_a_single_value(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    before = config.load(file)
    Editor(file, None).set_value("ui", "language", "en")
    after = config.load(file)
    assert (after.ui.language, after.ui.queue) == ("en", before.ui.queue)
    assert (after.site, after.server) == (before.site, before.server)


def test_a_single_value_that_is_wrong_changes_nothing(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="language"):
        Editor(file, None).set_value("ui", "language", "fr")
    assert not file.exists()
