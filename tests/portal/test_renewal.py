"""S10 ICカード更新 over HTTP: two cards, two proofs, one transaction."""

import asyncio
import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cardbridge_portal.authority import NAME, ORGANIZATION, issue_card, make_authority, open_authority
from cardbridge_portal.context import POLICY
from cardbridge_portal.verification import Authorities, Policy
from tests.portal.clerk import FORM, Clerk, Clock, read_samples
from tests.portal.companies import ADDRESS, COMPANY, HOLDER, NEXT_WEEK, another_card, expiring_card, rows
from tests.portal.conftest import MakeClerk
from tests.portal.signing import load
from tests.portal.test_change import reason_of, to_form


async def to_new_card(clerk: Clerk) -> None:
    """S1, S10 with the old card read."""
    await clerk.get("")
    await clerk.get("renew")
    assert 'data-screen="S10"' in clerk.text and 'data-step="renewOld"' in clerk.text
    await clerk.follow(await clerk.identify("renewOld"))
    assert 'id="new-card"' in clerk.text


async def to_confirm(clerk: Clerk, new: Path) -> None:
    """電子証明書更新確認."""
    await to_new_card(clerk)
    await clerk.follow(await clerk.identify("renewNew", new))
    assert "電子証明書更新確認" in clerk.text


async def test_whole_renewal(clerk: Clerk, data: Path) -> None:
    new = another_card(data)
    first = await clerk.register()
    await to_confirm(clerk, new)
    serials = [f"{load(card, 'authentication')[1].serial_number:X}" for card in (clerk.card, new)]
    assert f'id="old-serial" class="code">{serials[0]}' in clerk.text
    assert f'id="new-serial" class="code">{serials[1]}' in clerk.text
    transaction, document = await clerk.document()
    lines = document.decode().splitlines()
    assert lines[0] == "ICカード更新申請書" and f"商号又は名称：{COMPANY}" in lines
    for title, card in (("旧ICカード", clerk.card), ("新ICカード", new)):
        thumbprint = load(card, "authentication")[1].fingerprint(hashes.SHA256()).hex()
        assert f"{title}　認証用電子証明書の拇印（SHA-256）：{thumbprint}" in lines
    answer = await (await clerk.complete(transaction, await clerk.sign(document, new))).json()
    await clerk.get("done")
    assert "ICカード更新完了" in clerk.text and answer["receipt"] in clerk.text
    await clerk.get("print")
    assert "ICカード更新 受付票" in clerk.text and all(serial in clerk.text for serial in serials)
    cards = rows(data, "SELECT serial, state, registration_id, ended IS NOT NULL FROM card ORDER BY id")
    assert cards == [(serials[0], "renewed", 1, 1), (serials[1], "active", 1, 0)]
    events = rows(data, "SELECT kind, receipt, card_id, actor FROM event ORDER BY id")
    assert events[0][:2] == ("registered", first)
    assert events[1] == ("renewed", answer["receipt"], 2, f"card:{serials[1]}")
    await clerk.get("")
    await clerk.get("login")
    assert await reason_of(await clerk.identify("login")) == (409, "cardRenewed")
    await clerk.follow(await clerk.identify("login", new))
    assert 'data-screen="mypage"' in clerk.text


async def test_the_old_cards_consent_can_be_verified_later(clerk: Clerk, data: Path) -> None:
    """The history keeps the old card's token (web-eid:1.0) with its nonce: anybody can check it."""
    new = another_card(data)
    await clerk.register()
    await to_confirm(clerk, new)
    await clerk.sign_and_complete(new)
    (detail,) = rows(data, "SELECT detail FROM event WHERE kind = 'renewed'")
    proof = json.loads(detail[0])["oldCard"]["proof"]
    certificate = load(clerk.card, "authentication")[1]
    signed = b"".join(hashlib.sha256(part.encode()).digest() for part in (clerk.origin, proof["nonce"]))
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey) and proof["token"]["algorithm"] == "RS256"
    signature = base64.b64decode(proof["token"]["signature"])
    public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


async def test_the_old_card_cannot_sign_for_the_new(clerk: Clerk, data: Path) -> None:
    """Both cards of one person have one subject and one issuer: still only the new one signs."""
    new = another_card(data)
    await clerk.register()
    await to_confirm(clerk, new)
    transaction, document = await clerk.document()
    assert await reason_of(await clerk.complete(transaction, await clerk.sign(document))) == (
        422,
        "signedByOtherCard",
    )
    assert rows(data, "SELECT state FROM card") == [("active",)]
    assert (await clerk.complete(transaction, await clerk.sign(document, new))).status == 200


