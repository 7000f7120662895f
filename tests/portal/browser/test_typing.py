"""Help while typing: it says what is wrong and offers; only a press on the button changes the text."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from cardbridge_portal.form import errors_of, read_form
from tests.portal.browser.stage import Hand
from tests.portal.clerk import FORM

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

# field, typed, said, offered ('' for nothing)
CASES = (
    ("contact_postal", "８９００００１", "全角", "890-0001"),
    ("contact_postal", "8900001", "ハイフン", "890-0001"),
    ("contact_postal", "８９０－０００１", "全角", "890-0001"),
    ("contact_postal", "890ー0001", "全角", "890-0001"),
    ("contact_postal", "890-0001", "", ""),
    ("contact_phone", "０９９−０００−００００", "全角", "099-000-0000"),
    ("contact_phone", "09012345678", "市外局番", "090-1234-5678"),
    ("contact_phone", "０１２０１２３４５６", "全角", "0120-123-456"),
    ("contact_phone", "0990000000", "市外局番", ""),
    ("contact_phone", "なし", "全角", ""),
    ("contact_email", "ｋｅｉｙａｋｕ＠example.jp", "全角", "keiyaku@example.jp"),
    ("contact_name", "あ" * 61, "60文字まで", ""),
    ("contact_name", "総務部", "", ""),
)


async def test_offers_and_never_converts(hand: Hand) -> None:
    page = hand.page
    await hand.form()
    for name, typed, said, offered in CASES:
        await page.fill(f"#{name}", typed)
        told = page.locator(f"#{name}-help")
        await expect(told).to_contain_text(said) if said else await expect(told).to_be_empty()
        button = page.locator(f"#{name}-help ~ button")
        assert await button.is_visible() == bool(offered), typed
        await page.press(f"#{name}", "Tab")
        assert await page.input_value(f"#{name}") == typed
        if offered:
            assert await button.inner_text() == f"「{offered}」に直す"
            await button.click()
            assert await page.input_value(f"#{name}") == offered
            assert await hand.focused() == name and await button.is_hidden()
            assert errors_of(read_form(FORM | {name: offered})) == {}


async def test_registration_number(hand: Hand) -> None:
    page = hand.page
    await hand.search()
    for typed, said, offered in (
        ("１２３４５６７８", "全角", "12345678"),
        ("123456789", "1桁多く", ""),
        ("12a", "数字だけ", ""),
        ("1234", "", ""),
    ):
        await page.fill("#number", typed)
        told = page.locator("#number-help")
        await expect(told).to_contain_text(said) if said else await expect(told).to_be_empty()
        assert await page.locator("#number-help ~ button").is_visible() == bool(offered)
        assert await page.input_value("#number") == typed


async def test_browser_is_told_what_the_fields_are(hand: Hand) -> None:
    page = hand.page
    await hand.form()
    for name, token, keyboard in (
        ("contact_postal", "section-contact postal-code", "tel"),
        ("unit_phone", "section-unit work tel", "tel"),
        ("unit_fax", "section-unit fax tel", "tel"),
        ("contact_email", "section-contact work email", "email"),
    ):
        assert await page.get_attribute(f"#{name}", "autocomplete") == token
        assert await page.get_attribute(f"#{name}", "inputmode") == keyboard
