"""The words of FHIRPath that the compiled invariants are written in (tools/fhirpath.py).

A collection is a list of JSON values, a truth is True, False or None where FHIRPath answers with
nothing. A primitive that has only an extension is a `Bare`: it is there, and has no value.
Source: FHIRPath 2.0.0 (N1).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, TypeAlias

import orjson

Json: TypeAlias = Any
Node: TypeAlias = Mapping[str, Json]
Many: TypeAlias = list[Json]
Truth: TypeAlias = bool | None

PARTS = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(T.*)?")
INNER = ("value", "system", "code", "unit")  # what tells whether two quantities can be compared


@dataclass(frozen=True, slots=True)
class Bare:
    """A primitive without a value: what its `_name` holds."""

    twin: Node


def get(node: Node, *names: str) -> Many:
    """Return what members of one element hold."""
    found: Many = []
    for name in names:
        value = node.get(name)
        if value is None:
            if (twin := node.get(f"_{name}")) is not None:
                found.extend(map(Bare, twin if isinstance(twin, list) else [twin]))
        elif isinstance(value, list):
            found.extend(_valued(node, name, value) if None in value else value)
        else:
            found.append(value)
    return found


def _valued(node: Node, name: str, values: Many) -> Many:
    twins = node.get(f"_{name}") or [{}] * len(values)
    return [
        Bare(twin or {}) if value is None else value
        for value, twin in zip(values, twins, strict=False)
    ]


def step(items: Many, *names: str) -> Many:
    found: Many = []
    for item in items:
        if isinstance(item, dict):
            found += get(item, *names)
        elif isinstance(item, Bare):
            found += get(item.twin, *names)
    return found


def has(node: Node, names: Sequence[str]) -> bool:
    return not node.keys().isdisjoint(names)


def truth(items: Many) -> Truth:
    """Read one item as a truth: what is no boolean is there, and that is true."""
    if len(items) != 1:
        return None
    return items[0] if isinstance(items[0], bool) else True


def known(value: Truth) -> Many:
    return [] if value is None else [value]


def not_(value: Truth) -> Truth:
    return None if value is None else not value


def and_(a: Truth, b: Truth) -> Truth:
    if a is False or b is False:
        return False
    return True if a and b else None


def or_(a: Truth, b: Truth) -> Truth:
    if a or b:
        return True
    return False if a is False and b is False else None


def xor_(a: Truth, b: Truth) -> Truth:
    return None if a is None or b is None else a != b


def implies_(a: Truth, b: Truth) -> Truth:
    return or_(not_(a), b)


def same(a: Many, b: Many) -> Truth:
    if not a or not b or Bare in {item.__class__ for item in (*a, *b)}:
        return None
    return len(a) == len(b) and all(map(_equal, a, b))


def differ(a: Many, b: Many) -> Truth:
    return not_(same(a, b))


def _equal(a: Json, b: Json) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def says(node: Node, name: str, texts: Sequence[str]) -> Truth:
    """Say whether a member is one of these texts, or the one, as `among` and `same` do."""
    value = node.get(name)
    if value.__class__ is str:
        return value in texts
    items = get(node, name)
    return among(items, list(texts)) if len(texts) > 1 else same(items, list(texts))


def among(a: Many, b: Many) -> Truth:
    """Say whether the one item of `a` is in `b`."""
    if len(a) != 1:
        return None
    return any(_equal(a[0], item) for item in b)


def union(a: Many, b: Many) -> Many:
    return list({_key(item): item for item in reversed(a + b)}.values())[::-1]


def intersect(a: Many, b: Many) -> Many:
    others = {_key(item) for item in b}
    return list({key: item for item in a if (key := _key(item)) in others}.values())


def combine(a: Many, b: Many) -> Many:
    return a + b


def distinct(items: Many) -> bool:
    return len({_key(item) for item in items}) == len(items)


def _key(item: Json) -> object:
    """Return what equal values have in common; of an element its text, whatever its order."""
    if isinstance(item, dict | list):
        return orjson.dumps(item, default=str, option=orjson.OPT_SORT_KEYS)
    return (isinstance(item, bool), item) if not isinstance(item, Bare) else id(item)


def all_false(items: Many) -> bool:
    return all(item is False for item in items)


def has_value(items: Many) -> bool:
    return len(items) == 1 and not isinstance(items[0], dict | Bare)


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where a value may be. Only what is of the same kind can be compared."""

    low: Any
    high: Any
    kind: object

    def meets(self, other: "Span") -> bool:
        return self.kind == other.kind and UNLIKE not in {self.kind, other.kind}


UNLIKE = "unlike"  # what nobody can compare
CLOCK, DAY = "clock", "day"


def compare(sign: str, a: Many, b: Many, span_of: Callable[[Json], Span | None]) -> Truth:
    """Compare two values; None: there are no two.

    What is known to the day may be before another instant of it: a law is broken only by what can't
    be (R5 says so where R4 is silent: `start.lowBoundary() <= end.highBoundary()`).
    """
    if len(a) != 1 or len(b) != 1:
        return None
    one, other = span_of(a[0]), span_of(b[0])
    if one is None or other is None:
        return None
    if {one.kind, other.kind} == {CLOCK, DAY}:
        one, other = _anywhere(one), _anywhere(other)
    return not one.meets(other) or _may_be(sign, one, other)


