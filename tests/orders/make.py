"""A laboratory with two technicians, a ward with a doctor and a nurse, and one patient."""

from dataclasses import dataclass
from decimal import Decimal

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.orders import queries, service
from lianyi.orders.model import About, Reading, State
from lianyi.people.model import DOCTOR, NURSE, TECHNICIAN
from lianyi.terminology.model import Sex

POTASSIUM, SODIUM = "2823-3", "2951-2"
ELECTROLYTES = "250304001"
WOMAN = About(Sex.FEMALE, Decimal(60))


def readings(potassium="4.2", sodium="140"):
    return [Reading(POTASSIUM, Decimal(potassium)), Reading(SODIUM, Decimal(sodium))]


@dataclass
class Bench:
    place: object
    patient: object
    doctor: object
    nurse: object
    technician: object
    second: object

    @classmethod
    async def open(cls, place):
        patient = await place.patient(DOCTOR, NURSE, TECHNICIAN)
        technician, second = [await place.appoint(TECHNICIAN, name=n) for n in ("赵敏", "钱进")]
        doctor, nurse = await place.hat(DOCTOR), await place.hat(NURSE)
        bench = cls(place, patient, doctor, nurse, technician, second)
        await bench.offer()
        return bench

    async def offer(self, hat=None, **given):
        item = {
            "code": ELECTROLYTES,
            "label": "电解质",
            "specimen": "静脉血",
            "observations": (POTASSIUM, SODIUM),
            **given,
        }
        return await self.place.do(hat or await self.place.admin(), service.set_item, **item)

    async def do(self, hat, verb, *, person_id=None, **given):
        """Open the chart as a journey does, and act on it."""

        async def act(tx):
            chart = await self.chart(tx, person_id)
            return await verb(tx, chart, **given)

        return await self.place.do(hat, act)

    async def chart(self, tx, person_id=None):
        person_id = person_id or self.patient.person_id
        return await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT)

    async def order(self, *, hat=None, code=ELECTROLYTES, **given):
        async def act(tx):
            chart = await self.chart(tx)
            item = await service.item(tx, code=code)
            return await service.place(
                tx, chart, encounter_id=tx.new_id(chart.person_id), item=item, **given
            )

        return await self.place.do(hat or self.doctor, act)

    async def cleared(self, **given):
        order = await self.order(**given)
        await self.place.do(self.place.office, service.clear, order_id=order.id)
        return order

    async def labelled(self, **given):
        order = await self.cleared(**given)
        await self.do(self.nurse, service.label, order_id=order.id)
        return order

    async def taken(self, **given):
        order = await self.labelled(**given)
        await self.do(self.nurse, service.take, order_id=order.id)
        return order

    async def received(self, **given):
        order = await self.taken(**given)
        await self.do(self.technician, service.receive, order_id=order.id)
        return order

    async def measure(self, order, hat=None, **values):
        return await self.do(
            hat or self.technician,
            service.measure,
            order_id=order.id,
            readings=readings(**values),
            about=WOMAN,
        )

    async def measured(self, *, values=None, **given):
        order = await self.received(**given)
        await self.measure(order, **(values or {}))
        return order

    async def verified(self, **given):
        order = await self.measured(**given)
        await self.do(self.second, service.verify, order_id=order.id)
        return order

    async def see(self, hat, query, **given):
        async def look(tx):
            desk = await access.open_desk(tx, purpose=Purpose.TREAT)
            return await query(tx, desk, **given)

        return await self.place.ask(hat, look)

    async def state(self, order) -> State:
        return (await self.see(self.doctor, queries.order, order_id=order.id)).state
