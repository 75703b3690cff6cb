"""An app books for whom it is used: find, hold, confirm, move, cancel, wait (CAP-10, CAP-43)."""

import asyncio
import socket
from datetime import timedelta

import pytest
import uvicorn
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound
from starlette.middleware import Middleware

from lianyi.access import queries as access
from lianyi.access.model import Purpose
from lianyi.booking.model import Payment
from lianyi.fhir.definitions import DEFINITIONS
from lianyi.fhir.routes import ROUTES
from lianyi.kernel.live import Hub
from lianyi.people.model import DOCTOR
from lianyi.records import service as records
from lianyi.web.site import site
from tests.apps import Program
from tests.booking.make import START
from tests.drain import deliver
from tests.fhir.conftest import Wears
from tests.fhir.test_writing import SOURCE, issue
from tests.journeys.test_book import pay, till

__all__ = ["till"]
BOOKS = "patient/Appointment.cus patient/Slot.s"
LATER = START + timedelta(minutes=30)


@pytest.fixture
def firm(clinic):
    return Program(clinic.place)


@pytest.fixture
def app_of(firm, program):
    """Return the software in a resident's hands, which they have agreed to."""
    approved = []

    async def of(resident, scopes=BOOKS):
        if not approved:
            approved.append(await firm.approved("patient/*.cruds user/*.cruds", Purpose.OWN))
        await firm.permitted(resident, scopes)
        return await program(firm.hat(resident, scopes))

    return of


def asking(**given):
    told = [
        {"name": name, "valueReference": {"reference": value}}
        if "/" in value
        else {"name": name, "valueString": value}
        for name, value in given.items()
    ]
    return {"resourceType": "Parameters", "parameter": told}


def wish(session_id, starts_at=START, **more):
    return asking(schedule=f"Schedule/{session_id}", start=starts_at.isoformat(), **more)


def extended(body):
    return {
        one["url"].rpartition(":")[2]: next(v for k, v in one.items() if k != "url")
        for one in body["extension"]
    }


async def held(app, session_id, **given):
    answer = await app.post("Appointment/$hold", wish(session_id, **given))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def acts(app, id, act, body=None):
    return await app.post(f"Appointment/{id}/${act}", body or asking())


def sound(answer):
    return not [one for one in records.examine(answer.text) if one.severity == "error"]


async def test_a_number_is_found_held_confirmed_moved_and_given_back(clinic, app_of):
    session_id = await clinic.publish()
    patient = await clinic.place.resident()
    app = await app_of(patient)
    found = await app.get(f"Appointment/$find?department={clinic.place.department_id}")
    assert sound(found), found.text
    slots, sessions = (
        [e["resource"] for e in found.json()["entry"] if e["search"]["mode"] == mode]
        for mode in ("match", "include")
    )
    assert [(one["start"], extended(one)["numbers-left"]) for one in slots] == [
        (START.isoformat(), 2),
        (LATER.isoformat(), 2),
    ]
    assert [one["id"] for one in sessions] == [str(session_id)]
    first = slots[0]
    got = await held(app, first["schedule"]["reference"].split("/")[1])
    assert (got["status"], extended(got)["queue-number"]) == ("pending", 1)
    assert extended(got)["fee"] == {"value": 25, "currency": "CNY"}
    confirmed = await acts(app, got["id"], "confirm")
    assert (confirmed.json()["status"], sound(confirmed)) == ("booked", True)
    assert await clinic.remaining(session_id) == [1, 2]
    moved = await acts(app, got["id"], "reschedule", wish(session_id, LATER))
    assert moved.json()["start"] == LATER.isoformat()
    back = await acts(app, got["id"], "cancel", asking(reason="no_time"))
    assert (back.json()["status"], extended(back.json())["refundable"]) == ("cancelled", True)
    assert await clinic.state(got["id"]) == "cancelled"


