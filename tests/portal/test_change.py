"""S9 変更 over HTTP: the card says who it is, S5 is filled in, and nobody's change is lost."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from tests.portal.clerk import FORM, Clerk, Clock, read_samples
from tests.portal.companies import another_card, execute, expiring_card, rows
from tests.portal.conftest import MakeClerk

CHANGED = FORM | {"contact_phone": "099-111-2222", "unit_person": "変更　花子"}


async def reason_of(response: ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["reason"]


async def to_form(clerk: Clerk) -> None:
    """S1, S9, S5."""
    await clerk.get("")
    await clerk.get("change")
    assert 'data-screen="S9"' in clerk.text
    await clerk.follow(await clerk.identify("change"))
    assert 'data-screen="S5"' in clerk.text


async def test_whole_change(clerk: Clerk, data: Path) -> None:
    first = await clerk.register()
    await to_form(clerk)
    assert 'value="keiyaku@example.jp"' in clerk.text and 'id="number"' not in clerk.text
    await clerk.submit("form", **CHANGED)
    assert 'data-screen="S6"' in clerk.text and clerk.text.count('class="changed"') == 2
    transaction, document = await clerk.document()
    lines = document.decode().splitlines()
    assert lines[0] == "利用者登録変更申請書"
    assert "変更する項目：代表窓口情報　電話番号、ICカード利用部署情報　氏名" in lines
    assert "代表窓口情報　電話番号：099-111-2222" in lines
    assert clerk.sample["number"] not in document.decode()
    answer = await (await clerk.complete(transaction, await clerk.sign(document))).json()
    await clerk.get("done")
    assert "変更完了" in clerk.text and answer["receipt"] in clerk.text and answer["receipt"] != first
    await clerk.get("print")
    assert "利用者登録変更 受付票" in clerk.text and "099-111-2222" in clerk.text
    kinds = rows(
        data, "SELECT kind, receipt, document IS NOT NULL, signature IS NOT NULL FROM event ORDER BY id"
    )
    assert kinds == [("registered", first, 1, 1), ("changed", answer["receipt"], 1, 1)]
    assert rows(data, "SELECT version, form ->> 'contact_phone' FROM registration") == [(2, "099-111-2222")]


async def test_the_window_asks_for_the_registered_card(clerk: Clerk, data: Path) -> None:
    """The document goes out with the thumbprint of the certificate that signed at 登録."""
    await clerk.register()
    (known,) = rows(data, "SELECT hex(signature) FROM card")
    await to_form(clerk)
    await clerk.submit("form", **CHANGED)
    response = await clerk.post("api/document", {"seen": clerk.seen()})
    assert (await response.json())["certificate"] == hashlib.sha256(bytes.fromhex(known[0])).hexdigest()


async def test_nothing_changed(clerk: Clerk) -> None:
    await clerk.register()
    await to_form(clerk)
    response = await clerk.submit("form", **FORM)
    assert response.status == 422 and 'data-reason="nothingChanged"' in clerk.text


async def test_second_of_two_is_told_and_loses_nothing(clerk_for: MakeClerk, data: Path) -> None:
    one, two = await clerk_for(), await clerk_for()
    await one.register()
    for each in (one, two):
        await to_form(each)
    await one.submit("form", **CHANGED)
    await two.submit("form", **FORM | {"contact_fax": "099-333-4444"})
    transaction, document = await two.document()
    signature = await two.sign(document)
    await one.sign_and_complete()
    assert await reason_of(await two.complete(transaction, signature)) == (409, "registrationChanged")
    await two.get("form")  # 戻る
    assert 'id="meanwhile"' in two.text and 'value="099-333-4444"' in two.text
    assert 'data-now="contact_phone"' in two.text and "099-111-2222" in two.text
    await two.submit("form", **CHANGED | {"contact_fax": "099-333-4444"})
    await two.sign_and_complete()
    stored = rows(data, "SELECT version, form ->> 'contact_phone', form ->> 'contact_fax' FROM registration")
    assert stored == [(3, "099-111-2222", "099-333-4444")]


async def test_told_as_soon_as_the_form_is_sent(clerk_for: MakeClerk) -> None:
    one, two = await clerk_for(), await clerk_for()
    await one.register()
    for each in (one, two):
        await to_form(each)
    await one.submit("form", **CHANGED)
    await one.sign_and_complete()
    response = await two.submit("form", **FORM | {"contact_fax": "099-333-4444"})
    assert response.status == 409 and 'id="meanwhile"' in two.text
    assert 'value="099-333-4444"' in two.text
    await two.submit("form", **FORM | {"contact_fax": "099-333-4444"})
    assert 'data-screen="S6"' in two.text


async def test_both_at_once(clerk_for: MakeClerk, data: Path) -> None:
    """Whichever is first: one is stored, the other is told."""
    clerks = [await clerk_for() for _ in range(3)]
    await clerks[0].register()
    signed = []
    for number, each in enumerate(clerks):
        await to_form(each)
        await each.submit("form", **FORM | {"department": f"部署{number}"})
        transaction, document = await each.document()
        signed.append((each, transaction, await each.sign(document)))
    answers = await asyncio.gather(*(each.complete(*values) for each, *values in signed))
    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    assert rows(data, "SELECT count(*) FROM event WHERE kind = 'changed'") == [(1,)]
    assert rows(data, "SELECT version FROM registration") == [(2,)]


async def test_another_tab_of_the_same_browser(clerk: Clerk) -> None:
    """S6 of one tab does not sign what another tab has typed since."""
    await clerk.register()
    await to_form(clerk)
    await clerk.submit("form", **CHANGED)
    seen = clerk.seen()
    await clerk.submit("form", **CHANGED | {"department": "別のタブ"})
    assert await reason_of(await clerk.post("api/document", {"seen": seen})) == (409, "transactionUnknown")
    assert (await clerk.post("api/document", {"seen": clerk.seen()})).status == 200


async def test_sent_twice_is_one_change(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await to_form(clerk)
    await clerk.submit("form", **CHANGED)
    transaction, document = await clerk.document()
    signature = await clerk.sign(document)
    answers = await asyncio.gather(*(clerk.complete(transaction, signature) for _ in range(3)))
    assert len({(await answer.json())["receipt"] for answer in answers}) == 1
    assert rows(data, "SELECT version FROM registration") == [(2,)]


Refusal = Callable[[Clerk, Path], Awaitable[None]]


async def nothing(clerk: Clerk, data: Path) -> None:
    """The card was never registered."""


async def revoked(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await execute(data, "UPDATE card SET state = 'revoked', reason = '紛失'")


async def renewed(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await execute(data, "UPDATE card SET state = 'renewed'")


async def suspended(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await execute(data, "UPDATE company SET state = 'suspended'")


async def elsewhere(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    clerk.sample = clerk.sample | {"municipality": "462039"}


REFUSALS: list[tuple[Refusal, str]] = [
    (nothing, "cardNotRegistered"),
    (revoked, "cardRevoked"),
    (renewed, "cardRenewed"),
    (suspended, "companySuspended"),
    (elsewhere, "cardOfOtherMunicipality"),
]


@pytest.mark.parametrize(("before", "reason"), REFUSALS)
async def test_cards_that_may_not(clerk: Clerk, data: Path, before: Refusal, reason: str) -> None:
    await before(clerk, data)
    await clerk.get("")
    await clerk.get("change")
    for step in ("change", "login", "renewOld"):
        assert await reason_of(await clerk.identify(step)) == (409, reason)
        await clerk.get("mypage")  # and it has not got in
        assert 'data-screen="mypage"' not in clerk.text


async def test_expired_card(clerk: Clerk, data: Path, clock: Clock) -> None:
    clerk.sample = clerk.sample | {"card": str(expiring_card(data))}
    await clerk.register()
    clock.pass_s(8 * 24 * 3600)
    await clerk.get("")
    await clerk.get("change")
    for step in ("change", "login"):
        assert await reason_of(await clerk.identify(step)) == (422, "certificateExpired")


@pytest.mark.parametrize(("before", "reason"), REFUSALS[1:4])
async def test_ended_on_the_way(clerk: Clerk, data: Path, before: Refusal, reason: str) -> None:
    """What the authority does between S5 and S7 counts at S7; pages opened meanwhile say so, too."""
    await clerk.register()
    await to_form(clerk)
    await clerk.submit("form", **CHANGED)
    transaction, document = await clerk.document()
    signature = await clerk.sign(document)
    await before(_Registered(clerk), data)
    assert await reason_of(await clerk.complete(transaction, signature)) == (409, reason)
    for page in ("form", "confirm", "mypage"):
        assert (await clerk.get(page)).status == 403 and f'data-reason="{reason}"' in clerk.text
    assert (await clerk.submit("form", **FORM)).status == 403
    assert rows(data, "SELECT count(*) FROM event WHERE kind = 'changed'") == [(0,)]


class _Registered(Clerk):
    """A clerk who has registered already."""

    def __init__(self, clerk: Clerk) -> None:
        super().__init__(client=clerk.client, origin=clerk.origin, sample=clerk.sample)

    async def register(self) -> str:
        return ""


async def test_another_card_of_the_same_holder_cannot_sign(clerk: Clerk, data: Path) -> None:
    """Same issuer and subject, registered for the same company: still not the card that was checked."""
    other = another_card(data)
    await clerk.register()
    clerk.sample = clerk.sample | {"card": str(other)}
    await clerk.register()
    first = Path(read_samples(data)[0]["card"])
    await to_form(clerk)
    await clerk.submit("form", **CHANGED)
    transaction, document = await clerk.document()
    wrong = await clerk.sign(document, first)
    assert await reason_of(await clerk.complete(transaction, wrong)) == (422, "signedByOtherCard")
    assert (await clerk.complete(transaction, await clerk.sign(document))).status == 200
