"""What a hospital's own system withheld, and a doctor explains and releases."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from lianyi.cli.imports import Import
from lianyi.journeys import card, withheld_desk
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, NURSE, RESIDENT, TECHNICIAN
from lianyi.people.service import resident_identity
from tests.apps import Program
from tests.drain import deliver
from tests.fhir.conftest import program
from tests.identity import id_number
from tests.records import make
from tests.web.counting import statements

__all__ = ["program"]
SOURCE = "system/*.cruds lianyi/source"
PAGE = "/clinic/results"
HIV = "7917-8"  # LOINC: HIV 1 Ab
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
PLAIN = [make.concept(FLAGS, "N")]
TOLD = "SELECT at, post_id, version FROM records.release WHERE fhir_id = $1"
TEXTS = """SELECT institution_id FROM kernel.errand
           WHERE kind = 'results.tell_released' AND thing_id = $1"""
OTHER = re.compile(rf'href="({PAGE}/[0-9a-f-]+)"')
BOX = re.compile(r'name="result" value="([^"]+)"')
MORE = re.compile(rf'href="({PAGE}\?cursor=[^"]+)"')
READ = """SELECT what, granted FROM access.log WHERE person_ids @> ARRAY[$1::uuid]
            AND reader_id = $2 ORDER BY seq DESC LIMIT 1"""


class System:
    """The hospital's own system of record, as it writes."""

    def __init__(self, http, person_id):
        self.http, self.person_id = http, person_id

    async def brings(self, body):
        given = {name: value for name, value in body.items() if name != "id"}
        answer = await self.http.post(body["resourceType"], given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def critical(self, *, person_id=None, **given):
        high = [make.concept(FLAGS, "HH")]
        whose = person_id or self.person_id
        return await self.brings(make.observation(whose, interpretation=high, **given))

    async def report(self, *parts):
        named = [{"reference": f"Observation/{part['id']}"} for part in parts]
        given = {"status": "final", "code": make.concept(make.LOINC, HIV, "HIV 抗体")}
        return await self.brings(
            make.body("DiagnosticReport", self.person_id, result=named, **given)
        )


async def system_at(place, program, person_id):
    firm = Program(place)
    approval = await firm.approved(SOURCE)
    hat = firm.service(approval, f"{SOURCE} lianyi/purpose.treat")
    return System(await program(hat), person_id)


@pytest.fixture
async def system(ward, program):
    return await system_at(ward.place, program, ward.person_id)


@pytest.fixture
async def own(program, ward):
    """The patient's own software."""
    return await program(ward.patient)


@pytest.fixture
async def doctors(sitting, ward):
    return await sitting(ward.doctor)


async def released(reader, person_id, *made):
    """Tick these results and release them with the button that is there."""
    page = await reader.get(f"{PAGE}/{person_id}")
    ticked = [f"{one['resourceType']}/{one['id']}" for one in made]
    return await reader.submit(page, f"{PAGE}/{person_id}/release", result=ticked)


def boxes(page):
    return BOX.findall(page.html)


async def all_released(reader, person_id):
    """Tick every box of the page."""
    page = await reader.get(f"{PAGE}/{person_id}")
    return await reader.submit(page, f"{PAGE}/{person_id}/release", result=boxes(page))


async def test_a_doctor_explains_a_critical_result_and_the_person_sees_it(
    system, doctors, own, ward, clock
):
    """IDN-11: with who and when; the reading stands among those that the person sees."""
    made = await system.critical(value=212)
    path = f"Observation/{made['id']}"
    assert (await own.get(path)).status_code == 404
    assert (await doctors.get(PAGE)).says("王秀英", "1 项")
    page = await doctors.get(f"{PAGE}/{ward.person_id}")
    assert page.says("收缩压", "212", "危急", "已向患者说明，发布这一项")
    clock.forward(minutes=3)
    page = await released(doctors, ward.person_id, made)
    assert page.says("这位患者没有等待发布的结果", "没有等待发布的结果")
    assert (await own.get(path)).status_code == 200
    told = await ward.place.rows(TOLD, made["id"])
    assert told == [(clock(), ward.doctor.post_id, 1)]
    read = await ward.place.rows(READ, ward.person_id, ward.doctor.person_id)
    assert read == [("release", True)]


async def test_a_report_is_released_with_what_it_is_made_of_and_nothing_else(
    system, doctors, own, ward
):
    """IDN-11, PRI-01: a sensitive one too, once a doctor has explained it."""
    part = await system.brings(make.observation(ward.person_id, code=HIV))
    other = await system.critical()
    report = await system.report(part)
    page = await doctors.get(f"{PAGE}/{ward.person_id}")
    assert page.says("HIV 抗体", "传染病")
    assert len(boxes(page)) == 2
    await released(doctors, ward.person_id, report)
    seen = [
        (await own.get(f"{one['resourceType']}/{one['id']}")).status_code
        for one in (report, part, other)
    ]
    assert seen == [200, 200, 404]


async def test_a_report_releases_nothing_of_somebody_else(system, doctors, program, ward):
    """PRI-01: whatever it names."""
    neighbour = await ward.place.patient(DOCTOR)
    theirs = await system.critical(person_id=neighbour.person_id)
    part = await system.brings(make.observation(ward.person_id, code=HIV))
    report = await system.report(part, theirs)
    await released(doctors, ward.person_id, report)
    assert len(await ward.place.rows(TOLD, part["id"])) == 1
    path = f"Observation/{theirs['id']}"
    assert (await (await program(neighbour)).get(path)).status_code == 404


async def test_what_is_not_final_waits_for_its_laboratory(system, doctors, ward):
    """IDN-11"""
    made = await system.brings({**make.observation(ward.person_id), "status": "preliminary"})
    assert not (await doctors.get(PAGE)).says("王秀英")
    await system.critical()
    refused = await released(doctors, ward.person_id, made)
    assert (refused.status, await ward.place.rows(TOLD, made["id"])) == (422, [])


async def test_nobody_releases_what_another_hospital_holds(
    system, doctors, elsewhere, program, ward, sitting
):
    """EMR-09, IDN-11: neither seen nor released, from either side."""
    theirs = await system_at(elsewhere.place, program, ward.person_id)
    made = await theirs.critical()
    await system.critical()
    assert (await doctors.get(PAGE)).says("1 项")
    refused = await released(doctors, ward.person_id, made)
    assert (refused.status, await ward.place.rows(TOLD, made["id"])) == (422, [])
    assert (await (await sitting(elsewhere.doctor)).get(PAGE)).says("1 项")


async def test_only_a_doctor_who_treats_the_person_releases(system, doctors, sitting, ward):
    """IDN-11, PRI-26"""
    made = await system.critical()
    for role in (NURSE, TECHNICIAN):
        await ward.place.relate(ward.person_id, role)
        assert (await (await sitting(await ward.place.hat(role))).get(PAGE)).status == 403
    stranger = await ward.place.resident()
    path = f"{PAGE}/{stranger.person_id}"
    assert (await doctors.get(path)).status == 404
    page = await doctors.get(f"{PAGE}/{ward.person_id}")
    form = page.form(f"{PAGE}/{ward.person_id}/release")
    assert (await doctors.http.post(f"{path}/release", data=form.fields)).status_code == 404
    assert await ward.place.rows(TOLD, made["id"]) == []


async def test_the_page_costs_the_same_for_one_and_for_many(system, ward, app):
    await system.critical()

    async def page(tx):
        return await withheld_desk.page(tx, person_id=ward.person_id)

    one, _ = await statements(app, ward.doctor, page)
    for _ in range(2):
        neighbour = await ward.place.patient(DOCTOR)
        await system.critical()
        await system.critical(person_id=neighbour.person_id)
    many, seen = await statements(app, ward.doctor, page)
    assert (len(seen.waiting), len(seen.hand.results)) == (3, 3)
    assert one == many <= 12


async def test_whose_result_is_released_is_told_by_message_and_who_has_no_phone_is_not(
    system, doctors, ward, app
):
    """IDN-11"""
    reached = await ward.place.patient(DOCTOR, phone="13800000017")
    for whose in (reached.person_id, ward.person_id):
        made = await system.critical(person_id=whose)
        await deliver(app)
        assert await ward.place.rows(TEXTS, whose) == []
        await released(doctors, whose, made)
        await deliver(app)
    assert await ward.place.rows(TEXTS, reached.person_id) == [(ward.place.id,)]
    assert await ward.place.rows(TEXTS, ward.person_id) == []


async def test_several_results_are_one_act_and_the_person_is_told_once(
    system, doctors, program, ward, app
):
    """IDN-11: all of what was ticked, nothing of what was not."""
    reached = await ward.place.patient(DOCTOR, phone="13800000021")
    made = [await system.critical(person_id=reached.person_id, value=n) for n in (211, 212, 213)]
    await released(doctors, reached.person_id, *made[:2])
    await deliver(app)
    assert await ward.place.rows(TEXTS, reached.person_id) == [(ward.place.id,)]
    own = await program(reached)
    seen = [(await own.get(f"Observation/{one['id']}")).status_code for one in made]
    assert seen == [200, 200, 404]


async def test_of_several_one_that_may_not_be_released_leaves_all_as_they_are(
    system, doctors, ward
):
    """IDN-11"""
    good = await system.critical()
    early = await system.brings({**make.observation(ward.person_id), "status": "preliminary"})
    refused = await released(doctors, ward.person_id, good, early)
    assert (refused.status, await ward.place.rows(TOLD, good["id"])) == (422, [])


async def test_nothing_is_released_that_nobody_ticked(system, doctors, ward):
    """IDN-11"""
    made = await system.critical()
    refused = await released(doctors, ward.person_id)
    assert (refused.status, refused.says("请勾选已向患者说明的结果。")) == (422, True)
    assert await ward.place.rows(TOLD, made["id"]) == []


async def test_who_has_waited_longest_comes_first_and_the_list_goes_on(
    system, doctors, ward, clock
):
    waiting = []
    for _ in range(withheld_desk.ROWS + 1):
        neighbour = await ward.place.patient(DOCTOR)
        waiting.append(f"{PAGE}/{neighbour.person_id}")
        await system.critical(person_id=neighbour.person_id)
        clock.forward(seconds=1)
    first = await doctors.get(PAGE)
    assert (OTHER.findall(first.html), first.says("50 人以上")) == (waiting[:-1], True)
    (more,) = MORE.findall(first.html)
    second = await doctors.get(more)
    assert (OTHER.findall(second.html), MORE.findall(second.html)) == (waiting[-1:], [])
    # Nobody else goes on from there: the list begins anew.
    again = await doctors.get(f"{more[:-4]}AAAA")
    assert OTHER.findall(again.html) == waiting[:-1]


class Imported:
    """A history that came by `lianyi import`, of somebody who opens a card and is treated."""

    def __init__(self, place, folder):
        self.place, self.folder = place, folder
        self.number, self.person_id = id_number(date(1980, 2, 29)), None

    async def come(self, *results):
        """Import a file, and another one later."""
        told = {
            "resourceType": "Patient",
            "id": "p1",
            "name": [{"text": "李冬梅"}],
            "birthDate": "1980-02-29",
            "identifier": [{"system": "urn:lianyi:identity-number", "value": self.number}],
        }
        entry = [{"resource": one} for one in (told, *results)]
        file = self.folder / "bundle.json"
        file.write_text(json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entry}))
        places = await self.place.ask(self.place.office, people.institutions, ids=[self.place.id])
        with ThreadPoolExecutor(1) as pool:
            run = Import(self.place.app, places[self.place.id], pool, lambda _: None)
            report = await run.of([file])
        assert report.refused == 0
        return report

    async def open_card(self, phone):
        who = resident_identity(name="李冬梅", number=self.number)
        office = await self.place.clerk()
        opened = await self.place.do(office, card.open_at_counter, identity=who, phone=phone)
        self.person_id = opened.person_id
        return Actor(opened.person_id, opened.person_id, NOWHERE, RESIDENT)


