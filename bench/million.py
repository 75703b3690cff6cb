"""FHIR searches over a million resources, asked by a doctor whose hospital holds them.

The rows are those that the product's own verbs would write, made by the database itself: to send a
million bodies through a program would take longer than all that is measured.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from urllib.parse import quote
from uuid import UUID

from bench import crowd
from bench.figures import percentiles, say
from bench.http import Client
from bench.running import Running
from lianyi.access.model import DOCTOR
from lianyi.accounts import service as accounts
from lianyi.accounts.model import Account
from lianyi.kernel.actor import Actor
from lianyi.kernel.work import App, Tx, within

RESOURCES, EACH = 1_000_000, 100  # observations, and how many of them a person has
CARED_FOR = 1000  # persons whom the doctor treats
CLIENTS, WARM, SECONDS = 8, 1.0, 5.0
LIMIT = 50.0  # ms
POST = """SELECT p.id, p.person_id, p.institution_id, a.id AS account_id FROM people.post p
          JOIN accounts.account a USING (person_id)
          WHERE p.role = 'doctor' AND a.login IS NOT NULL ORDER BY p.id LIMIT 1"""
PERSON = "lpad(to_hex({}), 32, '0')::uuid"
LOAD = f"""
SET ROLE NONE; SET synchronous_commit = off; SET maintenance_work_mem = '512MB';
CREATE TEMP TABLE person AS
  SELECT n, {PERSON.format("n")} AS id FROM generate_series(1, $persons) n;
CREATE TEMP TABLE fact AS
  SELECT {PERSON.format("'x7000000'::bit(32)::int + n")}::text AS id,
    {PERSON.format("n % $persons + 1")} AS owner,
    timestamptz '2020-01-01' + (chance % 150000000) * interval '1 s' AS at,
    (ARRAY['8480-6','8462-4','29463-7','2339-0','2085-9','718-7','6690-2','777-3','2160-0',
      '1742-6'])[chance / 7 % 10 + 1] AS code, chance / 70 % 2000 / 10.0 AS value
  FROM (SELECT n, hashint4(n)::bigint + 2147483648 AS chance
        FROM generate_series(1, $resources) n) AS drawn;
INSERT INTO records.resource (type, fhir_id, owner, holder_id, version, at, recorded_at,
    released_at, status, in_error, classes, body)
  SELECT 'Observation', id, owner, '$holder', 1, at, at, at, 'final', false, '{{}}',
    format('{{"resourceType":"Observation","id":"%s","status":"final","code":{{"coding":[{{"system":'
      '"http://loinc.org","code":"%s"}}]}},"subject":{{"reference":"Patient/%s"}},'
      '"effectiveDateTime":"%s","valueQuantity":{{"value":%s,"unit":"mmHg"}}}}', id, code, owner,
      to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), value) FROM fact;
INSERT INTO records.resource (type, fhir_id, owner, holder_id, version, at, recorded_at,
    released_at, status, in_error, classes, body)
  SELECT 'Patient', id::text, id, '$holder', 1, now(), now(), now(), '', false, '{{}}',
    format('{{"resourceType":"Patient","id":"%s","name":[{{"text":"居民%s"}}]}}', id, n)
  FROM person;
INSERT INTO records.token (owner, type, name, value, at, fhir_id, version)
  SELECT owner, 'Observation', name, token, at, id, 1 FROM fact, LATERAL (VALUES
    ('code', 'http://loinc.org|' || code), ('status', '|final')) AS of (name, token);
INSERT INTO records.moment
  SELECT owner, 'Observation', id, 1, 'date', at, at + interval '1 s', 0 FROM fact;
INSERT INTO records.amount
  SELECT owner, 'Observation', id, 1, 'value-quantity', value, value, '', '', 'mmHg', 0 FROM fact;
INSERT INTO records.link SELECT owner, 'Observation', id, 1, 'subject', 'Patient', owner::text, 0
  FROM fact;
INSERT INTO records.word SELECT id, 'Patient', id::text, 1, 'name', '居民' || n, '居民' || n, 0
  FROM person;
