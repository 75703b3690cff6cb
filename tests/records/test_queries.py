from datetime import timedelta
from decimal import Decimal

import pytest

from lianyi.access import service as access
from lianyi.access.model import Mandate, Purpose, Scope, Sensitive, Share
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.people.model import RESIDENT
from lianyi.records import queries, service
from lianyi.records.errors import NoSuchResource
from tests.records import make

HIV = ("B20", "人类免疫缺陷病毒病")
SYSTOLIC = make.SYSTOLIC


async def share(ward, receiver, **given):
    """Let another hospital read what this ward's hospital holds."""
    chart = await ward.chart(ward.patient, Purpose.CONSENT)
    terms = {
        "holder_id": ward.place.id,
        "receiver_id": receiver.place.id,
        "purpose": Purpose.TREAT,
        "expires_at": ward.place.app.clock() + timedelta(days=90),
        **given,
    }
    await ward.place.do(
        ward.patient, lambda tx: access.give_consent(tx, chart, share=Share(**terms))
    )


async def test_the_timeline_is_newest_first_and_goes_on_where_it_stopped(ward):
    days = ["2029-01-01", "2029-05-01", "2029-03-01", "2029-04-01", "2029-02-01"]
    await ward.publish(*(make.condition(ward.person_id, at=day, text=day) for day in days))
    await ward.publish(make.observation(ward.person_id))
    first = await ward.see(queries.timeline, limit=3)
    rest = await ward.see(queries.timeline, limit=3, before=first[-1].mark)
    assert [entry.title for entry in (*first, *rest)] == sorted(days, reverse=True)


async def test_lines_of_the_same_instant_are_neither_lost_nor_doubled(ward):
    await ward.publish(*(make.condition(ward.person_id) for _ in range(7)))
    seen, before = [], None
    while page := await ward.see(queries.timeline, limit=2, before=before):
        seen += page
        before = page[-1].mark
    assert len(seen) == len({entry.fhir_id for entry in seen}) == 7


async def test_the_timeline_of_one_institution_shows_no_other(ward, elsewhere):
    await ward.publish(make.condition(ward.person_id))
    await elsewhere.publish(make.encounter(ward.person_id))
    everything = await ward.see_own(queries.timeline)
    own = await ward.see_own(queries.timeline, holder_id=ward.place.id)
    assert [entry.type for entry in own] == ["Condition"]
    assert {entry.holder_id for entry in everything} == {ward.place.id, elsewhere.place.id}
    assert set(await ward.see_own(queries.institutions)) == {ward.place.id, elsewhere.place.id}


async def test_a_measurement_comes_with_its_trend_exactly_as_written(ward):
    for day, value in enumerate(["151.0", "148.5", "139"], start=1):
        at = f"2030-01-0{day}T08:00:00+08:00"
        await ward.publish(make.observation(ward.person_id, Decimal(value), at=at))
    codes = [SYSTOLIC, f"{make.LOINC}|2093-3"]
    found = await ward.see(queries.measurements, codes=codes, limit=2)
    assert [str(m.value) for m in found[SYSTOLIC]] == ["139", "148.5"]
    assert (found[SYSTOLIC][0].unit, found[SYSTOLIC][0].what.text) == ("mmHg", "收缩压")
    assert found[f"{make.LOINC}|2093-3"] == []


async def test_a_code_that_was_corrected_away_is_not_found_any_more(ward):
    body = make.observation(ward.person_id)
    await ward.publish(body)
    await ward.publish({**body, "code": make.concept(make.LOINC, "8462-4", "舒张压")})
    codes = [SYSTOLIC, f"{make.LOINC}|8462-4"]
    found = await ward.see(queries.measurements, codes=codes)
    assert [len(found[code]) for code in codes] == [0, 1]


