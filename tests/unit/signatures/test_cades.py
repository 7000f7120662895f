"""CAdES: openssl and pyHanko's validator accept what is good, and refuse what was tampered with."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko.sign.validation.generic_cms import async_validate_cms_signature
from pyhanko.sign.validation.status import SignatureStatus
from pyhanko_certvalidator import ValidationContext

from bridge.core.algorithms import ALGORITHMS
from bridge.core.order import Packaging
from bridge.signatures.cms import mechanism
from bridge.signatures.making import make
from tests.unit.signatures.hand import (
    KINDS,
    NOW,
    Hand,
    Identity,
    algorithms_of,
    cades,
    identity,
    order_of,
    other_identity,
)
from tests.unit.signatures.tsa import OpensslTsa

DOCUMENT = "入札書\n金額：1,000,000円\n".encode()
EVERY = [(kind, name) for kind in KINDS for name in algorithms_of(kind)]


async def signed(
    signer: Identity, algorithm: str, packaging: Packaging = "detached", content: bytes = DOCUMENT
) -> bytes:
    order = order_of(content, signer, algorithm, cades(packaging))
    return await make(order, Hand(signer.key, ALGORITHMS[algorithm]), None)


def openssl_accepts(folder: Path, signer: Identity, signature: bytes, document: bytes | None) -> bool:
    """`-cades` has openssl check signing-certificate-v2 too."""
    (folder / "signature").write_bytes(signature)
    command = ["openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER"]
    command += ["-in", str(folder / "signature"), "-CAfile", str(signer.write_authority(folder))]
    command += ["-purpose", "any", "-out", str(folder / "content")]
    if document is not None:
        (folder / "document").write_bytes(document)
        command += ["-content", str(folder / "document")]
    done = subprocess.run(command, capture_output=True)
    if done.returncode == 0 and document is None:
        return (folder / "content").read_bytes() == DOCUMENT
    return done.returncode == 0


async def pyhanko_accepts(signer: Identity, signature: bytes, document: bytes | None) -> bool:
    root = asn1.Certificate.load(signer.issuer.public_bytes(Encoding.DER))
    trust = ValidationContext(trust_roots=[root], allow_fetching=False)
    try:
        info = cms.ContentInfo.load(signature, strict=True)
        status: SignatureStatus
        if document is None:
            status = await async_validate_cms_signature(info["content"], validation_context=trust)
        else:
            status = await async_validate_detached_cms(
                document, info["content"], signer_validation_context=trust
            )
    except Exception:
        return False
    return status.intact and status.valid and status.trusted


@pytest.mark.parametrize("packaging", ["detached", "enveloping"])
@pytest.mark.parametrize(("kind", "algorithm"), EVERY)
async def test_accepted(tmp_path: Path, kind: str, algorithm: str, packaging: Packaging) -> None:
    signer = identity(kind)
    signature = await signed(signer, algorithm, packaging)
    document = DOCUMENT if packaging == "detached" else None
    assert openssl_accepts(tmp_path, signer, signature, document)
    assert await pyhanko_accepts(signer, signature, document)
    signer_info = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    assert signer_info["signature_algorithm"]["algorithm"].dotted == ALGORITHMS[algorithm].oid
    assert signer_info["digest_algorithm"]["algorithm"].native == ALGORITHMS[algorithm].hash_name


async def test_attributes() -> None:
    """Baseline B-B, ETSI EN 319 122-1, section 6.3; and the content hints."""
    signer = identity("p256")
    name, kind = 'bid "final".txt', "text/plain"
    order = order_of(DOCUMENT, signer, "ES256", cades(), name=name, media_type=kind)
    signature = await make(order, Hand(signer.key, ALGORITHMS["ES256"]), None)
    signed_data = cms.ContentInfo.load(signature)["content"]
    (signer_info,) = signed_data["signer_infos"]
    attributes = {each["type"].native: each["values"] for each in signer_info["signed_attrs"]}
    assert set(attributes) == {
        "content_type",
        "message_digest",
        "signing_time",
        "signing_certificate_v2",
        "content_hints",
    }
    assert attributes["message_digest"][0].native == order.digest
    assert attributes["signing_time"][0].native == NOW
    named = attributes["signing_certificate_v2"][0]["certs"][0]
    assert named["cert_hash"].native == signer.certificate.fingerprint(SHA256())
    hints = attributes["content_hints"][0].native
    assert hints["content_description"] == 'Content-Type: text/plain; name="bid \\"final\\".txt"'
    assert hints["content_type"] == "data"
    assert {each.chosen.dump() for each in signed_data["certificates"]} == {
        signer.der,
        signer.issuer.public_bytes(Encoding.DER),
    }
    assert not signer_info["unsigned_attrs"]


async def test_only_the_digest_of_a_detached_document_is_needed(tmp_path: Path) -> None:
    """What the signing process is given of a detached document is its digest, not its bytes."""
    signer = identity("p384")
    order = order_of(DOCUMENT, signer, "ES384", cades())
    assert order.content == b""
    signature = await make(order, Hand(signer.key, ALGORITHMS["ES384"]), None)
    assert openssl_accepts(tmp_path, signer, signature, DOCUMENT)


async def test_empty_document(tmp_path: Path) -> None:
    signer = identity("rsa")
    signature = await signed(signer, "RS256", content=b"")
    assert openssl_accepts(tmp_path, signer, signature, b"")
    assert not openssl_accepts(tmp_path, signer, signature, b"\n")


@pytest.mark.parametrize("kind", ["rsa", "p256"])
@pytest.mark.parametrize(
    "altered",
    [DOCUMENT.replace(b"1,", b"9,"), DOCUMENT + b" ", DOCUMENT[:-1], b"", DOCUMENT.replace(b"\n", b"\r\n")],
    ids=["byte", "longer", "shorter", "empty", "line ends"],
)
async def test_altered_document_refused(tmp_path: Path, kind: str, altered: bytes) -> None:
    signer = identity(kind)
    signature = await signed(signer, algorithms_of(kind)[0])
    assert not openssl_accepts(tmp_path, signer, signature, altered)
    assert not await pyhanko_accepts(signer, signature, altered)


@pytest.mark.parametrize("kind", ["rsa", "p256"])
async def test_altered_enclosed_document_refused(tmp_path: Path, kind: str) -> None:
    signer = identity(kind)
    signature = await signed(signer, algorithms_of(kind)[0], "enveloping")
    altered = signature.replace(b"1,000", b"9,000")
    assert altered != signature
    assert not openssl_accepts(tmp_path, signer, altered, None)
    assert not await pyhanko_accepts(signer, altered, None)


def _attribute(signed_data: Any, name: str) -> Any:
    attributes = signed_data["signer_infos"][0]["signed_attrs"]
    return next(each for each in attributes if each["type"].native == name)


def _set_attribute(name: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def tamper(signed_data: Any) -> None:
        values = _attribute(signed_data, name)["values"]
        values[0] = change(values[0])

    return tamper


def _flip(value: bytes, at: int = -1) -> bytes:
    changed = bytearray(value)
    changed[at] ^= 1
    return bytes(changed)


def _other_time(value: Any) -> Any:
    return cms.Time({"utc_time": value.native - timedelta(days=30)})


def _other_hints(value: Any) -> Any:
    changed = value.copy()
    changed["content_description"] = 'Content-Type: text/html; name="x"'
    return changed


def _other_certificate_hash(value: Any) -> Any:
    changed = value.copy()
    changed["certs"][0]["cert_hash"] = _flip(value["certs"][0]["cert_hash"].native)
    return changed


def _flip_signature(signed_data: Any) -> None:
    signer_info = signed_data["signer_infos"][0]
    signer_info["signature"] = _flip(signer_info["signature"].native)


def _drop(name: str) -> Callable[[Any], None]:
    def tamper(signed_data: Any) -> None:
        signer_info = signed_data["signer_infos"][0]
        kept = [each for each in signer_info["signed_attrs"] if each["type"].native != name]
        signer_info["signed_attrs"] = cms.CMSAttributes(kept)

    return tamper


def _no_attributes(signed_data: Any) -> None:
    old = signed_data["signer_infos"][0]
    fields = ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
    signed_data["signer_infos"] = cms.SignerInfos([cms.SignerInfo({name: old[name] for name in fields})])


def _other_digest_algorithm(signed_data: Any) -> None:
    signed_data["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha512"}


def _other_signature_algorithm(signed_data: Any) -> None:
    """Another padding; the hash beside PKCS#1 v1.5 is a matter of digestAlgorithm (RFC 3370, section 3.2)."""
    signed_data["signer_infos"][0]["signature_algorithm"] = mechanism(ALGORITHMS["PS256"])


