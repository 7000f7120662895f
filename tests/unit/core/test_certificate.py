"""What a certificate says of itself, and which issuers belong to it."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bridge.core.certificate import UnreadableCertificate, chain, read
from tests.unit.certificates import AUTHORITY, FROM, HOLDER, NOW, UNTIL, authority, certificate, key, name


def test_names_numbers_and_times() -> None:
    der = certificate()
    facts = read(der)
    assert facts.der == der
    assert facts.thumbprint == hashlib.sha256(der).hexdigest()
    assert facts.subject == {"country": "JP", "organization": "株式会社見本建設", "commonName": "見本 太郎"}
    assert facts.issuer == {"country": "JP", "organization": "見本認証局", "commonName": "Sample CA 1"}
    assert facts.issuer_rfc4514 == "CN=Sample CA 1,O=見本認証局,C=JP"
    assert (facts.subject_der, facts.issuer_der) == (HOLDER.public_bytes(), AUTHORITY.public_bytes())
    assert facts.serial_number == "1234abcd"
    assert (facts.not_before, facts.not_after) == (FROM, UNTIL)
    assert facts.not_before.tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "key_type", "bits"),
    [("p256", "EC", 256), ("p384", "EC", 384), ("p521", "EC", 521), ("rsa", "RSA", 2048)],
)
def test_keys(kind: str, key_type: str, bits: int) -> None:
    facts = read(certificate(kind))
    assert (facts.key_type, facts.key_bits) == (key_type, bits)


def test_attributes_that_repeat_are_joined_and_unknown_ones_keep_their_oid() -> None:
    subject = name(
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "営業部"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "第一課"),
        (NameOID.SURNAME, "見本"),
        (NameOID.GIVEN_NAME, "太郎"),
        (NameOID.SERIAL_NUMBER, "JP-7"),
        (NameOID.EMAIL_ADDRESS, "a@example.jp"),
        (x509.ObjectIdentifier("1.2.392.100"), "x"),
    )
    assert read(certificate(subject=subject)).subject == {
        "organizationalUnit": "営業部 第一課",
        "surname": "見本",
        "givenName": "太郎",
        "serialNumber": "JP-7",
        "emailAddress": "a@example.jp",
        "1.2.392.100": "x",
    }


def test_an_empty_subject() -> None:
    assert read(certificate(subject=x509.Name([]))).subject == {}


@pytest.mark.parametrize(
    ("usage", "names", "logins", "documents"),
    [
        (("digital_signature",), ("digitalSignature",), True, False),
        (("content_commitment",), ("nonRepudiation",), False, True),
        (("digital_signature", "content_commitment"), ("digitalSignature", "nonRepudiation"), True, True),
        (("key_encipherment", "data_encipherment"), ("keyEncipherment", "dataEncipherment"), False, False),
        (
            ("key_agreement", "key_cert_sign", "crl_sign"),
            ("keyAgreement", "keyCertSign", "cRLSign"),
            False,
            False,
        ),
        (None, (), False, False),
    ],
)
def test_key_usage(
    usage: tuple[str, ...] | None, names: tuple[str, ...], logins: bool, documents: bool
) -> None:
    facts = read(certificate(usage=usage))
    assert facts.key_usage == names
    assert (facts.signs_logins, facts.signs_documents) == (logins, documents)


def test_policies_and_authority() -> None:
    assert read(certificate(policies=["1.2.392.1", "2.5.29.32.0"])).policies == ("1.2.392.1", "2.5.29.32.0")
    assert read(certificate()).policies == ()
    assert not read(certificate()).is_authority
    assert read(authority(AUTHORITY, AUTHORITY)).is_authority


def test_without_any_extension() -> None:
    private = key()
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    bare = (
        x509.CertificateBuilder()
        .subject_name(HOLDER)
        .issuer_name(AUTHORITY)
        .public_key(private.public_key())
        .serial_number(5)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .sign(private, hashes.SHA256())
    )
    facts = read(bare.public_bytes(Encoding.DER))
    assert (facts.key_usage, facts.policies, facts.is_authority) == ((), (), False)


def test_validity_includes_both_ends() -> None:
    facts = read(certificate())
    second = timedelta(seconds=1)
    assert facts.obstacle(NOW) is None
    assert facts.obstacle(FROM) is None and facts.obstacle(UNTIL) is None
    assert facts.obstacle(FROM - second) == "notYetValid"
    assert facts.obstacle(UNTIL + second) == "expired"


def test_a_year_after_2049_is_a_generalized_time() -> None:
    until = datetime(2055, 1, 1, tzinfo=UTC)
    assert read(certificate(valid=(FROM, until))).not_after == until


def test_what_is_no_certificate() -> None:
    der = certificate()
    for broken in (
        b"",
        b"\x30",
        b"\x30\x03\x02\x01\x01",
        b"-----BEGIN",
        der[:-1],
        der + b"\0",
        der[1:],
        bytes(500),
    ):
        with pytest.raises(UnreadableCertificate):
            read(broken)


def test_no_byte_can_be_broken_so_that_something_else_is_raised() -> None:
    der = certificate(policies=["1.2.3"])
    for place in range(0, len(der), 3):
        broken = der[:place] + bytes([der[place] ^ 0x55]) + der[place + 1 :]
        try:
            read.__wrapped__(broken)
        except UnreadableCertificate as error:
            assert "見本" not in str(error)


def test_other_kinds_of_key_are_refused() -> None:
    with pytest.raises(UnreadableCertificate):
        read(certificate("ed25519"))


def test_the_chain_is_nearest_first_and_without_the_leaf() -> None:
    leaf = read(certificate(issuer=name("Sub")))
    sub, root = read(authority(name("Sub"), name("Root"))), read(authority(name("Root"), name("Root")))
    other = read(authority(name("Other"), name("Root")))
    for others in ((root, other, sub, leaf), (sub, leaf, root), (leaf, sub, root)):
        assert chain(leaf, others) == (sub, root)


def test_a_chain_may_end_early() -> None:
    leaf = read(certificate(issuer=name("Sub")))
    sub = read(authority(name("Sub"), name("Root")))
    assert chain(leaf, (leaf,)) == ()
    assert chain(leaf, (sub,)) == (sub,)


def test_an_end_entity_issues_nothing() -> None:
    leaf = read(certificate(issuer=name("Sub")))
    pretender = read(certificate(subject=name("Sub"), issuer=name("Root")))
    assert chain(leaf, (pretender, leaf)) == ()


def test_authorities_that_issue_each_other_do_not_go_round_for_ever() -> None:
    leaf = read(certificate(issuer=name("A")))
    a, b = read(authority(name("A"), name("B"))), read(authority(name("B"), name("A")))
    assert chain(leaf, (a, b)) == (a, b)


def test_a_self_signed_leaf_has_no_chain() -> None:
    leaf = read(certificate(subject=name("Me"), issuer=name("Me")))
    assert chain(leaf, (leaf, read(authority(name("Me"), name("Me"))))) == ()
