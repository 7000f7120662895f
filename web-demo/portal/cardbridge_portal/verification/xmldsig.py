"""The few shapes of an XML signature (XML Signature 1.1) that are accepted, found by place, never by search.

    enveloped   root > … > ds:Signature (a child of the root); URI="" or "#Id of the root"
    enveloping  ds:Signature is the root; URI="#Id" of its one other ds:Object
    detached    ds:Signature is the root; any other URI, for octets that come beside it

Everything that a signature can be wrapped with (another ds:Signature, a second element with an Id, one
reference more, an element of its own choice) is refused, because the profile has no place for it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from .algorithms import require_hash
from .errors import DigestMismatch, ReferenceRefused, SignatureMalformed, TransformRefused
from .policy import Policy
from .xml import C14N, C14N11, DS, EXCLUSIVE, XADES, XML, canonical, parse

NAMESPACE = DS.strip("{}")
ENVELOPED, BASE64 = NAMESPACE + "enveloped-signature", NAMESPACE + "base64"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
CANONICALIZATIONS = {C14N, C14N11, EXCLUSIVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The elements of a signature, each in its one place. `qualifying` is xades:QualifyingProperties.

    `document` is the ds:Reference to what is signed; `object` the ds:Object of enveloping.
    """

    signature: Any
    signed_info: Any
    value: Any
    key_info: Any
    qualifying: Any
    properties: Any
    object: Any
    document: Any
    packaging: Literal["detached", "enveloping", "enveloped"]


def find_parts(tree: Any) -> Parts:
    """Find the signature of a document, or refuse its shape.

    Raises:
        SignatureMalformed, ReferenceRefused
    """
    root = tree.getroot()
    found = list(root.iter(DS + "Signature"))
    if len(found) != 1:
        raise ReferenceRefused("not one signature") if found else SignatureMalformed("no signature")
    signature = found[0]
    if signature is not root and signature.getparent() is not root:
        raise ReferenceRefused("the signature is not where it belongs")
    _require_unique_ids(root)
    signed_info, value, key_info, *objects = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
    if not 1 <= len(objects) <= 2 or any(child.tag != DS + "Object" for child in objects):
        raise SignatureMalformed("the signature's children")
    qualifying, holder = _qualifying(signature, objects)
    rest = [element for element in objects if element is not holder]
    properties = _one(qualifying, XADES + "SignedProperties")
    document = _document_reference(signed_info, key_info, properties)
    return Parts(
        signature=signature,
        signed_info=signed_info,
        value=value,
        key_info=key_info,
        qualifying=qualifying,
        properties=properties,
        object=rest[0] if rest else None,
        document=document,
        packaging=_packaging(root, signature, document, rest),
    )


def verify_references(parts: Parts, tree: Any, document: bytes | None, policy: Policy) -> bytes:
    """Check every digest of SignedInfo; the octets that the document's reference digests.

    Detaches the signature from an enveloped document's tree at the end.

    Raises:
        ReferenceRefused, TransformRefused, DigestMismatch, AlgorithmTooWeak, SignatureMalformed
    """
    octets = b""
    for reference in parts.signed_info.findall(DS + "Reference"):
        if reference is not parts.document:
            target = parts.properties if reference.get("Type") == SIGNED_PROPERTIES else parts.key_info
            _require_digest(reference, _element_octets(target, _transforms(reference)), policy)
    transforms = _transforms(parts.document)
    if parts.packaging == "detached":
        octets = _detached_octets(document, transforms)
    elif parts.packaging == "enveloping":
        octets = _object_octets(parts.object, transforms)
    else:
        octets = _enveloped_octets(parts, tree, transforms)
    _require_digest(parts.document, octets, policy)
    return octets


