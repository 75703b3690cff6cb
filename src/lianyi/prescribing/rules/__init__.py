"""Who may do what to a prescription, and for how long it holds. Pure."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.prescribing.model import Prescription, State
from lianyi.terminology.model import Amount, Drug

REASON_MIN = 2  # characters


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def may_write(person_id: UUID, prescription: Prescription) -> bool:
    return person_id == prescription.prescriber_id


def may_review(person_id: UUID, prescription: Prescription) -> bool:
    """PH-08: the reviewer is not the prescriber, whatever hat they wear."""
    return person_id != prescription.prescriber_id


def is_valid(prescription: Prescription, now: datetime) -> bool:
    """RX-01: valid on the day of issue, longer only if the doctor said so on it."""
    return prescription.expires_at is not None and now < prescription.expires_at


def is_running(prescription: Prescription, now: datetime) -> bool:
    """Return whether its medicines are, or soon will be, in the person's hands.

    What was dispensed lasts as long as its longest line; what nobody has fetched, while it holds.
    """
    if prescription.state is not State.DISPENSED:
        return prescription.expires_at is None or is_valid(prescription, now)
    longest = max((line.days for line in prescription.sheet.lines), default=0)
    signed = prescription.signed_at or prescription.at
    return now < signed + timedelta(days=longest)


def legal(dose: Amount, drug: Drug, units: Decimal) -> Amount:
    """RX-09: say a dose in a legal unit, where the drug holds one substance; else as entered."""
    if dose.unit != drug.unit or len(drug.contents) != 1:
        return dose
    content = drug.contents[0].amount
    return Amount(content.value * units, content.unit)
