"""What a person is told about medicines they take home: label and counselling (用药交代, PH-09)."""

from collections.abc import Iterator
from dataclasses import dataclass

from lianyi.people.model import Sex
from lianyi.pharmacy.model import Line, Sale
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import DiseaseLimit, Effect, PregnancyFact, Source, SubstanceFacts


@dataclass(frozen=True, slots=True)
class Warned:
    """What a source says about who must not take it; `code` names the words before the note."""

    code: str
    note: str
    source: Source


@dataclass(frozen=True, slots=True)
class Label:
    """One medicine as its label and the counselling name it (处方管理办法 2007, Art. 33)."""

    name: str
    use: str
    packs: int
    pack: str
    storage: str
    warnings: tuple[Warned, ...]


def labels(sale: Sale, sex: Sex) -> tuple[Label, ...]:
    """Return the labels of what was sold, with the warnings the loaded release has a source for."""
    return tuple(_label(line, sex) for line in sale.sold)


def _label(line: Line, sex: Sex) -> Label:
    facts = terminology.facts_for(line.code)
    warned = (each for one in facts.substances for each in _warnings(one, sex))
    return Label(
        name=line.label,
        use=line.usage,
        packs=line.packs,
        pack=facts.drug.pack,
        storage=facts.drug.storage,
        warnings=tuple(dict.fromkeys(warned)),
    )


def _warnings(facts: SubstanceFacts, sex: Sex) -> Iterator[Warned]:
    """Tell who must not take it; a fact without a source is not told as one."""
    told: list[tuple[str, DiseaseLimit | PregnancyFact]] = []
    told += [("disease", one) for one in facts.diseases]
    told += [("pregnancy", one) for one in facts.pregnancies if sex is not Sex.MALE]
    for code, fact in told:
        source = terminology.source(fact.source)
        if fact.effect >= Effect.AVOID and fact.note and source is not None:
            yield Warned(code, fact.note, source)
