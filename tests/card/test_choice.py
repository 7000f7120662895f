"""Several cards, several drivers: which certificate a request is about, and what the user may choose."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from cardbridge_demo import softhsm
from cardbridge_demo.desktop import Desktop, desktop
from cardbridge_demo.softhsm import make_token
from tests.card.lab.eyes import wait_to_read
from tests.card.stack import Card, missing_piece, pcsc_stack
from tests.card.workplace import ORIGIN, PIN, Workplace, nonce
from tests.e2e.contract_client import Client, connected

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

ONE_PIN = Path("/usr/lib/x86_64-linux-gnu/onepin-opensc-pkcs11.so")
HOLDERS = ("見本 一郎", "見本 二郎")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """Two cards of two people in two readers."""
    cards = [Card(name=f"card{n}", key_type="p256", holder=holder) for n, holder in enumerate(HOLDERS)]
    with pcsc_stack(cards) as stack, desktop() as screen:
        yield Workplace(folder=tmp_path_factory.mktemp("pair"), cards=stack, screen=screen)


async def press(screen: Desktop, *keys: str) -> None:
    for key in keys:
        await asyncio.to_thread(screen.press, key)


def holder_of(response: dict[str, Any]) -> object:
    der = base64.b64decode(response["result"]["token"]["unverifiedCertificate"])
    subject = x509.load_der_x509_certificate(der).subject
    return subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value


async def to_chooser(place: Workplace, client: Client) -> int:
    id = await client.send("auth.getToken", challengeNonce=nonce())
    await client.until(id, "waitingForUser")
    await asyncio.to_thread(place.screen.wait_for_window)
    return id


@pytest.mark.parametrize("down", [0, 1])
async def test_the_user_chooses_between_two_cards(pair: Workplace, down: int) -> None:
    """Arrow keys and Enter; the PIN goes to the card that was chosen, and only to that one."""
    with pair.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            id = await to_chooser(pair, client)
            await press(pair.screen, *["Down"] * down, "Return")
            await asyncio.to_thread(wait_to_read, pair.screen, "pin_hint")
            assert all(not card["pinVerified"] for card in _cards(pair))
            await pair.type_pin()
            assert holder_of(await client.response(id)) == HOLDERS[down]


async def test_a_filter_leaves_one_and_nobody_is_asked(pair: Workplace) -> None:
    with pair.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            id = await to_chooser(pair, client)
            await press(pair.screen, "Down", "Return")
            await asyncio.to_thread(wait_to_read, pair.screen, "pin_hint")
            await pair.type_pin()
            first = await client.response(id)
            der = base64.b64decode(first["result"]["token"]["unverifiedCertificate"])
            wanted = {"issuers": [x509.load_der_x509_certificate(der).issuer.rfc4514_string()]}
            again = await pair.with_pin(client, "auth.getToken", challengeNonce=nonce(), filter=wanted)
            assert holder_of(again) == HOLDERS[1]


async def test_an_expired_certificate_cannot_be_chosen(pair: Workplace) -> None:
    """One of two has expired: the other is used. Both: `certificateExpired`, and no PIN is asked for."""
    with pair.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            try:
                pair.cards.control("expire", reader=1)
                response = await pair.with_pin(client, "auth.getToken", challengeNonce=nonce())
                assert holder_of(response) == HOLDERS[1]
                pair.cards.control("expire", reader=2)
                error = (await client.call("auth.getToken", challengeNonce=nonce()))["error"]
                assert error["data"]["reason"] == "certificateExpired"
                assert error["data"]["notAfter"].endswith("Z")
            finally:
                pair.cards.control("renew", reader=1)
                pair.cards.control("renew", reader=2)
                await asyncio.to_thread(pair.cards.wait_for_cards, [True, True])


async def test_a_card_pulled_while_the_user_chooses(pair: Workplace) -> None:
    with pair.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            id = await to_chooser(pair, client)
            pair.cards.control("remove", reader=2)
            try:
                assert (await client.response(id))["error"]["data"]["reason"] == "cardRemoved"
                await asyncio.to_thread(pair.screen.wait_until_gone)
            finally:
                pair.cards.control("insert", reader=2, card="card1")
                await asyncio.to_thread(pair.cards.wait_for_cards, [True, True])


@pytest.mark.skipif(not ONE_PIN.exists(), reason="OpenSC's second module is not installed")
async def test_one_card_known_to_two_drivers_is_there_once(workplace: Workplace) -> None:
    second = f'\n[[driver]]\nname = "one-pin"\npath = "{ONE_PIN}"\n'
    with workplace.daemon(more=second) as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            response = await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())
            assert "result" in response


async def test_a_card_and_a_software_token_of_two_drivers(workplace: Workplace, tmp_path: Path) -> None:
    """Slot, reader and certificate are matched over drivers; both readers are listed by name."""
    token = make_token(tmp_path, _card_folder(tmp_path), PIN)
    second = f'\n[[driver]]\nname = "SoftHSM2"\npath = "{softhsm.module()}"\n'
    with workplace.daemon(more=second, env=token) as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            id = await to_chooser(workplace, client)
            await press(workplace.screen, "Down", "Return")
            await asyncio.to_thread(wait_to_read, workplace.screen, "pin_hint")
            await workplace.type_pin()
            assert holder_of(await client.response(id)) == "ソフト 花子"
            readers = (await client.call("readers.list"))["result"]["readers"]
            assert [r["state"] for r in readers] == ["present", "empty", "present"]
            assert readers[2]["name"].startswith("SoftHSM slot")


def _cards(place: Workplace) -> list[dict[str, Any]]:
    return [reader["card"] for reader in place.cards.control("status")["readers"]]


def _card_folder(folder: Path) -> Path:
    """A key with a certificate as the demonstration's card folders have them."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from cardbridge_card import issuing, keys
    from cardbridge_card.contents import AUTHENTICATION

    specification = issuing.Specification(
        key_type="rsa2048", holder="ソフト 花子", company="有限会社ソフト", given={}
    )
    made = issuing.issue(specification, issuing.Secrets(pin=PIN, puk="12345678")).slots[AUTHENTICATION]
    card = folder / "card"
    card.mkdir()
    (card / "authentication.key.pem").write_bytes(keys.to_pem(made.key))
    (card / "authentication.crt.pem").write_bytes(made.certificate.public_bytes(Encoding.PEM))
    return card
