"""Every page of a resident's phone, the counter and the laboratory, as their readers see them."""

import pytest
from playwright.sync_api import expect

from tests.browser import look, serve
from tests.browser.town import town

PAGES = {
    "home": ("heroine", "/"),
    "card": ("heroine", "/card"),
    "family": ("heroine", "/family"),
    "family-child": ("heroine", "/family/child"),
    "family-invite": ("heroine", "/family/invite"),
    "record": ("heroine", "/record"),
    "readings": ("heroine", "/record/readings"),
    "apps": ("heroine", "/record/apps"),
    "app-register": ("guest", "/apps/register"),
    "app-ask": ("heroine", "/apps/ask/{ask}"),
    "prescriptions": ("heroine", "/prescriptions"),
    "prescriptions-none": ("father", "/prescriptions"),
    "prescription": ("heroine", "/prescriptions/{approved}"),
    "prescription-waiting": ("heroine", "/prescriptions/{plain}"),
    "results": ("heroine", "/results"),
    "results-none": ("father", "/results"),
    "me": ("heroine", "/me"),
    "insurance": ("heroine", "/me/insurance"),
    "invited": ("invited", "/"),
    "invitation": ("invited", "/family"),
    "guest": ("guest", "/"),
    "guest-open": ("guest", "/card/open"),
    "guest-waiting": ("waiting", "/"),
    "guest-counter": ("counter", "/"),
}
COUNTER = {"desk": "/reception", "visitor": "/reception/people/{father}"}


REVIEWS = {"desk": "/review", "one": "/review/{plain}"}
BENCH = {
    "empty-handed": "/laboratory",
    "tube": "/laboratory/orders/{tube}",
    "call": "/laboratory/orders/{critical}",
}


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "town", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Seat somebody at a browser of their own."""
    _, state = site
    return lambda name, **cookies: seat(state.tokens[name], **cookies)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_a_resident_suits_its_readers(sit_down, site, name):
    who, path = PAGES[name]
    page = sit_down(who)
    assert page.goto(path.format(**site[1].ids)).status == 200
    assert look.check(page, f"resident-{name}") == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_a_resident_fits_in_english_too(sit_down, site, name):
    who, path = PAGES[name]
    page = sit_down(who, language="en")
    page.goto(path.format(**site[1].ids))
    assert look.in_english(page) == []


def test_the_code_is_drawn_anew_before_it_dies(sit_down):
    """IDN-03."""
    page = sit_down("heroine")
    page.goto("/card")
    first = page.locator(".qr-code").inner_html()
    with page.expect_response("**/card"):
        page.evaluate(
            "document.querySelector('ly-countdown')"
            ".dispatchEvent(new CustomEvent('ly:due', { bubbles: true }))"
        )
    expect(page.locator("#my-card")).to_have_count(1)
    page.wait_for_function("old => document.querySelector('.qr-code').innerHTML !== old", arg=first)


@pytest.mark.parametrize("name", COUNTER)
def test_every_page_of_the_counter_suits_its_readers(sit_down, site, name):
    page = sit_down("clerk")
    assert page.goto(COUNTER[name].format(**site[1].ids)).status == 200
    assert look.check(page, f"reception-{name}") == []
    assert page.evaluate("document.activeElement.name") == "code"


def test_the_page_of_an_institutions_apps_suits_its_readers(sit_down, site):
    page = sit_down("office")
    assert page.goto("/admin/apps").status == 200
    assert look.check(page, "admin-apps") == []


@pytest.mark.parametrize("name", BENCH)
def test_every_page_of_the_laboratory_suits_its_readers(sit_down, site, name):
    page = sit_down("t01")
    assert page.goto(BENCH[name].format(**site[1].ids)).status == 200
    assert look.check(page, f"laboratory-{name}") == []


@pytest.mark.parametrize("name", REVIEWS)
def test_every_page_of_a_pharmacist_suits_its_readers(sit_down, site, name):
    page = sit_down("p02")
    assert page.goto(REVIEWS[name].format(**site[1].ids)).status == 200
    assert look.check(page, f"pharmacist-{name}") == []


def test_a_pharmacist_takes_one_in_hand_by_key_and_answers_it(sit_down, site):
    page = sit_down("p02")
    page.goto("/review/{strong}".format(**site[1].ids))
    with page.expect_navigation():
        page.keyboard.press("F2")
    expect(page.get_by_text("通过并签名")).to_be_visible()
    page.keyboard.press("F9")
    expect(page.get_by_label("退回原因")).to_be_visible()
    assert look.check(page, "pharmacist-hand") == []
