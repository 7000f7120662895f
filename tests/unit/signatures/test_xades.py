"""XAdES: xmlsec1 and signxml accept what is good, and refuse what was tampered with."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from bridge.core.algorithms import ALGORITHMS
from bridge.core.errors import UnsupportedFormat
from bridge.core.order import Packaging
from bridge.signatures.making import make
from tests.unit.signatures.hand import (
    KINDS,
    NOW,
    Hand,
    Identity,
    algorithms_of,
    identity,
    order_of,
    other_identity,
    xades,
)
from tests.unit.signatures.tsa import OpensslTsa
from tests.unit.signatures.xmlverifiers import (
    NAMES,
    TAMPERINGS,
    signxml_accepts,
    tampered,
    xmlsec_accepts,
)

DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bid xmlns="urn:x-bid" xmlns:n="urn:x-notes" n:kind="a"><!-- draft -->'
    "<amount>1000000</amount><n:note>商号 &amp; 名称 &#13;<![CDATA[<見本>]]></n:note></bid>\n"
).encode()
PACKAGINGS: tuple[Packaging, ...] = ("enveloped", "detached", "enveloping")
EVERY = [(kind, name) for kind in KINDS for name in algorithms_of(kind)]


async def signed(
    signer: Identity, algorithm: str, packaging: Packaging, content: bytes = DOCUMENT, **given: Any
) -> bytes:
    given = {"name": "入札 書.xml", "media_type": "application/xml"} | given
    order = order_of(content, signer, algorithm, xades(packaging), **given)
    return await make(order, Hand(signer.key, ALGORITHMS[algorithm]), None)


def beside(packaging: Packaging, document: bytes = DOCUMENT) -> bytes | None:
    return document if packaging == "detached" else None


@pytest.mark.parametrize("packaging", PACKAGINGS)
@pytest.mark.parametrize(("kind", "algorithm"), EVERY)
async def test_accepted(tmp_path: Path, kind: str, algorithm: str, packaging: Packaging) -> None:
    """xmlsec1 knows RSA-PSS from version 1.3 on, which Debian 12 does not have: signxml judges that alone."""
    signer = identity(kind)
    signature = await signed(signer, algorithm, packaging)
    assert signxml_accepts(tmp_path, signer, signature, beside(packaging))
    if ALGORITHMS[algorithm].family != "RSA-PSS":
        assert xmlsec_accepts(tmp_path, signer, signature, beside(packaging))
    method = etree.fromstring(signature).find(".//ds:SignatureMethod", NAMES)
    assert method.get("Algorithm") == ALGORITHMS[algorithm].xml_uri


@pytest.mark.parametrize("packaging", PACKAGINGS)
async def test_properties(packaging: Packaging) -> None:
    """Baseline B-B, ETSI EN 319 132-1, section 6.3."""
    signer = identity("p256")
    root = etree.fromstring(await signed(signer, "ES256", packaging))
    signature = root if root.tag.endswith("}Signature") else root.find("ds:Signature", NAMES)
    properties = signature.find("ds:Object/xades:QualifyingProperties/xades:SignedProperties", NAMES)
    time = properties.find("xades:SignedSignatureProperties/xades:SigningTime", NAMES)
    assert time.text == NOW.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = properties.find(
        ".//xades:SigningCertificateV2/xades:Cert/xades:CertDigest/ds:DigestValue", NAMES
    )
    assert base64.b64decode(digest.text) == hashlib.sha256(signer.der).digest()
    format_ = properties.find("xades:SignedDataObjectProperties/xades:DataObjectFormat", NAMES)
    assert format_.find("xades:MimeType", NAMES).text == "application/xml"
    assert format_.find("xades:Description", NAMES).text == "入札 書.xml"
    reference = signature.find("ds:SignedInfo/ds:Reference", NAMES)
    assert format_.get("ObjectReference") == f"#{reference.get('Id')}"
    certificates = [each.text for each in signature.findall(".//ds:X509Certificate", NAMES)]
    assert base64.b64decode(certificates[0]) == signer.der
    assert len(certificates) == 2
    assert signature.find(".//ds:KeyValue", NAMES) is None


async def test_enveloping_holds_every_byte(tmp_path: Path) -> None:
    """Any document, also one that is no XML; what the digest is of is what was given."""
    document = bytes(range(256)) * 5
    signer = identity("rsa")
    signature = await signed(
        signer, "RS256", "enveloping", document, name="図面.bin", media_type="application/octet-stream"
    )
    assert xmlsec_accepts(tmp_path, signer, signature) and signxml_accepts(tmp_path, signer, signature)
    root = etree.fromstring(signature)
    held = root.find("ds:Object[@Id='document']", NAMES)
    assert base64.b64decode(held.text) == document
    assert held.get("MimeType") == "application/octet-stream"
    digest = root.find("ds:SignedInfo/ds:Reference/ds:DigestValue", NAMES)
    assert base64.b64decode(digest.text) == hashlib.sha256(document).digest()


@pytest.mark.parametrize("name", ["入札 書.txt", "100%.txt", "a#b?c.txt", "c:drive.txt", "a+b&c=d.txt"])
async def test_detached_document_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    """xmlsec1 opens the file that the reference names, whatever characters are in the name."""
    document = b"not XML at all \xff"
    signer = identity("p256")
    signature = await signed(signer, "ES256", "detached", document, name=name, media_type="text/plain")
    assert xmlsec_accepts(tmp_path, signer, signature, document)
    assert not xmlsec_accepts(tmp_path, signer, signature, document + b" ")
    assert not signxml_accepts(tmp_path, signer, signature, document + b" ")


ENCODINGS = ["UTF-8", "UTF-16", "Shift_JIS", "EUC-JP", "ISO-2022-JP"]


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_enveloped_in_the_documents_own_encoding(tmp_path: Path, encoding: str) -> None:
    """Japanese element names too; signxml's own parser cannot read those back, so xmlsec1 judges."""
    text = f'<?xml version="1.0" encoding="{encoding}"?><申請 番号="1"><商号>株式会社見本</商号></申請>'
    signer = identity("p384")
    signature = await signed(signer, "ES384", "enveloped", text.encode(encoding))
    assert xmlsec_accepts(tmp_path, signer, signature)
    tree = etree.ElementTree(etree.fromstring(signature))
    assert tree.docinfo.encoding.upper() == encoding.upper()
    assert tree.find("商号").text == "株式会社見本"
    altered = signature.decode(encoding).replace("見本", "別人").encode(encoding)
    assert altered.decode(encoding) != signature.decode(encoding)
    assert not xmlsec_accepts(tmp_path, signer, altered)
    same = signature.decode(encoding).encode(encoding)
    assert xmlsec_accepts(tmp_path, signer, same)


