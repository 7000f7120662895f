"""What kind of program library a file is, from its first bytes. Pure.

ELF: System V ABI, chapter 4 (e_ident, e_type, e_machine). PE: Microsoft's PE format, COFF file header.
Mach-O: mach-o/loader.h and mach-o/fat.h.
"""

from __future__ import annotations

import struct
from typing import Literal

import msgspec

HEAD_BYTES = 4096
"""So much of a file's beginning is enough."""

Format = Literal["ELF", "PE", "Mach-O"]

_ELF_MACHINES = {3: "x86", 40: "arm", 62: "x86_64", 183: "arm64", 243: "riscv"}
_IMAGE_FILE_DLL = 0x2000
_PE_MACHINES = {0x014C: "x86", 0x01C4: "arm", 0x8664: "x86_64", 0xAA64: "arm64"}
_MACH_CPUS = {7: "x86", 0x01000007: "x86_64", 12: "arm", 0x0100000C: "arm64"}
_SYSTEM_NAMES = {
    "amd64": "x86_64", "x64": "x86_64", "i386": "x86", "i486": "x86", "i586": "x86", "i686": "x86",
    "aarch64": "arm64", "armv7l": "arm", "armv8l": "arm", "riscv64": "riscv",
}  # fmt: skip
_FORMATS: dict[str, Format] = {"win32": "PE", "darwin": "Mach-O"}


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """`machines`: for which processors, several in a universal Mach-O file; `bits` is 32 or 64."""

    format: Format
    bits: int
    machines: tuple[str, ...]

    def fits(self, platform: str, bits: int, machine: str) -> bool:
        """Whether a process can load it.

        Args:
            platform: `sys.platform`.
            bits: the width of the process's pointers.
            machine: `platform.machine()`.
        """
        wanted = machine.lower()
        wanted = _SYSTEM_NAMES.get(wanted, wanted)
        if bits == 32 and wanted in ("x86_64", "arm64"):
            wanted = {"x86_64": "x86", "arm64": "arm"}[wanted]
        known = not self.machines or wanted in self.machines
        return self.format == _FORMATS.get(platform, "ELF") and self.bits == bits and known


def read(head: bytes) -> Library | None:
    """What the first `HEAD_BYTES` of a file say; None: no library that is known here."""
    try:
        if head.startswith(b"\x7fELF"):
            return _elf(head)
        if head.startswith(b"MZ"):
            return _pe(head)
        return _mach(head)
    except (struct.error, IndexError):
        return None


def _elf(head: bytes) -> Library | None:
    bits = {1: 32, 2: 64}.get(head[4])
    order = {1: "<", 2: ">"}.get(head[5])
    if bits is None or order is None:
        return None
    kind, machine = struct.unpack_from(f"{order}HH", head, 16)
    if kind != 3:  # ET_DYN
        return None
    return Library(format="ELF", bits=bits, machines=_named(_ELF_MACHINES, machine))


def _pe(head: bytes) -> Library | None:
    (place,) = struct.unpack_from("<I", head, 0x3C)
    if head[place : place + 4] != b"PE\0\0":
        return None
    (machine,) = struct.unpack_from("<H", head, place + 4)
    characteristics, magic = struct.unpack_from("<HH", head, place + 22)
    if not characteristics & _IMAGE_FILE_DLL:
        return None
    bits = {0x10B: 32, 0x20B: 64}.get(magic)
    return None if bits is None else Library(format="PE", bits=bits, machines=_named(_PE_MACHINES, machine))


def _mach(head: bytes) -> Library | None:
    (magic,) = struct.unpack_from(">I", head, 0)
    if magic == 0xCAFEBABE:
        (count,) = struct.unpack_from(">I", head, 4)
        if count > 16:  # a Java class has its version there
            return None
        cpus = [struct.unpack_from(">I", head, 8 + 20 * index)[0] for index in range(count)]
        machines = tuple(name for cpu in cpus for name in _named(_MACH_CPUS, cpu))
        return Library(format="Mach-O", bits=64 if any(cpu >> 24 for cpu in cpus) else 32, machines=machines)
    for order in "<>":
        magic, cpu = struct.unpack_from(f"{order}II", head, 0)
        bits = {0xFEEDFACE: 32, 0xFEEDFACF: 64}.get(magic)
        if bits is not None:
            return Library(format="Mach-O", bits=bits, machines=_named(_MACH_CPUS, cpu))
    return None


def _named(names: dict[int, str], number: int) -> tuple[str, ...]:
    """None where the number is not known: then nothing is claimed."""
    return (names[number],) if number in names else ()
