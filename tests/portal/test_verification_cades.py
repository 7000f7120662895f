"""verification/cades.py, cms.py, timestamp.py: signatures by `openssl cms`, time stamps by `openssl ts`."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardbridge_portal.verification import (
    Authorities,
    Network,
    Policy,
    VerificationError,
    VerifiedSignature,
    verify_cades,
)
from tests.portal.pdf_signing import openssl_cms
from tests.portal.pki import DAY, NOW, Identity, make_root
from tests.portal.publisher import Publisher
from tests.portal.stamping import lax_stamp, stamp

DOCUMENT = "利用者登録申請書\r\n商号又は名称：株式会社見本\n".encode()
CADES = ("-cades",)
LOOPBACK = Network(allowed=(ip_network("127.0.0.0/8"),))


@pytest.fixture(scope="module")
def root() -> Identity:
    return make_root()


@pytest.fixture(scope="module")
def who(root: Identity) -> Identity:
    return root.issue_authority("中間認証局").issue("見本 太郎")


@pytest.fixture(scope="module")
def signed(who: Identity, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return openssl_cms(tmp_path_factory.mktemp("cades"), who, DOCUMENT)


def policy_of(root: Identity, **values: Any) -> Policy:
    given: dict[str, Any] = {"revocation": "off"} | values
    return Policy(authorities=Authorities(roots=(root.certificate,)), **given)


async def verify(
    root: Identity, signature: bytes, document: bytes | None = DOCUMENT, **values: Any
) -> VerifiedSignature:
    moment = values.pop("moment", NOW)
    return await verify_cades(signature, document, policy=policy_of(root, **values), moment=moment)


async def reason(root: Identity, signature: bytes, document: bytes | None = DOCUMENT, **values: Any) -> str:
    """'' for a signature that holds."""
    try:
        await verify(root, signature, document, **values)
    except VerificationError as error:
        return error.reason
    return ""


PSS = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:-1")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ec", ()),
        ("secp384r1", ("-md", "sha384")),
        ("2048", ()),
        ("3072", ("-md", "sha512")),
        ("2048", PSS),
        ("ec", ("-keyid",)),
        ("ec", ("-nosmimecap",)),
    ],
)
async def test_good(root: Identity, tmp_path: Path, kind: str, options: tuple[str, ...]) -> None:
    person = root.issue_authority("中間認証局").issue("見本", kind=kind)
    signature = openssl_cms(tmp_path, person, DOCUMENT, (*CADES, *options))
    found = await verify(root, signature)
    assert (found.form, found.packaging, found.content) == ("cades", "detached", DOCUMENT)
    assert found.certificate == person.certificate and found.stamped is None and found.moment == NOW
    assert found.claimed is not None and abs(found.claimed - datetime.now(UTC)) < timedelta(hours=1)
    altered = bytearray(DOCUMENT)
    altered[7] ^= 1
    assert await reason(root, signature, bytes(altered)) == "digestMismatch"


async def test_enveloping(root: Identity, who: Identity, tmp_path: Path) -> None:
    signature = openssl_cms(tmp_path, who, DOCUMENT, (*CADES, "-nodetach"))
    found = await verify(root, signature, None)
    assert (found.packaging, found.content) == ("enveloping", DOCUMENT)
    assert await reason(root, signature, DOCUMENT) == "signatureMalformed"
    assert await reason(root, signature.replace(b"\r\n", b"\r\r"), None) == "digestMismatch"
    assert await reason(root, signature, None, max_document_bytes=10) == "documentTooLarge"
    streamed = openssl_cms(tmp_path, who, DOCUMENT, (*CADES, "-nodetach", "-stream"))
    assert (await verify(root, streamed, None)).content == DOCUMENT


async def test_packaging(root: Identity, signed: bytes) -> None:
    assert await reason(root, signed, None) == "signatureMalformed"
    assert await reason(root, signed, b"") == "digestMismatch"
    assert await reason(root, signed, max_document_bytes=10) == "documentTooLarge"


def altered(signed: bytes, change: Callable[[Any, Any], None], *, force: bool = True) -> bytes:
    """The signature with its SignedData and SignerInfo changed, otherwise as it was."""
    info = cms.ContentInfo.load(signed)
    change(info["content"], info["content"]["signer_infos"][0])
    return bytes(info.dump(force=force))


def resigned(who: Identity, signed: bytes, change: Callable[[list[Any]], None], hashed: Any = None) -> bytes:
    """With other signed attributes, signed anew by the same key: what only a strange signer makes."""

    def apply(_: Any, signer: Any) -> None:
        kept = [cms.CMSAttribute.load(one.dump()) for one in signer["signed_attrs"]]
        change(kept)
        signer["signed_attrs"] = attributes = cms.CMSAttributes(kept)
        signer["signature"] = who.key.sign(attributes.dump(), ec.ECDSA(hashed or hashes.SHA256()))

    return altered(signed, apply)


def without(name: str) -> Callable[[list[Any]], None]:
    def change(attributes: list[Any]) -> None:
        attributes[:] = [one for one in attributes if one["type"].native != name]

    return change


def put(kind: str, *values: Any) -> Callable[[list[Any]], None]:
    def change(attributes: list[Any]) -> None:
        without(kind)(attributes)
        attributes.append(cms.CMSAttribute({"type": kind, "values": list(values)}))

    return change


def named(certificate: x509.Certificate, algorithm: str = "sha256") -> Any:
    """signing-certificate-v2 for another certificate."""
    fingerprint = certificate.fingerprint(hashes.SHA1() if algorithm == "sha1" else hashes.SHA256())  # noqa: S303
    entry = {"hash_algorithm": {"algorithm": algorithm}, "cert_hash": fingerprint}
    return tsp.SigningCertificateV2({"certs": [entry]})


def protection(digest: str, signature: str) -> Any:
    """RFC 6211."""
    algorithms = {"digest_algorithm": {"algorithm": digest}, "signature_algorithm": {"algorithm": signature}}
    return cms.CMSAlgorithmProtection(algorithms)


async def test_signed_attributes(root: Identity, who: Identity, signed: bytes) -> None:
    assert await reason(root, resigned(who, signed, lambda attributes: None)) == ""
    twin = root.issue("見本 花子", key=who.key)
    digest = core.OctetString(bytes(32))
    for change, wanted in (
        (without("signing_certificate_v2"), "signingCertificateMismatch"),
        (without("message_digest"), "signatureMalformed"),
        (without("content_type"), "signatureMalformed"),
        (without("signing_time"), ""),
        (put("content_type", cms.ContentType("tst_info")), "signatureMalformed"),
        (put("message_digest", digest), "digestMismatch"),
        (put("message_digest", digest, digest), "signatureMalformed"),
        (put("signing_certificate_v2", named(twin.certificate)), "signingCertificateMismatch"),
        (put("signing_certificate_v2", named(who.certificate, "sha1")), "algorithmTooWeak"),
        (put("signing_certificate_v2", named(who.certificate)), ""),
        (put("cms_algorithm_protection", protection("sha256", "sha256_ecdsa")), ""),
        (put("cms_algorithm_protection", protection("sha384", "sha256_ecdsa")), "signatureInvalid"),
        (put("cms_algorithm_protection", protection("sha256", "sha384_ecdsa")), "signatureInvalid"),
        (lambda attributes: attributes.append(attributes[0]), "signatureMalformed"),
        (lambda attributes: attributes.clear(), "signatureMalformed"),
    ):
        assert await reason(root, resigned(who, signed, change)) == wanted


def der(certificate: x509.Certificate) -> Any:
    return cms.CertificateChoices.load(certificate.public_bytes(Encoding.DER))


async def test_unsigned_parts(root: Identity, who: Identity, signed: bytes) -> None:
    twin = root.issue("見本 花子", key=who.key)
    weak = {"algorithm": algos.DigestAlgorithmId("sha1")}
    odd = {"algorithm": "sha256_ecdsa", "parameters": core.Integer(7)}
    huge, small = (
        cms.CMSAttribute({"type": "1.2.3.4", "values": [core.OctetString(bytes(size))]})
        for size in (300_000, 300)
    )

    def set_on(place: str, value: Any, *, on_signer: bool = True) -> Callable[[Any, Any], None]:
        return lambda data, signer: (signer if on_signer else data).__setitem__(place, value)

    def exchange(data: Any, _: Any) -> None:
        data["certificates"] = [der(twin.certificate)]

    def drop(data: Any, _: Any) -> None:
        data["certificates"] = []

    def twice(data: Any, signer: Any) -> None:
        data["signer_infos"] = [signer.copy(), signer.copy()]

    def nobody(data: Any, _: Any) -> None:
        data["signer_infos"] = []

    def rename(_: Any, signer: Any) -> None:
        sid = signer["sid"].chosen
        sid["serial_number"] = 5

    def flip(_: Any, signer: Any) -> None:
        value = bytearray(signer["signature"].native)
        value[-1] ^= 1
        signer["signature"] = bytes(value)

    for change, wanted in (
        (exchange, "signingCertificateMismatch"),
        (drop, "signingCertificateMismatch"),
        (twice, "signatureMalformed"),
        (nobody, "signatureMalformed"),
        (rename, "signingCertificateMismatch"),
        (flip, "signatureInvalid"),
        (set_on("version", "v3"), "signatureMalformed"),
        (set_on("version", "v3", on_signer=False), "signatureMalformed"),
        (set_on("digest_algorithm", weak), "signatureMalformed"),
        (set_on("signature_algorithm", {"algorithm": "sha384_ecdsa"}), "signatureMalformed"),
        (set_on("signature_algorithm", {"algorithm": "sha256_rsa"}), "signatureMalformed"),
        (set_on("digest_algorithms", [weak], on_signer=False), "signatureMalformed"),
        (set_on("signature_algorithm", odd), "signatureMalformed"),
        (set_on("unsigned_attrs", [huge]), "signatureMalformed"),
        (set_on("unsigned_attrs", [small]), ""),
    ):
        assert await reason(root, altered(signed, change)) == wanted, change


async def test_sha1(root: Identity, who: Identity, signed: bytes, tmp_path: Path) -> None:
    """With SHA-1, and otherwise in order."""
    weak = openssl_cms(tmp_path, who, DOCUMENT, ("-md", "sha1"))
    assert await reason(root, weak) == "signingCertificateMismatch"
    change = put("signing_certificate_v2", named(who.certificate))
    assert await reason(root, resigned(who, weak, change, hashes.SHA1())) == "algorithmTooWeak"  # noqa: S303
    assert await reason(root, resigned(who, signed, change)) == ""


async def test_plain_cms(root: Identity, who: Identity, tmp_path: Path) -> None:
    assert await reason(root, openssl_cms(tmp_path, who, DOCUMENT, ())) == "signingCertificateMismatch"
    bare = openssl_cms(tmp_path, who, DOCUMENT, ("-noattr",))
    assert await reason(root, bare) == "signatureMalformed"


async def test_something_else(root: Identity, who: Identity, tmp_path: Path) -> None:
    """Other CMS content, other types of content, more behind it."""
    signature = openssl_cms(tmp_path, who, DOCUMENT, ("-cades", "-econtent_type", "1.2.3.4"))
    assert await reason(root, signature) == "signatureMalformed"
    good = openssl_cms(tmp_path, who, DOCUMENT)
    assert await reason(root, good) == "" and await reason(root, good + b"\0") == "signatureMalformed"
    data = cms.ContentInfo({"content_type": "data", "content": b"abc"}).dump()
    assert await reason(root, data, None) == "signatureMalformed"
    by_rsa = openssl_cms(tmp_path, root.issue("見本", kind="2048"), DOCUMENT)
    odd = by_rsa.replace(b"\x05\x00", b"\x08\x00")  # parameters of a type that asn1crypto has not
    assert odd != by_rsa and await reason(root, odd) == "signatureMalformed"
    for deep in (b"\x30\x80" * 50_000, b"\x24\x80" * 50_000, b"\x30\x80" * 400 + b"\0\0" * 400):
        assert await reason(root, deep) == "signatureMalformed"


async def test_flipped_bytes(root: Identity, who: Identity, tmp_path: Path) -> None:
    """Whatever is accepted is by the same signer; only certificates that come along may change."""
    signature = openssl_cms(tmp_path, who, DOCUMENT)
    places = [(signature.index(one), len(one)) for one in (c.public_bytes(Encoding.DER) for c in who.chain)]
    for index in range(0, len(signature), 9):
        changed = bytearray(signature)
        changed[index] ^= 1
        if await reason(root, bytes(changed)) == "":
            assert any(first <= index < first + size for first, size in places)


async def test_chain(root: Identity, tmp_path: Path) -> None:
    """Each certificate of the path has to be strong, valid, an authority, and reach the root."""
    middle = root.issue_authority("中間認証局")
    for person, wanted in (
        (middle.issue("見本", kind="1024"), "algorithmTooWeak"),
        (root.issue_authority("小", kind="1024").issue("見本"), "algorithmTooWeak"),
        (middle.issue("見本", kind="secp256k1"), "algorithmTooWeak"),
        (middle.issue("見本", usages=()), "keyUsageMissing"),
        (middle.issue("見本", usages=("key_agreement",)), "keyUsageMissing"),
        (middle.issue("見本", usages=("digital_signature",)), ""),
        (root.issue("似非認証局", usages=("key_cert_sign",)).issue("見本"), "certificateUntrusted"),
        (root.issue_authority("旧", end=NOW - DAY).issue("見本"), "certificateUntrusted"),
        (make_root().issue("見本"), "certificateUntrusted"),
        (Identity(root.key, root.certificate), "keyUsageMissing"),
        (middle.issue("見本", start=NOW + DAY), "certificateNotYetValid"),
        (middle.issue("見本", start=NOW + timedelta(seconds=30)), ""),  # within the clock skew
        (middle.issue("見本", end=NOW - timedelta(seconds=30)), "certificateExpired"),
    ):
        assert await reason(root, openssl_cms(tmp_path, person, DOCUMENT)) == wanted
    without_middle = openssl_cms(tmp_path, Identity(*_only(middle.issue("見本"))), DOCUMENT)
    assert await reason(root, without_middle) == "certificateUntrusted"
    authorities = Authorities(roots=(root.certificate,), intermediates=(middle.certificate,))
    policy = Policy(authorities=authorities, revocation="off")
    await verify_cades(without_middle, DOCUMENT, policy=policy, moment=NOW)


async def test_an_anchor_signs_nothing(tmp_path: Path) -> None:
    """A trusted root vouches for others; itself it is nobody's card."""
    root = make_root(usages=("content_commitment",))
    signature = openssl_cms(tmp_path, Identity(root.key, root.certificate), DOCUMENT)
    assert await reason(root, signature) == "certificateUntrusted"


