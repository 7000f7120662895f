"""The mail server that the portal hands its notices to. Pure but for the password's file."""

import ipaddress
import stat
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path

from ..form import EMAIL
from .message import Letter, compose, read_subject_and_sender

PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Security(StrEnum):
    """How the connection is protected: RFC 3207, RFC 8314, or not at all (loopback only)."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where to, how, and as whom. `authorities` is a PEM file beside the system's authorities."""

    host: str
    port: int
    security: Security
    sender: Address
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    authorities: Path | None = None

    def __post_init__(self) -> None:
        if self.security is Security.NONE and not _is_loopback(self.host):
            raise ValueError("without TLS, the mail server must be on this machine")
        if (self.user is None) != (self.password is None):
            raise ValueError("the mail server's user and password belong together")
        if not 1 <= self.port <= 65535 or not self.host:
            raise ValueError("the mail server is HOST or HOST:PORT")


def parse_server(
    address: str,
    *,
    security: Security,
    sender: str,
    user: str | None = None,
    password_file: Path | None = None,
    authorities: Path | None = None,
) -> MailServer:
    """The server of `HOST[:PORT]` ([…] around an IPv6 address); the port is the usual one if left out.

    Raises:
        ValueError: says which of the values is wrong.
        OSError: the password's file cannot be read.
    """
    host, port = address, str(PORTS[security])
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif ":" in address:
        host, _, port = address.partition(":")
    if not port.isascii() or not port.isdigit():
        raise ValueError("the mail server is HOST or HOST:PORT")
    return MailServer(
        host=host,
        port=int(port),
        security=security,
        sender=parse_sender(sender),
        user=user,
        password=None if password_file is None else read_password(password_file),
        authorities=authorities,
    )


def parse_sender(text: str) -> Address:
    """`keiyaku@example.jp`, or with a name: `鹿児島市契約課 <keiyaku@example.jp>`.

    Raises:
        ValueError: no address, or a name that a mail header does not bring back as it was.
    """
    name, address = parseaddr(text)
    if not EMAIL.fullmatch(address):
        raise ValueError(f"not a sender's address: {text!r}")
    try:
        sender = Address(display_name=name, addr_spec=address)
        probe = compose(Letter(message_id="probe", recipient="a@example.jp", subject="-", body="-"), sender)
        if read_subject_and_sender(probe.as_bytes())[1] != str(sender):
            raise ValueError
    except (ValueError, HeaderParseError):
        # email.policy folds a long name of Japanese into two words with a blank between.
        raise ValueError("the sender's name is too long or has characters that mail cannot carry") from None
    return sender


def read_password(path: Path) -> str:
    """The first line of a file that not everybody may read.

    Raises:
        ValueError: empty, or readable by everybody.
        OSError: it cannot be read.
    """
    if path.stat().st_mode & stat.S_IROTH:
        raise ValueError(f"everybody can read {path.name}: chmod 600")
    lines = path.read_text("utf-8").splitlines()
    if not lines or not lines[0]:
        raise ValueError(f"{path.name} holds no password")
    return lines[0]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
