"""A clerk's day at the portal in Chromium: what is pressed and met, and how cards and windows behave."""

from pathlib import Path

from tests.portal.browser.stage import Hand
from tests.portal.companies import execute
from tests.portal.fake_daemon import READERS
from tests.portal.reached import Reached

EMPTY = READERS[0] | {"state": "empty"}


class Day(Hand):
    """A clerk who notes all that is seen."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(page=hand.page, stage=hand.stage)
        self.seen = Reached()

    @property
    def data(self) -> Path:
        return self.stage.data

    async def press(self, selector: str) -> None:
        await self.seen.press(self.page, selector)

    async def screen(self, name: str) -> None:
        await super().screen(name)
        await self.seen.look(self.page)

    async def meet(self, reason: str) -> None:
        await self.guidance(reason)
        await self.seen.look(self.page)

    async def go(self, page: str, municipality: str = "462012") -> None:
        await self.page.goto(f"{self.stage.origin}/m/{municipality}/{page}")

    def refuse(self, method: str, reason: str) -> None:
        self.stage.daemon.errors[method] = (-32000, reason, {})

    async def swap(self, card: Path) -> None:
        """Take the card out and put another one in."""
        await self.stage.daemon.plug(EMPTY)
        await self.page.wait_for_selector('#swap[data-state="insert"]')
        self.stage.daemon.card = card
        await self.stage.daemon.plug(*READERS)

    async def renewal_confirm(self) -> None:
        """電子証明書更新確認."""
        await self.page.wait_for_selector("#pair")
        await self.seen.look(self.page)

    async def cancelled(self, selector: str, method: str) -> None:
        """Press, and cancel on the page while the daemon's window is open."""
        self.stage.daemon.hang.add(method)
        await self.press(selector)
        await self.page.wait_for_selector("#status:has-text('ICカードブリッジの画面')")
        await self.press("#cancel")
        await self.meet("userCancelled")
        self.stage.daemon.hang.clear()

    async def ended(self, state: str, reason: str, page: str) -> None:
        """A card in this state is met with this reason at this page; afterwards it is active again."""
        await execute(self.data, "UPDATE card SET state = ? WHERE state = 'active'", state)
        await self.go(page)
        await self.meet(reason)
        await execute(self.data, "UPDATE card SET state = 'active' WHERE state = ?", state)
