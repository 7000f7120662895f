"""Windows' table of TCP connections, from bytes made by hand: addresses and ports in the network's order."""

from __future__ import annotations

import os

import pytest

from bridge.server import processes, wintcp
from bridge.server.wintcp import IPV4, IPV6, Ends, parsed

ESTABLISHED = (5).to_bytes(4, "little")
PORT, OWN = b"\xc0\x01", b"\x6f\x36"
PEER_END, OWN_END = ("127.0.0.1", 0xC001), ("127.0.0.1", 0x6F36)
LOOPBACK, MAPPED = bytes([127, 0, 0, 1]), bytes(10) + b"\xff\xff" + bytes([127, 0, 0, 1])
JUNK = b"\xaa\xbb"
"""The upper half of a port's word: "may contain uninitialized data" (tcpmib.h's documentation)."""


def word(number: int) -> bytes:
    return number.to_bytes(4, "little")


def row4(local: bytes, remote: bytes, pid: int) -> bytes:
    return ESTABLISHED + LOOPBACK + local + JUNK + LOOPBACK + remote + JUNK + word(pid)


def row6(address: bytes, local: bytes, remote: bytes, pid: int) -> bytes:
    ends = (address + word(7) + port + JUNK for port in (local, remote))
    return b"".join(ends) + ESTABLISHED + word(pid)


def test_ipv4() -> None:
    table = word(2) + row4(PORT, OWN, 0x1234) + row4(OWN, PORT, 70000) + bytes(100)
    assert list(parsed(table, IPV4)) == [Ends(PEER_END, OWN_END, 0x1234), Ends(OWN_END, PEER_END, 70000)]


def test_ipv6() -> None:
    table = word(2) + row6(bytes(15) + b"\1", PORT, OWN, 8) + row6(MAPPED, PORT, OWN, 9)
    one, other = parsed(table, IPV6)
    assert one == Ends(("::1", 0xC001), ("::1", 0x6F36), 8)
    assert (other.laddr[0], other.pid) == ("::ffff:7f00:1", 9)


@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_a_table_that_is_cut_off(family: int) -> None:
    whole = {IPV4: row4(PORT, OWN, 1), IPV6: row6(MAPPED, PORT, OWN, 1)}[family]
    for table in (word(1) + whole[:-1], word(2) + whole, word(0xFFFFFFFF) + whole):
        with pytest.raises(OSError, match="ends before"):
            list(parsed(table, family))
    assert list(parsed(word(0), family)) == []


@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_only_the_peers_own_row_counts(family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours is the row with the ends the other way round; a client in either table is found."""

    def table(of: int, pid: int) -> bytes:
        if of != family:
            return word(0)
        make = row4 if of == IPV4 else (lambda local, remote, pid: row6(MAPPED, local, remote, pid))
        return word(2) + make(OWN, PORT, os.getpid()) + make(PORT, OWN, pid)

    for pid, found in ((os.getpid(), [os.getpid()]), (0, []), (2**31 - 1, [])):
        monkeypatch.setattr(wintcp, "connections", lambda of, pid=pid: parsed(table(of, pid), of))
        assert processes.own_holders(PEER_END, OWN_END, "win32") == found
    assert processes.own_holders(("127.0.0.1", 1), OWN_END, "win32") == []
