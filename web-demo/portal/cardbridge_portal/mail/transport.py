"""Where letters go: a mail server (RFC 5321), or a folder of .eml files for a demonstration."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

import aiosmtplib

from ..authority import replace_private
from .message import Letter, compose, one_line
from .server import MailServer, Security

COMMAND_S = 30  # a server that does not answer
SHUTTING_DOWN = 421  # RFC 5321 section 3.8
MAX_ANSWER = 300
FOLDER_SENDER = Address("電子入札（実演用）", "no-reply", "example.jp")
log = logging.getLogger("cardbridge_portal.mail")


class Undelivered(Exception):
    """A letter that did not go.

    `answer` is what the server said, one line, for the official's eyes; `brief` is for the log: an
    answer to a letter may quote the recipient.
    """

    def __init__(self, answer: str, brief: str | None = None) -> None:
        super().__init__(answer)
        self.answer = one_line(answer)[:MAX_ANSWER]
        self.brief = self.answer if brief is None else brief


class ServerUnavailable(Undelivered):
    """No letter can go now: connection, TLS, login or sender; nothing to do with this letter."""


class Postponed(Undelivered):
    """This letter is to be tried again later (4yz)."""


class Rejected(Undelivered):
    """This letter will never be taken (5yz)."""


class Counter(Protocol):
    """An open connection."""

    async def post(self, letter: Letter) -> None:
        """Hand one letter over.

        Raises:
            ServerUnavailable, Postponed, Rejected
        """


class Transport(Protocol):
    """Opens connections."""

    def open(self) -> AbstractAsyncContextManager[Counter]:
        """Connect for a few letters; raises ServerUnavailable."""


class SmtpTransport:
    """A mail server. What is asked for protects every letter: without STARTTLS nothing is sent."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Counter]:
        """A connection, logged in."""
        client = await self._connect()
        try:
            yield _SmtpCounter(client, self._server.sender)
        finally:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=5)
            client.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        protected = server.security is not Security.NONE
        try:
            client = aiosmtplib.SMTP(
                hostname=server.host,
                port=server.port,
                local_hostname=server.sender.domain,
                use_tls=server.security is Security.TLS,
                start_tls=server.security is Security.STARTTLS,
                tls_context=await asyncio.to_thread(_tls, server.authorities) if protected else None,
                username=server.user,
                password=server.password,
                timeout=COMMAND_S,
            )
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise ServerUnavailable(_answer(error)) from None
        return client


class _SmtpCounter:
    def __init__(self, client: aiosmtplib.SMTP, sender: Address) -> None:
        self._client = client
        self._sender = sender

    async def post(self, letter: Letter) -> None:
        try:
            message = compose(letter, self._sender)
            await self._client.sendmail(self._sender.addr_spec, letter.recipient, message.as_bytes())
        except ValueError as error:
            raise Rejected(str(error), "no address") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judged(error.recipients[0]) from None
        except aiosmtplib.SMTPDataError as error:
            raise _judged(error) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ServerUnavailable(_answer(error), type(error).__name__) from None


class FolderTransport:
    """Writes .eml files, for a demonstration without a mail server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Counter]:
        """The folder, made if there is none."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ServerUnavailable(_answer(error)) from None
        yield self

    async def post(self, letter: Letter) -> None:
        """One owner-only file a letter, named by its Message-ID: sent twice, it is one file."""
        try:
            message: EmailMessage = compose(letter, FOLDER_SENDER)
        except ValueError as error:
            raise Rejected(str(error), "no address") from None
        name = f"{letter.moment:%Y%m%d-%H%M%S}-{letter.message_id}.eml"
        try:
            replace_private(self._folder / name, message.as_bytes())
        except OSError as error:
            raise ServerUnavailable(_answer(error)) from None


def transport_of(server: MailServer | None, folder: Path | None) -> Transport | None:
    """A mail server, or a folder, or none; says in the log which of them."""
    if server is not None:
        log.info("notices go to the mail server %s:%d (%s)", server.host, server.port, server.security)
        return SmtpTransport(server)
    if folder is not None:
        log.warning("no mail server: notices are written into the folder %s", folder)
        return FolderTransport(folder)
    log.warning("no mail server: notices wait in the outbox (--smtp sends them)")
    return None


def _tls(authorities: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


def _judged(error: aiosmtplib.SMTPResponseException) -> Undelivered:
    if error.code == SHUTTING_DOWN:
        return ServerUnavailable(_answer(error), str(error.code))
    return (Postponed if error.code < 500 else Rejected)(_answer(error), str(error.code))


def _answer(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"
