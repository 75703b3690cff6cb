"""No app is told what it may not see at the moment of telling, not even that there is something."""

import pytest

from lianyi.access import queries as readers
from lianyi.access.fhir import audit_event
from lianyi.access.model import Purpose, Sensitive
from lianyi.journeys import apps
from lianyi.people import service as people
from lianyi.people.model import DOCTOR
from lianyi.records import service as records
from tests.fhir.subscriptions.receiver import (
    OWN_SCOPES,
    as_service,
    as_staff,
    firm_at,
    hook,
    pressure,
    receiving,
    states,
    subscribed,
    values,
    wait_and_work,
)
from tests.records import make

# What closes a door between what happened and its telling, and after: nothing is told then, not
# even that there was something, and the subscription says why it is off.


async def test_nothing_is_told_of_somebody_who_has_withdrawn_their_permission(
    own, ward, receiver, worker, firm
):
    """PRI-04: effective at once, also for what waits."""
    made = await subscribed(own, hook(receiver, pressure(ward), payload=None))
    await ward.publish(make.observation(ward.person_id), hat=ward.doctor)
    (permission,) = await ward.see_own(readers.permissions)
    await ward.place.do(ward.patient, apps.withdraw_permission, permission_id=permission.id)
    await worker.work()
    assert receiver.said == []
    assert await states(ward) == [(made["id"], "off", "ground")]


@pytest.mark.parametrize("is_off_before", [True, False])
async def test_what_happened_before_a_new_permission_is_not_told_to_who_starts_again(
    own, ward, receiver, worker, firm, is_off_before
):
    """PRI-04: a permission that is given anew is for what comes, whoever switched it off."""
    made = await subscribed(own, hook(receiver, pressure(ward)))
    path = f"Subscription/{made['id']}"
    if is_off_before:
        await own.put(path, {**made, "status": "off"})
    (permission,) = await ward.see_own(readers.permissions)
    await ward.place.do(ward.patient, apps.withdraw_permission, permission_id=permission.id)
    await ward.publish(make.observation(ward.person_id, 1), hat=ward.doctor)
    ward.place.app.clock.forward(minutes=1)
    await firm.permitted(ward.patient, OWN_SCOPES)
    again = await own.put(path, {**made, "status": "requested"})
    assert (again.json()["status"], "error" in again.json()) == ("active", True)
    await ward.publish(make.observation(ward.person_id, 2), hat=ward.doctor)
    await worker.work()
    assert values(receiver) == [2]


async def test_nothing_is_told_behind_a_permission_that_was_taken_back_by_the_doors_alone(
    own, ward, receiver, worker, firm, clock
):
    """The doors are asked at each telling: no list of what to end has to be complete."""
    made = await subscribed(own, hook(receiver, pressure(ward)))
    receiver.answers = [500]
    await ward.publish(make.observation(ward.person_id, 1))
    await worker.work()
    (permission,) = await ward.see_own(readers.permissions)
    await firm.take_back(ward.patient, permission.id)
    await ward.publish(make.observation(ward.person_id, 2))
    await wait_and_work(worker, clock, 3, seconds=20)
    assert values(receiver) == [1]
    assert await states(ward) == [(made["id"], "off", "ground")]


async def test_nothing_is_told_when_the_approval_is_over_or_withdrawn(
    service, ward, receiver, worker, clock, program
):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    other = await firm_at(ward.place, receiver.url)
    second = await subscribed(
        await program(await as_service(ward, other)), hook(receiver, pressure(ward))
    )
    await ward.publish(make.observation(ward.person_id, 1))
    admin = await ward.place.admin()
    (approval,) = (await ward.place.ask(admin, readers.live_approvals, app_ids=[other.app_id]))[
        other.app_id
    ]
    await ward.place.do(admin, apps.withdraw_approval, approval_id=approval.id, why="到期")
    clock.forward(days=91)
    await worker.work()
    assert receiver.said == []
    offs = {id: (state, why) for id, state, why in await states(ward)}
    assert offs == {made["id"]: ("off", "ended"), second["id"]: ("off", "ground")}


async def test_nothing_is_told_when_the_relation_has_ended(service, ward, receiver, worker):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    everybody = await subscribed(service, hook(receiver, f"Observation?code={make.SYSTOLIC}"))
    await ward.publish(make.observation(ward.person_id, 1))
    await ward.place.app.pool.execute(
        "UPDATE access.relation SET ended_at = opened_at WHERE person_id = $1", ward.person_id
    )
    await worker.work()
    assert receiver.said == []
    assert await states(ward) == [(made["id"], "off", "ground")]
    still = (await service.get(f"Subscription/{everybody['id']}")).json()
    assert still["status"] == "active"  # there may be others whom it is about


async def test_a_withheld_result_is_told_to_the_person_when_it_is_let_out_and_no_earlier(
    own, service, ward, receiver, worker, program
):
    """IDN-11: nor is it told that there is one."""
    async with receiving() as other:
        staff = await program(await as_staff(ward, await firm_at(ward.place, other.url)))
        await subscribed(own, hook(receiver, pressure(ward), payload=None))
        await subscribed(staff, hook(other, pressure(ward)))
        await subscribed(service, hook(receiver, pressure(ward)))
        seen = make.observation(ward.person_id, 7)
        await ward.publish(seen, released=False)
        await worker.work()
        assert (receiver.said, values(other)) == ([], [7])
        given = {"type": "Observation", "fhir_ids": [seen["id"]]}
        await ward.place.do(ward.doctor, records.release, **given)
        await worker.work()
        assert sorted(said.method for said in receiver.said) == ["POST", "PUT"]
        assert values(other) == [7]


