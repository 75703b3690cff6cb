"""PH-04: each check answers safe, alert or could not check, with its source and release."""

from decimal import Decimal

import pytest

from lianyi.kernel.text import catalogue
from lianyi.terminology import queries
from lianyi.terminology.errors import NoSuchDrug
from lianyi.terminology.model import Amount, Aspect, Checked, Effect, Pregnancy, Verdict

ADULT = 40 * 12


def verdicts(answers: tuple[Checked, ...]) -> set[Verdict]:
    return {answer.verdict for answer in answers}


def taking(code: str, units: str = "1", frequency: str = "qd") -> dict[str, Amount]:
    return dict(queries.daily_amounts(code, units=Decimal(units), frequency=frequency))


def only(answers: tuple[Checked, ...]) -> Checked:
    assert len(answers) == 1
    return answers[0]


TRUTHS = [
    ("simvastatin", "amlodipine", Effect.LIMIT, Amount(Decimal(20), "mg")),
    ("simvastatin", "diltiazem", Effect.LIMIT, Amount(Decimal(10), "mg")),
    ("simvastatin", "clarithromycin", Effect.FORBIDDEN, None),
    ("sildenafil", "glyceryl-trinitrate", Effect.FORBIDDEN, None),
    ("tadalafil", "isosorbide-mononitrate", Effect.FORBIDDEN, None),
    ("enalapril", "losartan", Effect.AVOID, None),
    ("sacubitril", "enalapril", Effect.FORBIDDEN, None),
    ("warfarin", "ibuprofen", Effect.AVOID, None),
    ("methotrexate", "trimethoprim", Effect.FORBIDDEN, None),
    ("clopidogrel", "omeprazole", Effect.AVOID, None),
    ("metoprolol", "verapamil", Effect.AVOID, None),
    ("spironolactone", "potassium-chloride", Effect.AVOID, None),
]


@pytest.mark.parametrize(
    ("first", "second", "effect", "most"), TRUTHS, ids=[f"{row[0]}+{row[1]}" for row in TRUTHS]
)
def test_known_interactions_are_listed_with_a_source(first, second, effect, most):
    worst = queries.interactions([first, second])[0]
    assert worst.effect >= effect
    assert worst.most == most
    assert queries.source(worst.source) is not None


def test_simvastatin_40_mg_beside_amlodipine_is_caught_and_20_mg_is_not():
    caught = only(
        queries.check_interactions(
            "simvastatin-tab-40mg", ["amlodipine"], daily=taking("simvastatin-tab-40mg")
        )
    )
    assert caught.verdict is Verdict.ALERT
    assert caught.most == Amount(Decimal(20), "mg")
    assert caught.sources == ("label-simvastatin",)
    mended = only(
        queries.check_interactions(
            "simvastatin-tab-20mg", ["amlodipine"], daily=taking("simvastatin-tab-20mg")
        )
    )
    assert mended.verdict is Verdict.SAFE
    assert mended.version == queries.release().version


def test_the_cap_is_found_from_the_side_of_amlodipine_too():
    told = queries.check_interactions(
        "amlodipine-tab-5mg",
        ["simvastatin"],
        daily=taking("amlodipine-tab-5mg") | taking("simvastatin-tab-40mg"),
    )
    assert only(told).verdict is Verdict.ALERT


def test_an_unknown_dose_of_the_capped_drug_does_not_respect_its_cap():
    told = queries.check_interactions("amlodipine-tab-5mg", ["simvastatin"], daily={})
    assert only(told).verdict is Verdict.ALERT


def test_a_pair_that_no_document_covers_could_not_be_checked():
    told = only(queries.check_interactions("ambroxol-tab-30mg", ["amlodipine"], daily={}))
    assert (told.verdict, told.reason) == (Verdict.COULD_NOT_CHECK, "pair_not_reviewed")


def test_medicines_that_were_never_asked_or_are_unknown_could_not_be_checked():
    never = queries.check_interactions("amlodipine-tab-5mg", None, daily={})
    assert verdicts(never) == {Verdict.COULD_NOT_CHECK}
    strange = queries.check_interactions("amlodipine-tab-5mg", ["snake-oil"], daily={})
    assert "substance_unknown" in {answer.reason for answer in strange}


