from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from lianyi.kernel import profile
from lianyi.people.model import Grade
from lianyi.prescribing import queries
from lianyi.prescribing.model import Diagnosed, Facts, Kind, Severity, Sheet, SkinTest, Way, Written
from lianyi.prescribing.rules import laws
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Antibacterial, Control, Pregnancy, Sex
from tests.prescribing.make import AMLODIPINE, HYPERTENSION, line, sheet

NOW = datetime(2030, 1, 7, 4, tzinfo=UTC)
COLD = Diagnosed("J00.x00", "急性鼻咽炎[感冒]")
DRUGS = (
    AMLODIPINE,
    "simvastatin-tab-20mg",
    "metformin-tab-500mg",
    "omeprazole-cap-20mg",
    "atorvastatin-tab-20mg",
    "ibuprofen-er-cap-300mg",
)

FACTS = Facts(
    profile=profile.at(NOW),
    way=Way.IN_PERSON,
    sex=Sex.MALE,
    months=50 * 12,
    allergies=(),
    history=(),
    pregnancy=Pregnancy.IMPOSSIBLE,
    medicines_asked=True,
    egfr=Decimal(90),
    grade=Grade.MIDDLE,
    on_duty=True,
)


def facts(**given):
    return replace(FACTS, **given)


def rules_of(sheet_, drugs=(), **given):
    """Return what the law alone says; `drugs` changes the master's facts about a line's drug."""
    written = [
        Written(one, replace(terminology.drug(one.drug), **dict(drugs))) for one in sheet_.lines
    ]
    diagnoses = [terminology.diagnosis(each.code) for each in sheet_.diagnoses]
    found = laws.findings(sheet_, written, diagnoses, facts(**given))
    return [f"{each.rule}.{each.trouble}" for each in found]


def test_an_ordinary_prescription_for_a_week_has_nothing_against_it():
    assert rules_of(sheet()) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"days_valid": 3, "validity_reason": "住地偏远"}, []),
        ({"days_valid": 2}, ["RX-01.unexplained"]),
        ({"days_valid": 4, "validity_reason": "住地偏远"}, ["RX-01.too_long"]),
        ({"days_valid": 0}, ["RX-01.too_long"]),
        ({"diagnoses": ()}, ["RX-08.no_diagnosis"]),
    ],
    ids=["three days", "no reason", "four days", "none", "no diagnosis"],
)
def test_validity_and_diagnosis(changed, found):
    """RX-01, RX-08."""
    assert rules_of(sheet(**changed)) == found


def test_a_prescription_without_a_drug_is_none():
    assert rules_of(Sheet(diagnoses=(HYPERTENSION,))) == ["RX-06.empty"]


@pytest.mark.parametrize(("count", "found"), [(5, []), (6, ["RX-06.too_many"])])
def test_at_most_five_drugs_stand_on_one_prescription(count, found):
    """RX-06."""
    lines = [line(replaced) for replaced in DRUGS[:count]]
    assert rules_of(sheet(*lines)) == found


@pytest.mark.parametrize(
    ("days", "given", "found"),
    [
        (7, {}, []),
        (8, {}, ["RX-04.unexplained"]),
        (28, {"long_reason": "血压平稳，长期服药"}, []),
        (29, {"long_reason": "血压平稳，长期服药"}, ["LRX-01.too_long"]),
        (8, {"diagnoses": (COLD,)}, ["RX-02.too_long"]),
        (8, {"diagnoses": (COLD,), "long_reason": "患者要求"}, ["RX-02.too_long"]),
        (3, {"kind": Kind.EMERGENCY}, []),
        (4, {"kind": Kind.EMERGENCY, "long_reason": "外地"}, ["RX-03.too_long"]),
    ],
    ids=["week", "unexplained", "four weeks", "more", "acute", "asked for", "three", "four"],
)
def test_how_long_a_supply_may_last(days, given, found):
    """RX-02, RX-03, RX-04, LRX-01."""
    assert rules_of(sheet(line(days=days), **given)) == found


def test_the_elderly_may_have_more_than_a_week_with_a_reason():
    """RX-04."""
    given = sheet(line(days=14), diagnoses=(COLD,), long_reason="行动不便")
    assert rules_of(given, months=70 * 12) == []


def test_the_diagnosis_is_that_of_the_signed_record():
    """RX-08."""
    assert rules_of(sheet(), noted=frozenset({HYPERTENSION.code})) == []
    assert rules_of(sheet(), noted=frozenset({"E11.900"})) == ["RX-08.not_in_the_record"]


@pytest.mark.parametrize("advice", ["遵医嘱服用", "自用", "As Directed"])
def test_vague_use_is_refused(advice):
    """RX-09."""
    assert rules_of(sheet(line(advice=advice))) == ["RX-09.vague"]


