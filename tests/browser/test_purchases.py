"""Every page of buying medicines, as its person sees it on the phone."""

import pytest
from playwright.sync_api import expect

from tests.browser import look, serve
from tests.browser.market import town

PAGES = (
    "prescription",
    "sellers",
    "seller",
    "seller-online",
    "asked",
    "unpaid",
    "billed",
    "ready",
    "missed",
    "handed",
    "withdrawn",
    "declined",
)


@pytest.fixture(scope="module")
def site(cluster, files):
    with cluster.clone("market") as dsn:
        app = town(dsn, files)
        with serve.served(app, lifespan="on") as address:
            yield address, app.state


@pytest.fixture
def sit_down(chromium, site):
    """Open a page as the patient, in a browser of their own."""
    address, state = site
    contexts = []

    def seated(name, **cookies):
        context = chromium.new_context(base_url=address, **look.STILL)
        contexts.append(context)
        given = {"lianyi": state.token, **cookies}
        context.add_cookies([{"name": n, "value": v, "url": address} for n, v in given.items()])
        page = context.new_page()
        look.listen(page)
        assert page.goto(state.paths[name]).status == 200
        return page

    yield seated
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_buying_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"buy-{name}") == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_buying_fits_in_english_too(sit_down, name):
    page = sit_down(name, language="en")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(look.axe())
    assert look.troubles(page, 390, "light") == []


def test_the_code_to_collect_is_drawn_anew_before_it_dies_and_leaves_the_rest(sit_down):
    """IDN-03: what somebody has opened on the page stays open."""
    page = sit_down("ready")
    page.locator("summary").filter(has_text="退出或换一家").click()
    page.evaluate(
        "document.querySelector('#code ly-countdown')"
        ".dispatchEvent(new CustomEvent('ly:due', { bubbles: true }))"
    )
    first = page.locator("#code .qr-code").inner_html()
    page.wait_for_function(
        "old => document.querySelector('#code .qr-code').innerHTML !== old", arg=first
    )
    expect(page.get_by_label("退出的原因")).to_be_visible()
