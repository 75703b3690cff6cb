"""A prescription is uploaded to the agency before a pharmacy claims a sale (处方上传, INS-17).

The hospital that wrote it says so, under its own code: what no hospital has uploaded, the agency
doesn't know, and pays nothing for.
"""

from decimal import Decimal
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.insurance import queries
from lianyi.insurance import service as insurance
from lianyi.insurance.errors import NoSuchClaim
from lianyi.insurance.model import Task
from lianyi.journeys import agency
from lianyi.journeys.agency import Saying
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.work import Tx
from lianyi.links import Links, insurer
from lianyi.prescribing import queries as prescriptions


async def _prepare(tx: Tx, claim_id: UUID) -> Saying:
    slip = await queries.slip(tx, claim_id=claim_id)
    claim = slip.claim
    if claim.prescription_id is None:  # the database keeps no sale's claim without one
        raise NoSuchClaim(id=claim_id)
    chart = await access.open_chart(
        tx, person_id=claim.person_id, purpose=Purpose.SETTLE, what="prescription"
    )
    found = await prescriptions.prescription(tx, chart, prescription_id=claim.prescription_id)
    national = {line.charge.code: line.national for line in slip.lines}
    act = insurer.Prescribe(
        person=slip.cover.number,
        number=agency.number_of(claim),
        issued_at=(found.signed_at or claim.at).isoformat(),
        diagnosis=next((each.code for each in found.sheet.diagnoses), ""),
        drugs=[
            insurer.Prescribed(national.get(line.drug, line.drug), Decimal(line.packs))
            for line in found.sheet.lines
        ],
    )
    return Saying(await agency.desk(tx, found.institution_id), act)


async def _record(tx: Tx, claim_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        await insurance.refused(tx, claim_id=claim_id, code=agency.code_of(answer))
    else:
        await insurance.prescribed(tx, claim_id=claim_id)


UPLOAD: Errand[Links, Saying] = agency.errand_of(Task.PRESCRIBE, _prepare, _record)
