"""The compiled definitions against what HL7's specification says."""

import orjson
import pytest

from lianyi.kernel.text import words
from lianyi.records.errors import DefinitionsMissing
from lianyi.records.model import Finding
from lianyi.records.rules import validity
from tests.records import make

RULES = (
    *("structure", "unknown", "required", "choice", "binding", "target", "value"),
    *("invariant", "alone", "repeated", "deep"),
)


CODING = "Observation.code.coding[0].{}"
ABSENT = {"extension": [{"url": "http://x", "valueCode": "unknown"}]}


def person(**elements):
    return {"resourceType": "Patient", **elements}


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
        (
            changed(subject={"reference": "https://other.example/fhir/Medication/1"}),
            ("target", "Observation.subject.reference"),
        ),
        (changed(_status={"id": "a"}, status=None), ("invariant", "Observation.status")),
        (changed(code={"id": "a"}), ("invariant", "Observation.code")),
        (changed(code={"coding": [{"system": "http://x\0"}]}), ("value", CODING.format("system"))),
        (changed(code={"coding": [{"system": "http://x y"}]}), ("value", CODING.format("system"))),
        (changed(code={"coding": [{"code": " a"}]}), ("value", CODING.format("code"))),
        (changed(code={"coding": [{"code": "a\0"}]}), ("value", CODING.format("code"))),
        (changed(extension=[{"valueString": "x"}]), ("required", "Observation.extension[0].url")),
        (changed(extension=[{"url": "http://x"}]), ("invariant", "Observation.extension[0]")),
        (
            changed(extension=[{"url": "http://x", "valueInstant": "2030-01-06"}]),
            ("value", "Observation.extension[0].valueInstant"),
        ),
        (
            changed(extension=[{"url": "http://x", "valueOid": "urn:oid:3.1"}]),
            ("value", "Observation.extension[0].valueOid"),
        ),
        (
            changed(extension=[{"url": "http://x", "valueUuid": "urn:uuid:1"}]),
            ("value", "Observation.extension[0].valueUuid"),
        ),
        (
            changed(extension=[{"url": "http://x", "valuePositiveInt": 0}]),
            ("value", "Observation.extension[0].valuePositiveInt"),
        ),
        (
            changed(extension=[{"url": "http://x", "valueBase64Binary": "eA="}]),
            ("value", "Observation.extension[0].valueBase64Binary"),
        ),
        (
            changed(extension=[{"url": "http://x", "valueAttachment": {"contentType": "text"}}]),
            ("binding", "Observation.extension[0].valueAttachment.contentType"),
        ),
        (
            changed(extension=[{"url": "http://x", "valueMoney": {"currency": "yuan"}}]),
            ("binding", "Observation.extension[0].valueMoney.currency"),
        ),
        (person(name=[{"given": ["秀", None]}]), ("alone", "Patient.name[0].given")),
        (
            person(name=[{"given": ["秀"], "_given": [None, {"id": "a"}]}]),
            ("invariant", "Patient.name[0].given"),
        ),
        (
            person(name=[{"_given": [{"extension": [{"url": "http://x"}]}]}]),
            ("invariant", "Patient.name[0]._given[0].extension[0]"),
        ),
        (
            {
                "resourceType": "Parameters",
                "parameter": [{"name": "a", "part": [{"name": "b", "resource": person(id="_")}]}],
            },
            ("value", "Parameters.parameter[0].part[0].resource.id"),
        ),
        (changed(contained=[person(id="1")] * 1001), ("structure", "Observation.contained")),
        (changed(contained=5), ("structure", "Observation.contained")),
        ({"resourceType": "Organisation"}, ("structure", "resourceType")),
        ({"resourceType": "SubscriptionStatus"}, ("structure", "resourceType")),
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
            "name": [{"given": ["秀", None], "_given": [{"id": "a"}, ABSENT]}],
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
    for rule in RULES:
        finding = Finding(rule, "Observation.status", "x")
        for language in ("zh", "en"):
            values = {"where": finding.where, "about": finding.about}
            assert "Observation.status" in words(finding.code, language, values)


def test_without_built_definitions_nothing_counts_as_checked(tmp_path):
    assert not validity.is_built(tmp_path)
    assert "make setup" in words(DefinitionsMissing().code, "zh")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"resourceType": "Basic", "id": "1", "id": "2"}', "repeated"),
        ('{"resourceType": "Basic", "code": {"text": "a\\u0022:", "text" : "b"}}', "repeated"),
        ('{"resourceType": "Basic", "id" : "\\u0022:"}', ""),
        ('{"extension": [' * 400 + "{}" + "]}" * 400, "deep"),
    ],
    ids=("twice", "twice beside a quote", "once", "deep"),
)
def test_what_a_text_hides_from_its_readers_is_found(text, rule):
    found = validity.hidden(text, orjson.loads(text))
    assert [f.rule for f in found] == ([rule] if rule else [])


def test_what_is_nested_too_deeply_is_refused_and_not_a_bug():
    for deep in (200, 300, 900):
        inner = {"url": "http://x", "valueString": "x"}
        for _ in range(deep // 2):
            inner = {"url": "http://x", "extension": [inner]}
        body = changed(extension=[inner])
        assert [f.rule for f in validity.findings(body)] == (["deep"] if deep > 250 else [])
