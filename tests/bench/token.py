"""The SoftHSM2 token that all contenders sign with: RSA-2048, a certificate each to log in and to sign."""

from __future__ import annotations

import hashlib
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
    """`env` is where the module finds its tokens; `thumbprint` is of the certificate to log in with."""

    module: Path
    env: dict[str, str]
    name: str = "SoftHSM2"
    pin: str = PIN
    thumbprint: str | None = None


def soft_token(folder: Path, *, logins: int = 1) -> SoftToken:
    """A new one in `folder`, with so many certificates to log in."""
    card = folder / "card"
    card.mkdir(parents=True)
    names = ["authentication", "signature", *(f"authentication{number}" for number in range(2, logins + 1))]
    now = datetime.now(UTC)
    thumbprint = None
    for number, name in enumerate(names):
        pem = key("rsa", number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (card / f"{name}.key.pem").write_bytes(pem)
        usage = SIGNATURE if name == "signature" else LOGIN
        valid = (now - timedelta(days=1), now + timedelta(days=365))
        issued = certificate("rsa", number=number, usage=usage, valid=valid, serial=number + 1)
        thumbprint = thumbprint or hashlib.sha256(issued).hexdigest()
        (card / f"{name}.crt.pem").write_bytes(
            x509.load_der_x509_certificate(issued).public_bytes(Encoding.PEM)
        )
    objects = {name: f"{number:02x}" for number, name in enumerate(names, 1)}
    env = softhsm.make_token(folder, card, PIN, objects)
    return SoftToken(module=softhsm.module(), env=env, thumbprint=thumbprint)
