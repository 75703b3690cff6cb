"""What those who run an institution may see and do, and what they may not."""

from datetime import date

import pytest

from lianyi.journeys import admin_desk, health_desk
from lianyi.kernel.lifecycle import WrongRole
from lianyi.people.errors import NoSuchInstitution, NoSuchPost, OwnPost
from lianyi.people.model import CLERK, DOCTOR, OPERATOR, Filing, Kind, Licence, Register, Term
from tests.place import Place

FILING = Filing("BA20300107", filed_on=date(2030, 1, 1), main_agreed_on=date(2030, 1, 2))


def licence(main, number="371234567890123"):
    return Licence(
        Register.DOCTOR, number, frozenset({"03"}), main, date(2015, 7, 1), date(2015, 7, 1)
    )


async def rules_of(place, hat, post_id):
    view = await place.ask(hat, admin_desk.staff, post_id=post_id)
    return {finding.rule for finding in view.chosen.findings}


async def test_a_doctor_of_elsewhere_practises_here_once_it_is_filed_lic_14(app, place):
    admin, elsewhere = await place.admin(), await Place.found(app)
    stranger = await elsewhere.doctor()
    guest = await place.appoint(DOCTOR, person_id=stranger.person_id)
    assert await rules_of(place, admin, guest.post_id) == {"LIC-14"}
    await place.do(admin, admin_desk.file_practice, post_id=guest.post_id, filing=FILING)
    assert await rules_of(place, admin, guest.post_id) == set()


async def test_the_main_institution_is_here_behind_here_or_as_it_was_lic_14(app, place):
    admin, elsewhere = await place.admin(), await Place.found(app)
    doctor = await place.doctor()
    act = {"post_id": doctor.post_id}
    with pytest.raises(NoSuchInstitution):
        await place.do(admin, admin_desk.record_licence, **act, licence=licence(elsewhere.id))
    await place.do(admin, admin_desk.record_licence, **act, licence=licence(place.id))
    view = await place.ask(admin, admin_desk.staff, post_id=doctor.post_id)
    assert view.chosen.licence.number == "371234567890123"
    assert view.chosen.licence.checked_on == date(2030, 1, 7)
    assert view.chosen.licensed.term is Term.OPEN


async def test_con_08_the_desk_names_who_was_last_looked_up_too_long_ago(app, place):
    internet = await Place.found(app, Kind.INTERNET_SECOND_NAME, parent=place, online=True)
    admin, doctor = await internet.admin(), await internet.doctor()
    await internet.license(doctor.person_id, DOCTOR)
    app.clock.forward(days=366)
    assert await rules_of(internet, admin, doctor.post_id) == {"CON-08"}
    looked_up = licence(internet.id, "371234567890999")
    await internet.do(admin, admin_desk.record_licence, post_id=doctor.post_id, licence=looked_up)
    assert await rules_of(internet, admin, doctor.post_id) == set()


async def test_a_post_of_another_institution_is_not_found(app, place):
    admin, elsewhere = await place.admin(), await Place.found(app)
    post = {"post_id": (await elsewhere.doctor()).post_id}
    with pytest.raises(NoSuchPost):
        await place.ask(admin, admin_desk.staff, **post)
    for verb, given in (
        (admin_desk.end_post, {"why": "not ours"}),
        (admin_desk.file_practice, {"filing": FILING}),
        (admin_desk.record_licence, {"licence": licence(place.id, "37999")}),
    ):
        with pytest.raises(NoSuchPost):
            await place.do(admin, verb, **post, **given)


async def test_an_expired_licence_of_the_house_is_said_once_lic_01(app):
    closed = await Place.found(app, licence_until=date(2030, 1, 6))
    await closed.doctor()
    view = await closed.ask(await closed.admin(), admin_desk.staff)
    assert [finding.rule for finding in view.house.findings] == ["LIC-01"]
    assert view.house.until.term is Term.ENDED
    assert not any(one.findings for one in view.colleagues)


async def test_nobody_ends_the_own_post(place):
    admin = await place.admin()
    with pytest.raises(OwnPost):
        await place.do(admin, admin_desk.end_post, post_id=admin.post_id, why="tired")


@pytest.mark.parametrize("role", [DOCTOR, CLERK, OPERATOR])
async def test_only_administrators_run_an_institution(place, role):
    hat = await place.hat(role)
    for verb in (admin_desk.staff, admin_desk.departments):
        with pytest.raises(WrongRole):
            await place.ask(hat, verb)
    for verb, given in (
        (admin_desk.end_post, {"why": "not mine to end"}),
        (admin_desk.file_practice, {"filing": FILING}),
        (admin_desk.record_licence, {"licence": licence(place.id)}),
    ):
        with pytest.raises(WrongRole):
            await place.do(hat, verb, post_id=hat.post_id, **given)


async def test_health_is_for_administrators_and_the_operator(place):
    with pytest.raises(WrongRole):
        await place.ask(await place.doctor(), health_desk.health)
    assert not (await place.ask(await place.admin(), health_desk.health)).everywhere
    assert (await place.ask(await place.hat(OPERATOR), health_desk.health)).everywhere
