"""Reads a release from its files into one immutable snapshot; private to the room.

A release is a folder: those shipped lie in `data`, an installation's own where `adopt` says. Files
are read once per process and version. A file that does not fit its columns fails at once:
a snapshot is whole or it isn't served.
"""

import csv
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from lianyi.terminology.model import (
    AgeLimit,
    Amount,
    Antibacterial,
    Aspect,
    Content,
    Control,
    Course,
    Critical,
    Diagnosis,
    DiseaseLimit,
    DoseLimit,
    Drug,
    Effect,
    Frequency,
    Group,
    Indication,
    Interaction,
    KidneyLimit,
    LayWord,
    Observation,
    PregnancyFact,
    Range,
    Release,
    Sex,
    Source,
    Substance,
    SubstanceFacts,
    Supply,
)
from lianyi.terminology.model.plain import Plain

DATA = Path(__file__).parent / "data"
RELEASE = "release.toml"
IN_ENGLISH = "observations.en"  # which an operator's release may leave out
T = TypeVar("T")
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One release, whole."""

    release: Release
    sources: Mapping[str, Source]
    substances: Mapping[str, Substance]
    drugs: Mapping[str, Drug]
    frequencies: Mapping[str, Frequency]
    facts: Mapping[str, SubstanceFacts]
    groups: Mapping[str, Group]
    interactions: Mapping[frozenset[str], tuple[Interaction, ...]]
    diagnoses: Mapping[str, Diagnosis]
    observations: Mapping[str, Observation]
    lay_words: Mapping[str, LayWord]


_shelves = [DATA]


def adopt(folder: Path) -> None:
    """Serve also the releases that lie in this folder."""
    if folder not in _shelves:
        _shelves.append(folder)
        releases.cache_clear()


@cache
def releases() -> dict[str, Path]:
    """Return the folder of each version, the one in force last: the newest that is no demo."""
    folders = [path.parent for shelf in _shelves for path in shelf.glob(f"*/{RELEASE}")]
    found = [(_release(folder), folder) for folder in folders]
    found.sort(key=lambda each: (not each[0].demo, each[0].issued, each[0].version))
    return {release.version: folder for release, folder in found}


@cache
def snapshot(version: str) -> Snapshot:
    """Return the snapshot of a version; KeyError if there is none."""
    folder = releases()[version]
    groups = _keyed(folder, "groups", _group, lambda group: group.code)
    substances = _keyed(folder, "substances", _substance, lambda substance: substance.code)
    return Snapshot(
        release=_release(folder),
        sources=_sources(folder),
        substances=substances,
        drugs=_keyed(folder, "drugs", _drug, lambda drug: drug.code),
        frequencies=_keyed(folder, "frequencies", _frequency, lambda each: each.code),
        facts=_facts(folder, substances, groups.values()),
        groups=groups,
        interactions=_by_pair(_all(folder, "interactions", _interaction)),
        diagnoses=_keyed(folder, "diagnoses", _diagnosis, lambda diagnosis: diagnosis.code),
        observations=_observations(folder),
        lay_words=_keyed(folder, "lay_words", _lay_word, lambda word: word.term),
    )


def _release(folder: Path) -> Release:
    return Release(**tomllib.loads((folder / RELEASE).read_text(encoding="utf-8")))


def _sources(folder: Path) -> Mapping[str, Source]:
    told = tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))
    return MappingProxyType({row["id"]: Source(**row) for row in told["source"]})


def _rows(folder: Path, name: str) -> Iterator[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def _has(folder: Path, name: str) -> bool:
    return (folder / f"{name}.csv").exists()


def _all(folder: Path, name: str, read: Callable[[Row], T]) -> Iterator[T]:
    return (read(row) for row in _rows(folder, name))


def _keyed(
    folder: Path, name: str, read: Callable[[Row], T], key: Callable[[T], str]
) -> Mapping[str, T]:
    return MappingProxyType({key(thing): thing for thing in _all(folder, name, read)})


def _by(name: Callable[[T], str], things: Iterable[T]) -> Mapping[str, tuple[T, ...]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for thing in things:
        found[name(thing)].append(thing)
    return {key: tuple(each) for key, each in found.items()}


def _by_pair(things: Iterable[Interaction]) -> Mapping[frozenset[str], tuple[Interaction, ...]]:
    found: defaultdict[frozenset[str], list[Interaction]] = defaultdict(list)
    for thing in things:
        found[frozenset((thing.first, thing.second))].append(thing)
    return MappingProxyType({pair: tuple(each) for pair, each in found.items()})


def _facts(
    folder: Path, substances: Mapping[str, Substance], groups: Iterable[Group]
) -> Mapping[str, SubstanceFacts]:
    doses = _by(lambda fact: fact.substance, _all(folder, "doses", _dose))
    kidneys = _by(lambda fact: fact.substance, _all(folder, "kidneys", _kidney))
    pregnancies = _by(lambda fact: fact.substance, _all(folder, "pregnancies", _pregnancy))
    ages = _by(lambda fact: fact.substance, _all(folder, "ages", _age))
    indications = _by(lambda fact: fact.substance, _all(folder, "indications", _indication))
    diseases = _by(lambda fact: fact.substance, _all(folder, "diseases", _disease))
    reviewed = _by(lambda row: row["substance"], _rows(folder, "reviewed"))
    known = tuple(groups)
    return MappingProxyType(
        {
            code: SubstanceFacts(
                substance=substance,
                doses=doses.get(code, ()),
                kidneys=kidneys.get(code, ()),
                pregnancies=pregnancies.get(code, ()),
                ages=ages.get(code, ()),
                indications=indications.get(code, ()),
                diseases=diseases.get(code, ()),
                allergies=_of(code, known, Aspect.ALLERGY),
                duplicates=_of(code, known, Aspect.DUPLICATE),
                reviewed=frozenset(row["source"] for row in reviewed.get(code, ())),
            )
            for code, substance in substances.items()
        }
    )


def _of(code: str, groups: Iterable[Group], kind: Aspect) -> tuple[Group, ...]:
    return tuple(group for group in groups if group.kind is kind and code in group.members)


def _observations(folder: Path) -> Mapping[str, Observation]:
    ranges = _by(lambda pair: pair[0], _all(folder, "ranges", _range))
    criticals = dict(_all(folder, "criticals", _critical))
    english = dict(_all(folder, IN_ENGLISH, _plain)) if _has(folder, IN_ENGLISH) else {}
    return MappingProxyType(
        {
            row["code"]: Observation(
                **row,
                ranges=tuple(each for _, each in ranges.get(row["code"], ())),
                critical=criticals.get(row["code"]),
                english=english.get(row["code"]),
            )
            for row in _rows(folder, "observations")
        }
    )


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _amount(row: Row) -> Amount | None:
    return Amount(Decimal(row["most"]), row["unit"]) if row["most"] else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _effect(row: Row) -> Effect:
    return Effect[row["effect"].upper()]


def _content(text: str) -> Content:
    substance, value, unit = text.split(":")
    return Content(substance, Amount(Decimal(value), unit))


def _substance(row: Row) -> Substance:
    return Substance(**row)


def _frequency(row: Row) -> Frequency:
    return Frequency(row["code"], row["name"], _number(row["times"]))


def _drug(row: Row) -> Drug:
    return Drug(
        code=row["code"],
        name=row["name"],
        inn=row["inn"],
        atc=row["atc"],
        contents=tuple(_content(each) for each in _words(row["contents"])),
        form=row["form"],
        strength=row["strength"],
        unit=row["unit"],
        pack_size=Decimal(row["pack_size"]),
        pack=row["pack"],
        route=row["route"],
        frequencies=_words(row["frequencies"]),
        supply=Supply(row["supply"]),
        control=Control(row["control"]),
        antibacterial=Antibacterial(row["antibacterial"]),
        skin_test=row["skin_test"] == "yes",
        storage=row["storage"],
        pinyin=row["pinyin"],
        source=row["source"],
    )


def _dose(row: Row) -> DoseLimit:
    most = Amount(Decimal(row["most"]), row["unit"])
    return DoseLimit(
        row["substance"], row["route"], most, int(row["days"]), row["note"], row["source"]
    )


def _kidney(row: Row) -> KidneyLimit:
    return KidneyLimit(
        substance=row["substance"],
        route=row["route"],
        below=int(row["below"]),
        effect=_effect(row),
        most=_amount(row),
        note=row["note"],
        source=row["source"],
    )


def _pregnancy(row: Row) -> PregnancyFact:
    return PregnancyFact(row["substance"], row["route"], _effect(row), row["note"], row["source"])


def _age(row: Row) -> AgeLimit:
    return AgeLimit(
        substance=row["substance"],
        route=row["route"],
        under_months=int(row["under_months"]),
        effect=_effect(row),
        note=row["note"],
        source=row["source"],
    )


def _indication(row: Row) -> Indication:
    return Indication(row["substance"], row["route"], _words(row["icd"]), row["source"])


def _disease(row: Row) -> DiseaseLimit:
    return DiseaseLimit(
        substance=row["substance"],
        route=row["route"],
        icd=_words(row["icd"]),
        effect=_effect(row),
        note=row["note"],
        source=row["source"],
    )


def _group(row: Row) -> Group:
    members = frozenset(_words(row["members"]))
    return Group(row["code"], row["name"], Aspect(row["kind"]), members, row["source"])


def _interaction(row: Row) -> Interaction:
    return Interaction(
        first=row["first"],
        second=row["second"],
        effect=_effect(row),
        capped=row["capped"],
        most=_amount(row),
        note=row["note"],
        source=row["source"],
    )


def _diagnosis(row: Row) -> Diagnosis:
    return Diagnosis(row["code"], row["name"], Course(row["course"]), row["pinyin"], row["source"])


def _range(row: Row) -> tuple[str, Range]:
    sex = Sex(row["sex"]) if row["sex"] else None
    since, until = Decimal(row["since"]), Decimal(row["until"])
    ends = _number(row["low"]), _number(row["high"])
    return row["observation"], Range(sex, since, until, *ends, row["source"])


def _plain(row: Row) -> tuple[str, Plain]:
    return row["code"], Plain(
        row["name"], row["what"], row["high"], row["low"], source=row["source"]
    )


def _critical(row: Row) -> tuple[str, Critical]:
    return row["observation"], Critical(_number(row["low"]), _number(row["high"]), row["source"])


def _lay_word(row: Row) -> LayWord:
    return LayWord(**row)
