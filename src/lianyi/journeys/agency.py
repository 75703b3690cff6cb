"""What is said to the insurance agency, and what its answers do to a claim: the errands."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing import service as billing
from lianyi.insurance import queries
from lianyi.insurance import service as insurance
from lianyi.insurance.model import (
    Booked,
    Claim,
    Found,
    Kind,
    Level,
    Line,
    Rating,
    Scheme,
    Slip,
    Split,
    Task,
)
from lianyi.journeys.settle import FAILED
from lianyi.kernel import profile
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.money import to_fen
from lianyi.kernel.work import Tx
from lianyi.links import Links, insurer
from lianyi.links.insurer import E_CREDENTIAL, ID_CARD, INSURED, Act, Sender
from lianyi.people import queries as people

REGION = "370100"  # where the network's institutions lie, as the agency numbers places
UNINSURED = "not_insured"
BALANCED = "balanced"


class Saying(msgspec.Struct, frozen=True):
    sender: Sender
    act: Act


class Comparing(msgspec.Struct, frozen=True):
    """A day's sums, and its lines for when the sums differ."""

    sender: Sender
    totals: insurer.Totals
    details: insurer.Details


async def _identify(tx: Tx, cover_id: UUID) -> Saying:
    person_id = await queries.asked(tx, cover_id=cover_id)
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.SETTLE, what="cover")
    known = await people.identity(tx, chart)
    act = insurer.Identify(ID_CARD, known.number, known.number, known.name)
    return Saying(Sender("", REGION, tx.actor.post_id.hex), act)


