"""The daemon's side of a signing process: start it, ask it, bring it what it wants, end it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec

from bridge.companion import Companion
from bridge.core import errors
from bridge.core.order import Form, SignatureOrder
from bridge.core.ports import RawSigner, TimeStampRequest
from bridge.signing import wanted, wire

_log = logging.getLogger(__name__)

COMPUTE_TIMEOUT_S = 60.0
_ERRORS: dict[str, type[errors.BridgeError]] = {
    kind.__name__: kind
    for kind in (
        errors.DocumentUnreadable,
        errors.InternalError,
        errors.TimeStampFailed,
        errors.UnsupportedAlgorithm,
        errors.UnsupportedFormat,
    )
}
_DATA = ("document", "driver")


class SigningProcess(Companion):
    """One signing process. See `bridge.core.ports.SignatureMaker`.

    A document that ends it, or keeps it busy for too long, is unreadable; the request is over then.

    Args:
        timeout_s: how long one document may take, without the card's and the time-stamping authority's time.
    """

    def __init__(self, form: Form, *, timeout_s: float = COMPUTE_TIMEOUT_S) -> None:
        super().__init__("signing")
        self._form = form
        self._most_bytes = wire.MAX_OVERHEAD_BYTES
        self._timeout_s = timeout_s

    async def start(self) -> None:
        """Start the process; it loads its libraries while the user still looks at the window.

        Raises:
            InternalError: no process can be started.
        """
        launch = partial(self.launch, arguments=[self._form.format])
        try:
            await self.in_thread(launch)
        except OSError as error:
            _log.error("no signing process can be started: %s", error.strerror)
            raise errors.InternalError("No signing process can be started.") from None

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
                    self.kill()
                    _log.error("the signing process wants something else signed than its order")
                    raise _unexpected()
                case wire.Sign(message=data) | wire.TimeStamp(request=data) if type(reply) in bringers:
                    message = wire.Brought(data=await bringers.pop(type(reply))(data))
                case _:
                    raise _unexpected()

    async def _exchange(self, message: msgspec.Struct, document: str) -> wire.Reply:
        """Send `message` and read the reply. After an error, the process is of no further use."""
        until = asyncio.get_running_loop().time() + self._timeout_s
        try:
            reply = await self.in_thread(partial(self._ask, message), until=until)
        except TimeoutError:
            self.kill()
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
        request = wire.encode(message)
        self._most_bytes = max(self._most_bytes, 2 * len(request) + wire.MAX_OVERHEAD_BYTES)
        self.connection.send_bytes(request)
        reply: wire.Reply = wire.decode_reply(self.connection.recv_bytes(self._most_bytes))
        return reply


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
    """What a document can be to blame for; whatever else the process says is not believed."""
    kind = _ERRORS.get(reply.error)
    if kind is None:
        return _unexpected()
    return kind(reply.detail, **{name: reply.data[name] for name in _DATA if name in reply.data})


def _unexpected() -> errors.InternalError:
    return errors.InternalError("The signing process gave another reply than was asked for.")