async def test_parts_of_a_panel_keep_their_own_values_and_ranges(ward):
    part = {
        "code": make.concept(make.LOINC, "8462-4", "舒张压"),
        "valueQuantity": {"value": 95, "unit": "mmHg"},
        "interpretation": [make.concept("http://x", "H")],
        "referenceRange": [{"low": {"value": 60}, "high": {"value": 89}}],
    }
    await ward.publish(make.observation(ward.person_id, component=[part]))
    (panel,) = await ward.see(queries.observations_of)
    (diastolic,) = panel.parts
    assert (diastolic.value, diastolic.interpretation) == (95, "H")
    assert (diastolic.low, diastolic.high) == (60, 89)


async def test_an_allergy_never_asked_about_is_not_the_absence_of_one(ward):
    never = await ward.see(queries.allergies)
    assert (never.asked_at, never.none_known, never.known) == (None, False, ())
    await ward.publish(make.allergy(ward.person_id, "716186003", "无已知过敏"))
    asked = await ward.see(queries.allergies)
    assert (asked.asked_at is not None, asked.none_known, asked.known) == (True, True, ())
    await ward.publish(make.allergy(ward.person_id))
    known = await ward.see(queries.allergies)
    assert (known.none_known, [a.what.text for a in known.known]) == (False, ["青霉素过敏"])


async def test_medicines_documents_and_visits_are_told_in_words(ward):
    await ward.publish(make.order(ward.person_id), make.encounter(ward.person_id))
    note = make.body(
        "Composition",
        ward.person_id,
        status="final",
        type={"text": "门诊病历"},
        date="2030-01-06T09:40:00+08:00",
        author=[{"display": "张建国"}],
        title="门诊病历 2030-01-06",
    )
    await ward.publish(note)
    (medicine,) = await ward.see(queries.medicines)
    assert (medicine.what.text, medicine.dosage) == ("氨氯地平 5 mg", "每日一次，每次一片")
    (document,) = await ward.see(queries.documents)
    assert document.title == "门诊病历 2030-01-06"
    (visit,) = await ward.see(queries.visits)
    assert (visit.kind, visit.status) == ("AMB", "finished")


async def test_what_was_written_in_one_encounter_is_found_together(ward):
    visit = make.encounter(ward.person_id)
    at = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    mine = make.condition(ward.person_id, **at)
    await ward.publish(visit, mine, make.condition(ward.person_id))
    found = await ward.see(queries.of_encounter, encounter_id=visit["id"])
    assert [entry.fhir_id for entry in found] == [mine["id"]]


async def test_a_withheld_result_is_the_treating_staffs_alone(ward):
    """IDN-11"""
    body = make.observation(ward.person_id)
    await ward.publish(body, released=False)
    key = {"type": "Observation", "fhir_id": body["id"]}
    assert not (await ward.see(queries.resource, **key)).released
    for query in (queries.counts, queries.observations_of, queries.institutions):
        assert await ward.see_own(query) == []
    assert await ward.see_own(queries.measurements, codes=[SYSTOLIC]) == {SYSTOLIC: []}
    for query in (queries.resource, queries.versions):
        with pytest.raises(NoSuchResource):
            await ward.see_own(query, **key)


async def test_a_released_result_is_the_persons_too_and_the_release_is_on_paper(ward):
    """IDN-11"""
    body = make.observation(ward.person_id)
    await ward.publish(body, released=False)
    release = {"type": "Observation", "fhir_ids": [body["id"]]}
    assert await ward.place.do(ward.doctor, service.release, **release) == 1
    assert await ward.place.do(ward.doctor, service.release, **release) == 0
    (line,) = await ward.see_own(queries.counts)
    assert (line.type, line.count) == ("Observation", 1)
    logged = "SELECT version, post_id FROM records.release WHERE fhir_id = $1"
    assert await ward.place.rows(logged, body["id"]) == [(1, ward.doctor.post_id)]


async def test_another_institution_releases_nothing(ward, elsewhere):
    body = make.observation(ward.person_id)
    await ward.publish(body, released=False)
    release = {"type": "Observation", "fhir_ids": [body["id"]]}
    assert await elsewhere.place.do(elsewhere.doctor, service.release, **release) == 0


