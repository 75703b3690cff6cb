from datetime import timedelta

import asyncpg
import pytest

from lianyi.access import queries, service
from lianyi.access.errors import (
    AskedTooSoon,
    EmptyShare,
    NoSuchConsent,
    NoSuchGlass,
    NoSuchPerson,
    OwnGlass,
    ProofTooLow,
    ReasonMissing,
)
from lianyi.access.model import (
    ADMIN,
    CLERK,
    DOCTOR,
    HEALTH_COMMISSION,
    PHARMACIST,
    RESIDENT,
    Cause,
    Chart,
    Mandate,
    Purpose,
    Scope,
    Sensitive,
    Share,
    View,
)
from lianyi.access.service import glasses
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.work import reading, within

EVERYTHING = frozenset(Scope)
BY_PHONE = frozenset({Scope.BOOK, Scope.PAY})


class Hospital:
    def __init__(self, app):
        self.app = app
        self.id = app.ids.new(app.clock())

    def hat(self, role):
        return Actor(self.new(), self.new(), self.id, role)

    def new(self):
        return self.app.ids.new(self.app.clock())

    async def relate(self, person_id, role=DOCTOR, cause_id=None, **given):
        cause_id = cause_id or self.new()
        await within(
            self.app,
            system("booking", self.id),
            lambda tx: service.open_relation(
                tx,
                person_id=person_id,
                institution_id=self.id,
                roles=frozenset({role}),
                cause_id=cause_id,
                **given,
            ),
        )
        return cause_id


@pytest.fixture
def here(app):
    return Hospital(app)


@pytest.fixture
def there(app):
    return Hospital(app)


@pytest.fixture
def person_id(here):
    return here.new()


@pytest.fixture
async def resident(app, person_id):
    hat = Actor(person_id, person_id, NOWHERE, RESIDENT)
    await empower(app, hat, person_id)
    return hat


async def empower(app, holder, subject_id, scopes=EVERYTHING, **given):
    mandate = Mandate(app.ids.new(app.clock()), holder.person_id, subject_id, scopes, **given)
    await within(app, system("card", NOWHERE), lambda tx: service.empower(tx, mandate=mandate))
    return mandate.cause_id


async def chart(app, hat, person_id, purpose=Purpose.TREAT):
    return await reading(
        app, hat, lambda tx: service.open_chart(tx, person_id=person_id, purpose=purpose)
    )


async def act(app, hat, verb, purpose, person_id, **given):
    async def acting(tx):
        opened = await service.open_chart(tx, person_id=person_id, purpose=purpose)
        return await verb(tx, opened, **given)

    return await within(app, hat, acting)


async def seen(app, chart, here, there):
    """Return the names of the facts a chart admits."""
    at = app.clock() - timedelta(days=1)
    sql = f"""SELECT name FROM (VALUES
                ('plain', $1::uuid, $3::timestamptz, '{{}}'::text[], true),
                ('private', $1, $3, '{{psychiatry}}', true),
                ('draft', $1, $3, '{{}}', false),
                ('elsewhere', $2::uuid, $3, '{{}}', true),
                ('early', $2, $3 - interval '1 year', '{{}}', true),
                ('secret', $2, $3, '{{infection}}', true))
              AS f (name, holder, at, classes, released)
              WHERE {
        chart.admits(holder="holder", at_time="at", classes="classes", released="released", at=4)
    }"""
    rows = await app.pool.fetch(sql, here.id, there.id, at, *chart.args)
    return {row["name"] for row in rows}


def share(app, here, there, **given):
    given.setdefault("expires_at", app.clock() + timedelta(days=30))
    return Share(there.id, here.id, Purpose.TREAT, **given)


async def test_a_doctor_with_a_relation_sees_what_the_own_hospital_holds(
    app, here, there, person_id
):
    await here.relate(person_id)
    opened = await chart(app, here.hat(DOCTOR), person_id)
    assert await seen(app, opened, here, there) == {"plain", "private", "draft"}


async def test_a_doctor_without_a_relation_learns_nothing_not_even_existence(app, here, there):
    """PRI-26: known elsewhere or nowhere, the answer is the same."""
    known, unknown = here.new(), here.new()
    await there.relate(known)
    for person_id in (known, unknown):
        with pytest.raises(NoSuchPerson) as refusal:
            await chart(app, here.hat(DOCTOR), person_id)
        assert refusal.value.details == {"person_id": person_id}


