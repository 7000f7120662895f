"""errors.toml: what the manual says on each error of the contract, and the search in it."""

from __future__ import annotations

import tomllib
import unicodedata
from importlib.resources import files
from typing import Literal

import msgspec

from bridge.core.errors import ERRORS, BridgeError
from bridge.core.language import Language
from bridge.core.sentences import SENTENCES

Whom = Literal["site", "issuer", "administrator"]


class Text(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The same in both languages."""

    ja: str = ""
    en: str = ""

    def of(self, language: Language) -> str:
        return self.ja if language == "ja" else self.en


class Steps(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    ja: list[str]
    en: list[str]

    def of(self, language: Language) -> list[str]:
        return self.ja if language == "ja" else self.en


class ErrorPage(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One error's page.

    Args:
        words: search words beside those of the page itself.
        call: whom, the first one first.
        scene: anchor in web-demo/troubles/README.md, or empty.
        unlocking: whether it shows how each issuer's card is unlocked.
    """

    title: Text
    words: list[str]
    call: list[Whom]
    happened: Text
    steps: Steps
    scene: str = ""
    unlocking: bool = False


def shipped(name: str) -> str:
    """The text of a file of this package."""
    return (files("bridge.manual") / name).read_text(encoding="utf-8")


def load() -> dict[str, ErrorPage]:
    """Every page, by its error's reason, in the order of the contract."""
    return msgspec.convert(tomllib.loads(shipped("errors.toml")), dict[str, ErrorPage])


def sentences(reason: str, language: Language) -> list[str]:
    """What the screen says for this error: the reason's own sentence, then those of its special cases."""
    names = [reason, *(each.sentence for each in _special_cases(ERRORS[reason]))]
    return [SENTENCES[language][name] for name in names]


def _special_cases(error: type[BridgeError]) -> list[type[BridgeError]]:
    found = []
    for child in error.__subclasses__():
        found += [child, *_special_cases(child)] if child.reason == error.reason else []
    return found


def find(pages: dict[str, ErrorPage], query: str) -> list[str]:
    """The reasons of the pages that a query means: a reason, a code, an old code however long, or a word.

    Those that have it in their title or their search words come first.
    """
    wanted = _folded(query)
    exact = [reason for reason in pages if _folded(reason) == wanted or str(ERRORS[reason].code) == wanted]
    if exact or not wanted:
        return exact
    named = [reason for reason, page in pages.items() if _names(page, reason, wanted)]
    told = [reason for reason, page in pages.items() if _tells(page, reason, wanted)]
    return list(dict.fromkeys(named + told))


def _names(page: ErrorPage, reason: str, wanted: str) -> bool:
    words = [_folded(word) for word in page.words]
    titles = [_folded(title) for title in (reason, page.title.ja, page.title.en)]
    return any(word in wanted for word in words) or any(wanted in text for text in (*words, *titles))


def _tells(page: ErrorPage, reason: str, wanted: str) -> bool:
    told = [page.happened.ja, page.happened.en, *sentences(reason, "ja"), *sentences(reason, "en")]
    return any(wanted in _folded(text) for text in told)


def _folded(text: str) -> str:
    """Full and half width, capitals and spaces make no difference (Unicode NFKC, case folding)."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
