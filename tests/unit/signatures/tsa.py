"""A time-stamping authority (RFC 3161): `openssl ts`, and an HTTP server before it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.unit.signatures.hand import Identity

_CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.crt.pem
certs = {folder}/tsa.crt.pem
signer_key = {folder}/tsa.key.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.55555.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True)
class OpensslTsa:
    """`openssl ts -reply` with the key of an identity."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, signer: Identity) -> OpensslTsa:
        folder.mkdir(parents=True, exist_ok=True)
        key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key.pem").write_bytes(key)
        (folder / "tsa.crt.pem").write_bytes(signer.certificate.public_bytes(Encoding.PEM))
        (folder / "authority.pem").write_bytes(signer.issuer.public_bytes(Encoding.PEM))
        (folder / "serial").write_text("01")
        (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))
        return cls(folder)

    def reply(self, query: bytes) -> bytes:
        """The TimeStampResp to a TimeStampReq."""
        question, answer = self.folder / "query.tsq", self.folder / "reply.tsr"
        question.write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", str(self.folder / "tsa.cnf")]
        command += ["-queryfile", str(question), "-out", str(answer)]
        subprocess.run(command, check=True, capture_output=True)
        return answer.read_bytes()

    async def ask(self, query: bytes) -> bytes:
        return await asyncio.to_thread(self.reply, query)

    def accepts(self, token: bytes, data: bytes) -> bool:
        """What `openssl ts -verify` says of a TimeStampToken over `data`."""
        stamp, stamped = self.folder / "token.der", self.folder / "data"
        stamp.write_bytes(token)
        stamped.write_bytes(data)
        command = ["openssl", "ts", "-verify", "-data", str(stamped), "-in", str(stamp), "-token_in"]
        command += ["-CAfile", str(self.folder / "authority.pem")]
        return subprocess.run(command, capture_output=True).returncode == 0


@dataclass(slots=True)
class Requests:
    """What reached the server."""

    url: str
    content_types: list[str]


@asynccontextmanager
async def serving(tsa: OpensslTsa) -> AsyncIterator[Requests]:
    """The authority at an HTTP address on loopback."""
    seen = Requests("", [])

    async def answer(request: web.Request) -> web.Response:
        seen.content_types.append(request.content_type)
        body = await tsa.ask(await request.read())
        return web.Response(body=body, content_type="application/timestamp-reply")

    application = web.Application()
    application.router.add_post("/tsr", answer)
    async with TestServer(application) as server:
        seen.url = str(server.make_url("/tsr"))
        yield seen