def _only(who: Identity) -> tuple[Any, x509.Certificate, tuple[x509.Certificate, ...]]:
    """Key and certificate; the chain is one unrelated certificate."""
    return who.key, who.certificate, (make_root("無関係").certificate,)


# Time stamps


@pytest.fixture(scope="module")
def clock() -> Identity:
    return make_root("時刻の認証局")


@pytest.fixture(scope="module")
def stamper(clock: Identity) -> Identity:
    return clock.issue_stamper()


def with_stamps(signed: bytes, *tokens: bytes) -> bytes:
    def change(_: Any, signer: Any) -> None:
        attribute = {
            "type": "signature_time_stamp_token",
            "values": [cms.ContentInfo.load(token) for token in tokens],
        }
        signer["unsigned_attrs"] = [cms.CMSAttribute(attribute)]

    return altered(signed, change, force=False)  # asn1crypto takes for ever to force a token


def value_of(signed: bytes) -> bytes:
    return bytes(cms.ContentInfo.load(signed)["content"]["signer_infos"][0]["signature"].native)


def stamped_policy(stamper: Identity, **values: Any) -> dict[str, Any]:
    authorities = Authorities(roots=(stamper.chain[-1],))
    return {"signing_time": "timestampRequired", "timestamp_authorities": authorities} | values


