"""The compiled definitions against what HL7's specification says, and against its own examples."""

import json
from pathlib import Path

import pytest

from lianyi.kernel.text import words
from lianyi.records.errors import DefinitionsMissing
from lianyi.records.model import Finding
from lianyi.records.rules import validity
from tests.records import make

EXAMPLES = Path(__file__).parents[2] / "node_modules/hl7.fhir.r4.examples"
CLINICAL = (
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "Claim",
    "Composition",
    "Condition",
    "Consent",
    "Coverage",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "ExplanationOfBenefit",
    "Goal",
    "ImagingStudy",
    "Immunization",
    "Location",
    "Medication",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "Procedure",
    "Provenance",
    "QuestionnaireResponse",
    "ServiceRequest",
    "Specimen",
    "Task",
)
# HL7's own slips: each refers to a type that its own StructureDefinition does not allow there.
SLIPS = {
    "MedicationRequest-medrx0301.json": ("target", "MedicationRequest.dispenseRequest.performer"),
    "Observation-clinical-gender.json": ("target", "Observation.performer[0]"),
}
ME = "Patient/1"


def changed(**elements):
    body = {**make.observation("1"), **elements}
    return {name: value for name, value in body.items() if value is not None}


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        (changed(status=None), ("required", "Observation.status")),
        (changed(status="done"), ("binding", "Observation.status")),
        (changed(code=None), ("required", "Observation.code")),
        (changed(code={}), ("structure", "Observation.code")),
        (changed(code=[]), ("structure", "Observation.code")),
        (changed(category=[]), ("structure", "Observation.category")),
        (changed(valueString="高"), ("choice", "Observation.value")),
        (changed(colour="red"), ("unknown", "Observation")),
        (
            changed(subject={"reference": "Medication/1"}),
            ("target", "Observation.subject.reference"),
        ),
        (changed(effectiveDateTime="2030-02-30"), ("value", "Observation.effectiveDateTime")),
        (changed(effectiveDateTime="2030-01-06T09:00"), ("value", "Observation.effectiveDateTime")),
        (changed(valueQuantity={"value": "138"}), ("structure", "Observation.valueQuantity.value")),
        (changed(valueQuantity=None, valueInteger=1.5), ("structure", "Observation.valueInteger")),
        (changed(component=[{"valueString": "x"}]), ("required", "Observation.component[0].code")),
        (
            changed(contained=[{"resourceType": "Patient", "gender": "f"}]),
            ("binding", "Observation.contained[0].gender"),
        ),
        (
            {**make.condition("1"), "clinicalStatus": {"text": "还在"}},
            ("binding", "Condition.clinicalStatus"),
        ),
        ({"resourceType": "Organisation"}, ("structure", "resourceType")),
        ({}, ("structure", "resourceType")),
        ({"resourceType": ["Patient"]}, ("structure", "resourceType")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_the_specification_forbids_is_found_and_placed(body, finding):
    found = [(f.rule, f.where) for f in validity.findings(body)]
    assert finding in found


@pytest.mark.parametrize(
    "body",
    [
        changed(status=None, _status={"extension": [{"url": "http://x", "valueCode": "unknown"}]}),
        changed(code={"text": "收缩压　（坐位）"}),
        changed(subject={"reference": "urn:uuid:1"}),
        changed(subject={"reference": "https://other.example/fhir/Patient/1"}),
        changed(subject={"display": "王秀英"}),
        changed(effectiveDateTime="2030"),
        changed(valueQuantity=None, valueInteger=2),
        {
            "resourceType": "Patient",
            "id": "1",
            "name": [{"given": ["秀", None], "_given": [None, {"id": "a"}]}],
        },
    ],
)
def test_what_the_specification_allows_is_accepted(body):
    assert validity.findings(body) == ()


def test_all_findings_are_told_and_none_holds_a_value_of_a_person():
    body = changed(status="秘密", subject={"reference": "Secret/1"}, valueString="秘密")
    found = validity.findings(body)
    assert len(found) == 3
    assert "秘密" not in str(found)
    assert "Secret" not in str(found)


def test_every_finding_has_words():
    for rule in ("structure", "unknown", "required", "choice", "binding", "target", "value"):
        finding = Finding(rule, "Observation.status", "x")
        for language in ("zh", "en"):
            values = {"where": finding.where, "about": finding.about}
            assert "Observation.status" in words(finding.code, language, values)


def test_without_built_definitions_nothing_counts_as_checked(tmp_path):
    assert not validity.is_built(tmp_path / "r4.json")
    assert "make setup" in words(DefinitionsMissing().code, "zh")


def examples():
    return [file for type in CLINICAL for file in sorted(EXAMPLES.glob(f"{type}-*.json"))]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="HL7's examples are not installed: npm ci")
def test_hl7s_own_clinical_examples_are_accepted():
    refused = {}
    for file in examples():
        found = validity.findings(json.loads(file.read_text(encoding="utf-8")))
        if found:
            refused[file.name] = (found[0].rule, found[0].where.removesuffix(".reference"))
    assert len(examples()) > 300
    assert refused == SLIPS
