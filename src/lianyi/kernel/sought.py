"""What somebody looks for among rows that their room tells itself, and the WHERE that finds it.

Which fields there are, and what SQL reads one from a row, is the room's to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Span: TypeAlias = tuple[datetime | None, datetime | None]  # None is open


@dataclass(frozen=True, slots=True)
class Has:
    """One of the values is there; None: any. `begins`: a text that begins so, whatever its case."""

    field: str
    values: tuple[str, ...] | None = None
    begins: bool = False


@dataclass(frozen=True, slots=True)
class During:
    """It was in a span of time, whose end is no part of it; None is open."""

    field: str
    low: datetime | None = None
    high: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One of the alternatives holds, or with `is_not` none of them does."""

    alternatives: tuple[Has | During, ...]
    is_not: bool = False


def where(clauses: Sequence[Clause], fields: Mapping[str, str], values: list[object]) -> list[str]:
    """Return what must hold of a row; `values` are those of the statement, and get more."""
    return [_clause(one, fields, values) for one in clauses]


def _clause(clause: Clause, fields: Mapping[str, str], values: list[object]) -> str:
    asked = (_alternative(one, fields[one.field], values) for one in clause.alternatives)
    any_of = " OR ".join(asked) or "FALSE"
    return f"{'NOT ' if clause.is_not else ''}coalesce({any_of}, FALSE)"


def _alternative(one: Has | During, sql: str, values: list[object]) -> str:
    if isinstance(one, During):
        values += (one.low, one.high)
        low, high = f"${len(values) - 1}::timestamptz", f"${len(values)}::timestamptz"
        return f"(({low} IS NULL OR {sql} >= {low}) AND ({high} IS NULL OR {sql} < {high}))"
    if one.values is None:
        return f"({sql}) IS NOT NULL"
    values.append([each.lower() if one.begins else each for each in one.values])
    given = f"${len(values)}::text[]"
    if one.begins:
        return f"EXISTS (SELECT FROM unnest({given}) AS v WHERE starts_with(lower({sql}), v))"
    return f"({sql}) = ANY ({given})"


def narrowed(span: Span, to: Sequence[Span]) -> Span:
    """Return what of a span lies between the first beginning of others and their last end."""
    lows, highs = [low for low, _ in to if low], [high for _, high in to if high]
    low = min(lows) if len(lows) == len(to) > 0 else None
    high = max(highs) if len(highs) == len(to) > 0 else None
    return (
        max(filter(None, (span[0], low)), default=None),
        min(filter(None, (span[1], high)), default=None),
    )
