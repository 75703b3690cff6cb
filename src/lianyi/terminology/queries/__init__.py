"""What everyone may ask about drugs, diagnoses, observations and words; from memory, no statement.

`version` is a release; None is the one in force. Every answer that can decide something carries
the release's version and the ids of its sources.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol, TypeVar

from lianyi.terminology import fhir, tables
from lianyi.terminology.errors import NoSuchDiagnosis, NoSuchDrug, NoSuchObservation, NoSuchRelease
from lianyi.terminology.model import (
    Amount,
    Aspect,
    Checked,
    Course,
    Diagnosis,
    DiagnosisFile,
    Drug,
    DrugFacts,
    Flag,
    Frequency,
    Group,
    Interaction,
    LayWord,
    Observation,
    Pregnancy,
    Release,
    Sex,
    Source,
    SubstanceFacts,
)
from lianyi.terminology.model.plain import Plain
from lianyi.terminology.rules import codes, doses, medicines, person, results, units
from lianyi.terminology.tables import Snapshot

FOUND = 20
ICD10 = "http://hl7.org/fhir/sid/icd-10"  # its codes say by their beginning what is below them
CATEGORY = 3  # letters of the shortest
ENGLISH = "en"


class _Named(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def pinyin(self) -> str: ...


N = TypeVar("N", bound=_Named)


def snapshot(version: str | None = None) -> Snapshot:
    """Raise NoSuchRelease for a version that isn't here."""
    wanted = version or next(reversed(tables.releases()))
    if wanted not in tables.releases():
        raise NoSuchRelease(wanted)
    return tables.snapshot(wanted)


def release(version: str | None = None) -> Release:
    """Tell whether this knowledge is a demo or approved, and by whom: production asks it first."""
    return snapshot(version).release


def source(id: str, *, version: str | None = None) -> Source | None:
    """Return None for `unsourced`, which is no source."""
    return snapshot(version).sources.get(id)


def drug(code: str, *, version: str | None = None) -> Drug:
    try:
        return snapshot(version).drugs[code]
    except KeyError:
        raise NoSuchDrug(code) from None


def drugs(codes_wanted: Iterable[str], *, version: str | None = None) -> Mapping[str, Drug]:
    known = snapshot(version).drugs
    return {code: known[code] for code in codes_wanted if code in known}


def search_drugs(text: str, *, version: str | None = None) -> tuple[Drug, ...]:
    """Find by Chinese name, INN, pinyin or initials (`xfttp`), the closest first."""
    return _search(snapshot(version).drugs.values(), text, other=lambda each: each.inn)


def frequencies(version: str | None = None) -> Mapping[str, Frequency]:
    return snapshot(version).frequencies


def groups(kind: Aspect, *, version: str | None = None) -> tuple[Group, ...]:
    """Return the allergy or duplicate classes, for the form that asks a person's allergies."""
    return tuple(each for each in snapshot(version).groups.values() if each.kind is kind)


def allergens(text: str, *, version: str | None = None) -> Mapping[str, str]:
    """Return code and name of the classes, then the substances, whose Chinese name has the text."""
    known = snapshot(version)
    wanted = text.strip()
    if not wanted:
        return {}
    classes = {each.code: each.name for each in groups(Aspect.ALLERGY, version=version)}
    substances = {each.code: each.name for each in known.substances.values()}
    return {code: name for code, name in (classes | substances).items() if wanted in name}


def name_of(code: str, *, version: str | None = None) -> str:
    """Return the Chinese name of a substance or class, as an alert shows it; else the code."""
    known = snapshot(version)
    named = known.substances.get(code) or known.groups.get(code)
    return named.name if named else code


def facts_for(code: str, *, version: str | None = None) -> DrugFacts:
    """Return everything known of a drug's substances by the drug's route."""
    known = snapshot(version)
    if code not in known.drugs:
        raise NoSuchDrug(code)
    found = known.drugs[code]
    return DrugFacts(
        drug=found,
        substances=tuple(
            _by_route(known.facts[substance], found.route) for substance in found.substances
        ),
        release=known.release,
    )