def _other_certificate(signed_data: Any) -> None:
    other = asn1.Certificate.load(other_identity("rsa").der)
    signed_data["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", other)])


def _other_signer(signed_data: Any) -> None:
    """The other's certificate, and the signer identifier says so."""
    _other_certificate(signed_data)
    other = asn1.Certificate.load(other_identity("rsa").der)
    signed_data["signer_infos"][0]["sid"] = cms.SignerIdentifier(
        "issuer_and_serial_number",
        cms.IssuerAndSerialNumber({"issuer": other.issuer, "serial_number": other.serial_number}),
    )


TAMPERINGS: dict[str, Callable[[Any], None]] = {
    "signature": _flip_signature,
    "message digest": _set_attribute("message_digest", lambda value: _flip(value.native)),
    "signing time": _set_attribute("signing_time", _other_time),
    "content hints": _set_attribute("content_hints", _other_hints),
    "signing certificate": _set_attribute("signing_certificate_v2", _other_certificate_hash),
    "no content hints": _drop("content_hints"),
    "no signing time": _drop("signing_time"),
    "no signing certificate": _drop("signing_certificate_v2"),
    "no attributes": _no_attributes,
    "digest algorithm": _other_digest_algorithm,
    "signature algorithm": _other_signature_algorithm,
    "certificate": _other_certificate,
    "signer": _other_signer,
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_tampering_refused(tmp_path: Path, name: str) -> None:
    signer = identity("rsa")
    info = cms.ContentInfo.load(await signed(signer, "RS256"))
    TAMPERINGS[name](info["content"])
    tampered = info.dump(force=True)
    assert not openssl_accepts(tmp_path, signer, tampered, DOCUMENT)
    assert not await pyhanko_accepts(signer, tampered, DOCUMENT)


async def test_unchanged_is_still_accepted(tmp_path: Path) -> None:
    """The tampering above is refused for what it changes, not for being encoded again."""
    signer = identity("rsa")
    again = cms.ContentInfo.load(await signed(signer, "RS256")).copy().dump(force=True)
    assert openssl_accepts(tmp_path, signer, again, DOCUMENT)
    assert await pyhanko_accepts(signer, again, DOCUMENT)


async def test_anothers_key_refused(tmp_path: Path) -> None:
    signer, other = identity("rsa"), other_identity("rsa")
    order = order_of(DOCUMENT, signer, "RS256", cades())
    signature = await make(order, Hand(other.key, ALGORITHMS["RS256"]), None)
    assert not openssl_accepts(tmp_path, signer, signature, DOCUMENT)
    assert not await pyhanko_accepts(signer, signature, DOCUMENT)


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa", "PS256"), ("p384", "ES384"), ("p521", "ES512")])
@pytest.mark.parametrize("packaging", ["detached", "enveloping"])
async def test_time_stamp(
    tmp_path: Path, tsa: OpensslTsa, kind: str, algorithm: str, packaging: Packaging
) -> None:
    """Level B-T: openssl accepts signature and time stamp, and the stamp is over the signature value."""
    signer = identity(kind)
    order = order_of(DOCUMENT, signer, algorithm, cades(packaging, "B-T"))
    signature = await make(order, Hand(signer.key, ALGORITHMS[algorithm]), tsa.ask)
    document = DOCUMENT if packaging == "detached" else None
    assert openssl_accepts(tmp_path, signer, signature, document)
    signer_info = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    (attribute,) = signer_info["unsigned_attrs"]
    assert attribute["type"].native == "signature_time_stamp_token"
    token = attribute["values"][0].dump()
    assert tsa.accepts(token, signer_info["signature"].native)
    assert not tsa.accepts(token, signer_info["signature"].native + b"\0")
