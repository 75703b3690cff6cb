"""A person takes all of their record with them (档案导出): one FHIR R4 Bundle (EMR-12, PRI-14).

Who has read it is mapped from the access log when it is asked for; see decision 0011.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import orjson

from lianyi.access import fhir as doors
from lianyi.access import queries as access
from lianyi.access import service
from lianyi.access.model import Chart, Purpose
from lianyi.access.model.auditing import Sought
from lianyi.kernel.work import Tx
from lianyi.records import queries as records

PAGE = 500


async def own(tx: Tx) -> bytes:
    """Return the record of the acting resident, or of whom they act for.

    :raises NoSuchPerson, ProofTooLow:
    """
    person_id = tx.actor.subject_id
    chart = await service.open_chart(tx, person_id=person_id, purpose=Purpose.OWN, what="export")
    held = [orjson.Fragment(body) async for body in _held(tx, chart)]
    read = [orjson.Fragment(body) async for body in _readings(tx, chart)]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": tx.now.isoformat(),
        "entry": [{"resource": each} for each in (*held, *read)],
    }
    return orjson.dumps(bundle)


async def _held(tx: Tx, chart: Chart) -> AsyncIterator[bytes]:
    after = ("", "")
    while found := await records.everything(tx, chart, after=after, limit=PAGE):
        for entry in found:
            yield entry.body.encode()
        after = (found[-1].type, found[-1].fhir_id)


async def _readings(tx: Tx, chart: Chart) -> AsyncIterator[bytes]:
    sought = Sought()
    while found := await access.audited(tx, chart, sought=sought, limit=PAGE):
        for one in found:
            yield msgspec.json.encode(doors.audit_event(one, chart.person_id))
        sought = replace(sought, after=(found[-1].at, found[-1].id))
