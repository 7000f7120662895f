"""CAdES signatures by a pattern: the very bytes that pyHanko makes, and as good in everybody else's eyes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridge.core.algorithms import ALGORITHMS
from bridge.core.order import Packaging, SignatureOrder
from bridge.signatures import cades
from bridge.signatures.making import make
from bridge.signatures.template import template_of
from bridge.signing.wanted import is_of
from tests.unit.signatures.hand import (
    NOW,
    Hand,
    Identity,
    identity,
    order_of,
    other_identity,
    time_stamping,
)
from tests.unit.signatures.hand import cades as form
from tests.unit.signatures.test_cades import EVERY, openssl_accepts, pyhanko_accepts
from tests.unit.signatures.tsa import OpensslTsa

NAMES = ["a", "入札書.txt", 'the "last" \\ one', "あ" * 14, "あ" * 15, "あ" * 60, "あ" * 100, "a" * 20000]
SIZES = [0, 1, 90, 127, 128, 255, 256, 65535, 65536, 2**24]
TIMES = [NOW, datetime(2000, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]


class Made:
    """Signs everything alike, with a value of the right size; remembers what it was asked to sign."""

    def __init__(self, size: int) -> None:
        self._value = bytes([0x7F]) * size
        self.messages: list[bytes] = []

    async def __call__(self, message: bytes) -> bytes:
        self.messages.append(message)
        return self._value


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pattern of another test."""
    monkeypatch.setattr(cades, "_templates", {})


async def pyhanko(order: SignatureOrder, key: Made | Hand) -> bytes:
    """Without any pattern."""
    return await cades._sign(order, key, None)


@pytest.mark.parametrize("packaging", ["detached", "enveloping"])
@pytest.mark.parametrize(("kind", "algorithm"), EVERY)
async def test_the_bytes_are_pyhankos(kind: str, algorithm: str, packaging: Packaging) -> None:
    signer = identity(kind)
    first = order_of(b"first", signer, algorithm, form(packaging))
    size = {"rsa": 256, "p256": 64, "p384": 96, "p521": 132}[kind]
    await make(first, Made(size), None)
    assert len(cades._templates) == 1
    sizes = SIZES if packaging == "enveloping" else [0, 1]
    orders = [replace(first, name=name) for name in NAMES]
    orders += [replace(first, signing_time=time) for time in TIMES]
    orders += [order_of(bytes(size), signer, algorithm, form(packaging)) for size in sizes]
    for order in orders:
        one, other = Made(size), Made(size)
        assert await make(order, one, None) == await pyhanko(order, other)
        assert one.messages == other.messages and is_of(order, one.messages[0])


@pytest.mark.parametrize("packaging", ["detached", "enveloping"])
@pytest.mark.parametrize("kind, algorithm", [("rsa", "RS256"), ("rsa", "PS256"), ("p256", "ES256")])
async def test_the_next_ones_are_accepted(
    tmp_path: Path, kind: str, algorithm: str, packaging: Packaging
) -> None:
    signer = identity(kind)
    for number in range(3):
        content = f"第{number}号".encode() * 100 * number
        order = order_of(content, signer, algorithm, form(packaging), name=f"{number}.txt")
        signature = await make(order, Hand(signer.key, ALGORITHMS[algorithm]), None)
        assert cades._templates
        document = content if packaging == "detached" else None
        assert await pyhanko_accepts(signer, signature, document)
        if document is not None:
            assert openssl_accepts(tmp_path, signer, signature, document)
            assert not openssl_accepts(tmp_path, signer, signature, document + b" ")


async def test_each_signer_and_form_has_its_own(tmp_path: Path) -> None:
    async def check(signer: Identity, packaging: Packaging) -> None:
        order = order_of(b"1", signer, "RS256", form(packaging))
        signature = await make(order, Hand(signer.key, ALGORITHMS["RS256"]), None)
        assert await pyhanko_accepts(signer, signature, b"1" if packaging == "detached" else None)
        assert len(cades._templates) == 1

    for _ in range(2):
        await check(identity("rsa"), "detached")
        await check(other_identity("rsa"), "detached")
        await check(identity("rsa"), "enveloping")


async def test_what_is_not_understood_is_no_pattern(tmp_path: Path) -> None:
    signer = identity("rsa")
    order = order_of(b"1", signer, "RS256", form())
    description = cades.content_description(order.name, order.media_type)
    signature = await pyhanko(order, Made(256))
    assert template_of(signature, order, description) is not None
    later = replace(order, signing_time=NOW + timedelta(seconds=1))
    assert template_of(signature, later, description) is None
    assert template_of(signature, replace(order, digest=bytes(32)), description) is None
    assert template_of(signature, order, description + " ") is None
    assert template_of(signature + b"\0", order, description) is None
    assert template_of(b"", order, description) is None
    for end in range(0, len(signature), 7):
        assert template_of(signature[:end], order, description) is None


async def test_a_time_that_pyhanko_cannot_say_is_not_said_either() -> None:
    signer = identity("rsa")
    order = order_of(b"1", signer, "RS256", form(), signing_time=datetime(2050, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="UTCTime"):
        await make(order, Made(256), None)
    await make(replace(order, signing_time=NOW), Made(256), None)
    with pytest.raises(ValueError, match="UTCTime"):
        await make(order, Made(256), None)


async def test_a_time_stamped_signature_is_no_pattern_and_follows_none(tmp_path: Path) -> None:
    signer = identity("rsa")
    order = order_of(b"1", signer, "RS256", form(level="B-T"))
    tsa = OpensslTsa.make(tmp_path, time_stamping())
    signature = await make(order, Hand(signer.key, ALGORITHMS["RS256"]), tsa.ask)
    assert not cades._templates
    description = cades.content_description(order.name, order.media_type)
    assert template_of(signature, order, description) is None
