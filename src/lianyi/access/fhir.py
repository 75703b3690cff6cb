"""Consents and readings as FHIR R4: Consent, AuditEvent."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lianyi.access.model import APP, RESIDENT, Consent, ConsentState, Purpose, Reading
from lianyi.access.model.apps import Approval, Permission, PermissionState
from lianyi.access.model.parts import ANY_TYPE
from lianyi.access.rules import scopes

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
LOINC = "http://loinc.org"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
OBJECT = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
PURPOSE = "urn:lianyi:purpose"
APPS = "urn:lianyi:app"
TYPES = "http://hl7.org/fhir/resource-types"
CLASS = "urn:lianyi:sensitive-class"
LAW = "个人信息保护法第二十三条、第二十九条"  # EMR-17, PRI-02
STATUS: Mapping[ConsentState, str] = {
    ConsentState.ASKED: "proposed",
    ConsentState.GIVEN: "active",
    ConsentState.REFUSED: "rejected",
    ConsentState.WITHDRAWN: "inactive",
}
# HL7's own word for a purpose, where it has one.
REASONS: Mapping[Purpose, str] = {
    Purpose.TREAT: "TREAT",
    Purpose.PAY: "HPAYMT",
    Purpose.SETTLE: "HPAYMT",
    Purpose.OWN: "PATRQT",
}
DONE, REFUSED = "0", "4"
# What was done with what was opened (http://hl7.org/fhir/R4/valueset-audit-event-action.html).
ACTIONS = {"fhir_create": "C", "fhir_update": "U", "fhir_delete": "D"}
ACTIONS |= {"fhir_hold": "C", "fhir_move": "U"}

Body = dict[str, Any]


def consent(given: Consent) -> Body:
    """Return what a person was asked or has said, under the consent's own id."""
    share = given.share
    provision: Body = {
        "type": "permit",
        "period": {"start": given.at.isoformat(), "end": share.expires_at.isoformat()},
        "actor": [
            {
                "role": {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]},
                "reference": {"reference": f"Organization/{share.receiver_id}"},
            }
        ],
        "purpose": [_purpose(share.purpose)],
    }
    covered = {"start": share.covers_since, "end": share.covers_until}
    if any(covered.values()):
        provision["dataPeriod"] = {k: at.isoformat() for k, at in covered.items() if at}
    if share.classes:
        labels = sorted(share.classes)
        provision["securityLabel"] = [{"system": CLASS, "code": each} for each in labels]
    return {
        "resourceType": "Consent",
        "id": str(given.id),
        "status": STATUS[given.state],
        "scope": {"coding": [{"system": SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": LOINC, "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{given.person_id}"},
        "dateTime": given.at.isoformat(),
        "organization": [{"reference": f"Organization/{share.holder_id}"}],
        "policyRule": {"text": LAW},
        "provision": provision,
    }


def permission(given: Permission, approval: Approval, *, name: str, company: str) -> Body:
    """Return what a person lets a company's app have, under the permission's own id.

    The receiver is no resource of this network: it is named by the app's number.
    """
    receiver = {"identifier": {"system": APPS, "value": str(given.app_id)}}
    asked = [scope for one in given.scopes if (scope := scopes.read(one))]
    types = sorted({scope.type for scope in asked} - {ANY_TYPE})
    provision: Body = {
        "type": "permit",
        "period": {"start": given.at.isoformat(), "end": given.until.isoformat()},
        "actor": [
            {
                "role": {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]},
                "reference": {**receiver, "display": f"{name}（{company}）"},
            }
        ],
    }
    if approval.terms:
        provision["purpose"] = [_purpose(approval.terms.purpose)]
    if types:
        provision["class"] = [{"system": TYPES, "code": type} for type in types]
    if given.classes:
        labels = sorted(given.classes)
        provision["securityLabel"] = [{"system": CLASS, "code": each} for each in labels]
    return {
        "resourceType": "Consent",
        "id": str(given.id),
        "status": "active" if given.state is PermissionState.GIVEN else "inactive",
        "scope": {"coding": [{"system": SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": LOINC, "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{given.person_id}"},
        "dateTime": given.at.isoformat(),
        "organization": [{"reference": f"Organization/{approval.institution_id}"}],
        "policyRule": {"text": LAW},
        "provision": provision,
    }


def audit_event(person_id: UUID, reading: Reading) -> Body:
    """Return that somebody opened, or tried to open, a person's data."""
    return {
        "resourceType": "AuditEvent",
        "id": str(reading.seq),
        "type": {"system": DICOM, "code": "110110", "display": "Patient Record"},
        "action": ACTIONS.get(reading.what, "R"),
        "recorded": reading.at.isoformat(),
        "outcome": DONE if reading.granted else REFUSED,
        "purposeOfEvent": [{"coding": [_purpose(reading.purpose)]}],
        "agent": _agents(reading),
        "source": {"observer": {"display": "联医"}},
        "entity": [
            {
                "what": {"reference": f"Patient/{person_id}"},
                "type": {"system": OBJECT, "code": "1"},
                "description": reading.what or reading.purpose,
            }
        ],
    }


def _agents(reading: Reading) -> list[Body]:
    """Return who read, and with which app; a service reads by itself."""
    kind = "Patient" if reading.role == RESIDENT else "PractitionerRole"
    reader = reading.reader_id if reading.role == RESIDENT else reading.post_id
    user: Body = {"who": {"reference": f"{kind}/{reader}"}, "requestor": True}
    if reading.app_id is None:
        return [user]
    by_itself = reading.role == APP
    app: Body = {
        "type": {"coding": [{"system": DICOM, "code": "110150", "display": "Application"}]},
        "who": {"identifier": {"system": APPS, "value": str(reading.app_id)}},
        "requestor": by_itself,
    }
    return [app] if by_itself else [user, app]


def _purpose(purpose: Purpose) -> Body:
    if purpose in REASONS:
        return {"system": REASON, "code": REASONS[purpose]}
    return {"system": PURPOSE, "code": purpose.value}