def test_one_substance_twice_and_two_of_one_class_are_duplicates():
    same = only(queries.check_duplicates("simvastatin-tab-20mg", ["simvastatin"]))
    assert (same.verdict, same.reason) == (Verdict.ALERT, "same_substance")
    kin = only(queries.check_duplicates("simvastatin-tab-20mg", ["atorvastatin"]))
    assert (kin.verdict, kin.reason) == (Verdict.ALERT, "same_class")
    assert kin.sources
    none = only(queries.check_duplicates("simvastatin-tab-20mg", ["amlodipine"]))
    assert none.verdict is Verdict.SAFE


def test_both_substances_of_a_compound_are_checked():
    told = queries.check_duplicates("losartan-hctz-tab", ["hydrochlorothiazide"])
    assert {answer.substance for answer in told} == {"losartan", "hydrochlorothiazide"}
    assert Verdict.ALERT in verdicts(told)


@pytest.mark.parametrize(
    ("code", "allergies", "verdict", "reason"),
    [
        ("amoxicillin-cap-500mg", ["penicillins"], Verdict.ALERT, "allergic_class"),
        ("amoxicillin-cap-500mg", ["amoxicillin"], Verdict.ALERT, "allergic"),
        ("cefuroxime-axetil-tab-250mg", ["amoxicillin"], Verdict.ALERT, "allergic_relative"),
        ("cefuroxime-axetil-tab-250mg", ["penicillins"], Verdict.ALERT, "allergic_relative"),
        ("hydrochlorothiazide-tab-25mg", ["sulfonamides"], Verdict.ALERT, "allergic_class"),
        ("ibuprofen-er-cap-300mg", ["acetylsalicylic-acid"], Verdict.ALERT, "allergic_relative"),
        ("azithromycin-tab-250mg", ["penicillins"], Verdict.SAFE, "no_allergy"),
        ("azithromycin-tab-250mg", [], Verdict.SAFE, "no_allergy"),
        ("azithromycin-tab-250mg", ["花生"], Verdict.COULD_NOT_CHECK, "allergen_unknown"),
        ("azithromycin-tab-250mg", None, Verdict.COULD_NOT_CHECK, "allergies_unknown"),
    ],
)
def test_an_allergy_stops_the_drug_its_class_and_its_relatives(code, allergies, verdict, reason):
    """PH-10; an allergy that was never asked is not an answer."""
    told = only(queries.check_allergy(code, allergies))
    assert (told.verdict, told.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("diagnoses", "verdict"),
    [
        (["I10.x00x002"], Verdict.SAFE),
        (["J06.900", "I10.x00"], Verdict.SAFE),
        (["J06.900"], Verdict.ALERT),
        ([], Verdict.COULD_NOT_CHECK),
    ],
)
def test_a_drug_needs_a_diagnosis_it_is_for(diagnoses, verdict):
    assert only(queries.check_indication("amlodipine-tab-5mg", diagnoses)).verdict is verdict


def test_a_disease_may_forbid_a_drug():
    asthma = only(queries.check_diseases("propranolol-tab-10mg", ["J45.900"]))
    assert (asthma.verdict, asthma.effect) == (Verdict.ALERT, Effect.FORBIDDEN)
    assert only(queries.check_diseases("propranolol-tab-10mg", ["I10.x00"])).verdict is Verdict.SAFE
    never = only(queries.check_diseases("propranolol-tab-10mg", None))
    assert never.verdict is Verdict.COULD_NOT_CHECK


def test_pregnancy_forbids_and_unknown_pregnancy_could_not_be_checked():
    yes = only(queries.check_pregnancy("losartan-tab-50mg", Pregnancy.YES))
    assert (yes.verdict, yes.effect) == (Verdict.ALERT, Effect.FORBIDDEN)
    unknown = only(queries.check_pregnancy("losartan-tab-50mg", Pregnancy.UNKNOWN))
    assert unknown.verdict is Verdict.COULD_NOT_CHECK
    assert only(queries.check_pregnancy("losartan-tab-50mg", Pregnancy.NO)).verdict is Verdict.SAFE


def test_a_drug_for_adults_is_not_for_a_child():
    child = only(queries.check_age("levofloxacin-tab-500mg", 10 * 12))
    assert child.verdict is Verdict.ALERT
    assert only(queries.check_age("levofloxacin-tab-500mg", ADULT)).verdict is Verdict.SAFE
    assert only(queries.check_age("codeine-tab-30mg", 8 * 12)).effect is Effect.FORBIDDEN


