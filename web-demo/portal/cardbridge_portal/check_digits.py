"""Check digits of registration numbers: which digit is the last one. Pure.

They tell a mistyped number before it counts as an attempt; they make no number harder to guess.
"""

from typing import Literal

CheckDigit = Literal["none", "luhn", "modulus11"]


def check_digit(body: str, kind: CheckDigit) -> str:
    """The digit to append to `body` (half-width digits), '' with `none`.

    `luhn` is ISO/IEC 7812-1 annex B: it finds any one wrong digit and nearly every exchange of
    neighbours. `modulus11` weights the digits 2 to 7 from the right, over and over, and takes 0 where the
    remainder is 0 or 1, as the Japanese individual number does (平成26年総務省令第85号 第5条).
    """
    if kind == "none":
        return ""
    digits = [int(digit) for digit in reversed(body)]
    if kind == "luhn":
        doubled = [
            sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits)
        ]
        return str(-sum(doubled) % 10)
    remainder = sum(digit * (place % 6 + 2) for place, digit in enumerate(digits)) % 11
    return str(0 if remainder <= 1 else 11 - remainder)


def has_check_digit(number: str, kind: CheckDigit) -> bool:
    """Whether the last digit of `number` is the right one; True with `none`."""
    return kind == "none" or check_digit(number[:-1], kind) == number[-1:]
