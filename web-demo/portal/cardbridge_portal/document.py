"""The text that is signed on S6, readable as it is shown in the daemon's window. Pure.

It is in Japanese whatever the language of the pages: it is the application that the authority files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .form import SECTIONS
from .holder import JAPAN, Holder
from .municipalities import Municipality

NAME = "利用者登録申請書.txt"
MEDIA_TYPE = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a 利用者登録申請書 says; never the 利用者登録番号."""

    origin: str
    municipality: Municipality
    transaction: str
    moment: datetime
    holder: Holder
    company: str
    representative: str
    address: str
    form: Mapping[str, str]


def make_document(application: Application) -> bytes:
    """UTF-8 text, one 項目名：値 a line, LF at every line's end."""
    holder, entity = application.holder, application.municipality
    lines = [
        ("利用者登録申請書", ""),
        ("ポータル", application.origin),
        ("発注機関", f"{entity.name}（{entity.code}）"),
        ("手続番号", application.transaction),
        ("作成日時", application.moment.astimezone(JAPAN).isoformat(timespec="seconds")),
        ("認証用電子証明書の拇印（SHA-256）", holder.thumbprint),
        ("ICカード取得者", holder.name),
        ("ICカード取得者の所属", holder.company),
        ("商号又は名称", application.company),
        ("代表者", application.representative),
        ("所在地", application.address),
    ]
    for section in SECTIONS:
        for field in section.fields:
            title = "" if section.name == "company" else f"{section.title.ja}　"
            lines.append((f"{title}{field.label.ja}", application.form[field.name]))
    # A line break in a value (a company's name, a certificate) would forge a line.
    text = "".join(f"{name}：{' '.join(value.splitlines())}\n" for name, value in lines[1:])
    return f"{lines[0][0]}\n{text}".encode()
