"""A claim until the person has paid their part, and what happens when nobody answers."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from lianyi.insurance import events, rules
from lianyi.insurance.errors import ClaimUnderWay, NotClaimable, NoTraceCode
from lianyi.insurance.model import (
    ASKING,
    BEFORE_PAYING,
    OVER,
    Charge,
    Claim,
    ClaimState,
    DifferenceKind,
    Filing,
    Kind,
    Mismatch,
    Rating,
    Source,
    Split,
    Subject,
    Task,
)
from lianyi.insurance.states import CLAIM
from lianyi.insurance.tables import books, claims, covers
from lianyi.insurance.tables.claims import about
from lianyi.kernel import errand, profile, time, timers
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx

# What the agency hears first: of the visit, or of the prescription that a pharmacy fills.
FIRST = {Kind.OUTPATIENT: Task.REGISTER, Kind.PHARMACY: Task.PRESCRIBE}


async def open_claim(
    tx: Tx,
    *,
    bill_id: UUID,
    subject: tuple[str, UUID],
    person_id: UUID,
    institution_id: UUID,
    charges: Sequence[Charge],
    filing: Filing,
) -> Claim | None:
    """Claim a bill for whoever is insured; None for who isn't, or has paid nothing to claim.

    :raises NoTraceCode: FR-20.
    :raises NotClaimable: CON-26, INS-16, INS-17.
    """
    if not rules.is_sound(filing):
        raise NotClaimable
    cover = await covers.find(tx, person_id)
    if cover is None or cover.scheme is None or not rules.is_bound(cover):
        return None
    known = await covers.items(tx, [institution_id], {charge.code for charge in charges})
    lines = [rules.line_of(each, known.get((institution_id, each.code))) for each in charges]
    if code := rules.untraced(filing.kind, lines):
        raise NoTraceCode(item=code)
    claim = Claim(
        id=tx.new_id(person_id),
        institution_id=institution_id,
        person_id=person_id,
        state=ClaimState.OPENED,
        bill_id=bill_id,
        subject=Subject(*subject),
        kind=filing.kind,
        online=filing.online,
        cover_id=cover.id,
        scheme=cover.scheme,
        diagnosis=filing.diagnosis,
        prescription_id=filing.prescription_id,
        total_fen=sum(charge.fen for charge in charges),
        at=tx.now,
    )
    await claims.insert(tx, claim, lines)
    await errand.plan(tx, FIRST[filing.kind], thing_id=claim.id)
    return claim


async def prescribed(tx: Tx, *, claim_id: UUID) -> None:
    """Note that the agency knows the prescription of a sale, and ask what would be paid."""
    claim = await claims.lock(tx, claim_id)
    if claim.state is ClaimState.OPENED:
        await errand.plan(tx, Task.FORETELL, thing_id=claim_id)


async def registered(tx: Tx, *, claim_id: UUID, visit_number: str) -> None:
    """Note that the agency knows of the visit, and send the lines."""
    claim = await claims.lock(tx, claim_id)
    if claim.state is not ClaimState.OPENED:
        return
    await claims.registered(tx, claim_id, visit_number)
    await _step(tx, claim, "register")
    await errand.plan(tx, Task.SEND, thing_id=claim_id)


async def sent(tx: Tx, *, claim_id: UUID, ratings: Sequence[Rating]) -> None:
    """Keep how the agency rates the lines, and ask what would be paid."""
    claim = await claims.lock(tx, claim_id)
    if claim.state is not ClaimState.REGISTERED:
        return
    await claims.rate(tx, claim_id, ratings)
    await _step(tx, claim, "send")
    await errand.plan(tx, Task.FORETELL, thing_id=claim_id)


async def foretold(
    tx: Tx, *, claim_id: UUID, split: Split, ratings: Sequence[Rating] = ()
) -> Claim | None:
    """Keep what the agency would pay, beside our own arithmetic; None if nobody waits for it."""
    claim = await claims.lock(tx, claim_id)
    if claim.state not in {ClaimState.SENT, ClaimState.OPENED}:
        return None
    if claim.kind is Kind.PHARMACY:
        await claims.rate(tx, claim_id, ratings)
    preview = await _preview(tx, claim, split.account_fen)
    await claims.keep_split(tx, claim_id, Source.PREVIEW, preview)
    await claims.keep_split(tx, claim_id, Source.FORETOLD, split)
    if not rules.agrees(preview, split):
        await _report(tx, claim, preview, split)
    await _step(tx, claim, "foretell")
    return claim


async def paid(tx: Tx, *, bill_id: UUID) -> bool:
    """Have a bill settled whose person has paid; return whether it is with the agency at all."""
    claim = await claims.lock_of_bill(tx, bill_id)
    if claim is None or claim.state in OVER:
        return False
    if claim.state in ASKING:  # paid whole before the agency said what it would pay
        await drop(tx, claim, reason="paid")
        return False
    if claim.state is ClaimState.PRE_SETTLED:
        await _step(tx, claim, "pay")
        key = await errand.plan(tx, Task.SETTLE, thing_id=claim.id)
        await claims.asked_under(tx, claim.id, key)
        await _wait(tx, claim, "doubt", "INS-05.doubt", events.SettlementDoubtful(*about(claim)))
    return True


async def doubt(tx: Tx, *, claim_id: UUID) -> None:
    """Say that nobody knows, while the agency is still being asked."""
    claim = await claims.lock(tx, claim_id)
    if claim.state is ClaimState.SETTLING:
        await _step(tx, claim, "doubt")
        await _wait(tx, claim, "give_up", "INS-05.give_up", events.SettlementOverdue(*about(claim)))


async def give_up(tx: Tx, *, claim_id: UUID) -> None:
    """Have a settlement undone of which nobody knows whether it was made (2601)."""
    claim = await claims.lock(tx, claim_id)
    if claim.state is ClaimState.UNKNOWN:
        await claims.coded(tx, claim_id, "no_answer")
        await _step(tx, claim, "give_up")
        await errand.plan(tx, Task.UNDO, thing_id=claim_id)


async def drop(tx: Tx, claim: Claim, *, reason: str) -> None:
    """Leave the agency out of it.

    :raises ClaimUnderWay: the person has paid their part already.
    """
    if claim.state not in BEFORE_PAYING:
        raise ClaimUnderWay(id=claim.id)
    await advance(tx, CLAIM, claim.id, "drop", why=reason, event=events.ClaimMoved(*about(claim)))


async def drop_of_bill(tx: Tx, *, bill_id: UUID, reason: str) -> bool:
    """Drop the claim of a bill that nobody has paid; return whether there was one.

    :raises ClaimUnderWay:
    """
    claim = await claims.lock_of_bill(tx, bill_id)
    if claim is None or claim.state in OVER:
        return False
    await drop(tx, claim, reason=reason)
    return True


async def _preview(tx: Tx, claim: Claim, account_fen: int) -> Split:
    cover = await covers.load(tx, claim.cover_id)
    used = await covers.counter(tx, claim.person_id, claim.scheme, _year(tx))
    ratings = [rules.rating_of(line) for line in await claims.lines(tx, claim.id)]
    terms = rules.terms_of(profile.at(tx.now).numbers, claim.scheme, cover.person_type)
    return rules.split_of(ratings, terms, used, aided=cover.aided, account_fen=account_fen)


async def _report(tx: Tx, claim: Claim, ours: Split, theirs: Split) -> None:
    day = time.day(tx.now, profile.at(tx.now).zone)
    wrong = Mismatch(DifferenceKind.PREVIEW, str(claim.id), ours.funds_fen, theirs.funds_fen)
    await books.find(tx, claim.institution_id, day, wrong)


async def _step(tx: Tx, claim: Claim, verb: str) -> None:
    await advance(tx, CLAIM, claim.id, verb, event=events.ClaimMoved(*about(claim)))


async def _wait(
    tx: Tx,
    claim: Claim,
    name: str,
    rule: str,
    event: events.SettlementDoubtful | events.SettlementOverdue,
) -> None:
    due_at = tx.now + timedelta(minutes=profile.at(tx.now)[rule])
    await timers.set(tx, thing_id=claim.id, name=name, due_at=due_at, event=event)


def _year(tx: Tx) -> int:
    return time.day(tx.now, profile.at(tx.now).zone).year
