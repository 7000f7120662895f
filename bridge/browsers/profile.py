"""macOS: the browsers' policies as a configuration profile, which only device management (MDM) can install.

A program cannot write managed preferences there: this makes the file for whoever manages the computers.
**Never installed on macOS.**
"""

from __future__ import annotations

import plistlib
import uuid
from collections.abc import Iterable
from typing import Any

from bridge.browsers.chromium import ALLOWED
from bridge.browsers.firefox import POLICY
from bridge.browsers.target import https_only, url_pattern
from bridge.core.origin import Origin

_IDENTIFIER = "cardbridge.browsers"
_CHROMIUM_DOMAINS = ("com.google.Chrome", "com.microsoft.Edge", "org.chromium.Chromium")


def mobileconfig(sites: Iterable[Origin]) -> bytes:
    """The profile for exactly these sites, unsigned; the same sites give the same file."""
    wanted = https_only(sites)
    patterns = [url_pattern(site) for site in wanted]
    payloads = [_payload(domain, {ALLOWED: patterns}) for domain in _CHROMIUM_DOMAINS]
    skipped = {POLICY: {"SkipDomains": sorted({site.host for site in wanted})}}
    payloads.append(_payload("org.mozilla.firefox", {"EnterprisePoliciesEnabled": True, **skipped}))
    profile = {
        "PayloadContent": payloads,
        "PayloadDisplayName": "ICカードブリッジ: ブラウザーの設定 / browser policies",
        "PayloadScope": "System",
        **_common("Configuration", _IDENTIFIER),
    }
    return plistlib.dumps(profile, sort_keys=True)


def _payload(domain: str, values: dict[str, Any]) -> dict[str, Any]:
    return {**values, **_common(domain, f"{_IDENTIFIER}.{domain}")}


def _common(kind: str, identifier: str) -> dict[str, Any]:
    return {
        "PayloadType": kind,
        "PayloadIdentifier": identifier,
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"cardbridge:{identifier}")).upper(),
        "PayloadVersion": 1,
    }
