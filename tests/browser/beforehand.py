"""What came before a walk, brought about by HTTP as the tour does it: `before(beforehand.…)`."""

from lianyi.cli.tour import clock, course, insured, room, scanner, sign
from lianyi.cli.tour.dispensary import Pharmacy
from lianyi.cli.tour.in_person import NOTE, SALTS
from lianyi.cli.tour.purchase import Buyer

TEST = "电解质测定"
WINDOW, FILLER, PHARMACIST = "省一院", "y01", "p01"
DEAF = 99  # requests that are never heard


async def fault(here, _, neighbour, **faults):
    """Let a neighbour of the demo go wrong, or with nothing said go right again."""
    await here.neighbour(neighbour, "/faults", faults)


async def later(here, step, minutes):
    await clock.forward(here, step, minutes=minutes)


async def arrive(here, step, *people):
    """Let everybody wait for one doctor of the hospital; return the doctor's login."""
    for _, phone in people:
        _, login = await room.arrive(step, await here.resident(step, phone))
    return login


async def order(here, step, person):
    """Let somebody be seen who then has a test to pay."""
    doctor, inside = await received(here, step, person)
    orders = await doctor.get(f"{inside.url}/orders")
    await doctor.submit(orders, "/orders", code=[SALTS])
    await doctor.submit(await doctor.get(inside.url), "/clinic/finish")


async def pay(here, _, person):
    """Pay what was ordered. Whoever has browsers of their own signs in anew here."""
    name, phone = person
    with here.script.step(name, "signs in") as step:
        patient = await here.resident(step, phone)
    await insured.pay(here, patient, name, TEST)


async def seen(here, step, person):
    """Let somebody be seen, and the doctor write and sign it."""
    doctor, inside = await received(here, step, person)
    await sign.unlock(here, step, doctor)
    await doctor.submit(await doctor.get(inside.url), "/note", **NOTE, act="sign")


async def ready(here, step, person, *, drug, label, diagnosis):
    """Let somebody's medicine be prescribed, approved, paid and picked at the hospital's window.

    Return its page, the lot it is of and the trace codes of that lot.
    """
    pharmacist = await on_duty(here, step)
    doctor, inside = await received(here, step, person)
    await sign.unlock(here, step, doctor)
    await course.write(here, doctor, f"{inside.url}/prescription", drug, diagnosis)
    await course.approve_all(here, pharmacist, 1)
    await doctor.submit(await doctor.get(inside.url), "/note", **NOTE, act="sign")
    buyer = await bought(here, step, person, label)
    shop = window(here, buyer.sale)
    codes = await shop.take_in(step, drug)
    await shop.scan(step, codes)
    await shop.release(step, "已配好")
    return buyer.sale, f"T{int(codes[0][4:13])}", codes


async def sold(here, step, person, **medicine):
    """Let somebody's medicine be handed over at the window, and return one pack's trace code."""
    sale, _, codes = await ready(here, step, person, **medicine)
    card = await (await here.resident(step, person[1])).get("/card")
    await window(here, sale).hand_over(step, scanner.read(card))
    return codes[0]


async def received(here, step, person):
    """Let somebody come and be called in; return the doctor and the page of the visit."""
    doctor = await at_work(here, step, await arrive(here, step, person))
    return doctor, await room.call_in(doctor, person[0])


async def at_work(here, step, login):
    """Sign somebody of the hospital in, who may have done so a moment ago: a code works once."""
    await clock.forward(here, step, minutes=1)
    browser = await here.staff(step, login)
    await room.wear(browser)
    return browser


async def on_duty(here, step):
    pharmacist = await at_work(here, step, PHARMACIST)
    page = await pharmacist.get("/review")
    if "/on-duty" in page.html:
        await pharmacist.submit(page, "/review/on-duty")
    await sign.unlock(here, step, pharmacist)
    return pharmacist


async def bought(here, step, person, label):
    name, phone = person
    patient = await here.resident(step, phone)
    rx = (await patient.get("/prescriptions")).link(label)
    buyer = Buyer(here, name, patient, rx)
    await buyer.choose(step, WINDOW)
    await buyer.pay(step)
    await buyer.until("逐盒扫追溯码")
    return buyer


def window(here, sale):
    """Return the hospital's own window with this sale in hand."""
    shop = Pharmacy(here, WINDOW, FILLER, PHARMACIST)
    shop.sale = f"/pharmacy/sales/{sale.rsplit('/', 1)[-1]}"
    return shop
