"""What a page may know of readers: no serial number, and the states of PC/SC in the contract's words."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.reader_table import PcscReader, PcscReaders, emptied, is_slot_of, reader_state
from bridge.core.readers import Card, Reader, ReaderState, public_name
from tests.unit.fuzz import quick


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("ACS ACR39U ICC Reader 00 00", "ACS ACR39U ICC Reader 00 00"),
        ("Virtual PCD 00 01", "Virtual PCD 00 01"),
        ("Sony FeliCa Port/PaSoRi 3.0 0", "Sony FeliCa Port/PaSoRi 3.0 0"),
        ("Windows Hello for Business 1", "Windows Hello for Business 1"),
        ("Generic Reader (CL) 0", "Generic Reader (CL) 0"),
        ("Gemalto PC Twin Reader (70D7E2EE) 00 00", "Gemalto PC Twin Reader 00 00"),
        ("Gemalto PC Twin Reader (AB12CD3E) 01 00", "Gemalto PC Twin Reader 01 00"),
        ("Reader (ABCDEF) 00 00", "Reader 00 00"),
        ("Reader (12-34-56) 00 00", "Reader 00 00"),
        ("Reader [CCID] (A1) 00 00", "Reader [CCID] 00 00"),
        (
            "SCM Microsystems Inc. SCR 3310 [CCID Interface] (53311340218513) 00 00",
            "SCM Microsystems Inc. SCR 3310 [CCID Interface] 00 00",
        ),
        (
            "SCM Microsystems Inc. SCR 3310 [CCID Interface] (5331134021",
            "SCM Microsystems Inc. SCR 3310 [CCID Interface]",
        ),
        ("OMNIKEY AG 3121 (OKCM0012608181119) 00 00", "OMNIKEY AG 3121 00 00"),
        ("Reader [SN 123456] 00 00", "Reader 00 00"),
        ("SoftHSM slot ID 0x5d4d1e1a", "SoftHSM slot ID"),
        ("SoftHSM slot ID 0x1a", "SoftHSM slot ID"),
        ("Token 0123456789abcdef", "Token"),
        ("  two   blanks  ", "two blanks"),
        ("(123)", "reader"),
        ("", "reader"),
    ],
)
def test_serial_numbers_are_cut(name: str, public: str) -> None:
    assert public_name(name) == public


serials = st.text("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ-", min_size=3, max_size=20)


@quick
@given(serials, st.sampled_from(["", " [あ]", " [あ (い)]"]))
def test_no_serial_number_in_the_place_of_pcsc_lite_comes_through(serial: str, interface: str) -> None:
    assert public_name(f"う{interface} ({serial}) 00 01") in ("う 00 01", f"う{interface} 00 01")


@quick
@given(st.text(max_size=80))
def test_a_public_name_is_short_text_of_its_own(name: str) -> None:
    public = public_name(name)
    assert public and public == " ".join(public.split())
    assert public_name(public) == public


def test_a_public_name_stays_when_it_is_cut_again() -> None:
    once = public_name("Reader (A1) (B2) 00 00")
    assert once == public_name(once) == "Reader 00 00"


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (0x0010, "empty"),
        (0x0020, "present"),
        (0x0122, "present"),
        (0x00010022, "present"),
        (0x00A0, "inUse"),
        (0x01A0, "inUse"),
        (0x0220, "mute"),
        (0x02A0, "mute"),
        (0x0008, "unsupported"),
        (0x000C, "unsupported"),
        (0x0000, "unsupported"),
        (0x0004, "unsupported"),
        (0x0012, "empty"),
    ],
)
def test_states_of_pcsc(event: int, state: str) -> None:
    assert reader_state(event) == state


def readers(**atrs: str) -> PcscReaders:
    """Reader name -> ATR in hex; "-" is an empty reader, "m" a mute card."""
    states: dict[str, ReaderState] = {"-": "empty", "m": "mute"}
    rows = [
        PcscReader(name=name, state=states.get(atr, "present"), atr=bytes.fromhex(atr.strip("-m")))
        for name, atr in atrs.items()
    ]
    return PcscReaders(available=True, readers=tuple(rows))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (readers(a="3b"), readers(a="3b"), []),
        (readers(a="3b"), readers(a="-"), ["a"]),
        (readers(a="3b"), readers(), ["a"]),
        (readers(a="3b"), PcscReaders(available=False), ["a"]),
        (readers(a="3b", b="3b"), readers(b="3b"), ["a"]),
        (readers(a="3b"), readers(a="3c"), ["a"]),
        (readers(a="3b"), readers(a="m"), []),
        (readers(a="m"), readers(a="3b"), []),
        (readers(a="-"), readers(a="3b"), []),
        (readers(a="-"), readers(), []),
        (readers(), readers(a="3b"), []),
    ],
)
def test_which_readers_lost_a_card(before: PcscReaders, after: PcscReaders, names: list[str]) -> None:
    assert emptied(before, after) == names


@pytest.mark.parametrize(
    ("description", "reader", "same"),
    [
        ("Virtual PCD 00 00", "Virtual PCD 00 00", True),
        ("Virtual PCD 00 00" + " " * 47, "Virtual PCD 00 00", True),
        ("Virtual PCD 00 01", "Virtual PCD 00 00", False),
        ("Virtual PCD", "Virtual PCD 00 00", False),
        ("R" * 64, "R" * 70, True),
        ("R" * 63, "R" * 70, False),
        ("R" * 63, "R" * 63 + " 00 00", True),
        ("あ" * 21, "あ" * 30, True),
    ],
)
def test_the_slot_of_a_reader(description: str, reader: str, same: bool) -> None:
    assert is_slot_of(description, reader) is same


def test_the_readers_members_are_the_contracts() -> None:
    card = Card(type="PIV-II", pin_state="finalTry", protected_authentication_path=False, tries_left=1)
    assert msgspec.to_builtins(Reader(name="R", state="present", card=card)) == {
        "name": "R",
        "state": "present",
        "card": {
            "type": "PIV-II",
            "pinState": "finalTry",
            "triesLeft": 1,
            "protectedAuthenticationPath": False,
        },
    }
    unknown = Card(type="unknown", pin_state="unknown", protected_authentication_path=False)
    assert set(msgspec.to_builtins(unknown)) == {"type", "pinState", "protectedAuthenticationPath"}
    assert msgspec.to_builtins(Reader(name="R", state="empty")) == {"name": "R", "state": "empty"}
