"""The agency's word after the person has paid: settled, refused, undone, taken back."""

from datetime import datetime
from uuid import UUID

from lianyi.insurance import events, rules
from lianyi.insurance.errors import ClaimUnderWay, ReasonMissing
from lianyi.insurance.model import (
    ASKING,
    OPEN_ENDED,
    OTHERWISE,
    Claim,
    ClaimState,
    Source,
    Split,
    Task,
)
from lianyi.insurance.states import CLAIM
from lianyi.insurance.tables import claims, covers
from lianyi.insurance.tables.claims import about
from lianyi.kernel import errand, profile, time, timers
from lianyi.kernel.errand import SOON
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx

TIMERS = ("doubt", "give_up")


async def settled(tx: Tx, *, claim_id: UUID, number: str, split: Split, at: datetime) -> None:
    """Book a settlement, once, on the agency's day.

    One that came out other than foretold must not stand.
    """
    claim = await claims.lock(tx, claim_id)
    if claim.state not in OPEN_ENDED:
        return
    await _stop_waiting(tx, claim)
    if not rules.is_as_foretold(await claims.split(tx, claim_id, Source.FORETOLD), split):
        await _correct(tx, claim, number)
        return
    await claims.settled(tx, claim_id, number, at)
    await claims.keep_split(tx, claim_id, Source.SETTLED, split)
    await _count(tx, claim, split, at, sign=1)
    bill = (claim.bill_id, claim.person_id, claim.institution_id, *claim.subject)
    await advance(tx, CLAIM, claim_id, "settle", event=events.Settled(*bill, claim_id))
    if claim.give_back:
        await take_back(tx, claim_id=claim_id, reason=claim.give_back)


async def refused(tx: Tx, *, claim_id: UUID, code: str) -> Claim | None:
    """Note that the agency pays nothing; return the claim if its person has paid a part."""
    claim = await claims.lock(tx, claim_id)
    if claim.state in ASKING:
        await claims.coded(tx, claim_id, code)
        event = events.ClaimRefused(*about(claim))
        await advance(tx, CLAIM, claim_id, "refuse", why=code, event=event)
    if claim.state not in OPEN_ENDED:
        return None
    await _stop_waiting(tx, claim)
    return await _fail(tx, claim, "fail", code)


async def undone(tx: Tx, *, claim_id: UUID, done: bool) -> Claim | None:
    """Note that nothing stands at the agency; return the claim whose person gets all back.

    An agency that won't undo is told again: until then nobody knows whose the money is.
    """
    claim = await claims.lock(tx, claim_id)
    if claim.state is not ClaimState.UNDOING:
        return None
    if not done:
        task = Task.CANCEL if claim.settlement_number else Task.UNDO
        await errand.plan(tx, task, thing_id=claim_id, after=SOON)
        return None
    return await _fail(tx, claim, "undo", claim.code)


async def take_back(tx: Tx, *, claim_id: UUID, reason: str) -> None:
    """Have a settlement taken back whole (INS-21); while it is under way this waits for it.

    :raises ClaimUnderWay: it is being undone anyway.
    :raises NoSuchClaim, ReasonMissing, WrongState:
    """
    if not rules.is_reason(reason):
        raise ReasonMissing
    claim = await claims.lock(tx, claim_id)
    if claim.state in OPEN_ENDED:
        await claims.give_back(tx, claim_id, reason)
        return
    if claim.state in {ClaimState.UNDOING, ClaimState.REVERSING}:
        raise ClaimUnderWay(id=claim_id)
    event = events.ClaimMoved(*about(claim))
    await advance(tx, CLAIM, claim_id, "take_back", why=reason, event=event)
    await claims.give_back(tx, claim_id, reason)
    await errand.plan(tx, Task.CANCEL, thing_id=claim_id)


async def taken_back(tx: Tx, *, claim_id: UUID, at: datetime) -> Claim | None:
    """Restore the year's counters exactly (INS-21); return the claim whose bill goes back."""
    claim = await claims.lock(tx, claim_id)
    if claim.state is not ClaimState.REVERSING:
        return None
    await claims.taken_back(tx, claim_id, at)
    split = await claims.split(tx, claim_id, Source.SETTLED)
    await _count(tx, claim, split, claim.settled_at or at, sign=-1)
    await advance(tx, CLAIM, claim_id, "reverse", event=events.Reversed(*about(claim)))
    return claim


async def stands(tx: Tx, *, claim_id: UUID, code: str) -> None:
    """Note that the agency keeps a settlement which we wanted to take back."""
    claim = await claims.lock(tx, claim_id)
    if claim.state is not ClaimState.REVERSING:
        return
    await claims.coded(tx, claim_id, code)
    await claims.give_back(tx, claim_id, "")
    event = events.ReversalRefused(*about(claim))
    await advance(tx, CLAIM, claim_id, "stand", why=code, event=event)


async def _correct(tx: Tx, claim: Claim, number: str) -> None:
    """Take back at the agency what it has settled otherwise than the person was told."""
    await claims.numbered(tx, claim.id, number)
    await claims.coded(tx, claim.id, OTHERWISE)
    event = events.ClaimMoved(*about(claim))
    await advance(tx, CLAIM, claim.id, "correct", why=OTHERWISE, event=event)
    await errand.plan(tx, Task.CANCEL, thing_id=claim.id)


async def _fail(tx: Tx, claim: Claim, verb: str, code: str) -> Claim:
    await claims.coded(tx, claim.id, code)
    event = events.SettlementFailed(*about(claim), code)
    await advance(tx, CLAIM, claim.id, verb, why=code, event=event)
    return claim


async def _stop_waiting(tx: Tx, claim: Claim) -> None:
    for name in TIMERS:
        await timers.clear(tx, thing_id=claim.id, name=name)


async def _count(tx: Tx, claim: Claim, split: Split, at: datetime, *, sign: int) -> None:
    """INS-09: the year is that of the settlement, also when it is taken back in the next."""
    year = time.day(at, profile.at(tx.now).zone).year
    await covers.count(tx, claim.person_id, claim.scheme, year, split, sign=sign)
