"""What the key is given to sign: the bytes of the order's signature and no others."""

from __future__ import annotations

import base64
import hashlib

import pytest
from asn1crypto import cms, core, tsp
from msgspec.structs import replace

from bridge.core.order import Form, SignatureOrder, Stamp
from bridge.signing.wanted import is_of
from tests.unit.signatures import pdfs
from tests.unit.signatures.hand import (
    KINDS,
    algorithms_of,
    cades,
    identity,
    order_of,
    other_identity,
    pades,
    to_be_signed,
    xades,
)

CMS = (cades(), cades("enveloping"), pades(stamp=Stamp()))
XML = (xades("detached"), xades("enveloping"), xades("enveloped"))
NAMES = ("入札書.xml", "a.xml", "'&<>\"#%.+*?(x) y.xml")
HASHES = ("sha256", "sha384", "sha512")


def ordered(form: Form, algorithm: str = "RS256", kind: str = "rsa", name: str = NAMES[0]) -> SignatureOrder:
    content = pdfs.plain() if form.format == "pades" else b"<a>1</a>"
    return order_of(content, identity(kind), algorithm, form, name=name, media_type="application/xml")


def attributes_of(message: bytes) -> list[cms.CMSAttribute]:
    return list(cms.CMSAttributes.load(message))


def joined(attributes: list[cms.CMSAttribute]) -> bytes:
    octets: bytes = cms.CMSAttributes(attributes).dump()
    return octets


@pytest.mark.parametrize("form", CMS + XML, ids=lambda form: f"{form.format} {form.packaging}")
@pytest.mark.parametrize("algorithm", [(name, kind) for kind in KINDS for name in algorithms_of(kind)])
async def test_every_honest_signature(form: Form, algorithm: tuple[str, str]) -> None:
    order = ordered(form, *algorithm)
    assert is_of(order, await to_be_signed(order))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", XML, ids=lambda form: f"{form.packaging}")
async def test_whatever_the_document_is_called(form: Form, name: str) -> None:
    order = ordered(form, name=name)
    message = await to_be_signed(order)
    assert is_of(order, message)
    if form.packaging == "detached":
        assert not is_of(replace(order, name="other.xml"), message)


@pytest.mark.parametrize("form", CMS + XML, ids=lambda form: f"{form.format} {form.packaging}")
async def test_nothing_else(form: Form) -> None:
    order = ordered(form)
    message = await to_be_signed(order)
    hashed = hashlib.sha256(b"https://bank.example.jp").digest() + hashlib.sha256(b"nonce").digest()
    for other in (b"", hashed, b"1" + hashed[1:], b"1" + bytes([len(hashed)]) + hashed, order.content):
        assert not is_of(order, other)
    for cut in range(len(message)):
        assert not is_of(order, message[:cut])
    for changed in (message + b"\0", b"\n" + message, message + b"\n", message + message, b"0" + message[1:]):
        assert not is_of(order, changed)
    assert not is_of(ordered(CMS[0] if form in XML else XML[0]), message)


@pytest.mark.parametrize("form", CMS + XML, ids=lambda form: f"{form.format} {form.packaging}")
async def test_of_another_document_certificate_or_algorithm(form: Form) -> None:
    order = ordered(form)
    message = await to_be_signed(order)
    other = replace(order, digest=hashlib.sha256(b"another").digest())
    assert is_of(other, message) is (form.format == "pades" or form.packaging == "enveloped")
    assert not is_of(replace(order, algorithm="RS512", digest=hashlib.sha512(b"").digest()), message)
    if form in CMS:
        assert not is_of(replace(order, certificate=other_identity("rsa").der), message)


@pytest.mark.parametrize("form", CMS, ids=lambda form: f"{form.format} {form.packaging}")
async def test_attributes(form: Form) -> None:
    order = ordered(form)
    attributes = attributes_of(await to_be_signed(order))
    assert is_of(order, joined(attributes))
    for attribute in attributes:
        without = [each for each in attributes if each is not attribute]
        is_needed = attribute["type"].native in ("content_type", "message_digest", "signing_certificate_v2")
        assert is_of(order, joined(without)) is not is_needed
        assert not is_of(order, joined([*attributes, attribute]))
    odd = cms.CMSAttribute({"type": "1.2.3.4", "values": [core.Any(core.Null())]})
    assert not is_of(order, joined([*attributes, odd]))
    time_info = cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]})
    others = [each for each in attributes if each["type"].native != "content_type"]
    assert not is_of(order, joined([*others, time_info]))


