"""R4's own profiles: what fits is one, and what doesn't is told by place and rule."""

import json
from pathlib import Path

import pytest

from lianyi.kernel.text import words
from lianyi.records.model import Finding
from lianyi.records.rules.validity import profiles

EXAMPLES = Path(__file__).parents[2] / "node_modules/hl7.fhir.r4.examples"
BASE = "http://hl7.org/fhir/StructureDefinition/"
LOINC = "http://loinc.org"
PARTS = {
    "chol": "cholesterol",
    "trig": "triglyceride",
    "hdl": "hdlcholesterol",
    "ldl": "ldlcholesterol",
}
RULES = ("binding", "closed", "max", "min", "type", "unknown", "unresolved", "value")
FITTING = {
    "blood-pressure": "bp",
    "blood-pressure-cancel": "bp",
    "example": "bodyweight",
    "body-height": "bodyheight",
    "heart-rate": "heartrate",
    "bmi": "bmi",
    "body-temperature": "bodytemp",
    "vitals-panel": "vitalspanel",
    "satO2": "oxygensat",
    "respiratory-rate": "resprate",
    "head-circumference": "headcircum",
}


def coded(code, display=""):
    return {
        "coding": [{"system": LOINC, "code": code, **({"display": display} if display else {})}]
    }


def part(code, value=120, unit="mm[Hg]"):
    quantity = {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": unit}
    return {"code": coded(code), "valueQuantity": quantity}


def pressure(**elements):
    category = {
        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
        "code": "vital-signs",
    }
    body = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"text": "体征"}, {"coding": [category]}],
        "code": coded("85354-9"),
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2030-01-06",
        "component": [part("8480-6"), part("8462-4", 80)],
        **elements,
    }
    return {name: held for name, held in body.items() if held is not None}


def told(body, profile):
    return {(f.rule, f.where, f.about) for f in profiles.findings(body, BASE + profile)}


@pytest.mark.skipif(not EXAMPLES.exists(), reason="HL7's examples are not installed: npm ci")
@pytest.mark.parametrize("name", FITTING)
def test_hl7s_own_vital_signs_fit_their_profiles(name):
    body = json.loads((EXAMPLES / f"Observation-{name}.json").read_text(encoding="utf-8"))
    assert told(body, FITTING[name]) == set()
    assert told(body, "vitalsigns") == set()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, None),
        ({"category": [{"text": "x"}]}, ("profile.min", "Observation.category", "bp:VSCat")),
        ({"code": coded("8480-6")}, ("profile.min", "Observation.code.coding", "bp:BPCode")),
        ({"subject": None}, ("profile.min", "Observation.subject", "bp")),
        (
            {"subject": {"reference": "Group/1"}},
            ("target", "Observation.subject.reference", f"{BASE}Patient"),
        ),
        ({"effectiveDateTime": "2030-01"}, ("invariant", "Observation.effectiveDateTime", "vs-1")),
        (
            {"effectiveDateTime": None, "effectiveInstant": "2030-01-06T09:00:00Z"},
            ("profile.closed", "Observation.effective", "bp"),
        ),
        (
            {"component": [part("8480-6"), part("8480-6")]},
            ("profile.max", "Observation.component", "bp:SystolicBP"),
        ),
        (
            {"component": [part("8480-6"), part("8462-4", unit="kPa")]},
            ("profile.value", "Observation.component[1].valueQuantity.code", "bp"),
        ),
        ({"valueString": "x"}, ("profile.closed", "Observation.valueString", "bp")),
        (
            {"component": [part("8480-6"), {"code": coded("8462-4")}]},
            ("invariant", "Observation.component[1]", "vs-3"),
        ),
        ({"component": None}, ("invariant", "Observation", "vs-2")),
    ],
    ids=lambda one: one[2] if isinstance(one, tuple) else "",
)
def test_what_a_blood_pressure_must_be(changes, finding):
    found = told(pressure(**changes), "bp")
    assert finding in found if finding else found == set()


def panel(*results, **elements):
    code = coded("57698-3", "Lipid panel with direct LDL - Serum or Plasma")
    return {
        "resourceType": "DiagnosticReport",
        "code": code,
        "contained": [{"resourceType": "Observation", "id": n, "code": code_of(n)} for n in PARTS],
        "result": [{"reference": one} for one in results],
        **elements,
    }


def code_of(name):
    asked = profiles.known()[BASE + PARTS[name]].members["code"]
    return asked.fixed or asked.pattern or coded("13457-7")


def test_slices_are_told_apart_by_what_is_contained():
    assert told(panel("#chol", "#trig", "#hdl"), "lipidprofile") == set()
    assert told(panel("#chol", "#trig", "#hdl", "#ldl"), "lipidprofile") == set()
    missing = told(panel("#chol", "#trig", "#trig"), "lipidprofile")
    assert ("profile.min", "DiagnosticReport.result", "lipidprofile:HDLCholesterol") in missing
    assert ("profile.max", "DiagnosticReport.result", "lipidprofile:Triglyceride") in missing


def test_what_depends_on_another_resource_is_told_as_not_checked():
    found = profiles.findings(panel("#chol", "#trig", "Observation/1"), f"{BASE}lipidprofile")
    assert [(f.rule, f.where, f.severity) for f in found] == [
        ("profile.unresolved", "DiagnosticReport.result[2]", "warning")
    ]


def test_a_profile_of_another_type_or_that_nobody_knows_is_told():
    assert told({"resourceType": "Patient"}, "bp") == {("profile.type", "Patient", "bp")}
    found = profiles.findings({"resourceType": "Patient"}, "http://x/mine")
    assert [(f.rule, f.about) for f in found] == [("profile.unknown", "http://x/mine")]


@pytest.mark.parametrize("rule", RULES)
def test_every_finding_of_a_profile_has_words(rule):
    finding = Finding(f"profile.{rule}", "Observation.code", "bp")
    for language in ("zh", "en"):
        assert "bp" in words(finding.code, language, {"where": "Observation", "about": "bp"})
