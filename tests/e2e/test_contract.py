"""Somebody else's client against the real daemon, window and token; openssl and cryptography judge."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import Client, connected, decoded

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

DOCUMENT = "入札書\n金額：1,000,000円\n".encode()


async def type_pin(lab: Lab, pin: str | None = None) -> None:
    await asyncio.to_thread(lab.screen.wait_for_window)
    await asyncio.to_thread(lab.screen.type_text, pin or lab.pin)
    await asyncio.to_thread(lab.screen.press, "Return")


async def with_pin(lab: Lab, client: Client, method: str, **params: Any) -> dict[str, Any]:
    id = await client.send(method, **params)
    await type_pin(lab)
    return await client.response(id)


def nonce() -> str:
    return base64.b64encode(secrets.token_bytes(33)).decode()


def verify_token(token: dict[str, Any], origin: str, challenge: str) -> x509.Certificate:
    """Web eID's rule, written again: H(origin) ‖ H(nonce), hashed once more by the algorithm."""
    certificate = x509.load_der_x509_certificate(decoded(token["unverifiedCertificate"]))
    key = certificate.public_key()
    assert token["format"] == "web-eid:1.0"
    assert token["algorithm"] == "RS256" and isinstance(key, rsa.RSAPublicKey)
    message = hashlib.sha256(origin.encode()).digest() + hashlib.sha256(challenge.encode()).digest()
    key.verify(decoded(token["signature"]), message, padding.PKCS1v15(), hashes.SHA256())
    return certificate


def openssl_accepts(signature: Path, authority: Path, document: Path | None) -> bool:
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(signature)]
    command += ["-CAfile", str(authority), "-purpose", "any", "-out", os.devnull]
    if document is not None:
        command += ["-content", str(document)]
    return subprocess.run(command, capture_output=True).returncode == 0


async def test_token_verifies(lab: Lab, daemon: str) -> None:
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        challenge = nonce()
        response = await with_pin(lab, client, "auth.getToken", challengeNonce=challenge)
        certificate = verify_token(response["result"]["token"], PUBLIC_ORIGIN, challenge)
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        assert names[0].value == lab.sample.name
        assert "session" not in response["result"]
        states = [n["params"]["state"] for n in client.notifications if n["method"] == "$/progress"]
        assert states == ["waitingForUser", "signing"]


@pytest.mark.parametrize("packaging", ["detached", "enveloping"])
async def test_cades_verifies(lab: Lab, daemon: str, tmp_path: Path, packaging: str) -> None:
    """openssl accepts it, and refuses it after one byte of the document has changed."""
    content = base64.b64encode(DOCUMENT).decode()
    documents = [{"name": "入札書.txt", "mediaType": "text/plain; charset=utf-8", "content": content}]
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        response = await with_pin(
            lab, client, "sign.documents", documents=documents, format="cades", packaging=packaging
        )
    made = response["result"]["signatures"][0]
    assert made["documentDigest"] == hashlib.sha256(DOCUMENT).hexdigest()
    assert "nonRepudiation" in response["result"]["certificate"]["keyUsage"]
    signature, authority = tmp_path / "s.p7s", lab.portal.data / "authority" / "ca.crt.pem"
    der = decoded(made["content"])
    signature.write_bytes(der)
    if packaging == "enveloping":
        assert openssl_accepts(signature, authority, None)
        signature.write_bytes(der.replace(DOCUMENT, DOCUMENT.replace(b"1,000", b"9,000")))
        assert not openssl_accepts(signature, authority, None)
        return
    document = tmp_path / "document"
    document.write_bytes(DOCUMENT)
    assert openssl_accepts(signature, authority, document)
    document.write_bytes(DOCUMENT.replace(b"1,000", b"9,000"))
    assert not openssl_accepts(signature, authority, document)


