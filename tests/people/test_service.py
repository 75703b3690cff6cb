from dataclasses import replace
from datetime import date, timedelta

import pytest

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.journeys import demo
from lianyi.kernel import profile
from lianyi.kernel.actor import Actor, system
from lianyi.kernel.demo import NotADemo
from lianyi.kernel.lifecycle import WrongRole
from lianyi.people import queries, rules, service
from lianyi.people.errors import (
    BadBirthDate,
    BadCreditCode,
    BadName,
    BadNumber,
    CodeTaken,
    DepartmentNotLicensed,
    MayNotPractise,
    NameDiffers,
    NoSuchDepartment,
    NoSuchPost,
    OwnPost,
    ParentMissing,
)
from lianyi.people.model import (
    CLERK,
    DOCTOR,
    HEALTH_COMMISSION,
    INSURER,
    NURSE,
    OPERATOR,
    PHARMACIST,
    RESIDENT,
    Filing,
    Grade,
    Identity,
    IdType,
    Kind,
    Proof,
    Sex,
    Term,
)
from tests.conftest import NOON
from tests.identity import credit_code, id_number
from tests.place import Place

TODAY = date(2030, 1, 7)
PROFILE = profile.at(NOON)
PASSPORT = Identity("李建华", IdType.PASSPORT, "E12345678", Sex.MALE, date(1980, 2, 29))


async def with_chart(place, hat, person_id, purpose, query):
    async def ask(tx):
        chart = await access.open_chart(tx, person_id=person_id, purpose=purpose)
        return await query(tx, chart)

    return await place.ask(hat, ask)


async def with_desk(place, hat, purpose, query, **arguments):
    async def ask(tx):
        desk = await access.open_desk(tx, purpose=purpose)
        return await query(tx, desk, **arguments)

    return await place.ask(hat, ask)


async def test_the_same_number_is_the_same_person_everywhere(app, place):
    """IDN-01."""
    number = id_number()
    elsewhere = await Place.found(app)
    assert await place.person(number=number) == await elsewhere.person(number=f" {number.lower()} ")


async def test_one_number_under_two_names_is_refused(place):
    """IDN-04: nothing is merged on a doubtful match."""
    number = id_number()
    await place.person("王秀英", number=number)
    with pytest.raises(NameDiffers):
        await place.person("李秀英", number=number)


async def test_a_better_proof_stays_and_a_weaker_one_changes_nothing(place):
    number = id_number()
    for proof, then in (
        (Proof.HOLDER, Proof.HOLDER),
        (Proof.SEEN, Proof.SEEN),
        (Proof.HOLDER, Proof.SEEN),
    ):
        person_id = await place.person(number=number, proof=proof)
        person = await with_chart(
            place, system("test", place.id), person_id, Purpose.TELL, queries.person
        )
        assert person.proof is then


@pytest.mark.parametrize(
    ("identity", "refusal"),
    [
        (replace(PASSPORT, name=""), BadName),
        (replace(PASSPORT, name="<b>李</b>"), BadName),
        (replace(PASSPORT, number="E 12"), BadNumber),
        (replace(PASSPORT, id_type=IdType.RESIDENT_ID), BadNumber),
        (replace(PASSPORT, birth_date=date(2030, 1, 8)), BadBirthDate),
    ],
)
async def test_a_document_that_cannot_be_is_refused(place, identity, refusal):
    with pytest.raises(refusal):
        await place.do(place.office, service.register_person, identity=identity)


async def test_a_birth_date_that_the_number_denies_is_refused(place):
    identity = service.resident_identity(name="王秀英", number=id_number())
    younger = replace(identity, birth_date=identity.birth_date + timedelta(days=1))
    with pytest.raises(BadNumber):
        await place.do(place.office, service.register_person, identity=younger)


async def test_a_doctor_registers_nobody(place):
    with pytest.raises(WrongRole):
        await place.do(await place.doctor(), service.register_person, identity=PASSPORT)


async def test_numbers_and_phones_are_stored_sealed(place):
    number, phone = id_number(), "13800002222"
    person_id = await place.person(number=number, phone=phone)
    ((row,),) = await place.rows(
        "SELECT row_to_json(p)::text FROM people.person p WHERE id = $1", person_id
    )
    for value in (number, phone):
        assert value not in row
        assert value.encode().hex() not in row


