"""An online follow-up from asking to its signed end (在线复诊).

What joins subjects: the door, the doctor's licence, the proof in the record, files, the fee, the
signed record. Whatever goes back to the patient goes back in the transaction that ends the visit.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.accounts import service as accounts
from lianyi.billing import queries as money
from lianyi.billing.events import BillLapsed
from lianyi.consult import fhir, queries, service
from lianyi.consult.events import AnswerDue
from lianyi.consult.model import Reason, State, Visit
from lianyi.consult.rules import flags
from lianyi.consult.states import VISIT
from lianyi.files import service as files
from lianyi.insurance.events import Settled, SettlementFailed
from lianyi.journeys import notes, settle, stopped
from lianyi.journeys.follow_up_asking import SUBJECT, charge, check_practice, own
from lianyi.kernel.lifecycle import WrongState, check_role
from lianyi.kernel.refusal import Invalid, NotAllowed, NotFound
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import RESIDENT
from lianyi.prescribing.model import Halt
from lianyi.records import service as records
from lianyi.records.fhir import outpatient
from lianyi.records.model import Diagnosed, Note, Setting
from lianyi.terminology import queries as terminology

VIRTUAL = "VR"
OVER = "consult_over"  # the reason of a refund
# Who was sent elsewhere is still asked about by the doctor who knows them.
LOOKED_AFTER = frozenset({State.OFFLINE, State.STOPPED})


async def go_online(tx: Tx, *, account_id: UUID, code: str) -> bool:
    """Begin to receive online after a fresh one-time code; False if it was wrong (CON-09).

    :raises Resting, WrongRole:
    :raises MayNotPractise: LIC-01, LIC-13, LIC-14, CON-08, CON-23, CON-24.
    """
    check_role(tx, VISIT, "take")
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    await check_practice(tx, tx.actor.person_id, posts[tx.actor.post_id].department_id)
    if not await accounts.confirm(tx, account_id=account_id, code=code):
        return False
    await service.go_online(tx)
    return True


async def go_offline(tx: Tx) -> None:
    await service.go_offline(tx)


async def admit(tx: Tx, *, visit_id: UUID, why: str) -> None:
    """Accept the uploaded proof; the fee is due.

    :raises NotVerified, NoSuchVisit, PromiseOver, ReasonMissing, WrongRole, WrongState:
    :raises MayNotPractise: LIC-01, LIC-13, LIC-14, CON-08, CON-23, CON-24.
    """
    chart = await _received(tx, visit_id)
    await charge(tx, await service.admit(tx, chart, visit_id=visit_id, why=why))


async def refuse(tx: Tx, *, visit_id: UUID, why: str) -> None:
    """Refuse the uploaded proof; nothing was paid. Raises as `admit` does."""
    chart = await _received(tx, visit_id)
    await _give_back(tx, await service.refuse(tx, chart, visit_id=visit_id, why=why))


async def take(tx: Tx, *, visit_id: UUID) -> None:
    """Begin; the visit and what the patient told enter the record. Raises as `admit` does."""
    chart = await _received(tx, visit_id)
    taken = await service.take(tx, chart, visit_id=visit_id)
    bodies = [outpatient.encounter(_setting(tx, taken)), fhir.intake(taken, at=taken.at)]
    await records.publish_all(tx, owner=taken.person_id, bodies=bodies, classes=taken.classes)


async def decide(tx: Tx, *, visit_id: UUID, why: str) -> None:
    """Say yes to the condition of a follow-up (CON-03). Raises as `admit` does, and Decided."""
    chart = await _received(tx, visit_id)
    await service.decide(tx, chart, visit_id=visit_id, why=why)


async def say(tx: Tx, *, visit_id: UUID, text: str, pictures: Sequence[bytes] = ()) -> Visit:
    """Write in a visit, as its patient or its doctor.

    A red flag ends it, gives the fee back and stops what was prescribed (CON-28); it doesn't wait
    for a picture that can't be kept.

    :raises NothingSaid, NotVerified, NoSuchVisit, PromiseOver, RoundsUsed, WrongState:
    :raises UnknownType, TooBig, BrokenFile:
    """
    chart = await own(tx) if tx.actor.role == RESIDENT else await _received(tx, visit_id)
    here = await queries.visit(tx, chart, visit_id=visit_id)
    urgent = tx.actor.role == RESIDENT and bool(flags.in_text(text))
    kept = await _keep_in(tx, here, pictures, urgent=urgent)
    said = await service.say(tx, chart, visit_id=visit_id, text=text, files=kept)
    if said.state is State.STOPPED:
        await stopped.stop(tx, chart, visit_id=visit_id, halt=Halt.RED_FLAG, flags=said.flags)
        await _give_back(tx, said)
    return said


async def save(tx: Tx, *, visit_id: UUID, note: Note) -> None:
    """Put down what is written so far, unsigned. Raises as `admit` does."""
    chart = await _received(tx, visit_id)
    here = await queries.visit(tx, chart, visit_id=visit_id)
    if here.state is not State.WITH_DOCTOR:
        raise WrongState(table=VISIT.table, id=visit_id, verb="save", state=here.state)
    await records.save_note(tx, setting=_setting(tx, here), note=_named(note))


async def may_follow(tx: Tx, *, visit_id: UUID) -> bool:
    """Return whether the acting hat is the visit's patient, who acts for them, or its doctor."""
    try:
        if tx.actor.role == RESIDENT:
            await queries.visit(tx, await own(tx), visit_id=visit_id)
        else:
            desk = await access.open_desk(tx, purpose=Purpose.TREAT)
            await queries.own_visit(tx, desk, visit_id=visit_id)
    except (NotAllowed, NotFound):
        return False
    return True


