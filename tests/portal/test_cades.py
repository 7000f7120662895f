"""verification/cades.py: good signatures, and each kind of tampering."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from cardbridge_portal.authority import issue_card, make_authority, open_authority
from cardbridge_portal.verification import Authorities, Policy, VerificationError, verify_cades
from tests.portal.signing import load, make_cades

DOCUMENT = "利用者登録申請書\n商号又は名称：株式会社見本建設\n".encode()
NOW = datetime.now(UTC)


@cache
def policy_of(template: Path) -> Policy:
    return Policy(authorities=Authorities(roots=(open_authority(template).certificate,)), revocation="off")


async def check(template: Path, signature: bytes, document: bytes = DOCUMENT, **values: Any) -> str:
    """'' for a signature that holds, else the reason."""
    given = {"moment": datetime.now(UTC)} | values
    try:
        await verify_cades(signature, document, policy=policy_of(template), **given)
    except VerificationError as error:
        return error.reason
    return ""


@pytest.fixture
async def signature(sample_card: Path) -> bytes:
    return await make_cades(*load(sample_card, "signature"), DOCUMENT)


async def test_good(template: Path, sample_card: Path, signature: bytes) -> None:
    assert await check(template, signature) == ""
    assert await check(template, await make_cades(*load(sample_card, "signature"), DOCUMENT, pss=True)) == ""


async def test_good_on_a_curve(template: Path, tmp_path: Path) -> None:
    card = issue_card(tmp_path, "株式会社見本", "見本", curve=True, authority=open_authority(template))
    assert await check(template, await make_cades(*load(card.directory, "signature"), DOCUMENT)) == ""


async def test_altered_document(template: Path, signature: bytes) -> None:
    for index in (0, 10, len(DOCUMENT) - 1):
        altered = bytearray(DOCUMENT)
        altered[index] ^= 1
        assert await check(template, signature, bytes(altered)) == "digestMismatch"
    assert await check(template, signature, DOCUMENT + b"\n") == "digestMismatch"
    assert await check(template, signature, b"") == "digestMismatch"


async def test_altered_signature(template: Path, signature: bytes) -> None:
    """The signature value is the last element of the DER."""
    altered = bytearray(signature)
    altered[-1] ^= 1
    assert await check(template, bytes(altered)) == "signatureInvalid"


async def test_no_flipped_byte_is_accepted(template: Path, signature: bytes) -> None:
    accepted = []
    for index in range(0, len(signature), 13):
        altered = bytearray(signature)
        altered[index] ^= 1
        if await check(template, bytes(altered)) == "":
            accepted.append(index)
    assert accepted == []


async def test_plain_cms_is_refused(template: Path, sample_card: Path) -> None:
    """Without signing-certificate-v2, all else being right."""
    key, certificate = load(sample_card, "signature")
    info = cms.ContentInfo.load(await make_cades(key, certificate, DOCUMENT))
    signer = info["content"]["signer_infos"][0]
    kept = [entry for entry in signer["signed_attrs"] if entry["type"].native != "signing_certificate_v2"]
    assert len(kept) == len(signer["signed_attrs"]) - 1
    attributes = cms.CMSAttributes(kept)
    signer["signed_attrs"] = attributes
    signer["signature"] = key.sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256())
    assert await check(template, info.dump(force=True)) == "signingCertificateMismatch"


async def test_enveloping_is_refused(template: Path, sample_card: Path) -> None:
    enveloping = await make_cades(*load(sample_card, "signature"), DOCUMENT, detached=False)
    assert await check(template, enveloping) == "signatureMalformed"


async def test_certificate_exchanged(template: Path, sample_card: Path, signature: bytes) -> None:
    """Another certificate of the same holder in the bag: the attribute names the right one."""
    info = cms.ContentInfo.load(signature)
    _, other = load(sample_card, "authentication")
    der = cms.CertificateChoices.load(_der(other))
    info["content"]["certificates"] = cms.CertificateSet([der])
    assert await check(template, info.dump(force=True)) == "signingCertificateMismatch"


async def test_key_of_another_certificate(template: Path, sample_card: Path) -> None:
    key, _ = load(sample_card, "authentication")
    _, certificate = load(sample_card, "signature")
    assert await check(template, await make_cades(key, certificate, DOCUMENT)) == "signatureInvalid"


async def test_two_signers_are_refused(template: Path, signature: bytes) -> None:
    info = cms.ContentInfo.load(signature)
    signer = info["content"]["signer_infos"][0]
    info["content"]["signer_infos"] = cms.SignerInfos([signer.copy(), signer.copy()])
    assert await check(template, info.dump(force=True)) in {"signatureMalformed", "signatureInvalid"}


async def test_untrusted_expired_not_yet(template: Path, tmp_path: Path, signature: bytes) -> None:
    foreign = issue_card(tmp_path, "株式会社見本", "見本", curve=True, authority=make_authority())
    made = await make_cades(*load(foreign.directory, "signature"), DOCUMENT)
    assert await check(template, made) == "certificateUntrusted"
    assert await check(template, signature, moment=NOW + timedelta(days=5000)) == "certificateExpired"
    assert await check(template, signature, moment=NOW - timedelta(days=1)) == "certificateNotYetValid"


@pytest.mark.parametrize("junk", [b"", b"0", b"\x30\x80", b"x" * 200_000, bytes(range(256))])
async def test_junk(template: Path, junk: bytes) -> None:
    assert await check(template, junk) == "signatureMalformed"


def _der(certificate: Any) -> bytes:
    return bytes(certificate.public_bytes(Encoding.DER))