def _may_be(sign: str, one: Span, other: Span) -> bool:
    match sign:
        case "<=":
            return bool(one.low <= other.high)
        case ">=":
            return bool(one.high >= other.low)
        case "<":
            return bool(one.low < other.high)
        case _:
            return bool(one.high > other.low)


def values(item: Json) -> Span | None:
    """Return what a number or a quantity may be."""
    if isinstance(item, bool | Bare):
        return None
    if not isinstance(item, dict):
        return Span(item, item, "text" if isinstance(item, str) else "number")
    number, system, code, unit = (item.get(name) for name in INNER)
    if not isinstance(number, int | float) or "comparator" in item:
        return Span(0, 0, UNLIKE)
    return Span(number, number, (system, code) if code else unit)


def spans(item: Json) -> Span | None:
    """Return the first and the last instant that a date may mean."""
    return _spans(item) if isinstance(item, str) else None


@lru_cache(maxsize=10_000)  # what belongs together says the same times again and again
def _spans(text: str) -> Span:
    found = PARTS.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        return _span(text, *found.groups())
    except (ValueError, OverflowError):  # no day of the calendar, or beyond its end
        return Span(0, 0, UNLIKE)


def _span(text: str, year: str, month: str | None, day: str | None, clock: str | None) -> Span:
    if clock:
        at = datetime.fromisoformat(text.replace(":60", ":59")).astimezone(UTC)
        return Span(at, at, CLOCK)
    first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        after = first + timedelta(days=1)
    elif month:
        after = (first + timedelta(days=31)).replace(day=1)
    else:
        after = first.replace(year=first.year + 1)
    return Span(first, after - timedelta(microseconds=1), DAY)


def _anywhere(span: Span) -> Span:
    """Say what a day is as an instant: it begins 14 hours before Greenwich's, and ends 12 after."""
    if span.kind != DAY:
        return span
    try:
        return Span(span.low - timedelta(hours=14), span.high + timedelta(hours=12), CLOCK)
    except OverflowError:  # the first day of the calendar, or its last
        return Span(0, 0, UNLIKE)


def plus(a: Many, b: Many) -> Many:
    return [a[0] + b[0]] if len(a) == len(b) == 1 else []


def joined(a: Many, b: Many) -> Many:
    """Join texts: what isn't there is an empty one."""
    return ["".join(str(item) for item in (*a[:1], *b[:1]) if not isinstance(item, Bare))]


def _text(items: Many) -> str | None:
    return items[0] if len(items) == 1 and isinstance(items[0], str) else None


def begins(items: Many, start: Many) -> Truth:
    """Say whether a text begins so. What isn't there doesn't (as HL7's validator has it: ref-1)."""
    text, wanted = _text(items), _text(start)
    return text is not None and wanted is not None and text.startswith(wanted)


def holds_text(items: Many, part: Many) -> Truth:
    text, wanted = _text(items), _text(part)
    return text is not None and wanted is not None and wanted in text


def matches(items: Many, pattern: Many) -> Truth:
    """Say whether a text as a whole looks like a pattern."""
    text = _text(items)
    return None if text is None else _pattern(pattern[0]).fullmatch(text) is not None


def replaced(items: Many, pattern: Many, by: Many) -> Many:
    text = _text(items)
    return [] if text is None else [_pattern(pattern[0]).sub(by[0], text)]


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.DOTALL)


def substring(items: Many, start: Many) -> Many:
    text = _text(items)
    return [] if text is None or start[0] >= len(text) else [text[start[0] :]]


def to_integer(items: Many) -> Many:
    if len(items) != 1:
        return []
    item = items[0]
    is_whole = isinstance(item, int) or (isinstance(item, str) and re.fullmatch(r"[+-]?\d+", item))
    return [int(item)] if is_whole else []


def to_text(items: Many) -> Many:
    if len(items) != 1 or isinstance(items[0], dict | Bare):
        return []
    item = items[0]
    return [str(item).lower() if isinstance(item, bool) else str(item)]


def of_type(items: Many, type: str) -> Many:
    return [i for i in items if isinstance(i, dict) and i.get("resourceType") == type]


def kind_of(items: Many, kept: Many) -> Truth:
    return bool(kept) if items else None


def children(items: Many) -> Many:
    found: Many = []
    for item in items:
        node = item.twin if isinstance(item, Bare) else item
        if isinstance(node, dict):
            names = dict.fromkeys(name.removeprefix("_") for name in node)
            found += get(node, *(name for name in names if name != "resourceType"))
    return found


def descendants(items: Many) -> Many:
    found: Many = []
    fresh = children(items)
    while fresh:
        found += fresh
        fresh = children(fresh)
    return found


def resolve(items: Many, root: Node) -> Many:
    """Return what references lead to: what is contained, and the mere type of anything else.

    Nothing is fetched to check a resource; an address that names no type leads nowhere.
    """
    return [found for item in items for found in _target(item, root)]


def _target(item: Json, root: Node) -> Iterator[Node]:
    reference = item.get("reference") if isinstance(item, dict) else None
    if not isinstance(reference, str):
        return
    if reference.startswith("#"):
        yield from (c for c in root.get("contained", ()) if c.get("id") == reference[1:])
    elif found := re.search(r"(?:^|/)([A-Z]\w+)/[A-Za-z0-9\-.]{1,64}(?:/_history/.*)?$", reference):
        yield {"resourceType": found[1]}
