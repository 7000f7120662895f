"""A short connection to a card, to make it forget the PIN it has accepted."""

from __future__ import annotations

import logging

from bridge.core.errors import ReaderServiceUnavailable

_log = logging.getLogger(__name__)


def reset_card(reader: str) -> None:
    """Reset the card in `reader` (SCARD_RESET_CARD): for a card, no PIN has been verified after that.

    Nothing happens where the reader is empty or gone. Blocks; run it in a thread.

    Raises:
        ReaderServiceUnavailable
    """
    from smartcard import scard

    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        raise ReaderServiceUnavailable
    try:
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, card, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, protocols)
        if code == scard.SCARD_W_UNPOWERED_CARD or code == scard.SCARD_S_SUCCESS:
            code = scard.SCardDisconnect(card, scard.SCARD_RESET_CARD)
        if code not in (
            scard.SCARD_S_SUCCESS,
            scard.SCARD_E_NO_SMARTCARD,
            scard.SCARD_W_REMOVED_CARD,
            scard.SCARD_E_UNKNOWN_READER,
            scard.SCARD_E_READER_UNAVAILABLE,
        ):
            _log.warning("a card was not reset: %#010x", code & 0xFFFFFFFF)
    finally:
        scard.SCardReleaseContext(context)
