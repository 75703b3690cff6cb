"""What the record says of earlier diagnoses made in person: the proof of a follow-up (复诊凭证)."""

from collections.abc import Mapping
from dataclasses import dataclass

from lianyi.access.model import Chart
from lianyi.consult.model import Evidence, Proof
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.fhir.outpatient import ICD10
from lianyi.records.model import Problem

MANY = 200  # visits looked through
# Only what a doctor found face to face, by the class of its encounter (CON-02, CON-03).
IN_PERSON: Mapping[str, Evidence] = {
    "AMB": Evidence.OUTPATIENT_RECORD,
    "EMER": Evidence.OUTPATIENT_RECORD,
    "IMP": Evidence.INPATIENT_RECORD,
}
DEFINITE = "confirmed"


@dataclass(frozen=True, slots=True)
class Earlier:
    """One definite diagnosis and the visit in person it was made in."""

    proof: Proof
    visit_id: str


async def diagnoses(tx: Tx, chart: Chart) -> list[Earlier]:
    """Return definite diagnoses of visits in person, the newest of each code first."""
    visits = await records.visits(tx, chart, limit=MANY)
    by_id = {visit.fhir_id: visit for visit in visits if visit.kind in IN_PERSON}
    zone = profile.at(tx.now).zone
    found: list[Earlier] = []
    for problem in await records.problems(tx, chart):
        visit = by_id.get(_visit_of(problem))
        if visit is not None and _is_definite(problem):
            on = time.day(visit.at, zone)
            what = problem.what
            kind = IN_PERSON[visit.kind]
            proof = Proof(kind, what.code, what.text, on, problem.holder_id, problem.fhir_id)
            found.append(Earlier(proof, visit.fhir_id))
    return _newest(found)


def _visit_of(problem: Problem) -> str:
    """Return the visit whose note says so: its diagnoses are `<id>-<n>`."""
    return problem.fhir_id.rpartition("-")[0]


def _is_definite(problem: Problem) -> bool:
    return problem.verification == DEFINITE and problem.what.system == ICD10


def _newest(found: list[Earlier]) -> list[Earlier]:
    by_code: dict[str, Earlier] = {}
    for each in found:
        by_code.setdefault(each.proof.code, each)
    return list(by_code.values())
