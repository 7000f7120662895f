"""verification/xades.py: signatures of xmlsec1 and signxml, and each kind of tampering."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from signxml.algorithms import SignatureConstructionMethod, SignatureMethod

from cardbridge_portal.verification import Authorities, Policy, VerificationError, verify_xades
from tests.portal import xades_signing as x
from tests.portal.pki import NOW, Identity, make_root
from tests.portal.stamping import stamp
from tests.portal.xades_cases import (
    FORM,
    detached,
    enveloped,
    enveloping,
    policy_of,
    reason,
    verify,
    with_chain,
)


@pytest.fixture(scope="module")
def root() -> Identity:
    return make_root()


@pytest.fixture(scope="module")
def who(root: Identity) -> Identity:
    return root.issue_authority("中間認証局").issue("見本 太郎")


@pytest.mark.parametrize("algorithm", [x.C14N, x.C14N11, x.EXCLUSIVE])
@pytest.mark.parametrize("kind", ["ec", "secp384r1", "2048"])
async def test_enveloped(root: Identity, tmp_path: Path, algorithm: str, kind: str) -> None:
    """xml:lang above the signature is part of what inclusive canonicalization signs."""
    person = root.issue_authority("中間認証局").issue("見本", kind=kind)
    form = '<?xml-stylesheet href="a.css"?>\n<form xml:lang="ja"><!--c--><a>見本</a>\n</form>'
    references = x.reference("", x.transform(x.ENVELOPED, algorithm))
    references += x.properties_reference(transforms=x.transform(algorithm))
    signed = enveloped(tmp_path, person, form, references=references, canonicalization=algorithm)
    assert x.xmlsec_verifies(tmp_path, person, signed)
    found = await verify(root, signed)
    wanted = '<?xml-stylesheet href="a.css"?>\n<form xml:lang="ja"><a>見本</a>\n</form>'
    assert found.content.decode() == wanted and found.packaging == "enveloped"
    assert found.certificate == person.certificate and found.claimed == datetime(2026, 11, 1, tzinfo=UTC)
    assert (found.form, found.stamped, found.moment, found.revocation) == ("xades", None, NOW, "off")


async def test_xml_base(root: Identity, who: Identity, tmp_path: Path) -> None:
    """Canonical XML 1.1 would have to join addresses there, which libxml2 leaves out."""
    form = '<form xml:base="http://example.jp/"><a>1</a></form>'
    for algorithm, wanted in ((x.C14N11, "transformRefused"), (x.C14N, ""), (x.EXCLUSIVE, "")):
        references = x.reference("", x.transform(x.ENVELOPED, algorithm))
        references += x.properties_reference(transforms=x.transform(algorithm))
        signed = enveloped(tmp_path, who, form, references=references, canonicalization=algorithm)
        assert x.xmlsec_verifies(tmp_path, who, signed) and await reason(root, signed) == wanted


async def test_enveloped_by_the_roots_id_with_signed_key_info(
    root: Identity, who: Identity, tmp_path: Path
) -> None:
    references = x.reference("#f", x.transform(x.ENVELOPED)) + x.properties_reference(transforms="")
    references += x.reference("#k")
    authorities = Authorities(roots=(root.certificate,), intermediates=(who.chain[0],))
    signed = x.xmlsec_sign(tmp_path, who, x.put_in(FORM, x.template(who, references)))
    found = await verify_xades(signed, policy=Policy(revocation="off", authorities=authorities), moment=NOW)
    assert found.content.decode() == FORM


async def test_enveloping(root: Identity, who: Identity, tmp_path: Path) -> None:
    text = base64.b64encode("申請書\n".encode()).decode()
    attributes = f'Encoding="{x.BASE64}" MimeType="text/plain"'
    for transforms in ((x.BASE64,), (x.C14N,), ()):
        signed = enveloping(tmp_path, who, text, *transforms, attributes=attributes)
        assert x.xmlsec_verifies(tmp_path, who, signed)
        found = await verify(root, signed)
        assert (found.content, found.packaging) == ("申請書\n".encode(), "enveloping")
    found = await verify(root, enveloping(tmp_path, who, "<form/>", x.EXCLUSIVE))
    assert found.content.startswith(b"<ds:Object") and b"<form></form>" in found.content


async def test_detached(root: Identity, who: Identity, tmp_path: Path) -> None:
    document = "<form>\r\n見本<!-- c --></form>".encode()
    found = await verify(root, detached(tmp_path, who, document), document)
    assert (found.content, found.packaging) == (document, "detached")
    found = await verify(root, detached(tmp_path, who, document, x.C14N), document)
    assert found.content == "<form>\n見本</form>".encode()


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("ec", SignatureMethod.ECDSA_SHA256),
        ("2048", SignatureMethod.RSA_SHA512),
        ("2048", SignatureMethod.SHA256_RSA_MGF1),
    ],
)
async def test_by_signxml(root: Identity, kind: str, method: SignatureMethod) -> None:
    person = root.issue("見本", kind=kind)
    for way in (SignatureConstructionMethod.enveloped, SignatureConstructionMethod.enveloping):
        signed = x.signxml_sign(person, FORM.encode(), way, signature_algorithm=method)
        found = await verify(root, signed)
        assert found.packaging == way.name and found.media_type == "application/xml"
        assert "株式会社見本" in found.content.decode()


async def test_shift_jis(root: Identity, who: Identity, tmp_path: Path) -> None:
    """The document in an older encoding: content comes in UTF-8."""
    signed = enveloped(tmp_path, who).decode().removeprefix('<?xml version="1.0"?>')
    old = f'<?xml version="1.0" encoding="Shift_JIS"?>{signed}'.encode("shift_jis")
    assert x.xmlsec_verifies(tmp_path, who, old)
    assert (await verify(root, old)).content.decode() == FORM


async def test_time_stamp(root: Identity, who: Identity, tmp_path: Path) -> None:
    """B-T: the certificate may have expired since."""
    stamper = make_root("時刻の認証局").issue_stamper()
    signed = etree.fromstring(enveloped(tmp_path, who))
    value = signed.find(".//ds:SignatureValue", x.NS)
    octets = etree.tostring(value, method="c14n", exclusive=True, with_tail=False)
    token = base64.b64encode(stamp(tmp_path, stamper, octets)).decode()
    method = f'<ds:CanonicalizationMethod xmlns:ds="{x.DS}" Algorithm="{x.EXCLUSIVE}"/>'
    inside = f"{method}<e:EncapsulatedTimeStamp>{token}</e:EncapsulatedTimeStamp>"
    text = f'<e:UnsignedProperties xmlns:e="{x.XADES}"><e:UnsignedSignatureProperties><e:SignatureTimeStamp>'
    text += f"{inside}</e:SignatureTimeStamp></e:UnsignedSignatureProperties></e:UnsignedProperties>"
    signed.find(".//xades:QualifyingProperties", x.NS).append(etree.fromstring(text))
    values: dict[str, Any] = {
        "signing_time": "timestampRequired",
        "timestamp_authorities": Authorities(roots=(stamper.chain[-1],)),
    }
    policy, late = policy_of(root, **values), datetime.now(UTC) + timedelta(days=90)
    found = await verify_xades(etree.tostring(signed), policy=policy, moment=late)
    assert found.stamped is not None and abs(found.stamped - NOW) < timedelta(hours=1)
    with pytest.raises(VerificationError, match="expired"):
        await verify_xades(etree.tostring(signed), policy=policy_of(root), moment=late)
    assert await reason(root, enveloped(tmp_path, who), **values) == "timestampMissing"
    odd = etree.tostring(signed).replace(b"xml-exc-c14n#", b"xml-exc-c14n#WithComments")
    altered = odd.replace(b"xml-exc-c14n#WithComments", b"xml-exc-c14n#", odd.count(b"WithComments") - 1)
    assert b"WithComments" in altered[altered.index(b"SignatureTimeStamp") :]
    assert await reason(root, altered, **values) == "transformRefused"
    other = etree.fromstring(etree.tostring(found_stamp(signed)).replace(b"xml-exc-c14n#", b"x"))
    found_stamp(signed).addnext(other)
    assert await reason(root, etree.tostring(signed), **values) == "signatureMalformed"


def found_stamp(signed: Any) -> Any:
    return signed.find(".//xades:SignatureTimeStamp", x.NS)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("1000", "9000", "digestMismatch"),
        ("<sum>", "<sum> ", "digestMismatch"),
        ("</form>", "<!-- harmless --></form>", ""),
        ("<sum>10", "<sum>10<!-- -->", ""),
        ("</form>", "<more/></form>", "digestMismatch"),
        ("<form", "<?pi?><form", "digestMismatch"),
        ("<form", '<form xmlns:r="relative"', "signatureMalformed"),  # has no canonical form
        ('Id="f"', 'Id="g"', "digestMismatch"),
        ("2026-11-01", "2026-11-02", "digestMismatch"),
        ("</ds:SignedInfo>", "</ds:SignedInfo> ", ""),
        ("<ds:SignatureValue>", "<ds:SignatureValue>AAAA", "signatureInvalid"),
        ("</ds:DigestValue></ds:Reference>", "AA</ds:DigestValue></ds:Reference>", "signatureMalformed"),
        ("ecdsa-sha256", "ecdsa-sha384", "signatureInvalid"),
        ("ecdsa-sha256", "rsa-sha256", "signatureMalformed"),
        ("ecdsa-sha256", "hmac-sha256", "algorithmTooWeak"),
        ("xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha1", "algorithmTooWeak"),
        ('URI=""', "", "referenceRefused"),
        ("</ds:SignedInfo>", "<x/></ds:SignedInfo>", "signatureMalformed"),
        ('Target="#s"', 'Target="#t"', "referenceRefused"),
        ('Type="http://uri.etsi.org/01903#SignedProperties"', "", "referenceRefused"),
        ("SigningCertificateV2", "SigningCertificate", "signingCertificateMismatch"),
        ("</ds:Signature>", "<ds:Object/><ds:Object/></ds:Signature>", "signatureMalformed"),
        ("</ds:Signature>", '<ds:Object Id="z"/></ds:Signature>', "referenceRefused"),
        ("<ds:KeyInfo", "<ds:Object/><ds:KeyInfo", "signatureMalformed"),
        ("<form", '<!DOCTYPE form [<!ENTITY a "b">]><form', "xmlUnsafe"),
        ("<form", '<!DOCTYPE form SYSTEM "http://127.0.0.1:9/a.dtd"><form', "xmlUnsafe"),
        ("</form>", "", "signatureMalformed"),
    ],
)
async def test_tampered(
    root: Identity, who: Identity, tmp_path: Path, old: str, new: str, wanted: str
) -> None:
    signed = enveloped(tmp_path, who).decode()
    assert await reason(root, signed.encode()) == "" and old in signed
    altered = signed.replace(old, new) if old.startswith("Signing") else signed.replace(old, new, 1)
    if old == "</form>":
        altered = signed[: signed.rindex(old)] + new + signed[signed.rindex(old) + len(old) :]
    assert await reason(root, altered.encode()) == wanted
    if wanted == "":
        assert (await verify(root, altered.encode())).content.decode() == FORM


async def test_certificate_exchanged(root: Identity, who: Identity, tmp_path: Path) -> None:
    """Another certificate of the same key in KeyInfo; another key under the named certificate."""
    signed = enveloped(tmp_path, who)
    twin = root.issue("見本 花子", key=who.key)
    der, other = (base64.b64encode(one.der) for one in (who, twin))
    plain = b"".join(signed.split(b"\n"))
    assert der in plain and await reason(root, plain) == ""
    assert await reason(root, plain.replace(der, other)) == "signingCertificateMismatch"
    thief = Identity(root.issue("盗人").key, who.certificate, who.chain)
    assert await reason(root, enveloped(tmp_path, thief)) == "signatureInvalid"
    empty = "<xades:SigningCertificateV2><xades:Cert/></xades:SigningCertificateV2>"
    wrong: list[dict[str, Any]] = [{"named": twin.certificate}]
    wrong += [{"signing_certificate": one} for one in ("", empty, empty.replace("<xades:Cert/>", ""))]
    for values in wrong:
        assert await reason(root, enveloped(tmp_path, who, **values)) == "signingCertificateMismatch"


async def test_weak(root: Identity, who: Identity, tmp_path: Path) -> None:
    whole = x.reference("", x.transform(x.ENVELOPED), digest=x.SHA1)
    signed = enveloped(tmp_path, who, references=whole + x.properties_reference())
    assert await reason(root, signed) == "algorithmTooWeak"
    signed = enveloped(tmp_path, who, method=x.MORE + "ecdsa-sha1")
    assert await reason(root, signed) == "algorithmTooWeak"
    small = root.issue_authority("中間認証局").issue("見本", kind="1024")
    assert await reason(root, enveloped(tmp_path, small)) == "algorithmTooWeak"


async def test_properties(root: Identity, who: Identity, tmp_path: Path) -> None:
    """DataObjectFormat means the document's reference; the signing time is a time."""
    plain = "<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference={}>"
    plain += "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat>"
    plain += "</xades:SignedDataObjectProperties>"
    references = x.reference("", x.transform(x.ENVELOPED), extra='Id="r"') + x.properties_reference()
    for name, wanted in (("#r", ""), ("#z", "referenceRefused"), ("", "referenceRefused")):
        extra = plain.format(f'"{name}"')
        signed = enveloped(tmp_path, who, references=references, signed_extra=extra)
        assert await reason(root, signed) == wanted
        if not wanted:
            assert (await verify(root, signed)).media_type == "text/xml"
    for time, wanted in (("2026-11-01T09:00:00+09:00", ""), ("yesterday", "signatureMalformed")):
        text = x.put_in(FORM, x.template(who, references)).replace("2026-11-01T00:00:00Z", time)
        assert await reason(root, with_chain(who, x.xmlsec_sign(tmp_path, who, text))) == wanted


