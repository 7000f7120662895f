"""Characters and S5's fields, as tables."""

import pytest

from cardbridge_portal.characters import is_allowed, map_windows, offences
from cardbridge_portal.form import FIELDS, errors_of, read_form
from cardbridge_portal.municipalities import municipalities
from tests.portal.clerk import FORM, Clerk

ALLOWED = "Az09 -@~\\¥‾あアーヵ漢亜熙、。「」！？＠　々〒αЖ─\u301c\u2212"
REFUSED = "①㈱Ⅲ㎡髙﨑𠮷ｱｶﾞ｡｢㍻№℡ⅲ鷗噓é😀\uff5e\uff0d\n\x1b\t\u200b\u00a0\u3099\ue000"


@pytest.mark.parametrize("character", ALLOWED)
def test_allowed(character: str) -> None:
    assert is_allowed(character)


@pytest.mark.parametrize("character", REFUSED)
def test_refused(character: str) -> None:
    assert not is_allowed(character)
    (found,) = offences(f"見本{character}")
    assert found.character == character and found.position == 3
    assert "3文字目" in found.message.ja and f"U+{ord(character):04X}" in found.message.ja
    assert found.message.en.startswith("Character 3, ") and f"U+{ord(character):04X}" in found.message.en


def test_what_windows_types() -> None:
    assert offences("見本町１－２－３") != ()
    assert offences(map_windows("見本町１－２－３　Ａ～Ｂ")) == ()
    assert map_windows("Ａ～Ｂ－Ｃ") == "Ａ\u301cＢ\u2212Ｃ"


def test_all_characters_are_named_in_order() -> None:
    assert [found.character for found in offences("①あ㈱")] == ["①", "㈱"]


def test_good_form() -> None:
    assert errors_of(read_form(FORM)) == {}


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("department", "㈱見本", "「㈱」（U+3231）"),
        ("contact_person", "髙橋", "1文字目の「髙」"),
        ("contact_name", "", "入力してください"),
        ("contact_name", "あ" * 61, "60文字以内"),
        ("contact_postal", "８９０-0001", "1文字目の「８」"),
        ("contact_postal", "8900001", "3桁-4桁"),
        ("unit_phone", "099－000－0000", "4文字目の「\u2212」"),
        ("unit_phone", "099-000", "市外局番"),
        ("unit_phone", "0990000000", "市外局番"),
        ("unit_fax", "なし", "1文字目の「な」"),
        ("unit_email", "keiyaku＠example.jp", "8文字目の「＠」"),
        ("unit_email", "keiyaku@example", "メールアドレス"),
        ("unit_email", "a b@example.jp", "2文字目の「 」"),
    ],
)
def test_what_is_said_at_a_field(name: str, value: str, part: str) -> None:
    errors = errors_of(read_form(FORM | {name: value}))
    assert set(errors) == {name} and part in errors[name].ja


def test_no_field_is_for_the_number() -> None:
    assert not [field.name for field in FIELDS if "number" in field.name]


async def test_errors_stand_at_their_fields(clerk: Clerk) -> None:
    await clerk.authenticate()
    await clerk.find()
    response = await clerk.submit("form", **FORM | {"contact_person": "髙橋", "unit_phone": "１"})
    assert response.status == 422 and 'data-screen="S5"' in clerk.text
    assert 'id="contact_person-error"' in clerk.text and 'id="unit_phone-error"' in clerk.text
    assert 'value="髙橋"' in clerk.text and "2 か所を直してください" in clerk.text


def test_municipalities() -> None:
    known = municipalities()
    assert len(known) == 43 and list(known) == sorted(known)
    assert known["462012"].name == "鹿児島市" and known["462012"].number_length == 8
