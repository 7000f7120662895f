"""XAdES baseline signatures B-B and B-T (ETSI EN 319 132-1, section 6) by signxml.

signxml writes SignedInfo, KeyInfo and the qualifying properties; the reference to the document is written
here, because signxml has none for octets outside. Its key is an object that keeps what it is to sign, so
that the card can sign it afterwards.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import quote

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

from bridge.core.algorithms import ALGORITHMS, DIGEST_XML_URIS, Algorithm
from bridge.core.order import SignatureOrder
from bridge.core.ports import RawSigner, TimeStampRequest
from bridge.signatures import timestamp
from bridge.signatures.xml import DS, EXCLUSIVE_C14N, INCLUSIVE_C14N, XADES, canonical, read_xml, serialized

_ENVELOPED = f"{DS}enveloped-signature"
_BASE64 = f"{DS}base64"
_OBJECT_ID = "document"


async def sign(order: SignatureOrder, raw_signer: RawSigner, time_stamp: TimeStampRequest | None) -> bytes:
    """The XML document that holds the signature, in UTF-8 or, enveloped, in the document's own encoding.

    Signed besides the document: signing time, SigningCertificateV2, DataObjectFormat with the document's name
    and media type, KeyInfo.

    Raises:
        DocumentUnreadable, UnsupportedFormat, TimeStampFailed, and what `raw_signer` raises.
    """
    algorithm = ALGORITHMS[order.algorithm]
    tree = read_xml(order.name, order.content) if order.form.packaging == "enveloped" else None
    signature, signed_info = _unsigned(order, algorithm, _reference(order, algorithm, tree))
    value = signature.find(f"{{{DS}}}SignatureValue")
    value.text = base64.b64encode(await raw_signer(signed_info)).decode()
    if time_stamp is not None:
        stamped = etree.tostring(value, method="c14n", exclusive=True, with_tail=False)
        token = await timestamp.token(time_stamp, stamped, algorithm.hash_name)
        _add_time_stamp(signature, token)
    if tree is not None:
        tree.getroot().append(signature)
        return serialized(tree)
    if order.form.packaging == "enveloping":
        _add_object(signature, order)
    return serialized(signature.getroottree())


def _unsigned(order: SignatureOrder, algorithm: Algorithm, reference: Any) -> tuple[Any, bytes]:
    """ds:Signature without its value, and the canonical SignedInfo that is to be signed."""
    key = _CapturingKey(algorithm)
    sign: Any = _Signer(order, algorithm, reference).sign
    chain = [x509.load_der_x509_certificate(der) for der in (order.certificate, *order.chain)]
    data = etree.Element("placeholder")  # its reference is replaced
    signature = sign(data, key=key, cert=chain, always_add_key_value=False)
    return signature, key.captured


def _reference(order: SignatureOrder, algorithm: Algorithm, tree: Any) -> Any:
    """ds:Reference to the document (XML Signature 1.1, section 4.4.3)."""
    if tree is not None:
        octets = canonical(tree)
        digest = hashlib.new(algorithm.hash_name, octets).digest()
        return _make_reference("", (_ENVELOPED, INCLUSIVE_C14N), algorithm, digest)
    if order.form.packaging == "enveloping":
        reference = _make_reference(f"#{_OBJECT_ID}", (_BASE64,), algorithm, order.digest)
        reference.set("Type", f"{DS}Object")
        return reference
    return _make_reference(quote(order.name, safe=""), (), algorithm, order.digest)


def _make_reference(uri: str, transforms: tuple[str, ...], algorithm: Algorithm, digest: bytes) -> Any:
    reference = etree.Element(f"{{{DS}}}Reference", nsmap={"ds": DS}, URI=uri)
    if transforms:
        reference.append(_transforms(*transforms))
    method = DIGEST_XML_URIS[algorithm.hash_name]
    etree.SubElement(reference, f"{{{DS}}}DigestMethod", Algorithm=method)
    etree.SubElement(reference, f"{{{DS}}}DigestValue").text = base64.b64encode(digest).decode()
    return reference


def _transforms(*uris: str) -> Any:
    transforms = etree.Element(f"{{{DS}}}Transforms", nsmap={"ds": DS})
    for uri in uris:
        etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=uri)
    return transforms


class _Signer(XAdESSigner):
    """signxml's signer with our reference to the document and the order's signing time."""

    def __init__(self, order: SignatureOrder, algorithm: Algorithm, reference: Any) -> None:
        super().__init__(
            data_object_format=XAdESDataObjectFormat(Description=order.name, MimeType=order.media_type),
            method=SignatureConstructionMethod.detached,
            signature_algorithm=algorithm.xml_uri,
            digest_algorithm=DIGEST_XML_URIS[algorithm.hash_name],
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        self._signing_time = order.signing_time
        self._reference = reference
        self.signature_annotators.append(self._settle_references)

    def add_signing_time(
        self, signed_signature_properties: Any, sig_root: Any, signing_settings: Any
    ) -> None:
        """xades:SigningTime (ETSI EN 319 132-1, section 5.2.1), in UTC."""
        element = etree.SubElement(signed_signature_properties, f"{{{XADES}}}SigningTime")
        element.text = self._signing_time.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _settle_references(self, signature: Any, signing_settings: Any) -> None:
        """The document's reference in its place; and the other references say how they were canonicalised.

        signxml canonicalises them exclusively without saying so, while XML Signature 1.1, section 4.4.3.2,
        means Canonical XML 1.0 where there are no transforms.
        """
        signed_info = signature.find(f"{{{DS}}}SignedInfo")
        placeholder, *others = signed_info.findall(f"{{{DS}}}Reference")
        self._reference.set("Id", placeholder.get("Id"))
        signed_info.replace(placeholder, self._reference)
        for other in others:
            other.insert(0, _transforms(EXCLUSIVE_C14N))


class _CapturingKey:
    """What signxml takes for a private key: it keeps what it is to sign."""

    key_size = 8

    def __init__(self, algorithm: Algorithm) -> None:
        self._algorithm = algorithm
        self.captured = b""

    def sign(self, data: bytes, *_: object, **__: object) -> bytes:
        """A placeholder; for ECDSA an Ecdsa-Sig-Value of ones, which signxml takes apart."""
        self.captured = data
        return bytes.fromhex("3006020101020101") if self._algorithm.family == "ECDSA" else b"\0"


def _add_object(signature: Any, order: SignatureOrder) -> None:
    element = etree.SubElement(
        signature, f"{{{DS}}}Object", Id=_OBJECT_ID, MimeType=order.media_type, Encoding=_BASE64
    )
    element.text = base64.b64encode(order.content).decode()


def _add_time_stamp(signature: Any, token: bytes) -> None:
    """xades:SignatureTimeStamp (ETSI EN 319 132-1, section 5.3)."""
    properties = signature.find(f"{{{DS}}}Object/{{{XADES}}}QualifyingProperties")
    unsigned = etree.SubElement(properties, f"{{{XADES}}}UnsignedProperties")
    of_signature = etree.SubElement(unsigned, f"{{{XADES}}}UnsignedSignatureProperties")
    stamp = etree.SubElement(
        of_signature, f"{{{XADES}}}SignatureTimeStamp", Id=f"{signature.get('Id')}-TimeStamp"
    )
    etree.SubElement(stamp, f"{{{DS}}}CanonicalizationMethod", Algorithm=EXCLUSIVE_C14N)
    encapsulated = etree.SubElement(stamp, f"{{{XADES}}}EncapsulatedTimeStamp")
    encapsulated.text = base64.b64encode(token).decode()
