"""A card's keys and certificates with names that nobody else has, to be looked for where they must not be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate

from tests.unit.certificates import HOLDER, LOGIN, SIGNATURE, certificate, key, name

PIN = "7392518460"
SUBJECT = "KANARIENVOGEL HANAKO"
SERIAL = 0x5EC2E75E71A1
_USES = {"authentication": LOGIN, "signature": SIGNATURE}


def make_card(folder: Path, subject: str = SUBJECT, kinds: Sequence[str] = ("p256", "p256")) -> Path:
    """{authentication,signature}.{key,crt}.pem, as `cardbridge_demo.softhsm.make_token` wants them."""
    folder.mkdir(parents=True)
    for number, ((use, usage), kind) in enumerate(zip(_USES.items(), kinds, strict=True)):
        der = certificate(
            kind, number=number, subject=name(subject), issuer=HOLDER, usage=usage, serial=SERIAL + number
        )
        private = key(kind, number=number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{use}.key.pem").write_bytes(private)
        (folder / f"{use}.crt.pem").write_bytes(load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return folder
