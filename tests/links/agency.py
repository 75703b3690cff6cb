"""An insurance agency with some insured people, and messages a test needs."""

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

import msgspec

from lianyi.kernel.errand import Outcome
from lianyi.kernel.ids import Ids
from lianyi.links import insurer
from lianyi.links.agency import Agency
from lianyi.links.signed import SignedWire
from tests.links.provider import Provider, now

HOSPITAL, STORE, CLINIC = "H37010200001", "P37010200001", "H37010200002"
CLINIC_DESK = insurer.Sender(CLINIC, "370100", "clerk")
STORE_DESK = insurer.Sender(STORE, "370100", "store")
VISIT_ITEM, DRUG, CHEAP, SELF = "110200001", "XC08CAA256A001010100001", "B001", "C001"
CLASS_B, CLASS_A, CLASS_C = "02", "01", "03"
YEAR_MS = 366 * 24 * 3600 * 1000
RX = "RX1"
SENDER = insurer.Sender(HOSPITAL, "370100", "clerk")


def yuan(text):
    return Decimal(text).quantize(Decimal("0.01"))


@dataclass
class Town:
    """The agency's town: one employee, one resident and one under aid are insured there."""

    provider: Provider
    agency: Agency = None
    ids: Ids = field(default_factory=lambda: Ids(Random(7)))

    @classmethod
    async def found(cls, provider, papers=None):
        wire = SignedWire(provider.client, provider.url, papers or provider.papers, now)
        town = cls(provider, Agency(wire, now))
        await provider.post("/people", PEOPLE)
        await provider.post("/institutions", INSTITUTIONS)
        await provider.post("/items", ITEMS)
        return town

    def key(self):
        return self.ids.new(now())

    async def says(self, act, *, key=None, sender=SENDER):
        return await self.agency.act(key or self.key(), sender, act)

    async def does(self, act, kind, **given):
        answer = await self.says(act, **given)
        assert answer.outcome is Outcome.YES, answer
        return insurer.output(answer, kind)

    async def refuses(self, act, **given):
        answer = await self.says(act, **given)
        assert answer.outcome is Outcome.NO, answer
        return answer.body["code"]

    async def visit(self, person="1001", scheme=insurer.EMPLOYEE, *lines, **given):
        """Register a visit, send its lines and return what is due."""
        asked = registering(person, scheme, **given)
        visit = (await self.does(asked, insurer.Registered)).visit
        await self.does(insurer.SendLines(person, visit, "1", list(lines)), insurer.Rated)
        total = sum((line.sum for line in lines), Decimal(0))
        return insurer.Settle(
            person, scheme, visit, "1", insurer.E_CREDENTIAL, f"EC{person}", total
        )

    async def prescribe(self, *codes, person="1001", number=RX, many=2, **given):
        """Upload a prescription, as the hospital that wrote it does."""
        drugs = [insurer.Prescribed(code, Decimal(many)) for code in codes or (DRUG,)]
        act = insurer.Prescribe(person, number, now().isoformat(), "I10.x00x002", drugs)
        return await self.says(act, **given)

    async def settled(self, due, **given):
        return (await self.does(due, insurer.Settled, **given)).settlement

    async def balance(self):
        number = PEOPLE[0]["number"]
        found = await self.does(identifying("王建国", number), insurer.Identified)
        return found.insurances[0].balance


def registering(person="1001", scheme=insurer.EMPLOYEE, *, shown=None, **given):
    kind, number = shown or (insurer.E_CREDENTIAL, f"EC{person}")
    return insurer.Register(person, scheme, now().isoformat(), kind, number, "A1", **given)


def identifying(name, number):
    return insurer.Identify(insurer.ID_CARD, number, number, name)


def line(number, item, price, quantity=1, packs=(), prescription=RX):
    cost = (Decimal(price) * quantity).quantize(Decimal("0.01"))
    return insurer.FeeLine(
        str(number),
        item,
        item,
        cost,
        Decimal(quantity),
        Decimal(price),
        now().isoformat(),
        prescription=prescription,
        packs=[insurer.TraceCode(code) for code in packs],
    )


def selling(*lines, person="1001", scheme=insurer.EMPLOYEE, shown=None):
    total = sum((line.sum for line in lines), Decimal(0))
    kind, number = shown or (insurer.E_CREDENTIAL, f"EC{person}")
    return insurer.Sell(person, scheme, now().isoformat(), kind, number, total, list(lines))


def preview(due):
    """Return the question that belongs to a settlement."""
    kind = insurer.PreSettle if isinstance(due, insurer.Settle) else insurer.PreSell
    return kind(**{name: getattr(due, name) for name in due.__struct_fields__})


def undoing(key, due):
    number = insurer.number_of(due)
    return insurer.Undo(due.person, insurer.message_of(key), number)


def cancelling(settlement, due):
    return insurer.Cancel(settlement.id, due.person, due.visit)


def without_number(settlement):
    return msgspec.structs.replace(settlement, id="", own_number="", settled_at="")


PEOPLE = [
    {
        "psn_no": "1001",
        "credential": "EC1001",
        "number": "370102196001011234",
        "name": "王建国",
        "scheme": "310",
        "type": "11",
        "balance_fen": 5_000,
    },
    {
        "psn_no": "1002",
        "credential": "EC1002",
        "number": "370102198001011235",
        "name": "李秀兰",
        "scheme": "390",
        "type": "15",
    },
    {
        "psn_no": "1003",
        "credential": "EC1003",
        "number": "370102197001011236",
        "name": "赵贫",
        "scheme": "390",
        "type": "15",
        "aided": True,
    },
    {
        "psn_no": "1004",
        "credential": "EC1004",
        "number": "370102197001011237",
        "name": "孙停",
        "scheme": "310",
        "type": "11",
        "state": "2",
    },
]
INSTITUTIONS = [
    {"code": HOSPITAL, "name": "青山市人民医院", "online": True},
    {"code": STORE, "name": "康和堂人民路店"},
    {"code": CLINIC, "name": "六河卫生院"},
]
ITEMS = [
    {"code": VISIT_ITEM, "level": CLASS_A},
    {"code": DRUG, "level": CLASS_B, "first_share": "0.10", "standard_fen": 2_000, "is_drug": True},
    {"code": CHEAP, "level": CLASS_B, "first_share": "0.10"},
    {"code": SELF, "level": CLASS_C},
]
