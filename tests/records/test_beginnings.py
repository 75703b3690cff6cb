"""Where a search over a desk begins decides how long it takes, and nothing of what it finds."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from lianyi.access import service as access
from lianyi.access.model import MOST, Purpose
from lianyi.access.model.parts import Right
from lianyi.access.service import desks, presuming
from lianyi.people.model import DOCTOR
from lianyi.records import queries
from lianyi.records.fhir import searches
from lianyi.records.tables.beginnings import AMPLE, FAR, NEAR, SHORT
from lianyi.records.tables.terms import LIVES
from tests.apps import Program
from tests.records import make
from tests.records.test_plans import ORDERS

CODE = "begun"  # nobody else's
OF_DRIVER = ("typeinfo", "current_setting('jit')")  # what it asks of types
MANY = 2001  # one more than few
# What each of these finds, few lead to, or it has to be looked for among many.
ASKED = [
    ("Observation", "code=begun", True),
    ("Observation", f"code={make.LOINC}|begun", True),
    ("Observation", "code=begun&date=ge2090-01-02", True),
    ("Observation", "date=ge2090-01-02", False),
    ("Observation", "date=ge2090-01-02&status:not=preliminary&category:missing=true", False),
    ("Observation", "value-quantity=gt9150", True),
    ("Observation", "patient.name=beginner", True),
    ("Observation", "patient.name:contains=ginne&value-quantity=gt9150", True),
    ("Observation", "patient.name:contains=b", False),
    ("Patient", "_has:Observation:patient:value-quantity=gt9150", True),
    ("Patient", "_has:Observation:patient:date=ge2090-01-02", False),
    ("Patient", "name:contains=ginne", True),
]


def read(type, query):
    found = searches.read(type, parse_qsl(query), ZoneInfo("Asia/Shanghai"))
    assert not found.troubles
    return found


@pytest.fixture
async def crowd(ward, elsewhere):
    """Two persons whom the doctor treats and one whom nobody does, alike in all else."""
    treated = [await ward.place.patient(DOCTOR) for _ in range(2)]
    stranger = await ward.place.resident()
    for hat in (*treated, stranger):
        id = hat.person_id
        values = [
            make.observation(id, 9120 + 20 * n, code=CODE, at=f"2090-01-0{n + 1}") for n in range(4)
        ]
        name = {"resourceType": "Patient", "id": str(id), "name": [{"text": "Beginner"}]}
        await ward.publish(name, *values, owner=id)
    await elsewhere.publish(make.observation(ward.person_id, 9180, code=CODE, at="2090-01-04"))
    return {hat.person_id for hat in treated}


@pytest.mark.parametrize(("type", "query", "is_led"), ASKED)
async def test_each_beginning_finds_the_same_and_shows_nobody_else(
    ward, crowd, type, query, is_led
):
    search, desk = read(type, query), await ward.desk()
    named = await ward.place.ask(ward.doctor, desks.named, desk=desk)
    led = await ward.see(queries.narrowed, chart=desk, search=search)
    assert led.is_led == is_led
    unasked = replace(search, is_led=False)
    ways = [(desk, led), (desk, unasked), (named, led), (named, unasked)]
    found = [
        await ward.see(queries.search, chart=reach, search=asked, limit=50) for reach, asked in ways
    ]
    assert {hit.owner for hit, _ in found[0]} == crowd
    assert all(one == found[0] for one in found)
    first, *rest = found[0]
    for reach, asked in ways:
        given = {"search": asked, "after": first[1], "limit": 50}
        assert await ward.see(queries.search, chart=reach, **given) == rest
    (total,) = {
        (await ward.see(queries.how_many, chart=reach, search=asked)).number
        for reach, asked in ways
    }
    assert total == len(found[0])
    if is_led:
        presumed, asked = await looked_over(ward, search, total + 1)
        assert (presumed, len(asked)) == (found[0], 1)
    if type == "Observation":  # of the farthest days there are
        newest = await ward.see(queries.newest, chart=desk, search=led, limit=total)
        assert newest == found[0]
        given = {"search": led, "after": first[1], "limit": total - 1}
        assert await ward.see(queries.newest, chart=desk, **given) == rest
        assert await over(ward, search, total) == found[0]
        assert (await over(ward, search, total + 1) == found[0]) == is_led
        told = await ward.place.rows(
            "SELECT DISTINCT id FROM access.log, unnest(person_ids) AS id WHERE what = 'begun'"
            " AND institution_id = $1",
            ward.place.id,
        )
        assert {id for (id,) in told} == crowd


async def over(ward, search, limit):
    """Look over the desk in the statement that tells of it too."""
    found, _ = await looked_over(ward, search, limit)
    return found


async def looked_over(ward, search, limit):
    asked = []

    async def look(tx):
        given = {"purpose": Purpose.TREAT, "what": "begun", "right": Right.SEARCH, "nobody": []}
        door = presuming.desk(tx, **given)
        with tx.db.query_logger(asked.append):
            return await queries.glance_over(tx, door, search=search, limit=limit)

    return await ward.place.do(ward.doctor, look), [one.query for one in asked]


@pytest.fixture
async def in_an_app(ward, crowd):
    """An app in the doctor's hands, to whose reading one of those treated objects."""
    program = Program(ward.place)
    approval = await program.approved("user/*.rs")
    await ward.place.rows(
        "INSERT INTO access.permission"
        " (id, state, person_id, app_id, approval_id, scopes, classes, at, until)"
        " VALUES ($1, 'withdrawn', $2, $3, $4, '{}', '{}', now(), now() + interval '1 day')",
        approval,
        min(crowd),
        program.app_id,
        approval,
    )
    return program.hat(ward.doctor, "user/*.rs")


