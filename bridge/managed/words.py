"""The words of the group policy templates that belong to no single key of the configuration."""

from __future__ import annotations

from bridge.core.language import Language
from bridge.core.names import NAMES

FIXED: dict[Language, dict[str, str]] = {
    "ja": {
        "cardbridge": NAMES["ja"]["program"],
        "recommended": "推奨（利用者が変更できます）",
        "supported": "ICカードブリッジ 1.0 以降",
    },
    "en": {
        "cardbridge": NAMES["en"]["program"],
        "recommended": "Recommended (users may change them)",
        "supported": "IC Card Bridge 1.0 and later",
    },
}
NOTES: dict[Language, dict[str, str]] = {
    "ja": {
        "locked": "ここで設定すると、利用者は変更できません。",
        "recommended": "ここで設定した値が既定になります。利用者は変更できます。",
        "list": "左の列は {first}、右の列は {second} です。"
        "ほかの規則も決めるときは、右の列に {{ name = \"…\", pin = \"session\" }} のように書きます。",
        "closed": "{title}: 利用者は追加できない",
        "closed_text": "有効にすると、利用者はこの一覧に加えられません。",
    },
    "en": {
        "locked": "Once set here, users cannot change it.",
        "recommended": "What is set here is the default, which users may change.",
        "list": "The left column holds: {first}. The right one: {second}, "
        "or, for more rules, text like {{ name = \"…\", pin = \"session\" }}.",
        "closed": "{title}: users may not add any",
        "closed_text": "If enabled, users cannot add entries to this list.",
    },
}  # fmt: skip
