"""Numbers as Slots, told as they are now and to nobody's harm (CAP-10, IDN-07)."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from lianyi.booking.model import Kind
from lianyi.people.model import CLERK
from lianyi.records import service as records
from tests.booking.make import START
from tests.drain import deliver
from tests.fhir.test_booking import BOOKS, LATER, app_of, asking, firm, held
from tests.fhir.test_writing import issue
from tests.journeys.test_book import pass_time, stops

__all__ = ["app_of", "firm"]
FAR = START + timedelta(days=5)  # before which some numbers are kept for referrals (FD-08)
READS = f"{BOOKS} patient/Slot.r patient/Appointment.rs patient/Schedule.rs"


@pytest.fixture
async def reader(clinic, app_of):
    return await app_of(await clinic.place.resident(), READS)


async def statuses(program, session_id):
    """Return how each number of a session stands, by its number."""
    page = await program.bundle(f"Slot?schedule=Schedule/{session_id}&_count=100")
    return {
        int(one["resource"]["id"].rpartition("-")[2]): one["resource"]["status"]
        for one in page.get("entry", ())
    }


async def test_a_number_is_read_and_found_with_what_find_tells_of_its_time(clinic, reader):
    session_id = await clinic.publish()
    id = f"{session_id}-2"
    answer = await reader.get(f"Slot/{id}")
    slot = answer.json()
    assert (answer.status_code, slot["id"], slot["status"]) == (200, id, "free")
    assert not [one for one in records.examine(answer.text) if one.severity == "error"]
    assert (slot["start"], slot["end"]) == (START.isoformat(), LATER.isoformat())
    assert slot["schedule"]["reference"] == f"Schedule/{session_id}"
    (first, *_) = (await reader.bundle(f"Slot?_id={id}"))["entry"]
    assert first["resource"] == slot
    assert "meta" not in slot  # of no version, and since when it stands so would tell who let go
    assert not {"etag", "last-modified"} & set(answer.headers)
    for other in (f"{session_id}-5", f"{session_id}", "x", f"{str(session_id).upper()}-1"):
        assert (await reader.get(f"Slot/{other}")).status_code == 404


async def test_a_number_stands_as_it_can_be_taken_and_says_nothing_of_who_has_it(
    clinic, reader, app, clock
):
    """IDN-07: what is held, taken, kept for referrals or on its way back is all the same."""
    session_id = await clinic.publish(reserved=1, starts_at=FAR)
    assert await statuses(reader, session_id) == {1: "free", 2: "free", 3: "free", 4: "busy"}
    patient = await clinic.place.resident()
    got = await clinic.hold(patient, session_id, starts_at=FAR)
    path = f"Slot/{session_id}-1"
    told = [(await reader.get(path)).text]
    await clinic.confirm(patient, got)
    told.append((await reader.get(path)).text)
    await clinic.cancel(patient, got.appointment_id)
    await deliver(app)
    told.append((await reader.get(path)).text)
    assert len(set(told)) == 1
    assert '"busy"' in told[0]
    assert str(patient.person_id) not in told[0]
    await pass_time(app, clock, hours=4)
    assert (await statuses(reader, session_id))[1] == "free"


async def test_what_nobody_can_have_is_closed_whoever_had_it(clinic, reader, app, clock):
    unreleased = await clinic.publish(releases_at=clock() + timedelta(hours=1))
    stopped = await clinic.publish(starts_at=START + timedelta(days=1))
    over = await clinic.publish(starts_at=clock() + timedelta(hours=2))
    await clinic.booked(stopped, starts_at=START + timedelta(days=1))
    await stops(clinic, stopped)
    assert set((await statuses(reader, unreleased)).values()) == {"busy-unavailable"}
    assert set((await statuses(reader, stopped)).values()) == {"busy-unavailable"}
    assert set((await statuses(reader, over)).values()) == {"free"}
    clock.forward(hours=2, minutes=30)
    assert await statuses(reader, over) == {
        1: "busy-unavailable",
        2: "busy-unavailable",
        3: "free",
        4: "free",
    }
    assert set((await statuses(reader, unreleased)).values()) == {"free"}
    await pass_time(app, clock, hours=1)
    assert set((await statuses(reader, over)).values()) == {"busy-unavailable"}
    active = [(await reader.get(f"Schedule/{id}")).json()["active"] for id in (over, unreleased)]
    assert active == [False, True]


async def test_slots_and_find_count_the_same_free_numbers(clinic, reader):
    session_id = await clinic.publish(reserved=1, starts_at=FAR)
    await clinic.booked(session_id, starts_at=FAR)
    found = await reader.bundle(f"Appointment/$find?department={clinic.place.department_id}")
    left = [
        one["resource"]["extension"][0]["valueUnsignedInt"]
        for one in found["entry"]
        if one["search"]["mode"] == "match"
    ]
    free = await reader.bundle(f"Slot?schedule={session_id}&status=free&_summary=count")
    assert (sum(left), free["total"]) == (2, 2)


@pytest.fixture
async def week(clinic, clock):
    """Two sessions of one doctor, a day apart; the first is an expert's, whose first is taken."""
    first = await clinic.publish(kind=Kind.EXPERT)
    await clinic.booked(first)
    second = await clinic.publish(starts_at=START + timedelta(days=1))
    return first, second