async def test_a_sensitive_class_is_told_only_where_it_was_ticked(
    own, ward, receiver, worker, program, firm
):
    """PRI-02: each by a tick of its own; genetics never."""
    await subscribed(own, hook(receiver, f"Condition?subject=Patient/{ward.person_id}"))
    for code in ("B20", "F32.1"):
        await ward.publish(make.condition(ward.person_id, code, "…"))
    await ward.publish(
        make.condition(ward.person_id, "I10"), classes=frozenset({Sensitive.GENETICS})
    )
    plain = make.condition(ward.person_id, "I10")
    await ward.publish(plain)
    await worker.work()
    assert [said.json["id"] for said in receiver.said] == [plain["id"]]
    receiver.said.clear()
    hat = firm.hat(ward.patient, "patient/*.cruds offline_access")
    await firm.permitted(ward.patient, hat.scopes[0] + " offline_access", {Sensitive.INFECTION})
    again = await program(hat)
    body = hook(receiver, f"Condition?subject=Patient/{ward.person_id}", payload=None)
    await subscribed(again, body)
    await ward.publish(make.condition(ward.person_id, "F32.1"))
    await ward.publish(make.condition(ward.person_id, "B20"))
    await worker.work()
    assert len([said for said in receiver.said if said.method == "POST"]) == 1


async def test_a_scope_is_kept_to_at_each_telling(ward, receiver, worker, program, firm):
    """INT-04: also of what was deleted, and by its constraint."""
    scope = f"system/Observation.cruds?code={make.LOINC}|8480-6 system/Subscription.cruds"
    narrow = await program(await as_service(ward, firm, scope))
    await subscribed(narrow, hook(receiver, f"Observation?subject=Patient/{ward.person_id}"))
    await ward.publish(make.observation(ward.person_id, 2, code="8462-4"))
    mine = make.observation(ward.person_id, 1)
    await ward.publish(mine)
    await worker.work()
    assert values(receiver) == [1]
    refused = await narrow.post(
        "Subscription", hook(receiver, f"Condition?subject=Patient/{ward.person_id}")
    )
    assert refused.status_code == 403


async def test_what_another_hospital_wrote_is_told_to_no_app_of_this_one(
    service, own, ward, elsewhere, receiver, worker
):
    await subscribed(service, hook(receiver, pressure(ward)))
    await subscribed(service, hook(receiver, f"Observation?code={make.SYSTOLIC}"))
    await elsewhere.publish(make.observation(ward.person_id, 1))
    await worker.work()
    assert receiver.said == []
    await subscribed(own, hook(receiver, pressure(ward)))
    await elsewhere.publish(make.observation(ward.person_id, 2))
    await worker.work()
    assert values(receiver) == [2]  # the person's own app sees what the person sees


async def test_nothing_is_told_of_anybody_else(service, own, ward, receiver, worker):
    """EMR-18: a desk's of those in care, a person's of the person."""
    await subscribed(own, hook(receiver, f"Observation?code={make.SYSTOLIC}"))
    await subscribed(service, hook(receiver, f"Observation?code={make.SYSTOLIC}"))
    stranger = await ward.place.resident()
    hat = await ward.place.appoint(DOCTOR)
    await ward.publish(make.observation(stranger.person_id, 1), owner=stranger.person_id, hat=hat)
    await worker.work()
    assert receiver.said == []


async def test_nothing_is_told_to_the_app_of_whom_has_left_their_post(
    ward, receiver, worker, program, firm
):
    staff = await program(await as_staff(ward, firm))
    made = await subscribed(staff, hook(receiver, pressure(ward)))
    await ward.publish(make.observation(ward.person_id, 1))
    post = ward.doctor.post_id
    await ward.place.do(await ward.place.admin(), people.end_post, post_id=post)
    await worker.work()
    assert receiver.said == []
    assert await states(ward) == [(made["id"], "off", "ground")]


async def test_each_telling_is_an_access_that_the_person_sees_once(
    service, ward, receiver, worker, clock, firm
):
    """INT-06, CAP-38: which app was told, when, and what for; retries are no further access."""
    receiver.answers = [500]
    await subscribed(service, hook(receiver, f"Observation?code={make.SYSTOLIC}"))
    await ward.publish(make.observation(ward.person_id, 1))
    await wait_and_work(worker, clock, 2, seconds=5)
    seen = await ward.see_own(readers.readings, what="fhir_told")
    (reading,) = [one for one in seen if one.app_id == firm.app_id]
    assert (reading.granted, reading.purpose) == (True, Purpose.TREAT)
    event = audit_event(reading, ward.person_id)
    assert event["agent"][0]["who"]["identifier"]["value"] == str(firm.app_id)
    assert len(receiver.said) == 2


async def test_who_only_asked_is_in_the_log_of_who_is_told_of_nothing(
    service, ward, receiver, worker
):
    await subscribed(service, hook(receiver, pressure(ward)))
    await ward.publish(make.observation(ward.person_id, 1, code="8462-4"))
    await worker.work()
    assert await ward.see_own(readers.readings, what="fhir_told") == []
    assert len(await ward.see_own(readers.readings, what="fhir_subscribe")) == 1
