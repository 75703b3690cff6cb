"""What the law wants known is reported to the province as it happens (上报监管平台, LIC-11).

A report is built from the facts at the moment it is sent, and names the patient by a pseudonym
that only this installation's key can make.
"""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from lianyi.consult import queries as consult
from lianyi.consult.events import (
    TurnedOffline,
    VisitEnded,
    VisitRefused,
    VisitStopped,
    VisitUnanswered,
)
from lianyi.consult.model import Kind as Online
from lianyi.journeys import reported
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.work import Tx
from lianyi.links import Links
from lianyi.links.supervision import Receipt, Report, Tally, digest, tally_digest
from lianyi.people import queries as people
from lianyi.people.events import (
    Appointed,
    DepartmentRegistered,
    InstitutionRegistered,
    LicenceRecorded,
    PostEnded,
    PracticeFiled,
)
from lianyi.people.model import Post
from lianyi.people.rules.practice import UNLICENSED
from lianyi.pharmacy.events import SaleHandedOver, SaleReturned
from lianyi.prescribing import queries as prescribing
from lianyi.prescribing.events import (
    PrescriptionApproved,
    PrescriptionReturned,
    PrescriptionRevoked,
    PrescriptionSigned,
)
from lianyi.prescribing.model import Prescription
from lianyi.prescribing.model.review import Decision
from lianyi.records.events import NoteWritten
from lianyi.supervision import queries, rules
from lianyi.supervision import service as supervision
from lianyi.supervision.events import TallyDue
from lianyi.supervision.model import Kind, Receipted, Task, Thing


class Asking(msgspec.Struct, frozen=True):
    """Whose day an errand asks the platform to count."""

    institution: str
    day: date


async def institution(tx: Tx, event: InstitutionRegistered | DepartmentRegistered) -> None:
    """Keep an institution's licence data fresh."""
    here = tx.actor.institution_id
    found = await people.institutions(tx, ids=[here])
    if found[here].kind not in UNLICENSED:
        await supervision.due(tx, thing=Thing(Kind.LICENCE, here))


async def post(tx: Tx, event: Appointed | PostEnded) -> None:
    """Report who begins or ends to practise here."""
    found = await people.posts(tx, ids=[event.post_id])
    await _practitioner(tx, found[event.post_id])


async def practice(tx: Tx, event: LicenceRecorded | PracticeFiled) -> None:
    """Report what a register or a filing now says of somebody in post here (CON-24)."""
    for held in await people.posts_of(tx, person_id=event.person_id):
        if held.institution_id == tx.actor.institution_id:
            await _practitioner(tx, held)


async def visit(
    tx: Tx, event: NoteWritten | TurnedOffline | VisitRefused | VisitStopped | VisitUnanswered
) -> None:
    """Report a closed visit, and again when its record is amended.

    An online one is reported too that was refused, stopped, turned offline or never answered.
    """
    await _closed(tx, event.person_id, event.visit_id)


async def counsel(tx: Tx, event: VisitEnded) -> None:
    """Report a health consultation, which has no record to be reported with (CON-26)."""
    chart = await reported.chart_of(tx, event.person_id, Kind.VISIT)
    ended = await consult.visit(tx, chart, visit_id=event.visit_id)
    if ended.kind is Online.COUNSEL:
        await _closed(tx, event.person_id, event.visit_id)


async def prescription(tx: Tx, event: PrescriptionSigned | PrescriptionRevoked) -> None:
    """Report what a doctor has signed, and that it was revoked; never a mere draft."""
    found = await _prescription(tx, event.person_id, event.prescription_id)
    if found.signed_at is not None:
        thing = Thing(Kind.PRESCRIPTION, found.id, found.person_id, found.visit.id)
        await supervision.due(tx, thing=thing)


async def review(tx: Tx, event: PrescriptionApproved | PrescriptionReturned) -> None:
    """Report every decision about a prescription, each once; no approval that was never signed."""
    chart = await reported.chart_of(tx, event.person_id, Kind.REVIEW)
    found = await prescribing.prescription(tx, chart, prescription_id=event.prescription_id)
    said = (await prescribing.reviews_of(tx, chart, prescriptions=[found]))[found.id]
    approved = said[0] if isinstance(event, PrescriptionApproved) else None
    for each in reversed(said):
        if each is approved or each.decision is Decision.RETURN:
            thing = Thing(Kind.REVIEW, each.id, event.person_id, found.visit.id)
            await supervision.due(tx, thing=thing, again=False)