async def end(tx: Tx, *, visit_id: UUID, note: Note) -> None:
    """Sign the outpatient record and end the follow-up (EMR-15).

    :raises MayNotEnd: CON-02, CON-03, CON-26.
    :raises AlreadySigned, NoteIncomplete, NoSuchDiagnosis. Raises further what `admit` does:
    """
    chart = await _received(tx, visit_id)
    named = _named(note)
    codes = [diagnosis.code for diagnosis in named.diagnoses]
    ended = await service.end(tx, chart, visit_id=visit_id, codes=codes)
    setting = _setting(tx, ended)
    text = await records.sign_note(tx, setting=setting, note=named)
    await notes.ask(tx, visit_id=ended.id, text=text)
    body = outpatient.encounter(setting, ended_at=tx.now)
    await records.publish(tx, owner=ended.person_id, body=body, classes=ended.classes)


async def end_counsel(tx: Tx, *, visit_id: UUID) -> None:
    """End a health consultation, which leaves no diagnosis behind (CON-26). Raises as `end`."""
    chart = await _received(tx, visit_id)
    ended = await service.end(tx, chart, visit_id=visit_id)
    body = outpatient.encounter(_setting(tx, ended), ended_at=tx.now)
    await records.publish(tx, owner=ended.person_id, body=body, classes=ended.classes)


async def turn_offline(tx: Tx, *, visit_id: UUID, reason: Reason, target: str) -> None:
    """End at once and say where to go; the fee goes back (CON-04).

    What was prescribed is taken back, or held where a seller has it. Raises as `admit` does.
    """
    chart = await _received(tx, visit_id)
    await stopped.stop(tx, chart, visit_id=visit_id, halt=Halt.OFFLINE)
    turned = await service.turn_offline(tx, chart, visit_id=visit_id, reason=reason, target=target)
    if turned.began_at:
        body = outpatient.encounter(_setting(tx, turned), ended_at=tx.now)
        await records.publish(tx, owner=turned.person_id, body=body, classes=turned.classes)
    await _give_back(tx, turned)


