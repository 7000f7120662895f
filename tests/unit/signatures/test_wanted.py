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
