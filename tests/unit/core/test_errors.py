"""The errors of the contract, and a sentence in two languages for each."""

import re

import pytest

from bridge.core.errors import ERRORS, BridgeError, DriverFailed, PinIncorrect
from bridge.core.sentences import SENTENCES, user_message

CONTRACT = {
    "parseError": -32700,
    "invalidRequest": -32600,
    "methodNotFound": -32601,
    "invalidParams": -32602,
    "internalError": -32603,
    "originNotPermitted": -32001,
    "userCancelled": -32002,
    "userTimeout": -32003,
    "busy": -32004,
    "rateLimited": -32005,
    "sessionUnknown": -32006,
    "noReader": -32010,
    "noCard": -32011,
    "cardRemoved": -32012,
    "cardUnsupported": -32013,
    "readerServiceUnavailable": -32014,
    "pinIncorrect": -32020,
    "pinLocked": -32021,
    "pinRejected": -32022,
    "noCertificate": -32030,
    "certificateExpired": -32031,
    "certificateNotYetValid": -32032,
    "certificateMismatch": -32033,
    "driverNotFound": -32040,
    "driverFailed": -32041,
    "driverTimeout": -32042,
    "unsupportedFormat": -32050,
    "unsupportedAlgorithm": -32051,
    "documentUnreadable": -32052,
}
RETRIABLE = {
    "userCancelled", "userTimeout", "busy", "rateLimited", "noReader", "noCard", "cardRemoved",
    "readerServiceUnavailable", "pinIncorrect", "pinRejected", "driverFailed", "driverTimeout",
}  # fmt: skip


def every_error(base: type[BridgeError] = BridgeError) -> list[type[BridgeError]]:
    return [found for child in base.__subclasses__() for found in (child, *every_error(child))]


def test_code_and_reason_belong_together_for_ever() -> None:
    assert {reason: error.code for reason, error in ERRORS.items()} == CONTRACT
    assert {reason for reason, error in ERRORS.items() if error.retriable} == RETRIABLE


def test_no_error_has_a_pair_of_its_own() -> None:
    for error in every_error():
        if hasattr(error, "code"):
            assert CONTRACT[error.reason] == error.code
            assert isinstance(error.retriable, bool)


def test_data_that_is_not_known_is_left_out() -> None:
    assert PinIncorrect(triesLeft=None, pinState="unknown").data == {"pinState": "unknown"}
    assert PinIncorrect(triesLeft=0).data == {"triesLeft": 0}


def test_detail_is_english_for_developers() -> None:
    assert DriverFailed("It broke.", driver="X").detail == "It broke."
    for error in ERRORS.values():
        assert error().detail.isascii() and len(error().detail) > 10


USED = set(CONTRACT) | {error.sentence for error in every_error() if error.sentence}


@pytest.mark.parametrize("reason", sorted(USED))
def test_sentences_are_whole_and_in_their_language(reason: str) -> None:
    ja, en = SENTENCES["ja"][reason], SENTENCES["en"][reason]
    assert ja.endswith("。") and re.search("[ぁ-ん]", ja)
    assert en.endswith(".") and en.isascii() and en[0].isupper()
    assert len(re.findall("。", ja)) >= 2, "what happened, and what to do"


@pytest.mark.parametrize("error", [each for each in every_error() if hasattr(each, "code")])
def test_every_error_that_can_be_raised_speaks_to_the_user(error: type[BridgeError]) -> None:
    assert user_message(error(), "ja") == SENTENCES["ja"][error.sentence or error.reason]
    assert user_message(error(), "en") == SENTENCES["en"][error.sentence or error.reason]
