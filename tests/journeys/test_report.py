"""What the law wants known reaches the province, whatever happens on the way (LIC-11)."""

import asyncio
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest

from lianyi.journeys import visit
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.time import day
from lianyi.kernel.work import within
from lianyi.links.inspectorate import Inspectorate
from lianyi.links.signed import SignedWire
from lianyi.people import service as people
from lianyi.people.model import DRUG_AUTHORITY, HEALTH_COMMISSION, INSURER, Kind
from lianyi.supervision import queries
from lianyi.supervision import service as supervision
from lianyi.supervision.errors import NoSuchUpload, ReasonMissing, StillUnderWay
from lianyi.supervision.model import Kind as What
from lianyi.supervision.model import Receipted, State
from lianyi.worker.deliver import WORKER
from lianyi.worker.errands import Runner, run_due
from tests.drain import begin_anew, deliver
from tests.journeys.outside import only
from tests.journeys.test_visit import NOTE
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.links import provider as providers
from tests.links.provider import now
from tests.place import Place

ZONE = ZoneInfo("Asia/Shanghai")
PATIENCE = 10.0
WAITS = """SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""


@dataclass
class Province:
    """The platform's simulator, and the worker that speaks to it."""

    app: object
    provider: object
    links: object

    async def work(self):
        while await deliver(self.app) + await run_due(Runner(self.app, self.links)):
            pass

    async def seen(self, place, kind):
        """Return this place's uploads of a kind as its own office sees them."""
        admin = await place.admin()
        return await place.ask(admin, queries.uploads, kinds=[kind])

    async def one(self, place, kind):
        (upload,) = await self.seen(place, kind)
        return upload

    async def taken(self, place, kind):
        """Return how many of a kind the platform itself holds."""
        code = await place.app.pool.fetchval(
            "SELECT credit_code FROM people.institution WHERE id = $1", place.id
        )
        books = await self.provider.get("/books")
        counts = {(one["institution"], one["kind"]): one["n"] for one in books}
        return counts.get((code, kind), 0)

    async def strike(self, place, hat):
        number = await place.app.pool.fetchval(
            "SELECT number FROM people.licence WHERE person_id = $1", hat.person_id
        )
        await self.provider.post("/strike", {"licence": number})


def linked(app, provider):
    wire = SignedWire(provider.client, provider.url, provider.papers, now)
    return Province(app, provider, only(supervision=Inspectorate(wire)))


@pytest.fixture
async def province(app, tmp_path):
    await begin_anew(app)
    async with providers.running(tmp_path, "supervision") as provider:
        yield linked(app, provider)


async def test_licence_and_staff_are_reported_as_they_come(province, place):
    """LIC-11: the licence first; who practises there waits for its receipt."""
    await place.doctor()
    await province.work()
    licence = await province.one(place, What.LICENCE)
    doctor = await province.one(place, What.PRACTITIONER)
    assert licence.state is doctor.state is State.RECEIPTED
    assert not doctor.waits


async def test_a_closed_visit_is_reported_under_a_pseudonym(province, ward):
    """LIC-11, PRI-01: neither name nor number nor id leaves the house."""
    await province.work()
    await ward.sign()
    await province.work()
    upload = await province.one(ward.place, What.VISIT)
    assert upload.state is State.RECEIPTED
    assert upload.receipt
    assert await province.taken(ward.place, "visit") == 1
    (sealed,) = await ward.place.rows(
        "SELECT request FROM kernel.errand WHERE thing_id = $1", upload.id
    )
    said = ward.app.keys.open(sealed[0]).decode()
    for secret in ("王秀英", str(ward.patient.person_id), ward.patient.person_id.hex):
        assert secret not in said
    assert '"diagnoses":["I10.x00x002"]' in said


async def test_an_amended_record_is_reported_again_and_counted_once(province, ward):
    await province.work()
    await ward.sign()
    await province.work()
    first = await province.one(ward.place, What.VISIT)
    await ward.do(
        ward.doctor,
        visit.amend,
        appointment_id=ward.appointment_id,
        note=NOTE,
        reason="补充查体记录",
    )
    await province.work()
    again = await province.one(ward.place, What.VISIT)
    assert (again.state, again.edition) == (State.RECEIPTED, 2)
    assert again.digest != first.digest
    assert await province.taken(ward.place, "visit") == 1


async def test_what_changes_while_it_is_under_way_follows(province, ward, clock):
    await province.work()
    await ward.sign()
    await province.provider.fails(lose_answer=1)
    await province.work()
    assert (await province.one(ward.place, What.VISIT)).state is State.SENT
    await ward.do(
        ward.doctor,
        visit.amend,
        appointment_id=ward.appointment_id,
        note=NOTE,
        reason="补充查体记录",
    )
    clock.forward(minutes=2)
    await province.work()
    done = await province.one(ward.place, What.VISIT)
    assert (done.state, done.edition) == (State.RECEIPTED, 2)


