"""The command `cardbridge`. Imports nothing heavy before it knows what is asked."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import __version__

if TYPE_CHECKING:
    from bridge.core.layers import Layered
    from bridge.core.settings import DriverSettings
    from bridge.edits import Editor

OK, FAILED, WRONG_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Returns:
        0, 1 for a failure that was explained on stderr, 2 for wrong usage, 3 where the daemon runs
        already and could not be asked to show its settings.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _have_somewhere_to_write()
    child = _child(arguments)
    if child is not None:
        return child
    if arguments[:1] == ["open-url"]:  # what follows comes from a page: it is never read as options
        from bridge import starting

        return starting.open_url(arguments[1:])
    options = _parser(next(iter(arguments), "")).parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal has all signs
    from bridge.config import ConfigurationError

    try:
        verb: int = options.verb(options)
    except (ConfigurationError, ValueError) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"ファイルを読み書きできません / a file cannot be read or written: {error}")
    return verb


def _have_somewhere_to_write() -> None:
    """Windows gives a program that has no console neither of the two."""
    if sys.stdout is None or sys.stderr is None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere


def _child(arguments: list[str]) -> int | None:
    """A frozen program is its own children's interpreter."""
    from importlib import import_module

    from bridge.children import CHILD_FLAG, CHILDREN

    if arguments[:1] != [CHILD_FLAG]:
        return None
    result: int = import_module(CHILDREN[arguments[1]]).main(arguments[2:])
    return result


def _parser(asked: str = "") -> argparse.ArgumentParser:
    """Of the verb that is asked for alone, where it is one: nobody waits for the others' options."""
    parser = argparse.ArgumentParser(prog="cardbridge", description="ICカードブリッジ / IC card bridge")
    parser.add_argument("--version", action="version", version=f"cardbridge {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="verb", prog=parser.prog)
    for verb in (asked,) if asked in _VERBS else _VERBS:
        help, add_options = _VERBS[verb]
        add_options(verbs.add_parser(verb, help=help))
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("--no-tray", action="store_true", help="タスクトレイなし / without the tray icon")
    run.add_argument(
        "--unless-running",
        action="store_true",
        help="動いていれば何もしない / does nothing if it runs already",
    )
    run.add_argument(
        "--at-login",
        action="store_true",
        help="自動起動がオフなら何もしない / does nothing where start at login is off",
    )
    _add_config(run)
    run.set_defaults(verb=_run)


def _add_stop(parser: argparse.ArgumentParser) -> None:
    from bridge import stopping

    stopping.add_options(parser)


def _add_purge(parser: argparse.ArgumentParser) -> None:
    from bridge import purging

    purging.add_options(parser)


def _add_open_url(_: argparse.ArgumentParser) -> None:
    """`main` takes it before anything is parsed."""


def _add_url_scheme(scheme: argparse.ArgumentParser) -> None:
    scheme.add_argument("wanted", choices=("on", "off", "status"))
    scheme.set_defaults(verb=_url_scheme)


def _add_autostart(login: argparse.ArgumentParser) -> None:
    login.add_argument("wanted", choices=("on", "off", "status"))
    login.set_defaults(verb=_autostart)


def _add_settings(settings: argparse.ArgumentParser) -> None:
    _add_config(settings)
    settings.set_defaults(verb=_settings)


def _add_schema(schema: argparse.ArgumentParser) -> None:
    schema.set_defaults(verb=_schema)


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    from bridge import doctorcli

    _add_config(doctor)
    doctorcli.add_options(doctor)


def _add_policy(policy: argparse.ArgumentParser) -> None:
    from bridge import policycli

    policycli.add_verbs(policy)


def _add_audit(audit: argparse.ArgumentParser) -> None:
    from bridge import auditcli

    auditcli.add_verbs(audit)


def _add_help(parser: argparse.ArgumentParser) -> None:
    from bridge import helpcli

    helpcli.add_options(parser)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="設定ファイル / another config.toml")


