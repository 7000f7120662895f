"""The 利用者登録 as a clerk walks it, S0 to S8, in a real browser with the PIN typed into the real window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .desktop import Desktop
from .stack import Sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

TIMEOUT_MS = 40_000

FORM = {
    "department": "工事部",
    "contact_name": "本社総務課",
    "contact_postal": "890-0001",
    "contact_address": "鹿児島県鹿児島市見本町１－２－３",
    "contact_person": "見本　太郎",
    "contact_phone": "099-000-0001",
    "contact_fax": "099-000-0002",
    "contact_email": "daihyo@mihon-kensetsu.example.jp",
    "unit_name": "工事部入札係",
    "unit_postal": "890-0002",
    "unit_address": "鹿児島県鹿児島市見本町４－５－６",
    "unit_person": "見本　花子",
    "unit_phone": "099-000-0003",
    "unit_fax": "099-000-0004",
    "unit_email": "nyusatsu@mihon-kensetsu.example.jp",
}


@dataclass(slots=True, kw_only=True)
class Walk:
    """One clerk at one browser tab.

    Args:
        folder: where screenshots go.
        tell: is told each step, in Japanese.
    """

    page: Page
    desktop: Desktop
    origin: str
    sample: Sample
    pin: str
    folder: Path
    tell: Callable[[str], None] = field(default=lambda _: None)

    def whole(self) -> str:
        """S0 to S8; the receipt's number."""
        self.choose_municipality()
        self.enter()
        self.start_registration()
        self.type_pin("S3-pin-window")
        self.find_company()
        self.fill_form()
        self.confirm()
        receipt = self.register()
        self.print_sheet()
        return receipt

    def choose_municipality(self) -> None:
        self.page.goto(self.origin + "/")
        self.wait_for_screen("S0")
        self.shot("S0", "自治体選択")
        self.page.click(f'a[data-code="{self.sample.municipality}"]')

    def enter(self) -> None:
        self.wait_for_screen("S1")
        self.page.wait_for_selector('#clock[data-ready="true"]', timeout=TIMEOUT_MS)
        self.shot("S1", "入口（日時が出ると準備完了）")
        self.page.click("#register")

    def start_registration(self) -> None:
        self.wait_for_screen("S2")
        self.shot("S2", "利用者登録メニュー")
        self.page.click("#register")
        self.wait_for_screen("S3")

    def type_pin(self, name: str, pin: str | None = None) -> None:
        """Type the PIN into the daemon's own window, as a person would."""
        window = self.desktop.wait_for_window()
        self.desktop.screenshot(self.folder / f"{name}.png", window=window)
        self.tell(f"{name}: PIN番号の窓")
        self.desktop.type_text(pin or self.pin)
        self.desktop.press("Return")

    def find_company(self) -> None:
        self.wait_for_screen("S4")
        self.shot("S4-holder", "ICカード取得者の確認")
        self.page.click("#confirm-holder")
        self.page.fill("#number", self.sample.number)
        self.page.fill("#name", self.sample.name)
        self.page.evaluate("document.querySelector('#number').type = 'password'")
        self.shot("S4", "資格審査情報検索（番号は撮影のため伏せた）")
        self.page.evaluate("document.querySelector('#number').type = 'text'")
        self.page.click("#search")

    def fill_form(self) -> None:
        self.wait_for_screen("S5")
        for name, value in FORM.items():
            self.page.fill(f"#{name}", value)
        self.shot("S5", "利用者登録")
        self.page.click("#confirm")

    def confirm(self) -> None:
        self.wait_for_screen("S6")
        self.shot("S6", "登録内容確認")
        self.page.click("#register")

    def register(self) -> str:
        """The second window, which shows the document; then the receipt's number."""
        self.type_pin("S6-sign-window")
        self.wait_for_screen("S7")
        self.shot("S7", "登録完了")
        return self.page.inner_text("#receipt-number")

    def print_sheet(self) -> Path:
        """S8, and the sheet as PDF."""
        with self.page.context.expect_page() as opened:
            self.page.click("#print")
        sheet = opened.value
        sheet.wait_for_selector('body[data-screen="S8"]', timeout=TIMEOUT_MS)
        sheet.screenshot(path=self.folder / "S8.png", full_page=True)
        pdf = self.folder / "receipt.pdf"
        sheet.pdf(path=pdf, format="A4", print_background=True)
        self.tell("S8: 印刷")
        sheet.close()
        return pdf

    def wait_for_screen(self, screen: str) -> None:
        self.page.wait_for_selector(f'body[data-screen="{screen}"]', timeout=TIMEOUT_MS)

    def wait_for_guidance(self, reason: str) -> str:
        """The sentence that the page shows for `reason`."""
        self.page.wait_for_selector(f'#guidance[data-reason="{reason}"]:not([hidden])', timeout=TIMEOUT_MS)
        return self.page.inner_text("#guidance")

    def shot(self, name: str, title: str) -> None:
        self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)
        self.tell(f"{name}: {title}")