async def test_new_cards_that_do_not_fit(clerk_for: MakeClerk, data: Path) -> None:
    clerk, other = await clerk_for(), await clerk_for()
    added = another_card(data)
    await clerk.register()
    other.sample = other.sample | {"card": str(added)}
    await other.register()
    await to_new_card(clerk)
    own, foreign = clerk.card, Path(read_samples(data)[1]["card"])
    for card, reason in ((own, "sameCard"), (foreign, "companyDiffers"), (added, "cardAlreadyRegistered")):
        assert await reason_of(await clerk.identify("renewNew", card)) == (409, reason)
        await clerk.get("renew-confirm")
        assert 'id="new-card"' in clerk.text  # the old card need not be read again
    week_ago = datetime.now(UTC) - NEXT_WEEK
    expired = another_card(data, not_before=week_ago, not_after=week_ago + timedelta(days=1))
    assert await reason_of(await clerk.identify("renewNew", expired)) == (422, "certificateExpired")
    await clerk.follow(await clerk.identify("renewNew", another_card(data)))
    assert "電子証明書更新確認" in clerk.text


async def test_company_names_typed_by_another_system_are_the_same(clerk: Clerk, data: Path) -> None:
    """U+FF0D and U+2212 are one character of JIS X 0208."""
    names = [f"株式会社見本{dash}建設" for dash in "\uff0d\u2212"]
    old, new = (another_card(data, company=name) for name in names)
    clerk.sample = clerk.sample | {"card": str(old)}
    await clerk.register()
    await to_confirm(clerk, new)


@pytest.mark.parametrize(
    ("name", "organization", "reason"),
    [
        (f"{NAME} G2", ORGANIZATION, None),  # the same authority's next certificate
        (NAME, "別の認証局", "authorityDiffers"),
    ],
)
async def test_authorities_must_agree(
    clerk: Clerk, data: Path, name: str, organization: str, reason: str | None
) -> None:
    authority = make_authority(name, organization)
    trusted = Authorities(roots=(open_authority(data).certificate, authority.certificate))
    app = clerk.client.app
    assert app is not None
    policy: Policy = app[POLICY]
    for name_of_rule, value in {"authorities": trusted, "revocation": "off"}.items():
        object.__setattr__(policy, name_of_rule, value)  # the other authority has no responder
    new = issue_card(data, COMPANY, HOLDER, address=ADDRESS, authority=authority).directory
    await clerk.register()
    await to_new_card(clerk)
    response = await clerk.identify("renewNew", new)
    if reason is None:
        await clerk.follow(response)
        assert "電子証明書更新確認" in clerk.text
    else:
        assert await reason_of(response) == (409, reason)


async def test_old_card_expired(clerk: Clerk, data: Path, clock: Clock) -> None:
    """It is sent to 登録, where the same number takes the new card."""
    clerk.sample = clerk.sample | {"card": str(expiring_card(data))}
    await clerk.register()
    clock.pass_s(8 * 24 * 3600)
    await clerk.get("")
    await clerk.get("renew")
    assert await reason_of(await clerk.identify("renewOld")) == (422, "oldCardExpired")
    clerk.sample = clerk.sample | {"card": str(another_card(data))}
    await clerk.register()
    await clerk.get("mypage")
    assert "有効期限切れ" in clerk.text  # what has become of the old one
    assert rows(data, "SELECT state, registration_id FROM card ORDER BY id") == [("active", 1), ("active", 2)]


async def test_old_card_expires_on_the_way(clerk: Clerk, data: Path, clock: Clock) -> None:
    clerk.sample = clerk.sample | {"card": str(expiring_card(data))}
    await clerk.register()
    clock.pass_s(7 * 24 * 3600 - 300)
    await to_confirm(clerk, new := another_card(data))
    transaction, document = await clerk.document()
    clock.pass_s(400)
    assert await reason_of(await clerk.complete(transaction, await clerk.sign(document, new))) == (
        409,
        "oldCardExpired",
    )


async def test_the_new_card_alone_is_nothing(clerk: Clerk, data: Path) -> None:
    """No step can be left out, and none be taken by a page of another procedure."""
    await clerk.register()
    new = another_card(data)
    await clerk.get("")
    await clerk.get("renew")
    assert await reason_of(await clerk.identify("renewNew", new)) == (409, "oldCardFirst")
    await clerk.follow(await clerk.identify("login"))
    assert await reason_of(await clerk.identify("renewNew", new)) == (409, "oldCardFirst")
    assert (await clerk.identify("renewOld ", new)).status == 400
    await to_new_card(clerk)
    assert (await clerk.post("api/document", {"seen": "x"})).status == 409
    await clerk.get("form")
    assert 'data-screen="S10"' in clerk.text
    await clerk.get("confirm")
    assert 'data-screen="S10"' in clerk.text