@pytest.mark.parametrize(("type", "query", "is_led"), ASKED)
async def test_an_apps_desk_finds_the_same_but_of_who_objects(
    ward, crowd, in_an_app, type, query, is_led
):
    """PRI-04, INT-04"""
    given = {"purpose": Purpose.TREAT, "right": Right.SEARCH}
    desk = await ward.place.ask(in_an_app, access.open_desk, **given)
    named = await ward.place.ask(in_an_app, desks.named, desk=desk)
    assert set(named.persons) >= crowd - {min(crowd)}
    led = await ward.see(queries.narrowed, hat=in_an_app, chart=desk, search=read(type, query))
    assert led.is_led == is_led
    ways = [(desk, led), (named, led), (named, replace(led, is_led=False))]
    found = [
        await ward.see(queries.search, hat=in_an_app, chart=reach, search=asked, limit=50)
        for reach, asked in ways
    ]
    assert {hit.owner for hit, _ in found[0]} == crowd - {min(crowd)}
    assert all(one == found[0] for one in found)
    if type == "Observation":
        given = {"search": led, "limit": len(found[0])}
        assert await ward.see(queries.newest, hat=in_an_app, chart=desk, **given) == found[0]


async def test_what_a_desk_does_not_see_leads_nowhere(ward, crowd):
    led = await ward.see(
        queries.narrowed, chart=await ward.desk(), search=read("Observation", "code=begun")
    )
    ids = await ward.place.rows(
        "SELECT fhir_id FROM records.resource WHERE owner = ANY ($1) AND type = 'Observation'",
        [*crowd, ward.person_id],  # of whom another hospital has written too
    )
    assert sorted(led.terms[0].among.ids) == sorted(id for (id,) in ids)


@pytest.mark.parametrize("count", [3, 300], ids=["asked each", "asked together"])
async def test_of_few_or_many_rows_a_desk_is_led_to_its_own(ward, crowd, count):
    stranger = await ward.place.resident()
    for owner in (ward.person_id, ward.place.id, stranger.person_id):
        await ward.place.rows(
            "INSERT INTO records.token (owner, type, name, value, at, fhir_id, version)"
            " SELECT $1::uuid, 'Observation', 'code', $2, now(), $1::text || n, 7"
            " FROM generate_series(1, $3::int) n",
            owner,
            f"http://some|{count}",
            count,
        )
    search = read("Observation", f"code=http://some|{count}")
    those = (await ward.see(queries.narrowed, chart=await ward.desk(), search=search)).terms[0]
    assert len(those.among.ids) == 2 * count
    assert set(those.among.versions) == {7}
    own = (str(ward.person_id), str(ward.place.id))
    assert all(one.startswith(own) for one in those.among.ids)


async def test_a_code_leads_to_each_resource_once_as_it_is_now(ward):
    first, second, other = (
        make.observation(ward.person_id, 120 + n, code="led", at="2090-02-01") for n in range(3)
    )
    await ward.publish(first, second, other)
    recoded = make.observation(ward.person_id, code="led-no-more")["code"]
    await ward.publish({**second, "status": "amended"}, {**other, "code": recoded})
    await ward.place.rows(  # as where it stands in two elements
        "INSERT INTO records.token SELECT owner, type, name, value, at, fhir_id, version, 1"
        " FROM records.token WHERE name = 'code' AND fhir_id = ANY ($1)",
        [first["id"], second["id"]],
    )
    asked = replace(read("Observation", f"code={make.LOINC}|led"), is_personal=True)
    chart, desk = await ward.chart(), await ward.desk()
    order = sorted([first["id"], second["id"]], reverse=True)
    for found in (
        await ward.see(queries.search, chart=chart, search=asked, limit=9),
        await ward.see(queries.newest, chart=desk, search=asked, limit=2),
    ):
        assert [hit.fhir_id for hit, _ in found] == order


