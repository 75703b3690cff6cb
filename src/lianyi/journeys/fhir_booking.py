"""An app books for whom it is used: the verbs of the pages, behind the doors of apps (预约挂号).

INT-04: a scope over all appointments is needed, one with a constraint reaches none: a number that
nobody has yet answers no search. What an app does here is logged and told to the person. A session
of the pages is refused, as it is wherever something is written by FHIR.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import OutOfScope
from lianyi.access.model import RESIDENT, Chart, Desk, Purpose
from lianyi.access.model.parts import Right, is_whole
from lianyi.access.service import scoping
from lianyi.booking import queries as booking
from lianyi.booking.errors import NoSuchAppointment
from lianyi.booking.model import Appointment, Session, Time
from lianyi.booking.model.looking import Where
from lianyi.journeys import book, fhir_doors, fhir_live, queue
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoPatient, NotWritable
from lianyi.records.rules.writable import Writer

KIND = "Appointment"
WHATS = {Right.CREATE: "fhir_hold", Right.UPDATE: "fhir_move", Right.SEARCH: "appointments"}
AHEAD = timedelta(days=60)  # how far one's own appointments are told


@dataclass(frozen=True, slots=True)
class Kept:
    """An appointment as it is after an act; `refundable`: its fee goes back."""

    appointment: Appointment
    session: Session
    refundable: bool | None = None


async def find(tx: Tx, *, where: Where, limit: int) -> list[tuple[Session, Time]]:
    """Return times that have numbers now. They are public, and name nobody.

    :raises OutOfScope:
    """
    fhir_live.check_scope(tx, type=fhir_live.SLOT, right=Right.SEARCH)
    return await booking.free(tx, where=where, limit=limit)


async def hold(
    tx: Tx, *, session_id: UUID, starts_at: datetime, person_id: UUID | None = None
) -> Kept:
    """Keep a number, as `book.hold` does and with its refusals.

    :raises NotWritable, OutOfScope, NoPatient: and as `book.hold` does.
    """
    chart = await _chart(tx, Right.CREATE, person_id)
    desk = access.desk_about(tx, chart)
    got = await book.hold(
        tx, session_id=session_id, starts_at=starts_at, person_id=chart.person_id, desk=desk
    )
    return await _kept(tx, desk, got.appointment_id)


async def confirm(tx: Tx, *, appointment_id: UUID) -> Kept:
    """Confirm a number that is paid at the visit; one that is paid first its payment confirms.

    :raises NotWritable, OutOfScope: and as `book.confirm` does, PayFirst among it.
    """
    desk = await _desk(tx)
    await book.confirm(tx, appointment_id=appointment_id, desk=desk)
    return await _kept(tx, desk, appointment_id)


async def cancel(tx: Tx, *, appointment_id: UUID, reason: str) -> Kept:
    """Give a number back.

    :raises NotWritable, OutOfScope: and as `book.cancel` does.
    """
    desk = await _desk(tx)
    back = await book.cancel(tx, appointment_id=appointment_id, reason=reason, desk=desk)
    return await _kept(tx, desk, appointment_id, refundable=back)


async def reschedule(
    tx: Tx, *, appointment_id: UUID, session_id: UUID, starts_at: datetime
) -> Kept:
    """Move to another number.

    :raises NotWritable, OutOfScope: and as `book.reschedule` does.
    """
    desk = await _desk(tx)
    await book.reschedule(
        tx, appointment_id=appointment_id, session_id=session_id, starts_at=starts_at, desk=desk
    )
    return await _kept(tx, desk, appointment_id)


async def check_in(tx: Tx, *, appointment_id: UUID) -> Kept:
    """Arrive.

    :raises NotWritable, OutOfScope: and as `queue.check_in` does.
    """
    desk = await _desk(tx)
    await queue.check_in(tx, appointment_id=appointment_id, desk=desk)
    return await _kept(tx, desk, appointment_id)


async def wait(tx: Tx, *, session_id: UUID, person_id: UUID | None = None) -> UUID:
    """Wait for a number of a full session.

    :raises NotWritable, OutOfScope, NoPatient: and as `book.join_waiting` does.
    """
    chart = await _chart(tx, Right.CREATE, person_id)
    return await book.join_waiting(
        tx, session_id=session_id, person_id=chart.person_id, chart=chart
    )


async def leave(tx: Tx, *, session_id: UUID, person_id: UUID | None = None) -> None:
    """Wait no longer.

    :raises NotWritable, OutOfScope, NoPatient: and as `book.leave_waiting` does.
    """
    chart = await _chart(tx, Right.UPDATE, person_id)
    await book.leave_waiting(tx, session_id=session_id, person_id=chart.person_id, chart=chart)


async def own(tx: Tx, *, person_id: UUID | None = None) -> list[Kept]:
    """Return a person's appointments, the latest first, those that are only held among them.

    :raises OutOfScope, NoPatient, NoSuchPerson, ProofTooLow:
    """
    scoping.check_scope(tx, type=KIND, right=Right.SEARCH)
    chart = await _opened(tx, Right.SEARCH, person_id)
    found = await booking.own(tx, chart, before=tx.now + AHEAD)
    if tx.actor.role != RESIDENT:  # what is another house's is told to the person alone
        found = [one for one in found if one.institution_id == tx.actor.institution_id]
    return await _with_sessions(tx, found)


async def _chart(tx: Tx, right: Right, person_id: UUID | None) -> Chart:
    """Open the door to whom an act is for: as named, or else whom the app is used for."""
    _check_writer(tx, right)
    return await _opened(tx, right, person_id)


async def _opened(tx: Tx, right: Right, person_id: UUID | None) -> Chart:
    person_id = person_id or _about(tx)
    if person_id is None:
        raise NoPatient
    what = WHATS[right]
    chart = await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.RECEIVE, what=what, right=right
    )
    if not is_whole(chart.only, KIND):
        raise OutOfScope(type=KIND, right=right)
    return chart


async def _desk(tx: Tx) -> Desk:
    """Open the desk at which an appointment is changed: one person's, or a house's."""
    _check_writer(tx, Right.UPDATE)
    if _about(tx) is not None:
        return access.desk_about(tx, await _opened(tx, Right.UPDATE, None))
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE, right=Right.UPDATE)
    if not is_whole(desk.only, KIND):
        raise OutOfScope(type=KIND, right=Right.UPDATE)
    return desk


def _about(tx: Tx) -> UUID | None:
    """Return the one person the app is used for, if it is for one."""
    return tx.actor.subject_id if tx.actor.role == RESIDENT else tx.actor.for_person_id


def _check_writer(tx: Tx, right: Right) -> None:
    """Refuse a session of the pages, which another site could make act, and apps without scope.

    Nor does a service book: an appointment is somebody's act.
    """
    who = fhir_doors.writer(tx)
    if who in {Writer.SESSION, Writer.SERVICE, Writer.SOURCE}:
        scoping.refused(tx, what=WHATS[right])
    if who is Writer.SESSION:
        raise NotWritable(type=KIND, group=who)
    if who in {Writer.SERVICE, Writer.SOURCE}:
        raise WrongRole(verb="book", role=tx.actor.role)
    scoping.check_scope(tx, type=KIND, right=right)


async def _kept(tx: Tx, desk: Desk, id: UUID, *, refundable: bool | None = None) -> Kept:
    found = await booking.appointments_by_id(tx, desk, ids=[id])
    if id not in found:
        raise NoSuchAppointment(id=id)
    it = found[id]
    if desk.persons is None:
        access.saw(tx, desk, person_ids=[it.person_id], what=WHATS[Right.UPDATE])
    return Kept(it, await booking.session(tx, session_id=it.session_id), refundable)


async def _with_sessions(tx: Tx, found: Sequence[Appointment]) -> list[Kept]:
    known = await booking.sessions_by_id(tx, session_ids=[one.session_id for one in found])
    return [Kept(one, known[one.session_id]) for one in found]
