"""Bad days, walked through in the browser against a whole demo: everybody ends up knowing what is
next, and nobody's money is in the air."""

from stdnum.cn import ric

from lianyi.cli.demo import network
from lianyi.people.model import ADMIN
from tests.browser.person import DESK

MOTHER, SON, NEIGHBOUR = "19905311001", "19905311003", "19905311005"
PREPAID, AT_VISIT = "线上支付", "到院支付"
STAFF = network.load().staff
LOGINS = {one.name: one.login for one in STAFF}
PLACES = {one.name: one.institution for one in STAFF}
ADMINS = {one.institution: one.login for one in STAFF if one.role == ADMIN}
HOSPITAL = "岱东省第一人民医院"
ID = "[0-9a-f-]{36}"


def sessions(resident):
    """Go from ward to ward of the provincial hospital, to its doctors, and stop at each."""
    hospital = resident.go("/book").follow(HOSPITAL).path
    for ward in resident.go(hospital).ways(f"/book/{ID}/{ID}"):
        for session in resident.go(ward).ways(f"/book/sessions/{ID}"):
            yield resident.go(session)


def held(resident, payment, avoid="儿科"):
    """Keep a number of a doctor who is paid like this and return its page.

    Paid ones are late enough to be given back for money, the others early enough to check in.
    """
    for seen in sessions(resident):
        times = seen.page.locator("input[name=starts_at]")
        if times.count() and seen.misses(avoid) and not seen.misses(payment):
            (times.last if payment == PREPAID else times.first).check(force=True)
            resident.press("锁定号源").sees("号源已为您保留")
            return resident.path
    raise AssertionError("nobody has a number left")


def pays(resident):
    """Scan and pay, and see the money arrive without a reload."""
    resident.sees("演示付款").press("演示付款").sees("支付成功")


def give_back(resident, appointment):
    resident.go(appointment).press("退号").choose("退号原因", "时间冲突").admits().sees("已取消")


def test_a_phone_that_dies_at_the_till_costs_nothing_and_loses_nothing(person):
    mother = person().signs_in(MOTHER)
    appointment = held(mother, PREPAID)
    mother.follow("去支付").press("去支付").sees("演示付款")
    mother.close()

    again = person().signs_in(MOTHER).go(appointment).sees("号源已为您保留").follow("去支付")
    bill = again.path
    pays(again.go(f"{bill}/pay"))
    again.go(appointment).sees("已预约")
    give_back(again, appointment)
    again.go(bill).sees("已退款")


def test_who_books_in_the_wrong_name_sees_it_and_books_for_the_right_person(person):
    son = person().signs_in(SON)
    wrong = held(son, AT_VISIT)
    son.sees("张强")
    give_back(son, wrong)

    son.go("/family").press_beside("张秀英", "切换").sees("正在代办")
    right = held(son, AT_VISIT)
    son.sees("张秀英").press("确认预约").sees("已预约")
    mother = person().signs_in(MOTHER).go(right).sees("已预约")
    give_back(mother, right)


def test_when_the_doctor_leaves_everybody_booked_hears_of_it_and_may_choose(person):
    neighbour = person().signs_in(NEIGHBOUR)
    appointment = held(neighbour, PREPAID)
    bill = neighbour.follow("去支付").path
    pays(neighbour.press("去支付"))
    neighbour.go(appointment).sees("已预约")
    doctor = neighbour.page.locator("h1").first.inner_text()

    stop_sessions_of(person(size=DESK).works(ADMINS[PLACES[doctor]]), doctor)
    neighbour.sees("医生停诊", "可以改约其他医生或日期")  # without a reload
    assert "停诊" in neighbour.messages(NEIGHBOUR)
    give_back(neighbour, appointment)
    neighbour.go(bill).sees("已退款")


def stop_sessions_of(admin, doctor):
    """Stop what this doctor sits today, wherever in the hospital."""
    for ward in admin.go("/admin/schedule").queries("department"):
        admin.go(f"/admin/schedule{ward}")
        if not admin.misses(doctor):
            admin.press("停诊").fill("停诊原因", "医师突发疾病，今日不能出诊。").admits()
            return
    raise AssertionError(f"{doctor} sits nowhere")


def test_who_was_called_in_vain_comes_back_without_a_new_number(person):
    neighbour = person().signs_in(NEIGHBOUR)
    held(neighbour, AT_VISIT)
    neighbour.press("确认预约").sees("已预约").press("我到了，签到").sees("前面还有")
    name = neighbour.page.locator("h1").first.inner_text()
    doctor = person(size=DESK).works(LOGINS[name]).go("/clinic")
    doctor.press("叫号").sees("王桂芳").press("过号")
    neighbour.sees("已叫过您的号").press("重新排队").sees("前面还有")
    doctor.go("/clinic").press("叫号").sees("王桂芳")
    neighbour.sees("请到")


def test_a_clerk_is_told_which_digit_is_wrong_and_opens_the_card_all_the_same(person):
    clerk = person(size=DESK).works("c01").go("/reception")
    body = "37010219500101001"
    right = ric.calc_check_digit(body + "0")
    clerk.fill("姓名", "江映雪").fill("身份证号码", body + ("2" if right == "1" else "1"))
    clerk.page.get_by_label("已核对证件原件，与本人一致").check(force=True)
    clerk.press("登记并打开").sees("证件号码不对")
    clerk.fill("身份证号码", body + right)
    clerk.press("登记并打开").sees("江映雪")
