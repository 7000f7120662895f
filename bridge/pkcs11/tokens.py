"""All configured modules as one `TokenAccess`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

from bridge.core import errors
from bridge.core.ports import Login, PinChannel, PlacedToken, Survey
from bridge.core.settings import DriverSettings
from bridge.core.token import Token
from bridge.pkcs11 import wire
from bridge.pkcs11.client import DRIVER_TIMEOUT_S, WorkerClient

_log = logging.getLogger(__name__)


class Pkcs11Tokens:
    """A worker per driver, started when it is needed, ended by `end`.

    Args:
        drivers: gives the configured modules as they stand now.
        reset_card: resets the card that is this token, so that it forgets the PIN.
    """

    def __init__(
        self,
        drivers: Callable[[], tuple[DriverSettings, ...]],
        reset_card: Callable[[Token], Awaitable[None]],
        *,
        timeout_s: float = DRIVER_TIMEOUT_S,
    ) -> None:
        self._drivers = drivers
        self._reset_card = reset_card
        self._timeout_s = timeout_s
        self._workers: dict[str, WorkerClient] = {}
        self._logged_in: dict[str, Token] = {}

    async def survey(self) -> Survey:
        """See `bridge.core.ports.TokenAccess`."""
        drivers = self._drivers()
        if not drivers:
            raise errors.DriverNotFound("No driver is configured.")
        results = [await self._inspect(driver) for driver in drivers]
        seen = [
            (driver, r) for driver, r in zip(drivers, results, strict=True) if isinstance(r, wire.Inspected)
        ]
        return Survey(
            tokens=tuple(PlacedToken(driver=d.name, token=token) for d, r in seen for token in r.tokens),
            unrecognised=tuple(name for _, r in seen for name in r.unrecognised),
            failures=tuple(r for r in results if isinstance(r, errors.BridgeError)),
        )

    async def _inspect(self, driver: DriverSettings) -> wire.Inspected | errors.BridgeError:
        worker = self._start(driver)
        try:
            inspected = await worker.inspect()
        except errors.BridgeError as error:
            _log.warning("driver %s: %s (%s)", driver.name, error.reason, error.detail)
            await self._drop(driver.name)
            return error
        if not inspected.tokens:
            await self._drop(driver.name)
        return inspected

    async def login(self, place: PlacedToken, channel: PinChannel) -> Login:
        """See `bridge.core.ports.TokenAccess`."""
        if not isinstance(channel, Connection):
            raise errors.InternalError("The PIN pipe is not a connection.")
        if place.token.is_hardware:
            self._logged_in[place.token.description] = place.token
        request = wire.Login(
            slot=place.token.slot,
            protected_authentication_path=place.token.protected_authentication_path,
        )
        driver = next((each for each in self._drivers() if each.name == place.driver), None)
        if driver is None:
            raise errors.DriverNotFound(driver=place.driver)
        result = await self._start(driver).login(request, channel)
        return Login(
            verdict=result.verdict,
            pin_state=result.pin_state,
            tries_left=result.tries_left,
            always_authenticate=frozenset(result.always_authenticate),
        )

    async def sign(self, place: PlacedToken, key_id: bytes, algorithm: str, digest: bytes) -> bytes:
        """See `bridge.core.ports.TokenAccess`."""
        request = wire.Sign(slot=place.token.slot, key_id=key_id, algorithm=algorithm, digest=digest)
        return await self._worker(place).sign(request)

    async def forget(self, place: PlacedToken) -> None:
        """See `bridge.core.ports.TokenAccess`."""
        await self._worker(place).forget()

    async def end(self) -> None:
        """See `bridge.core.ports.TokenAccess`."""
        for name in list(self._workers):
            await self._drop(name)
        tokens, self._logged_in = self._logged_in, {}
        for token in tokens.values():
            try:
                await self._reset_card(token)
            except errors.BridgeError as error:
                _log.warning("a card could not be reset: %s", error.reason)

    def _start(self, driver: DriverSettings) -> WorkerClient:
        worker = self._workers.get(driver.name)
        if worker is None:
            worker = self._workers[driver.name] = WorkerClient(driver, timeout_s=self._timeout_s)
        return worker

    async def _drop(self, name: str) -> None:
        await asyncio.shield(self._workers.pop(name).end())

    def _worker(self, place: PlacedToken) -> WorkerClient:
        worker = self._workers.get(place.driver)
        if worker is None:
            raise errors.DriverFailed("The worker has ended.", driver=place.driver)
        return worker
