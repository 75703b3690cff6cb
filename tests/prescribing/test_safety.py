from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.people.model import years_between
from lianyi.prescribing import queries
from lianyi.prescribing.errors import BadLine
from lianyi.prescribing.model import Diagnosed, Entry, Reason, Severity, Taken, Way
from lianyi.prescribing.rules import person, safety
from lianyi.terminology import queries as terminology
from lianyi.terminology.errors import NoSuchDrug
from lianyi.terminology.model import Amount, Aspect, Pregnancy, Sex, Verdict
from tests.prescribing.make import AMLODIPINE, HYPERTENSION, SOMEBODY, SOMETIME, line, sheet
from tests.prescribing.test_laws import facts

D = Decimal
SIMVASTATIN_20, SIMVASTATIN_40 = "simvastatin-tab-20mg", "simvastatin-tab-40mg"
LIPIDS = Diagnosed("E78.500", "高脂血症")
AMOXICILLIN = "amoxicillin-cap-500mg"
KNOWN = tuple(terminology.snapshot().drugs)


def both(*lines, **changed):
    return sheet(*lines, diagnoses=(HYPERTENSION, LIPIDS), **changed)


def found(sheet_, aspect=None, severity=None, **given):
    return [
        each
        for each in queries.check(sheet_, facts(**given))
        if (aspect is None or (each.checked is not None and each.checked.aspect is aspect))
        and (severity is None or each.severity is severity)
    ]


def standing(sheet_, **given):
    return safety.in_the_way(queries.check(sheet_, facts(**given)), sheet_.reasons)


def test_simvastatin_40_beside_amlodipine_is_caught_with_its_cap_and_source():
    """PH-04: the label caps simvastatin at 20 mg a day beside amlodipine."""
    (alert, *_) = found(
        both(line(), line(SIMVASTATIN_40, frequency="qn")), Aspect.INTERACTION, Severity.WARN
    )
    assert alert.checked.most == Amount(D(20), "mg")
    assert {alert.checked.substance, alert.checked.other} == {"simvastatin", "amlodipine"}
    assert alert.checked.sources == ("label-simvastatin",)
    assert terminology.source("label-simvastatin") is not None


def test_simvastatin_20_beside_amlodipine_is_safe_and_says_so():
    mended = both(line(), line(SIMVASTATIN_20, frequency="qn"))
    assert standing(mended) == ()
    safe = {f.checked.reason for f in found(mended, Aspect.INTERACTION)}
    assert safe == {"interaction_within_cap"}


def test_the_cap_counts_what_the_person_takes_already():
    taken = Taken(("simvastatin",), own=True, daily=(("simvastatin", Amount(D(40), "mg")),))
    assert found(sheet(), Aspect.INTERACTION, Severity.WARN, medicines=(taken,))
    less = replace(taken, daily=(("simvastatin", Amount(D(20), "mg")),))
    assert not found(sheet(), Aspect.INTERACTION, Severity.WARN, medicines=(less,))
    unsaid = replace(taken, daily=())
    assert found(sheet(), Aspect.INTERACTION, Severity.WARN, medicines=(unsaid,))


def test_every_drug_is_checked_against_the_diagnoses_and_safe_is_said_with_its_source():
    """PH-04: drug for diagnosis always."""
    (answer,) = found(sheet(), Aspect.INDICATION)
    assert (answer.severity, answer.checked.verdict) == (Severity.SAFE, Verdict.SAFE)
    assert answer.checked.sources


def test_a_drug_for_no_diagnosis_wants_a_reason_in_person_and_is_refused_online():
    """PH-04, RX-29."""
    other = sheet(line("simvastatin-tab-20mg", frequency="qn"))
    (answer,) = found(other, Aspect.INDICATION)
    assert answer.severity is Severity.WARN
    online = {"way": Way.ONLINE, "followed": frozenset({HYPERTENSION.code})}
    (answer,) = found(other, Aspect.INDICATION, **online)
    assert answer.severity is Severity.BLOCK


