"""An imported history and the card of whom it tells, at the same moment."""

import asyncio
import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from lianyi.access.model import RESIDENT, Purpose
from lianyi.journeys import card, history
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.people.service import resident_identity
from lianyi.records import queries
from lianyi.records import service as records
from tests.identity import id_number
from tests.place import Place
from tests.records import make

ZONE = ZoneInfo("Asia/Shanghai")
NAME, BORN = "王秀英", date(1980, 2, 29)
PATIENCE = 30.0
WAITS = """SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""


@pytest.fixture
async def place(app):
    return await Place.found(app)


@pytest.fixture
def number():
    return id_number(BORN)


@pytest.fixture
def several(app):
    """Skip what needs connections beside one another."""
    if app.pool.get_max_size() < 3:
        pytest.skip("needs three connections")


def parcel(place, number):
    """Return what a file says of one person and their blood pressure."""
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"text": NAME}],
        "birthDate": BORN.isoformat(),
        "identifier": [{"system": "urn:lianyi:identity-number", "value": number}],
    }
    result = {**make.observation("x"), "subject": {"reference": "Patient/p1"}}
    entry = [{"resource": patient}, {"resource": result}]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entry}
    return records.unpack(json.dumps(bundle).encode(), holder_id=place.id, zone=ZONE)


class Halted:
    """An act that has done its part and doesn't commit before it is told to."""

    def __init__(self, place, hat, verb, **given):
        self.done, self.go = asyncio.Event(), asyncio.Event()

        async def halting(tx):
            answer = await verb(tx, **given)
            self.done.set()
            await self.go.wait()
            return answer

        self.task = asyncio.create_task(place.do(hat, halting))

    async def commits_beside(self, pool, other):
        """Commit once the other act waits, or has not had to; return the other's answer."""
        async with asyncio.timeout(PATIENCE):
            while not (other.done() or await pool.fetchval(WAITS)):
                pass
        self.go.set()
        await self.task
        return await other


def opening(place, number):
    return {"verb": card.open_at_counter, "identity": resident_identity(name=NAME, number=number)}


async def own_types(place, person_id):
    resident = Actor(person_id, person_id, NOWHERE, RESIDENT)
    chart = await place.open(resident, person_id, Purpose.OWN)
    found = await place.ask(resident, lambda tx: queries.everything(tx, chart))
    return {one.type for one in found}


async def test_a_card_that_is_opened_while_the_history_enters_is_joined_to_it(
    place, number, pool, several
):
    """IDN-01, IDN-04: whoever opens it waits for the file, and finds whom it told of."""
    office = await place.clerk()
    importing = Halted(
        place,
        system("import", place.id),
        history.take_in,
        parcel=parcel(place, number),
        source="file",
    )
    await importing.done.wait()
    other = asyncio.create_task(place.do(office, **opening(place, number)))
    granted = await importing.commits_beside(pool, other)
    assert "Observation" in await own_types(place, granted.person_id)


async def test_a_history_that_enters_while_the_card_is_opened_stays_the_hospitals_alone(
    place, number, pool, several
):
    """INT-07: as what comes after the card does."""
    halted = Halted(place, await place.clerk(), **opening(place, number))
    await halted.done.wait()
    importing = system("import", place.id)
    given = {"parcel": parcel(place, number), "source": "file"}
    other = asyncio.create_task(place.do(importing, history.take_in, **given))
    assert (await halted.commits_beside(pool, other)).refused == ()
    granted = await halted.task
    assert "Observation" not in await own_types(place, granted.person_id)
