"""Who may see what, decided from the grounds there are. Pure."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from lianyi.access.model import (
    ADMIN,
    ALL_CLASSES,
    APP,
    CLERK,
    COURIER,
    DISPENSER,
    DOCTOR,
    HEALTH_COMMISSION,
    INSURER,
    NURSE,
    PHARMACIST,
    RESIDENT,
    TECHNICIAN,
    TREATING,
    Cause,
    Glass,
    Ground,
    Purpose,
    Scope,
    Sensitive,
    Share,
    View,
)
from lianyi.access.rules import apps
from lianyi.kernel.actor import SYSTEM, Actor, Role

P = Purpose
# PRI-26: a role opens a door only for what the role is there for. The drug authority is
# missing: it sees pseudonyms. The commission too, and names only by the relation of a case.
PURPOSES = {
    RESIDENT: frozenset({P.OWN, P.CONSENT, P.RECEIVE, P.PAY}),
    DOCTOR: frozenset({P.TREAT, P.RECEIVE}),
    NURSE: frozenset({P.TREAT, P.RECEIVE}),
    TECHNICIAN: frozenset({P.TREAT, P.RECEIVE}),
    PHARMACIST: frozenset({P.REVIEW, P.DISPENSE}),
    DISPENSER: frozenset({P.DISPENSE}),
    CLERK: frozenset({P.RECEIVE, P.PAY}),
    COURIER: frozenset({P.DELIVER}),
    ADMIN: frozenset({P.MANAGE}),
    INSURER: frozenset({P.SETTLE}),
    HEALTH_COMMISSION: frozenset({P.INSPECT}),
    APP: apps.ENTRUSTED,
    SYSTEM: frozenset(Purpose),
}
# How far a mandate must reach for what a resident wants to do.
REACH = {P.OWN: Scope.RECORD, P.CONSENT: Scope.CONSENT, P.RECEIVE: Scope.BOOK, P.PAY: Scope.PAY}
OPEN_TO_CLASSES = frozenset({P.TREAT, P.REVIEW})
REASON_MIN = 4  # characters; a reviewer must be able to judge it


def may_ask_for(role: Role, purpose: Purpose) -> bool:
    return purpose in PURPOSES.get(role, frozenset())


def first_purpose(role: Role) -> Purpose:
    """Return what a member of this staff looks at first when somebody holds out a card."""
    mine = PURPOSES[role]
    return Purpose.RECEIVE if Purpose.RECEIVE in mine else min(mine)


def foremost(role: Role) -> Purpose:
    """Return what a role is there for, where a refused try says no purpose of its own."""
    mine = PURPOSES.get(role, frozenset({P.INSPECT}))
    return P.OWN if P.OWN in mine and role != SYSTEM else next(one for one in P if one in mine)


def views(
    actor: Actor, purpose: Purpose, grounds: Sequence[Ground]
) -> tuple[Cause, tuple[View, ...]]:
    """Return what this hat may see for this purpose, and why. No views means no."""
    if not may_ask_for(actor.role, purpose):
        return Cause.NONE, ()
    if apps.is_app(actor):
        return apps.views(actor, purpose, grounds, REACH.get(purpose))
    if actor.role == SYSTEM:
        return Cause.SYSTEM, (View(classes=ALL_CLASSES),)
    if actor.role == RESIDENT:
        return _as_resident(purpose, grounds)
    return _as_staff(actor, purpose, grounds)


def is_short_of(purpose: Purpose, grounds: Sequence[Ground]) -> bool:
    """Return whether a live mandate fails only because it does not reach far enough."""
    mandates = [ground for ground in grounds if ground.cause is Cause.MANDATE]
    return bool(mandates) and not any(REACH.get(purpose) in m.scopes for m in mandates)


def sees_unreleased(actor: Actor, purpose: Purpose) -> bool:
    """IDN-11: a result is the treating staff's alone until it is released."""
    if not apps.knows_unreleased(actor):
        return False
    return actor.role == SYSTEM or (purpose is P.TREAT and actor.role != RESIDENT)


@cache
def relating_roles(role: Role, purpose: Purpose) -> tuple[Role, ...]:
    """Return whose relations a hat goes by: its own, or those of the staff whose task it does."""
    if role != APP:
        return (role,)
    staff = (one for one in PURPOSES if one not in {APP, SYSTEM})
    return tuple(sorted(one for one in staff if purpose in PURPOSES[one]))


def classes_for(purpose: Purpose) -> frozenset[Sensitive]:
    """Who treats or checks a prescription must know; reception and the till must not (PRI-01).

    A pharmacist checks by law drug against diagnosis, interactions and contraindications (PH-04,
    处方管理办法 2007 Art. 35): what is kept from them is what they can't catch, as a statin beside
    a medicine against HIV. That duty is the ground (PRI-03), and it bounds what they see: the own
    institution's part, for as long as the relation lasts that a signed prescription opens. Filling
    and selling (`DISPENSE`) go by the reviewed prescription and open nothing.
    """
    return ALL_CLASSES if purpose in OPEN_TO_CLASSES else frozenset()


def is_sound(share: Share, now: datetime) -> bool:
    if share.covers_since and share.covers_until and share.covers_since >= share.covers_until:
        return False
    return share.expires_at > now and share.holder_id != share.receiver_id


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def may_review(actor: Actor, glass: Glass) -> bool:
    """EMR-17: an administrator of the same institution, and never the reader."""
    return actor.institution_id == glass.institution_id and actor.person_id != glass.reader_id


def _as_resident(purpose: Purpose, grounds: Sequence[Ground]) -> tuple[Cause, tuple[View, ...]]:
    seen = tuple(
        View(classes=ground.classes)
        for ground in grounds
        if ground.cause is Cause.MANDATE and REACH[purpose] in ground.scopes
    )
    return (Cause.MANDATE if seen else Cause.NONE), seen


def _as_staff(
    actor: Actor, purpose: Purpose, grounds: Sequence[Ground]
) -> tuple[Cause, tuple[View, ...]]:
    """Show the own institution's part by relation, more by consent, all by broken glass."""
    by_cause = {ground.cause for ground in grounds}
    if Cause.BREAK_GLASS in by_cause and purpose is P.TREAT and actor.role in TREATING:
        return Cause.BREAK_GLASS, (View(classes=ALL_CLASSES),)
    if Cause.RELATION not in by_cause:
        return Cause.NONE, ()
    if purpose is P.INSPECT:
        return Cause.CASE, (View(),)
    shared = tuple(_shared(ground) for ground in grounds if ground.cause is Cause.CONSENT)
    own = View(actor.institution_id, classes=classes_for(purpose))
    return (Cause.CONSENT if shared else Cause.RELATION), (own, *shared)


def _shared(ground: Ground) -> View:
    return View(ground.holder_id, ground.since, ground.until, ground.classes)


def acts_for(actor: Actor, person_id: UUID) -> bool:
    """Hold residents to one person at a time: themselves, or whom they have switched to."""
    return actor.role != RESIDENT or actor.subject_id == person_id
