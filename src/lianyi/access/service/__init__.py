"""The doors to a person's data, and what opens them. Journeys and faces call these."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.access import events, rules, tables
from lianyi.access.errors import AskedTooSoon, EmptyShare, NoSuchPerson, OutOfScope, ProofTooLow
from lianyi.access.model import (
    ADMIN,
    ALL_CLASSES,
    RESIDENT,
    Cause,
    Chart,
    Desk,
    Ground,
    Mandate,
    Purpose,
    Share,
)
from lianyi.access.model.parts import AppDesk, Part, Right
from lianyi.access.rules import apps as of_apps
from lianyi.access.rules import scopes
from lianyi.access.states import CONSENT
from lianyi.kernel import profile
from lianyi.kernel.actor import SYSTEM, Role
from lianyi.kernel.db import Statement, literal
from lianyi.kernel.lifecycle import WrongRole, advance, begin
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx


async def open_chart(
    tx: Tx, *, person_id: UUID, purpose: Purpose, what: str = "", right: Right | None = None
) -> Chart:
    """Open one person's data and log it, also when it is refused.

    `right` is what an app would do here. Who doesn't say opens no door to an app (INT-04); who does
    keeps to the chart's `only`.

    :raises NoSuchPerson: and never tells whether the person is unknown or only out of reach.
    :raises ProofTooLow: to the person, when their proof of identity does not reach so far.
    :raises OutOfScope:
    """
    grounds = await _grounds(tx, person_id, purpose)
    chart = chart_on(tx, person_id, purpose, grounds, right)
    granted = bool(chart.views)
    tables.log(tx, [person_id], purpose, granted=granted, cause=chart.cause, what=what)
    if not granted:
        raise _refusal(tx, person_id, purpose, grounds)
    return chart


async def open_own(
    tx: Tx, *, person_id: UUID, purposes: Sequence[Purpose], what: str
) -> dict[Purpose, Chart]:
    """Open one's own data, or that of whom one acts for, in one statement; log each purpose.

    A mandate holds for every purpose and only differs in its reach. The first purpose is demanded;
    another that is out of reach is missing: the page has no such part, so nobody has tried to look.

    :raises NoSuchPerson, ProofTooLow, WrongRole, OutOfScope:
    """
    first = purposes[0]
    if tx.actor.role != RESIDENT:
        raise WrongRole(verb=first, role=tx.actor.role)
    grounds = await _grounds(tx, person_id, first)
    charts = [chart_on(tx, person_id, purpose, grounds, None) for purpose in purposes]
    open = {chart.purpose: chart for chart in charts if chart.views or chart.purpose is first}
    for purpose, chart in open.items():
        tables.log(
            tx, [person_id], purpose, granted=bool(chart.views), cause=chart.cause, what=what
        )
    if not open[first].views:
        raise _refusal(tx, person_id, first, grounds)
    return open


async def look(tx: Tx, *, person_id: UUID, purpose: Purpose, right: Right) -> Chart | None:
    """Open a chart for the platform to find out by itself whether there is anything to tell.

    Nobody has seen anything yet; whoever tells, `saw` it. None: the door stays closed.

    :raises OutOfScope:
    """
    grounds = await _grounds(tx, person_id, purpose)
    chart = chart_on(tx, person_id, purpose, grounds, right)
    return chart if chart.views else None


def chart_on(
    tx: Tx, person_id: UUID, purpose: Purpose, grounds: Sequence[Ground], right: Right | None
) -> Chart:
    """Return what the grounds open; no views: nothing.

    :raises OutOfScope:
    """
    only = _parts(tx, person_id, right)
    cause, views = rules.views(tx.actor, purpose, grounds)
    sees_unreleased = rules.sees_unreleased(tx.actor, purpose)
    return Chart(person_id, purpose, cause, views, sees_unreleased, only)


async def open_for_bearer(tx: Tx, *, person_id: UUID, what: str) -> Chart:
    """Open the chart of who holds out a card, for what the acting role is there for.

    :raises NoSuchPerson:
    """
    purpose = rules.first_purpose(tx.actor.role)
    return await open_chart(tx, person_id=person_id, purpose=purpose, what=what)


async def open_desk(tx: Tx, *, purpose: Purpose, right: Right | None = None) -> Desk:
    """Return the persons this hat may see for this purpose, as a part of a WHERE.

    :raises WrongRole, OutOfScope:
    """
    return desk_of(tx, purpose=purpose, right=right)


def desk_of(at: Moment, *, purpose: Purpose, right: Right | None = None) -> Desk:
    """Return the desk that `open_desk` opens, to what is put together before it is sent."""
    who = at.actor
    if not rules.may_ask_for(who.role, purpose):
        raise WrongRole(verb=purpose, role=who.role)
    app = _app_desk(at, purpose, right)
    classes = ALL_CLASSES if who.role == SYSTEM else rules.classes_for(purpose)
    return Desk(
        purpose=purpose,
        role=who.role,
        institution_id=who.institution_id,
        reader_id=who.person_id,
        at=at.now,
        everyone=who.role == SYSTEM and app is None,
        scope=rules.REACH[purpose] if who.role == RESIDENT else None,
        classes=frozenset() if app else classes,
        sees_unreleased=rules.sees_unreleased(who, purpose),
        app=app,
    )


def desk_about(tx: Tx, chart: Chart) -> Desk:
    """Return the desk of the one person whose chart is open, to acts that work at a desk."""
    who = tx.actor
    desk = Desk(
        purpose=chart.purpose,
        role=who.role,
        institution_id=who.institution_id,
        reader_id=who.person_id,
        at=tx.now,
        everyone=False,
        persons=(chart.person_id,),
    )
    if chart.only is None or who.app_id is None:
        return desk
    return replace(desk, app=AppDesk(who.app_id, (who.role,), chart.only))


def saw(tx: Tx, reach: Chart | Desk, *, person_ids: list[UUID], what: str = "") -> None:
    """Log the persons a desk's answer shows, or what is told through a chart nobody asked for."""
    if person_ids:
        cause = reach.cause if isinstance(reach, Chart) else cause_of(reach)
        tables.log(tx, person_ids, reach.purpose, granted=True, cause=cause, what=what)


