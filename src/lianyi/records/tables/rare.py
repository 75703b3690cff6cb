"""What few resources have is where a search over many persons begins.

A planner guesses how rare a value is from what values are like in general, and the values of a
table are those of all parameters together: a blood pressure is judged beside a cell count. A wrong
guess is a walk through all there is; so the index is asked, which answers in a moment. What many
have is remembered, as they will have it tomorrow; if they no longer do, a search is only slower.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from lianyi.access.model import Chart, Desk
from lianyi.kernel import profile
from lianyi.kernel.presumed import LastUsed
from lianyi.kernel.work import Tx
from lianyi.records.fhir.terms import (
    Chain,
    Few,
    Match,
    Missing,
    Pair,
    Reverse,
    Search,
    Size,
    Term,
    Those,
    Time,
    Updated,
)
from lianyi.records.tables.filed import TABLES, has_pieces, named, wanted
from lianyi.records.tables.terms import LIVES, Values, leads

Asked: TypeAlias = tuple[str, Match]  # of which type, and what
FEW = 2000  # resources by which a search begins
SOME = 200  # of them, to ask of each whose it is takes as long as to read who is at a small desk
# What an index leads to at once. `not` is what nearly all have; `text` looks inside.
LED = frozenset({"", "exact", "above", "below", "contains"})
BY_END = frozenset({"ne", "ge", "gt"})  # of a date: no index goes by when it ends

_common: LastUsed[Asked, bool] = LastUsed(1000)
_few: LastUsed[tuple[object, ...], int] = LastUsed(1000)  # how many had the last of a kind


async def narrowed(tx: Tx, reach: Chart | Desk, search: Search) -> Search:
    """Return the same search, knowing of what is rare in it which resources have it."""
    if isinstance(reach, Chart) or search.is_led is not None:
        return search
    asked = [one for one in dict.fromkeys(_asked(search.type, search.terms)) if _may_lead(*one)]
    among = await _among(tx, reach, search.type, asked) if asked else {}
    terms = tuple(_told(search.type, search.terms, among))
    return replace(search, terms=terms, is_led=any(map(leads, terms)))


async def _among(tx: Tx, reach: Desk, type: str, asked: Sequence[Asked]) -> Mapping[Asked, Those]:
    values = Values(reach, profile.at(tx.now).zone, few_of=type)
    parts = [f"({having(*one, values)}) AS {values.name()}" for one in asked]
    row = await tx.db.fetchrow(f"SELECT * FROM {', '.join(parts)}", *values.args)
    found: dict[Asked, Those] = {}
    for number, one in enumerate(asked):
        ids, versions = (row or ())[2 * number : 2 * number + 2]
        _common.put(one, ids is None or None)
        _few.put(_kind(*one), None if ids is None else len(ids))
        if ids is not None:
            found[one] = Those(tuple(ids), tuple(versions))
    return found


def _asked(type: str, terms: Iterable[Term]) -> Iterator[Asked]:
    for term in terms:
        match term:
            case Match():
                yield type, term
            case Pair():
                yield from ((type, part) for part in term.parts())
            case Chain() | Reverse():
                yield from _asked(term.type, [term.term])
            case _:
                continue


def _may_lead(type: str, term: Match) -> bool:
    return _has_index(term) and not _common.get((type, term))


def _has_index(term: Match) -> bool:
    dates = [one.prefix for one in term.values if isinstance(one, Time)]
    texts = [one for one in term.values if isinstance(one, str) and term.modifier == "contains"]
    return term.modifier in LED and BY_END.isdisjoint(dates) and all(map(has_pieces, texts))


def leads_nowhere(term: Term) -> bool:
    """Tell whether no index goes to what a term asks: nearly all may answer it, or nothing."""
    match term:
        case Match():
            return not _has_index(term)
        case Missing():
            return term.is_missing
        case _:
            return isinstance(term, Updated)


def leaves_most(term: Term) -> bool:
    """Tell whether nearly all there is may answer a term: from a day on it may be little."""
    is_of_time = isinstance(term, Updated) or (isinstance(term, Match) and term.type == "date")
    return leads_nowhere(term) and not is_of_time


def presumed(search: Search) -> Search | None:
    """Return the same search, presuming that few have what few have had of its kind.

    None: that leads nowhere, or nothing is known of it.
    """
    terms = tuple(_presumed(search.type, term) for term in search.terms)
    return replace(search, terms=terms, is_led=True) if any(map(leads, terms)) else None


def _presumed(type: str, term: Term, most: int = FEW) -> Term:
    match term:
        case Match():
            last = _few.get(_kind(type, term))
            is_few = last is not None and last <= most and _may_lead(type, term)
            return replace(term, among=Few(most)) if is_few else term
        case Chain(type="Patient"):
            return replace(term, term=_presumed(term.type, term.term, LIVES))
        case Reverse():
            return replace(term, term=_presumed(term.type, term.term))
        case _:
            return term


def _kind(type: str, term: Match) -> tuple[object, ...]:
    prefixes = [one.prefix for one in term.values if isinstance(one, Size | Time)]
    return type, term.name, term.modifier, *prefixes


def having(type: str, term: Match, values: Values) -> str:
    """Return SQL for the versions that have a value and are this desk's; NULL where many have it.

    Many: more than few of all, or of this desk's more than is presumed. Whose it is, is asked here,
    of a row that is read anyway: of most that few have a desk sees a part, and only that part is
    looked at further.
    """
    k, most = values.name(), term.among.most if isinstance(term.among, Few) else FEW
    those = (
        f"SELECT {k}.fhir_id AS id, {k}.version, {k}.owner FROM records.{TABLES[term.type]} {k}"
        f" WHERE {k}.type = {values.put(type)} AND {named(type, term.name, k, values)}"
        f" AND {wanted(term, k, values)} LIMIT {FEW + 1}"
    )
    its = values.whose(f"{k}.owner", f"(SELECT count(*) > {SOME} FROM {k})")
    columns = ", ".join(
        f"CASE WHEN count(*) <= {FEW} AND count(*) FILTER (WHERE {k}.its) <= {most}"
        f" THEN coalesce(array_agg({k}.{name}) FILTER (WHERE {k}.its), '{{}}') END AS {name}s"
        for name in ("id", "version")
    )
    # By its OFFSET each is asked once, not for each column.
    return (
        f"WITH {k} AS MATERIALIZED ({those}) SELECT {columns}"
        f" FROM (SELECT {k}.*, {its} AS its FROM {k} OFFSET 0) AS {k}"
    )


def _told(type: str, terms: Sequence[Term], among: Mapping[Asked, Those]) -> Iterator[Term]:
    for term in terms:
        match term:
            case Match():
                yield replace(term, among=among.get((type, term)))
            case Pair():
                parts = [part for part in term.parts() if (type, part) in among]
                yield term
                yield from (replace(part, among=among[type, part]) for part in parts)
            case Chain() | Reverse():
                told = _told(term.type, [term.term], among)
                yield from (replace(term, term=inner) for inner in told)
            case _:
                yield term
