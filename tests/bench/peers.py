"""Peers that cannot be shipped or run here: quoted, with date and source."""

from __future__ import annotations

LINES = (
    "## Quoted, not of this run",
    "",
    "Measured once in November 2026 by the authors of cardbridge, on a Debian 12 machine with 2 cores",
    "and SoftHSM2, RSA-2048 with SHA-256. These programs cannot be shipped with the bench.",
    "",
    "| what | ready | first signature | idle PSS | one signature | 8 clients |",
    "|---|---|---|---|---|---|",
    "| Fortify's core on plain Node | 330 ms | 878 ms | 74 MB | 10.8 ms | ends with two clients |",
    "| Web eID's application (a process a request, with its window) | 35 ms | 96 ms | 0 | 96 ms | 17/s |",
    "| chrome-token-signing (a process a tab, with its window) | 25 ms | 101 ms | 0; 44 MB with a tab |"
    " 8.4 ms in the same process | 19/s |",
    "",
    "A real card takes 200 to 800 ms for a signature, OpenSC with the virtual card about 7 ms.",
)
