"""Every page of a pharmacy, as those who stand at its counter and ride for it see them."""

import re

import pytest
from playwright.sync_api import expect

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
WALKS = {"missing": "assistant", "bought": "patient"}


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "counter", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site
    return lambda name: seat(state.tokens[(READERS | WALKS)[name]], state.paths[name])


@pytest.mark.parametrize("name", READERS)
def test_every_page_of_the_pharmacy_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"pharmacy-{name}") == []


def test_every_label_of_a_demo_says_so(sit_down):
    """They are cut from the sheet that says it once."""
    page = sit_down("labels")
    told, mark = look.on_paper(page)
    assert (told[:2], mark) == ("演示", '"演示"fixed')
    labels = page.locator(".card:visible")
    assert labels.count()
    assert all("演示" in label for label in labels.all_inner_texts())


def test_a_scanned_pack_is_counted_and_the_next_is_asked_for(sit_down, site):
    """By keyboard alone: a scanner types the code and presses enter."""
    page = sit_down("picking")
    page.keyboard.type("84不是追溯码")
    page.keyboard.press("Enter")
    page.get_by_text("这不是药品追溯码").wait_for()
    assert page.evaluate("document.activeElement.name") == "code"


def test_out_of_stock_after_paying_ends_with_all_money_back_and_another_shop_to_go_to(sit_down):
    """INS-21: the box on the shelf was broken and there is no other; the resident hears why."""
    resident = sit_down("bought")
    expect(resident.get_by_text("已配好").first).to_be_visible()
    counter = sit_down("missing")
    counter.locator("summary").filter(has_text="不能调配").click()
    counter.get_by_label("原因").select_option(label="缺货")
    counter.locator("details[open] button.bad").click()
    expect(counter.get_by_text("已登记不能调配")).to_be_visible()
    resident.reload()
    expect(resident.get_by_text("这家药房不能调配：缺货").first).to_be_visible()
    expect(resident.get_by_text("处方仍然有效，可以换一家药房")).to_be_visible()
    expect(resident.get_by_text("换一家药房").last).to_be_visible()
    expect(resident.get_by_text(re.compile("已退款|退款已")).first).to_be_visible()
