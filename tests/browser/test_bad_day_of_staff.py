"""Bad days of those who work in a hospital: its patients know what is next, nobody pays twice."""

from lianyi.cli.demo import network
from lianyi.cli.tour import insured, room
from lianyi.cli.tour.in_person import BARCODE, SALTS
from tests.browser.person import DESK

OTHER = "王静"
BLED = ("周淑芬", "19905311017")
TEST = "电解质测定"


async def arrive(here, step, *people):
    """Let everybody wait for one doctor of the hospital; return the doctor's login."""
    for _, phone in people:
        _, login = await room.arrive(step, await here.resident(step, phone))
    return login


async def order(here, step, person):
    """Let somebody be seen who then has a test to pay."""
    name, _ = person
    doctor = await here.staff(step, await arrive(here, step, person))
    inside = await room.call_in(doctor, name)
    orders = await doctor.get(f"{inside.url}/orders")
    await doctor.submit(orders, "/orders", code=[SALTS])
    await doctor.submit(await doctor.get(inside.url), "/clinic/finish")


async def pay(here, _, person):
    """Pay what was ordered. Whoever has browsers of their own signs in anew here."""
    name, phone = person
    with here.script.step(name, "signs in") as step:
        patient = await here.resident(step, phone)
    await insured.pay(here, patient, name, TEST)


def born(phone):
    number = next(one.id_number for one in network.load().resident if one.phone == phone)
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def test_a_specimen_of_somebody_else_is_refused_and_taken_again_for_nothing(person, before):
    before(order, BLED)
    before(pay, BLED)
    nurse = person(size=DESK).works("n01")
    wrong = taken(nurse, OTHER)
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
