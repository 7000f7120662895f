"""The command: ready line, first start's files, the same again at the second start, TLS."""

import hashlib
import signal
import socket
import ssl
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from cardbridge_demo.ports import free_port
from tests.portal.clerk import read_samples


def run(data: Path, *options: str, scheme: str = "http") -> tuple["subprocess.Popen[str]", str]:
    """Start the command and wait for its ready line; returns process and origin."""
    port = free_port()
    origin = f"{scheme}://localhost:{port}"
    command = [sys.executable, "-m", "cardbridge_portal", "run", "--data", str(data)]
    command += ["--port", str(port), "--origin", origin, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"portal ready {origin}\n"
    return process, origin


def stop(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=60)
    assert process.stdout is not None
    process.stdout.close()
    return code


def contents(data: Path) -> dict[str, str]:
    files = [path for path in data.rglob("*") if path.is_file() and "sqlite" not in path.name]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_first_and_second_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    process, origin = run(data)
    with urllib.request.urlopen(origin) as response:  # noqa: S310
        assert response.status == 200
    assert stop(process) == 0
    samples = read_samples(data)
    assert len(samples) >= 2
    for sample in samples:
        own = "kind" if sample.get("kind") == "official" else "number"
        assert set(sample) == {"municipality", own, "name", "card"}
        assert sorted(path.name for path in Path(sample["card"]).iterdir()) == [
            "authentication.crt.pem", "authentication.key.pem", "signature.crt.pem", "signature.key.pem",
        ]  # fmt: skip
    for path in data.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    before = contents(data)
    process, _ = run(data)
    assert stop(process) == 0
    assert contents(data) == before


def test_tls(template: Path, tmp_path: Path) -> None:
    certificate, key = tmp_path / "crt.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"]
    subprocess.run([*command, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    options = ("--tls-cert", str(certificate), "--tls-key", str(key))
    process, origin = run(template, *options, scheme="https")
    context = ssl.create_default_context(cafile=certificate)
    with urllib.request.urlopen(f"{origin}/m/462012/", context=context) as response:  # noqa: S310
        assert response.headers["Set-Cookie"].startswith("__Host-")
        assert "Secure" in response.headers["Set-Cookie"]
    assert stop(process) == 0


def test_port_in_use(template: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "cardbridge_portal", "run", "--data", str(template), "--port", port]
        finished = subprocess.run(
            [*command, "--origin", "http://localhost:1"], capture_output=True, check=False, timeout=60
        )
    assert finished.returncode == 1 and b"Traceback" not in finished.stderr and finished.stderr


def test_verification_stands_alone() -> None:
    code = "import sys, cardbridge_portal.verification; print(*sorted(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not {"aiohttp", "sqlalchemy", "jinja2", "cardbridge_portal.app"} & set(finished.stdout.split())


@pytest.mark.parametrize(
    "options",
    [["--origin", "http://portal.example.jp"], ["--tls-cert", "x"], ["--bridge-ports", "9-1"]],
)
def test_wrong_options(tmp_path: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "cardbridge_portal", "run", "--data", str(tmp_path / "d")]
    command += ["--port", "1", "--origin", "https://portal.example.jp", *options]
    finished = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert finished.returncode == 2 and not (tmp_path / "d").exists()


def page(origin: str) -> str:
    with urllib.request.urlopen(origin) as response:  # noqa: S310
        text: str = response.read().decode()
        return text


def test_link_to_the_virtual_cards_control(data: Path) -> None:
    """Only where the demonstration says so, and never with the control's token."""
    process, origin = run(data, "--card-control", "http://127.0.0.1:28000")
    try:
        assert 'href="http://127.0.0.1:28000/"' in page(origin)
    finally:
        stop(process)
    process, origin = run(data)
    try:
        assert "card-control" not in page(origin)
    finally:
        stop(process)


@pytest.mark.parametrize("address", ["http://card.example.jp", "http://127.0.0.1:1/#token", "javascript:x"])
def test_control_is_a_loopback_origin(data: Path, address: str) -> None:
    command = [sys.executable, "-m", "cardbridge_portal", "run", "--data", str(data), "--port", "1"]
    command += ["--origin", "http://localhost:1", "--card-control", address]
    assert subprocess.run(command, capture_output=True).returncode == 2
