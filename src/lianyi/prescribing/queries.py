"""What others may ask about prescriptions. Whatever names a person wants a Chart or a Desk."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from lianyi.access.model import Chart, Desk
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN
from lianyi.prescribing import rules, tables
from lianyi.prescribing.errors import BadLine, NoSuchPrescription
from lianyi.prescribing.model import (
    IN_FORCE,
    LIVE,
    Approval,
    Document,
    Entry,
    Facts,
    Finding,
    Halt,
    Held,
    Line,
    Prescription,
    Sheet,
    Standing,
    State,
    Version,
    Written,
)
from lianyi.prescribing.model.review import Quality, Review, Suggested, ToReview
from lianyi.prescribing.rules import laws, mending, safety
from lianyi.prescribing.rules import review as reading
from lianyi.prescribing.tables import knowledge
from lianyi.prescribing.tables import review as reviewing
from lianyi.prescribing.tables import standing as standings
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Amount, Checked

LINES = 50
QUEUE = 100
DAYS, PACKS = 366, 100  # what a slip of the keyboard exceeds
SHOWN = frozenset(State) - {State.DRAFT}


async def prescription(tx: Tx, chart: Chart, *, prescription_id: UUID) -> Prescription:
    """Return one prescription of the chart's person.

    :raises NoSuchPrescription: also if this chart may not know of it.
    """
    return _found(prescription_id, await tables.find(tx, chart, prescription_id))


async def at_desk(tx: Tx, desk: Desk, *, prescription_id: UUID) -> Prescription:
    """Return one prescription of this institution, before its person's chart is open.

    :raises NoSuchPrescription:
    """
    return _found(prescription_id, await tables.find_at_desk(tx, desk, prescription_id))


async def to_dispense(tx: Tx, chart: Chart, *, prescription_id: UUID) -> Prescription:
    """Return one that is in force, to the acting seller: whom the person has gone to.

    Of one that another seller has accepted nothing is known here.

    :raises NoSuchPrescription:
    """
    found = await tables.find_to_dispense(tx, chart, prescription_id, IN_FORCE)
    return _found(prescription_id, found)


async def held(tx: Tx, desk: Desk, *, prescription_ids: Collection[UUID]) -> dict[UUID, Halt]:
    """Return which of these the acting seller must not hand over yet, and why."""
    return await tables.list_held(tx, desk, prescription_ids, IN_FORCE)


async def undecided(tx: Tx, desk: Desk) -> list[Held]:
    """Return what sellers keep until the acting doctor has decided, the longest first (CON-04)."""
    return await tables.list_undecided(tx, desk, IN_FORCE)


async def of_visits(
    tx: Tx, chart: Chart, *, visit_ids: Sequence[UUID]
) -> dict[UUID, list[Prescription]]:
    """Return what was prescribed in each visit, oldest first; drafts too."""
    found: dict[UUID, list[Prescription]] = {id: [] for id in visit_ids}
    for each in await tables.list_of_visits(tx, chart, visit_ids):
        found[each.visit.id].append(each)
    return found


async def of_person(
    tx: Tx,
    chart: Chart,
    *,
    states: Collection[State] = SHOWN,
    before: UUID | None = None,
    limit: int = LINES,
) -> list[Prescription]:
    """Return a person's prescriptions, newest first; the last id continues the list."""
    return await tables.list_of(tx, chart, states, before, limit)


async def live_of(tx: Tx, chart: Chart) -> list[Prescription]:
    """Return what the person is taking by prescription, or will as soon as it is reviewed."""
    found = await tables.list_of(tx, chart, LIVE, None, LINES)
    return [each for each in found if rules.is_running(each, tx.now)]


async def versions(tx: Tx, chart: Chart, *, prescriptions: Sequence[Prescription]) -> list[Version]:
    """Return every version of the chart's person's prescriptions, newest first (RX-11)."""
    own = [each.id for each in prescriptions if each.person_id == chart.person_id]
    return await tables.list_versions(tx, own)