@pytest.mark.parametrize("allergy", ["amoxicillin", "penicillins"])
def test_an_allergy_to_the_drug_or_its_class_blocks_whatever_the_reason(allergy):
    """PH-10."""
    blocked = sheet(line(AMOXICILLIN, frequency="q8h"), diagnoses=(Diagnosed("J01.900", ""),))
    (answer,) = found(blocked, Aspect.ALLERGY, allergies=(allergy,))
    assert (answer.rule, answer.severity) == ("PH-10", Severity.BLOCK)
    excused = replace(blocked, reasons=(Reason(answer.key, "患者自述既往可耐受", confirmed=True),))
    assert answer in standing(excused, allergies=(allergy,))


@pytest.mark.parametrize(
    ("missing", "aspect", "given"),
    [
        ("allergies_unknown", Aspect.ALLERGY, {"allergies": None}),
        ("history_unknown", Aspect.DISEASE, {"history": None}),
        ("medicines_unknown", Aspect.INTERACTION, {"medicines_asked": False}),
        (
            "pregnancy_unknown",
            Aspect.PREGNANCY,
            {"sex": Sex.FEMALE, "pregnancy": Pregnancy.UNKNOWN},
        ),
        ("age_unknown", Aspect.AGE, {"months": None}),
        ("kidney_unknown", Aspect.KIDNEY, {"egfr": None}),
    ],
)
def test_what_was_never_asked_could_not_be_checked_and_needs_a_reason(missing, aspect, given):
    """PH-04: safe means the facts were there."""
    asked = both(line(SIMVASTATIN_20, frequency="qn"))
    (answer,) = [f for f in standing(asked, **given) if f.trouble == missing]
    assert (answer.severity, answer.checked.aspect) == (Severity.UNCHECKED, aspect)
    told = replace(asked, reasons=(Reason(answer.key, "患者无法说明，已告知风险"),))
    assert answer not in standing(told, **given)
    silent = replace(asked, reasons=(Reason(answer.key, " "),))
    assert answer in standing(silent, **given)


def test_an_allergen_the_knowledge_base_does_not_know_could_not_be_checked():
    (answer,) = found(sheet(), Aspect.ALLERGY, allergies=("花粉",))
    assert answer.severity is Severity.UNCHECKED


def test_one_reason_serves_all_drugs_for_what_is_missing_of_the_person():
    two = both(line(), line(SIMVASTATIN_20, frequency="qn"))
    keys = {f.key for f in found(two, Aspect.ALLERGY, allergies=None)}
    assert keys == {"allergy.allergies_unknown"}


def test_one_substance_twice_on_one_prescription_blocks():
    two = both(line(SIMVASTATIN_20, frequency="qn"), line(SIMVASTATIN_40, frequency="qn"))
    assert found(two, Aspect.DUPLICATE, Severity.BLOCK)


def test_going_on_with_a_medicine_is_pointed_out_and_a_running_one_wants_a_reason():
    anyway = Taken(("amlodipine",))
    (note,) = found(sheet(), Aspect.DUPLICATE, Severity.NOTE, medicines=(anyway,))
    assert note.trouble == "same_substance"
    (warning,) = found(
        sheet(), Aspect.DUPLICATE, Severity.WARN, medicines=(replace(anyway, own=True),)
    )
    assert warning.wants_reason


def test_a_second_drug_of_one_class_wants_a_reason():
    two = both(line(SIMVASTATIN_20, frequency="qn"), line("atorvastatin-tab-20mg"))
    assert {f.trouble for f in found(two, Aspect.DUPLICATE, Severity.WARN)} == {"same_class"}


