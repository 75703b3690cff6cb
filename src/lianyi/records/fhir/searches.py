"""Reads a FHIR search: what is asked, of which type, and what of it nobody can answer.

Source: FHIR R4, 3.1.1 (Search). Everything that is not understood is named with its reason; the
face decides whether that is refused or left out (`Prefer: handling`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from lianyi.records.fhir import measures, spans
from lianyi.records.fhir.index import Parameter, parameters
from lianyi.records.fhir.measures import MOST
from lianyi.records.fhir.terms import (
    Chain,
    Code,
    Ids,
    Include,
    Match,
    Missing,
    Order,
    Pair,
    Reverse,
    Search,
    Size,
    Target,
    Term,
    Time,
    Trouble,
    Updated,
    Value,
    Why,
)
from lianyi.records.fhir.values import IDENTIFIED, MEANT
from lianyi.terminology import queries as terminology

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
MODIFIERS = {
    "token": {"not", "text", "in", "not-in", "above", "below"},
    "string": {"exact", "contains"},
    "reference": {"identifier"},
    "uri": {"above", "below"},
}
# Parameters of the answer, not of what is found; the face reads them.
OF_ANSWER = frozenset(
    {"_sort", "_count", "_include", "_revinclude", "_summary", "_elements", "_total", "_format"}
    | {"_include:iterate", "_revinclude:iterate"}
    | {"_pretty", "_contained", "_containedType", "_page"}
)
ITERATE = "iterate"
BOOLEANS = {"true": True, "false": False}
NUL = "\x00"  # which no text of the database can hold
MOST_VALUES = 200  # alternatives of one parameter
FARTHEST = 40  # powers of ten that a number is away from one; nothing measured is
NESTED = 3  # links that a chain may go over
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
HALF = Decimal("0.5")
ROUGHLY = Decimal("0.1")  # how far `ap` reaches


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter as it came. `depth` is how many links it may still go over."""

    type: str
    name: str
    text: str
    zone: ZoneInfo
    depth: int = NESTED

    def within(self, type: str, name: str) -> "Asked":
        return replace(self, type=type, name=name, depth=self.depth - 1)


def read(type: str, pairs: Sequence[tuple[str, str]], zone: ZoneInfo) -> Search:
    """Read the parameters of a search as they stand in an address."""
    found = [_term(Asked(type, *pair, zone)) for pair in pairs if pair[0] not in OF_ANSWER]
    troubles = tuple(one for one in found if isinstance(one, Trouble))
    return Search(type, tuple(one for one in found if not isinstance(one, Trouble)), troubles)


def orders(type: str, text: str) -> tuple[Order, ...] | Trouble:
    """Read `_sort`: names of parameters, a minus before those that go down."""
    found = []
    for part in filter(None, text.split(",")):
        name = part.removeprefix("-")
        parameter = known(type).get(name)
        if parameter is None or parameter.type == "composite":
            return Trouble("_sort", Why.UNKNOWN)
        found.append(Order(name, parameter.type, is_down=part.startswith("-")))
    return tuple(found)


def include(found: str, name: str, text: str) -> Include | Trouble:
    """Read `_include` or `_revinclude`: `Observation:subject:Patient`, `Observation:*`.

    `*` alone is whatever resources of the type that is `found` refer to.
    """
    head, _, modifier = name.partition(":")
    everything = text == "*" and head == "_include"
    type, _, rest = (f"{found}:*" if everything else text).partition(":")
    link, _, target = rest.partition(":")
    parameter = known(type).get(link)
    by_any = link == "*" and type in parameters()
    if not by_any and (parameter is None or parameter.type != "reference"):
        return Trouble(name, Why.UNKNOWN)
    if modifier not in {"", ITERATE}:
        return Trouble(name, Why.MODIFIER)
    return Include(
        type,
        "" if by_any else link,
        target,
        is_reverse=head == "_revinclude",
        iterates=modifier == ITERATE,
    )


def _term(asked: Asked) -> Term | Trouble:
    if asked.depth < 0:
        return Trouble(asked.name, Why.TOO_DEEP)
    if asked.name.startswith("_has:"):
        return _reverse(asked)
    if "." in asked.name:
        return _chain(asked)
    bare, _, modifier = asked.name.partition(":")
    parameter = known(asked.type).get(bare)
    if parameter is None:
        return Trouble(asked.name, Why.UNKNOWN)
    if not _knows(parameter, modifier):
        return Trouble(asked.name, Why.MODIFIER)
    return _plain(asked, parameter, bare, modifier) or Trouble(asked.name, Why.VALUE)


