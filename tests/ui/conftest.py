"""Virtual desktops that live as long as the tests: Tk never lets go of a display that it has opened."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from cardbridge_demo.desktop import Desktop, desktop
from tests.ui.hands import add_full_width_digits

Desktops = Callable[[str, int], Desktop]


@pytest.fixture(scope="session")
def desktops() -> Iterator[Desktops]:
    """Desktops by size and dots per inch, each started when it is first asked for."""
    running: dict[tuple[str, int], Desktop] = {}
    with ExitStack() as stack:

        def of(size: str, dpi: int) -> Desktop:
            if (size, dpi) not in running:
                running[size, dpi] = stack.enter_context(desktop(f"{size}x24", dpi))
                add_full_width_digits(running[size, dpi])
            return running[size, dpi]

        yield of


@pytest.fixture(scope="module")
def screen(desktops: Desktops) -> Iterator[Desktop]:
    """The desktop on which child processes open their windows, too."""
    started = desktops("1400x1000", 96)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in started.env.items():
            patch.setenv(name, value)
        yield started


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Tk's interpreters must end in the thread that made them: before a test with threads collects them."""
    yield
    gc.collect()
