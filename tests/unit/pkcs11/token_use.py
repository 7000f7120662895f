"""One worker put to all its uses on a SoftHSM2 token, whichever interpreter it runs in."""

from __future__ import annotations

import hashlib
from multiprocessing.connection import Pipe

from bridge.core import plainjson
from bridge.core.algorithms import ALGORITHMS, DIGEST_SIZES, usable
from bridge.core.certificate import read, verifies
from bridge.core.pinentry import NewPinEntered, PinEntered, PinOutcome
from bridge.core.settings import DriverSettings
from bridge.core.token import Token
from bridge.pkcs11 import wire
from bridge.pkcs11.client import WorkerClient

WRONG = "46281937"


async def use(driver: DriverSettings, pin: str, new_pin: str) -> wire.Inspected:
    """Look, a wrong PIN and the right one, every algorithm, and another PIN. What was seen."""
    worker = WorkerClient(driver)
    try:
        seen = await worker.inspect()
        (token,) = seen.tokens
        assert await tried(worker, token, WRONG, pin) == ["incorrect", "accepted"]
        await sign(worker, token)
        await worker.forget()
        assert await changed(worker, token, WRONG, new_pin) == "incorrect"
        assert await changed(worker, token, pin, new_pin) == "accepted"
        assert await tried(worker, token, new_pin) == ["accepted"]
    finally:
        await worker.end()
    return seen


def thumbprints(token: Token) -> frozenset[str]:
    return frozenset(hashlib.sha256(each.der).hexdigest() for each in token.certificates)


async def tried(worker: WorkerClient, token: Token, *pins: str) -> list[str]:
    window, theirs = Pipe()
    with window:
        for pin in pins:
            window.send_bytes(plainjson.encode(PinEntered(pin=pin)))
        logged_in = await worker.login(wire.Login(slot=token.slot, certificates=thumbprints(token)), theirs)
        verdicts = [plainjson.decode(window.recv_bytes(), PinOutcome).verdict for _ in pins]
    assert logged_in.verdict == verdicts[-1] and logged_in.always_authenticate == ()
    return list(verdicts)


async def changed(worker: WorkerClient, token: Token, current: str, new: str) -> str | None:
    window, theirs = Pipe()
    with window:
        window.send_bytes(plainjson.encode(NewPinEntered(current=current, new=new)))
        window.close()
        request = wire.ChangePin(slot=token.slot, kind="change", certificates=thumbprints(token))
        return (await worker.change_pin(request, theirs)).verdict


async def sign(worker: WorkerClient, token: Token) -> None:
    """With every key, every algorithm that it is good for; each signature is checked."""
    for certificate in token.certificates:
        facts = read(certificate.der)
        assert facts.key_type is not None
        rows = usable(facts.key_type, facts.key_bits, token.mechanisms)
        assert len(rows) == (3 if facts.key_type == "EC" else 6)
        for row in rows:
            digest = bytes(range(DIGEST_SIZES[row.hash_name]))
            request = wire.Sign(slot=token.slot, key_id=certificate.id, algorithm=row.jws, digest=digest)
            signature = await worker.sign(request)
            assert verifies(certificate.der, ALGORITHMS[row.jws], signature, digest, is_digest=True), row.jws
