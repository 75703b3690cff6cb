"""Tubes on the town's bench: one just received, and one whose value must be called."""

from decimal import Decimal

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.kernel.actor import system
from lianyi.kernel.work import within
from lianyi.orders import service
from lianyi.orders.model import About, Reading
from lianyi.people.model import DOCTOR, TECHNICIAN

VALUES = {"2823-3": "6.8", "2951-2": "140", "2075-0": "101", "2000-8": "2.3"}


async def fill(app, doctor, technicians, person_id):
    """Return the orders by what is to be done with them."""
    bench = _Bench(app, doctor, technicians, person_id)
    tube = await bench.received()
    critical = await bench.received()
    readings = [Reading(code, Decimal(value)) for code, value in VALUES.items()]
    about = About(None, None)
    first, second = technicians
    await bench.do(first, service.measure, order_id=critical, readings=readings, about=about)
    await bench.do(second, service.verify, order_id=critical)
    return {"tube": tube, "critical": critical}


class _Bench:
    def __init__(self, app, doctor, technicians, person_id):
        self.app, self.doctor, self.person_id = app, doctor, person_id
        self.technician = technicians[0]
        self.office = system("town", doctor.institution_id)

    async def do(self, hat, verb, **given):
        async def act(tx):
            chart = await access.open_chart(tx, person_id=self.person_id, purpose=Purpose.TREAT)
            return await verb(tx, chart, **given)

        return await within(self.app, hat, act)

    async def received(self):
        await within(self.app, self.office, self._relate)
        order = await self.do(self.doctor, self._place)
        await within(self.app, self.office, lambda tx: service.clear(tx, order_id=order.id))
        for verb in (service.label, service.take, service.receive):
            await self.do(self.technician, verb, order_id=order.id)
        return order.id

    async def _relate(self, tx):
        await access.open_relation(
            tx,
            person_id=self.person_id,
            institution_id=self.doctor.institution_id,
            roles=frozenset({DOCTOR, TECHNICIAN}),
            cause_id=tx.new_id(self.person_id),
        )

    @staticmethod
    async def _place(tx, chart):
        item = await service.item(tx, code="electrolytes")
        visit_id = tx.new_id(chart.person_id)
        return await service.place(tx, chart, encounter_id=visit_id, item=item)
