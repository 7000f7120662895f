"""verification/xmldsig.py: genuine XML signatures that are not over what a reader sees.

xmlsec1 rightly accepts almost all of them; the library has no place for them.
"""

from pathlib import Path

import pytest
from lxml import etree

from tests.portal import xades_signing as x
from tests.portal.pki import Identity, make_root
from tests.portal.xades_cases import FORM, enveloped, reason, with_chain


@pytest.fixture(scope="module")
def root() -> Identity:
    return make_root()


@pytest.fixture(scope="module")
def who(root: Identity) -> Identity:
    return root.issue_authority("中間認証局").issue("見本 太郎")


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
        whole + x.reference("#t", extra='Type="http://uri.etsi.org/01903#SignedProperties"'),
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
    references = x.reference("", x.transform(x.ENVELOPED)) + x.properties_reference()
    method = f'<ds:CanonicalizationMethod Algorithm="{x.EXCLUSIVE}"'
    prefixes = f'><i:InclusiveNamespaces xmlns:i="{x.EXCLUSIVE}" PrefixList="a"/></ds:CanonicalizationMethod>'
    text = x.put_in(FORM, x.template(who, references)).replace(method + "/>", method + prefixes)
    signed = with_chain(who, x.xmlsec_sign(tmp_path, who, text))
    assert x.xmlsec_verifies(tmp_path, who, signed) and await reason(root, signed) == "transformRefused"


async def test_instruction_outside_what_is_signed(root: Identity, who: Identity, tmp_path: Path) -> None:
    """With the root's Id a style sheet before it is not signed, and could show anything."""
    references = x.reference("#f", x.transform(x.ENVELOPED)) + x.properties_reference()
    signed = enveloped(tmp_path, who, references=references)
    assert await reason(root, signed) == ""
    styled = signed.replace(b"<form", b'<?xml-stylesheet href="evil.xsl"?><form', 1)
    behind = signed.rstrip() + b"<?evil?>"
    for altered in (styled, behind):
        assert x.xmlsec_verifies(tmp_path, who, altered)
        assert await reason(root, altered) == "referenceRefused"


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
