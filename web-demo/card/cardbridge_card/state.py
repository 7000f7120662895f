"""A card as one JSON file: keys, certificates, PIN and PUK with their counters, over restarts.

Written with mode 0600 and by rename, so that a crash leaves the old card or the new one.
"""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import keys
from .contents import CardContents, KeySlot
from .reference import ReferenceData

_VERSION = 1


class StateFileError(Exception):
    """The file is missing, unreadable, open to others, or no card."""


def load(path: Path) -> CardContents:
    """The card in the file. Raises StateFileError."""
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & 0o077:
            raise StateFileError(f"{path}: readable by others (chmod 600)")
        document = json.loads(path.read_text("utf-8"))
        if document["version"] != _VERSION:
            raise StateFileError(f"{path}: version {document['version']}")
        return _from_json(document)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateFileError(f"{path}: {type(error).__name__}") from error


def save(path: Path, contents: CardContents) -> None:
    """Writes the card; on return it is on the disk."""
    write_private(path, json.dumps(_to_json(contents), indent=1) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replaces the file at once by one that only its owner can read. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _to_json(contents: CardContents) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "guid": contents.guid.hex(),
        "pin": _reference_to_json(contents.pin),
        "puk": _reference_to_json(contents.puk),
        "keys": {f"{number:02X}": _slot_to_json(slot) for number, slot in contents.slots.items()},
    }


def _from_json(document: dict[str, Any]) -> CardContents:
    return CardContents(
        guid=bytes.fromhex(document["guid"]),
        pin=_reference_from_json(document["pin"]),
        puk=_reference_from_json(document["puk"]),
        slots={int(number, 16): _slot_from_json(slot) for number, slot in document["keys"].items()},
    )


def _reference_to_json(reference: ReferenceData) -> dict[str, Any]:
    return {
        "salt": base64.b64encode(reference.salt).decode(),
        "verifier": base64.b64encode(reference.verifier).decode(),
        "triesLeft": reference.tries_left,
        "tries": reference.tries_max,
    }


def _reference_from_json(document: dict[str, Any]) -> ReferenceData:
    return ReferenceData(
        salt=base64.b64decode(document["salt"]),
        verifier=base64.b64decode(document["verifier"]),
        tries_left=int(document["triesLeft"]),
        tries_max=int(document["tries"]),
    )


def _slot_to_json(slot: KeySlot) -> dict[str, str]:
    return {
        "key": keys.to_pem(slot.key).decode(),
        "certificate": slot.certificate.public_bytes(Encoding.PEM).decode(),
    }


def _slot_from_json(document: dict[str, str]) -> KeySlot:
    return KeySlot(
        key=keys.from_pem(document["key"].encode()),
        certificate=x509.load_pem_x509_certificate(document["certificate"].encode()),
    )
