"""Every page of a pharmacy, as those who stand at its counter and ride for it see them."""

import pytest

from tests.browser import look, serve
from tests.browser.counter import town

READERS = {
    "counter": "pharmacist",
    "asked": "assistant",
    "accepted": "pharmacist",
    "picking": "assistant",
    "scanned": "second",
    "ready": "pharmacist",
    "handed": "pharmacist",
    "labels": "pharmacist",
    "stock": "assistant",
    "batch": "assistant",
    "goods-in": "assistant",
    "goods": "assistant",
    "day": "pharmacist",
    "deliveries": "courier",
    "fetch": "courier",
    "carried": "courier",
}


@pytest.fixture(scope="module")
def site(cluster, files):
    with cluster.clone("counter") as dsn:
        app = town(dsn, files)
        with serve.served(app, lifespan="on") as address:
            yield address, app.state


@pytest.fixture
def sit_down(chromium, site):
    """Open a page as one of the staff, in a browser of their own."""
    address, state = site
    contexts = []

    def seated(name):
        context = chromium.new_context(base_url=address, **look.STILL)
        contexts.append(context)
        token = state.tokens[READERS[name]]
        context.add_cookies([{"name": "lianyi", "value": token, "url": address}])
        page = context.new_page()
        look.listen(page)
        assert page.goto(state.paths[name]).status == 200
        return page

    yield seated
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", READERS)
def test_every_page_of_the_pharmacy_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"pharmacy-{name}") == []


def test_a_scanned_pack_is_counted_and_the_next_is_asked_for(sit_down, site):
    """By keyboard alone: a scanner types the code and presses enter."""
    page = sit_down("picking")
    page.keyboard.type("84不是追溯码")
    page.keyboard.press("Enter")
    page.get_by_text("这不是药品追溯码").wait_for()
    assert page.evaluate("document.activeElement.name") == "code"
