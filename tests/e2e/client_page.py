"""A portal page that does nothing but use the JavaScript client, as the tests tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from cardbridge_demo.browser import PUBLIC_ORIGIN

_EMPTY = "<!doctype html><title>client</title>"

_START = """async ({ ports, options }) => {
  const { Cardbridge } = await import("/client/cardbridge.js");
  globalThis.bridge = new Cardbridge({ ports, ...options });
  globalThis.states = [];
  bridge.addEventListener("statechange", ({ detail: { name, reason } }) =>
    states.push(reason ? `${name}/${reason}` : name));
}"""

_CALL = """async ({ method, params }) => {
  try { return { result: await bridge[method](...params) }; }
  catch (error) { return { reason: error.reason ?? String(error), kind: error.constructor.name }; }
}"""

_STATE = """(wanted) => new Promise((resolve) => {
  const look = ({ name, reason } = bridge.state) => {
    if ((reason ? `${name}/${reason}` : name) === wanted) resolve();
  };
  bridge.addEventListener("statechange", () => look());
  look();
})"""


@dataclass(slots=True, kw_only=True)
class ClientPage:
    """`page` shows the portal's first screen, which needs no daemon."""

    page: Page
    ports: list[int]

    def load(self, *, headers: dict[str, str] | None = None, **options: Any) -> None:
        """Load the page and make a client; with `headers` an empty page that has these."""
        self.page.unroute_all()
        if headers is not None:
            given = {"content-type": "text/html", **headers}
            self.page.route(PUBLIC_ORIGIN + "/", lambda route: route.fulfill(body=_EMPTY, headers=given))
        self.page.goto(PUBLIC_ORIGIN + "/")
        self.page.evaluate(_START, {"ports": self.ports, "options": options})

    def call(self, method: str, *params: Any) -> dict[str, Any]:
        """`result`, or `reason` and `kind` of the error that was thrown."""
        answer: dict[str, Any] = self.page.evaluate(_CALL, {"method": method, "params": list(params)})
        return answer

    def start(self, method: str, *params: Any) -> None:
        """The same without waiting; `outcome` waits."""
        call = f"(given) => {{ globalThis.outcome = ({_CALL})(given); }}"
        self.page.evaluate(call, {"method": method, "params": list(params)})

    def outcome(self) -> dict[str, Any]:
        """What `start` came to."""
        answer: dict[str, Any] = self.page.evaluate("outcome")
        return answer

    def wait_for_state(self, name: str) -> None:
        """Wait until the connection stands so: `connected`, `failed/connectionLost`, …"""
        self.page.evaluate(_STATE, name)

    @property
    def states(self) -> list[str]:
        """Every state that the page was told of."""
        told: list[str] = self.page.evaluate("states")
        return told
