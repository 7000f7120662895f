"""What a portal is started with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from .addresses import Network
from .mail.server import MailServer

PORTS = (28470, 28471, 28472, 28473)
CLIENT = Path(__file__).resolve().parents[2] / "client"


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Start-up values.

    `origin` is the RFC 6454 serialization that browsers show, `bridge_ports` the daemon's ports,
    `draft_s` how long unsent input is kept, `proxies` the reverse proxies whose X-Forwarded-For is believed
    (limits count by address),
    `key_file` the file of the registration numbers' keys, where it is not in `data`,
    `mail_server` sends the notices; without one, `mail_folder` gets them as .eml files, or they wait,
    `card_control` the page that operates the virtual IC card of a demonstration, without its token.
    """

    data: Path
    origin: str
    bridge_ports: tuple[int, ...] = PORTS
    idle_s: int = 600
    nonce_s: int = 300
    draft_s: int = 24 * 3600
    proxies: tuple[Network, ...] = ()
    database: str | None = None
    key_file: Path | None = None
    client: Path = CLIENT
    card_control: str | None = None
    mail_server: MailServer | None = None
    mail_folder: Path | None = None
    clock: Callable[[], datetime] = now

    @property
    def secure(self) -> bool:
        """Whether the portal is reached over TLS."""
        return urlsplit(self.origin).scheme == "https"

    @property
    def number_key(self) -> Path:
        """The file of the registration numbers' keys."""
        return self.key_file or self.data / "registration-number.key"

    @property
    def database_url(self) -> str:
        """SQLAlchemy's address of the database."""
        return self.database or f"sqlite+aiosqlite:///{self.data / 'portal.sqlite3'}"


def parse_origin(text: str) -> str:
    """Check and return an origin: https, or http on loopback.

    Raises:
        ValueError: for anything else, a path or a query included.
    """
    parts = urlsplit(text)
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise ValueError("the origin must be https, or http on loopback")
    if not parts.hostname or text != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise ValueError("the origin has a scheme, a host and at most a port")
    return text


def parse_ports(text: str) -> tuple[int, ...]:
    """Ports of a range such as `28470-28473` (at most 64 of them).

    Raises:
        ValueError: not a range of ports.
    """
    first, _, last = text.partition("-")
    ports = tuple(range(int(first), int(last or first) + 1))
    if not 0 < len(ports) <= 64 or ports[0] < 1 or ports[-1] > 65535:
        raise ValueError("ports: FIRST-LAST")
    return ports
