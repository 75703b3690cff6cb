from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lianyi.access.errors import NoSuchPerson, ProofTooLow
from lianyi.access.model import ALL_CLASSES, Purpose, Scope
from lianyi.journeys import card, family
from lianyi.kernel import timers
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.work import within
from lianyi.people import queries
from lianyi.people import service as people
from lianyi.people.errors import (
    DocumentMissing,
    FamilyAlready,
    InvitationOver,
    NoSuchKin,
    NotAChild,
    NotAnAdult,
)
from lianyi.people.model import RESIDENT, KinState, Proof
from lianyi.worker.deliver import WORKER
from tests.drain import deliver
from tests.identity import id_number
from tests.place import Place

CHILD = "李小明"
ADULT = "李建国"
PAPERS = "户口簿 370102-0042"
EVERYTHING = frozenset(Scope)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def clerk(place):
    return await place.clerk()


@pytest.fixture
async def guardian(place, clerk):
    """Somebody who stands at this clerk's counter and has shown their card."""
    hat = await place.resident(name="李梅")
    await place.relate(hat.person_id, clerk.role, days=9999)
    return hat


def switched(hat, person_id):
    return Actor(hat.person_id, hat.person_id, NOWHERE, RESIDENT, for_person_id=person_id)


def document(name, number):
    return people.resident_identity(name=name, number=number)


def midnight(*day):
    return datetime(*day, tzinfo=SHANGHAI)


async def claim(place, guardian, number):
    return await place.do(guardian, family.claim_child, name=CHILD, number=number)


async def confirm(place, clerk, guardian, kin_id, number, *, verb=family.confirm_child, **given):
    facts = {"identity": document(CHILD, number), "document": PAPERS, **given}
    await place.do(clerk, verb, guardian_id=guardian.person_id, kin_id=kin_id, **facts)


async def guarded(place, clerk, guardian, number):
    """Return the claim and the child it is about."""
    kin_id = await claim(place, guardian, number)
    await confirm(place, clerk, guardian, kin_id, number)
    ((child_id,),) = await place.rows("SELECT subject_id FROM people.kin WHERE id = $1", kin_id)
    return kin_id, child_id


async def acts(place, hat, person_id):
    return await place.ask(hat, queries.may_act_for, holder_id=hat.person_id, subject_id=person_id)


async def test_a_guardian_acts_for_a_child_once_a_clerk_has_seen_the_papers(place, clerk, guardian):
    """IDN-06, PRI-07, CAP-6."""
    number = id_number(date(2022, 5, 1))
    kin_id = await claim(place, guardian, number)
    (kin,) = await place.ask(guardian, family.family)
    assert (kin.state, kin.name, kin.subject_id) == (KinState.CLAIMED, CHILD, None)
    await confirm(place, clerk, guardian, kin_id, number)
    (kin,) = await place.ask(guardian, family.family)
    assert kin.until == midnight(2036, 5, 1)
    chart = await place.open(switched(guardian, kin.subject_id), kin.subject_id, Purpose.OWN)
    assert chart.views[0].classes == ALL_CLASSES
    assert await acts(place, guardian, kin.subject_id)


async def test_a_claim_is_confirmed_with_the_guardian_present_and_the_child_s_own_papers(
    place, clerk, guardian
):
    number, other = id_number(date(2022, 5, 1)), id_number(date(2022, 5, 1))
    kin_id = await claim(place, guardian, number)
    absent = await place.resident(name="赵明月")
    foreign = await claim(place, absent, id_number(date(2021, 5, 1)))
    with pytest.raises(NoSuchPerson):
        await confirm(place, clerk, absent, foreign, number)
    with pytest.raises(NoSuchKin):
        await confirm(place, clerk, guardian, foreign, number)
    with pytest.raises(NoSuchKin):
        await confirm(place, clerk, guardian, kin_id, other)
    with pytest.raises(DocumentMissing):
        await confirm(place, clerk, guardian, kin_id, number, document="  ")
    doctor = await place.doctor()
    await place.relate(guardian.person_id, doctor.role)
    with pytest.raises(WrongRole):
        await confirm(place, doctor, guardian, kin_id, number)


async def test_an_adult_is_nobody_s_child_and_a_child_is_nobody_s_proxy(place, guardian):
    """The day of the eighteenth birthday divides them."""
    young, old = id_number(date(2012, 1, 8)), id_number(date(2012, 1, 7))
    await place.do(guardian, family.claim_child, name=CHILD, number=young)
    with pytest.raises(NotAChild):
        await place.do(guardian, family.claim_child, name=CHILD, number=old)
    with pytest.raises(NotAnAdult):
        await place.do(
            guardian,
            family.invite,
            name=CHILD,
            number=id_number(date(2012, 1, 8)),
            scopes=EVERYTHING,
        )
    await place.do(guardian, family.invite, name=CHILD, number=old, scopes=EVERYTHING)


