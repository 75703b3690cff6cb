"""From the doctor's draft to a prescription in force, and to its end by the clock (开具处方)."""

from lianyi.kernel.work import Tx
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.events import ValidityOver


async def lapse(tx: Tx, event: ValidityOver) -> None:
    """RX-01: tidy what was not dispensed in time."""
    await prescribing.lapse(tx, prescription_id=event.prescription_id)
