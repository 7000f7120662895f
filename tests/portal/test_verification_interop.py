"""What the daemon makes, the portal's library accepts: every form, level and algorithm; and nothing altered.

Two implementations by different hands meet here: bridge/signatures with software keys, and verification/.
"""

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.core.algorithms import ALGORITHMS
from bridge.core.order import Form, Level
from bridge.signatures.making import make
from cardbridge_portal.verification import (
    Authorities,
    Policy,
    VerificationError,
    VerifiedSignature,
    verify_cades,
    verify_pades,
    verify_xades,
)
from tests.unit.signatures import hand, hostile, pdfs
from tests.unit.signatures.tsa import OpensslTsa

TEXT = "入札書\n金額：1,000,000円\n".encode()
XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet href="a.xsl"?>\n'
    '<入札書 xmlns="urn:example" xml:lang="ja"><!-- 見本 --><金額 単位="円">1000</金額>\n</入札書>'
).encode()
EVERY = [(kind, name) for kind in hand.KINDS for name in hand.algorithms_of(kind)]


@dataclass(frozen=True)
class Case:
    """A form with a document that it takes; `held`: whether the signature holds it."""

    form: Form
    document: bytes
    name: str
    media_type: str
    held: bool


def case_of(label: str, level: Level = "B-B") -> Case:
    format, _, packaging = label.partition(" ")
    if format == "pades":
        return Case(hand.pades(level), pdfs.plain(), "入札書.pdf", "application/pdf", True)
    form = hand.cades(packaging, level) if format == "cades" else hand.xades(packaging, level)  # type: ignore[arg-type]
    if packaging == "enveloped":
        return Case(form, XML, "入札書.xml", "application/xml", True)
    return Case(form, TEXT, "入札書 <1>.txt", "text/plain", packaging == "enveloping")


LABELS = [
    "cades detached",
    "cades enveloping",
    "xades detached",
    "xades enveloping",
    "xades enveloped",
    "pades",
]


async def made(case: Case, signer: hand.Identity, algorithm: str, tsa: OpensslTsa | None = None) -> bytes:
    order = hand.order_of(
        case.document, signer, algorithm, case.form, name=case.name, media_type=case.media_type
    )
    return await make(order, hand.Hand(signer.key, ALGORITHMS[algorithm]), tsa.ask if tsa else None)


async def verify(case: Case, signature: bytes, **values: Any) -> VerifiedSignature:
    authorities = Authorities(roots=(hand.authority().certificate,))
    given: dict[str, Any] = {"authorities": authorities, "revocation": "off"} | values
    moment = given.pop("moment", datetime.now(UTC))
    if case.form.format == "pades":
        return (await verify_pades(signature, policy=Policy(**given), moment=moment)).signature
    document = None if case.held else case.document
    check = verify_cades if case.form.format == "cades" else verify_xades
    return await check(signature, document, policy=Policy(**given), moment=moment)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> OpensslTsa:
    return OpensslTsa.make(tmp_path_factory.mktemp("tsa"), hand.time_stamping())


@pytest.mark.parametrize(("kind", "algorithm"), EVERY)
@pytest.mark.parametrize("label", LABELS)
async def test_accepted(label: str, kind: str, algorithm: str) -> None:
    case, signer = case_of(label), hand.identity(kind)
    signature = await made(case, signer, algorithm)
    found = await verify(case, signature)
    assert found.certificate == signer.certificate and found.claimed == hand.NOW
    if case.form.format == "pades":
        assert found.content == signature and found.media_type == "application/pdf"
    elif case.form.packaging == "enveloped":
        text = found.content.decode()
        assert text.startswith('<?xml-stylesheet href="a.xsl"?>\n<入札書 ') and "見本" not in text
    else:
        assert found.content == case.document
    if case.form.format == "xades":
        assert found.media_type == case.media_type


@pytest.mark.parametrize("label", LABELS)
async def test_time_stamp(label: str, tsa: OpensslTsa) -> None:
    """B-T by an RFC 3161 authority; good after the certificate has expired."""
    case, signer = case_of(label, "B-T"), hand.authority().issue(hand.make_key("p256"), "見本", days=30)
    signature = await made(case, signer, "ES256", tsa)
    authorities = Authorities(roots=(hand.authority().certificate,))
    values: dict[str, Any] = {"signing_time": "timestampRequired", "timestamp_authorities": authorities}
    late = datetime.now(UTC) + timedelta(days=60)
    found = await verify(case, signature, moment=late, **values)
    assert found.stamped is not None and found.stamped - hand.NOW < timedelta(hours=1)
    with pytest.raises(VerificationError, match="expired"):
        await verify(case, signature, moment=late)
    with pytest.raises(VerificationError, match="no time stamp"):
        await verify(case_of(label), await made(case_of(label), signer, "ES256"), **values)


