import asyncio
import json
from decimal import Decimal

import asyncpg
import pytest

from lianyi.access.model import Sensitive
from lianyi.journeys.sealed import RELEASES, VERSIONS
from lianyi.kernel import seal
from lianyi.kernel.work import within
from lianyi.people.model import DOCTOR
from lianyi.records import queries, service
from lianyi.records.errors import CanNotRetract, NoSuchResource, NotFhir, OthersResource, WrongOwner
from lianyi.records.model import PUBLIC
from lianyi.worker.deliver import WORKER
from tests.records import make


async def test_what_is_published_is_kept_to_the_letter(ward):
    text = json.dumps(make.observation(ward.person_id), indent=1, ensure_ascii=False)
    await ward.publish(text)
    (row,) = await ward.place.rows("SELECT body FROM records.resource WHERE body = $1", text)
    assert row == (text,)


async def test_a_decimal_keeps_its_digits(ward):
    body = make.observation(ward.person_id, Decimal("6.50"))
    await ward.publish(body)
    entry = await ward.see(queries.resource, type="Observation", fhir_id=body["id"])
    assert '"value":6.50' in entry.body


async def test_every_change_makes_a_version_that_keeps_its_post_and_time(ward, clock):
    """EMR-04"""
    body = make.condition(ward.person_id)
    first = await ward.publish(body)
    clock.forward(minutes=5)
    colleague = await ward.place.appoint(DOCTOR)
    second = await ward.publish({**body, "code": {"text": "继发性高血压"}}, hat=colleague)
    assert (first, second) == ([1], [2])
    versions = await ward.see(queries.versions, type="Condition", fhir_id=body["id"])
    assert [(v.version, v.post_id) for v in versions] == [
        (2, colleague.post_id),
        (1, ward.doctor.post_id),
    ]
    assert versions[0].at > versions[1].at
    assert "高血压" in versions[1].body


async def test_the_same_text_again_makes_no_version(ward):
    body = make.condition(ward.person_id)
    assert await ward.publish(body) == [1]
    assert await ward.publish(body) == [1]


async def test_several_resources_are_written_at_once_and_answered_in_order(ward):
    first, second = make.order(ward.person_id), make.condition(ward.person_id)
    await ward.publish(second)
    assert await ward.publish(first, {**second, "recordedDate": "2029-03-02"}) == [1, 2]


async def test_what_is_found_of_many_is_filed_as_of_one(ward):
    text = "Back\\slash,\ttab,\r\nline \\N \\. 收缩压"
    bodies = [
        make.observation(
            ward.person_id,
            Decimal("6.50"),
            note=[{"text": text}],
            method={"text": text},
            identifier=[{"system": "urn:a\\b", "value": text}],
            encounter={"reference": "Encounter/e1"},
            component=[{"code": {"text": text}, "valueQuantity": {"value": n, "unit": text}}],
        )
        for n in [7] * 40
    ]
    await ward.publish(bodies[0])
    await ward.publish(*bodies[1:])
    one, *others = [await filed_of(ward, body["id"]) for body in bodies]
    assert all(one.values())
    assert all(other == one for other in others)


async def test_many_are_filed_as_the_versions_they_become(ward):
    same, changed, new = ([make.observation(ward.person_id) for _ in range(40)] for _ in range(3))
    await ward.publish(*same, *changed)
    now = [{**body, "valueQuantity": {"value": 183}} for body in changed]
    assert await ward.publish(*same, *now, *new) == [1] * 40 + [2] * 40 + [1] * 40
    sql = """SELECT r.version, count(*) FROM records.resource r
             JOIN records.{} k ON (k.type, k.fhir_id, k.version) = (r.type, r.fhir_id, r.version)
             WHERE r.fhir_id = ANY($1) GROUP BY 1"""
    for table in ("token", "word", "moment", "amount", "link"):
        found = [
            await ward.place.rows(sql.format(table), [body["id"] for body in bodies])
            for bodies in (same, changed, new)
        ]
        ((_, of_all),) = found[0]
        assert found[1:] == [[(2, of_all)], [(1, of_all)]]


async def filed_of(ward, id):
    """Return all that a resource is found by, table by table, without its own id."""
    tables = ("token", "word", "moment", "amount", "link")
    sql = "SELECT to_jsonb(t) - 'fhir_id' FROM records.{} t WHERE fhir_id = $1 ORDER BY 1"
    return {table: await ward.place.rows(sql.format(table), id) for table in tables}


async def test_two_writers_of_one_resource_make_two_versions(app, ward):
    body = make.condition(ward.person_id)
    bodies = [{**body, "code": {"text": f"{n}"}} for n in range(5)]
    versions = await asyncio.gather(*(ward.publish(b) for b in bodies))
    assert sorted(v for (v,) in versions) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("table", ["version", "release"])