async def test_processing_instructions_are_kept_and_signed(tmp_path: Path) -> None:
    """Canonical XML, section 2.1: they belong to the document; comments do not, and are kept."""
    document = b'<?xml-stylesheet href="a.xsl" type="text/xsl"?><!-- c --><bid>1</bid><?end now?>'
    signer = identity("rsa")
    signature = await signed(signer, "RS256", "enveloped", document)
    assert xmlsec_accepts(tmp_path, signer, signature)
    assert b"<!-- c -->" in signature and b"<?end now?>" in signature
    assert not xmlsec_accepts(tmp_path, signer, signature.replace(b"a.xsl", b"b.xsl"))
    assert not xmlsec_accepts(tmp_path, signer, signature.replace(b"<?end now?>", b""))


ALTERED = {
    "value": (b"<amount>1000000<", b"<amount>9000000<"),
    "element added": (b"</amount>", b"</amount><amount>1</amount>"),
    "element left out": (b"<amount>1000000</amount>", b""),
    "attribute": (b'n:kind="a"', b'n:kind="b"'),
    "attribute added": (b"<amount>", b'<amount currency="USD">'),
    "namespace": (b"urn:x-notes", b"urn:x-other"),
    "namespace added": (b"<amount>", b'<amount xmlns:z="urn:z">'),
    "white space": (b"<amount>", b" <amount>"),
    "element renamed": (b"amount>", b"amounts>"),
    "processing instruction": (b"<amount>", b"<?pay more?><amount>"),
    "text cut": ("商号".encode(), "商".encode()),
}


@pytest.mark.parametrize("kind", ["rsa", "p256"])
@pytest.mark.parametrize("change", ALTERED)
async def test_altered_document_refused(tmp_path: Path, change: str, kind: str) -> None:
    signer = identity(kind)
    signature = await signed(signer, algorithms_of(kind)[-1], "enveloped")
    altered = signature.replace(*ALTERED[change])
    assert altered != signature
    assert not xmlsec_accepts(tmp_path, signer, altered)
    assert not signxml_accepts(tmp_path, signer, altered)