def test_cades_after_asn1crypto_was_used() -> None:
    """One process signs and verifies, in whatever order things are imported."""
    code = (
        "from asn1crypto.cms import CMSAttributeType; CMSAttributeType('content_type')\n"
        "import bridge.signatures.cades\n"
        "print(CMSAttributeType('content_type').dotted, CMSAttributeType('content_hints').native)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.stdout == "1.2.840.113549.1.9.3 content_hints\n", finished.stderr


@pytest.mark.parametrize("label", LABELS)
async def test_altered(label: str) -> None:
    """Whatever is still accepted is the same content by the same signer."""
    case, signer = case_of(label), hand.identity("p256")
    signature = await made(case, signer, "ES256")
    original = await verify(case, signature)
    refused = 0
    for index in range(0, len(signature), max(1, len(signature) // 150)):
        changed = bytearray(signature)
        changed[index] ^= 1
        try:
            found = await verify(case, bytes(changed))
        except VerificationError:
            refused += 1
            continue
        assert found.certificate == original.certificate and found.claimed == original.claimed
        if case.form.format != "pades":
            assert found.content == original.content
    assert refused > 50


@pytest.mark.parametrize("label", LABELS)
async def test_by_somebody_elses_key(label: str) -> None:
    case, signer, thief = case_of(label), hand.identity("p256"), hand.other_identity("p256")
    stolen = hand.Identity(key=thief.key, certificate=signer.certificate, issuer=signer.issuer)
    with pytest.raises(VerificationError) as caught:
        await verify(case, await made(case, stolen, "ES256"))
    assert caught.value.reason == "signatureInvalid"


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "Shift_JIS", "EUC-JP", "ISO-2022-JP"])
async def test_encodings(encoding: str) -> None:
    """Enveloped in the document's own encoding; the content comes in UTF-8."""
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<入札書><金額>1000</金額></入札書>'
    case = Case(hand.xades("enveloped"), text.encode(encoding), "入札書.xml", "application/xml", True)
    found = await verify(case, await made(case, hand.identity("p256"), "ES256"))
    assert found.content.decode() == "<入札書><金額>1000</金額></入札書>"


async def test_signed_pdf_signed_again() -> None:
    """With a visible stamp below, and without one above."""
    first = Case(hand.pades(stamp=None), pdfs.plain(), "a.pdf", "application/pdf", True)
    once = await made(first, hand.identity("p256"), "ES256")
    again = Case(hand.pades(), once, "a.pdf", "application/pdf", True)
    twice = await made(again, hand.other_identity("rsa"), "PS256")
    authorities = Authorities(roots=(hand.authority().certificate,))
    found = await verify_pades(
        twice, policy=Policy(authorities=authorities, revocation="off"), moment=datetime.now(UTC)
    )
    assert found.signature.certificate == hand.other_identity("rsa").certificate
    assert [(one.content, one.refusal) for one in found.earlier] == [(once, None)]


async def test_large_document() -> None:
    """Long base64 inside one element."""
    case = Case(
        hand.xades("enveloping"), bytes(range(256)) * 60_000, "a.bin", "application/octet-stream", True
    )
    signature = await made(case, hand.identity("p256"), "ES256")
    assert len(signature) > 20_000_000 and (await verify(case, signature)).content == case.document


@pytest.mark.parametrize("name", sorted(hostile.XML))
async def test_hostile_xml(name: str) -> None:
    """The daemon's collection: refused for a reason, never an accident; inside a signature's document too."""
    content = hostile.XML[name]()
    with pytest.raises(VerificationError):
        await verify(case_of("xades enveloped"), content)
    case = case_of("xades detached")
    signature = await made(case, hand.identity("p256"), "ES256")
    with pytest.raises(VerificationError):
        await verify(Case(case.form, content, case.name, case.media_type, False), signature)


@pytest.mark.parametrize("name", sorted(hostile.PDF))
async def test_hostile_pdf(name: str) -> None:
    with pytest.raises(VerificationError):
        await verify(case_of("pades"), hostile.PDF[name]())
