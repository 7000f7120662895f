"""What every entry of the history has: who did it, and the receipt it is known by."""

import secrets
from datetime import datetime

from cryptography import x509

from .holder import JAPAN, serial_of

SYSTEM = "system"


def card_actor(certificate: x509.Certificate) -> str:
    """A company's card as the actor of an event."""
    return f"card:{serial_of(certificate)}"[:80]


def new_receipt(moment: datetime) -> str:
    """受付番号: the day in Japan and eight random digits."""
    return f"{moment.astimezone(JAPAN):%Y%m%d}-{secrets.randbelow(10**8):08d}"
