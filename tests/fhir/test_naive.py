"""A search answers what reading every resource with one's own eyes would."""

import random
from datetime import date, timedelta
from decimal import Decimal

from tests.records import make

CODES = ("8480-6", "8462-4", "29463-7")
STATUSES = ("final", "preliminary", "amended")
BODIES, QUESTIONS = 120, 200
WAYS = ("", ",somebody")  # in one chart, and over all patients of the desk
FIRST = date(2029, 12, 1)


def body(chance, person_id):
    value = Decimal(chance.randint(0, 400)).scaleb(-chance.randint(0, 2))
    at = FIRST + timedelta(days=chance.randint(0, 60))
    written = chance.choice([f"{at}", f"{at:%Y-%m}", f"{at}T0{chance.randint(0, 9)}:00:00+08:00"])
    one = make.observation(person_id, value, code=chance.choice(CODES), at=written)
    return {**one, "status": chance.choice(STATUSES)}


def span(written):
    """Return the first and the last day a time may lie on; times are of one zone here."""
    if len(written) == len("2029-12"):
        first = date.fromisoformat(f"{written}-01")
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    day = date.fromisoformat(written[:10])
    return day, day


def of_code(one, chance):
    code = chance.choice(CODES)
    return f"code={code}", one["code"]["coding"][0]["code"] == code


def of_status(one, chance):
    wanted = chance.sample(STATUSES, 2)
    return f"status={','.join(wanted)}", one["status"] in wanted


def of_value(one, chance):
    limit = Decimal(chance.randint(0, 400)).scaleb(-1)
    prefix, holds = chance.choice(
        [("gt", Decimal.__gt__), ("le", Decimal.__le__), ("lt", Decimal.__lt__)]
    )
    return f"value-quantity={prefix}{limit}", holds(one["valueQuantity"]["value"], limit)


def of_day(one, chance):
    day = FIRST + timedelta(days=chance.randint(0, 60))
    first, last = span(one["effectiveDateTime"])
    prefix = chance.choice(["eq", "lt", "gt", "le", "ge", "sa", "eb", "ne"])
    holds = {
        "eq": day <= first and last <= day,
        "ne": not (day <= first and last <= day),
        "lt": first < day,
        "gt": last > day,
        "le": first <= day,
        "ge": last >= day,
        "sa": first > day,
        "eb": last < day,
    }
    return f"date={prefix}{day}", holds[prefix]


async def test_searches_answer_what_reading_everything_would(doctors, ward):
    chance = random.Random(7)
    bodies = [body(chance, ward.person_id) for _ in range(BODIES)]
    await ward.publish(*bodies)
    for number in range(QUESTIONS):
        seed = random.Random(number)
        asked = seed.sample([of_code, of_status, of_value, of_day], seed.randint(1, 3))
        answers = [[ask(one, random.Random(number)) for ask in asked] for one in bodies]
        query = "&".join(name for name, _ in answers[0])
        expected = {
            one["id"]
            for one, each in zip(bodies, answers, strict=True)
            if all(holds for _, holds in each)
        }
        query += f"&patient={ward.person_id}{WAYS[number % len(WAYS)]}"
        found = await doctors.found(f"Observation?_count=200&{query}")
        assert set(found) == expected, query
        assert len(found) == len(expected), query
