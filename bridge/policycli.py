"""`cardbridge policy show | apply | remove | profile | templates`: managed settings, and the browsers."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import paths

if TYPE_CHECKING:
    from bridge.browsers.target import Outcome
    from bridge.core.origin import Origin

OK, FAILED = 0, 1
_STATES = {
    "written": "書き込みました / written",
    "unchanged": "変更なし / unchanged",
    "removed": "取り除きました / removed",
    "absent": "設定なし / none",
    "kept": "管理者が変更したため、そのまま / an administrator has changed it, left as it is",
    "conflict": "書き込みませんでした / not written",
    "refused": "変更できません / not changed",
}
_ROOT_NEEDED = (
    "管理者（root）として実行してください。例: sudo cardbridge policy {verb}\n"
    "Run it as an administrator (root), e.g. sudo cardbridge policy {verb}\n"
)
_MACOS = (
    "macOSでは、ブラウザーの設定は構成プロファイルで配ります: cardbridge policy profile FILE\n"
    "On macOS the browsers' policies come by a configuration profile: cardbridge policy profile FILE\n"
)
_OWN_SITES = (
    "利用者が自分で許可したサイトは対象外です。ブラウザーの確認では「許可」を押してください。\n"
    "Sites that users have allowed themselves are not included: there the browser asks once.\n"
)


def add_verbs(policy: argparse.ArgumentParser) -> None:
    """What follows `cardbridge policy`."""
    verbs = policy.add_subparsers(required=True, metavar="verb")
    showing = verbs.add_parser("show", help="設定の出どころ / where each value comes from")
    showing.add_argument("--json", action="store_true", help="JSONで / as JSON")
    showing.add_argument("--config", type=Path, metavar="FILE", help="設定ファイル / another config.toml")
    showing.set_defaults(verb=_show)
    applying = verbs.add_parser(
        "apply", help="管理者のサイトをブラウザーに許可する / allow the administrator's sites in browsers"
    )
    applying.set_defaults(verb=_apply)
    removing = verbs.add_parser("remove", help="それを取り除く / take that away again")
    removing.set_defaults(verb=_remove)
    preset = verbs.add_parser(
        "preset", help="パッケージへの事前の設定を書く（Linux） / writes what a package was told beforehand"
    )
    preset.add_argument("--sites", default="", metavar="ORIGIN[=NAME];…")
    preset.add_argument("--drivers", default="", metavar="NAME[=PATH];…")
    preset.add_argument("--language", default="", choices=("", "ja", "en"))
    preset.add_argument("--autostart", default="on", choices=("on", "off"))
    preset.set_defaults(verb=_preset)
    for parser in (applying, removing, preset):
        parser.add_argument("--root", type=Path, metavar="DIR", help="別の / （パッケージ用） / another root")
    profile = verbs.add_parser("profile", help="macOSの構成プロファイル / the profile for macOS")
    profile.add_argument("file", type=Path, help="新しいファイル / a new file")
    profile.set_defaults(verb=_profile)
    templates = verbs.add_parser(
        "templates", help="グループポリシーのテンプレートとJSON Schema / ADMX and schema"
    )
    templates.add_argument("--out", type=Path, required=True, metavar="DIR")
    templates.set_defaults(verb=_templates)


def _show(options: argparse.Namespace) -> int:
    import json

    from bridge.policyview import as_text, report

    user = Path(options.config) if options.config else paths.config_file()
    found = report(user.absolute(), paths.machine_config_file())
    sys.stdout.write(
        json.dumps(found, ensure_ascii=False, indent=2) + "\n" if options.json else as_text(found)
    )
    return OK


def _apply(options: argparse.Namespace) -> int:
    from bridge.browsers.rollout import apply

    if (refused := _unable(options, "apply")) is not None:
        return refused
    sites = _administrators_sites(options.root)
    return _tell(apply(sites, options.root or Path("/")), has_note=True)


def _remove(options: argparse.Namespace) -> int:
    from bridge.browsers.rollout import remove

    if (refused := _unable(options, "remove")) is not None:
        return refused
    return _tell(remove(options.root or Path("/")), has_note=False)


def _preset(options: argparse.Namespace) -> int:
    from bridge import presets
    from bridge.browsers.rootfiles import Refused

    if (refused := _unable(options, "preset")) is not None:
        return refused
    wanted = presets.tables(options.sites, options.drivers, options.language)
    try:
        states = presets.write(
            wanted, has_autostart=options.autostart == "on", root=options.root or Path("/")
        )
    except Refused as error:
        return _fail(f"{error.path}: {error}\n")
    for name, state in states.items():
        sys.stdout.write(f"/{name}\t{_STATES[state]}\n")
    return OK


def _unable(options: argparse.Namespace, verb: str) -> int | None:
    if sys.platform == "darwin":
        return _fail(_MACOS)
    if hasattr(os, "geteuid") and os.geteuid() != 0 and options.root is None:
        return _fail(_ROOT_NEEDED.format(verb=verb))
    return None


def _administrators_sites(root: Path | None) -> list[Origin]:
    """Those that users have allowed for themselves are not everybody's: browsers' policies leave them out.

    Raises: ConfigurationError.
    """
    from bridge import config
    from bridge.core.origin import Origin

    machine = paths.machine_config_file() if root is None else root / "etc/cardbridge/config.toml"
    return [Origin.parse(entry["origin"]) for entry in config.administrators(machine).get("site", ())]


def _tell(outcomes: list[Outcome], *, has_note: bool) -> int:
    from bridge.browsers.target import TROUBLES

    for each in outcomes:
        entries = f"\t{', '.join(each.entries)}" if each.entries else ""
        sys.stdout.write(f"{each.browser}\t{_STATES[each.state]}\t{each.place}{entries}\n")
        if each.problem:
            sys.stderr.write(f"{each.browser}: {each.problem}\n")
    if not outcomes:
        sys.stdout.write(f"{_STATES['absent']}\n")
    if has_note:
        sys.stdout.write(_OWN_SITES)
    return FAILED if any(each.state in TROUBLES for each in outcomes) else OK


def _profile(options: argparse.Namespace) -> int:
    from bridge.browsers.profile import mobileconfig

    if os.path.lexists(options.file):
        raise FileExistsError(17, "there is such a file already", str(options.file))
    paths.write_private(options.file, mobileconfig(_administrators_sites(None)), is_chosen=True)
    sys.stdout.write(f"{options.file}\n")
    return OK


def _templates(options: argparse.Namespace) -> int:
    from bridge.managed.templates import templates

    for name, text in templates().items():
        path = options.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        paths.write_private(path, text.encode(), is_chosen=True)
        sys.stdout.write(f"{path}\n")
    return OK


def _fail(text: str) -> int:
    sys.stderr.write(text)
    return FAILED
