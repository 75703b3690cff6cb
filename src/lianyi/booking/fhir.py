"""Sessions, numbers and appointments as FHIR R4 (Schedule, Slot, Appointment)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from lianyi.booking.model import (
    Appointment,
    AppointmentState,
    Number,
    Origin,
    Session,
    SessionState,
)

KIND = "urn:lianyi:session-kind"
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


def slot(session_id: UUID, number: Number, *, now: datetime) -> dict[str, Any]:
    """Return a number: free once it may be taken, busy until then and when it is taken."""
    return {
        "resourceType": "Slot",
        "id": slot_id(session_id, number.number),
        "schedule": {"reference": f"Schedule/{session_id}"},
        "status": "free" if number.free_from <= now < number.ends_at else "busy",
        "start": number.starts_at.isoformat(),
        "end": number.ends_at.isoformat(),
    }


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


def slot_id(session_id: UUID, number: int) -> str:
    return f"{session_id}-{number}"


def _participant(reference: str, display: str = "") -> dict[str, Any]:
    actor = {"reference": reference} | ({"display": display} if display else {})
    return {"actor": actor, "status": "accepted"}


def _period(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": start.isoformat(), "end": end.isoformat()}
