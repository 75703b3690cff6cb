"""What leaves in bulk: all that a search through the same doors finds, and nothing else."""

import asyncio
import gzip
import json
import runpy
from decimal import Decimal
from random import Random
from uuid import uuid4

import asyncpg
import pytest

from lianyi.access import queries as leaving
from lianyi.access import service as access
from lianyi.access.errors import (
    AbroadOff,
    AgreedAlready,
    NoSuchExport,
    OtherAssessment,
    UnsoundVote,
)
from lianyi.access.model import Purpose, Sensitive
from lianyi.access.model.exports import ExportState
from lianyi.access.service import apps, exports
from lianyi.fhir.exporting import NDJSON
from lianyi.journeys import apps as app_acts
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.schema import MIGRATIONS
from lianyi.kernel.work import DatabaseAway, within
from lianyi.people.model import ADMIN, DOCTOR
from lianyi.records import service as records
from lianyi.records.model import PUBLIC
from lianyi.records.service import parts
from lianyi.records.tables import parts as tables
from lianyi.worker import bulk
from lianyi.worker.deliver import WORKER
from tests.apps import Program
from tests.drain import deliver
from tests.fhir.conftest import BASE
from tests.records import make

TREATING = "lianyi/purpose.treat"
ASYNC = {"prefer": "respond-async"}
MANY = """INSERT INTO access.relation (person_id, institution_id, role, cause_id, opened_at)
          SELECT id, $1, 'doctor', id, $2 FROM (SELECT gen_random_uuid() AS id
            FROM generate_series(1, $3)) AS drawn RETURNING person_id"""
OVER = """UPDATE access.relation SET until = $2
          WHERE institution_id = $1 AND person_id = ANY ($3)"""
YES = {"why": "病种质量分析", "assessment": "PIA-2030-07"}


WAITS = """SELECT EXISTS (SELECT FROM access.export
             WHERE state = 'running' AND kernel.is_begun_before(as_of_here))"""


async def work(app):
    """Let the worker do all there is to do."""
    while await bulk.step(app):
        await settle(app)


async def settle(app):
    """Wait until the transactions have ended, of whomever, that an export waits for."""
    while await app.pool.fetchval(WAITS):
        pass


class Taker:
    """A company's service that takes data from the ward's hospital."""

    def __init__(self, ward, firm, approval, http):
        self.ward, self.firm, self.approval, self.http = ward, firm, approval, http

    async def ask(self, path="Patient/$export", **more):
        answer = await self.http.get(path, headers=ASYNC, **more)
        assert answer.status_code == 202, answer.text
        return answer.headers["content-location"].removeprefix(f"{BASE}/")

    async def taken(self, path="Patient/$export", **more):
        """Return what an export brings, by type, once it is written."""
        where = await self.ask(path, **more)
        await work(self.ward.place.app)
        return await self.files(where)

    async def files(self, where):
        told = await self.http.get(where)
        assert told.status_code == 200, told.text
        self.told = told.json()
        found = {}
        for one in told.json()["output"] + told.json()["deleted"]:
            lines = (await self.file(one["url"])).text.split("\n")[:-1]
            assert len(lines) == one["count"]
            found.setdefault(one["type"], []).extend(map(json.loads, lines))
        return found

    async def file(self, url, **headers):
        answer = await self.http.get(url.removeprefix(f"{BASE}/"), headers=headers)
        assert answer.status_code in {200, 206}, answer.text
        return answer

    async def searched(self, type):
        """Return what a search of this service finds of a type, page by page."""
        found, path = [], f"{type}?_count=200"
        while path:
            bundle = (await self.http.get(path)).json()
            found += [entry["resource"] for entry in bundle.get("entry", ())]
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            path = links.get("next", "").removeprefix(f"{BASE}/")
        return found

    async def votes(self, where, *hats, **given):
        id = where.rpartition("/")[2]
        for hat in hats:
            await self.ward.place.do(hat, exports.approve, export_id=id, **{**YES, **given})


@pytest.fixture
async def taking(ward, program):
    async def of(scopes="system/*.rs", purpose=Purpose.TREAT, *, given=None, firm=None):
        firm = firm or Program(ward.place)
        approval = await firm.approved(scopes, purpose)
        hat = firm.service(approval, f"{given or scopes} lianyi/purpose.{purpose}")
        return Taker(ward, firm, approval, await program(hat))

    return of


@pytest.fixture
async def taker(taking):
    return await taking()


@pytest.fixture
async def admins(ward):
    return [await ward.place.admin(), await ward.place.appoint(ADMIN, name="李四")]


