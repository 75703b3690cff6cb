"""What can be done about online visits. Callers open the transaction; nothing here commits.

Every verb locks its visit first. Money, licences and the record are the journeys' to join.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.consult import events, tables
from lianyi.consult.errors import (
    AlreadyAsked,
    AlreadyRated,
    BadTerms,
    Decided,
    MayNotEnd,
    NoSuchVisit,
    NotEligible,
    NothingSaid,
    NotVerified,
    PromiseOver,
    ReasonMissing,
    RoundsUsed,
)
from lianyi.consult.model import (
    OPEN,
    WITH_STAFF,
    Author,
    Disease,
    Intake,
    Kind,
    Message,
    Offer,
    Proof,
    Reason,
    State,
    Terms,
    Visit,
)
from lianyi.consult.rules import flags, gate, notices
from lianyi.consult.rules.transcript import digest_of
from lianyi.consult.states import VISIT
from lianyi.kernel import history, profile, timers
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import WrongRole, WrongState, advance, check_role
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN, DOCTOR

TIMER = "answer"
DUTY = "consult.duty"


async def set_offer(tx: Tx, *, offer: Offer) -> None:
    """Let a doctor of the acting administrator's institution be asked online.

    :raises BadTerms, NotEligible, WrongRole:
    """
    if tx.actor.role not in {ADMIN, SYSTEM}:
        raise WrongRole(verb="set_offer", role=tx.actor.role)
    if closed := gate.kind_findings(offer.kind):
        raise NotEligible(findings=closed)
    if offer.minutes <= 0 or offer.rounds <= 0:
        raise BadTerms
    await tables.upsert_offer(tx, replace(offer, institution_id=tx.actor.institution_id))


async def go_online(tx: Tx) -> None:
    """Begin or go on receiving, right after the acting doctor's identity was proven (CON-09).

    :raises WrongRole:
    """
    check_role(tx, VISIT, "take")
    until = tx.now + timedelta(hours=profile.at(tx.now)["CON-09"])
    await tables.go_online(tx, until)
    await history.note(tx, DUTY, tx.actor.post_id, "go_online", after="online")


async def go_offline(tx: Tx) -> None:
    """Receive nobody new; who waits keeps their promise.

    :raises WrongRole:
    """
    check_role(tx, VISIT, "take")
    await tables.go_offline(tx)
    await history.note(tx, DUTY, tx.actor.post_id, "go_offline", after="offline")


async def agree(tx: Tx, chart: Chart) -> None:
    """Keep that the risk notice of today was agreed to, by its digest (CON-17)."""
    await tables.agree(tx, chart.person_id, notices.NOTICE)


async def ask(
    tx: Tx,
    chart: Chart,
    *,
    offer: Offer,
    disease: Disease,
    terms: Terms,
    intake: Intake,
    proofs: Sequence[Proof],
    guardian_present: bool,
) -> Visit:
    """Ask for a visit that the rules allow, whose intake tells of no emergency.

    With a paper as its only proof it waits for the doctor's yes (CON-03), else for its fee.

    :raises AlreadyAsked, WrongRole:
    """
    await tx.alone(chart.person_id, "consult")
    if found := await tables.find_open(tx, chart.person_id, offer.post_id):
        raise AlreadyAsked(id=found)
    visit = _asked(tx, chart, offer, disease, intake)
    visit = replace(visit, terms=terms, guardian_present=guardian_present)
    visit = await _born(tx, visit, proofs)
    await tables.insert_proofs(tx, visit.id, proofs)
    return visit


async def halt(tx: Tx, chart: Chart, *, offer: Offer, disease: Disease, intake: Intake) -> Visit:
    """Stop what tells of an emergency, also beside an open visit; it costs nothing (CON-28)."""
    visit = _asked(tx, chart, offer, disease, intake)
    visit = replace(visit, state=State.STOPPED, flags=flags.hits(intake), ended_at=tx.now)
    await tables.insert(tx, visit, "halt", events.VisitStopped)
    return visit


async def admit(tx: Tx, chart: Chart, *, visit_id: UUID, why: str) -> Visit:
    """Say yes to the proof that was uploaded; the fee is due now (CON-03).

    :raises NotVerified, NoSuchVisit, PromiseOver, ReasonMissing, WrongRole, WrongState:
    """
    visit = await _received(tx, chart, visit_id)
    _check_reason(why)
    await _go(tx, visit, "admit", events.VisitAdmitted, why=why.strip())
    await _decide(tx, visit, met=True, why=why)
    await timers.clear(tx, thing_id=visit.id, name=TIMER)
    return replace(visit, state=State.UNPAID, met=True, met_why=why.strip())


async def refuse(tx: Tx, chart: Chart, *, visit_id: UUID, why: str) -> Visit:
    """Say no: the paper proves no earlier diagnosis. Nothing was paid. Raises as `admit` does."""
    visit = await _received(tx, chart, visit_id)
    _check_reason(why)
    await _go(tx, visit, "refuse", events.VisitRefused, why=why.strip())
    await _decide(tx, visit, met=False, why=why)
    await _close(tx, visit)
    return replace(visit, state=State.REFUSED)


async def pay(tx: Tx, *, visit_id: UUID) -> bool:
    """Let a paid visit wait for its doctor; False when it is over, and the money must go back."""
    visit = await tables.lock(tx, visit_id)
    if visit.state is not State.UNPAID:
        return visit.state in OPEN
    await _go(tx, visit, "pay", events.VisitPaid)
    await _promise(tx, visit)
    return True


async def unpaid(tx: Tx, *, visit_id: UUID) -> Visit | None:
    """Return a visit that still waits for its fee, or None."""
    visit = await tables.lock(tx, visit_id)
    return visit if visit.state is State.UNPAID else None


async def lapse(tx: Tx, *, visit_id: UUID) -> None:
    """End a visit whose fee wasn't paid in time."""
    visit = await tables.lock(tx, visit_id)
    if visit.state is State.UNPAID:
        await _go(tx, visit, "lapse", events.VisitLapsed)
        await _close(tx, visit)


