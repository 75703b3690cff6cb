"""Prescriptions, their reviews and what is sold on them reach the province (LIC-11)."""

import msgspec
import pytest

from lianyi.journeys import hand_over
from lianyi.people.model import DRUG_AUTHORITY, HEALTH_COMMISSION, Kind
from lianyi.pharmacy.model import Defect
from lianyi.prescribing import service as prescribing
from lianyi.supervision import queries
from lianyi.supervision.model import Kind as What
from lianyi.supervision.model import State
from tests.journeys.test_fill import market as market  # noqa: PLC0414 - a fixture
from tests.journeys.test_report import office
from tests.journeys.test_report import province as province  # noqa: PLC0414 - a fixture
from tests.prescribing.make import line, sheet


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_medicine") as url:
        yield url


async def handed(market, store):
    """Return a sale whose medicines have left the store."""
    sale = await market.ready(store)
    shown = market.shown()
    await store.place.do(store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=shown)
    return sale


async def said(place, upload):
    """Return what was last said to the platform about a thing."""
    rows = await place.rows("SELECT request FROM kernel.errand WHERE thing_id = $1", upload.id)
    told = [msgspec.json.decode(place.app.keys.open(request)) for (request,) in rows]
    return max(told, key=lambda one: one["edition"])["content"]


async def test_a_signed_prescription_and_its_approval_are_reported(province, market):
    """LIC-11: under a pseudonym, with the digest of what was signed."""
    practice = market.practice
    approved = await practice.approved()
    await province.work()
    prescription = await province.one(practice.place, What.PRESCRIPTION)
    review = await province.one(practice.place, What.REVIEW)
    assert prescription.state is review.state is State.RECEIPTED
    assert prescription.visit_id == review.visit_id == approved.visit.id
    content = await said(practice.place, prescription)
    assert [line["drug"] for line in content["lines"]] == ["amlodipine-tab-5mg"]
    assert str(market.patient.person_id) not in msgspec.json.encode(content).decode()
    assert (await said(practice.place, review))["decision"] == "approve"


async def test_every_decision_is_reported_once_and_a_draft_never(province, market, clock):
    practice = market.practice
    await practice.drafted()
    await province.work()
    assert await province.seen(practice.place, What.PRESCRIPTION) == []
    signed = await practice.signed()
    await practice.send_back(signed)
    await province.work()
    returned = await province.one(practice.place, What.REVIEW)
    clock.forward(minutes=9)
    mended = await practice.mend(signed, sheet(line(days=5)))
    await practice.agree(await practice.approve(mended))
    await province.work()
    approved, again = await province.seen(practice.place, What.REVIEW)
    assert (again.id, again.edition, again.state) == (returned.id, returned.edition, returned.state)
    assert (await said(practice.place, again))["decision"] == "return"
    assert (await said(practice.place, approved))["decision"] == "approve"


async def test_a_revoked_prescription_is_reported_again(province, market):
    practice = market.practice
    approved = await practice.approved()
    await province.work()
    before = await province.one(practice.place, What.PRESCRIPTION)
    await practice.do(
        practice.doctor, prescribing.revoke, prescription_id=approved.id, reason="患者要求换药"
    )
    await province.work()
    upload = await province.one(practice.place, What.PRESCRIPTION)
    assert (upload.state, upload.edition) == (State.RECEIPTED, before.edition + 1)
    assert (await said(practice.place, upload))["state"] == "revoked"


async def test_what_is_handed_over_is_reported_by_its_seller_with_every_pack(province, market):
    """LIC-11, FR-20"""
    store = await market.seller()
    await handed(market, store)
    await province.work()
    upload = await province.one(store.place, What.DISPENSE)
    assert upload.state is State.RECEIPTED
    content = await said(store.place, upload)
    assert [box["trace"] for box in content["packs"]] == store.packs[: len(content["packs"])]
    assert content["pharmacist"]
    assert not content["returned"]


async def test_what_comes_back_is_reported_again(province, market):
    """DS-18"""
    store = await market.seller()
    sale = await handed(market, store)
    await province.work()
    before = await province.one(store.place, What.DISPENSE)
    await store.place.do(
        store.pharmacist, hand_over.take_back, sale_id=sale.id, reason=Defect.QUALITY
    )
    await province.work()
    upload = await province.one(store.place, What.DISPENSE)
    assert (upload.state, upload.edition) == (State.RECEIPTED, before.edition + 1)
    assert (await said(store.place, upload))["returned"]


async def test_the_authority_sees_the_sale_and_the_commission_what_was_prescribed(
    province, market, app
):
    store = await market.seller()
    await handed(market, store)
    await province.work()
    authority = await office(app, Kind.DRUG_AUTHORITY, DRUG_AUTHORITY)
    commission = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    ask = store.place.ask
    sold = await ask(authority, queries.uploads)
    assert {each.kind for each in sold} == {What.DISPENSE}
    seen = await ask(commission, queries.uploads, institution_id=store.place.id)
    assert What.DISPENSE not in {each.kind for each in seen}
    here = market.practice.place.id
    cared = await ask(commission, queries.uploads, institution_id=here)
    assert {What.PRESCRIPTION, What.REVIEW} <= {each.kind for each in cared}
