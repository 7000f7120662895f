"""`certificates.choose`: nothing leaves without a consent."""

import asyncio
from typing import Any

from bridge.core import errors, messages
from bridge.core.consent import Choose, Confirm, Screen, WaitForCard
from tests.unit.certificates import certificate
from tests.unit.methods.asking import TWO, ask, refused, screens
from tests.unit.methods.fakes import (
    FakeChannel,
    Place,
    agrees,
    cancels,
    pcsc,
    settle,
    waits,
)
from tests.unit.tokens import placed, survey


async def test_choosing_shows_the_consent_where_there_is_no_choice() -> None:
    place = Place(TWO)
    result = await ask(place, "certificates.choose", messages.ChooseParams(purpose="authentication"))
    assert result.serial_number == "1" and screens(place) == [Confirm]
    result = await ask(place, "certificates.choose", messages.ChooseParams(purpose="signature"))
    assert result.serial_number == "2"
    assert [o.purpose for o in place.consent.openings] == ["chooseAuthentication", "chooseSignature"]
    assert "login" not in place.tokens.events


async def test_choosing_among_several_is_the_consent() -> None:
    place = Place(survey(placed([certificate(serial=1), certificate(serial=2)])))
    result = await ask(place, "certificates.choose", messages.ChooseParams(purpose="authentication"))
    assert result.serial_number == "1" and screens(place) == [Choose]


async def test_putting_the_card_in_is_no_consent() -> None:
    place = Place(survey(), TWO)
    place.board.pcsc_changed(pcsc(r0="empty"))

    async def person(screen: Screen, channel: FakeChannel) -> Any:
        return await (waits if isinstance(screen, WaitForCard) else agrees)(screen, channel)

    place.consent.person = person
    params = messages.ChooseParams(purpose="authentication")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ask(place, "certificates.choose", params))
        await settle()
        place.board.pcsc_changed(pcsc(r0="present"))
    assert task.result().serial_number == "1" and screens(place) == [WaitForCard, Confirm]


async def test_without_consent_no_certificate_leaves() -> None:
    place = Place(TWO)
    place.consent.person = cancels
    params = messages.ChooseParams(purpose="signature")
    assert isinstance(await refused(place, "certificates.choose", params), errors.UserCancelled)
