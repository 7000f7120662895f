"""What a document costs in `sign.documents`: 1, 100 and 500 of 4 KiB, each format, beside the bare call.

Counted from the press of OK to the answer: the login, the signatures and their check are in it. A loop of the
bare call signs before each batch, on the same token.
"""

from __future__ import annotations

import base64
import statistics

from tests.bench.figures import Figures, Rounds
from tests.bench.place import Place, Request
from tests.bench.references import running
from tests.bench.references.running import Loop
from tests.bench.signing import BARE
from tests.unit.server.wire import Wire
from tests.unit.signatures.pdfs import plain, stream

SIZE_BYTES = 4096
TIMES = {1: 4, 100: 3, 500: 3}
"""How many documents, and how often."""
_BARE_CALLS = 60
OVER_BARE = "{what}, over the bare call"


def named(count: int, format: str) -> str:
    """What a batch is called in the table."""
    return f"a document of {count} in one request, {format}"


async def batch(place: Place) -> list[Figures]:
    """Milliseconds a document, and for how long nothing is on the screen."""
    figures: list[Figures] = []
    with running.loop(running.loops()["python-pkcs11"], place.token) as bare, place.daemon() as daemon:
        for format, (name, media_type, content) in DOCUMENTS.items():
            for count, times in TIMES.items():
                documents = [
                    {"name": f"{number}-{name}", "mediaType": media_type, "content": content}
                    for number in range(count)
                ]
                params: dict[str, object] = {"documents": documents, "format": format}
                with daemon.wire() as wire:
                    figures += _measured(place, wire, bare, params, times)
    return figures


def _measured(place: Place, wire: Wire, bare: Loop, params: dict[str, object], times: int) -> list[Figures]:
    rounds, over, windows = Rounds("ms"), [], []
    documents, format = params["documents"], str(params["format"]).upper().replace("ADES", "AdES")
    assert isinstance(documents, list)
    count = len(documents)
    for number in range(times):
        signature = bare.sign(_BARE_CALLS)
        done = place.approved(wire, Request(id=number, method="sign.documents", params=params))
        each = done.after_ms / count
        rounds.add("bare", signature)
        rounds.add("ours", [each])
        over.append(each - statistics.median(signature))
        windows.append(done.to_window_ms)
    what = named(count, format)
    reference = rounds.figures("bare", told_as=f"{BARE}, beside {what}")
    return [
        reference,
        rounds.figures("ours", reference, told_as=what),
        Figures(what=OVER_BARE.format(what=what), unit="ms", samples=tuple(over)),
        Figures(what=f"request to window, {what}", unit="ms", samples=tuple(windows)),
    ]


def _xml() -> bytes:
    rows = "".join(f"<項目 番号='{number}'>見本</項目>" for number in range(92))
    return f"<?xml version='1.0' encoding='UTF-8'?><入札書>{rows}</入札書>".encode()


def _pdf() -> bytes:
    rest = SIZE_BYTES - len(plain({6: stream(b"")})) - 2
    return plain({6: stream(b"-" * rest)})


DOCUMENTS = {
    "cades": ("入札書.txt", "text/plain", base64.b64encode(b"0123456\n" * (SIZE_BYTES // 8)).decode()),
    "xades": ("入札書.xml", "application/xml", base64.b64encode(_xml()).decode()),
    "pades": ("入札書.pdf", "application/pdf", base64.b64encode(_pdf()).decode()),
}
