"""Consents and readings as FHIR R4: Consent, AuditEvent."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lianyi.access.model import APP, RESIDENT, Consent, ConsentState, Kind, Purpose, Reading
from lianyi.access.model.apps import Approval, Permission, PermissionState
from lianyi.access.model.parts import ANY_TYPE
from lianyi.access.rules import scopes
from lianyi.kernel.actor import NOWHERE, SYSTEM

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
PERSON = "1"
# What was done with what was opened (http://hl7.org/fhir/R4/valueset-audit-event-action.html).
ACTIONS = {"fhir_create": "C", "fhir_update": "U", "fhir_delete": "D"}
ACTIONS |= {"fhir_hold": "C", "fhir_move": "U", "import": "C"}
WHAT = "urn:lianyi:access"  # what was opened, as the log has it
# DICOM's words for what happened (PS3.16, CID 400 and 401).
TYPES_OF: Mapping[Kind, tuple[str, str]] = {
    Kind.READ: ("110110", "Patient Record"),
    Kind.BROKEN: ("110127", "Emergency Override Started"),
    Kind.OVER: ("110138", "Emergency Override Stopped"),
}

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
        "purpose": [purpose(share.purpose)],
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
        provision["purpose"] = [purpose(approval.terms.purpose)]
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


def audit_event(reading: Reading, *person_ids: UUID) -> Body:
    """Return that somebody opened, or tried to open, persons' data, or broke the glass (INT-06).

    The log keeps no words and no values of a search, and so there is no query to tell.
    """
    code, display = TYPES_OF[reading.kind]
    subtype = [{"system": WHAT, "code": reading.what}] if reading.what else []
    usual = "R" if reading.kind is Kind.READ else "E"
    return {
        "resourceType": "AuditEvent",
        "id": reading.id or str(reading.seq),
        "type": {"system": DICOM, "code": code, "display": display},
        **({"subtype": subtype} if subtype else {}),
        "action": ACTIONS.get(reading.what, usual),
        "recorded": reading.at.isoformat(),
        "outcome": DONE if reading.granted else REFUSED,
        "purposeOfEvent": [{"coding": [purpose(reading.purpose)]}],
        "agent": _agents(reading),
        "source": {"observer": _where(reading)},
        "entity": [
            {
                "what": {"reference": f"Patient/{person_id}"},
                "type": {"system": OBJECT, "code": PERSON},
                "description": reading.what or reading.purpose,
            }
            for person_id in person_ids
        ],
    }


def _where(reading: Reading) -> Body:
    """Return where it was; somebody at home is at no institution."""
    here = {"reference": f"Organization/{reading.institution_id}"}
    return {**({} if reading.institution_id == NOWHERE else here), "display": "联医"}


def _agents(reading: Reading) -> list[Body]:
    """Return who read, and with which app; files are an institution's."""
    user: Body = {"who": {"reference": _reader(reading)}, "requestor": True}
    if reading.app_id is None:
        return [user]
    by_itself = reading.role == APP
    app: Body = {
        "type": {"coding": [{"system": DICOM, "code": "110150", "display": "Application"}]},
        "who": {"identifier": {"system": APPS, "value": str(reading.app_id)}},
        "requestor": by_itself,
    }
    return [app] if by_itself else [user, app]


def _reader(reading: Reading) -> str:
    if reading.role == RESIDENT:
        return f"Patient/{reading.reader_id}"
    if reading.role == SYSTEM:
        return f"Organization/{reading.institution_id}"
    return f"PractitionerRole/{reading.post_id}"


def purpose(purpose: Purpose) -> Body:
    if purpose in REASONS:
        return {"system": REASON, "code": REASONS[purpose]}
    return {"system": PURPOSE, "code": purpose.value}
