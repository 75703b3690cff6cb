"""Bad days of those who watch over others: a hospital's pharmacist, and the authorities."""

from lianyi.journeys.demo import PIN
from lianyi.web.draw import masked_name
from tests.browser.beforehand import DEAF, arrive, fault, later, ready, seen, sold
from tests.browser.person import DESK
from tests.browser.test_bad_day import ID, pays

SICK, LATE = ("马家豪", "19905311039"), ("陈德海", "19905311011")
SEEN, SOLD = ("张强", "19905311003"), ("高德海", "19905311031")
HERE, ELSEWHERE = "省一院", "康和堂人民路店"
TONSILLITIS = "J03.900 急性扁桃体炎"
ADVICE = "过敏史未询问，无法核查头孢克洛。请先询问患者再开。"
WHY = "体检肾功能正常，已当面询问"
PRESSURE = {"drug": "amlodipine-tab-5mg", "label": "氨氯地平", "diagnosis": "I10.x00x002"}
REFLUX = {"drug": "omeprazole-cap-20mg", "label": "奥美拉唑", "diagnosis": "K21.000"}
REASON = "投诉核查，案号 2026-017"
NIGHT = 17 * 60  # minutes, from the morning past midnight


def test_what_was_never_asked_comes_back_to_the_doctor_and_what_is_missing_gives_the_money_back(
    person, before
):
    """PH-04, PH-10, INS-21"""
    pharmacist = unlocks(person(size=DESK).works("p01")).go("/review")
    pharmacist.press("上班").sees("在岗至")
    doctor = unlocks(person(size=DESK).works(before(arrive, SICK))).go("/clinic")
    doctor.press("叫号").sees(SICK[0]).press("开始接诊").sees("去检查，稍后回诊")
    visit = f"{doctor.path}/prescription"
    doctor.go(visit).press("新处方").fill("诊断 1", TONSILLITIS)
    asks(adds(doctor, "头孢克洛胶囊"), medicines="none", history="none")
    sends(doctor)
    patient = person().signs_in(SICK[1]).go("/prescriptions").follow("急性扁桃体炎")
    patient.sees("审核通过前不收药费")

    pharmacist.sees("头孢克洛").follow("头孢克洛").press("开始审核").sees("审核结论")
    pharmacist.sees("无法核查：未询问过敏史", "医师理由")
    pharmacist.press("退回医师").choose("退回原因", "用药禁忌").fill("说明", ADVICE).admits()
    pharmacist.sees("退回：用药禁忌")
    patient.sees("现在不用您做什么")  # without a reload

    doctor.go(visit).sees("药师退回：用药禁忌", ADVICE)
    asks(doctor, allergies="some", allergens="头孢菌素类").sees("禁止·过敏")
    doctor.press("去掉这种药").sees("还没有药品")
    adds(doctor, "阿奇霉素片").fill("阿奇霉素片每次剂量", "500")
    doctor.page.get_by_label("阿奇霉素片剂量单位").select_option("mg")
    doctor.fill("阿奇霉素片天数", "3")
    sends(doctor)

    pharmacist.go("/review").sees("退回后重开").follow("阿奇霉素").press("开始审核")
    approves(pharmacist)
    patient.sees("处方已生效")  # without a reload
    sale = buys(patient.press("取药"), HERE).sees("付款后开始配药").path
    pays(patient.press("去付款").sees("个人支付").press("去支付"))
    filler = person(size=DESK).works("y01").go("/pharmacy").follow(masked_name(SICK[0]))
    filler.press("不能调配").choose("原因", "缺货").admits().sees("已登记不能调配")
    patient.go(sale).sees("这家药房不能调配：缺货", "处方仍然有效", "医保已退费", "：已退回")
    buys(patient.press("换一家药房"), ELSEWHERE).sees("正在等药房接单", "现在没有收费")


