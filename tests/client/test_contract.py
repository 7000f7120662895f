"""The JavaScript client names what the daemon names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from bridge.core.errors import ERRORS
from bridge.core.messages import METHODS, NOTIFICATIONS, SUBPROTOCOL

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "web-demo" / "client"
METHOD = re.compile(r'"((?:bridge|readers|certificates|card|auth|sign|upload|session)\.\w+|\$/\w+)"')


def of_client(expression: str) -> list[str]:
    """A list that node makes of the client's exports."""
    program = f"import * as client from {json.dumps((CLIENT / 'cardbridge.js').as_uri())};"
    program += f"console.log(JSON.stringify({expression}))"
    node = Path(sys.executable).with_name("node")
    done = subprocess.run([node, "--input-type=module", "-e", program], capture_output=True, check=True)
    value: list[str] = json.loads(done.stdout)
    return value


def test_every_reason_has_its_class() -> None:
    assert set(of_client("Object.keys(client.ERRORS_BY_REASON)")) == set(ERRORS)


def test_methods_and_notifications() -> None:
    scripts = [path.read_text("utf-8") for path in CLIENT.glob("*.js")]
    used = {name for script in scripts for name in METHOD.findall(script)}
    assert set(METHODS) <= used
    assert used - set(METHODS) - set(NOTIFICATIONS) == set(), "no such method"
    assert set(NOTIFICATIONS) <= used


def test_subprotocol() -> None:
    assert f'"{SUBPROTOCOL}"' in (CLIENT / "socket.js").read_text("utf-8")


def test_every_connection_failure_has_guidance_on_the_portal() -> None:
    guidance = ROOT / "web-demo" / "portal" / "cardbridge_portal" / "static" / "reasons.js"
    shown = set(re.findall(r"^  (\w+): \[", guidance.read_text("utf-8"), re.MULTILINE))
    assert set(of_client("Object.keys(client.CONNECTION_ERRORS_BY_REASON)")) <= shown
