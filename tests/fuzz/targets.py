"""Every fuzz target by its name: it takes any bytes, and raises only if there is something to mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.fuzz import documents, files, messages

CORPUS = Path(__file__).parent / "corpus"
CRASHES = Path(__file__).parent / "crashes"
"""Inputs that were found to break something, since mended: a test runs each of them."""

TARGETS: dict[str, Callable[[bytes], None]] = {
    "text": documents.text,
    "json": documents.json,
    "xml": documents.xml,
    "pdf": documents.pdf,
    "picture": documents.picture,
    "signed_pdf": documents.signed_pdf,
    "message": messages.message,
    "frames": messages.frames,
    "worker_replies": messages.worker_replies,
    "worker_requests": messages.worker_requests,
    "other_processes": messages.other_processes,
    "origin": messages.origin,
    "certificate": files.certificate,
    "wanted_signature": files.wanted_signature,
    "time_stamp": files.time_stamp,
    "configuration": files.configuration,
    "policies": files.policies,
    "audit": files.audit,
    "property_list": files.property_list,
    "registry": files.registry,
}
