"""Apps say what they want to be told of, and take it back (FHIR R4 Subscription).

An app sees and changes its own alone, those of one hat in that hat. What it will be told is decided
anew whenever something is told (`fhir_notices`); here it is only seen whether it can be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from lianyi.access import queries as consents
from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson, ProofTooLow
from lianyi.access.model import APP, RESIDENT, Chart
from lianyi.access.model.apps import Approval
from lianyi.access.model.parts import Right
from lianyi.access.rules import scopes
from lianyi.access.service import scoping
from lianyi.accounts import queries as accounts
from lianyi.accounts.rules import clients
from lianyi.journeys import fhir_doors, fhir_notices, fhir_reach
from lianyi.kernel import demo, profile
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.records.errors import (
    NoMatch,
    NotLasting,
    NotPatched,
    NotSearchable,
    NotWritable,
    TooManyPersons,
    TooManySubscriptions,
    WrongEndpoint,
)
from lianyi.records.fhir import patches, versions
from lianyi.records.fhir import subscriptions as mapping
from lianyi.records.fhir.patches import Operation
from lianyi.records.model import Finding
from lianyi.records.model.subscriptions import (
    TYPE,
    Channel,
    Over,
    Subscription,
    SubscriptionState,
    Wanted,
)
from lianyi.records.rules import subscriptions as rules
from lianyi.records.rules import writable
from lianyi.records.service import subscribing as records

WHAT = "fhir_subscribe"
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a subscription rests on: one approval, since when, and until when it can last at all."""

    approval_id: UUID
    until: datetime
    lent_at: datetime


async def create(tx: Tx, *, body: Body, base: str) -> Subscription:
    """Begin to tell the acting app of what it asks for.

    :raises NotWritable, OutOfScope, NotFhir, NotSearchable, NoMatch, WrongRole:
    :raises NotLasting, WrongEndpoint, TooManySubscriptions, TooManyPersons:
    """
    _check(tx, Right.CREATE)
    id = tx.new_id(tx.actor.app_id)
    if len(await records.own(tx)) >= rules.MOST:
        raise TooManySubscriptions(most=rules.MOST)
    one, _ = await _meant(tx, id, body, base)
    await records.subscribe(tx, one=one)
    return await records.own_one(tx, id=id)


async def update(
    tx: Tx, *, fhir_id: str, body: Body, base: str, match: int | None = None
) -> Subscription:
    """Change one, stop it, or start it again: what waits goes on in its order.

    A secret that is not sent again stays, as long as it goes to the same address.

    :raises NoSuchResource, Deleted, VersionMoved: and as `create` does.
    """
    _check(tx, Right.UPDATE)
    wanted = records.read_wanted(tx, body=body)
    had = await records.own_one(tx, id=fhir_doors.uuid_of(fhir_id), match=match)
    if wanted.is_off:
        await records.stop(tx, one=had, over=Over.ASKED)
        return await records.own_one(tx, id=had.id)
    one, ground = await _meant(tx, had.id, body, base)
    kept = had.header if one.header is None and one.endpoint == had.endpoint else one.header
    one = replace(one, header=kept, state=had.state)
    await records.change(tx, had=had, one=one, lent_at=ground.lent_at)
    await fhir_notices.go_on(tx, one=replace(had, channel=one.channel))
    return await records.own_one(tx, id=had.id)


async def patch(
    tx: Tx, *, fhir_id: str, operations: Sequence[Operation], base: str, match: int | None = None
) -> Subscription:
    """Change one by JSON Patch of what reading it answers. Raises as `update` does.

    :raises NotPatched:
    """
    _check(tx, Right.UPDATE)
    had = await records.own_one(tx, id=fhir_doors.uuid_of(fhir_id), match=match)
    read = versions.versioned(mapping.told(had, ""), had.version, had.at)
    made = patches.patched(read, operations)
    if isinstance(made, Finding):
        raise NotPatched(findings=(made,))
    return await update(tx, fhir_id=fhir_id, body=versions.unversioned(made), base=base)


async def delete(tx: Tx, *, fhir_id: str, match: int | None = None) -> None:
    """Let the acting app forget one of its own; twice is the same as once.

    :raises NoSuchResource, Deleted, VersionMoved, NotWritable, OutOfScope:
    """
    _check(tx, Right.DELETE)
    one = await records.own_one(tx, id=fhir_doors.uuid_of(fhir_id), match=match)
    await records.remove(tx, one=one)


async def read(tx: Tx, *, fhir_id: str) -> Subscription:
    """Return one of the acting app's own.

    :raises NoSuchResource, Deleted, NotWritable, OutOfScope:
    """
    _check(tx, Right.READ)
    return await records.own_one(tx, id=fhir_doors.uuid_of(fhir_id))


async def owned(tx: Tx) -> list[Subscription]:
    """Return all of the acting app's own, the oldest first.

    :raises NotWritable, OutOfScope:
    """
    _check(tx, Right.SEARCH)
    return await records.own(tx)


async def open_binding(tx: Tx, *, fhir_id: str) -> tuple[Subscription, str]:
    """Return a token by which a websocket is bound that can send no other proof.

    :raises NoSuchResource, Deleted, NotWritable, OutOfScope:
    """
    one = await read(tx, fhir_id=fhir_id)
    return one, await records.open_binding(tx, one=one)