async def test_time_stamp(root: Identity, signed: bytes, stamper: Identity, tmp_path: Path) -> None:
    """B-T: judged at the time stamp, so that the certificate may expire; without trust in it, not."""
    values, late = stamped_policy(stamper), datetime.now(UTC) + 90 * DAY
    token = stamp(tmp_path, stamper, value_of(signed))
    found = await verify(root, with_stamps(signed, token), moment=late, **values)
    assert found.stamped == found.moment and abs(found.moment - datetime.now(UTC)) < timedelta(hours=1)
    assert await reason(root, with_stamps(signed, token), moment=late) == "certificateExpired"
    assert await reason(root, signed, **values) == "timestampMissing"
    assert await reason(root, signed, **values | {"signing_time": "timestamp"}) == ""
    two = with_stamps(signed, token, stamp(tmp_path, stamper, value_of(signed), hashed="sha512"))
    assert (await verify(root, two, moment=late, **values)).stamped == found.stamped


async def test_time_stamp_refused(
    root: Identity, signed: bytes, clock: Identity, stamper: Identity, tmp_path: Path
) -> None:
    values, own, now = stamped_policy(stamper), value_of(signed), datetime.now(UTC)
    good = with_stamps(signed, stamp(tmp_path, stamper, own))
    assert await reason(root, good, moment=now, **values) == ""
    flipped = bytearray(stamp(tmp_path, stamper, own))
    flipped[-1] ^= 1
    for tokens in (
        [stamp(tmp_path, stamper, b"another signature")],
        [stamp(tmp_path, stamper, own, hashed="sha1")],
        [stamp(tmp_path, make_root("別の時刻認証局").issue_stamper(), own)],
        [stamp(tmp_path, clock.issue_stamper(end=NOW - DAY), own)],
        [bytes(flipped)],
        [signed],
        [stamp(tmp_path, stamper, own), bytes(flipped)],
    ):
        assert await reason(root, with_stamps(signed, *tokens), moment=now, **values) == "timestampInvalid"
    assert await reason(root, good, moment=now - DAY, **values) == "timestampInvalid"  # after the receipt
    assert await reason(root, good, moment=now, **values | {"signing_time": "receipt"}) == ""


