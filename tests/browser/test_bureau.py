"""Every page of the authorities and of the insurance agency, as they see it."""

import pytest

from tests.browser import look, serve
from tests.browser.bureau import town

PAGES = {
    "visit": "commission",
    "cases": "second",
    "opened": "commission",
    "desk": "commission",
    "reports": "commission",
    "screen": "commission",
    "trace": "authority",
    "sales": "authority",
    "licences": "authority",
    "claims": "agency",
    "claim": "agency",
    "uploads": "office",
}


@pytest.fixture(scope="module")
def site(cluster, files):
    with cluster.clone("bureau") as dsn:
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
def test_every_page_of_the_authorities_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"bureau-{name}") == []
