"""The agency's own arithmetic: what of a bill falls to whom. Pure; amounts are whole fen.

INS-06, INS-08, INS-10, INS-11, INS-12. The figures of the two schemes are invented for the demo:
real ones are local and change every year (RULES section 28).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from lianyi.links.insurer import EMPLOYEE, RESIDENT

FULL, NONE = Decimal(1), Decimal(0)
WHOLLY, PARTLY, NOT_AT_ALL = "01", "02", "03"  # 甲, 乙, 自费


@dataclass(frozen=True, slots=True)
class Scheme:
    """One year of one scheme: a threshold once a year, then a share up to a ceiling."""

    deductible: int
    ratio: Decimal
    retired_ratio: Decimal
    ceiling: int
    critical_from: int
    critical_ratio: Decimal


SCHEMES = {
    EMPLOYEE: Scheme(20_000, Decimal("0.70"), Decimal("0.75"), 600_000, 1_800_000, Decimal("0.60")),
    RESIDENT: Scheme(10_000, Decimal("0.60"), Decimal("0.60"), 300_000, 1_800_000, Decimal("0.60")),
}
AID_RATIO = Decimal("0.70")
RETIRED = "12"


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the catalogue. `standard` is the highest price of one unit the funds look at."""

    level: str = NOT_AT_ALL
    first_share: Decimal = NONE
    standard: int | None = None
    is_drug: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes of one line."""

    sum: int
    own: int = 0
    over: int = 0
    first: int = 0

    @property
    def in_range(self) -> int:
        return self.sum - self.own - self.over - self.first


@dataclass(frozen=True, slots=True)
class Used:
    """What a person's year has used up so far."""

    deductible: int = 0
    pool: int = 0
    carried: int = 0  # of policy amounts, by the person


@dataclass(frozen=True, slots=True)
class Share:
    """Who pays what."""

    sum: int
    in_range: int
    deductible: int
    pool: int
    critical: int
    aid: int

    @property
    def carried(self) -> int:
        """What of the policy amounts the basic insurance left to the person."""
        return self.in_range - self.pool

    @property
    def person(self) -> int:
        return self.sum - self.pool - self.critical - self.aid


def rate(item: Item, sum: int, quantity: Decimal) -> Part:
    """INS-06: what of a line counts."""
    if item.level == NOT_AT_ALL:
        return Part(sum, own=sum)
    over = 0
    if item.standard is not None:
        over = max(0, sum - _rounded(item.standard * quantity))
    return Part(sum, over=over, first=_rounded((sum - over) * item.first_share))


def share(scheme: Scheme, parts: list[Part], used: Used, *, retired: bool, aided: bool) -> Share:
    """INS-08, INS-10 to INS-12: basic insurance, then the critical one, then aid."""
    in_range = sum(part.in_range for part in parts)
    deductible = min(in_range, max(0, scheme.deductible - used.deductible))
    ratio = scheme.retired_ratio if retired else scheme.ratio
    room = max(0, scheme.ceiling - used.pool)
    pool = min(room, _rounded((in_range - deductible) * ratio))
    open_ = in_range - pool
    over = max(0, used.carried + open_ - max(scheme.critical_from, used.carried))
    critical = _rounded(over * scheme.critical_ratio)
    aid = _rounded((open_ - critical) * AID_RATIO) if aided else 0
    total = sum(part.sum for part in parts)
    return Share(total, in_range, deductible, pool, critical, aid)


def _rounded(fen: Decimal) -> int:
    return int(fen.quantize(Decimal(1), rounding=ROUND_HALF_UP))
