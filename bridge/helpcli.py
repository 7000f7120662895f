"""`cardbridge help [REASON | code | word]`: the manual's pages on errors, without the internet."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.manual.contacts import Contacts

OK, FAILED = 0, 1
_NOT_FOUND = {
    "ja": "「{query}」の手引きは見つかりません。cardbridge help で一覧を見られます。\n",
    "en": "There is no page on “{query}”; cardbridge help lists them all.\n",
}
_NEXT = {
    "ja": "くわしくは / for more: cardbridge help {reason}\n",
    "en": "For more: cardbridge help {reason}\n",
}
_SHIPPED = "同梱の連絡先を使います。 / The contacts that came with the program are used.\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "query", nargs="*", metavar="WORD", help="エラーの名前、番号、ことば / an error, a code or a word"
    )
    parser.add_argument("--language", choices=("ja", "en"), default="ja")
    parser.set_defaults(verb=_help)


def _help(options: argparse.Namespace) -> int:
    from bridge.manual import errorpages, page

    pages, query = errorpages.load(), " ".join(options.query)
    found = errorpages.find(pages, query) if query.strip() else list(pages)
    if not found:
        sys.stderr.write(_plain(_NOT_FOUND[options.language].format(query=query)))
        return FAILED
    if len(found) == 1:
        told = page.text(found[0], pages[found[0]], _contacts(), options.language)
        sys.stdout.write(_plain(told))
        return OK
    rows = [f"{reason}\t{pages[reason].title.of(options.language)}\n" for reason in found]
    sys.stdout.write("".join(rows) + "\n" + _NEXT[options.language].format(reason=found[0]))
    return OK


def _contacts() -> Contacts:
    """A broken file of the administrator's is told, and does not keep the page away."""
    from bridge import paths
    from bridge.config import ConfigurationError
    from bridge.manual import contacts

    try:
        return contacts.load(paths.machine_config_file())
    except ConfigurationError as error:
        sys.stderr.write(_plain(f"{error}\n{_SHIPPED}\n"))
        return contacts.load(None)


def _plain(text: str) -> str:
    from bridge.ui.characters import revealed

    return revealed(text)
