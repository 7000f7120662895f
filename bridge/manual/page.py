"""An error's page in words: the same lines for the terminal and for web-demo/manual."""

from __future__ import annotations

from bridge.core.errors import ERRORS
from bridge.core.language import Language
from bridge.manual.contacts import Contacts, HelpDesk, Issuer
from bridge.manual.errorpages import ErrorPage, sentences
from bridge.manual.words import PAGE

_WAYS = ("phone", "hours", "email", "page")


def text(reason: str, page: ErrorPage, contacts: Contacts, language: Language) -> str:
    """The page in one language, as Markdown that reads well in a terminal."""
    words = PAGE[language]
    said = "\n\n".join(f"> {sentence}" for sentence in sentences(reason, language))
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(page.steps.of(language), start=1))
    search = ", ".join([reason, str(ERRORS[reason].code), *page.words])
    parts = [
        f"## {page.title.of(language)}",
        f"### {words['says']}\n\n{said}",
        f"### {words['happened']}\n\n{page.happened.of(language)}",
        f"### {words['steps']}\n\n{steps}",
        f"### {words['call']}\n\n" + "\n".join(_call(page, contacts, language)),
        f"{words['words']}: {search}",
    ]
    return "\n\n".join(parts) + "\n"


def _call(page: ErrorPage, contacts: Contacts, language: Language) -> list[str]:
    words, lines = PAGE[language], []
    for whom in page.call:
        if whom == "site" and contacts.helpdesk is not None:
            continue
        lines.append(f"- {words[whom]}")
        if whom == "issuer":
            for key, issuer in contacts.issuer.items():
                lines += _issuer(issuer, contacts.edited.get(key, []), language, unlocking=page.unlocking)
    if page.call and contacts.helpdesk is not None:
        lines = _desk(contacts.helpdesk, language) + lines
    return [*lines, "", words["pin"]] if lines else [words["nobody"]]


def _desk(desk: HelpDesk, language: Language) -> list[str]:
    words = PAGE[language]
    name = f"- {desk.name or words['helpdesk']}{words['edited']}"
    return [name, *(f"  - {line}" for line in _ways(desk, [], language))]


def _issuer(issuer: Issuer, edited: list[str], language: Language, *, unlocking: bool) -> list[str]:
    words = PAGE[language]
    lines = _ways(issuer, edited, language)
    if not issuer.phone:
        lines.insert(0, f"{words['phone']}: {words['papers']}")
    if unlocking:
        told = issuer.unlock.of(language) or issuer.unlock.ja or words["unlock_unknown"]
        lines.append(f"{words['unlock']}: {told}{words['edited'] if 'unlock' in edited else ''}")
    if issuer.sources:
        seen = f" ({words['seen'].format(seen=issuer.seen)})" if issuer.seen else ""
        lines.append(f"{words['source']}: {', '.join(issuer.sources)}{seen}")
    mark = words["edited"] if {"name", "service"} & set(edited) else ""
    name = ": ".join(part for part in (issuer.service, issuer.name) if part)
    return [f"  - {name}{mark}", *(f"    - {line}" for line in lines)]


def _ways(desk: HelpDesk, edited: list[str], language: Language) -> list[str]:
    words = PAGE[language]
    given = [(way, getattr(desk, way)) for way in _WAYS]
    return [
        f"{words[way]}: {value}{words['edited'] if way in edited else ''}" for way, value in given if value
    ]
