"""The words around the errors' pages (their own are in errors.toml), and those of `cardbridge help`."""

from __future__ import annotations

from bridge.core.language import Language

PAGE: dict[Language, dict[str, str]] = {
    "ja": {
        "says": "画面に出ることば",
        "happened": "起きたこと",
        "steps": "すること",
        "call": "連絡先",
        "words": "検索のことば",
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
HELP: dict[Language, dict[str, str]] = {
    "ja": {
        "not_found": "「{query}」の手引きは見つかりません。cardbridge help で一覧を見られます。",
        "next": "くわしくは / for more: cardbridge help {reason}",
    },
    "en": {
        "not_found": "There is no page on “{query}”; cardbridge help lists them all.",
        "next": "For more: cardbridge help {reason}",
    },
}