async def test_a_relation_is_the_role_s_not_the_hospital_s(app, here, person_id):
    await here.relate(person_id, CLERK)
    with pytest.raises(NoSuchPerson):
        await chart(app, here.hat(DOCTOR), person_id)


async def test_reception_sees_no_sensitive_class_and_nothing_unreleased(
    app, here, there, person_id
):
    await here.relate(person_id, CLERK)
    opened = await chart(app, here.hat(CLERK), person_id, Purpose.RECEIVE)
    assert await seen(app, opened, here, there) == {"plain"}


async def test_pri_01_who_reviews_must_know_and_who_sells_must_not(app, here, there, person_id):
    """PH-04: by law drug is checked against diagnosis; of another institution it is not theirs."""
    await here.relate(person_id, PHARMACIST)
    reviewing = await chart(app, here.hat(PHARMACIST), person_id, Purpose.REVIEW)
    assert await seen(app, reviewing, here, there) == {"plain", "private"}
    selling = await chart(app, here.hat(PHARMACIST), person_id, Purpose.DISPENSE)
    assert await seen(app, selling, here, there) == {"plain"}


async def test_a_relation_lasts_as_long_as_one_of_its_causes(app, here, person_id):
    visit, other = await here.relate(person_id), await here.relate(person_id)
    doctor, office = here.hat(DOCTOR), system("visit", here.id)
    await within(app, office, lambda tx: service.end_relation(tx, cause_id=visit))
    await chart(app, doctor, person_id)
    await within(app, office, lambda tx: service.end_relation(tx, cause_id=other))
    with pytest.raises(NoSuchPerson):
        await chart(app, doctor, person_id)


async def test_a_relation_ends_with_its_time_before_any_timer(app, clock, here, person_id):
    await here.relate(person_id, until=clock() + timedelta(hours=1))
    doctor = here.hat(DOCTOR)
    await chart(app, doctor, person_id)
    clock.forward(hours=1)
    with pytest.raises(NoSuchPerson):
        await chart(app, doctor, person_id)


async def test_a_role_opens_no_door_for_a_purpose_that_is_not_its_own(app, here, person_id):
    await here.relate(person_id, CLERK)
    clerk = here.hat(CLERK)
    with pytest.raises(NoSuchPerson):
        await chart(app, clerk, person_id, Purpose.TREAT)
    with pytest.raises(WrongRole):
        await within(app, clerk, lambda tx: service.open_desk(tx, purpose=Purpose.TREAT))


async def test_an_authority_opens_no_person_s_chart_but_in_a_case(app, here, person_id):
    with pytest.raises(NoSuchPerson):
        await chart(app, here.hat(HEALTH_COMMISSION), person_id, Purpose.INSPECT)
    await here.relate(person_id, HEALTH_COMMISSION)
    opened = await chart(app, here.hat(HEALTH_COMMISSION), person_id, Purpose.INSPECT)
    assert (opened.cause, opened.sees_unreleased) == (Cause.CASE, False)
    assert opened.views == (View(),)
    for purpose in set(Purpose) - {Purpose.INSPECT}:
        with pytest.raises(NoSuchPerson):
            await chart(app, here.hat(HEALTH_COMMISSION), person_id, purpose)


async def test_another_hospital_s_part_needs_the_person_s_consent(
    app, here, there, person_id, resident
):
    """EMR-17: per holding institution, range of time and class."""
    await here.relate(person_id)
    doctor = here.hat(DOCTOR)
    given = share(app, here, there, covers_since=app.clock() - timedelta(days=30))
    id = await act(app, resident, service.give_consent, Purpose.CONSENT, person_id, share=given)
    opened = await chart(app, doctor, person_id)
    assert opened.cause is Cause.CONSENT
    assert await seen(app, opened, here, there) == {"plain", "private", "draft", "elsewhere"}
    await act(app, resident, service.withdraw_consent, Purpose.CONSENT, person_id, consent_id=id)
    opened = await chart(app, doctor, person_id)
    assert await seen(app, opened, here, there) == {"plain", "private", "draft"}


