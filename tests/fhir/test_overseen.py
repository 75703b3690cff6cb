"""What staff and apps of an institution have opened, as its administrator may look through it."""

import pytest

from lianyi.access import queries as readers
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.access.service import glasses
from lianyi.kernel.actor import system
from lianyi.people.model import CLERK, DOCTOR, NURSE, PHARMACIST
from lianyi.records import service as records
from tests.apps import Program
from tests.fhir.conftest import BASE
from tests.fhir.test_writing import issue
from tests.place import Place
from tests.records import make

AUDIT = "AuditEvent"
DAY = "date=2030-01-07"
LINES = """INSERT INTO access.log (at, post_id, reader_id, institution_id, role, person_ids,
             purpose, granted, cause, what, request_id)
           SELECT $1, $2, $2, $3, 'doctor', $4, 'treat', true, 'relation', 'fhir', ''
           FROM generate_series(1, $5)"""


@pytest.fixture
async def read(ward, app, clock):
    """A doctor; a stranger who is refused, breaks glass and looks; the person, in this order."""
    await ward.chart()
    clock.forward(minutes=1)
    other = await (await Place.found(app)).doctor()
    with pytest.raises(NoSuchPerson):
        await ward.chart(other)
    clock.forward(minutes=1)
    await ward.place.do(
        other, glasses.break_glass, person_id=ward.person_id, reason="昏迷，急诊抢救"
    )
    clock.forward(minutes=1)
    await ward.chart(other)
    await ward.own_chart()
    return other


@pytest.fixture
async def admins(program, ward):
    return await program(await ward.place.admin())


@pytest.fixture
async def others(program, app, read):
    """The software of the administrator where the stranger works."""
    id = read.institution_id
    return await program(await Place(app, id, system("office", id)).admin())


async def entries(program, path):
    return [one["resource"] for one in (await program.bundle(path)).get("entry", ())]


async def test_an_institution_is_told_what_was_opened_for_it_and_nothing_else(
    admins, others, read, ward
):
    """PRI-26, SEC-05: refused tries and broken glass too."""
    of_patient = f"{AUDIT}?patient={ward.person_id}"
    (mine,) = await entries(admins, of_patient)
    assert mine["agent"][0]["who"] == {"reference": f"PractitionerRole/{ward.doctor.post_id}"}
    assert mine["entity"][0]["what"] == {"reference": f"Patient/{ward.person_id}"}
    theirs = await entries(others, of_patient)
    assert [(one["type"]["code"], one["outcome"]) for one in theirs] == [
        ("110110", "0"),
        ("110127", "0"),
        ("110110", "4"),
    ]
    told = {one["agent"][0]["who"]["reference"] for one in theirs}
    assert told == {f"PractitionerRole/{read.post_id}"}


async def test_every_line_is_sound_and_is_read_by_its_id_and_version(admins, others, read, ward):
    for one in await entries(others, f"{AUDIT}?patient={ward.person_id}"):
        path = f"{AUDIT}/{one['id']}"
        answer = await others.get(path)
        assert (answer.status_code, answer.json()) == (200, one)
        assert [it for it in records.examine(answer.text) if it.severity == "error"] == []
        assert (await others.get(f"{path}/_history/1")).json() == one
        assert (await others.get(f"{path}/_history/2")).status_code == 404
        for foreign in (path, f"{path}/_history/1"):
            assert (await admins.get(foreign)).status_code == 404
    assert (await others.get(f"{AUDIT}/_history")).status_code == 405


async def test_each_parameter_finds_what_it_means_and_nothing_else(others, read, ward):
    of_patient = f"patient={ward.person_id}"
    newest, broken, refused = [one["id"] for one in await entries(others, f"{AUDIT}?{of_patient}")]
    for query, found in (
        (f"{of_patient}&outcome=4", [refused]),
        (f"{of_patient}&outcome:not=4&action=R", [newest]),
        (f"{of_patient}&_sort=date&subtype:missing=true", [refused, broken, newest]),
        (f"entity=Patient/{ward.person_id}&type=110127", [broken]),
        (f"patient={read.person_id}", []),
        (f"patient={ward.person_id}&patient={read.person_id}", []),
        (f"entity=PractitionerRole/{read.post_id}", []),
        (f"{DAY}&agent=PractitionerRole/{read.post_id}", [newest, broken, refused]),
        (f"{DAY}&agent={ward.doctor.post_id}", []),
        (f"{DAY}&agent:PractitionerRole.practitioner={read.person_id}&outcome=4", [refused]),
        (f"{DAY}&agent:PractitionerRole.practitioner={ward.doctor.person_id}", []),
        (f"_id={broken},{refused}", [broken, refused]),
        ("_id=x", []),
        ("date=ge2030-01-06&date=lt2030-01-07", []),
    ):
        got = [
            id for id in await others.found(f"{AUDIT}?{query}") if id in {newest, broken, refused}
        ]
        assert got == found, query
    inside = await others.found(f"Patient/{ward.person_id}/{AUDIT}?outcome=4")
    assert inside == [refused]
    assert (await others.bundle(f"{AUDIT}?{of_patient}&outcome=4&_summary=count"))["total"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "",
        "outcome=4",
        "date=2029",
        "date=gt2029-01-01",
        "date:missing=false",
        f"{DAY}&_include=AuditEvent:agent",
        f"{DAY}&source:Organization.name=x",
        f"{DAY}&_sort=agent",
    ],
)
async def test_what_goes_too_far_or_over_a_record_is_refused_by_name(admins, query):
    answer = await admins.get(f"{AUDIT}?{query}")
    assert (answer.status_code, issue(answer)["severity"]) == (400, "error"), answer.text


