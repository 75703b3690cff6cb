"""Every page of a visit in person, as the doctor and the nurse see it."""

import pytest

from tests.browser import look, serve
from tests.browser.ward import town

PAGES = dict.fromkeys(("queue", "note", "signed", "orders", "past", "permits"), "doctor")


@pytest.fixture(scope="module")
def site(cluster, files):
    with cluster.clone("ward") as dsn:
        app = town(dsn, files)
        with serve.served(app, lifespan="on") as address:
            yield address, app.state


@pytest.fixture
def sit_down(chromium, site):
    """Open a page as its reader, in a browser of their own."""
    address, state = site
    contexts = []

    def seated(name):
        context = chromium.new_context(base_url=address, **look.STILL)
        contexts.append(context)
        token = state.tokens[PAGES[name]]
        context.add_cookies([{"name": "lianyi", "value": token, "url": address}])
        page = context.new_page()
        look.listen(page)
        assert page.goto(state.paths[name]).status == 200
        return page

    yield seated
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_a_visit_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"ward-{name}") == []