async def take(tx: Tx, chart: Chart, *, visit_id: UUID) -> Visit:
    """Begin the visit.

    :raises NotVerified, NoSuchVisit, PromiseOver, WrongRole, WrongState:
    """
    visit = await _received(tx, chart, visit_id)
    await _go(tx, visit, "take", events.VisitTaken)
    await tables.mark_begun(tx, visit.id)
    return replace(visit, state=State.WITH_DOCTOR, began_at=tx.now)


async def decide(tx: Tx, chart: Chart, *, visit_id: UUID, why: str) -> None:
    """Say yes, the condition of a follow-up is met; a no turns the visit offline (CON-03).

    :raises Decided, NotVerified, NoSuchVisit, ReasonMissing, WrongState:
    """
    visit = await _received(tx, chart, visit_id)
    _check_state(visit, "decide", State.WITH_DOCTOR)
    _check_reason(why)
    if visit.met is not None:
        raise Decided
    await _decide(tx, visit, met=True, why=why)
    await tx.emit(events.VisitDecided(*_about(visit)))


async def say(
    tx: Tx, chart: Chart, *, visit_id: UUID, text: str, files: Collection[UUID] = ()
) -> Visit:
    """Write a message. A sign of an emergency in a patient's stops the visit (CON-28).

    :raises NothingSaid, NotVerified, NoSuchVisit, PromiseOver, RoundsUsed, WrongState:
    """
    by_doctor = tx.actor.role == DOCTOR
    receive = _received if by_doctor else _of
    visit = await receive(tx, chart, visit_id)
    if not gate.may_be_said(text, files):
        raise NothingSaid
    _check_state(visit, "say", *((State.WITH_DOCTOR,) if by_doctor else WITH_STAFF))
    found = () if by_doctor else flags.in_text(text)
    if not by_doctor and not found and await tables.count_said(tx, visit.id) >= visit.terms.rounds:
        raise RoundsUsed(rounds=visit.terms.rounds)
    author = Author.DOCTOR if by_doctor else Author.PATIENT
    id, by = tx.new_id(visit.person_id), tx.actor.post_id
    said = Message(0, id, visit.id, tx.now, by, author, text.strip(), tuple(files), found)
    await tables.insert_message(tx, said)
    await tx.emit(events.MessageSent(*_about(visit)))
    if by_doctor and visit.answered_at is None:
        await tables.mark_answered(tx, visit.id)
        await timers.clear(tx, thing_id=visit.id, name=TIMER)
    return await _stop(tx, visit, found) if found else visit