def _add_sites(sites: argparse.ArgumentParser) -> None:
    verbs = sites.add_subparsers(required=True, metavar="verb")
    listing = verbs.add_parser("list")
    listing.set_defaults(verb=_list_sites)
    adding = verbs.add_parser("add")
    adding.add_argument("origin", help="https://ebid.example.jp")
    adding.add_argument("--name", default="", help="窓に出す名前 / the name that windows show")
    adding.add_argument("--pin", choices=("each", "session"), default="each")
    adding.set_defaults(verb=_add_site)
    removing = verbs.add_parser("remove")
    removing.add_argument("origin")
    removing.set_defaults(verb=_remove_site)
    for parser in (listing, adding, removing):
        _add_config(parser)
    proposing = verbs.add_parser(
        "proposed",
        help="インストーラーに添えたファイルを確かめる / check the file that came with the installer",
    )
    proposing.add_argument("file", nargs="?", type=Path, help="cardbridge-sites.toml")
    proposing.set_defaults(verb=_proposed_sites)


def _add_drivers(drivers: argparse.ArgumentParser) -> None:
    verbs = drivers.add_subparsers(required=True, metavar="verb")
    listing = verbs.add_parser("list")
    listing.set_defaults(verb=_list_drivers)
    adding = verbs.add_parser("add", help="試してから加える / test it, then add it")
    adding.add_argument("name")
    adding.add_argument(
        "path", nargs="?", help="絶対パス。なければ見つかったもの / absolute path; without it, the one found"
    )
    adding.add_argument("--untested", action="store_true", help="試さずに加える / do not load it first")
    adding.set_defaults(verb=_add_driver)
    removing = verbs.add_parser("remove")
    removing.add_argument("name")
    removing.set_defaults(verb=_remove_driver)
    testing = verbs.add_parser("test", help="読み込んで見えるものを示す / load it and say what it sees")
    testing.add_argument("name")
    testing.set_defaults(verb=_test_driver)
    for parser in (listing, adding, removing, testing):
        _add_config(parser)


_VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "run": ("起動する / run the daemon", _add_run),
    "stop": ("終了する / end the daemon", _add_stop),
    "purge": ("利用者のデータを消す（Windows） / remove users' data", _add_purge),
    "open-url": ("cardbridge://start を受け取る / takes cardbridge://start", _add_open_url),
    "url-scheme": (
        "cardbridge: のアドレスの登録（Linux） / registers cardbridge: addresses",
        _add_url_scheme,
    ),
    "autostart": ("ログイン時の自動起動 / start at login", _add_autostart),
    "settings": ("設定の窓 / the settings window", _add_settings),
    "schema": ("通信規約のJSON Schema / the wire contract's JSON Schema", _add_schema),
    "sites": ("接続を許可したサイト / allowed sites", _add_sites),
    "drivers": ("PKCS#11ドライバ / PKCS#11 modules", _add_drivers),
    "doctor": ("診断 / finds out what is wrong, and mends what is safe to", _add_doctor),
    "policy": ("管理者の設定とブラウザー / managed settings, browsers", _add_policy),
    "audit": ("操作の記録 / the audit log", _add_audit),
    "help": ("エラーの手引き / the manual's page on an error", _add_help),
}
"""What each is for, and what gives its parser its options."""


def _file(options: argparse.Namespace) -> Path:
    from bridge import paths

    return Path(options.config) if options.config else paths.config_file()


def _layers(options: argparse.Namespace) -> Layered:
    from bridge import config, paths

    file = _file(options)
    if options.config and not file.exists():
        raise FileNotFoundError(2, "設定ファイルがありません / no such configuration", str(file))
    return config.read(file, paths.machine_config_file())


def _editor(options: argparse.Namespace) -> Editor:
    from bridge import edits, paths

    return edits.Editor(_file(options), paths.machine_config_file())


def _run(options: argparse.Namespace) -> int:
    from bridge import starting

    return starting.run(options, _file(options), lambda: _layers(options))


def _url_scheme(options: argparse.Namespace) -> int:
    from bridge import starting

    return starting.url_scheme(options)


def _settings(options: argparse.Namespace) -> int:
    from bridge.preferences import child
    from bridge.preferences.model import Files

    return child.show(Files.usual(_file(options).absolute()))


def _autostart(options: argparse.Namespace) -> int:
    from bridge import starting

    return starting.autostart(options)


def _schema(options: argparse.Namespace) -> int:
    import json

    from bridge.core.messages import schema

    return _say(json.dumps(schema(), indent=2, ensure_ascii=False))


