"""JSON Patch, by id, on conditions and in bundles: an update of what is there, or nothing."""

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as any_of

from lianyi.records.fhir import patches
from lianyi.records.model import Finding
from tests.fhir.conftest import BASE
from tests.fhir.test_bundles import ask, bundle, post, statuses
from tests.fhir.test_writing import clinic, created, firm, issue, own
from tests.records import make

__all__ = ["clinic", "firm", "own"]
KIND = "application/json-patch+json"
LAST = "/valueQuantity/value"


def change(op, path, value=None, **more):
    return {"op": op, "path": path, **({} if value is None else {"value": value}), **more}


async def patch(app, path, *operations, match=None, kind=KIND, raw=None):
    headers = {"content-type": kind} | ({"if-match": f'W/"{match}"'} if match else {})
    content = json.dumps(operations) if raw is None else raw
    return await app.http.patch(f"{BASE}/{path}", content=content, headers=headers)


async def test_a_patch_changes_what_it_names_and_numbers_keep_their_digits(clinic, ward):
    body = {**make.observation(ward.person_id), "note": [{"text": "一"}, {"text": "二"}]}
    made = await created(clinic, body)
    path = f"Observation/{made['id']}"
    operations = f"""[{{"op": "test", "path": "{LAST}", "value": 138.00}},
        {{"op": "replace", "path": "{LAST}", "value": 141.50}},
        {{"op": "move", "from": "/note/1", "path": "/note/0"}},
        {{"op": "copy", "from": "/note/0", "path": "/note/-"}},
        {{"op": "add", "path": "/meta/tag", "value": [{{"system": "urn:x", "code": "a~/b"}}]}},
        {{"op": "remove", "path": "/code/text"}}]"""
    answer = await patch(clinic, path, raw=operations, match=1)
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"'), answer.text
    assert '"value":141.50' in answer.text
    told = answer.json()
    assert [note["text"] for note in told["note"]] == ["二", "一", "二"]
    assert "text" not in told["code"]
    assert await clinic.found("Observation?_tag=urn:x|a~/b") == [made["id"]]
    assert (await clinic.get(f"{path}/_history/1")).json()["note"] == body["note"]


async def test_a_patch_names_the_version_it_was_made_from(clinic, ward):
    """INT-08"""
    made = await created(clinic, make.observation(ward.person_id))
    path, more = f"Observation/{made['id']}", change("replace", LAST, 150)
    assert (await patch(clinic, path, more)).status_code == 428
    assert (await patch(clinic, path, change("test", LAST, 9), match=7)).status_code == 412
    assert (await patch(clinic, path, more, match=1)).status_code == 200
    tested = change("test", "/meta/versionId", "1"), change("replace", LAST, 160)
    assert (await patch(clinic, path, *tested)).status_code == 412
    tested = change("test", "/meta/versionId", "2"), change("replace", LAST, 160)
    assert (await patch(clinic, path, *tested)).headers["etag"] == 'W/"3"'
    same = await patch(clinic, path, change("replace", LAST, 160))
    assert (same.status_code, same.headers["etag"]) == (200, 'W/"3"')


UNFIT = [
    ([change("test", LAST, 139)], 422, "conflict", "Observation.valueQuantity.value"),
    ([change("replace", "/note/0/text", "x")], 422, "not-found", "Observation.note[0].text"),
    ([change("remove", "/code/coding/4")], 422, "not-found", "Observation.code.coding[4]"),
    ([change("add", "/status/x", 1)], 422, "not-found", "Observation.status.x"),
    ([change("add", "/code/coding/01", {})], 422, "not-found", "Observation.code.coding"),
    ([change("replace", "/id", "other")], 422, "business-rule", "Observation"),
    ([change("replace", "/resourceType", "Basic")], 422, "business-rule", "Observation"),
    ([change("remove", "")], 422, "business-rule", "Observation"),
    ([change("replace", "/status", "done")], 400, "code-invalid", "Observation.status"),
    ([change("add", "/colour", "red")], 400, "structure", "Observation"),
    ([change("paint", "/status")], 400, "structure", None),
    ([change("add", "/status")], 400, "structure", None),
    ([change("remove", "status")], 400, "structure", None),
    ([change("remove", "/a~2")], 400, "structure", None),
    ([{"op": "move", "from": "/code", "path": "/code/text"}], 400, "structure", None),
    ([7], 400, "structure", None),
    ([change("remove", "/note")] * 1001, 413, "too-long", None),
    (
        [change("copy", f"/z{n}", **{"from": ""}) for n in range(40)],
        422,
        "too-costly",
        "Observation.z",
    ),
]


