from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from lianyi.booking import fhir
from lianyi.booking.model import (
    Appointment,
    AppointmentState,
    Half,
    Kind,
    Origin,
    Payment,
    Session,
    SessionState,
)
from lianyi.booking.model.told import Availability, Listed
from lianyi.records.rules import validity
from lianyi.records.service import prepare
from tests.booking.make import RELEASE, START

HERE, SOMEBODY = UUID(int=1), UUID(int=2)
END = START + timedelta(hours=1)
SESSION = Session(
    id=UUID(int=3),
    institution_id=HERE,
    department_id=UUID(int=4),
    post_id=UUID(int=5),
    doctor_id=UUID(int=6),
    doctor_name="张建国",
    grade="chief",
    department_name="内科",
    room="3 诊室",
    day=START.date(),
    half=Half.MORNING,
    kind=Kind.EXPERT,
    starts_at=START,
    ends_at=END,
    fee_code="110200002",
    fee_label="专家门诊诊查费",
    fee_fen=5000,
    payment=Payment.AT_VISIT,
    releases_at=RELEASE,
    state=SessionState.OPEN,
    calls=0,
    new_in_a_row=0,
    called_number=None,
)
APPOINTMENT = Appointment(
    id=UUID(int=7),
    institution_id=HERE,
    session_id=SESSION.id,
    number=2,
    department_id=SESSION.department_id,
    person_id=SOMEBODY,
    day=SESSION.day,
    starts_at=START,
    ends_at=START + timedelta(minutes=30),
    state=AppointmentState.CONFIRMED,
    origin=Origin.SELF,
    expires_at=RELEASE,
    fee_code=SESSION.fee_code,
    fee_label=SESSION.fee_label,
    fee_fen=5000,
    payment=Payment.AT_VISIT,
    arrived_at=None,
)
NUMBER = Listed(SESSION, 2, START, START + timedelta(minutes=30), Availability.FREE)


def resources():
    yield fhir.schedule(SESSION)
    for availability in Availability:
        yield fhir.slot(replace(NUMBER, availability=availability))
    for state in AppointmentState:
        yield fhir.appointment(replace(APPOINTMENT, state=state), SESSION)
    yield fhir.appointment(replace(APPOINTMENT, origin=Origin.ADDED), SESSION)


@pytest.mark.skipif(
    not validity.is_built(), reason="the FHIR definitions have not been built (make setup)"
)
@pytest.mark.parametrize("resource", list(resources()), ids=lambda r: r["resourceType"])
def test_every_resource_is_valid_r4(resource):
    owner = SOMEBODY if resource["resourceType"] == "Appointment" else HERE
    assert prepare(resource, owner=owner, holder_id=HERE, zone=START.tzinfo)


def test_a_stopped_appointment_waits_for_the_persons_choice():
    stopped = replace(APPOINTMENT, state=AppointmentState.STOPPED)
    assert fhir.appointment(stopped, SESSION)["status"] == "proposed"


def test_an_added_number_is_marked():
    added = replace(APPOINTMENT, origin=Origin.ADDED)
    assert fhir.appointment(added, SESSION)["comment"] == "加号"
