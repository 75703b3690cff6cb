"""What touches a sensitive class is told by nobody's silence, whatever names the writer uses."""

import pytest

from lianyi.access.model import Purpose, Sensitive
from lianyi.records import service as records
from lianyi.records.rules.sensitive import LABELS
from tests.apps import Program
from tests.fhir.conftest import BASE
from tests.fhir.test_writing import clinic, firm
from tests.records import make

__all__ = ["clinic", "firm"]
S = Sensitive
OPEN = set(Sensitive) - {S.GENETICS}
HGNC = "http://www.genenames.org"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"


@pytest.fixture
async def in_hands(program, ward):
    """Return an app in the patient's own hands that reads all types, with some classes ticked."""

    async def of(ticked=frozenset()):
        firm = Program(ward.place)
        await firm.approved("patient/*.rs", Purpose.OWN)
        await firm.permitted(ward.patient, "patient/*.rs", ticked)
        return await program(firm.hat(ward.patient, "patient/*.rs"))

    return of


def explained(body):
    """Return a result as its institution brings it once somebody has told the person (IDN-11)."""
    tag = [{"system": "urn:lianyi:release", "code": "released"}]
    return {**body, "meta": {**body.get("meta", {}), "tag": tag}}


async def created(app, body):
    answer = await app.post(body["resourceType"], body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def sequence(person_id):
    return make.body("MolecularSequence", person_id, "patient", coordinateSystem=0, type="dna")


def coded(kind, system, code):
    def of(person_id):
        body = make.condition(person_id) if kind == "Condition" else make.observation(person_id)
        return {**body, "code": make.concept(system, code)}

    return of


def valued(**given):
    return lambda person_id: {**make.observation(person_id), **given}


TOLD = [
    (sequence, S.GENETICS),
    (coded("Observation", make.LOINC, "51968-6"), S.GENETICS),
    (coded("Observation", make.LOINC, "69547-8"), S.GENETICS),
    (coded("Observation", "urn:oid:2.16.840.1.113883.6.1", "81252-9"), S.GENETICS),
    (valued(category=[make.concept(SECTION, "GE")]), S.GENETICS),
    (
        valued(
            component=[
                {
                    "code": {"text": "基因"},
                    "valueCodeableConcept": make.concept(HGNC, "HGNC:1100", "BRCA1"),
                }
            ]
        ),
        S.GENETICS,
    ),
    (valued(derivedFrom=[{"reference": "MolecularSequence/1"}]), S.GENETICS),
    (
        valued(
            meta={"profile": ["http://hl7.org/fhir/uv/genomics-reporting/StructureDefinition/x"]}
        ),
        S.GENETICS,
    ),
    (coded("Condition", make.SNOMED, "717157006"), S.GENETICS),
    (coded("Condition", "urn:oid:2.16.840.1.113883.6.3", "B20"), S.INFECTION),
    (coded("Condition", "urn:oid:2.16.840.1.113883.6.90", "B20"), S.INFECTION),
    (coded("Condition", "urn:oid:2.16.156.10011.2.3.3.11.3", "B24.x01"), S.INFECTION),
    (coded("Condition", "http://id.who.int/icd/release/10/2019", "B20"), S.INFECTION),
    (coded("Condition", "urn:cn:GB/T14396-2016", "A53.900"), S.INFECTION),
    (coded("Condition", make.ICD10, "Z113"), S.INFECTION),
    (coded("Condition", make.SNOMED, "40780007"), S.INFECTION),
    (coded("Condition", f"{make.SNOMED}/900000000000207008", "86406008"), S.INFECTION),
    (coded("Observation", make.LOINC, "5221-7"), S.INFECTION),
    (coded("Observation", "https://loinc.org/", "70241-5"), S.INFECTION),
    (coded("Condition", make.SNOMED, "13313007"), S.PSYCHIATRY),
    (coded("Condition", make.SNOMED, "57797005"), S.REPRODUCTION),
    (coded("Condition", make.SNOMED, "706893006"), S.VIOLENCE),
    (coded("Condition", "http://hl7.org/fhir/sid/icd-10-cm", "T76.11XA"), S.VIOLENCE),
]


@pytest.mark.parametrize(("written", "kind"), TOLD)
async def test_what_an_app_writes_is_as_sensitive_as_what_it_says(
    clinic, in_hands, ward, written, kind
):
    """PRI-01, PRI-02: only who has ticked its class lets an app read it; genes no one can."""
    made = await created(clinic, explained(written(ward.person_id)))
    type, path = made["resourceType"], f"{made['resourceType']}/{made['id']}"
    for ticked in (frozenset(), OPEN - {kind}):
        app = await in_hands(ticked)
        for answer in (await app.get(path), await app.get(f"{path}/_history")):
            assert answer.status_code == 404, ticked
        assert await app.found(type) == []
    app = await in_hands(OPEN)
    assert await app.found(type) == ([] if kind is S.GENETICS else [made["id"]])


async def test_what_is_ordinary_stays_open(clinic, in_hands, ward):
    words = {"note": [{"text": "genetics, MolecularSequence, ICD-10 B20"}]}
    made = [
        await created(clinic, body)
        for body in (
            make.condition(ward.person_id, **words),
            coded("Condition", "urn:oid:2.16.840.1.113883.6.3", "I10")(ward.person_id),
            coded("Condition", "http://example.cn/ward", "B20")(ward.person_id),
        )
    ]
    app = await in_hands()
    assert set(await app.found("Condition")) == {one["id"] for one in made}


LABEL = {"security": [{"system": LABELS, "code": "HIV"}]}
GP = {"system": LABELS, "code": "GENDER"}


async def test_an_update_that_leaves_out_a_label_takes_none_away(clinic, in_hands, ward, clock):
    """PRI-01: silence opens nothing; other labels come beside it."""
    made = await created(clinic, {**make.observation(ward.person_id), "meta": LABEL})
    path = f"Observation/{made['id']}"
    app = await in_hands()
    for version, meta in enumerate(
        ({}, {"profile": ["http://x.cn/p"]}, {"security": [GP]}), start=1
    ):
        clock.forward(minutes=1)
        body = explained({**made, "meta": meta, "valueQuantity": {"value": 130 + version}})
        answer = await clinic.put(path, body, headers={"if-match": f'W/"{version}"'})
        assert answer.status_code == 200, answer.text
        assert LABEL["security"][0] in answer.json()["meta"]["security"]
        assert (await app.get(path)).status_code == 404
    assert GP in answer.json()["meta"]["security"]


async def test_a_label_comes_back_with_what_was_deleted(clinic, in_hands, ward, clock):
    """PRI-01"""
    body = {**make.observation(ward.person_id), "id": f"lab-{ward.person_id.int % 10**9}"}
    path = f"Observation/{body['id']}"
    assert (await clinic.put(path, {**body, "meta": LABEL})).status_code == 201
    clock.forward(minutes=1)
    assert (await clinic.delete(path)).status_code == 204
    clock.forward(minutes=1)
    back = await clinic.put(path, explained(body))
    assert back.status_code == 201, back.text
    assert back.json()["meta"]["security"] == LABEL["security"]
    assert (await (await in_hands()).get(path)).status_code == 404


@pytest.fixture
async def own(program, ward):
    """An app that writes in the patient's own hands, with all classes ticked."""
    firm = Program(ward.place)
    await firm.approved("patient/*.cruds", Purpose.OWN)
    await firm.permitted(ward.patient, "patient/*.cruds", OPEN)
    return await program(firm.hat(ward.patient, "patient/*.cruds"))


@pytest.fixture
async def source(program, ward):
    """The hospital's own system of record."""
    firm = Program(ward.place)
    approval = await firm.approved("system/*.cruds lianyi/source")
    scopes = "system/*.cruds lianyi/purpose.treat lianyi/source"
    return await program(firm.service(approval, scopes))


UNLABEL = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": LABEL}]}


async def unlabelled(app, path, way):
    """Name a label that shall go."""
    if way == "$meta-delete":
        return await app.post(f"{path}/$meta-delete", UNLABEL)
    patch = [{"op": "remove", "path": "/meta/security"}]
    given = {"content-type": "application/json-patch+json", "if-match": 'W/"1"'}
    return await app.http.patch(f"{BASE}/{path}", json=patch, headers=given)


@pytest.mark.parametrize(
    ("who", "way"), [("own", "patch"), ("own", "$meta-delete"), ("source", "$meta-delete")]
)
async def test_who_names_a_label_lifts_it(own, source, in_hands, ward, clock, who, way):
    app = {"own": own, "source": source}[who]
    made = await created(app, explained({**make.observation(ward.person_id), "meta": LABEL}))
    path, reads = f"Observation/{made['id']}", await in_hands()
    assert (await reads.get(path)).status_code == 404
    clock.forward(minutes=1)
    answer = await unlabelled(app, path, way)
    assert answer.status_code == 200, answer.text
    assert (await reads.get(path)).status_code == 200


@pytest.mark.parametrize("way", ["patch", "$meta-delete"])
async def test_who_may_not_see_what_is_labelled_lifts_nothing(
    clinic, source, in_hands, ward, clock, way
):
    """INT-07: and what others brought is not the source's to unveil."""
    made = await created(clinic, explained({**make.observation(ward.person_id), "meta": LABEL}))
    path = f"Observation/{made['id']}"
    clock.forward(minutes=1)
    for app in (clinic, source):
        assert (await unlabelled(app, path, way)).status_code == 404
    assert (await (await in_hands()).get(path)).status_code == 404


async def test_a_gene_test_is_told_by_a_doctor_first(clinic, patients, ward):
    """IDN-11"""
    gene = await created(clinic, sequence(ward.person_id))
    assert (await patients.get(f"MolecularSequence/{gene['id']}")).status_code == 404


AS_BEFORE = """UPDATE records.resource
  SET filed = 0, classes = array_remove(classes, 'infection') WHERE owner = $1"""


async def test_what_was_stored_before_a_code_was_known_is_looked_at_again(
    clinic, in_hands, ward, app
):
    """PRI-01: a class that was told beside a body stays."""
    told = make.observation(ward.person_id)
    await ward.publish(told, classes=frozenset({S.VIOLENCE}))
    body = coded("Observation", make.LOINC, "5221-7")(ward.person_id)
    made = await created(clinic, explained(body))
    await app.pool.execute(AS_BEFORE, ward.person_id)
    own = await in_hands()
    assert await own.found("Observation") == [made["id"]]
    assert await ward.place.do(ward.doctor, records.refile, limit=10) == 2
    assert await own.found("Observation") == []
    both = await in_hands({S.VIOLENCE, S.INFECTION})
    assert set(await both.found("Observation")) == {made["id"], told["id"]}
