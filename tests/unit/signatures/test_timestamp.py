"""RFC 3161: only a time stamp that answers this request, and that holds, is taken."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography.x509.oid import ExtendedKeyUsageOID

from bridge.core.errors import ERRORS, DriverFailed, TimeStampFailed
from bridge.core.sentences import user_message
from bridge.signatures import timestamp
from tests.unit.signatures.hand import authority, make_key, other_identity, time_stamping
from tests.unit.signatures.tsa import OpensslTsa

DATA = b"signature value"
DIGEST = hashlib.sha256(DATA).digest()
NONCE = 0xFEDC_BA98_7654_3210


@pytest.fixture(scope="module")
def answer(tsa: OpensslTsa) -> bytes:
    return tsa.reply(timestamp.request(DIGEST, "sha256", NONCE))


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
async def test_taken(tsa: OpensslTsa, hash_name: Any) -> None:
    token = await timestamp.token(tsa.ask, DATA, hash_name)
    assert tsa.accepts(token, DATA)


async def test_elliptic_authority(tmp_path: Path) -> None:
    tsa = OpensslTsa.make(tmp_path / "tsa", time_stamping("p256"))
    assert tsa.accepts(await timestamp.token(tsa.ask, DATA, "sha256"), DATA)


async def test_every_request_has_a_nonce_of_its_own(tsa: OpensslTsa) -> None:
    seen: list[int] = []

    async def ask(query: bytes) -> bytes:
        request = tsp.TimeStampReq.load(query, strict=True)
        assert request["cert_req"].native is True
        assert request["message_imprint"]["hashed_message"].native == DIGEST
        seen.append(request["nonce"].native)
        return await tsa.ask(query)

    for _ in range(3):
        await timestamp.token(ask, DATA, "sha256")
    assert len(set(seen)) == 3
    assert all(number.bit_length() == 64 for number in seen)


def refused(answer: bytes, *, digest: bytes = DIGEST, hash_name: str = "sha256", nonce: int = NONCE) -> str:
    with pytest.raises(TimeStampFailed) as failed:
        timestamp.token_of(answer, digest, hash_name, nonce)
    return failed.value.detail


def test_good(answer: bytes) -> None:
    timestamp.token_of(answer, DIGEST, "sha256", NONCE)


def test_another_request(answer: bytes) -> None:
    assert "another request" in refused(answer, nonce=NONCE ^ 1)


def test_of_something_else(answer: bytes) -> None:
    assert "something else" in refused(answer, digest=hashlib.sha256(b"").digest())
    assert "something else" in refused(answer, hash_name="sha512")


def test_without_nonce(tsa: OpensslTsa) -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST}
    query = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True}).dump()
    assert "another request" in refused(tsa.reply(query))


def test_without_certificate(tsa: OpensslTsa) -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST}
    query = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": NONCE}).dump()
    assert "unreadable" in refused(tsa.reply(query))


def test_refusal_of_the_authority(tsa: OpensslTsa) -> None:
    """A hash that it does not take: status rejection."""
    imprint = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}
    query = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": NONCE}).dump()
    assert "refused: rejection" in refused(tsa.reply(query))


@pytest.mark.parametrize("junk", [b"", b"\0", b"\x30\x80", b"<html>", b"\x30\x03\x02\x01\x00", b"0" * 5000])
def test_junk(junk: bytes) -> None:
    assert refused(junk)


def _change(answer: bytes, change: Callable[[Any], None]) -> bytes:
    response = tsp.TimeStampResp.load(answer)
    change(response["time_stamp_token"]["content"])
    changed: bytes = response.dump(force=True)
    return changed


def _flip_signature(signed_data: Any) -> None:
    info = signed_data["signer_infos"][0]
    value = bytearray(info["signature"].native)
    value[-1] ^= 1
    info["signature"] = bytes(value)


def _other_time(signed_data: Any) -> None:
    content = signed_data["encap_content_info"]["content"]
    info = content.parsed
    info["gen_time"] = core.GeneralizedTime("20200101000000Z")
    signed_data["encap_content_info"]["content"] = core.ParsableOctetString(info.dump(force=True))


def _two_signers(signed_data: Any) -> None:
    info = signed_data["signer_infos"][0]
    signed_data["signer_infos"] = cms.SignerInfos([info.copy(), info.copy()])


def _other_certificate(signed_data: Any) -> None:
    other = asn1.Certificate.load(other_identity("rsa").der)
    signed_data["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", other)])


def _no_attributes(signed_data: Any) -> None:
    info = signed_data["signer_infos"][0]
    info["signed_attrs"] = cms.CMSAttributes([])


def _other_content_type(signed_data: Any) -> None:
    signed_data["encap_content_info"]["content_type"] = "data"


@pytest.mark.parametrize(
    "change",
    [
        _flip_signature,
        _other_time,
        _two_signers,
        _other_certificate,
        _no_attributes,
        _other_content_type,
    ],
)
def test_tampering(answer: bytes, change: Callable[[Any], None]) -> None:
    assert refused(_change(answer, change))


def test_written_again_is_still_taken(answer: bytes) -> None:
    timestamp.token_of(_change(answer, lambda _: None), DIGEST, "sha256", NONCE)


@pytest.mark.parametrize(
    ("usage", "critical"),
    [
        ([], True),
        ([ExtendedKeyUsageOID.TIME_STAMPING], False),
        ([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING], True),
        ([ExtendedKeyUsageOID.EMAIL_PROTECTION], True),
    ],
)
def test_certificate_not_for_time_stamps(tmp_path: Path, usage: list[Any], critical: bool) -> None:
    """openssl would not even start with such a certificate: it signs with a good one for the same key."""
    key = make_key("rsa")
    good = authority().issue(key, "時刻局", usage=[ExtendedKeyUsageOID.TIME_STAMPING])
    bad = authority().issue(key, "時刻局", usage=usage, usage_critical=critical)
    reply = OpensslTsa.make(tmp_path, good).reply(timestamp.request(DIGEST, "sha256", NONCE))
    timestamp.token_of(reply, DIGEST, "sha256", NONCE)

    def exchange(signed_data: Any) -> None:
        other = asn1.Certificate.load(bad.der)
        signed_data["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", other)])
        sid = cms.IssuerAndSerialNumber({"issuer": other.issuer, "serial_number": other.serial_number})
        signed_data["signer_infos"][0]["sid"] = cms.SignerIdentifier("issuer_and_serial_number", sid)

    assert "not for time stamps" in refused(_change(reply, exchange))


def test_signer_that_is_not_named(tmp_path: Path) -> None:
    """Another certificate for the same key: the signature verifies, the attribute names the first one."""
    key = make_key("rsa")
    usage = [ExtendedKeyUsageOID.TIME_STAMPING]
    first, second = (authority().issue(key, "時刻局", usage=usage) for _ in range(2))
    reply = OpensslTsa.make(tmp_path, first).reply(timestamp.request(DIGEST, "sha256", NONCE))

    def exchange(signed_data: Any) -> None:
        other = asn1.Certificate.load(second.der)
        signed_data["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", other)])
        sid = cms.IssuerAndSerialNumber({"issuer": other.issuer, "serial_number": other.serial_number})
        signed_data["signer_infos"][0]["sid"] = cms.SignerIdentifier("issuer_and_serial_number", sid)

    assert "does not name" in refused(_change(reply, exchange))


def test_too_large(answer: bytes) -> None:
    def pad(signed_data: Any) -> None:
        certificate = signed_data["certificates"][0]
        signed_data["certificates"] = cms.CertificateSet([certificate.copy() for _ in range(60)])

    assert "too large" in refused(_change(answer, pad))


def test_the_query_is_what_openssl_reads(tmp_path: Path) -> None:
    path = tmp_path / "query.tsq"
    path.write_bytes(timestamp.request(DIGEST, "sha256", NONCE))
    command = ["openssl", "ts", "-query", "-in", str(path), "-text"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Hash Algorithm: sha256" in text
    assert "Nonce: 0xFEDCBA9876543210" in text
    assert "Certificate required: yes" in text


def test_the_error_of_the_contract() -> None:
    """Its code and reason are driverFailed's; what the user reads is about the time-stamping service."""
    error = TimeStampFailed("x", driver="tsa.example.jp")
    assert (error.code, error.reason, error.retriable) == (-32041, "driverFailed", True)
    assert ERRORS["driverFailed"] is DriverFailed
    assert "タイムスタンプ" in user_message(error, "ja")
    assert "time-stamping" in user_message(error, "en")
    assert "タイムスタンプ" not in user_message(DriverFailed(), "ja")