async def test_time_stamp_that_is_none(root: Identity, signed: bytes, clock: Identity) -> None:
    """Signed by the right authority, and not readable."""
    one = clock.issue_stamper(kind="2048")
    token = cms.ContentInfo.load(lax_stamp(one, value_of(signed)))
    signer = token["content"]["signer_infos"][0]
    junk, attributes = (
        bytes.fromhex("3003020101"),
        [cms.CMSAttribute.load(each.dump()) for each in signer["signed_attrs"]],
    )
    held = core.ParsableOctetString(junk)
    token["content"]["encap_content_info"] = {"content_type": "tst_info", "content": held}
    put("message_digest", core.OctetString(hashlib.sha256(junk).digest()))(attributes)
    signer["signed_attrs"] = made = cms.CMSAttributes(attributes)
    signer["signature"] = one.key.sign(made.dump(), padding.PKCS1v15(), hashes.SHA256())
    values = stamped_policy(one, moment=datetime.now(UTC))
    assert await reason(root, with_stamps(signed, token.dump()), **values) == "timestampInvalid"


async def test_purpose_of_a_time_stamping_certificate(
    root: Identity, signed: bytes, clock: Identity, tmp_path: Path
) -> None:
    """RFC 3161 section 2.3: critical, and for nothing else."""
    stamping, client = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CLIENT_AUTH
    for given, wanted in (
        ({}, ""),
        ({"critical": False}, "timestampInvalid"),
        ({"extended": (stamping, client)}, "timestampInvalid"),
        ({"extended": (client,)}, "timestampInvalid"),
        ({"extended": ()}, "timestampInvalid"),
    ):
        one = clock.issue_stamper(kind="2048", **given)
        signature = with_stamps(signed, lax_stamp(one, value_of(signed)))
        values = stamped_policy(one, moment=datetime.now(UTC))
        assert await reason(root, signature, **values) == wanted


