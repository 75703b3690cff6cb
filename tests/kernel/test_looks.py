import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.kernel.looks import Kind, Look
from lianyi.kernel.rounds import LOOKS
from lianyi.kernel.work import looking

WORDS = """SELECT word, word IS NOT NULL AS is_told FROM unnest($3::text[])
             WITH ORDINALITY AS given (word, place) WHERE $2::text::int > 0 ORDER BY place"""
TOLD = "INSERT INTO lamp (id, state, colour) SELECT $1::uuid, 'seen', $4::text"
WHICH = Kind(WORDS, TOLD, "is_told")
SEEN = "SELECT count(*) FROM lamp WHERE id = ANY ($1) AND state = 'seen'"
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.fixture
def look(app, keeper):
    """Return what looks for the words that it is given, and tells if one is a word."""

    async def look(id, words, much="1"):
        values = (id, much, words, "red")
        asked = Look(WHICH, values, lambda rows: [row["word"] for row in rows])
        return await looking(app, keeper, lambda _: asked)

    return look


def drawn(app, count):
    return [app.ids.new(app.clock()) for _ in range(count)]


async def test_each_of_many_gets_its_own_and_is_told_once(app, look, rows):
    ids = drawn(app, 3 * LOOKS)
    asked = [[f"{n}", None, f"{n}"] for n, _ in enumerate(ids)]
    assert await asyncio.gather(*map(look, ids, asked)) == asked
    assert await rows(SEEN, ids) == [(len(ids),)]


async def test_what_has_no_rows_or_none_to_tell_of_is_not_told(app, look, rows):
    ids = drawn(app, 4)
    found = await asyncio.gather(*map(look, ids, ([], [None], ["a"], [])))
    assert found == [[], [None], ["a"], []]
    assert await rows(SEEN, ids) == [(1,)]


async def test_where_one_fails_none_is_answered_or_told(app, look, rows):
    """Each finds out by itself."""
    ids = drawn(app, 3)
    asked = zip(ids, (["a"], ["b"], ["c"]), ("1", "much", "1"), strict=True)
    assert await asyncio.gather(*(look(*one) for one in asked)) == [None, None, None]
    assert await rows(SEEN, ids) == [(0,)]
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await look(ids[0], ["b"], "much")


@pytest.mark.parametrize("text", ["\ud800", "\0"])
async def test_what_is_no_text_is_the_trouble_of_who_brings_it(app, look, text):
    asked = ((id, [word]) for id, word in zip(drawn(app, 3), ("a", text, "b"), strict=True))
    assert await asyncio.gather(*(look(*one) for one in asked)) == [None, None, None]
    with pytest.raises(asyncpg.DataError):
        await look(*drawn(app, 1), [text])


async def test_a_look_that_is_none_asks_nothing(app, keeper):
    assert await looking(app, keeper, lambda _: None) is None


@settings(max_examples=30, deadline=None, suppress_health_check=[*HealthCheck])
@given(asked=st.lists(st.lists(st.none() | TEXT), min_size=2, max_size=5))
async def test_what_stands_in_an_array_comes_back_to_the_letter(app, look, asked):
    assert await asyncio.gather(*map(look, drawn(app, len(asked)), asked)) == asked


async def test_every_type_of_value_is_the_same_among_others(app, keeper):
    at, id = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), UUID(int=7)
    values = ([at, None], [id], [True, False], [at], id, at, None, b"\0\\", 1.5)
    values = (*values, [b"\xff\0", None, b"{,}"], '{"a": "\\u00e9\\n"}', None)
    sql = """SELECT $1::timestamptz[], $2::uuid[], $3::bool[], $4::timestamptz[],
               $5::uuid, $6::timestamptz, $7::uuid[], $8::bytea, $9::numeric, $10::bytea[],
               $11::jsonb, $12::bytea"""
    told = "INSERT INTO lamp (id, state, colour) SELECT $5::uuid, 'seen', 'red'"
    kind = Kind(sql, told, "FALSE")

    async def one():
        asked = Look(kind, values, lambda rows: [tuple(row.values()) for row in rows])
        return await looking(app, keeper, lambda _: asked)

    alone = (await one())[0]
    assert [one[0][-len(alone) :] for one in await asyncio.gather(one(), one())] == [alone, alone]


async def test_those_of_one_moment_share_a_transaction(app, keeper):
    async def one():
        sql = "SELECT pg_current_xact_id()::text AS id WHERE $1::int > 0"
        told = "INSERT INTO lamp (id, state, colour) SELECT gen_random_uuid(), 'seen', $2::text"
        asked = Look(Kind(sql, told, "TRUE"), (1, "red"), lambda rows: rows[0]["id"])
        return await looking(app, keeper, lambda _: asked)

    assert len(set(await asyncio.gather(*(one() for _ in range(LOOKS))))) == 1


async def test_one_that_is_too_late_by_itself_changes_nothing_and_goes_another_way(app, look, rows):
    (id,) = drawn(app, 1)
    assert await look(id, ["a"]) == ["a"]
    assert await look(id, ["a"]) is None
    assert await rows(SEEN, [id]) == [(1,)]