async def test_comment_inside_content(root: Identity, who: Identity, tmp_path: Path) -> None:
    """A comment is not signed; it must not cut the content short."""
    text = base64.b64encode(b"1000 yen to the right account").decode()
    signed = enveloping(tmp_path, who, text, x.C14N, attributes=f'Encoding="{x.BASE64}"')
    altered = signed.replace(text[:8].encode(), text[:8].encode() + b"<!-- -->")
    assert altered != signed and x.xmlsec_verifies(tmp_path, who, altered)
    assert (await verify(root, altered)).content == b"1000 yen to the right account"


async def test_enveloping_tampered(root: Identity, who: Identity, tmp_path: Path) -> None:
    signed = enveloping(tmp_path, who, base64.b64encode(b"abc").decode(), x.BASE64)
    assert await reason(root, signed.replace(b"YWJj", b"YWJk")) == "digestMismatch"
    assert await reason(root, signed.replace(b"YWJj", b"*")) == "signatureMalformed"
    assert await reason(root, signed.replace(b'Id="o"', b'Id="p"')) == "referenceRefused"
    assert await reason(root, signed, b"abc") == "signatureMalformed"
    mixed = enveloping(tmp_path, who, "YWJj<a/>", x.BASE64)
    assert x.xmlsec_verifies(tmp_path, who, mixed) and await reason(root, mixed) == "signatureMalformed"
    around = b"<evil>" + signed.split(b"?>")[-1] + b"</evil>"
    assert await reason(root, around) == "referenceRefused"