async def asked_for(ward, query, **given):
    """Return what a query answers, and the statements that it took.

    What the driver asks of types that it hasn't met is no part of it.
    """
    asked = []

    async def look(tx, desk):
        with tx.db.query_logger(asked.append):
            return await query(tx, desk, **given)

    answer = await ward.see(look, chart=await ward.desk())
    told = [one.query for one in asked]
    return answer, [one for one in told if not any(word in one for word in OF_DRIVER)]


async def test_what_few_lead_to_needs_no_plan_of_its_own(ward, crowd):
    search = read("Observation", "value-quantity=gt9150")
    found, asked = await asked_for(ward, queries.search, search=search, limit=50)
    assert {hit.owner for hit, _ in found} == crowd
    assert len(asked) == len(("what is rare", "the page"))
    assert not any(one.startswith(ORDERS) for one in asked)


async def test_where_too_few_are_near_it_is_not_walked_again(ward, crowd):
    given = {"search": read("Observation", "date=ge2090-01-02"), "limit": 50}

    first, asked = await asked_for(ward, queries.newest, **given)
    assert (first, len(asked)) == (None, len(SHORT))
    assert await asked_for(ward, queries.newest, **given) == (None, [])


async def test_what_many_have_is_asked_once(ward):
    search = read("Observation", "code=http://many|has")
    await ward.place.rows(
        "INSERT INTO records.token (owner, type, name, value, at, fhir_id, version)"
        " SELECT $1, 'Observation', 'code', 'http://many|has', now(), 'many-' || n, 1"
        " FROM generate_series(1, $2::int) n",
        ward.person_id,
        MANY,
    )
    first, asked = await asked_for(ward, queries.narrowed, search=search)
    assert (first.is_led, len(asked)) == (False, 1)
    again, asked = await asked_for(ward, queries.narrowed, search=search)
    assert (again.is_led, asked) == (False, [])


PERSONS = """WITH person AS (
  SELECT gen_random_uuid() AS id, n FROM generate_series(1, $2::int) n),
related AS (
  INSERT INTO access.relation (person_id, institution_id, role, cause_id, opened_at)
  SELECT id, $1, 'doctor', id, now() FROM person),
fact AS (
  SELECT id AS owner, timestamptz '1950-03-01' + (n * 7 % 100 + 10 * each) * $5::interval AS at,
    gen_random_uuid()::text AS fhir_id FROM person, generate_series(1, $4::int) each),
known AS (
  INSERT INTO records.resource (type, fhir_id, owner, holder_id, version, at, recorded_at,
    released_at, status, in_error, classes, body)
  SELECT 'Observation', fhir_id, owner, $1, 1, at, at, at, 'final', false, '{}',
    format('{"resourceType": "Observation", "id": "%s"}', fhir_id) FROM fact)
INSERT INTO records.token (owner, type, name, value, at, fhir_id, version)
  SELECT owner, 'Observation', 'code', $3, at, fhir_id, 1 FROM fact"""
NEWER = """INSERT INTO records.resource (type, fhir_id, owner, holder_id, version, at, recorded_at,
    released_at, status, in_error, classes, body)
  SELECT 'Observation', gen_random_uuid(), $1, $2, 1, at, at, at, 'final', false, '{}', '{}'
  FROM generate_series(1, $3::int) n, LATERAL (SELECT timestamptz '1950-04-01'
    + n * interval '1 min') AS of (at)"""
CODED = """INSERT INTO records.token (owner, type, name, value, at, fhir_id, version)
  SELECT $1, 'Observation', 'code', $2, timestamptz '1950-04-01' + n * interval '1 min', n::text, 1
  FROM generate_series(1, $3::int) n"""


WANTED = """SELECT fhir_id FROM records.resource
  WHERE holder_id = $1 AND owner <> $2 AND type = 'Observation' ORDER BY at DESC, fhir_id DESC"""
APART, AT_ONCE = timedelta(minutes=1), timedelta()


