"""What nobody can mean gets a clear answer, never a bug's."""

import pytest

from tests.fhir.conftest import BASE

NONSENSE = [
    ("code=%00", "value"),
    ("code=a,%00", "value"),
    ("date=9999-12-31T23:59:60Z", "value"),
    ("date=ge0000", "value"),
    ("value-quantity=1e999999", "value"),
    ("value-quantity=1e-999999", "value"),
    ("value-quantity=NaN", "value"),
    ("value-quantity=ap1e60", "value"),
    ("_lastUpdated=soon", "value"),
    ("_id=%00", "value"),
    ("_count=%D9%A3", "value"),
    (f"code={','.join(map(str, range(1000)))}", "value"),
]


@pytest.mark.parametrize(("query", "code"), NONSENSE, ids=lambda one: one[:24])
async def test_a_value_that_is_none_is_refused_by_its_name(doctors, query, code):
    answer = await doctors.get(f"Observation?{query}")
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["code"] == code
    assert query.partition("=")[0] in answer.json()["issue"][0]["diagnostics"]


async def test_a_count_beyond_all_measure_is_as_many_as_there_may_be(doctors, ward):
    for path in (f"Observation?patient={ward.person_id}&", "_history?"):
        assert (await doctors.get(f"{path}_count={'9' * 5000}")).status_code == 200


async def test_an_id_that_can_not_be_one_is_not_there(doctors):
    for path in ("Observation/%00", "Observation/%00/_history", "Observation/a/_history/%00"):
        assert (await doctors.get(path)).status_code == 404


async def test_a_form_that_is_no_text_is_refused(doctors):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for raw in (b"code=\xff\xfe", b"&".join(b"code=1" for _ in range(1000))):
        answer = await doctors.http.post(
            f"{BASE}/Observation/_search", content=raw, headers=headers
        )
        assert answer.status_code == 400
        assert answer.json()["resourceType"] == "OperationOutcome"


async def test_the_capabilities_are_not_told_in_xml(program):
    nobody = await program(None)
    answer = await nobody.get("metadata", params={"_format": "xml"})
    assert (answer.status_code, answer.json()["resourceType"]) == (406, "OperationOutcome")
