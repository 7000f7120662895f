"""What pages asked for and what came of it: every request gets exactly one answer, or its page has left."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bridge.core.errors import ERRORS
from tests.e2e.contract_client import connected

PATIENCE_S = 240.0
"""More than any request may take: two windows' time limits, a hanging driver's, a machine that is busy."""
OK = "ok"
LEFT = "page left"


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Counts, and what must not have happened."""

    operations: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def note(self, kind: str, outcome: str, count: int = 1) -> None:
        self.operations += count
        self.outcomes[kind, outcome] += count

    def fault(self, text: str) -> None:
        self.faults.append(text)

    def answered(self, method: str, response: dict[str, Any]) -> str:
        """Note an answer: ``ok``, or the reason of an error that must be one of the contract's."""
        outcome = OK if "result" in response else self._reason(method, response)
        self.note(method, outcome)
        return outcome

    def count(self, method: str, outcome: str) -> int:
        return self.outcomes[method, outcome]

    def _reason(self, method: str, response: dict[str, Any]) -> str:
        error = response.get("error", {})
        data = error.get("data", {})
        reason = str(data.get("reason"))
        known = ERRORS.get(reason)
        wanted = None if known is None else (known.code, known.retriable)
        if wanted != (error.get("code"), data.get("retriable")) or not data.get("userMessage"):
            self.fault(f"{method}: no answer of the contract: {response}")
        elif reason == "internalError":
            self.note("internal errors", method)
        return reason


class Page:
    """One connection; whoever asks on it waits for the answer, in any order."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, ledger: Ledger, *, last_id: int = 0) -> None:
        self.socket = socket
        self.ledger = ledger
        self.states: list[tuple[int, str]] = []
        self._waiting: dict[int, tuple[str, asyncio.Future[dict[str, Any]]]] = {}
        self._number = last_id
        self._is_leaving = False

    async def ask(self, method: str, **params: Any) -> asyncio.Future[dict[str, Any]]:
        """Send a request; the future gets the whole response."""
        self._number += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = (method, answer)
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        await self.socket.send_str(json.dumps(request))
        return answer

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole response to a request that needs nobody at the screen."""
        return await asyncio.wait_for(await self.ask(method, **params), PATIENCE_S)

    async def cancel_last(self) -> None:
        """``$/cancel`` for the latest request, answered or not."""
        note = {"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": self._number}}
        await self.socket.send_str(json.dumps(note))

    async def leave(self) -> None:
        """Vanish as a page does that is closed: what was asked for gets no answer any more."""
        self._is_leaving = True
        await self.socket.close()

    async def listen(self) -> None:
        """Take answers until the connection ends."""
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._take(json.loads(message.data))
        for method, answer in self._waiting.values():
            if self._is_leaving:
                self.ledger.note(method, LEFT)
            else:
                self.ledger.fault(f"{method}: lost, the connection ended with {self.socket.close_code}")
            answer.cancel()

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            params = message["params"]
            if message["method"] == "$/progress":
                self.states.append((params["id"], params["state"]))
            return
        method, answer = self._waiting.pop(message["id"], ("", None))
        if answer is None:
            self.ledger.fault(f"an answer that nobody waits for, or a second one: {message}")
            return
        self.ledger.answered(method, message)
        answer.set_result(message)


@asynccontextmanager
async def page(url: str, origin: str, ledger: Ledger) -> AsyncIterator[Page]:
    """A page of `origin`; before it goes, a last request shows that nothing came twice."""
    async with connected(url, origin) as client:
        ledger.note("connection", "allowed")
        opened = Page(client.socket, ledger)
        listening = asyncio.get_running_loop().create_task(opened.listen())
        try:
            yield opened
            if not opened.socket.closed:
                await opened.call("bridge.info")
            await opened.leave()
            await listening
        finally:
            listening.cancel()
            await asyncio.wait([listening])