async def test_session_over_two_connections(lab: Lab) -> None:
    """`pin = "session"`: one PIN, then no window; the next page resumes; close ends it, and another rule."""
    rules = lab.configuration(site_rules='pin = "session"')
    with stack.daemon(lab.folder, rules, lab.env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            challenge = nonce()
            first = await with_pin(lab, client, "auth.getToken", challengeNonce=challenge)
            verify_token(first["result"]["token"], PUBLIC_ORIGIN, challenge)
            second = await client.call("auth.getToken", challengeNonce=challenge)
            assert "result" in second
        async with connected(url, PUBLIC_ORIGIN) as client:
            secret = second["result"]["session"]
            assert (await client.call("session.resume", session=secret))["result"] == {}
            third = await client.call("card.verifyPin")
            assert third["result"]["verified"] is True
            assert third["result"]["session"] != secret
            await client.call("session.close")
            id = await client.send("card.verifyPin")
            await type_pin(lab)
            assert "session" in (await client.response(id))["result"]
            lab.configuration()  # the rule is taken back while the session is open
            again = await with_pin(lab, client, "auth.getToken", challengeNonce=challenge)
            assert "token" in again["result"] and "session" not in again["result"]


async def test_choose_shows_consent(lab: Lab, daemon: str) -> None:
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        id = await client.send("certificates.choose", purpose="signature")
        await asyncio.to_thread(lab.screen.wait_for_window)
        await asyncio.to_thread(lab.screen.press, "Return")
        certificate = (await client.response(id))["result"]
    assert certificate["subject"]["organization"] == lab.sample.name
    assert certificate["thumbprint"] == hashlib.sha256(decoded(certificate["certificate"])).hexdigest()


async def test_time_limit(lab: Lab) -> None:
    with stack.daemon(lab.folder, lab.configuration(ui_rules="timeout_s = 2"), lab.env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            error = (await client.call("card.verifyPin"))["error"]
    assert (error["code"], error["data"]["reason"]) == (-32003, "userTimeout")
    assert error["data"]["timeoutSeconds"] == 2


async def test_no_display(lab: Lab) -> None:
    """Without a screen no window can open: an error, and the daemon lives on."""
    env = {**lab.token, "DISPLAY": ":9999"}
    with stack.daemon(lab.folder, lab.configuration(), env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            error = (await client.call("card.verifyPin"))["error"]
            assert error["data"]["reason"] == "internalError"
            assert "result" in await client.call("bridge.info")


async def test_hash_signing(lab: Lab, tmp_path: Path) -> None:
    """Only where the site's entry allows it, and never with the certificate that logs in."""
    digest = hashlib.sha256(DOCUMENT).digest()
    params: dict[str, Any] = {"hash": digest.hex(), "hashFunction": "SHA-256"}
    rules = lab.configuration(site_rules="allow_hash_signing = true")
    with stack.daemon(lab.folder, rules, lab.env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            id = await client.send("certificates.choose", purpose="signature")
            await asyncio.to_thread(lab.screen.wait_for_window)
            await asyncio.to_thread(lab.screen.press, "Return")
            chosen = (await client.response(id))["result"]["certificate"]
            response = await with_pin(lab, client, "sign.hash", certificate=chosen, **params)
            made = response["result"]
            key = x509.load_der_x509_certificate(decoded(chosen)).public_key()
            assert isinstance(key, rsa.RSAPublicKey)
            key.verify(decoded(made["signature"]), DOCUMENT, padding.PKCS1v15(), hashes.SHA256())
            assert made["signatureAlgorithm"] == {
                "cryptoAlgorithm": "RSA",
                "hashFunction": "SHA-256",
                "paddingScheme": "PKCS1.5",
            }
            token = await with_pin(lab, client, "auth.getToken", challengeNonce=nonce())
            logs_in = token["result"]["token"]["unverifiedCertificate"]
            error = (await client.call("sign.hash", certificate=logs_in, **params))["error"]
            assert error["data"]["reason"] == "originNotPermitted"
            for wrong in (digest[:-1].hex(), digest.hex() + "00", digest.hex().upper()):
                error = (await client.call("sign.hash", certificate=chosen, **{**params, "hash": wrong}))[
                    "error"
                ]
                assert (error["code"], error["data"]["member"]) == (-32602, "hash")


async def test_hash_signing_is_off(lab: Lab, daemon: str) -> None:
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        params = {"certificate": "AAAA", "hash": "00" * 32, "hashFunction": "SHA-256"}
        error = (await client.call("sign.hash", **params))["error"]
    assert (error["code"], error["data"]["reason"]) == (-32001, "originNotPermitted")
