"""Every page of the authorities and of the insurance agency, as they see it."""

import pytest
from playwright.sync_api import expect

from tests.browser import look, serve
from tests.browser.bureau import LOOKED_AT, town

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
    "exports": "office",
    "compliance": "office",
    "looks": "office",
}


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "bureau", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site
    return lambda name: seat(state.tokens[PAGES[name]], state.paths[name])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_authorities_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"bureau-{name}") == []


def test_who_looked_at_whom_suits_its_reader(sit_down):
    """PRI-26: with each look of the day opened."""
    page = sit_down("looks")
    name, number = LOOKED_AT
    page.get_by_label("姓名").fill(name)
    page.get_by_label("身份证号码").fill(number)
    page.get_by_role("button", name="核查").click()
    expect(page.get_by_text("3 次", exact=True)).to_be_visible()
    for fold in page.locator("details.small summary").all():
        fold.click()
    assert look.check(page, "bureau-looked-at") == []
