"""Where the bench measures: a desk with a screen, a SoftHSM2 token, daemons that are started as needed."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.bench.screen import Person
from tests.bench.token import SoftToken
from tests.card.stack import Stack
from tests.card.workplace import ORIGIN, Workplace, children_of
from tests.unit.server.wire import Wire, connected, request

SESSION = 'pin = "session"'
NONCE = "bm9uY2U" + "A" * 36 + "="


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A daemon that drives the soft token; times are `time.perf_counter` and seconds from the start."""

    url: str
    port: int
    pid: int
    spawned_at: float
    ready_s: float

    def wire(self) -> Wire:
        return connected(self.port, ORIGIN)

    def children(self, name: str) -> list[int]:
        return children_of(self.pid, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The desk of the other tests, the token of this bench, and whoever types there."""

    workplace: Workplace
    token: SoftToken
    person: Person
    remarks: list[str] = field(default_factory=list)

    @contextmanager
    def daemon(
        self,
        *,
        site_rules: str = SESSION,
        server_rules: str = "",
        token: SoftToken | None = None,
        env: Mapping[str, str] | None = None,
        has_tray: bool = False,
    ) -> Iterator[Daemon]:
        token = token or self.token
        folder = self.workplace.folder / secrets.token_hex(4)
        folder.mkdir()
        first = free_ports(2)
        configuration = stack.write_configuration(
            folder,
            ORIGIN,
            (token.name, token.module),
            ports=(first, first + 1),
            site_rules=site_rules,
            server_rules=server_rules,
        )
        environment = {**self.workplace.cards.env, **self.workplace.screen.env, **token.env, **(env or {})}
        spawned_at = time.perf_counter()
        with stack.daemon(folder, configuration, environment, has_tray=has_tray) as url:
            ready_s = time.perf_counter() - spawned_at
            runtime = json.loads(next(folder.rglob("runtime.json")).read_text())
            yield Daemon(
                url=url,
                port=int(url.rpartition("/v1")[0].rpartition(":")[2]),
                pid=runtime["pid"],
                spawned_at=spawned_at,
                ready_s=ready_s,
            )

    def at(self, cards: Stack) -> Place:
        """The same with other readers and cards."""
        return replace(self, workplace=replace(self.workplace, cards=cards))

    def new_folder(self, name: str) -> Path:
        folder = self.workplace.folder / name
        folder.mkdir()
        return folder

    def tell(self, text: str) -> None:
        """To whoever waits, and into the report."""
        sys.stderr.write(text + "\n")
        self.remarks.append(text)

    def log_in(self, wire: Wire, token: SoftToken | None = None) -> float:
        """The first `auth.getToken`, with the PIN; seconds without the person's time at the window."""
        params = {"challengeNonce": NONCE, **chosen(token or self.token)}
        done = self.approved(wire, Request(id=0, method="auth.getToken", params=params))
        return (done.to_window_ms + done.after_ms) / 1000

    def approved(self, wire: Wire, asked: Request) -> Approved:
        """A whole request, whose window gets the right PIN."""
        text = request(asked.method, asked.id, asked.params)
        self.person.comes()
        before = time.perf_counter()
        wire.say(text)
        seen, pressed = self.person.types_pin(self.token.pin)
        answer(wire, asked.id)
        after = time.perf_counter()
        self.person.leaves()
        return Approved(to_window_ms=(seen - before) * 1000, after_ms=(after - pressed) * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One that shows a window."""

    id: int
    method: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """From the request to the window, and from the press of OK to the answer."""

    to_window_ms: float
    after_ms: float


def answer(wire: Wire, id: int) -> None:
    """Until the result of the request `id` is here."""
    while (message := wire.read_message()).get("id") != id:
        assert "error" not in message, message
    assert "result" in message, message


def chosen(token: SoftToken) -> dict[str, object]:
    """Of `auth.getToken`: the certificate, so that there is no choice in the window."""
    return {"filter": {"thumbprints": [token.thumbprint]}} if token.thumbprint else {}


class Tokens:
    """`auth.getToken` within a session: the counterpart of the references' clients."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._asked = self._answered = 1000

    def ask(self) -> None:
        self._asked += 1
        self._wire.say(request("auth.getToken", self._asked, {"challengeNonce": NONCE}))

    def take(self, count: int) -> list[float]:
        """Milliseconds of so many, one at a time."""
        took = []
        for _ in range(count):
            before = time.perf_counter()
            self.ask()
            self.await_answer()
            took.append((time.perf_counter() - before) * 1000)
        return took

    def await_answer(self) -> None:
        """Answers must come in the order of the requests."""
        self._answered += 1
        while "id" not in (message := self._wire.read_message()):
            pass
        assert message["id"] == self._answered and "result" in message, message

    def close(self) -> None:
        self._wire.socket.close()
