"""A resident's prescriptions: how each stands, and how to take what is on it (我的处方)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.journeys import papers
from lianyi.journeys.resident_desk import Who, enter
from lianyi.kernel import cursors, profile, time
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Institution, Post
from lianyi.pharmacy import queries as pharmacy
from lianyi.pharmacy.model import UNSOLD, Sale
from lianyi.prescribing import queries
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.model import IN_FORCE, Prescription, State
from lianyi.prescribing.rules import is_valid

ROWS = 20
# How far it has come: signed, reviewed, a seller chosen, fetched. What ended otherwise is not here.
REACHED = {
    State.SIGNING: 0,
    State.TO_REVIEW: 1,
    State.APPROVING: 1,
    State.RETURNED: 1,
    State.APPROVED: 2,
    State.ACCEPTED: 3,
    State.PARTLY_DISPENSED: 3,
    State.DISPENSED: 4,
}


USED = frozenset({State.PARTLY_DISPENSED, State.DISPENSED})  # DS-06: it can't end any more
UNSETTLED = frozenset({State.SIGNING, State.RETURNED, State.REVOKED})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One prescription as its person sees it. `over`: the clock has ended it (RX-01)."""

    prescription: Prescription
    place: str
    last_day: date | None
    over: bool

    @property
    def reached(self) -> int | None:
        return None if self.over else REACHED.get(self.prescription.state)

    @property
    def is_readable(self) -> bool:
        """What its doctor is changing, or has taken back, isn't read as something to take."""
        return self.prescription.state not in UNSETTLED

    @property
    def in_force(self) -> bool:
        return self.prescription.state in IN_FORCE


@dataclass(frozen=True, slots=True)
class SheetsPage:
    """`locked` says that the reader's proof, or their mandate, does not reach so far."""

    who: Who
    locked: bool
    sheets: tuple[Sheet, ...] = ()
    older: str = ""  # the cursor of the next page


@dataclass(frozen=True, slots=True)
class Attempt:
    """One seller the prescription was taken to."""

    sale: Sale
    place: str


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One prescription; `code` leads from its QR to the page that says it is authentic."""

    who: Who
    locked: bool
    sheet: Sheet | None = None
    doctor: Post | None = None
    pharmacist: Post | None = None
    code: str = ""
    sales: tuple[Attempt, ...] = ()
    may_choose: bool = False

    @property
    def live(self) -> Attempt | None:
        """The seller that has it now."""
        return next((each for each in self.sales if each.sale.state not in UNSOLD), None)


async def sheets(tx: Tx, *, cursor: str = "") -> SheetsPage:
    """Return the person's prescriptions, newest first; drafts aren't theirs to see yet.

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, "prescriptions")
    if chart is None:
        return SheetsPage(who, locked=True)
    place = f"prescriptions {chart.person_id}"
    at = cursors.read(tx, place, cursor)
    found = await queries.of_person(tx, chart, before=UUID(at) if at else None, limit=ROWS + 1)
    shown = found[:ROWS]
    return SheetsPage(
        who,
        locked=False,
        sheets=await _sheets(tx, shown),
        older=cursors.write(tx, place, str(shown[-1].id)) if len(found) > ROWS else "",
    )


async def sheet(tx: Tx, *, prescription_id: UUID) -> SheetPage:
    """Return one prescription with who has signed it.

    :raises NoSuchPerson, NoSuchPrescription:
    """
    who, chart = await enter(tx, "prescriptions")
    if chart is None:
        return SheetPage(who, locked=True)
    found = await queries.prescription(tx, chart, prescription_id=prescription_id)
    if found.state not in queries.SHOWN:
        raise NoSuchPrescription(id=prescription_id)
    reviewer_id = await _reviewer(tx, chart, found)
    ids = [found.post_id, *([reviewer_id] if reviewer_id else [])]
    posts = await people.posts(tx, ids=ids)
    sales = await pharmacy.sales_of(tx, chart, prescription_ids=[prescription_id])
    shown, attempts = await _shown(tx, found, sales)
    is_paper = shown.in_force and found.document_id is not None
    return SheetPage(
        who,
        locked=False,
        sheet=shown,
        doctor=posts[found.post_id],
        pharmacist=posts[reviewer_id] if reviewer_id else None,
        code=papers.code_of(tx.keys, found.document_id) if is_paper and found.document_id else "",
        sales=attempts,
        may_choose=found.state is State.APPROVED
        and not shown.over
        and all(sale.state in UNSOLD for sale in sales),
    )


async def _reviewer(tx: Tx, chart: Chart, found: Prescription) -> UUID | None:
    """Return the post whose approval put it in force."""
    if found.state not in IN_FORCE:
        return None
    reviews = (await queries.reviews_of(tx, chart, prescriptions=[found]))[found.id]
    return next((each.post_id for each in reviews if each.person_id == found.reviewed_by), None)


async def _sheets(tx: Tx, found: Sequence[Prescription]) -> tuple[Sheet, ...]:
    places = await people.institutions(tx, ids=sorted({each.institution_id for each in found}))
    return tuple(_sheet(tx, each, places[each.institution_id]) for each in found)


async def _shown(
    tx: Tx, found: Prescription, sales: Sequence[Sale]
) -> tuple[Sheet, tuple[Attempt, ...]]:
    ids = {found.institution_id, *(sale.institution_id for sale in sales)}
    places = await people.institutions(tx, ids=sorted(ids))
    attempts = tuple(Attempt(sale, places[sale.institution_id].short_name) for sale in sales)
    return _sheet(tx, found, places[found.institution_id]), attempts


def _sheet(tx: Tx, found: Prescription, place: Institution) -> Sheet:
    return Sheet(
        prescription=found,
        place=place.short_name,
        last_day=_last_day(tx, found),
        over=found.expires_at is not None
        and found.state not in USED
        and not is_valid(found, tx.now),
    )


def _last_day(tx: Tx, found: Prescription) -> date | None:
    """RX-01: it ends with a day, at the midnight after."""
    if found.expires_at is None:
        return None
    return time.last_day(found.expires_at, profile.at(tx.now).zone)
