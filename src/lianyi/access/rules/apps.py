"""What of a person an app may see, from the grounds there are. Pure. See decision 0012."""

from collections.abc import Sequence

from lianyi.access.model import (
    ALL_CLASSES,
    APP,
    RESIDENT,
    Cause,
    Ground,
    Purpose,
    Scope,
    Sensitive,
    View,
)
from lianyi.access.model.apps import Terms
from lianyi.access.rules import scopes
from lianyi.kernel.actor import Actor

# What an institution may approve: one's own use by residents, or a task of its staff that it
# entrusts. Nothing an authority, an agency or the platform does is a company's.
APPROVABLE = frozenset(
    {Purpose.OWN, Purpose.TREAT, Purpose.REVIEW, Purpose.DISPENSE, Purpose.RECEIVE, Purpose.PAY}
)
ENTRUSTED = APPROVABLE - {Purpose.OWN}
# Genetics is no app scope (人类遗传资源管理条例): no consent opens it to a company.
OPEN_TO_APPS = ALL_CLASSES - {Sensitive.GENETICS}
ASSESSMENT_MIN = 4  # characters of the id of an impact assessment


def is_app(actor: Actor) -> bool:
    return actor.app_id is not None or actor.role == APP


def views(
    actor: Actor, purpose: Purpose, grounds: Sequence[Ground], reach: Scope | None
) -> tuple[Cause, tuple[View, ...]]:
    """Return what is left of the hat's own view: by permission, or entrusted by an institution.

    PRI-04: an objection of the person outweighs every ground.
    """
    causes = {ground.cause for ground in grounds}
    if Cause.OBJECTION in causes:
        return Cause.OBJECTION, ()
    if actor.role == RESIDENT:
        return _permitted(grounds, reach)
    if {Cause.RELATION, Cause.APPROVAL} <= causes and is_for(actor, purpose):
        return Cause.APPROVAL, (View(actor.institution_id, classes=_agreed(actor, grounds)),)
    return Cause.NONE, ()


def recognising(grounds: Sequence[Ground]) -> Cause:
    """Return why an app may hear whom a number belongs to, or why not. A relation isn't asked for.

    PRI-04: an objection outweighs the approval.
    """
    causes = {ground.cause for ground in grounds}
    if Cause.OBJECTION in causes:
        return Cause.OBJECTION
    return Cause.APPROVAL if Cause.APPROVAL in causes else Cause.NONE


def approved_for(actor: Actor, purpose: Purpose) -> Purpose:
    """Return what an approval must be for: in a resident's own hands one covers their visits too.

    What an app may do about appointments its scopes say, to the person in words of their own. It
    pays nothing and consents to nothing: these purposes no approval covers.
    """
    is_own = actor.role == RESIDENT and purpose is Purpose.RECEIVE
    return Purpose.OWN if is_own else purpose


def is_for(actor: Actor, purpose: Purpose) -> bool:
    """CAP-39: a service does what it was approved for, and nothing else."""
    return actor.role != APP or scopes.purpose_in(actor.scopes) is purpose


def knows_unreleased(actor: Actor) -> bool:
    """IDN-11: of services, only the institution's own system knows what nobody has released."""
    return actor.role != APP or scopes.SOURCE in actor.scopes


def is_sound(terms: Terms) -> bool:
    """CAP-39, PRI-11: a purpose a company can have, scopes, and an assessment made before."""
    over = [scopes.read(one) for one in terms.scopes]
    known = all(
        scope or one in scopes.GRANTED for scope, one in zip(over, terms.scopes, strict=True)
    )
    return (
        terms.purpose in APPROVABLE
        and any(over)
        and known
        and len(terms.assessment.strip()) >= ASSESSMENT_MIN
        and (scopes.SOURCE not in terms.scopes or terms.purpose in ENTRUSTED)
    )


def is_within(given: Sequence[str], classes: frozenset[Sensitive], terms: Terms) -> bool:
    """Tell whether a person gives only what an institution has approved, and what one may give."""
    return not scopes.goes_beyond(given, terms.scopes) and classes <= OPEN_TO_APPS


def _permitted(grounds: Sequence[Ground], reach: Scope | None) -> tuple[Cause, tuple[View, ...]]:
    """PRI-02: of sensitive classes, those that the person has ticked for this app."""
    agreed = [ground for ground in grounds if ground.cause is Cause.PERMISSION]
    seen = tuple(
        View(classes=mandate.classes & agreed[0].classes & OPEN_TO_APPS)
        for mandate in grounds
        if mandate.cause is Cause.MANDATE and reach in mandate.scopes and agreed
    )
    return (Cause.PERMISSION if seen else Cause.NONE), seen


def _agreed(actor: Actor, grounds: Sequence[Ground]) -> frozenset[Sensitive]:
    """PRI-06: a tick counts for the institution and the purpose it was made for."""
    ticked = [
        ground.classes
        for ground in grounds
        if ground.cause is Cause.PERMISSION and ground.holder_id == actor.institution_id
    ]
    return frozenset().union(*ticked) & OPEN_TO_APPS
