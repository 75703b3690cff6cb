from tests.web.drawn import keys

GOOD = {
    "name": " 张秀英 ",
    "phone": "13800000000",
    "born": "1959/3/1".replace("/3/1", "/03/01"),
    "systolic": "１５６",
    "channel": "video",
}


async def send(browser, headers=None, **changed):
    data = GOOD | await keys(browser) | changed
    return await browser.post("/gallery/fields", data=data, headers=headers)


async def test_blanks_full_width_digits_and_slashes_are_no_mistake(browser):
    assert (await send(browser)).text == "张秀英 13800000000 1959-03-01 156"


async def test_every_wrong_field_says_so_and_keeps_what_was_typed(browser):
    page = await send(browser, phone="138", systolic="999", channel="telegraph", name="")
    assert page.status_code == 422
    for message in (
        "请填写 11 位手机号码",
        "请填写 40 至 300 之间的整数",
        "请从列表中选择",
        "请填写",
    ):
        assert message in page.text
    assert 'value="138"' in page.text
    assert 'aria-describedby="phone-wrong"' in page.text


async def test_a_wrong_form_comes_back_as_the_block_that_htmx_will_swap(browser):
    part = await send(browser, {"HX-Request": "true", "HX-Target": "sample"}, phone="138")
    assert part.status_code == 422
    assert part.text.lstrip().startswith('<div id="sample"')
    assert "hx-retarget" not in part.headers


async def test_messages_of_fields_speak_the_readers_language(browser):
    page = await send(browser, {"Accept-Language": "en"}, born="soon")
    assert "Enter a date, for example 2026-11-22" in page.text


async def test_text_above_the_limit_is_refused_while_it_arrives(browser):
    page = await send(browser, name="长" * 4_000_000)
    assert page.status_code == 413


async def test_a_form_drawn_for_another_browser_is_refused(browser):
    drawn = await keys(browser)
    browser.cookies.set("csrf", "00" * 16)
    page = await browser.post("/gallery/fields", data=GOOD | drawn)
    assert page.status_code == 403


async def test_what_no_database_stores_is_refused_in_every_field(browser):
    for field in ("name", "once"):
        page = await send(browser, **{field: "much too\0 strange"})
        assert page.status_code == 422
