"""Bodies a test publishes: small, valid, with ids of their own."""

from uuid import uuid4

ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
SYSTOLIC = f"{LOINC}|8480-6"


def concept(system, code, text=""):
    return {"coding": [{"system": system, "code": code}], "text": text or code}


def body(kind, person_id, about="subject", /, **elements):
    who = {about: {"reference": f"Patient/{person_id}"}}
    return {"resourceType": kind, "id": str(uuid4()), **who, **elements}


def observation(person_id, value=138, *, code="8480-6", at="2030-01-06T09:00:00+08:00", **given):
    return body(
        "Observation",
        person_id,
        status="final",
        code=concept(LOINC, code, "收缩压"),
        effectiveDateTime=at,
        valueQuantity={"value": value, "unit": "mmHg"},
        **given,
    )


def condition(person_id, code="I10", text="高血压", **given):
    active = concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")
    return body(
        "Condition",
        person_id,
        clinicalStatus=active,
        code=concept(ICD10, code, text),
        recordedDate=given.pop("at", "2029-03-01"),
        **given,
    )


def allergy(person_id, code="91936005", text="青霉素过敏", **given):
    active = concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active")
    return body(
        "AllergyIntolerance",
        person_id,
        "patient",
        clinicalStatus=active,
        code=concept(SNOMED, code, text),
        **given,
    )


def encounter(person_id, *, start="2030-01-06T09:00:00+08:00", **given):
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return body(
        "Encounter",
        person_id,
        status="finished",
        period={"start": start},
        **{"class": kind},
        **given,
    )


def order(person_id, text="氨氯地平 5 mg", **given):
    return body(
        "MedicationRequest",
        person_id,
        status="active",
        intent="order",
        medicationCodeableConcept={"text": text},
        authoredOn="2030-01-06T09:30:00+08:00",
        dosageInstruction=[{"text": "每日一次，每次一片"}],
        **given,
    )
