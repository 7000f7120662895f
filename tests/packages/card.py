"""The test card as a Windows DLL (card.c): its key and certificate are made anew each time."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PIN = "135790"
HOLDER = "見本建設 太郎"
_SOURCE = Path(__file__).with_name("card.c")
_LIMBS = 64


def compile_card(target: Path, *compiler: str) -> x509.Certificate:
    """The DLL; what is on the card. `compiler` may be another than that for Windows."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = _certificate(key)
    header = target.parent / "card_data.h"
    header.write_text(_data(key, certificate), encoding="ascii")
    command = [
        *(compiler or ("x86_64-w64-mingw32-gcc",)),
        "-shared",
        "-O2",
        "-Wall",
        "-I",
        str(header.parent),
    ]
    subprocess.run([*command, str(_SOURCE), "-o", str(target)], check=True)
    header.unlink()
    return certificate


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, HOLDER)]
    )
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, SHA256())
    )


def _data(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> str:
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    return "\n".join(
        [
            f'static const char PIN[] = "{PIN}";',
            _limbs("MODULUS_LIMBS", modulus),
            _limbs("EXPONENT", numbers.d),
            _limbs("R_SQUARED", (1 << 2 * 32 * _LIMBS) % modulus),
            _bytes("MODULUS_BYTES", modulus.to_bytes(4 * _LIMBS, "big")),
            _bytes("CERTIFICATE_DER", certificate.public_bytes(Encoding.DER)),
            "",
        ]
    )


def _limbs(name: str, number: int) -> str:
    limbs = [number >> 32 * place & 0xFFFFFFFF for place in range(_LIMBS)]
    return f"static const uint32_t {name}[] = {{{', '.join(f'{limb:#x}u' for limb in limbs)}}};"


def _bytes(name: str, value: bytes) -> str:
    return f"static const unsigned char {name}[] = {{{', '.join(map(str, value))}}};"
