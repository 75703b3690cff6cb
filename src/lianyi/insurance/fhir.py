"""How somebody is insured, and what was claimed and answered, as FHIR R4.

Coverage, Claim, ClaimResponse. The agency's number of a person is kept sealed, and in none of them.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lianyi.insurance.model import (
    Claim,
    ClaimState,
    Cover,
    CoverState,
    Kind,
    Rated,
    Settling,
    Source,
    Split,
)

TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
PRIORITY = "http://terminology.hl7.org/CodeSystem/processpriority"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
NATIONAL = "urn:lianyi:insurance-item"
TRACE = "urn:lianyi:drug-trace-code"
SCHEME = "urn:lianyi:insurance-scheme"
SETTLEMENT = "urn:lianyi:insurance-settlement"
ANSWER = "urn:lianyi:insurance-answer"
URI = "urn:ietf:rfc:3986"
CURRENCY = "CNY"
COVERED: Mapping[CoverState, str] = {
    CoverState.ASKED: "draft",
    CoverState.BOUND: "active",
    CoverState.REFUSED: "cancelled",
    CoverState.UNBOUND: "cancelled",
}
CALLED_OFF = frozenset({ClaimState.DROPPED, ClaimState.FAILED, ClaimState.REVERSED})
OUTCOME: Mapping[ClaimState, str] = {
    ClaimState.SETTLED: "complete",
    ClaimState.REVERSING: "complete",
    ClaimState.REVERSED: "complete",
    ClaimState.REFUSED: "error",
    ClaimState.FAILED: "error",
}

Body = dict[str, Any]


def coverage(cover: Cover) -> Body:
    body: Body = {
        "resourceType": "Coverage",
        "id": str(cover.id),
        "status": COVERED[cover.state],
        "beneficiary": {"reference": f"Patient/{cover.person_id}"},
        "payor": [{"display": "医疗保险经办机构"}],
        "period": {"start": cover.at.isoformat()},
    }
    if cover.scheme:
        body["type"] = {"coding": [{"system": SCHEME, "code": cover.scheme.value}]}
    return body


def claim(settling: Settling) -> Body:
    it = settling.claim
    body: Body = {
        "resourceType": "Claim",
        "id": str(it.id),
        "status": _status(it),
        "type": _type(it),
        "use": "claim",
        "patient": {"reference": f"Patient/{it.person_id}"},
        "created": it.at.isoformat(),
        "provider": {"reference": f"Organization/{it.institution_id}"},
        "priority": {"coding": [{"system": PRIORITY, "code": "normal"}]},
        "insurance": [
            {"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/{it.cover_id}"}}
        ],
        "item": [_item(n, each) for n, each in enumerate(settling.lines, start=1)],
        "total": _money(it.total_fen),
    }
    if it.diagnosis:
        coded = {"coding": [{"system": ICD10, "code": it.diagnosis}]}
        body["diagnosis"] = [{"sequence": 1, "diagnosisCodeableConcept": coded}]
    if it.prescription_id:
        number = {"system": URI, "value": f"urn:uuid:{it.prescription_id}"}
        body["prescription"] = {"identifier": number}
    return body


def claim_response(settling: Settling) -> Body | None:
    """Return the agency's last word, if it has said anything; under the claim's own id."""
    it = settling.claim
    split = settling.splits.get(Source.SETTLED) or settling.splits.get(Source.FORETOLD)
    if split is None and not it.code:
        return None
    body: Body = {
        "resourceType": "ClaimResponse",
        "id": str(it.id),
        "status": _status(it),
        "type": _type(it),
        "use": "claim",
        "patient": {"reference": f"Patient/{it.person_id}"},
        "created": (it.reversed_at or it.settled_at or it.at).isoformat(),
        "insurer": {"display": "医疗保险经办机构"},
        "requestor": {"reference": f"Organization/{it.institution_id}"},
        "request": {"reference": f"Claim/{it.id}"},
        "outcome": OUTCOME.get(it.state, "queued"),
    }
    if it.settlement_number:
        body["identifier"] = [{"system": SETTLEMENT, "value": it.settlement_number}]
    if split:
        body["total"] = _totals(split)
    if it.code:
        body["error"] = [{"code": {"coding": [{"system": ANSWER, "code": it.code}]}}]
    return body


def _status(claim: Claim) -> str:
    return "cancelled" if claim.state in CALLED_OFF else "active"


def _type(claim: Claim) -> Body:
    code = "pharmacy" if claim.kind is Kind.PHARMACY else "institutional"
    return {"coding": [{"system": TYPE, "code": code}]}


def _item(number: int, rated: Rated) -> Body:
    line, charge = rated.line, rated.line.charge
    coding = [{"system": NATIONAL, "code": line.national}]
    item: Body = {
        "sequence": number,
        "productOrService": {"coding": coding, "text": charge.label},
        "quantity": {"value": charge.quantity},
        "unitPrice": {"value": charge.unit_price, "currency": CURRENCY},
        "net": _money(charge.fen),
    }
    if charge.packs:
        item["detail"] = [_pack(n, code) for n, code in enumerate(charge.packs, start=1)]
    return item


def _pack(number: int, code: str) -> Body:
    return {"sequence": number, "productOrService": {"coding": [{"system": TRACE, "code": code}]}}


def _totals(split: Split) -> list[Body]:
    """INS-07: what was asked, what counts, and who pays of it."""
    amounts = {
        "submitted": split.total_fen,
        "eligible": split.in_range_fen,
        "deductible": split.deductible_fen,
        "benefit": split.funds_fen,
        "copay": split.account_fen + split.cash_fen,
    }
    return [
        {"category": {"coding": [{"system": ADJUDICATION, "code": code}]}, "amount": _money(fen)}
        for code, fen in amounts.items()
    ]


def _money(fen: int) -> Body:
    return {"value": Decimal(fen).scaleb(-2), "currency": CURRENCY}
