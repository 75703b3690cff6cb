import pytest
from playwright.sync_api import expect

from tests.browser.look import check
from tests.web.gallery import PAGES, SIGN_IN


@pytest.mark.parametrize("name", [*PAGES, *(f"sign-in/{name}" for name in SIGN_IN)])
def test_every_shell_and_component_suits_its_readers(page, name):
    page.goto(f"/gallery/{name}")
    assert check(page, name.replace("/", "-")) == []


def test_a_wrong_form_is_redrawn_in_place_with_what_was_typed(page):
    page.goto("/gallery/fields")
    page.get_by_label("姓名").fill("张秀英")
    page.get_by_label("手机号码").fill("138")
    page.get_by_label("出生日期").fill("1959-03-01")
    page.get_by_label("收缩压").fill("156")
    page.get_by_text("图文").click()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("请填写 11 位手机号码")).to_be_visible()
    expect(page.get_by_label("姓名")).to_have_value("张秀英")
    assert page.url.endswith("/gallery/fields")


def test_a_refusal_shows_in_the_notice_and_the_reason_stays(page):
    page.goto("/gallery/fields")
    page.locator("summary", has_text="取消预约").click()
    page.get_by_label("取消原因").select_option("ill")
    page.get_by_role("button", name="取消预约").click()
    expect(page.locator("#notice")).to_contain_text("状态已经改变")
    expect(page.get_by_label("取消原因")).to_have_value("ill")


def test_the_countdown_counts_by_itself(page):
    page.goto("/gallery/home")
    expect(page.locator("ly-countdown")).to_have_text("57 秒后刷新")


def test_large_type_is_one_touch_and_is_remembered(page):
    page.goto("/gallery/home")
    page.get_by_role("button", name="长辈版").click()
    expect(page.locator("html[data-elder]")).to_be_attached()
    page.goto("/gallery/components")
    expect(page.locator("html[data-elder]")).to_be_attached()


def test_what_changed_is_fetched_again_without_a_reload(page):
    with page.expect_response("**/live?topics=*"):
        page.goto("/gallery/live")
    expect(page.locator("#beat")).to_have_text("第 1 次")
    for topic, seen in (("queue:2", 1), ("queue:1", 2), ("queue:1", 3)):
        page.request.get(f"/gallery/announce/{topic}")
        expect(page.locator("#beat")).to_have_text(f"第 {seen} 次")


def test_a_key_presses_the_button_that_names_it(page):
    page.goto("/gallery/doctor")
    page.evaluate("document.addEventListener('click', e => window.pressed = e.target.innerText)")
    page.keyboard.press("F8")
    assert "结束" in page.evaluate("window.pressed")
    page.evaluate("window.pressed = ''")
    page.keyboard.press("F9")
    assert page.evaluate("window.pressed") == ""


def test_the_pages_before_sign_in_fit_in_english_too(page, address):
    page.context.add_cookies([{"name": "language", "value": "en", "url": address}])
    page.goto("/gallery/sign-in/resident")
    expect(page.locator("html[lang=en]")).to_be_attached()
    assert check(page, "sign-in-english") == []


def test_the_tabs_fit_in_english_too(page, address):
    page.context.add_cookies([{"name": "language", "value": "en", "url": address}])
    page.goto("/gallery/live")
    assert check(page, "tabs-english") == []
