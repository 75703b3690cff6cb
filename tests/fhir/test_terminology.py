"""Code systems, value sets and maps: what isn't known is refused, and never "no"."""

import pytest

from lianyi.people.model import CLERK
from lianyi.records import service as records
from tests.fhir.test_writing import issue

GENDER = "http://hl7.org/fhir/administrative-gender"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ICD10, LOINC, DRUG = "http://hl7.org/fhir/sid/icd-10", "http://loinc.org", "urn:lianyi:drug"
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"


@pytest.fixture
async def anybody(program, ward):
    """Somebody who is signed in, and may see no record."""
    return await program(await ward.place.hat(CLERK))


async def asked(program, path, **given):
    answer = await program.get(path, params=given)
    assert answer.status_code == 200, answer.text
    assert not [one for one in records.examine(answer.text) if one.severity == "error"]
    return told(answer.json())


def told(body):
    return {
        one["name"]: next(value for name, value in one.items() if name != "name")
        for one in body["parameter"]
    }


def parameters(**given):
    kinds = {str: "valueString", dict: "valueCoding", bool: "valueBoolean"}
    listed = [{"name": n.rstrip("_"), kinds[type(v)]: v} for n, v in given.items()]
    return {"resourceType": "Parameters", "parameter": listed}


async def test_a_code_is_looked_up_in_what_is_known(anybody):
    path = "CodeSystem/$lookup"
    found = await asked(anybody, path, system=GENDER, code="female")
    assert (found["name"], found["display"]) == ("AdministrativeGender", "Female")
    assert found["version"] == "4.0.1"
    found = await asked(anybody, path, system=ACT, code="AMB")
    assert [one["valueCode"] for one in found["property"]] == ["parent", "_ActEncounterCode"]
    assert (await asked(anybody, path, system=ICD10, code="I10.x00x002"))["display"] == "高血压"
    assert (await asked(anybody, path, system=LOINC, code="6690-2"))["display"] == "白细胞计数"
    tablet = await asked(anybody, path, system=DRUG, code="amlodipine-tab-5mg")
    assert tablet["display"] == "苯磺酸氨氯地平片"
    coding = {"system": GENDER, "code": "male"}
    answer = await anybody.post(path, parameters(coding=coding))
    assert told(answer.json())["display"] == "Male"


async def test_what_is_not_known_is_not_found_and_never_false(anybody):
    for path in (
        "CodeSystem/$lookup?system=urn:x&code=1",
        f"CodeSystem/$lookup?system={GENDER}&code=none",
        f"CodeSystem/$lookup?system={GENDER}&version=9&code=male",
        "CodeSystem/$validate-code?url=urn:x&code=1",
        f"CodeSystem/$validate-code?url={LOINC}&code=1-8",
        f"CodeSystem/$validate-code?url={ICD10}&code=Z99.900",
        f"CodeSystem/$subsumes?system={LOINC}&codeA=6690-2&codeB=1-8",
        f"CodeSystem/$subsumes?system={LOINC}&codeA=6690-2&codeB=2823-3",
        f"CodeSystem/$subsumes?system={GENDER}&codeA=male&codeB=none",
        "ValueSet/$expand?url=urn:x",
        f"ValueSet/$expand?url={GENDERS}|9",
        "ValueSet/$validate-code?url=urn:x&system=urn:y&code=1",
        f"ConceptMap/$translate?system={DRUG}&code=1",
        f"ConceptMap/$translate?url=urn:x&system={GENDER}&code=male",
    ):
        answer = await anybody.get(path)
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-found"), path


async def test_a_system_that_is_known_whole_says_which_codes_it_has(anybody):
    path = "CodeSystem/$validate-code"
    assert (await asked(anybody, path, url=GENDER, code="male"))["result"] is True
    wrong = await asked(anybody, path, url=GENDER, code="man")
    assert wrong["result"] is False
    assert "man" in wrong["message"]
    assert (await asked(anybody, path, url=DRUG, code="none"))["result"] is False
    other = await asked(anybody, path, url=GENDER, code="male", display="男")
    assert (other["result"], other["display"]) == (True, "Male")
    assert "Male" in other["message"]
    concept = {"coding": [{"system": "urn:x", "code": "1"}, {"system": GENDER, "code": "male"}]}
    body = parameters()
    body["parameter"] = [{"name": "codeableConcept", "valueCodeableConcept": concept}]
    assert told((await anybody.post(path, body)).json())["result"] is True
    concept["coding"].pop()
    assert (await anybody.post(path, body)).status_code == 404


