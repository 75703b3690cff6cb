"""What happens in the record is told to the apps that asked for it, as the doors stand then.

Listening: what nobody has heard yet is collected for each subscription that it answers, in order.
Telling: an errand for each endpoint, one after the other; each try goes through the doors anew, so
that nothing is told, not even that there is something, which may not be seen any more.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from lianyi.access import queries as consents
from lianyi.access import service as access
from lianyi.access.errors import OutOfScope
from lianyi.access.model import APP, RESIDENT, Chart, Desk
from lianyi.access.model.apps import ApprovalState
from lianyi.access.model.parts import Right
from lianyi.access.service import desks, scoping
from lianyi.journeys import fhir_live, fhir_reach
from lianyi.kernel import errand, profile
from lianyi.kernel.actor import Actor, system
from lianyi.kernel.errand import Answer, Errand
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import CLASHES, Tx
from lianyi.links import Links
from lianyi.links.hooks import Letter, Round
from lianyi.people import queries as people
from lianyi.records.events import SubscriptionDue
from lianyi.records.fhir import searches
from lianyi.records.fhir import subscriptions as mapping
from lianyi.records.fhir.index import parameters
from lianyi.records.fhir.terms import Search, Trouble, Updated, Why
from lianyi.records.model import PUBLIC
from lianyi.records.model.subscriptions import Channel, Notice, Over, Subscription, Window
from lianyi.records.rules import subscriptions as rules
from lianyi.records.service import subscribing as records

LOG = logging.getLogger(__name__)
WHAT = "fhir_told"
KIND = "fhir.notice"
AT_ONCE = 50  # notices of one round
Pairs = Sequence[tuple[str, str]]


class _TooMuch(Exception):
    """More has happened while a subscription was off than it is told."""


def topic(subscription_id: UUID) -> str:
    """Return what open sockets hear; no page can ask for a name like this."""
    return f"#subscription/{subscription_id}"


def search_of(tx: Tx, type: str, pairs: Pairs, base: str) -> Search:
    """Read a criteria as a search is read; this server's own addresses are its references."""
    if type not in parameters():
        return Search(type, troubles=(Trouble(type, Why.UNKNOWN),))
    if fhir_live.is_told(type):
        return Search(type, troubles=(Trouble(type, Why.LIVE),))
    own = tuple((name, value.removeprefix(f"{base}/")) for name, value in pairs)
    search = fhir_live.understood(searches.read(type, own, profile.at(tx.now).zone))
    wrong = [
        Trouble("_lastUpdated", Why.MODIFIER) for one in search.terms if isinstance(one, Updated)
    ]
    return replace(search, troubles=(*search.troubles, *wrong))


def about(hat: Actor, search: Search) -> UUID | None:
    """Return the one person it looks at: whom it names, or whom the app was started for."""
    named = fhir_reach.person_in(search)
    if named is None and (hat.role == RESIDENT or hat.for_person_id):
        return hat.subject_id
    return named


async def told_of(tx: Tx, desk: Desk, type: str) -> Desk | None:
    """Return the desk of whom an app may be told something of a type; None: they are too many.

    PRI-11, PRI-28: more than these only where two have agreed that the app takes all of it, for as
    long as what they agreed to lasts.
    """
    few = await desks.of_few(tx, desk, most=profile.at(tx.now)["PRI-28"])
    if few is None and await consents.is_agreed(tx, types=[type]):
        return desk
    return few


async def listen(tx: Tx) -> list[str]:
    """Collect what happened since the last time, and return the topics of sockets to wake."""
    window = await records.news(tx)
    if window is None or not await records.heard(tx, window):
        return []
    windows = dict.fromkeys(await records.concerned(tx, window), window)
    windows |= {id: Window(since, window.till) for id, since in (await records.behind(tx)).items()}
    woken = []
    for id, its in windows.items():
        one = await records.lock(tx, id)
        if one is None or not one.is_live:
            continue
        if await _collected(tx, one, its):
            await go_on(tx, one=one)
        if one.channel is Channel.WEBSOCKET:  # also to hear that it is over
            woken.append(topic(id))
    return woken


async def _collected(tx: Tx, one: Subscription, window: Window) -> int:
    """Collect for one; what can't be answered any more ends it, and holds up no other."""
    hat = replace(tx, actor=one.hat)
    reach = await _reach(hat, one)
    if isinstance(reach, Over):
        await records.stop(tx, one=one, over=reach)
        return 0
    type, pairs = rules.asked_of(one.criteria)
    search = search_of(tx, type, pairs, one.base)
    try:
        if one.left_off_at is not None:
            return await _caught_up(hat, reach, one, search, window)
        async with tx.aside():
            return await records.collect(hat, reach, one, search, window)
    except CLASHES:
        raise
    except asyncpg.PostgresError:
        LOG.exception("subscription %s can't be answered and is off", one.id)
        await records.stop(tx, one=one, over=Over.BROKEN, heard=window.since)
        return 0


async def _caught_up(
    tx: Tx, reach: Chart | Desk, one: Subscription, search: Search, window: Window
) -> int:
    """Collect what happened while one was off, or what is more than its app can want not at all."""
    with suppress(_TooMuch):
        async with tx.aside():
            found = await records.collect(tx, reach, one, search, window, most=rules.MOST_MISSED)
            if found > rules.MOST_MISSED:
                raise _TooMuch
        await records.caught_up(tx, one=one)
        return found
    await records.missed(tx, one=one)
    return 0


