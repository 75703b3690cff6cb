from base64 import urlsafe_b64decode
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from lianyi.access.service.desks import FEW as MOST_NAMED
from lianyi.journeys.fhir_along import MOST
from lianyi.people.model import DOCTOR
from lianyi.records import service as records
from lianyi.records.model import PUBLIC
from lianyi.records.tables.beginnings import STRETCH
from lianyi.records.tables.searches import FEW
from tests.fhir.conftest import BASE
from tests.place import Place
from tests.records import make
from tests.records.test_beginnings import NEWER, PERSONS, WANTED

UCUM = "http://unitsofmeasure.org"
STATUS, OTHERS = "http://hl7.org/fhir/observation-status", "http://hl7.org/fhir/composition-status"
CODED = "http://terminology.hl7.org/CodeSystem"
DAY = "2030-01-06"


def pressure(person_id, systolic, diastolic, **given):
    parts = [
        {
            "code": make.concept(make.LOINC, code),
            "valueQuantity": {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        }
        for code, value in (("8480-6", systolic), ("8462-4", diastolic))
    ]
    return make.body(
        "Observation",
        person_id,
        status="final",
        code=make.concept(make.LOINC, "85354-9", "血压"),
        effectiveDateTime=f"{DAY}T08:00:00+08:00",
        component=parts,
        **given,
    )


@pytest.fixture
async def weighed(ward):
    """One observation that the tables of cases ask for, among others that are not it."""
    one = make.observation(
        ward.person_id,
        72.4,
        code="29463-7",
        at=f"{DAY}T09:30:00+08:00",
        identifier=[{"system": "urn:lab", "value": "W-1"}],
        method={"text": "秤"},
        device={"reference": "Device/scale-1", "identifier": {"system": "urn:sn", "value": "S9"}},
        meta={
            "profile": ["http://hl7.org/fhir/StructureDefinition/bodyweight"],
            "security": [{"system": "urn:s", "code": "a|b$c,d"}],
            "source": "urn:lab:1",
        },
    )
    one["valueQuantity"] |= {"unit": "kg", "system": UCUM, "code": "kg"}
    another = make.observation(ward.person_id, 138, at="2029-12-31T23:00:00+08:00")
    await ward.publish(one, another)
    return one["id"], another["id"]


FINDS = [
    # token
    "code=29463-7", f"code={make.LOINC}|29463-7", "code=29463-7,nonsense", "code:not=8480-6",
    "status=final&code=29463-7", "identifier=urn:lab|W-1", "identifier=urn:lab|", "identifier=W-1",
    "device:identifier=urn:sn|S9",
    # a code whose system goes without saying
    f"status={STATUS}|final&code=29463-7", f"status={STATUS}|&code=29463-7",
    f"status={STATUS}|amended,{STATUS}|final&code=29463-7", f"status:not={STATUS}|amended",
    f"status:not={OTHERS}|final", "status=|final",
    # date
    "date=2030-01-06", "date=2030-01", "date=2030", "date=ge2030-01-06", "date=gt2030-01-05",
    "date=sa2030-01-05", "date=ge2030-01-06&date=lt2030-01-07", "date=2030-01-06T09:30:00%2B08:00",
    "date=ap2030-01-06", "date=ne2029-12-31",
    # quantity and number
    "value-quantity=72.4", f"value-quantity=72.4|{UCUM}|kg", "value-quantity=72.4||kg",
    "value-quantity=lt100", "value-quantity=le72.4", "value-quantity=ap70&code=29463-7",
    "value-quantity=72",
    # reference
    "device=Device/scale-1", "device=scale-1", "device:Device=scale-1",
    f"device={BASE}/Device/scale-1", "device:missing=false",
    # uri
    "_profile=http://hl7.org/fhir/StructureDefinition/bodyweight",
    "_profile:below=http://hl7.org/fhir/StructureDefinition",
    # composite
    f"code-value-quantity={make.LOINC}|29463-7$gt70",
    # of all types
    "_lastUpdated=ge2030-01-01&code=29463-7", "_security=urn:s|", "_source=urn:lab:1",
    # letters that would mean something else
    r"_security=urn:s|a\|b\$c\,d", r"_security=a\|b\$c\,d", r"code=8480-6\,,29463-7",
]  # fmt: skip
MISSES = [
    "code=nonsense", "code=urn:other|29463-7", "code=|29463-7", "code:not=29463-7",
    "status=preliminary", f"status={OTHERS}|final", "status=urn:x|final", f"status={OTHERS}|",
    f"status={STATUS}|amended", f"status:not={STATUS}|final",
    "identifier=urn:lab|W-2", "identifier=urn:la|",
    "date=2030-01-07", "date=lt2030-01-06", "date=eb2030-01-06", "date=ne2030-01-06&code=29463-7",
    "value-quantity=72.5", "value-quantity=gt72.4&code=29463-7", "value-quantity=72.4||g",
    "device=Device/scale-2", "device=Patient/scale-1", "device:missing=true&code=29463-7",
    "_profile=http://hl7.org/fhir/StructureDefinition",
    f"code-value-quantity={make.LOINC}|29463-7$gt80",
    "_lastUpdated=lt2030-01-01", r"_security=urn:s|a\|b\$c,d", "_security=a|b$c", "_source=urn:lab",
    r"code=8480-6\,29463-7",
]  # fmt: skip


@pytest.mark.parametrize("query", FINDS)
async def test_a_search_finds(doctors, ward, weighed, query):
    one, another = weighed
    found = await doctors.found(f"Observation?subject=Patient/{ward.person_id}&{query}")
    assert one in found
    if "code" in query:
        assert another not in found


@pytest.mark.parametrize("query", MISSES)
async def test_a_search_misses(doctors, ward, weighed, query):
    one, _ = weighed
    assert one not in await doctors.found(f"Observation?patient={ward.person_id}&{query}")


TIMES = {  # what is found by a minute, which lies where its offset says
    "2030-01-06T09:30-05:00": "2030-01-06T14:30:20Z",
    "2030-01-06T09:30%2B08:00": "2030-01-06T01:30:59.5Z",
    "2030-01-06T09:30:10-05:00": "2030-01-06T22:30:10.9+08:00",
    "2029-12-31T23:59Z": "2029-12-31T23:59:60Z",
}


@pytest.mark.parametrize(("asked", "at"), TIMES.items())
async def test_a_time_is_as_long_as_it_is_written(doctors, ward, asked, at):
    one = make.observation(ward.person_id, at=at)
    await ward.publish(one, make.observation(ward.person_id, at="2030-01-06T15:31:00Z"))
    assert await doctors.found(f"Observation?patient={ward.person_id}&date={asked}") == [one["id"]]


NUMBERS = ["0.25", "lt0.3", "ge0.25&probability=lt0.5", "2.5e-1", "ap0.26", "0.7,0.25"]


@pytest.mark.parametrize("asked", NUMBERS)
async def test_a_number_is_as_exact_as_it_is_written(doctors, ward, asked):
    risks = [
        make.body(
            "RiskAssessment",
            ward.person_id,
            status="final",
            prediction=[{"probabilityDecimal": Decimal(chance)}],
        )
        for chance in ("0.251", "0.9")
    ]
    await ward.publish(*risks)
    path = f"RiskAssessment?patient={ward.person_id}&probability="
    assert await doctors.found(path + asked) == [risks[0]["id"]]
    assert await doctors.found(f"{path}0.250") == []


async def test_links_lead_over_links(doctors, ward):
    whole = make.encounter(ward.person_id)
    part = make.encounter(ward.person_id, partOf={"reference": f"Encounter/{whole['id']}"})
    seen = make.observation(ward.person_id, encounter={"reference": f"Encounter/{part['id']}"})
    report = make.body(
        "DiagnosticReport",
        ward.person_id,
        status="final",
        code=make.concept(make.LOINC, "85354-9"),
        result=[{"reference": f"Observation/{seen['id']}"}],
    )
    await ward.publish(whole, part, seen, report)
    me = f"patient={ward.person_id}"
    over = f"DiagnosticReport?{me}&result.encounter"
    assert await doctors.found(f"{over}.class=AMB") == [report["id"]]
    assert await doctors.found(f"{over}.part-of.status=finished") == [report["id"]]
    assert await doctors.found(f"{over}.part-of.status=planned") == []
    back = f"Encounter?{me}&_has:Observation:encounter:_has:DiagnosticReport:result:code"
    assert await doctors.found(f"{back}=85354-9") == [part["id"]]
    assert await doctors.found(f"{back}=8480-6") == []


async def test_all_that_a_page_refers_to_comes_along(doctors, ward):
    visit = make.encounter(ward.person_id)
    seen = make.observation(ward.person_id, encounter={"reference": f"Encounter/{visit['id']}"})
    await ward.publish(visit, seen)
    bundle = await doctors.bundle(f"Observation?patient={ward.person_id}&_include=*")
    along = [one for one in bundle["entry"] if one["search"]["mode"] == "include"]
    assert [one["resource"]["id"] for one in along] == [visit["id"]]


async def test_several_of_ones_own_addresses_are_alternatives(doctors, ward, weighed):
    one, _ = weighed
    asked = f"{BASE}/Device/none,{BASE}/Device/scale-1"
    assert await doctors.found(f"Observation?patient={ward.person_id}&device={asked}") == [one]


NOWHERE = ["", "?_type=Patient", "/a/b/c/d/e", "/Patient/1/*", "/$nothing", "/Patient/$nothing"]


@pytest.mark.parametrize("path", NOWHERE)
async def test_what_is_nowhere_is_told_as_an_outcome(doctors, path):
    answer = await doctors.http.get(f"{BASE}{path}")
    assert answer.status_code in {404, 405}
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_a_composite_asks_for_both_on_the_same_part(doctors, ward):
    body = pressure(ward.person_id, 150, 80)
    await ward.publish(body)
    asked = f"Observation?patient={ward.person_id}&component-code-value-quantity="
    assert await doctors.found(f"{asked}{make.LOINC}|8480-6$gt140") == [body["id"]]
    assert await doctors.found(f"{asked}{make.LOINC}|8462-4$gt140") == []
    assert await doctors.found(f"{asked}8462-4$gt140,8480-6$gt140") == [body["id"]]


# Both names of what is filed once: `{group}` is an observation of a group, all else of one person.
TWO_NAMED = [
    ("combo-code=8480-6", "parts whole"),
    (f"combo-code={make.LOINC}|8462-4", "parts"),
    ("combo-code:not=8480-6", "group"),
    ("combo-code:text=收缩", "whole group"),
    ("combo-code:missing=true", ""),
    ("combo-value-quantity=gt145", "parts"),
    (f"combo-value-quantity=lt90|{UCUM}|mm[Hg]", "parts"),
    (f"combo-value-quantity=gt10|{UCUM}|kPa", "parts"),
    (f"combo-code-value-quantity={make.LOINC}|8480-6$gt145", "parts"),
    (f"combo-code-value-quantity={make.LOINC}|8462-4$gt145", ""),
    (f"combo-code-value-quantity={make.LOINC}|8480-6$138", "whole"),
    ("patient={person}", "parts whole"),
    ("patient=Patient/{person}", "parts whole"),
    ("patient=Group/{person}", ""),
    ("patient=Group/{group}", ""),
    ("subject=Group/{group}", "group"),
    ("patient:missing=true", "group"),
    ("patient:missing=false", "parts whole"),
    ("subject:missing=true", ""),
    ("patient:identifier=urn:people|P-9", "whole"),
    ("patient._id={person}", "parts whole"),
    ("patient:Group._id={group}", ""),
    ("subject:Patient._id={person}", "parts whole"),
]


@pytest.mark.parametrize(("query", "wanted"), TWO_NAMED)
async def test_what_is_filed_once_is_found_by_both_of_its_names(doctors, ward, query, wanted):
    parts, whole = pressure(ward.person_id, 150, 80), make.observation(ward.person_id, 138)
    whole["subject"]["identifier"] = {"system": "urn:people", "value": "P-9"}
    group, of = str(uuid4()), make.observation(ward.person_id, 20, code="8867-4")
    of["subject"] = {"reference": f"Group/{group}"}
    who = {"resourceType": "Patient", "id": str(ward.person_id)}
    await ward.publish(parts, whole, of, who)
    names = {parts["id"]: "parts", whole["id"]: "whole", of["id"]: "group"}
    asked = query.format(person=ward.person_id, group=group)
    for more in ("", f"&subject=Patient/{ward.person_id},Group/{group}"):
        found = await doctors.found(f"Observation?{asked}{more}")
        assert sorted(names.get(id, id) for id in found) == sorted(wanted.split())


async def test_what_is_filed_once_leads_on_by_both_of_its_names(doctors, ward):
    one, who = make.observation(ward.person_id, code="8867-4"), str(ward.person_id)
    await ward.publish(one, {"resourceType": "Patient", "id": who})
    for name in ("patient", "subject"):
        asked = f"Observation?_id={one['id']}&_include=Observation:{name}"
        assert [r["id"] for r in of_mode(await doctors.bundle(asked), "include")] == [who]
        wrong = await doctors.bundle(f"{asked}:Group")
        assert of_mode(wrong, "include") == []
        back = await doctors.bundle(f"Patient?_id={who}&_revinclude=Observation:{name}")
        assert [r["id"] for r in of_mode(back, "include")] == [one["id"]]
        assert await doctors.found(f"Patient?_id={who}&_has:Observation:{name}:code=8867-4") == [
            who
        ]
        assert await doctors.found(f"Group?_has:Observation:{name}:code=8867-4") == []
        assert await doctors.found(f"Observation?code=8867-4&_sort={name}") == [one["id"]]
    compartment = await doctors.found(f"Patient/{who}/Observation?combo-code=8867-4")
    assert compartment == [one["id"]]


async def test_texts_are_found_by_their_beginning_without_case_and_accents(doctors, ward):
    body = {
        "resourceType": "Device",
        "id": make.encounter(ward.person_id)["id"],
        "patient": {"reference": f"Patient/{ward.person_id}"},
        "deviceName": [{"name": "Ärm Monitor 血压计", "type": "user-friendly-name"}],
    }
    await ward.publish(body)
    for text, finds in {"arm": True, "ÄRM": True, "monitor": False}.items():
        asked = {"device-name": text, "patient": str(ward.person_id)}
        assert (await doctors.found("Device", params=asked) == [body["id"]]) is finds, text
    for text, finds in {"血压": True, "压": True, "MON": True, "r": True, "压血": False}.items():
        contains = {"device-name:contains": text, "patient": str(ward.person_id)}
        assert (await doctors.found("Device", params=contains) == [body["id"]]) is finds, text
    exact = {"device-name:exact": "ärm monitor 血压计", "patient": str(ward.person_id)}
    assert await doctors.found("Device", params=exact) == []


VITAL = "http://hl7.org/fhir/ValueSet/observation-vitalsignresult"
ICD = "http://hl7.org/fhir/sid/icd-10"
STATUS = "http://hl7.org/fhir/observation-status"


@pytest.mark.parametrize(
    ("type", "query", "finds"),
    [
        ("Observation", f"code:in={VITAL}", True),
        ("Observation", f"code:not-in={VITAL}", False),
        ("Observation", "status:in=http://hl7.org/fhir/ValueSet/observation-status", True),
        ("Observation", f"status:below={STATUS}|amended", False),
        ("Observation", f"status:above={STATUS}|final", True),
        ("Observation", "code:text=收缩", True),
        ("Observation", "code:text=舒张", False),
        ("Condition", f"code:below={ICD}|I10", True),
        ("Condition", f"code:below={ICD}|I11", False),
        ("Condition", f"code:above={ICD}|I10.x00x002", True),
        ("Condition", f"code:above={ICD}|I11.900", False),
    ],
)
async def test_a_code_is_found_by_its_family_its_set_and_its_words(
    doctors, ward, type, query, finds
):
    code = {"coding": [{"system": make.LOINC, "code": "8480-6"}], "text": "收缩压"}
    one = {**make.observation(ward.person_id), "code": code}
    other = make.condition(ward.person_id)
    await ward.publish(one, other)
    wanted = one if type == "Observation" else other
    found = await doctors.found(f"{type}?patient={ward.person_id}&{query}")
    assert (wanted["id"] in found) is finds


@pytest.mark.parametrize(
    "query",
    ["code:in=urn:unknown", f"code:in=2|{VITAL}", "code:below=urn:unknown|1", "code:below=I10"],
)
async def test_codes_of_what_is_not_known_here_are_refused_and_never_taken_for_none(
    doctors, ward, query
):
    answer = await doctors.get(f"Observation?patient={ward.person_id}&{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["issue"][0]["code"] == "value"


async def test_chains_and_their_opposite_go_over_links(doctors, ward):
    visit = make.encounter(ward.person_id)
    about = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    one, other = make.condition(ward.person_id, **about), make.condition(ward.person_id)
    await ward.publish(visit, one, other)
    me = f"patient={ward.person_id}"
    assert await doctors.found(f"Condition?{me}&encounter.class=AMB") == [one["id"]]
    assert await doctors.found(f"Condition?{me}&encounter.class=IMP") == []
    assert await doctors.found(f"Condition?{me}&encounter:Encounter.status=finished") == [one["id"]]
    assert await doctors.found(f"Encounter?{me}&_has:Condition:encounter:code=I10") == [visit["id"]]
    assert await doctors.found(f"Encounter?{me}&_has:Condition:encounter:code=J00") == []


async def test_what_is_linked_comes_along_when_asked_for(doctors, ward):
    visit = make.encounter(ward.person_id)
    about = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    one = make.condition(ward.person_id, **about)
    await ward.publish(visit, one)
    me = f"patient={ward.person_id}"

    def along(bundle):
        return [e["resource"]["id"] for e in bundle["entry"] if e["search"]["mode"] == "include"]

    there = await doctors.bundle(f"Condition?{me}&_include=Condition:encounter")
    assert along(there) == [visit["id"]]
    back = await doctors.bundle(f"Encounter?{me}&_revinclude=Condition:encounter")
    assert along(back) == [one["id"]]
    assert along(await doctors.bundle(f"Condition?{me}&_include=Condition:*")) == [visit["id"]]


def of_mode(bundle, mode):
    return [e["resource"] for e in bundle.get("entry", ()) if e["search"]["mode"] == mode]


async def test_a_page_with_too_much_beside_it_is_shorter_and_goes_on(patients, ward):
    visits = [make.encounter(ward.person_id) for _ in range(2)]
    bodies = [
        make.condition(ward.person_id, encounter={"reference": f"Encounter/{visits[n > 0]['id']}"})
        for n in range(MOST + 1)
    ]
    await ward.publish(*visits, *bodies)
    for sort in ("", "&_sort=date"):
        path = f"Encounter?patient={ward.person_id}&_revinclude=Condition:encounter{sort}"
        pages = [page async for page in through(patients, path)]
        assert [len(of_mode(page, "match")) for page in pages] == [1, 1]
        assert {each["id"] for page in pages for each in of_mode(page, "match")} == {
            each["id"] for each in visits
        }
        assert sorted(len(of_mode(page, "include")) for page in pages) == [1, MOST]
        assert not any(of_mode(page, "outcome") for page in pages)


async def through(reader, path):
    while path:
        page = await reader.bundle(path)
        yield page
        path = next((x["url"] for x in page["link"] if x["relation"] == "next"), "")
        path = path.removeprefix(f"{BASE}/")


async def test_what_does_not_come_along_is_not_left_out_without_a_word(patients, ward):
    visit = make.encounter(ward.person_id)
    about = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    bodies = [make.condition(ward.person_id, **about) for _ in range(MOST + 1)]
    await ward.publish(visit, *bodies[:MOST])
    asked = f"Encounter?patient={ward.person_id}&_revinclude=Condition:encounter"
    whole = await patients.bundle(asked)
    assert (len(of_mode(whole, "include")), of_mode(whole, "outcome")) == (MOST, [])
    await ward.publish(bodies[MOST])
    part = await patients.bundle(asked)
    assert (len(of_mode(part, "include")), len(of_mode(part, "match"))) == (MOST, 1)
    rest = [page async for page in through(patients, f"{told_of(part)}&_count=200")]
    found = {each["id"] for page in rest for each in of_mode(page, "match")}
    assert found == {each["id"] for each in bodies}
    entries = [{"item": {"reference": f"Condition/{one['id']}"}} for one in bodies]
    more = make.body("List", ward.person_id, status="current", mode="working", entry=entries)
    await ward.publish(more)
    listed = await patients.bundle(f"List?_id={more['id']}&_include=List:item:Condition")
    assert (await patients.bundle(f"{told_of(listed)}&_summary=count"))["total"] == len(bodies)
    path = "Patient/$everything?_type=List,Condition&_count=200"
    pages = [page async for page in through(patients, path)]
    everything = [each["id"] for page in pages for each in of_mode(page, "match")]
    assert sorted(everything) == sorted([more["id"], *(each["id"] for each in bodies)])
    (cut,) = (page for page in pages if of_mode(page, "outcome"))
    assert [each["id"] for each in of_mode(cut, "match")] == [more["id"]]


def told_of(page):
    """Return the search that an outcome tells to make for what didn't come along."""
    (outcome,) = of_mode(page, "outcome")
    (issue,) = outcome["issue"]
    assert issue["severity"] == "warning"
    return issue["diagnostics"].rpartition("：")[2]


@pytest.mark.parametrize(("links", "is_cut"), [(3, False), (4, True)])
async def test_links_that_go_on_and_on_are_followed_thrice_and_that_is_said(
    patients, ward, links, is_cut
):
    first, bodies = None, []
    for _ in range(links + 1):
        to = {"hasMember": [{"reference": f"Observation/{first}"}]} if first else {}
        bodies.append(make.observation(ward.person_id, 1, code=f"x-{len(bodies)}", **to))
        first = bodies[-1]["id"]
    await ward.publish(*bodies)
    found = await patients.bundle(
        f"Observation?_id={first}&_include:iterate=Observation:has-member"
    )
    assert len(of_mode(found, "include")) == 3
    assert bool(of_mode(found, "outcome")) is is_cut


async def test_pages_follow_each_other_and_lose_nothing(doctors, ward):
    bodies = [make.observation(ward.person_id, n, at=f"{DAY}T0{n}:00:00Z") for n in range(7)]
    await ward.publish(*bodies)
    for sort in ("", "&_sort=date", "&_sort=-value-quantity", "&_sort=code,-date"):
        path, seen, pages = f"Observation?patient={ward.person_id}&_count=3{sort}", [], 0
        while path:
            bundle = await doctors.bundle(path)
            seen += [entry["resource"]["valueQuantity"]["value"] for entry in bundle["entry"]]
            pages += 1
            path = next((x["url"] for x in bundle["link"] if x["relation"] == "next"), "")
            path = path.removeprefix(f"{BASE}/")
        expected = list(range(7)) if sort == "&_sort=date" else list(range(6, -1, -1))
        assert (seen, pages) == (expected, 3), sort


async def test_what_nothing_leads_to_over_many_persons_is_looked_for_page_by_page(doctors, ward):
    stranger, place = (await ward.place.resident()).person_id, ward.place.id
    await ward.place.rows(PERSONS, place, MOST_NAMED + 1, "http://far|off", 1, timedelta(minutes=1))
    await ward.place.rows(NEWER, stranger, place, STRETCH)
    path, found = "Observation?status:not=preliminary&_count=200", []
    for more in ("_sort=date", "_total=accurate", "_summary=count"):
        answer = await doctors.get(f"{path}&{more}")
        (issue,) = answer.json()["issue"]
        assert (answer.status_code, issue["code"]) == (400, "too-costly")
        assert more.partition("=")[0] in issue["diagnostics"]
    assert "total" in await doctors.bundle("Observation?date=ge2020&_sort=-date&_total=accurate")
    first = await doctors.bundle(path)
    assert "entry" not in first
    page = first
    while len(found) < 400:
        (path,) = (link["url"] for link in page["link"] if link["relation"] == "next")
        page = await doctors.bundle(path.removeprefix(f"{BASE}/"))
        found += [entry["resource"]["id"] for entry in page.get("entry", ())]
    wanted = await ward.place.rows(WANTED, place, stranger)
    assert found == [id for (id,) in wanted[:400]]


async def test_a_cursor_names_nothing(doctors, ward):
    """PRI-01: a page may end at what its reader may not see."""
    await ward.publish(*(make.observation(ward.person_id, n) for n in range(2)))
    bundle = await doctors.bundle(f"Observation?patient={ward.person_id}&_count=1")
    (url,) = (link["url"] for link in bundle["link"] if link["relation"] == "next")
    cursor = url.partition("_page=")[2]
    last = bundle["entry"][0]["resource"]["id"]
    assert last.encode() not in urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    changed = f"{cursor[:20]}{'A' if cursor[20] != 'A' else 'B'}{cursor[21:]}"
    for wrong in ("", "A", "~", cursor[:-8], changed):
        path = f"{url.partition('_page=')[0]}_page={wrong}"
        again = await doctors.bundle(path.removeprefix(f"{BASE}/"))
        assert again["entry"] == bundle["entry"], wrong


async def test_a_cursor_of_somebody_else_begins_anew(doctors, patients, ward):
    await ward.publish(*(make.observation(ward.person_id, n) for n in range(3)))
    path = f"Observation?patient={ward.person_id}&_count=2"
    bundle = await doctors.bundle(path)
    following = next(x["url"] for x in bundle["link"] if x["relation"] == "next")
    assert len(await doctors.found(following.removeprefix(f"{BASE}/"))) == 1
    assert len(await patients.found(following.removeprefix(f"{BASE}/"))) == 2


async def test_a_search_by_form_is_the_same(doctors, ward, weighed):
    one, _ = weighed
    form = {"patient": str(ward.person_id), "code": "29463-7"}
    answer = await doctors.http.post(f"{BASE}/Observation/_search", data=form)
    assert [entry["resource"]["id"] for entry in answer.json()["entry"]] == [one]


async def test_a_total_is_told_when_asked_for(doctors, ward, weighed):
    me = f"Observation?patient={ward.person_id}"
    assert "total" not in await doctors.bundle(me)
    assert (await doctors.bundle(f"{me}&_total=accurate&_count=1"))["total"] == 2
    for none in ("_summary=count", "_count=0"):
        count = await doctors.bundle(f"{me}&{none}&_include=Observation:subject")
        assert (count["total"], count.get("entry"), len(count["link"])) == (2, None, 1), none


async def test_a_number_of_few_is_told_to_them_and_one_of_many_looks_at_nobody(doctors, ward):
    """PRI-11, EMR-05: how many have it, of those named So-and-so, is a question about So-and-so."""
    people = [uuid4() for _ in range(FEW + 1)]
    given = {"holder_id": ward.doctor.institution_id, "zone": ZoneInfo("Asia/Shanghai")}
    stored = [
        records.prepare(make.condition(one, code), owner=one, **given)
        for n, one in enumerate(people)
        for code in ("J45", *(["J46"] if n else []))
    ]
    await ward.place.do(ward.doctor, records.store, resources=stored)
    for one in people:
        await ward.place.relate(one, DOCTOR)

    async def told():
        log = """SELECT count(DISTINCT id) FROM access.log, unnest(person_ids) AS id
                 WHERE id = ANY ($1) AND what = 'fhir'"""
        return await ward.place.rows(log, people)

    assert (await doctors.bundle("Condition?code=J45&_summary=count"))["total"] == FEW + 1
    assert await told() == [(0,)]
    assert (await doctors.bundle("Condition?code=J46&_summary=count"))["total"] == FEW
    assert await told() == [(FEW,)]


async def test_parts_of_resources_say_that_they_are_parts(doctors, ward, weighed):
    me = f"Observation?patient={ward.person_id}&code=29463-7"
    for query, there, gone in (
        ("_elements=code", {"code", "status"}, {"valueQuantity", "method"}),
        ("_elements=value", {"code", "valueQuantity"}, {"method"}),
        ("_summary=true", {"code", "valueQuantity"}, {"method"}),
        ("_summary=text", {"status", "code"}, {"valueQuantity"}),
        ("_summary=data", {"method", "valueQuantity"}, {"text"}),
    ):
        bundle = await doctors.bundle(f"{me}&{query}")
        body = bundle["entry"][0]["resource"]
        assert there <= set(body), query
        assert not gone & set(body), query
        assert body["meta"]["tag"][-1]["code"] == "SUBSETTED"


@pytest.mark.parametrize("query", ["_elements=recordedDate", "_summary=text", "_summary=true"])
async def test_a_part_says_that_the_rest_is_not_so(doctors, ward, query):
    """FHIR R4, conformance-rules#isModifier: a refuted diagnosis never comes without saying so."""
    refuted = make.concept(f"{CODED}/condition-ver-status", "refuted")
    await ward.publish(make.condition(ward.person_id, verificationStatus=refuted))
    bundle = await doctors.bundle(f"Condition?patient={ward.person_id}&{query}")
    body = bundle["entry"][0]["resource"]
    assert body["verificationStatus"] == refuted
    assert {"subject", "clinicalStatus"} <= set(body)


REFUSED = [
    ("colour=red", "not-supported"),
    ("code:sounds-like=a", "not-supported"),
    ("date=yesterday", "value"),
    ("date=2030-02-30", "value"),
    ("value-quantity=much", "value"),
    ("subject:missing=perhaps", "value"),
    ("_filter=code eq 1", "not-supported"),
    ("subject.name.nothing=x", "not-supported"),
    ("_has:Observation:nothing:code=1", "not-supported"),
    ("_sort=colour", "not-supported"),
    ("_include=Observation:colour", "not-supported"),
    ("_count=many", "value"),
    ("_summary=some", "value"),
    ("_total=some", "value"),
    ("_contained=true", "value"),
    ("_revinclude=*", "not-supported"),
    ("code-value-quantity=1", "value"),
    ("has-member.has-member.has-member.has-member.code=1", "not-supported"),
]


@pytest.mark.parametrize(("query", "code"), REFUSED)
async def test_what_can_not_be_answered_is_named(doctors, query, code):
    answer = await doctors.get(f"Observation?{query}")
    assert answer.status_code == 400
    issue = answer.json()["issue"][0]
    assert (issue["code"], query.partition("=")[0] in issue["diagnostics"]) == (code, True)


async def test_who_is_lenient_gets_the_rest_and_is_told_what_was_left_out(doctors, ward, weighed):
    path = f"Observation?patient={ward.person_id}&code=29463-7&colour=red"
    bundle = await doctors.bundle(path, headers={"prefer": "handling=lenient"})
    modes = [entry["search"]["mode"] for entry in bundle["entry"]]
    assert modes == ["match", "outcome"]
    assert "colour" in bundle["entry"][1]["resource"]["issue"][0]["diagnostics"]


async def test_nobody_finds_what_they_may_not_read_nor_counts_it(program, ward, elsewhere):
    """EMR-09: not by a search, a count, a chain, an include or the opposite of one."""
    visit = make.encounter(ward.person_id)
    about = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    hidden = make.condition(ward.person_id, **about)
    await ward.publish(visit)
    await elsewhere.publish(hidden)
    doctors = await program(ward.doctor)
    me = f"patient={ward.person_id}"
    assert await doctors.found(f"Condition?{me}") == []
    assert (await doctors.bundle(f"Condition?{me}&_summary=count"))["total"] == 0
    assert await doctors.found(f"Encounter?{me}&_has:Condition:encounter:code=I10") == []
    bundle = await doctors.bundle(f"Encounter?{me}&_revinclude=Condition:encounter")
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["match"]


async def test_a_desk_finds_its_own_patients_only_and_each_of_them_is_told(program, ward):
    stranger = await ward.place.resident()
    known, unknown = make.condition(ward.person_id), make.condition(stranger.person_id)
    await ward.publish(known)
    await ward.publish(unknown, owner=stranger.person_id)
    doctors = await program(ward.doctor)
    found = await doctors.found("Condition?code=I10")
    assert known["id"] in found
    assert unknown["id"] not in found
    told = await ward.place.rows(
        "SELECT count(*) FROM access.log WHERE $1 = ANY (person_ids) AND what = 'fhir'",
        ward.person_id,
    )
    assert told == [(1,)]


async def test_a_series_about_too_many_persons_is_refused(doctors, ward):
    """PRI-11, PRI-28"""
    await ward.publish(*(make.condition(ward.person_id) for _ in range(401)))
    path, statuses = "Condition?code=I10&_count=200", []
    while path:
        answer = await doctors.get(path)
        statuses.append(answer.status_code)
        links = answer.json().get("link", ())
        path = next((x["url"] for x in links if x["relation"] == "next"), "")
        path = path.removeprefix(f"{BASE}/")
    assert statuses == [200, 200, 409]


async def test_who_comes_along_counts_in_a_series_too(doctors, ward):
    """PRI-11, PRI-28: one public place that more than 500 patients were at."""
    site = {"resourceType": "Location", "id": make.body("Location", "x")["id"], "name": "急诊"}
    await ward.publish(site, owner=PUBLIC, holder_id=PUBLIC)
    at = [{"location": {"reference": f"Location/{site['id']}"}}]
    people = [uuid4() for _ in range(501)]
    resources = [
        records.prepare(
            make.encounter(person, location=at),
            owner=person,
            holder_id=ward.doctor.institution_id,
            zone=ZoneInfo("Asia/Shanghai"),
        )
        for person in people
    ]
    await ward.place.do(ward.doctor, records.store, resources=resources)
    for person in people:
        await ward.place.relate(person, DOCTOR)
    asked = f"Location?_id={site['id']}"
    assert await doctors.found(asked) == [site["id"]]
    answer = await doctors.get(f"{asked}&_revinclude=Encounter:location")
    assert answer.status_code == 409


async def test_names_are_found_by_characters_pinyin_and_initials(doctors, ward):
    body = {
        "resourceType": "RelatedPerson",
        "id": make.encounter(ward.person_id)["id"],
        "patient": {"reference": f"Patient/{ward.person_id}"},
        "name": [{"text": "张小燕"}],
    }
    await ward.publish(body)
    for name, finds in {"张小": True, "zhangxiao": True, "zxy": True, "小燕": False}.items():
        params = {"name": name, "patient": str(ward.person_id)}
        assert (await doctors.found("RelatedPerson", params=params) == [body["id"]]) is finds, name


async def test_what_was_filed_by_less_is_found_once_it_is_filed_anew(app, doctors, ward):
    body, other = make.condition(ward.person_id), make.observation(ward.person_id)
    await ward.publish(body, other)
    asked = f"Condition?patient={ward.person_id}&code=I10"
    assert await doctors.found(asked) == [body["id"]]
    await as_of_before(app, body)
    assert await doctors.found(asked) == []
    assert await ward.place.do(ward.doctor, records.refile, limit=10) == 1
    assert await ward.place.do(ward.doctor, records.refile, limit=10) == 0
    assert await doctors.found(asked) == [body["id"]]


# As an older version has filed it.
TWICE = """INSERT INTO records.{table}
  SELECT (jsonb_populate_record(k, jsonb_build_object('name', $3::text))).*
  FROM records.{table} k WHERE fhir_id = $1 AND name = $2"""


async def test_what_was_filed_twice_is_let_go_and_nothing_else(app, doctors, ward):
    body = make.observation(ward.person_id, code="8867-4")
    await ward.publish(body)
    filed = "SELECT 'link', name FROM records.link WHERE fhir_id = $1 UNION ALL"
    filed += " SELECT 'token', name FROM records.token WHERE fhir_id = $1 ORDER BY 1, 2"
    before = await ward.place.rows(filed, body["id"])
    for table, own, name in (("link", "subject", "patient"), ("token", "code", "combo-code")):
        await ward.place.rows(TWICE.format(table=table), body["id"], own, name)
    await ward.place.rows("INSERT INTO records.sweep VALUES ('link', 0), ('token', 0)")
    assert len(await ward.place.rows(filed, body["id"])) == len(before) + 2
    assert await doctors.found(f"Observation?patient={ward.person_id}") == [body["id"]]
    while await ward.place.do(ward.doctor, records.sweep, pages=1):
        continue
    assert await ward.place.rows(filed, body["id"]) == before
    assert await doctors.found(f"Observation?patient={ward.person_id}") == [body["id"]]
    assert await ward.place.rows("SELECT FROM records.sweep") == []


async def as_of_before(app, body):
    """Leave a resource as a version that knew fewer parameters has stored it."""
    async with app.pool.acquire() as db:
        await db.execute("DELETE FROM records.link WHERE fhir_id = $1", body["id"])
        await db.execute("UPDATE records.resource SET filed = 0 WHERE fhir_id = $1", body["id"])


async def test_whoever_treats_somebody_sees_who_they_are(doctors, patients, program, app, ward):
    who = {
        "resourceType": "Patient",
        "id": str(ward.person_id),
        "name": [{"text": "欧阳青山"}],
        "birthDate": "1961-04-05",
    }
    await ward.publish(who, holder_id=PUBLIC)
    stranger = await program(await (await Place.found(app)).doctor())
    for reader, found in ((doctors, [who["id"]]), (patients, [who["id"]]), (stranger, [])):
        assert await reader.found("Patient", params={"name": "ouyang"}) == found
        assert await reader.found("Patient", params={"name:contains": "青"}) == found
        assert await reader.found(f"Patient?_id={ward.person_id}") == found
        for path in (f"Patient/{ward.person_id}", f"Patient/{ward.person_id}/_history"):
            assert (await reader.get(path)).status_code == (200 if found else 404)


async def test_a_compartment_is_what_belongs_to_somebody_or_something(doctors, patients, ward):
    visit = make.encounter(ward.person_id)
    about = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    one, other = make.condition(ward.person_id, **about), make.condition(ward.person_id)
    await ward.publish(visit, one, other)
    of_visit = f"Encounter/{visit['id']}/Condition?patient={ward.person_id}"
    for reader in (doctors, patients):
        found = await reader.found(f"Patient/{ward.person_id}/Condition")
        assert set(found) == {one["id"], other["id"]}
        assert await reader.found(of_visit) == [one["id"]]
        assert await reader.found(f"Patient/{make.encounter(ward.person_id)['id']}/Condition") == []
    page = await doctors.bundle(f"Patient/{ward.person_id}/Condition?_count=1")
    (following,) = [link["url"] for link in page["link"] if link["relation"] == "next"]
    assert f"/Patient/{ward.person_id}/Condition?" in following
    for path in (f"Patient/{ward.person_id}/Slot", "Slot/1/Patient", "Patient/x y/Condition"):
        assert (await doctors.get(path)).status_code == 404


async def test_a_compartment_of_a_stranger_is_not_there(program, app, ward):
    await ward.publish(make.condition(ward.person_id))
    stranger = await program(await (await Place.found(app)).doctor())
    assert await stranger.found(f"Patient/{ward.person_id}/Condition") == []


async def test_a_system_that_goes_without_saying_may_be_said_anywhere(doctors, patients, ward):
    """FHIR R4, 3.1.1.4.10: in chains, the other way round, of a person, in what is not to be."""
    visit = make.encounter(ward.person_id)
    value = make.observation(ward.person_id, encounter={"reference": f"Encounter/{visit['id']}"})
    who = {"resourceType": "Patient", "id": str(ward.person_id), "gender": "male"}
    await ward.publish(visit, value, who)
    me, ours = f"patient={ward.person_id}", "http://hl7.org/fhir/encounter-status"
    for path, found in (
        (f"Observation?{me}&encounter:Encounter.status={ours}|finished", [value["id"]]),
        (f"Observation?{me}&encounter:Encounter.status={STATUS}|finished", []),
        (f"Encounter?{me}&_has:Observation:encounter:status={STATUS}|final", [visit["id"]]),
        (f"Encounter?{me}&_has:Observation:encounter:status={ours}|final", []),
        (f"Patient?_id={ward.person_id}&gender={GENDER}|male", [str(ward.person_id)]),
        (f"Patient?_id={ward.person_id}&gender={STATUS}|male", []),
    ):
        for program in (doctors, patients):
            assert await program.found(path) == found, path


GENDER = "http://hl7.org/fhir/administrative-gender"