async def bind_by_token(tx: Tx, *, token: str) -> UUID | None:
    """Return what a token binds a websocket to, once. None: nothing, or not any more."""
    return await records.use_binding(tx, token=token)


def _check(tx: Tx, right: Right) -> None:
    """Let apps pass in the hands of those whose apps write, and services (INT-04).

    :raises NotWritable, OutOfScope:
    """
    who = fhir_doors.writer(tx)
    if not writable.may_write(who, TYPE):
        raise NotWritable(type=TYPE, group=who)
    scoping.check_scope(tx, type=TYPE, right=right)


async def _meant(tx: Tx, id: UUID, body: Body, base: str) -> tuple[Subscription, _Ground]:
    wanted = records.read_wanted(tx, body={**body, "id": str(id)})
    scoping.check_scope(tx, type=wanted.type, right=Right.SEARCH)
    _check_lasting(tx)
    await _check_endpoint(tx, wanted)
    about, ground = await _reached(tx, wanted, base)
    ends = [ground.until, *([wanted.end] if wanted.end else [])]
    secret = "\n".join(wanted.header)
    one = Subscription(
        id=id,
        state=SubscriptionState.REQUESTED,
        hat=replace(tx.actor, request_id=""),
        approval_id=ground.approval_id,
        version=1,
        at=tx.now,
        body=mapping.kept({**versions.unversioned(body), "id": str(id)}),
        type=wanted.type,
        criteria=wanted.criteria,
        about=about,
        base=base,
        channel=wanted.channel,
        endpoint=wanted.endpoint,
        header=tx.keys.seal_text(secret) if secret else None,
        content=wanted.content,
        bundled=wanted.bundled,
        until=min(ends),
        told=0,
        told_at=None,
        tries=0,
        trouble="",
        under_way=False,
    )
    return one, ground


def _check_lasting(tx: Tx) -> None:
    """INT-14: who only lent an app their own presence has not agreed to what comes later."""
    if tx.actor.role != APP and scopes.OFFLINE not in tx.actor.scopes:
        raise NotLasting


async def _check_endpoint(tx: Tx, wanted: Wanted) -> None:
    """Hold an app to the addresses it was approved with, and to TLS outside a demo (INT-18)."""
    if wanted.channel is not Channel.REST_HOOK:
        return
    app_id = tx.actor.app_id
    known = await accounts.clients(tx, ids=[app_id] if app_id else [])
    addresses = [url for client in known.values() for url in client.notifies]
    is_safe = not clients.is_loopback(wanted.endpoint) or await demo.is_born(tx.db)
    if not is_safe or not rules.is_within(wanted.endpoint, addresses):
        raise WrongEndpoint(endpoint=wanted.endpoint)


async def _reached(tx: Tx, wanted: Wanted, base: str) -> tuple[UUID | None, _Ground]:
    """Open the door it will look through, and return whom alone it is about, if it is one.

    :raises NotSearchable: a part of the criteria can't be answered.
    :raises NoMatch: there is no such person, or not for this hat.
    :raises TooManyPersons, WrongRole:
    """
    search = fhir_notices.search_of(tx, wanted.type, wanted.pairs, base)
    if search.troubles:
        raise NotSearchable(troubles=search.troubles)
    about = fhir_notices.about(tx.actor, search)
    purpose = fhir_reach.purpose_of(tx)
    if about is None:
        desk = await access.open_desk(tx, purpose=purpose, right=Right.SEARCH)
        if await fhir_notices.told_of(tx, desk, wanted.type) is None:
            raise TooManyPersons(most=profile.at(tx.now)["PRI-28"])
        return None, await _ground(tx, None)
    try:
        chart = await access.open_chart(
            tx, person_id=about, purpose=purpose, what=WHAT, right=Right.SEARCH
        )
    except (NoSuchPerson, ProofTooLow) as refused:
        raise NoMatch(reference=f"Patient/{about}") from refused
    return about, await _ground(tx, chart)


async def _ground(tx: Tx, chart: Chart | None) -> _Ground:
    """Return what it rests on; what a user lent lasts no longer than a refresh token (INT-14).

    :raises WrongRole: no approval stands behind the hat.
    """
    app_id, longest = tx.actor.app_id, tx.now + rules.LONGEST
    if tx.actor.role == RESIDENT:
        given = (
            await consents.live_permission(tx, chart, app_id=app_id) if chart and app_id else None
        )
        if given is not None:
            return _Ground(given.approval_id, min(given.until, longest), given.at)
    elif app_id and (approval := await _approval(tx, app_id)) and approval.terms:
        until = approval.terms.until
        ends = until if tx.actor.role == APP else min(until, longest)
        return _Ground(approval.id, ends, approval.asked_at)
    raise WrongRole(verb=WHAT, role=tx.actor.role)


async def _approval(tx: Tx, app_id: UUID) -> Approval | None:
    purpose = fhir_reach.purpose_of(tx)
    for one in (await consents.live_approvals(tx, app_ids=[app_id]))[app_id]:
        here = one.institution_id == tx.actor.institution_id
        if here and one.terms and one.terms.purpose is purpose:
            return one
    return None