async def test_detached_tampered(root: Identity, who: Identity, tmp_path: Path) -> None:
    signed = detached(tmp_path, who, b"document")
    assert await reason(root, signed, b"document") == ""
    assert await reason(root, signed, b"documenT") == "digestMismatch"
    assert await reason(root, signed, b"") == "digestMismatch"
    assert await reason(root, signed) == "signatureMalformed"  # nothing is fetched by its URI
    for uri in (b'URI=""', b'URI="#s"'):
        assert await reason(root, signed.replace(b'URI="d.xml"', uri), b"document") == "referenceRefused"
    canonical = detached(tmp_path, who, b"<a/>", x.C14N)
    assert await reason(root, canonical, b"<!DOCTYPE a><a/>") == "xmlUnsafe"
    assert await reason(root, canonical, b"<b/>") == "digestMismatch"


BOMB = '<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("hostile", "wanted"),
    [
        (b"", "signatureMalformed"),
        (b"\0" * 100, "signatureMalformed"),
        (b"<a", "signatureMalformed"),
        (BOMB.encode(), "xmlUnsafe"),
        (BOMB.encode("utf-16"), "xmlUnsafe"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "xmlUnsafe"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "signatureMalformed"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xmlUnsafe"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "xmlUnsafe"),
        (b"<a>" * 300 + b"</a>" * 300, "xmlUnsafe"),
        (b"<a>&undefined;</a>", "signatureMalformed"),
        (b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/a"/></a>', "signatureMalformed"),
    ],
)
async def test_hostile(root: Identity, hostile: bytes, wanted: str) -> None:
    assert await reason(root, hostile) == wanted


async def test_too_large(root: Identity, who: Identity, tmp_path: Path) -> None:
    signed = enveloped(tmp_path, who, FORM.replace("1000", "1" * 300_000))
    assert await reason(root, signed) == ""
    assert await reason(root, signed, max_document_bytes=10_000) == "documentTooLarge"


async def test_flipped_bytes(root: Identity, who: Identity, tmp_path: Path) -> None:
    """Whatever is accepted has the signed content and the signer."""
    signed = enveloped(tmp_path, who)
    for index in range(0, len(signed), 7):
        altered = bytearray(signed)
        altered[index] ^= 1
        try:
            found = await verify(root, bytes(altered))
        except VerificationError:
            continue
        assert found.content.decode() == FORM and found.certificate == who.certificate
        assert found.claimed == datetime(2026, 11, 1, tzinfo=UTC)
