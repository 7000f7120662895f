"""All formats through the real daemon, window and token; xmlsec1, pdfsig and openssl judge."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from cardbridge_demo.ports import free_port
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import Client, connected, decoded
from tests.e2e.test_contract import openssl_accepts, type_pin, with_pin
from tests.unit.signatures import pdfs
from tests.unit.signatures.hand import time_stamping
from tests.unit.signatures.pdfverifiers import pdfsig, pdfsig_accepts
from tests.unit.signatures.tsa import OpensslTsa, serving
from tests.unit.signatures.xmlverifiers import NAMES, xmlsec_accepts

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

BID = '<?xml version="1.0" encoding="UTF-8"?>\n<入札書><金額>1000000</金額></入札書>\n'.encode()
PDF = pdfs.plain(text="Amount 1000000")


@dataclass(frozen=True, slots=True)
class PortalAuthority:
    """The authority of the lab's portal, which issued the sample's card."""

    lab: Lab

    def write_authority(self, folder: Path) -> Path:
        source = self.lab.portal.data / "authority" / "ca.crt.pem"
        return Path(shutil.copy(source, folder / "authority.pem"))


def document(name: str, media_type: str, content: bytes) -> dict[str, str]:
    return {"name": name, "mediaType": media_type, "content": base64.b64encode(content).decode()}


XML_DOCUMENT = document("入札書.xml", "application/xml", BID)
PDF_DOCUMENT = document("入札書.pdf", "application/pdf", PDF)


async def signed(
    lab: Lab, client: Client, documents: list[dict[str, str]], **form: Any
) -> list[dict[str, Any]]:
    response = await with_pin(lab, client, "sign.documents", documents=documents, **form)
    signatures: list[dict[str, Any]] = response["result"]["signatures"]
    return signatures


@pytest.mark.parametrize("packaging", ["enveloped", "detached", "enveloping", None])
async def test_xades_verifies(lab: Lab, daemon: str, tmp_path: Path, packaging: str | None) -> None:
    form = {"format": "xades"} | ({"packaging": packaging} if packaging else {})
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        (made,) = await signed(lab, client, [XML_DOCUMENT], **form)
    signature, beside = decoded(made["content"]), BID if packaging == "detached" else None
    trusted = PortalAuthority(lab)
    assert xmlsec_accepts(tmp_path, trusted, signature, beside)
    assert made["documentDigest"] == hashlib.sha256(BID).hexdigest()
    if packaging in ("enveloped", None):
        assert made["name"] == "入札書-signed.xml"
        assert not xmlsec_accepts(tmp_path, trusted, signature.replace(b"1000000", b"9000000"))
    elif packaging == "detached":
        assert not xmlsec_accepts(tmp_path, trusted, signature, BID.replace(b"1000000", b"9000000"))


async def test_pades_verifies(lab: Lab, daemon: str, tmp_path: Path) -> None:
    """With a stamp; then the signed PDF is signed again, and both signatures hold."""
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        (made,) = await signed(lab, client, [PDF_DOCUMENT], format="pades", stamp={"corner": "bottomRight"})
        once = decoded(made["content"])
        again = document("入札書.pdf", "application/pdf", once)
        (made_again,) = await signed(lab, client, [again], format="pades")
    twice = decoded(made_again["content"])
    assert (made["name"], made["mediaType"]) == ("入札書-signed.pdf", "application/pdf")
    assert once.startswith(PDF) and twice.startswith(once)
    assert pdfsig_accepts(tmp_path, once) and pdfsig_accepts(tmp_path, twice)
    assert len(pdfsig(tmp_path, twice)) == 2
    assert not pdfsig_accepts(tmp_path, twice.replace(b"(Amount 1000000)", b"(Amount 9000000)"))


async def test_several_documents_in_order(lab: Lab, daemon: str, tmp_path: Path) -> None:
    """One window, one PIN; a signature each, in the order given, with progress."""
    contents = [pdfs.plain(text=f"Page {number}") for number in range(4)]
    documents = [
        document(f"図面{number}.pdf", "application/pdf", each) for number, each in enumerate(contents)
    ]
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        made = await signed(lab, client, documents, format="pades")
        progress = [each["params"] for each in client.notifications if each["method"] == "$/progress"]
    assert [each["name"] for each in made] == [f"図面{number}-signed.pdf" for number in range(4)]
    for each, content in zip(made, contents, strict=True):
        assert decoded(each["content"]).startswith(content)
        assert pdfsig_accepts(tmp_path, decoded(each["content"]))
    signing = [(each["done"], each["total"]) for each in progress if each["state"] == "signing"]
    assert signing == [(number, 4) for number in range(4)]


@asynccontextmanager
async def time_stamped(lab: Lab, tsa: OpensslTsa) -> AsyncIterator[Client]:
    async with serving(tsa) as requests:
        rules = lab.configuration(site_rules=f'timestamp_url = "{requests.url}"')
        with stack.daemon(lab.folder, rules, lab.env) as url:
            async with connected(url, PUBLIC_ORIGIN) as client:
                yield client
    assert requests.content_types == ["application/timestamp-query"]


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> OpensslTsa:
    return OpensslTsa.make(tmp_path_factory.mktemp("tsa"), time_stamping())


async def test_time_stamped_cades(lab: Lab, tsa: OpensslTsa, tmp_path: Path) -> None:
    async with time_stamped(lab, tsa) as client:
        (made,) = await signed(lab, client, [XML_DOCUMENT], format="cades", level="B-T")
    signature = decoded(made["content"])
    (tmp_path / "s.p7s").write_bytes(signature)
    (tmp_path / "document").write_bytes(BID)
    authority = PortalAuthority(lab).write_authority(tmp_path)
    assert openssl_accepts(tmp_path / "s.p7s", authority, tmp_path / "document")
    (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    (attribute,) = signer["unsigned_attrs"]
    assert tsa.accepts(attribute["values"][0].dump(), signer["signature"].native)


async def test_time_stamped_xades(lab: Lab, tsa: OpensslTsa, tmp_path: Path) -> None:
    async with time_stamped(lab, tsa) as client:
        (made,) = await signed(lab, client, [XML_DOCUMENT], format="xades", level="B-T")
    signature = decoded(made["content"])
    assert xmlsec_accepts(tmp_path, PortalAuthority(lab), signature)
    root = etree.fromstring(signature)
    token = root.find(".//xades:SignatureTimeStamp/xades:EncapsulatedTimeStamp", NAMES).text
    value = root.find(".//ds:SignatureValue", NAMES)
    octets = etree.tostring(value, method="c14n", exclusive=True, with_tail=False)
    assert tsa.accepts(base64.b64decode(token), octets)


async def test_time_stamped_pades(lab: Lab, tsa: OpensslTsa, tmp_path: Path) -> None:
    async with time_stamped(lab, tsa) as client:
        (made,) = await signed(lab, client, [PDF_DOCUMENT], format="pades", level="B-T")
    signature = decoded(made["content"])
    assert pdfsig_accepts(tmp_path, signature)
    (embedded,) = PdfFileReader(BytesIO(signature)).embedded_signatures
    (signer,) = embedded.signed_data["signer_infos"]
    (attribute,) = signer["unsigned_attrs"]
    assert tsa.accepts(attribute["values"][0].dump(), signer["signature"].native)


async def test_time_stamping_authority_is_away(lab: Lab) -> None:
    """Nothing is delivered, the user is told what it is about, and a page may try again."""
    rules = lab.configuration(site_rules=f'timestamp_url = "http://127.0.0.1:{free_port()}/"')
    with stack.daemon(lab.folder, rules, lab.env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            id = await client.send("sign.documents", documents=[PDF_DOCUMENT], format="pades", level="B-T")
            await type_pin(lab)
            error = (await client.response(id))["error"]
            (made,) = await signed(lab, client, [PDF_DOCUMENT], format="pades")
    assert (error["code"], error["data"]["reason"]) == (-32041, "driverFailed")
    assert error["data"]["retriable"] is True
    assert error["data"]["driver"] == "127.0.0.1"
    assert "タイムスタンプ" in error["data"]["userMessage"]
    assert made["name"] == "入札書-signed.pdf"


@pytest.mark.parametrize(
    ("documents", "form", "reason"),
    [
        ([PDF_DOCUMENT], {"format": "pades", "level": "B-T"}, "unsupportedFormat"),
        ([XML_DOCUMENT], {"format": "pades"}, "unsupportedFormat"),
        ([PDF_DOCUMENT], {"format": "xades"}, "unsupportedFormat"),
        ([PDF_DOCUMENT], {"format": "pades", "packaging": "enveloped"}, "unsupportedFormat"),
        ([XML_DOCUMENT], {"format": "cades", "packaging": "enveloped"}, "unsupportedFormat"),
        ([XML_DOCUMENT], {"format": "xades", "stamp": {}}, "invalidParams"),
        ([document("a.pdf", "application/pdf", PDF[:300])], {"format": "pades"}, "documentUnreadable"),
        (
            [document("a.xml", "text/xml", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')],
            {"format": "xades"},
            "documentUnreadable",
        ),
        (
            [XML_DOCUMENT, document("b.xml", "text/xml", b"<a>")],
            {"format": "xades"},
            "documentUnreadable",
        ),
    ],
)
async def test_refused_before_any_window(
    lab: Lab, daemon: str, documents: list[dict[str, str]], form: dict[str, Any], reason: str
) -> None:
    """Nobody types a PIN for what cannot be signed; the daemon goes on."""
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        error = (await client.call("sign.documents", documents=documents, **form))["error"]
        assert lab.screen.windows() == []
        assert "result" in await client.call("bridge.info")
    assert error["data"]["reason"] == reason
    if reason == "documentUnreadable":
        assert error["data"]["document"] == documents[-1]["name"]
