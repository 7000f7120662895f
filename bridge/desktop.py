"""The daemon's place on the user's desktop: what the tray shows, and what its entries do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from bridge import children
from bridge.core.desktop import Show, TrayState
from bridge.core.errors import BridgeError, UserCancelled
from bridge.core.language import Language
from bridge.core.messages import ReaderParams
from bridge.core.origin import THE_USER
from bridge.core.sentences import user_message
from bridge.core.situation import Situation
from bridge.expiry import CertificateMemory
from bridge.handover import HandedOn, HandedTray
from bridge.methods.call import Desk, of_the_user
from bridge.ui.status import expiry_notice, pin_notice, tray_state
from bridge.ui.tray.process import Tray
from bridge.ui.windows import OwnWindows

_log = logging.getLogger(__name__)

_PAGES = {"sites": ("settings", "sites"), "proposals": ("settings", "refused")}
"""Entries that open a part of a window; the others open the window of their own name."""

_WINDOWS = frozenset({"about", "activity", "doctor", "menu", "settings"})

_PIN = ("changePin", "unblockPin")


class Desktop:
    """Joins desk, certificates' ends, tray and windows.

    Args:
        has_driver: whether any driver is configured now.
        stop: ends the daemon.
        has_proposals: whether there are proposed sites that the user has not been shown; may block.
        has_tray: False: no icon, and nothing appears unasked.
        handed_on: what the program before this one, which has become it, had on the desktop.
    """

    def __init__(
        self,
        desk: Desk,
        certificates: CertificateMemory,
        *,
        config_file: Path,
        url: str,
        has_driver: Callable[[], bool],
        has_proposals: Callable[[], bool],
        stop: Callable[[], None],
        has_tray: bool,
        handed_on: HandedOn | None = None,
    ) -> None:
        self._desk, self._certificates = desk, certificates
        self._config_file, self._url = config_file, url
        self._has_driver, self._has_proposals, self._stop = has_driver, has_proposals, stop
        self._windows = OwnWindows(self.choose, self._look)
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._pin_work: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._handed_on = handed_on
        self._doing: set[asyncio.Task[None]] = set()
        icon = None if handed_on is None else handed_on.tray
        self._tray = Tray(self._state(), self.choose, icon) if has_tray else None
        self.watchers: list[Callable[[], None]] = []

    @property
    def _language(self) -> Language:
        return self._desk.policy.ui.language

    @property
    def has_windows(self) -> bool:
        """Whether a window of the user's own is open; `watchers` hear when one has gone."""
        return self._windows.has_any

    @property
    def is_settled(self) -> bool:
        """Whether nothing chosen is being done, and nothing is just being said to the tray or by it."""
        return not self._doing and (self._tray is None or self._tray.is_settled)

    def release_tray(self) -> HandedTray | None:
        """The icon stays when this ends."""
        return None if self._tray is None else self._tray.release()

    async def keep(self) -> None:
        """Serve until cancelled; then every window of the user's own is gone, and the icon."""
        self._desk.board.watch(self._look)
        self._desk.lane.watchers.append(self._look)
        self._certificates.watchers.append(self._look)
        self._look()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                work = [self._follow(), self._certificates.keep(self._announce if self._tray else None)]
                if self._tray is not None:
                    work += [self._keep_tray(self._tray), self._propose()]
                for each in work:
                    group.create_task(self._surely(each))
                await asyncio.Event().wait()  # also when all of that has failed
        finally:
            self._group = None
            await asyncio.shield(self._windows.close())

    async def _keep_tray(self, tray: Tray) -> None:
        if self._handed_on is not None:  # an icon that is there shows no other state until there is one
            await self._desk.board.reported()
            tray.show(self._state())
        await tray.keep()

    def choose(self, id: str) -> None:
        """Do what the entry of the menu says; one that is not known does nothing."""
        if id == "quit":
            _log.info("ended from the tray")
            self._stop()
        elif id in _PIN:
            self._begin_pin(id)
        elif self._group is not None and (id in _PAGES or id in _WINDOWS):
            self._do(self._group, self._open(id))

    def _begin_pin(self, id: str) -> None:
        if self._group is None or self._pin_work is not None and not self._pin_work.done():
            return
        kind: Literal["changePin", "unblockPin"] = "changePin" if id == "changePin" else "unblockPin"
        self._pin_work = self._do(self._group, self._pin(kind))

    def _do(self, group: asyncio.TaskGroup, chosen: Awaitable[None]) -> asyncio.Task[None]:
        task = group.create_task(self._surely(chosen))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)
        return task

    async def _pin(self, kind: Literal["changePin", "unblockPin"]) -> None:
        from bridge.methods.card import change_pin, unblock_pin  # nobody wants it before

        language = self._language
        problem = None
        work = change_pin if kind == "changePin" else unblock_pin
        try:
            call, params = of_the_user(self._desk, language), ReaderParams()
            await self._desk.activity.follow(call.trail, THE_USER, f"card.{kind}", params, work(call, params))
        except UserCancelled:
            return
        except BridgeError as error:
            _log.info("%s from the tray: %s", kind, error.reason)
            problem = user_message(error, language)
        await self._say(*pin_notice(kind, problem, language))

    async def _open(self, id: str) -> None:
        name, page = _PAGES.get(id, (id, ""))
        state = self._state()
        show = Show(
            language=self._language,
            config_file=str(self._config_file),
            url=self._url,
            page=page,
            title=state.title if name == "menu" else "",
            menu=state.menu if name == "menu" else (),
        )
        await self._windows.show(name, show)

    async def _say(self, title: str, text: str) -> bool:
        """In a window, which waits while somebody may be typing a PIN into another."""
        if not children.has_display():
            return False
        while self._desk.lane.is_busy:
            self._idle.clear()
            await self._idle.wait()
        return await self._windows.show("message", Show(language=self._language, title=title, text=text))

    async def _announce(self, end: datetime) -> bool:
        days = max(0, self._situation().days_left(end.astimezone()))
        title, text = expiry_notice(end.astimezone(), days, self._language)
        if self._tray is not None:
            await self._tray.settled()
            if await self._tray.notify(title, text):
                return True
        return await self._say(title, text)

    async def _propose(self) -> None:
        """What came with the installer is shown once, without being asked for; the person decides there."""
        if (
            self._handed_on is None
            and children.has_display()
            and await asyncio.to_thread(self._has_proposals)
        ):
            await self._open("proposals")

    def _look(self) -> None:
        self._changed.set()
        for watcher in self.watchers:
            watcher()
        if not self._desk.lane.is_busy:
            self._idle.set()
            self._certificates.look()

    async def _follow(self) -> None:
        while self._tray is not None:
            await self._changed.wait()
            self._changed.clear()
            self._tray.show(self._state())

    def _state(self) -> TrayState:
        has_driver = self._has_driver()  # looks at the file first, and so at the language in it
        return tray_state(self._situation(has_driver), self._language)

    def _situation(self, has_driver: bool = True) -> Situation:
        board = self._desk.board
        return Situation(
            service_available=board.service_available or bool(board.known_readers()),
            has_driver=has_driver,
            readers=board.known_readers(),
            is_busy=self._desk.lane.is_busy,
            ends=tuple(end.astimezone() for end in self._certificates.ends()),
            now=self._desk.clock.now().astimezone(),
        )

    async def _surely(self, work: Awaitable[None]) -> None:
        """What goes wrong in one part, or one entry, ends neither the others nor the daemon."""
        try:
            await work
        except Exception:
            _log.exception("a part of the desktop failed")
