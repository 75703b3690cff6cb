import pytest

from tests.billing.make import Till


@pytest.fixture
async def till(place):
    return await Till.open(place)
