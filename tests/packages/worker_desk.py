"""Run by a Windows Python under wine: what the daemon's side does with a worker under the embedded Python.

`worker_desk.py FOLDER MODULE WRONG RIGHT OUT`: FOLDER holds worker32 of the package. OUT gets the signature;
the verdicts are printed. The PINs are those of the test's own card.
"""

import hashlib
import sys
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

folder, module, wrong, right, out = sys.argv[1:]
sys.path.append(str(Path(folder, "worker32")))

from bridge import children  # noqa: E402
from bridge.core import plainjson  # noqa: E402
from bridge.core.pinentry import PinEntered, PinOutcome  # noqa: E402
from bridge.pkcs11 import wire  # noqa: E402

DIGEST = bytes(range(32))


def ask(
    worker: Connection, request: wire.Request, window: Connection | None = None, pid: int = 0
) -> wire.Reply:
    worker.send_bytes(wire.encode(request))
    if window is not None:
        children.hand_over(worker, window, pid)
    while isinstance(reply := wire.decode_reply(worker.recv_bytes()), wire.Phase):
        pass
    return reply


def main() -> int:
    boot = Path(folder, "worker32", "bridge", "pkcs11", "boot32.py")
    command = [sys.executable, "-I", "-S", "-B", str(boot)]
    ours, theirs = Pipe()
    with theirs:
        process = children.spawn("worker", [theirs], ["confined", "ordered"], command=command)
    ours.send_bytes(wire.encode(wire.Load(path=module, driver="card")))
    seen = ask(ours, wire.Inspect())
    assert isinstance(seen, wire.Inspected), seen
    (token,) = seen.tokens
    window, handed = Pipe()
    for pin in (wrong, right):
        window.send_bytes(plainjson.encode(PinEntered(pin=pin)))
    thumbprints = frozenset(hashlib.sha256(each.der).hexdigest() for each in token.certificates)
    ask(ours, wire.Login(slot=token.slot, certificates=thumbprints), handed, process.pid)
    verdicts = [plainjson.decode(window.recv_bytes(), PinOutcome).verdict for _ in range(2)]
    key_id = token.certificates[0].id
    signed = ask(ours, wire.Sign(slot=token.slot, key_id=key_id, algorithm="RS256", digest=DIGEST))
    assert isinstance(signed, wire.Signed), signed
    Path(out).write_bytes(signed.signature)
    ours.close()
    print(*verdicts, process.wait(60))  # noqa: T201 - what the test reads
    return 0


if __name__ == "__main__":
    sys.exit(main())
