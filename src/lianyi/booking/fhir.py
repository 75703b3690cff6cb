"""Sessions, numbers and appointments as FHIR R4 (Schedule, Slot, Appointment)."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from lianyi.booking.model import Appointment, AppointmentState, Origin, Session, SessionState, Time
from lianyi.booking.model.told import Availability, Listed
from lianyi.kernel.money import FEN_PER_YUAN

KIND = "urn:lianyi:session-kind"
REMAINING = "urn:lianyi:numbers-left"
NUMBER = "urn:lianyi:queue-number"
FEE = "urn:lianyi:fee"
PAYMENT = "urn:lianyi:payment"  # `prepay` or `at_visit`
HELD_UNTIL = "urn:lianyi:held-until"
STATUS = {
    AppointmentState.HELD: "pending",
    AppointmentState.CONFIRMED: "booked",
    AppointmentState.CHECKED_IN: "checked-in",
    AppointmentState.CALLED: "checked-in",
    AppointmentState.MISSED: "checked-in",
    AppointmentState.WITH_DOCTOR: "arrived",
    AppointmentState.SEEN: "fulfilled",
    AppointmentState.LAPSED: "cancelled",
    AppointmentState.CANCELLED: "cancelled",
    AppointmentState.STOPPED: "proposed",
    AppointmentState.NO_SHOW: "noshow",
}
SLOT_STATUS = {
    Availability.FREE: "free",
    Availability.TAKEN: "busy",
    Availability.CLOSED: "busy-unavailable",
}


def schedule(session: Session) -> dict[str, Any]:
    return {
        "resourceType": "Schedule",
        "id": str(session.id),
        "active": session.state in {SessionState.SCHEDULED, SessionState.OPEN},
        "serviceType": [{"coding": [{"system": KIND, "code": session.kind.value}]}],
        "specialty": [{"text": session.department_name}],
        "actor": [
            {"reference": f"Practitioner/{session.doctor_id}", "display": session.doctor_name},
            {"reference": f"PractitionerRole/{session.post_id}"},
        ],
        "planningHorizon": _period(session.starts_at, session.ends_at),
    }


def slot(listed: Listed) -> dict[str, Any]:
    """Return a number as it is now. It names nobody, and its status says no more than may be told.

    It is held by its schedule and its start: who comes first gets the first number of a time.
    """
    number = {"url": NUMBER, "valuePositiveInt": listed.number}
    return {
        "resourceType": "Slot",
        "id": slot_id(listed.session.id, listed.number),
        "extension": [number, *_price(listed.session)],
        **_of_session(listed.session),
        "status": SLOT_STATUS[listed.availability],
        "start": listed.starts_at.isoformat(),
        "end": listed.ends_at.isoformat(),
    }


def free(session: Session, time: Time) -> dict[str, Any]:
    """Return a time that has numbers. Which one of them somebody gets is known when they have it.

    So it has no id of its own: it is held by its schedule and its start.
    """
    remaining = {"url": REMAINING, "valueUnsignedInt": time.remaining}
    return {
        "resourceType": "Slot",
        "extension": [remaining, *_price(session)],
        **_of_session(session),
        "status": "free",
        "start": time.starts_at.isoformat(),
        "end": time.ends_at.isoformat(),
    }


def booked(given: Appointment, session: Session) -> dict[str, Any]:
    """Return an appointment with what its person has to know of it: number, price, until when."""
    number = {"url": NUMBER, "valuePositiveInt": given.number}
    until = {"url": HELD_UNTIL, "valueDateTime": given.expires_at.isoformat()}
    held = [until] if given.state is AppointmentState.HELD else []
    return {**appointment(given, session), "extension": [number, *_price(given), *held]}


def appointment(appointment: Appointment, session: Session) -> dict[str, Any]:
    it = appointment
    resource: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": str(it.id),
        "status": STATUS[it.state],
        "serviceType": [{"coding": [{"system": KIND, "code": session.kind.value}]}],
        "slot": [{"reference": f"Slot/{slot_id(it.session_id, it.number)}"}],
        "start": it.starts_at.isoformat(),
        "end": it.ends_at.isoformat(),
        "participant": [
            _participant(f"Patient/{it.person_id}"),
            _participant(f"Practitioner/{session.doctor_id}", session.doctor_name),
        ],
    }
    if it.origin is Origin.ADDED:
        resource["comment"] = "加号"
    return resource


def _of_session(session: Session) -> dict[str, Any]:
    return {
        "serviceType": [{"coding": [{"system": KIND, "code": session.kind.value}]}],
        "specialty": [{"text": session.department_name}],
        "schedule": {"reference": f"Schedule/{session.id}", "display": session.doctor_name},
    }


def _price(it: Session | Appointment) -> list[dict[str, Any]]:
    fee = {"value": Decimal(it.fee_fen) / FEN_PER_YUAN, "currency": "CNY"}
    return [{"url": FEE, "valueMoney": fee}, {"url": PAYMENT, "valueCode": it.payment.value}]


def slot_id(session_id: UUID, number: int) -> str:
    return f"{session_id}-{number}"


def _participant(reference: str, display: str = "") -> dict[str, Any]:
    actor = {"reference": reference} | ({"display": display} if display else {})
    return {"actor": actor, "status": "accepted"}


def _period(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": start.isoformat(), "end": end.isoformat()}
