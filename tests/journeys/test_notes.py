"""Every version of an outpatient note is signed as it is kept, or it is said that it is not."""

from dataclasses import replace

import asyncpg
import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys import notes, visit
from lianyi.signatures.errors import KeyClosed
from lianyi.signatures.model import SILENT, Fault
from tests.journeys.test_visit import NOTE, open_ward
from tests.signatures import make

TAMPER = """UPDATE records.{} SET body = replace(body, '头晕 3 天', '头晕 4 天')
            WHERE type = 'Composition' AND fhir_id = $1"""


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_notes") as url:
        yield url


@pytest.fixture
async def ward(place, clock):
    return await open_ward(place, clock)


@pytest.fixture
async def hall(ward, place, tmp_path):
    async with make.hall(place, tmp_path) as hall:
        yield hall


async def opened(hall, ward):
    await hall.certify(ward.doctor)
    await hall.unlock(ward.doctor)


async def versions(ward, hat=None):
    purpose = Purpose.OWN if hat is ward.patient else Purpose.TREAT

    async def look(tx):
        chart = await access.open_chart(tx, person_id=ward.patient.person_id, purpose=purpose)
        return await notes.versions(tx, chart, visit_id=ward.appointment_id)

    return await ward.place.ask(hat or ward.doctor, look)


async def amend(ward):
    note = replace(NOTE, findings="BP 142/88 mmHg，心肺未见异常。")
    await ward.do(
        ward.doctor, visit.amend, appointment_id=ward.appointment_id, note=note, reason="复测血压"
    )


async def test_a_note_says_who_signed_it_and_when(hall, ward):
    """EMR-06, EMR-08: the doctor sees it, and so does the patient (EMR-12)."""
    await opened(hall, ward)
    await ward.sign()
    await hall.work()
    for reader in (ward.doctor, ward.patient):
        (version,) = await versions(ward, reader)
        assert version.state == "valid"
        assert version.author.id == ward.doctor.post_id
        assert version.signed_at == ward.app.clock()


async def test_an_amendment_is_signed_and_the_first_version_stays_so(hall, ward):
    """EMR-04"""
    await opened(hall, ward)
    await ward.sign()
    await amend(ward)  # while the first signature is still on its way
    await hall.work()
    assert [(each.number, each.state) for each in await versions(ward)] == [
        (2, "valid"),
        (1, "valid"),
    ]


@pytest.mark.parametrize("table", ["version", "resource"])
async def test_a_note_changed_behind_everybodys_back_is_found_out(hall, ward, dsn, table):
    """EMR-06: one character, by whoever owns the database."""
    await opened(hall, ward)
    await ward.sign()
    if table == "version":
        await amend(ward)
    await hall.work()
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(TAMPER.format(table), str(ward.appointment_id))
    await owner.close()
    version = (await versions(ward))[-1]
    assert version.state == "broken"
    assert Fault.DOCUMENT in version.checked.faults


async def test_the_authority_is_away_and_the_note_stands_unsigned(hall, ward):
    """Care goes on: the note is kept, and says plainly that it is not signed."""
    await opened(hall, ward)
    await hall.authority.fails(lose_request=99)
    await ward.sign()
    await hall.later(minutes=5)
    (version,) = await versions(ward)
    assert (version.state, version.asked.code) == ("refused", SILENT)
    await hall.authority.fails()
    assert await ward.do(ward.doctor, notes.sign_owed) == 1
    await hall.work()
    assert [each.state for each in await versions(ward)] == ["valid"]
    assert await ward.do(ward.doctor, notes.sign_owed) == 0


async def test_a_closed_key_owes_the_signature(hall, ward):
    await ward.sign()
    (version,) = await versions(ward)
    assert version.state == "refused"
    await hall.certify(ward.doctor)
    with pytest.raises(KeyClosed):
        await ward.do(ward.doctor, notes.sign_owed)
    await hall.unlock(ward.doctor)
    await ward.do(ward.doctor, notes.sign_owed)
    await hall.work()
    assert [each.state for each in await versions(ward)] == ["valid"]
