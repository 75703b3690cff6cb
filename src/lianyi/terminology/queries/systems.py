"""Code systems, value sets and maps as FHIR asks for them: those R4 ships, and this network's own.

Nothing is said of what isn't known here: that is a refusal, and never "no".
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache

from lianyi.terminology import fhir, queries
from lianyi.terminology.errors import (
    NoSuchCode,
    NoSuchMap,
    NoSuchSystem,
    NoSuchValueSet,
    NotOrdered,
)
from lianyi.terminology.fhir import Coded, Group, System
from lianyi.terminology.model import Diagnosis, Drug, Observation
from lianyi.terminology.queries import ICD10
from lianyi.terminology.rules import codes

LOINC = "http://loinc.org"
DRUG = "urn:lianyi:drug"  # the drug master, whole
NAMES = {ICD10: "ICD10InsuranceEdition", LOINC: "LOINC", DRUG: "LianyiDrugMaster"}
# What the release in force lists of each, as sets: whole by what they are.
SETS = {
    "urn:lianyi:value-set:diagnosis": ICD10,
    "urn:lianyi:value-set:observation": LOINC,
    "urn:lianyi:value-set:drug": DRUG,
}


class Relation(StrEnum):
    """How the first of two codes lies to the second (FHIR R4, concept-subsumption-outcome)."""

    EQUIVALENT = "equivalent"
    SUBSUMES = "subsumes"
    SUBSUMED_BY = "subsumed-by"
    NOT_SUBSUMED = "not-subsumed"


def system(url: str, version: str = "") -> System:
    """Return what is known of a code system.

    :raises NoSuchSystem: nothing, or of another version.
    """
    found = _own(url, queries.release().version) if url in NAMES else fhir.system(url)
    if found is None or version not in {"", found.version}:
        raise NoSuchSystem(f"{url}|{version}" if version else url)
    return found


def concept(known: System, code: str) -> Coded | None:
    """Return a code of a system; None: it has none.

    :raises NoSuchCode: it may have it, but it isn't known here.
    """
    found = known.concepts.get(code)
    if found is None and not known.is_whole:
        raise NoSuchCode(known.url, code)
    return found


def relation(known: System, one: str, other: str) -> Relation:
    """Return how two codes of a system lie to each other.

    :raises NoSuchCode, NotOrdered:
    """
    above, beyond = (_above(known, code) for code in (one, other))
    if one == other:
        return Relation.EQUIVALENT
    if known.url == LOINC:
        raise NotOrdered(known.url)
    if other in above:
        return Relation.SUBSUMED_BY
    return Relation.SUBSUMES if one in beyond else Relation.NOT_SUBSUMED


def members(value_set: str) -> list[tuple[str, Coded]]:
    """Return all that a value set means, each with its system.

    :raises NoSuchValueSet:
    """
    url, _, version = value_set.partition("|")
    if url in SETS and version in {"", queries.release().version}:
        known = system(SETS[url])
        return [(known.url, one) for one in known.concepts.values()]
    found = fhir.codes_in(url)
    if found is None or version not in {"", fhir.head(url).version}:
        raise NoSuchValueSet(value_set)
    return [(url, _listed(url, code)) for url, code in found]


def matching(found: Iterable[tuple[str, Coded]], text: str) -> list[tuple[str, Coded]]:
    """Keep what a text finds, by code, words, pinyin or initials, the closest first."""
    wanted = text.strip().lower()
    ranked = [
        (rank, index, (url, one))
        for index, (url, one) in enumerate(found)
        if (rank := codes.closeness(wanted, one.display, one.pinyin, one.code)) is not None
    ]
    return [pair for _, _, pair in sorted(ranked, key=lambda hit: hit[:2])]


def maps_from(
    source: str, *, url: str = "", target: str = "", is_reverse: bool = False
) -> Mapping[str, tuple[Group, ...]]:
    """Return the groups of maps that lead from a system, by the maps; `target`: to that one.

    :raises NoSuchMap:
    """
    known = fhir.maps()
    found = {
        name: groups
        for name, one in known.items()
        if url in {"", name}
        and (groups := tuple(g for g in one.groups if _leads(g, source, target, is_reverse)))
    }
    if not found:
        raise NoSuchMap(url if url and url not in known else f"{source} {target}".strip())
    return found


def _leads(group: Group, source: str, target: str, is_reverse: bool) -> bool:  # noqa: FBT001
    here, there = (group.source, group.target)[:: -1 if is_reverse else 1]
    return here == source and target in {"", there}


def _above(known: System, code: str) -> tuple[str, ...]:
    is_flat = known.url in {LOINC, DRUG}
    found = queries.codes_above(known.url, code) if not is_flat else ()
    if found is None or (is_flat and code not in known.concepts):
        raise NoSuchCode(known.url, code)
    return found


def _listed(url: str, code: str) -> Coded:
    """Return a code of a set, whose words are known if its system is."""
    found = fhir.system(url)
    return (found.concepts.get(code) if found else None) or Coded(code, "")


@cache
def _own(url: str, version: str) -> System:
    known = queries.snapshot(version)
    lists: Mapping[str, Mapping[str, Diagnosis | Observation | Drug]] = {
        ICD10: known.diagnoses,
        LOINC: known.observations,
        DRUG: known.drugs,
    }
    coded = {code: Coded(code, one.name, (), one.pinyin) for code, one in lists[url].items()}
    return System(url, NAMES[url], version, coded, is_whole=url == DRUG)