@pytest.mark.parametrize("fault", ["lose_request", "lose_answer"])
async def test_a_lost_upload_is_asked_about_before_it_is_sent_again(province, ward, clock, fault):
    await province.work()
    await province.provider.fails(**{fault: 1})
    await ward.sign()
    await province.work()
    assert (await province.one(ward.place, What.VISIT)).state is State.SENT
    clock.forward(minutes=2)
    await province.work()
    upload = await province.one(ward.place, What.VISIT)
    assert (upload.state, upload.edition) == (State.RECEIPTED, 1)
    assert await province.taken(ward.place, "visit") == 1


async def test_a_refused_upload_is_mended_by_what_it_lacked(province, ward):
    """The platform's register lost the doctor; once told of them again it takes the visit."""
    await province.work()
    await province.strike(ward.place, ward.doctor)
    await ward.sign()
    await province.work()
    upload = await province.one(ward.place, What.VISIT)
    assert (upload.state, upload.code) == (State.REFUSED, "UNKNOWN_PRACTITIONER")
    admin = await ward.place.admin()
    (troubled,) = await ward.place.ask(admin, queries.troubled)
    assert troubled.id == upload.id
    staff = await province.seen(ward.place, What.PRACTITIONER)
    mine = next(each for each in staff if each.thing_id == ward.doctor.post_id)
    await ward.do(admin, supervision.resend, upload_id=mine.id, reason="平台登记遗漏，重报")
    await province.work()
    assert (await province.one(ward.place, What.VISIT)).state is State.RECEIPTED
    assert await ward.place.ask(admin, queries.troubled) == []


async def test_only_the_own_office_sends_again_and_says_why(province, ward, app):
    await province.work()
    await province.provider.fails(refuse=1)
    await ward.sign()
    await province.work()
    upload = await province.one(ward.place, What.VISIT)
    assert upload.code == "NOT_ACCEPTED"
    admin = await ward.place.admin()
    with pytest.raises(ReasonMissing):
        await ward.do(admin, supervision.resend, upload_id=upload.id, reason="再")
    elsewhere = await (await Place.found(app)).admin()
    with pytest.raises(NoSuchUpload):
        await ward.do(elsewhere, supervision.resend, upload_id=upload.id, reason="重新上报")
    with pytest.raises(WrongRole):
        await ward.do(ward.doctor, supervision.resend, upload_id=upload.id, reason="重新上报")
    await ward.do(admin, supervision.resend, upload_id=upload.id, reason="重新上报")
    with pytest.raises(StillUnderWay):
        await ward.do(admin, supervision.resend, upload_id=upload.id, reason="重新上报")
    await province.work()
    assert (await province.one(ward.place, What.VISIT)).state is State.RECEIPTED


async def test_an_upload_without_a_receipt_in_time_is_late_and_stays_so(province, ward, clock):
    """LIC-11"""
    await province.work()
    await province.provider.fails(lose_answer=1)
    await ward.sign()
    await province.work()
    clock.forward(minutes=61)
    admin = await ward.place.admin()
    (late,) = await ward.place.ask(admin, queries.troubled)
    assert late.is_late(clock())
    await province.work()
    assert await ward.place.ask(admin, queries.troubled) == []
    (late,) = await ward.place.ask(admin, queries.uploads, late=True)
    assert (late.state, late.is_late(clock())) == (State.RECEIPTED, True)


async def tally(place, clock):
    admin = await place.admin()
    today = day(clock(), ZONE)
    (found,) = await place.ask(admin, queries.tallies, first=today, last=today)
    return found


async def test_the_days_counts_agree_when_the_day_is_over(province, ward, clock):
    """LIC-11: each receipt, not only their number."""
    await ward.sign()
    await province.work()
    clock.forward(days=1)
    while await within(ward.app, WORKER, timers.fire):
        pass
    await province.work()
    clock.forward(days=-1)
    found = await tally(ward.place, clock)
    assert found.ours["visit"] == found.theirs["visit"] == 1
    assert found.agrees


async def test_a_day_with_something_open_does_not_agree(province, ward, clock):
    await province.work()
    await province.provider.fails(refuse=1)
    await ward.sign()
    await province.work()
    admin = await ward.place.admin()
    await ward.do(admin, supervision.ask_tally, day=day(clock(), ZONE))
    await province.work()
    found = await tally(ward.place, clock)
    assert (found.same, found.open, found.agrees) == (True, 1, False)


async def test_a_receipt_the_platform_does_not_know_shows_in_the_tally(province, ward, clock):
    await ward.sign()
    await province.work()
    await ward.app.pool.execute(
        "UPDATE supervision.upload SET receipt = 'forged' WHERE institution_id = $1"
        " AND kind = 'visit'",
        ward.place.id,
    )
    admin = await ward.place.admin()
    await ward.do(admin, supervision.ask_tally, day=day(clock(), ZONE))
    await province.work()
    found = await tally(ward.place, clock)
    assert found.ours == found.theirs
    assert not found.agrees


