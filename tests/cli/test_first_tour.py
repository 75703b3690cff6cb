"""What a new demo tells of the tour beside it, and when it plays it anew."""

import asyncio

import asyncpg
import pytest

from lianyi.cli.tour.first import AGAIN, BEGUN, BROKEN
from lianyi.kernel import postgres
from tests.cli import homes
from tests.cli.installation import Installation, until


@pytest.fixture
def home(shared):
    with homes.seeded(shared) as home:
        yield home


def says(running, words):
    """Read what the terminal shows until these words, or to the end."""
    return any(words in line for line in running.process.stdout)


def told(running):
    log = running.home / "tour.log"
    return log.read_text() if log.exists() else ""


def first(words):
    return words.splitlines()[0]


async def forget_the_operator(home):
    db = await asyncpg.connect(postgres.url(home))
    await db.execute("UPDATE accounts.account SET password = '' WHERE login = 'o01'")
    await db.close()


def test_a_tour_that_was_broken_off_is_played_again(home):
    with Installation(home, LIANYI_TOUR="true") as running:
        assert says(running, first(BEGUN))
        until((running.home / "tour.log").exists)
    with Installation(home, LIANYI_TOUR="true") as running:
        assert says(running, first(AGAIN))


def test_a_tour_that_failed_is_told_and_played_again(home):
    with Installation(home) as running:
        asyncio.run(forget_the_operator(running.home))
    with Installation(home, LIANYI_TOUR="true") as running:
        until(lambda: told(running).count("✗"))
        assert says(running, first(BROKEN)[:6])
    with Installation(home, LIANYI_TOUR="true") as running:
        assert says(running, first(AGAIN))