INSERT INTO access.relation (person_id, institution_id, role, cause_id, opened_at)
  SELECT id, '$holder', 'doctor', id, now() FROM person WHERE n <= $cared;
"""
TABLES = ("resource", "token", "moment", "amount", "link", "word")


async def measure(site: Running) -> None:
    async with crowd.app_of(site) as app:
        post = await app.pool.fetchrow(POST)
        hat = Actor(post["person_id"], post["id"], post["institution_id"], DOCTOR)
        await _load(app, hat)
        token = await _session(app, hat, post["account_id"])
        size = await app.pool.fetchval(
            "SELECT sum(pg_indexes_size(c.oid) + CASE WHEN c.relname = 'resource' THEN 0"
            " ELSE pg_relation_size(c.oid) END) FROM pg_class c"
            " WHERE c.relnamespace = 'records'::regnamespace AND c.relname = ANY ($1)",
            list(TABLES),
        )
    say("fhir.index.bytes", float(size) / RESOURCES, "B/resource", limit=4000, of="law")
    for name, asked in _searches().items():
        await _asked(site.address, token, asked, WARM)  # a connection makes its plans once
        slowest = percentiles(await _asked(site.address, token, asked, SECONDS))[1]
        say(f"fhir.search.{name}.p99", slowest, "ms", limit=LIMIT, of="law")


def _searches() -> Mapping[str, Sequence[str]]:
    people = [UUID(int=n) for n in range(1, CARED_FOR, 37)]
    code, resident = "http://loinc.org%7C8480-6", quote("居民")
    return {
        "patient_code_date": [
            f"Observation?patient={one}&code={code}&date=ge2020-06-01" for one in people
        ],
        "code_date": [f"Observation?code={code}&date=ge202{n}-06-01" for n in range(3)],
        "chained": [f"Observation?patient.name={resident}{n}&code={code}" for n in range(101, 140)],
        "has": [f"Patient?_has:Observation:patient:value-quantity=gt199.{n}" for n in range(7, 10)],
        "include": [f"Observation?patient={one}&_include=Observation:patient" for one in people],
        "contains": [f"Patient?name:contains={n}" for n in range(100, 140)],
        "sorted": [f"Observation?patient={one}&_sort=-date" for one in people],
        "value": [f"Observation?value-quantity=gt199.{n}" for n in range(7, 10)],
    }


async def _load(app: App, hat: Actor) -> None:
    given = {
        "$persons": str(RESOURCES // EACH),
        "$resources": str(RESOURCES),
        "$holder": str(hat.institution_id),
        "$cared": str(CARED_FOR),
    }
    sql = LOAD
    for name, value in given.items():
        sql = sql.replace(name, value)
    async with app.pool.acquire() as db:
        async with db.transaction():
            await db.execute(sql, timeout=1800)
        # What the database does by itself in the minutes after, it must not while it is measured.
        await db.execute("VACUUM ANALYZE", timeout=1800)
        await db.execute("SET ROLE lianyi_app; SET synchronous_commit = on")


async def _session(app: App, hat: Actor, account_id: UUID) -> str:
    async def sign_in(tx: Tx) -> str:
        account = Account(account_id, hat.person_id, staff=True)
        return (await accounts.open_session(tx, account=account, hat=hat)).token

    return await within(app, hat, sign_in)


async def _asked(address: str, token: str, searches: Sequence[str], seconds: float) -> list[float]:
    until = time.monotonic() + seconds

    async def one(client: Client, number: int) -> list[float]:
        took = []
        wishes = cycle(searches[number % len(searches) :] + searches[: number % len(searches)])
        while time.monotonic() < until:
            begun = time.perf_counter()
            answer = await client.get(f"/fhir/R4/{next(wishes)}")
            if answer.status != 200:  # noqa: PLR2004 - OK
                raise RuntimeError(f"{answer.status}: not found")
            took.append(time.perf_counter() - begun)
        await client.close()
        return took

    clients = [Client(address, token) for _ in range(CLIENTS)]
    took = await asyncio.gather(*(one(client, n) for n, client in enumerate(clients)))
    return [each for some in took for each in some]
