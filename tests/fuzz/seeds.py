"""`python -m tests.fuzz.seeds`: writes the corpus anew, out of what the other tests are made of."""

from __future__ import annotations

import asyncio
import hashlib
import json
import plistlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bridge.core.messages import METHODS
from bridge.core.order import Form
from bridge.core.token import CertificateObject, Token
from bridge.pkcs11 import wire as worker
from bridge.signatures import timestamp
from bridge.signing import wire as signing
from bridge.ui.preview import wire as preview
from tests.fuzz import files
from tests.fuzz.targets import CORPUS, TARGETS
from tests.ui.hostile.marked_up import XMLS
from tests.ui.hostile.pictures import PICTURES
from tests.ui.hostile.portable import PDFS
from tests.ui.hostile.texts import JSONS, TEXTS
from tests.unit.certificates import SIGNATURE, certificate
from tests.unit.core import chains
from tests.unit.managed.test_sources import FORCED, OFFERED
from tests.unit.server.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, frame, request
from tests.unit.signatures import hostile
from tests.unit.signatures.hand import time_stamping
from tests.unit.signatures.test_wanted import by_hand, ordered
from tests.unit.signatures.tsa import OpensslTsa

_LARGEST = 6000
FOUND = "found-"
"""Inputs that a fuzzer has found to reach more: they stay."""

_CONTRACT = Path(__file__).parents[2] / "web-demo/client/CONTRACT.md"
_TOKEN = Token(
    slot=1, description="Virtual PCD 00 00", is_hardware=True, model="PKCS#15", pin_state="countLow",
    min_pin_length=4, max_pin_length=8, protected_authentication_path=False, mechanisms=frozenset({"ECDSA"}),
    certificates=(CertificateObject(id=b"\1", der=b"0\x03\x02\x01\x01"),), tries_left=2,
)  # fmt: skip


def main() -> int:
    for name in TARGETS:
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if not old.name.startswith(FOUND):
                old.unlink()
    for name, content in _seeds():
        if len(content) <= _LARGEST:
            (CORPUS / name / hashlib.sha256(content).hexdigest()[:12]).write_bytes(content)
    return 0


def _seeds() -> Iterator[tuple[str, bytes]]:
    groups = {"text": TEXTS, "json": JSONS, "xml": XMLS, "pdf": PDFS, "picture": PICTURES}
    for target, specimens in groups.items():
        yield from ((target, specimen.make()) for specimen in specimens.values())
    makers = [*(specimen.make for specimen in PDFS.values()), *hostile.PDF.values()]
    yield from (("signed_pdf", make()) for make in makers)
    yield from _of_pages()
    yield from _of_processes()
    yield from _of_files()


def _of_pages() -> Iterator[tuple[str, bytes]]:
    for method in METHODS:
        yield "message", request(method, 1, {"language": "ja", "reader": "R"}).encode()
    for block in _CONTRACT.read_text("utf-8").split("```json params ")[1:]:
        method, _, body = block.partition("```")[0].partition("\n")
        yield "message", request(method.strip(), "ä", json.loads(body)).encode()
    yield "message", b'[{"jsonrpc":"2.0","id":1,"method":"bridge.info"}]'
    text = request("bridge.info")
    stream = [
        frame(text), frame("{", is_final=False), frame(b"x", PING), frame("}", CONTINUATION), frame("", PONG),
        frame(b"\0" * 200, BINARY), frame(b"\x03\xe8", CLOSE),
    ]  # fmt: skip
    yield "frames", b"\6" + b"".join(stream)
    yield from (("frames", bytes([number]) + each) for number, each in enumerate(stream))
    yield "frames", b"\0" + frame(text, is_masked=False)
    for origin in (
        "https://ebid.example.jp",
        "http://127.0.0.1:8000",
        "https://[::1]:443",
        "null",
        "https://a.jp/x",
    ):
        yield "origin", origin.encode()


