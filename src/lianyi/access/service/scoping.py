"""What an app may ask for at all, by its scopes; and what comes to no door is written down too."""

from uuid import UUID

from lianyi.access import rules, tables
from lianyi.access.errors import OutOfScope
from lianyi.access.model import APP, RESIDENT, Cause, Purpose
from lianyi.access.model.parts import Right
from lianyi.access.rules import apps as of_apps
from lianyi.access.rules import scopes
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx

FHIR = "fhir"  # what was done, of what software asks


def check_scope(
    at: Moment,
    *,
    type: str,
    right: Right,
    whole: bool = False,
    person_id: UUID | None = None,
    what: str = FHIR,
) -> None:
    """Refuse an app what none of its scopes permits, and log that, with whom it has named.

    :raises OutOfScope:
    """
    if not permits(at, type=type, right=right, whole=whole):
        refused(at, person_id=person_id, what=what)
        raise OutOfScope(type=type, right=right)


def permits(at: Moment, *, type: str, right: Right, whole: bool = False) -> bool:
    """Tell whether a scope of an app permits it; whoever asks without an app passes (INT-04).

    What a constraint of the scope leaves of a resource is seen through a chart opened for `right`.
    Where no chart is opened (`whole`) a scope with a constraint permits nothing.
    """
    who = at.actor
    return not of_apps.is_app(who) or scopes.permits(who.scopes, type, right, whole=whole)


def refused(at: Moment, *, person_id: UUID | None = None, what: str = FHIR) -> None:
    """Log a try that came to no door (INT-06, INT-16), with whom it names or the hat is for.

    What only looks ahead has nothing to write with: the verb that follows it says so.
    """
    if isinstance(at, Tx):
        who = at.actor
        meant = person_id or (who.subject_id if who.role == RESIDENT else who.for_person_id)
        purpose = entrusted_purpose(at) or rules.foremost(who.role)
        named = [meant] if meant else []
        tables.log(at, named, purpose, granted=False, cause=Cause.NONE, what=what)


def entrusted_purpose(at: Moment) -> Purpose | None:
    """Return what the institution has approved the acting service for; None: it is no service."""
    return scopes.purpose_in(at.actor.scopes) if at.actor.role == APP else None


def is_source(at: Moment) -> bool:
    """Return whether the acting service is its institution's own system of record (HIS, LIS)."""
    return at.actor.role == APP and scopes.SOURCE in at.actor.scopes
