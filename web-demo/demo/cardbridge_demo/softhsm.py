"""A SoftHSM2 token that stands for an IC card, filled with a sample company's keys."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

LABEL = "cardbridge-demo"
MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
)
_OBJECTS = {"authentication": "01", "signature": "02"}


class NoModule(RuntimeError):
    """SoftHSM2 is not installed."""


def module() -> Path:
    """The SoftHSM2 module of this machine. Raises: NoModule."""
    for path in MODULES:
        if path.exists():
            return path
    raise NoModule("SoftHSM2 is not installed")


def make_token(folder: Path, card: Path, pin: str, objects: Mapping[str, str] = _OBJECTS) -> dict[str, str]:
    """A new token in `folder` with the keys and certificates of the card folder `card`.

    Args:
        card: holds {authentication,signature}.{key,crt}.pem, or others of `objects`.
        pin: the demonstration's own data; it becomes the token's PIN.
        objects: the names of the files, before the dot, and the CKA_ID that each gets, in hexadecimal.

    Returns:
        The environment in which the module finds the token.
    """
    tokens = folder / "tokens"
    tokens.mkdir(parents=True, mode=0o700)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    env = {"SOFTHSM2_CONF": str(configuration)}
    _run(
        ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", pin * 2, "--pin", pin], env
    )
    for name, object_id in objects.items():
        if (card / f"{name}.key.pem").exists():
            _import(card, name, object_id, pin, env)
    return env


def _import(card: Path, name: str, object_id: str, pin: str, env: Mapping[str, str]) -> None:
    key = card / f"{name}.key.pem"
    login = ["--token", LABEL, "--pin", pin]
    _run(["softhsm2-util", "--import", str(key), "--label", name, "--id", object_id, *login], env)
    with tempfile.TemporaryDirectory() as folder:
        der = Path(folder) / "certificate.der"
        _run(
            ["openssl", "x509", "-in", str(card / f"{name}.crt.pem"), "-outform", "der", "-out", str(der)],
            env,
        )
        write = ["pkcs11-tool", "--module", str(module()), "--token-label", LABEL, "--login", "--pin", pin]
        _run([*write, "--write-object", str(der), "--type", "cert", "--id", object_id, "--label", name], env)


def _run(command: list[str], env: Mapping[str, str]) -> None:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **env}
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - Debian's own tools