def _by_route(facts: SubstanceFacts, route: str) -> SubstanceFacts:
    fitting = ("", route)
    return replace(
        facts,
        doses=tuple(fact for fact in facts.doses if fact.route in fitting),
        kidneys=tuple(fact for fact in facts.kidneys if fact.route in fitting),
        pregnancies=tuple(fact for fact in facts.pregnancies if fact.route in fitting),
        ages=tuple(fact for fact in facts.ages if fact.route in fitting),
        indications=tuple(fact for fact in facts.indications if fact.route in fitting),
        diseases=tuple(fact for fact in facts.diseases if fact.route in fitting),
    )


def interactions(
    substances: Collection[str], *, version: str | None = None
) -> tuple[Interaction, ...]:
    """Return what is listed between any two of these substances, the worst first."""
    wanted = frozenset(substances)
    listed = snapshot(version).interactions
    found = [fact for pair, facts in listed.items() if pair <= wanted for fact in facts]
    return tuple(sorted(found, key=lambda fact: -fact.effect))


def daily_amounts(
    code: str, *, units: Decimal, frequency: str, version: str | None = None
) -> Mapping[str, Amount]:
    """Return the amount a day by substance; `units` are tablets, puffs or mL at one time."""
    known = snapshot(version)
    return doses.daily_amounts(
        drug(code, version=version), units=units, frequency=known.frequencies[frequency]
    )


def units_of(code: str, dose: Amount, *, version: str | None = None) -> Decimal | None:
    return doses.units_of(drug(code, version=version), dose)


def packs_for(
    code: str, *, units: Decimal, frequency: str, days: int, version: str | None = None
) -> int | None:
    known = snapshot(version)
    return doses.packs_for(
        drug(code, version=version), units=units, frequency=known.frequencies[frequency], days=days
    )


def check_allergy(
    code: str, allergies: Collection[str] | None, *, version: str | None = None
) -> tuple[Checked, ...]:
    known = snapshot(version)
    return person.no_allergy(
        facts_for(code, version=version),
        allergies,
        substances=known.substances,
        groups=known.groups,
    )


def check_indication(
    code: str, diagnoses: Collection[str], *, version: str | None = None
) -> tuple[Checked, ...]:
    return person.indicated(facts_for(code, version=version), diagnoses)


def check_diseases(
    code: str, diagnoses: Collection[str] | None, *, version: str | None = None
) -> tuple[Checked, ...]:
    return person.no_forbidding_disease(facts_for(code, version=version), diagnoses)


def check_pregnancy(
    code: str, state: Pregnancy, *, version: str | None = None
) -> tuple[Checked, ...]:
    return person.fit_for_pregnancy(facts_for(code, version=version), state)


def check_age(code: str, months: int | None, *, version: str | None = None) -> tuple[Checked, ...]:
    return person.old_enough(facts_for(code, version=version), months)


def check_kidney(
    code: str, egfr: Decimal | None, *, daily: Mapping[str, Amount], version: str | None = None
) -> tuple[Checked, ...]:
    return person.kidneys_allow(facts_for(code, version=version), egfr, daily=daily)


def check_dose(
    code: str, daily: Mapping[str, Amount], *, months: int | None, version: str | None = None
) -> tuple[Checked, ...]:
    return medicines.dose_within_limit(facts_for(code, version=version), daily, months=months)


def check_interactions(
    code: str,
    others: Collection[str] | None,
    *,
    daily: Mapping[str, Amount],
    version: str | None = None,
) -> tuple[Checked, ...]:
    """`others` are codes of substances taken beside it; one we do not know can't be checked."""
    known = snapshot(version)
    facts = facts_for(code, version=version)
    return medicines.no_interaction(
        facts, _known(known, others), interactions=known.interactions, daily=daily
    ) + _strangers(facts, known, others)


def check_duplicates(
    code: str, others: Collection[str] | None, *, version: str | None = None
) -> tuple[Checked, ...]:
    known = snapshot(version)
    facts = facts_for(code, version=version)
    return medicines.no_duplicate(facts, _known(known, others))


def _known(known: Snapshot, others: Collection[str] | None) -> list[SubstanceFacts] | None:
    if others is None:
        return None
    return [known.facts[code] for code in sorted(others) if code in known.facts]


def _strangers(
    facts: DrugFacts, known: Snapshot, others: Collection[str] | None
) -> tuple[Checked, ...]:
    strangers = sorted(set(others or ()) - known.facts.keys())
    return medicines.not_in_release(facts, strangers)