async def withdraw(tx: Tx, *, visit_id: UUID) -> None:
    """Take back what the doctor hasn't begun; the fee goes back.

    :raises NoSuchVisit, WrongRole, WrongState:
    """
    await _give_back(tx, await service.withdraw(tx, await own(tx), visit_id=visit_id))


async def rate(tx: Tx, *, visit_id: UUID, stars: int, words: str) -> None:
    """Say how it was.

    :raises AlreadyRated, BadTerms, NoSuchVisit, WrongState:
    """
    await service.rate(tx, await own(tx), visit_id=visit_id, stars=stars, words=words)


async def start_paid(tx: Tx, event: Settled) -> None:
    """Let a paid visit wait for its doctor; money for one that is over goes back."""
    if event.subject_type == SUBJECT and not await service.pay(tx, visit_id=event.subject_id):
        await settle.call_off(tx, subject=(SUBJECT, event.subject_id), reason=OVER)


async def charge_again(tx: Tx, event: SettlementFailed) -> None:
    """Bill a visit anew whose settlement failed and whose money went back; the agency is left out.

    Its patient still has the visit, and pays it alone or lets it lapse.
    """
    if event.subject_type == SUBJECT:
        unpaid = await service.unpaid(tx, visit_id=event.subject_id)
        if unpaid is not None:
            await charge(tx, unpaid, claimed=False)


async def lapse(tx: Tx, event: BillLapsed) -> None:
    if event.subject_type == SUBJECT:
        await service.lapse(tx, visit_id=event.subject_id)
        await access.end_relation(tx, cause_id=event.subject_id)


async def expire(tx: Tx, event: AnswerDue) -> None:
    """Give the whole fee back when nobody has answered in the promised time (CON-27)."""
    if await service.expire(tx, visit_id=event.visit_id):
        await _repay(tx, event.visit_id)
        await access.end_relation(tx, cause_id=event.visit_id)


async def _keep_in(tx: Tx, here: Visit, pictures: Sequence[bytes], *, urgent: bool) -> list[UUID]:
    """Keep pictures; of those with an urgent message, what can be kept."""
    kept = []
    for content in pictures:
        try:
            file = await files.keep(
                tx,
                owner_id=here.person_id,
                content=content,
                holder_id=here.institution_id,
                classes=here.classes,
            )
        except Invalid:
            if not urgent:
                raise
        else:
            kept.append(file.id)
    return kept


async def _give_back(tx: Tx, over: Visit) -> None:
    """Give back what was paid for a visit that didn't come to its end, and close its door."""
    await _repay(tx, over.id)
    if over.state not in LOOKED_AFTER:
        await access.end_relation(tx, cause_id=over.id)


async def _repay(tx: Tx, visit_id: UUID) -> None:
    billed = await money.states_of(tx, type=SUBJECT, ids=[visit_id])
    if billed:
        await settle.call_off(tx, subject=(SUBJECT, visit_id), reason=OVER)


async def _received(tx: Tx, visit_id: UUID) -> Chart:
    """Return the chart of a visit of the acting doctor's, who may practise online right now."""
    check_role(tx, VISIT, "take")
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    here = await queries.own_visit(tx, desk, visit_id=visit_id)
    await check_practice(tx, tx.actor.person_id, here.department_id)
    return await access.open_chart(
        tx, person_id=here.person_id, purpose=Purpose.TREAT, what="consult"
    )


def _named(note: Note) -> Note:
    """Give every diagnosis the name of its code, whatever the form called it."""
    named = (Diagnosed(d.code, terminology.diagnosis(d.code).name) for d in note.diagnoses)
    return replace(note, diagnoses=tuple(named))


def _setting(tx: Tx, here: Visit) -> Setting:
    return Setting(
        visit_id=here.id,
        person_id=here.person_id,
        institution_id=here.institution_id,
        post_id=here.post_id,
        started_at=here.began_at or tx.now,
        kind=VIRTUAL,
    )
