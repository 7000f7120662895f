"""BER-TLV and APDU forms, and that no octets at all break the card."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardbridge_card import apdu, tlv
from cardbridge_card.contents import AID
from cardbridge_card.piv import PivCard
from tests.card.stack import Card

CARD = PivCard(Card(key_type="p256").issue())
TAGS = st.sampled_from([0x53, 0x5C, 0x70, 0x7E, 0x82, 0xFE, 0x5F2F, 0x5FC102, 0x7F49])


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300))))
def test_tlv_there_and_back(objects: list[tuple[int, bytes]]) -> None:
    assert list(tlv.decode(b"".join(tlv.encode(tag, value) for tag, value in objects))) == objects


@pytest.mark.parametrize("octets", ["5C", "5C05AA", "5F", "5F8181", "5C80", "5C85", "5C8401000000"])
def test_tlv_cut_short(octets: str) -> None:
    with pytest.raises(tlv.MalformedTlvError):
        list(tlv.decode(bytes.fromhex(octets)))


@pytest.mark.parametrize(
    ("octets", "data", "le"),
    [
        ("00200080", "", 0),
        ("00C0000000", "", 256),
        ("00C0000010", "", 16),
        ("002000800131", "31", 0),
        ("00CB3FFF035C017E00", "5C017E", 256),
        ("00C00000000000", "", 65536),
        ("00CB3FFF0000035C017E", "5C017E", 0),
        ("00CB3FFF0000035C017E0100", "5C017E", 256),
    ],
)
def test_apdu_cases(octets: str, data: str, le: int) -> None:
    command = apdu.parse(bytes.fromhex(octets))
    assert (command.data.hex().upper(), command.le) == (data, le)


@pytest.mark.parametrize("octets", ["", "002000", "00200080023132FF00", "002000800231", "00200080000005AA"])
def test_apdu_of_wrong_length(octets: str) -> None:
    with pytest.raises(apdu.StatusError) as caught:
        apdu.parse(bytes.fromhex(octets))
    assert caught.value.status_word == 0x6700


@settings(max_examples=300)
@given(
    st.sampled_from([0x00, 0x10]),
    st.sampled_from([0x20, 0x24, 0x2C, 0x87, 0xA4, 0xC0, 0xCB]),
    st.binary(max_size=40),
)
def test_any_octets_get_a_status_word(cla: int, ins: int, rest: bytes) -> None:
    CARD.transmit(bytes.fromhex("00A404000B") + AID)
    answer = CARD.transmit(bytes([cla, ins]) + rest)
    assert len(answer) >= 2
    assert answer[-2] in (0x61, 0x63, 0x67, 0x68, 0x69, 0x6A, 0x6D, 0x6E, 0x90)
