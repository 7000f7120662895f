"""The texts that are signed, readable as they are shown in the daemon's window. Pure.

They are filed, so they are Japanese in any language of the pages, and none ever holds the 利用者登録番号.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .form import SECTIONS
from .holder import JAPAN, Holder
from .municipalities import Municipality

MEDIA_TYPE = "text/plain"
TITLES = {
    "registered": "利用者登録申請書",
    "changed": "利用者登録変更申請書",
    "renewed": "ICカード更新申請書",
}
UNCHANGED = "なし"

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What is applied for. `kind` is that of the event it becomes (database.Event).

    `holder` is the cardholder who signs; `previous` the form before a change; `old` the card that the
    signer's replaces.
    """

    kind: str
    origin: str
    municipality: Municipality
    transaction: str
    moment: datetime
    holder: Holder
    company: str
    representative: str
    address: str
    form: Mapping[str, str]
    previous: Mapping[str, str] | None = None
    old: Holder | None = None


def document_name(kind: str) -> str:
    """The file name under which the daemon's window shows it."""
    return f"{TITLES[kind]}.txt"


def make_document(application: Application) -> bytes:
    """UTF-8 text, one 項目名：値 a line, LF at every line's end."""
    lines = _procedure(application)
    if application.old is not None:
        lines += [*_card("旧ICカード", application.old), *_card("新ICカード", application.holder)]
        lines += _company(application)
    else:
        lines += [*_holder(application.holder), *_company(application), *_form(application)]
    # A line break in a value (a company's name, a certificate) would forge a line.
    text = "".join(f"{name}：{' '.join(value.splitlines())}\n" for name, value in lines)
    return f"{TITLES[application.kind]}\n{text}".encode()


def changed_fields(previous: Mapping[str, str], form: Mapping[str, str]) -> list[str]:
    """The names of the fields whose values differ, in the form's order."""
    names = (field.name for section in SECTIONS for field in section.fields)
    return [name for name in names if previous.get(name, "") != form.get(name, "")]


def field_labels() -> dict[str, str]:
    """Field name → what the documents call it."""
    return {
        field.name: _label(section.name, section.title.ja, field.label.ja)
        for section in SECTIONS
        for field in section.fields
    }


def _procedure(application: Application) -> Lines:
    entity = application.municipality
    return [
        ("ポータル", application.origin),
        ("発注機関", f"{entity.name}（{entity.code}）"),
        ("手続番号", application.transaction),
        ("作成日時", application.moment.astimezone(JAPAN).isoformat(timespec="seconds")),
    ]


def _holder(holder: Holder) -> Lines:
    return [
        ("認証用電子証明書の拇印（SHA-256）", holder.thumbprint),
        ("ICカード取得者", holder.name),
        ("ICカード取得者の所属", holder.company),
    ]


def _card(title: str, holder: Holder) -> Lines:
    return [
        (f"{title}　取得者", holder.name),
        (f"{title}　取得者の所属", holder.company),
        (f"{title}　認証局", holder.issuer),
        (f"{title}　シリアル番号", holder.serial),
        (f"{title}　有効期限", holder.expiry.isoformat(timespec="seconds")),
        (f"{title}　認証用電子証明書の拇印（SHA-256）", holder.thumbprint),
    ]


def _company(application: Application) -> Lines:
    return [
        ("商号又は名称", application.company),
        ("代表者", application.representative),
        ("所在地", application.address),
    ]


def _form(application: Application) -> Lines:
    labels = field_labels()
    lines = [(label, application.form[name]) for name, label in labels.items()]
    if application.previous is None:
        return lines
    changed = changed_fields(application.previous, application.form)
    return [("変更する項目", "、".join(labels[name] for name in changed) or UNCHANGED), *lines]


def _label(section: str, title: str, label: str) -> str:
    return label if section == "company" else f"{title}　{label}"
