"""The applet's stand-in by Web Start: IcedTea-Web takes a signed jar from a page's server, and runs it.

The person has trusted the publisher before, as the portals asked for: no question appears. `-headless` spares
the program its splash and progress windows, which favours it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cardbridge_demo.ports import free_port
from tests.bench.references import installing

_PASSWORD = "changeit"
_JNLP = """<?xml version="1.0" encoding="utf-8"?>
<jnlp spec="1.0+" codebase="http://127.0.0.1:{port}/" href="signer.jnlp">
<information><title>signer</title><vendor>bench</vendor></information>
<security><all-permissions/></security>
<resources><j2se version="1.8+"/><jar href="signer.jar" main="true"/></resources>
<application-desc main-class="Signer">{arguments}</application-desc>
</jnlp>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebStart:
    """A page's server and a home whose owner trusts the publisher; `signed` is told when it has signed."""

    command: list[str]
    env: dict[str, str]
    signed: socket.socket
    log: Path

    @contextmanager
    def started(self) -> Iterator[int]:
        """From the start to the first signature; the process's number. Raises: TimeoutError."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            accepted, _ = self.signed.accept()
            with accepted:
                yield int(accepted.makefile().readline().split()[0])
        finally:
            process.kill()
            process.wait()


@contextmanager
def web_start(folder: Path, module: Path, pin: str, env: Mapping[str, str]) -> Iterator[WebStart]:
    """Raises: installing.Missing."""
    javaws = installing.web_start()
    port, page, home = free_port(), folder / "page", folder / "home"
    page.mkdir(parents=True)
    _trust(_sign(page, folder), home / ".config" / "icedtea-web" / "security")
    with socket.create_server(("127.0.0.1", 0)) as signed:
        signed.settimeout(60)
        arguments = ("applet", module, signed.getsockname()[1], pin)
        text = "".join(f"<argument>{argument}</argument>" for argument in arguments)
        (page / "signer.jnlp").write_text(_JNLP.format(port=port, arguments=text))
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", str(page)]
        with (folder / "page.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
        places = {"HOME": home, "XDG_CONFIG_HOME": home / ".config", "XDG_CACHE_HOME": home / ".cache"}
        environment = {**os.environ, **env, **{name: str(place) for name, place in places.items()}}
        try:
            yield WebStart(
                command=[javaws, "-headless", f"http://127.0.0.1:{port}/signer.jnlp"],
                env=environment,
                signed=signed,
                log=folder / "web-start.log",
            )
        finally:
            server.terminate()
            server.wait()


def _sign(page: Path, folder: Path) -> Path:
    """The page's jar, signed; the publisher's certificate."""
    store, certificate = folder / "publisher.keystore", folder / "publisher.pem"
    known = ["-keystore", str(store), "-storepass", _PASSWORD]
    shutil.copyfile(installing.java(), page / "signer.jar")
    _run("keytool", "-genkeypair", *known, "-alias", "b", "-keyalg", "RSA", "-dname", "CN=bench")
    _run("jarsigner", *known, str(page / "signer.jar"), "b")
    _run("keytool", "-exportcert", *known, "-alias", "b", "-rfc", "-file", str(certificate))
    return certificate


def _trust(certificate: Path, security: Path) -> None:
    security.mkdir(parents=True)
    for name in ("trusted.certs", "trusted.cacerts"):
        store = ["-keystore", str(security / name), "-storepass", _PASSWORD, "-storetype", "JKS"]
        _run("keytool", "-importcert", "-noprompt", "-alias", "b", *store, "-file", str(certificate))
    (security.parent / "deployment.properties").write_text("deployment.manifest.attributes.check=NONE\n")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