async def test_what_does_not_fit_is_refused_whole_with_its_place(clinic, ward):
    made = await created(clinic, make.observation(ward.person_id))
    path = f"Observation/{made['id']}"
    for operations, status, code, place in UNFIT:
        answer = await patch(clinic, path, change("replace", LAST, 1), *operations, match=1)
        assert (answer.status_code, issue(answer)["code"]) == (status, code), answer.text
        assert place is None or issue(answer)["expression"][0].startswith(place)
    assert (await clinic.get(path)).json() == made


OTHERS = [
    ('{"op": "remove", "path": "/note"}', KIND, 400),
    ("[", KIND, 400),
    ('[{"op": "remove", "op": "test", "path": "/note"}]', KIND, 400),
    ('{"resourceType": "Parameters"}', "application/fhir+json", 415),
    ("<diff/>", "application/xml-patch+xml", 415),
]


async def test_other_kinds_of_patches_are_refused_by_name(clinic, ward):
    made = await created(clinic, make.observation(ward.person_id))
    for raw, kind, status in OTHERS:
        answer = await patch(clinic, f"Observation/{made['id']}", raw=raw, kind=kind, match=1)
        assert answer.status_code == status
        assert (status == 415) is ("FHIRPath Patch" in issue(answer)["diagnostics"])


async def test_a_patch_finds_out_nothing_behind_a_closed_door(
    clinic, own, doctors, firm, program, ward
):
    """INT-07: what isn't seen is answered as if it weren't there, whatever the patch tests."""
    made = await created(clinic, make.observation(ward.person_id))
    path = f"Observation/{made['id']}"
    right, wrong = change("test", LAST, 138), change("test", LAST, 1)
    assert (await patch(doctors, path, wrong, match=1)).status_code == 403  # EMR-06
    blind = await program(firm.hat(ward.doctor, "user/Observation.cu"))
    assert (await patch(blind, path, right, match=1)).status_code == 403
    other = await program(firm.hat(ward.doctor, "user/Observation.cruds?code=http://loinc.org|1"))
    told = [await patch(other, path, operation, match=1) for operation in (right, wrong)]
    assert [answer.status_code for answer in told] == [404, 404]
    assert told[0].text == told[1].text
    assert (await patch(clinic, "Observation/none", right, match=1)).status_code == 404
    published = make.observation(ward.person_id)
    await ward.publish(published)  # EMR-09: what the network's own acts wrote
    answer = await patch(clinic, f"Observation/{published['id']}", wrong, match=1)
    assert answer.status_code == 403
    assert (await patch(own, path, change("replace", LAST, 1), match=1)).status_code in (404, 409)


async def test_what_was_deleted_is_not_patched(clinic, ward):
    made = await created(clinic, make.observation(ward.person_id))
    path = f"Observation/{made['id']}"
    assert (await clinic.delete(path)).status_code == 204
    assert (await patch(clinic, path, change("test", "/id", made["id"]))).status_code == 410


async def test_a_condition_says_which_one_is_patched(clinic, ward):
    made = await created(clinic, make.observation(ward.person_id))
    one = f"Observation?code=8480-6&patient={ward.person_id}"
    answer = await patch(clinic, one, change("replace", LAST, 150), match=1)
    assert answer.json()["valueQuantity"]["value"] == 150
    none = f"Observation?code=1-8&patient={ward.person_id}"
    assert (await patch(clinic, none, change("remove", "/note"))).status_code == 404
    await created(clinic, make.observation(ward.person_id))
    assert (await patch(clinic, one, change("replace", LAST, 1), match=2)).status_code == 412
    assert (await patch(clinic, "Observation", change("remove", "/note"))).status_code == 400
    assert (await clinic.get(f"Observation/{made['id']}")).json()["meta"]["versionId"] == "2"