@pytest.mark.parametrize("hash_name", HASHES)
async def test_the_hash_of_the_certificate(hash_name: str) -> None:
    """RFC 5035 lets it be another than the signature's; the rest of ESSCertIDv2 is optional."""
    order = ordered(cades())
    others = [
        each
        for each in attributes_of(await to_be_signed(order))
        if each["type"].native != "signing_certificate_v2"
    ]

    def naming(*hashes: bytes) -> bytes:
        named = [
            tsp.ESSCertIDv2({"hash_algorithm": {"algorithm": hash_name}, "cert_hash": each})
            for each in hashes
        ]
        value = tsp.SigningCertificateV2({"certs": named})
        return joined([*others, cms.CMSAttribute({"type": "signing_certificate_v2", "values": [value]})])

    right = hashlib.new(hash_name, order.certificate).digest()
    assert is_of(order, naming(right))
    assert not is_of(order, naming(right[:-1]))
    assert not is_of(order, naming(hashlib.sha1(order.certificate).digest()))  # noqa: S324
    assert not is_of(order, naming(right, right))
    assert not is_of(order, naming())


async def test_lengths_that_der_does_not_have() -> None:
    order = ordered(cades())
    message = await to_be_signed(order)
    assert message[:2] == b"1\x82"
    contents = message[4:]
    assert is_of(order, b"1\x82" + len(contents).to_bytes(2, "big") + contents)
    assert not is_of(order, b"1\x83" + len(contents).to_bytes(3, "big") + contents)
    assert not is_of(order, b"1\x80" + contents + b"\0\0")
    assert not is_of(order, b"\xbf\x31\x82" + len(contents).to_bytes(2, "big") + contents)


def element(tag: int, *contents: bytes) -> bytes:
    octets = b"".join(contents)
    size = len(octets)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big") if size > 0xFF else None
    return bytes([tag]) + (length or bytes([0x81, size])) + octets


def by_hand(order: SignatureOrder, **tags: int) -> bytes:
    """The least that can be signed, with other tags than it should have at the places named."""
    tag = {"attribute": 0x30, "type": 0x06, "values": 0x31, "certificates": 0x30, "named": 0x30, "hash": 0x04}
    tag |= {name: value for name, value in tags.items() if name != "more"}

    def attribute(oid: str, value: bytes) -> bytes:
        name, values = element(tag["type"], bytes.fromhex(oid)), element(tag["values"], value)
        return element(tag["attribute"], name, values)

    digest = element(tag["hash"], hashlib.sha256(order.certificate).digest())
    rest = (element(0x30, b"") for _ in range(tags.get("more", 0)))
    certificates = element(tag["certificates"], element(tag["named"], digest, *rest))
    return element(
        0x31,
        attribute("2a864886f70d010903", element(0x06, bytes.fromhex("2a864886f70d010701"))),
        attribute("2a864886f70d010904", element(0x04, order.digest)),
        attribute("2a864886f70d010910022f", element(0x30, certificates)),
    )


def test_every_tag_counts() -> None:
    order = ordered(cades())
    assert is_of(order, by_hand(order))
    assert is_of(order, by_hand(order, more=1)), "issuerSerial"
    assert not is_of(order, by_hand(order, more=2))
    for place in ("attribute", "type", "values", "certificates", "named", "hash"):
        for tag in (0x02, 0x0C, 0xA0):
            assert not is_of(order, by_hand(order, **{place: tag})), place
    message = by_hand(order)
    digest = element(0x04, order.digest)
    assert message.count(digest) == 1
    assert not is_of(order, message.replace(digest, b"\x1f" + digest[1:]))


def test_a_long_length_where_a_short_one_does() -> None:
    """BER has more than one way to write the same thing; DER has one, which verifiers hash."""
    order = ordered(cades())
    contents = by_hand(order)[3:]
    assert is_of(order, b"\x31\x81" + bytes([len(contents)]) + contents)
    first, rest = contents[: 2 + contents[1]], contents[2 + contents[1] :]
    longer = first[:1] + b"\x81" + first[1:] + rest
    assert not is_of(order, element(0x31, longer))


@pytest.mark.parametrize("form", XML, ids=lambda form: f"{form.packaging}")
async def test_signed_info_with_something_more_or_other(form: Form) -> None:
    order = ordered(form)
    message = (await to_be_signed(order)).decode()
    start, reference = message.index("<ds:Reference"), message.index("</ds:Reference>") + 15
    document = message[start:reference]
    digest = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
    other = document.replace(document[document.index("Value>") + 6 :].partition("<")[0], digest)
    for changed in (
        message.replace("<ds:SignedInfo ", "<ds:SignedInfo Id='a' "),
        message.replace("2000/09/xmldsig#", "2000/09/xmldsig-not#", 1),
        message[:start] + other + message[start:],
        message[:reference] + other + message[reference:],
        message[:start] + message[reference:],
        message.replace("><ds:Reference", "> <ds:Reference", 1),
        message.replace("><ds:Reference", "><!-- --><ds:Reference", 1),
        message.replace('URI="#', 'URI="file:#'),
        message.replace("rsa-sha256", "rsa-sha1"),
        message.replace("xmlenc#sha256", "xmlenc#sha1"),
    ):
        assert changed != message
        assert not is_of(order, changed.encode())
