"""Checks of a drug against a person: allergy, diagnoses, pregnancy, age, kidney (PH-04).

Each answers for every substance of the drug; a missing fact, of the drug or of the person, is
COULD NOT CHECK (无法核查), which the pharmacist then checks by hand.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal

from lianyi.terminology.model import (
    Amount,
    Aspect,
    Checked,
    DrugFacts,
    Effect,
    Group,
    KidneyLimit,
    Pregnancy,
    SubstanceFacts,
)
from lianyi.terminology.rules.answers import Question, all_sourced
from lianyi.terminology.rules.codes import begins_with_any
from lianyi.terminology.rules.doses import exceeds


def _questions(facts: DrugFacts, aspect: Aspect) -> list[tuple[Question, SubstanceFacts]]:
    return [
        (Question(aspect, facts.drug.code, facts.release.version, known.substance.code), known)
        for known in facts.substances
    ]


def no_allergy(
    facts: DrugFacts,
    allergies: Collection[str] | None,
    *,
    substances: Collection[str],
    groups: Mapping[str, Group],
) -> tuple[Checked, ...]:
    """PH-10. `allergies` are codes of substances or allergy groups; None means never asked."""
    answers = []
    for question, known in _questions(facts, Aspect.ALLERGY):
        if allergies is None:
            answers.append(question.could_not("allergies_unknown"))
            continue
        found = [
            answer
            for allergy in sorted(allergies)
            if (answer := _allergy(question, known, allergy, substances, groups)) is not None
        ]
        answers += found or [question.safe("no_allergy")]
    return tuple(answers)


def _allergy(
    question: Question,
    known: SubstanceFacts,
    allergy: str,
    substances: Collection[str],
    groups: Mapping[str, Group],
) -> Checked | None:
    own = known.substance.code
    if allergy == own:
        return question.alert("allergic", Effect.FORBIDDEN, other=allergy)
    if allergy in groups and own in groups[allergy].members:
        return question.alert(
            "allergic_class", Effect.FORBIDDEN, other=allergy, sources=[groups[allergy].source]
        )
    if allergy not in groups and allergy not in substances:
        return question.could_not("allergen_unknown", other=allergy)
    return _relative(question, known, allergy, groups)


def _relative(
    question: Question, known: SubstanceFacts, allergy: str, groups: Mapping[str, Group]
) -> Checked | None:
    """Find a wider class that holds both: who reacts to penicillins may react to cephalosporins."""
    allergens = groups[allergy].members if allergy in groups else frozenset({allergy})
    shared = [group for group in known.allergies if allergens & group.members]
    if not shared:
        return None
    return question.alert(
        "allergic_relative",
        Effect.AVOID,
        other=allergy,
        note=shared[0].name,
        sources=[group.source for group in shared],
    )


def indicated(facts: DrugFacts, diagnoses: Collection[str]) -> tuple[Checked, ...]:
    """PH-04 drug for diagnosis: one answer, safe if any substance is licensed for any diagnosis."""
    question = Question(Aspect.INDICATION, facts.drug.code, facts.release.version)
    told = [fact for known in facts.substances for fact in known.indications]
    if not diagnoses:
        return (question.could_not("no_diagnosis"),)
    if not all_sourced(fact.source for fact in told):
        return (question.could_not("no_sourced_fact"),)
    fitting = [
        fact.source for fact in told if any(begins_with_any(code, fact.icd) for code in diagnoses)
    ]
    if fitting:
        return (question.safe("indicated", sources=fitting),)
    return (
        question.alert("not_indicated", Effect.CAUTION, sources=[fact.source for fact in told]),
    )


def no_forbidding_disease(
    facts: DrugFacts, diagnoses: Collection[str] | None
) -> tuple[Checked, ...]:
    """PH-04 contraindications by disease. None means that the history was never taken."""
    answers: list[Checked] = []
    for question, known in _questions(facts, Aspect.DISEASE):
        sources = [fact.source for fact in known.diseases]
        if not all_sourced(sources):
            answers.append(question.could_not("no_sourced_fact"))
        elif diagnoses is None:
            answers.append(question.could_not("history_unknown"))
        else:
            hits = [
                question.alert(
                    "disease", fact.effect, note=fact.note, other=code, sources=[fact.source]
                )
                for fact in known.diseases
                for code in sorted(diagnoses)
                if begins_with_any(code, fact.icd)
            ]
            answers += hits or [question.safe("no_disease", sources=sources)]
    return tuple(answers)


def fit_for_pregnancy(facts: DrugFacts, state: Pregnancy) -> tuple[Checked, ...]:
    """PH-04 pregnancy. Who is not pregnant needs no fact; who might be must be asked."""
    return tuple(
        _pregnancy(question, known, state)
        for question, known in _questions(facts, Aspect.PREGNANCY)
    )


def _pregnancy(question: Question, known: SubstanceFacts, state: Pregnancy) -> Checked:
    if state in (Pregnancy.NO, Pregnancy.IMPOSSIBLE):
        return question.safe("not_pregnant")
    if state is Pregnancy.UNKNOWN:
        return question.could_not("pregnancy_unknown")
    sources = [fact.source for fact in known.pregnancies]
    if not all_sourced(sources):
        return question.could_not("no_sourced_fact")
    worst = max(known.pregnancies, key=lambda fact: fact.effect)
    if worst.effect is Effect.NONE:
        return question.safe("pregnancy_allowed", sources=sources)
    return question.alert("pregnancy", worst.effect, note=worst.note, sources=[worst.source])


def old_enough(facts: DrugFacts, months: int | None) -> tuple[Checked, ...]:
    """PH-04 children. `months` is the age of the person in whole months."""
    return tuple(_age(question, known, months) for question, known in _questions(facts, Aspect.AGE))


def _age(question: Question, known: SubstanceFacts, months: int | None) -> Checked:
    sources = [fact.source for fact in known.ages]
    if not all_sourced(sources):
        return question.could_not("no_sourced_fact")
    if months is None:
        return question.could_not("age_unknown")
    hits = [fact for fact in known.ages if months < fact.under_months]
    if not hits:
        return question.safe("old_enough", sources=sources)
    worst = max(hits, key=lambda fact: fact.effect)
    return question.alert("too_young", worst.effect, note=worst.note, sources=[worst.source])


def kidneys_allow(
    facts: DrugFacts, egfr: Decimal | None, *, daily: Mapping[str, Amount]
) -> tuple[Checked, ...]:
    """PH-04 kidney. `egfr` in mL/min/1.73 m2; `daily` what is prescribed a day by substance."""
    return tuple(
        _kidney(question, known, egfr, daily.get(known.substance.code))
        for question, known in _questions(facts, Aspect.KIDNEY)
    )


def _kidney(
    question: Question, known: SubstanceFacts, egfr: Decimal | None, amount: Amount | None
) -> Checked:
    sources = [fact.source for fact in known.kidneys]
    if not all_sourced(sources):
        return question.could_not("no_sourced_fact")
    if all(fact.effect is Effect.NONE for fact in known.kidneys):
        return question.safe("no_kidney_limit", sources=sources)
    if egfr is None:
        return question.could_not("kidney_unknown")
    hits = [fact for fact in known.kidneys if egfr < fact.below and not _kept(fact, amount)]
    if not hits:
        return question.safe("kidney_allows", sources=sources)
    worst = max(hits, key=lambda fact: fact.effect)
    return question.alert(
        "kidney", worst.effect, note=worst.note, sources=[worst.source], most=worst.most
    )


def _kept(fact: KidneyLimit, amount: Amount | None) -> bool:
    """Say whether a limit by amount is respected; an unknown amount does not respect it."""
    if fact.effect is not Effect.LIMIT or fact.most is None or amount is None:
        return False
    return exceeds(amount, fact.most) is False
