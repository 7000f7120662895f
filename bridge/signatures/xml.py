"""XML documents as XAdES takes them: parsed with nothing from outside, and nothing expanded."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from lxml import etree

from bridge.core.errors import DocumentUnreadable, UnsupportedFormat

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_ENCODINGS = frozenset(
    ("UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII", "ASCII", "ISO-8859-1")
    + ("SHIFT_JIS", "WINDOWS-31J", "CP932", "EUC-JP", "ISO-2022-JP")
)
"""Those that Japanese documents come in; not UTF-7 and such, which other readers show as something else."""
_XINCLUDE = "http://www.w3.org/2001/XInclude"


def read_xml(name: str, content: bytes) -> Any:
    """The document as an ElementTree, to be given its signature.

    Raises:
        DocumentUnreadable: as of `parse_xml`.
        UnsupportedFormat: a signature is in it already; a second one inside would break the first.
    """
    tree = parse_xml(name, content)
    if next(tree.iter(f"{{{DS}}}Signature"), None) is not None:
        raise UnsupportedFormat(
            "The document holds a signature that a second one inside it would break.", document=name
        )
    return tree


def parse_xml(name: str, content: bytes) -> Any:
    """The document as an ElementTree; its canonical form exists.

    Raises:
        DocumentUnreadable: not well-formed, a document type declaration, an inclusion, too deep or too
            large for libxml2's own limits, a relative namespace name.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        strip_cdata=False,
    )
    try:
        tree = etree.parse(BytesIO(content), parser)
        _require_plain(name, tree)
        canonical(tree)
    except (etree.LxmlError, ValueError, RecursionError, MemoryError, LookupError) as error:
        raise DocumentUnreadable(f"The XML is unreadable: {type(error).__name__}.", document=name) from None
    return tree


def _require_plain(name: str, tree: Any) -> None:
    information = tree.docinfo
    if (information.encoding or "UTF-8").upper() not in _ENCODINGS:
        raise DocumentUnreadable("The XML's encoding is not accepted.", document=name)
    if information.internalDTD is not None or information.externalDTD is not None:
        raise DocumentUnreadable("A document type declaration is not accepted.", document=name)
    for node in tree.iter():
        if node.tag is etree.Entity:
            raise DocumentUnreadable("An entity reference is not accepted.", document=name)
        if isinstance(node.tag, str) and node.tag.startswith(f"{{{_XINCLUDE}}}"):
            raise DocumentUnreadable("XInclude is not accepted.", document=name)


def canonical(tree: Any) -> bytes:
    """Canonical XML 1.0 without comments of a whole document, its processing instructions included."""
    octets: bytes = etree.tostring(tree, method="c14n", with_comments=False)
    return octets


def serialized(tree: Any) -> bytes:
    """The document in the encoding that it came in."""
    information = tree.docinfo
    octets: bytes = etree.tostring(
        tree,
        encoding=information.encoding or "UTF-8",
        xml_declaration=True,
        standalone=information.standalone or None,
    )
    return octets