async def test_times_follow_page_by_page_and_none_is_lost(clinic, app_of):
    for doctor in (clinic.doctor, await clinic.place.appoint(DOCTOR)):
        await clinic.publish(post_id=doctor.post_id)
    app = await app_of(await clinic.place.resident())
    place = asking(department=f"Organization/{clinic.place.department_id}", count="3")
    whole = (await app.get(f"Appointment/$find?department={clinic.place.department_id}")).json()
    assert [one["relation"] for one in whole["link"]] == ["self"]
    answer, seen = await app.post("Appointment/$find", place), []
    while True:
        page = answer.json()
        assert sound(answer), answer.text
        seen += [e["resource"] for e in page["entry"] if e["search"]["mode"] == "match"]
        following = [one["url"] for one in page["link"] if one["relation"] == "next"]
        if not following:
            break
        answer = await app.http.get(following[0])
    found = [e["resource"] for e in whole["entry"] if e["search"]["mode"] == "match"]
    assert (seen, len(seen)) == (found, 4)


async def test_what_is_booked_is_found_in_the_record_a_moment_later(clinic, app_of, app):
    patient = await clinic.place.resident()
    program = await app_of(patient, f"{BOOKS} patient/Appointment.rs")
    session_id = await clinic.publish()
    got = await held(program, session_id)
    search = f"Appointment?patient={patient.person_id}"
    assert await program.found(search) == []
    for act, body, told in (
        ("confirm", None, ("booked", START)),
        ("reschedule", wish(session_id, LATER), ("booked", LATER)),
        ("cancel", asking(reason="no_time"), ("cancelled", LATER)),
    ):
        assert (await acts(program, got["id"], act, body)).status_code == 200
        await deliver(app)
        assert await program.found(search) == [got["id"]]
        found = (await program.get(f"Appointment/{got['id']}")).json()
        assert (found["status"], found["start"]) == (told[0], told[1].isoformat())


async def test_the_person_is_told_what_the_app_did(clinic, app_of, firm):
    """CAP-38."""
    patient = await clinic.place.resident()
    app = await app_of(patient)
    got = await held(app, await clinic.publish())
    await acts(app, got["id"], "confirm")

    async def told(tx):
        chart = await clinic.place.open(patient, patient.person_id, Purpose.OWN)
        return await access.readings(tx, chart)

    seen = [(one.what, one.granted, one.app_id) for one in await clinic.place.ask(patient, told)]
    assert seen == [("fhir_move", True, firm.app_id), ("fhir_hold", True, firm.app_id)]


async def test_what_is_paid_first_is_confirmed_by_its_payment_alone(till, app_of, app):
    session_id = await till.publish(payment=Payment.PREPAY)
    program = await app_of(await till.place.patient())
    got = await held(program, session_id)
    refused = await acts(program, got["id"], "confirm")
    assert (refused.status_code, issue(refused)["code"]) == (409, "business-rule")
    await pay(till, got["id"])
    await deliver(app)
    listed = (await program.get("Appointment/$own")).json()
    (own,) = [entry["resource"] for entry in listed["entry"]]
    assert (own["id"], own["status"]) == (got["id"], "booked")


async def test_two_apps_that_hold_the_last_number_at_once_are_told_apart(clinic, app_of):
    session_id = await clinic.publish(numbers_per_slot=1)
    apps = [await app_of(await clinic.place.resident()) for _ in range(6)]
    answers = await asyncio.gather(
        *(app.post("Appointment/$hold", wish(session_id)) for app in apps)
    )
    assert sorted(one.status_code for one in answers) == [200, *[409] * 5]
    assert await clinic.remaining(session_id) == [0, 1]


async def test_a_repeated_request_holds_one_number(clinic, app_of):
    session_id = await clinic.publish()
    app = await app_of(await clinic.place.resident())
    key = {"headers": {"idempotency-key": "k1"}}
    first = await app.post("Appointment/$hold", wish(session_id), **key)
    again = await app.post("Appointment/$hold", wish(session_id), **key)
    assert first.json() == again.json()
    assert await clinic.remaining(session_id) == [1, 2]
    other = await app.post("Appointment/$hold", wish(session_id, LATER), **key)
    assert other.status_code == 409


