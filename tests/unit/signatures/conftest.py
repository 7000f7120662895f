"""One time-stamping authority for the session."""

from __future__ import annotations

import pytest

from tests.unit.signatures.hand import time_stamping
from tests.unit.signatures.tsa import OpensslTsa


@pytest.fixture(scope="session")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> OpensslTsa:
    return OpensslTsa.make(tmp_path_factory.mktemp("tsa"), time_stamping())
