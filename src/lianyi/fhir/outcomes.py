"""Refusals as OperationOutcomes: each trouble with its code, its words and its place.

Source: FHIR R4, 3.1.0 (status codes) and http://hl7.org/fhir/R4/valueset-issue-type.html.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lianyi.access.errors import TooOften
from lianyi.journeys.fhir_acts import EntryRefused
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable
from lianyi.kernel.text import words
from lianyi.kernel.work import TooCostly
from lianyi.records.errors import (
    Deleted,
    Endless,
    ManyMatches,
    NoMatch,
    NoPatient,
    NotFhir,
    NotPatched,
    NotSearchable,
    NotWritable,
    TooMuch,
    VersionMissing,
    VersionMoved,
    WrongOwner,
)
from lianyi.records.fhir.terms import Why
from lianyi.records.model import Finding
from lianyi.records.rules.validity.invariants import text_of

Body = dict[str, Any]
# The first that fits: what a subclass refines stands before what it refines.
REFUSALS: tuple[tuple[type[Refused], int, str], ...] = (
    (Deleted, 410, "deleted"),
    (VersionMissing, 428, "required"),  # RFC 6585; a 412 would say that one was given
    (VersionMoved, 412, "conflict"),
    (ManyMatches, 412, "multiple-matches"),
    (NoMatch, 422, "not-found"),
    (WrongOwner, 422, "business-rule"),
    (NotPatched, 422, "processing"),
    (TooMuch, 400, "too-costly"),
    (Endless, 400, "too-costly"),
    (TooCostly, 400, "too-costly"),
    (NoPatient, 400, "required"),
    (TooOften, 429, "throttled"),
    (NotFound, 404, "not-found"),
    (NotAllowed, 403, "forbidden"),
    (Invalid, 400, "invalid"),
    (Conflict, 409, "business-rule"),
    (Unavailable, 503, "transient"),
)
OF_FINDINGS = {"required": "required", "structure": "structure", "unknown": "structure"}
OF_FINDINGS |= {"binding": "code-invalid", "person": "required", "invariant": "invariant"}
OF_FINDINGS |= {"choice": "structure", "alone": "structure", "repeated": "structure"}
OF_FINDINGS |= {"target": "value", "value": "value", "deep": "too-long", "id": "value"}
OF_FINDINGS |= {
    "subscription.channel": "not-supported",
    "subscription.criteria": "value",
    "subscription.end": "value",
    "subscription.endpoint": "value",
    "subscription.extension": "not-supported",
    "subscription.header": "value",
    "subscription.payload": "not-supported",
    "subscription.ping": "not-supported",
    "subscription.status": "value",
    "patch.fixed": "business-rule",
    "patch.large": "too-costly",
    "patch.path": "not-found",
    "patch.test": "conflict",
    "profile.binding": "code-invalid",
    "profile.closed": "structure",
    "profile.max": "structure",
    "profile.min": "required",
    "profile.type": "structure",
    "profile.unknown": "not-supported",
    "profile.unresolved": "incomplete",
    "profile.value": "value",
}


def told(refused: Refused, language: str) -> tuple[int, Body]:
    """Return the status of a refusal, and all that is wrong."""
    place = ""
    if isinstance(refused, EntryRefused):
        place, refused = refused.place, refused.trouble
    status = next(status for kind, status, _ in REFUSALS if isinstance(refused, kind))
    return status, outcome(list(_issues(refused, language, place)))


def outcome(issues: list[Body]) -> Body:
    return {"resourceType": "OperationOutcome", "issue": issues}


def issue(code: str, said: str, severity: str = "error", place: str = "") -> Body:
    where = {"expression": [place]} if place else {}
    return {"severity": severity, "code": code, "diagnostics": said, **where}


def of_finding(found: Finding, language: str, place: str = "") -> Body:
    """Tell what is wrong with a body and where; of an invariant also what HL7 says it is."""
    named: Mapping[str, object] = {"where": found.where, "about": found.about}
    kind = OF_FINDINGS.get(found.rule, "invalid")
    said = words(found.code, language, named)
    told = issue(kind, said, found.severity, _in(place, found.where))
    if found.rule != "invariant":
        return told
    return {**told, "details": {"text": f"{found.about}: {text_of(found.about)}"}}


def _issues(refused: Refused, language: str, place: str) -> Iterator[Body]:
    code = next(code for kind, _, code in REFUSALS if isinstance(refused, kind))
    match refused:
        case NotSearchable():
            for one in refused.troubles:
                kind = "value" if one.why is Why.VALUE else "not-supported"
                yield issue(kind, words(one.code, language, {"name": one.name}), place=place)
        case NotFhir() | NotPatched():
            yield from (of_finding(found, language, place) for found in refused.findings)
        case NotWritable():
            why = f"records.write.{refused.group}"
            yield issue(code, words(why, language, {"type": refused.type}), place=place)
        case _:
            yield issue(code, words(refused.code, language, refused.details), place=place)


def _in(place: str, where: str) -> str:
    """Return where something is wrong, from the bundle it came in."""
    tail = where.partition(".")[2]
    return where if not place else f"{place}.resource{'.' if tail else ''}{tail}"
