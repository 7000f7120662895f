"""The Windows package under wine, as far as that goes; `installer/windows/WINE.md` is its table.

One computer's life, in this order: each test goes on where the one before has ended.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from cardbridge_demo.desktop import desktop
from installer.bundle import build as bundle
from installer.windows import msi, wine
from tests.packages import windows
from tests.packages.card import PIN, compile_card
from tests.packages.windows import Computer, until

pytestmark = [pytest.mark.packages, pytest.mark.slow, pytest.mark.timeout(1800)]

CITY, OTHER, PROPOSED = "https://city.example.jp", "https://b.example.jp", "https://ebid.example.jp"
NONCE = base64.b64encode(bytes(48)).decode()
SIDECAR = f'[[site]]\norigin = "{PROPOSED}"\nname = "○○市電子入札"\n'
SHOTS = bundle.ROOT / "build" / "windows" / "shots"
DRIVER = "C:\\card.dll"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same frozen program as three versions, each in a folder of its own, the first with a sidecar."""
    if (missing := wine.missing()) is not None:
        pytest.skip(missing)
    program = wine.BUILD / "prefix" / "drive_c" / "build" / "dist" / "cardbridge"
    if not program.exists():
        pytest.skip("it has not been built: make packages")
    made = {}
    for release in ("1.0.0", "1.1.0", "1.2.0"):
        folder = tmp_path_factory.mktemp(f"package-{release}")
        made[release] = msi.pack(program, folder / f"cardbridge-{release}-x64.msi", release)
    made["1.0.0"].with_name("cardbridge-sites.toml").write_text(SIDECAR, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def computer(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    prefix = tmp_path_factory.mktemp("wine") / "prefix"
    SHOTS.mkdir(parents=True, exist_ok=True)
    with desktop() as screen:
        made = Computer(wine=wine.Wine(prefix=prefix), screen=screen)
        made.wine.start()
        shutil.copytree(wine.BUILD / "prefix" / "drive_c" / "python", made.wine.drive / "python")
        try:
            yield made
        finally:
            made.wine.end()


@pytest.fixture(scope="module")
def certificate(computer: Computer) -> x509.Certificate:
    return compile_card(computer.wine.drive / "card.dll")


def package(packages: dict[str, Path], release: str) -> str:
    return wine.windows_path(packages[release])


def entry(computer: Computer) -> dict[str, str]:
    """The uninstall entry."""
    found = computer.registry(windows.UNINSTALL).values()
    return next((values for values in found if "IC Card Bridge" in values.get("DisplayName", "")), {})


def test_a_silent_installation(
    computer: Computer, packages: dict[str, Path], certificate: x509.Certificate
) -> None:
    code = computer.msiexec(
        "/i", package(packages, "1.0.0"), f"SITES={CITY}=見本市;{OTHER}", f"DRIVERS=見本カード={DRIVER}"
    )
    assert code == 0
    files = computer.files()
    assert {"cardbridge.exe", "cardbridgew.exe", "cardbridge-sites.toml"} <= set(files)
    computer.check("files", f"{len(files)} files in C:\\Program Files\\cardbridge, the sidecar among them")
    setup = computer.values(windows.SETUP)
    assert setup["Sites"] == f"{CITY}=見本市;{OTHER}" and setup["Drivers"] == f"見本カード={DRIVER}"
    computer.check(
        "properties", "SITES and DRIVERS with Japanese names, in HKLM\\Software\\Cardbridge\\Setup"
    )
    assert entry(computer)["DisplayName"] == "ICカードブリッジ (IC Card Bridge)"
    assert entry(computer)["DisplayVersion"] == "1.0.0"
    computer.check("uninstall entry", "ICカードブリッジ (IC Card Bridge), 1.0.0")
    assert computer.shortcuts() == ["ICカードブリッジ", "ICカードブリッジの設定"]
    computer.check("Start menu", "ICカードブリッジ, ICカードブリッジの設定")
    command = computer.values(f"{windows.SCHEME}\\shell\\open\\command")[""]
    assert "cardbridgew.exe" in command and "open-url" in command and "%1" in command
    computer.check("cardbridge://", "HKLM\\Software\\Classes\\cardbridge")
    assert "--at-login" in computer.values(windows.RUN)["cardbridge"]
    computer.check("start at login", "HKLM\\…\\CurrentVersion\\Run")


def test_browsers_policies(computer: Computer) -> None:
    policies = json.dumps(computer.registry(windows.POLICIES))
    for browser in ("Google\\\\Chrome", "Microsoft\\\\Edge"):
        assert f"{browser}\\\\LoopbackNetworkAllowedForUrls" in policies
    assert f"{CITY}:443" in policies and '"city.example.jp"' in policies and PROPOSED not in policies
    assert "Mozilla\\\\Firefox" in policies and f"{OTHER}:443" in policies
    computer.check(
        "browsers' policies", "Chrome, Edge, Firefox: the two sites of SITES, not the proposed one"
    )


def test_it_runs_and_tells_sites_apart(computer: Computer) -> None:
    until(computer.daemon, "the daemon that the installer starts")
    until(lambda: "ready on port" in computer.log(), "the port")
    until(lambda: "tray by win32" in computer.log(), "the tray's icon")
    computer.check("start after installation", "the daemon listens on 127.0.0.1:28470")
    computer.check("tray", "pystray's win32 icon in wine's system tray (screenshot)")
    hello, information = computer.ask(CITY, "bridge.info", "{}")
    assert hello["method"] == "bridge.hello" and information["result"]["protocol"] == 1
    computer.check("handshake", "a page of an allowed site gets bridge.hello; the socket's owner is found")
    assert computer.ask("https://evil.example.jp") == [{"closed": 4403}]
    computer.check("foreign site", "close code 4403")


def test_what_came_beside_the_installer_is_shown_and_not_allowed(computer: Computer) -> None:
    computer.window("settings")
    computer.screen.screenshot(SHOTS / "proposed.png")
    assert computer.ask(PROPOSED) == [{"closed": 4403}]
    assert json.loads((computer.data / "proposals.json").read_text())["shown"] == [PROPOSED]
    computer.check("sidecar", "the settings window opens with the proposed site, which is not allowed yet")
    until(lambda: _closed(computer), "the end of the window")


def _closed(computer: Computer) -> bool:
    computer.screen.press("Escape")
    return not computer.has_child("settings")


def test_a_pin_typed_in_the_window_signs(computer: Computer, certificate: x509.Certificate) -> None:
    page = computer.begin_to_ask(CITY, "auth.getToken", json.dumps({"challengeNonce": NONCE}))
    computer.window("dialog")
    computer.screen.screenshot(SHOTS / "pin.png")
    computer.screen.type_text(PIN)
    computer.screen.screenshot(SHOTS / "pin-typed.png")
    computer.screen.press("Return")
    said, _ = page.communicate(timeout=300)
    answer = json.loads(said.decode().splitlines()[-1])
    assert "result" in answer, answer
    token = answer["result"]["token"] if "token" in answer["result"] else answer["result"]
    assert PIN not in said.decode() and PIN not in computer.log()
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signed = _digest(CITY.encode()) + _digest(NONCE.encode())
    key.verify(base64.b64decode(token["signature"]), signed, padding.PKCS1v15(), SHA256())
    computer.check("PIN window", "shown, the PIN typed into it, its masked entry (screenshots)")
    computer.check("login", "a Web eID token by a driver's DLL, whose signature verifies")


def _digest(data: bytes) -> bytes:
    made = Hash(SHA256())
    made.update(data)
    return made.finalize()


def test_a_second_start_opens_the_settings(computer: Computer) -> None:
    program = "C:\\Program Files\\cardbridge\\cardbridgew.exe"
    computer.run(program, "run")
    until(lambda: computer.has_child("settings"), "the settings of the first")
    until(lambda: _closed(computer), "the end of the window")
    computer.check("second start", "asks the first by a named event, which opens its settings")
    with pytest.raises(Exception, match="exit status 2"):
        computer.run(program, "open-url", "cardbridge://start --config C:\\x")
    running = computer.daemon()
    computer.run(program, "open-url", "cardbridge://start")
    assert running is not None and computer.daemon() == running
    computer.check("open-url", "with a further word refused; cardbridge://start leaves one that runs alone")


def test_an_upgrade_while_it_runs(computer: Computer, packages: dict[str, Path]) -> None:
    before = computer.daemon()
    assert before is not None and computer.msiexec("/i", package(packages, "1.1.0")) == 0
    assert (
        "stopping" in computer.log().splitlines()[-1] or computer.log().count("bridge.daemon stopping") == 1
    )
    until(lambda: computer.daemon() not in (None, before), "the new daemon")
    computer.check("upgrade while running", "the daemon ends by itself, the new one is started")
    assert entry(computer)["DisplayVersion"] == "1.1.0"
    setup = computer.values(windows.SETUP)
    assert setup["Sites"] == f"{CITY}=見本市;{OTHER}" and setup["Drivers"] == f"見本カード={DRIVER}"
    until(lambda: computer.log().count("ready on port") == 2, "the port")
    assert computer.ask(CITY, "bridge.info", "{}")[1]["result"]["protocol"] == 1
    computer.check("remembered", "SITES and DRIVERS over the upgrade, without being given again")


def test_an_older_package_is_refused(computer: Computer, packages: dict[str, Path]) -> None:
    running = computer.daemon()
    assert computer.msiexec("/i", package(packages, "1.0.0")) != 0
    assert entry(computer)["DisplayVersion"] == "1.1.0" and computer.daemon() == running
    computer.check("downgrade", "refused; the newer one goes on running")


def test_properties_that_are_changed(computer: Computer, packages: dict[str, Path]) -> None:
    code = computer.msiexec(
        "/i", package(packages, "1.2.0"), f"SITES={OTHER}", "AUTOSTART=0", "BROWSERPOLICY=0", "LANGUAGE=en"
    )
    assert code == 0 and "cardbridge" not in computer.values(windows.RUN)
    assert "example.jp" not in json.dumps(computer.registry(windows.POLICIES))
    assert computer.values(windows.SETUP)["Sites"] == OTHER
    assert computer.shortcuts() == ["IC Card Bridge", "IC Card Bridge settings"]
    until(computer.is_quiet, "the end of the daemon")
    computer.check("AUTOSTART=0, BROWSERPOLICY=0, LANGUAGE=en", "no Run value, no policies, English names")
    shown = computer.run("C:\\Program Files\\cardbridge\\cardbridge.exe", "policy", "show")
    assert OTHER in shown and CITY not in shown
    computer.check("policy show", "the sites of SITES are the administrator's")


def test_uninstalled_without_a_trace_but_the_users_own(computer: Computer, packages: dict[str, Path]) -> None:
    assert computer.msiexec("/x", package(packages, "1.2.0")) == 0
    assert computer.is_quiet() and not (computer.wine.drive / windows.PROGRAMS).exists()
    assert not computer.shortcuts() and not entry(computer)
    for key in (r"HKEY_LOCAL_MACHINE\Software\Cardbridge", windows.SCHEME):
        assert computer.registry(key) == {}, key
    assert "example.jp" not in json.dumps(computer.registry(windows.POLICIES))
    assert computer.data.exists()
    computer.check("uninstallation", "no file, key, shortcut or process is left, but the user's data")


def test_purged(computer: Computer, packages: dict[str, Path]) -> None:
    assert computer.msiexec("/i", package(packages, "1.2.0"), "AUTOSTART=1") == 0
    until(computer.daemon, "the daemon")
    assert computer.msiexec("/x", package(packages, "1.2.0"), "PURGE=1") == 0
    assert computer.is_quiet() and not (computer.wine.drive / windows.PROGRAMS).exists()
    assert not computer.data.exists()
    computer.check("PURGE=1", "the user's data is gone, too; the daemon that ran was ended first")


def test_the_table(computer: Computer) -> None:
    """Rewritten where CARDBRIDGE_WINE=write; what it says has just been seen."""
    rows = "".join(f"| {what} | {how} |\n" for what, how in computer.checked)
    assert len(computer.checked) >= 20, "a test before this one has failed or was not run"
    if os.environ.get("CARDBRIDGE_WINE") == "write":
        template = bundle.ROOT / "installer" / "windows" / "wine.md.in"
        text = template.read_text("utf-8").replace("@ROWS@\n", rows)
        (bundle.ROOT / "installer" / "windows" / "WINE.md").write_text(text, encoding="utf-8")
