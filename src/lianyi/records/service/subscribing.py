"""Subscriptions: asked for, changed, stopped; what happened is collected and told in its order.

Who may see it is decided by a chart or a desk that whoever calls has opened for this very moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.kernel import crypto, profile, timers
from lianyi.kernel.lifecycle import advance, begin
from lianyi.kernel.work import Tx
from lianyi.records.errors import Deleted, NoSuchResource, NotFhir, VersionMoved
from lianyi.records.events import SubscriptionDue
from lianyi.records.fhir.versions import instant
from lianyi.records.model import Finding
from lianyi.records.model.subscriptions import (
    GOING_ON,
    MISSED,
    TYPE,
    Listed,
    Notice,
    Over,
    Subscription,
    SubscriptionState,
    Wanted,
)
from lianyi.records.rules import subscriptions as rules
from lianyi.records.service.publishing import prepare
from lianyi.records.states import SUBSCRIPTION
from lianyi.records.tables import subscriptions as tables

DUE = "due"
BINDING_LIFE = timedelta(minutes=1)

# What is nothing but a statement.
collect = tables.collect
news = tables.news
heard = tables.heard
concerned = tables.list_concerned
behind = tables.list_behind
lock = tables.lock
is_waiting = tables.is_waiting
set_under_way = tables.set_under_way


def read_wanted(tx: Tx, *, body: Mapping[str, Any]) -> Wanted:
    """Return what a body with its id asks for.

    :raises NotFhir: with all findings.
    :raises DefinitionsMissing:
    """
    zone, owner = profile.at(tx.now).zone, tx.actor.app_id or tx.actor.post_id
    prepare(body, owner=owner, holder_id=tx.actor.institution_id, zone=zone)
    wanted = rules.read(body)
    if not isinstance(wanted, Wanted):
        raise NotFhir(findings=wanted)
    if wanted.end is not None and wanted.end <= tx.now and not wanted.is_off:
        raise NotFhir(findings=(Finding("subscription.end", "Subscription.end"),))
    return wanted


async def subscribe(tx: Tx, *, one: Subscription) -> None:
    """Begin to tell an app of what happens from now on.

    :raises WrongRole:
    """
    await begin(tx, SUBSCRIPTION, one.id, "ask", row=tables.row_of(one))
    await advance(tx, SUBSCRIPTION, one.id, "start")
    await _set_end(tx, one)


async def change(tx: Tx, *, had: Subscription, one: Subscription, lent_at: datetime) -> None:
    """Let an app want something else, or the same again after it was off; `lent_at` it could.

    What waited goes on in its order, and then what happened while it was off. Where that isn't told
    any more, from when to when it was stays to be read, until it is changed again.

    :raises WrongRole:
    """
    await tables.change(tx, one)
    was_off = had.state is SubscriptionState.OFF
    if was_off or had.state is SubscriptionState.ERROR:
        await advance(tx, SUBSCRIPTION, one.id, "restart")
        await advance(tx, SUBSCRIPTION, one.id, "start")
    anew = was_off and not rules.goes_on(had, one, lent_at=lent_at, now=tx.now)
    await tables.started(tx, one.id, anew=anew, trouble="")
    if anew:
        await missed(tx, one=had)
    await _set_end(tx, one)


async def caught_up(tx: Tx, *, one: Subscription) -> None:
    """Note that what happened while it was off is collected."""
    await tables.caught_up(tx, one.id)


async def missed(tx: Tx, *, one: Subscription) -> None:
    """Tell an app from when to when nothing was told, and will not be."""
    span = f"{instant(one.left_off_at or one.at)}/{instant(tx.now)}"
    await tables.say(tx, one.id, f"{MISSED} {span}")
    await tables.caught_up(tx, one.id)


async def stop(tx: Tx, *, one: Subscription, over: Over, heard: str | None = None) -> None:
    """End it, and say why; twice is the same as once.

    It was told through the snapshot `heard`, or through all that has been listened to.
    """
    if one.state in {SubscriptionState.OFF, SubscriptionState.REMOVED}:
        return
    await advance(tx, SUBSCRIPTION, one.id, "stop", why=over)
    await tables.say(tx, one.id, over)
    if over in GOING_ON:
        await tables.leave(tx, one.id, heard)
    else:
        await tables.caught_up(tx, one.id)
    await timers.clear(tx, thing_id=one.id, name=DUE)


async def remove(tx: Tx, *, one: Subscription) -> None:
    """Let an app forget it; what was told stays in the books."""
    await advance(tx, SUBSCRIPTION, one.id, "remove")
    await timers.clear(tx, thing_id=one.id, name=DUE)


async def stop_resting(tx: Tx, *, approval_id: UUID) -> None:
    """End all that rests on an institution's approval, in the transaction that ends it."""
    await _stop_each(tx, await tables.list_resting(tx, approval_id))


