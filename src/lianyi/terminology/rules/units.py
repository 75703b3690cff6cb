"""Units of UCUM: what a value is in base units, exactly, so that 5.4 mg/dL is 0.054 g/L.

Two values can be compared if their dimensions are the same. Amounts of substance, equivalents and
osmoles are dimensions of their own (UCUM counts 6.02e23 in a mole): a mole is never a mere number,
never a mass, and never an equivalent, whose number depends on the charge. Arbitrary units
(`[IU]`) compare with nothing but themselves. Source: UCUM 2.2, The Unified Code for Units of
Measure, https://ucum.org/ucum.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path

import msgspec

BUILT = Path(__file__).parent.parent / "build/units.json"  # by tools/units.py
LONGEST, DEEPEST = 100, 8  # letters of a unit, and parentheses in it
DIGITS = 30  # of a canonical value
OWN = frozenset({"mol", "eq", "osm"})
KELVIN = {"Cel": (Fraction("273.15"), Fraction(1)), "degF": (Fraction("459.67"), Fraction(5, 9))}
SIGN = re.compile(r"[./]")
PART = re.compile(
    r"(?P<unit>10[*^]|(?:\[[^\[\]]*\]|[^\[\]{}().\d/+\-\s])+)(?P<power>[+-]?\d{1,2})?(?:\{[^{}]*\})?"
    r"|(?P<factor>\d{1,12})(?:\{[^{}]*\})?|\{[^{}]*\}"
)


class Written(msgspec.Struct, frozen=True):
    """A unit as it is published: so much of another one, or a function of it."""

    value: str = "1"
    of: str = "1"
    function: str = ""
    base: bool = False
    metric: bool = False


class Table(msgspec.Struct, frozen=True):
    prefixes: Mapping[str, str] = {}
    units: Mapping[str, Written] = {}


@dataclass(frozen=True, slots=True)
class Canonical:
    """A quantity in base units. Only those of one dimension can be compared (`g.m-3`)."""

    value: Decimal
    dimension: str


@dataclass(frozen=True, slots=True)
class Unit:
    """How much of which powers of base units something is."""

    factor: Fraction = Fraction(1)
    powers: tuple[tuple[str, int], ...] = ()

    def times(self, other: "Unit", power: int = 1) -> "Unit":
        counted = dict(self.powers)
        for base, n in other.powers:
            counted[base] = counted.get(base, 0) + n * power
        left = tuple(sorted((base, n) for base, n in counted.items() if n))
        return Unit(self.factor * other.factor**power, left)

    @property
    def dimension(self) -> str:
        return ".".join(f"{base}{n if n != 1 else ''}" for base, n in self.powers) or "1"


ONE = Unit()


class _NoUnit(Exception):
    """A text is no unit of UCUM."""


@lru_cache(maxsize=10_000)  # many parameters read the same amount, and persons pay the same price
def canonical(value: Decimal, code: str) -> Canonical | None:
    """Return a value in base units; None: the code is no unit that can be compared."""
    if not is_built():
        return None
    if special := _special(code):
        shift, factor, dimension = special
        return Canonical(_rounded((Fraction(value) + shift) * factor), dimension)
    unit = _read(code)
    if unit is None:
        return None
    return Canonical(_rounded(Fraction(value) * unit.factor), unit.dimension)


def is_built() -> bool:
    return bool(_table().units)


def _rounded(exact: Fraction) -> Decimal:
    with localcontext(prec=DIGITS):
        return Decimal(exact.numerator) / Decimal(exact.denominator)


@cache
def _table() -> Table:
    try:
        return msgspec.json.decode(BUILT.read_bytes(), type=Table)
    except FileNotFoundError:
        return Table()


@lru_cache(maxsize=4096)
def _special(code: str) -> tuple[Fraction, Fraction, str] | None:
    """Return how a unit with its own zero is shifted and scaled, and to which dimension."""
    for prefix, atom in _split(code.partition("{")[0]):
        written = _table().units[atom]
        if not written.function:
            continue
        scale = _scale(prefix)
        if written.function in KELVIN:
            shift, factor = KELVIN[written.function]
            return shift / scale, factor * scale, "K"
        return Fraction(0), scale, atom  # a logarithm and the like: only with its own kind
    return None


@lru_cache(maxsize=4096)
def _read(code: str) -> Unit | None:
    try:
        return _term(code, 0) if 0 < len(code) <= LONGEST else None
    except (_NoUnit, ZeroDivisionError):
        return None


def _term(text: str, depth: int) -> Unit:
    """Read parts that are multiplied and divided from left to right, as UCUM has it."""
    if depth > DEEPEST:
        raise _NoUnit
    unit = ONE
    for n, (mark, part) in enumerate(_parts(text)):
        if (n and not mark) or (not n and mark == "."):
            raise _NoUnit
        sign = -1 if mark == "/" else 1
        unit = unit.times(_part(part, depth), sign)
    return unit


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield each part with the sign before it; signs in brackets belong to their part."""
    at, mark = 0, ""
    if text[:1] == "/":
        at, mark = 1, "/"
    start, open_ = at, 0
    for n in range(at, len(text)):
        open_ += (text[n] in "([{") - (text[n] in ")]}")
        if open_ == 0 and SIGN.match(text[n]):
            yield mark, text[start:n]
            start, mark = n + 1, text[n]
    yield mark, text[start:]


def _part(text: str, depth: int) -> Unit:
    if text[:1] == "(" and text[-1:] == ")":
        return _term(text[1:-1], depth + 1)
    found = PART.fullmatch(text)
    if found is None:
        raise _NoUnit
    if found["unit"]:
        return ONE.times(_atom(found["unit"]), int(found["power"] or 1))
    return Unit(Fraction(found["factor"] or 1))


def _atom(text: str) -> Unit:
    for prefix, atom in _split(text):
        return Unit(_scale(prefix)).times(_defined(atom))
    raise _NoUnit


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield a unit as it is, or what is left of it behind a prefix."""
    units = _table().units
    if text in units:
        yield "", text
    for length in (1, 2):
        rest = text[length:]
        if text[:length] in _table().prefixes and rest in units and units[rest].metric:
            yield text[:length], rest


def _scale(prefix: str) -> Fraction:
    return Fraction(_table().prefixes[prefix]) if prefix else Fraction(1)


@cache
def _defined(atom: str) -> Unit:
    """Return a unit in base units, through all that it is defined by."""
    written = _table().units[atom]
    if written.function:
        raise _NoUnit  # not to be multiplied
    is_arbitrary = (written.value, written.of) == ("1", "1")
    if written.base or atom in OWN or is_arbitrary:
        return Unit(powers=((atom, 1),))
    return Unit(Fraction(written.value)).times(_term(written.of, 0))