def test_what_the_province_never_answered_is_found_and_a_name_opens_only_to_two(person, before):
    """LIC-11, CON-18, CON-15, FR-20, PRI-26"""
    pack = before(sold, SOLD, **PRESSURE)
    office = person(size=DESK).works("a01").go("/admin/reports").until("全部上报都有回执")
    before(fault, "supervision", unheard=DEAF)
    before(seen, SEEN)
    office.until("已发出，尚无回执").press("与平台对数").until("不符")
    commission = person(size=DESK).works("h01").go("/regulator").sees("不符")
    before(fault, "supervision")
    before(later, 2)
    commission.until_gone("不符").sees("相符").go("/regulator/reports?kind=visit&state=receipted")
    visit = commission.ways(f"/regulator/visits/{ID}")[0]  # the newest
    commission.go(visit).sees("存证完好", "患者代号")
    assert commission.misses(SEEN[0])

    asks_for_the_name(commission, "想了解一下")
    second = person(size=DESK).works("h02").go("/regulator/cases").sees("想了解一下")
    second.press("不批准").fill("不批准的理由", "没有写明投诉编号").admits().sees("未批准")
    commission.go("/regulator/cases").sees("未获批准：没有写明投诉编号")
    asks_for_the_name(commission.go(visit), REASON)
    second.sees(REASON).press("批准").sees("已批准")  # without a reload
    case = commission.go("/regulator/cases").follow("查看身份").sees(SEEN[0], "已记入本人").path
    commission.go(case).sees(SEEN[0])
    second.press("结案关闭").sees("已关闭")
    commission.go(case).sees("不能查看")

    patient = person().signs_in(SEEN[1]).go("/record/readings")
    patient.sees("熊岩", "监管案件", "共 2 次", "向卫生健康主管部门投诉")
    assert patient.misses("白桦")  # agreed, and did not look
    authority = person(size=DESK).works("g01").go(f"/regulator/trace?code={pack}")
    authority.sees("验收入库", "扫码配药", "药师已审核：是", "四查十对后交付")
    assert authority.misses(SOLD[0])
    authority.go("/regulator/reports?kind=visit").sees("没有符合条件")
    authority.go(visit).sees("未能完成")
    authority.go("/regulator/cases").sees("未能完成")


def asks_for_the_name(inspector, reason):
    inspector.fill("案由", reason).press("提交申请").sees("待批准", reason)


def test_what_nobody_came_for_goes_back_to_the_shelf_and_its_money_home(person, before):
    """INS-21, RX-01: at midnight the prescription is over."""
    sale, lot, codes = before(ready, LATE, **REFLUX)
    patient = person().signs_in(LATE[1]).go(sale).sees("取药码", "逾期未取，自动取消，全额退款")
    pharmacist = person(size=DESK).works("p01").go("/pharmacy").sees("待取药")
    assert on_shelf(pharmacist, lot) < len(codes)
    patient.close()
    pharmacist.close()

    before(later, NIGHT)
    patient = person().signs_in(LATE[1]).go(sale).sees("这一单", "医保已退费", "：已退回")
    patient.sees("如仍需用药，请联系医生")
    pharmacist = person(size=DESK).works("p01")
    assert on_shelf(pharmacist, lot) == len(codes)


def on_shelf(pharmacist, lot):
    """Return how many packs of a lot stand on the shelf."""
    pharmacist.go(f"/pharmacy/stock?text={lot}").sees("在架批次")
    return int(pharmacist.page.locator("tbody td.number").inner_text())


def unlocks(signer):
    signer.go("/signing").until("12 小时内有效")  # a new demo's certificates are on their way
    return signer.fill("签名密码", PIN).press("解锁").sees("已解锁")


def asks(doctor, allergens="", **answers):
    """Say what the patient was asked, and keep it: whatever was not said stays unasked."""
    for name, answer in answers.items():
        doctor.page.locator(f"input[name={name}][value={answer}]").check(force=True)
    if allergens:
        doctor.page.locator("input[name=allergens]").fill(allergens)
    return keeps(doctor)


def adds(doctor, drug):
    doctor.fill("加药", drug).page.locator("#drugs button").filter(has_text=drug).first.click()
    doctor.page.get_by_label(f"去掉{drug}").wait_for()
    return checked(doctor)


def keeps(doctor):
    with doctor.page.expect_navigation():
        doctor.press("保存草稿")
    return checked(doctor)


def checked(doctor):
    """Wait for what the check says of the whole form."""
    doctor.page.locator("#safety details").first.wait_for()
    return doctor


def sends(doctor):
    """Sign, with a reason wherever one is asked for."""
    keeps(doctor)
    reasons = doctor.page.locator("input[name^='reason:']")
    for n in range(reasons.count()):
        reasons.nth(n).fill(WHY)
    doctor.press("签名并送药师审方").sees("待药师审核")


def approves(pharmacist):
    pharmacist.sees("审核结论")
    answers = pharmacist.page.locator("select[name=answer]")
    for n in range(answers.count()):
        if not answers.nth(n).input_value():
            answers.nth(n).select_option(label="人工核对通过")
    pharmacist.press("通过并签名").sees("处方已生效")


def buys(patient, seller):
    patient.follow(f"选{seller}").page.get_by_text("我已核对药品和价格").click()
    return patient.press("确认选这家").sees("钱在哪里")
