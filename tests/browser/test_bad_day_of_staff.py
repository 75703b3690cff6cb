"""Bad days of those who work in a hospital: its patients know what is next, nobody pays twice."""

from lianyi.cli.demo import network
from lianyi.cli.tour.in_person import BARCODE, NOTE
from lianyi.journeys.demo import PIN
from tests.browser.beforehand import DEAF, TEST, arrive, fault, later, order, pay
from tests.browser.person import DESK
from tests.browser.test_bad_day import ADMINS, ID, PLACES, PREPAID, give_back, held, pays

MISSED, SEEN = ("王桂芳", "19905311005"), ("王静", "19905311006")
BLED, PAYS, BOOKED = ("周淑芬", "19905311017"), ("高凤霞", "19905311030"), ("高德海", "19905311031")


def born(phone):
    number = next(one.id_number for one in network.load().resident if one.phone == phone)
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def test_a_doctor_who_meets_the_wrong_person_and_a_silent_authority_loses_no_word(person, before):
    login = before(arrive, MISSED, SEEN)
    doctor = person(size=DESK).works(login).go("/clinic").press("叫号").sees(MISSED[0])
    doctor.press("过号").sees("叫下一位")  # somebody else came in: nothing is written under a name
    doctor.press("叫号").sees(SEEN[0]).press("开始接诊").sees("去检查，稍后回诊")
    for name in ("complaint", "present", "past", "findings", "treatment", "advice"):
        doctor.page.locator(f"#{name}").fill(NOTE[name])
    doctor.page.get_by_label("无已知过敏").check(force=True)
    doctor.page.locator("#diagnosis-0").fill(NOTE["diagnosis"])
    doctor.press("签名并结束就诊").sees("已签名")

    before(fault, "ca", lose_request=DEAF)
    doctor.go("/signing").sees("待补签病历").fill("签名密码", PIN).press("解锁")
    doctor.sees("正在向认证机构解锁")
    patient = person().signs_in(SEEN[1]).go("/record/notes")
    patient.go(patient.ways(f"/record/notes/{ID}")[0]).sees("未做电子签名")
    before(later, 3)
    doctor.sees("没有解锁")  # without a reload
    before(fault, "ca")
    doctor.fill("签名密码", PIN).press("解锁").sees("已解锁")
    doctor.press("全部补签")
    patient.until("电子签名有效")

    missed = person().signs_in(MISSED[1]).go("/appointments")
    missed.go(missed.ways(f"/appointments/{ID}")[0]).sees("已叫过您的号").press("重新排队").sees(
        "前面还有"
    )


def test_a_specimen_of_somebody_else_is_refused_and_taken_again_for_nothing(person, before):
    before(order, BLED)
    before(pay, BLED)
    nurse = person(size=DESK).works("n01")
    wrong = taken(nurse, SEEN[0])
    nurse.sees("条码与面前的患者不符").fill("患者说的姓名", BLED[0]).press("相符，已采集")
    nurse.sees("已采集")

    bench = person(size=DESK).works("t01")
    misread = wrong[:-1] + str((int(wrong[-1]) + 1) % 10)
    scans(bench, misread).sees("请")
    scans(bench, wrong).press("拒收标本").choose("拒收的原因", "患者与申请不符").admits()
    patient = person().signs_in(BLED[1]).go("/results").sees("需重采")
    again = taken(nurse, BLED[0])
    nurse.sees("已采集")
    assert again != wrong
    scans(bench, again).press("核对无误，接收")
    patient.go("/results").sees("检测中")
    patient.go("/bills").follow(TEST).sees("已支付")  # once


def taken(nurse, name):
    """Label a tube and say whose it is; return its barcode."""
    nurse.go("/taking").follow(TEST).press("生成条码").sees("相符，已采集")
    code = BARCODE.search(nurse.page.locator("main").inner_text())[0]
    nurse.fill("患者说的姓名", name).fill("出生日期", born(BLED[1])).press("相符，已采集")
    return code


def scans(bench, code):
    bench.go("/laboratory").page.locator("input[name=code]").fill(code)
    return bench.press("确定")


def test_with_the_agency_closed_the_cashier_takes_the_whole_price_once(person, before):
    before(fault, "insurer", closed=DEAF)
    before(order, PAYS)
    cashier = person(size=DESK).works("c01").go("/cashier").follow(PAYS[0])
    cashier.sees("正在由医保预结算").press("改为自费").press("收现金").sees("收费收据")
    cashier.press("返回").sees("这位没有待支付的账单")
    patient = person().signs_in(PAYS[1]).go("/bills").follow(TEST).sees("已支付")
    before(fault, "insurer")
    before(later, 2)
    patient.go(patient.path).sees("已支付")
    assert patient.misses("医保结算号")


def test_when_a_doctor_leaves_the_hospital_whoever_has_paid_hears_of_it_and_is_paid_back(person):
    patient = person().signs_in(BOOKED[1])
    appointment = held(patient, PREPAID)
    bill = patient.follow("去支付").path
    pays(patient.press("去支付"))
    doctor = patient.go(appointment).sees("已预约").page.locator("h1").first.inner_text()

    admin = person(size=DESK).works(ADMINS[PLACES[doctor]]).go("/admin/staff").follow(doctor)
    admin.press("结束岗位").fill("结束原因", "调离本院").admits()
    patient.go(appointment).sees("医生停诊", "可以改约其他医生或日期")
    assert "停诊" in patient.messages(BOOKED[1])
    give_back(patient, appointment)
    patient.go(bill).sees("已退款")
