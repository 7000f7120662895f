"""The worker process: one PKCS#11 module, one synchronous loop, ended by the daemon.

Command line: the inherited connection, the module's path, the driver's name.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection, wait
from typing import Literal

import msgspec

from bridge import children
from bridge.core import errors
from bridge.core.pinentry import MAX_PIN_BYTES, PinEntered, PinOutcome
from bridge.pkcs11 import wire
from bridge.pkcs11.session import Module

_pins = msgspec.json.Decoder(PinEntered)


def main(argv: list[str]) -> int:
    """Serve until the daemon closes the connection."""
    (daemon,) = children.inherited(argv[0])
    worker: Worker | None = None
    while True:
        try:
            request = wire.decode_request(daemon.recv_bytes())
        except (EOFError, OSError):
            return 0
        try:
            worker = worker or Worker(daemon, Module(path=argv[1], driver=argv[2]))
            reply: wire.Reply = worker.answer(request)
        except errors.BridgeError as error:
            reply = wire.Failed(reason=error.reason, detail=error.detail, data=error.data)
        daemon.send_bytes(wire.encode(reply))


class Worker:
    """Answers one request after the other. Holds a PIN only between `Login` and `Forget`."""

    def __init__(self, daemon: Connection, module: Module) -> None:
        self._daemon = daemon
        self._module = module
        self._pin: str | None = None

    def answer(self, request: wire.Request) -> wire.Reply:
        """The reply to `request`.

        Raises:
            errors.BridgeError: to be sent as `Failed`.
        """
        match request:
            case wire.Inspect():
                tokens, unrecognised = self._module.inspect()
                return wire.Inspected(
                    tokens=tuple(tokens),
                    unrecognised=tuple(unrecognised),
                    library=self._module.description,
                )
            case wire.Login():
                return self._login(request)
            case wire.Sign():
                signature = self._module.sign(
                    request.slot, request.key_id, request.algorithm, request.digest, self._pin
                )
                return wire.Signed(signature=signature)
            case wire.Forget():
                self._pin = None
                return wire.Forgotten()

    def _login(self, request: wire.Login) -> wire.LoggedIn:
        window = children.receive(self._daemon)
        try:
            return self._login_with(window, request)
        except errors.BridgeError:
            _tell(window, PinOutcome(verdict="failed"))
            raise
        finally:
            window.close()

    def _login_with(self, window: Connection, request: wire.Login) -> wire.LoggedIn:
        last = wire.LoggedIn(verdict=None)
        while True:
            if request.protected_authentication_path:
                pin = None
            else:
                pin = self._pin_from(window)
                if pin is None:
                    return last
            self._phase("driver")
            outcome = self._module.login(request.slot, pin)
            self._phase("user")
            _tell(window, PinOutcome(verdict=outcome.verdict, pin_state=outcome.pin_state))
            if outcome.verdict == "accepted":
                return self._accepted(request.slot, pin)
            last = wire.LoggedIn(verdict=outcome.verdict, pin_state=outcome.pin_state)
            if outcome.verdict == "locked" or request.protected_authentication_path:
                return last

    def _accepted(self, slot: int, pin: str | None) -> wire.LoggedIn:
        keys = self._module.always_authenticate(slot)
        self._pin = pin if keys else None
        return wire.LoggedIn(verdict="accepted", pin_state="ok", always_authenticate=tuple(keys))

    def _pin_from(self, window: Connection) -> str | None:
        """The PIN that the user typed, or None when the window or the daemon has gone."""
        if window not in wait([window, self._daemon]):
            return None
        try:
            return _pins.decode(window.recv_bytes(MAX_PIN_BYTES + 64)).pin
        except (EOFError, OSError, msgspec.DecodeError):
            return None

    def _phase(self, who: Literal["driver", "user"]) -> None:
        self._daemon.send_bytes(wire.encode(wire.Phase(who=who)))


def _tell(window: Connection, outcome: PinOutcome) -> None:
    try:
        window.send_bytes(msgspec.json.encode(outcome))
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
