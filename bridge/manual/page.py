"""An error's page in words: the same lines for the terminal and for web-demo/manual."""

from __future__ import annotations

from bridge.core.errors import ERRORS
from bridge.core.settings import Language
from bridge.manual.contacts import Contacts, HelpDesk, Issuer
from bridge.manual.errorpages import ErrorPage, sentences

_WORDS: dict[Language, dict[str, str]] = {
    "ja": {
        "says": "画面に出ることば",
        "happened": "起きたこと",
        "steps": "すること",
        "call": "連絡先",
        "words": "検索のことば",
        "code": "番号",
        "nobody": "連絡は要りません。",
        "site": "開いていたサイト（発注機関）の問い合わせ窓口。",
        "helpdesk": "自治体の問い合わせ窓口",
        "administrator": "会社のパソコン担当者（いなければ、パソコンを用意した方）。",
        "issuer": "カードを発行した認証局（カードの表面や封筒に名前があります）:",
        "papers": "カードに同封された案内を見てください",
        "phone": "電話",
        "hours": "受付",
        "email": "メール",
        "page": "ページ",
        "unlock": "ロックの解除",
        "unlock_unknown": "カードに同封された案内を見てください。解除できないカードは、再発行になります。",
        "source": "出典",
        "seen": "{seen} に保存版で確認。今の案内は発行元のものが優先します",
        "edited": "（このパソコンの管理者が設定）",
        "pin": "PIN番号は、電話でもメールでも、だれにも伝えないでください。",
    },
    "en": {
        "says": "What the screen says",
        "happened": "What happened",
        "steps": "What to do",
        "call": "Whom to call",
        "words": "Search words",
        "code": "Code",
        "nobody": "Nobody needs to be called.",
        "site": "The help desk of the site (the contracting authority).",
        "helpdesk": "The municipality's help desk",
        "administrator": "Whoever looks after your company's computers.",
        "issuer": "The authority that issued the card (its name is on the card and its envelope):",
        "papers": "See the papers that came with the card",
        "phone": "Telephone",
        "hours": "Hours",
        "email": "Mail",
        "page": "Page",
        "unlock": "Unlocking",
        "unlock_unknown": "See the papers that came with the card. Some cards have to be issued anew.",
        "source": "Source",
        "seen": "a stored copy, read on {seen}; what the issuer says now goes first",
        "edited": " (set by this computer's administrator)",
        "pin": "Never tell anybody the PIN, neither by telephone nor by mail.",
    },
}
_WAYS = ("phone", "hours", "email", "page")


def text(reason: str, page: ErrorPage, contacts: Contacts, language: Language) -> str:
    """The page in one language, as Markdown that reads well in a terminal."""
    words = _WORDS[language]
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
    words, lines = _WORDS[language], []
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
    words = _WORDS[language]
    name = f"- {desk.name or words['helpdesk']}{words['edited']}"
    return [name, *(f"  - {line}" for line in _ways(desk, [], language))]


def _issuer(issuer: Issuer, edited: list[str], language: Language, *, unlocking: bool) -> list[str]:
    words = _WORDS[language]
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
    words = _WORDS[language]
    given = [(way, getattr(desk, way)) for way in _WAYS]
    return [
        f"{words[way]}: {value}{words['edited'] if way in edited else ''}" for way, value in given if value
    ]
