from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from lianyi.people import fhir
from lianyi.people.model import (
    CLERK,
    DOCTOR,
    Department,
    Grade,
    IdType,
    Institution,
    Kind,
    Person,
    Post,
    Proof,
    Sex,
)

ONE, OTHER, HERE, WARD = (UUID(int=n) for n in range(1, 5))
NUMBER = "3701 **** **** 4028"
SINCE = datetime(2030, 1, 7, tzinfo=UTC)


def person(**given):
    facts = {
        "id": ONE,
        "name": "王秀英",
        "sex": Sex.FEMALE,
        "birth_date": date(1961, 3, 5),
        "id_type": IdType.RESIDENT_ID,
        "proof": Proof.SEEN,
        "masked_name": "王*英",
        "masked_number": NUMBER,
        "masked_phone": "",
    }
    return Person(**{**facts, **given})


def post(role=DOCTOR, **given):
    facts = {
        "id": OTHER,
        "person_id": ONE,
        "institution_id": HERE,
        "role": role,
        "name": "张建国",
        "grade": Grade.MIDDLE,
        "department_id": WARD,
        "institution_name": "青山一院",
        "department_name": "内科",
        "since": SINCE,
        "ended_at": None,
        "licence_number": "370000000000001",
    }
    return Post(**{**facts, **given})


def test_a_patient_carries_the_number_masked_only():
    resource = fhir.patient(person())
    assert [one["value"] for one in resource["identifier"]] == [NUMBER]
    assert (resource["gender"], resource["birthDate"], resource["active"]) == (
        "female",
        "1961-03-05",
        True,
    )


def test_the_dead_and_the_merged_are_not_active():
    dead = fhir.patient(person(died_on=date(2030, 1, 6)))
    assert (dead["active"], dead["deceasedDateTime"]) == (False, "2030-01-06")
    merged = fhir.patient(person(merged_into=OTHER))
    assert merged["active"] is False
    assert merged["link"] == [{"other": {"reference": f"Patient/{OTHER}"}, "type": "replaced-by"}]


def test_a_doctor_is_shown_with_the_licence_number():
    (qualification,) = fhir.practitioner(post())["qualification"]
    assert qualification["identifier"][0]["value"] == "370000000000001"
    assert "qualification" not in fhir.practitioner(post(CLERK, licence_number=""))


def test_a_role_points_to_its_department_or_else_its_institution():
    role = fhir.practitioner_role(post())
    assert role["organization"]["reference"] == f"Organization/{WARD}"
    assert role["code"][0]["coding"][0]["code"] == "doctor"
    ended = fhir.practitioner_role(post(CLERK, department_id=None, ended_at=SINCE))
    assert ended["organization"]["reference"] == f"Organization/{HERE}"
    assert (ended["active"], ended["period"]["end"]) == (False, SINCE.isoformat())
    assert ended["code"] == [{"text": "clerk"}]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.INTERNET_SECOND_NAME, "prov"),
        (Kind.INSURANCE_AGENCY, "ins"),
        (Kind.HEALTH_COMMISSION, "govt"),
    ],
)
def test_an_institution_is_an_organization_within_the_one_behind_it(kind, code):
    resource = fhir.organization(
        Institution(
            HERE,
            "青山市互联网医院",
            "青山互联网医院",
            kind,
            "12370000000000001X",
            "人民路1号",
            parent_id=OTHER,
            licence_number="PDY1",
            emergency_phone="0531-120",
        )
    )
    assert resource["partOf"] == {"reference": f"Organization/{OTHER}"}
    assert [one["value"] for one in resource["identifier"]] == ["12370000000000001X", "PDY1"]
    assert [one["code"] for one in resource["type"][0]["coding"]] == [code, kind]
    assert resource["telecom"] == [{"system": "phone", "value": "0531-120"}]


def test_a_department_is_part_of_its_institution():
    resource = fhir.department(Department(WARD, HERE, "03.04", "心血管内科", True, False))  # noqa: FBT003
    assert resource["partOf"] == {"reference": f"Organization/{HERE}"}
    assert resource["identifier"][0]["value"] == "03.04"
