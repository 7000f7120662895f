"""`cardbridge doctor`: the diagnosis in a terminal, as JSON, as a window, and the file for the help desk."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import children, paths

if TYPE_CHECKING:
    from bridge.core.finding import Finding
    from bridge.core.language import Language
    from bridge.doctor.place import Place

OK, FAILED, WRONG_USAGE = 0, 1, 2
_ABOUT = """
終了コード: 0 問題なし（注意だけのときも）、1 問題あり、または保存できない、2 使い方の誤り
exit code: 0 no problem (warnings do not count), 1 a problem or nothing saved, 2 wrong usage
"""


def add_options(doctor: argparse.ArgumentParser) -> None:
    """What follows `cardbridge doctor`."""
    doctor.formatter_class = argparse.RawDescriptionHelpFormatter
    doctor.epilog = _ABOUT
    form = doctor.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="JSONで / as JSON")
    form.add_argument("--window", action="store_true", help="窓で / in a window")
    form.add_argument(
        "--bundle", type=Path, metavar="FILE", help="サポート用ファイル（zip） / a support file"
    )
    doctor.add_argument("--repair", action="store_true", help="安全に直せるものを直す / mend what is safe to")
    doctor.add_argument("--yes", action="store_true", help="聞かずに進める / do not ask")
    doctor.add_argument("--detail", action="store_true", help="詳しく / with details")
    doctor.add_argument("--language", choices=("ja", "en"))
    doctor.set_defaults(verb=run)


def run(options: argparse.Namespace) -> int:
    """Returns: see `_ABOUT`."""
    from bridge.doctor.place import Place

    user = Path(options.config) if options.config else paths.config_file()
    place = Place(user=user.absolute(), machine=paths.machine_config_file())
    language = options.language or place.settings().ui.language
    if options.window:
        return _window(place, language)
    findings = _checked(options, place, language)
    if options.repair:
        if _repair(options, place, language, findings):
            place = Place(user=place.user, machine=place.machine)
            findings = _checked(options, place, language)
    if options.json:
        from bridge.doctor.report import as_json

        _say(json.dumps(as_json(findings), ensure_ascii=False, indent=2))
    if options.bundle:
        return _bundle(options, place, language, findings)
    return FAILED if any(each.state == "failure" for each in findings) else OK


def _checked(options: argparse.Namespace, place: Place, language: Language) -> list[Finding]:
    """All findings; each is told as it comes, unless programs read."""
    from bridge.doctor.report import as_text
    from bridge.doctor.running import findings
    from bridge.doctor.words import summary

    found: list[Finding] = []
    for each in findings(place):
        found.append(each)
        if not options.json:
            is_coloured = sys.stdout.isatty()
            _say(as_text(each, language, is_coloured=is_coloured, has_detail=options.detail))
    if not options.json:
        _say(f"\n{summary(found, language)}")
    return found


def _repair(options: argparse.Namespace, place: Place, language: Language, findings: list[Finding]) -> bool:
    """Whether anything was changed. What it says goes to stderr, so that JSON stays JSON."""
    from bridge.doctor.repairs import gone_drivers, remove_driver, repair
    from bridge.doctor.words import frame
    from bridge.ui.characters import line

    deeds = repair(findings, place)
    for driver in gone_drivers(findings, place):
        question = frame("ask_driver", language, name=line(driver.name), path=line(driver.path))
        if _agrees(options, question, language):
            deeds.append(remove_driver(driver, place))
    sys.stderr.write(f"\n{frame('repair_heading', language)}\n")
    for deed in deeds:
        said = frame(deed.key, language, path=line(deed.path), problem=line(deed.problem))
        sys.stderr.write(f"  {said}\n")
    if not deeds:
        sys.stderr.write(f"  {frame('repaired_none', language)}\n")
    return any(deed.key.startswith("did_") for deed in deeds)


def _bundle(options: argparse.Namespace, place: Place, language: Language, findings: list[Finding]) -> int:
    from bridge.doctor.bundle import contents, save
    from bridge.doctor.words import frame
    from bridge.ui.characters import revealed

    files = contents(place, findings)
    _say(f"\n{frame('support_title', language)}\n{frame('support_about', language)}")
    for name, text in files.items():
        _say(f"\n===== {name} =====\n{revealed(text)}")
    if not _agrees(options, f"{frame('save', language)}: {options.bundle}", language):
        return FAILED
    try:
        save(options.bundle, files)
    except OSError as error:
        sys.stderr.write(f"{frame('not_saved', language)} {options.bundle}: {error.strerror or error}\n")
        return FAILED
    _say(f"{frame('saved', language)} {options.bundle}")
    return OK


def _agrees(options: argparse.Namespace, question: str, language: Language) -> bool:
    """Without a terminal to ask on, nobody has agreed."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        sys.stderr.write(f"{question}\n--yes\n")
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "はい")


def _window(place: Place, language: Language) -> int:
    if not children.has_display():
        sys.stderr.write("画面がないため、窓を開けません。 / There is no display to open a window on.\n")
        return FAILED
    from bridge.doctor import child

    return child.show(place, language)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
