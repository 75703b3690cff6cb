"""A doctor lets a person see what the institution's own software has brought (发布结果).

What is critical or sensitive waits there until somebody has explained it, as a laboratory's own
result does (IDN-11). The software itself may say so instead, by a tag on a later version.
"""

from collections.abc import Collection
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import DOCTOR, Chart, Purpose
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.records import queries as history
from lianyi.records import service as records
from lianyi.records.errors import NoSuchResource
from lianyi.records.model import Key

WHAT = "release"
OBSERVATION = "Observation"


def check_role(tx: Tx) -> None:
    """IDN-11: what waits needs a doctor who explains it.

    :raises WrongRole:
    """
    if tx.actor.role != DOCTOR:
        raise WrongRole(verb=WHAT, role=tx.actor.role)


async def chart_of(tx: Tx, *, person_id: UUID) -> Chart:
    """Open the chart of whom results wait for.

    :raises NoSuchPerson:
    """
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT, what=WHAT)


async def release(tx: Tx, *, person_id: UUID, results: Collection[Key]) -> None:
    """Let the person see results, a report with the observations it is made of.

    Of these only their own, and only what waits: a report may name whatever it likes. It is one
    act: all of them or none, and one message.

    :raises NoSuchPerson, WrongRole:
    :raises NoSuchResource: also for what is another institution's, not final, or seen already.
    """
    check_role(tx)
    chart = await chart_of(tx, person_id=person_id)
    waiting = await history.withheld(tx, chart)
    ids = {(one.entry.type, one.entry.fhir_id): one for one in waiting}
    for type, fhir_id in results:
        if (type, fhir_id) not in ids:
            raise NoSuchResource(type=type, fhir_id=fhir_id)
    parts = {(OBSERVATION, id) for one in results for id in ids[one].results} & ids.keys()
    await records.release_withheld(tx, chart, keys={*results, *parts})
