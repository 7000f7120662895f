"""What must never be in a support file: looked for byte by byte, after a real session with a real PIN."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import pwd
import secrets
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge import paths
from bridge.doctor import bundle
from bridge.doctor.checks import configuration
from bridge.doctor.place import Place
from bridge.doctor.running import findings
from cardbridge_demo import softhsm, stack
from cardbridge_demo.desktop import Desktop, desktop
from cardbridge_demo.ports import free_ports
from tests.doctor.holder import PIN, SERIAL, SUBJECT, make_card
from tests.e2e.contract_client import Client, connected

pytestmark = pytest.mark.softhsm

ORIGIN = "https://ebid.example.jp"
NUMBER, CONTACT, DOCUMENT = "987650123456789", "KANARIEN TANTOUSHA", "KANARIEN-KEIYAKU.txt"
COMMENT = "KANARIEN-COMMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A daemon at work, and the environment in which the diagnosis of the same user runs."""

    folder: Path
    url: str
    screen: Desktop
    env: dict[str, str]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    home = tmp_path / "kanarienheim"
    home.mkdir()
    token = softhsm.make_token(home / "hsm", make_card(tmp_path / "card"), PIN)
    first = free_ports(2)
    written = stack.write_configuration(
        home,
        ORIGIN,
        ("SoftHSM2", softhsm.module()),
        ports=(first, first + 1),
        site_rules='pin = "session"',
    )
    written.write_text(f"# {COMMENT} {NUMBER}\n" + written.read_text("utf-8"), "utf-8")
    user = {"HOME": str(home), "USER": "kanarienvogel", "LOGNAME": "kanarienvogel"}
    with desktop() as screen:
        env = {**token, **screen.env, **user}
        with stack.daemon(home, written, env) as url:
            places = {f"XDG_{name}_HOME": str(home / folder) for name, folder in FOLDERS.items()}
            own = {**os.environ, **env, **places, "CARDBRIDGE_CONFIG": str(written)}
            yield Office(folder=tmp_path, url=url, screen=screen, env=own)


FOLDERS = {"CONFIG": "config", "STATE": "state", "DATA": "share", "CACHE": "cache"}


async def work(office: Office, client: Client) -> str:
    """A login with contact, a signature with a document, and what is refused; the session's token."""
    nonce = base64.b64encode(secrets.token_bytes(33)).decode()
    id = await client.send("auth.getToken", challengeNonce=nonce, contactField="optional")
    await client.until(id, "waitingForUser")
    await asyncio.to_thread(office.screen.wait_for_window)
    await asyncio.to_thread(office.screen.type_text, PIN)
    await asyncio.to_thread(office.screen.press, "Tab")
    await asyncio.to_thread(office.screen.type_text, CONTACT)
    await asyncio.to_thread(office.screen.press, "Return")
    result: dict[str, Any] = (await client.response(id))["result"]
    assert result["contact"] == CONTACT
    document = {
        "name": DOCUMENT,
        "mediaType": "text/plain",
        "content": base64.b64encode(NUMBER.encode()).decode(),
    }
    id = await client.send("sign.documents", documents=[document], format="cades")
    await client.until(id, "waitingForUser")
    await asyncio.to_thread(office.screen.wait_for_window)
    await asyncio.to_thread(office.screen.press, "Return")
    signed = await client.response(id)
    assert len(signed["result"]["signatures"]) == 1
    await client.call("sign.documents", documents=[{**document, "id": NUMBER}])  # is refused, and logged
    return str(result["session"])


