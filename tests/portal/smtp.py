"""A real SMTP server (aiosmtpd) on loopback, which answers as a test tells it to."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

ACCEPTED = "250 OK"
Answer = Callable[[str], str]


@dataclass
class PostOffice:
    """What arrived, in order; `at_recipient` and `at_data` say what is answered, by recipient."""

    port: int = 0
    letters: list[Envelope] = field(default_factory=list)
    protected: list[bool] = field(default_factory=list)
    at_recipient: Answer = lambda _recipient: ACCEPTED
    at_data: Answer = lambda _recipient: ACCEPTED
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    refused: int = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.at_recipient(address)
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        else:
            await self._note_refusal()
        return answer

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.at_data(str(envelope.rcpt_tos[0]))
        if answer != ACCEPTED:
            await self._note_refusal()
            return answer
        async with self.arrived:
            self.letters.append(envelope)
            self.protected.append(session.ssl is not None)
            self.arrived.notify_all()
        return answer

    async def _note_refusal(self) -> None:
        async with self.arrived:
            self.refused += 1
            self.arrived.notify_all()

    async def until(self, condition: Callable[[], bool], timeout_s: float = 30) -> None:
        async with asyncio.timeout(timeout_s), self.arrived:
            await self.arrived.wait_for(condition)

    def messages(self) -> list[EmailMessage]:
        """Read as a mail program reads them."""
        raw = [each.content or b"" for each in self.letters]
        return [
            cast("EmailMessage", message_from_bytes(cast("bytes", each), policy=cast("Any", default)))
            for each in raw
        ]


@asynccontextmanager
async def post_office(
    office: PostOffice | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
) -> AsyncIterator[PostOffice]:
    """Serve until the end; on the port of an `office` that was open before."""
    office = office or PostOffice()

    def authenticate(_s: SMTP, _session: Session, _e: Envelope, _mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and login is not None
        return AuthResult(
            success=right and (given.login.decode(), given.password.decode()) == login, handled=False
        )

    def connection() -> SMTP:
        return SMTP(
            office,
            hostname="mail.example.jp",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=login is not None,
            authenticator=authenticate,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", office.port)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


def make_tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context for `localhost`, and the certificate that clients trust."""
    certificate, key = folder / "smtp.pem", folder / "smtp.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"]
    subprocess.run([*command, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