def decode(text: str | None) -> bytes:
    """base64 with white space, or SignatureMalformed."""
    try:
        return base64.b64decode("".join((text or "").split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise SignatureMalformed("base64") from error


def digest_name(element: Any) -> str | None:
    """The hash that a ds:DigestMethod child names; None for one that is not known."""
    return DIGESTS.get(_one(element, DS + "DigestMethod").get("Algorithm", ""))


def _require_unique_ids(root: Any) -> None:
    seen = set()
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            if name.lower() == "id" or name == XML + "id":
                if value in seen:
                    raise ReferenceRefused("an Id twice")
                seen.add(value)


def _children(signature: Any, *names: str) -> list[Any]:
    children = list(signature.iterchildren(etree.Element))
    if [child.tag for child in children[: len(names)]] != [DS + name for name in names]:
        raise SignatureMalformed("the signature's children")
    return children


def _qualifying(signature: Any, objects: list[Any]) -> tuple[Any, Any]:
    holders = [element for element in objects if element.find(XADES + "QualifyingProperties") is not None]
    if len(holders) != 1 or len(holders[0]) != 1:
        raise SignatureMalformed("not one QualifyingProperties")
    qualifying = holders[0][0]
    identifier = signature.get("Id")
    if not identifier or qualifying.get("Target") != "#" + identifier:
        raise ReferenceRefused("the properties are for another signature")
    return qualifying, holders[0]


def _one(element: Any, tag: str) -> Any:
    found = element.findall(tag)
    if len(found) != 1:
        raise SignatureMalformed(f"not one {etree.QName(tag).localname}")
    return found[0]


def _document_reference(signed_info: Any, key_info: Any, properties: Any) -> Any:
    kinds: dict[str, Any] = {}
    for reference in signed_info.findall(DS + "Reference"):
        kind = _kind(reference, key_info, properties)
        if kind in kinds:
            raise ReferenceRefused("two references of a kind")
        kinds[kind] = reference
    if "document" not in kinds or "properties" not in kinds:
        raise ReferenceRefused("document or properties are not signed")
    return kinds["document"]


def _kind(reference: Any, key_info: Any, properties: Any) -> str:
    uri, kind = reference.get("URI"), reference.get("Type")
    if uri is None:
        raise ReferenceRefused("a reference to nothing")
    if kind == SIGNED_PROPERTIES:
        if not properties.get("Id") or uri != "#" + properties.get("Id"):
            raise ReferenceRefused("the properties are elsewhere")
        return "properties"
    if kind not in {None, NAMESPACE + "Object"}:
        raise ReferenceRefused("a reference of another type")
    return "key" if key_info.get("Id") and uri == "#" + key_info.get("Id") else "document"


def _packaging(
    root: Any, signature: Any, document: Any, rest: list[Any]
) -> Literal["detached", "enveloping", "enveloped"]:
    uri = document.get("URI")
    if signature is not root:
        if rest or (uri != "" and (not root.get("Id") or uri != "#" + root.get("Id"))):
            raise ReferenceRefused("not over the document around it")
        if uri and any(True for _ in _siblings(root)):
            raise ReferenceRefused("processing instructions outside what is signed")
        return "enveloped"
    if rest:
        if not rest[0].get("Id") or uri != "#" + rest[0].get("Id"):
            raise ReferenceRefused("not over its own object")
        return "enveloping"
    if uri == "" or uri.startswith("#"):
        raise ReferenceRefused("not over a document beside it")
    return "detached"


def _siblings(root: Any) -> Iterator[Any]:
    for backwards in (True, False):
        yield from root.itersiblings(etree.ProcessingInstruction, preceding=backwards)


def _transforms(reference: Any) -> list[str]:
    found: list[str] = []
    for transforms in reference.findall(DS + "Transforms"):
        for transform in transforms.iterchildren(etree.Element):
            if transform.tag != DS + "Transform" or len(transform) or (transform.text or "").strip():
                raise TransformRefused("a transform with content")
            found.append(transform.get("Algorithm", ""))
    return found


def _canonicalization(transforms: list[str]) -> str:
    """The one canonicalization left; Canonical XML 1.0 where none is named (section 4.4.3.2)."""
    if not transforms:
        return C14N
    if len(transforms) > 1 or transforms[0] not in CANONICALIZATIONS:
        raise TransformRefused("not among the accepted transforms")
    return transforms[0]


def _element_octets(element: Any, transforms: list[str]) -> bytes:
    return canonical(element, _canonicalization(transforms))


def _object_octets(element: Any, transforms: list[str]) -> bytes:
    if transforms != [BASE64]:
        return _element_octets(element, transforms)
    if len(element):
        raise SignatureMalformed("elements where base64 is declared")
    return decode(element.text)


def _detached_octets(document: bytes | None, transforms: list[str]) -> bytes:
    if document is None:
        raise SignatureMalformed("detached, and no document given")
    return canonical(parse(document), _canonicalization(transforms)) if transforms else document


def _enveloped_octets(parts: Parts, tree: Any, transforms: list[str]) -> bytes:
    if not transforms or transforms[0] != ENVELOPED:
        raise TransformRefused("not enveloped-signature first")
    algorithm = _canonicalization(transforms[1:])
    _detach(parts.signature)
    return canonical(tree, algorithm)


def _detach(signature: Any) -> None:
    """Remove the element but not the text behind it, which lxml counts as its own."""
    parent, before, tail = signature.getparent(), signature.getprevious(), signature.tail
    if tail:
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
    parent.remove(signature)


def _require_digest(reference: Any, octets: bytes, policy: Policy) -> None:
    name = digest_name(reference)
    require_hash(name, policy)
    found = hashlib.new(str(name), octets).digest()
    if not hmac.compare_digest(found, decode(_one(reference, DS + "DigestValue").text)):
        raise DigestMismatch("another document, or changed properties")
