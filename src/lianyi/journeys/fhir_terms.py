"""A search of R4 as it is asked of rows that a domain tells itself, as far as they can answer it.

By what such rows never hold nothing is found. What they can't be asked is refused by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lianyi.kernel.sought import Clause, During, Has
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir.terms import (
    Chain,
    Code,
    Ids,
    Match,
    Missing,
    Pair,
    Reverse,
    Search,
    Target,
    Term,
    Time,
    Trouble,
    Updated,
    Why,
    Within,
)
from lianyi.records.fhir.values import MEANT

CODED = "http://hl7.org/fhir"  # begins the systems of codes that need none to be known
UPDATED = "_lastUpdated"


@dataclass(frozen=True, slots=True)
class Known:
    """By which fields a type is found: parameters, each with the fields that answer it.

    `tokens` have the system of their codes; `links` are to the types `kinds`, of which a bare id
    may be one; `words` are looked for by `:text`; `there` says what else tells that it is there.
    It is sorted by one of `sorts`. By what is `unasked` rows could be told apart, and aren't.
    What `chains` lead to is in the same row; what `led` do has to be looked for before.
    """

    id: str
    tokens: Mapping[str, tuple[str, str]]
    links: Mapping[str, tuple[str, ...]]
    kinds: tuple[str, ...]
    times: Mapping[str, str]
    sorts: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)
    chains: Mapping[tuple[str, str], "Known"] = field(default_factory=dict)
    led: frozenset[tuple[str, str]] = frozenset()
    there: Mapping[str, str] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()


def clauses(search: Search, known: Known) -> tuple[Clause, ...]:
    """Return what a row must hold.

    :raises NotSearchable: a term goes over a link, or looks for words.
    """
    return tuple(clause(one, known) for one in search.terms)


def clause(term: Term, known: Known) -> Clause:
    """Read a term. Raises as `clauses` does."""
    match term:
        case Match(name) | Missing(name) if name in known.unasked:
            raise unasked(name, Why.UNKNOWN)
        case Ids(values):
            return Clause((Has(known.id, values),))
        case Updated(values) if UPDATED in known.times:
            return Clause(tuple(_during(known.times[UPDATED], values)))
        case Within(names, target):
            return Clause(tuple(each for name in names for each in _linked(known, name, target)))
        case Missing(name, _, is_missing):
            return Clause(tuple(Has(one) for one in _there(known, name)), is_missing)
        case Match():
            return _matching(term, known)
        case Chain(name, type, inner) if (name, type) in known.chains:
            return clause(inner, known.chains[name, type])
        case Chain() | Reverse():
            raise unasked(over(term), Why.LIVE)
        case Pair(names):
            raise unasked(names[0], Why.MODIFIER)
    raise unasked(UPDATED, Why.UNKNOWN)


def troubles(term: Term, known: Known) -> tuple[Trouble, ...]:
    """Return why a term can't be asked; nothing, if it can."""
    if isinstance(term, Chain) and (term.name, term.type) in known.led:
        return ()
    try:
        clause(term, known)
    except NotSearchable as refused:
        return refused.troubles
    return ()


def over(term: Chain | Reverse) -> str:
    """Return the name of a parameter that goes over a link, without what lies behind it."""
    if isinstance(term, Reverse):
        return f"_has:{term.type}:{term.name}"
    return f"{term.name}:{term.type}"


def unasked(name: str, why: Why) -> NotSearchable:
    return NotSearchable(troubles=(Trouble(name, why),))


def _matching(term: Match, known: Known) -> Clause:
    if term.name in known.words and all(isinstance(one, str) for one in term.values):
        texts = tuple(one for one in term.values if isinstance(one, str))
        return Clause((Has(known.words[term.name], texts, begins=True),))
    if term.modifier not in {"", "not"} or term.name.endswith(MEANT):
        raise unasked(":".join(filter(None, (term.name, term.modifier))), Why.MODIFIER)
    found: list[Has | During] = []
    for value in term.values:
        match value:
            case Time() if term.name in known.times:
                found += _during(known.times[term.name], [value])
            case Code():
                found += _coded(known, term.name, value)
            case Target():
                found += _linked(known, term.name, value)
            case _:
                pass  # what is looked for by words is never there
    return Clause(tuple(found), term.modifier == "not")


def _during(field: str, times: Sequence[Time]) -> list[During]:
    """Return when an instant answers spans, as any search of times has it."""
    found: list[During] = []
    for time in times:
        low, high = time.low, time.high
        before, after = During(field, None, low), During(field, high, None)
        match time.prefix:
            case "eq" | "ap":
                found.append(During(field, low, high))
            case "ne":
                found += (before, after)
            case "lt" | "eb":
                found.append(before)
            case "le":
                found.append(During(field, None, high))
            case "ge":
                found.append(During(field, low, None))
            case _:
                found.append(after)
    return found


def _coded(known: Known, name: str, code: Code) -> tuple[Has, ...]:
    if name not in known.tokens:
        return ()
    field, system = known.tokens[name]
    is_bare = system.startswith(CODED) and not code.system
    if not (code.system is None or is_bare or code.system == system):
        return ()
    return (Has(field, None if code.code is None else (code.code,)),)


def _linked(known: Known, name: str, target: Target) -> tuple[Has, ...]:
    types = (target.type,) if target.type else known.kinds
    values = tuple(f"{type}/{target.id}" for type in types)
    return tuple(Has(field, values) for field in known.links.get(name, ()))


def _there(known: Known, name: str) -> tuple[str, ...]:
    if name == "_id":
        return (known.id,)
    if name in known.there:
        return (known.there[name],)
    tokens = (known.tokens[name][0],) if name in known.tokens else ()
    times = (known.times[name],) if name in known.times else ()
    return (*tokens, *known.links.get(name, ()), *times)
