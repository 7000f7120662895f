"""What the card is told to do wrong, armed from the control."""

from dataclasses import dataclass, replace

from .piv import GENERAL_AUTHENTICATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """`slow_ms` delays each signature; counts are of commands still to come.

    `failing_ins` None means every instruction.
    """

    slow_ms: int = 0
    eject_during_signature: bool = False
    wrong_signatures: int = 0
    failing_status_word: int = 0
    failing_count: int = 0
    failing_ins: int | None = GENERAL_AUTHENTICATE

    def failure(self, ins: int) -> tuple["Faults", int | None]:
        """The status word with which a command `ins` fails, if it does; and what stays armed."""
        if not self.failing_count or self.failing_ins not in (None, ins):
            return self, None
        return replace(self, failing_count=self.failing_count - 1), self.failing_status_word

    def spoil(self, response: bytes) -> tuple["Faults", bytes]:
        """A signature's response, wrong by a bit if one is to be wrong; and what stays armed."""
        if not self.wrong_signatures or len(response) <= 2:
            return self, response
        spoilt = response[:-3] + bytes([response[-3] ^ 1]) + response[-2:]
        return replace(self, wrong_signatures=self.wrong_signatures - 1), spoilt