@pytest.mark.parametrize("is_of_holder", [False, True])
@pytest.mark.parametrize("days", [(None, None), (30, None), (None, 30), (400, 30)])
@pytest.mark.parametrize("classes", [(), (Sensitive.INFECTION, Sensitive.PSYCHIATRY)])
@pytest.mark.parametrize("sees_unreleased", [False, True])
async def test_one_view_alone_shows_what_it_shows_beside_others(
    app, here, there, person_id, is_of_holder, days, classes, sees_unreleased
):
    since, until = (None if one is None else app.clock() - timedelta(days=one) for one in days)
    alone = View(there.id if is_of_holder else None, since, until, frozenset(classes))

    async def shown(*views):
        opened = Chart(person_id, Purpose.TREAT, Cause.CONSENT, views, sees_unreleased)
        return await seen(app, opened, here, there)

    assert await shown(alone) == await shown(alone, alone)


async def test_a_sensitive_class_is_shared_only_by_its_name(app, here, there, person_id, resident):
    """PRI-02: an act of its own."""
    await here.relate(person_id)
    given = share(app, here, there, classes=frozenset({Sensitive.INFECTION}))
    await act(app, resident, service.give_consent, Purpose.CONSENT, person_id, share=given)
    opened = await chart(app, here.hat(DOCTOR), person_id)
    assert "secret" in await seen(app, opened, here, there)


async def test_a_consent_without_a_relation_opens_nothing(app, here, there, person_id, resident):
    given = share(app, here, there)
    await act(app, resident, service.give_consent, Purpose.CONSENT, person_id, share=given)
    with pytest.raises(NoSuchPerson):
        await chart(app, here.hat(DOCTOR), person_id)


async def test_a_consent_ends_with_its_time(app, clock, here, there, person_id, resident):
    await here.relate(person_id)
    given = share(app, here, there)
    await act(app, resident, service.give_consent, Purpose.CONSENT, person_id, share=given)
    clock.forward(days=30)
    opened = await chart(app, here.hat(DOCTOR), person_id)
    assert "elsewhere" not in await seen(app, opened, here, there)


async def test_what_a_doctor_asks_for_is_shared_when_the_person_agrees(
    app, here, there, person_id, resident
):
    await here.relate(person_id)
    doctor, wish = here.hat(DOCTOR), share(app, here, there)
    id = await act(app, doctor, service.ask_consent, Purpose.TREAT, person_id, share=wish)
    opened = await chart(app, doctor, person_id)
    assert "elsewhere" not in await seen(app, opened, here, there)
    await act(app, resident, service.agree_to_consent, Purpose.CONSENT, person_id, consent_id=id)
    opened = await chart(app, doctor, person_id)
    assert "elsewhere" in await seen(app, opened, here, there)
    with pytest.raises(WrongState):
        await act(app, resident, service.refuse_consent, Purpose.CONSENT, person_id, consent_id=id)


async def test_who_refused_is_not_asked_again_for_two_days(
    app, clock, here, there, person_id, resident
):
    """PRI-05."""
    await here.relate(person_id)
    doctor, wish = here.hat(DOCTOR), share(app, here, there)

    async def ask():
        return await act(app, doctor, service.ask_consent, Purpose.TREAT, person_id, share=wish)

    id = await ask()
    await act(app, resident, service.refuse_consent, Purpose.CONSENT, person_id, consent_id=id)
    clock.forward(hours=47)
    with pytest.raises(AskedTooSoon):
        await ask()
    clock.forward(hours=1)
    await ask()


async def test_nobody_decides_over_another_s_consent(app, here, there, person_id, resident):
    given = share(app, here, there)
    id = await act(app, resident, service.give_consent, Purpose.CONSENT, person_id, share=given)
    stranger = Actor(other := here.new(), other, NOWHERE, RESIDENT)
    await empower(app, stranger, other)
    with pytest.raises(NoSuchConsent):
        await act(app, stranger, service.withdraw_consent, Purpose.CONSENT, other, consent_id=id)
    with pytest.raises(NoSuchPerson):
        await act(
            app, stranger, service.withdraw_consent, Purpose.CONSENT, person_id, consent_id=id
        )


async def test_a_consent_that_could_share_nothing_is_refused(app, here, there, person_id, resident):
    now = app.clock()
    for empty in (
        share(app, here, there, expires_at=now),
        share(app, here, there, covers_since=now, covers_until=now),
        share(app, here, here),
    ):
        with pytest.raises(EmptyShare):
            await act(app, resident, service.give_consent, Purpose.CONSENT, person_id, share=empty)


