"""A real browser and a real server, each started once."""

import pytest
from playwright.sync_api import sync_playwright
from starlette.middleware import Middleware

from tests.browser import look, serve
from tests.web.gallery import Demo, gallery

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--disable-dev-shm-usage", "--font-render-hinting=none", "--no-sandbox")


@pytest.fixture(scope="session")
def address():
    with serve.served(gallery(Middleware(Demo))) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the folder of a town's pictures and documents."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def page(chromium, address):
    context = chromium.new_context(base_url=address, **look.STILL)
    page = context.new_page()
    look.listen(page)
    yield page
    context.close()
