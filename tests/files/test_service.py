import asyncio
from hashlib import sha256

import asyncpg
import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose, Sensitive
from lianyi.access.service import open_chart
from lianyi.files import queries, service
from lianyi.files.errors import BrokenFile, ContentLost, NoSuchFile, TooBig, UnknownType
from lianyi.files.model import Kind
from lianyi.people.model import CLERK, DOCTOR
from tests.files.make import PDF, photo
from tests.place import Place


class Upset(Exception):
    pass


async def keep(place, hat, content, **given):
    owner_id = given.pop("owner_id", hat.person_id)
    return await place.do(
        hat, service.keep, owner_id=owner_id, content=content, holder_id=place.id, **given
    )


async def read(place, hat, file, person_id, purpose=Purpose.TREAT):
    async def look(tx):
        chart = await open_chart(tx, person_id=person_id, purpose=purpose)
        return await queries.content(tx, chart, file_id=file.id)

    return await place.ask(hat, look)


def stored(app):
    return sorted(path for path in app.files.rglob("*") if path.is_file())


async def test_the_owner_and_who_treats_them_read_what_was_kept(place):
    patient = await place.patient(DOCTOR)
    kept = await keep(place, patient, photo())
    own = await read(place, patient, kept, patient.person_id, Purpose.OWN)
    seen = await read(place, await place.doctor(), kept, patient.person_id)
    assert own == seen
    assert sha256(seen.content).digest() == kept.digest
    assert (seen.file.kind, seen.file.size) == (Kind.JPEG, len(seen.content))


async def test_a_pdf_is_kept_as_it_is(place):
    patient = await place.patient()
    kept = await keep(place, patient, PDF)
    assert (await read(place, patient, kept, patient.person_id, Purpose.OWN)).content == PDF


async def test_nobody_reads_a_file_without_a_door(place, app):
    patient, stranger = await place.patient(DOCTOR), await place.patient(DOCTOR)
    kept = await keep(place, patient, photo())
    elsewhere = await Place.found(app)
    with pytest.raises(NoSuchPerson):
        await read(place, await elsewhere.doctor(), kept, patient.person_id)
    with pytest.raises(NoSuchPerson):
        await read(place, stranger, kept, patient.person_id, Purpose.OWN)
    with pytest.raises(NoSuchFile):  # their own chart shows their own files only
        await read(place, stranger, kept, stranger.person_id, Purpose.OWN)


async def test_another_institution_reads_no_file_of_this_one_without_consent(place, app):
    patient = await place.patient(DOCTOR)
    kept = await keep(place, patient, photo())
    elsewhere = await Place.found(app)
    await elsewhere.relate(patient.person_id, DOCTOR)
    with pytest.raises(NoSuchFile):
        await read(elsewhere, await elsewhere.doctor(), kept, patient.person_id)


async def test_a_sensitive_file_is_closed_to_the_counter(place):
    patient = await place.patient(DOCTOR, CLERK)
    kept = await keep(place, patient, photo(), classes=frozenset({Sensitive.INFECTION}))
    with pytest.raises(NoSuchFile):
        await read(place, await place.clerk(), kept, patient.person_id, Purpose.RECEIVE)
    assert (await read(place, await place.doctor(), kept, patient.person_id)).file == kept


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", UnknownType),
        (b"<html></html>", UnknownType),
        (b"%PDF-1.7 cut off", BrokenFile),
        (photo()[:120], BrokenFile),
        (b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), TooBig),
        (photo("PNG", size=(9000, 9000)), TooBig),
    ],
)
async def test_what_is_no_sound_picture_or_pdf_is_refused_by_name_and_leaves_nothing(
    place, app, content, refusal
):
    patient = await place.patient()
    with pytest.raises(refusal):
        await keep(place, patient, content)
    assert stored(app) == []
    assert (
        await place.rows("SELECT id FROM files.file WHERE owner_id = $1", patient.person_id) == []
    )


async def test_what_lies_on_the_disk_is_sealed_and_named_by_its_digest(place, app):
    patient = await place.patient()
    kept = await keep(place, patient, PDF)
    (path,) = stored(app)
    assert path == app.files / place.id.hex / kept.digest.hex()[:2] / kept.digest.hex()
    assert b"PDF" not in path.read_bytes()


async def test_the_same_content_lies_once_per_institution_under_a_key_of_its_own(place, app):
    elsewhere, patient = await Place.found(app), await place.patient()
    for at in (place, place, elsewhere):
        await keep(at, patient, PDF)
    here, there = stored(app)
    assert here.name == there.name
    assert here.read_bytes() != there.read_bytes()


async def test_the_first_files_of_an_institution_may_come_at_once(place):
    patients = [await place.patient() for _ in range(6)]
    kept = await asyncio.gather(*(keep(place, each, PDF) for each in patients))
    for patient, file in zip(patients, kept, strict=True):
        seen = await read(place, patient, file, patient.person_id, Purpose.OWN)
        assert seen.content == PDF


async def test_a_file_can_be_kept_again_after_its_first_try_was_rolled_back(place):
    """The tenant's key went with the rollback; what it sealed is written anew."""
    patient = await place.patient()

    async def fails(tx):
        await service.keep(tx, owner_id=patient.person_id, content=PDF, holder_id=place.id)
        raise Upset

    with pytest.raises(Upset):
        await place.do(patient, fails)
    kept = await keep(place, patient, PDF)
    assert (await read(place, patient, kept, patient.person_id, Purpose.OWN)).content == PDF


@pytest.mark.parametrize("harm", ["gone", "changed"])
async def test_content_that_is_gone_or_changed_is_never_shown(place, app, harm):
    patient = await place.patient()
    kept = await keep(place, patient, PDF)
    (path,) = stored(app)
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ContentLost):
        await read(place, patient, kept, patient.person_id, Purpose.OWN)


async def test_whose_a_file_is_can_not_be_changed(place, app):
    kept = await keep(place, await place.patient(), PDF)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.pool.execute("UPDATE files.file SET size = 1 WHERE id = $1", kept.id)
