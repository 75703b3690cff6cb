"""The list of a visit, in order, unchangeable, and who may look behind its pseudonym (CON-18)."""

from dataclasses import dataclass

import asyncpg
import pytest

from lianyi.access import queries as readings
from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Cause, Purpose
from lianyi.journeys import inspect, trail, visit
from lianyi.kernel.actor import system
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.work import within
from lianyi.people.model import DRUG_AUTHORITY, HEALTH_COMMISSION, INSURER, Kind
from lianyi.supervision import queries
from lianyi.supervision.errors import CaseShut, NoSuchCase, NoSuchTrail, OwnCase, ReasonMissing
from lianyi.supervision.model import By, Opens
from lianyi.worker.deliver import WORKER
from tests.drain import deliver
from tests.journeys.test_report import office
from tests.journeys.test_visit import ELECTROLYTES, NOTE
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.place import Place

REASON = "投诉核查，案号 2030-017"


@dataclass
class Bureau:
    """A health commission with two people in it."""

    place: object
    one: object
    other: object

    async def do(self, hat, verb, **given):
        return await self.place.do(hat, verb, **given)

    async def asked(self, visit_id, opens=Opens.NAME):
        return await self.do(self.one, inspect.ask, visit_id=visit_id, opens=opens, reason=REASON)

    async def opened(self, visit_id):
        case_id = await self.asked(visit_id)
        await self.do(self.other, inspect.approve, case_id=case_id)
        return case_id


@pytest.fixture
async def bureau(app):
    one = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    place = Place(app, one.institution_id, system("office", one.institution_id))
    other = await place.appoint(HEALTH_COMMISSION, name="白桦")
    return Bureau(place, one, other)


@pytest.fixture
async def closed(ward, clock):
    """Return a ward whose visit, with a paid test, is signed and sealed."""
    await ward.paid(ELECTROLYTES)
    await ward.sign()
    clock.forward(seconds=1)
    await deliver(ward.app)
    return ward


async def listed(ward, hat):
    return await ward.place.ask(hat, queries.trail, visit_id=ward.appointment_id)


async def holds(ward):
    """Return whether a walk of all visits finds nothing wrong with this one."""
    walked = await within(ward.app, WORKER, trail.walk)
    return ward.appointment_id not in walked.broken


async def test_a_visit_is_rebuilt_in_order(closed, bureau):
    """CON-18: from the number to the signature."""
    found = await listed(closed, bureau.one)
    said = [(line.step.thing, line.step.verb) for line in found.lines]
    story = [
        ("booking.appointment", "hold"),
        ("booking.appointment", "confirm"),
        ("booking.appointment", "check_in"),
        ("booking.appointment", "call"),
        ("booking.appointment", "start"),
        ("orders.order", "order"),
        ("billing.bill", "pay"),
        ("booking.appointment", "finish"),
        ("Composition", "write"),
        ("supervision.upload", "due"),
    ]
    assert list(dict.fromkeys(each for each in said if each in story)) == story
    assert [line.step.at for line in found.lines] == sorted(line.step.at for line in found.lines)


async def test_it_is_sealed_when_the_visit_ends_and_grows_with_what_follows(closed, bureau):
    first = await listed(closed, bureau.one)
    assert first.seals[-1].lines == len(first.lines)
    await closed.do(
        closed.doctor,
        visit.amend,
        appointment_id=closed.appointment_id,
        note=NOTE,
        reason="补充查体记录",
    )
    await deliver(closed.app)
    await within(
        closed.app, closed.place.office, lambda tx: trail.extend(tx, visit_id=closed.appointment_id)
    )
    more = await listed(closed, bureau.one)
    assert more.lines[: len(first.lines)] == first.lines
    assert len(more.lines) > len(first.lines)
    assert await holds(closed)


async def test_it_names_staff_and_never_the_patient(closed, bureau):
    """PRI-26"""
    found = await listed(closed, bureau.one)
    hands = {line.step.by for line in found.lines}
    assert {By.RESIDENT, By.STAFF, By.SYSTEM} <= hands
    assert closed.patient.person_id not in {line.step.post_id for line in found.lines}


BREAKS = {
    "a row of the history is changed": (
        "UPDATE kernel.history SET after = 'forged' WHERE thing_id = $1 AND verb = 'start'"
    ),
    "a row of the history is gone": (
        "DELETE FROM kernel.history WHERE thing_id = $1 AND verb = 'call'"
    ),
    "a line is changed": (
        "UPDATE supervision.trail SET digest = '\\x00' WHERE visit_id = $1 AND number = 3"
    ),
    "the last line is gone": (
        "DELETE FROM supervision.trail t WHERE visit_id = $1 AND number ="
        " (SELECT max(number) FROM supervision.trail WHERE visit_id = t.visit_id)"
    ),
    "a seal is forged": "UPDATE supervision.trail_seal SET mac = '\\x00' WHERE visit_id = $1",
}