@pytest.mark.parametrize("query", ["code=http://far|back", ""], ids=["of a code", "of a type"])
@pytest.mark.parametrize("count", [5, AMPLE + 50], ids=["few", "ample"])
@pytest.mark.parametrize("between", [APART, AT_ONCE], ids=["apart", "at once"])
async def test_what_strangers_have_newer_is_walked_past(ward, between, count, query):
    """What is of one instant is walked as a whole: no page loses what stands on none before."""
    stranger, place = (await ward.place.resident()).person_id, ward.place.id
    await ward.place.rows(PERSONS, place, count, "http://far|back", 3, between)
    newer = (CODED, stranger, "http://far|back", FAR) if query else (NEWER, stranger, place, NEAR)
    await ward.place.rows(*newer)
    await analyzed(ward)
    wanted = [id for (id,) in await ward.place.rows(WANTED, place, stranger)]
    given = {"search": read("Observation", query), "limit": 14}
    first, asked = await asked_for(ward, queries.newest, **given)
    assert ([hit.fhir_id for hit, _ in first], len(asked)) == (wanted[:14], len(SHORT))
    assert await asked_for(ward, queries.newest, **given) == (first, asked[-1:])
    assert await over(ward, given["search"], 14) == first

    given |= {"after": first[4][1], "limit": 10}
    following, _ = await asked_for(ward, queries.newest, **given)
    assert [hit.fhir_id for hit, _ in following] == wanted[5:15]


async def analyzed(ward):
    """Let the database know what there is, as it does by itself after a while."""
    async with ward.place.app.pool.acquire() as db:
        await db.execute("SET ROLE NONE; ANALYZE records.token, records.resource")
        await db.execute("SET ROLE lianyi_app")


async def test_of_too_many_persons_not_each_is_asked(ward):
    stranger = (await ward.place.resident()).person_id
    await ward.place.rows(PERSONS, ward.place.id, MOST, "http://too|many", 1, APART)
    await ward.place.rows(NEWER, stranger, ward.place.id, NEAR)
    given = {"search": read("Observation", ""), "limit": 9}
    first, asked = await asked_for(ward, queries.newest, **given)
    assert (first, len(asked)) == (None, len(SHORT))


async def test_what_few_have_had_few_are_presumed_to_have(ward, crowd):
    begun = read("Observation", "code=begun")
    found = await over(ward, begun, 50)
    assert {hit.owner for hit, _ in found} == crowd
    again, asked = await looked_over(ward, read("Observation", f"code={make.LOINC}|begun"), 50)
    assert (again, len(asked)) == (found, 1)

    one = make.observation(ward.person_id, code="more-than-few")
    await ward.publish(one)
    await ward.place.rows(CODED, max(crowd), f"{make.LOINC}|more-than-few", MANY)
    many = read("Observation", f"code={make.LOINC}|more-than-few")
    ((hit, _),), asked = await looked_over(ward, many, 1)
    assert (hit.fhir_id, len(asked)) == (one["id"], len(("presumed", "asked", "walked")))


NAMED = """WITH person AS (SELECT DISTINCT owner FROM records.token WHERE type = 'Observation'
  AND value = $1),
known AS (
  INSERT INTO records.resource (type, fhir_id, owner, holder_id, version, at, recorded_at,
    released_at, status, in_error, classes, body)
  SELECT 'Patient', owner, owner, $2, 1, now(), now(), now(), '', false, '{}', '{}' FROM person),
called AS (
  INSERT INTO records.word SELECT owner, 'Patient', owner::text, 1, 'name', $3, $3, 0 FROM person)
INSERT INTO records.link SELECT owner, type, fhir_id, 1, 'subject', 'Patient', owner::text, 0
  FROM records.token WHERE type = 'Observation' AND value = $1"""


@pytest.mark.parametrize("lives", [LIVES, LIVES + 1])
async def test_a_name_leads_to_few_lives_and_of_more_the_newest_are_looked_for(ward, lives):
    code, name = f"http://named|{lives}", f"called {lives}"
    await ward.place.rows(PERSONS, ward.place.id, lives, code, 2, APART)
    await ward.place.rows(NAMED, code, ward.place.id, name)
    await over(ward, read("Observation", "patient.name=nobody"), 9)
    search = read("Observation", f"patient.name={name}")
    found, asked = await looked_over(ward, search, 9)
    wanted = await ward.see(queries.search, chart=await ward.desk(), search=search, limit=9)
    assert len({hit.owner for hit, _ in wanted}) > 1
    if lives == LIVES:
        assert (found, len(asked)) == (wanted, 1)
    else:
        assert found in (None, wanted)
        assert len(asked) == len(("presumed", "asked", "walked"))
