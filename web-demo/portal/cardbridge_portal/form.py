"""S5's form: fields, their rules, and what is said at a field. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from .characters import map_windows, offences
from .text import Text

Kind = Literal["text", "postal", "phone", "email"]

POSTAL = re.compile(r"[0-9]{3}-[0-9]{4}", re.ASCII)
PHONE = re.compile(r"0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}", re.ASCII)
POSTAL_HINT = Text("半角数字とハイフン　例：890-0001", "Half-width digits and a hyphen, such as 890-0001")
PHONE_HINT = Text(
    "半角数字とハイフン　例：099-000-0000", "Half-width digits and hyphens, such as 099-000-0000"
)
FAX_HINT = Text(
    "半角数字とハイフン。ない場合は空欄", "Half-width digits and hyphens. Leave it empty if there is none"
)
EMAIL_HINT = Text("半角　例：keiyaku@example.jp", "Half-width, such as keiyaku@example.jp")
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; `name` is the input's id and name, `kind` its rule, `limit` in characters."""

    name: str
    label: Text
    kind: Kind = "text"
    required: bool = True
    limit: int = 60
    hint: Text | None = None
    autocomplete: str = "off"

    @property
    def input_type(self) -> str:
        """The HTML input's type."""
        return {"phone": "tel", "email": "email"}.get(self.kind, "text")

    @property
    def inputmode(self) -> str | None:
        """The keyboard that a touch screen should show; None for the usual one.

        Postal codes and telephone numbers have hyphens, which `numeric` keyboards may lack.
        """
        return {"postal": "tel", "phone": "tel", "email": "email"}.get(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of fields with its heading."""

    name: str
    title: Text
    note: Text
    fields: tuple[Field, ...]


def _fields(prefix: str) -> tuple[Field, ...]:
    # autocomplete: the tokens of HTML's autofill, so that a browser can help (WCAG 2.2, 1.3.5).
    section = f"section-{prefix}"
    return (
        Field(
            name=f"{prefix}_name",
            label=Text("名称", "Department"),
            hint=Text("例：総務部 契約係", "Such as 総務部 契約係"),
        ),
        Field(
            name=f"{prefix}_postal",
            label=Text("郵便番号", "Postal code"),
            kind="postal",
            limit=8,
            hint=POSTAL_HINT,
            autocomplete=f"{section} postal-code",
        ),
        Field(
            name=f"{prefix}_address",
            label=Text("住所", "Address"),
            limit=120,
            autocomplete=f"{section} address-line1",
        ),
        Field(
            name=f"{prefix}_person",
            label=Text("氏名", "Name of the person"),
            hint=Text("例：見本　太郎", "Such as 見本　太郎"),
            autocomplete=f"{section} name",
        ),
        Field(
            name=f"{prefix}_phone",
            label=Text("電話番号", "Telephone"),
            kind="phone",
            limit=15,
            hint=PHONE_HINT,
            autocomplete=f"{section} work tel",
        ),
        Field(
            name=f"{prefix}_fax",
            label=Text("FAX番号", "Fax"),
            kind="phone",
            required=False,
            limit=15,
            hint=FAX_HINT,
            autocomplete=f"{section} fax tel",
        ),
        Field(
            name=f"{prefix}_email",
            label=Text("メールアドレス", "Mail address"),
            kind="email",
            limit=100,
            hint=EMAIL_HINT,
            autocomplete=f"{section} work email",
        ),
    )


SECTIONS = (
    Section(
        name="company",
        title=Text("企業情報", "Company"),
        note=Text(
            "会社の情報は登録済みの内容です。部署名だけを入力してください。",
            "The company is on record already. Enter the name of the division only.",
        ),
        fields=(
            Field(
                name="department",
                label=Text("部署名", "Division"),
                required=False,
                hint=Text("ない場合は空欄", "Leave it empty if there is none"),
            ),
        ),
    ),
    Section(
        name="contact",
        title=Text("代表窓口情報", "Main contact"),
        note=Text(
            "指名通知書・見積依頼通知書は、この窓口のメールアドレスに届きます。",
            "Nomination notices and quotation requests are sent to this mail address.",
        ),
        fields=_fields("contact"),
    ),
    Section(
        name="unit",
        title=Text("ICカード利用部署情報", "Department using the card"),
        note=Text(
            "その他のお知らせは、この部署のメールアドレスに届きます。",
            "All other notices are sent to this mail address.",
        ),
        fields=_fields("unit"),
    ),
)
FIELDS = tuple(field for section in SECTIONS for field in section.fields)


def read_form(given: Mapping[str, object]) -> dict[str, str]:
    """The fields' values as typed, blanks at the ends cut, X 0208's mapping applied."""
    return {field.name: map_windows(str(given.get(field.name, ""))).strip() for field in FIELDS}


def errors_of(form: Mapping[str, str]) -> dict[str, Text]:
    """What to say at each field that is refused, by field name; empty when all are right."""
    found = {field.name: _error(field, form[field.name]) for field in FIELDS}
    return {name: text for name, text in found.items() if text}


def _error(field: Field, value: str) -> Text | None:
    label = field.label
    if not value:
        needed = Text(f"{label.ja}を入力してください。", f"{label.en}: please enter something here.")
        return needed if field.required else None
    if len(value) > field.limit:
        return Text(
            f"{field.limit}文字以内で入力してください（現在{len(value)}文字）。",
            f"At most {field.limit} characters ({len(value)} now).",
        )
    if field.kind != "text":
        return _narrow_error(field, value)
    refused = offences(value)
    return refused[0].message if refused else None


def _narrow_error(field: Field, value: str) -> Text | None:
    """Postal code, telephone and mail: half-width only; the first wrong character is named."""
    allowed = "0123456789-" if field.kind in {"postal", "phone"} else None
    for index, character in enumerate(value, 1):
        if character not in allowed if allowed else not "!" <= character <= "~":
            wanted = DIGITS if allowed else ASCII
            return Text(
                f"{index}文字目の「{character}」は使えません。{wanted.ja}で入力してください。",
                f"Character {index}, “{character}”, cannot be used. Type {wanted.en}.",
            )
    rule, wrong = NARROW[field.kind]
    return None if rule.fullmatch(value) else wrong(field.label)


DIGITS = Text("半角の数字とハイフン（-）", "half-width digits and hyphens (-)")
ASCII = Text("半角の英数字と記号", "half-width letters, digits and signs")
NARROW: Mapping[str, tuple[re.Pattern[str], Callable[[Text], Text]]] = {
    "postal": (
        POSTAL,
        lambda label: Text(
            f"{label.ja}は「890-0001」のように、3桁-4桁で入力してください。",
            f"{label.en}: three digits, a hyphen, four digits, such as 890-0001.",
        ),
    ),
    "phone": (
        PHONE,
        lambda label: Text(
            f"{label.ja}は「099-000-0000」のように、市外局番からハイフンで区切って入力してください。",
            f"{label.en}: with the area code and hyphens, such as 099-000-0000.",
        ),
    ),
    "email": (
        EMAIL,
        lambda label: Text(
            f"{label.ja}は「keiyaku@example.jp」の形で入力してください。",
            f"{label.en}: in the form keiyaku@example.jp.",
        ),
    ),
}