def _knows(parameter: Parameter, modifier: str) -> bool:
    if modifier == "missing":
        return parameter.type != "composite"
    names_type = parameter.type == "reference" and modifier in parameters()
    return not modifier or names_type or modifier in MODIFIERS.get(parameter.type, ())


def _plain(asked: Asked, parameter: Parameter, name: str, modifier: str) -> Term | None:
    """Read a parameter of the type itself. None: a value makes no sense."""
    texts = list(_split(asked.text, ","))
    if NUL in asked.text or len(texts) > MOST_VALUES:
        return None
    if modifier in READ:
        return READ[modifier](parameter, name, texts)
    if name == "_id":
        return Ids(tuple(map(_plainly, texts)))
    if parameter.type == "composite":
        return _pair(asked, parameter, texts)
    if parameter.type == "token" and modifier in SUBSUMED:
        return _subsumed(parameter, name, modifier, texts)
    return _match(asked, parameter, name, modifier)


def _missing(parameter: Parameter, name: str, texts: Sequence[str]) -> Term | None:
    missing = BOOLEANS.get(",".join(texts))
    return None if missing is None else Missing(name, parameter.type, missing)


def _identified(_: Parameter, name: str, texts: Sequence[str]) -> Term:
    return Match(name + IDENTIFIED, "token", "", tuple(_code(one) for one in texts))


def _meant(_: Parameter, name: str, texts: Sequence[str]) -> Term | None:
    return Match(name + MEANT, "string", "", tuple(map(_plainly, texts))) if all(texts) else None


# Modifiers by which something else is asked than the value.
READ: Mapping[str, Callable[[Parameter, str, Sequence[str]], Term | None]] = {
    "missing": _missing,
    "identifier": _identified,
    "text": _meant,
}


def _subsumed(parameter: Parameter, name: str, modifier: str, texts: Sequence[str]) -> Term | None:
    """Read the codes of a value set, or those above or below some. None: they aren't known."""
    found = [SUBSUMED[modifier](_code(one)) for one in texts]
    codes = [code for some in found for code in some or ()]
    if None in found or not codes:
        return None
    codes = [_as_filed(parameter, code) for code in codes]
    return Match(name, "token", "not" if modifier == "not-in" else "", tuple(codes))


def _in(value_set: Code) -> list[Code] | None:
    if value_set.system is not None:  # a version
        return None
    found = terminology.codes_in(value_set.code or "")
    return None if found is None else [Code(*one) for one in found]


def _above(code: Code) -> list[Code] | None:
    found = terminology.codes_above(code.system or "", code.code or "")
    return None if found is None else [Code(code.system, one) for one in found]


def _below(code: Code) -> list[Code] | None:
    if code.system == terminology.ICD10 and terminology.is_diagnosis_code(code.code or ""):
        return [Code(code.system, code.code, begins=True)]
    found = terminology.codes_below(code.system or "", code.code or "")
    return None if found is None else [Code(code.system, one) for one in found]


SUBSUMED: Mapping[str, Callable[[Code], list[Code] | None]] = {
    "in": _in,
    "not-in": _in,
    "above": _above,
    "below": _below,
}


def _match(asked: Asked, parameter: Parameter, name: str, modifier: str) -> Term | None:
    of = modifier if modifier in parameters() else ""
    values = [_value(parameter, one, asked.zone, of) for one in _split(asked.text, ",")]
    found = tuple(value for value in values if value is not None)
    if len(found) < len(values):
        return None
    if name == "_lastUpdated":
        return Updated(tuple(value for value in found if isinstance(value, Time)))
    name, found = measures.asked(name, found)
    return Match(name, parameter.type, "" if of else modifier, found)


def _pair(asked: Asked, parameter: Parameter, texts: Sequence[str]) -> Pair | None:
    parts = [known(asked.type)[name] for name in parameter.parts]
    rows = []
    for text in texts:
        given = list(_split(text, "$"))
        if len(given) != len(parts):
            return None
        values = [_value(p, one, asked.zone, "") for p, one in zip(parts, given, strict=True)]
        rows.append(tuple(value for value in values if value is not None))
    if any(len(row) != len(parts) for row in rows):
        return None
    by_part = zip(parameter.parts, zip(*rows, strict=True), strict=True)
    asked_for = [measures.asked(name, values) for name, values in by_part]
    names = tuple(name for name, _ in asked_for)
    rows = list(zip(*(values for _, values in asked_for), strict=True))
    return Pair(names, tuple(part.type for part in parts), tuple(rows))


