"""What was prescribed in an online visit that did not end is not taken unseen (CON-28, CON-04).

A red flag stopped it, or its doctor turned it offline.

What no seller has is taken back in the transaction that stops the visit. What a seller has is held
there: nothing leaves before its doctor, who may practise at that moment, has decided.
"""

from collections.abc import Sequence
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.journeys.follow_up_asking import check_practice
from lianyi.journeys.prescribe import publish
from lianyi.kernel.work import Tx
from lianyi.pharmacy import service as pharmacy
from lianyi.prescribing import queries
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.model import Halt


async def stop(
    tx: Tx, chart: Chart, *, visit_id: UUID, halt: Halt, flags: Sequence[str] = ()
) -> None:
    """Take back, or hold at its seller, all that was prescribed in a visit.

    :raises WrongRole:
    """
    leaving = await pharmacy.on_the_way(tx, person_id=chart.person_id)
    stopped = await prescribing.stop(
        tx, chart, visit_id=visit_id, halt=halt, flags=flags, leaving=leaving
    )
    for each in stopped:
        if each.signed_at is not None:
            await publish(tx, each)


async def resume(tx: Tx, *, prescription_id: UUID, reason: str) -> None:
    """Let a held prescription be handed over after all.

    :raises NotHeld, ReasonMissing, NoSuchPrescription, NotTheirPrescription, WrongRole:
    :raises MayNotPractise: LIC-01, LIC-13, LIC-14, CON-08, CON-23, CON-24.
    """
    chart = await _open(tx, prescription_id)
    found = await queries.prescription(tx, chart, prescription_id=prescription_id)
    await check_practice(tx, tx.actor.person_id, found.visit.department_id)
    await publish(
        tx, await prescribing.resume(tx, chart, prescription_id=prescription_id, reason=reason)
    )


async def withhold(tx: Tx, *, prescription_id: UUID, reason: str) -> None:
    """Take a held prescription back; its seller's sale ends, and all money goes back.

    :raises NotHeld, ReasonMissing, NoSuchPrescription, NotTheirPrescription, WrongRole, WrongState:
    """
    chart = await _open(tx, prescription_id)
    await publish(
        tx, await prescribing.withhold(tx, chart, prescription_id=prescription_id, reason=reason)
    )


async def _open(tx: Tx, id: UUID) -> Chart:
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    found = await queries.at_desk(tx, desk, prescription_id=id)
    return await access.open_chart(
        tx, person_id=found.person_id, purpose=Purpose.TREAT, what="prescription"
    )
