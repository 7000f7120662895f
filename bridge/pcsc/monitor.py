"""Readers as events: a thread of its own that sleeps in SCardGetStatusChange."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from bridge.core.reader_table import PcscReader, PcscReaders, reader_state

_log = logging.getLogger(__name__)

_PNP = "\\\\?PnP?\\Notification"
_RETRY_S = (0.25, 0.5, 1.0, 2.0)
_INFINITE = 0xFFFFFFFF
_CANCELS, _BETWEEN_CANCELS_S = 20, 0.1


class ServiceGone(Exception):
    """The PC/SC service does not answer; a new context is needed."""


class ReaderMonitor:
    """Watches all readers.

    Args:
        on_change: called in the monitor's own thread or that of `look_again`, once at the start and then
            only when something differs. With libpcsclite missing, or the service down, it gets
            `available=False`.
    """

    def __init__(self, on_change: Callable[[PcscReaders], None]) -> None:
        self._on_change = on_change
        self._current: PcscReaders | None = None
        self._telling = threading.Lock()
        self._told = 0
        self._stopping = threading.Event()
        self._context: Any = None
        self._thread = threading.Thread(target=self._run, name="pcsc", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; SCardCancel wakes it. May be called more than once."""
        self._stopping.set()
        for _ in range(_CANCELS):
            self._cancel()
            if self._thread.is_alive():
                self._thread.join(timeout=_BETWEEN_CANCELS_S)
            if not self._thread.is_alive():
                return

    def _cancel(self) -> None:
        """Wakes a thread that waits; of one that is just about to, pcscd knows nothing yet."""
        context = self._context
        if context is not None:
            from smartcard import scard

            scard.SCardCancel(context)

    def look_again(self) -> None:
        """Ask PC/SC for all states anew, from any thread. Blocks for a moment.

        pcscd tells of no change when a program takes or gives back the exclusive use of a card.
        """
        with self._telling:
            told = self._told
        with suppress(ServiceGone):
            seen = look()
            if seen.readers:
                self._tell(seen, told)

    def _run(self) -> None:
        try:
            from smartcard import scard
        except ImportError as error:
            _log.warning("PC/SC cannot be used: %s", error)
            self._tell(PcscReaders(available=False))
            return
        failures = 0
        while not self._stopping.is_set():
            try:
                self._establish(scard)
                failures = 0
                self._watch(scard)
            except ServiceGone:
                self._tell(PcscReaders(available=False))
            self._release(scard)
            # pcscd tells nobody that it is back: while it is away, this is the only polling there is.
            self._stopping.wait(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
            failures += 1

    def _establish(self, scard: Any) -> None:
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if code != scard.SCARD_S_SUCCESS:
            raise ServiceGone
        self._context = context

    def _release(self, scard: Any) -> None:
        context, self._context = self._context, None
        if context is not None:
            scard.SCardReleaseContext(context)

    def _watch(self, scard: Any) -> None:
        known: dict[str, int] = {}
        while not self._stopping.is_set():
            names = _names(scard, self._context)
            if not names:
                self._tell(PcscReaders(available=True))
            known = {name: known.get(name, scard.SCARD_STATE_UNAWARE) for name in names}
            states = [(name, state) for name, state in known.items()]
            # A new reader shows as a change of the pseudo-reader against the number in its upper half.
            states.append((_PNP, len(names) << 16))
            is_new = scard.SCARD_STATE_UNAWARE in known.values()
            code, events = scard.SCardGetStatusChange(self._context, 0 if is_new else _INFINITE, states)
            if code == scard.SCARD_E_UNKNOWN_READER:
                known.clear()
            elif code in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
                readers = [(name, state, atr) for name, state, atr in events if name != _PNP]
                known = {name: state & ~scard.SCARD_STATE_CHANGED for name, state, _ in readers}
                self._tell(_table(readers))
            elif code != scard.SCARD_E_CANCELLED:
                raise ServiceGone

    def _tell(self, readers: PcscReaders, after: int | None = None) -> None:
        """Tell a change; with `after`, only where nothing has been told since then: it would be older."""
        with self._telling:
            if readers != self._current and after in (None, self._told):
                self._current = readers
                self._told += 1
                self._on_change(readers)


def look() -> PcscReaders:
    """All readers as they are now, with a context of its own. Blocks for as long as the service does.

    Raises:
        ServiceGone: no library, no service, or no right to use it; with PC/SC's code where there is one.
    """
    try:
        from smartcard import scard
    except ImportError as error:
        raise ServiceGone(str(error)) from None
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        raise ServiceGone(f"{code & 0xFFFFFFFF:#010x}")
    try:
        states = [(name, scard.SCARD_STATE_UNAWARE) for name in _names(scard, context)]
        if not states:
            return PcscReaders(available=True)
        code, events = scard.SCardGetStatusChange(context, 0, states)
    finally:
        scard.SCardReleaseContext(context)
    if code != scard.SCARD_S_SUCCESS:
        raise ServiceGone(f"{code & 0xFFFFFFFF:#010x}")
    return _table(events)


def _names(scard: Any, context: Any) -> list[str]:
    code, names = scard.SCardListReaders(context, [])
    if code == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    if code != scard.SCARD_S_SUCCESS:
        raise ServiceGone
    return list(names)


def _table(events: list[tuple[str, int, list[int]]]) -> PcscReaders:
    readers = (
        PcscReader(name=name, state=reader_state(state), atr=bytes(atr)) for name, state, atr in events
    )
    return PcscReaders(available=True, readers=tuple(readers))