def packed(office: Office) -> bytes:
    """The bytes of all files in a new support file, and the zip's own. It is shown as it is: test_cli."""
    file = office.folder / f"{secrets.token_hex(4)}.zip"
    done = subprocess.run(
        [stack.program(), "doctor", "--bundle", str(file), "--yes"],
        env=office.env,
        capture_output=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(file) as archive:
        return b"\n".join([file.read_bytes(), *map(archive.read, archive.namelist())])


def canaries(session: str) -> list[str]:
    words = [PIN, NUMBER, CONTACT, DOCUMENT, COMMENT, SUBJECT, session, "kanarienvogel", "kanarienheim"]
    words += [f"{SERIAL:x}", f"{SERIAL:X}", str(SERIAL), f"{SERIAL + 1:x}", "見本 太郎"]
    return words


async def test_nothing_secret_is_in_it(office: Office) -> None:
    async with connected(office.url, ORIGIN) as client:
        session = await work(office, client)
        during = await asyncio.to_thread(packed, office)
        await client.call("session.close")
    after = await asyncio.to_thread(packed, office)
    for text in (during, after):
        for word in canaries(session):
            assert word.encode() not in text and base64.b64encode(word.encode()) not in text, word
        assert ORIGIN.encode() in text and b"libsofthsm2.so" in text and b"cardbridge.log" in text
    assert b"driver_busy" in during, "a session is not disturbed"
    assert b"driver_good" in after


def test_a_log_that_says_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The logs never hold such things; if one did, the file would not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("USER", "kanarienvogel")
    log = paths.log_folder() / "cardbridge.log"
    log.parent.mkdir(parents=True)
    person = pwd.getpwuid(os.getuid())
    secret = "Zq8vR2pLw0Xa9TgHc4NfYb1K"
    log.write_text(
        f"x {person.pw_dir}/a /home/tanaka/b kanarienvogel {NUMBER} {secret} a@b.example {SERIAL:x}0000\n"
    )
    (log.parent / "other.log.1").symlink_to("/etc/passwd")
    files = bundle.contents(Place(user=tmp_path / "config.toml", machine=None), [])
    assert "other.log.1" not in files
    text = files["cardbridge.log"]
    for word in (
        "tanaka",
        "kanarienvogel",
        NUMBER,
        secret,
        "a@b.example",
        f"{SERIAL:x}",
        f"{person.pw_dir}/a",
    ):
        assert word not in text
    assert "~/a /home/[name]/b [name] [number] [token] [mail] [hex]" in text


def test_all_of_it_is_json_and_nothing_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(user=tmp_path / "config.toml", machine=None)
    place.user.write_text(f'pin = "{PIN}"\n')
    found = [each for each in findings(place) if each.id in ("config", "program")]

    def broken() -> dict[str, object]:
        raise RuntimeError("no")

    monkeypatch.setattr(bundle, "_system", broken)
    files = bundle.contents(place, found)
    made = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
    assert made["system.json"] == {"error": "RuntimeError: no"} and made["config.json"]["key"] == "pin"
    assert PIN not in "".join(files.values()), "of a broken configuration nothing but the place is told"


@pytest.mark.parametrize(
    "text",
    [
        f'[[site]]\norigin = "{ORIGIN}"\npin = "{PIN}"\n',
        f'[[site]]\norigin = "https://me:{PIN}@ebid.example.jp"\n',
        f'[ui]\nlanguage = "{PIN}"\n',
        f'x = "{PIN}\n',
    ],
)
def test_a_secret_in_the_wrong_place_stays_there(tmp_path: Path, text: str) -> None:
    place = Place(user=tmp_path / "config.toml", machine=None)
    place.user.write_text(text)
    found = list(configuration.file(place))
    assert found[0].code == "config_broken"
    assert PIN not in "".join(bundle.contents(place, found).values())


def test_of_a_time_stamping_address_only_the_host(tmp_path: Path) -> None:
    place = Place(user=tmp_path / "config.toml", machine=None)
    url = "https://tsa.example.jp/customers/abc123/stamp"
    place.user.write_text(f'[[site]]\norigin = "{ORIGIN}"\ntimestamp_url = "{url}"\n')
    text = bundle.contents(place, [])["config.json"]
    assert "https://tsa.example.jp" in text and "abc123" not in text
