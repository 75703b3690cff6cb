"""Batches and transactions."""

import asyncio

import pytest

from lianyi.people.model import DOCTOR
from tests.fhir.conftest import BASE
from tests.fhir.test_writing import clinic, firm, source, without_meta
from tests.records import make

__all__ = ["clinic", "firm", "source"]


def bundle(*entries, kind="transaction"):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def post(body, address=None, **more):
    kept = {name: value for name, value in body.items() if name != "id"}
    entry = {"resource": kept, "request": {"method": "POST", "url": body["resourceType"], **more}}
    return {**entry, "fullUrl": address} if address else entry


def put(body, **more):
    url = f"{body['resourceType']}/{body['id']}"
    return {"resource": body, "request": {"method": "PUT", "url": url, **more}}


def ask(method, url):
    return {"request": {"method": method, "url": url}}


def statuses(answer):
    assert answer.status_code == 200, answer.text
    return [int(entry["response"]["status"][:3]) for entry in answer.json()["entry"]]


async def test_a_transaction_is_done_whole_in_the_order_of_the_standard(clinic, ward):
    old = (await clinic.post("Condition", make.condition(ward.person_id))).json()
    plan, cause = (
        "urn:uuid:5f1d7a0e-0000-4000-8000-000000000001",
        "urn:uuid:5f1d7a0e-0000-4000-8000-000000000002",
    )
    care = make.body("CarePlan", ward.person_id, status="active", intent="plan")
    care |= {"addresses": [{"reference": cause}], "text": {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{cause}">高血压</a></div>',
    }}  # fmt: skip
    answer = await clinic.post(
        "",
        bundle(
            ask("GET", "Condition?_summary=count"),
            post(care, plan),
            post(make.condition(ward.person_id), cause),
            ask("DELETE", f"Condition/{old['id']}"),
            ask("GET", f"Observation?patient={ward.person_id}"),
        ),
    )
    assert statuses(answer) == [200, 201, 201, 204, 200]
    told = answer.json()
    assert told["type"] == "transaction-response"
    assert told["entry"][0]["resource"]["total"] == 1
    location = told["entry"][1]["response"]["location"].removeprefix(f"{BASE}/")
    made = (await clinic.get(location)).json()
    condition = told["entry"][2]["response"]["location"].removeprefix(f"{BASE}/").split("/_")[0]
    assert made["addresses"] == [{"reference": condition}]
    assert f'href="{condition}"' in made["text"]["div"]


async def test_one_refusal_leaves_nothing_of_a_transaction_and_says_where(clinic, ward):
    wrong = {**make.observation(ward.person_id), "status": "done"}
    answer = await clinic.post("", bundle(post(make.condition(ward.person_id)), post(wrong)))
    assert answer.status_code == 400
    places = [place for one in answer.json()["issue"] for place in one["expression"]]
    assert "Bundle.entry[1].resource.status" in places
    assert await clinic.found("Condition") == []


@pytest.mark.parametrize(
    ("entry", "status", "where"),
    [
        (ask("HEAD", "Condition/1"), 405, "Bundle.entry[1].request.method"),
        (ask("GET", "Spell/1"), 404, "Bundle.entry[1].request.url"),
        (ask("GET", "Condition/none"), 404, "Bundle.entry[1]"),
        (ask("DELETE", "Condition"), 400, "Bundle.entry[1]"),
        ({"request": {"method": "POST", "url": "Condition"}}, 400, "Bundle.entry[1].request"),
        ({}, 400, "Bundle.entry[1].request"),
        ({"request": {"method": [], "url": {}}}, 405, "Bundle.entry[1].request.method"),
        ("nothing", 400, "Bundle.entry[1].request"),
        (post({"resourceType": "Appointment"}), 403, "Bundle.entry[1]"),
    ],
)
async def test_every_trouble_of_an_entry_is_told_with_its_place(clinic, ward, entry, status, where):
    answer = await clinic.post("", bundle(post(make.condition(ward.person_id)), entry))
    assert answer.status_code == status, answer.text
    assert answer.json()["issue"][0]["expression"] == [where]
    assert await clinic.found("Condition") == []


async def test_entries_of_a_batch_stand_for_themselves(clinic, ward):
    wrong = {**make.observation(ward.person_id), "status": "done"}
    answer = await clinic.post(
        "",
        bundle(
            ask("GET", "Condition"),
            post(wrong),
            post(make.condition(ward.person_id)),
            ask("GET", "Spell"),
            kind="batch",
        ),
    )
    assert statuses(answer) == [200, 400, 201, 404]
    told = answer.json()
    assert told["type"] == "batch-response"
    assert len(told["entry"][0]["resource"]["entry"]) == 1
    assert told["entry"][1]["response"]["outcome"]["issue"][0]["expression"] == [
        "Bundle.entry[1].resource.status"
    ]