async def _everywhere(reader, path):
    """Return the ids on all pages: other places have numbers too."""
    found = set()
    while path:
        page = await reader.bundle(path)
        found |= {each["resource"]["id"] for each in page.get("entry", ())}
        links = {one["relation"]: one["url"] for one in page["link"]}
        path = links.get("next", "").removeprefix("https://lianyi.test/fhir/R4/")
    return found


async def test_each_parameter_finds_what_it_means_and_nothing_else(clinic, reader, week):
    one, two = week
    doctor, post = clinic.doctor.person_id, clinic.doctor.post_id
    first, second = ([f"{id}-{n}" for n in range(1, 5)] for id in week)
    both = f"schedule.actor={doctor}"
    for query, found in (
        (both, first + second),
        (f"schedule.actor=Practitioner/{doctor}", first + second),
        (f"schedule.actor:PractitionerRole={post}", first + second),
        (f"schedule:Schedule.actor=PractitionerRole/{doctor}", []),
        (f"schedule={one}", first),
        (f"schedule=Schedule/{one},Schedule/{two}", first + second),
        (f"schedule=Schedule/{one}&_id={second[0]}", []),
        ("schedule=Patient/1", []),
        (f"schedule._id={two}", second),
        (f"_id={first[3]},{second[0]},x", [first[3], second[0]]),
        (f"{both}&status=free", first[1:] + second),
        (f"{both}&status=busy", first[:1]),
        (f"{both}&status=http://hl7.org/fhir/slotstatus|busy", first[:1]),
        (f"{both}&status=busy,free", first + second),
        (f"{both}&status:not=free", first[:1]),
        (f"{both}&status=taken", []),
        (f"{both}&start=2030-01-09", first),
        (f"{both}&start=eq{quote(START.isoformat())}", first[:2]),
        (f"{both}&start=ne2030-01-09", second),
        (f"{both}&start=gt2030-01-09", second),
        (f"{both}&start=ge2030-01-09&start=lt2030-01-10", first),
        (f"{both}&start=lt{quote(LATER.isoformat())}", first[:2]),
        (f"{both}&start=le{quote(LATER.isoformat())}", first),
        (f"{both}&start=sa2030-01-10", []),
        (f"{both}&start=eb2030-01-10", first),
        (f"{both}&start=2030-01-09,2030-01-10", first + second),
        (f"{both}&start:missing=true", []),
        (f"{both}&schedule:missing=false&service-type=expert", first),
        (f"{both}&service-type=urn:lianyi:session-kind|ordinary", second),
        (f"{both}&schedule.service-type=ordinary", second),
        (f"{both}&service-type:not=expert", second),
        (f"{both}&specialty:text=内", first + second),
        (f"{both}&specialty:text=外", []),
        (f"{both}&specialty=394802001", []),
        (f"{both}&specialty:missing=true", []),
        (f"{both}&schedule.active=true", first + second),
        (f"{both}&schedule.active=false", []),
        (f"{both}&identifier=x", []),
        (f"{both}&appointment-type:missing=true", first + second),
        (f"{both}&_tag=x", []),
        (f"{both}&_id:missing=false", first + second),
        (f"{both}&_sort=-start", [*reversed(second), *reversed(first)]),
    ):
        assert await reader.found(f"Slot?{query}") == found, query
    mine = {f"{id}-{n}" for id in week for n in range(1, 5)}
    free = await _everywhere(reader, "Slot?status=free&_count=200")
    assert mine & free == {*first[1:], *second}
    posted = await reader.http.post(
        "https://lianyi.test/fhir/R4/Slot/_search", data={"schedule": str(one), "status": "busy"}
    )
    assert [each["resource"]["id"] for each in posted.json()["entry"]] == first[:1]
    page = await reader.bundle(f"Slot?schedule={one}&_elements=status&_total=accurate&_count=1")
    assert page["total"] == 4
    (cut,) = (each["resource"] for each in page["entry"])
    assert set(cut) == {"resourceType", "id", "meta", "status", "schedule", "start", "end"}


