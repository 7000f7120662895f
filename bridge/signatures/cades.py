"""CAdES baseline signatures B-B and B-T (ETSI EN 319 122-1, section 6) by pyHanko."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from asn1crypto import cms, core, x509
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.ades.asn1_util import register_cms_attribute
from pyhanko.sign.attributes import CMSAttributeProvider
from pyhanko.sign.signers.pdf_cms import CAdESSignedAttributeProviderSpec, CMSSignedAttributes

from bridge.core.algorithms import ALGORITHMS
from bridge.core.order import Form, SignatureOrder
from bridge.core.ports import RawSigner, TimeStampRequest
from bridge.signatures.cms import CardSigner, signature_value
from bridge.signatures.template import Template, template_of
from bridge.signatures.timestamp import CheckedTimeStamper

_CONTENT_HINTS_OID = "1.2.840.113549.1.9.16.2.4"


async def sign(order: SignatureOrder, raw_signer: RawSigner, time_stamp: TimeStampRequest | None) -> bytes:
    """DER of a ContentInfo with SignedData (RFC 5652, section 5).

    Signed attributes: content type, message digest, signing time, signing-certificate-v2, content hints.
    Without a time stamp, pyHanko makes the first of one signer and form; the next ones follow its pattern.

    Raises:
        TimeStampFailed, and what `raw_signer` raises.
    """
    if time_stamp is not None:
        return await _sign(order, raw_signer, time_stamp)
    signer_and_form = (order.certificate, order.chain, order.algorithm, order.form)
    description = content_description(order.name, order.media_type)
    if (template := _templates.get(signer_and_form)) is not None:
        attributes = template.signed_attributes(order, description)
        value = signature_value(ALGORITHMS[order.algorithm], await raw_signer(attributes))
        return template.signature(order, attributes, value)
    signature = await _sign(order, raw_signer, None)
    if (template := template_of(signature, order, description)) is not None:
        _templates.clear()
        _templates[signer_and_form] = template
    return signature


_templates: dict[tuple[bytes, tuple[bytes, ...], str, Form], Template] = {}
"""The last one only: a process signs for one request."""


async def _sign(order: SignatureOrder, raw_signer: RawSigner, time_stamp: TimeStampRequest | None) -> bytes:
    algorithm = ALGORITHMS[order.algorithm]
    signer = CardSigner(order.certificate, order.chain, algorithm, raw_signer)
    signer.signed_attr_prov_spec = _Attributes(order, signer.signing_cert)
    content: dict[str, Any] = {"content_type": "data"}
    if order.form.packaging == "enveloping":
        content["content"] = order.content
    content_info = await signer.async_sign(
        order.digest,
        algorithm.hash_name,
        use_pades=True,
        is_pdf_sig=False,
        encap_content_info=content,
        timestamper=None if time_stamp is None else CheckedTimeStamper(time_stamp),
    )
    der: bytes = content_info.dump()
    return der


class _ContentHints(core.Sequence):  # type: ignore[misc]
    """RFC 2634, section 2.9; ETSI EN 319 122-1, section 5.2.4.2."""

    _fields: ClassVar[Any] = [
        ("content_description", core.UTF8String, {"optional": True}),
        ("content_type", cms.ContentType),
    ]


register_cms_attribute(_CONTENT_HINTS_OID, "content_hints", _ContentHints)
# asn1crypto makes this once and never again, perhaps before this module was imported.
if cms.CMSAttributeType._reverse_map is not None:
    cms.CMSAttributeType._reverse_map["content_hints"] = _CONTENT_HINTS_OID


class _HintsProvider(CMSAttributeProvider):
    attribute_type = "content_hints"

    def __init__(self, order: SignatureOrder) -> None:
        self._order = order

    async def build_attr_value(self, dry_run: bool = False) -> _ContentHints:
        return _ContentHints(
            {
                "content_description": content_description(self._order.name, self._order.media_type),
                "content_type": "data",
            }
        )


def content_description(name: str, media_type: str) -> str:
    """Name and media type as a MIME header (RFC 2045, section 5.1; the name in UTF-8, as RFC 6532 allows)."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'Content-Type: {media_type}; name="{quoted}"'


class _Attributes(CAdESSignedAttributeProviderSpec):
    def __init__(self, order: SignatureOrder, certificate: x509.Certificate) -> None:
        super().__init__(
            attr_settings=CMSSignedAttributes(
                signing_time=order.signing_time, cades_signed_attrs=CAdESSignedAttrSpec()
            ),
            signing_cert=certificate,
            is_pades=False,
            timestamper=None,
        )
        self._order = order

    def signed_attr_providers(
        self, data_digest: bytes, digest_algorithm: str
    ) -> Iterable[CMSAttributeProvider]:
        yield from super().signed_attr_providers(data_digest, digest_algorithm)
        yield _HintsProvider(self._order)
