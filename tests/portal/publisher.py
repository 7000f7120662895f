"""An authority's OCSP responder and CRL distribution point on loopback, which can misbehave to order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cardbridge_demo.ports import free_port
from tests.portal.pki import DAY, NOW, Identity

OCSP_TYPE = "application/ocsp-response"


@dataclass
class Publisher:
    """What is served about `issuer`'s certificates; change a member and the next answer is so.

    `critical`: extensions of OCSP answers; `extensions`: of lists.
    `revoked`: serial number to moment. `known`: whether unlisted serials are good or unknown.
    `nonce`: "echo", "none" or "wrong". `signer`: who signs instead of the issuer. `attached`: certificates
    sent along (the signer's by default). `body`: these bytes instead of an answer.
    """

    issuer: Identity
    port: int = field(default_factory=free_port)
    revoked: dict[int, datetime] = field(default_factory=dict)
    known: bool = True
    this_update: datetime = NOW
    next_update: datetime | None = NOW + DAY
    nonce: str = "echo"
    signer: Identity | None = None
    attached: list[x509.Certificate] | None = None
    by_name: bool = False
    about: x509.Certificate | None = None
    body: bytes | None = None
    status: int = 200
    content_type: str = OCSP_TYPE
    hangs: bool = False
    critical: list[x509.ExtensionType] = field(default_factory=list)
    extensions: list[tuple[x509.ExtensionType, bool]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def responder(self) -> str:
        return f"http://127.0.0.1:{self.port}/ocsp"

    @property
    def distribution(self) -> str:
        return f"http://127.0.0.1:{self.port}/crl"

    def answer(self, request: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(request)
        moment = self.revoked.get(asked.serial_number)
        status = ocsp.OCSPCertStatus.GOOD if self.known else ocsp.OCSPCertStatus.UNKNOWN
        if moment is not None:
            status = ocsp.OCSPCertStatus.REVOKED
        serial = self.about.serial_number if self.about else asked.serial_number
        signer = self.signer or self.issuer
        attached = [signer.certificate] if self.signer and self.attached is None else self.attached or []
        encoding = ocsp.OCSPResponderEncoding.NAME if self.by_name else ocsp.OCSPResponderEncoding.HASH
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=asked.issuer_name_hash,
                issuer_key_hash=asked.issuer_key_hash,
                serial_number=serial,
                algorithm=asked.hash_algorithm,
                cert_status=status,
                this_update=self.this_update,
                next_update=self.next_update,
                revocation_time=moment,
                revocation_reason=None,
            )
            .responder_id(encoding, signer.certificate)
        )
        builder = self._with_nonce(builder, asked)
        for extension in self.critical:
            builder = builder.add_extension(extension, True)
        builder = builder.certificates(attached) if attached else builder
        signed = builder.sign(signer.key, hashes.SHA256())
        return bytes(signed.public_bytes(Encoding.DER))

    def _with_nonce(
        self, builder: ocsp.OCSPResponseBuilder, asked: ocsp.OCSPRequest
    ) -> ocsp.OCSPResponseBuilder:
        nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value
        if self.nonce == "wrong":
            nonce = x509.OCSPNonce(bytes(32))
        return builder if self.nonce == "none" else builder.add_extension(nonce, False)

    def make_crl(self) -> bytes:
        signer = self.signer or self.issuer
        builder = x509.CertificateRevocationListBuilder().issuer_name(signer.certificate.subject)
        builder = builder.last_update(self.this_update).next_update(self.next_update or NOW + DAY)
        for serial, moment in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment).build()
            builder = builder.add_revoked_certificate(entry)
        for value, critical in self.extensions:
            builder = builder.add_extension(value, critical)
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.hangs:
            await asyncio.sleep(60)
        body = self.body
        if body is None:
            body = self.answer(await request.read()) if request.method == "POST" else self.make_crl()
        kind = self.content_type if request.method == "POST" else "application/pkix-crl"
        headers = {"Location": self.distribution} if self.status in {301, 302, 307} else {}
        return web.Response(body=body, status=self.status, content_type=kind, headers=headers)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["Publisher"]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield self
        finally:
            await runner.cleanup()


def later(days: float) -> datetime:
    return NOW + timedelta(days=days)
