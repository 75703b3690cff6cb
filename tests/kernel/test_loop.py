import asyncio
import gc
import sys
import time

import pytest
from prometheus_client import REGISTRY

from lianyi.kernel import loop


def late(bound):
    return REGISTRY.get_sample_value("lianyi_loop_held_seconds_bucket", {"le": bound}) or 0


def seen():
    return REGISTRY.get_sample_value("lianyi_loop_held_seconds_count") or 0


async def more_than(count):
    while seen() <= count:  # noqa: ASYNC110 - the metric itself is what is looked at
        await asyncio.sleep(0)


async def test_whoever_holds_the_loop_is_seen_in_the_metric():
    before, quick = seen(), late("0.25")
    async with loop.watched(every=0.01):
        await more_than(before)
        looks = seen() - before
        assert late("0.25") - quick == looks
        time.sleep(0.4)  # noqa: ASYNC251 - the offence itself
        await more_than(before + looks)
    assert late("0.25") - quick < seen() - before


@pytest.fixture
def as_it_was():
    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*threshold)
    gc.unfreeze()


def test_a_thread_that_computes_lets_the_loop_have_its_turn_within_a_millisecond(as_it_was):
    loop.settle()
    assert sys.getswitchinterval() < 0.001