def test_a_dose_over_the_usual_wants_a_reason_and_the_doctors_word_twice():
    """RX-10."""
    high = sheet(line(AMLODIPINE, units=3))
    (answer,) = found(high, Aspect.DOSE)
    assert (answer.rule, answer.twice) == ("RX-10", True)
    once = replace(high, reasons=(Reason(answer.key, "难治性高血压"),))
    assert answer in standing(once)
    twice = replace(high, reasons=(Reason(answer.key, "难治性高血压", confirmed=True),))
    assert answer not in standing(twice)


def test_a_drug_the_master_does_not_have_is_never_checked_as_safe():
    unknown = replace(line(), drug="snake-oil")
    with pytest.raises(NoSuchDrug):
        queries.check(sheet(unknown), facts())


def test_the_worst_is_said_first():
    mixed = both(line(SIMVASTATIN_40, frequency="qn"), line())
    weights = [safety.ORDER.index(f.severity) for f in queries.check(mixed, facts(egfr=None))]
    assert weights == sorted(weights)


def test_every_answer_names_the_release_it_rests_on():
    version = terminology.release().version
    answers = [f.checked for f in queries.check(sheet(), facts()) if f.checked]
    assert {answer.version for answer in answers} == {version}


@given(code=st.sampled_from(KNOWN))
def test_no_drug_of_the_master_is_safe_in_every_way_for_somebody_nobody_knows(code):
    """PH-04: silence is never an answer."""
    one = line(code, frequency=terminology.drug(code).frequencies[0], packs=1)
    answers = queries.check(
        sheet(one),
        facts(
            sex=None,
            months=None,
            allergies=None,
            history=None,
            medicines_asked=False,
            pregnancy=Pregnancy.UNKNOWN,
            egfr=None,
        ),
    )
    unchecked = {
        f.checked.aspect for f in answers if f.severity is Severity.UNCHECKED and f.checked
    }
    assert {Aspect.ALLERGY, Aspect.PREGNANCY, Aspect.AGE, Aspect.INTERACTION} <= unchecked


def entered(**given):
    entry = Entry(
        **{"drug": AMLODIPINE, "dose": Amount(D(5), "mg"), "frequency": "qd", "days": 7, **given}
    )
    return queries.line(entry, by=SOMEBODY, at=SOMETIME)


def test_a_dose_in_milligrams_and_one_in_tablets_are_the_same_line():
    """RX-09: whatever was typed, the line says a legal unit."""
    assert entered() == entered(dose=Amount(D(1), "片"))
    assert entered().dose == Amount(D(5), "mg")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"dose": Amount(D(0), "mg")}, "dose"),
        ({"dose": Amount(D(-5), "mg")}, "dose"),
        ({"dose": Amount(D(5), "ml")}, "dose"),
        ({"frequency": "hourly"}, "frequency"),
        ({"days": 0}, "days"),
        ({"days": 10_000}, "days"),
        ({"frequency": "prn"}, "packs"),
        ({"frequency": "prn", "packs": 0}, "packs"),
        ({"frequency": "prn", "packs": 1000}, "packs"),
    ],
)
def test_a_line_that_can_not_be_is_refused_by_its_field(given, field):
    """RX-09."""
    with pytest.raises(BadLine) as refused:
        entered(**given)
    assert refused.value.field == field


def test_a_medicine_taken_when_needed_says_its_packs():
    assert entered(frequency="prn", packs=2).packs == 2


@given(units=st.decimals("0.25", 8, places=2), days=st.integers(1, 28))
def test_the_packs_last_for_the_days_and_no_pack_is_too_many(units, days):
    made = entered(dose=Amount(units, "片"), days=days)
    needed = made.units * days
    assert made.packs * made.pack_size >= needed > (made.packs - 1) * made.pack_size


