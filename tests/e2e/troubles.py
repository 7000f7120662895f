"""A clerk's ten troubles, one after the other: ``python -m tests.e2e.troubles web-demo/troubles``.

Reader, card, driver, daemon, portal and browser are the real ones of the demonstration. A reader is plugged
in by starting pcscd again with one more: vpcd's readers cannot come later.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridge.ui.texts import Texts
from cardbridge_card.contents import AUTHENTICATION, SIGNATURE
from cardbridge_card.pcscd import PrivatePcscd
from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_NAME, PUBLIC_ORIGIN, chromium
from cardbridge_demo.card import OPENSC_MODULES
from cardbridge_demo.desktop import Desktop, desktop
from cardbridge_demo.ports import free_port, free_ports
from cardbridge_demo.registration import Walk
from cardbridge_demo.tls import make_certificate
from tests.card.lab.eyes import Eyes, eyes
from tests.card.stack import OPENSC_CONF, Card, Stack, issue
from tests.ui.gallery import reduce

PIN, WRONG_PIN = "482913", "000000"
_OPENSC = next((path for path in OPENSC_MODULES if path.exists()), OPENSC_MODULES[0])
_MISSING = Path("/usr/lib/ninshokyoku/libcard.so")
_COLOURS = 96
_texts = Texts("ja")


@dataclass(slots=True, kw_only=True)
class Office:
    """A new clerk's desk. `said` is what the program said to each trouble, in the order of its saying.

    Args:
        folder: where the pictures go.
        work: the daemon's and the portal's files.
    """

    folder: Path
    work: Path
    cards: Stack
    screen: Desktop
    eyes: Eyes
    walk: Walk
    ports: tuple[int, int]
    said: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def daemon(self, *, origin: str = PUBLIC_ORIGIN, driver: Path = _OPENSC) -> Iterator[None]:
        configuration = stack.write_configuration(
            self.work, origin, ("認証局のソフト", driver), ports=self.ports
        )
        with stack.daemon(self.work, configuration, {**self.cards.env, **self.screen.env}):
            yield

    def plug_in(self) -> None:
        """A reader, without a card."""
        self.cards.pcscd.stop()
        self.cards.pcscd.slots = 2
        self.cards.pcscd.start()
        self.cards.start_cards(empty=True)

    def insert(self) -> None:
        self.cards.control("insert", card="card")

    def ask(self) -> None:
        """From the portal's door to where the PIN is asked for."""
        self.walk.choose_municipality()
        self.walk.enter()
        self.walk.start_registration()

    def again(self) -> None:
        self.walk.page.click("#retry")

    def type_pin(self, pin: str) -> None:
        self.screen.type_text(pin)
        self.screen.press("Return")

    def read(self, *sentences: str) -> None:
        """Wait until they all stand on the screen, and input counts there."""
        try:
            self.eyes.wait_for(*sentences)
        except AssertionError:
            self.eyes.picture(self.folder / "stopped-screen.png")
            raise

    def window_says(self, trouble: int, *sentences: str) -> None:
        """The daemon's window shows them all; a picture of it."""
        self.read(*sentences)
        self.said[trouble] += sentences
        path = self.folder / f"{trouble:02}-window.png"
        reduce(self.screen.screenshot(path, window=self.screen.windows()[0]), _COLOURS)

    def page_says(self, trouble: int, reason: str) -> None:
        """The page shows its guidance for `reason`; a picture of it."""
        self.walk.wait_for_guidance(reason)
        page = self.walk.page
        self.said[trouble] += [page.inner_text(f"#guidance {part}") for part in ("h2", ".what", ".todo")]
        page.evaluate("document.activeElement.blur(), window.scrollTo(0, 0)")
        path = self.folder / f"{trouble:02}-page.png"
        page.screenshot(path=path)
        reduce(path, _COLOURS)


def all_ten(office: Office) -> None:
    """In the order in which a new user meets them."""
    with office.daemon():
        office.ask()
        office.page_says(1, "noReader")
        office.plug_in()
        office.again()
        office.window_says(2, _texts("insert_title"), _texts("insert"))
        office.screen.close_window("Escape")
        office.page_says(3, "noCard")
    with office.daemon():
        office.insert()
        office.cards.wait_for_cards([True, False])
        office.cards.control("fail-with", statusWord="6F00", count=1000, ins="any")
        office.ask()
        office.page_says(4, "cardUnsupported")
        office.cards.control("heal")
        office.cards.control("remove")
        office.insert()
        office.cards.wait_for_cards([True, False])
        office.again()
        office.read(_texts("pin"), _texts("pin_hint"))
        office.type_pin(WRONG_PIN)
        office.window_says(5, _texts("incorrect") + _texts("countLow") + _texts("again_pin"))
        office.type_pin(WRONG_PIN)
        office.window_says(
            6, _texts("incorrect") + _texts("finalTry") + _texts("again_pin"), _texts("final_confirm")
        )
        office.screen.type_text(WRONG_PIN)
        office.screen.press("Tab")
        office.screen.press("space")
        office.screen.press("Return")
        office.window_says(7, _texts("locked"))
        office.screen.close_window("Return")
        office.page_says(7, "pinLocked")
    office.cards.control("set-tries", value=3)
    office.cards.control("expire")
    with office.daemon():
        office.ask()
        office.page_says(8, "certificateExpired")
    office.cards.control("renew")
    with office.daemon(driver=_MISSING):
        office.ask()
        office.page_says(9, "driverNotFound")
    with office.daemon(origin="https://other.example.jp"):
        office.walk.choose_municipality()
        office.page_says(10, "siteNotPermitted")


@contextmanager
def an_office(folder: Path) -> Iterator[Office]:
    """Everything as it is installed for a new user, with no reader yet."""
    with ExitStack() as running:
        work = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="cb-", dir="/tmp")))  # noqa: S108
        port, first = free_port(), free_ports(4)
        ports = (first, first + 3)
        tls = make_certificate(work, PUBLIC_NAME)
        portal = running.enter_context(stack.portal(work, PUBLIC_ORIGIN, port, tls=tls, bridge_ports=ports))
        sample = portal.samples()[0]
        (work / "opensc.conf").write_text(OPENSC_CONF, "ascii")
        pcscd = PrivatePcscd(folder=work, slots=0)
        cards = Stack(folder=work, pcscd=pcscd, state_files=issue([_card_of(sample.card)], work))
        running.callback(pcscd.stop)
        running.callback(cards.stop_cards)
        pcscd.start()
        screen = running.enter_context(desktop())
        seeing = running.enter_context(eyes(screen.display))
        browser = running.enter_context(chromium(port, "granted"))
        page = browser.new_page()
        page.set_viewport_size({"width": 960, "height": 640})
        shots = work / "shots"
        shots.mkdir()
        walk = Walk(page=page, desktop=screen, origin=PUBLIC_ORIGIN, sample=sample, pin=PIN, folder=shots)
        yield Office(
            folder=folder, work=work, cards=cards, screen=screen, eyes=seeing, walk=walk, ports=ports
        )


def _card_of(place: Path) -> Card:
    given = {
        reference: (place / f"{name}.key.pem", place / f"{name}.crt.pem")
        for reference, name in ((AUTHENTICATION, "authentication"), (SIGNATURE, "signature"))
    }
    return Card(pin=PIN, given=given)


def main(folder: Path) -> None:
    """Go through them all and write the pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with an_office(folder) as office:
        all_ten(office)
        for trouble, sentences in office.said.items():
            sys.stdout.write("\n> ".join([f"{trouble}.", *sentences]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
