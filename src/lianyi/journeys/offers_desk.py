"""All sellers of a prescription side by side: what each asks, what it lacks, and why (选择药房)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.billing import queries as money
from lianyi.billing import rules as pricing
from lianyi.billing.model import Item, Line, Price
from lianyi.insurance import queries as insurance
from lianyi.insurance.model import Charge, Split
from lianyi.journeys import fill
from lianyi.journeys.resident_desk import Who, enter
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Institution
from lianyi.pharmacy import queries as pharmacy
from lianyi.pharmacy import rules
from lianyi.pharmacy.errors import NoSuchSeller
from lianyi.pharmacy.model import UNSOLD, Finding, Sale, Seller, SellerKind, Shelf
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.model import Line as Prescribed
from lianyi.prescribing.model import Prescription, State
from lianyi.prescribing.rules import is_valid
from lianyi.terminology import queries as terminology


@dataclass(frozen=True, slots=True)
class Way:
    """Collecting at the counter or having it brought; `findings` are the laws against it."""

    delivers: bool
    fee_fen: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """One seller. `split` is our own arithmetic of who would pay the medicines.

    `staffed`: a pharmacist is on duty there, without whom a shop answers nobody (LIC-04, DS-13).
    """

    seller: Seller
    place: Institution
    lines: tuple[Line, ...]
    unlisted: tuple[str, ...]  # it has no price for these
    missing: tuple[str, ...]  # it hasn't enough of these
    ways: tuple[Way, ...]
    staffed: bool = False
    split: Split | None = None

    @property
    def total_fen(self) -> int:
        return sum(line.fen for line in self.lines)

    @property
    def open_ways(self) -> tuple[Way, ...]:
        return tuple(way for way in self.ways if not way.findings)

    @property
    def fills(self) -> bool:
        return bool(self.open_ways) and not self.unlisted and not self.missing

    @property
    def least_fen(self) -> int:
        """What it comes to by the cheapest way there is."""
        return self.total_fen + min((way.fee_fen for way in self.open_ways), default=0)

    @property
    def may_claim(self) -> bool:
        return bool(self.place.insurance_code)


@dataclass(frozen=True, slots=True)
class Offers:
    """`live` is the sale it is in already; `chosen` the offer that is looked at."""

    who: Who
    locked: bool
    prescription: Prescription | None = None
    offers: tuple[Offer, ...] = ()
    live: Sale | None = None
    chosen: Offer | None = None


async def offers(tx: Tx, *, prescription_id: UUID, seller_id: UUID | None = None) -> Offers:
    """Return every seller of a prescription in force, in the order of `in_order` (DS-09).

    :raises NoSuchPerson, NoSuchPrescription, NoSuchSeller:
    """
    who, chart = await enter(tx, "pharmacy")
    if chart is None:
        return Offers(who, locked=True)
    found = await prescriptions.prescription(tx, chart, prescription_id=prescription_id)
    if found.state not in {State.APPROVED, State.ACCEPTED} or not is_valid(found, tx.now):
        raise NoSuchPrescription(id=prescription_id)
    sales = await pharmacy.sales_of(tx, chart, prescription_ids=[prescription_id])
    every = in_order(await _offers(tx, chart, found))
    return Offers(
        who,
        locked=False,
        prescription=found,
        offers=every,
        live=next((sale for sale in sales if sale.state not in UNSOLD), None),
        chosen=_chosen(every, seller_id) if seller_id else None,
    )


def in_order(every: Collection[Offer]) -> tuple[Offer, ...]:
    """Put first who can fill all of it, then the cheapest, then by name; nothing else counts."""
    return tuple(
        sorted(every, key=lambda one: (not one.fills, one.least_fen, one.place.name, one.place.id))
    )


def _chosen(every: Sequence[Offer], seller_id: UUID) -> Offer:
    for one in every:
        if one.place.id == seller_id:
            return one
    raise NoSuchSeller(id=seller_id)


async def _offers(tx: Tx, chart: Chart, found: Prescription) -> list[Offer]:
    every = await pharmacy.sellers(tx)
    known = {found.institution_id, *(each.institution_id for each in every)}
    places = await people.institutions(tx, ids=sorted(known))
    own = fill.hospitals_behind(places[found.institution_id])
    sellers = [
        each for each in every if each.kind is not SellerKind.HOSPITAL or each.institution_id in own
    ]
    ids = [each.institution_id for each in sellers]
    staffed = await people.staffed(tx, institution_ids=ids)
    lines = found.sheet.lines
    codes = {line.drug for line in lines}
    prices = await money.prices_at(tx, institution_ids=ids, codes=codes | {fill.DELIVERY})
    free = await pharmacy.free(tx, institution_ids=ids, codes=codes)
    offers = [
        replace(
            _offer(each, places[each.institution_id], lines, prices[each.institution_id], free),
            staffed=each.institution_id in staffed,
        )
        for each in sellers
    ]
    return await _previewed(tx, chart, offers)


def _offer(
    seller: Seller,
    place: Institution,
    lines: Sequence[Prescribed],
    prices: Mapping[str, Price],
    free: Mapping[tuple[UUID, str], Shelf],
) -> Offer:
    listed = [line for line in lines if line.drug in prices]
    shelf = {line.drug: free.get((place.id, line.drug)) for line in lines}
    return Offer(
        seller=seller,
        place=place,
        lines=tuple(
            pricing.line(prices[line.drug], Item(line.drug, Decimal(line.packs))) for line in listed
        ),
        unlisted=tuple(_label(line) for line in lines if line.drug not in prices),
        missing=tuple(_label(line) for line in listed if _is_short(line, lines, shelf)),
        ways=tuple(_ways(seller, lines, prices.get(fill.DELIVERY))),
    )


def _is_short(
    line: Prescribed, lines: Sequence[Prescribed], shelf: Mapping[str, Shelf | None]
) -> bool:
    """Say whether the packs of all lines of this drug are more than can be promised."""
    wanted = sum(each.packs for each in lines if each.drug == line.drug)
    there = shelf[line.drug]
    return there is None or there.free < wanted


def _ways(seller: Seller, lines: Sequence[Prescribed], fee: Price | None) -> Iterator[Way]:
    if seller.has_counter:
        yield Way(delivers=False, fee_fen=0, findings=_findings(seller, lines, delivers=False))
    if seller.delivers and fee is not None:
        fen = pricing.line(fee, Item(fill.DELIVERY)).fen
        yield Way(delivers=True, fee_fen=fen, findings=_findings(seller, lines, delivers=True))


def _findings(
    seller: Seller, lines: Sequence[Prescribed], *, delivers: bool
) -> tuple[Finding, ...]:
    drugs = terminology.drugs(line.drug for line in lines).values()
    found = (rules.selling_findings(drug, seller, delivers=delivers) for drug in drugs)
    return tuple(dict.fromkeys(one for each in found for one in each))


async def _previewed(tx: Tx, chart: Chart, every: Sequence[Offer]) -> list[Offer]:
    """Foresee what the insurance would pay, where it pays at all and all is there (INS-08)."""
    charges = {
        one.place.id: [
            Charge(line.code, line.label, line.unit_price, line.quantity, line.fen)
            for line in one.lines
        ]
        for one in every
        if one.may_claim and one.fills
    }
    splits = await insurance.previews(tx, chart, charges=charges)
    return [replace(one, split=splits.get(one.place.id)) for one in every]


def _label(line: Prescribed) -> str:
    return f"{line.name} {line.strength}"
