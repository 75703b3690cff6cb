"""Two hospitals and a patient whom the first one treats."""

import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.people.model import DOCTOR
from lianyi.records import service
from tests.place import Place


class Ward:
    """A place whose doctor treats one patient, and what both see of the record."""

    def __init__(self, place, patient, doctor):
        self.place, self.patient, self.doctor = place, patient, doctor
        self.person_id = patient.person_id

    async def publish(self, *bodies, hat=None, **given):
        given.setdefault("owner", self.person_id)
        return await self.place.do(hat or self.doctor, service.publish_all, bodies=bodies, **given)

    async def chart(self, hat=None, purpose=Purpose.TREAT):
        return await self.place.open(hat or self.doctor, self.person_id, purpose)

    async def desk(self, hat=None, purpose=Purpose.TREAT):
        return await self.place.ask(hat or self.doctor, access.open_desk, purpose=purpose)

    async def own_chart(self):
        return await self.chart(self.patient, Purpose.OWN)

    async def see(self, query, *arguments, hat=None, chart=None, **given):
        chart = chart or await self.chart(hat)
        return await self.place.ask(
            hat or self.doctor, lambda tx: query(tx, chart, *arguments, **given)
        )

    async def see_own(self, query, **given):
        chart = await self.own_chart()
        return await self.see(query, hat=self.patient, chart=chart, **given)


@pytest.fixture
async def ward(app):
    place = await Place.found(app)
    patient = await place.patient(DOCTOR)
    return Ward(place, patient, await place.doctor())


@pytest.fixture
async def elsewhere(app, ward):
    """The same patient, treated in another hospital too."""
    place = await Place.found(app)
    await place.relate(ward.person_id, DOCTOR)
    return Ward(place, ward.patient, await place.doctor())
