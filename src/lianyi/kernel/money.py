"""Money is whole fen. There is one way to round and one way to split."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

FEN_PER_YUAN = 100


def amount(unit_price: Decimal, quantity: Decimal | int) -> int:
    """Return the fen of one line. `unit_price` is in yuan and may have more than two places."""
    return to_fen(unit_price * quantity)


def to_fen(yuan: Decimal) -> int:
    return int((yuan * FEN_PER_YUAN).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share(fen: int, rate: Decimal) -> int:
    """Return a rate of an amount, rounded half up."""
    return int((fen * rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def split(fen: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount in proportion, by largest remainder, so that the parts sum to it."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError(weights)
    parts = [fen * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(fen * weights[n] % whole), n))
    for n in by_remainder[: fen - sum(parts)]:
        parts[n] += 1
    return tuple(parts)


def yuan(fen: int) -> str:
    """Return the amount as people write it: ¥1,234.50."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}¥{whole:,}.{rest:02d}"
