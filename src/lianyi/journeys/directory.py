"""The network's own directory in the record: who is known, which places there are, who works there.

What is public about places and staff belongs to nobody; a Patient belongs to its person and is held
by no institution, since all of them mean the same one. That an institution has patients is its own.
"""

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.kernel.work import Tx
from lianyi.people import events, fhir
from lianyi.people import queries as people
from lianyi.records import service as records
from lianyi.records.model import PUBLIC


async def publish_person(tx: Tx, event: events.PersonRegistered | events.PersonDied) -> None:
    chart = await access.open_chart(
        tx, person_id=event.person_id, purpose=Purpose.MANAGE, what="directory"
    )
    body = fhir.patient(await people.person(tx, chart))
    await records.publish(tx, owner=event.person_id, body=body, holder_id=PUBLIC)


async def publish_institution(tx: Tx, event: events.InstitutionRegistered) -> None:
    found = await people.institutions(tx, ids=[event.institution_id])
    place = found[event.institution_id]
    await records.publish(tx, owner=PUBLIC, body=fhir.organization(place), holder_id=PUBLIC)
    await records.publish(tx, owner=place.id, body=fhir.patients_of(place), holder_id=place.id)


async def publish_department(tx: Tx, event: events.DepartmentRegistered) -> None:
    found = await people.departments_of(tx, institution_id=event.institution_id)
    (body,) = [fhir.department(each) for each in found if each.id == event.department_id]
    await records.publish(tx, owner=PUBLIC, body=body, holder_id=PUBLIC)


async def publish_post(tx: Tx, event: events.Appointed | events.PostEnded) -> None:
    found = await people.posts(tx, ids=[event.post_id])
    post = found[event.post_id]
    bodies = [fhir.practitioner(post), fhir.practitioner_role(post)]
    await records.publish_all(tx, owner=PUBLIC, bodies=bodies, holder_id=PUBLIC)