async def test_an_app_acts_for_whom_it_is_used_and_for_nobody_else(clinic, app_of):
    session_id = await clinic.publish()
    patient, other = await clinic.place.resident(), await clinic.place.resident()
    app, others = await app_of(patient), await app_of(other)
    hidden = await app.post(
        "Appointment/$hold", wish(session_id, patient=f"Patient/{other.person_id}")
    )
    assert hidden.status_code == 404
    got = await held(others, session_id)
    for act in ("confirm", "cancel", "check-in"):
        assert (await acts(app, got["id"], act)).status_code == 404
    assert (await app.get(f"Appointment/$own?patient={other.person_id}")).status_code == 404
    assert "entry" not in (await app.get("Appointment/$own")).json()


@pytest.mark.parametrize(
    ("scopes", "hold"),
    [
        ("patient/Appointment.rs", 403),
        ("patient/Appointment.u", 403),
        ("patient/Observation.cruds", 403),
        ("patient/Appointment.c?status=booked", 403),  # nobody can tell of a number beforehand
        ("user/Appointment.c", 200),
    ],
)
async def test_an_app_books_within_its_scopes(clinic, app_of, scopes, hold):
    """INT-04."""
    session_id = await clinic.publish()
    app = await app_of(await clinic.place.resident(), scopes)
    answer = await app.post("Appointment/$hold", wish(session_id))
    assert answer.status_code == hold, answer.text


async def test_nothing_is_booked_by_a_session_an_unpermitted_app_or_a_service(
    clinic, firm, program, app_of
):
    session_id = await clinic.publish()
    patient = await clinic.place.resident()
    session = await program(patient)  # whose cookie another site could send along
    assert (await session.post("Appointment/$hold", wish(session_id))).status_code == 403
    await app_of(await clinic.place.resident())
    unpermitted = await program(firm.hat(patient, BOOKS))
    assert (await unpermitted.post("Appointment/$hold", wish(session_id))).status_code == 404
    approval = await firm.approved("system/*.cruds lianyi/source")
    service = await program(firm.service(approval, SOURCE))
    asked = wish(session_id, patient=f"Patient/{patient.person_id}")
    assert (await service.post("Appointment/$hold", asked)).status_code == 403
    assert await clinic.remaining(session_id) == [2, 2]


async def test_what_a_person_takes_back_books_no_more(clinic, firm, program):
    """PRI-04."""
    patient = await clinic.place.resident()
    await firm.approved(BOOKS, Purpose.OWN)
    permission = await firm.permitted(patient, BOOKS)
    app = await program(firm.hat(patient, BOOKS))
    got = await held(app, await clinic.publish())
    await firm.take_back(patient, permission)
    assert (await acts(app, got["id"], "cancel")).status_code == 404
    assert await clinic.state(got["id"]) == "held"


async def test_an_app_of_staff_books_their_patient_where_its_house_has_approved_that(
    clinic, firm, program
):
    """PRI-06: what was approved for treating receives nobody."""
    session_id = await clinic.publish()
    doctor = clinic.doctor
    patient = await clinic.place.patient(DOCTOR)
    stranger = await clinic.place.resident()
    app = await program(firm.hat(doctor, "user/Appointment.cu"))
    asked = wish(session_id, patient=f"Patient/{patient.person_id}")
    await firm.approved("user/Appointment.cu", Purpose.TREAT)
    assert (await app.post("Appointment/$hold", asked)).status_code == 404
    await firm.approved("user/Appointment.cu", Purpose.RECEIVE)
    unnamed = await app.post("Appointment/$hold", wish(session_id))
    assert (unnamed.status_code, issue(unnamed)["code"]) == (400, "required")
    unknown = wish(session_id, patient=f"Patient/{stranger.person_id}")
    assert (await app.post("Appointment/$hold", unknown)).status_code == 404
    got = (await app.post("Appointment/$hold", asked)).json()
    assert (await acts(app, got["id"], "confirm")).json()["status"] == "booked"
    _, others = await clinic.booked(session_id, stranger, starts_at=LATER)
    assert (await acts(app, others, "cancel")).status_code == 404


