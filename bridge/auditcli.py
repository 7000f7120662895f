"""`cardbridge audit list | verify | export | show`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.core.audit import Head
    from bridge.core.audit_check import Report

OK, FAILED = 0, 1
_SHOWN = 50


def add_verbs(audit: argparse.ArgumentParser) -> None:
    """What follows `cardbridge audit`."""
    verbs = audit.add_subparsers(required=True, metavar="verb")
    listing = verbs.add_parser("list", help="最近の操作 / what was done lately")
    listing.add_argument(
        "--count", type=_positive, default=_SHOWN, metavar="N", help=f"件数 / how many ({_SHOWN})"
    )
    listing.set_defaults(verb=_list)
    verifying = verbs.add_parser(
        "verify",
        help="記録が変えられていないかを調べる（異常あり: 1） / check the chain (1: broken)",
    )
    verifying.add_argument(
        "--head", type=_head, metavar="VALUE", help="以前に控えた値 / the value that was kept earlier"
    )
    verifying.set_defaults(verb=_verify)
    exporting = verbs.add_parser("export", help="CSVに書き出す / write a CSV file")
    exporting.add_argument("file", type=Path, help="新しいファイル。- は標準出力 / a new file; - is stdout")
    exporting.set_defaults(verb=_export)
    showing = verbs.add_parser("show", help="「最近の操作」の窓を開く / open the window")
    showing.set_defaults(verb=_show)
    for parser in (listing, exporting, showing):
        parser.add_argument("--language", choices=("ja", "en"), default="ja")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1以上 / at least 1")
    return number


def _head(text: str) -> Head:
    from bridge.core.audit import Head

    try:
        return Head.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "控えた値は、64桁の16進数です（前に「番号:」が付くことがあります） / "
            "64 hexadecimal digits, with or without a number and a colon before them"
        ) from None


def _list(options: argparse.Namespace) -> int:
    from bridge import paths
    from bridge.audit.reading import read
    from bridge.core.audit_csv import local_text
    from bridge.core.audit_words import deed, outcome
    from bridge.ui.characters import line

    log = read(paths.audit_folder(), most=options.count)
    for record in log.records:
        holder = "" if record.certificate is None else line(record.certificate.common_name)
        words = (deed(record, options.language), line(outcome(record, options.language)))
        _say("\t".join((local_text(record.time), line(record.origin) or "-", *words, holder)))
    if log.report.faults:
        return _say_broken()
    if not log.records:
        _say("記録はまだありません。 / There are no records yet.")
    return OK


def _verify(options: argparse.Namespace) -> int:
    from bridge import paths
    from bridge.audit.reading import read

    report = read(paths.audit_folder(), head=options.head, most=1).report
    _say(_told(report))
    return OK if report.is_whole else FAILED


def _told(report: Report) -> str:
    from bridge.core.audit_words import summary

    return "\n\n".join("\n".join(summary(report, language)) for language in ("ja", "en"))


def _export(options: argparse.Namespace) -> int:
    from bridge import paths
    from bridge.audit.reading import export, read
    from bridge.core.audit_csv import table

    folder = paths.audit_folder()
    if str(options.file) == "-":
        log = read(folder)
        sys.stdout.buffer.write(table(log.records, log.report, options.language).encode())
        sys.stdout.buffer.flush()
    else:
        try:
            log = export(folder, options.file, options.language)
        except FileExistsError:
            return _complain(
                f"同じ名前のファイルがあります。別の名前にしてください: {options.file}\n"
                "There is such a file already; choose another name."
            )
        count = len(log.records)
        _say(f"書き出しました / written: {options.file} ({count})\nhead: {log.report.head or '-'}")
    return OK if log.report.is_whole else _say_broken()


def _show(options: argparse.Namespace) -> int:
    from bridge.ui import activity

    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        return _complain("画面がないため、窓を開けません。 / There is no display to open a window on.")
    return activity.main(["", str(options.language)])


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _say_broken() -> int:
    return _complain(
        "記録に異常があります。cardbridge audit verify で調べてください。\n"
        "Something is wrong with the log; see cardbridge audit verify."
    )


def _complain(text: str) -> int:
    sys.stderr.write(text + "\n")
    return FAILED
