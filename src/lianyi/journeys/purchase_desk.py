"""One purchase as its person follows it: what is next, and where the money is (购药)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import ProofTooLow
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries as money
from lianyi.billing.model import Bill, Refund, Subject
from lianyi.insurance import queries as insurance
from lianyi.insurance.model import ClaimView
from lianyi.journeys import counselling, fill
from lianyi.journeys.counselling import Label
from lianyi.journeys.resident_desk import LATENCY, Who, enter
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as cards
from lianyi.people.errors import CardNotActive, NoSuchCard
from lianyi.people.model import RESIDENT, Institution
from lianyi.pharmacy import queries
from lianyi.pharmacy.model import OVER, UNSOLD, Delivery, Sale, SaleState, Scanned, SellerKind
from lianyi.pharmacy.states import SALE
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.model import Halt, Prescription, State
from lianyi.prescribing.rules import is_valid

S = SaleState
# What there is to do, in order. A hospital is paid before it picks, a store after it has scanned.
AT_HOSPITAL, AT_STORE = ("pay", "pick"), ("accept", "review", "pick", "pay")
COLLECTED, BROUGHT = ("collect",), ("send", "sign")
IS_NEXT = {
    S.ASKED: "accept",
    S.ACCEPTED: "review",
    S.UNPAID: "pay",
    S.TO_PICK: "pick",
    S.BILLED: "pay",
    S.MISSED: "send",
    S.ON_THE_WAY: "sign",
}
TAKEN = frozenset({S.HANDED_OVER, S.RETURNED})


@dataclass(frozen=True, slots=True)
class Charged:
    """One bill of the purchase: what the insurance says of it, what went back."""

    bill: Bill
    refunds: Sequence[Refund]
    claim: ClaimView | None


@dataclass(frozen=True, slots=True)
class Purchase:
    """A sale with all a person must know of it. `charged` is None for who may not see the money.

    `held`: why nothing leaves before the doctor has decided (CON-28, CON-04). `code` is what the
    pharmacy scans, good for `seconds`; `labels` come with the medicines.
    """

    sale: Sale
    place: Institution
    charged: tuple[Charged, ...] | None
    may_choose: bool = False
    held: Halt | None = None
    delivery: Delivery | None = None
    code: str = ""
    seconds: int = 0
    labels: tuple[Label, ...] = ()
    packs: tuple[Scanned, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        first = AT_HOSPITAL if self.sale.kind is SellerKind.HOSPITAL else AT_STORE
        return first + (BROUGHT if self.sale.delivers else COLLECTED)

    @property
    def reached(self) -> int | None:
        """How many steps are done; None for what has ended without medicines."""
        if self.sale.state in TAKEN:
            return len(self.steps)
        if self.sale.state is S.READY:
            return self.steps.index("send" if self.sale.delivers else "collect")
        step = IS_NEXT.get(self.sale.state)
        return self.steps.index(step) if step else None

    @property
    def may_withdraw(self) -> bool:
        return "withdraw" in SALE.open_to(RESIDENT, self.sale.state)


@dataclass(frozen=True, slots=True)
class PurchasePage:
    who: Who
    locked: bool
    one: Purchase | None = None


async def purchase(tx: Tx, *, sale_id: UUID) -> PurchasePage:
    """Return one purchase of the acting resident's, or of whom they act for.

    :raises NoSuchPerson, NoSuchSale:
    """
    who, chart = await enter(tx, "pharmacy")
    if chart is None:
        return PurchasePage(who, locked=True)
    sale = await queries.sale_of(tx, chart, sale_id=sale_id)
    places = await people.institutions(tx, ids=[sale.institution_id])
    is_taken = sale.state in TAKEN
    found = await _prescription(tx, chart, sale)
    held = found.halt if found and found.is_held and sale.state not in OVER else None
    shows_code = sale.state is S.READY and not sale.delivers and not held
    one = Purchase(
        sale,
        places[sale.institution_id],
        charged=await _charged(tx, sale),
        may_choose=sale.state in UNSOLD and _may_choose(tx, found),
        held=held,
        delivery=await queries.delivery_to(tx, chart, sale=sale) if sale.delivers else None,
        code=await _code(tx, chart) if shows_code else "",
        seconds=profile.at(tx.now)["IDN-03"] - LATENCY,
        labels=counselling.labels(sale, who.person.sex) if is_taken else (),
        packs=tuple(await queries.packs_of(tx, chart, sale=sale)) if is_taken else (),
    )
    return PurchasePage(who, locked=False, one=one)


async def _charged(tx: Tx, sale: Sale) -> tuple[Charged, ...] | None:
    try:
        chart = await access.open_chart(
            tx, person_id=sale.person_id, purpose=Purpose.PAY, what="bills"
        )
    except ProofTooLow:  # who acts for another may be let see the record and not the money
        return None
    subject = Subject(fill.SUBJECT, sale.id)
    bills = await money.bills_for(tx, chart, subject=subject)
    if not bills:
        return ()
    refunds = await money.refunds_of(tx, chart, bills=bills)
    claims = await insurance.claims_of(tx, chart, bill_ids=[bill.id for bill in bills])
    return tuple(Charged(bill, refunds.get(bill.id, ()), claims.get(bill.id)) for bill in bills)


async def _prescription(tx: Tx, chart: Chart, sale: Sale) -> Prescription | None:
    """Return what is sold; None to who may see the sale and not what it is for."""
    id = sale.slip.prescription_id
    try:
        return await prescriptions.prescription(tx, chart, prescription_id=id)
    except NoSuchPrescription:
        return None


def _may_choose(tx: Tx, found: Prescription | None) -> bool:
    """Say whether the prescription may still be taken to a seller."""
    return found is not None and found.state is State.APPROVED and is_valid(found, tx.now)


async def _code(tx: Tx, chart: Chart) -> str:
    """Return the health card's code; who has none shows a document instead."""
    try:
        return await cards.show_code(tx, chart)
    except (NoSuchCard, CardNotActive):
        return ""
