import asyncio

import asyncpg
import pytest

from lianyi.kernel.rounds import ACTS, Rounds

HANG = """WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (this, colour, nth))
  INSERT INTO lamp (id, state, colour) SELECT this, pg_current_xact_id()::text, colour
  FROM asked WHERE colour <> 'none' RETURNING id, colour, state AS tx,
    (SELECT nth FROM asked WHERE this = lamp.id)"""


@pytest.fixture
def hang(app, keeper):
    acts = Rounds(app.pool)

    async def hang(colour, id=None):
        row = await acts.act((HANG, (id or app.ids.new(app.clock()), colour)))
        return row and tuple(row)[1:3]

    return hang


async def test_each_has_an_answer_of_its_own_or_none(hang):
    answers = await asyncio.gather(*(hang(colour) for colour in ("red", "none", "blue")))
    (red, first), none, (blue, second) = answers
    assert (red, none, blue) == ("red", None, "blue")
    assert first == second


async def test_what_the_database_refuses_changes_nothing_for_anybody(hang, app, rows):
    id = app.ids.new(app.clock())
    await hang("red", id)
    assert await asyncio.gather(hang("red", id), hang("violet")) == [None, None]
    assert await rows("SELECT count(*) FROM lamp WHERE colour = 'violet'") == [(0,)]


async def test_a_crowd_goes_in_several_rounds(hang):
    answers = await asyncio.gather(*(hang("grey") for _ in range(2 * ACTS + 1)))
    sizes = {}
    for _, tx in answers:
        sizes[tx] = sizes.get(tx, 0) + 1
    assert sorted(sizes.values()) == [1, ACTS, ACTS]


async def test_a_bug_is_told_to_all_who_meet_it(app, keeper):
    acts = Rounds(app.pool)
    bad = [acts.act(("SELECT * FROM no_such_table WHERE id = ANY ($1)", (n,))) for n in (1, 2)]
    answers = await asyncio.gather(*bad, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncpg.UndefinedTableError] * 2