@pytest.fixture
async def crowd(ward):
    """More patients than an app takes without two who agree."""
    now = ward.place.app.clock()
    rows = await ward.place.app.pool.fetch(MANY, ward.place.id, now, 500)
    return [row["person_id"] for row in rows]


def ids(resources):
    return sorted(one["id"] for one in resources)


def id_of(where):
    return where.rpartition("/")[2]


async def test_an_export_is_what_a_search_finds(taker, ward):
    """To the letter: values, order of digits, versions."""
    other = await ward.place.patient(DOCTOR)
    bodies = [
        make.observation(ward.person_id),
        make.observation(ward.person_id, note=[{"text": 'a "quote" \\ and\ta tab\n中文 \u2028'}]),
        {
            **make.condition(ward.person_id),
            "meta": {"tag": [{"code": "a", "display": '"meta":{}'}]},
        },
        make.condition(ward.person_id, note=[{"text": '"meta"'}]),
    ]
    await ward.publish(*bodies)
    text = json.dumps(make.observation(ward.person_id), indent=2).replace("138", "1.380e2")
    await ward.publish(text)
    await ward.publish(make.observation(other.person_id), owner=other.person_id)
    found = await taker.taken("Patient/$export?_type=Observation,Condition")
    for type in ("Observation", "Condition"):
        assert ids(found[type]) == ids(await taker.searched(type))
        by_id = {one["id"]: one for one in found[type]}
        assert all(by_id[one["id"]] == one for one in await taker.searched(type))
    assert len(found["Observation"]) == 4


async def test_a_number_keeps_its_digits(taker, ward):
    body = json.dumps({**make.observation(ward.person_id), "meta": {"tag": [{"code": "x"}]}})
    await ward.publish(body.replace("138", "1.380e2"))
    where = await taker.ask()
    await work(ward.place.app)
    told = (await taker.http.get(where)).json()
    (one,) = [one for one in told["output"] if one["type"] == "Observation"]
    assert '"value": 1.380e2' in (await taker.file(one["url"])).text


async def test_the_manifest_tells_when_what_and_for_whom(taker, ward, clock):
    await ward.publish(make.observation(ward.person_id))
    path = "Patient/$export?_type=Observation&_outputFormat=application/fhir%2Bndjson"
    where = await taker.ask(path)
    await work(ward.place.app)
    answer = await taker.http.get(where)
    told = answer.json()
    assert told["transactionTime"] == "2030-01-07T04:00:00.000Z"
    assert told["request"].startswith(f"{BASE}/Patient/$export?_type=Observation")
    assert told["requiresAccessToken"] is True
    assert (told["deleted"], told["error"]) == ([], [])
    assert "expires" in answer.headers
    (one,) = told["output"]
    assert (one["type"], one["count"]) == ("Observation", 1)
    file = await taker.file(one["url"])
    assert file.headers["content-type"] == NDJSON