@pytest.mark.parametrize("case", BREAKS)
async def test_whatever_is_done_to_it_is_noticed(closed, dsn, case):
    """SEC-17"""
    assert await holds(closed)
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(BREAKS[case], closed.appointment_id)
    await owner.close()
    assert not await holds(closed)


async def test_none_sees_it_but_the_commission_and_the_own_office(closed, app):
    for kind, role in ((Kind.DRUG_AUTHORITY, DRUG_AUTHORITY), (Kind.INSURANCE_AGENCY, INSURER)):
        with pytest.raises(WrongRole):
            await listed(closed, await office(app, kind, role))
    with pytest.raises(WrongRole):
        await listed(closed, closed.doctor)
    with pytest.raises(NoSuchTrail):
        await listed(closed, await (await Place.found(app)).admin())
    assert (await listed(closed, await closed.place.admin())).lines


async def test_a_name_opens_with_a_case_and_a_second_person(closed, bureau):
    """CON-18"""
    case_id = await bureau.asked(closed.appointment_id)
    with pytest.raises(CaseShut):
        await bureau.place.ask(bureau.one, inspect.look, case_id=case_id)
    with pytest.raises(OwnCase):
        await bureau.do(bureau.one, inspect.approve, case_id=case_id)
    await bureau.do(bureau.other, inspect.approve, case_id=case_id)
    seen = await bureau.place.ask(bureau.one, inspect.look, case_id=case_id)
    assert (seen.person.id, seen.person.name) == (closed.patient.person_id, "王秀英")
    assert seen.messages == []


async def test_nobody_agrees_to_their_own_in_another_hat(closed, bureau):
    case_id = await bureau.asked(closed.appointment_id)
    second = await bureau.place.appoint(HEALTH_COMMISSION, person_id=bureau.one.person_id)
    with pytest.raises(OwnCase):
        await bureau.do(second, inspect.approve, case_id=case_id)


async def test_the_person_sees_that_a_case_opened_their_name(closed, bureau):
    """EMR-05, PRI-26"""
    case_id = await bureau.opened(closed.appointment_id)
    await bureau.place.ask(bureau.one, inspect.look, case_id=case_id)

    async def own(tx):
        person_id = closed.patient.person_id
        chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.OWN)
        return await readings.readings(tx, chart)

    found = await closed.place.ask(closed.patient, own)
    looked = next(each for each in found if each.purpose is Purpose.INSPECT)
    assert (looked.cause, looked.granted, looked.what) == (Cause.CASE, True, "case_name")


async def test_a_third_colleague_and_another_authority_see_nothing(closed, bureau, app):
    case_id = await bureau.opened(closed.appointment_id)
    third = await bureau.place.appoint(HEALTH_COMMISSION, name="石磊")
    with pytest.raises(CaseShut):
        await bureau.place.ask(third, inspect.look, case_id=case_id)
    elsewhere = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    with pytest.raises(NoSuchCase):
        await bureau.place.ask(elsewhere, inspect.look, case_id=case_id)


async def test_what_was_declined_shut_or_has_lapsed_opens_nothing(closed, bureau, clock):
    declined = await bureau.asked(closed.appointment_id)
    with pytest.raises(ReasonMissing):
        await bureau.do(bureau.other, inspect.reject, case_id=declined, reason="否")
    await bureau.do(bureau.other, inspect.reject, case_id=declined, reason="理由不充分")
    shut = await bureau.opened(closed.appointment_id)
    await bureau.do(bureau.one, inspect.close, case_id=shut)
    lapsed = await bureau.opened(closed.appointment_id)
    clock.forward(days=8)
    for case_id in (declined, shut, lapsed):
        with pytest.raises(CaseShut):
            await bureau.place.ask(bureau.one, inspect.look, case_id=case_id)
    with pytest.raises(WrongState):
        await bureau.do(bureau.other, inspect.approve, case_id=declined)
    with pytest.raises(NoSuchPerson):
        await bureau.place.open(bureau.one, closed.patient.person_id, Purpose.INSPECT)


async def test_only_the_commission_asks_and_only_about_a_closed_visit(closed, bureau, app):
    given = {"opens": Opens.NAME, "reason": REASON}
    for hat in (closed.doctor, await office(app, Kind.DRUG_AUTHORITY, DRUG_AUTHORITY)):
        with pytest.raises(WrongRole):
            await bureau.do(hat, inspect.ask, visit_id=closed.appointment_id, **given)
    with pytest.raises(NoSuchTrail):
        await bureau.do(bureau.one, inspect.ask, visit_id=closed.place.id, **given)