def binary(url, *operations, kind=KIND, **more):
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    carried = {"resourceType": "Binary", "contentType": kind, "data": data}
    return {"resource": carried, "request": {"method": "PATCH", "url": url, **more}}


async def test_bundles_carry_patches_in_a_binary(clinic, ward):
    """FHIR R4, 3.1.0.7.1"""
    made = await created(clinic, make.observation(ward.person_id))
    path, address = f"Observation/{made['id']}", "urn:uuid:5f1d7a0e-0000-4000-8000-000000000001"
    focus = change("add", "/focus", [{"reference": address}])
    steps = [
        ask("GET", path),
        binary(path, focus, ifMatch='W/"1"'),
        post(make.condition(ward.person_id), address),
    ]
    answer = await clinic.post("", bundle(*steps))
    assert statuses(answer) == [200, 200, 201]
    condition = answer.json()["entry"][2]["response"]["location"].removeprefix(f"{BASE}/")
    read = answer.json()["entry"][0]["resource"]
    assert read["focus"] == [{"reference": condition.partition("/_history")[0]}]
    unfit = binary(path, change("test", LAST, 1), ifMatch='W/"2"')
    refused = await clinic.post("", bundle(post(make.condition(ward.person_id)), unfit))
    assert refused.status_code == 422
    assert issue(refused)["expression"] == ["Bundle.entry[1].resource.valueQuantity.value"]
    assert len(await clinic.found("Condition")) == 1
    batch = await clinic.post(
        "",
        bundle(
            unfit,
            binary(path, change("replace", LAST, 140), ifMatch='W/"2"'),
            binary(path, kind="application/fhir+json"),
            {**unfit, "resource": {**unfit["resource"], "data": "?"}},
            put_of(unfit),
            kind="batch",
        ),
    )
    assert statuses(batch) == [422, 200, 415, 400, 400]


def put_of(entry):
    return {"resource": {"resourceType": "Basic"}, "request": entry["request"]}


def test_true_is_not_one_and_nothing_given_is_changed():
    """RFC 6902, 4.6"""
    body = {"resourceType": "Basic", "id": "1", "x": [{"y": 1}]}
    for value, same in ((1, True), (1.0, True), (True, False), ("1", False), (None, False)):
        test = patches.operation({"op": "test", "path": "/x/0/y", "value": value})
        assert isinstance(patches.patched(body, [test]), Finding) is not same
    value = {"a": []}
    add = patches.operation({"op": "add", "path": "/x/-", "value": value})
    into = patches.operation({"op": "add", "path": "/x/1/a/-", "value": 2})
    assert patches.patched(body, [add, into])["x"] == [{"y": 1}, {"a": [2]}]
    assert (body["x"], value) == ([{"y": 1}], {"a": []})


POINTERS = any_of.sampled_from(["", "/x", "/x/0", "/x/-", "/x/0/y", "/z", "/id", "/x/0/y/0", "/"])
OPERATIONS = any_of.fixed_dictionaries(
    {
        "op": any_of.sampled_from(sorted(patches.NEEDS)),
        "path": POINTERS,
        "from": POINTERS,
        "value": any_of.sampled_from([None, 1, "1", [], {}, [{"y": [2]}], True]),
    }
)


@given(any_of.lists(OPERATIONS, max_size=8))
@settings(max_examples=200, deadline=None)
def test_whatever_operations_there_are_a_body_comes_out_or_a_finding(operations):
    body = {"resourceType": "Basic", "id": "1", "x": [{"y": 1}]}
    read = [one for one in map(patches.operation, operations) if one]
    found = patches.patched(body, read)
    assert isinstance(found, Finding) or (found["resourceType"], found["id"]) == ("Basic", "1")
    assert body["x"] == [{"y": 1}]
