"""verification/xades.py: signatures of xmlsec1 and signxml, and each kind of tampering and wrapping."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from signxml.algorithms import SignatureConstructionMethod, SignatureMethod

from cardbridge_portal.verification import (
    Authorities,
    Policy,
    VerificationError,
    VerifiedSignature,
    verify_xades,
)
from tests.portal import xades_signing as x
from tests.portal.pki import NOW, Identity, make_root
from tests.portal.stamping import stamp

FORM = '<form Id="f"><name>株式会社見本</name><sum>1000</sum></form>'


@pytest.fixture(scope="module")
def root() -> Identity:
    return make_root()


@pytest.fixture(scope="module")
def who(root: Identity) -> Identity:
    return root.issue_authority("中間認証局").issue("見本 太郎")


def policy_of(root: Identity, **values: Any) -> Policy:
    given: dict[str, Any] = {"revocation": "off"} | values
    return Policy(authorities=Authorities(roots=(root.certificate,)), **given)


def with_chain(who: Identity, signed: bytes) -> bytes:
    """The intermediate certificate into KeyInfo, which is not signed here."""
    der = base64.b64encode(Identity(None, who.chain[0]).der)
    end = b"</ds:X509Data>"
    return signed.replace(end, b"<ds:X509Certificate>" + der + b"</ds:X509Certificate>" + end, 1)


async def verify(
    root: Identity, signed: bytes, document: bytes | None = None, **values: Any
) -> VerifiedSignature:
    policy = policy_of(root, **values)
    return await verify_xades(signed, document, policy=policy, moment=NOW, now=NOW)


async def reason(root: Identity, signed: bytes, document: bytes | None = None, **values: Any) -> str:
    """'' for a signature that holds."""
    try:
        await verify(root, signed, document, **values)
    except VerificationError as error:
        return error.reason
    return ""


def enveloped(folder: Path, who: Identity, form: str = FORM, **values: Any) -> bytes:
    """A good enveloped signature, by xmlsec1."""
    references = values.pop("references", None)
    if references is None:
        references = x.reference("", x.transform(x.ENVELOPED, x.EXCLUSIVE)) + x.properties_reference()
    given: dict[str, Any] = {"method": x.default_method(who)} | values
    return with_chain(who, x.xmlsec_sign(folder, who, x.put_in(form, x.template(who, references, **given))))


def enveloping(folder: Path, who: Identity, content: str, *transforms: str, attributes: str = "") -> bytes:
    references = x.reference("#o", x.transform(*transforms)) + x.properties_reference()
    held = f'<ds:Object Id="o" {attributes}>{content}</ds:Object>'
    return with_chain(who, x.xmlsec_sign(folder, who, x.template(who, references, objects=held)))


def detached(folder: Path, who: Identity, document: bytes, *transforms: str, uri: str = "d.xml") -> bytes:
    (folder / "d.xml").write_bytes(document)
    references = x.reference(uri, x.transform(*transforms)) + x.properties_reference()
    return with_chain(who, x.xmlsec_sign(folder, who, x.template(who, references)))


def names(certificate: Any) -> str:
    return str(certificate.subject.rfc4514_string())


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
    assert (
        await reason(root, enveloped(tmp_path, who, named=twin.certificate)) == "signingCertificateMismatch"
    )
    assert (
        await reason(root, enveloped(tmp_path, who, signing_certificate="")) == "signingCertificateMismatch"
    )


WRAPPED = '<evil><form Id="g"><sum>9000</sum></form>{}</evil>'


async def test_wrapping(root: Identity, who: Identity, tmp_path: Path) -> None:
    """xmlsec1 rightly says that these signatures hold; what they are over is not what a reader takes."""
    references = x.reference("#f", x.transform(x.ENVELOPED)) + x.properties_reference()
    text = x.put_in(FORM, x.template(who, references))
    inside = with_chain(who, x.xmlsec_sign(tmp_path, who, text)).decode().split("?>")[-1].strip()
    assert await reason(root, inside.encode()) == ""
    start, end = inside.index("<ds:Signature"), inside.rindex("</ds:Signature>") + len("</ds:Signature>")
    signature, form = inside[start:end], inside[:start] + inside[end:]
    for text in (
        WRAPPED.format(inside),  # the signed document, whole, inside another
        WRAPPED.format(f"{form}{signature}"),  # the signed element moved, its signature beside it
        f'<evil Id="g">{signature}<x>{form}</x></evil>',
    ):
        assert x.xmlsec_verifies(tmp_path, who, text.encode())
        assert await reason(root, text.encode()) == "referenceRefused"


async def test_duplicate_ids(root: Identity, who: Identity, tmp_path: Path) -> None:
    references = x.reference("#f", x.transform(x.ENVELOPED)) + x.properties_reference()
    for name in ("Id", "ID", "id", "xml:id"):
        form = f'<form Id="f"><form {name}="f"><sum>9000</sum></form></form>'
        text = x.put_in(form, x.template(who, references)).replace('Id="s"', 'Id="s"')
        unsigned = x.xmlsec_sign(tmp_path, who, text.replace(f' {name}="f"><sum>', ' other="f"><sum>'))
        again = unsigned.replace(b' other="f"', f' {name}="f"'.encode())
        assert await reason(root, with_chain(who, again)) == "referenceRefused"
    signed = enveloped(tmp_path, who).replace(b"<sum>", b'<sum Id="sp">')
    assert await reason(root, signed) == "referenceRefused"


async def test_properties_moved(root: Identity, who: Identity, tmp_path: Path) -> None:
    """The signed properties in a place of their own, changed ones where a reader looks."""
    signed = etree.fromstring(enveloped(tmp_path, who))
    properties = signed.find(".//xades:SignedProperties", x.NS)
    copy = etree.fromstring(etree.tostring(properties))
    copy.find(".//xades:SigningTime", x.NS).text = "2020-01-01T00:00:00Z"
    copy.set("Id", "sq")
    properties.getparent().replace(properties, copy)
    holder = etree.SubElement(signed.find("ds:Signature", x.NS), f"{{{x.DS}}}Object")
    holder.append(properties)
    assert x.xmlsec_verifies(tmp_path, who, etree.tostring(signed))
    assert await reason(root, etree.tostring(signed)) == "referenceRefused"


async def test_other_references(root: Identity, who: Identity, tmp_path: Path) -> None:
    """Signed so by the signer: one more, another element, the properties or the document left out."""
    whole = x.reference("", x.transform(x.ENVELOPED, x.EXCLUSIVE))
    own, form = x.properties_reference(), '<form Id="f"><sum Id="t">1000</sum></form>'
    (tmp_path / "d.xml").write_bytes(b"d")
    for references in (
        whole + own + x.reference("#t"),
        whole + own + whole,
        whole + own + x.reference("#k") + x.reference("d.xml"),
        x.reference("#t") + own,
        x.reference("d.xml") + own,
        own,
        whole,
        whole + own.replace('Type="http://uri.etsi.org/01903#SignedProperties"', ""),
        whole.replace("<ds:Reference", f'<ds:Reference Type="{x.DS}Manifest"') + own,
        whole.replace('URI=""', 'URI="#xpointer(/)"') + own,
    ):
        signed = x.xmlsec_sign(tmp_path, who, x.put_in(form, x.template(who, references)))
        assert x.xmlsec_verifies(tmp_path, who, signed)
        assert await reason(root, signed) == "referenceRefused", references


XSLT = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    '<xsl:template match="/"><same/></xsl:template></xsl:stylesheet>'
)


@pytest.mark.parametrize(
    "transforms",
    [
        f'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">{XSLT}</ds:Transform>',
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
        "<ds:XPath>not(ancestor-or-self::ds:Signature or ancestor-or-self::sum)</ds:XPath></ds:Transform>",
        '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2">'
        '<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="intersect">//name</f:XPath>'
        "</ds:Transform>",
        f'<ds:Transform Algorithm="{x.EXCLUSIVE}"><i:InclusiveNamespaces xmlns:i="{x.EXCLUSIVE}" '
        'PrefixList="a"/></ds:Transform>',
        f'<ds:Transform Algorithm="{x.C14N}#WithComments"/>',
    ],
)
async def test_transforms(root: Identity, who: Identity, tmp_path: Path, transforms: str) -> None:
    """Genuine signatures that xmlsec1 accepts, and that hide something of the document."""
    inside = f'<ds:Transforms><ds:Transform Algorithm="{x.ENVELOPED}"/>{transforms}</ds:Transforms>'
    references = x.reference("", inside) + x.properties_reference()
    signed = enveloped(tmp_path, who, references=references)
    assert x.xmlsec_verifies(tmp_path, who, signed)
    assert await reason(root, signed) == "transformRefused"


async def test_order_of_transforms(root: Identity, who: Identity, tmp_path: Path) -> None:
    signed = enveloped(tmp_path, who).decode()
    for wrong in ((), (x.EXCLUSIVE,), (x.EXCLUSIVE, x.ENVELOPED), (x.ENVELOPED, x.C14N, x.EXCLUSIVE)):
        altered = signed.replace(x.transform(x.ENVELOPED, x.EXCLUSIVE), x.transform(*wrong))
        assert altered != signed and await reason(root, altered.encode()) == "transformRefused"


async def test_canonicalization_of_signed_info(root: Identity, who: Identity, tmp_path: Path) -> None:
    signed = enveloped(tmp_path, who, canonicalization=x.C14N + "#WithComments")
    assert await reason(root, signed) == "transformRefused"
    assert await reason(root, enveloped(tmp_path, who, canonicalization=x.C14N)) == ""


async def test_weak(root: Identity, who: Identity, tmp_path: Path) -> None:
    whole = x.reference("", x.transform(x.ENVELOPED), digest=x.SHA1)
    signed = enveloped(tmp_path, who, references=whole + x.properties_reference())
    assert await reason(root, signed) == "algorithmTooWeak"
    signed = enveloped(tmp_path, who, method=x.MORE + "ecdsa-sha1")
    assert await reason(root, signed) == "algorithmTooWeak"
    small = root.issue_authority("中間認証局").issue("見本", kind="1024")
    assert await reason(root, enveloped(tmp_path, small)) == "algorithmTooWeak"


async def test_several_signatures_or_none(root: Identity, who: Identity, tmp_path: Path) -> None:
    signed = enveloped(tmp_path, who).decode().split("?>")[-1].strip()
    second = signed[signed.index("<ds:Signature") : signed.rindex("</form>")]
    for name in ('Id="s"', 'Id="sp"', 'Id="k"'):
        second = second.replace(name, name.replace('="', '="2'))
    assert await reason(root, x.put_in(signed, second).encode()) == "referenceRefused"
    assert await reason(root, FORM.encode()) == "signatureMalformed"
    deeper = FORM.replace("</sum>", "</sum><sub></sub>")
    text = deeper.replace(
        "</sub>", signed[signed.index("<ds:Signature") : signed.rindex("</form>")] + "</sub>"
    )
    assert await reason(root, text.encode()) == "referenceRefused"


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
    around = b"<evil>" + signed.split(b"?>")[-1] + b"</evil>"
    assert await reason(root, around) == "referenceRefused"


async def test_detached_tampered(root: Identity, who: Identity, tmp_path: Path) -> None:
    signed = detached(tmp_path, who, b"document")
    assert await reason(root, signed, b"document") == ""
    assert await reason(root, signed, b"documenT") == "digestMismatch"
    assert await reason(root, signed, b"") == "digestMismatch"
    assert await reason(root, signed) == "signatureMalformed"  # nothing is fetched by its URI
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