@pytest.mark.parametrize(
    ("sex", "years", "asked", "state"),
    [
        (Sex.MALE, 30, None, Pregnancy.IMPOSSIBLE),
        (Sex.FEMALE, 11, None, Pregnancy.IMPOSSIBLE),
        (Sex.FEMALE, 12, None, Pregnancy.UNKNOWN),
        (Sex.FEMALE, 55, None, Pregnancy.UNKNOWN),
        (Sex.FEMALE, 56, None, Pregnancy.IMPOSSIBLE),
        (Sex.FEMALE, 30, Pregnancy.NO, Pregnancy.NO),
        (Sex.FEMALE, 30, Pregnancy.YES, Pregnancy.YES),
        (None, 30, None, Pregnancy.UNKNOWN),
    ],
)
def test_whoever_could_be_pregnant_is_asked(sex, years, asked, state):
    assert person.pregnancy(sex, years * 12, asked) is state


@pytest.mark.parametrize(
    ("creatinine", "sex", "years", "egfr"),
    [
        ("80", Sex.MALE, 50, 103),
        ("79.56", Sex.FEMALE, 55, 75),
        ("150", Sex.MALE, 70, 43),
        ("53", Sex.FEMALE, 40, 116),
    ],
)
def test_kidney_function_follows_ckd_epi_2021(creatinine, sex, years, egfr):
    """Against the same equation worked by hand in binary floating point."""
    ratio = float(creatinine) / 88.4 / (0.7 if sex is Sex.FEMALE else 0.9)
    alpha = -0.241 if sex is Sex.FEMALE else -0.302
    by_hand = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938**years
    by_hand *= 1.012 if sex is Sex.FEMALE else 1
    found = person.egfr_of(D(creatinine), sex=sex, months=years * 12)
    assert (found, abs(by_hand - float(found)) < 0.51) == (egfr, True)


@pytest.mark.parametrize(("sex", "months"), [(None, 600), (Sex.MALE, None), (Sex.MALE, 215)])
def test_kidney_function_is_not_guessed(sex, months):
    assert person.egfr_of(D(80), sex=sex, months=months) is None


@given(st.dates(), st.dates())
def test_the_months_of_an_age_agree_with_its_years(birth, day):
    if birth <= day and (birth.month, birth.day) != (2, 29):
        assert person.months_between(birth, day) // 12 == years_between(birth, day)


def mend(sheet_, **given):
    (alert, *_) = [f for f in queries.check(sheet_, facts(**given)) if f.severity is Severity.WARN]
    return queries.mended(sheet_, alert)


def test_a_capped_drug_is_mended_to_another_strength_within_the_cap():
    """PH-04: what is offered is the highest dose the source allows, in whole tablets if it can."""
    number, entry = mend(both(line(), line(SIMVASTATIN_40, frequency="qn")))
    assert (number, entry.drug, entry.dose) == (1, SIMVASTATIN_20, Amount(D(20), "mg"))


def test_a_dose_over_the_usual_is_mended_to_the_usual():
    _, entry = mend(sheet(line(AMLODIPINE, units=3)))
    assert entry.dose == Amount(D(10), "mg")


def test_what_no_dose_mends_is_left_to_the_doctor():
    two = both(line(SIMVASTATIN_20, frequency="qn"), line("atorvastatin-tab-20mg"))
    assert mend(two) is None
    capped_elsewhere = Taken(("simvastatin",))
    assert mend(sheet(), medicines=(capped_elsewhere,)) is None


@given(units=st.sampled_from([D(1), D(2), D(3), D(4)]), frequency=st.sampled_from(["qd", "bid"]))
def test_whatever_is_mended_stays_within_what_was_allowed(units, frequency):
    wrong = both(line(), line(SIMVASTATIN_40, units=units, frequency=frequency))
    for finding in queries.check(wrong, facts()):
        found = queries.mended(wrong, finding)
        if found and finding.checked.aspect is Aspect.INTERACTION:
            made = queries.line(found[1], by=SOMEBODY, at=SOMETIME)
            daily = terminology.daily_amounts(made.drug, units=made.units, frequency=made.frequency)
            assert daily["simvastatin"].value <= finding.checked.most.value