async def test_codes_lie_above_each_other_as_their_system_says(anybody):
    for system, one, other, outcome in (
        (ACT, "_ActEncounterCode", "AMB", "subsumes"),
        (ACT, "AMB", "_ActEncounterCode", "subsumed-by"),
        (ACT, "AMB", "AMB", "equivalent"),
        (ACT, "AMB", "EMER", "not-subsumed"),
        (ICD10, "I10", "I10.x00x002", "subsumes"),
        (ICD10, "I10.x00", "I11.900", "not-subsumed"),
        (DRUG, "amlodipine-tab-5mg", "amlodipine-tab-5mg", "equivalent"),
    ):
        given = {"system": system, "codeA": one, "codeB": other}
        assert (await asked(anybody, "CodeSystem/$subsumes", **given))["outcome"] == outcome
    ends = {
        "codingA": {"system": ACT, "code": "AMB"},
        "codingB": {"system": GENDER, "code": "male"},
    }
    assert (await anybody.post("CodeSystem/$subsumes", parameters(**ends))).status_code == 400


async def expanded(program, **given):
    answer = await program.get("ValueSet/$expand", params=given)
    assert answer.status_code == 200, answer.text
    assert not [one for one in records.examine(answer.text) if one.severity == "error"]
    expansion = answer.json()["expansion"]
    return expansion["total"], [one["code"] for one in expansion.get("contains", ())]


async def test_a_set_is_told_whole_by_a_text_or_page_by_page(anybody):
    assert await expanded(anybody, url=GENDERS) == (4, ["male", "female", "other", "unknown"])
    assert await expanded(anybody, url=GENDERS, count=2, offset=1) == (4, ["female", "other"])
    assert await expanded(anybody, url=GENDERS, count=0) == (4, [])
    assert await expanded(anybody, url=GENDERS, offset=9) == (4, [])
    assert await expanded(anybody, url=GENDERS, filter="FEM") == (1, ["female"])
    total, found = await expanded(anybody, url="urn:lianyi:value-set:diagnosis", filter="gxy")
    assert "I10.x00x002" in found
    assert total == len(found)
    assert (await expanded(anybody, url="urn:lianyi:value-set:drug", count=1))[0] > 100
    for wrong in ("count=x", "offset=-1", "colour=red", "url=again"):
        answer = await anybody.get(f"ValueSet/$expand?url={GENDERS}&{wrong}")
        assert answer.status_code == 400
        assert wrong.partition("=")[0] in issue(answer)["diagnostics"]
    assert (await anybody.get("ValueSet/$expand")).status_code == 400
    whole = await anybody.get("ValueSet/$expand?url=http://dicom.nema.org/medical/dicom/x")
    assert whole.status_code == 404


async def test_a_set_says_which_codes_are_in_it(anybody):
    path = "ValueSet/$validate-code"
    given = {"url": GENDERS, "system": GENDER}
    found = await asked(anybody, path, **given, code="female")
    assert (found["result"], found["display"]) == (True, "Female")
    assert (await asked(anybody, path, **given, code="man"))["result"] is False
    assert (await asked(anybody, path, url=GENDERS, system="urn:x", code="male"))["result"] is False
    without = await anybody.get(f"{path}?url={GENDERS}&code=male")
    assert (without.status_code, issue(without)["code"]) == (400, "required")


async def test_a_code_is_translated_by_the_maps_there_are(anybody):
    path, target = "ConceptMap/$translate", "http://terminology.hl7.org/CodeSystem/v2-0001"
    given = {"system": GENDER, "code": "male", "targetsystem": target}
    found = await asked(anybody, path, **given)
    match = {one["name"]: one for one in found["match"]}
    assert (found["result"], match["equivalence"]["valueCode"]) == (True, "equal")
    assert match["concept"]["valueCoding"] == {"system": target, "code": "M"}
    assert match["source"]["valueUri"].endswith("/cm-administrative-gender-v2")
    back = await asked(anybody, path, system=target, code="M", reverse="true")
    codes = [one["valueCoding"]["code"] for one in back["match"] if one["name"] == "concept"]
    assert codes == ["male"]
    assert (await asked(anybody, path, **{**given, "code": "none"}))["result"] is False
    assert (await anybody.get(f"{path}?system={GENDER}&code=male&reverse=x")).status_code == 400


async def test_only_who_is_signed_in_may_ask(program, anybody):
    nobody = await program(None)
    assert (await nobody.get(f"ValueSet/$expand?url={GENDERS}")).status_code == 401
    capabilities = (await nobody.get("metadata")).json()["rest"][0]["resource"]
    sets = next(one for one in capabilities if one["type"] == "ValueSet")
    defined = {one["name"]: one["definition"].rpartition("/")[2] for one in sets["operation"]}
    assert defined["expand"] == "ValueSet-expand"
    assert "everything" not in defined


async def test_what_is_no_parameters_resource_is_refused(anybody):
    for body in (
        {"resourceType": "Basic"},
        {"resourceType": "Parameters", "parameter": [7]},
        {"resourceType": "Parameters", "parameter": [{"name": "url"}]},
        {"resourceType": "Parameters", "parameter": [{"name": "url", "valueCoding": {}}]},
    ):
        assert (await anybody.post("ValueSet/$expand", body)).status_code == 400