def diagnosis(code: str, *, version: str | None = None) -> Diagnosis:
    try:
        return snapshot(version).diagnoses[code]
    except KeyError:
        raise NoSuchDiagnosis(code) from None


def search_diagnoses(text: str, *, version: str | None = None) -> tuple[Diagnosis, ...]:
    """Find by code, Chinese name, pinyin or initials (`gxy`), the closest first."""
    return _search(snapshot(version).diagnoses.values(), text, other=lambda each: each.code)


def is_diagnosis_code(code: str) -> bool:
    """Say whether a code has the form of one of ICD-10, a category of it included."""
    return codes.is_diagnosis_code(code)


def codes_in(value_set: str) -> tuple[tuple[str, str], ...] | None:
    """Return system and code of all that a value set of FHIR means; None if it isn't known here."""
    return fhir.codes_in(value_set)


def codes_below(system: str, code: str) -> tuple[str, ...] | None:
    """Return a code of FHIR and those it subsumes; None if it isn't known here."""
    return fhir.codes_below(system, code)


def codes_above(system: str, code: str) -> tuple[str, ...] | None:
    """Return a code and those that subsume it; None if it isn't known here."""
    return _stems(code) if system == ICD10 else fhir.codes_above(system, code)


def canonical(value: Decimal, code: str) -> units.Canonical | None:
    """Return a value of a UCUM unit in base units; None: it is no unit that can be compared."""
    return units.canonical(value, code)


def _stems(code: str) -> tuple[str, ...] | None:
    """Return a code of ICD-10 and what it begins with, down to its category: I10.x00, I10."""
    if not codes.is_diagnosis_code(code):
        return None
    stems = [code[:end] for end in range(len(code), CATEGORY - 1, -1)]
    return tuple(stem for stem in stems if not stem.endswith("."))


def family(code: str) -> str:
    return codes.family(code)


def may_be_followed_up_online(code: str, *, version: str | None = None) -> bool:
    """CON-01: only some common and chronic diseases. What this release doesn't know, isn't."""
    known = snapshot(version).diagnoses.get(code)
    return known is not None and known.course is not Course.OTHER


def read_diagnoses(text: str, *, source: str) -> DiagnosisFile:
    """Read and validate an operator's own full list."""
    return codes.read_diagnoses(text, source=source)


def observation(code: str, *, version: str | None = None) -> Observation:
    try:
        return snapshot(version).observations[code]
    except KeyError:
        raise NoSuchObservation(code) from None


def plain(observation: Observation, language: str) -> Plain:
    """Return what a resident reads of an observation; in Chinese where there is no other."""
    if language == ENGLISH and observation.english is not None:
        return observation.english
    each = observation
    return Plain(each.name, each.what, each.high, each.low, each.source)


def search_observations(text: str, *, version: str | None = None) -> tuple[Observation, ...]:
    return _search(snapshot(version).observations.values(), text, other=lambda each: each.code)


def flag(
    value: Decimal, code: str, *, sex: Sex | None, age: Decimal | None, version: str | None = None
) -> Flag:
    """Return how a value in the observation's unit lies; `age` in years."""
    known = snapshot(version)
    return results.flag_of(
        observation(code, version=version),
        value=value,
        sex=sex,
        age=age,
        version=known.release.version,
    )


def lay_word(term: str, *, version: str | None = None) -> LayWord | None:
    return snapshot(version).lay_words.get(term)


def lay_words_in(text: str, *, version: str | None = None) -> tuple[LayWord, ...]:
    """Return the explained terms that occur in a text, the longest first."""
    found = [word for word in snapshot(version).lay_words.values() if word.term in text]
    return tuple(sorted(found, key=lambda word: -len(word.term)))


def _search(things: Iterable[N], text: str, *, other: Callable[[N], str]) -> tuple[N, ...]:
    wanted = text.strip().lower()
    if not wanted:
        return ()
    ranked = [
        (rank, index, thing)
        for index, thing in enumerate(things)
        if (rank := codes.closeness(wanted, thing.name, thing.pinyin, other(thing))) is not None
    ]
    return tuple(thing for _, _, thing in sorted(ranked, key=lambda hit: hit[:2])[:FOUND])