async def to_review(tx: Tx, desk: Desk, *, limit: int = QUEUE) -> list[ToReview]:
    """Return what waits for a pharmacist of this institution, as it came."""
    return await reviewing.list_to_review(tx, desk, limit)


async def quality(tx: Tx, *, since: datetime, until: datetime) -> Quality:
    """Return the indicators of the acting institution's reviews in a span (PH-11).

    :raises WrongRole:
    """
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="quality", role=tx.actor.role)
    return await reviewing.quality(tx, since, until)


async def reviews_of(
    tx: Tx, chart: Chart, *, prescriptions: Sequence[Prescription]
) -> dict[UUID, list[Review]]:
    """Return what pharmacists have said of each, newest first."""
    found: dict[UUID, list[Review]] = {each.id: [] for each in prescriptions}
    for review in await reviewing.list_reviews(tx, chart, list(found)):
        found[review.prescription_id].append(review)
    return found


async def review_of(tx: Tx, chart: Chart, *, review_id: UUID) -> tuple[Prescription, Review]:
    """Return what was said under this id, and of which of the chart's person's prescriptions.

    :raises NoSuchPrescription:
    """
    found = await reviewing.find_review(tx, review_id)
    if found is None:
        raise NoSuchPrescription(id=review_id)
    about = await prescription(tx, chart, prescription_id=found.prescription_id)
    return about, found


def suggested(sheet: Sheet, document: Document, *, may_prescribe: bool) -> tuple[Suggested, ...]:
    """Return what the software can say of each item of a review, and what it leaves open."""
    drugs = [terminology.drug(line.drug) for line in sheet.lines]
    findings = findings_of(document)
    return reading.suggested(sheet, drugs, findings, may_prescribe=may_prescribe)


def findings_of(document: Document) -> tuple[Finding, ...]:
    """Return what the check said when the document was signed."""
    return msgspec.json.decode(document.findings, type=tuple[Finding, ...])


async def documents(
    tx: Tx, chart: Chart, *, prescriptions: Sequence[Prescription]
) -> dict[UUID, Document]:
    """Return the text that is or is being signed of each, by the prescription's id."""
    ids = [each.document_id for each in prescriptions if each.document_id is not None]
    found = await tables.list_documents(tx, ids) if ids else {}
    return {document.prescription_id: document for document in found.values()}


async def approvals(tx: Tx, *, institution_id: UUID) -> list[Approval]:
    """Return which releases of the knowledge base were approved at an institution, newest first."""
    return await knowledge.list_approvals(tx, institution_id)


async def standing(tx: Tx, *, document_id: UUID) -> Standing | None:
    """Return how a signed text stands, for whoever holds it in their hand: nothing of a person."""
    return await standings.find(tx, document_id)


def line(entry: Entry, *, by: UUID, at: datetime, session_id: UUID | None = None) -> Line:
    """Return a whole line from what a person has entered, with its labels as they are now (CON-13).

    :raises BadLine: with what of it can't be.
    :raises NoSuchDrug:
    """
    drug = terminology.drug(entry.drug)
    frequency = terminology.frequencies().get(entry.frequency)
    units = terminology.units_of(drug.code, entry.dose)
    if frequency is None or units is None or units <= 0:
        raise BadLine(field="frequency" if frequency is None else "dose")
    if not 1 <= entry.days <= DAYS:
        raise BadLine(field="days")
    packs = terminology.packs_for(drug.code, units=units, frequency=frequency.code, days=entry.days)
    packs = entry.packs if packs is None else packs
    if packs is None or not 1 <= packs <= PACKS:
        raise BadLine(field="packs")
    return Line(
        drug=drug.code,
        name=drug.name,
        strength=drug.strength,
        form=drug.form,
        unit=drug.unit,
        pack=drug.pack,
        pack_size=drug.pack_size,
        route=drug.route,
        units=units,
        dose=rules.legal(entry.dose, drug, units),
        frequency=frequency.code,
        frequency_name=frequency.name,
        days=entry.days,
        packs=packs,
        advice=entry.advice.strip(),
        skin_test=entry.skin_test,
        entered_by=by,
        entered_at=at,
        entered_in=session_id,
    )


