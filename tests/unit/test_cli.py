"""The command line as a person types it: exit codes, words, and the file that it edits."""

import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge import __version__, children, cli
from bridge.core import messages

Run = Callable[..., subprocess.CompletedProcess[str]]
BROKEN = "[ui]\n\nqueue = 'many'\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    """Runs `cardbridge` in a home of its own."""
    home.mkdir()

    def cardbridge(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "CARDBRIDGE_"))
        }
        return subprocess.run(
            [sys.executable, "-m", "bridge", *arguments],
            env=clean | {"HOME": str(home)} | environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    return cardbridge


def config_of(home: Path) -> Path:
    return home / ".config" / "cardbridge" / "config.toml"


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("nothing",), ("sites",), ("sites", "edit"), ("sites", "add"), ("sites", "list", "--all"),
        ("sites", "add", "https://a.jp", "--pin", "never"), ("drivers",), ("drivers", "remove"),
        ("run", "--pin", "1234"), ("schema", "--pin", "1234"), ("--config", "x", "sites", "list"),
    ],
)  # fmt: skip
def test_wrong_usage(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == cli.WRONG_USAGE == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("usage: cardbridge")


def test_version(run: Run) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"cardbridge {__version__}\n", "")


def test_wrong_usage_as_a_process(run: Run) -> None:
    done = run("sites")
    assert done.returncode == 2 and done.stdout == "" and "usage: cardbridge sites" in done.stderr


def test_schema_is_the_contract_and_nothing_else(run: Run) -> None:
    done = run("schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == json.loads(json.dumps(messages.schema()))


def test_sites_from_the_first_to_the_last(run: Run, home: Path) -> None:
    nothing = run("sites", "list")
    assert (nothing.returncode, nothing.stderr) == (0, "") and "許可したサイトはありません" in nothing.stdout
    assert not config_of(home).exists()
    added = run("sites", "add", "https://EBID.example.jp:443", "--name", "見本市", "--pin", "session")
    assert (
        added.returncode == 0 and "許可しました" in added.stdout and "https://ebid.example.jp" in added.stdout
    )
    assert run("sites", "add", "http://localhost:3000").returncode == 0
    assert run("sites", "list").stdout == (
        "https://ebid.example.jp\tpin=session\t見本市\nhttp://localhost:3000\tpin=each\t\n"
    )
    assert run("sites", "remove", "https://ebid.example.jp").returncode == 0
    again = run("sites", "remove", "https://ebid.example.jp")
    assert again.returncode == 1 and again.stdout == "" and "一覧にありません" in again.stderr
    assert run("sites", "list").stdout.startswith("http://localhost:3000\t")


@pytest.mark.parametrize("origin", ["http://a.jp", "a.jp", "https://a.jp/x", "null", "", "https://例え.jp"])
def test_a_site_that_cannot_be_allowed(run: Run, home: Path, origin: str) -> None:
    done = run("sites", "add", origin)
    assert done.returncode == 1 and done.stdout == ""
    assert "許可できないアドレスです" in done.stderr and "Traceback" not in done.stderr
    assert not config_of(home).exists()


def test_drivers_from_the_first_to_the_last(run: Run, home: Path) -> None:
    assert "ドライバは設定されていません" in run("drivers", "list").stdout
    assert run("drivers", "add", "Own", "/nowhere/own.so", "--untested").returncode == 0
    assert "Own\t/nowhere/own.so\n" in run("drivers", "list").stdout
    assert run("drivers", "remove", "Own").returncode == 0
    gone = run("drivers", "remove", "Own")
    assert gone.returncode == 1 and "一覧にありません" in gone.stderr
    unknown = run("drivers", "test", "Own")
    assert unknown.returncode == 1 and "一覧にありません" in unknown.stderr


def test_a_driver_needs_an_absolute_path(run: Run, home: Path) -> None:
    for path in ("own.so", "./own.so", "~/own.so"):
        done = run("drivers", "add", "Own", path, "--untested")
        assert done.returncode == 1 and "絶対パス" in done.stderr
    assert not config_of(home).exists()


def test_a_driver_that_does_not_load_is_not_added(run: Run, home: Path) -> None:
    done = run("drivers", "add", "Own", "/nowhere/own.so")
    assert done.returncode == 1 and "加えませんでした" in done.stderr and "Traceback" not in done.stderr
    assert not config_of(home).exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("sites", "list"), ("sites", "add", "https://a.jp"), ("sites", "remove", "https://a.jp"),
        ("drivers", "list"), ("drivers", "remove", "x"), ("drivers", "test", "x"), ("run", "--no-tray"),
    ],
)  # fmt: skip
def test_a_broken_configuration_stops_every_verb_with_file_line_and_key(
    run: Run, home: Path, arguments: tuple[str, ...]
) -> None:
    file = config_of(home)
    file.parent.mkdir(parents=True)
    file.write_text(BROKEN)
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"設定ファイルに誤りがあります: {file}:3 「ui.queue」" in done.stderr
    assert "Expected `int`, got `str`" in done.stderr and "Traceback" not in done.stderr
    assert file.read_text() == BROKEN


def test_an_unknown_key_stops_the_start(run: Run, home: Path) -> None:
    file = home / "other.toml"
    file.write_text("[server]\nports = [1, 2]\n[[site]]\norigin = 'https://a.jp'\npim = 'each'\n")
    done = run("run", "--no-tray", "--config", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}:5 「site[0].pim」" in done.stderr


def test_a_file_that_others_can_write_stops_the_start(run: Run, home: Path) -> None:
    file = home / "other.toml"
    file.write_text("")
    file.chmod(0o666)
    done = run("run", "--no-tray", "--config", str(file))
    assert done.returncode == 1 and "other users can write it" in done.stderr


@pytest.mark.parametrize("arguments", [("sites", "list"), ("drivers", "list"), ("run", "--no-tray")])
def test_a_named_file_that_is_missing(run: Run, home: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, "--config", str(home / "none.toml"))
    assert done.returncode == 1 and "設定ファイルがありません" in done.stderr and "none.toml" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make an administrator's file")
def test_what_an_administrator_set_is_said_and_stays(run: Run, home: Path) -> None:
    machine = home / "machine.toml"
    machine.write_text(
        'locked = ["driver"]\n[[site]]\norigin = "https://city.jp"\n'
        '[[driver]]\nname = "Card"\npath = "/card.so"\n'
    )
    by = {"CARDBRIDGE_MACHINE_CONFIG": str(machine)}
    assert run("sites", "add", "https://own.jp", **by).returncode == 0
    listed = run("sites", "list", **by).stdout.splitlines()
    assert listed[0] == "https://city.jp\tpin=each\t\t管理者が設定 / set by the administrator"
    assert listed[1] == "https://own.jp\tpin=each\t"
    assert "/card.so\t管理者が設定" in run("drivers", "list", **by).stdout
    for arguments in (
        ("sites", "add", "https://city.jp", "--pin", "session"), ("sites", "remove", "https://city.jp"),
        ("drivers", "add", "Own", "/own.so"), ("drivers", "remove", "Card"),
    ):  # fmt: skip
        done = run(*arguments, **by)
        assert done.returncode == 1 and "管理者が設定しているため、変えられません" in done.stderr
    assert "city.jp" not in config_of(home).read_text()


def test_which_file_is_edited(run: Run, home: Path) -> None:
    by_variable, by_option = home / "variable.toml", home / "option.toml"
    assert run("sites", "add", "https://a.jp", CARDBRIDGE_CONFIG=str(by_variable)).returncode == 0
    arguments = ("sites", "add", "https://b.jp", "--config", str(by_option))
    assert run(*arguments, CARDBRIDGE_CONFIG=str(by_variable)).returncode == 0
    assert run("sites", "add", "https://c.jp", XDG_CONFIG_HOME=str(home / "xdg")).returncode == 0
    assert "https://a.jp" in by_variable.read_text() and "https://b.jp" not in by_variable.read_text()
    assert "https://b.jp" in by_option.read_text()
    assert "https://c.jp" in (home / "xdg" / "cardbridge" / "config.toml").read_text()
    assert not config_of(home).exists()


def test_a_file_that_cannot_be_written(run: Run, home: Path) -> None:
    (home / "plain").write_text("")
    done = run("sites", "add", "https://a.jp", "--config", str(home / "plain" / "config.toml"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "plain" in done.stderr


def test_the_verbs_import_nothing_heavy(tmp_path: Path) -> None:
    heavy = "aiohttp asyncio cryptography pkcs11 pyhanko smartcard tkinter tomlkit PIL".split()
    code = (
        "import sys; from bridge.cli import main; main(['sites', 'list']);"
        f"sys.exit(', '.join(m for m in {heavy} if m in sys.modules))"
    )
    environment = os.environ | {"HOME": str(tmp_path), "CARDBRIDGE_CONFIG": str(tmp_path / "none.toml")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.stderr.strip() == ""
    assert "許可したサイトはありません" in done.stdout


def test_a_frozen_program_is_its_childrens_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    module = types.ModuleType("cardbridge_test_child")
    module.main = lambda arguments: seen.append(arguments) or 7  # type: ignore[attr-defined, func-returns-value]
    monkeypatch.setitem(sys.modules, "cardbridge_test_child", module)
    monkeypatch.setitem(children.CHILDREN, "test", "cardbridge_test_child")
    assert cli.main([children.CHILD_FLAG, "test", "3,4", "x"]) == 7
    assert seen == [["3,4", "x"]]


def test_names_do_not_command_the_terminal(run: Run, home: Path) -> None:
    file = config_of(home)
    file.parent.mkdir(parents=True)
    file.write_text('[[driver]]\nname = "a\\u009b2J\\u001b[2Jb"\npath = "/opt/\\u001b]0;x.so"\n')
    shown = run("drivers", "list").stdout + run("drivers", "test", "\x1b[31m").stderr
    assert not {"\x1b", "\x9b"} & set(shown) and "⟦U+001B⟧[2Jb" in shown


def test_a_terminal_without_these_letters(run: Run) -> None:
    done = run("sites", "list", PYTHONIOENCODING="ascii")
    assert (done.returncode, "No site is allowed" in done.stdout) == (0, True)