async def end(tx: Tx, chart: Chart, *, visit_id: UUID, codes: Collection[str] = ()) -> Visit:
    """End a visit: a follow-up with its diagnoses, a health consultation without any (CON-26).

    :raises MayNotEnd: with all findings.
    :raises NotVerified, NoSuchVisit, WrongRole, WrongState:
    """
    visit = await _received(tx, chart, visit_id)
    _check_state(visit, "end", State.WITH_DOCTOR)
    if found := gate.ending_findings(visit, codes):
        raise MayNotEnd(findings=found)
    await _go(tx, visit, "end", events.VisitEnded)
    await _close(tx, visit)
    return replace(visit, state=State.ENDED, ended_at=tx.now)


async def turn_offline(
    tx: Tx, chart: Chart, *, visit_id: UUID, reason: Reason, target: str
) -> Visit:
    """End at once a visit that isn't for online, and say where to go (CON-04).

    :raises NotVerified, NoSuchVisit, ReasonMissing, WrongRole, WrongState:
    """
    visit = await _received(tx, chart, visit_id)
    _check_reason(target)
    await tables.mark_turned(tx, visit.id, reason, target.strip(), notices.LIST_VERSION)
    await _go(tx, visit, "turn_offline", events.TurnedOffline, why=reason)
    await _close(tx, visit)
    return replace(visit, state=State.OFFLINE, reason=reason, target=target.strip())


async def expire(tx: Tx, *, visit_id: UUID) -> bool:
    """End a visit nobody answered in the promised time; False when somebody has (CON-27)."""
    visit = await tables.lock(tx, visit_id)
    late = visit.due_at is not None and visit.due_at <= tx.now
    if visit.state not in WITH_STAFF or visit.answered_at is not None or not late:
        return False
    await _go(tx, visit, "expire", events.VisitUnanswered)
    await _close(tx, visit)
    return True


async def withdraw(tx: Tx, chart: Chart, *, visit_id: UUID) -> Visit:
    """Take back a visit the doctor hasn't begun.

    :raises NoSuchVisit, WrongRole, WrongState:
    """
    visit = await _of(tx, chart, visit_id)
    await _go(tx, visit, "withdraw", events.VisitWithdrawn)
    await _close(tx, visit)
    return replace(visit, state=State.WITHDRAWN)


async def rate(tx: Tx, chart: Chart, *, visit_id: UUID, stars: int, words: str) -> None:
    """Say how a visit was, once (CAP-21).

    :raises AlreadyRated, BadTerms, NoSuchVisit, WrongState:
    """
    visit = await _of(tx, chart, visit_id)
    _check_state(visit, "rate", State.ENDED, State.OFFLINE)
    if stars not in gate.STARS:
        raise BadTerms
    if not await tables.rate(tx, visit, stars, words.strip()):
        raise AlreadyRated
    await tx.emit(events.VisitRated(*_about(visit)))


def _asked(tx: Tx, chart: Chart, offer: Offer, disease: Disease, intake: Intake) -> Visit:
    """Return what somebody asks a doctor for, yet without its price."""
    return Visit(
        id=tx.new_id(chart.person_id),
        state=State.UNPAID,
        institution_id=offer.institution_id,
        department_id=offer.department_id,
        subject=offer.subject,
        person_id=chart.person_id,
        asked_by=tx.actor.person_id,
        guardian_present=False,
        doctor_id=offer.doctor_id,
        post_id=offer.post_id,
        kind=offer.kind,
        code=disease.code,
        name=disease.name,
        classes=disease.classes,
        terms=Terms(offer.item, 0, offer.minutes, offer.rounds),
        intake=intake,
        at=tx.now,
        due_at=None,
    )