def mended(sheet: Sheet, finding: Finding) -> tuple[int, Entry] | None:
    """Return which line would keep within what a finding allows, and how; None if none can.

    The same substance by the same route in the same form, by another strength or a half tablet.
    """
    checked = finding.checked
    if checked is None or checked.most is None:
        return None
    capped = _capped(checked)
    for number, line in enumerate(sheet.lines):
        if terminology.drug(line.drug).substances == (capped,):
            frequency = terminology.frequencies()[line.frequency]
            found = mending.within(
                line, checked.most, frequency.times, terminology.snapshot().drugs.values(), capped
            )
            return None if found is None else (number, found)
    return None


def _capped(checked: Checked) -> str:
    """Return which of two substances an interaction caps; else the one it is about."""
    pair = terminology.interactions([checked.substance, checked.other])
    return next((each.capped for each in pair if each.capped), checked.substance)


def check(sheet: Sheet, facts: Facts) -> tuple[Finding, ...]:
    """Return all that the law and the knowledge base say of a prescription, the worst first.

    From memory, by the newest release. What is safe is said too, with its source.

    :raises NoSuchDrug, NoSuchDiagnosis: the master doesn't have it: nothing can be said.
    """
    written = [Written(line, terminology.drug(line.drug)) for line in sheet.lines]
    diagnoses = [terminology.diagnosis(each.code) for each in sheet.diagnoses]
    daily = _daily(written, facts)
    answers = [each for one in written for each in _answers(one, written, sheet, facts, daily)]
    return safety.sorted_by_weight([*laws.findings(sheet, written, diagnoses, facts), *answers])


def _daily(written: Sequence[Written], facts: Facts) -> Mapping[str, Amount]:
    """Return what is taken a day of each substance, of this and of what runs beside it.

    What can't be added up is left out: it counts as not known.
    """
    taken = [pair for each in facts.medicines for pair in each.daily]
    prescribed = [pair for each in written for pair in _own_daily(each).items()]
    amounts: dict[str, list[Amount]] = {}
    for substance, amount in (*taken, *prescribed):
        amounts.setdefault(substance, []).append(amount)
    unsaid = {s for each in facts.medicines if not each.daily for s in each.substances}
    return {
        substance: Amount(sum((each.value for each in told), Decimal(0)), told[0].unit)
        for substance, told in amounts.items()
        if substance not in unsaid and len({each.unit for each in told}) == 1
    }


def _own_daily(each: Written) -> Mapping[str, Amount]:
    line = each.line
    return terminology.daily_amounts(line.drug, units=line.units, frequency=line.frequency)


def _answers(
    one: Written,
    written: Sequence[Written],
    sheet: Sheet,
    facts: Facts,
    daily: Mapping[str, Amount],
) -> Iterator[Finding]:
    code, own = one.line.drug, _own_daily(one)
    codes = [each.code for each in sheet.diagnoses]
    history = None if facts.history is None else sorted({*facts.history, *codes})
    beside = [s for other in written if other is not one for s in other.drug.substances]
    taken = [s for each in facts.medicines for s in each.substances]
    for answer in (
        *terminology.check_indication(code, codes),
        *terminology.check_allergy(code, facts.allergies),
        *terminology.check_diseases(code, history),
        *terminology.check_pregnancy(code, facts.pregnancy),
        *terminology.check_age(code, facts.months),
        *terminology.check_kidney(code, facts.egfr, daily=own),
        *terminology.check_dose(code, own, months=facts.months),
        *terminology.check_interactions(code, sorted({*beside, *taken}), daily=daily),
        *terminology.check_duplicates(code, beside),
        *(() if facts.medicines_asked else terminology.check_interactions(code, None, daily={})),
    ):
        yield safety.graded(answer, facts)
    for each in facts.medicines:
        for answer in terminology.check_duplicates(code, each.substances):
            yield safety.going_on(answer, own=each.own, facts=facts)


def _found(id: UUID, found: Prescription | None) -> Prescription:
    if found is None:
        raise NoSuchPrescription(id=id)
    return found