def _of_processes() -> Iterator[tuple[str, bytes]]:
    replies: tuple[worker.Reply, ...] = (
        worker.Phase(who="driver"), worker.Signed(signature=b"s" * 64), worker.Forgotten(),
        worker.Inspected(tokens=(_TOKEN,), unrecognised=("R",), library="OpenSC"),
        worker.LoggedIn(verdict="accepted", pin_state="ok", always_authenticate=(b"\2",)),
        worker.PinChanged(verdict="rejected"),
        worker.Failed(reason="driverFailed", detail="d", driver="OpenSC"),
        worker.Failed(reason="pinIncorrect", detail="d"),
    )  # fmt: skip
    requests: tuple[worker.Request, ...] = (
        worker.Load(path="/usr/lib/card.so", driver="OpenSC"), worker.Inspect(), worker.Forget(),
        worker.Login(slot=1, certificates=frozenset({"ab"}), reset=("a",)),
        worker.ChangePin(slot=1, kind="unblock", certificates=frozenset()),
        worker.Sign(slot=1, key_id=b"\1", algorithm="ES256", digest=b"d" * 32),
    )  # fmt: skip
    yield from (("worker_replies", worker.encode(each)) for each in replies)
    yield from (("worker_requests", worker.encode(each)) for each in requests)
    order = ordered(Form(format="cades", packaging="detached"))
    others: tuple[tuple[int, msgspec.Struct], ...] = (
        (0, signing.Make(order=order, has_time_stamps=True)), (1, signing.Brought(data=b"s")),
        (2, signing.Sign(message=b"m")), (2, signing.Made(signature=b"s")),
        (2, signing.Failed(error="DocumentUnreadable", detail="d", data={"document": "a"})),
        (3, preview.Begin(language="ja", count=2)), (4, preview.Ready()), (6, preview.Unreadable(detail="d")),
        (5, preview.Given(media_type="text/plain", size_bytes=3)),
        (7, preview.Overview(documents=(preview.Sight(
            digest="ab", size_bytes=1, kind="text", pages=1, cautions=("gaps",)),))),
        (8, preview.Ask(document=0, page=0, width=300)),
        (9, preview.TextPage(digest="ab", lines=(preview.Line((preview.Run("a"),), 1),))),
        (9, preview.PicturePage(digest="ab", width=1, height=1, pixels=b"\0\0\0")),

    )  # fmt: skip
    yield from (("other_processes", bytes([number]) + signing.encode(each)) for number, each in others)


def _of_files() -> Iterator[tuple[str, bytes]]:
    for kind in ("p256", "p384", "rsa", "ed25519"):
        yield "certificate", certificate(kind, policies=("1.2.392.200127.1",), usage=SIGNATURE)
    for form in files.FORMS:
        yield "wanted_signature", by_hand(files.order_of(form))
    yield from (("time_stamp", answer) for answer in asyncio.run(_time_stamps()))
    yield "configuration", _CONFIGURATION.encode()
    for text in (
        "{}",
        '{"policies": {}}',
        '{\n  "policies": {\n    "A": [1, 2]\n  }\n}\n',
        '{"a":{"policies":1}}',
    ):
        yield "policies", text.encode()
    records = chains.text(chains.chain(3))
    yield "audit", records
    yield "audit", records[:-40]
    for document in (FORCED, OFFERED):
        for format in (plistlib.FMT_XML, plistlib.FMT_BINARY):
            yield "property_list", plistlib.dumps(document, fmt=format)
    yield "registry", _REGISTRY.encode()


async def _time_stamps() -> list[bytes]:
    request = timestamp.request(files.DIGEST, "sha256", 1 << 62)
    with tempfile.TemporaryDirectory() as folder:
        authority = OpensslTsa.make(Path(folder) / "tsa", time_stamping())
        return [await authority.ask(request), bytes.fromhex("30053003020102")]


_CONFIGURATION = """[server]
ports = [28470, 28473]
max_connections = 64
[ui]
language = "ja"
[[site]]
origin = "https://ebid.example.jp"
name = "見本市"
pin = "session"
timestamp_url = "https://tsa.example.jp/tsr"
[[driver]]
name = "OpenSC"
path = "/usr/lib/opensc-pkcs11.so"
"""
_REGISTRY = (
    "ui\tlanguage\ten\nserver\tPorts\t28480-28481\nsite\thttps://b.jp\t{ name = '市', pin = 'session' }\n"
    "driver\tCard\t/opt/card.so\n\tdriver_locked\t1\nRecommended\\ui\tqueue\t3\n"
)


if __name__ == "__main__":
    sys.exit(main())
