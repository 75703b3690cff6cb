import asyncio

import msgspec
import pytest

from lianyi.kernel import errand
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.work import within
from lianyi.worker import errands
from lianyi.worker.errands import Runner

OFFICE = system("office", NOWHERE)


class Letter(msgspec.Struct):
    text: str


class Killed(BaseException):
    """No handler of ours sees a kill."""


class Post:
    """A carrier that can lose the answer (`deaf`) or the letter too (`cut`)."""

    def __init__(self):
        self.deaf = self.cut = False
        self.carried, self.calls, self.told = {}, [], []

    async def send(self, key, letter):
        self.calls.append("send")
        if not self.cut:
            self.carried[key] = letter.text
        if self.deaf or self.cut:
            raise TimeoutError
        return Answer(Outcome.YES, {"stamp": 1})

    async def ask(self, key):
        self.calls.append("ask")
        return Answer(Outcome.YES, {"stamp": 1}) if key in self.carried else None


class Prepared:
    """Counts how often the letter was written."""

    def __init__(self):
        self.count = 0

    async def __call__(self, _, thing_id):
        self.count += 1
        return Letter(f"{thing_id} {self.count}")


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def prepare():
    return Prepared()


@pytest.fixture
def runner(app, post, prepare):
    async def record(tx, thing_id, answer):
        post.told.append((thing_id, answer))

    kind = Errand(
        "test.letter",
        Letter,
        prepare,
        lambda links, key, letter: links.send(key, letter),
        lambda links, key, _: links.ask(key),
        record,
    )
    return Runner(app, post, (kind,))


@pytest.fixture
async def thing(app):
    id = app.ids.new(app.clock())
    await within(app, OFFICE, lambda tx: errand.plan(tx, "test.letter", thing_id=id))
    return id


async def outcome(app, thing):
    row = await app.pool.fetchrow(
        "SELECT outcome, tries FROM kernel.errand WHERE thing_id = $1", thing
    )
    return tuple(row)


async def test_an_errand_is_run_once_and_its_answer_recorded(app, runner, post, thing):
    assert await errands.run_due(runner) == 1
    assert await errands.run_due(runner) == 0
    assert post.told == [(thing, Answer(Outcome.YES, {"stamp": 1}))]
    assert await outcome(app, thing) == ("yes", 1)


@pytest.mark.parametrize(
    ("trouble", "calls"),
    [
        pytest.param("deaf", ["send", "ask"], id="only the answer was lost"),
        pytest.param("cut", ["send", "ask", "send"], id="nothing arrived"),
    ],
)
async def test_an_unknown_outcome_is_asked_about_before_it_is_sent_again(
    app, clock, runner, post, thing, trouble, calls
):
    setattr(post, trouble, True)
    await errands.run_due(runner)
    assert await outcome(app, thing) == ("unknown", 1)
    assert post.told == []

    setattr(post, trouble, False)
    clock.forward(minutes=1)
    await errands.run_due(runner)
    assert post.calls == calls
    assert len(post.carried) == len(post.told) == 1
    assert await outcome(app, thing) == ("yes", 2)


async def test_what_nobody_answered_is_asked_about_within_seconds_with_growing_pauses(
    app, clock, runner, post, thing
):
    post.cut = True
    tries = []
    for _ in range(10):  # 20 seconds in all
        tries.append(await errands.run_due(runner))
        clock.forward(seconds=2)
    assert tries == [1, 1, 0, 1, 0, 0, 0, 1, 0, 0]

    post.cut = False
    clock.forward(seconds=16)
    assert await errands.run_due(runner) == 1
    assert len(post.carried) == len(post.told) == 1


async def test_a_neighbour_that_does_not_answer_for_days_is_still_asked_and_not_pressed(
    app, clock, runner, post, thing
):
    post.cut = True
    for _ in range(60):
        clock.forward(hours=2)
        assert await errands.run_due(runner) == 1
        assert await errands.run_due(runner) == 0


async def test_what_a_lost_worker_left_or_is_answered_with_not_yet_waits_longer(
    app, clock, runner, post, thing
):
    async def die(*_):
        raise Killed

    async def not_yet(*_):
        return Answer(Outcome.UNKNOWN)

    good, post.send = post.send, die
    with pytest.raises(Killed):
        await errands.run_due(runner)
    clock.forward(seconds=29)
    assert await errands.run_due(runner) == 0
    post.send = not_yet
    clock.forward(seconds=1)
    assert await errands.run_due(runner) == 1
    clock.forward(seconds=59)
    assert await errands.run_due(runner) == 0
    post.send = good
    clock.forward(seconds=1)
    assert await errands.run_due(runner) == 1
    assert await outcome(app, thing) == ("yes", 3)


async def test_a_retry_carries_the_same_body_and_the_database_keeps_it_sealed(
    app, clock, runner, post, prepare, thing
):
    post.cut = True
    await errands.run_due(runner)
    kept = await app.pool.fetchval("SELECT request FROM kernel.errand WHERE thing_id = $1", thing)
    post.cut = False
    clock.forward(minutes=1)
    await errands.run_due(runner)
    assert prepare.count == 1
    assert list(post.carried.values()) == [f"{thing} 1"]
    assert str(thing).encode() not in kept


async def test_a_worker_that_dies_while_sending_leaves_the_truth(app, runner, post, thing):
    async def die(*_):
        raise Killed

    post.send = die
    with pytest.raises(Killed):
        await errands.run_due(runner)
    assert await outcome(app, thing) == ("unknown", 1)


async def test_a_bug_in_one_errand_does_not_stop_the_others(app, clock, runner, post, thing):
    async def fail(*_):
        raise ZeroDivisionError

    good, post.send = post.send, fail
    await errands.run_due(runner)
    post.send = good
    clock.forward(minutes=1)
    await errands.run_due(runner)
    assert await outcome(app, thing) == ("yes", 2)


async def test_a_neighbour_that_is_slow_to_answer_keeps_nobody_else_waiting(
    app, runner, post, thing
):
    asked, may_answer, send = asyncio.Event(), asyncio.Event(), post.send
    second = app.ids.new(app.clock())

    async def slow(key, letter):
        if str(thing) in letter.text:
            asked.set()
            await may_answer.wait()
        answer = await send(key, letter)
        may_answer.set()  # only the second one lets the first go on
        return answer

    post.send = slow
    round = asyncio.create_task(errands.run_due(runner))
    await asked.wait()
    await within(app, OFFICE, lambda tx: errand.plan(tx, "test.letter", thing_id=second))
    assert await asyncio.wait_for(round, 20) == 2
    assert {told for told, _ in post.told} == {second, thing}


async def test_a_worker_told_to_stop_ends_what_it_says_and_looks_for_nothing_more(
    app, runner, post, thing
):
    runner.stop.set()
    assert await errands.run_due(runner) == 0
    assert await outcome(app, thing) == (None, 0)
