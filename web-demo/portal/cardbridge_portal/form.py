"""S5's form: fields, their rules, and what is said at a field. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .characters import map_windows, offences

POSTAL = re.compile(r"[0-9]{3}-[0-9]{4}", re.ASCII)
PHONE = re.compile(r"0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}", re.ASCII)
POSTAL_HINT = "半角数字とハイフン　例：890-0001"
PHONE_HINT = "半角数字とハイフン　例：099-000-0000"
EMAIL_HINT = "半角　例：keiyaku@example.jp"
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; `name` is the input's id and name, `kind` its rule, `limit` in characters."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    limit: int = 60
    hint: str = ""
    autocomplete: str = "off"

    @property
    def input_type(self) -> str:
        """The HTML input's type."""
        return {"phone": "tel", "email": "email"}.get(self.kind, "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of fields with its heading."""

    name: str
    title: str
    note: str
    fields: tuple[Field, ...]


def _fields(prefix: str) -> tuple[Field, ...]:
    return (
        Field(name=f"{prefix}_name", label="名称", hint="例：総務部 契約係"),
        Field(name=f"{prefix}_postal", label="郵便番号", kind="postal", limit=8, hint=POSTAL_HINT),
        Field(name=f"{prefix}_address", label="住所", limit=120),
        Field(name=f"{prefix}_person", label="氏名", hint="例：見本　太郎"),
        Field(name=f"{prefix}_phone", label="電話番号", kind="phone", limit=15, hint=PHONE_HINT),
        Field(
            name=f"{prefix}_fax",
            label="FAX番号",
            kind="phone",
            required=False,
            limit=15,
            hint="半角数字とハイフン。ない場合は空欄",
        ),
        Field(name=f"{prefix}_email", label="メールアドレス", kind="email", limit=100, hint=EMAIL_HINT),
    )


SECTIONS = (
    Section(
        name="company",
        title="企業情報",
        note="会社の情報は登録済みの内容です。部署名だけを入力してください。",
        fields=(Field(name="department", label="部署名", required=False, hint="ない場合は空欄"),),
    ),
    Section(
        name="contact",
        title="代表窓口情報",
        note="指名通知書・見積依頼通知書は、この窓口のメールアドレスに届きます。",
        fields=_fields("contact"),
    ),
    Section(
        name="unit",
        title="ICカード利用部署情報",
        note="その他のお知らせは、この部署のメールアドレスに届きます。",
        fields=_fields("unit"),
    ),
)
FIELDS = tuple(field for section in SECTIONS for field in section.fields)


def read_form(given: Mapping[str, object]) -> dict[str, str]:
    """The fields' values as typed, blanks at the ends cut, X 0208's mapping applied."""
    return {field.name: map_windows(str(given.get(field.name, ""))).strip() for field in FIELDS}


def errors_of(form: Mapping[str, str]) -> dict[str, str]:
    """What to say at each field that is refused, by field name; empty when all are right."""
    found = {field.name: _error(field, form[field.name]) for field in FIELDS}
    return {name: text for name, text in found.items() if text}


def _error(field: Field, value: str) -> str:
    if not value:
        return f"{field.label}を入力してください。" if field.required else ""
    if len(value) > field.limit:
        return f"{field.limit}文字以内で入力してください（現在{len(value)}文字）。"
    if field.kind != "text":
        return _narrow_error(field, value)
    refused = offences(value)
    return refused[0].message if refused else ""


def _narrow_error(field: Field, value: str) -> str:
    """Postal code, telephone and mail: half-width only; the first wrong character is named."""
    allowed = "0123456789-" if field.kind in {"postal", "phone"} else None
    for index, character in enumerate(value, 1):
        wrong = character not in allowed if allowed else not "!" <= character <= "~"
        if wrong:
            wanted = "半角の数字とハイフン（-）" if allowed else "半角の英数字と記号"
            return f"{index}文字目の「{character}」は使えません。{wanted}で入力してください。"
    if field.kind == "postal" and not POSTAL.fullmatch(value):
        return "郵便番号は「890-0001」のように、3桁-4桁で入力してください。"
    if field.kind == "phone" and not PHONE.fullmatch(value):
        return f"{field.label}は「099-000-0000」のように、市外局番からハイフンで区切って入力してください。"
    if field.kind == "email" and not EMAIL.fullmatch(value):
        return "メールアドレスは「keiyaku@example.jp」の形で入力してください。"
    return ""
