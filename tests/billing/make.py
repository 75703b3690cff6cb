"""A hospital that takes money, and what may happen to a bill of it."""

from dataclasses import dataclass, replace
from decimal import Decimal

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing import queries, service
from lianyi.billing.model import FeeClass, Item, Received, Returned
from lianyi.kernel.actor import system

VISIT, LAB = Item("110200001"), Item("250101015", Decimal(2))


@dataclass
class Till:
    """The place, its patient and the provider's hat."""

    place: object
    patient: object
    merchant: str
    provider: object

    @classmethod
    async def open(cls, place):
        merchant = f"19{place.id.int % 10**8:08d}"
        till = cls(place, await place.patient(), merchant, system("billing.ask", place.id))
        await place.do(
            place.office,
            service.add_payee,
            institution_id=place.id,
            label="青山市第一人民医院",
            merchant=merchant,
        )
        admin = await place.admin()
        for code, label, fee_class, price in (
            (VISIT.code, "普通门诊诊查费", FeeClass.CONSULTATION, "25"),
            (LAB.code, "血细胞分析", FeeClass.LABORATORY, "18.3333"),
        ):
            await place.do(
                admin,
                service.set_price,
                code=code,
                label=label,
                fee_class=fee_class,
                unit_price=Decimal(price),
            )
        return till

    def new(self):
        return self.place.app.ids.new(self.place.app.clock(), self.patient.person_id)

    async def lines(self, *items):
        return await self.place.ask(
            self.place.office, queries.priced, institution_id=self.place.id, items=items
        )

    async def bill(self, *items, lines=None, **given):
        return await self.place.do(
            self.place.office,
            service.open_bill,
            person_id=self.patient.person_id,
            institution_id=self.place.id,
            subject=given.pop("subject", ("appointment", self.new())),
            lines=lines or await self.lines(*(items or (VISIT, LAB))),
            **given,
        )

    async def pay(self, bill, hat=None):
        """Order a payment as the patient does on one of their devices."""
        hat = hat or self.patient

        async def verb(tx):
            chart = await open_chart(tx, bill.person_id)
            return await service.plan_payment(tx, chart, bill_id=bill.id)

        return await self.place.do(hat, verb)

    async def cash(self, bill, hat=None):
        async def verb(tx):
            chart = await open_chart(tx, bill.person_id)
            return await service.take_cash(tx, chart, bill_id=bill.id)

        return await self.place.do(hat or await self.place.clerk(), verb)

    async def hand_back(self, refund, hat=None):
        async def verb(tx):
            chart = await open_chart(tx, refund.person_id)
            return await service.hand_back(tx, chart, refund_id=refund.id)

        return await self.place.do(hat or await self.place.clerk(), verb)

    async def hear(self, verb, **given):
        """Say what the provider says."""
        return await self.place.do(self.provider, verb, **given)

    async def order(self, payment):
        await self.hear(service.ordered, payment_id=payment.id, code_url=f"weixin://{payment.id}")

    def money(self, payment, **given):
        told = Received(payment.id.hex[::-1], self.merchant, payment.fen, self.place.app.clock())
        return replace(told, **given)

    async def arrive(self, payment, **given):
        received = self.money(payment, **given)
        await self.hear(service.received, payment_id=payment.id, received=received)

    async def give_back(self, refund, **given):
        returned = Returned(refund.id.hex[::-1], refund.fen, self.place.app.clock())
        await self.hear(service.returned, refund_id=refund.id, returned=replace(returned, **given))

    async def paid(self, *items, **given):
        bill = await self.bill(*items, **given)
        payment = await self.pay(bill)
        await self.order(payment)
        await self.arrive(payment)
        return bill, payment

    async def refund(self, bill, hat=None, reason="cancelled", **given):
        return await self.place.do(
            hat or self.place.office, service.refund, subject=bill.subject, reason=reason, **given
        )

    async def call_off(self, bill, hat=None):
        return await self.place.do(
            hat or self.place.office, service.call_off, subject=bill.subject, reason="cancelled"
        )

    async def void(self, bill, hat=None):
        return await self.place.do(
            hat or self.place.office, service.void, subject=bill.subject, reason="cancelled"
        )

    async def seen(self, bill):
        """Return bill, payments and refunds as their person sees them."""

        async def look(tx):
            chart = await open_chart(tx, bill.person_id)
            found = await queries.bill(tx, chart, bill_id=bill.id)
            payments = await queries.payments_of(tx, chart, bills=[found])
            refunds = await queries.refunds_of(tx, chart, bills=[found])
            receipts = await queries.receipts_of(tx, chart, bills=[found])
            return (
                found,
                payments.get(found.id, []),
                refunds.get(found.id, []),
                receipts.get(found.id, []),
            )

        return await self.place.ask(self.patient, look)

    async def state(self, bill):
        """Return the states of a bill, of its payments and of its refunds."""
        found, payments, refunds, _ = await self.seen(bill)
        return found.state, [p.state for p in payments], [r.state for r in refunds]

    async def balances(self):
        found = await self.place.ask(await self.place.admin(), queries.balances)
        return {account: fen for account, fen in found.items() if fen}

    async def planned(self, thing_id):
        rows = await self.place.rows(
            "SELECT kind FROM kernel.errand WHERE thing_id = $1 ORDER BY kind", thing_id
        )
        return [kind for (kind,) in rows]


async def open_chart(tx, person_id):
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY)
