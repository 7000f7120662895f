"""An official at the authority's side, over HTTP: goes from screen to screen as the pages' scripts do."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientResponse, FormData

from tests.portal.clerk import Clerk


@dataclass
class OfficialClerk(Clerk):
    """One browser of an official; `sample` is an entry of samples.json with `kind` official."""

    @property
    def base(self) -> str:
        return "/authority/"

    async def enter(self) -> None:
        await self.get("")
        await self.get("card")

    async def log_in(self) -> str:
        """A0 and A1; the address that the portal sends to."""
        await self.enter()
        response = await self.post("api/authenticate", {"token": self.token(await self.nonce())})
        assert response.status == 200, await response.text()
        return str((await response.json())["next"])

    async def confirm(self, page: str, **values: str) -> ClientResponse:
        """Open a confirmation and press its button."""
        await self.get(page)
        return await self.submit(page, once=self.once, **values)

    @property
    def once(self) -> str:
        found = re.search(r'name="once" value="([^"]*)"', self.text)
        assert found, self.text
        return found.group(1)

    async def upload(self, content: bytes, name: str = "list.csv") -> ClientResponse:
        """検査する: the file as a browser sends it; follows to the result."""
        form = FormData(quote_fields=False)
        form.add_field("csrf", self.csrf)
        form.add_field("file", content, filename=name, content_type="text/csv")
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        return await self.see(await self.client.post(f"{self.base}import", data=form, headers=headers))

    def match(self, pattern: str) -> str:
        """The first group of a pattern on the page that is seen."""
        found = re.search(pattern, self.text, re.DOTALL)
        assert found, self.text
        return found.group(1)


def database_files(folder: Path) -> bytes:
    """The database as it lies on the disk, its journal included."""
    return b"".join(path.read_bytes() for path in folder.glob("portal.sqlite3*"))


def openssl_verify(signature: Path, document: Path, root: Path, output: Path) -> None:
    """Raises: subprocess.CalledProcessError, where OpenSSL does not accept the detached signature."""
    command: list[str | Path] = [
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", document,
        "-CAfile", root, "-purpose", "any", "-out", output,
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
