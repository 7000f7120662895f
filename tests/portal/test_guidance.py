"""Every failure that a page can meet has guidance of its own, in both languages (reasons.js)."""

import re
from pathlib import Path

import pytest

import cardbridge_portal
from cardbridge_portal.verification import errors

SCRIPT = Path(cardbridge_portal.__file__).with_name("static") / "reasons.js"
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
    "keyUsageMissing signerMismatch serverUnreachable serverFailed connectionLost other"
)
BOTH = r't\("([^"]+)", "([^"]+)"\)'
ENTRY = re.compile(
    rf"^  (\w+): \[{BOTH}, {BOTH}, (?:{BOTH}|start|ask|again|rightCard), (true|false)\],$", re.MULTILINE
)


def entries() -> dict[str, tuple[str, ...]]:
    """Reason → title ja, en; what ja, en; todo ja, en; whether another try can help."""
    return {found[0]: found[1:] for found in ENTRY.findall(SCRIPT.read_text("utf-8"))}


@pytest.mark.parametrize("reason", f"{CLIENT} {DAEMON} {PORTAL}".split())
def test_reason_has_guidance(reason: str) -> None:
    title, title_en, what, what_en, *_ = entries()[reason]
    assert re.search(r"[ぁ-ん]", title) and re.search(r"[ぁ-ん]", what)
    assert title_en.isascii() and what_en and title_en[0].isupper()


def test_titles_differ() -> None:
    for column in (0, 1):
        titles = [entry[column] for name, entry in entries().items() if name != "signerMismatch"]
        assert len(titles) == len(set(titles))


def test_verification_reasons_differ() -> None:
    found = [vars(value) for value in vars(errors).values() if isinstance(value, type)]
    reasons = [members["reason"] for members in found if "reason" in members]
    assert len(reasons) == len(set(reasons)) >= 10
