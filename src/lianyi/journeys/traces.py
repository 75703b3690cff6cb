"""The insurance agency is told which packs left with a hospital's settlement (追溯码上传, FR-20).

A store names its packs as it settles (2102), and taking that back (2103) frees them there, without
another message. A hospital's pharmacy is paid first and scans after: it tells by 3505 what left,
and by 3506 what came back, once the settlement is taken back (INS-21). What never left was never
told. A pack that came back is still sold to nobody here (DS-18), whatever the agency knows of it.
"""

from uuid import UUID, uuid5

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.insurance import queries as insurance
from lianyi.insurance.events import Reversed
from lianyi.insurance.model import Claim, ClaimState, Kind, Task
from lianyi.journeys import agency, fill
from lianyi.kernel import errand
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.work import Tx
from lianyi.links import Links, insurer
from lianyi.links.insurer import Sender
from lianyi.pharmacy import queries as pharmacy
from lianyi.pharmacy.events import SaleHandedOver
from lianyi.pharmacy.model import Sale, SaleState


class Telling(msgspec.Struct, frozen=True):
    """One message an item; all of them may be said again at any time."""

    sender: Sender
    acts: list[insurer.SoldPacks | insurer.ReturnedPacks]


async def on_handed_over(tx: Tx, event: SaleHandedOver) -> None:
    claim = await insurance.claim_of(tx, subject=(fill.SUBJECT, event.sale_id))
    if claim and claim.kind is Kind.OUTPATIENT and claim.state is ClaimState.SETTLED:
        await errand.plan(tx, Task.TRACE, thing_id=claim.id)


async def on_reversed(tx: Tx, event: Reversed) -> None:
    """Tell of the packs that came back, where they had been told to have left."""
    if event.subject_type != fill.SUBJECT:
        return
    claim = (await insurance.slip(tx, claim_id=event.claim_id)).claim
    if claim.kind is not Kind.OUTPATIENT:
        return
    _, sale = await _sale_of(tx, claim)
    if sale.state is SaleState.RETURNED:
        await errand.plan(tx, Task.UNTRACE, thing_id=claim.id)


async def _left(tx: Tx, claim_id: UUID) -> Telling:
    return await _prepare(tx, claim_id, insurer.SoldPacks)


async def _came_back(tx: Tx, claim_id: UUID) -> Telling:
    return await _prepare(tx, claim_id, insurer.ReturnedPacks)


async def _prepare(
    tx: Tx, claim_id: UUID, kind: type[insurer.SoldPacks | insurer.ReturnedPacks]
) -> Telling:
    slip = await insurance.slip(tx, claim_id=claim_id)
    claim = slip.claim
    chart, sale = await _sale_of(tx, claim)
    packs = fill.packs_by_line(sale, await pharmacy.packs_of(tx, chart, sale=sale))
    acts = [
        kind(
            slip.cover.number,
            claim.settlement_number,
            line.national,
            [insurer.TraceCode(code) for code in packs[number]],
        )
        for number, line in enumerate(slip.lines, start=1)
        if packs.get(number)
    ]
    return Telling(await agency.sender(tx, claim), acts)


async def _sale_of(tx: Tx, claim: Claim) -> tuple[Chart, Sale]:
    chart = await access.open_chart(
        tx, person_id=claim.person_id, purpose=Purpose.SETTLE, what="pharmacy"
    )
    return chart, await pharmacy.sale_of(tx, chart, sale_id=claim.subject.id)


async def _tell(links: Links, key: UUID, telling: Telling) -> Answer:
    """Say each message; the first that isn't taken on is the answer."""
    for number, act in enumerate(telling.acts):
        answer = await links.insurer.act(uuid5(key, str(number)), telling.sender, act)
        if answer.outcome is not Outcome.YES:
            return answer
    return Answer(Outcome.YES)


async def _say_again(*_: object) -> None:
    """Ask nothing: what was told is told again."""


async def _told(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    """Keep the answer with the errand; a no stands on the administrator's page of health."""


ERRANDS: tuple[Errand[Links, Telling], ...] = (
    Errand(Task.TRACE, Telling, _left, _tell, _say_again, _told),
    Errand(Task.UNTRACE, Telling, _came_back, _tell, _say_again, _told),
)