async def open_relation(
    tx: Tx,
    *,
    person_id: UUID,
    institution_id: UUID,
    roles: frozenset[Role],
    cause_id: UUID,
    until: datetime | None = None,
) -> None:
    """Let roles of an institution care for a person, because of one act (a booking, a visit).

    Twice is the same as once; relations by other causes stay when this one ends.
    """
    await tables.open_relation(
        tx,
        person_id=person_id,
        institution_id=institution_id,
        roles=roles,
        cause_id=cause_id,
        until=until,
    )


def relating(row: str, *, roles: frozenset[Role], known_for: timedelta) -> str:
    """Return `open_relation` as a part of a statement, for rows with id, person, end and moment."""
    return tables.RELATE.format(
        row=row,
        roles=literal("{" + ",".join(sorted(roles)) + "}"),
        known_for=literal(f"{known_for.total_seconds():.0f} s"),
    )


async def end_relation(tx: Tx, *, cause_id: UUID, roles: frozenset[Role] | None = None) -> None:
    """End what an act has opened, for some roles or for all."""
    await tables.end_relation(tx, cause_id, roles)


async def empower(tx: Tx, *, mandate: Mandate) -> None:
    """Let a resident see to somebody's affairs. The same cause again changes how far it reaches."""
    await tables.empower(tx, mandate)


async def empower_all(tx: Tx, *, mandates: Sequence[Mandate]) -> None:
    """Let many residents see to affairs for the first time."""
    await tables.copy_mandates(tx, mandates)


async def end_mandate(tx: Tx, *, cause_id: UUID) -> None:
    await tables.end_mandate(tx, cause_id)


async def end_mandates_of(tx: Tx, *, person_id: UUID) -> None:
    """End what a person may do and what others may do for them: they have died."""
    await tables.end_mandates_of(tx, person_id)


async def ask_consent(tx: Tx, chart: Chart, *, share: Share) -> UUID:
    """Ask the person whose chart is open to share what another institution holds (EMR-17).

    :raises AskedTooSoon: PRI-05, after a refusal.
    :raises EmptyShare, WrongRole:
    """
    _check_share(tx, share)
    if share.receiver_id != tx.actor.institution_id:
        raise EmptyShare
    refused_at = await tables.find_last_refusal(tx, chart.person_id, share)
    pause = timedelta(hours=profile.at(tx.now)["PRI-05"])
    if refused_at and refused_at + pause > tx.now:
        raise AskedTooSoon(again_at=refused_at + pause)
    return await _begin_consent(tx, chart, share, "ask", events.ConsentAsked)


