"""The insurance agency is told which packs left with a hospital's settlement (追溯码上传, FR-20).

A store names its packs as it settles; a hospital's pharmacy is paid first and scans after. Packs
of a settlement that is taken back need no message: taking it back frees them there (INS-21).
"""

from uuid import UUID, uuid5

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.insurance import queries as insurance
from lianyi.insurance.model import ClaimState, Kind, Task
from lianyi.journeys import agency, fill
from lianyi.kernel import errand
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.work import Tx
from lianyi.links import Links, insurer
from lianyi.links.insurer import Sender
from lianyi.pharmacy import queries as pharmacy
from lianyi.pharmacy.events import SaleHandedOver


class Telling(msgspec.Struct, frozen=True):
    """One message an item; all of them may be said again at any time."""

    sender: Sender
    acts: list[insurer.SoldPacks]


async def on_handed_over(tx: Tx, event: SaleHandedOver) -> None:
    claim = await insurance.claim_of(tx, subject=(fill.SUBJECT, event.sale_id))
    if claim and claim.kind is Kind.OUTPATIENT and claim.state is ClaimState.SETTLED:
        await errand.plan(tx, Task.TRACE, thing_id=claim.id)


async def _prepare(tx: Tx, claim_id: UUID) -> Telling:
    slip = await insurance.slip(tx, claim_id=claim_id)
    claim = slip.claim
    chart = await access.open_chart(
        tx, person_id=claim.person_id, purpose=Purpose.SETTLE, what="pharmacy"
    )
    sale = await pharmacy.sale_of(tx, chart, sale_id=claim.subject.id)
    packs = fill.packs_by_line(sale, await pharmacy.packs_of(tx, chart, sale=sale))
    acts = [
        insurer.SoldPacks(
            slip.cover.number,
            claim.settlement_number,
            line.national,
            [insurer.TraceCode(code) for code in packs[number]],
        )
        for number, line in enumerate(slip.lines, start=1)
        if packs.get(number)
    ]
    return Telling(await agency.sender(tx, claim), acts)


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


TRACE: Errand[Links, Telling] = Errand(Task.TRACE, Telling, _prepare, _tell, _say_again, _told)