async def _born(tx: Tx, visit: Visit, proofs: Sequence[Proof]) -> Visit:
    if visit.kind is Kind.COUNSEL or not gate.needs_reading(proofs, visit.code):
        await tables.insert(tx, visit, "apply", events.VisitAdmitted)
        return visit
    asked = replace(visit, state=State.ASKED)
    await tables.insert(tx, asked, "ask", events.VisitAsked)
    return await _promise(tx, asked)


async def _promise(tx: Tx, visit: Visit) -> Visit:
    """Set the time by which a doctor has answered, from now (CON-27)."""
    due_at = tx.now + timedelta(minutes=visit.terms.minutes)
    await tables.set_due(tx, visit.id, due_at)
    due = events.AnswerDue(*_about(visit))
    await timers.set(tx, thing_id=visit.id, name=TIMER, due_at=due_at, event=due)
    return replace(visit, due_at=due_at)


async def _stop(tx: Tx, visit: Visit, found: tuple[str, ...]) -> Visit:
    await _go(tx, visit, "stop", events.VisitStopped, why=" ".join(found))
    await tables.mark_flagged(tx, visit.id, found)
    await _close(tx, visit)
    return replace(visit, state=State.STOPPED, flags=found)


async def _decide(tx: Tx, visit: Visit, *, met: bool, why: str) -> None:
    """Write the yes or no; a yes accepts the disease asked for and what the record proves."""
    proofs = await tables.list_proofs(tx, visit.id)
    codes = {visit.code, *(proof.code for proof in proofs)} if met else ()
    await tables.decide(tx, visit.id, met=met, why=why.strip(), proven=codes)
    verdict = "met" if met else "not_met"
    await history.note(tx, VISIT.table, visit.id, "decide", after=verdict, why=why.strip())


async def _close(tx: Tx, visit: Visit) -> None:
    """Keep what the conversation was, so that nothing can be added to it unseen."""
    await tables.mark_closed(tx, visit.id)
    await timers.clear(tx, thing_id=visit.id, name=TIMER)
    messages = await tables.list_messages(tx, visit.id)
    await tables.insert_transcript(tx, visit.id, len(messages), digest_of(messages))


async def _received(tx: Tx, chart: Chart, visit_id: UUID) -> Visit:
    """Lock a visit of the acting doctor's, who has proven to be themselves (CON-09)."""
    visit = await _of(tx, chart, visit_id)
    mine = visit.doctor_id == tx.actor.person_id
    if not mine or visit.institution_id != tx.actor.institution_id:
        raise NoSuchVisit(id=visit_id)
    until = await tables.online_until(tx, tx.actor.post_id)
    if until is None or until <= tx.now:
        raise NotVerified
    waits = visit.state in WITH_STAFF and visit.answered_at is None
    if waits and visit.due_at is not None and visit.due_at <= tx.now:
        raise PromiseOver(due_at=visit.due_at)  # its fee goes back, whether or not the timer rang
    return visit


async def _of(tx: Tx, chart: Chart, visit_id: UUID) -> Visit:
    visit = await tables.lock(tx, visit_id)
    if visit.person_id != chart.person_id:
        raise NoSuchVisit(id=visit_id)
    return visit


async def _go(
    tx: Tx, visit: Visit, verb: str, kind: type[events.VisitEvent], *, why: str = ""
) -> None:
    await advance(tx, VISIT, visit.id, verb, why=why, event=kind(*_about(visit)))


def _about(visit: Visit) -> tuple[UUID, UUID, UUID, UUID]:
    return visit.id, visit.person_id, visit.institution_id, visit.post_id


def _check_state(visit: Visit, verb: str, *states: State) -> None:
    if visit.state not in states:
        raise WrongState(table=VISIT.table, id=visit.id, verb=verb, state=visit.state)


def _check_reason(text: str) -> None:
    if not gate.is_reason(text):
        raise ReasonMissing
