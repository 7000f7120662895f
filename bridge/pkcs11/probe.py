"""What a module sees, for `cardbridge drivers test`: loaded in a worker, as the daemon would."""

from __future__ import annotations

import asyncio

from bridge.core.readers import public_name
from bridge.core.settings import DriverSettings
from bridge.pkcs11 import wire
from bridge.pkcs11.client import DRIVER_TIMEOUT_S, WorkerClient


def probe(driver: DriverSettings) -> str:
    """A few lines for a person: library, tokens, number of certificates. Nothing that names a holder.

    Raises:
        BridgeError: it cannot be loaded, fails, or does not answer.
    """
    inspected = inspect(driver)
    lines = [f"{driver.name}: {inspected.library}"]
    lines += [
        f"  {public_name(token.description)}: {token.model.strip()}, "
        f"証明書 / certificates {len(token.certificates)}"
        for token in inspected.tokens
    ]
    lines += [
        f"  {public_name(name)}: 対応していないカードです / unsupported card"
        for name in inspected.unrecognised
    ]
    if len(lines) == 1:
        lines.append("  カードは見つかりません / no card is seen")
    return "\n".join(lines)


def inspect(driver: DriverSettings, *, timeout_s: float = DRIVER_TIMEOUT_S) -> wire.Inspected:
    """What the module sees. Blocks; not for a thread with a running loop.

    Raises:
        BridgeError
    """
    return asyncio.run(_inspect(driver, timeout_s))


async def _inspect(driver: DriverSettings, timeout_s: float) -> wire.Inspected:
    worker = WorkerClient(driver, timeout_s=timeout_s)
    try:
        return await worker.inspect()
    finally:
        await worker.end()
