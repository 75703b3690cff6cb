"""`Patient/$match` by a whole identity number: who may ask, what is told, and to whom (INT-07)."""

import asyncio
import logging
from dataclasses import replace

import pytest

from lianyi.access import queries as readers
from lianyi.access.model import Purpose
from lianyi.kernel import profile
from lianyi.people import fhir as people
from lianyi.people.model import CLERK
from tests.apps import Program
from tests.fhir.test_writing import SOURCE, issue
from tests.identity import id_number
from tests.place import Place
from tests.web.counting import Overheard

NAME = "李桂兰"
SCOPES = "user/Patient.rs"


@pytest.fixture
async def doctor(place):
    return await place.doctor()


@pytest.fixture
async def firm(place):
    one = Program(place)
    await one.approved(f"{SCOPES} patient/Patient.rs")
    return one


@pytest.fixture
async def app_of_doctor(program, firm, doctor):
    return await program(firm.hat(doctor, SCOPES))


@pytest.fixture
async def known(place):
    """Somebody of another hospital: a number, and the hat they have themselves."""
    number = id_number()
    elsewhere = await Place.found(place.app)
    return number, await elsewhere.resident(name=NAME, number=number)


def asking(number, name=NAME, purpose="TREAT"):
    listed = [{"system": people.NUMBER, "value": number}]
    names = [{"text": name}] if name else []
    body = {"resourceType": "Patient", "identifier": listed, **({"name": names} if names else {})}
    given = [{"name": "resource", "resource": body}]
    said = [{"name": "purpose", "valueCode": purpose}] if purpose else []
    return {"resourceType": "Parameters", "parameter": [*given, *said]}


async def match(program, *given, **more):
    return await program.post("Patient/$match", asking(*given, **more))


async def told(place, hat):
    async def look(tx):
        chart = await place.open(hat, hat.person_id, Purpose.OWN)
        return await readers.readings(tx, chart)

    seen = await place.ask(hat, look)
    return [(one.what, one.granted, one.cause) for one in seen]


async def test_number_and_name_find_the_person_by_id_and_say_no_more(app_of_doctor, known):
    number, hat = known
    answer = await match(app_of_doctor, number)
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["entry"]
    assert entry["search"]["extension"][0]["valueCode"] == "certain"
    person = entry["resource"]
    assert set(person) == {"resourceType", "id", "name", "gender", "birthDate"}
    assert person["id"] == str(hat.person_id)
    assert number not in answer.text
    opened = await app_of_doctor.get(f"Patient/{person['id']}")
    assert opened.status_code == 404  # to know who it is opens nothing


async def test_unknown_number_wrong_name_and_objection_are_one_answer(
    app_of_doctor, known, place, firm
):
    number, _ = known
    away = id_number()
    await firm.approved("patient/Patient.rs", Purpose.OWN)
    objects = await place.resident(name=NAME, number=away)
    await firm.take_back(objects, await firm.permitted(objects, "patient/Patient.rs"))
    answers_of = [
        await match(app_of_doctor, id_number()),
        await match(app_of_doctor, number, name="王秀英"),
        await match(app_of_doctor, away),
        await match(app_of_doctor, "110101199001011234"),  # whose check digit is wrong
        await match(app_of_doctor, "x"),
    ]
    assert {one.status_code for one in answers_of} == {200}
    assert len({one.text for one in answers_of}) == 1
    assert "entry" not in answers_of[0].json()


async def test_the_person_is_told_of_each_try(app_of_doctor, known, place):
    """CAP-38: of one under another name too."""
    number, hat = known
    await match(app_of_doctor, number, name="王秀英")
    await match(app_of_doctor, number)
    assert await told(place, hat) == [
        ("fhir_match", True, "approval"),
        ("fhir_match", False, "approval"),
    ]


