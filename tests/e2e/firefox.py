"""Firefox ESR over WebDriver BiDi (W3C), shaped like what the walk uses of Playwright's page.

Playwright drives only its own build of Firefox, and geckodriver is not in Debian; Firefox itself speaks BiDi.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

FIREFOX = Path("/usr/bin/firefox-esr")
ANSWER_S = 60
_LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_PREFERENCES = {
    "app.update.auto": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "ja",
    "network.trr.mode": 5,
}

_READY = """(selector) => {
  const found = [...document.querySelectorAll(selector)].find((each) => each.getClientRects().length > 0);
  return Boolean(found);
}"""
_POINT = """(selector) => {
  const element = document.querySelector(selector);
  if (!element || element.disabled || element.getClientRects().length === 0) return null;
  element.scrollIntoView({ block: "center" });
  const { left, top, width, height } = element.getBoundingClientRect();
  return [Math.round(left + width / 2), Math.round(top + height / 2)];
}"""
_FILL = """(selector, value) => {
  const element = document.querySelector(selector);
  element.focus();
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}"""


class BidiError(Exception):
    """Firefox refused a command."""


@dataclass
class Connection:
    """One BiDi session; commands are sent from any thread, one loop of its own reads the answers."""

    url: str
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _ids: Iterator[int] = field(default_factory=itertools.count)
    _waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _socket: aiohttp.ClientWebSocketResponse | None = None

    def open(self) -> None:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._connect(), self._loop).result(ANSWER_S)
        accepted = {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}}
        self.send("session.new", **accepted)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._disconnect(), self._loop).result(ANSWER_S)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def send(self, method: str, **params: Any) -> Any:
        """The command's result. Raises: BidiError."""
        answer = asyncio.run_coroutine_threadsafe(self._send(method, params), self._loop)
        return answer.result(ANSWER_S)

    async def _connect(self) -> None:
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(self.url, max_msg_size=0)
        self._reading = self._loop.create_task(self._read(self._socket))

    async def _disconnect(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self._reading
        await self._session.close()

    async def _send(self, method: str, params: dict[str, Any]) -> Any:
        assert self._socket is not None
        identifier = next(self._ids)
        answer = self._waiting[identifier] = self._loop.create_future()
        await self._socket.send_json({"id": identifier, "method": method, "params": params})
        return await answer

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            said = json.loads(message.data)
            answer = self._waiting.pop(said.get("id"), None)
            if answer is None or answer.done():
                continue
            if said["type"] == "error":
                answer.set_exception(BidiError(f"{said['error']}: {said['message']}"))
            else:
                answer.set_result(said["result"])


@dataclass
class FirefoxPage:
    """One tab; the methods are those of Playwright's page that the walk uses."""

    connection: Connection
    tab: str

    @property
    def context(self) -> FirefoxPage:
        return self

    def goto(self, url: str) -> None:
        self.connection.send("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def evaluate(self, script: str) -> Any:
        return self._value(self.connection.send("script.evaluate", expression=script, **self._target))

    def wait_for_selector(self, selector: str, *, timeout: float = 20_000) -> None:
        self._until(lambda: self._call(_READY, selector), f"{selector} did not appear", timeout)

    def click(self, selector: str) -> None:
        """Pressed with the pointer, as soon as it is there and enabled."""
        found: list[list[int]] = []

        def look() -> bool:
            point = self._call(_POINT, selector)
            found[:] = [point] if point else []
            return bool(point)

        self._until(look, f"{selector} cannot be pressed", 20_000)
        (x, y) = found[0]
        move = {"type": "pointerMove", "x": x, "y": y}
        press = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        pointer = {"type": "pointer", "id": "mouse", "actions": press}
        self.connection.send("input.performActions", context=self.tab, actions=[pointer])

    def fill(self, selector: str, value: str) -> None:
        self.wait_for_selector(selector)
        self._call(_FILL, selector, value)

    def inner_text(self, selector: str) -> str:
        return str(self._call("(selector) => document.querySelector(selector).innerText", selector))

    def screenshot(self, *, path: Path, full_page: bool = False) -> None:
        origin = "document" if full_page else "viewport"
        shot = self.connection.send("browsingContext.captureScreenshot", context=self.tab, origin=origin)
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self, *, path: Path, format: str = "A4", print_background: bool = True) -> None:
        assert format == "A4"
        size = {"width": 21.0, "height": 29.7}
        printed = self.connection.send(
            "browsingContext.print", context=self.tab, background=print_background, page=size
        )
        path.write_bytes(base64.b64decode(printed["data"]))

    def close(self) -> None:
        self.connection.send("browsingContext.close", context=self.tab)

    @contextmanager
    def expect_page(self) -> Iterator[Opening]:
        """What is done inside opens a tab; `value` is it afterwards."""
        opening = Opening()
        before = self._tabs()
        yield opening
        self._until(lambda: self._tabs() - before, "no tab was opened", 20_000)
        (tab,) = self._tabs() - before
        opening.value = FirefoxPage(self.connection, tab)

    def _tabs(self) -> set[str]:
        tree = self.connection.send("browsingContext.getTree", maxDepth=0)
        return {each["context"] for each in tree["contexts"]}

    @property
    def _target(self) -> dict[str, Any]:
        return {"target": {"context": self.tab}, "awaitPromise": True}

    def _call(self, function: str, *arguments: str) -> Any:
        given = [{"type": "string", "value": argument} for argument in arguments]
        answer = self.connection.send(
            "script.callFunction", functionDeclaration=function, arguments=given, **self._target
        )
        return self._value(answer)

    def _value(self, answer: dict[str, Any]) -> Any:
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        result = answer["result"]
        if result["type"] == "array":
            return [each["value"] for each in result["value"]]
        return result.get("value")

    def _until(self, condition: Any, failure: str, timeout_ms: float) -> None:
        deadline = time.monotonic() + timeout_ms / 1000
        while True:
            try:
                if condition():
                    return
            except BidiError:
                pass  # the document has just gone
            if time.monotonic() > deadline:
                raise TimeoutError(f"{failure}; the page says: {self.inner_text('body')[:600]}")
            time.sleep(0.1)


@dataclass
class Opening:
    """A tab that is about to be opened."""

    value: FirefoxPage | None = None


@contextmanager
def firefox(folder: Path, name: str) -> Iterator[FirefoxPage]:
    """A fresh headless Firefox in which the host `name` is this computer; its first tab."""
    profile = folder / "firefox"
    profile.mkdir()
    preferences = {**_PREFERENCES, "network.dns.localDomains": name}
    lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command: list[str | Path] = [
        FIREFOX,
        "--headless",
        "--no-remote",
        "--profile",
        profile,
        "--remote-debugging-port",
        "0",
    ]
    env = {**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env, text=True
    ) as process:
        try:
            assert process.stderr is not None
            address = next(found[1] for line in process.stderr if (found := _LISTENING.search(line)))
            threading.Thread(target=process.stderr.read, daemon=True).start()
            connection = Connection(f"{address}/session")
            connection.open()
            (first,) = connection.send("browsingContext.getTree")["contexts"]
            size = {"width": 1200, "height": 900}
            connection.send("browsingContext.setViewport", context=first["context"], viewport=size)
            yield FirefoxPage(connection, first["context"])
            connection.close()
        finally:
            process.terminate()
