"""The SoftHSM2 token that all contenders sign with: RSA-2048, a certificate each to log in and to sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardbridge_demo import softhsm
from tests.unit.certificates import LOGIN, SIGNATURE, certificate, key

PIN = "123456"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftToken:
    """`env` is where the module finds its tokens; there is one."""

    module: Path
    env: dict[str, str]
    pin: str = PIN


def soft_token(folder: Path) -> SoftToken:
    """A new one in `folder`."""
    card = folder / "card"
    card.mkdir(parents=True)
    now = datetime.now(UTC)
    for number, (name, usage) in enumerate({"authentication": LOGIN, "signature": SIGNATURE}.items()):
        pem = key("rsa", number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (card / f"{name}.key.pem").write_bytes(pem)
        valid = (now - timedelta(days=1), now + timedelta(days=365))
        issued = certificate("rsa", number=number, usage=usage, valid=valid, serial=number + 1)
        pem = x509.load_der_x509_certificate(issued).public_bytes(Encoding.PEM)
        (card / f"{name}.crt.pem").write_bytes(pem)
    return SoftToken(module=softhsm.module(), env=softhsm.make_token(folder, card, PIN))
