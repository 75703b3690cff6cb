"""A designated hospital with a till, an insured patient, and the agency with its wire."""

from dataclasses import dataclass, field
from decimal import Decimal

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing import service as billing
from lianyi.billing.model import FeeClass, Item
from lianyi.insurance import queries, service
from lianyi.insurance.model import Filing, Kind, Level, Scheme
from lianyi.journeys import pay, settle
from lianyi.kernel import timers
from lianyi.kernel.work import within
from lianyi.links import Links
from lianyi.people.model import DOCTOR, TECHNICIAN
from lianyi.worker.deliver import WORKER
from lianyi.worker.errands import Runner, run_due
from tests.billing.make import LAB, VISIT, Till
from tests.drain import begin_anew, deliver
from tests.identity import id_number
from tests.links.agency import Town
from tests.links.provider import now
from tests.orders.make import Bench
from tests.place import Place

CODE = "H37010299999"
CARE = Filing(Kind.OUTPATIENT)
BIG, OWN = "310000001", "999000001"  # an examination that counts, and one that never does
CATALOGUE = (
    (VISIT.code, Level.WHOLLY, "0", False),
    (LAB.code, Level.PARTLY, "0.10", False),
    (BIG, Level.WHOLLY, "0", False),
)
PRICES = ((BIG, "冠脉增强扫描", "500"), (OWN, "特需服务", "12.34"))


@dataclass
class Desk:
    """One hospital, its patients, and everything that is said to the agency about them."""

    place: Place
    till: Till
    town: Town
    people: int = field(default=0)

    @classmethod
    async def open(cls, app, provider):
        await begin_anew(app)
        town = await Town.found(provider)
        ahead = app.clock() - now()
        await provider.post("/clock", {"ahead_ms": int(ahead.total_seconds() * 1000)})
        place = await Place.found(app, insurance_code=CODE)
        desk = cls(place, await Till.open(place), town)
        await provider.post("/institutions", [{"code": CODE, "name": "一院", "online": True}])
        await desk._catalogue()
        return desk

    async def _catalogue(self):
        admin = await self.place.admin()
        for code, label, price in PRICES:
            await self.place.do(
                admin,
                billing.set_price,
                code=code,
                label=label,
                fee_class=FeeClass.EXAMINATION,
                unit_price=Decimal(price),
            )
        for code, level, share, is_drug in CATALOGUE:
            await self.place.do(
                admin,
                service.set_item,
                code=code,
                national=f"N{code}",
                level=level,
                first_share=Decimal(share),
                is_drug=is_drug,
            )
        await self.list(*CATALOGUE)

    async def list(self, *entries):
        """Let the agency know the catalogue too."""
        await self.town.provider.post(
            "/items",
            [
                {"code": f"N{code}", "level": level, "first_share": share, "is_drug": drug}
                for code, level, share, drug in entries
            ],
        )

    async def enrolled(self, scheme=Scheme.EMPLOYEE, **given):
        """Return a patient whom the agency insures and who has not bound anything here."""
        number, name = id_number(), given.pop("name", "王秀英")
        hat = await self.place.patient(number=number, name=name)
        await self.enrol(number, name, scheme, **given)
        return hat

    async def enrol(self, number, name, scheme=Scheme.EMPLOYEE, **given):
        """Let the agency insure somebody."""
        self.people += 1
        insured = {
            "psn_no": f"{self.place.id.hex[-10:]}{self.people}",
            "number": number,
            "name": name,
            "scheme": scheme,
            "type": "11",
            **given,
        }
        await self.town.provider.post("/people", [insured])

    async def insured(self, *args, **given):
        hat = await self.enrolled(*args, **given)
        await self.bind(hat)
        return hat

    async def bind(self, hat):
        """Let a patient bind their insurance, who is the one at the till from now on."""
        await self.place.do(hat, settle.bind)
        await self.work()
        self.till.patient = hat

    async def end(self, hat):
        """Let a patient end, in the agency's own app, what they allowed when they bound."""
        await self.town.provider.post("/ended", [(await self.cover(hat)).number])

    async def work(self):
        """Do what the worker would until there is nothing left to do now."""
        app = self.place.app
        runner = Runner(app, Links(None, None, None, None, self.town.agency, None, None))
        while await within(app, WORKER, timers.fire) + await deliver(app) + await run_due(runner):
            pass

    async def claim(self, *codes, subject=None, filing=CARE):
        """Open a bill of the patient's and claim it; return the bill."""
        items = [Item(code) for code in codes or (BIG, OWN)]
        bill = await self.till.bill(*items, subject=subject or ("visit", self.till.new()))
        await self.place.do(self.place.office, settle.begin, bill=bill, filing=filing)
        return bill

    async def ordered(self):
        """Return the subject of a bill for what a doctor has ordered."""
        await self.place.relate(self.till.patient.person_id, DOCTOR)
        doctor, staff = await self.place.doctor(), await self.place.hat(TECHNICIAN)
        bench = Bench(self.place, self.till.patient, doctor, None, staff, None)
        await bench.offer()
        return ("order", (await bench.order()).id)

    async def foretold(self, *codes, **given):
        bill = await self.claim(*codes, **given)
        await self.work()
        return bill

    async def settled(self, *codes, **given):
        bill = await self.foretold(*codes, **given)
        await self.cash(bill)
        await self.work()
        return bill

    async def cash(self, bill):
        await self.place.relate(bill.person_id)
        clerk = await self.place.clerk()
        await self.place.do(clerk, pay.take_cash, person_id=bill.person_id, bill_id=bill.id)

    async def view(self, bill):
        """Return the claim of a bill and who pays what, as its person sees it."""

        async def look(tx):
            chart = await access.open_chart(tx, person_id=bill.person_id, purpose=Purpose.PAY)
            return await queries.claims_of(tx, chart, bill_ids=[bill.id])

        return (await self.place.ask(self.till.patient, look)).get(bill.id)

    async def state(self, bill):
        """Return the states of a bill's claim and of the bill with its refunds."""
        view = await self.view(bill)
        state, _, refunds = await self.till.state(bill)
        return view and view.claim.state, state, refunds

    async def cover(self, hat):
        async def look(tx):
            chart = await access.open_chart(tx, person_id=hat.subject_id, purpose=Purpose.PAY)
            return await queries.cover(tx, chart)

        return await self.place.ask(hat, look)

    async def told(self, name):
        """Return how many events of a kind concern this hospital."""
        sql = """SELECT count(*) FROM kernel.outbox
                 WHERE name = $1 AND body::jsonb ->> 'institution_id' = $2"""
        return await self.place.app.pool.fetchval(sql, name, str(self.place.id))

    async def theirs(self):
        """Return what the agency has booked of this hospital, oldest first."""
        rows = await self.town.provider.get("/settlements")
        return [row for row in reversed(rows) if row["institution"] == CODE]

    async def fails(self, **faults):
        await self.town.provider.fails(**faults)
