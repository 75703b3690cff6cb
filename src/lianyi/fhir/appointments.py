"""`Appointment/$find`, `$hold`, `$confirm` and other acts of booking, as apps do them (预约挂号).

Our own operations: HL7 has none for numbers that are held, paid and confirmed. The definitions that
this server serves are in `definitions`.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import NoMatchFound

from lianyi.booking import fhir
from lianyi.booking.errors import NoSuchAppointment, NoSuchSession
from lianyi.booking.model import AppointmentState, Payment, Session, Time
from lianyi.booking.model.ending import Reason
from lianyi.booking.model.looking import Where
from lianyi.fhir import answers, asking, outcomes, pages
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.asking import Given
from lianyi.fhir.deeds import Deed, Did
from lianyi.fhir.pages import PAGE
from lianyi.fhir.places import base_of, origin_of
from lianyi.fhir.reading import ask
from lianyi.journeys import fhir_booking
from lianyi.journeys.fhir_booking import Kept
from lianyi.kernel import cursors, profile, time
from lianyi.kernel.work import Tx

USUAL, MOST = 50, 500  # times in one answer
AHEAD = timedelta(days=14)  # as far as the pages show
PLACES = {
    "organization": ("Organization", "institution_id"),
    "department": ("Organization", "department_id"),
    "practitioner": ("Practitioner", "doctor_id"),
}
PAID_ON = "appointment"  # the page on which a number is paid
PAY_AT, REFUNDABLE = "urn:lianyi:pay-at", "urn:lianyi:refundable"


async def find(request: Request) -> Response:
    """Answer a page of times that have numbers now, with the sessions they are of.

    :raises OutOfScope:
    :raises Turned: no place is named, or a parameter can't be understood.
    """
    given = await asking.read(request)
    given.check({*PLACES, "start", "end", "count", PAGE})
    places = {field: _uuid(given, name, type) for name, (type, field) in PLACES.items()}
    if not any(places.values()):
        raise Turned(400, "required", "fhir.operation.missing", {"name": "organization"})
    limit = given.number("count", USUAL, MOST, least=1)

    async def page(tx: Tx) -> Body:
        found = await fhir_booking.find(tx, where=_where(tx, given, places), limit=limit + 1)
        after = _mark(*found[limit - 1]) if len(found) > limit else ""
        cursor = cursors.write(tx, _query(given), after) if after else ""
        return _found(base_of(request), given, found[:limit], cursor)

    return answers.written(request, await ask(request, page))


async def own(request: Request) -> Response:
    """Answer the appointments of whom the app is for.

    :raises OutOfScope, NoPatient, NoSuchPerson, ProofTooLow:
    """
    given = await asking.read(request)
    given.check({"patient"})
    person_id = _uuid(given, "patient", "Patient")
    found = await ask(request, lambda tx: fhir_booking.own(tx, person_id=person_id))
    entries = [_entry("match", _told(request, one)) for one in found]
    return answers.written(request, _bundle(entries))


def hold(_: str, given: Given) -> Deed:
    given.check({"schedule", "start", "patient"})
    session_id, starts_at = _schedule(given), _start(given)
    person_id = _uuid(given, "patient", "Patient")
    return _deed(
        lambda tx: fhir_booking.hold(
            tx, session_id=session_id, starts_at=starts_at, person_id=person_id
        )
    )


def confirm(id: str, given: Given) -> Deed:
    given.check(())
    appointment_id = _appointment(id)
    return _deed(lambda tx: fhir_booking.confirm(tx, appointment_id=appointment_id))


def cancel(id: str, given: Given) -> Deed:
    given.check({"reason"})
    appointment_id, reason = _appointment(id), given.text("reason") or Reason.OTHER
    if reason not in set(Reason):
        raise asking.wrong("reason")
    return _deed(lambda tx: fhir_booking.cancel(tx, appointment_id=appointment_id, reason=reason))


def reschedule(id: str, given: Given) -> Deed:
    given.check({"schedule", "start"})
    appointment_id, session_id, starts_at = _appointment(id), _schedule(given), _start(given)
    return _deed(
        lambda tx: fhir_booking.reschedule(
            tx, appointment_id=appointment_id, session_id=session_id, starts_at=starts_at
        )
    )


def check_in(id: str, given: Given) -> Deed:
    given.check(())
    appointment_id = _appointment(id)
    return _deed(lambda tx: fhir_booking.check_in(tx, appointment_id=appointment_id))


def wait(_: str, given: Given) -> Deed:
    return _waiting(given, fhir_booking.wait, "fhir.booking.waits")


def leave(_: str, given: Given) -> Deed:
    return _waiting(given, fhir_booking.leave, "fhir.booking.left")


def _waiting(given: Given, act: Callable[..., Any], said: str) -> Deed:
    given.check({"schedule", "patient"})
    session_id, person_id = _schedule(given), _uuid(given, "patient", "Patient")

    async def verb(tx: Tx) -> Did:
        await act(tx, session_id=session_id, person_id=person_id)
        return Did(None)

    return Deed(verb, lambda request, _: _outcome(request, said))


def _deed(act: Callable[[Tx], Any]) -> Deed:
    async def verb(tx: Tx) -> Did:
        return Did(await act(tx))

    return Deed(verb, _telling)


def _telling(request: Request, did: Did) -> Body:
    assert did.kept is not None  # noqa: S101 - of these acts there is always an appointment
    return _told(request, did.kept)


def _outcome(request: Request, said: str) -> Body:
    text = answers.said(request, said)
    return outcomes.outcome([outcomes.issue("informational", text, "information")])


def _told(request: Request, kept: Kept) -> Body:
    """Tell an appointment, and of one that is to be paid first at which page its person pays."""
    body = fhir.booked(kept.appointment, kept.session)
    it, more = kept.appointment, []
    if it.state is AppointmentState.HELD and it.payment is Payment.PREPAY:
        with suppress(NoMatchFound):
            path = request.app.url_path_for(PAID_ON, id=it.id)
            more.append({"url": PAY_AT, "valueUrl": origin_of(request) + path})
    if kept.refundable is not None:
        more.append({"url": REFUNDABLE, "valueBoolean": kept.refundable})
    return {**body, "extension": [*body["extension"], *more]}


def _where(tx: Tx, given: Given, places: Mapping[str, UUID | None]) -> Where:
    first, last = _days(given, time.day(tx.now, profile.at(tx.now).zone))
    place = cursors.read(tx, _query(given), given.text(PAGE))
    return Where(first, last, after=_place(place), **places)


def _query(given: Given) -> str:
    return f"Appointment/$find?{given.query()}"


def _mark(session: Session, time: Time) -> str:
    return f"{time.starts_at.isoformat()} {session.id}"


def _place(mark: str) -> tuple[datetime, UUID] | None:
    starts_at, _, session_id = mark.partition(" ")
    return (datetime.fromisoformat(starts_at), UUID(session_id)) if mark else None


def _found(base: str, given: Given, found: list[tuple[Session, Time]], cursor: str) -> Body:
    sessions = {session.id: session for session, _ in found}
    entries = [_entry("match", fhir.free(*one)) for one in found]
    for id, session in sessions.items():
        entry = _entry("include", fhir.schedule(session))
        entries.append({"fullUrl": f"{base}/Schedule/{id}", **entry})
    links = pages.links(f"{base}/Appointment/$find", given.asked(), cursor)
    return {**_bundle(entries), "link": links}


def _bundle(entries: list[Body]) -> Body:
    told = {"entry": entries} if entries else {}
    return {"resourceType": "Bundle", "type": "searchset", **told}


def _entry(mode: str, body: Body) -> Body:
    return {"resource": body, "search": {"mode": mode}}


def _days(given: Given, today: date) -> tuple[date, date]:
    first, last = _day(given, "start") or today, _day(given, "end") or today + AHEAD
    return max(first, today), min(last, today + AHEAD)


def _day(given: Given, name: str) -> date | None:
    text = given.text(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as trouble:
        raise asking.wrong(name) from trouble


def _start(given: Given) -> datetime:
    """Read the instant at which a time begins, with its zone."""
    try:
        found = datetime.fromisoformat(given.wanted("start"))
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as trouble:  # no instant, or one beyond the calendar
        raise asking.wrong("start") from trouble
    raise asking.wrong("start")


def _schedule(given: Given) -> UUID:
    """Read which session is meant; what can be none there is not.

    :raises NoSuchSession:
    """
    if not given.has("schedule"):
        given.wanted("schedule")
    found = _uuid(given, "schedule", "Schedule")
    if found is None:
        raise NoSuchSession(id=UUID(int=0))
    return found


def _appointment(id: str) -> UUID:
    try:
        return UUID(id)
    except ValueError as trouble:
        raise NoSuchAppointment(id=UUID(int=0)) from trouble


def _uuid(given: Given, name: str, type: str) -> UUID | None:
    text = given.reference(name, type)
    try:
        return UUID(text) if text else None
    except ValueError as trouble:
        raise asking.wrong(name) from trouble
