"""Who may have an online visit (CON-01..04, 11, 12, 17, 26, LIC-13)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from lianyi.consult.model import Asking, Course, Evidence, Intake, Kind, Proof, State, Terms, Visit
from lianyi.consult.rules import gate
from lianyi.kernel import profile
from lianyi.kernel.profile import Permit
from lianyi.terminology import queries as terminology

NOW = datetime(2030, 1, 7, 4, tzinfo=UTC)
LAW = profile.at(NOW)
HYPERTENSION = "I10.x00x002"
ONE = UUID(int=1)
RECORD = Proof(
    Evidence.OUTPATIENT_RECORD, HYPERTENSION, "高血压", date(2029, 12, 1), ONE, "visit-1"
)
PAPER = Proof(Evidence.DISCHARGE_SUMMARY, HYPERTENSION, "高血压", None, file_id=ONE)
SOUND = Asking(
    kind=Kind.FOLLOW_UP,
    code=HYPERTENSION,
    followable=True,
    proofs=(RECORD,),
    shared=True,
    course=Course.STABLE,
    controlled=(),
    age=66,
    by_guardian=False,
    guardian_present=False,
    subject="03.04",
    online=True,
    agreed=True,
    on=date(2030, 1, 7),
    place="PDY1",
    physician="1100",
)
CHILD = {"age": 5, "subject": "07", "by_guardian": True, "guardian_present": True}
VISIT = Visit(
    id=ONE,
    state=State.WITH_DOCTOR,
    institution_id=ONE,
    department_id=ONE,
    subject="03.04",
    person_id=ONE,
    asked_by=ONE,
    guardian_present=False,
    doctor_id=ONE,
    post_id=ONE,
    kind=Kind.FOLLOW_UP,
    code=HYPERTENSION,
    name="高血压",
    classes=frozenset(),
    terms=Terms("online_follow_up", 1500, 60, 20),
    intake=Intake("复查", Course.STABLE),
    at=NOW,
    due_at=None,
    met=True,
    proven=(HYPERTENSION,),
)


def found(**given):
    asking = replace(SOUND, **given)
    return [f"{each.rule} {each.trouble}" for each in gate.ask_findings(asking, LAW)]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"proofs": (PAPER,)},
        {"course": Course.BETTER},
        {"code": "I10.x03"},  # of the same family
        {"subject": "02"},
        CHILD,
        {**CHILD, "age": 0},
        {"age": 6},
        {"kind": Kind.COUNSEL, "code": "", "followable": False, "proofs": ()},
    ],
)
def test_a_sound_wish_has_no_findings(given):
    assert found(**given) == []


@pytest.mark.parametrize(
    ("given", "trouble"),
    [
        ({"kind": Kind.BETWEEN_DOCTORS}, "CON-07 no_attending"),
        ({"kind": Kind.FAMILY_DOCTOR}, "CON-01 kind"),
        ({"followable": False}, "CON-01 disease"),
        ({"proofs": ()}, "CON-02 first_visit"),
        ({"code": "E78.500", "subject": "03.04"}, "CON-02 first_visit"),
        ({"shared": False}, "CON-03 not_shared"),
        ({"course": Course.WORSE}, "CON-04 changed"),
        ({"course": Course.NEW_SYMPTOMS}, "CON-04 changed"),
        ({**CHILD, "by_guardian": False}, "CON-11 no_guardian"),
        ({**CHILD, "guardian_present": False}, "CON-11 no_guardian"),
        ({**CHILD, "subject": "03.04"}, "CON-11 no_specialist"),
        ({"controlled": ("地西泮",)}, "CON-12 controlled"),
        ({"agreed": False}, "CON-17 not_agreed"),
        ({"subject": "13"}, "LIC-13 other_specialty"),
        ({"online": False}, "CON-27 not_online"),
    ],
)
def test_each_trouble_is_found_by_name(given, trouble):
    assert found(**given) == [trouble]


PERMIT = Permit("PDY1", "07", "1100", date(2030, 1, 7), date(2030, 12, 31))
FIRST = {"proofs": (), **CHILD, "subject": "07.03", "age": 9}


@pytest.mark.parametrize(
    ("permit", "given", "troubles"),
    [
        ({}, {}, []),
        ({}, {"on": date(2030, 12, 31)}, []),
        ({"subject": "07.03"}, {}, []),
        ({}, {"on": date(2030, 1, 6)}, ["CON-02 first_visit", "CON-06 not_now"]),
        ({}, {"on": date(2031, 1, 1)}, ["CON-02 first_visit", "CON-06 not_now"]),
        ({}, {"guardian_present": False}, ["CON-02 first_visit", "CON-06 no_guardian"]),
        ({}, {"by_guardian": False}, ["CON-02 first_visit", "CON-06 no_guardian"]),
        ({"physician": "1101"}, {}, ["CON-02 first_visit"]),
        ({"institution": "PDY2"}, {}, ["CON-02 first_visit"]),
        ({"subject": "08"}, {}, ["CON-02 first_visit"]),
        ({}, {"subject": "070"}, ["CON-02 first_visit"]),
        ({}, {"followable": False}, ["CON-01 disease"]),
    ],
)
def test_a_first_visit_online_is_for_the_listed_only(permit, given, troubles):
    """CON-06"""
    law = replace(LAW, permits={"CON-06": (replace(PERMIT, **permit),)})
    asking = replace(SOUND, **{**FIRST, **given})
    told = [f"{each.rule} {each.trouble}" for each in gate.ask_findings(asking, law)]
    assert told == troubles


def test_as_shipped_no_first_visit_is_excepted():
    """CON-06"""
    assert all(not each.permits for each in profile.CHINA)
    assert found(**FIRST) == ["CON-02 first_visit"]


def test_all_troubles_are_told_at_once():
    troubles = found(proofs=(), agreed=False, age=3, controlled=("吗啡",))
    assert {each.split()[0] for each in troubles} == {"CON-02", "CON-11", "CON-12", "CON-17"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("缬沙坦，一月量", ()),
        ("阿普唑仑", ("阿普唑仑",)),
        ("想开点地西泮片和降压药", ("地西泮",)),
        ("杜冷丁", ("杜冷丁",)),
        ("病情安定，续用原来的药", ()),
    ],
)
def test_a_drug_under_special_control_is_known_by_its_names(text, names):
    """CON-12"""
    assert gate.controlled_in(text, terminology.snapshot().drugs.values()) == names


def test_only_a_record_speaks_before_the_doctor_has_read():
    """CON-03"""
    assert not gate.needs_reading([RECORD], HYPERTENSION)
    assert gate.needs_reading([PAPER], HYPERTENSION)
    assert gate.needs_reading([RECORD], "E78.500")


@pytest.mark.parametrize(
    ("codes", "troubles"),
    [
        ([HYPERTENSION], []),
        (["I10.x03"], []),
        ([HYPERTENSION, "E78.500"], ["CON-02 new_diagnosis"]),
        ([], ["CON-26 no_record"]),
    ],
)
def test_a_new_diagnosis_is_never_made_online(codes, troubles):
    """CON-02"""
    law = gate.ending_findings(VISIT, codes)
    assert [f"{each.rule} {each.trouble}" for each in law] == troubles


@pytest.mark.parametrize(
    ("subject", "code", "treats"),
    [
        ("03.04", "I10.x00", True),
        ("03.04", "I63.900", False),
        ("03.03", "I63.900", True),
        ("03.07", "E78.500", True),
        ("03.04", "E78.500", True),
        ("03.04", "E11.900", False),
        ("07", "J45.900", True),
        ("13", "I10.x00", False),
        ("03.04", "M10.900", True),  # nobody's: the doctor says yes or no
    ],
)
def test_a_disease_belongs_to_a_specialty(subject, code, treats):
    """LIC-13"""
    assert gate.treats(subject, code) is treats