async def test_each_authority_sees_its_own_and_the_agency_nothing(province, ward, app):
    await ward.sign()
    await province.work()
    commission, authority, agency = [
        await office(app, kind, role)
        for kind, role in (
            (Kind.HEALTH_COMMISSION, HEALTH_COMMISSION),
            (Kind.DRUG_AUTHORITY, DRUG_AUTHORITY),
            (Kind.INSURANCE_AGENCY, INSURER),
        )
    ]
    here = {"institution_id": ward.place.id}
    seen = await ward.place.ask(commission, queries.uploads, **here)
    assert {each.kind for each in seen} == {What.LICENCE, What.PRACTITIONER, What.VISIT}
    assert await ward.place.ask(authority, queries.uploads, **here) == []
    for hat in (agency, ward.doctor):
        with pytest.raises(WrongRole):
            await ward.place.ask(hat, queries.uploads, **here)


async def test_an_office_sees_its_own_uploads_only(province, ward, app):
    await ward.sign()
    await province.work()
    other = await (await Place.found(app)).admin()
    seen = await ward.place.ask(other, queries.uploads, institution_id=ward.place.id)
    assert {each.institution_id for each in seen} <= {other.institution_id}


async def test_after_a_kill_of_the_platform_nothing_is_lost_or_doubled(ward, tmp_path, clock):
    async with providers.process(tmp_path, "supervision") as (provider, child):
        province = linked(ward.app, provider)
        await province.work()
        await provider.fails(lose_answer=1)
        await ward.sign()
        await province.work()
        child.kill()
        clock.forward(minutes=2)
        await province.work()
        assert (await province.one(ward.place, What.VISIT)).state is State.SENT
        child.start()
        await provider.get("/faults")
        clock.forward(minutes=10)
        await province.work()
        assert (await province.one(ward.place, What.VISIT)).state is State.RECEIPTED
        assert await province.taken(ward.place, "visit") == 1


async def test_a_late_receipt_has_its_day_counted_again(province, ward, clock):
    """LIC-11: nobody has to ask; what came after the count is in the next."""
    await province.work()
    await province.provider.fails(refuse=1)
    await ward.sign()
    await province.work()
    admin = await ward.place.admin()
    await ward.do(admin, supervision.ask_tally, day=day(clock(), ZONE))
    await province.work()
    assert not (await tally(ward.place, clock)).agrees
    upload = await province.one(ward.place, What.VISIT)
    clock.forward(minutes=5)
    await ward.do(admin, supervision.resend, upload_id=upload.id, reason="已核对，重报")
    await province.work()
    assert (await tally(ward.place, clock)).agrees


async def waits_for_a_lock(pool):
    """Return once some transaction waits for another's lock."""
    async with asyncio.timeout(PATIENCE):
        while not await pool.fetchval(WAITS):
            pass


async def test_a_receipt_that_comes_while_its_day_is_compared_is_counted(province, ward, clock):
    """LIC-11: two transactions that don't see each other would leave the day wrong for good."""
    await province.work()
    await province.provider.fails(unheard=1)
    await ward.sign()
    await province.work()
    upload = await province.one(ward.place, What.VISIT)
    admin = await ward.place.admin()
    await ward.do(admin, supervision.ask_tally, day=upload.day)
    asked = await tally(ward.place, clock)
    begun, compared = asyncio.Event(), asyncio.Event()

    async def compare(tx):
        await supervision.take_up_tally(tx, tally_id=asked.id)
        begun.set()
        await compared.wait()
        counts = {"ours": {}, "theirs": {"visit": 1}, "same": False}
        await supervision.take_tally(tx, tally_id=asked.id, **counts)

    async def receive(tx):
        receipt = Receipted("late", upload.digest)
        await supervision.receipted(tx, upload_id=upload.id, receipt=receipt)

    comparing = asyncio.create_task(ward.place.do(ward.place.office, compare))
    await begun.wait()
    receiving = asyncio.create_task(ward.place.do(ward.place.office, receive))
    await waits_for_a_lock(ward.place.app.pool)
    compared.set()
    await asyncio.gather(comparing, receiving)
    again = await tally(ward.place, clock)
    plans = "SELECT count(*) FROM kernel.errand WHERE thing_id = $1"
    assert not again.agrees
    assert await ward.place.app.pool.fetchval(plans, asked.id) > 1


async def test_an_answer_a_gateway_has_swallowed_is_asked_for(province, ward, clock):
    await province.work()
    await province.provider.fails(unheard=1)
    await ward.sign()
    await province.work()
    assert (await province.one(ward.place, What.VISIT)).state is State.SENT
    clock.forward(minutes=2)
    await province.work()
    upload = await province.one(ward.place, What.VISIT)
    assert (upload.state, upload.edition) == (State.RECEIPTED, 1)


async def office(app, kind, role):
    """Return a hat at a new authority of this kind."""
    place = await Place.found(app, kind)
    return await place.do(
        place.office, people.appoint, person_id=await place.person("熊岩"), role=role
    )
