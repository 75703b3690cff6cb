"""What counts of a line, who pays what, and where two books differ. Pure.

The figures are in the profile: all of them are local and change from year to year.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from lianyi.insurance.model import (
    OVER,
    Booked,
    Charge,
    Claim,
    Counter,
    Cover,
    CoverState,
    DifferenceKind,
    Filing,
    Item,
    Kind,
    Level,
    Line,
    Mismatch,
    Rating,
    Scheme,
    Split,
    Terms,
)
from lianyi.kernel import money

HUNDRED = Decimal(100)
REASON_MIN = 2  # characters
NOT_ONLINE = "not_online"  # why: until the institution has agreed, asking again is in vain
# What the agency answers, in the words there are for people.
WHY = {
    "no_answer": "no_answer",
    "split_changed": "split_changed",
    "not_insured": "not_insured",
    "NOT_INSURED": "not_insured",
    "NO_SUCH_PERSON": "not_insured",
    "FUND_CONTROL": "control",
    "NOT_ONLINE": NOT_ONLINE,
    "NO_CREDENTIAL": "credential",
    "CREDENTIAL_UNKNOWN": "credential",
    "CREDENTIAL_ENDED": "credential",
    "NO_PRESCRIPTION": "prescription",
    "PRESCRIPTION_KNOWN": "prescription",
    "PRESCRIPTION_UNKNOWN": "prescription",
    "NOT_PRESCRIBED": "prescription",
}
RETIRED = "12"  # how the interface's kinds of retired persons begin


def line_of(charge: Charge, item: Item | None) -> Line:
    """INS-06: what nobody has put into the catalogue counts for nothing."""
    if item is None:
        return Line(charge, charge.code, Level.NOT_AT_ALL, Decimal(1), None, is_drug=False)
    return Line(
        charge, item.national, item.level, item.first_share, item.standard_fen, item.is_drug
    )


def is_sound_item(first_share: Decimal, standard_fen: int | None) -> bool:
    return 0 <= first_share <= 1 and (standard_fen is None or standard_fen > 0)


def rating_of(line: Line) -> Rating:
    """INS-06: A counts whole, B after its first share, C not at all; nothing above the standard."""
    fen = line.charge.fen
    if line.level is Level.NOT_AT_ALL:
        return Rating(line.level, fen, 0, 0, 0)
    over = _over_standard(line)
    share = line.first_share if line.level is Level.PARTLY else Decimal(0)
    first = money.share(fen - over, share)
    return Rating(line.level, 0, over, first, fen - over - first)


def _over_standard(line: Line) -> int:
    if line.standard_fen is None:
        return 0
    standard = (line.standard_fen * line.charge.quantity).quantize(Decimal(1), ROUND_HALF_UP)
    return max(0, line.charge.fen - int(standard))


def terms_of(numbers: Mapping[str, int], scheme: Scheme, person_type: str) -> Terms:
    """Return a scheme's figures; an employee in retirement has a higher ratio (INS-14)."""
    retired = scheme is Scheme.EMPLOYEE and person_type.startswith(RETIRED)
    ratio = "INS-08.310.retired" if retired else f"INS-08.{scheme}.ratio"
    return Terms(
        deductible_fen=numbers[f"INS-09.{scheme}.deductible"],
        ratio=numbers[ratio] / HUNDRED,
        ceiling_fen=numbers[f"INS-09.{scheme}.ceiling"],
        critical_from_fen=numbers["INS-10.threshold"],
        critical_ratio=numbers["INS-10.ratio"] / HUNDRED,
        aid_ratio=numbers["INS-11.ratio"] / HUNDRED,
    )


def split_of(
    ratings: Sequence[Rating], terms: Terms, used: Counter, *, aided: bool, account_fen: int = 0
) -> Split:
    """INS-08, INS-12: basic insurance, then the critical one, then aid, then the person.

    `account_fen` is how much of the person's part the agency takes from their account, which
    only the agency knows.
    """
    in_range = sum(rating.in_range_fen for rating in ratings)
    total = sum(_whole(rating) for rating in ratings)
    deductible = min(in_range, max(0, terms.deductible_fen - used.deductible_fen))
    room = max(0, terms.ceiling_fen - used.pool_fen)
    pool = min(room, money.share(in_range - deductible, terms.ratio))
    open_ = in_range - pool
    critical = money.share(_over_threshold(open_, terms, used), terms.critical_ratio)
    aid = money.share(open_ - critical, terms.aid_ratio) if aided else 0
    rest = total - pool - critical - aid
    account = min(account_fen, rest)
    return Split(total, in_range, deductible, pool, critical, aid, 0, account, rest - account)


