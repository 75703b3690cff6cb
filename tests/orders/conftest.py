import pytest

from tests.orders.make import Bench


@pytest.fixture
async def bench(place):
    return await Bench.open(place)