async def stop_lent(tx: Tx, *, person_id: UUID, app_id: UUID) -> None:
    """End what a person's affairs are told to an app, at once (PRI-04)."""
    await _stop_each(tx, await tables.list_lent(tx, person_id, app_id))


async def own(tx: Tx) -> list[Subscription]:
    """Return what the acting app wants to be told of in this hat, the oldest first."""
    return await tables.list_own(tx)


async def own_one(tx: Tx, *, id: UUID | None, match: int | None = None) -> Subscription:
    """Return one of the acting app's own, kept still.

    :raises NoSuchResource: also if it is another app's, or was made in another hat (INT-07).
    :raises Deleted, VersionMoved:
    """
    one = await tables.lock(tx, id) if id else None
    if one is None or _hat(one) != _wearer(tx):
        raise NoSuchResource(type=TYPE, fhir_id=str(id or ""))
    if one.state is SubscriptionState.REMOVED:
        raise Deleted(type=TYPE, fhir_id=str(id))
    if match not in {None, one.version}:
        raise VersionMoved(type=TYPE, fhir_id=str(id))
    return one


async def listed_here(tx: Tx) -> list[Listed]:
    """Return the subscriptions of apps that the acting institution has approved."""
    return await tables.list_here(tx)


async def listed_about(tx: Tx, chart: Chart) -> list[Listed]:
    """Return the subscriptions that are about the chart's person alone."""
    return await tables.list_about(tx, chart)


async def told(
    tx: Tx, reach: Chart | Desk, *, one: Subscription, after: int = 0, limit: int
) -> Sequence[Notice]:
    """Return what is to be told next and may be seen now; what may not be is told to nobody."""
    while True:
        notices, hidden = await tables.list_waiting(tx, reach, one, after=after, limit=limit)
        if hidden:
            await tables.hide(tx, hidden)
        if notices or not hidden:
            break
    await tables.tell(tx, [notice.n for notice in notices if notice.is_first])
    return notices


async def arrived(tx: Tx, *, one: Subscription, through: int) -> Subscription:
    """Note that all up to a number has arrived, and return how it stands now."""
    await tables.arrived(tx, one.id, through)
    if one.state is not SubscriptionState.ERROR:
        return replace(one, tries=0)
    await advance(tx, SUBSCRIPTION, one.id, "recover")
    await tables.say(tx, one.id, "")
    return replace(one, tries=0, state=SubscriptionState.ACTIVE)


async def failed(tx: Tx, *, one: Subscription, trouble: str) -> timedelta | None:
    """Note that it was tried in vain, and return when to try again; None: it is given up."""
    tries = one.tries + 1
    await tables.tried(tx, one.id, trouble)
    if tries >= rules.TRIES:
        await stop(tx, one=one, over=Over.DEAD)
        return None
    if tries >= rules.TRIES_TO_ERROR and one.state is SubscriptionState.ACTIVE:
        await advance(tx, SUBSCRIPTION, one.id, "fail", why=trouble)
        await tables.say(tx, one.id, trouble)
    return rules.pause_after(tries)


async def open_binding(tx: Tx, *, one: Subscription) -> str:
    """Return a token that binds a websocket once, within a minute; an earlier one is void."""
    token = crypto.token()
    await tables.bind(tx, one.id, crypto.sm3(token.encode()), tx.now + BINDING_LIFE)
    return token


async def use_binding(tx: Tx, *, token: str) -> UUID | None:
    return await tables.unbind(tx, crypto.sm3(token.encode()))


async def _stop_each(tx: Tx, ids: Sequence[UUID]) -> None:
    for id in ids:
        if one := await tables.lock(tx, id):
            await stop(tx, one=one, over=Over.GROUND)


async def _set_end(tx: Tx, one: Subscription) -> None:
    event = SubscriptionDue(one.id, one.hat.institution_id)
    await timers.set(tx, thing_id=one.id, name=DUE, due_at=one.until, event=event)


def _hat(one: Subscription) -> tuple[object, ...]:
    hat = one.hat
    return hat.app_id, hat.institution_id, hat.person_id, hat.role, hat.for_person_id


def _wearer(tx: Tx) -> tuple[object, ...]:
    who = tx.actor
    return who.app_id, who.institution_id, who.person_id, who.role, who.for_person_id
