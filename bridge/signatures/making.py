"""One signature of any form; what it needs is imported only then."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from bridge.core.errors import UnsupportedFormat
from bridge.core.order import FontFile, Form, SignatureOrder
from bridge.core.ports import RawSigner, TimeStampRequest


def check(form: Form, name: str, content: bytes) -> None:
    """See `bridge.core.ports.SignatureMaker`."""
    if form.format == "pades":
        from bridge.signatures import pades

        pades.check(form, name, content)
    elif form.packaging == "enveloped":
        from bridge.signatures import xml

        xml.read_xml(name, content)


async def make(
    order: SignatureOrder,
    sign: RawSigner,
    time_stamp: TimeStampRequest | None,
    fonts: Iterable[FontFile] = (),
) -> bytes:
    """See `bridge.core.ports.SignatureMaker`.

    Args:
        fonts: for a visible stamp, the best first.
    """
    if order.form.level == "B-T" and time_stamp is None:
        raise UnsupportedFormat("Level B-T needs a time-stamping authority.")
    if order.form.level == "B-B":
        time_stamp = None
    match order.form.format:
        case "cades":
            from bridge.signatures import cades

            return await cades.sign(order, sign, time_stamp)
        case "xades":
            from bridge.signatures import xades

            return await xades.sign(order, sign, time_stamp)
        case "pades":
            from bridge.signatures import pades

            return await pades.sign(order, sign, time_stamp, fonts)


class InThisProcess:
    """`bridge.core.ports.SignatureMaking` without a process of its own; what the tests of methods use."""

    def __init__(self, fonts: Callable[[], Iterable[FontFile]] = tuple) -> None:
        self._fonts = fonts

    @asynccontextmanager
    async def maker(self, form: Form) -> AsyncIterator[InThisProcess]:
        yield self

    async def check(self, form: Form, name: str, content: bytes) -> None:
        check(form, name, content)

    async def make(
        self, order: SignatureOrder, sign: RawSigner, time_stamp: TimeStampRequest | None
    ) -> bytes:
        return await make(order, sign, time_stamp, self._fonts())