async def test_who_may_see_a_person_sees_name_and_masked_number(place):
    number = id_number(date(1961, 3, 5), order=402)
    hat = await place.patient(name="欧阳秀英", number=number, phone="13800001234")
    person = await with_chart(
        place, await place.clerk(), hat.person_id, Purpose.RECEIVE, queries.person
    )
    assert person.name == "欧阳秀英"
    assert person.masked_name == "欧**英"
    assert person.masked_number == f"3701 **** **** {number[-4:]}"
    assert person.masked_phone == "138****1234"
    assert (person.birth_date, person.sex) == (date(1961, 3, 5), Sex.FEMALE)


async def test_the_full_identity_and_the_phone_need_a_chart(place):
    number = id_number()
    hat = await place.patient(number=number, phone="13800001234")
    clerk = await place.clerk()
    identity = await with_chart(place, clerk, hat.person_id, Purpose.PAY, queries.identity)
    assert identity.number == number
    phone = await with_chart(place, clerk, hat.person_id, Purpose.RECEIVE, queries.phone_of)
    assert phone == "13800001234"
    with pytest.raises(NoSuchPerson):
        await with_chart(place, clerk, await place.person(), Purpose.RECEIVE, queries.identity)


async def test_the_chart_of_nobody_shows_nobody(app, place):
    """The system may open any chart, and still learns that there is no such person."""
    with pytest.raises(NoSuchPerson):
        await with_chart(
            place, place.office, app.ids.new(app.clock()), Purpose.TELL, queries.person
        )


async def test_a_desk_names_and_finds_only_its_own_persons(app, place):
    elsewhere = await Place.found(app)
    mine = (await place.patient(name="赵明月")).person_id
    other = (await elsewhere.patient(name="赵明星")).person_id
    clerk = await place.clerk()
    names = await with_desk(
        place, clerk, Purpose.RECEIVE, queries.names_of, person_ids=[mine, other]
    )
    assert names == {mine: "赵明月"}
    found = await with_desk(place, clerk, Purpose.RECEIVE, queries.search, name="赵明")
    assert [person.id for person in found] == [mine]
    assert await with_desk(place, clerk, Purpose.RECEIVE, queries.search, name=" ") == []
    shown = await with_desk(
        place, clerk, Purpose.RECEIVE, queries.persons, person_ids=[mine, other]
    )
    assert set(shown) == {mine}


async def test_an_institution_needs_a_true_credit_code(app):
    with pytest.raises(BadCreditCode):
        await found_with(app, credit_code="12370000000000000A")


async def test_no_institution_is_registered_twice(app):
    code = credit_code()
    await found_with(app, credit_code=code)
    with pytest.raises(CodeTaken):
        await found_with(app, credit_code=code)


async def found_with(app, **given):
    place = await Place.found(app)
    one = (await place.ask(place.office, queries.institutions, ids=[place.id]))[place.id]
    other = replace(one, id=app.ids.new(app.clock()), licence_number="", **given)
    await place.do(place.office, service.register_institution, institution=other)


@pytest.mark.parametrize("kind", [Kind.INTERNET_SECOND_NAME, Kind.INTERNET_INDEPENDENT, Kind.STORE])
async def test_some_institutions_lean_on_another_of_the_right_kind(app, kind):
    """CAP-125."""
    clinic = await Place.found(app, Kind.VILLAGE_CLINIC)
    for parent in (None, clinic):
        with pytest.raises(ParentMissing):
            await Place.found(app, kind, parent=parent)


@pytest.mark.parametrize("kind", [Kind.INTERNET_SECOND_NAME, Kind.INTERNET_INDEPENDENT])
async def test_an_internet_hospital_offers_only_what_the_hospital_behind_is_licensed_for(
    app, place, kind
):
    """CON-23."""
    internet = await Place.found(app, kind, parent=place, online=True)
    await place.department("04", "外科", licensed=False)
    for code in ("04", "08"):
        with pytest.raises(DepartmentNotLicensed):
            await internet.department(code, "外科", online=True)
    await place.department("08", "妇产科")
    await internet.department("08", "妇产科", online=True)


@pytest.mark.parametrize(
    ("kind", "may"),
    [
        (Kind.COUNTY_HOSPITAL, True),
        (Kind.TERTIARY_HOSPITAL, False),
        (Kind.HEALTH_CENTRE, False),
        (Kind.VILLAGE_CLINIC, False),
    ],
)
async def test_who_is_no_internet_hospital_offers_online_only_as_licensed(app, kind, may):
    """CON-23."""
    place = await Place.found(app, kind)
    if may:
        await place.department("04", "外科", online=True)
    else:
        with pytest.raises(DepartmentNotLicensed):
            await place.department("04", "外科", online=True)


async def test_a_department_s_code_is_used_once_in_an_institution(place):
    with pytest.raises(CodeTaken):
        await place.department("03", "内科")


