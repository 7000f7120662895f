"""Mail: notices are written into the outbox with the event they tell of, and sent from there."""

from .delivery import Delivery
from .notices import Fact, Notices
from .outbox import Outbox
from .server import MailServer, Security
from .texts import Kind
from .transport import FolderTransport, SmtpTransport, Transport, transport_of

__all__ = [
    "Delivery",
    "Fact",
    "FolderTransport",
    "Kind",
    "MailServer",
    "Notices",
    "Outbox",
    "Security",
    "SmtpTransport",
    "Transport",
    "transport_of",
]