async def test_the_number_has_no_place_in_a_renewal(clerk: Clerk, data: Path) -> None:
    """S4 belongs to 登録: no page of another procedure can bring another company in."""
    await clerk.register()
    await to_confirm(clerk, another_card(data))
    await clerk.get("search")
    assert 'data-screen="S3"' in clerk.text
    await clerk.find()
    assert 'data-screen="S3"' in clerk.text
    await clerk.get("renew-confirm")
    assert 'id="pair"' in clerk.text


async def test_stop_and_another_new_card(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    one, two = another_card(data), another_card(data)
    await to_confirm(clerk, one)
    await clerk.submit("renew-again")
    assert 'id="new-card"' in clerk.text
    await clerk.follow(await clerk.identify("renewNew", two))
    transaction, document = await clerk.document()
    await clerk.submit("abort")
    assert 'data-screen="S2"' in clerk.text
    assert await reason_of(await clerk.complete(transaction, await clerk.sign(document, two))) == (
        409,
        "transactionUnknown",
    )
    await clerk.get("renew")
    assert 'data-step="renewOld"' in clerk.text
    assert rows(data, "SELECT state FROM card") == [("active",)]


@pytest.mark.parametrize("order", ["first", "second", "at once"])
async def test_two_renewals_of_one_card(clerk_for: MakeClerk, data: Path, order: str) -> None:
    """Whichever comes first wins; the other is told, and its card stays free for 登録."""
    clerks, cards = [await clerk_for(), await clerk_for()], [another_card(data), another_card(data)]
    await clerks[0].register()
    signed = []
    for clerk, card in zip(clerks, cards, strict=True):
        await to_confirm(clerk, card)
        transaction, document = await clerk.document()
        signed.append((clerk, transaction, await clerk.sign(document, card)))
    if order == "second":
        signed.reverse()
    if order == "at once":
        answers = await asyncio.gather(*(clerk.complete(*values) for clerk, *values in signed))
    else:
        answers = [await clerk.complete(*values) for clerk, *values in signed]
        assert answers[0].status == 200
    refused = next(answer for answer in answers if answer.status != 200)
    assert await reason_of(refused) == (409, "cardRenewed")
    assert rows(data, "SELECT state FROM card ORDER BY id") == [("renewed",), ("active",)]
    assert rows(data, "SELECT count(*) FROM event WHERE kind = 'renewed'") == [(1,)]


@pytest.mark.parametrize("at_once", [False, True])
async def test_the_same_new_card_for_two_old_ones(clerk_for: MakeClerk, data: Path, at_once: bool) -> None:
    clerks, new = [await clerk_for(), await clerk_for()], another_card(data)
    clerks[1].sample = clerks[1].sample | {"card": str(another_card(data))}
    signed = []
    for clerk in clerks:
        await clerk.register()
        await to_confirm(clerk, new)
        transaction, document = await clerk.document()
        signed.append((clerk, transaction, await clerk.sign(document, new)))
    if at_once:
        answers = await asyncio.gather(*(clerk.complete(*values) for clerk, *values in signed))
    else:
        answers = [await clerk.complete(*values) for clerk, *values in signed]
    refused = next(answer for answer in answers if answer.status != 200)
    assert await reason_of(refused) == (409, "cardAlreadyRegistered")
    states = rows(data, "SELECT state FROM card ORDER BY state")
    assert states == [("active",), ("active",), ("renewed",)]


async def test_change_and_renewal_of_one_registration(clerk_for: MakeClerk, data: Path) -> None:
    """A renewal takes the registration as it is by then; a change of the old card comes too late."""
    one, two, late = await clerk_for(), await clerk_for(), await clerk_for()
    await one.register()
    new = another_card(data)
    await to_confirm(two, new)
    for clerk in (one, late):
        await to_form(clerk)
        await clerk.submit("form", **FORM | {"department": "新しい部署"})
    transaction, document = await late.document()
    signature = await late.sign(document)
    await one.sign_and_complete()
    await two.sign_and_complete(new)
    assert await reason_of(await late.complete(transaction, signature)) == (409, "cardRenewed")
    forms = rows(data, "SELECT form ->> 'department' FROM event WHERE kind = 'renewed'")
    assert forms == [("新しい部署",)]


async def test_sent_twice_is_one_renewal(clerk: Clerk, data: Path) -> None:
    new = another_card(data)
    await clerk.register()
    await to_confirm(clerk, new)
    transaction, document = await clerk.document()
    signature = await clerk.sign(document, new)
    answers = await asyncio.gather(*(clerk.complete(transaction, signature) for _ in range(3)))
    assert len({(await answer.json())["receipt"] for answer in answers}) == 1
    assert rows(data, "SELECT count(*) FROM card") == [(2,)]
    await clerk.get("renew-confirm")
    assert 'data-screen="S7"' in clerk.text
    await clerk.get("renew")
    assert 'data-step="renewOld"' in clerk.text
