"""What is not shown at all, and what a name may not be."""

from __future__ import annotations

from tests.ui.hostile.specimen import Specimen, refused, shown

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

OTHERS: dict[str, Specimen] = {
    "archive": shown(
        "application/zip", b"PK\x03\x04" + bytes(100), says=("application/zip", "104 バイト", "SHA-256")
    ),
    "program": shown(
        "application/octet-stream", b"MZ" + bytes(100), says=("application/octet-stream", "102 バイト")
    ),
    "anything": shown("application/x-unknown", bytes(range(256)), says="application/x-unknown"),
    "letter": shown(_DOCX, b"PK\x03\x04" + bytes(100), says="104 バイト"),
    "letter that is none": refused(_DOCX, b"{\\rtf1}"),
    "archive that is none": refused("application/zip", b"Rar!"),
    "moving picture that is none": refused("image/gif", b"\x89PNG\r\n\x1a\n"),
}

REFUSED_NAMES = {
    "a path": "../../etc/passwd",
    "a Windows path": "..\\..\\a.exe",
    "a root": "/etc/passwd",
    "NUL": "a\0.txt",
    "line break": "a.txt\n金額：900",
    "escape": "a\x1b[2J.txt",
    "override": "a\u202etxt.exe",
    "isolate": "a\u2066b",
    "zero width": "a\u200b.txt",
    "byte order mark": "\ufeffa.txt",
    "line separator": "a\u2028b",
    "private use": "\ue000.txt",
    "half a surrogate": "\ud800.txt",
    "tag": "a\U000e0041.txt",
    "next line": "a\x85b",
}

NAMES = {
    "very long": "長" * 255,
    "very long without a break": "a" * 255 + ".txt",
    "from right to left": "\u05d0\u05d1\u05d2.txt",
    "piled marks": "a" + "\u0338" * 40 + ".txt",
    "nothing to see": "\u3164\u2800",
    "blanks": " ",
    "none": "",
    "a picture of faces": "👩🙂.txt",
    "like a number": "2. 入札書.pdf  （9 バイト）",
    "no character": "\uffff.txt",
    "a device": "NUL.txt",
    "a variation": "葛\U000e0100.txt\ufe0f",
}
"""What may be called so, and has to be shown as it is."""