async def give_consent(tx: Tx, chart: Chart, *, share: Share) -> UUID:
    """Share without being asked. Needs a chart opened for CONSENT.

    :raises EmptyShare, WrongRole:
    """
    _check_share(tx, share)
    return await _begin_consent(tx, chart, share, "give", events.ConsentGiven)


async def agree_to_consent(tx: Tx, chart: Chart, *, consent_id: UUID) -> None:
    """Share what was asked for.

    :raises NoSuchConsent, WrongRole, WrongState:
    """
    await _move_consent(tx, chart, consent_id, "agree", events.ConsentGiven)


async def refuse_consent(tx: Tx, chart: Chart, *, consent_id: UUID) -> None:
    """Share nothing. Raises as `agree_to_consent` does."""
    await _move_consent(tx, chart, consent_id, "refuse", events.ConsentRefused)


async def withdraw_consent(tx: Tx, chart: Chart, *, consent_id: UUID) -> None:
    """PRI-04: as easy as giving, and effective at once. Raises as `agree_to_consent` does."""
    await _move_consent(tx, chart, consent_id, "withdraw", events.ConsentWithdrawn)


async def _grounds(tx: Tx, person_id: UUID, purpose: Purpose) -> list[Ground]:
    asked = grounds_asked(tx, person_id, purpose)
    return await tables.list_grounds(tx, asked) if asked else []


def grounds_asked(at: Moment, person_id: UUID, purpose: Purpose) -> Statement | None:
    """Return what asks why the acting hat might see somebody; None: there is nothing to ask."""
    if at.actor.role == SYSTEM or not rules.acts_for(at.actor, person_id):
        return None
    if of_apps.is_app(at.actor):
        roles = rules.relating_roles(at.actor.role, purpose)
        approved = of_apps.approved_for(at.actor, purpose)
        return tables.app_grounds(at, person_id, approved, roles)
    return tables.grounds(at, person_id, purpose)


def _parts(at: Moment, person_id: UUID | None, right: Right | None) -> tuple[Part, ...] | None:
    """Return what the scopes of an app leave; None: no app asks.

    :raises OutOfScope: nobody has said what an app would do here.
    """
    if right is None:
        if of_apps.is_app(at.actor):
            raise OutOfScope(type="", right="")
        return None
    return scopes.parts(at.actor, person_id, right)


def _app_desk(at: Moment, purpose: Purpose, right: Right | None) -> AppDesk | None:
    """Return what is asked besides, of an app: a resident's has one person, and so no desk."""
    only = _parts(at, None, right)
    if only is None:
        return None
    own = at.actor.role in {RESIDENT, SYSTEM}
    if at.actor.app_id is None or own or not of_apps.is_for(at.actor, purpose):
        raise WrongRole(verb=purpose, role=at.actor.role)
    roles = rules.relating_roles(at.actor.role, purpose)
    return AppDesk(at.actor.app_id, roles, only)


def _refusal(
    tx: Tx, person_id: UUID, purpose: Purpose, grounds: list[Ground]
) -> NoSuchPerson | ProofTooLow:
    if tx.actor.role == RESIDENT and rules.is_short_of(purpose, grounds):
        return ProofTooLow()
    return NoSuchPerson(person_id=person_id)


def cause_of(desk: Desk) -> Cause:
    """Return what opens a desk to who is at it, as the log says it."""
    if desk.everyone:
        return Cause.SYSTEM
    if desk.app:
        return Cause.APPROVAL
    if desk.role == ADMIN:
        return Cause.OVERSIGHT
    return Cause.MANDATE if desk.scope else Cause.RELATION


def _check_share(tx: Tx, share: Share) -> None:
    if not rules.is_sound(share, tx.now):
        raise EmptyShare


async def _begin_consent(
    tx: Tx, chart: Chart, share: Share, verb: str, kind: type[events.AccessEvent]
) -> UUID:
    id = tx.new_id(chart.person_id)
    event = kind(id, chart.person_id, share.receiver_id)
    row = tables.consent_row(chart.person_id, share, tx.now)
    await begin(tx, CONSENT, id, verb, row=row, event=event)
    return id


async def _move_consent(
    tx: Tx, chart: Chart, id: UUID, verb: str, kind: type[events.AccessEvent]
) -> None:
    consent = await tables.load_consent(tx, chart, id)
    event = kind(id, chart.person_id, consent.share.receiver_id)
    await advance(tx, CONSENT, id, verb, event=event)
    await tables.answered(tx, id)
