"""What a report to the province says (上报内容, LIC-11): built from the facts, nothing kept.

The patient stands in it under a pseudonym that only this installation's key can make.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.consult import queries as consult
from lianyi.consult.model import State
from lianyi.kernel import profile, time
from lianyi.kernel.crypto import sm3
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import PHARMACIST
from lianyi.pharmacy import queries as pharmacy
from lianyi.pharmacy.model import SaleState
from lianyi.prescribing import queries as prescribing
from lianyi.prescribing.rules.document import use_text
from lianyi.records import queries as records
from lianyi.records.errors import NoSuchResource
from lianyi.supervision import rules
from lianyi.supervision.model import (
    Box,
    Dispensed,
    End,
    Kind,
    Ordered,
    Patient,
    Prescribed,
    Reviewed,
    Slip,
    Visit,
)

ONLINE = "VR"  # the class of an encounter that was not in person
# How online visits end that leave no record; what was withdrawn or never paid was none.
ENDS: Mapping[State, End] = {
    State.ENDED: End.COUNSELLED,
    State.OFFLINE: End.OFFLINE,
    State.REFUSED: End.REFUSED,
    State.UNANSWERED: End.UNANSWERED,
    State.STOPPED: End.STOPPED,
}


async def content(tx: Tx, slip: Slip) -> dict[str, Any]:
    """Return what a report says of a thing as it is now."""
    upload = slip.upload
    if upload.kind is Kind.LICENCE:
        return await _licence(tx, upload.thing_id)
    if upload.kind is Kind.PRACTITIONER:
        return await _post(tx, upload.thing_id)
    if slip.person_id is None:
        raise AssertionError(upload.kind)
    chart = await chart_of(tx, slip.person_id, upload.kind)
    return await BUILT[upload.kind](tx, chart, upload.thing_id)


async def chart_of(tx: Tx, person_id: UUID, what: str) -> Chart:
    """Open somebody's chart for what the law wants reported of them."""
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.REPORT, what=what)


def pseudonym(tx: Tx, person_id: UUID) -> str:
    """Return what the authorities know a person by: the same for all reports, and nobody's id."""
    return tx.keys.digest(f"supervision {person_id}").hex()[:32]


async def _licence(tx: Tx, institution_id: UUID) -> dict[str, Any]:
    here = (await people.institutions(tx, ids=[institution_id]))[institution_id]
    departments = await people.departments_of(tx, institution_id=institution_id)
    return rules.licence(here, (each.code for each in departments if each.licensed))


async def _post(tx: Tx, post_id: UUID) -> dict[str, Any]:
    held = (await people.posts(tx, ids=[post_id]))[post_id]
    known = await people.practice(
        tx,
        person_id=held.person_id,
        institution_id=held.institution_id,
        department_id=held.department_id,
        role=held.role,
    )
    return rules.practitioner(held, known)


async def _visit(tx: Tx, chart: Chart, visit_id: UUID) -> dict[str, Any]:
    try:
        closed = await _recorded(tx, chart, visit_id)
    except NoSuchResource:
        closed = await _unrecorded(tx, chart, visit_id)
    return rules.visit(await _patient(tx, chart), closed)


async def _recorded(tx: Tx, chart: Chart, visit_id: UUID) -> Visit:
    id = str(visit_id)
    (note, *_) = await records.versions(tx, chart, type="Composition", fhir_id=id)
    seen = next(each for each in await records.visits(tx, chart) if each.fhir_id == id)
    problems = await records.problems(tx, chart)
    author = (await people.posts(tx, ids=[note.post_id]))[note.post_id]
    return Visit(
        online=seen.kind == ONLINE,
        doctor=author.licence_number,
        department=author.department_name,
        began_at=seen.at,
        ended_at=seen.ended_at or note.at,
        diagnoses=tuple(p.what.code for p in problems if p.fhir_id.startswith(f"{id}-")),
        note=sm3(note.body.encode()).hex(),
    )


