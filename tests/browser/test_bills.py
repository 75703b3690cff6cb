"""Every page about money, as its readers see it."""

import pytest
from playwright.sync_api import expect

from tests.browser import look, serve
from tests.browser.till import town

INSURED = ("bill-insured", "bill-doubtful", "bill-asking")
PAYER = ("bills", "bill-unpaid", "bill-refund", "receipt", *INSURED)
PAYING = ("pay-code", "pay-ordering", "pay-closed", "pay-refused", "pay-paid")
DESKS = {"till": "clerk", "window": "clerk", "slip": "clerk", "day": "clerk", "books": "admin"}
READERS = {**dict.fromkeys((*PAYER, *PAYING), "payer"), **DESKS}


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "till", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site
    return lambda name, **cookies: seat(state.tokens[READERS[name]], state.paths[name], **cookies)


@pytest.mark.parametrize("name", READERS)
def test_every_page_about_money_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"money-{name}") == []


@pytest.mark.parametrize("name", [*PAYER, *PAYING])
def test_every_page_of_a_payer_fits_in_english_too(sit_down, name):
    assert look.in_english(sit_down(name, language="en")) == []


@pytest.mark.parametrize("name", ["receipt", "slip", "day"])
def test_what_a_demo_prints_says_so_on_every_sheet(sit_down, name):
    told, mark = look.on_paper(sit_down(name))
    assert told.startswith("演示")
    assert "虚构" in told
    assert mark == '"演示"fixed'


def test_a_page_that_waits_says_paid_without_a_reload(sit_down, site):
    _, state = site
    page = sit_down("pay-code")
    expect(page.get_by_text("请用微信")).to_be_visible()
    page.evaluate("window.stayed = true")
    bill_id = state.paths["pay-code"].split("/")[2]
    state.arrive(bill_id)
    state.live.heard(f"bill/{bill_id}")  # as the relay tells every process
    expect(page.get_by_text("支付成功")).to_be_visible()
    assert page.evaluate("window.stayed")
