"""`cardbridge run` that rests as soon as it can: the same program, with shorter times (see test_resting)."""

from __future__ import annotations

import sys

from bridge import children, cli, logs, resting

resting.QUIET_S = 0.3
logs._EACH_S = 0.001  # else the log's own measure takes half a minute
children.program = lambda: [sys.executable, "-P", __file__]

if __name__ == "__main__":
    sys.exit(cli.main())