@pytest.mark.parametrize("packaging", ["detached", "enveloping"])
async def test_altered_document_outside_refused(tmp_path: Path, packaging: Packaging) -> None:
    signer = identity("rsa")
    signature = await signed(signer, "RS256", packaging)
    altered, document = signature, beside(packaging, DOCUMENT.replace(b"1000000", b"9000000"))
    if packaging == "enveloping":
        held = base64.b64encode(DOCUMENT)
        altered = signature.replace(held, base64.b64encode(DOCUMENT.replace(b"1000000", b"9000000")))
        assert altered != signature
    assert not xmlsec_accepts(tmp_path, signer, altered, document)
    assert not signxml_accepts(tmp_path, signer, altered, document)


@pytest.mark.parametrize("packaging", PACKAGINGS)
@pytest.mark.parametrize("name", TAMPERINGS)
async def test_tampering_refused(tmp_path: Path, name: str, packaging: Packaging) -> None:
    signer = identity("rsa")
    signature = await signed(signer, "RS256", packaging)
    altered = tampered(signature, TAMPERINGS[name])
    assert not xmlsec_accepts(tmp_path, signer, altered, None)
    assert not signxml_accepts(tmp_path, signer, altered, beside(packaging))


@pytest.mark.parametrize("packaging", PACKAGINGS)
async def test_unchanged_is_still_accepted(tmp_path: Path, packaging: Packaging) -> None:
    """The tampering above is refused for what it changes, not for being written again."""
    signer = identity("rsa")
    again = tampered(await signed(signer, "RS256", packaging), lambda _: None)
    assert xmlsec_accepts(tmp_path, signer, again, beside(packaging))
    assert signxml_accepts(tmp_path, signer, again, beside(packaging))


async def test_anothers_key_refused(tmp_path: Path) -> None:
    signer = identity("rsa")
    order = order_of(DOCUMENT, signer, "RS256", xades(), name="a.xml", media_type="text/xml")
    signature = await make(order, Hand(other_identity("rsa").key, ALGORITHMS["RS256"]), None)
    assert not xmlsec_accepts(tmp_path, signer, signature)
    assert not signxml_accepts(tmp_path, signer, signature)


async def test_signed_xml_is_not_signed_inside_again(tmp_path: Path) -> None:
    """It would break the first signature; beside it or around it is fine."""
    signer = identity("rsa")
    first = await signed(signer, "RS256", "enveloped")
    with pytest.raises(UnsupportedFormat) as refused:
        await signed(signer, "RS256", "enveloped", first)
    assert refused.value.data == {"document": "入札 書.xml"}
    again = await signed(signer, "RS256", "detached", first)
    assert xmlsec_accepts(tmp_path, signer, again, first)


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa", "RS256"), ("p521", "ES512")])
@pytest.mark.parametrize("packaging", PACKAGINGS)
async def test_time_stamp(
    tmp_path: Path, tsa: OpensslTsa, kind: str, algorithm: str, packaging: Packaging
) -> None:
    """Level B-T: both still accept the signature, and openssl the time stamp over ds:SignatureValue."""
    signer = identity(kind)
    order = order_of(
        DOCUMENT, signer, algorithm, xades(packaging, "B-T"), name="a.xml", media_type="text/xml"
    )
    signature = await make(order, Hand(signer.key, ALGORITHMS[algorithm]), tsa.ask)
    assert xmlsec_accepts(tmp_path, signer, signature, beside(packaging))
    assert signxml_accepts(tmp_path, signer, signature, beside(packaging))
    root = etree.fromstring(signature)
    path = ".//xades:UnsignedProperties/xades:UnsignedSignatureProperties/xades:SignatureTimeStamp"
    token = root.find(f"{path}/xades:EncapsulatedTimeStamp", NAMES)
    value = root.find(".//ds:SignatureValue", NAMES)
    octets = etree.tostring(value, method="c14n", exclusive=True, with_tail=False)
    assert tsa.accepts(base64.b64decode(token.text), octets)
    assert not tsa.accepts(base64.b64decode(token.text), octets.replace(b"Value", b"Walue"))
