import json

from lianyi.access.model import Purpose
from lianyi.people import service as people
from lianyi.records import queries
from lianyi.records.model import PUBLIC
from tests.drain import deliver
from tests.place import Place

BODY = "SELECT body, owner, holder_id FROM records.resource WHERE type = $1 AND fhir_id = $2"


async def body_of(place, type, id):
    ((body, owner, holder_id),) = await place.rows(BODY, type, str(id))
    return json.loads(body), owner, holder_id


async def test_a_place_its_departments_and_its_staff_are_public_in_the_record(app):
    place = await Place.found(app)
    doctor = await place.doctor()
    await deliver(app)
    for type, id in (
        ("Organization", place.id),
        ("Organization", place.department_id),
        ("Practitioner", doctor.person_id),
        ("PractitionerRole", doctor.post_id),
    ):
        _, owner, holder_id = await body_of(place, type, id)
        assert (owner, holder_id) == (PUBLIC, PUBLIC)
    _, owner, holder_id = await body_of(place, "Group", place.id)
    assert (owner, holder_id) == (place.id, place.id)


async def test_a_post_that_ended_says_so(app):
    place = await Place.found(app)
    doctor = await place.doctor()
    await deliver(app)
    await place.do(place.office, people.end_post, post_id=doctor.post_id)
    await deliver(app)
    body, _, _ = await body_of(place, "PractitionerRole", doctor.post_id)
    assert body["active"] is False


async def test_a_person_is_one_patient_for_all_institutions_and_finds_themselves(app):
    place = await Place.found(app)
    hat = await place.resident(name="王秀英")
    await deliver(app)
    chart = await place.open(hat, hat.person_id, Purpose.OWN)
    key = {"type": "Patient", "fhir_id": str(hat.person_id)}
    entry = await place.ask(hat, lambda tx: queries.resource(tx, chart, **key))
    assert (entry.holder_id, "王秀英" in entry.body) == (PUBLIC, True)