async def test_a_post_gives_a_hat_to_its_person_only_and_until_it_ends(app, place):
    doctor = await place.doctor()
    (post,) = await place.ask(place.office, queries.posts_of, person_id=doctor.person_id)
    assert (post.id, post.role, post.grade) == (doctor.post_id, DOCTOR, Grade.MIDDLE)
    assert (post.institution_name, post.department_name) == ("青山一院", "内科")
    ids = {"person_id": doctor.person_id, "post_id": doctor.post_id}
    assert await place.ask(doctor, queries.hat, **ids) == replace(doctor, session_id=None)
    with pytest.raises(NoSuchPost):
        await place.ask(doctor, queries.hat, **{**ids, "person_id": await place.person()})
    elsewhere = await Place.found(app)
    with pytest.raises(NoSuchPost):
        await place.do(await elsewhere.admin(), service.end_post, post_id=doctor.post_id)
    await place.do(await place.admin(), service.end_post, post_id=doctor.post_id)
    with pytest.raises(NoSuchPost):
        await place.ask(doctor, queries.hat, **ids)
    ended = await place.ask(place.office, queries.posts, ids=[doctor.post_id])
    assert ended[doctor.post_id].ended_at is not None
    with pytest.raises(NoSuchPost):
        await place.do(await place.admin(), service.end_post, post_id=doctor.post_id)


async def test_an_administrator_appoints_at_home_and_to_posts_only(app, place):
    elsewhere = await Place.found(app)
    person_id, admin = await place.person(), await place.admin()
    with pytest.raises(NoSuchDepartment):
        await place.do(
            admin,
            service.appoint,
            person_id=person_id,
            role=DOCTOR,
            department_id=elsewhere.department_id,
        )
    for beyond in (RESIDENT, OPERATOR, HEALTH_COMMISSION, INSURER):
        with pytest.raises(WrongRole):
            await place.do(admin, service.appoint, person_id=person_id, role=beyond)
    with pytest.raises(WrongRole):
        await place.do(await place.clerk(), service.appoint, person_id=person_id, role=CLERK)
    hat = await place.do(admin, service.appoint, person_id=person_id, role=CLERK)
    assert hat.institution_id == place.id


async def test_a_department_s_doctors_are_shown_with_title_and_licence_number(place):
    doctor = await place.doctor()
    await place.appoint(NURSE)
    (shown,) = await place.ask(place.office, queries.doctors_of, department_id=place.department_id)
    assert shown.person_id == doctor.person_id
    assert (shown.name, shown.grade) == ("张建国", Grade.MIDDLE)
    assert shown.licence_number.startswith("37")
    roles = {
        post.role
        for post in await place.ask(place.office, queries.staff_of, institution_id=place.id)
    }
    assert roles == {DOCTOR, NURSE}


async def practice(place, hat, **given):
    return await place.ask(
        hat,
        queries.practice,
        person_id=hat.person_id,
        institution_id=given.pop("at", place).id,
        department_id=given.pop("department_id", place.department_id),
        **given,
    )


async def troubles(place, hat, *, online=False, **given):
    facts = await practice(place, hat, **given)

    async def check(tx):
        service.check_practice(tx, facts, online=online)

    try:
        await place.ask(hat, check)
    except MayNotPractise as refusal:
        return {finding.code.removeprefix("people.") for finding in refusal.findings}
    return set()


async def test_a_registered_doctor_practises_at_home(place):
    assert await troubles(place, await place.doctor()) == set()


async def test_a_pharmacist_s_licence_is_asked_for_as_a_pharmacist_s(place):
    pharmacist = await place.pharmacist()
    assert await troubles(place, pharmacist, role=PHARMACIST) == set()
    assert "LIC-13.not_registered" in await troubles(place, pharmacist, role=DOCTOR)


@pytest.mark.parametrize(
    "kind", [Kind.TERTIARY_HOSPITAL, Kind.COUNTY_HOSPITAL, Kind.HEALTH_CENTRE, Kind.VILLAGE_CLINIC]
)
async def test_an_expired_licence_stops_a_place_at_midnight(app, clock, kind):
    """LIC-01: on the last day it serves; at 00:00 of the next it does not."""
    place = await Place.found(app, kind, licence_until=date(2030, 1, 7))
    doctor = await place.doctor()
    clock.forward(hours=11, minutes=59)
    assert await troubles(place, doctor) == set()
    clock.forward(minutes=1)
    assert await troubles(place, doctor) == {"LIC-01.expired"}


