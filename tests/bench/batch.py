"""What a document costs in a batch, beside the bare calls of python-pkcs11 on the same SoftHSM2 token."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardbridge_demo import softhsm
from tests.bench.figures import Figures
from tests.card.workplace import ORIGIN, PIN, Workplace
from tests.e2e.contract_client import connected
from tests.unit.certificates import SIGNATURE, certificate, key

DOCUMENTS = 500
TIMES = 3

_BARE = """
import hashlib, json, sys, time
import pkcs11
token = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2])
took = []
with token.open(user_pin=sys.stdin.readline().strip()) as session:
    key = next(iter(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})))
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    for number in range(int(sys.argv[3])):
        before = time.perf_counter()
        digest = hashlib.sha256(str(number).encode()).digest()
        key.sign(prefix + digest, mechanism=pkcs11.Mechanism.RSA_PKCS)
        took.append((time.perf_counter() - before) * 1000)
print(json.dumps(took))
"""


async def batch(workplace: Workplace) -> list[Figures]:
    """Milliseconds for each of 500 documents, CAdES: from one progress to the next, and in all."""
    folder = workplace.folder / "softhsm"
    folder.mkdir()
    env = softhsm.make_token(folder, _card(workplace.folder / "sample"), PIN)
    bare = Figures(what="a signature of python-pkcs11 alone", unit="ms", samples=_bare(env))
    whole: list[float] = []
    with workplace.daemon(driver=("SoftHSM2", softhsm.module()), env=env) as daemon:
        for _ in range(TIMES):
            async with connected(daemon.url, ORIGIN) as client:
                id = await client.send("sign.documents", documents=_documents(), format="cades")
                await client.until(id, "waitingForUser")
                await workplace.type_pin()
                await client.until(id, "signing")
                before = time.perf_counter()
                assert "result" in await client.response(id)
                whole.append((time.perf_counter() - before) * 1000 / DOCUMENTS)
    document = Figures(
        what=f"a document of {DOCUMENTS} in one request, CAdES",
        unit="ms",
        samples=tuple(whole),
        reference=bare,
    )
    return [bare, document]


def _documents() -> list[dict[str, str]]:
    content = base64.b64encode("入札書\n".encode() * 100).decode()
    return [
        {"name": f"入札書{number}.txt", "mediaType": "text/plain", "content": content}
        for number in range(DOCUMENTS)
    ]


def _card(folder: Path) -> Path:
    """A key and its certificate, as the demo portal gives them to its samples."""
    folder.mkdir()
    private = key("rsa")
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "signature.key.pem").write_bytes(pem)
    issued = x509.load_der_x509_certificate(certificate(kind="rsa", usage=SIGNATURE))
    (folder / "signature.crt.pem").write_bytes(issued.public_bytes(Encoding.PEM))
    return folder


def _bare(env: dict[str, str]) -> tuple[float, ...]:
    command = [sys.executable, "-c", _BARE, str(softhsm.module()), softhsm.LABEL, str(DOCUMENTS)]
    done = subprocess.run(
        command, env={**os.environ, **env}, input=PIN + "\n", capture_output=True, text=True, check=True
    )
    return tuple(json.loads(done.stdout))