async def test_references_may_ask_for_what_they_mean(clinic, ward):
    named = {"identifier": [{"system": "urn:his", "value": f"c{ward.person_id}"}]}
    illness = (await clinic.post("Condition", {**make.condition(ward.person_id), **named})).json()
    value = {
        **make.observation(ward.person_id),
        "focus": [{"reference": f"Condition?identifier=urn:his|c{ward.person_id}"}],
    }
    answer = await clinic.post("", bundle(post(value)), headers={"prefer": "return=representation"})
    made = answer.json()["entry"][0]["resource"]
    assert made["focus"] == [{"reference": f"Condition/{illness['id']}"}]
    value["focus"] = [{"reference": "Condition?identifier=urn:his|none"}]
    answer = await clinic.post("", bundle(post(value)))
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (
        422,
        ["Bundle.entry[0]"],
    )


async def test_a_person_is_found_by_what_a_reference_asks(clinic, ward):
    known = {
        "resourceType": "Patient",
        "id": str(ward.person_id),
        "identifier": [{"system": "urn:his", "value": "p1"}],
    }
    await ward.publish(known)
    body = make.condition(ward.person_id)
    body["subject"] = {"reference": "Patient?identifier=urn:his|p1"}
    answer = await clinic.post("", bundle(post(body)), headers={"prefer": "return=representation"})
    made = answer.json()["entry"][0]["resource"]
    assert made["subject"] == {"reference": f"Patient/{ward.person_id}"}


async def test_conditions_and_versions_hold_for_each_entry(clinic, ward):
    named = {"identifier": [{"system": "urn:lis", "value": f"{ward.person_id}"}]}
    asked = f"identifier=urn:lis|{ward.person_id}"
    body = {**make.observation(ward.person_id), **named}
    first = (await clinic.post("Observation", body)).json()
    again = await clinic.post("", bundle(post(body, ifNoneExist=asked)))
    assert statuses(again) == [200]
    changed = {**without_meta(first), "valueQuantity": {"value": 141, "unit": "mmHg"}}
    assert (await clinic.post("", bundle(put(changed)))).status_code == 428
    assert (await clinic.post("", bundle(put(changed, ifMatch='W/"2"')))).status_code == 412
    assert statuses(await clinic.post("", bundle(put(changed, ifMatch='W/"1"')))) == [200]
    twice = bundle(put(changed, ifMatch='W/"2"'), ask("DELETE", f"Observation/{first['id']}"))
    assert (await clinic.post("", twice)).status_code == 400
    same = bundle(
        post(body, ifNoneExist="identifier=new|1"), post(body, ifNoneExist="identifier=new|1")
    )
    assert (await clinic.post("", same)).status_code == 400


async def test_two_thousand_entries_enter_together(source, ward, app):
    entries = [post(make.observation(ward.person_id, n)) for n in range(2000)]
    answer = await source.post("", bundle(*entries))
    assert statuses(answer) == [201] * 2000
    assert (await source.bundle("Observation?_summary=count"))["total"] == 2000
    proofs = await source.bundle("Provenance?_summary=count")
    assert proofs["total"] == 1


async def test_transactions_that_meet_the_other_way_round_are_never_a_bug(clinic, ward):
    """Deadlocks are tried again."""
    first, second = [
        (await clinic.post("Condition", make.condition(ward.person_id))).json() for _ in range(2)
    ]

    def both(n, *bodies):
        changed = [{**body, "recordedDate": f"2028-01-{n:02}"} for body in bodies]
        return bundle(*(put(body, ifMatch='W/"1"') for body in changed))

    answers = await asyncio.gather(
        *(clinic.post("", both(n, first, second)) for n in range(1, 9)),
        *(clinic.post("", both(n, second, first)) for n in range(11, 19)),
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 15


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_a_repeated_bundle_gets_the_first_answer(clinic, ward, kind):
    key = {"idempotency-key": f"t{ward.person_id}"}
    asked = bundle(post(make.condition(ward.person_id)), ask("GET", "Condition"), kind=kind)
    first, again = [await clinic.post("", asked, headers=key) for _ in range(2)]
    assert statuses(first) == [201, 200]
    assert first.json() == again.json()
    assert len(await clinic.found("Condition")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Bundle", "type": "document"},
        {"resourceType": "Bundle"},
        {"resourceType": "Condition"},
        {"resourceType": "Bundle", "type": "batch", "entry": {}},
    ],
)
async def test_what_is_no_batch_and_no_transaction_is_refused(clinic, body):
    answer = await clinic.post("", body)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "invalid")