async def test_whoever_has_arrived_checks_in_and_the_full_session_is_waited_for(
    clinic, app_of, clock
):
    session_id = await clinic.publish(numbers_per_slot=1)
    patient, late = await clinic.place.resident(), await clinic.place.resident()
    app, other = await app_of(patient), await app_of(late)
    got = await held(app, session_id)
    await acts(app, got["id"], "confirm")
    early = await acts(app, got["id"], "check-in")
    assert early.status_code == 409
    schedule = asking(schedule=str(session_id))
    assert (await other.post("Appointment/$wait", schedule)).status_code == 409  # there is one left
    await clinic.booked(session_id, starts_at=LATER)
    assert (await other.post("Appointment/$wait", schedule)).status_code == 200
    assert (await other.post("Appointment/$leave", schedule)).status_code == 200
    assert (await other.post("Appointment/$leave", schedule)).status_code == 404
    clock.forward(hours=44)
    arrived = await acts(app, got["id"], "check-in")
    assert arrived.json()["status"] == "checked-in", arrived.text


async def test_what_cannot_be_understood_is_refused_by_name(clinic, app_of):
    session_id = await clinic.publish()
    app = await app_of(await clinic.place.resident())
    for path, body, code in (
        ("$hold", asking(schedule=str(session_id)), "required"),
        ("$hold", asking(schedule=str(session_id), start="2030-01-09T08:00:00"), "value"),
        ("$hold", asking(schedule="x", start=START.isoformat()), "value"),
        ("$hold", wish(session_id, colour="red"), "not-supported"),
        ("$hold", {"resourceType": "Appointment"}, "invalid"),
        ("x/$confirm", asking(), "not-found"),
        (f"{session_id}/$cancel", asking(reason="bored"), "value"),
        ("$find", asking(), "required"),
        ("$find", asking(department="x"), "value"),
    ):
        answer = await app.post(f"Appointment/{path}", body)
        assert issue(answer)["code"] == code, answer.text
    write = await app.post("Appointment", {"resourceType": "Appointment"})
    assert write.status_code == 403
    assert "$hold" in issue(write)["diagnostics"]


async def test_every_operation_of_ours_is_defined_here_and_named_among_the_capabilities(
    program, clinic
):
    anybody = await program(None)
    told = (await anybody.get("metadata")).json()["rest"][0]["resource"]
    named = {
        one["definition"]
        for resource in told
        for one in resource["operation"]
        if "hl7.org" not in one["definition"]
    }
    assert len(named) == len(DEFINITIONS)
    for address in named:
        answer = await anybody.http.get(address)
        assert (answer.status_code, sound(answer)) == (200, True), answer.text
        assert answer.json()["url"] == address
    assert (await anybody.get("OperationDefinition/none")).status_code == 401


async def test_fhirpy_books_over_a_socket(app, clinic, firm):
    """A client that others have written."""
    session_id = await clinic.publish()
    patient = await clinic.place.resident()
    await firm.approved(BOOKS, Purpose.OWN)
    await firm.permitted(patient, BOOKS)
    hat = firm.hat(patient, BOOKS)
    faces = site(app, Hub(), ROUTES, sessions=[Middleware(Wears, hat=hat)])
    server = uvicorn.Server(uvicorn.Config(faces, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = asyncio.create_task(server.serve(sockets=[door]))
        client = AsyncFHIRClient(f"http://127.0.0.1:{door.getsockname()[1]}/fhir/R4")
        where = {"department": str(clinic.place.department_id)}
        found = await client.execute("Appointment/$find", method="get", params=where)
        slot = found["entry"][0]["resource"]
        asked = wish(slot["schedule"]["reference"].split("/")[1])
        got = await client.execute("Appointment/$hold", data=asked)
        mine = client.reference("Appointment", got["id"])
        assert (await mine.execute("$confirm", data=asking()))["status"] == "booked"
        with pytest.raises(OperationOutcome, match="business-rule"):
            await client.execute("Appointment/$hold", data=asked)
        with pytest.raises(ResourceNotFound):
            await client.reference("Appointment", "x").execute("$cancel", data=asking())
        server.should_exit = True
        await serving
    assert await clinic.remaining(session_id) == [1, 2]
