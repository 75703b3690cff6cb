"""What an audit of personal data asks of an institution is drawn from what is written down."""

import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.journeys import compliance_desk, sharing
from lianyi.kernel.lifecycle import WrongRole
from tests.smart.conftest import KEYS

PAGE = "/admin/compliance"


@pytest.fixture
async def practised(ward):
    """Let a doctor treat, try in vain, and break glass."""
    place, doctor = ward.place, ward.doctor
    await place.open(doctor, ward.person_id, Purpose.TREAT)
    stranger = await place.resident(name="欧阳秋水")
    with pytest.raises(NoSuchPerson):
        await place.open(doctor, stranger.person_id, Purpose.TREAT)
    given = {"person_id": stranger.person_id, "reason": "昏迷送入抢救室"}
    await place.do(doctor, sharing.break_glass, **given)


async def report(place, hat=None, **given):
    return await place.ask(hat or await place.admin(), compliance_desk.report, **given)


async def test_it_lists_activities_bases_sharing_retention_and_incidents(
    company, practised, sitting, ward
):
    """PRI-27: what was done, on what ground, and what was refused; and never of whom."""
    key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": KEYS, "redirect_uris": []}
    await company((Purpose.TREAT, "system/*.rs"), **key)
    page = await (await sitting(await ward.place.admin())).get(f"{PAGE}?days=90")
    for said in ("处理活动与依据", "诊疗关系", "没有依据", "PIA-", "EMR-01", "逾期未复核"):
        assert page.says(said), said
    assert not page.says("欧阳秋水")
    assert "?days=90&pane=side" in [
        link.href for link in page.links
    ]  # the same span, told beside it on a phone
    view = await report(ward.place)
    counted = {(one.cause, one.granted, one.refused) for one in view.found.activities}
    assert {("relation", 1, 0), ("none", 0, 1)} <= counted
    assert (view.found.emergencies.all, view.found.emergencies.late) == (1, 0)
    (one,) = view.entrusted
    assert (one.is_over, one.permitted) == (False, None)


async def test_what_was_before_its_span_is_not_in_it_and_a_late_review_is_told(
    practised, ward, clock
):
    """EMR-17"""
    clock.forward(days=2)
    assert (await report(ward.place)).found.emergencies.late == 1
    clock.forward(days=40)
    assert (await report(ward.place)).found.emergencies.all == 0
    assert (await report(ward.place, days=90)).found.emergencies.all == 1


async def test_it_counts_what_persons_have_let_apps_read(diary, patients, ward):
    """PRI-09"""
    await diary.agreed(patients, "patient/Observation.rs")
    (one,) = (await report(ward.place)).entrusted
    assert (one.permitted.given, one.permitted.withdrawn) == (1, 0)


async def test_no_other_institution_and_no_other_role_reads_it(practised, ward, elsewhere):
    """INT-13"""
    view = await report(elsewhere.place)
    assert (view.found.activities, view.entrusted, view.left) == ((), (), ())
    with pytest.raises(WrongRole):
        await report(ward.place, ward.doctor)
