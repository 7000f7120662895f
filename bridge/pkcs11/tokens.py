"""All configured modules as one `TokenAccess`."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

from bridge import children
from bridge.core import errors
from bridge.core.ports import Login, PinChange, PinChannel, PlacedToken, Survey
from bridge.core.settings import DriverSettings
from bridge.core.token import Token
from bridge.pkcs11 import wire
from bridge.pkcs11.client import DRIVER_TIMEOUT_S, WorkerClient
from bridge.pkcs11.earlyworker import ReadyWorker

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_log = logging.getLogger(__name__)

_GRACE_S = 10.0


class Pkcs11Tokens:
    """A worker per driver, started when it is needed, ended by `end`.

    Args:
        drivers: gives the configured modules as they stand now.
        reset_card: resets the card that is this token, so that it forgets the PIN.
        reader_of: the PC/SC reader that holds this token.
        settled: returns when no reset is under way; raises a BridgeError where one does not end.
    """

    def __init__(
        self,
        drivers: Callable[[], tuple[DriverSettings, ...]],
        reset_card: Callable[[Token], Awaitable[None]],
        *,
        reader_of: Callable[[Token], str | None] = lambda _: None,
        settled: Callable[[], Awaitable[None]] | None = None,
        timeout_s: float = DRIVER_TIMEOUT_S,
    ) -> None:
        self._drivers = drivers
        self._ready = ReadyWorker(drivers)
        self._reset_card = reset_card
        self._reader_of = reader_of
        self._settled = settled or _at_once
        self._timeout_s = timeout_s
        self._workers: dict[str, WorkerClient] = {}
        self._logged_in: dict[str, Token] = {}
        self._lost = asyncio.Event()
        self._ending = asyncio.Lock()

    def prepare(self) -> None:
        """See `bridge.core.ports.TokenAccess`."""
        if not self._workers:
            self._ready.prepare()

    async def close(self) -> None:
        """End a worker that waits; returns when it is gone."""
        await self._ready.end()

    @property
    def has_workers(self) -> bool:
        """Whether there is a worker, also one that waits, or a card that one has logged in to."""
        is_ending = self._ending.locked() or self._ready.has_process
        return bool(self._workers or self._logged_in) or is_ending

    async def survey(self) -> Survey:
        """See `bridge.core.ports.TokenAccess`."""
        drivers = self._drivers()
        if not drivers:
            raise errors.DriverNotFound("No driver is configured.")
        try:
            results = await self._inspect_all(drivers)
        finally:
            self._ready.drop()  # it was for none of them
        seen = [
            (driver, r) for driver, r in zip(drivers, results, strict=True) if isinstance(r, wire.Inspected)
        ]
        return Survey(
            tokens=tuple(PlacedToken(driver=d.name, token=token) for d, r in seen for token in r.tokens),
            unrecognised=tuple(name for _, r in seen for name in r.unrecognised),
            failures=tuple(r for r in results if isinstance(r, errors.BridgeError)),
            is_answered=bool(seen),
        )

    async def _inspect_all(
        self, drivers: tuple[DriverSettings, ...]
    ) -> list[wire.Inspected | errors.BridgeError]:
        """All at once; when one has a token, one that hangs gets `_GRACE_S` more and no longer."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._inspect(driver)) for driver in drivers]
            pending = set(tasks)
            limit: float | None = None
            while pending:
                done, pending = await asyncio.wait(
                    pending, timeout=limit, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    for task in pending:
                        task.cancel()
                    break
                if any(_has_tokens(task) for task in done):
                    limit = _GRACE_S
        return [
            errors.DriverTimeout(driver=driver.name) if task.cancelled() else task.result()
            for driver, task in zip(drivers, tasks, strict=True)
        ]

    async def _inspect(self, driver: DriverSettings) -> wire.Inspected | errors.BridgeError:
        worker = self._start(driver)
        try:
            inspected = await worker.inspect()
        except asyncio.CancelledError:
            _log.warning("driver %s: no answer while another has a card", driver.name)
            await self._drop(driver.name)
            raise
        except errors.BridgeError as error:
            _log.warning("driver %s: %s (%s)", driver.name, error.reason, error.detail)
            await self._drop(driver.name)
            return error
        if not inspected.tokens:
            await self._drop(driver.name)
        return inspected

    async def login(self, place: PlacedToken, channel: PinChannel) -> Login:
        """See `bridge.core.ports.TokenAccess`."""
        driver = self._driver(place)
        await self._settled()
        self._will_reset(place.token)
        request = wire.Login(
            slot=place.token.slot,
            certificates=_thumbprints(place.token),
            pin_state=place.token.pin_state,
            protected_authentication_path=place.token.protected_authentication_path,
            reset=self._reset_of(place.token),
        )
        worker = self._start(driver)
        result = await worker.login(request, _connection(channel))
        if result.verdict == "accepted":
            worker.watch(lambda: self._ended(driver.name, worker))
        return Login(
            verdict=result.verdict,
            pin_state=result.pin_state,
            tries_left=result.tries_left,
            always_authenticate=frozenset(result.always_authenticate),
        )

    async def change_pin(
        self, place: PlacedToken, kind: Literal["change", "unblock"], channel: PinChannel
    ) -> PinChange:
        """See `bridge.core.ports.TokenAccess`."""
        driver = self._driver(place)
        await self._settled()
        self._will_reset(place.token)
        if kind == "unblock" and driver.name in self._workers:
            await self._drop(driver.name)
        request = wire.ChangePin(
            slot=place.token.slot,
            kind=kind,
            certificates=_thumbprints(place.token),
            pin_state=place.token.pin_state,
            protected_authentication_path=place.token.protected_authentication_path,
        )
        worker = self._start(driver, unblocks=kind == "unblock")
        result = await worker.change_pin(request, _connection(channel))
        return PinChange(verdict=result.verdict, pin_state=result.pin_state)

    async def sign(self, place: PlacedToken, key_id: bytes, algorithm: str, digest: bytes) -> bytes:
        """See `bridge.core.ports.TokenAccess`."""
        request = wire.Sign(slot=place.token.slot, key_id=key_id, algorithm=algorithm, digest=digest)
        return await self._worker(place).sign(request)

    async def forget(self, place: PlacedToken) -> None:
        """See `bridge.core.ports.TokenAccess`."""
        await self._worker(place).forget()

    async def lost(self) -> None:
        """See `bridge.core.ports.TokenAccess`."""
        await self._lost.wait()
        self._lost.clear()

    def _ended(self, name: str, worker: WorkerClient) -> None:
        if self._workers.get(name) is worker:
            _log.warning("the worker of driver %s has ended by itself", name)
            self._lost.set()

    async def end(self) -> None:
        """See `bridge.core.ports.TokenAccess`. A second call returns when the first is done."""
        async with self._ending:
            for name in list(self._workers):
                await self._drop(name)
            tokens, self._logged_in = self._logged_in, {}
            for token in tokens.values():
                try:
                    await self._reset_card(token)
                except errors.BridgeError as error:
                    _log.warning("a card could not be reset: %s", error.reason)

    def _driver(self, place: PlacedToken) -> DriverSettings:
        driver = next((each for each in self._drivers() if each.name == place.driver), None)
        if driver is None:
            raise errors.DriverNotFound(driver=place.driver)
        return driver

    def _reset_of(self, token: Token) -> tuple[str, ...]:
        reader = self._reader_of(token)
        return () if reader is None else tuple(children.command_of("reset", [reader]))

    def _will_reset(self, token: Token) -> None:
        if token.is_hardware:
            self._logged_in[token.description] = token

    def _start(self, driver: DriverSettings, *, unblocks: bool = False) -> WorkerClient:
        worker = self._workers.get(driver.name)
        if worker is None:
            early = self._ready.take_for(driver)
            worker = WorkerClient(driver, unblocks=unblocks, timeout_s=self._timeout_s, early=early)
            self._workers[driver.name] = worker
        return worker

    async def _drop(self, name: str) -> None:
        worker = self._workers.pop(name, None)
        if worker is not None:
            await asyncio.shield(worker.end())

    def _worker(self, place: PlacedToken) -> WorkerClient:
        worker = self._workers.get(place.driver)
        if worker is None:
            raise errors.DriverFailed("The worker has ended.", driver=place.driver)
        return worker


async def _at_once() -> None:
    return None


def _thumbprints(token: Token) -> frozenset[str]:
    return frozenset(hashlib.sha256(certificate.der).hexdigest() for certificate in token.certificates)


def _connection(channel: PinChannel) -> Connection:
    if not children.is_connection(channel):
        raise errors.InternalError("The PIN pipe is not a connection.")
    return channel


def _has_tokens(task: asyncio.Task[wire.Inspected | errors.BridgeError]) -> bool:
    if task.cancelled() or task.exception() is not None:
        return False
    result = task.result()
    return isinstance(result, wire.Inspected) and bool(result.tokens)
