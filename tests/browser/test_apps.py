"""Companies' apps in a real browser, at another origin: the example, and the npm library."""

import json

import pytest
from playwright.sync_api import expect

from lianyi.web.session import COOKIE
from tests.browser import elsewhere, look, serve
from tests.browser.person import DESK, Person
from tests.browser.platform import town
from tests.identity import credit_code

SCOPES = "patient/Patient.r patient/Observation.rs"
ASSESSMENT = "PIA-2030-01"


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "apps", town, files) as standing:
        yield standing


@pytest.fixture(scope="module")
def machine():
    with elsewhere.machine() as machine:
        yield machine


@pytest.fixture
def sit(chromium, site):
    """Seat somebody who is signed in, or nobody known, at a browser of their own."""
    address, state = site
    seated = []

    def down(name="", **size):
        one = Person(chromium, address, **size)
        seated.append(one)
        look.listen(one.page)
        if name:
            token = state.cookies[name]
            one.context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        return one

    yield down
    for one in seated:
        one.close()


@pytest.fixture
def registered(sit, site, machine):
    """Register an app on the company's page and approve it on the hospital's."""

    def of(path, *purposes):
        company = sit().go("/apps/register").fill("应用名称", "血压曲线")
        company.fill("公司", "青山数字健康有限公司").fill("统一社会信用代码", credit_code())
        company.fill("个人信息保护联系方式", "privacy@app.test").fill("数据范围", SCOPES)
        company.page.get_by_label("公开应用").check()
        company.fill("回调地址", machine.origin + path).fill("启动地址", machine.origin + path)
        company.page.get_by_label("向哪家机构申请").select_option(site[1].hospital)
        client = company.press("登记").sees("已登记").page.locator("dd").first.inner_text()
        admin = sit("admin", size=DESK).go("/admin/apps")
        for n, purpose in enumerate(purposes):
            if n:
                admin.fill("应用编号", client).press("列入审批")
            admin.choose("用途", purpose).fill("评估编号", ASSESSMENT)
            admin.page.get_by_role("button", name="批准", exact=True).click()
            expect(admin.page.get_by_label("用途")).to_have_count(0)
        return client

    return of


@pytest.fixture
def curve(registered, machine, site):
    """Lend the address of the example, installed and approved for these purposes."""

    def at(place, *purposes):
        machine.install(place, registered(f"{place}/index.html", *purposes), site[0])
        return f"{machine.origin}{place}/index.html"

    return at


def drawn(page):
    """Wait for both curves and return how many values stand below them."""
    expect(page.locator("polyline.systolic")).to_be_visible()
    expect(page.locator("polyline.diastolic")).to_be_visible()
    return page.locator("tbody tr").count()


def test_a_person_agrees_sees_the_curve_and_takes_it_back(curve, sit, site):
    """PRI-04, PRI-09, INT-05: from another origin; a reload after the withdrawal reads nothing."""
    person = sit("home").go(curve("/home", "本人查看"))
    person.press("连接我的病历").sees("应用授权", "青山数字健康有限公司", "检查检验结果和体征")
    assert person.page.locator("input[type=checkbox]:checked").count() == 0
    assert look.check(person.page, "app-ask") == []
    person.page.get_by_label("7 天").check()
    person.press("同意授权").sees("林小满", "共 5 次测量")
    assert drawn(person.page) == 5
    assert "code=" not in person.page.url
    person.page.reload()
    assert drawn(person.page) == 5
    phone = sit("home").go(site[0] + "/record/apps").sees("血压曲线")
    phone.press("撤回").sees("已撤回")
    person.page.reload()
    person.sees("授权已到期或已被收回", "连接我的病历")
    assert person.page.locator("tbody tr").count() == 0


def test_who_does_not_agree_reads_the_apps_own_words(curve, sit):
    """PRI-04"""
    person = sit("home").go(curve("/refused", "本人查看"))
    person.press("连接我的病历").sees("应用授权").press("不同意")
    person.sees("您没有同意，应用什么也没有读取。")
    assert person.page.locator("tbody tr").count() == 0
    person.press("连接我的病历").sees("拒绝过这个应用")  # PRI-05
    assert look.check(person.page, "app-refused") == []
    person.press("我改变主意了").sees("同意授权")


def test_a_doctor_starts_the_app_by_itself_and_says_whom_it_is_about(curve, sit):
    """INT-04: of today's patients, or by the initials of a name."""
    doctor = sit("doctor", size=DESK).go(curve("/alone", "诊疗"))
    doctor.press("连接我的病历").sees("今天的患者", "王秀英")
    assert look.check(doctor.page, "app-choose") == []
    doctor.fill("查找患者", "lxm").press("查找").sees("林*满")
    assert look.check(doctor.page, "app-choose-found") == []
    doctor.fill("查找患者", "甲乙丙").press("查找").sees("没有找到这位患者")
    assert look.check(doctor.page, "app-choose-nobody") == []
    doctor.page.go_back()
    doctor.page.get_by_text("林*满").click()
    doctor.press("打开应用")
    expect(doctor.page.locator("#who")).to_have_text("林小满")
    assert drawn(doctor.page) == 5


def test_a_doctor_starts_the_app_beside_a_visit_and_it_knows_whose(curve, sit, site):
    """INT-04: in a tab of its own, with the patient of the visit."""
    curve("/clinic", "诊疗")
    doctor = sit("doctor", size=DESK).go(site[1].visit)
    with doctor.context.expect_page() as opened:
        doctor.press("打开")
    app = opened.value
    app.get_by_role("button", name="打开应用").click()
    expect(app.locator("#who")).to_have_text("王秀英")
    assert drawn(app) == 5
    assert app.evaluate("window.opener") is None
    assert look.check(doctor.page, "ward-apps") == []


def test_the_npm_library_of_smart_signs_in_reads_and_turns_pages(registered, machine, sit, site):
    """fhirclient: authorize, ready, patient.read, user.read, request over all pages."""
    machine.install_library(registered("/app.html", "本人查看"), site[0])
    person = sit("home").go(f"{machine.origin}/start.html")
    person.sees("应用授权").press("同意授权").sees("found")
    said = json.loads(person.page.locator("main").inner_text())
    assert said.pop("user")
    assert said == {"patient": "林小满", "first": 2, "found": 5}
