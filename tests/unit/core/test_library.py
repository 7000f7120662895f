"""What a library is for, from its header."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.library import HEAD_BYTES, Library, read
from cardbridge_demo import softhsm


def elf(bits: int = 64, machine: int = 62, kind: int = 3, order: str = "<") -> bytes:
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    return ident + struct.pack(f"{order}HH", kind, machine) + bytes(40)


def pe(machine: int = 0x8664, magic: int = 0x20B, *, place: int = 0x80, kind: int = 0x2000) -> bytes:
    head = b"MZ" + bytes(0x3A) + struct.pack("<I", place) + bytes(0x40)
    return head + b"PE\0\0" + struct.pack("<H16xHH", machine, kind, magic)


def mach(cpu: int, magic: int = 0xFEEDFACF) -> bytes:
    return struct.pack("<II", magic, cpu)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (elf(), Library(format="ELF", bits=64, machines=("x86_64",))),
        (elf(32, 3), Library(format="ELF", bits=32, machines=("x86",))),
        (elf(64, 183), Library(format="ELF", bits=64, machines=("arm64",))),
        (elf(64, 21, order=">"), Library(format="ELF", bits=64, machines=())),
        (pe(), Library(format="PE", bits=64, machines=("x86_64",))),
        (pe(0x14C, 0x10B), Library(format="PE", bits=32, machines=("x86",))),
        (mach(0x0100000C), Library(format="Mach-O", bits=64, machines=("arm64",))),
        (mach(7, 0xFEEDFACE), Library(format="Mach-O", bits=32, machines=("x86",))),
        (
            struct.pack(">II", 0xCAFEBABE, 2)
            + struct.pack(">5I", 0x01000007, 0, 0, 0, 0)
            + struct.pack(">5I", 0x0100000C, 0, 0, 0, 0),
            Library(format="Mach-O", bits=64, machines=("x86_64", "arm64")),
        ),
    ],
)
def test_headers(head: bytes, found: Library) -> None:
    assert read(head) == found


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"MZ",
        b"\x7fELF",
        elf(kind=2),
        b"#!/bin/sh\n",
        "拝啓".encode(),
        struct.pack(">II", 0xCAFEBABE, 52),
        pe(kind=0),
        pe(magic=0x107),
        pe(place=0xFFFFFFFF),
        pe(place=0x80000000),
        pe(place=0x7F),
        pe()[:-1],
        elf()[:19],
        elf(order="<")[:5] + b"\x07" + elf()[6:],
        struct.pack(">II", 0xCAFEBABE, 2) + bytes(12),
    ],
)
def test_what_is_no_library(head: bytes) -> None:
    assert read(head) is None


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe"]))
def test_no_bytes_raise(rest: bytes, magic: bytes) -> None:
    read(magic + rest)


def test_what_fits() -> None:
    ours = Library(format="ELF", bits=64, machines=("x86_64",))
    assert ours.fits("linux", 64, "x86_64") and not ours.fits("linux", 32, "x86_64")
    assert not ours.fits("linux", 64, "aarch64") and not ours.fits("win32", 64, "AMD64")
    assert Library(format="PE", bits=64, machines=("x86_64",)).fits("win32", 64, "AMD64")
    assert Library(format="PE", bits=32, machines=("x86",)).fits("win32", 32, "AMD64")
    both = Library(format="Mach-O", bits=64, machines=("x86_64", "arm64"))
    assert both.fits("darwin", 64, "arm64")


@pytest.mark.softhsm
def test_a_real_one() -> None:
    path: Path = softhsm.module()
    found = read(path.read_bytes()[:HEAD_BYTES])
    assert found is not None and found.format == "ELF" and found.bits == 64
