"""The worker process: one PKCS#11 module, one synchronous loop, ended by the daemon.

It runs under this program's own interpreter or, started by `bridge.pkcs11.boot32`, under one of another
architecture that has no packages: what this file imports is plain Python.

Command line: the inherited connection, `confined` or `free`, `ordered` or `waiting`, and the program that
resets the card. Which module it is for comes as the first message, `wire.Load`: a worker that is `waiting`
was started before anybody asked for a card. It has its bounds and python-pkcs11 until then, and no module.
"""

from __future__ import annotations

import signal
import sys
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Literal, TypeVar

from bridge import children, confine
from bridge.core import errors, plainjson
from bridge.core.pinentry import MAX_PIN_BYTES, NewPinEntered, PinEntered, PinOutcome, PinState
from bridge.pkcs11 import opensc, places, wire
from bridge.pkcs11.calls import Loader, Secret
from bridge.pkcs11.session import LoginOutcome, Module

_LAST_CALLS_S = 5
_LAST_RESORT_S = 60
"""What a module may take for one call at most. Whoever started the worker ends it long before; where that
process has itself been killed meanwhile, nobody else would: a module that hangs never looks at the pipe.
"""
_T = TypeVar("_T", PinEntered, NewPinEntered)


def main(argv: list[str], load: Loader | None = None) -> int:
    """Serve until the daemon closes the connection, or is gone.

    Args:
        load: how the module is loaded and called; by python-pkcs11 unless another way is given.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the daemon's to handle
    (daemon,) = children.inherited(argv[0])
    confine.keep_memory_private()
    if argv[1:2] != ["free"]:
        confine.module(places.writable(), map(Path, argv[3:]))
    with children.loading():
        load = load or _python_pkcs11()
    worker: Worker | None = None
    try:
        order = wire.decode_request(daemon.recv_bytes(wire.MAX_REQUEST_BYTES))
        if not isinstance(order, wire.Load):
            return 1
        confine.set_name(wire.NAME)
        while True:
            request = wire.decode_request(daemon.recv_bytes(wire.MAX_REQUEST_BYTES))
            _end_after(_LAST_RESORT_S)
            try:
                worker = worker or Worker(daemon, _loaded(order, load))
                reply: wire.Reply = worker.answer(request)
            except errors.BridgeError as error:
                detail, driver = error.detail[: wire.MAX_DETAIL], error.data.get("driver")
                reply = wire.Failed(reason=error.reason, detail=detail, driver=driver)
            _end_after(None)
            daemon.send_bytes(wire.encode(reply))
    except (EOFError, OSError):
        if worker is not None:
            worker.orphaned()
        return 0


def _python_pkcs11() -> Loader:
    from bridge.pkcs11.native import Native

    return Native


def _loaded(order: wire.Load, load: Loader) -> Module:
    with opensc.configuration(unblocks=order.meaning == "unblock"):
        return Module(path=order.path, driver=order.driver, load=load)


class Worker:
    """Answers one request after the other. Holds a PIN only between `Login` and `Forget`."""

    def __init__(self, daemon: Connection, module: Module) -> None:
        self._daemon = daemon
        self._module = module
        self._pin: str | None = None
        self._reset: tuple[str, ...] = ()
        self._slot: int | None = None

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
            case wire.Login() | wire.ChangePin():
                return self._with_window(request)
            case wire.Sign():
                return wire.Signed(signature=self._signature(request))
            case wire.Forget():
                self._pin = None
                return wire.Forgotten()
            case wire.Load():
                raise errors.InternalError("This worker has its module.")

    def _signature(self, request: wire.Sign) -> bytes:
        """After the first failure no PIN is sent again: the card may have refused it."""
        pin, self._pin = self._pin, None
        signature = self._module.sign(request.slot, request.key_id, request.algorithm, request.digest, pin)
        self._pin = pin
        return signature

    def orphaned(self) -> None:
        """The daemon has gone without a word: nobody else may find the token open.

        A module that hangs in its last calls is ended by SIGALRM.
        """
        self._pin = None
        if self._slot is None:
            return
        _end_after(_LAST_CALLS_S)
        self._module.logout(self._slot)
        if self._reset:
            children.become(list(self._reset))

    def _with_window(self, request: wire.Login | wire.ChangePin) -> wire.LoggedIn | wire.PinChanged:
        _end_after(None)  # the person's time
        window = children.receive(self._daemon)
        confine.keep_out_of_swap()
        try:
            if isinstance(request, wire.Login):
                return self._login(window, request)
            return self._change(window, request)
        except errors.BridgeError:
            _tell(window, PinOutcome(verdict="failed"))
            raise
        finally:
            window.close()

    def _login(self, window: Connection, request: wire.Login) -> wire.LoggedIn:
        last = wire.LoggedIn(verdict=None)
        self._reset = request.reset
        told = request.pin_state
        while (entered := self._entered(window, PinEntered)) is not None:
            pin: Secret = None if request.protected_authentication_path else entered.pin
            outcome = self._changed_meanwhile(request, told)
            keys: list[bytes] = []
            if outcome is None:
                self._begin_call(request)
                self._slot = request.slot
                outcome = self._module.login(request.slot, pin)
                if outcome.verdict == "accepted":
                    keys = self._accepted(request.slot, pin)
            self._answer(window, outcome)
            told = outcome.pin_state
            last = wire.LoggedIn(
                verdict=outcome.verdict, pin_state=outcome.pin_state, always_authenticate=tuple(keys)
            )
            if outcome.verdict in ("accepted", "locked"):
                return last
        return last

    def _accepted(self, slot: int, pin: Secret) -> list[bytes]:
        """CKA_IDs of the keys that want the PIN for each signature; for them it is kept."""
        self._phase("driver")
        keys = self._module.always_authenticate(slot)
        self._pin = pin if keys else None
        return keys

    def _change(self, window: Connection, request: wire.ChangePin) -> wire.PinChanged:
        last = wire.PinChanged(verdict=None)
        act = self._module.change_pin if request.kind == "change" else self._module.unblock_pin
        told = request.pin_state
        while (entered := self._entered(window, NewPinEntered)) is not None:
            outcome = self._changed_meanwhile(request, told)
            if outcome is None:
                self._begin_call(request)
                if request.protected_authentication_path:
                    outcome = act(request.slot, None, None)
                else:
                    outcome = act(request.slot, entered.current, entered.new)
            self._answer(window, outcome)
            told = outcome.pin_state
            last = wire.PinChanged(verdict=outcome.verdict, pin_state=outcome.pin_state)
            if outcome.verdict in ("accepted", "locked"):
                return last
        return last

    def _changed_meanwhile(self, request: wire.Login | wire.ChangePin, told: PinState) -> LoginOutcome | None:
        """Why nothing may be sent to the card as it is now; None where the window's words still hold.

        Raises:
            errors.CardRemoved: it is another card.
        """
        self._phase("driver")
        self._module.require_token(request.slot, request.certificates)
        if isinstance(request, wire.ChangePin) and request.kind == "unblock":
            return None
        now = self._module.pin_state(request.slot)
        if now == "locked":
            return LoginOutcome(verdict="locked", pin_state="locked")
        if now == "finalTry" and told != "finalTry":
            return LoginOutcome(verdict="unsent", pin_state="finalTry")
        return None

    def _answer(self, window: Connection, outcome: LoginOutcome) -> None:
        self._phase("user")
        _tell(window, PinOutcome(verdict=outcome.verdict, pin_state=outcome.pin_state))

    def _begin_call(self, request: wire.Login | wire.ChangePin) -> None:
        """At a reader with a keypad, the person's time is inside the call: no time limit of ours then."""
        self._phase("user" if request.protected_authentication_path else "driver")

    def _entered(self, window: Connection, kind: type[_T]) -> _T | None:
        """What the user typed, or None when the window or the daemon has gone."""
        if window not in wait([window, self._daemon]):
            return None
        try:
            return plainjson.decode(window.recv_bytes(2 * MAX_PIN_BYTES + 64), kind)
        except (EOFError, OSError, plainjson.Unreadable):
            return None

    def _phase(self, who: Literal["driver", "user"]) -> None:
        _end_after(_LAST_RESORT_S if who == "driver" else None)
        self._daemon.send_bytes(wire.encode(wire.Phase(who=who)))


def _end_after(seconds: int | None) -> None:
    """End this process then, whatever a module is doing: alarm(2). Windows has none."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds or 0)


def _tell(window: Connection, outcome: PinOutcome) -> None:
    try:
        window.send_bytes(plainjson.encode(outcome))
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
