"""XML as signatures need it: read without DTD, entities or network, and Canonical XML by libxml2."""

import codecs
import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from lxml import etree

from .errors import SignatureMalformed, TransformRefused, XmlUnsafe

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
XML = "{http://www.w3.org/XML/1998/namespace}"
# What Canonical XML takes over from ancestors: all of xml:* in 1.0 (section 2.4), two of them in 1.1.
INHERITED = {C14N: None, C14N11: (XML + "lang", XML + "space"), EXCLUSIVE: ()}
MAX_DEPTH = 200
ENCODINGS = {
    "utf-8",
    "ascii",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "shift_jis",
    "iso2022_jp",
    "cp932",
    "euc_jp",
    "iso8859-1",
}
_DECLARATION = re.compile(r"\ufeff?<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def parse(document: bytes) -> Any:
    """lxml's ElementTree of a document.

    It is turned into UTF-8 first, so that no two parsers can disagree about its encoding.

    Raises:
        XmlUnsafe, SignatureMalformed (not well-formed)
    """
    text = _utf8(document)
    _require_plain(text)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        attribute_defaults=False,
        huge_tree=True,  # enveloped documents are long texts; without a DTD nothing can multiply
        strip_cdata=False,
        remove_comments=True,  # they are not signed, and cut texts in two
        encoding="utf-8",
    )
    try:
        tree = etree.fromstring(text, parser).getroottree()
    except (etree.LxmlError, ValueError) as error:
        raise SignatureMalformed("not well-formed XML") from error
    if tree.docinfo.doctype or next(tree.iter(etree.Entity), None) is not None:
        raise XmlUnsafe("a document type definition")
    return tree


def canonical(element: Any, algorithm: str) -> bytes:
    """Canonical octets, without comments, of an element in its document, or of a whole ElementTree.

    Raises:
        TransformRefused: the algorithm is not one of the three.
    """
    if algorithm not in INHERITED:
        raise TransformRefused("canonicalization")
    added = dict(_inherited(element, algorithm)) if etree.iselement(element) else {}
    try:
        for name, value in added.items():
            element.set(name, value)
        octets: bytes = etree.tostring(
            element,
            method="c14n",
            exclusive=algorithm == EXCLUSIVE,
            with_comments=False,
            with_tail=False,
        )
    except (etree.LxmlError, ValueError) as error:
        raise SignatureMalformed("no canonical form") from error
    finally:
        for name in added:
            del element.attrib[name]
    return octets


def _inherited(element: Any, algorithm: str) -> Iterator[tuple[str, str]]:
    """xml: attributes of ancestors, which libxml2 leaves out for a part of a document."""
    wanted, seen = INHERITED[algorithm], set(element.attrib)
    for ancestor in element.iterancestors():
        for name, value in ancestor.attrib.items():
            if not name.startswith(XML) or name in seen:
                continue
            seen.add(name)
            if algorithm == C14N11 and name == XML + "base":
                raise TransformRefused("xml:base in Canonical XML 1.1")
            if wanted is None or name in wanted:
                yield name, value


def _utf8(document: bytes) -> bytes:
    bom = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    name = next((name for mark, name in bom.items() if document.startswith(mark)), "")
    if not name:
        declared = _ENCODING.match(document)
        name = "utf-8" if declared is None else declared.group(1).decode("ascii")
    try:
        if codecs.lookup(name).name not in ENCODINGS:
            raise XmlUnsafe("the encoding is not accepted")
        text = document.decode(name)
    except (LookupError, UnicodeDecodeError) as error:
        raise SignatureMalformed("not in its encoding") from error
    return _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1).encode() if text else b""


def _require_plain(text: bytes) -> None:
    """Refuse a DTD at its first character, before any parser could expand what it declares."""
    depth = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise XmlUnsafe("too deep")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise XmlUnsafe("a document type definition")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise SignatureMalformed("not well-formed XML") from error