@pytest.mark.parametrize("given", [{"units": 0}, {"packs": 0}, {"days": 0}])
def test_a_line_without_dose_days_or_total_is_refused(given):
    """RX-09."""
    assert rules_of(sheet(line(**given))) == ["RX-09.incomplete"]


def test_a_small_child_without_a_weight_could_not_be_checked():
    """RX-07."""
    assert rules_of(sheet(), months=11 * 12) == ["RX-07.weight_unknown"]
    assert rules_of(sheet(), months=11 * 12, weight=Decimal(30)) == []
    assert rules_of(sheet(), months=12 * 12) == []


@pytest.mark.parametrize("control", [each for each in Control if each is not Control.NONE])
def test_no_controlled_drug_is_prescribed_online(control):
    """CON-12, for every class."""
    online = {"way": Way.ONLINE, "followed": frozenset({HYPERTENSION.code})}
    found = rules_of(sheet(line(days=2)), {"control": control}, **online)
    assert "CON-12.controlled" in found


@pytest.mark.parametrize(
    ("control", "found"),
    [
        (Control.NARCOTIC, ["RX-24.no_authority"]),
        (Control.PSYCHOTROPIC_1, ["RX-24.no_authority"]),
        (Control.PSYCHOTROPIC_2, []),
        (Control.TOXIC, ["RX-20.too_long"]),
    ],
)
def test_what_needs_a_right_of_its_own_is_refused_in_person_too(control, found):
    """RX-20, RX-24."""
    assert rules_of(sheet(), {"control": control}) == found


def test_nobody_prescribes_narcotics_for_themselves():
    """RX-23."""
    found = rules_of(sheet(), {"control": Control.NARCOTIC}, own_person=True)
    assert "RX-23.for_oneself" in found


def test_online_only_the_disease_that_is_followed_up_is_treated():
    """RX-29."""
    same = {"way": Way.ONLINE, "followed": frozenset({"I10.x03"})}
    assert rules_of(sheet(), **same) == []
    other = {"way": Way.ONLINE, "followed": frozenset({"E11.900"})}
    assert rules_of(sheet(), **other) == ["RX-29.other_disease"]
    assert rules_of(sheet(), way=Way.ONLINE) == ["RX-29.other_disease"]


@pytest.mark.parametrize(
    ("months", "guarded", "refused"),
    [(71, False, True), (71, True, False), (72, False, False), (None, False, True)],
)
def test_a_small_child_is_accompanied_online(months, guarded, refused):
    """CON-11. An age nobody knows is not over six."""
    online = {"way": Way.ONLINE, "followed": frozenset({HYPERTENSION.code}), "weight": Decimal(20)}
    found = rules_of(sheet(), months=months, guarded=guarded, **online)
    assert ("CON-11.not_accompanied" in found) is refused


@pytest.mark.parametrize(
    ("grade", "allowed"),
    [
        (Grade.NONE, set()),
        (Grade.ASSISTANT, set()),
        (Grade.JUNIOR, {Antibacterial.UNRESTRICTED}),
        (Grade.MIDDLE, {Antibacterial.UNRESTRICTED, Antibacterial.RESTRICTED}),
        (Grade.CHIEF, {Antibacterial.UNRESTRICTED, Antibacterial.RESTRICTED}),
    ],
)
def test_antibacterials_are_given_by_title_and_the_special_grade_never_here(grade, allowed):
    """RX-30, RX-31."""
    graded = {each for each in Antibacterial if each is not Antibacterial.NONE}
    free = {g for g in graded if not rules_of(sheet(), {"antibacterial": g}, grade=grade)}
    assert free == allowed


@pytest.mark.parametrize(
    ("test", "found"),
    [(SkinTest.NONE, ["RX-33.no_result"]), (SkinTest.NEGATIVE, []), (SkinTest.EXEMPT, [])],
)
def test_a_skin_test_is_recorded_first(test, found):
    """RX-33."""
    assert rules_of(sheet(line(skin_test=test)), {"skin_test": True}) == found


def test_with_no_pharmacist_on_duty_nothing_is_sent():
    """LIC-04."""
    assert rules_of(sheet(), on_duty=False) == ["LIC-04.nobody_on_duty"]


def test_all_that_is_wrong_is_said_at_once():
    bad = Sheet(lines=(line(days=30, advice="自用"),), days_valid=9)
    found = [
        each.rule
        for each in queries.check(bad, facts(on_duty=False))
        if each.severity is Severity.BLOCK
    ]
    assert {"RX-01", "RX-08", "RX-09", "LRX-01", "LIC-04"} <= set(found)
