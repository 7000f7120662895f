"""A large file from a page in Chromium: uploaded by the client itself, signed, verified; and withdrawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardbridge_demo.browser import chromium
from tests.e2e.client_page import ClientPage
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import decoded
from tests.e2e.test_contract import openssl_accepts

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm, pytest.mark.timeout(180)]

MEBIBYTES = 40
PIECE = bytes(number % 251 for number in range(1024 * 1024))

_SIGN = """({ mebibytes, abortAt }) => {
  const piece = new Uint8Array(1024 * 1024).map((_, index) => index % 251);
  const file = new File(Array.from({ length: mebibytes }, () => piece), "図面.dat");
  const controller = new AbortController();
  globalThis.sent = [];
  const onUpload = ({ sentBytes }) => {
    sent.push(sentBytes);
    if (sentBytes >= abortAt) controller.abort();
  };
  const documents = [{ name: file.name, mediaType: "application/octet-stream", content: file }];
  globalThis.outcome = bridge
    .signDocuments({ documents, format: "cades" }, { onUpload, signal: controller.signal })
    .then((result) => ({ result }), (error) => ({ reason: error.reason ?? error.name }));
}"""


@pytest.fixture
def client(lab: Lab, daemon: str) -> Iterator[ClientPage]:
    with chromium(lab.portal.port, "granted") as browser:
        page = ClientPage(page=browser.new_page(), ports=list(range(lab.ports[0], lab.ports[1] + 1)))
        page.load()
        yield page


def test_a_large_file(lab: Lab, client: ClientPage, tmp_path: Path) -> None:
    client.page.evaluate(_SIGN, {"mebibytes": MEBIBYTES, "abortAt": 10**12})
    lab.screen.wait_for_window()
    lab.screen.type_text(lab.pin)
    lab.screen.press("Return")
    (made,) = client.outcome()["result"]["signatures"]
    content, signature = tmp_path / "content", tmp_path / "s.p7s"
    content.write_bytes(PIECE * MEBIBYTES)
    signature.write_bytes(decoded(made["content"]))
    assert made["documentDigest"] == hashlib.sha256(PIECE * MEBIBYTES).hexdigest()
    assert openssl_accepts(signature, lab.portal.data / "authority" / "ca.crt.pem", content)
    sent = client.page.evaluate("sent")
    assert sent == sorted(sent) and sent[-1] == MEBIBYTES * len(PIECE)


def test_withdrawn_in_the_middle(lab: Lab, client: ClientPage) -> None:
    """No window appears; the connection serves on, and the next file goes up."""
    client.page.evaluate(_SIGN, {"mebibytes": MEBIBYTES, "abortAt": 10 * len(PIECE)})
    assert client.outcome() == {"reason": "AbortError"}
    assert client.page.evaluate("sent").pop() < MEBIBYTES * len(PIECE)
    assert lab.screen.windows() == []
    assert client.call("info")["result"]["name"] == "cardbridge"
    assert client.page.evaluate("bridge.upload(new Uint8Array([1, 2, 3]))")