async def test_broken_glass_shows_all_to_its_breaker_for_a_day(app, clock, here, there, person_id):
    """EMR-05."""
    doctor = here.hat(DOCTOR)
    await within(
        app,
        doctor,
        lambda tx: glasses.break_glass(tx, person_id=person_id, reason="昏迷，急诊抢救"),
    )
    opened = await chart(app, doctor, person_id)
    assert opened.cause is Cause.BREAK_GLASS
    assert len(await seen(app, opened, here, there)) == 6
    with pytest.raises(NoSuchPerson):
        await chart(app, here.hat(DOCTOR), person_id)
    clock.forward(hours=24)
    with pytest.raises(NoSuchPerson):
        await chart(app, doctor, person_id)


async def test_broken_glass_is_told_at_once_and_its_review_is_due_in_a_day(app, here, person_id):
    """EMR-17."""
    id = await within(
        app,
        here.hat(DOCTOR),
        lambda tx: glasses.break_glass(tx, person_id=person_id, reason="昏迷，急诊抢救"),
    )
    name, owner = await app.pool.fetchrow(
        "SELECT name, owner FROM kernel.outbox WHERE body LIKE '%' || $1 || '%'", str(id)
    )
    assert (name, owner) == ("access.glass_broken", person_id)
    due = await app.pool.fetchval("SELECT due_at FROM kernel.timer WHERE thing_id = $1", id)
    assert due == app.clock() + timedelta(hours=24)


@pytest.mark.parametrize("role", [CLERK, ADMIN, RESIDENT])
async def test_only_treating_roles_break_glass(app, here, person_id, role):
    with pytest.raises(WrongRole):
        await within(
            app,
            here.hat(role),
            lambda tx: glasses.break_glass(tx, person_id=person_id, reason="我想看一看"),
        )


async def test_glass_is_not_broken_without_a_reason(app, here, person_id):
    with pytest.raises(ReasonMissing):
        await within(
            app,
            here.hat(DOCTOR),
            lambda tx: glasses.break_glass(tx, person_id=person_id, reason="  . "),
        )


async def test_broken_glass_is_reviewed_once_by_another_of_the_same_hospital(
    app, here, there, person_id
):
    doctor, admin = here.hat(DOCTOR), here.hat(ADMIN)
    id = await within(
        app,
        doctor,
        lambda tx: glasses.break_glass(tx, person_id=person_id, reason="昏迷，急诊抢救"),
    )

    async def review(hat, note="抢救记录已核对"):
        await within(
            app, hat, lambda tx: glasses.review_glass(tx, glass_id=id, justified=True, note=note)
        )

    with pytest.raises(NoSuchGlass):
        await review(there.hat(ADMIN))
    with pytest.raises(OwnGlass):
        await review(Actor(doctor.person_id, here.new(), here.id, ADMIN))
    with pytest.raises(ReasonMissing):
        await review(admin, note="")
    await review(admin)
    with pytest.raises(WrongState):
        await review(admin)


async def test_a_person_sees_the_own_record_once_it_is_released(
    app, here, there, person_id, resident
):
    opened = await chart(app, resident, person_id, Purpose.OWN)
    assert await seen(app, opened, here, there) == {"plain", "elsewhere", "early"}


async def test_a_proof_by_phone_books_and_pays_and_reads_nothing(app, person_id):
    hat = Actor(person_id, person_id, NOWHERE, RESIDENT)
    await empower(app, hat, person_id, BY_PHONE)
    for purpose in (Purpose.RECEIVE, Purpose.PAY):
        await chart(app, hat, person_id, purpose)
    for purpose in (Purpose.OWN, Purpose.CONSENT):
        with pytest.raises(ProofTooLow):
            await chart(app, hat, person_id, purpose)


async def test_a_resident_acts_for_another_only_by_a_live_mandate_and_after_switching(
    app, clock, here, person_id
):
    """IDN-06: an end is effective at once."""
    holder = here.new()
    own = Actor(holder, holder, NOWHERE, RESIDENT)
    switched = Actor(holder, holder, NOWHERE, RESIDENT, for_person_id=person_id)
    with pytest.raises(NoSuchPerson):
        await chart(app, switched, person_id, Purpose.OWN)
    cause = await empower(app, own, person_id, until=clock() + timedelta(days=1))
    await chart(app, switched, person_id, Purpose.OWN)
    with pytest.raises(NoSuchPerson):
        await chart(app, own, person_id, Purpose.OWN)
    clock.forward(days=1)
    with pytest.raises(NoSuchPerson):
        await chart(app, switched, person_id, Purpose.OWN)
    cause = await empower(app, own, person_id)
    await within(app, own, lambda tx: service.end_mandate(tx, cause_id=cause))
    with pytest.raises(NoSuchPerson):
        await chart(app, switched, person_id, Purpose.OWN)