@pytest.mark.parametrize("kind", [Kind.INTERNET_SECOND_NAME, Kind.INTERNET_INDEPENDENT])
async def test_an_internet_hospital_stops_with_the_hospital_behind_it(app, clock, kind):
    """LIC-01."""
    hospital = await Place.found(app, licence_until=date(2030, 1, 7))
    internet = await Place.found(app, kind, parent=hospital, online=True)
    doctor = await internet.doctor()
    assert await troubles(internet, doctor, online=True) == set()
    clock.forward(days=1)
    assert await troubles(internet, doctor, online=True) == {"LIC-01.parent_expired"}


async def test_nobody_practises_outside_post_register_and_scope(place):
    """LIC-13."""
    surgery = await place.department("04", "外科")
    doctor = await place.doctor()
    assert await troubles(place, doctor, department_id=surgery) == {"LIC-13.out_of_scope"}
    unregistered = await place.appoint(DOCTOR, person_id=await place.person())
    assert await troubles(place, unregistered) == {"LIC-13.not_registered"}
    await place.license(unregistered.person_id, DOCTOR, valid_until=date(2030, 1, 6))
    assert await troubles(place, unregistered) == {"LIC-13.expired"}
    await place.do(place.office, service.end_post, post_id=doctor.post_id)
    assert await troubles(place, doctor) == {"LIC-13.no_post"}


async def test_a_licence_recorded_again_replaces_the_main_place_and_keeps_the_past(app, place):
    """LIC-14: exactly one main institution."""
    elsewhere = await Place.found(app)
    doctor = await place.doctor()
    await place.license(doctor.person_id, DOCTOR, main_institution_id=elsewhere.id)
    assert await troubles(place, doctor) == {"LIC-14.not_filed"}
    assert (
        len(await place.rows("SELECT FROM people.licence WHERE person_id = $1", doctor.person_id))
        == 2
    )


async def test_a_licence_number_belongs_to_one_person(place):
    one = (await practice(place, await place.doctor())).licence
    with pytest.raises(CodeTaken):
        await place.do(
            place.office, service.record_licence, person_id=await place.person(), licence=one
        )


async def file(place, hat, **given):
    facts = {"filed_on": date(2029, 1, 1), "main_agreed_on": date(2028, 12, 1), **given}
    await place.do(
        place.office,
        service.file_practice,
        person_id=hat.person_id,
        filing=Filing("备案2029-1", **facts),
    )


async def guest_doctor(app, internet):
    """Return the hat, at an internet hospital, of a doctor whose main place is another."""
    home = await Place.found(app)
    person_id = (await home.doctor()).person_id
    return await internet.appoint(DOCTOR, person_id=person_id)


async def test_a_guest_doctor_treats_online_only_once_filed_and_agreed(app, place):
    """CON-24, CON-08."""
    internet = await Place.found(app, Kind.INTERNET_INDEPENDENT, parent=place, online=True)
    guest = await guest_doctor(app, internet)
    assert await troubles(internet, guest, online=True) == {"LIC-14.not_filed", "CON-24.not_filed"}
    await file(internet, guest, main_agreed_on=None)
    assert await troubles(internet, guest, online=True) == {"CON-08.main_has_not_agreed"}
    await file(internet, guest)
    assert await troubles(internet, guest, online=True) == set()
    await file(internet, guest, valid_until=date(2030, 1, 6))
    assert await troubles(internet, guest, online=True) == {"LIC-14.not_filed", "CON-24.not_filed"}


async def test_leaning_on_a_hospital_does_not_make_its_doctors_one_s_own(app, place):
    """CON-24: a second name shares the main place with its hospital."""
    doctor = await place.doctor()
    for kind, expected in (
        (Kind.INTERNET_SECOND_NAME, set()),
        (Kind.INTERNET_INDEPENDENT, {"LIC-14.not_filed", "CON-24.not_filed"}),
    ):
        internet = await Place.found(app, kind, parent=place, online=True)
        hat = await internet.appoint(DOCTOR, person_id=doctor.person_id)
        assert await troubles(internet, hat, online=True) == expected


async def test_a_hospital_without_internet_hospital_treats_online_with_its_own_doctors_only(app):
    """CON-24: not even a filing helps."""
    county = await Place.found(app, Kind.COUNTY_HOSPITAL, online=True)
    assert await troubles(county, await county.doctor(), online=True) == set()
    guest = await guest_doctor(app, county)
    await file(county, guest)
    assert await troubles(county, guest, online=True) == {"CON-24.not_filed"}


