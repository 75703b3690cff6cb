import pytest

from tests.prescribing.make import Practice


@pytest.fixture
async def practice(place):
    return await Practice.open(place)
