"""Whether what a signing process wants signed can be a signature of its order, and nothing else.

A document may have taken the process over, and the card's key also logs in to sites. So the key is given
nothing but SignedAttributes in DER (RFC 5652, section 5.3) that name the order's certificate, or a canonical
ds:SignedInfo (XML Signature 1.1, section 4.4). Both are read strictly and by hand: the libraries for these
formats do not belong in the daemon.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import quote

from bridge.core.algorithms import ALGORITHMS, DIGEST_XML_URIS, HashName
from bridge.core.der import OCTETS, OID, SEQUENCE, SET, elements, only
from bridge.core.order import SignatureOrder

_DATA = bytes.fromhex("2a864886f70d010701")
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_SIGNING_TIME = bytes.fromhex("2a864886f70d010905")
_CONTENT_HINTS = bytes.fromhex("2a864886f70d0109100204")
_SIGNING_CERTIFICATE = bytes.fromhex("2a864886f70d010910022f")
_HASHES: dict[bytes, HashName] = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_REQUIRED = {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_CERTIFICATE}
_ALLOWED = {"cades": _REQUIRED | {_SIGNING_TIME, _CONTENT_HINTS}, "pades": _REQUIRED}

_DS = "http://www.w3.org/2000/09/xmldsig#"
_INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_NAME = r"[A-Za-z0-9_.-]+"


def is_of(order: SignatureOrder, message: bytes) -> bool:
    """Whether `message` is what a signature of `order` signs.

    The digest in it is the order's, where the daemon can know it: not of a PDF, which holds its signature's
    own revision, nor of an enveloped signature's document, which is signed in its canonical form.
    """
    if order.form.format == "xades":
        return _is_signed_info(order, message)
    try:
        return _is_signed_attributes(order, message)
    except (ValueError, IndexError, KeyError):
        return False


def _is_signed_attributes(order: SignatureOrder, message: bytes) -> bool:
    attributes = _attributes(message)
    if not _REQUIRED <= attributes.keys() <= _ALLOWED[order.form.format]:
        return False
    digest = only(attributes[_MESSAGE_DIGEST], OCTETS)
    is_known = digest == order.digest if order.form.format == "cades" else len(digest) == len(order.digest)
    is_data = only(attributes[_CONTENT_TYPE], OID) == _DATA
    return is_known and is_data and _names(order.certificate, attributes[_SIGNING_CERTIFICATE])


def _attributes(message: bytes) -> dict[bytes, bytes]:
    """The values (as the contents of a SET) by the type's OID.

    Raises:
        ValueError, IndexError: it is no SignedAttributes in DER, or one type is there twice.
    """
    found: dict[bytes, bytes] = {}
    for tag, attribute in elements(only(message, SET)):
        (type_tag, type_), (values_tag, values) = elements(attribute)
        if (tag, type_tag, values_tag) != (SEQUENCE, OID, SET) or type_ in found:
            raise ValueError
        found[type_] = values
    return found


def _names(certificate: bytes, values: bytes) -> bool:
    """Whether SigningCertificateV2 (RFC 5035, section 3) names this certificate and no other.

    Raises:
        ValueError, IndexError, KeyError: it is none.
    """
    ((tag, certificates), *_) = elements(only(values, SEQUENCE))
    if tag != SEQUENCE:
        return False
    first, *others = elements(only(certificates, SEQUENCE))
    hash_name: HashName = "sha256"
    if first[0] == SEQUENCE:
        ((_, oid), *_) = elements(first[1])
        hash_name = _HASHES[oid]
        first, *others = others
    return len(others) <= 1 and first == (OCTETS, hashlib.new(hash_name, certificate).digest())


def _is_signed_info(order: SignatureOrder, message: bytes) -> bool:
    algorithm = ALGORITHMS[order.algorithm]
    method = DIGEST_XML_URIS[algorithm.hash_name]
    digest = base64.b64encode(order.digest).decode()
    any_digest = f"[A-Za-z0-9+/]{{{len(digest.rstrip('='))}}}={{{digest.count('=')}}}"
    transforms: tuple[str, ...] = ()
    match order.form.packaging:
        case "detached":
            attributes, known = f'URI="{quote(order.name, safe="")}"', re.escape(digest)
        case "enveloping":
            attributes, transforms = f'Type="{_DS}Object" URI="#document"', (f"{_DS}base64",)
            known = re.escape(digest)
        case _:
            attributes, transforms = 'URI=""', (f"{_DS}enveloped-signature", _INCLUSIVE)
            known = any_digest
    pattern = (
        re.escape(f'<ds:SignedInfo xmlns:ds="{_DS}">')
        + _element("CanonicalizationMethod", _EXCLUSIVE)
        + _element("SignatureMethod", algorithm.xml_uri)
        + _reference(f'Id="{_NAME}" {re.escape(attributes)}', transforms, method, known)
        + _reference(f'Type="{re.escape(_PROPERTIES)}" URI="\\#{_NAME}"', (_EXCLUSIVE,), method, any_digest)
        + _reference(f'URI="\\#{_NAME}"', (_EXCLUSIVE,), method, any_digest)
        + "</ds:SignedInfo>"
    )
    return re.fullmatch(pattern.encode(), message) is not None


def _reference(attributes: str, transforms: tuple[str, ...], method: str, digest: str) -> str:
    """A pattern of ds:Reference; `attributes` and `digest` are patterns, too."""
    within = "".join(_element("Transform", each) for each in transforms)
    within = f"<ds:Transforms>{within}</ds:Transforms>" if within else ""
    within += f"{_element('DigestMethod', method)}<ds:DigestValue>{digest}</ds:DigestValue>"
    return f"<ds:Reference {attributes}>{within}</ds:Reference>"


def _element(name: str, algorithm: str) -> str:
    return re.escape(f'<ds:{name} Algorithm="{algorithm}"></ds:{name}>')