async def test_a_rejected_claim_lets_nobody_act(place, clerk, guardian):
    number = id_number(date(2022, 5, 1))
    kin_id = await claim(place, guardian, number)
    rejected = {"kin_id": kin_id, "why": "证件与关系不符"}
    stranger = await place.resident(name="赵明月")
    with pytest.raises(NoSuchPerson):
        await place.do(clerk, family.reject_child, guardian_id=stranger.person_id, **rejected)
    await place.do(clerk, family.reject_child, guardian_id=guardian.person_id, **rejected)
    with pytest.raises(NoSuchKin):
        await confirm(place, clerk, guardian, kin_id, number)
    await claim(place, guardian, number)


async def test_at_fourteen_a_guardian_stops_until_reviewed_and_sees_less_after(
    place, clerk, guardian, clock
):
    """Reviewed at 14: the clock stops it, not a timer."""
    number = id_number(date(2016, 1, 8))
    kin_id, child_id = await guarded(place, clerk, guardian, number)
    hat = switched(guardian, child_id)
    clock.now = midnight(2030, 1, 8) - timedelta(seconds=1)
    await place.open(hat, child_id, Purpose.OWN)
    clock.forward(seconds=1)
    with pytest.raises(NoSuchPerson):
        await place.open(hat, child_id, Purpose.OWN)
    assert not await acts(place, guardian, child_id)
    with pytest.raises(DocumentMissing):
        await confirm(place, clerk, guardian, kin_id, number, verb=family.review_child, document="")
    await confirm(place, clerk, guardian, kin_id, number, verb=family.review_child)
    chart = await place.open(hat, child_id, Purpose.OWN)
    assert chart.views[0].classes == frozenset()


async def test_at_eighteen_a_guardian_s_mandate_is_over_and_then_tidied(
    app, place, clerk, guardian, clock
):
    number = id_number(date(2012, 2, 29))
    kin_id, child_id = await guarded(place, clerk, guardian, number)
    hat = switched(guardian, child_id)
    clock.now = midnight(2030, 3, 1) - timedelta(seconds=1)
    await place.open(hat, child_id, Purpose.OWN)
    clock.forward(seconds=1)
    with pytest.raises(NoSuchPerson):
        await place.open(hat, child_id, Purpose.OWN)
    with pytest.raises(NotAChild):
        await confirm(place, clerk, guardian, kin_id, number, verb=family.review_child)
    while await within(app, WORKER, timers.fire):
        pass
    await deliver(app)
    assert await place.rows("SELECT state FROM people.kin WHERE id = $1", kin_id) == [("ended",)]


async def test_a_guardian_or_a_clerk_ends_it_at_once_and_the_child_does_not(place, clerk, guardian):
    number = id_number(date(2015, 5, 1))
    kin_id, child_id = await guarded(place, clerk, guardian, number)
    child = Actor(child_id, child_id, NOWHERE, RESIDENT)
    with pytest.raises(NoSuchKin):
        await place.do(child, family.end, kin_id=kin_id)
    await place.do(clerk, family.end, kin_id=kin_id, why="监护权变更")
    assert not await acts(place, guardian, child_id)
    with pytest.raises(NoSuchPerson):
        await place.open(switched(guardian, child_id), child_id, Purpose.RECEIVE)
    with pytest.raises(WrongState):
        await place.do(guardian, family.end, kin_id=kin_id)


async def test_a_clerk_ends_nothing_of_who_is_not_at_the_counter(app, place, clerk, guardian):
    elsewhere = await (await Place.found(app)).clerk()
    kin_id, child_id = await guarded(place, clerk, guardian, id_number(date(2015, 5, 1)))
    with pytest.raises(NoSuchPerson):
        await place.do(elsewhere, family.end, kin_id=kin_id)
    assert await acts(place, guardian, child_id)


