"""The record holds all of it as valid FHIR R4, and gives it to whom it belongs (EMR-12, PRI-14)."""

import json
from datetime import timedelta

import pytest

from lianyi.access.errors import ProofTooLow
from lianyi.access.model import Purpose, Share
from lianyi.insurance.model import ClaimState
from lianyi.journeys import export, sharing
from lianyi.records.rules import validity
from tests.drain import deliver
from tests.insurance.make import Desk
from tests.journeys.test_fill import market as market  # noqa: PLC0414 - a fixture
from tests.journeys.test_report_medicine import handed
from tests.journeys.test_visit import ELECTROLYTES
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.links import provider as providers
from tests.place import BY_PHONE, Place


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_record") as url:
        yield url


async def held(place, hat):
    """Return what a person takes with them by its types; every resource is valid R4."""
    bundle = json.loads(await place.ask(hat, export.own))
    assert bundle["type"] == "collection"
    by_type = {}
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert validity.findings(resource) == (), resource
        by_type.setdefault(resource["resourceType"], []).append(resource)
    return by_type


async def test_a_visit_its_test_its_money_and_its_consent_are_all_there(ward, app):
    there = await Place.found(app)
    _, barcode = await ward.labelled(ELECTROLYTES)
    await ward.take(barcode)
    await ward.sign()
    share = Share(
        there.id, ward.place.id, Purpose.TREAT, expires_at=app.clock() + timedelta(days=30)
    )
    consent_id = await ward.do(
        ward.doctor, sharing.ask, person_id=ward.patient.person_id, share=share
    )
    await ward.do(ward.patient, sharing.agree, consent_id=consent_id)
    await deliver(app)
    found = await held(ward.place, ward.patient)
    assert {
        "AllergyIntolerance",
        "Appointment",
        "AuditEvent",
        "Composition",
        "Condition",
        "Consent",
        "Encounter",
        "Invoice",
        "Patient",
        "PaymentNotice",
        "Provenance",
        "ServiceRequest",
        "Specimen",
    } <= set(found)
    (consent,) = found["Consent"]
    assert consent["status"] == "active"
    assert {one["status"] for one in found["Invoice"]} == {"balanced"}
    await ward.do(ward.patient, sharing.withdraw, consent_id=consent_id)
    (consent,) = (await held(ward.place, ward.patient))["Consent"]
    assert consent["status"] == "inactive"


async def test_what_was_prescribed_reviewed_and_sold_is_there_with_its_codes(market, app):
    store = await market.seller()
    await handed(market, store)
    await deliver(app)
    found = await held(market.practice.place, market.patient)
    (dispense,) = found["MedicationDispense"]
    assert dispense["identifier"][0]["value"] == store.packs[0]
    assert {"Invoice", "PaymentNotice"} <= set(found)


async def test_a_claim_and_the_agencys_answer_are_there(app, tmp_path):
    """INS-07; the agency's number of a person is in none of them."""
    async with providers.running(tmp_path, "insurer") as provider:
        desk = await Desk.open(app, provider)
        await desk.insured()
        bill = await desk.settled()
        found = await held(desk.place, desk.till.patient)
        (answer,) = found["ClaimResponse"]
        view = await desk.view(bill)
        assert view.claim.state is ClaimState.SETTLED
        assert (answer["outcome"], answer["status"]) == ("complete", "active")
        totals = {t["category"]["coding"][0]["code"]: t["amount"]["value"] for t in answer["total"]}
        assert totals == {
            "submitted": 512.34,
            "eligible": totals["eligible"],
            "deductible": totals["deductible"],
            "benefit": 210,
            "copay": 302.34,
        }
        assert {"Claim", "Coverage", "Invoice"} <= set(found)
        number = (await desk.cover(desk.till.patient)).number
        assert number not in json.dumps(found)


async def test_who_tried_to_read_is_told_with_the_rest(ward):
    """EMR-05: a refused try is an event too, with outcome 4."""
    await ward.sign()
    found = await held(ward.place, ward.patient)
    assert {one["outcome"] for one in found["AuditEvent"]} <= {"0", "4"}
    assert f"PractitionerRole/{ward.doctor.post_id}" in {
        one["agent"][0]["who"]["reference"] for one in found["AuditEvent"]
    }


async def test_a_phone_alone_takes_no_record_away(place):
    """IDN-01, CON-10"""
    hat = await place.resident(scopes=BY_PHONE)
    with pytest.raises(ProofTooLow):
        await place.ask(hat, export.own)