async def test_a_person_out_of_reach_spoils_a_transaction_and_nothing_is_learned(clinic, ward):
    """INT-07"""
    stranger = await ward.place.resident()
    other = await ward.place.patient(DOCTOR)
    mixed = bundle(
        *(
            post(make.condition(who))
            for who in (ward.person_id, other.person_id, stranger.person_id)
        )
    )
    answer = await clinic.post("", mixed)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (
        422,
        ["Bundle.entry[2]"],
    )
    assert await clinic.found("Condition") == []


HIS = "http://his.example.cn/fhir"
UUID = "urn:uuid:5f1d7a0e-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    ("address", "reference"),
    [
        (UUID, UUID),
        ("urn:oid:1.2.156.10011.99.1", "urn:oid:1.2.156.10011.99.1"),
        (f"{HIS}/Condition/c1", f"{HIS}/Condition/c1"),
        (f"{HIS}/Condition/c1", "Condition/c1"),
        ("Condition/c1", "Condition/c1"),
        (f"{HIS}/Condition/c1", f"{HIS}/Condition/c1/_history/7"),
        (f"{HIS}/Condition/c1", "Condition/c1/_history/7"),
        (f"{BASE}/Condition/c1", f"{BASE}/Condition/c1"),
    ],
)
@pytest.mark.parametrize("quote", ['"', "'"])
async def test_every_form_of_reference_finds_its_entry(clinic, ward, address, reference, quote):
    """FHIR R4, 2.3 and 3.1.0.11.2: in references and in what a narrative links to."""
    link = f"<a href={quote}{reference}{quote}>x</a>"
    told = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{link}</div>'}
    value = {**make.observation(ward.person_id), "focus": [{"reference": reference}], "text": told}
    asked = bundle(
        post(value, UUID.replace("a", "b")), post(make.condition(ward.person_id), address)
    )
    answer = await clinic.post("", asked, headers={"prefer": "return=representation"})
    assert statuses(answer) == [201, 201]
    made, condition = (entry["resource"] for entry in answer.json()["entry"])
    assert made["focus"] == [{"reference": f"Condition/{condition['id']}"}]
    assert f'href="Condition/{condition["id"]}"' in made["text"]["div"]


async def refused(clinic, asked, status, where):
    answer = await clinic.post("", asked)
    assert answer.status_code == status, answer.text
    assert [issue["expression"] for issue in answer.json()["issue"]] == [[where]]
    assert await clinic.found("Condition") == await clinic.found("Observation") == []
    return answer


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_no_two_entries_are_called_alike(clinic, ward, kind):
    """bdl-7: whom the others mean by it nobody could tell."""
    first, second = (make.condition(ward.person_id, code) for code in ("I10", "E11"))
    asked = bundle(post(first, UUID), post(second, UUID), kind=kind)
    await refused(clinic, asked, 400, "Bundle.entry[1].fullUrl")


async def test_what_two_servers_call_alike_is_not_guessed(clinic, ward):
    one, other = (
        post(make.condition(ward.person_id), f"http://{host}.cn/fhir/Condition/1")
        for host in ("a", "b")
    )
    value = {**make.observation(ward.person_id), "focus": [{"reference": "Condition/1"}]}
    await refused(clinic, bundle(one, other, post(value)), 422, "Bundle.entry[2]")
    value["focus"] = [{"reference": "http://b.cn/fhir/Condition/1"}]
    assert statuses(await clinic.post("", bundle(one, other, post(value)))) == [201] * 3


@pytest.mark.parametrize("lost", [UUID, "urn:oid:1.2.156.10011.99.1"])
async def test_an_address_that_no_entry_has_is_refused(clinic, ward, lost):
    value = {**make.observation(ward.person_id), "focus": [{"reference": lost}]}
    asked = bundle(post(make.condition(ward.person_id)), post(value))
    await refused(clinic, asked, 422, "Bundle.entry[1]")