async def _identified(tx: Tx, cover_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        await insurance.not_found(tx, cover_id=cover_id, code=code_of(answer))
        return
    said: insurer.Identified = insurer.output(answer, insurer.Identified)
    live = [one for one in said.insurances if one.state == INSURED and one.scheme in set(Scheme)]
    if not live:
        await insurance.not_found(tx, cover_id=cover_id, code=UNINSURED)
        return
    first = live[0]
    found = Found(
        said.person.person,
        Scheme(first.scheme),
        first.person_type,
        first.area,
        bool(said.standings),
        said.authorised,
    )
    await insurance.found(tx, cover_id=cover_id, found=found)


async def _register(tx: Tx, claim_id: UUID) -> Saying:
    slip = await queries.slip(tx, claim_id=claim_id)
    claim, cover = slip.claim, slip.cover
    act = insurer.Register(
        person=cover.number,
        scheme=claim.scheme,
        began_at=claim.at.isoformat(),
        credential=E_CREDENTIAL,
        credential_number=cover.credential,
        visit_number=claim.subject.id.hex[:18],
        online=claim.online,
    )
    return Saying(await sender(tx, claim), act)


async def _registered(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        await insurance.refused(tx, claim_id=claim_id, code=code_of(answer))
        return
    said: insurer.Registered = insurer.output(answer, insurer.Registered)
    await insurance.registered(tx, claim_id=claim_id, visit_number=said.visit)


async def _send(tx: Tx, claim_id: UUID) -> Saying:
    slip = await queries.slip(tx, claim_id=claim_id)
    claim = slip.claim
    lines = _fee_lines(slip)
    act = insurer.SendLines(slip.cover.number, claim.visit_number, claim.batch, lines)
    return Saying(await sender(tx, claim), act)


async def _sent(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        await insurance.refused(tx, claim_id=claim_id, code=code_of(answer))
        return
    said: insurer.Rated = insurer.output(answer, insurer.Rated)
    await insurance.sent(tx, claim_id=claim_id, ratings=_ratings(said.lines))


async def _foretell(tx: Tx, claim_id: UUID) -> Saying:
    slip = await queries.slip(tx, claim_id=claim_id)
    if slip.claim.kind is Kind.PHARMACY:
        return Saying(await sender(tx, slip.claim), insurer.PreSell(**_sale(slip)))
    return Saying(await sender(tx, slip.claim), insurer.PreSettle(**_due(slip)))


async def _foretold(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    """Let the person pay what the agency leaves to them (INS-05)."""
    if answer.outcome is Outcome.NO:
        await insurance.refused(tx, claim_id=claim_id, code=code_of(answer))
        return
    said: insurer.Settled = insurer.output(answer, insurer.Settled)
    split = _split(said.settlement)
    claim = await insurance.foretold(
        tx, claim_id=claim_id, split=split, ratings=_ratings(said.lines)
    )
    if claim is not None:
        await billing.share(tx, bill_id=claim.bill_id, fund_fen=split.fund_fen)


async def _settle(tx: Tx, claim_id: UUID) -> Saying:
    slip = await queries.slip(tx, claim_id=claim_id)
    if slip.claim.kind is Kind.PHARMACY:
        return Saying(await sender(tx, slip.claim), insurer.Sell(**_sale(slip)))
    return Saying(await sender(tx, slip.claim), insurer.Settle(**_due(slip)))


async def _settled(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.YES:
        said = insurer.output(answer, insurer.Settled).settlement
        split, at = _split(said), _instant(tx, said.settled_at)
        await insurance.settled(tx, claim_id=claim_id, number=said.id, split=split, at=at)
    elif claim := await insurance.refused(tx, claim_id=claim_id, code=code_of(answer)):
        await _give_back(tx, claim, FAILED)


async def _undo(tx: Tx, claim_id: UUID) -> Saying:
    slip = await queries.slip(tx, claim_id=claim_id)
    claim = slip.claim
    act = insurer.Sell if claim.kind is Kind.PHARMACY else insurer.Settle
    number = str(act.__struct_config__.tag)
    message = insurer.message_of(claim.settle_key) if claim.settle_key else ""
    return Saying(await sender(tx, claim), insurer.Undo(slip.cover.number, message, number))


async def _undone(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    done = answer.outcome is Outcome.YES
    if claim := await insurance.undone(tx, claim_id=claim_id, done=done):
        await _give_back(tx, claim, FAILED)


async def _cancel(tx: Tx, claim_id: UUID) -> Saying:
    slip = await queries.slip(tx, claim_id=claim_id)
    claim = slip.claim
    kind = insurer.CancelSale if claim.kind is Kind.PHARMACY else insurer.Cancel
    act = kind(claim.settlement_number, slip.cover.number, claim.visit_number)
    return Saying(await sender(tx, claim), act)


async def _cancelled(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    """Finish a reversal, or the undoing of a settlement that came out otherwise."""
    await _undone(tx, claim_id, answer)
    if answer.outcome is Outcome.NO:
        await insurance.stands(tx, claim_id=claim_id, code=code_of(answer))
        return
    at = _instant(tx, insurer.output(answer, insurer.Settled).settlement.settled_at)
    if claim := await insurance.taken_back(tx, claim_id=claim_id, at=at):
        await _give_back(tx, claim, claim.give_back)


async def _give_back(tx: Tx, claim: Claim, reason: str) -> None:
    await billing.refund(tx, subject=claim.subject, reason=reason)


async def _compare(tx: Tx, books_id: UUID) -> Comparing:
    page, booked = await queries.page(tx, books_id=books_id)
    day, scheme = page.day.isoformat(), page.scheme
    totals = insurer.Totals(
        scheme,
        day,
        day,
        _yuan(sum(one.total_fen for one in booked)),
        _yuan(sum(one.funds_fen for one in booked)),
        _yuan(sum(one.account_fen for one in booked)),
        len(booked),
    )
    details = insurer.Details(scheme, day, day, [_told(one) for one in booked])
    return Comparing(await desk(tx, page.institution_id), totals, details)


async def _fetch(links: Links, key: UUID, comparing: Comparing) -> Answer:
    """Compare sums, and fetch the lines only where they differ."""
    answer = await links.insurer.act(key, comparing.sender, comparing.totals)
    if answer.outcome is Outcome.NO:
        return Answer(Outcome.UNKNOWN)
    said: insurer.Totalled = insurer.output(answer, insurer.Totalled)
    if said.statement.result == insurer.BALANCED:
        return Answer(Outcome.YES, {BALANCED: True})
    details = await links.insurer.act(_second(key), comparing.sender, comparing.details)
    return details if details.outcome is Outcome.YES else Answer(Outcome.UNKNOWN)


async def _fetched(tx: Tx, books_id: UUID, answer: Answer) -> None:
    if BALANCED in answer.body:
        _, theirs = await queries.page(tx, books_id=books_id)
    else:
        said: insurer.Detailed = insurer.output(answer, insurer.Detailed)
        theirs = [_booked(one) for one in said.booked]
    await insurance.close_books(tx, books_id=books_id, theirs=theirs)


async def sender(tx: Tx, claim: Claim) -> Sender:
    """Return who speaks to the agency about a claim: the institution that makes it."""
    return await desk(tx, claim.institution_id)


async def desk(tx: Tx, institution_id: UUID) -> Sender:
    """Return an institution as it speaks to the agency."""
    place = (await people.institutions(tx, ids=[institution_id]))[institution_id]
    return Sender(place.insurance_code, REGION, tx.actor.post_id.hex)


def _due(slip: Slip) -> dict[str, Any]:
    claim, cover = slip.claim, slip.cover
    return {
        "person": cover.number,
        "scheme": claim.scheme,
        "visit": claim.visit_number,
        "batch": claim.batch,
        "credential": E_CREDENTIAL,
        "credential_number": cover.credential,
        "sum": _yuan(claim.total_fen),
    }


def _sale(slip: Slip) -> dict[str, Any]:
    claim, cover = slip.claim, slip.cover
    return {
        "person": cover.number,
        "scheme": claim.scheme,
        "began_at": claim.at.isoformat(),
        "credential": E_CREDENTIAL,
        "credential_number": cover.credential,
        "sum": _yuan(claim.total_fen),
        "lines": _fee_lines(slip),
    }


def _fee_lines(slip: Slip) -> list[insurer.FeeLine]:
    return [_fee_line(slip.claim, n, line) for n, line in enumerate(slip.lines, start=1)]


def _fee_line(claim: Claim, n: int, line: Line) -> insurer.FeeLine:
    charge = line.charge
    return insurer.FeeLine(
        number=f"{claim.batch}{n:03d}",
        item=line.national,
        own_code=charge.code,
        sum=_yuan(charge.fen),
        quantity=charge.quantity,
        price=charge.unit_price,
        charged_at=claim.at.isoformat(),
        diagnosis=claim.diagnosis,
        prescription=number_of(claim),
        packs=[insurer.TraceCode(code) for code in charge.packs],
    )


def number_of(claim: Claim) -> str:
    """Return the number of the prescription behind a claim, as the hospital numbers it."""
    return claim.prescription_id.hex if claim.prescription_id else ""


def _ratings(lines: Sequence[insurer.RatedLine]) -> list[Rating]:
    return [
        Rating(
            Level(line.level),
            to_fen(line.own),
            to_fen(line.over_standard),
            to_fen(line.first_pay),
            to_fen(line.in_range),
        )
        for line in sorted(lines, key=lambda line: line.number)
    ]


def _split(said: insurer.Settlement) -> Split:
    return Split(
        total_fen=to_fen(said.sum),
        in_range_fen=to_fen(said.in_range),
        deductible_fen=to_fen(said.deductible),
        pool_fen=to_fen(said.pool),
        critical_fen=to_fen(said.critical),
        aid_fen=to_fen(said.aid),
        other_fen=to_fen(said.other),
        account_fen=to_fen(said.account),
        cash_fen=to_fen(said.cash),
    )


def _instant(tx: Tx, told: str) -> datetime:
    """Return when the agency says something was booked: that decides the day of its books."""
    at = datetime.fromisoformat(told)
    return at if at.tzinfo else at.replace(tzinfo=profile.at(tx.now).zone)


def _told(one: Booked) -> insurer.Booked:
    return insurer.Booked(
        one.number, _yuan(one.total_fen), _yuan(one.funds_fen), _yuan(one.account_fen)
    )


def _booked(one: insurer.Booked) -> Booked:
    return Booked(one.original or one.id, to_fen(one.sum), to_fen(one.funds), to_fen(one.account))


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def code_of(answer: Answer) -> str:
    return str(answer.body.get("code", ""))


def _second(key: UUID) -> UUID:
    """Return the number of the second message that one errand sends."""
    return uuid5(key, "details")


async def _speak(links: Links, key: UUID, saying: Saying) -> Answer:
    return await links.insurer.act(key, saying.sender, saying.act)


async def _ask(links: Links, key: UUID, saying: Saying) -> Answer | None:
    return await links.insurer.ask(key, saying.sender, saying.act)


async def _say_again(*_: object) -> None:
    """Ask nothing: the comparison of a day may be made any number of times."""


def errand_of(
    kind: Task,
    prepare: Callable[[Tx, UUID], Awaitable[Saying]],
    record: Callable[[Tx, UUID, Answer], Awaitable[None]],
) -> Errand[Links, Saying]:
    """Return the errand of saying one thing to the agency."""
    return Errand(kind, Saying, prepare, _speak, _ask, record)


ERRANDS: tuple[Errand[Links, Any], ...] = (
    errand_of(Task.IDENTIFY, _identify, _identified),
    errand_of(Task.REGISTER, _register, _registered),
    errand_of(Task.SEND, _send, _sent),
    errand_of(Task.FORETELL, _foretell, _foretold),
    errand_of(Task.SETTLE, _settle, _settled),
    errand_of(Task.UNDO, _undo, _undone),
    errand_of(Task.CANCEL, _cancel, _cancelled),
    Errand(Task.COMPARE, Comparing, _compare, _fetch, _say_again, _fetched),
)
