"""The readers as pages may see them: what PC/SC says, and what workers have seen of the cards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from bridge.core.errors import ReaderServiceUnavailable
from bridge.core.ports import Survey
from bridge.core.reader_table import PcscReaders, emptied, is_slot_of
from bridge.core.readers import Card, Reader, public_name
from bridge.core.token import Token

_FIRST_REPORT_S = 3.0


class ReaderBoard:
    """Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._pcsc = PcscReaders(available=False, readers=())
        self._reported = asyncio.Event()
        self._seen: dict[str, Token] = {}
        self._removals: Counter[str] = Counter()
        self._changed = asyncio.Event()
        self._watchers: list[Callable[[], None]] = []
        self._public: tuple[bool, tuple[Reader, ...]] | None = None

    @property
    def service_available(self) -> bool:
        return self._pcsc.available

    @property
    def has_readers(self) -> bool:
        return bool(self._pcsc.readers)

    @property
    def has_cards(self) -> bool:
        return any(reader.holds_card for reader in self._pcsc.readers)

    @property
    def reader_in_use(self) -> str | None:
        """A reader whose card another program holds exclusively, by its full name; None if a card is free."""
        states = {reader.state for reader in self._pcsc.readers}
        held = [reader.name for reader in self._pcsc.readers if reader.state == "inUse"]
        return held[0] if held and "present" not in states else None

    def readers(self) -> tuple[Reader, ...]:
        """All readers under their public names.

        Raises:
            ReaderServiceUnavailable: PC/SC is down and no token without PC/SC is known.
        """
        readers = self._compose()
        if not self._pcsc.available and not readers:
            raise ReaderServiceUnavailable
        return readers

    def known_readers(self) -> tuple[Reader, ...]:
        """The same for a notification: none while PC/SC is down."""
        return self._compose()

    def pcsc_changed(self, readers: PcscReaders) -> None:
        """PC/SC reports another state of its readers."""
        self._reported.set()
        gone = emptied(self._pcsc, readers)
        self._pcsc = readers
        self._removals.update(gone)
        filled = {r.name for r in readers.readers if r.state in ("present", "inUse")} - set(gone)
        self._seen = {name: t for name, t in self._seen.items() if not t.is_hardware or name in filled}
        self._publish()

    def tokens_seen(self, survey: Survey) -> None:
        """A worker has looked at the cards; of a card that two drivers know, the first one counts."""
        self._seen = {}
        for place in survey.tokens:
            self._seen.setdefault(self.reader_of(place.token) or place.token.description, place.token)
        self._publish()

    def reader_of(self, token: Token) -> str | None:
        """The PC/SC reader that holds `token`; if the slot is named otherwise, the only one with a card."""
        if not token.is_hardware:
            return None
        named = [r.name for r in self._pcsc.readers if is_slot_of(token.description, r.name)]
        filled = [r.name for r in self._pcsc.readers if r.holds_card]
        if named:
            return named[0]
        return filled[0] if len(filled) == 1 else None

    def readers_of(self, token: Token) -> tuple[str, ...]:
        """Every PC/SC reader that may hold `token`: more than one where names do not tell (they are cut)."""
        if not token.is_hardware:
            return ()
        named = tuple(r.name for r in self._pcsc.readers if is_slot_of(token.description, r.name))
        return named or tuple(r.name for r in self._pcsc.readers if r.holds_card)

    def public_reader_of(self, token: Token) -> str:
        """The name under which a page knows the reader that holds `token`."""
        return public_name(self.reader_of(token) or token.description)

    def removals(self, readers: tuple[str, ...]) -> int:
        """How often a card has left one of `readers`, or such a reader itself has gone."""
        return sum(self._removals[reader] for reader in readers)

    async def reported(self) -> None:
        """Wait until PC/SC has said anything at all, which it does within `_FIRST_REPORT_S` of the start."""
        if not self._reported.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_REPORT_S):
                    await self._reported.wait()
            self._reported.set()

    async def change(self) -> None:
        """Return at the next change of a PC/SC reader."""
        await self._changed.wait()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after each change that a page could see, until `unwatch`."""
        if watcher not in self._watchers:
            self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def _publish(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        public = (self._pcsc.available, self._compose())
        if public != self._public:
            self._public = public
            for watcher in list(self._watchers):
                watcher()

    def _compose(self) -> tuple[Reader, ...]:
        hardware = tuple(
            Reader(name=public_name(r.name), state=r.state, card=_card(self._seen.get(r.name), r.state))
            for r in self._pcsc.readers
        )
        names = {reader.name for reader in self._pcsc.readers}
        soft = tuple(
            Reader(name=public_name(name), state="present", card=_card(token, "present"))
            for name, token in self._seen.items()
            if name not in names and not token.is_hardware
        )
        return hardware + soft


def _card(token: Token | None, state: str) -> Card | None:
    if token is not None:
        return Card(
            type=token.model.strip() or "unknown",
            pin_state=token.pin_state,
            tries_left=token.tries_left,
            protected_authentication_path=token.protected_authentication_path,
        )
    if state in ("present", "inUse"):
        return Card(type="unknown", pin_state="unknown", protected_authentication_path=False)
    return None
