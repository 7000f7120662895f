"""The parts of the bench, in the order of a run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from tests.bench.authority import authority
from tests.bench.batch import batch
from tests.bench.breakdown import breakdown
from tests.bench.connections import connections
from tests.bench.figures import Figures
from tests.bench.flooding import flooding
from tests.bench.idle import idle
from tests.bench.lookups import lookups
from tests.bench.pages import pages
from tests.bench.place import Place
from tests.bench.responsiveness import responsiveness
from tests.bench.scaling import scaling
from tests.bench.signing import signing
from tests.bench.sizes import sizes
from tests.bench.starting import starting
from tests.bench.upload import uploads
from tests.bench.window import window

PARTS: dict[str, Callable[[Place], Coroutine[None, None, list[Figures]]]] = {
    "start": starting,
    "idle": idle,
    "token": signing,
    "breakdown": breakdown,
    "window": window,
    "batch": batch,
    "upload": uploads,
    "sizes": sizes,
    "connections": connections,
    "scaling": scaling,
    "responsiveness": responsiveness,
    "flooding": flooding,
    "lookups": lookups,
    "pages": pages,
    "authority": authority,
}
