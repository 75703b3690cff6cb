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
    with serve.standing(cluster, "market", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site
    return lambda name, **cookies: seat(state.token, state.paths[name], **cookies)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_buying_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"buy-{name}") == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_buying_fits_in_english_too(sit_down, name):
    assert look.in_english(sit_down(name, language="en")) == []


def test_the_code_to_collect_is_drawn_anew_before_it_dies_and_leaves_the_rest(sit_down):
    """IDN-03: what somebody has opened on the page stays open."""
    page = sit_down("ready")
    page.locator("summary").filter(has_text="退出或换一家").click()
    first = page.locator("#code .qr-code").inner_html()
    page.evaluate(
        "document.querySelector('#code ly-countdown')"
        ".dispatchEvent(new CustomEvent('ly:due', { bubbles: true }))"
    )
    page.wait_for_function(
        "old => document.querySelector('#code .qr-code').innerHTML !== old", arg=first
    )
    expect(page.get_by_label("退出的原因")).to_be_visible()
