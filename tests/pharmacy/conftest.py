import pytest

from tests.pharmacy.make import Counter


@pytest.fixture
async def counter(app):
    return await Counter.open(app)


@pytest.fixture
async def hospital(app):
    return await Counter.open(app, hospital=True)