@pytest.mark.parametrize("sort", ["start", "-start"])
async def test_pages_follow_one_another_though_numbers_are_taken_meanwhile(
    clinic, reader, week, sort
):
    shown, url = [], f"Slot?schedule.actor={clinic.doctor.person_id}&_count=3&_sort={sort}"
    while url:
        page = await reader.bundle(url)
        shown += [one["resource"]["id"] for one in page["entry"]]
        links = {one["relation"]: one["url"] for one in page["link"]}
        url = links.get("next", "").partition("/R4/")[2]
        await held(reader, week[0]) if len(shown) == 3 else None
    expected = [f"{id}-{n}" for id in week for n in range(1, 5)]
    assert shown == (expected if sort == "start" else expected[::-1])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("_lastUpdated=ge2030-01-01&status=free", "_lastUpdated"),
        ("_has:Appointment:slot:status=booked&status=free", "_has:Appointment:slot"),
        ("schedule.date=2030-01-09&status=free", "date"),
        ("schedule:Schedule.actor:Practitioner.name=x&status=free", "actor:Practitioner"),
        ("service-type:text=x&status=free", "service-type:text"),
        ("status=free&colour=red", "colour"),
        ("status=free&_sort=status", "_sort"),
        ("", "schedule"),
        ("start=ge2030-01-09", "schedule"),
        ("start=2030", "schedule"),
        ("status=busy", "schedule"),
        ("schedule:missing=true", "schedule"),
        ("service-type=free&specialty:text=free", "schedule"),
    ],
)
async def test_what_numbers_cannot_be_asked_is_refused_by_name(reader, query, named):
    answer = await reader.get(f"Slot?{query}")
    assert answer.status_code == 400, answer.text
    assert named in issue(answer)["diagnostics"]


async def test_what_is_left_out_is_said(clinic, reader, week):
    lenient = {"prefer": "handling=lenient"}
    query = f"Slot?schedule={week[0]}&_lastUpdated=2020&_sort=status"
    answer = await reader.get(query, headers=lenient)
    modes = [one["search"]["mode"] for one in answer.json()["entry"]]
    assert modes == ["match"] * 4 + ["outcome"] * 2


async def test_what_belongs_together_comes_along(clinic, reader, app_of, app, week):
    one, _ = week
    await deliver(app)
    page = await reader.bundle(f"Slot?schedule={one}&_include=Slot:schedule")
    assert [(it["resource"]["resourceType"], it["search"]["mode"]) for it in page["entry"]] == [
        *[("Slot", "match")] * 4,
        ("Schedule", "include"),
    ]
    page = await reader.bundle(f"Schedule?_id={one}&_revinclude=Slot:schedule")
    along = [it["resource"]["id"] for it in page["entry"] if it["search"]["mode"] == "include"]
    assert along == [f"{one}-{n}" for n in range(1, 5)]
    got = await held(reader, one)
    assert (await reader.post(f"Appointment/{got['id']}/$confirm", asking())).status_code == 200
    await deliver(app)
    page = await reader.bundle(f"Appointment?_id={got['id']}&_include=Appointment:slot")
    appointment, slot = (it["resource"] for it in page["entry"])
    assert appointment["slot"] == [{"reference": f"Slot/{slot['id']}"}]
    assert (slot["id"], slot["status"]) == (f"{one}-2", "busy")
    page = await reader.bundle(f"Slot?_id={slot['id']}&_revinclude=Appointment:slot")
    assert [it["resource"]["id"] for it in page["entry"]] == [slot["id"], got["id"]]
    blind = await app_of(await clinic.place.resident(), "patient/Schedule.rs")
    page = await blind.bundle(f"Schedule?_id={one}&_revinclude=Slot:schedule")
    assert len(page["entry"]) == 1


