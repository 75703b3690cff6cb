"""Every page about numbers and queues, as its readers see it."""

import pytest

from tests.browser import look, serve
from tests.browser.hall import town

RESIDENT = ("hospitals", "departments", "schedule", "times", "full", "own")
OWN = ("held", "waiting", "called")
DESKS = ("clinic", "plan")


@pytest.fixture(scope="module")
def site(cluster, files):
    with cluster.clone("hall") as dsn:
        app = town(dsn, files)
        with serve.served(app, lifespan="on") as address:
            yield address, app.state


@pytest.fixture
def sit_down(chromium, site):
    """Open a page as its reader, in a browser of their own."""
    address, state = site
    contexts = []

    def seated(name, **cookies):
        context = chromium.new_context(base_url=address, **look.STILL)
        contexts.append(context)
        given = {"lianyi": state.tokens.get(name) or state.tokens["held"], **cookies}
        context.add_cookies([{"name": n, "value": v, "url": address} for n, v in given.items()])
        page = context.new_page()
        look.listen(page)
        assert page.goto(state.paths[name]).status == 200
        return page

    yield seated
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", [*RESIDENT, *OWN, *DESKS])
def test_every_page_about_numbers_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"booking-{name}") == []


@pytest.mark.parametrize("name", [*RESIDENT, *OWN])
def test_every_page_of_a_resident_fits_in_english_too(sit_down, name):
    page = sit_down(name, language="en")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(look.axe())
    assert look.troubles(page, 390, "light") == []
