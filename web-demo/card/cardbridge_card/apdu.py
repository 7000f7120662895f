"""Command and response APDUs (ISO/IEC 7816-4, 5): parsing, command chaining, GET RESPONSE."""

from dataclasses import dataclass, replace

OK = 0x9000
WRONG_LENGTH = 0x6700
LOGICAL_CHANNEL_UNSUPPORTED = 0x6881
SECURE_MESSAGING_UNSUPPORTED = 0x6882
SECURITY_STATUS_NOT_SATISFIED = 0x6982
METHOD_BLOCKED = 0x6983
CONDITIONS_NOT_SATISFIED = 0x6985
INCORRECT_DATA = 0x6A80
NOT_FOUND = 0x6A82
INCORRECT_P1_P2 = 0x6A86
REFERENCE_NOT_FOUND = 0x6A88
INS_NOT_SUPPORTED = 0x6D00
CLA_NOT_SUPPORTED = 0x6E00

GET_RESPONSE = 0xC0
CHAINING = 0x10
_MAX_CHAINED_BYTES = 4096


def tries_left(count: int) -> int:
    """The status word 63Cx: refused, `count` tries left."""
    return 0x63C0 | min(count, 15)


class StatusError(Exception):
    """A command ends with this status word and no data."""

    def __init__(self, status_word: int) -> None:
        super().__init__(f"{status_word:04X}")
        self.status_word = status_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command APDU; `le` is the number of octets wanted, 0 for none."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int = 0

    @property
    def header(self) -> tuple[int, int, int]:
        """What must stay the same through a chain."""
        return self.ins, self.p1, self.p2

    @property
    def chained(self) -> bool:
        """More octets of the same command follow."""
        return bool(self.cla & CHAINING)


def parse(octets: bytes) -> Command:
    """Short and extended cases 1 to 4. Raises StatusError(6700)."""
    if len(octets) < 4:
        raise StatusError(WRONG_LENGTH)
    cla, ins, p1, p2 = octets[:4]
    data, le = _parse_extended(octets[4:]) if _is_extended(octets) else _parse_short(octets[4:])
    return Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, le=le)


def respond(data: bytes, status_word: int = OK) -> bytes:
    """A response APDU."""
    return data + status_word.to_bytes(2, "big")


def _is_extended(octets: bytes) -> bool:
    return len(octets) >= 7 and octets[4] == 0


def _parse_short(body: bytes) -> tuple[bytes, int]:
    if not body:
        return b"", 0
    if len(body) == 1:
        return b"", body[0] or 256
    size_bytes, rest = body[0], body[1:]
    if len(rest) == size_bytes:
        return rest, 0
    if len(rest) == size_bytes + 1:
        return rest[:-1], rest[-1] or 256
    raise StatusError(WRONG_LENGTH)


def _parse_extended(body: bytes) -> tuple[bytes, int]:
    number = int.from_bytes(body[1:3], "big")
    if len(body) == 3:
        return b"", number or 65536
    rest = body[3:]
    if number and len(rest) == number:
        return rest, 0
    if number and len(rest) == number + 2:
        return rest[:-2], int.from_bytes(rest[-2:], "big") or 65536
    raise StatusError(WRONG_LENGTH)


class CommandChain:
    """Joins the commands of a chain (ISO/IEC 7816-4, 5.1.1); another command ends it unheard."""

    def __init__(self) -> None:
        self._header: tuple[int, int, int] | None = None
        self._data = b""

    def join(self, command: Command) -> Command | None:
        """The whole command, or None while more is to come. Raises StatusError(6700) when too long."""
        begun = self._data if self._header == command.header else b""
        self.clear()
        if len(begun) + len(command.data) > _MAX_CHAINED_BYTES:
            raise StatusError(WRONG_LENGTH)
        if command.chained:
            self._header, self._data = command.header, begun + command.data
            return None
        return replace(command, data=begun + command.data)

    def clear(self) -> None:
        """Forgets what has come so far."""
        self._header, self._data = None, b""


class PendingResponse:
    """What does not fit into Le is fetched with GET RESPONSE, announced by 61xx."""

    def __init__(self) -> None:
        self._rest = b""

    def begin(self, data: bytes, le: int) -> bytes:
        """The first response APDU to `data`; an earlier rest is dropped."""
        limit = le or 256
        self._rest = data[limit:]
        if not self._rest:
            return respond(data)
        return respond(data[:limit], 0x6100 | min(len(self._rest), 256) & 0xFF)

    def next(self, le: int) -> bytes:
        """The response to GET RESPONSE. Raises StatusError(6985) when nothing waits."""
        if not self._rest:
            raise StatusError(CONDITIONS_NOT_SATISFIED)
        return self.begin(self._rest, le)

    def clear(self) -> None:
        """Drops what waits."""
        self._rest = b""