async def _unrecorded(tx: Tx, chart: Chart, visit_id: UUID) -> Visit:
    """Return an online visit that left no record: with whom it was, and why it ended."""
    seen = await consult.visit(tx, chart, visit_id=visit_id)
    doctor = (await people.posts(tx, ids=[seen.post_id]))[seen.post_id]
    return Visit(
        online=True,
        doctor=doctor.licence_number,
        department=doctor.department_name,
        began_at=seen.began_at or seen.at,
        ended_at=seen.ended_at or tx.now,
        end=ENDS[seen.state],
        reasons=(seen.reason,) if seen.reason else seen.flags,
    )


async def _signed(tx: Tx, chart: Chart, prescription_id: UUID) -> dict[str, Any]:
    found = await prescribing.prescription(tx, chart, prescription_id=prescription_id)
    signed = (await prescribing.documents(tx, chart, prescriptions=[found]))[found.id]
    lines = (
        Ordered(line.drug, line.name, line.strength, use_text(line), line.packs)
        for line in found.sheet.lines
    )
    told = Prescribed(
        visit=found.visit.id,
        doctor=await _licence_of(tx, found.post_id),
        diagnoses=tuple(each.code for each in found.sheet.diagnoses),
        lines=tuple(lines),
        document=signed.digest,
        signed_at=found.signed_at or signed.at,
        until=found.expires_at or signed.expires_at,
        state=found.state,
    )
    return rules.prescription(await _patient(tx, chart), told)


async def _reviewed(tx: Tx, chart: Chart, review_id: UUID) -> dict[str, Any]:
    about, said = await prescribing.review_of(tx, chart, review_id=review_id)
    told = Reviewed(
        prescription=about.id,
        version=said.version,
        pharmacist=await _licence_of(tx, said.post_id),
        decision=said.decision,
        reason=said.reason or "",
        serious=said.serious,
        at=said.at,
        text=said.digest,
    )
    return rules.review(told)


async def _dispensed(tx: Tx, chart: Chart, sale_id: UUID) -> dict[str, Any]:
    sale = await pharmacy.sale_of(tx, chart, sale_id=sale_id)
    codes = {line.number: line.code for line in sale.lines}
    packs = await pharmacy.packs_of(tx, chart, sale=sale)
    told = Dispensed(
        prescription=sale.slip.prescription_id,
        seller=sale.kind,
        pharmacist=await _licence_at(tx, sale.checked_by, sale.institution_id),
        packs=tuple(Box(codes[p.number], p.trace_code, p.lot, p.expires_on) for p in packs),
        at=sale.handed_at or tx.now,
        by_proxy=bool(sale.by_proxy),
        returned=sale.state is SaleState.RETURNED,
    )
    return rules.dispense(await _patient(tx, chart), told)


# How what is about a person is built, by its kind.
BUILT: Mapping[Kind, Callable[[Tx, Chart, UUID], Awaitable[dict[str, Any]]]] = {
    Kind.VISIT: _visit,
    Kind.PRESCRIPTION: _signed,
    Kind.REVIEW: _reviewed,
    Kind.DISPENSE: _dispensed,
}


async def _licence_of(tx: Tx, post_id: UUID) -> str:
    return (await people.posts(tx, ids=[post_id]))[post_id].licence_number


async def _licence_at(tx: Tx, person_id: UUID | None, institution_id: UUID) -> str:
    """Return the licence of a pharmacist who acted at a place, also if they have left it."""
    if person_id is None:
        return ""
    known = await people.practice(
        tx, person_id=person_id, institution_id=institution_id, role=PHARMACIST
    )
    return known.licence.number if known.licence else ""


async def _patient(tx: Tx, chart: Chart) -> Patient:
    person = await people.person(tx, chart)
    today = time.day(tx.now, profile.at(tx.now).zone)
    return Patient(pseudonym(tx, person.id), person.sex, person.age_on(today))