@pytest.mark.parametrize("kind", [Kind.TERTIARY_HOSPITAL, Kind.HEALTH_CENTRE, Kind.VILLAGE_CLINIC])
async def test_a_place_without_the_licence_for_it_treats_nobody_online(app, kind):
    """CON-23."""
    place = await Place.found(app, kind)
    assert await troubles(place, await place.doctor(), online=True) == {
        "CON-23.not_offered",
        "CON-23.department_not_licensed",
    }


async def test_three_years_of_practice_come_before_treating_online(app, place):
    """CON-08: the day before the third anniversary is too early."""
    internet = await Place.found(app, Kind.INTERNET_SECOND_NAME, parent=place, online=True)
    doctor = await internet.doctor()
    for since, expected in ((date(2027, 1, 8), {"CON-08.too_new"}), (date(2027, 1, 7), set())):
        await internet.license(doctor.person_id, DOCTOR, practising_since=since)
        assert await troubles(internet, doctor, online=True) == expected


async def test_a_look_into_the_register_counts_for_a_year(app, place):
    """CON-08: who treats in person only isn't asked; a new look counts from its own day."""
    internet = await Place.found(app, Kind.INTERNET_SECOND_NAME, parent=place, online=True)
    doctor = await internet.doctor()
    app.clock.forward(days=365)
    assert await troubles(internet, doctor, online=True) == set()
    app.clock.forward(days=1)
    assert await troubles(internet, doctor, online=True) == {"CON-08.check_over"}
    assert await troubles(internet, doctor) == set()
    await internet.license(doctor.person_id, DOCTOR)
    assert await troubles(internet, doctor, online=True) == set()


async def test_only_a_demos_register_is_looked_at_by_its_clock(app, place):
    """CON-08: for real people somebody looks."""
    internet = await Place.found(app, Kind.INTERNET_SECOND_NAME, parent=place, online=True)
    doctor = await internet.doctor()
    app.clock.forward(days=366)
    with pytest.raises(NotADemo):
        await place.do(place.office, demo.keep_up)
    with pytest.raises(WrongRole):
        await place.do(await place.admin(), service.look_again)
    assert await troubles(internet, doctor, online=True) == {"CON-08.check_over"}
    await place.do(place.office, service.look_again)
    assert await troubles(internet, doctor, online=True) == set()


async def test_only_the_administration_records_licences_and_departments(place):
    nurse = await place.appoint(NURSE)
    licence = (await practice(place, await place.doctor())).licence
    with pytest.raises(WrongRole):
        await place.do(nurse, service.record_licence, person_id=nurse.person_id, licence=licence)
    with pytest.raises(WrongRole):
        await place.do(
            Actor(nurse.person_id, nurse.post_id, place.id, CLERK),
            service.register_department,
            code="05",
            name="儿科",
        )


async def test_who_administers_does_not_end_the_own_post(place):
    admin = await place.admin()
    with pytest.raises(OwnPost):
        await place.do(admin, service.end_post, post_id=admin.post_id)


async def test_an_ended_post_keeps_who_ended_it_and_why(place):
    doctor, admin = await place.doctor(), await place.admin()
    await place.do(admin, service.end_post, post_id=doctor.post_id, why="moved away")
    trace = "SELECT verb, post_id, why FROM kernel.history WHERE thing_id = $1"
    assert await place.rows(trace, doctor.post_id) == [("end_post", admin.post_id, "moved away")]


async def test_members_are_the_live_staff_with_what_the_law_says_of_them(app, place):
    elsewhere = await Place.found(app)
    doctor, clerk = await place.doctor(), await place.clerk()
    gone = await place.appoint(DOCTOR)
    await place.do(place.office, service.end_post, post_id=gone.post_id)
    stranger = await elsewhere.doctor()
    guest = await place.appoint(DOCTOR, person_id=stranger.person_id)
    members = await place.ask(place.office, queries.members_of, institution_id=place.id)
    found = {
        one.post.id: [f.code for f in rules.staff_findings(one, TODAY, PROFILE)] for one in members
    }
    assert found == {
        doctor.post_id: [],
        clerk.post_id: [],
        guest.post_id: ["people.LIC-14.not_filed"],
    }


@pytest.mark.parametrize(
    ("left", "term"),
    [
        (None, Term.OPEN),
        (91, Term.VALID),
        (90, Term.NOTICE),
        (31, Term.NOTICE),
        (30, Term.SOON),
        (8, Term.SOON),
        (7, Term.LAST),
        (0, Term.LAST),
        (-1, Term.ENDED),
    ],
)
def test_one_is_reminded_three_times_before_a_licence_ends_lic_02(left, term):
    until = None if left is None else TODAY + timedelta(days=left)
    assert rules.term(until, TODAY, PROFILE) is term
