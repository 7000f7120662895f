"""One screen for the whole laboratory; for each file of experiments one reader, card and daemon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from cardbridge_demo.desktop import Desktop, desktop
from cardbridge_demo.ports import free_ports
from tests.card.lab.daemon import daemon
from tests.card.lab.eyes import Eyes, eyes
from tests.card.lab.faults import Record, is_writing
from tests.card.lab.laboratory import CARDS, OPENSC, Lab, write_configuration
from tests.card.lab.modules import NAME, FaultyModule
from tests.card.lab.trial import Trial
from tests.card.stack import Card, pcsc_stack

_CARDS = (
    Card(name=CARDS[0]),
    Card(name=CARDS[1], key_type="p256", holder="別人 花子", company="有限会社別会社"),
)


@pytest.fixture(scope="session")
def screen() -> Iterator[Desktop]:
    with desktop() as started:
        yield started


@pytest.fixture(scope="session")
def sight(screen: Desktop) -> Iterator[Eyes]:
    with eyes(screen.display) as looking:
        yield looking


@pytest.fixture(scope="session")
def record() -> Iterator[Record]:
    kept = Record()
    yield kept
    if is_writing():
        kept.write()


@pytest.fixture(scope="module")
def constants() -> Sequence[str]:
    """What a file of experiments shortens in its daemon; see `launch`."""
    return ()


@pytest.fixture(scope="module")
def readers() -> int:
    """How many readers a file of experiments has, each with a card."""
    return 1


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory,
    screen: Desktop,
    sight: Eyes,
    record: Record,
    constants: Sequence[str],
    readers: int,
) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    with ExitStack() as running:
        stack = running.enter_context(pcsc_stack(_CARDS, readers=readers))
        first = free_ports(4)
        configuration = folder / "config.toml"
        write_configuration(configuration, [("OpenSC", OPENSC)], ports=(first, first + 3))
        env = {**stack.env, **screen.env}
        started = running.enter_context(daemon(folder, configuration, env, constants=constants))
        yield Lab(
            folder=folder,
            stack=stack,
            screen=screen,
            eyes=sight,
            daemon=started,
            record=record,
            readers=readers,
        )


@pytest.fixture(scope="module")
def module(lab: Lab) -> FaultyModule:
    return FaultyModule.make(lab.folder)


@pytest.fixture
def faulty(trial: Trial, module: FaultyModule) -> FaultyModule:
    """The experiment's only driver; it behaves until it is told otherwise."""
    module.behave()
    trial.lab.use_drivers((NAME, module.path))
    return module


@pytest.fixture
def trial(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Trial]:
    """An experiment on a good day's stack; afterwards the same daemon has served another PIN."""
    lab.reset()
    begun = Trial(lab=lab, fault=request.param, origin=next(lab.origins))
    yield begun
    lab.screen.wait_until_gone()
    assert lab.daemon.process.poll() is None, "the daemon has ended"
    if begun.has_recovered:
        for kind in ("worker", "preview", "signing", "reset"):  # a dialog may be kept ready
            lab.daemon.await_children(kind, 0)
