"""Runs first in every process of the frozen program: other programs that it starts get their own libraries.

PyInstaller's starter puts the bundle's folder into LD_LIBRARY_PATH. This process has its libraries by then,
and our own children come by the starter again; the system's Python or gsettings must not see it.
"""

import os

for name in [name for name in os.environ if name.startswith("_PYI_")]:
    del os.environ[name]
before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
os.environ.pop("LD_LIBRARY_PATH", None)
if before:
    os.environ["LD_LIBRARY_PATH"] = before
