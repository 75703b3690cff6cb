"""The code systems and value sets that FHIR R4 ships, as the build compiled them.

Source: HL7 FHIR R4 (4.0.1), by tools/terminologies.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

BUILT = Path(__file__).parent / "build/r4.json"


class Concept(msgspec.Struct, frozen=True):
    display: str = ""
    parents: tuple[str, ...] = ()


class Head(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""


class Group(msgspec.Struct, frozen=True):
    """What codes of one system are in another: each with how nearly (`equivalent`, `wider` …)."""

    source: str
    target: str
    codes: Mapping[str, tuple[tuple[str, str], ...]]


class Map(msgspec.Struct, frozen=True):
    """`source` and `target` are the value sets that it is between."""

    source: str
    target: str
    groups: tuple[Group, ...]


class Shipped(msgspec.Struct, frozen=True):
    """`sets` holds the codes of a value set by system; None stands for the whole system."""

    systems: Mapping[str, Mapping[str, Concept]] = {}
    sets: Mapping[str, Mapping[str, tuple[str, ...] | None]] = {}
    heads: Mapping[str, Head] = {}
    maps: Mapping[str, Map] = {}


@dataclass(frozen=True, slots=True)
class Coded:
    """One code as it is known here."""

    code: str
    display: str
    parents: tuple[str, ...] = ()
    pinyin: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """A code system as far as it is known; of one that isn't whole nobody can say a code isn't."""

    url: str
    name: str
    version: str
    concepts: Mapping[str, Coded]
    is_whole: bool


@cache
def system(url: str) -> System | None:
    """Return a system that R4 ships; None if it isn't known here."""
    if url not in _shipped().systems:
        return None
    found, named = _concepts(url), head(url)
    coded = {code: Coded(code, one.display, one.parents) for code, one in found.items()}
    return System(url, named.name, named.version, coded, is_whole=True)


def head(url: str) -> Head:
    return _shipped().heads.get(url, Head())


def maps() -> Mapping[str, Map]:
    return _shipped().maps


def codes_in(value_set: str) -> tuple[tuple[str, str], ...] | None:
    """Return system and code of all that a value set means; None if it isn't known here."""
    found = _shipped().sets.get(value_set.partition("|")[0])
    if found is None:
        return None
    return tuple((system, code) for system, codes in found.items() for code in _told(system, codes))


def codes_below(system: str, code: str) -> tuple[str, ...] | None:
    """Return a code and those it subsumes; None if it isn't known here."""
    return _walk(code, _children(system)) if code in _concepts(system) else None


def codes_above(system: str, code: str) -> tuple[str, ...] | None:
    """Return a code and those that subsume it; None if it isn't known here."""
    known = _concepts(system)
    return (
        _walk(code, {each: one.parents for each, one in known.items()}) if code in known else None
    )


def _told(system: str, codes: tuple[str, ...] | None) -> Iterable[str]:
    return _concepts(system) if codes is None else codes


def _concepts(system: str) -> Mapping[str, Concept]:
    return _shipped().systems.get(system, {})


@cache
def _children(system: str) -> Mapping[str, Iterable[str]]:
    children: defaultdict[str, list[str]] = defaultdict(list)
    for code, concept in _concepts(system).items():
        for parent in concept.parents:
            children[parent].append(code)
    return children


def _walk(code: str, ways: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_reached(code, ways, set())))


def _reached(code: str, ways: Mapping[str, Iterable[str]], seen: set[str]) -> Iterator[str]:
    if code not in seen:
        seen.add(code)
        yield code
        for other in ways.get(code, ()):
            yield from _reached(other, ways, seen)


@cache
def _shipped() -> Shipped:
    """Return what was built; nothing where it was not, so that nothing is claimed to be known."""
    try:
        return msgspec.json.decode(BUILT.read_bytes(), type=Shipped)
    except FileNotFoundError:
        return Shipped()