async def test_criteria_find_what_the_same_transaction_creates(clinic, ward):
    """FHIR R4, 3.1.0.11.2: they are resolved last, wherever the entries stand."""
    named = {"identifier": [{"system": "urn:his", "value": f"n{ward.person_id}"}]}
    asked = f"Condition?identifier=urn:his|n{ward.person_id}"
    value = {**make.observation(ward.person_id), "focus": [{"reference": asked}]}
    entries = [post(value), post({**make.condition(ward.person_id), **named})]
    answer = await clinic.post("", bundle(*entries), headers={"prefer": "return=representation"})
    assert statuses(answer) == [201, 201]
    made, condition = (entry["resource"] for entry in answer.json()["entry"])
    assert made["focus"] == [{"reference": f"Condition/{condition['id']}"}]
    assert (await clinic.post("", bundle(*entries))).status_code == 412
    assert len(await clinic.found("Observation")) == 1
    gone = bundle(post(value), ask("DELETE", f"Condition/{condition['id']}"))
    assert (await clinic.post("", gone)).status_code == 422


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize(
    ("where", "place"),
    [
        (lambda asked: asked, "Bundle"),
        (lambda asked: asked["entry"][1], "Bundle.entry[1]"),
        (lambda asked: asked["entry"][0]["request"], "Bundle.entry[0].request"),
    ],
)
async def test_a_bundle_says_nothing_that_is_not_heard(clinic, ward, kind, where, place):
    entries = [post(make.condition(ward.person_id)) for _ in range(2)]
    asked = bundle(*entries, kind=kind)
    where(asked)["colour"] = "red"
    assert "colour" in (await refused(clinic, asked, 400, place)).text


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_every_address_is_read_in_a_bundle_as_by_itself(clinic, ward, clock, kind):
    """FHIR R4, 3.1.0.11: an entry is what its request would be."""
    made = (await clinic.post("Condition", make.condition(ward.person_id))).json()
    path = f"Condition/{made['id']}"
    clock.forward(minutes=1)
    changed = {**without_meta(made), "recordedDate": "2029-03-02"}
    assert (await clinic.put(path, changed, headers={"if-match": 'W/"1"'})).status_code == 200
    paths = (
        path,
        f"{path}/_history/1",
        f"{path}/_history/2",
        f"{path}/_history",
        f"{path}/_history?_count=1",
        "Condition/_history",
        "_history?_count=1",
        "Condition?code=I10&_sort=recorded-date",
        f"Patient/{ward.person_id}/Condition",
        f"Patient/{ward.person_id}/Condition?code=E11",
        "OperationDefinition/Appointment-hold",
        "metadata",
    )
    answer = await clinic.post("", bundle(*(ask("GET", one) for one in paths), kind=kind))
    assert statuses(answer) == [200] * len(paths)
    for one, entry in zip(paths, answer.json()["entry"], strict=True):
        alone = await clinic.get(one)
        read = entry["resource"]
        if read["resourceType"] == "Bundle":  # a cursor is drawn anew each time
            assert without_links(read) == without_links(alone.json()), one
        else:
            assert read == alone.json(), one
        assert entry["response"].get("etag") == alone.headers.get("etag"), one
    links = answer.json()["entry"][4]["resource"]["link"]
    following = next(link["url"] for link in links if link["relation"] == "next")
    assert (await clinic.bundle(following.removeprefix(f"{BASE}/")))["entry"]


def without_links(bundle):
    return {name: value for name, value in bundle.items() if name != "link"}


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_a_reader_who_has_it_already_is_told_so_in_a_bundle(clinic, ward, kind):
    made = (await clinic.post("Condition", make.condition(ward.person_id))).json()
    path = f"Condition/{made['id']}"
    at = made["meta"]["lastUpdated"]

    def read(one, **more):
        return {"request": {"method": "GET", "url": one, **more}}

    answer = await clinic.post(
        "",
        bundle(
            read(path, ifNoneMatch='W/"1"'),
            read(path, ifNoneMatch='W/"2"'),
            read(f"{path}/_history/1", ifNoneMatch='W/"1"'),
            read(path, ifModifiedSince=at),
            read(path, ifModifiedSince="2020-01-01T00:00:00Z"),
            kind=kind,
        ),
    )
    assert statuses(answer) == [304, 200, 304, 304, 200]
    for entry in answer.json()["entry"]:
        assert ("resource" in entry) is entry["response"]["status"].startswith("200")
        assert (entry["response"]["etag"], entry["response"]["lastModified"]) == ('W/"1"', at)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Condition/1/_history/x", 404),
        ("Condition/1/_history/1/2", 404),
        ("Condition/1/Spell", 404),
        ("Device/1/Patient/2", 404),
        ("Slot/1/_history", 405),
        ("Slot/1/_history/1", 405),
        ("metadata/1", 404),
        ("", 404),
    ],
)
async def test_an_address_that_is_none_is_told_with_its_place(clinic, ward, path, status):
    alone = await clinic.post("", bundle(ask("GET", path), kind="batch"))
    assert statuses(alone) == [status]
    answer = await clinic.post("", bundle(ask("GET", path)))
    assert answer.status_code == status
    assert answer.json()["issue"][0]["expression"][0].startswith("Bundle.entry[0].request")