async def test_no_version_is_ever_changed_or_removed(app, table):
    """EMR-04"""
    for change in (f"DELETE FROM records.{table}", f"UPDATE records.{table} SET version = 1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.pool.execute(change)


async def test_what_is_not_fhir_is_refused_with_every_finding_and_nothing_is_written(ward):
    body = {**make.observation(ward.person_id), "status": "done", "colour": "red"}
    with pytest.raises(NotFhir) as refused:
        await ward.publish(make.condition(ward.person_id), body)
    assert {(f.rule, f.where) for f in refused.value.findings} == {
        ("binding", "Observation.status"),
        ("unknown", "Observation"),
    }
    assert await ward.see(queries.counts) == []


@pytest.mark.parametrize(
    ("text", "where"), [("", "$this"), ("[]", "$this"), ("{", "$this"), ("null", "$this")]
)
async def test_what_is_not_even_an_object_is_refused(ward, text, where):
    with pytest.raises(NotFhir) as refused:
        await ward.publish(text)
    assert [f.where for f in refused.value.findings] == [where]


async def test_a_resource_without_an_id_is_refused(ward):
    body = make.condition(ward.person_id)
    del body["id"]
    with pytest.raises(NotFhir) as refused:
        await ward.publish(body)
    assert [f.where for f in refused.value.findings] == ["Condition.id"]


async def test_nothing_about_another_person_enters_a_record(ward):
    other = await ward.place.person("李雷")
    for body in (make.condition(other), make.allergy(other)):
        with pytest.raises(WrongOwner):
            await ward.publish(body)


async def test_nobody_writes_over_what_another_institution_wrote(ward, elsewhere):
    """EMR-09"""
    body = make.condition(ward.person_id)
    await ward.publish(body)
    for again in (body, {**body, "recordedDate": "2029-03-02"}):
        with pytest.raises(OthersResource):
            await elsewhere.publish(again)
    assert len(await ward.see(queries.versions, type="Condition", fhir_id=body["id"])) == 1


async def test_an_id_never_moves_to_another_person(ward):
    """EMR-18"""
    body = make.condition(ward.person_id)
    await ward.publish(body)
    other = await ward.place.person("韩梅梅")
    body["subject"]["reference"] = f"Patient/{other}"
    with pytest.raises(OthersResource):
        await ward.publish(body, owner=other)


async def test_what_belongs_to_nobody_is_published_too(ward):
    await ward.publish({"resourceType": "Medication", "id": "aspirin-100"}, owner=PUBLIC)
    assert await ward.see(queries.counts) == []


async def test_a_mistake_is_a_version_that_says_so(ward):
    """EMR-04"""
    body = make.observation(ward.person_id, Decimal("1.50"))
    await ward.publish(body)
    key = {"type": "Observation", "fhir_id": body["id"]}
    assert await ward.place.do(ward.doctor, service.retract, **key) == 2
    entry = await ward.see(queries.resource, **key)
    assert entry.status == "entered-in-error"
    assert '"value":1.50' in entry.body
    assert len(await ward.see(queries.versions, **key)) == 2
    assert await ward.see(queries.measurements, codes=[make.SYSTOLIC]) == {make.SYSTOLIC: []}


@pytest.mark.parametrize("made", [make.condition, make.allergy])
async def test_a_mistaken_diagnosis_or_allergy_says_so_where_its_type_says_it(ward, made):
    body = made(ward.person_id)
    await ward.publish(body)
    key = {"type": body["resourceType"], "fhir_id": body["id"]}
    await ward.place.do(ward.doctor, service.retract, **key)
    assert await ward.see(queries.problems) == []
    assert (await ward.see(queries.allergies)).asked_at is None


async def test_only_who_wrote_it_takes_it_back(ward, elsewhere):
    body = make.condition(ward.person_id)
    await ward.publish(body)
    with pytest.raises(NoSuchResource):
        await elsewhere.place.do(
            elsewhere.doctor, service.retract, type="Condition", fhir_id=body["id"]
        )


async def test_what_can_not_say_entered_in_error_is_not_retracted(ward):
    body = {"resourceType": "Patient", "id": str(ward.person_id), "gender": "female"}
    await ward.publish(body)
    with pytest.raises(CanNotRetract):
        await ward.place.do(ward.doctor, service.retract, type="Patient", fhir_id=body["id"])


async def test_the_writer_may_add_a_sensitive_class_that_no_code_tells(ward):
    body = make.encounter(ward.person_id)
    await ward.publish(body, classes=frozenset({Sensitive.PSYCHIATRY}))
    entry = await ward.see(queries.resource, type="Encounter", fhir_id=body["id"])
    assert entry.classes == {Sensitive.PSYCHIATRY}


async def test_a_refused_change_leaves_no_trace_in_the_record(app, ward):
    async def change(tx):
        await service.publish(tx, owner=ward.person_id, body=make.condition(ward.person_id))
        raise NoSuchResource(type="x", fhir_id="x")

    with pytest.raises(NoSuchResource):
        await within(app, ward.doctor, change)
    assert await ward.see(queries.counts) == []


@pytest.mark.parametrize("log", [VERSIONS, RELEASES], ids=lambda log: log.table)
async def test_versions_and_releases_are_sealed(app, ward, log):
    """SEC-17"""
    body = make.observation(ward.person_id)
    await ward.publish(body, released=False)
    release = {"type": "Observation", "fhir_ids": [body["id"]]}
    await ward.place.do(ward.doctor, service.release, **release)
    while await within(app, WORKER, lambda tx: seal.seal(tx, log)):
        pass
    verdict = await within(app, WORKER, lambda tx: seal.verify(tx, log))
    assert (verdict.broken_at, verdict.seals > 0) == (None, True)
