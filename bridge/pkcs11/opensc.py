"""OpenSC's configuration for one worker: whether a C_SetPIN without login changes or unblocks the PIN.

With `user_pin_unblock_style = set_pin_in_unlogged_session` OpenSC takes the old PIN of such a C_SetPIN for
the PUK: changing a PIN would cost the PUK's tries. So a worker always says itself which one is meant, in
a copy of the machine's opensc.conf that is otherwise the same (opensc.conf(5), "user_pin_unblock_style").
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "OPENSC_CONF"
_MACHINE_WIDE = (Path("/etc/opensc/opensc.conf"), Path("/usr/local/etc/opensc.conf"))
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_STYLE = re.compile(r"\buser_pin_unblock_style\s*=[^;\n]*;?")
_MODULE_BLOCK = re.compile(r"\bapp\s+\"?opensc-pkcs11\"?\s*\{")
_PKCS11_BLOCK = re.compile(r"\bpkcs11\s*\{")
_UNBLOCK = "user_pin_unblock_style = set_pin_in_unlogged_session;"


def configured(text: str, *, unblocks: bool) -> str:
    """`text` of an opensc.conf with the style that is wanted, and none that is not."""
    plain = _STYLE.sub("", without_comments(text))
    if not unblocks:
        return plain
    block = _MODULE_BLOCK.search(plain)
    if block is None:
        return f"{plain}\napp opensc-pkcs11 {{\n\tpkcs11 {{\n\t\t{_UNBLOCK}\n\t}}\n}}\n"
    inner = _PKCS11_BLOCK.search(plain, block.end())
    if inner is None:
        return f"{plain[: block.end()]}\n\tpkcs11 {{\n\t\t{_UNBLOCK}\n\t}}{plain[block.end() :]}"
    return f"{plain[: inner.end()]}\n\t\t{_UNBLOCK}{plain[inner.end() :]}"


@contextmanager
def configuration(*, unblocks: bool) -> Iterator[None]:
    """OPENSC_CONF for this process while its module is loaded and initialized."""
    before = os.environ.get(VARIABLE)
    text = text_of(before)
    if not unblocks and not _STYLE.search(without_comments(text)):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="cardbridge-") as folder:
        file = Path(folder) / "opensc.conf"
        file.write_text(configured(text, unblocks=unblocks), encoding="utf-8")
        os.environ[VARIABLE] = str(file)
        try:
            yield
        finally:
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before


def text_of(named: str | None) -> str:
    """The configuration that OpenSC would read: the file that is `named`, else the machine's; "" for none."""
    for path in [Path(named)] if named else _MACHINE_WIDE:
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return ""


def without_comments(text: str) -> str:
    return _COMMENT.sub("", text)