async def test_a_version_from_before_the_release_stays_withheld(ward):
    """IDN-11"""
    body = make.observation(ward.person_id, 200)
    await ward.publish(body, released=False)
    await ward.publish({**body, "valueQuantity": {"value": 138}})
    key = {"type": "Observation", "fhir_id": body["id"]}
    assert [v.version for v in await ward.see(queries.versions, **key)] == [2, 1]
    assert [v.version for v in await ward.see_own(queries.versions, **key)] == [2]


async def test_another_institutions_record_is_seen_only_by_consent(ward, elsewhere):
    """EMR-17"""
    body = make.condition(ward.person_id)
    await ward.publish(body)
    assert await elsewhere.see(queries.counts) == []
    assert await elsewhere.see(queries.timeline) == []
    with pytest.raises(NoSuchResource):
        await elsewhere.see(queries.resource, type="Condition", fhir_id=body["id"])
    await share(ward, elsewhere)
    (seen,) = await elsewhere.see(queries.timeline)
    assert seen.holder_id == ward.place.id


async def test_a_consent_covers_only_its_days(ward, elsewhere):
    """EMR-17"""
    bodies = [make.condition(ward.person_id, at=day) for day in ("2028-12-31", "2029-06-01")]
    await ward.publish(*bodies)
    start = ward.place.app.clock().replace(year=2029, month=1, day=1)
    await share(ward, elsewhere, covers_since=start)
    assert [e.fhir_id for e in await elsewhere.see(queries.timeline)] == [bodies[1]["id"]]


async def test_a_consent_shows_no_sensitive_class_it_does_not_name(ward, elsewhere):
    """PRI-01"""
    secret = make.condition(ward.person_id, *HIV)
    await ward.publish(secret, make.condition(ward.person_id))
    await share(ward, elsewhere)
    assert len(await elsewhere.see(queries.problems)) == 1
    (line,) = await elsewhere.see(queries.counts)
    assert line.count == 1
    await share(ward, elsewhere, classes=frozenset({Sensitive.INFECTION}))
    assert len(await elsewhere.see(queries.problems)) == 2


async def test_a_version_that_was_sensitive_stays_hidden_after_the_code_was_mended(ward, elsewhere):
    """PRI-01"""
    body = make.condition(ward.person_id, *HIV)
    await ward.publish(body)
    await ward.publish({**body, "code": make.concept(make.ICD10, "I10")})
    await share(ward, elsewhere)
    key = {"type": "Condition", "fhir_id": body["id"]}
    assert [v.version for v in await elsewhere.see(queries.versions, **key)] == [2]


async def test_a_proxy_sees_no_sensitive_class_the_mandate_does_not_name(ward):
    """PRI-01, IDN-11"""
    await ward.publish(make.condition(ward.person_id, *HIV), make.condition(ward.person_id))
    daughter = await ward.place.person("王芳")
    mandate = Mandate(
        ward.place.app.ids.new(ward.place.app.clock()),
        daughter,
        ward.person_id,
        frozenset({Scope.RECORD}),
    )
    await ward.place.do(ward.place.office, access.empower, mandate=mandate)
    hat = Actor(daughter, daughter, NOWHERE, RESIDENT, ward.person_id)
    chart = await ward.chart(hat, Purpose.OWN)
    (line,) = await ward.see(queries.counts, hat=hat, chart=chart)
    assert line.count == 1


async def test_a_chart_of_one_person_shows_nothing_of_another(ward):
    other = await ward.place.patient()
    body = make.condition(other.person_id)
    await ward.publish(body, owner=other.person_id)
    assert await ward.see(queries.counts) == []
    for query in (queries.resource, queries.versions):
        with pytest.raises(NoSuchResource):
            await ward.see(query, type="Condition", fhir_id=body["id"])
    visit = make.encounter(other.person_id)
    at = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    await ward.publish(visit, make.condition(other.person_id, **at), owner=other.person_id)
    assert await ward.see(queries.of_encounter, encounter_id=visit["id"]) == []
