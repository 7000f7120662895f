"""Runs the tray under the system's own Python, which can import gi where ours cannot (Linux).

A script, started isolated (-I): `boot.py CONNECTION BACKEND PACKAGE=FOLDER ...`. Of our installation this
interpreter gets the named packages only, each from the folder that the daemon names; everything else comes
from the system's own folders. Neither the environment nor the working folder has a say.
"""

import sys
from importlib.machinery import PathFinder

folders = dict(each.split("=", 1) for each in sys.argv[3:])


class Named:
    """Finds the named packages."""

    @staticmethod
    def find_spec(name, path=None, target=None):  # type: ignore[no-untyped-def]
        if path is not None or name not in folders:
            return None
        return PathFinder.find_spec(name, [folders[name]], target)


if __name__ == "__main__":
    sys.meta_path.insert(0, Named)
    from bridge.ui.tray.child import main

    sys.exit(main(sys.argv[1:3]))
