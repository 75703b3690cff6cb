"""The site with only the gallery's pages, spoken to as a browser does."""

import httpx
import pytest

from tests.web.gallery import gallery


@pytest.fixture
async def browser():
    transport = httpx.ASGITransport(gallery())
    async with httpx.AsyncClient(transport=transport, base_url="https://lianyi.test") as client:
        yield client