async def test_every_answer_costs_the_same_statements(program, firm, doctor, known, app):
    """INT-07: neither words nor time tell that there is somebody, from the door to the log."""
    number, _ = known
    objecting = id_number()
    other = await (await Place.found(app)).resident(name=NAME, number=objecting)
    await firm.approved("patient/Patient.r", Purpose.OWN)
    await firm.take_back(other, await firm.permitted(other, "patient/Patient.r"))
    pool = Overheard(app.pool)
    asker = await program(firm.hat(doctor, SCOPES), replace(app, pool=pool))
    costs, totals = [], []
    asks = ((number, NAME), (id_number(), NAME), (number, "王秀英"), ("x", NAME), (objecting, NAME))
    for one in asks:
        pool.said.clear()
        totals.append((await match(asker, *one)).json()["total"])
        costs.append(list(pool.said))
    assert totals == [1, 0, 0, 0, 0]
    assert len(costs[0]) > 2
    assert [one == costs[0] for one in costs] == [True] * len(asks)


async def test_who_asks_too_often_in_vain_is_stopped_also_all_at_once(app_of_doctor, known, clock):
    number, _ = known
    most = profile.at(clock())["INT-07"]
    numbers = [id_number() for _ in range(most + 5)]
    tries = await asyncio.gather(*(match(app_of_doctor, one) for one in numbers))
    assert sorted(one.status_code for one in tries) == [200] * most + [429] * 5
    refused = await match(app_of_doctor, number)
    assert (refused.status_code, issue(refused)["code"]) == (429, "throttled")
    clock.forward(hours=1, seconds=1)
    assert (await match(app_of_doctor, number)).status_code == 200


async def test_only_who_treats_and_the_own_system_may_ask_and_for_their_purpose(
    program, place, firm, doctor, known
):
    """PRI-06, INT-04."""
    number, hat = known
    own = Program(place)
    approval = await own.approved("system/*.cruds lianyi/source")
    source = await program(own.service(approval, SOURCE))
    found = await match(source, number)
    assert found.json()["entry"][0]["resource"]["id"] == str(hat.person_id)
    plain = Program(place)
    service = plain.service(
        await plain.approved("system/*.cruds"), "system/*.cruds lianyi/purpose.treat"
    )
    clerk = firm.hat(await place.hat(CLERK), SCOPES)
    narrow = firm.hat(doctor, "user/Patient.rs?gender=female")
    for who in (doctor, hat, service, clerk, narrow, firm.hat(doctor, "user/Observation.rs")):
        answer = await match(await program(who), number)
        assert answer.status_code == 403, (who.role, who.scopes, answer.text)
    app = await program(firm.hat(doctor, SCOPES))
    assert (await match(app, number, purpose="HPAYMT")).status_code == 403
    unapproved = await program(Program(place).hat(doctor, SCOPES))
    assert "entry" not in (await match(unapproved, number)).json()


async def test_what_is_missing_is_asked_for(app_of_doctor, known):
    number, _ = known
    for given, code in (({"purpose": ""}, "required"), ({"name": ""}, "required")):
        answer = await match(app_of_doctor, number, **given)
        assert (answer.status_code, issue(answer)["code"]) == (400, code)
    twice = asking(number)
    twice["parameter"][0]["resource"]["identifier"] *= 2
    assert (await app_of_doctor.post("Patient/$match", twice)).status_code == 400


async def test_no_number_stands_in_any_log(app_of_doctor, known, app, caplog):
    number, _ = known
    with caplog.at_level(logging.DEBUG):
        await match(app_of_doctor, number)
        await match(app_of_doctor, number, name="王秀英")
    ours = [one for one in caplog.records if one.name.startswith(("lianyi", "uvicorn"))]
    assert number not in "".join(one.getMessage() for one in ours)
    async with app.pool.acquire() as db:
        rows = await db.fetch("SELECT l::text AS row FROM access.log l WHERE what = 'fhir_match'")
    assert not [row for row in rows if number in row["row"]]