async def test_nobody_is_shown_whose_appointment_a_number_is(clinic, app_of, reader, app, week):
    """Who may not see an appointment is not told of it by its number."""
    await deliver(app)
    page = await reader.bundle(f"Slot?schedule={week[0]}&_revinclude=Appointment:slot")
    assert {it["resource"]["resourceType"] for it in page["entry"]} == {"Slot"}
    for query, named in (
        (f"Schedule?_has:Slot:schedule:status=free&_id={week[0]}", "_has:Slot:schedule"),
        (f"Appointment?slot.status=busy&_id={week[0]}", "slot:Slot"),
        (f"Appointment?slot.schedule.actor={clinic.doctor.person_id}", "slot:Slot"),
        (f"Schedule?_has:AuditEvent:entity:action=R&_id={week[0]}", "_has:AuditEvent:entity"),
    ):
        answer = await reader.get(query)
        assert answer.status_code == 400, query
        assert named in issue(answer)["diagnostics"]


async def test_who_asks_for_all_of_somebodys_record_is_told_that_numbers_are_not_in_it(reader):
    answer = await reader.get("Patient/$everything?_type=Slot")
    assert (answer.status_code, "Slot" in issue(answer)["diagnostics"]) == (400, True)


async def test_a_number_has_no_history_and_is_changed_by_booking_alone(clinic, reader):
    id = f"{await clinic.publish()}-1"
    for path in (f"Slot/{id}/_history", f"Slot/{id}/_history/1", "Slot/_history"):
        answer = await reader.get(path)
        assert (answer.status_code, issue(answer)["code"]) == (405, "not-supported")
    body = (await reader.get(f"Slot/{id}")).json()
    for answer in (
        await reader.put(f"Slot/{id}", {**body, "status": "busy"}),
        await reader.post("Slot", body),
        await reader.delete(f"Slot/{id}"),
    ):
        assert answer.status_code == 403
        assert "$hold" in issue(answer)["diagnostics"]
    known = await reader.get(f"Slot/{id}", headers={"if-none-match": 'W/"0"'})
    assert known.status_code == 200
    assert (await reader.get(f"Slot/{id}/$meta")).status_code in {200, 403}


async def test_whoever_is_signed_in_is_told_and_an_app_within_its_scopes(
    clinic, app_of, firm, program
):
    """INT-04: no door keeps to a part of what is nobody's, so a constraint permits nothing."""
    session_id = await clinic.publish()
    path = f"Slot/{session_id}-1"
    search = f"Slot?schedule={session_id}"
    approval = await firm.approved("system/Slot.rs")
    for hat in (
        await clinic.place.resident(),
        clinic.doctor,
        await clinic.place.hat(CLERK),
        firm.service(approval, "system/Slot.rs lianyi/purpose.treat"),
        firm.hat(clinic.doctor, "user/Slot.rs"),
    ):
        own = await program(hat)
        assert (await own.get(path)).json()["status"] == "free"
        assert len(await own.found(search)) == 4
    for scopes in ("patient/Slot.s", "patient/Appointment.rs", "patient/Slot.rs?status=free"):
        own = await app_of(await clinic.place.resident(), scopes)
        assert (await own.get(path)).status_code == 403
        found = (await own.get(search)).status_code
        assert found == (200 if scopes == "patient/Slot.s" else 403)
    narrow = await app_of(await clinic.place.resident(), "patient/Slot.s?status=free")
    find = f"Appointment/$find?department={clinic.place.department_id}"
    assert (await narrow.get(find)).status_code == 403
    assert (await (await program(None)).get(path)).status_code == 401


async def test_looking_for_a_number_is_no_reading_of_anybodys_record(clinic, reader, app, week):
    before = await app.pool.fetchval("SELECT count(*) FROM access.log")
    assert len(await reader.found(f"Slot?schedule={week[0]}")) == 4
    assert await app.pool.fetchval("SELECT count(*) FROM access.log") == before


async def test_the_capabilities_tell_what_is_answered(reader, clinic):
    told = (await reader.get("metadata")).json()["rest"][0]["resource"]
    slot = next(one for one in told if one["type"] == "Slot")
    assert [one["code"] for one in slot["interaction"]] == ["read", "search-type"]
    assert (slot["versioning"], slot["readHistory"]) == ("no-version", False)
    assert slot["searchInclude"] == ["*", "Slot:*", "Slot:schedule"]
    session_id = await clinic.publish()
    for one in slot["searchParam"]:
        answer = await reader.get(f"Slot?schedule={session_id}&{one['name']}:missing=false")
        assert answer.status_code == 200, one