async def test_death_ends_every_mandate_of_a_person(app, here, person_id, resident):
    child = here.new()
    await empower(app, resident, child)
    await within(app, resident, lambda tx: service.end_mandates_of(tx, person_id=person_id))
    with pytest.raises(NoSuchPerson):
        await chart(app, resident, person_id, Purpose.OWN)


async def test_a_desk_sees_those_of_its_relation_and_nobody_else(app, here, there, person_id):
    stranger = here.new()
    await here.relate(person_id)
    await there.relate(stranger)
    assert await on_desk(app, here.hat(DOCTOR), Purpose.TREAT, [person_id, stranger]) == [person_id]


async def test_a_resident_s_desk_holds_those_they_act_for(app, here, person_id, resident):
    child, stranger = here.new(), here.new()
    await empower(app, resident, child, BY_PHONE)
    them = [person_id, child, stranger]
    assert await on_desk(app, resident, Purpose.RECEIVE, them) == [person_id, child]
    assert await on_desk(app, resident, Purpose.OWN, them) == [person_id]


async def test_the_platform_s_own_desk_sees_everyone(app, here, person_id):
    assert await on_desk(app, system("tell", here.id), Purpose.TELL, [person_id]) == [person_id]


async def on_desk(app, hat, purpose, person_ids):
    async def look(tx):
        desk = await service.open_desk(tx, purpose=purpose)
        rows = await tx.db.fetch(
            f"SELECT id FROM unnest($1::uuid[]) AS id WHERE {desk.sees('id', at=2)}",
            person_ids,
            *desk.args,
        )
        found = [row["id"] for row in rows]
        service.saw(tx, desk, person_ids=found)
        return found

    return await reading(app, hat, look)


async def test_the_person_reads_who_read_and_who_tried(app, here, there, person_id, resident):
    """CAP-38: who, when, why, refused tries too."""
    await here.relate(person_id)
    doctor, stranger = here.hat(DOCTOR), there.hat(DOCTOR)
    await chart(app, doctor, person_id)
    await on_desk(app, doctor, Purpose.TREAT, [person_id])
    with pytest.raises(NoSuchPerson):
        await chart(app, stranger, person_id)

    async def read(tx):
        opened = await service.open_chart(tx, person_id=person_id, purpose=Purpose.OWN)
        newest = await queries.readings(tx, opened, limit=2)
        return newest + await queries.readings(tx, opened, before=newest[-1].seq)

    lines = await reading(app, resident, read)
    assert [(line.institution_id, line.role, line.granted, line.cause) for line in lines] == [
        (there.id, DOCTOR, False, Cause.NONE),
        (here.id, DOCTOR, True, Cause.RELATION),
        (here.id, DOCTOR, True, Cause.RELATION),
    ]
    assert lines[0].reader_id == stranger.person_id
    assert lines[0].purpose is Purpose.TREAT


async def test_a_refused_change_still_leaves_its_access_on_paper(app, here, person_id):
    """EMR-04."""
    doctor = here.hat(DOCTOR)
    with pytest.raises(NoSuchPerson):
        await within(
            app,
            doctor,
            lambda tx: service.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT),
        )
    granted = await app.pool.fetchval(
        "SELECT granted FROM access.log WHERE post_id = $1", doctor.post_id
    )
    assert granted is False


@pytest.mark.parametrize(
    "table", ["access.approval", "access.permission", "accounts.client", "accounts.lease"]
)
async def test_what_was_said_of_apps_is_kept(app, dsn, table):
    """PRI-10, PRI-11: three years at least; nothing deletes it, its owner's hand neither."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.pool.execute(f"DELETE FROM {table}")
    owner = await asyncpg.connect(dsn)
    with pytest.raises(asyncpg.RaiseError):
        await owner.execute(f"DELETE FROM {table}")
    await owner.close()


@pytest.mark.parametrize(
    "change", ["UPDATE access.log SET granted = true", "DELETE FROM access.log"]
)
async def test_the_log_can_only_grow(app, change):
    """EMR-04: traces cannot be switched off."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.pool.execute(change)