def _over_threshold(open_fen: int, terms: Terms, used: Counter) -> int:
    """INS-10: what of the amounts left to the person lies above the year's threshold."""
    before = max(0, used.open_fen - terms.critical_from_fen)
    after = max(0, used.open_fen + open_fen - terms.critical_from_fen)
    return after - before


def _whole(rating: Rating) -> int:
    return rating.own_fen + rating.over_fen + rating.first_fen + rating.in_range_fen


def adds_up(split: Split) -> bool:
    """INS-07."""
    parts = (
        split.pool_fen,
        split.critical_fen,
        split.aid_fen,
        split.other_fen,
        split.account_fen,
        split.cash_fen,
    )
    return sum(parts) == split.total_fen and min(parts) >= 0


def agrees(ours: Split, theirs: Split) -> bool:
    """Say whether the agency reckons as we do. The account's balance is the agency's alone."""
    return (ours.pool_fen, ours.critical_fen, ours.aid_fen, ours.total_fen) == (
        theirs.pool_fen,
        theirs.critical_fen,
        theirs.aid_fen,
        theirs.total_fen,
    )


def is_as_foretold(foretold: Split, settled: Split) -> bool:
    """Say whether the person owes what they have paid, and the agency what it said."""
    return (foretold.total_fen, foretold.cash_fen) == (settled.total_fen, settled.cash_fen)


def is_bound(cover: Cover | None) -> bool:
    """INS-01."""
    return cover is not None and cover.state is CoverState.BOUND


def is_sound(filing: Filing) -> bool:
    """INS-16, INS-17, CON-26: a follow-up is of a known disease, a shop sells on prescription."""
    if filing.kind is Kind.PHARMACY:
        return filing.prescription_id is not None
    return bool(filing.diagnosis) or not filing.online


def may_ask_again(claim: Claim | None) -> bool:
    """Say whether asking the agency about a bill, once or again, may come to anything."""
    if claim is None:
        return True
    return claim.state in OVER and why_not(claim.code) != NOT_ONLINE


def untraced(kind: Kind, lines: Collection[Line]) -> str:
    """FR-20: name an insured drug of a sale that no scanned pack stands for."""
    if kind is not Kind.PHARMACY:
        return ""
    drugs = (line for line in lines if line.is_drug and not line.charge.packs)
    return next((line.charge.code for line in drugs), "")


def used_after(used: Counter, split: Split, sign: int) -> Counter:
    """INS-09, INS-21: what a settlement uses up, its reversal gives back exactly."""
    return Counter(
        used.deductible_fen + sign * split.deductible_fen,
        used.pool_fen + sign * split.pool_fen,
        used.open_fen + sign * (split.in_range_fen - split.pool_fen),
    )


def why_not(code: str) -> str:
    """Return what a code of the agency's, or of ours, comes to for whoever is told."""
    return WHY.get(code, "other")


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def netted(rows: Iterable[Booked]) -> list[Booked]:
    """Sum what belongs to one settlement; taken back on the same day it comes to nothing."""
    sums: dict[str, Booked] = {}
    for row in rows:
        had = sums.get(row.number, Booked(row.number, 0, 0, 0))
        sums[row.number] = Booked(
            row.number,
            had.total_fen + row.total_fen,
            had.funds_fen + row.funds_fen,
            had.account_fen + row.account_fen,
        )
    return [row for row in sums.values() if row.total_fen or row.funds_fen]


def compare(ours: Sequence[Booked], theirs: Sequence[Booked]) -> Iterator[Mismatch]:
    """Return where our netted settlements of a day and the agency's differ."""
    here, there = _by_number(ours), _by_number(theirs)
    for number in sorted(here.keys() | there.keys()):
        mine, other = here.get(number), there.get(number)
        if other is None:
            yield Mismatch(DifferenceKind.MISSING_THERE, number, _funds(mine), 0)
        elif mine is None:
            yield Mismatch(DifferenceKind.MISSING_HERE, number, 0, _funds(other))
        elif mine != other:
            yield Mismatch(DifferenceKind.AMOUNT, number, _funds(mine), _funds(other))


def _by_number(rows: Sequence[Booked]) -> dict[str, Booked]:
    return {row.number: row for row in rows}


def _funds(row: Booked | None) -> int:
    return row.funds_fen if row else 0
