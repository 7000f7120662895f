"""The daemon's side of a signing process: start it, ask it, bring it what it wants, end it."""

from __future__ import annotations

import asyncio
import logging
import subprocess
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection, Pipe

import msgspec

from bridge import children
from bridge.core import errors
from bridge.core.order import Form, SignatureOrder
from bridge.core.ports import RawSigner, TimeStampRequest
from bridge.signing import wanted, wire

_log = logging.getLogger(__name__)

COMPUTE_TIMEOUT_S = 60.0


class SigningProcess:
    """One signing process. See `bridge.core.ports.SignatureMaker`.

    A document that ends it, or keeps it busy for too long, is unreadable; the request is over then.

    Args:
        timeout_s: how long one document may take, without the card's and the time-stamping authority's time.
    """

    def __init__(self, form: Form, *, timeout_s: float = COMPUTE_TIMEOUT_S) -> None:
        self._form = form
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="signing")

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process; it loads its libraries while the user still looks at the window.

        Raises:
            InternalError: no process can be started.
        """
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._start)
        except OSError as error:
            _log.error("no signing process can be started: %s", error.strerror)
            raise errors.InternalError("No signing process can be started.") from None

    def _start(self) -> None:
        ours, theirs = Pipe()
        with theirs:
            self._process = children.spawn("signing", [theirs], [self._form.format])
        self._connection = ours

    async def check(self, form: Form, name: str, content: bytes) -> None:
        """See `bridge.core.ports.SignatureMaker`."""
        reply = await self._exchange(wire.Check(form=form, name=name, content=content), name)
        if not isinstance(reply, wire.Checked):
            raise _unexpected()

    async def make(
        self, order: SignatureOrder, sign: RawSigner, time_stamp: TimeStampRequest | None
    ) -> bytes:
        """See `bridge.core.ports.SignatureMaker`: an order is signed once and time-stamped once.

        Raises:
            InternalError: the process wants something signed that is no signature of the order.
        """
        bringers: dict[type[wire.Reply], RawSigner] = {wire.Sign: sign}
        if time_stamp is not None:
            bringers[wire.TimeStamp] = time_stamp
        message: msgspec.Struct = wire.Make(order=order, has_time_stamps=time_stamp is not None)
        while True:
            reply = await self._exchange(message, order.name)
            match reply:
                case wire.Made():
                    return reply.signature
                case wire.Sign(message=data) if not wanted.is_of(order, data):
                    self._kill()
                    _log.error("the signing process wants something else signed than its order")
                    raise _unexpected()
                case wire.Sign(message=data) | wire.TimeStamp(request=data) if type(reply) in bringers:
                    message = wire.Brought(data=await bringers.pop(type(reply))(data))
                case _:
                    raise _unexpected()

    async def _exchange(self, message: msgspec.Struct, document: str) -> wire.Reply:
        """Send `message` and read the reply. After an error, the process is of no further use."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s):
                reply: wire.Reply = await loop.run_in_executor(self._thread, self._ask, message)
        except TimeoutError:
            self._kill()
            _log.warning("the signing process took longer than %s s for a document", self._timeout_s)
            raise errors.DocumentUnreadable("The document takes too long.", document=document) from None
        except (EOFError, OSError) as error:
            _log.warning("the signing process ended: %s", type(error).__name__)
            raise errors.DocumentUnreadable("The document ended its reader.", document=document) from None
        except msgspec.DecodeError:
            raise _unexpected() from None
        if isinstance(reply, wire.Failed):
            raise _error(reply)
        return reply

    def _ask(self, message: msgspec.Struct) -> wire.Reply:
        if self._connection is None:
            raise EOFError
        self._connection.send_bytes(wire.encode(message))
        reply: wire.Reply = wire.decode_reply(self._connection.recv_bytes())
        return reply

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    async def end(self) -> None:
        """End the process, also one that is just being started, and with it whatever it was doing."""
        self._kill()
        await asyncio.get_running_loop().run_in_executor(None, self._reap)

    def _reap(self) -> None:
        self._thread.shutdown()
        if self._process is not None:
            self._process.kill()  # it may have started since
            self._process.wait()
        if self._connection is not None:
            self._connection.close()


class SigningProcesses:
    """See `bridge.core.ports.SignatureMaking`: a process for each request."""

    @asynccontextmanager
    async def maker(self, form: Form) -> AsyncIterator[SigningProcess]:
        """See `bridge.core.ports.SignatureMaking`."""
        process = SigningProcess(form)
        try:
            await process.start()
            yield process
        finally:
            await asyncio.shield(process.end())


def _error(reply: wire.Failed) -> errors.BridgeError:
    kind = getattr(errors, reply.error, None)
    if isinstance(kind, type) and issubclass(kind, errors.BridgeError) and "reason" in dir(kind):
        return kind(reply.detail, **reply.data)
    return _unexpected()


def _unexpected() -> errors.InternalError:
    return errors.InternalError("The signing process gave another reply than was asked for.")