async def test_who_looks_is_told_to_the_person_and_stands_in_the_same_log(admins, ward):
    """EMR-05, CAP-38: also if nobody has read."""
    admin = await ward.place.admin()
    assert await admins.found(f"{AUDIT}?patient={ward.person_id}") == []
    (reading,) = await ward.see_own(readers.readings, what="audit")
    assert (reading.post_id, reading.purpose, reading.granted) == (
        admin.post_id,
        Purpose.MANAGE,
        True,
    )
    (own,) = await entries(admins, f"{AUDIT}?{DAY}&agent={admin.post_id}")
    assert own["subtype"][0]["code"] == "audit"
    assert len(await ward.see_own(readers.readings, what="audit")) == 2


async def test_of_many_at_a_desk_only_those_asked_for_are_named(admins, doctors, ward):
    second = (await ward.place.patient(DOCTOR)).person_id
    await ward.publish(make.observation(ward.person_id))
    await ward.publish(make.observation(second), owner=second)
    assert (await doctors.get("Observation")).status_code == 200
    (line,) = await entries(admins, f"{AUDIT}?patient={second}&subtype=fhir")
    assert [one["what"]["reference"] for one in line["entity"]] == [f"Patient/{second}"]
    whole = (await admins.get(f"{AUDIT}/{line['id']}")).json()
    named = {one["what"]["reference"] for one in whole["entity"]}
    assert named == {f"Patient/{id}" for id in (ward.person_id, second)}
    told = await ward.see_own(readers.readings, what="audit")
    assert len(told) == 1  # of the second search the first person was no part


async def test_who_pages_on_about_too_many_is_refused_and_of_one_person_all_is_shown(
    admins, app, ward
):
    """PRI-11, PRI-28"""
    at, post, place = app.clock(), ward.doctor.post_id, ward.place.id
    await ward.place.rows(LINES, at, post, place, [ward.person_id], 401)
    for query, statuses in ((DAY, [200, 200, 409]), (f"patient={ward.person_id}", [200] * 3)):
        path, got = f"{AUDIT}?{query}&_count=200", []
        while path:
            answer = await admins.get(path)
            got.append(answer.status_code)
            links = answer.json().get("link", ())
            path = next((x["url"] for x in links if x["relation"] == "next"), "")
            path = path.removeprefix(f"{BASE}/")
        assert got == statuses, query


async def test_a_line_about_too_many_is_shown_for_whom_one_asks(admins, app, ward):
    """PRI-28"""
    many = [app.ids.new(app.clock()) for _ in range(501)]
    at, post, place = app.clock(), ward.doctor.post_id, ward.place.id
    await ward.place.rows(LINES, at, post, place, many, 1)
    assert (await admins.get(f"{AUDIT}?{DAY}")).status_code == 409
    (line,) = await entries(admins, f"{AUDIT}?patient={many[0]}")
    assert len(line["entity"]) == 1
    assert (await admins.get(f"{AUDIT}/{line['id']}")).status_code == 409


async def test_nobody_else_of_the_institution_is_told_and_no_app_is(read, program, ward):
    """INT-04, INT-13"""
    (line,) = await entries(
        await program(await ward.place.admin()), f"{AUDIT}?patient={ward.person_id}"
    )
    firm = Program(ward.place)
    await firm.approved("user/*.cruds")
    service = Program(ward.place)
    approval = await service.approved("system/*.cruds")
    hats = [await ward.place.hat(role) for role in (DOCTOR, NURSE, PHARMACIST, CLERK)]
    hats += [
        firm.hat(await ward.place.admin(), "user/*.cruds"),
        service.service(approval, "system/*.cruds lianyi/purpose.treat"),
    ]
    for hat in hats:
        app = await program(hat)
        for path in (
            f"{AUDIT}/{line['id']}",
            f"{AUDIT}?patient={ward.person_id}",
            f"{AUDIT}?{DAY}",
        ):
            answer = await app.get(path)
            assert answer.status_code in {200, 403, 404}, answer.text
            assert line["id"] not in answer.text.partition('"entry"')[2], (hat.role, path)
            assert '"recorded"' not in answer.text, (hat.role, path)
