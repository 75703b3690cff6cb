"""The values a body is found by: when, in which state, in which encounter, under which codes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

IN_ERROR = "entered-in-error"
# The instant a fact is from: the first of these that a body has. When it happened comes before
# when it was written down.
DATES = (
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "onsetDateTime",
    "onsetPeriod",
    "period",
    "billablePeriod",
    "servicedDate",
    "whenHandedOver",
    "whenPrepared",
    "started",
    "start",
    "startDate",
    "authoredOn",
    "authored",
    "recordedDate",
    "dateTime",
    "date",
    "created",
    "createdDateTime",
    "issued",
    "recorded",
    "sent",
    "dateAsserted",
)
SUBJECTS = ("subject", "patient", "beneficiary", "for", "individual", "deliverTo")
NESTED = (dict, list)
EARLIEST = 1800  # years before are misprints, and PostgreSQL would not hold some of them


@dataclass(frozen=True, slots=True)
class Keys:
    type: str
    fhir_id: str
    subject: str | None
    status: str
    in_error: bool
    at: datetime | None
    encounter: str | None


def keys_of(body: Mapping[str, Any], zone: ZoneInfo) -> Keys:
    """Read the keys of a valid body. Days without a clock are days of this zone."""
    status = str(body.get("status", ""))
    verification = _code(body.get("verificationStatus"))
    return Keys(
        type=body["resourceType"],
        fhir_id=body["id"],
        subject=subject_of(body),
        status=status or _code(body.get("clinicalStatus")),
        in_error=IN_ERROR in (status, verification),
        at=_at(body, zone),
        encounter=_reference(body, "encounter") or _reference(body.get("context", {}), "encounter"),
    )


def subject_of(body: Mapping[str, Any]) -> str | None:
    """Return the reference to whom a body is about; each type calls it by another name."""
    for name in SUBJECTS:
        if name in body and (found := _reference(body, name)):
            return found
    parts = body.get("participant")  # of an appointment
    for part in parts if isinstance(parts, list) else ():
        found = _reference(part, "actor") if isinstance(part, dict) else None
        if found and "Patient/" in found:
            return found
    return None


def codings(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return every code with its system anywhere in a body. Without recursion: each write pays."""
    waiting: list[Any] = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            code = node.get("code")
            if isinstance(code, str) and "system" in node:
                yield str(node["system"]), code
            waiting.extend([value for value in node.values() if value.__class__ in NESTED])
        else:
            waiting.extend([value for value in node if value.__class__ in NESTED])


def instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Read a FHIR date, dateTime or instant: 2024, 2024-05, 2024-05-01 or with clock and zone."""
    if not text:
        return None
    filled = text + "-01-01"[len(text) - 4 :] if len(text) < len("2024-05-01") else text
    try:
        read = datetime.fromisoformat(filled)
        read = read if read.tzinfo else read.replace(tzinfo=zone)
        return read.astimezone(UTC) if read.year >= EARLIEST else None
    except (ValueError, OverflowError):  # a leap second, 29 February of a common year
        return None


def _at(body: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    for name in [name for name in DATES if name in body]:  # few have more than two
        value = body[name]
        text = value.get("start") or value.get("end") if isinstance(value, dict) else value
        if isinstance(text, str) and (read := instant(text, zone)):
            return read
    return None


def _code(concept: Mapping[str, Any] | None) -> str:
    """Return the first code of a CodeableConcept."""
    for coding in (concept or {}).get("coding", ()):
        return str(coding.get("code", ""))
    return ""


def _reference(body: Mapping[str, Any], name: str) -> str | None:
    held = body.get(name)
    reference = held.get("reference") if isinstance(held, dict) else None
    return reference if isinstance(reference, str) else None
