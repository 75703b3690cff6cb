from datetime import UTC, datetime

import asyncpg
import pytest

from lianyi.kernel import renumber, seal
from lianyi.kernel.seal import Log

DIARY = """CREATE TABLE {} (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(), word text, at timestamptz);
  GRANT ALL ON {} TO lianyi_app"""
WORDS = ("dawn", "noon", "dusk")
AHEAD = 20_000  # numbers, which other tests don't use up meanwhile


class Owner:
    """Somebody with every right over the database, as only its administrator has."""

    def __init__(self, db):
        self.db = db

    async def write(self, log, *words):
        for word in words:
            sql = f"INSERT INTO {log.table} (word, at) VALUES ($1, $2)"
            await self.db.execute(sql, word, datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
async def owner(dsn):
    db = await asyncpg.connect(dsn)
    yield Owner(db)
    await db.close()


@pytest.fixture
async def diary(app, owner, do):
    """Return a log of three sealed rows."""
    table = f"diary_{app.ids.new(app.clock()).hex}"
    await owner.db.execute(DIARY.format(table, table))
    log = Log(table, ("word", "at"))
    await owner.write(log, *WORDS)
    assert await sealed(do, log) == len(WORDS)
    return log


async def sealed(do, log):
    """Seal until nothing is held back by transactions of other tests on this server.

    So it may be one seal or several.
    """
    count = 0
    while count < len(WORDS):
        count += await do(lambda tx: seal.seal(tx, log))
    return count


async def verdict(do, log):
    return await do(lambda tx: seal.verify(tx, log))


async def test_a_log_is_sealed_on_in_a_server_that_it_was_restored_into(do, diary, owner):
    """SEC-17: whose counter stands where no transaction of the log has begun yet."""
    ahead = f"pg_snapshot_xmax(pg_current_snapshot())::text::bigint + {AHEAD}"
    restored = f"""INSERT INTO {diary.table} (tx, word, at)
                   SELECT ({ahead} + n)::text::xid8, 'night', now() FROM generate_series(0, 2) n"""
    await owner.db.execute(restored)
    await owner.db.execute(
        f"""INSERT INTO kernel.outbox (tx, name, body, owner, lane, at, delivered_at)
            SELECT ({ahead})::text::xid8, 'None', '{{}}', gen_random_uuid(), 0, now(), now()"""
    )
    assert await do(lambda tx: seal.seal(tx, diary)) == 0
    lacking, told = await renumber.behind(owner.db), []
    assert lacking > 0
    await renumber.catch_up(owner.db, lacking, told.append)
    assert (sum(told), await renumber.behind(owner.db)) == (lacking, 0)
    await owner.write(diary, "dawn again")
    count = 0
    while count < 4:
        count += await do(lambda tx: seal.seal(tx, diary))
    found = await verdict(do, diary)
    assert (found.rows, found.broken_at) == (7, None)


async def test_an_untouched_log_verifies(do, diary):
    found = await verdict(do, diary)
    assert (found.rows, found.broken_at) == (3, None)


async def test_what_is_sealed_is_sealed_once_and_new_rows_make_new_seals(do, owner, diary):
    assert await do(lambda tx: seal.seal(tx, diary)) == 0
    await owner.write(diary, *WORDS)
    await sealed(do, diary)
    found = await verdict(do, diary)
    assert (found.rows, found.broken_at) == (6, None)


async def test_a_column_that_came_later_has_a_chain_of_its_own(do, owner, diary):
    """SEC-17: the chain before it still holds, and knows nothing of the column."""
    later = Log(diary.table, ("seq", "place"), f"{diary.table} by place")
    await owner.db.execute(f"ALTER TABLE {diary.table} ADD COLUMN place text")
    await sealed(do, later)
    for log in (diary, later):
        found = await verdict(do, log)
        assert (found.table, found.rows, found.broken_at) == (log.key, 3, None)
    await owner.db.execute(f"UPDATE {diary.table} SET place = 'here' WHERE word = 'noon'")
    held = [(await verdict(do, log)).broken_at is None for log in (diary, later)]
    assert held == [True, False]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE {} SET word = 'night' WHERE word = 'noon'", id="edited"),
        pytest.param("DELETE FROM {} WHERE word = 'dawn'", id="removed"),
        pytest.param("UPDATE {} SET word = CASE word WHEN 'dawn' THEN 'noon' WHEN 'noon'"
                     " THEN 'dawn' ELSE word END", id="reordered"),
        pytest.param("UPDATE {} SET at = at + interval '1 us' WHERE word = 'dusk'", id="moved"),
    ],
)  # fmt: skip
async def test_whatever_is_done_to_a_sealed_row_is_noticed_sec_17(do, owner, diary, change):
    await owner.db.execute(change.format(diary.table))
    assert (await verdict(do, diary)).broken_at is not None


async def test_a_row_slipped_in_between_is_noticed_sec_17(do, owner, diary):
    await owner.db.execute(
        f"INSERT INTO {diary.table} (seq, tx, word, at) OVERRIDING SYSTEM VALUE"
        f" SELECT -1, tx, word, at FROM {diary.table} WHERE word = 'noon'"
    )
    assert (await verdict(do, diary)).broken_at is not None


async def test_a_seal_made_to_fit_needs_the_key_sec_17(do, owner, diary):
    await owner.db.execute(f"DELETE FROM {diary.table} WHERE word = 'dawn'")
    rest = [
        {"body": body} for body in await owner.db.fetch(f"SELECT {diary.row} FROM {diary.table}")
    ]
    await owner.db.execute("SET session_replication_role = replica")
    await owner.db.execute(
        "UPDATE kernel.seal SET digest = $2 WHERE log = $1", diary.table, made_to_fit(rest)
    )
    assert (await verdict(do, diary)).broken_at is not None


def made_to_fit(rows):
    return seal.sm3(seal.START + b"".join(seal.sm3(row["body"][0].encode()) for row in rows))


async def test_seals_themselves_cannot_be_rewritten_by_the_app(app, diary):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.pool.execute("DELETE FROM kernel.seal WHERE log = $1", diary.table)
