"""Certificates as issuers in the field encode them: cA FALSE spelled out, which DER would leave out.

`cryptography` gives no extension of such a certificate; the test cards of one European state have it so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID

from bridge.core import certificate
from bridge.core.algorithms import ALGORITHMS
from bridge.signatures.making import make
from tests.unit.signatures import pdfs
from tests.unit.signatures.hand import (
    Authority,
    Hand,
    Identity,
    authority,
    cades,
    identity,
    order_of,
    pades,
    xades,
)
from tests.unit.signatures.pdfverifiers import pdfsig_accepts
from tests.unit.signatures.test_cades import openssl_accepts
from tests.unit.signatures.xmlverifiers import xmlsec_accepts

CA_FALSE = x509.UnrecognizedExtension(ExtensionOID.BASIC_CONSTRAINTS, bytes.fromhex("3003010100"))


def loosened(strict: Identity, issuer: Authority) -> Identity:
    """The same certificate with cA FALSE spelled out, signed again."""
    given = strict.certificate
    builder = x509.CertificateBuilder(
        given.issuer,
        given.subject,
        given.public_key(),
        given.serial_number,
        given.not_valid_before_utc,
        given.not_valid_after_utc,
    )
    for extension in given.extensions:
        value = CA_FALSE if extension.oid == ExtensionOID.BASIC_CONSTRAINTS else extension.value
        builder = builder.add_extension(value, extension.critical)
    return replace(strict, certificate=builder.sign(issuer.key, hashes.SHA256()))


@pytest.fixture(scope="module")
def signer() -> Identity:
    return loosened(identity("p256"), authority())


def test_it_is_loose(signer: Identity) -> None:
    with pytest.raises(ValueError, match="EncodedDefault"):
        signer.certificate.extensions  # noqa: B018


def test_its_facts_are_those_of_the_strict_one(signer: Identity) -> None:
    loose, strict = certificate.read(signer.der), certificate.read(identity("p256").der)
    assert loose.key_usage == strict.key_usage == ("digitalSignature", "nonRepudiation")
    assert loose.policies == strict.policies
    assert not loose.is_authority
    assert (loose.subject, loose.issuer_der, loose.key_type) == (
        strict.subject,
        strict.issuer_der,
        strict.key_type,
    )


async def test_it_signs(tmp_path: Path, signer: Identity) -> None:
    hand = Hand(signer.key, ALGORITHMS["ES256"])
    signature = await make(order_of(b"text", signer, "ES256", cades()), hand, None)
    assert openssl_accepts(tmp_path, signer, signature, b"text")
    order = order_of(b"<a/>", signer, "ES256", xades(), name="a.xml", media_type="text/xml")
    assert xmlsec_accepts(tmp_path, signer, await make(order, hand, None))
    order = order_of(pdfs.plain(), signer, "ES256", pades(), name="a.pdf", media_type="application/pdf")
    assert pdfsig_accepts(tmp_path, await make(order, hand, None))
