"""S9 to S11 with the real daemon, real windows, pcscd, virtual IC cards and OpenSC."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509

from cardbridge_card.pcscd import missing_piece
from cardbridge_demo import procedures, stack
from cardbridge_demo.browser import PUBLIC_ORIGIN, chromium
from cardbridge_demo.card import DemoToken, virtual_cards
from cardbridge_demo.registration import Walk
from tests.e2e.conftest import Lab
from tests.portal.companies import rows

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.card,
    pytest.mark.timeout(300),
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A clerk at a browser, with card readers."""

    walk: Walk
    token: DemoToken
    cards: Sequence[Path]
    data: Path

    def states(self) -> list[str]:
        """The desk's cards' states at the portal, in the order of their registration."""
        serials = [_serial(card) for card in self.cards]
        found = dict(rows(self.data, "SELECT serial, state FROM card"))
        return [found[serial] for serial in serials if serial in found]

    def choose_second(self, name: str) -> None:
        """In the daemon's window with both cards: the lower one."""
        desktop = self.walk.desktop
        window = desktop.wait_for_window()
        desktop.screenshot(self.walk.folder / f"{name}.png", window=window)
        desktop.press("Down")
        self.press_return(window)

    def press_return(self, window: str) -> None:
        """Until the window shows something else: the question for the PIN comes in the chooser's place."""
        before = self.walk.desktop.picture(window)
        self.walk.desktop.press("Return")
        self.walk.desktop.wait_for_change(window, before)

    def bring(self, card: Path) -> None:
        """The other card comes into the first reader."""
        self.token.order("remove")
        self.token.order("insert", card=card)


def _serial(card: Path) -> str:
    certificate = x509.load_pem_x509_certificate((card / "authentication.crt.pem").read_bytes())
    return f"{certificate.serial_number:X}"


@contextmanager
def desk(lab: Lab, folder: Path, *, readers: int) -> Iterator[Desk]:
    """Two fresh cards of the second sample company; the second lies beside."""
    sample = lab.portal.samples()[1]
    cards = [lab.portal.issue_card(sample.name, "例示　次郎") for _ in range(2)]
    sample, pin = replace(sample, card=cards[0]), f"{secrets.randbelow(10**6):06d}"
    with virtual_cards(folder, cards, pin, readers=readers) as token:
        if readers > 1:
            token.order("remove", reader=2)
        here = replace(lab, sample=sample, pin=pin, token=token.env, driver=token.driver)
        configuration = here.configuration()
        with (
            stack.daemon(lab.folder, configuration, here.env),
            chromium(lab.portal.port, "granted") as browser,
        ):
            walk = Walk(
                page=browser.new_page(),
                desktop=lab.screen,
                origin=PUBLIC_ORIGIN,
                sample=sample,
                pin=pin,
                folder=folder,
            )
            yield Desk(walk=walk, token=token, cards=cards, data=lab.portal.data)


def test_change_login_and_renewal_with_one_reader(lab: Lab, tmp_path: Path) -> None:
    """Registered, changed, logged in, renewed by a swap; the new card logs in, the old one does not."""
    with desk(lab, tmp_path, readers=1) as clerk:
        walk, (old, new) = clerk.walk, clerk.cards
        receipts = [walk.whole(), procedures.change(walk, "unit_phone", "099-000-0009")]
        procedures.login(walk)
        assert walk.page.inner_text("#company-name") == walk.sample.name
        assert all(receipt in walk.page.inner_text("#history") for receipt in receipts)
        assert "099-000-0009" in walk.page.inner_text("main")
        procedures.logout(walk)
        receipts.append(procedures.renew(walk, lambda: clerk.token.order("swap", card=new)))
        assert clerk.states() == ["renewed", "active"]
        procedures.login(walk)
        history = walk.page.inner_text("#history")
        assert all(receipt in history for receipt in receipts)
        procedures.logout(walk)
        clerk.bring(old)
        walk.page.click("#login:enabled")
        walk.type_pin("old-card")
        assert "切り替わって" in walk.wait_for_guidance("cardRenewed")
    kinds = dict(rows(lab.portal.data, "SELECT receipt, kind FROM event"))
    assert [kinds[receipt] for receipt in receipts] == ["registered", "changed", "renewed"]


@pytest.mark.slow
def test_renewal_with_two_readers(lab: Lab, tmp_path: Path) -> None:
    """Both cards inserted: the old one chosen again is refused, the new one is taken and signs."""
    with desk(lab, tmp_path, readers=2) as clerk:
        walk, new = clerk.walk, clerk.cards[1]
        walk.whole()

        def insert_and_choose_wrongly() -> None:
            clerk.token.order("insert", reader=2, card=new)
            walk.page.wait_for_selector('#swap[data-state="both"]')
            walk.page.click("#new-card")
            clerk.press_return(walk.desktop.wait_for_window())  # the upper one, which is the old card
            walk.type_pin("wrong-card")
            walk.wait_for_guidance("sameCard")

        procedures.renew(walk, insert_and_choose_wrongly, choose=clerk.choose_second)
        assert clerk.states() == ["renewed", "active"]
