"""An outpatient note as FHIR R4: Encounter, Condition, AllergyIntolerance, Composition, Provenance.

All stand under the visit's id; where there are several of a type, under `<id>-<n>`.
"""

from base64 import b64encode
from datetime import datetime
from typing import Any

import orjson

from lianyi.records.model import Allergen, Diagnosed, Note, Setting
from lianyi.records.rules.outpatient import narrative, spoken

ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ALLERGEN = "urn:lianyi:allergy-class"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
TERMS = "http://terminology.hl7.org/CodeSystem"
SIGNATURE = "urn:iso-astm:E1762-95:2013"
AUTHOR = "1.2.840.10065.1.12.1.1"  # author's signature
NONE_KNOWN = ("716186003", "无已知过敏")
TITLE = "门诊病历"
IN_PERSON = "AMB"
SECTIONS = (
    ("complaint", "主诉", "10154-3"),
    ("present", "现病史", "10164-2"),
    ("past", "既往史", "11348-0"),
    ("allergies", "过敏史", "48765-2"),
    ("findings", "查体", "29545-1"),
    ("diagnoses", "诊断", "29548-5"),
    ("treatment", "处理", "18776-5"),
    ("advice", "医嘱", "69730-0"),
)

Body = dict[str, Any]


def encounter(setting: Setting, *, ended_at: datetime | None = None) -> Body:
    """Return the visit: under way, or ended."""
    period = {"start": setting.started_at.isoformat()}
    body: Body = {
        "resourceType": "Encounter",
        "id": str(setting.visit_id),
        "status": "finished" if ended_at else "in-progress",
        "class": {"system": ACT, "code": setting.kind},
        "subject": _patient(setting),
        "participant": [{"individual": _author(setting)}],
        "period": period,
        "serviceProvider": {"reference": f"Organization/{setting.institution_id}"},
    }
    if setting.kind == IN_PERSON:  # an online visit is not booked
        body["appointment"] = [{"reference": f"Appointment/{setting.visit_id}"}]
    if ended_at:
        period["end"] = ended_at.isoformat()
    return body


def conditions(setting: Setting, note: Note, *, at: datetime) -> list[Body]:
    return [
        {
            "resourceType": "Condition",
            "id": f"{setting.visit_id}-{n}",
            "clinicalStatus": _term("condition-clinical", "active"),
            "verificationStatus": _term("condition-ver-status", "confirmed"),
            "category": [_term("condition-category", "encounter-diagnosis")],
            "code": _diagnosis(each),
            "subject": _patient(setting),
            "encounter": _encounter(setting),
            "recordedDate": at.isoformat(),
            "recorder": _author(setting),
        }
        for n, each in enumerate(note.diagnoses, start=1)
    ]


def allergies(setting: Setting, note: Note, *, at: datetime) -> list[Body]:
    """Return what was answered. That there is none is a statement of its own."""
    stated = [_allergen(each) for each in note.allergies or ()] or [_none_known()]
    return [
        {
            "resourceType": "AllergyIntolerance",
            "id": f"{setting.visit_id}-{n}",
            "clinicalStatus": _term("allergyintolerance-clinical", "active"),
            "verificationStatus": _term("allergyintolerance-verification", "confirmed"),
            **each,
            "patient": _patient(setting),
            "encounter": _encounter(setting),
            "recordedDate": at.isoformat(),
            "recorder": _author(setting),
        }
        for n, each in enumerate(stated, start=1)
    ]


def composition(setting: Setting, note: Note, *, at: datetime, amended: bool = False) -> Body:
    return {
        "resourceType": "Composition",
        "id": str(setting.visit_id),
        "status": "amended" if amended else "final",
        "type": {"coding": [{"system": LOINC, "code": "34108-1"}], "text": TITLE},
        "subject": _patient(setting),
        "encounter": _encounter(setting),
        "date": at.isoformat(),
        "author": [_author(setting)],
        "title": TITLE,
        "attester": [{"mode": "legal", "time": at.isoformat(), "party": _author(setting)}],
        "custodian": {"reference": f"Organization/{setting.institution_id}"},
        "section": [_section(note, *each) for each in SECTIONS],
    }


def signature(
    setting: Setting, *, version: int, digest: bytes, at: datetime, reason: str = ""
) -> Body:
    """Return who signed which version of the note, and the digest of its text."""
    body: Body = {
        "resourceType": "Provenance",
        "id": f"{setting.visit_id}-{version}",
        "target": [{"reference": f"Composition/{setting.visit_id}/_history/{version}"}],
        "recorded": at.isoformat(),
        "agent": [{"who": _author(setting)}],
        "signature": [
            {
                "type": [{"system": SIGNATURE, "code": AUTHOR}],
                "when": at.isoformat(),
                "who": _author(setting),
                "sigFormat": "application/octet-stream",
                "data": b64encode(digest).decode(),
            }
        ],
    }
    if reason:
        body["reason"] = [{"text": reason}]
    return body


def sections(body: str) -> tuple[tuple[str, str], ...]:
    """Return the parts of a composition as they are read: title and words."""
    read = orjson.loads(body)
    return tuple(
        (part.get("title", ""), spoken(part.get("text", {}).get("div", "")))
        for part in read.get("section", ())
    )


def _section(note: Note, name: str, title: str, code: str) -> Body:
    return {
        "title": title,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "text": {"status": "generated", "div": narrative(_said(note, name))},
    }


def _said(note: Note, name: str) -> str:
    if name == "allergies":
        return "\n".join(_words(each) for each in note.allergies or ()) or NONE_KNOWN[1]
    if name == "diagnoses":
        return "\n".join(f"{each.name}（{each.code}）" for each in note.diagnoses)
    return str(getattr(note, name))


def _words(allergen: Allergen) -> str:
    return f"{allergen.text}：{allergen.reaction}" if allergen.reaction else allergen.text


def _allergen(allergen: Allergen) -> Body:
    coding = [{"system": ALLERGEN, "code": allergen.code}] if allergen.code else []
    body: Body = {"code": {**({"coding": coding} if coding else {}), "text": allergen.text}}
    if allergen.reaction:
        body["reaction"] = [{"manifestation": [{"text": allergen.reaction}]}]
    return body


def _none_known() -> Body:
    code, text = NONE_KNOWN
    return {"code": {"coding": [{"system": SNOMED, "code": code}], "text": text}}


def _diagnosis(diagnosed: Diagnosed) -> Body:
    return {"coding": [{"system": ICD10, "code": diagnosed.code}], "text": diagnosed.name}


def _term(system: str, code: str) -> Body:
    return {"coding": [{"system": f"{TERMS}/{system}", "code": code}]}


def _patient(setting: Setting) -> Body:
    return {"reference": f"Patient/{setting.person_id}"}


def _encounter(setting: Setting) -> Body:
    return {"reference": f"Encounter/{setting.visit_id}"}


def _author(setting: Setting) -> Body:
    return {"reference": f"PractitionerRole/{setting.post_id}"}
