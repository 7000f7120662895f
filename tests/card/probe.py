"""A PKCS#11 client in a process of its own: OpenSC's module through python-pkcs11.

Child: one JSON request a line on stdin, one JSON answer a line on stdout. `Probe` is its other end.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MODULE = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
_ANSWER_S = 60.0


class Probe:
    """Starts the child; `ask` sends and waits, `send` and `answer` do it in two steps."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | env,
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._collect, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, method: str, **arguments: Any) -> Any:
        """The child's result; the name of the PKCS#11 exception as "!Name"."""
        self.send(method, **arguments)
        return self.answer()

    def send(self, method: str, **arguments: Any) -> None:
        """One request."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"method": method, **arguments}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """The next answer, within a minute."""
        return json.loads(self._answers.get(timeout=_ANSWER_S))

    def _collect(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)


class _Child:
    """The requests; all on one slot's token."""

    def __init__(self) -> None:
        import pkcs11

        self.pkcs11 = pkcs11
        self.library = pkcs11.lib(os.environ.get("PKCS11_MODULE", MODULE))
        self.session: Any = None
        self.slot = 0

    def token(self) -> Any:
        return self.library.get_slots(token_present=True)[self.slot].get_token()

    def choose(self, slot: int) -> None:
        self.slot = slot

    def readers(self) -> list[str]:
        slots = self.library.get_slots(token_present=True)
        return [slot.slot_description.strip() for slot in slots]

    def flags(self) -> list[str]:
        flags = self.pkcs11.TokenFlag
        shown = (flags.USER_PIN_COUNT_LOW, flags.USER_PIN_FINAL_TRY, flags.USER_PIN_LOCKED)
        return [str(flag.name) for flag in shown if flag in self.token().flags]

    def certificates(self) -> dict[str, str]:
        attribute = self.pkcs11.Attribute
        with self.token().open() as session:
            found = session.get_objects({attribute.CLASS: self.pkcs11.ObjectClass.CERTIFICATE})
            return {entry[attribute.ID].hex(): entry[attribute.VALUE].hex() for entry in found}

    def login(self, pin: str) -> None:
        self.session = self.token().open(user_pin=pin)

    def close(self) -> None:
        self.session.close()

    def sign(self, key: str, mechanism: str, data: str, pin: str | None = None) -> str:
        private = self.session.get_key(
            object_class=self.pkcs11.ObjectClass.PRIVATE_KEY, id=bytes.fromhex(key)
        )
        extra = {} if pin is None else {"pin": pin}
        signature = private.sign(bytes.fromhex(data), mechanism=self.pkcs11.Mechanism[mechanism], **extra)
        return bytes(signature).hex()

    def always_authenticate(self, key: str) -> bool:
        private = self.session.get_key(
            object_class=self.pkcs11.ObjectClass.PRIVATE_KEY, id=bytes.fromhex(key)
        )
        return bool(private[self.pkcs11.Attribute.ALWAYS_AUTHENTICATE])

    def set_pin(self, old: str, new: str) -> None:
        with self.token().open(rw=True) as session:
            session.set_pin(old, new)


def _serve() -> None:
    child = _Child()
    for line in sys.stdin:
        request = json.loads(line)
        method = getattr(child, request.pop("method"))
        try:
            answer = method(**request)
        except Exception as error:
            answer = f"!{type(error).__name__}"
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    _serve()
