"""The control's orders, as both the command line and the page send them: one JSON object each."""

from typing import Any

from .piv import GENERAL_AUTHENTICATE
from .station import OrderRefusedError, Station

COMMANDS = (
    "insert",
    "remove",
    "swap",
    "slow",
    "eject-during-signature",
    "block-pin",
    "set-tries",
    "set-puk-tries",
    "expire",
    "renew",
    "fail-with",
    "wrong-signature",
    "heal",
    "status",
)

_MAX_SLOW_MS = 600_000


async def execute(station: Station, order: dict[str, Any]) -> dict[str, Any]:
    """Does what `order` says: `command` (of COMMANDS), `reader` (1 if absent), and its operands.

    Operands: `card` (insert, swap), `value` (slow: ms; set-tries and set-puk-tries: tries),
    `statusWord` (fail-with: four hex digits), `count`, `ins` (fail-with: two hex digits or "any").
    Returns the station's status; raises OrderRefusedError.
    """
    reader = _integer(order, "reader", 1, maximum=99)
    match order.get("command"):
        case "insert":
            station.insert(reader, _name(order))
        case "remove":
            station.remove(reader)
        case "swap":
            await station.swap(reader, _name(order))
        case "expire":
            await station.expire(reader)
        case "renew":
            await station.renew(reader)
        case "block-pin":
            station.set_tries(reader, 0)
        case "set-tries":
            station.set_tries(reader, _integer(order, "value", None, maximum=15))
        case "set-puk-tries":
            station.set_puk_tries(reader, _integer(order, "value", None, maximum=15))
        case "status":
            pass
        case command:
            _arm(station, reader, command, order)
    return station.status()


def _arm(station: Station, reader: int, command: object, order: dict[str, Any]) -> None:
    match command:
        case "slow":
            station.arm(reader, slow_ms=_integer(order, "value", None, maximum=_MAX_SLOW_MS))
        case "eject-during-signature":
            station.arm(reader, eject_during_signature=True)
        case "wrong-signature":
            station.arm(reader, wrong_signatures=_integer(order, "count", 1, maximum=1000))
        case "fail-with":
            station.arm(
                reader,
                failing_status_word=_hexadecimal(order, "statusWord", 4),
                failing_count=_integer(order, "count", 1, maximum=1000),
                failing_ins=_instruction(order),
            )
        case "heal":
            station.heal(reader)
        case _:
            raise OrderRefusedError("知らない操作です。")


def _integer(order: dict[str, Any], member: str, default: int | None, *, maximum: int) -> int:
    value = order.get(member, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= maximum:
        raise OrderRefusedError(f"{member}: 0から{maximum}までの整数が必要です。")
    return value


def _hexadecimal(order: dict[str, Any], member: str, digits: int) -> int:
    value = order.get(member)
    if isinstance(value, str) and len(value) == digits:
        try:
            return int(value, 16)
        except ValueError:
            pass
    raise OrderRefusedError(f"{member}: 16進数{digits}桁が必要です。")


def _instruction(order: dict[str, Any]) -> int | None:
    if order.get("ins") is None:
        return GENERAL_AUTHENTICATE
    return None if order["ins"] == "any" else _hexadecimal(order, "ins", 2)


def _name(order: dict[str, Any]) -> str | None:
    name = order.get("card")
    if name is not None and not isinstance(name, str):
        raise OrderRefusedError("card: 名前が必要です。")
    return name or None