def result(id, **given):
    told = {**make.observation("x", 212), "id": id, "subject": {"reference": "Patient/p1"}}
    return {**told, "interpretation": [make.concept(FLAGS, "HH")], **given}


@pytest.fixture
def imported(ward, tmp_path):
    return Imported(ward.place, tmp_path)


async def shown(own, person_id):
    answer = await own.get(f"Observation?patient={person_id}")
    return {one["resource"]["id"] for one in answer.json().get("entry", ())}


async def test_what_the_command_line_brought_is_released_by_a_doctor_of_its_institution_alone(
    imported, elsewhere, ward, sitting, program, app
):
    """IDN-11, EMR-09: file, counter, doctor, person; told once, and with who released it."""
    await imported.come(result("o1"), result("o2", interpretation=PLAIN))
    own = await program(await imported.open_card("13800000018"))
    (plain,) = await shown(own, imported.person_id)
    for place in (ward.place, elsewhere.place):
        await place.relate(imported.person_id, DOCTOR)
    stranger, doctor = await sitting(elsewhere.doctor), await sitting(ward.doctor)
    page = await stranger.get(f"{PAGE}/{imported.person_id}")
    assert page.says("没有等待发布的结果", "这位患者没有等待发布的结果")
    page = await doctor.get(f"{PAGE}/{imported.person_id}")
    assert page.says("李冬梅", "1 项", "212", "危急")
    page = await all_released(doctor, imported.person_id)
    assert page.says("这位患者没有等待发布的结果")
    seen = await shown(own, imported.person_id)
    (released,) = seen - {plain}
    told = await ward.place.rows(TOLD, released)
    assert [post for _, post, _ in told] == [ward.doctor.post_id]
    read = await ward.place.rows(READ, imported.person_id, ward.doctor.person_id)
    assert read == [("release", True)]
    await deliver(app)
    assert await ward.place.rows(TEXTS, imported.person_id) == [(ward.place.id,)]


