"""The agency looks at what is claimed of its own insured, and at nothing else (INS-20)."""

import pytest

from lianyi.access import queries as readings
from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys import insurer_desk
from lianyi.journeys.insurer_desk import Choice
from lianyi.people.model import INSURER, Kind
from tests.insurance.make import Desk
from tests.journeys.test_report import office
from tests.links import provider as providers
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page


@pytest.fixture
async def agency(app):
    """The agency's clerk; the agency is there before anything is claimed."""
    return await office(app, Kind.INSURANCE_AGENCY, INSURER)


@pytest.fixture
async def desk(app, agency, tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield await Desk.open(app, provider)


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


async def test_the_agency_sees_a_claim_with_its_lines_codes_and_shares(desk, agency, reader):
    """INS-07, INS-20: the insured person masked, no diagnosis text, no record."""
    await desk.insured()
    bill = await desk.settled()
    await wearing(reader, desk.place, agency)
    page = await reader.get("/insurer")
    view = await desk.view(bill)
    assert page.says("医保结算", "医保已结算", view.claim.settlement_number)
    opened = await reader.get(f"/insurer/{view.claim.id}")
    assert opened.says("费用明细", "医保预结算", "机构测算", "¥210.00", "¥302.34")
    name = await desk.place.app.pool.fetchval(
        "SELECT name FROM people.person WHERE id = $1", desk.till.patient.person_id
    )
    assert name not in page.html
    assert name not in opened.html


async def test_the_person_sees_that_the_agency_looked(desk, agency, reader):
    """EMR-05, PRI-26"""
    await desk.insured()
    bill = await desk.settled()
    await wearing(reader, desk.place, agency)
    await reader.get("/insurer")
    await reader.get(f"/insurer/{(await desk.view(bill)).claim.id}")

    async def own(tx):
        person_id = desk.till.patient.person_id
        chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.OWN)
        return await readings.readings(tx, chart)

    looks = await desk.place.ask(desk.till.patient, own)
    assert {one.what for one in looks if one.role == INSURER} == {"claims", "claim"}


async def test_a_refusal_shows_with_its_code(desk, agency, reader):
    await desk.insured()
    await desk.fails(refuse=1)
    bill = await desk.claim()
    await desk.work()
    view = await desk.view(bill)
    await wearing(reader, desk.place, agency)
    page = await reader.get(f"/insurer?state={view.claim.state}&institution={desk.place.id}")
    assert page.says("医保不予支付")
    opened = await reader.get(f"/insurer/{view.claim.id}")
    assert opened.says("医保的答复", view.claim.code)


async def test_a_list_keeps_to_what_was_asked(desk, agency, reader):
    await desk.insured()
    await desk.settled()
    await wearing(reader, desk.place, agency)
    assert (await reader.get("/insurer?state=refused")).says("没有符合条件的结算")
    assert (await reader.get("/insurer?day=2001-01-01")).says("没有符合条件的结算")
    assert (await reader.get("/insurer?day=never&state=never")).says("医保已结算")


async def test_another_agency_learns_nothing(desk, agency, reader, app):
    """PRI-26: not even that there is such a claim."""
    await desk.insured()
    bill = await desk.settled()
    claim_id = (await desk.view(bill)).claim.id
    other = await office(app, Kind.INSURANCE_AGENCY, INSURER)
    await wearing(reader, desk.place, other)
    assert (await reader.get("/insurer")).says("没有符合条件的结算")
    assert (await reader.get(f"/insurer/{claim_id}")).status == 404


async def test_nobody_but_the_agency_opens_its_pages(desk, agency, reader):
    await desk.insured()
    bill = await desk.settled()
    claim_id = (await desk.view(bill)).claim.id
    await wearing(reader, desk.place, await desk.place.admin())
    assert (await reader.get("/insurer")).status == 403
    assert (await reader.get(f"/insurer/{claim_id}")).status == 403


async def test_the_list_asks_the_same_for_one_claim_and_for_many(desk, agency, app):
    async def view(tx):
        return await insurer_desk.claims(tx, choice=Choice())

    await desk.insured()
    await desk.settled()
    before, _ = await statements(app, agency, view)
    await desk.settled()
    after, seen = await statements(app, agency, view)
    assert before == after <= MOST
    assert len(seen.claims) == 2