async def test_revoked_after_the_time_stamp(root: Identity, stamper: Identity, tmp_path: Path) -> None:
    """What was stamped before the revocation stays good; by the receipt alone it would not."""
    async with Publisher(root).serve() as publisher:
        person = root.issue("見本", ocsp=(publisher.responder,))
        signature = openssl_cms(tmp_path, person, DOCUMENT)
        stamped = with_stamps(signature, stamp(tmp_path, stamper, value_of(signature)))
        now = datetime.now(UTC)
        publisher.revoked[person.certificate.serial_number] = now + timedelta(minutes=5)
        values = stamped_policy(stamper, revocation="soft", network=LOOPBACK)
        values["signing_time"] = "timestamp"
        late = now + timedelta(minutes=10)
        found = await verify(root, stamped, moment=late, **values)
        assert found.revocation == "good" and found.stamped is not None
        assert await reason(root, signature, moment=late, **values) == "certificateRevoked"
        publisher.revoked[person.certificate.serial_number] = now - timedelta(minutes=5)
        assert await reason(root, stamped, moment=late, **values) == "certificateRevoked"


async def test_revocation_of_signers(root: Identity, tmp_path: Path) -> None:
    async with Publisher(root).serve() as publisher:
        person = root.issue("見本", ocsp=(publisher.responder,))
        signature = openssl_cms(tmp_path, person, DOCUMENT)
        values: dict[str, Any] = {"revocation": "hard", "network": LOOPBACK}
        assert (await verify(root, signature, **values)).revocation == "good"
        publisher.status = 500
        assert await reason(root, signature, **values) == "revocationUnreachable"
        assert (await verify(root, signature, **values | {"revocation": "soft"})).revocation == "unchecked"
        publisher.status = 200
        publisher.revoked[person.certificate.serial_number] = NOW
        assert await reason(root, signature, **values) == "certificateRevoked"


async def test_nobody_is_asked_for_strangers(root: Identity, tmp_path: Path) -> None:
    """The address in a certificate counts only after its path, and the signature, have held."""
    async with Publisher(root).serve() as publisher:
        values: dict[str, Any] = {"revocation": "hard", "network": LOOPBACK}
        stranger = make_root("別の認証局").issue("盗人", ocsp=(publisher.responder,))
        assert (
            await reason(root, openssl_cms(tmp_path, stranger, DOCUMENT), **values) == "certificateUntrusted"
        )
        person = root.issue("見本", ocsp=(publisher.responder,))
        signature = openssl_cms(tmp_path, person, DOCUMENT)
        assert await reason(root, signature, b"another", **values) == "digestMismatch"
        assert publisher.asked == []