@pytest.mark.parametrize("path", ["$export", "Patient/$export", "Group/x/$export"])
async def test_it_is_asked_for_as_the_standard_says(taker, path):
    assert (await taker.http.get(path)).status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("_outputFormat=text/csv", 400),
        ("_since=yesterday", 400),
        ("_since=2030-01-01", 400),
        ("_type=Nonsense", 404),
        ("_type=Slot", 400),  # told as they are now: no record holds them
        ("_type=Observation,AuditEvent", 400),
        ("_elements=Condition.name.family", 400),
        ("_elements=Nonsense.id", 400),
        ("patient=nobody", 400),
        ("_pretend=1", 400),
        ("_typeFilter=Observation", 400),
        ("_typeFilter=Observation?nonsense=1", 400),
        ("_typeFilter=Observation?patient.name=x", 400),
        ("_type=Condition&_typeFilter=Observation?code=8480-6", 400),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(taker, query, status):
    answer = await taker.http.get(f"Patient/$export?{query}", headers=ASYNC)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_parameters_come_in_a_body_too(taker, ward):
    await ward.publish(make.observation(ward.person_id), make.condition(ward.person_id))
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "_type", "valueString": "Condition"}],
    }
    answer = await taker.http.post("Patient/$export", body, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    await work(ward.place.app)
    where = answer.headers["content-location"].removeprefix(f"{BASE}/")
    assert list(await taker.files(where)) == ["Condition"]


async def test_a_key_that_comes_again_begins_nothing_new(taker):
    given = {"headers": {**ASYNC, "idempotency-key": "once"}}
    first, again = [await taker.http.get("Patient/$export", **given) for _ in range(2)]
    assert first.headers["content-location"] == again.headers["content-location"]


async def test_progress_is_told_and_asking_too_often_is_not(taker, ward, clock):
    where = await taker.ask()
    first = await taker.http.get(where)
    assert (first.status_code, first.headers["x-progress"]) == (202, "0%")
    again = await taker.http.get(where)
    assert again.status_code == 429
    assert again.headers["retry-after"] == first.headers["retry-after"]
    clock.forward(seconds=int(first.headers["retry-after"]))
    assert (await taker.http.get(where)).status_code == 202


# --- who, and what of it ---


async def test_only_a_service_takes_data_in_bulk(ward, program, doctors, patients):
    """PRI-28, INT-04"""
    firm = Program(ward.place)
    await firm.approved("user/*.rs patient/*.rs")
    hands = await program(firm.hat(ward.doctor, "user/*.rs patient/*.rs"))
    for reader in (doctors, patients, hands):
        assert (await reader.get("$export", headers=ASYNC)).status_code == 403


async def test_scopes_leave_their_types_and_searches(taking, ward):
    """INT-04"""
    plain, other = (make.observation(ward.person_id, code=code) for code in ("8480-6", "2823-3"))
    await ward.publish(plain, other, make.condition(ward.person_id))
    taker = await taking("system/Observation.rs?code=8480-6")
    found = await taker.taken()
    assert {type: ids(some) for type, some in found.items()} == {"Observation": [plain["id"]]}
    refused = await taker.http.get("Patient/$export?_type=Condition", headers=ASYNC)
    assert refused.status_code == 403


@pytest.mark.parametrize("scopes", ["system/Observation.r", "system/Observation.s"])
async def test_it_needs_the_rights_to_read_and_to_search(taking, scopes):
    taker = await taking(scopes)
    assert (await taker.http.get("$export", headers=ASYNC)).status_code == 403


async def test_nothing_leaves_that_the_doors_keep(taking, ward, elsewhere):
    """PRI-01, PRI-10, IDN-11, EMR-09: of classes, unreleased, of strangers, of other hospitals."""
    open_to_all = make.condition(ward.person_id)
    await ward.publish(open_to_all)
    secret, unreleased = (
        make.condition(ward.person_id, code="B24"),
        make.observation(ward.person_id),
    )
    await ward.publish(secret, classes=frozenset({Sensitive.INFECTION}))
    await ward.publish(unreleased, released=False)
    stranger = await ward.place.resident()
    await ward.publish(make.condition(stranger.person_id), owner=stranger.person_id)
    await elsewhere.publish(make.condition(ward.person_id))
    taker = await taking("system/*.rs lianyi/source", given="system/*.rs")
    found = await taker.taken("$export?_type=Condition,Observation")
    assert {type: ids(some) for type, some in found.items()} == {"Condition": [open_to_all["id"]]}
    source = await taking("system/*.rs lianyi/source", firm=Program(ward.place))
    found = await source.taken("$export?_type=Condition,Observation")
    assert ids(found["Observation"]) == [unreleased["id"]]  # its own, as it wrote it


async def test_an_objection_is_honoured_by_what_is_not_written_yet(taker, ward):
    """PRI-04"""
    await ward.publish(make.condition(ward.person_id))
    await taker.firm.approved("patient/*.rs", Purpose.OWN)
    permission = await taker.firm.permitted(ward.patient, "patient/*.rs")
    where = await taker.ask()
    await bulk.step(ward.place.app)  # the files are laid out
    await taker.firm.take_back(ward.patient, permission)
    await work(ward.place.app)
    assert await taker.files(where) == {}


async def test_a_relation_that_ends_closes_the_door_at_once(taker, ward):
    other = await ward.place.resident()
    cause = await ward.place.relate(other.person_id, DOCTOR)
    await ward.publish(make.condition(other.person_id), owner=other.person_id)
    where = await taker.ask()
    await bulk.step(ward.place.app)
    await ward.place.do(ward.place.office, access.end_relation, cause_id=cause)
    await work(ward.place.app)
    assert await taker.files(where) == {}


async def test_who_becomes_a_patient_later_is_not_in_what_was_asked(taker, ward):
    """PRI-28: nobody is added after the yes."""
    where = await taker.ask()
    other = await ward.place.patient(DOCTOR)
    await ward.publish(make.condition(other.person_id), owner=other.person_id)
    await work(ward.place.app)
    assert await taker.files(where) == {}


async def test_what_is_everybodys_comes_with_all_and_not_with_patients(taker, ward):
    place = make.body("Location", ward.person_id, status="active")
    del place["subject"]
    await ward.publish(place, owner=PUBLIC)
    everything = await taker.taken("$export?_type=Location")
    assert place["id"] in ids(everything["Location"])
    assert await taker.taken("Patient/$export?_type=Location") == {}


async def test_the_institutions_patients_are_a_group(taker, ward, elsewhere):
    body = make.condition(ward.person_id)
    await ward.publish(body)
    found = await taker.taken(f"Group/{ward.place.id}/$export?_type=Condition")
    assert ids(found["Condition"]) == [body["id"]]
    theirs = await taker.http.get(f"Group/{elsewhere.place.id}/$export", headers=ASYNC)
    assert theirs.status_code == 404
    await deliver(ward.place.app)
    assert (await taker.http.get(f"Group/{ward.place.id}")).json()["actual"] is True
    assert (await taker.http.get(f"Group/{elsewhere.place.id}")).status_code == 404


async def test_some_elements_are_taken_and_marked_as_some(taker, ward):
    """Bulk Data Access IG 2.0.0, _elements: mandatory and modifiers come along; digits stay."""
    tagged = {"tag": [{"system": "urn:x", "code": "y"}], "profile": ["urn:p"]}
    body = {**make.observation(ward.person_id, Decimal("1.50")), "meta": tagged}
    await ward.publish(body, make.condition(ward.person_id))
    asked = "Patient/$export?_type=Observation,Condition&_elements=subject,Observation.value"
    found = await taker.taken(asked)
    (one,) = found["Observation"]
    assert set(one) == {"resourceType", "id", "meta", "status", "code", "subject", "valueQuantity"}
    assert [tag["code"] for tag in one["meta"]["tag"]] == ["y", "SUBSETTED"]
    assert (one["meta"]["profile"], one["meta"]["versionId"]) == (["urn:p"], "1")
    (other,) = found["Condition"]
    assert set(other) == {"resourceType", "id", "meta", "subject", "clinicalStatus"}
    assert [tag["code"] for tag in other["meta"]["tag"]] == ["SUBSETTED"]
    (file,) = [one for one in taker.told["output"] if one["type"] == "Observation"]
    assert '"value":1.50' in (await taker.file(file["url"])).text


def asking(*persons):
    named = [
        {"name": "patient", "valueReference": {"reference": f"Patient/{id}"}} for id in persons
    ]
    types = {"name": "_type", "valueString": "Condition"}
    return {"resourceType": "Parameters", "parameter": [*named, types]}


async def test_some_patients_are_taken_and_nobody_else(taker, ward):
    """Bulk Data Access IG 2.0.0, patient."""
    other = await ward.place.patient(DOCTOR)
    bodies = [make.condition(ward.person_id), make.condition(other.person_id)]
    await ward.publish(bodies[0])
    await ward.publish(bodies[1], owner=other.person_id)
    for level in ("Patient", f"Group/{ward.place.id}"):
        answer = await taker.http.post(f"{level}/$export", asking(other.person_id), headers=ASYNC)
        assert answer.status_code == 202, answer.text
        where = answer.headers["content-location"].removeprefix(f"{BASE}/")
        await work(ward.place.app)
        found = await taker.files(where)
        assert ids(found["Condition"]) == [bodies[1]["id"]]
        assert taker.told["request"] == f"{BASE}/{level}/$export"


async def test_a_patient_who_is_not_this_services_ends_it_and_is_not_told_of(
    taker, ward, elsewhere
):
    """INT-07: who is elsewhere, and who is nowhere, are answered alike."""
    there = await elsewhere.place.patient(DOCTOR)
    told = []
    for one in (there.person_id, uuid4()):
        asked = asking(ward.person_id, one)
        answer = await taker.http.post("Patient/$export", asked, headers=ASYNC)
        assert answer.status_code == 404
        told.append(answer.text.replace(str(one), "?"))
    assert told[0] == told[1]
    answer = await taker.http.post("$export", asking(ward.person_id), headers=ASYNC)
    assert answer.status_code == 400


async def test_what_was_agreed_of_some_is_not_agreed_of_all(taker, ward, admins, crowd):
    """PRI-28"""
    asked = asking(ward.person_id, *crowd)
    answer = await taker.http.post("Patient/$export", asked, headers=ASYNC)
    await taker.votes(answer.headers["content-location"], *admins)
    hat = taker.firm.service(taker.approval, f"system/*.rs {TREATING}")
    assert not await ward.place.ask(hat, lambda tx: leaving.is_agreed(tx, types=["Condition"]))


async def test_an_institution_from_before_there_were_groups_has_its_group(taker, ward, dsn):
    """What the migration writes, and then the filing of each start."""
    place = ward.place
    (file,) = (MIGRATIONS / "versions").glob("*_records_groups.py")
    assert (await taker.http.get(f"Group/{place.id}")).status_code == 404
    db = await asyncpg.connect(dsn)
    await db.execute(runpy.run_path(str(file))["SQL"])
    await db.close()
    await place.do(place.office, records.refile, limit=1000)
    found = (await taker.http.get(f"Group?managing-entity=Organization/{place.id}")).json()
    assert [one["resource"]["id"] for one in found["entry"]] == [str(place.id)]
    await deliver(place.app)
    group = (await taker.http.get(f"Group/{place.id}")).json()
    assert (group["actual"], group["meta"]["versionId"]) == (True, "1")


async def test_searches_narrow_a_type(taker, ward):
    first, second, third = (
        make.observation(ward.person_id, code=code) for code in ("8480-6", "2823-3", "718-7")
    )
    await ward.publish(first, second, third, make.condition(ward.person_id))
    path = "Patient/$export?_type=Observation,Condition"
    path += "&_typeFilter=Observation%3Fcode=8480-6&_typeFilter=Observation%3Fcode=718-7"
    found = await taker.taken(path)
    assert ids(found["Observation"]) == sorted([first["id"], third["id"]])
    assert len(found["Condition"]) == 1


# --- one instant ---


async def test_all_files_are_as_of_one_instant(taker, ward, clock):
    """What is changed, taken back or new while it is written is as it was."""
    changed, fallen, dropped = (make.observation(ward.person_id, n) for n in (1, 2, 3))
    await ward.publish(changed, fallen, dropped)
    where = await taker.ask("Patient/$export?_type=Observation")
    await bulk.step(ward.place.app)
    clock.forward(seconds=1)
    await ward.publish({**changed, "valueQuantity": {"value": 9, "unit": "mmHg"}})
    await ward.publish(make.observation(ward.person_id, 4))
    await work(ward.place.app)
    found = {one["id"]: one for one in (await taker.files(where))["Observation"]}
    assert set(found) == {changed["id"], fallen["id"], dropped["id"]}
    assert found[changed["id"]]["valueQuantity"]["value"] == 1
    assert found[changed["id"]]["meta"]["versionId"] == "1"


async def test_nothing_is_written_before_who_began_earlier_has_ended(taker, ward):
    """What they write may be from before the instant the files are of."""
    app = ward.place.app
    async with app.pool.acquire() as db:
        await db.execute("BEGIN")
        where = await taker.ask()
        assert await bulk.step(app)
        assert not await bulk.step(app)
        await db.execute("ROLLBACK")
    await work(app)
    assert (await taker.http.get(where)).status_code == 200


async def test_since_brings_what_changed_and_tells_what_is_gone(taking, ward, program, clock):
    taker = await taking("system/*.cruds")
    old = make.observation(ward.person_id)
    await ward.publish(old)
    body = make.observation(ward.person_id)
    made = await taker.http.put(f"Observation/{body['id']}x", {**body, "id": f"{body['id']}x"})
    assert made.status_code == 201, made.text
    clock.forward(seconds=10)
    since = "2030-01-07T04:00:05Z"
    fresh = make.observation(ward.person_id)
    await ward.publish(fresh)
    gone = await taker.http.delete(
        f"Observation/{body['id']}x", headers={"if-match": made.headers["etag"]}
    )
    assert gone.status_code == 204, gone.text
    found = await taker.taken(f"Patient/$export?_type=Observation&_since={since}")
    assert ids(found["Observation"]) == [fresh["id"]]
    (entry,) = found["Bundle"][0]["entry"]
    assert entry["request"] == {"method": "DELETE", "url": f"Observation/{body['id']}x"}


# --- two who agree ---


async def test_few_leave_at_once_and_many_wait_for_two(taker, ward, crowd, admins, clock):
    """PRI-11, PRI-28"""
    await ward.publish(make.condition(ward.person_id))
    where = await taker.ask()
    await work(ward.place.app)
    waits = await taker.http.get(where)
    assert (waits.status_code, waits.headers["x-progress"]) == (202, "waiting for approval")
    await taker.votes(where, admins[0])
    await work(ward.place.app)
    clock.forward(minutes=2)
    assert (await taker.http.get(where)).headers["x-progress"] == "waiting for approval"
    await taker.votes(where, admins[1])
    await work(ward.place.app)
    assert len((await taker.files(where))["Condition"]) == 1


async def test_the_same_person_agrees_once_whatever_post_they_wear(taker, ward, crowd, admins):
    """PRI-28"""
    where = await taker.ask()
    first = admins[0]
    await taker.votes(where, first)
    again = await ward.place.appoint(ADMIN, person_id=first.person_id)
    for hat in (first, again):
        with pytest.raises(AgreedAlready):
            await taker.votes(where, hat)


async def test_two_at_once_are_two_and_the_same_twice_is_one(taker, ward, crowd, admins):
    """PRI-28: with real concurrency."""
    where = await taker.ask()
    same = await asyncio.gather(
        *(taker.votes(where, admins[0]) for _ in range(2)), return_exceptions=True
    )
    assert {type(one) for one in same} == {AgreedAlready, type(None)}
    where = await taker.ask()
    await asyncio.gather(*(taker.votes(where, hat) for hat in admins))
    found = await ward.place.ask(admins[0], leaving.exports)
    assert {str(one.id): one.state for one in found}[id_of(where)] is ExportState.RUNNING


async def test_both_name_the_purpose_and_the_same_assessment(taker, crowd, admins):
    """PRI-11"""
    where = await taker.ask()
    for given in ({"why": " "}, {"assessment": "P"}):
        with pytest.raises(UnsoundVote):
            await taker.votes(where, admins[0], **given)
    await taker.votes(where, admins[0])
    with pytest.raises(OtherAssessment):
        await taker.votes(where, admins[1], assessment="PIA-2030-08")


async def test_data_stay_in_the_country(taker, crowd, admins):
    """PRI-20"""
    where = await taker.ask()
    with pytest.raises(AbroadOff):
        await taker.votes(where, admins[0], abroad=True)


async def test_only_administrators_of_the_institution_decide(taker, ward, crowd, elsewhere):
    """PRI-28, INT-17"""
    where = await taker.ask()
    with pytest.raises(WrongRole):
        await taker.votes(where, ward.doctor)
    with pytest.raises(NoSuchExport):
        await taker.votes(where, await elsewhere.place.admin())


async def test_a_refusal_tells_its_reason(taker, ward, crowd, admins):
    where = await taker.ask()
    await taker.votes(where, admins[0])
    given = {"export_id": id_of(where), "why": "用途不明确"}
    await ward.place.do(admins[1], exports.refuse, **given)
    told = await taker.http.get(where)
    assert told.status_code == 403
    assert "用途不明确" in told.text


async def test_slices_of_a_day_count_together(taker, ward, crowd, clock):
    """PRI-28: of whom an app has data already today, it has them."""
    now = ward.place.app.clock()
    await ward.place.app.pool.execute(OVER, ward.place.id, now, crowd[:250])
    where = await taker.ask()
    assert (await taker.http.get(where)).headers["x-progress"] == "0%"
    await work(ward.place.app)
    again = await taker.ask()  # the same persons once more
    assert (await taker.http.get(again)).headers["x-progress"] == "0%"
    await work(ward.place.app)
    await ward.place.app.pool.execute(OVER, ward.place.id, now, crowd)
    await ward.place.app.pool.fetch(MANY, ward.place.id, now, 300)
    third = await taker.ask()  # 301 others, 551 in a day
    assert (await taker.http.get(third)).headers["x-progress"] == "waiting for approval"
    clock.forward(days=1)
    fourth = await taker.ask()
    assert (await taker.http.get(fourth)).headers["x-progress"] == "0%"


async def test_two_slices_at_once_count_together(taking, ward, crowd):
    """PRI-28: with real concurrency."""
    taker = await taking()
    await asyncio.gather(*(taker.ask() for _ in range(3)))
    found = await ward.place.ask(await ward.place.admin(), leaving.exports)
    assert {one.is_large for one in found} == {True}


async def test_what_nobody_agrees_to_ends(taker, ward, crowd, clock):
    where = await taker.ask()
    clock.forward(days=8)
    await within_timers(ward.place.app)
    assert (await taker.http.get(where)).status_code == 404


async def test_an_app_has_no_more_than_some_at_once(taker):
    for _ in range(5):
        await taker.ask()
    assert (await taker.http.get("$export", headers=ASYNC)).status_code == 409


async def within_timers(app):
    while await within(app, WORKER, timers.fire):
        await deliver(app)


# --- files ---


async def test_files_are_the_apps_own_and_go_with_their_time(taker, taking, ward, clock):
    """PRI-09, CAP-39"""
    await ward.publish(make.condition(ward.person_id))
    where = await taker.ask()
    await work(ward.place.app)
    (one,) = (await taker.http.get(where)).json()["output"]
    path = one["url"].removeprefix(f"{BASE}/")
    other = await taking("system/*.rs", firm=Program(ward.place))
    for address in (where, path):
        assert (await other.http.get(address)).status_code == 404
        assert (await other.http.delete(where)).status_code == 404
    folder = ward.place.app.files / "bulk"
    assert any(folder.rglob("*.gz"))
    clock.forward(hours=25)
    assert (await taker.http.get(path)).status_code == 404
    assert (await taker.http.get(where)).status_code == 404
    await within_timers(ward.place.app)
    await work(ward.place.app)
    assert not any(folder.rglob("*.gz"))


async def test_nothing_lies_readable_on_the_disk(taker, ward):
    body = make.condition(ward.person_id, text="高血压")
    await ward.publish(body)
    await taker.taken()
    (file,) = (ward.place.app.files / "bulk").rglob("*.gz")
    raw = file.read_bytes()
    assert body["id"].encode() not in raw
    assert b"\x1f\x8b" not in raw[:64]


async def test_an_approval_that_is_withdrawn_ends_exports_and_their_files(taker, ward):
    """CAP-39, PRI-04"""
    await ward.publish(make.condition(ward.person_id))
    where = await taker.ask()
    await work(ward.place.app)
    (one,) = (await taker.http.get(where)).json()["output"]
    admin = await ward.place.admin()
    given = {"approval_id": taker.approval, "why": "不再需要"}
    await ward.place.do(admin, app_acts.withdraw_approval, **given)
    assert (await taker.http.get(one["url"].removeprefix(f"{BASE}/"))).status_code == 409
    await work(ward.place.app)
    assert not any((ward.place.app.files / "bulk").rglob("*.gz"))


async def test_an_approval_that_is_over_ends_what_is_under_way(taker, ward, clock):
    await ward.publish(make.condition(ward.person_id))
    await taker.ask()
    await bulk.step(ward.place.app)
    clock.forward(days=91)
    await work(ward.place.app)
    (one,) = await ward.place.ask(await ward.place.admin(), leaving.exports)
    assert one.state is ExportState.CANCELLED


async def test_a_narrower_approval_does_not_carry_an_older_export(taker, ward):
    """CAP-39: it rests on the one it was asked under."""
    await ward.publish(make.condition(ward.person_id))
    await taker.ask()
    await bulk.step(ward.place.app)
    admin = await ward.place.admin()
    await ward.place.do(admin, apps.withdraw_approval, approval_id=taker.approval, why="改小")
    await taker.firm.approved("system/Observation.rs")
    await work(ward.place.app)
    (one,) = await ward.place.ask(admin, leaving.exports)
    assert one.state is ExportState.CANCELLED


async def test_a_cancelled_export_leaves_nothing(taker, ward):
    await ward.publish(make.condition(ward.person_id))
    where = await taker.ask()
    await work(ward.place.app)
    assert (await taker.http.delete(where)).status_code == 202
    await work(ward.place.app)
    assert (await taker.http.get(where)).status_code == 404
    assert not any((ward.place.app.files / "bulk").rglob("*.gz"))


async def test_a_broken_download_goes_on(taker, ward):
    bodies = [make.observation(ward.person_id, n) for n in range(40)]
    await ward.publish(*bodies)
    where = await taker.ask()
    await work(ward.place.app)
    (one,) = (await taker.http.get(where)).json()["output"]
    for coding in ("gzip", "identity"):
        whole = await raw(taker, one["url"], coding)
        size, tag = len(whole.content_raw), whole.headers["etag"]
        assert whole.headers["content-length"] == str(size)
        got = b""
        for span in ("0-99", f"100-{size - 10}", f"{size - 9}-"):
            part = await raw(taker, one["url"], coding, range=f"bytes={span}", **{"if-range": tag})
            assert part.status_code == 206
            got += part.content_raw
        assert got == whole.content_raw
        lines = (gzip.decompress(got) if coding == "gzip" else got).splitlines()
        assert len(lines) == 40
        beyond = await raw(taker, one["url"], coding, range=f"bytes={size}-")
        assert beyond.status_code == 416
        other = await raw(taker, one["url"], coding, range="bytes=5-", **{"if-range": '"other"'})
        assert other.status_code == 200


async def raw(taker, url, coding, **headers):
    """Return an answer as it came over the wire."""
    http = taker.http.http
    async with http.stream("GET", url, headers={"accept-encoding": coding, **headers}) as answer:
        answer.content_raw = b"".join([piece async for piece in answer.aiter_raw()])
    return answer


async def test_each_person_is_told_and_each_fetch_is_kept(taker, ward, crowd, admins):
    """INT-06, EMR-05: one line for each person and export."""
    await ward.publish(make.condition(ward.person_id))
    where = await taker.ask()
    await taker.votes(where, *admins)
    await work(ward.place.app)
    await taker.files(where)

    async def readings(tx):
        chart = await access.open_chart(tx, person_id=ward.person_id, purpose=Purpose.OWN)
        return await leaving.readings(tx, chart)

    told = await ward.place.ask(ward.patient, readings)
    (one,) = [each for each in told if each.what == "export_agreed"]
    assert (one.app_id, one.cause) == (taker.firm.app_id, "approval")
    fetched = await ward.place.ask(admins[0], lambda tx: leaving.fetches(tx, ids=[one.export_id]))
    assert len(fetched[one.export_id]) == 1


# --- a worker that dies ---


async def test_an_export_goes_on_where_a_dead_worker_left_it(taker, ward, monkeypatch):
    """A file that is written is not written again; one that was begun is, whole."""
    persons = [await ward.place.patient(DOCTOR) for _ in range(3)]
    for person in persons:
        await ward.publish(make.observation(person.person_id), owner=person.person_id)
    await ward.publish(make.observation(ward.person_id))
    monkeypatch.setattr(tables, "LINES", 2)
    where = await taker.ask("Patient/$export?_type=Observation")
    app = ward.place.app
    monkeypatch.setattr(parts, "ABREAST", 1)
    await bulk.step(app)
    await settle(app)
    await bulk.step(app)
    folder = app.files / "bulk"
    (done,) = folder.rglob("*.gz")
    was = done.stat().st_mtime_ns
    done.with_name("1.draft").write_bytes(b"half of it")
    monkeypatch.undo()
    await work(app)
    assert done.stat().st_mtime_ns == was
    assert len((await taker.files(where))["Observation"]) == 4
    assert not list(folder.rglob("*.draft"))


async def test_a_file_that_never_succeeds_ends_the_export(taker, ward):
    await ward.publish(make.observation(ward.person_id))
    where = await taker.ask()
    app = ward.place.app
    await bulk.step(app)
    await settle(app)
    app.files.mkdir()
    (app.files / "bulk").write_text("in the way")
    for _ in range(5):
        with pytest.raises(DatabaseAway):  # so is said of whatever is out of order
            await bulk.step(app)
    await work(app)
    assert (await taker.http.get(where)).status_code == 500


async def test_a_search_goes_on_where_two_have_agreed(taker, ward, crowd, admins):
    """PRI-11: the yes is for the app and the type, however it takes them."""
    bodies = [make.observation(ward.person_id, n) for n in range(401)]
    await ward.publish(*bodies)
    with pytest.raises(KeyError):
        await taker.searched("Observation")
    where = await taker.ask("$export?_type=Observation")
    await taker.votes(where, *admins)
    assert len(await taker.searched("Observation")) == 401


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_there_is_an_export_is_what_a_search_finds(taking, ward, elsewhere, seed):
    """By the same doors: random resources, of random kinds, holders, classes, releases and ends."""
    random = Random(seed)
    others = [await ward.place.patient(DOCTOR), await ward.place.resident()]
    persons = [ward.person_id, *(one.person_id for one in others)]
    for _ in range(30):
        person_id = random.choice(persons)
        kind = random.choice([make.observation, make.condition, make.allergy, make.encounter])
        body = kind(person_id)
        if random.random() < 0.3:
            body["meta"] = {"tag": [{"system": "urn:x", "code": "t", "display": '"meta" {}'}]}
        given = {
            "owner": person_id,
            "released": random.random() < 0.8,
            "classes": frozenset(random.sample([*Sensitive], random.choice([0, 0, 0, 1]))),
        }
        await (ward if random.random() < 0.8 else elsewhere).publish(body, **given)
    scopes = random.choice(
        [
            "system/*.rs",
            "system/Observation.rs system/Condition.rs?code=I10",
            "system/*.rs lianyi/source",
        ]
    )
    taker = await taking(scopes)
    found = await taker.taken()
    for type in ("Observation", "Condition", "AllergyIntolerance", "Encounter"):
        asked = await taker.http.get(f"{type}?_count=200")
        wanted = await taker.searched(type) if asked.status_code == 200 else []
        assert {one["id"]: one for one in found.get(type, ())} == {one["id"]: one for one in wanted}