def test_a_kidney_limit_by_amount_holds_only_above_the_amount():
    ten = queries.check_kidney(
        "rosuvastatin-tab-10mg", Decimal(25), daily=taking("rosuvastatin-tab-10mg")
    )
    assert only(ten).verdict is Verdict.SAFE
    twenty = queries.check_kidney(
        "rosuvastatin-tab-10mg", Decimal(25), daily=taking("rosuvastatin-tab-10mg", units="2")
    )
    assert (only(twenty).verdict, only(twenty).most) == (Verdict.ALERT, Amount(Decimal(10), "mg"))


def test_kidney_without_a_result_could_not_be_checked_unless_nothing_depends_on_it():
    unknown = only(queries.check_kidney("rosuvastatin-tab-10mg", None, daily={}))
    assert unknown.verdict is Verdict.COULD_NOT_CHECK
    free = only(queries.check_kidney("felodipine-er-tab-5mg", None, daily={}))
    assert free.verdict is Verdict.SAFE


@pytest.mark.parametrize(
    ("units", "frequency", "verdict"),
    [
        ("2", "qd", Verdict.SAFE),
        ("3", "qd", Verdict.ALERT),
        ("1", "bid", Verdict.SAFE),
        ("1", "prn", Verdict.COULD_NOT_CHECK),
    ],
)
def test_the_daily_dose_of_an_adult_is_limited(units, frequency, verdict):
    """RX-10: amlodipine, 10 mg a day."""
    daily = taking("amlodipine-tab-5mg", units, frequency)
    told = only(queries.check_dose("amlodipine-tab-5mg", daily, months=ADULT))
    assert told.verdict is verdict


def test_methotrexate_is_limited_by_the_week():
    weekly = taking("methotrexate-tab-2-5mg", "6", "qw")
    told = only(queries.check_dose("methotrexate-tab-2-5mg", weekly, months=ADULT))
    assert told.verdict is Verdict.SAFE
    daily = taking("methotrexate-tab-2-5mg", "6", "qd")
    told = only(queries.check_dose("methotrexate-tab-2-5mg", daily, months=ADULT))
    assert told.verdict is Verdict.ALERT


def test_the_dose_of_a_child_is_left_to_the_pharmacist():
    daily = taking("amlodipine-tab-5mg")
    told = only(queries.check_dose("amlodipine-tab-5mg", daily, months=8 * 12))
    assert (told.verdict, told.reason) == (Verdict.COULD_NOT_CHECK, "not_an_adult")


def test_a_class_without_a_sourced_fact_is_never_safe():
    told = [
        only(queries.check_dose("potassium-chloride-er-tab-500mg", {}, months=ADULT)),
        only(queries.check_diseases("potassium-chloride-er-tab-500mg", [])),
        only(queries.check_age("potassium-chloride-er-tab-500mg", ADULT)),
        only(queries.check_indication("potassium-chloride-er-tab-500mg", ["E87.600"])),
        only(queries.check_pregnancy("potassium-chloride-er-tab-500mg", Pregnancy.YES)),
        only(queries.check_kidney("potassium-chloride-er-tab-500mg", Decimal(90), daily={})),
    ]
    assert verdicts(tuple(told)) == {Verdict.COULD_NOT_CHECK}
    assert {answer.reason for answer in told} == {"no_sourced_fact"}


def all_answers(code: str) -> tuple[Checked, ...]:
    daily = taking(code, frequency="bid")
    return (
        queries.check_allergy(code, ["penicillins"])
        + queries.check_indication(code, ["I10.x00"])
        + queries.check_diseases(code, ["J45.900", "I10.x00"])
        + queries.check_pregnancy(code, Pregnancy.YES)
        + queries.check_age(code, 7 * 12)
        + queries.check_kidney(code, Decimal(20), daily=daily)
        + queries.check_dose(code, daily, months=ADULT)
        + queries.check_interactions(code, ["warfarin", "simvastatin"], daily=daily)
        + queries.check_duplicates(code, ["warfarin", "ibuprofen"])
    )


@pytest.mark.parametrize("code", queries.snapshot().drugs)
def test_every_class_of_checks_answers_for_every_drug_in_words_and_by_source(code: str):
    answers = all_answers(code)
    assert {answer.aspect for answer in answers} == set(Aspect)
    for answer in answers:
        assert answer.version == queries.release().version
        assert f"terminology.check.{answer.reason}" in catalogue("zh")
        assert all(queries.source(source) for source in answer.sources)
        if answer.verdict is Verdict.ALERT and answer.reason not in ("allergic", "same_substance"):
            assert answer.sources


def test_a_drug_outside_the_master_is_refused():
    with pytest.raises(NoSuchDrug):
        queries.check_age("aspirin-of-my-neighbour", ADULT)
