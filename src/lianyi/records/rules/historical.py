"""What a hospital's history may hold that comes in bulk, and what never comes in so. Pure.

`writable` says who writes a type one by one. In bulk history comes as it was kept elsewhere: with
its organisations, staff, claims and bills, which no app writes here. What would let somebody see
more, would be believed as an act of this network, or would show persons to whoever may see the
institution's own, stays out, whoever brings it; docs/import.md draws this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lianyi.records.rules import writable

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """Types that stay out. The words for why are those of `rule`."""

    rule: str
    types: tuple[str, ...]


def _of(group: str) -> tuple[str, ...]:
    return next(one.types for one in writable.GROUPS if one.name == group)


KEPT_OUT = (
    Kept("never_consent", ("Consent", "Contract")),  # PRI-02, EMR-17: a person gives it here
    Kept("never_proof", ("AuditEvent", "VerificationResult")),  # INT-06: this network's to say
    Kept("never_subscription", ("Subscription",)),
    Kept("never_identity", ("Group", "Linkage", "Person")),  # IDN-04: a file joins nobody
    Kept("never_booking", ("AppointmentResponse", "Schedule", "Slot")),
    Kept("never_carrier", _of("carriers")),
    Kept("never_definition", _of("definitions")),
)
# Nothing is to be done any more: these would else be read as what somebody has to do here.
OVER = {
    "Appointment": frozenset({"fulfilled", "cancelled", "noshow", "entered-in-error"}),
    "Task": frozenset({"rejected", "cancelled", "failed", "completed", "entered-in-error"}),
}
# Of these alone may be silent whose it is. What else names nobody would be shown to all who may
# see the institution's own.
NOBODYS = writable.PERSON_OPTIONAL | {
    "EnrollmentRequest",
    "Organization",
    "OrganizationAffiliation",
    "PaymentNotice",
    "PaymentReconciliation",
    "Practitioner",
    "PractitionerRole",
}
NOT_OVER, SIGNED, PERSON = "never_open", "never_signature", "person"


def kept_out(body: Body, *, is_nobodys: bool) -> str | None:
    """Return the rule that keeps a resource out of what is brought as history, if one does."""
    type = str(body.get("resourceType", ""))
    if rule := _rules().get(type):
        return rule
    if type in OVER and body.get("status") not in OVER[type]:
        return NOT_OVER
    if type == "Provenance" and "signature" in body:  # here it is a certificate's, and proven
        return SIGNED
    return PERSON if is_nobodys and type not in NOBODYS else None


@cache
def _rules() -> dict[str, str]:
    return {type: kept.rule for kept in KEPT_OUT for type in kept.types}