async def test_another_doctor_does_not_release_it_by_its_name_either(
    imported, elsewhere, ward, sitting, program
):
    """EMR-09, IDN-11"""
    await imported.come(result("o1"))
    await imported.open_card("13800000019")
    theirs = await ward.place.rows(
        "SELECT type, fhir_id FROM records.resource WHERE owner = $1 AND released_at IS NULL"
        " AND type = 'Observation'",
        imported.person_id,
    )
    for place in (ward.place, elsewhere.place):
        await place.relate(imported.person_id, DOCTOR)
    ((type, id),) = theirs
    other = await system_at(elsewhere.place, program, imported.person_id)
    await other.critical()
    refused = await released(
        await sitting(elsewhere.doctor), imported.person_id, {"resourceType": type, "id": id}
    )
    assert (refused.status, await ward.place.rows(TOLD, id)) == (422, [])


async def test_the_same_file_again_takes_back_nothing_that_was_released(
    imported, ward, sitting, program
):
    """IDN-11: what says something else has to be explained anew."""
    await imported.come(result("o1"))
    own = await program(await imported.open_card("13800000020"))
    await ward.place.relate(imported.person_id, DOCTOR)
    doctor, path = await sitting(ward.doctor), f"{PAGE}/{imported.person_id}"
    await all_released(doctor, imported.person_id)
    more = result("o2", interpretation=PLAIN)
    assert (await imported.come(result("o1"), more)).changed == 0
    assert len(await shown(own, imported.person_id)) == 2
    mended = result("o1", status="corrected", valueQuantity={"value": 222})
    assert (await imported.come(mended, more)).changed == 1
    assert len(await shown(own, imported.person_id)) == 1
    assert (await doctor.get(path)).says("222", "危急")


async def test_a_release_stands_while_the_hospitals_system_says_the_same(
    system, doctors, own, ward
):
    """IDN-11"""
    made = await system.critical()
    path = f"Observation/{made['id']}"
    await released(doctors, ward.person_id, made)
    again = await system.http.put(path, made)
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"1"')
    assert (await own.get(path)).status_code == 200
    assert (await system.http.put(path, {**made, "status": "corrected"})).status_code == 200
    assert (await own.get(path)).status_code == 404


async def test_a_laboratorys_own_result_waits_at_the_laboratory(doctors, ward):
    """IDN-11: here waits only what came from outside."""
    await ward.publish(make.observation(ward.person_id), released=False)
    assert (await doctors.get(PAGE)).says("没有等待发布的结果")