def _chain(asked: Asked) -> Term | Trouble:
    """Read `subject:Patient.name`; where only one type of target can answer it goes without."""
    head, _, rest = asked.name.partition(".")
    link, _, of = head.partition(":")
    parameter = known(asked.type).get(link)
    if parameter is None or parameter.type != "reference":
        return Trouble(asked.name, Why.UNKNOWN)
    targets = [of] if of in parameters() else [t for t in parameter.targets if _has(t, rest)]
    if len(targets) != 1:
        return Trouble(asked.name, Why.AMBIGUOUS if targets else Why.UNKNOWN)
    inner = _term(asked.within(targets[0], rest))
    return (
        replace(inner, name=asked.name)
        if isinstance(inner, Trouble)
        else Chain(link, targets[0], inner)
    )


def _has(type: str, path: str) -> bool:
    return path.partition(".")[0].partition(":")[0] in known(type)


def _reverse(asked: Asked) -> Term | Trouble:
    """Read `_has:Observation:patient:code`, or one that goes on with another `_has`."""
    _, type, link, rest = [*asked.name.split(":", 3), "", "", ""][:4]
    parameter = known(type).get(link)
    if parameter is None or parameter.type != "reference" or not rest:
        return Trouble(asked.name, Why.UNKNOWN)
    inner = _term(asked.within(type, rest))
    return (
        replace(inner, name=asked.name)
        if isinstance(inner, Trouble)
        else Reverse(type, link, inner)
    )


def _value(parameter: Parameter, text: str, zone: ZoneInfo, of: str) -> Value | None:
    match parameter.type:
        case "token":
            return _as_filed(parameter, _code(text))
        case "string":
            return _plainly(text) or None
        case "date":
            return _time(text, zone)
        case "number" | "quantity":
            return _size(text)
        case "reference":
            return _target(_plainly(text), of)
        case _:
            return Target("", _plainly(text)) if text else None


def _as_filed(parameter: Parameter, code: Code) -> Code:
    """Return a code without its system where that goes without saying (FHIR R4, 3.1.1.4.10).

    It is filed so. Another system than the element's own is not left out, and finds nothing.
    """
    is_own = any(code.system in trail.systems for trail in parameter.paths)
    return replace(code, system="") if is_own else code


def _code(text: str) -> Code:
    *systems, code = map(_plainly, _split(text, "|"))
    return Code("|".join(systems) if systems else None, code or None)


def _time(text: str, zone: ZoneInfo) -> Time | None:
    prefix, rest = _prefixed(text)
    span = spans.read(rest, zone) if len(rest) >= spans.YEAR else None
    return None if span is None else Time(prefix, *span)


def _size(text: str) -> Size | None:
    number, *unit = map(_plainly, _split(text, "|"))
    prefix, rest = _prefixed(number)
    try:
        exact = Decimal(rest)
    except InvalidOperation:
        return None
    if not exact.is_finite() or abs(_exponent(exact)) > FARTHEST or abs(exact) >= MOST:
        return None
    half = abs(exact) * ROUGHLY if prefix == "ap" else HALF.scaleb(_exponent(exact))
    system, code = [*unit, "", ""][:2] if unit else (None, None)
    return Size(prefix, exact - half, exact + half, exact, system or None, code or None)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _prefixed(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def _target(text: str, of: str) -> Target | None:
    """Read `23`, `Patient/23` or an address of either."""
    if not text:
        return None
    if ":" in text:
        return Target("", text)
    type, slash, id = text.rpartition("/")
    return Target(type, id) if slash else Target(of, text)


def _split(text: str, mark: str) -> Iterator[str]:
    """Split at a mark that no backslash stands before; what is split no further is read plainly."""
    part, escaped = "", False
    for letter in text:
        if letter == mark and not escaped:
            yield part
            part = ""
            continue
        part += letter
        escaped = letter == "\\" and not escaped
    yield part


def _plainly(text: str) -> str:
    """Take away the backslashes before letters that would have meant something else."""
    return ESCAPED.sub(r"\1", text)


def known(type: str) -> Mapping[str, Parameter]:
    """Return the search parameters of a type."""
    return parameters().get(type, {})
