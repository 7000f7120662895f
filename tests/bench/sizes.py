"""One document of 1 KiB to 256 MiB signed: what a message carries, and what was uploaded before."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import partial

from tests.bench.figures import Figures
from tests.bench.place import Place, Request
from tests.bench.upload import in_chunks, told
from tests.unit.server.wire import BINARY, Wire, frame, request

IN_MESSAGE_KIB, UPLOADED_KIB = (1, 1024, 16 * 1024), (16 * 1024, 256 * 1024)
TIMES = 3
_ID = 5000


async def sizes(place: Place) -> list[Figures]:
    """Milliseconds. The type is one that no window shows: what it costs to show a document is not in here."""
    figures: list[Figures] = []
    with place.daemon() as daemon, daemon.wire() as wire:
        for size_kib in IN_MESSAGE_KIB:
            what = f"one document of {told(size_kib)} in a message"
            figures += _signed(place, wire, what, partial(_in_message, size_kib))
        for size_kib in UPLOADED_KIB:
            what = f"one document of {told(size_kib)}, uploaded before"
            figures += _signed(place, wire, what, partial(_uploaded, wire, size_kib))
    return figures


def _signed(place: Place, wire: Wire, what: str, content: Callable[[], dict[str, str]]) -> list[Figures]:
    windows, after = [], []
    for number in range(TIMES):
        document = {"name": "図面.bin", "mediaType": "application/octet-stream", **content()}
        params = {"documents": [document], "format": "cades"}
        done = place.approved(wire, Request(id=number, method="sign.documents", params=params))
        windows.append(done.to_window_ms)
        after.append(done.after_ms)
    return [
        Figures(what=f"request to window, {what}", unit="ms", samples=tuple(windows)),
        Figures(what=f"from OK to the signature, {what}", unit="ms", samples=tuple(after)),
    ]


def _in_message(size_kib: int) -> dict[str, str]:
    return {"content": base64.b64encode(b"".join(in_chunks(size_kib))).decode()}


def _uploaded(wire: Wire, size_kib: int) -> dict[str, str]:
    """A new upload; the credit is followed as the contract wants it."""
    document = in_chunks(size_kib)
    digest = hashlib.sha256()
    for chunk in document:
        digest.update(chunk)
    params = {"sizeBytes": size_kib * 1024, "sha256": digest.hexdigest()}
    begun = wire.call("upload.begin", params, id=_ID)["result"]
    credit = begun["creditBytes"]
    for chunk in document:
        while credit < len(chunk):
            credit += wire.read_message()["params"]["creditBytes"]
        wire.send(frame(chunk, BINARY))
        credit -= len(chunk)
    answered = wire.exchange(request("upload.end", _ID, {"upload": begun["upload"]}))
    while answered.get("id") != _ID:
        answered = wire.read_message()
    assert "result" in answered, answered
    return {"upload": str(begun["upload"])}
