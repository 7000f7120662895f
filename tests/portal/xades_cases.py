"""Good XAdES signatures of each packaging, and what the library says of any."""

import base64
from pathlib import Path
from typing import Any

from cardbridge_portal.verification import (
    Authorities,
    Policy,
    VerificationError,
    VerifiedSignature,
    verify_xades,
)
from tests.portal import xades_signing as x
from tests.portal.pki import NOW, Identity

FORM = '<form Id="f"><name>株式会社見本</name><sum>1000</sum></form>'


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
