"""Time stamps by `openssl ts`, an implementation of somebody else's."""

import hashlib
import subprocess
from pathlib import Path

from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import Encoding

from tests.portal.pdf_signing import time_stamper
from tests.portal.pki import Identity

CONFIGURATION = """
[tsa]
default_tsa = t
[t]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
"""


def stamp(folder: Path, stamper: Identity, data: bytes, *, hashed: str = "sha256") -> bytes:
    """DER of a time stamp token (a ContentInfo) over `data`, of this second."""
    (folder / "ts.cnf").write_text(CONFIGURATION.format(folder=folder))
    (folder / "serial").write_text("01\n")
    (folder / "data").write_bytes(data)
    key, certificate = stamper.write(folder, "tsa")
    (folder / "tsa.chain.pem").write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in stamper.chain))
    _run(folder, "-query", "-data", "data", f"-{hashed}", "-cert", "-out", "query.tsq")
    command = ["-reply", "-config", "ts.cnf", "-queryfile", "query.tsq", "-signer", str(certificate)]
    _run(folder, *command, "-inkey", str(key), "-chain", "tsa.chain.pem", "-token_out", "-out", "token.der")
    return (folder / "token.der").read_bytes()


def _run(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", "ts", *arguments], cwd=folder, check=True, capture_output=True)


def lax_stamp(stamper: Identity, data: bytes) -> bytes:
    """A token by pyHanko's dummy, which (unlike openssl) does not ask what its RSA certificate is for."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(data).digest()}
    asked = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True})
    answered = time_stamper(stamper).request_tsa_response(asked)
    return bytes(answered["time_stamp_token"].dump())