async def dispense(tx: Tx, event: SaleHandedOver | SaleReturned) -> None:
    """Have a seller report what it handed over, and what came back for a defect."""
    found = await _prescription(tx, event.person_id, event.prescription_id)
    thing = Thing(Kind.DISPENSE, event.sale_id, event.person_id, found.visit.id)
    await supervision.due(tx, thing=thing)


async def compare(tx: Tx, event: TallyDue) -> None:
    await supervision.open_tally(tx, day=date.fromisoformat(event.day))


async def _closed(tx: Tx, person_id: UUID, visit_id: UUID) -> None:
    await supervision.due(tx, thing=Thing(Kind.VISIT, visit_id, person_id, visit_id))


async def _prescription(tx: Tx, person_id: UUID, prescription_id: UUID) -> Prescription:
    chart = await reported.chart_of(tx, person_id, Kind.PRESCRIPTION)
    return await prescribing.prescription(tx, chart, prescription_id=prescription_id)


async def _practitioner(tx: Tx, held: Post) -> None:
    if held.role in rules.PROFESSIONALS:
        await supervision.due(tx, thing=Thing(Kind.PRACTITIONER, held.id))


async def _prepare(tx: Tx, upload_id: UUID) -> Report:
    slip = await supervision.take_up(tx, upload_id=upload_id)
    upload = slip.upload
    content = await reported.content(tx, slip)
    here = (await people.institutions(tx, ids=[upload.institution_id]))[upload.institution_id]
    edition = await supervision.sent(tx, upload=upload, digest=digest(content))
    return Report(
        institution=here.credit_code,
        kind=upload.kind,
        number=upload.thing_id.hex,
        edition=edition,
        day=upload.day,
        content=content,
    )


async def _send(links: Links, key: UUID, report: Report) -> Answer:
    return await links.supervision.report(key, report)


async def _ask(links: Links, key: UUID, _: Report) -> Answer | None:
    return await links.supervision.ask(key)


async def _record(tx: Tx, upload_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.YES:
        receipt = msgspec.convert(answer.body, Receipt)
        told = Receipted(receipt.number, receipt.digest)
        await supervision.receipted(tx, upload_id=upload_id, receipt=told)
    else:
        code, about = (str(answer.body.get(name, "")) for name in ("code", "about"))
        await supervision.refused(tx, upload_id=upload_id, code=code, about=about)


async def _prepare_tally(tx: Tx, tally_id: UUID) -> Asking:
    slip = await queries.tally_slip(tx, tally_id=tally_id)
    here = (await people.institutions(tx, ids=[slip.institution_id]))[slip.institution_id]
    return Asking(here.credit_code, slip.day)


async def _count(links: Links, _: UUID, asking: Asking) -> Answer:
    answer = await links.supervision.tally(asking.institution, asking.day)
    return answer if answer.outcome is Outcome.YES else Answer(Outcome.UNKNOWN)


async def _count_again(*_: object) -> None:
    """Ask nothing: counting changes nothing, so it is simply done again."""


async def _record_tally(tx: Tx, tally_id: UUID, answer: Answer) -> None:
    theirs = msgspec.convert(answer.body, Tally)
    slip = await supervision.take_up_tally(tx, tally_id=tally_id)
    held = [(kind, id.hex, receipt) for kind, id, receipt in await queries.held(tx, slip=slip)]
    await supervision.take_tally(
        tx,
        tally_id=tally_id,
        ours=Counter(kind for kind, _, _ in held),
        theirs=theirs.counts,
        same=tally_digest(held) == theirs.digest,
    )


ERRANDS: tuple[Errand[Links, Any], ...] = (
    Errand(Task.REPORT, Report, _prepare, _send, _ask, _record),
    Errand(Task.TALLY, Asking, _prepare_tally, _count, _count_again, _record_tally),
)