async def go_on(tx: Tx, *, one: Subscription) -> None:
    """Let the worker tell what waits; what pauses after a try in vain need not wait any longer."""
    if one.channel is not Channel.REST_HOOK:
        return
    if one.under_way:
        await errand.hasten(tx, KIND, thing_id=one.id)
    elif await records.is_waiting(tx, one.id):
        await _plan(tx, one)


async def end(tx: Tx, event: SubscriptionDue) -> None:
    """Switch off what has come to its end; one that was made longer meanwhile goes on."""
    one = await records.lock(tx, event.subscription_id)
    if one is not None and one.until <= tx.now:
        await records.stop(tx, one=one, over=Over.ENDED)


async def take(
    tx: Tx, *, subscription_id: UUID, after: int
) -> tuple[Subscription | None, Sequence[Notice]]:
    """Return what waits for a socket behind a number. None: it is not told any more."""
    one = await records.lock(tx, subscription_id)
    if one is None or not one.is_live or one.channel is not Channel.WEBSOCKET:
        return None, ()
    return await _next(tx, one, after)


async def took(tx: Tx, *, subscription_id: UUID, through: int) -> None:
    """Note that a socket has brought all up to a number."""
    if one := await records.lock(tx, subscription_id):
        await records.arrived(tx, one=one, through=through)


async def _next(
    tx: Tx, one: Subscription, after: int = 0
) -> tuple[Subscription | None, Sequence[Notice]]:
    """Return what is to be told now, and write down that it is told (INT-06)."""
    hat = replace(tx, actor=one.hat)
    reach = await _reach(hat, one)
    if isinstance(reach, Over):
        await records.stop(tx, one=one, over=reach)
        return None, ()
    notices = await records.told(tx, reach, one=one, after=after, limit=AT_ONCE)
    nobody = {PUBLIC, one.hat.institution_id}
    persons = dict.fromkeys(each.owner for each in notices if each.is_first)
    access.saw(hat, reach, person_ids=[id for id in persons if id not in nobody], what=WHAT)
    return one, notices


async def _reach(tx: Tx, one: Subscription) -> Chart | Desk | Over:
    """Open the door it looks through now, in its own hat, or say why there is none any more."""
    if one.until <= tx.now:
        return Over.ENDED
    if not await _stands(tx, one):
        return Over.GROUND
    try:
        if not scoping.permits(tx, type=one.type, right=Right.SEARCH):
            return Over.GROUND
        purpose = fhir_reach.purpose_of(tx)
        if one.about is None:
            desk = await access.open_desk(tx, purpose=purpose, right=Right.SEARCH)
            return await told_of(tx, desk, one.type) or Over.PERSONS
        chart = await access.look(tx, person_id=one.about, purpose=purpose, right=Right.SEARCH)
        return chart or Over.GROUND
    except (OutOfScope, WrongRole):
        return Over.GROUND


async def _stands(tx: Tx, one: Subscription) -> bool:
    """Tell whether the very approval it rests on still lives, and the post of who lent it."""
    approval = (await consents.approvals_by_id(tx, ids=[one.approval_id])).get(one.approval_id)
    if approval is None or approval.terms is None or approval.terms.until <= tx.now:
        return False
    if approval.state is not ApprovalState.APPROVED:
        return False
    if one.hat.role in {RESIDENT, APP}:
        return True
    post = (await people.posts(tx, ids=[one.hat.post_id])).get(one.hat.post_id)
    return post is not None and post.ended_at is None


async def _plan(tx: Tx, one: Subscription, after: timedelta = timedelta()) -> None:
    hat = system(KIND, one.hat.institution_id)
    await errand.plan(replace(tx, actor=hat), KIND, thing_id=one.id, after=after)
    await records.set_under_way(tx, one.id, under_way=True)


async def _prepare(tx: Tx, subscription_id: UUID) -> Round:
    one = await records.lock(tx, subscription_id)
    if one is None or not one.is_live:
        return Round()
    found, notices = await _next(tx, one)
    if found is None:
        return Round()
    secret = tx.keys.open_text(one.header) if one.header else ""
    letters = [
        Letter(notice.n, _key(one, notice), *mapping.message(one, notice)) for notice in notices
    ]
    return Round(endpoint=one.endpoint, headers=secret.splitlines(), letters=letters)


def _key(one: Subscription, notice: Notice) -> str:
    return str(uuid5(one.id, f"{notice.type}/{notice.fhir_id}/{notice.version}"))


async def _ask(links: Links, key: UUID, request: Round) -> Answer:
    """Ask nobody: what may have arrived is told again, and the doors are asked before that."""
    return Answer(errand.Outcome.YES)


async def _record(tx: Tx, subscription_id: UUID, answer: Answer) -> None:
    one = await records.lock(tx, subscription_id)
    if one is None:
        return
    after: timedelta | None = timedelta()
    if through := answer.body.get("through"):
        one = await records.arrived(tx, one=one, through=through)
    if (trouble := answer.body.get("trouble")) and one.is_live:
        after = await records.failed(tx, one=one, trouble=trouble)
    if after is not None and one.is_live and await records.is_waiting(tx, one.id):
        await _plan(tx, one, after)
    else:
        await records.set_under_way(tx, one.id, under_way=False)


NOTIFY: Errand[Links, Any] = Errand(
    kind=KIND,
    request=Round,
    prepare=_prepare,
    send=lambda links, _, request: links.hooks.deliver(request),
    ask=_ask,
    record=_record,
)
