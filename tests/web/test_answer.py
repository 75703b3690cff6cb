import logging

import pytest

from tests.web.drawn import keys

HTMX = {"HX-Request": "true"}


async def test_a_page_answers_whole_to_a_browser(browser):
    page = await browser.get("/gallery/fields")
    assert page.status_code == 200
    assert page.text.startswith("<!doctype html>")
    assert page.headers["cache-control"] == "no-store"
    assert "HX-Request" in page.headers["vary"]


async def test_htmx_gets_the_block_its_target_is_named_after(browser):
    block = await browser.get("/gallery/fields", headers=HTMX | {"HX-Target": "sample"})
    assert block.text.lstrip().startswith('<div id="sample"')
    whole = (await browser.get("/gallery/fields")).text
    assert block.text.split("csrf")[0].strip() in whole


async def test_htmx_gets_the_main_block_for_a_target_without_one(browser):
    block = await browser.get("/gallery/fields", headers=HTMX | {"HX-Target": "other"})
    assert "<html" not in block.text
    assert 'id="sample"' in block.text


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
async def test_a_whole_page_that_htmx_asks_for_stays_whole(browser, header):
    page = await browser.get("/gallery/fields", headers=HTMX | {header: "true"})
    assert page.text.startswith("<!doctype html>")


async def test_a_refusal_says_what_happened_with_a_support_code(browser):
    page = await browser.get("/gallery/refused")
    assert page.status_code == 409
    assert 'data-code="kernel.WrongState"' in page.text
    assert "状态已经改变" in page.text
    assert page.headers["x-request-id"] in page.text


async def test_a_refusal_speaks_the_readers_language(browser):
    page = await browser.get("/gallery/refused", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "Its state has changed" in page.text
    assert '<html lang="en"' in page.text


async def test_htmx_shows_a_refusal_in_the_notice_and_leaves_the_page_alone(browser):
    part = await browser.get("/gallery/refused", headers=HTMX | {"HX-Target": "sample"})
    assert part.status_code == 409
    assert part.headers["hx-retarget"] == "#notice"
    assert part.headers["hx-reswap"] == "innerHTML"
    assert "<html" not in part.text
    assert "状态已经改变" in part.text


async def test_a_machine_gets_a_refusal_as_json(browser):
    told = await browser.get("/gallery/refused", headers={"Accept": "application/json"})
    assert told.json()["code"] == "kernel.WrongState"
    assert told.json()["support"] == told.headers["x-request-id"]


async def test_a_missing_page_says_what_to_do(browser):
    page = await browser.get("/no/such/page")
    assert page.status_code == 404
    assert "没有这个页面" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_bug_shows_a_code_and_logs_it_without_what_it_said(browser, caplog):
    with caplog.at_level(logging.INFO, "lianyi.web"):
        page = await browser.get("/gallery/bug")
    assert page.status_code == 500
    assert page.headers["x-request-id"] in page.text
    assert f"bug {page.headers['x-request-id']} ValueError" in caplog.text
    assert "张秀英" not in caplog.text + page.text


async def test_every_press_of_a_button_needs_the_form_it_was_drawn_with(browser):
    drawn = await keys(browser)
    sent = await browser.post("/gallery/fields", data={"once": drawn["once"]})
    assert sent.status_code == 403
    assert 'data-code="web.Forged"' in sent.text
