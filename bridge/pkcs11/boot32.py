"""The worker in an interpreter of another architecture than the daemon's.

A script, started isolated (-I -S): `boot32.py CONNECTION BOUNDS …`, as `bridge.pkcs11.worker`
is. Beside its standard library this interpreter gets `bridge` from the folder that this file lies in, and
nothing else.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[2]))
    from bridge.pkcs11.cryptoki import Cryptoki
    from bridge.pkcs11.worker import main

    sys.exit(main(sys.argv[1:], Cryptoki))