def _list_sites(options: argparse.Namespace) -> int:
    layers = _layers(options)
    rows = [
        f"{site.origin}\tpin={site.pin}\t{site.name}{_mark(layers.site_source(site.parsed_origin))}"
        for site in layers.settings.site
    ]
    return _say("\n".join(rows) or "許可したサイトはありません。 / No site is allowed.")


def _proposed_sites(options: argparse.Namespace) -> int:
    from bridge import paths, proposed

    file = options.file or paths.proposals_file()
    if options.file and not file.exists():
        raise FileNotFoundError(2, "ファイルがありません / no such file", str(file))
    for each in proposed.read(file):
        sys.stdout.write(f"{each.origin}\t{each.name}\n")
    return OK


def _add_site(options: argparse.Namespace) -> int:
    from bridge.core.settings import SiteSettings

    try:
        site = SiteSettings(origin=options.origin, name=options.name, pin=options.pin)
    except ValueError as error:
        return _fail(f"許可できないアドレスです / this address cannot be allowed: {options.origin}\n{error}")
    _editor(options).add_site(site)
    return _say(f"許可しました / allowed: {site.parsed_origin}")


def _remove_site(options: argparse.Namespace) -> int:
    if not _editor(options).remove_site(options.origin):
        return _fail(f"一覧にありません / not on the list: {options.origin}")
    return _say(f"取り消しました / removed: {options.origin}")


def _list_drivers(options: argparse.Namespace) -> int:
    from bridge.pkcs11.known import found_here

    layers = _layers(options)
    drivers = layers.settings.driver
    rows = [f"{each.name}\t{each.path}{_mark(layers.driver_source(each.name))}" for each in drivers]
    rows = rows or ["ドライバは設定されていません。 / No driver is configured."]
    configured = {driver.path for driver in drivers}
    offered = [f"{name}\t{path}" for name, path in found_here().items() if path not in configured]
    if offered:
        rows += ["", "このパソコンにあり、drivers add で加えられるもの / found here, to be added:", *offered]
    return _say("\n".join(rows))


def _add_driver(options: argparse.Namespace) -> int:
    from bridge.config import is_absolute
    from bridge.core.settings import DriverSettings
    from bridge.pkcs11.known import found_here

    path = options.path or found_here().get(options.name)
    if path is None:
        return _fail(f"パスを指定してください / name its path: {options.name}")
    if not is_absolute(path):
        return _fail(f"絶対パスで指定してください / the path must be absolute: {path}")
    driver = DriverSettings(name=options.name, path=path)
    editor = _editor(options)
    editor.check_driver(driver.name)
    if not options.untested and _test(driver) != OK:
        return _fail(
            "加えませんでした。試さずに加えるには --untested / not added; --untested adds it all the same"
        )
    editor.add_driver(driver)
    return _say(f"加えました / added: {options.name}\t{path}")


def _remove_driver(options: argparse.Namespace) -> int:
    if not _editor(options).remove_driver(options.name):
        return _fail(f"一覧にありません / not on the list: {options.name}")
    return _say(f"取り除きました / removed: {options.name}")


def _test_driver(options: argparse.Namespace) -> int:
    driver = next((each for each in _layers(options).settings.driver if each.name == options.name), None)
    if driver is None:
        return _fail(f"一覧にありません / not on the list: {options.name}")
    return _test(driver)


def _test(driver: DriverSettings) -> int:
    from bridge.core.errors import BridgeError
    from bridge.core.sentences import user_message
    from bridge.pkcs11.probe import probe

    try:
        return _say(probe(driver))
    except BridgeError as error:
        return _fail(f"{user_message(error, 'ja')}\n{error.reason}: {error.detail}")


def _mark(source: str) -> str:
    return "\t管理者が設定 / set by the administrator" if source == "locked" else ""


def _say(text: str) -> int:
    sys.stdout.write(_plain(text) + "\n")
    return OK


def _fail(text: str) -> int:
    sys.stderr.write(_plain(text) + "\n")
    return FAILED


def _plain(text: str) -> str:
    """What cards, readers and files are called must not command the terminal."""
    from bridge.ui.characters import revealed

    return revealed(text)
