import asyncio
import tempfile
from pathlib import Path

import pytest

from lianyi import main
from lianyi.cli import database
from lianyi.cli.demo import crowd
from lianyi.kernel.config import Config
from tests.cli.installation import lianyi

COUNT = "SELECT count(*) FROM people.card WHERE state = 'active'"


@pytest.fixture(scope="module")
def home():
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as path:
        lianyi("migrate", home=path, LIANYI_DEMO="true")
        yield path


async def _ask(config, sql):
    async with main.pool(config) as connections:
        return await connections.fetchval(sql)


def ask(home, sql):
    with database.lent(Config(home=Path(home))) as config:
        return asyncio.run(_ask(config, sql))


def test_the_city_grows_to_as_many_as_were_asked_for_and_nobody_comes_twice(home):
    before = ask(home, COUNT)
    for wanted in (300, 700, 700):
        grown = lianyi("seed", "--residents", str(wanted), home=home, LIANYI_DEMO="true")
        assert grown.returncode == 0, grown.stderr
        assert ask(home, COUNT) == before + wanted


def test_every_row_of_the_crowd_has_walked_its_lifecycle(home):
    walked = lianyi("verify", home=home, LIANYI_DEMO="true")
    assert (walked.returncode, "✗" in walked.stdout) == (0, False), walked.stdout
    assert "people.card" in walked.stdout


def test_a_row_whose_history_is_no_walk_is_found(home):
    ask(home, "UPDATE people.card SET state = 'closed' WHERE phone_index IS NULL RETURNING 1")
    walked = lianyi("verify", home=home, LIANYI_DEMO="true")
    assert walked.returncode == 1
    assert "✗ people.card" in walked.stdout


def test_no_two_of_the_crowd_have_the_same_number_or_phone():
    some = [crowd.holder(n) for n in (*range(2000), *range(crowd.DAYS, crowd.DAYS + 2000))]
    assert len({one.identity.number for one in some}) == len({one.phone for one in some}) == 4000


def test_real_people_never_meet_the_crowd():
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as path:
        lianyi("migrate", home=path)
        refused = lianyi("seed", "--residents", "10", home=path)
        assert refused.returncode == 1
        assert ask(path, COUNT) == 0
