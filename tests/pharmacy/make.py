"""A pharmacy with a pharmacist, an assistant and a courier, stock, and one patient."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.kernel import timers
from lianyi.kernel.work import within
from lianyi.people import service as people
from lianyi.people.model import COURIER, DISPENSER, PHARMACIST, RESIDENT, Kind
from lianyi.pharmacy import queries, service
from lianyi.pharmacy.model import (
    PROVEN_BY_SCAN,
    Check,
    Delivery,
    Proof,
    Receiver,
    SellerKind,
    Slip,
    Want,
)
from lianyi.worker.deliver import WORKER
from tests.place import Place

AMLODIPINE, SIMVASTATIN = "amlodipine-tab-5mg", "simvastatin-tab-20mg"
LABELS = {AMLODIPINE: "苯磺酸氨氯地平片 5mg", SIMVASTATIN: "辛伐他汀片 20mg"}
FAR = date(2031, 6, 30)
BY_EYE = frozenset(Check) - PROVEN_BY_SCAN
SELF = Receiver(Proof.CARD)
HOME = Delivery("青山市槐荫路 18 号 3 单元 502", "13800000001")
PURPOSES = {COURIER: Purpose.DELIVER, RESIDENT: Purpose.OWN}
NUMBERS = count(1)


def want(code=AMLODIPINE, *, packs=1, number=1, price="12.50"):
    fen = int(Decimal(price) * 100) * packs
    return Want(
        number=number,
        code=code,
        label=LABELS.get(code, code),
        usage="口服，每日 1 次，每次 1 片",
        packs=packs,
        unit_price=Decimal(price),
        fee_class="western_drug",
        fen=fen,
    )


def codes(many):
    """Return trace codes nobody else in this run has."""
    return [f"81{next(NUMBERS):018d}" for _ in range(many)]


async def found(app, kind):
    if kind is SellerKind.HOSPITAL:
        return await Place.found(app)
    chain = await Place.found(app, Kind.PHARMACY_CHAIN)
    of = Kind.STORE if kind is SellerKind.STORE else Kind.ONLINE_PHARMACY
    return await Place.found(app, of, parent=chain)


@dataclass
class Counter:
    place: Place
    kind: SellerKind
    patient: object
    pharmacist: object
    second: object
    assistant: object
    courier: object

    @classmethod
    async def open(cls, app, *, hospital=False, kind=None, patient=None, place=None):
        kind = kind or (SellerKind.HOSPITAL if hospital else SellerKind.STORE)
        place = place or await found(app, kind)
        await place.do(place.office, service.add_seller, kind=kind, delivers=True)
        pharmacist, second, assistant, courier = [
            await place.appoint(role, name=name)
            for role, name in (
                (PHARMACIST, "叶志成"),
                (PHARMACIST, "苏慧"),
                (DISPENSER, "田亮"),
                (COURIER, "邓勇"),
            )
        ]
        if kind is not SellerKind.HOSPITAL:
            await place.do(pharmacist, people.go_on_duty)
        patient = patient or await place.resident()
        return cls(place, kind, patient, pharmacist, second, assistant, courier)

    @property
    def app(self):
        return self.place.app

    async def receive(self, code=AMLODIPINE, many=5, *, lot="L1", expires_on=FAR, given=None, **by):
        given = given or codes(many)
        await self.place.do(
            by.pop("hat", self.assistant),
            service.receive,
            code=code,
            lot=lot,
            maker="青山制药有限公司",
            expires_on=expires_on,
            trace_codes=given,
        )
        return given

    async def batch(self, code=AMLODIPINE, **given):
        await self.receive(code, **given)
        found = await self.place.ask(self.assistant, queries.batches)
        return next(each for each in found if each.code == code)

    async def free(self, code=AMLODIPINE):
        here = self.place.id
        found = await self.place.ask(
            self.assistant, queries.free, institution_ids=[here], codes=[code]
        )
        return found[here, code].free if (here, code) in found else 0

    def slip(self, **given):
        now = self.app.clock()
        slip = Slip(
            prescription_id=self.app.ids.new(now),
            number="CF20300107-0001",
            issuer="青山市第一人民医院",
            department="心血管内科",
            diagnosis="原发性高血压",
            prescriber="张建国",
            prescriber_id=self.app.ids.new(now),
            reviewer="冯玉兰",
            signed_at=now - timedelta(minutes=20),
            approved_at=now - timedelta(minutes=10),
            valid_until=now + timedelta(hours=8),
        )
        return replace(slip, **given)

    async def do(self, hat, verb, **given):
        """Open the chart as a journey does, and act on it."""
        person_id = given.pop("person_id", self.patient.person_id)

        async def act(tx):
            purpose = PURPOSES.get(hat.role, Purpose.DISPENSE)
            chart = await access.open_chart(tx, person_id=person_id, purpose=purpose)
            return await verb(tx, chart, **given)

        return await self.place.do(hat, act)

    async def choose(self, *wants, slip=None, hat=None, delivery=None, fen=0):
        hat = hat or self.patient
        await self.place.relate(hat.person_id, PHARMACIST, DISPENSER, COURIER)
        return await self.do(
            hat,
            service.choose,
            person_id=hat.person_id,
            seller_id=self.place.id,
            slip=slip or self.slip(),
            wants=wants or (want(),),
            delivery=delivery,
            delivery_fen=fen,
        )

    async def to_pick(self, *wants, **given):
        """Return a sale whose packs may be picked: paid at a hospital, reviewed at a store."""
        sale = await self.choose(*wants, **given)
        if self.kind is SellerKind.HOSPITAL:
            await self.clear(sale)
        else:
            await self.do(self.assistant, service.accept, sale_id=sale.id)
            await self.do(self.pharmacist, service.approve, sale_id=sale.id)
        return sale

    async def clear(self, sale):
        return await self.place.do(self.place.office, service.clear, sale_id=sale.id)

    async def scan(self, sale, *texts, hat=None):
        for text in texts:
            await self.do(hat or self.assistant, service.scan, sale_id=sale.id, text=text)

    async def check(self, sale, *, hat=None, others=True, checks=BY_EYE):
        hat = hat or self.pharmacist
        if checks:
            await self.do(hat, service.tick, sale_id=sale.id, checks=checks)
        return await self.do(hat, service.check, sale_id=sale.id, others=others)

    async def ready(self, *wants, packs=None, **given):
        wants = wants or (want(),)
        packs = packs or await self.receive(many=sum(each.packs for each in wants))
        sale = await self.to_pick(*wants, **given)
        await self.scan(sale, *packs)
        checked = await self.check(sale)
        if self.kind is not SellerKind.HOSPITAL:
            checked = await self.clear(sale)
        return checked

    async def on_the_way(self, **given):
        sale = await self.ready(delivery=HOME, **given)
        return await self.do(self.courier, service.send, sale_id=sale.id)

    async def handed(self, **given):
        sale = await self.ready(**given)
        return await self.do(self.pharmacist, service.hand_over, sale_id=sale.id, receiver=SELF)

    async def see(self, sale):
        async def look(tx):
            chart = await access.open_chart(
                tx, person_id=self.patient.person_id, purpose=Purpose.OWN
            )
            return await queries.sale_of(tx, chart, sale_id=sale.id)

        return await self.place.ask(self.patient, look)

    async def state(self, sale):
        return (await self.see(sale)).state

    async def lapse(self, sale):
        """Do what the timer's event does."""
        return await self.place.do(
            self.place.office, service.lapse, sale_id=sale.id, reason="collect"
        )

    async def ring(self):
        while await within(self.app, WORKER, timers.fire):
            pass
