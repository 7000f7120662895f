"""Every failure that S1, S3 and S6 can meet has Japanese guidance of its own."""

import re
from pathlib import Path

import pytest

import cardbridge_portal
from cardbridge_portal.verification import errors

SCRIPT = Path(cardbridge_portal.__file__).with_name("static") / "guidance.js"
CLIENT = (
    "permissionDenied permissionDismissed waitingForPermission notRunning siteNotPermitted notResponding "
    "tooOld portalMisconfigured pageNotSecure messageTooBig"
)
DAEMON = (
    "originNotPermitted userCancelled userTimeout busy rateLimited noReader noCard cardRemoved "
    "cardUnsupported readerServiceUnavailable pinIncorrect pinLocked noCertificate certificateExpired "
    "certificateNotYetValid certificateMismatch driverNotFound driverFailed driverTimeout"
)
PORTAL = (
    "sessionExpired csrf nonceExpired transactionUnknown cardAlreadyRegistered certificateUntrusted "
    "keyUsageMissing signerMismatch serverUnreachable connectionLost other"
)
ENTRY = re.compile(
    r'^  (\w+): \["([^"]+)", "([^"]+)", (?:"([^"]+)"|start|ask), (true|false)\],$', re.MULTILINE
)


def entries() -> dict[str, tuple[str, ...]]:
    return {found[0]: found[1:] for found in ENTRY.findall(SCRIPT.read_text("utf-8"))}


@pytest.mark.parametrize("reason", f"{CLIENT} {DAEMON} {PORTAL}".split())
def test_reason_has_guidance(reason: str) -> None:
    title, what, *_ = entries()[reason]
    assert re.search(r"[ぁ-ん]", title) and re.search(r"[ぁ-ん]", what)


def test_titles_differ() -> None:
    titles = [entry[0] for name, entry in entries().items() if name != "signerMismatch"]
    assert len(titles) == len(set(titles))


def test_verification_reasons_differ() -> None:
    found = [vars(value) for value in vars(errors).values() if isinstance(value, type)]
    reasons = [members["reason"] for members in found if "reason" in members]
    assert len(reasons) == len(set(reasons)) >= 10
