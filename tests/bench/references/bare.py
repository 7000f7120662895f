"""The bare call of python-pkcs11: what floor.c does, in the same dialogue over standard input and output."""

from __future__ import annotations

import hashlib
import sys
import time
from typing import Any

import pkcs11

PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def main() -> None:
    pin = sys.stdin.readline().strip()
    token = next(iter(pkcs11.lib(sys.argv[1]).get_tokens()))
    with token.open(user_pin=pin) as session:
        key: Any = next(iter(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})))
        key.sign(PREFIX + bytes(32), mechanism=pkcs11.Mechanism.RSA_PKCS)
        print("ready", flush=True)  # noqa: T201
        for line in sys.stdin:
            took = []
            for number in range(int(line)):
                before = time.perf_counter_ns()
                digest = hashlib.sha256(str(number).encode()).digest()
                key.sign(PREFIX + digest, mechanism=pkcs11.Mechanism.RSA_PKCS)
                took.append(time.perf_counter_ns() - before)
            print(*took, flush=True)  # noqa: T201


main()