async def test_a_proxy_reaches_no_further_than_both_are_proven(place):
    """CON-10: who may not read their own record cannot let another read it, nor read another's."""
    for weak, strong in ((Proof.HOLDER, Proof.SEEN), (Proof.SEEN, Proof.HOLDER)):
        number = id_number()
        adult = await place.resident(name=ADULT, number=number, proof=weak)
        holder = await place.resident(name="李梅", proof=strong)
        kin_id = await place.do(holder, family.invite, name=ADULT, number=number, scopes=EVERYTHING)
        await place.do(adult, family.accept, kin_id=kin_id, scopes=EVERYTHING)
        hat = switched(holder, adult.person_id)
        await place.open(hat, adult.person_id, Purpose.RECEIVE)
        with pytest.raises(ProofTooLow):
            await place.open(hat, adult.person_id, Purpose.OWN)


async def invited(place, holder, scopes=EVERYTHING):
    """Return an adult who has been asked, and the invitation."""
    number = id_number()
    adult = await place.resident(name=ADULT, number=number)
    kin_id = await place.do(holder, family.invite, name=ADULT, number=number, scopes=scopes)
    return adult, kin_id


async def test_an_adult_s_proxy_needs_that_adult_s_own_act(place, guardian):
    """IDN-06."""
    adult, kin_id = await invited(place, guardian)
    hat = switched(guardian, adult.person_id)
    with pytest.raises(NoSuchPerson):
        await place.open(hat, adult.person_id, Purpose.RECEIVE)
    for other in (guardian, switched(guardian, adult.person_id), await place.resident()):
        with pytest.raises(NoSuchKin):
            await place.do(other, family.accept, kin_id=kin_id, scopes=EVERYTHING)
    (asked,) = await place.ask(adult, family.family)
    assert (asked.id, asked.holder_id) == (kin_id, guardian.person_id)
    await place.do(adult, family.accept, kin_id=kin_id, scopes=EVERYTHING)
    chart = await place.open(hat, adult.person_id, Purpose.OWN)
    assert chart.views[0].classes == frozenset()


async def test_an_adult_grants_no_more_than_was_asked_and_less_if_they_like(place, guardian):
    adult, kin_id = await invited(place, guardian, frozenset({Scope.BOOK, Scope.PAY}))
    await place.do(
        adult, family.accept, kin_id=kin_id, scopes=frozenset({Scope.BOOK, Scope.RECORD})
    )
    hat = switched(guardian, adult.person_id)
    await place.open(hat, adult.person_id, Purpose.RECEIVE)
    for purpose in (Purpose.PAY, Purpose.OWN):
        with pytest.raises(ProofTooLow):
            await place.open(hat, adult.person_id, purpose)


async def test_an_invitation_does_not_tell_whether_there_is_such_a_person(place, guardian):
    _, known = await invited(place, guardian)
    number = id_number()
    unknown = await place.do(guardian, family.invite, name=ADULT, number=number, scopes=EVERYTHING)
    kins = {kin.id: kin for kin in await place.ask(guardian, family.family)}
    assert {kins[known].state, kins[unknown].state} == {KinState.INVITED}
    assert {kins[known].subject_id, kins[unknown].subject_id} == {None}


async def test_an_invitation_is_answered_within_a_week(place, guardian, clock):
    adult, kin_id = await invited(place, guardian)
    clock.forward(days=7)
    with pytest.raises(InvitationOver):
        await place.do(adult, family.accept, kin_id=kin_id, scopes=EVERYTHING)
    await place.do(adult, family.decline, kin_id=kin_id)


async def test_either_side_ends_a_proxy_at_once(place, guardian):
    """IDN-06: revocation any time, effective at once."""
    for ended_by_adult in (True, False):
        adult, kin_id = await invited(place, guardian)
        await place.do(adult, family.accept, kin_id=kin_id, scopes=EVERYTHING)
        await place.do(adult if ended_by_adult else guardian, family.end, kin_id=kin_id)
        with pytest.raises(NoSuchPerson):
            await place.open(switched(guardian, adult.person_id), adult.person_id, Purpose.RECEIVE)


async def test_nobody_is_family_twice_or_to_themselves(place):
    number, other = id_number(), id_number()
    holder = await place.resident(name=ADULT, number=number)
    for name, of in ((ADULT, number), (ADULT, other)):
        if of == other:
            await place.do(holder, family.invite, name=name, number=of, scopes=EVERYTHING)
        with pytest.raises(FamilyAlready):
            await place.do(holder, family.invite, name=name, number=of, scopes=EVERYTHING)


async def test_a_guardian_shows_the_child_s_code(place, clerk, guardian):
    number = id_number(date(2022, 5, 1))
    _, child_id = await guarded(place, clerk, guardian, number)
    await place.do(clerk, card.open_at_counter, identity=document(CHILD, number))
    code = await place.do(switched(guardian, child_id), card.show_code)
    assert (await place.do(clerk, card.scan_card, code=code)).id == child_id
