"""Who is told when a card is added, renewed or refused, or a registration changed."""

from pathlib import Path

from cryptography import x509
from sqlalchemy.ext.asyncio import async_sessionmaker

from cardbridge_portal.authority import revoke
from cardbridge_portal.engine import open_database
from cardbridge_portal.refusals import Refusals
from tests.portal.clerk import FORM, Clerk, Clock, read_samples
from tests.portal.companies import another_card, execute, rows
from tests.portal.conftest import MakeClerk
from tests.portal.signing import b64
from tests.portal.test_change import reason_of, to_form
from tests.portal.test_renewal import to_confirm, to_new_card


def mails(data: Path, kind: str) -> list[tuple[str, str]]:
    """Recipient and body."""
    return rows(data, "SELECT recipient, body FROM outgoing_mail WHERE kind = ? ORDER BY id", kind)


async def test_added(clerk_for: MakeClerk, data: Path) -> None:
    """The first card's main contact hears of the second, which somebody else may have registered."""
    clerk, intruder = await clerk_for(), await clerk_for()
    intruder.sample = intruder.sample | {"card": str(another_card(data))}
    receipt = await clerk.register()
    ((recipient, body),) = mails(data, "cardAdded")
    assert recipient == "keiyaku@example.jp" and receipt in body and "見本　太郎" in body
    await intruder.authenticate()
    await intruder.find()
    await intruder.submit("form", **FORM | {"contact_email": "intruder@example.com"})
    await intruder.sign_and_complete()
    assert {recipient for recipient, _ in mails(data, "cardAdded")[1:]} == {
        "keiyaku@example.jp",
        "intruder@example.com",
    }
    assert all(clerk.sample["number"] not in body for _, body in mails(data, "cardAdded"))


async def test_changed_address_is_told_to_the_old_one(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await to_form(clerk)
    await clerk.submit("form", **FORM | {"contact_email": "new@example.jp"})
    await clerk.sign_and_complete()
    told = mails(data, "registrationChanged")
    assert {recipient for recipient, _ in told} == {"keiyaku@example.jp", "new@example.jp"}


async def test_renewed(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await to_confirm(clerk, new := another_card(data))
    assert mails(data, "cardRenewed") == []
    await clerk.sign_and_complete(new)
    assert [recipient for recipient, _ in mails(data, "cardRenewed")] == ["keiyaku@example.jp"]


async def test_refused_cards_are_told(clerk: Clerk, data: Path, clock: Clock) -> None:
    """Another company's card at ICカード更新, a revoked card at ログイン: one mail tells of all."""
    await clerk.register()
    await to_new_card(clerk)
    foreign = Path(read_samples(data)[1]["card"])
    for _ in range(2):
        assert (await clerk.identify("renewNew", foreign)).status == 409
    await execute(data, "UPDATE card SET state = 'revoked'")
    await clerk.get("login")
    assert (await clerk.identify("login")).status == 409
    assert rows(data, "SELECT named_by, company_id FROM refusal") == [("card", 1)] * 3
    clock.pass_s(120)
    engine = await open_database(f"sqlite+aiosqlite:///{data / 'portal.sqlite3'}")
    await Refusals(async_sessionmaker(engine), clock).report()
    await engine.dispose()
    ((recipient, body),) = mails(data, "refused")
    assert recipient == "keiyaku@example.jp" and "貴社のものではないICカード" in body and "：3回" in body


async def test_card_that_its_authority_has_revoked(clerk: Clerk, data: Path, clock: Clock) -> None:
    """Stolen and reported to the certification authority only: somebody who has the PIN tries it."""
    await clerk.register()
    certificate = x509.load_pem_x509_certificate((clerk.card / "authentication.crt.pem").read_bytes())
    revoke(data, certificate, clock())
    await clerk.get("login")
    for step in ("login", "change", "renewOld"):
        assert await reason_of(await clerk.identify(step)) == (422, "certificateRevoked")
    assert rows(data, "SELECT named_by, company_id FROM refusal") == [("card", 1)] * 3
    stranger = dict(clerk.token(await clerk.nonce()), signature=b64(b"not over this nonce"))
    await clerk.post("api/authenticate", {"step": "login", "token": stranger})
    assert rows(data, "SELECT COUNT(*) FROM refusal") == [(3,)]


async def test_slips_are_not_told(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await to_new_card(clerk)
    assert (await clerk.identify("renewNew")).status == 409  # the old card again
    assert rows(data, "SELECT * FROM refusal") == []
