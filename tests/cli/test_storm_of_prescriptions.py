"""kill -9 while prescriptions are signed, reviewed, taken to a seller and paid: each stands once.

Everybody looks at their own page and presses what it offers, as people do who got no answer.
"""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from lianyi import main
from lianyi.cli import addresses
from lianyi.cli.demo import network
from lianyi.cli.tour import clock, prescribe, room, scanner, stage
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.script import Script
from lianyi.cli.tour.sign import unlock
from lianyi.kernel import postgres
from lianyi.kernel.config import Config
from lianyi.kernel.live import Hub
from lianyi.prescribing.model.review import Item
from tests.cli import homes
from tests.cli.installation import Installation, lianyi
from tests.cli.storm import BALANCE, ask, drained, look, received, settled, storm

PHONES = ("19905311007", "19905311005", "19905311017", "19905311042")  # all of them insured
VICTIMS = (
    "simulator ca",
    "worker",
    "simulator ca",
    "web 0",
    "simulator insurer",
    "postgres",
    "simulator payment",
    "simulator insurer",
)
PATIENCE = 75.0  # seconds for one person, deaths and their pauses included
PAUSE = 0.2  # seconds until a person looks again
PHARMACIST, WINDOW = "p01", "省一院"
ANSWERS = [f"{item}:by_hand" for item in Item]
TO_REVIEW = re.compile(r'href="(/review/[0-9a-f-]{36})"')
MINE = re.compile(r'href="(/prescriptions/[0-9a-f-]{36})"')
TO_PAY = re.compile(r'href="(/bills/[0-9a-f-]{36})"')
SENT = ("待药师审核", "药师签名中", "审核通过", "药房已接单")
WRITTEN = """SELECT p.id, p.state, p.visit_id, count(d.*)::int AS documents
             FROM prescribing.prescription p
             LEFT JOIN prescribing.document d ON d.prescription_id = p.id
             WHERE p.visit_id = ANY($1) AND p.state <> 'draft' GROUP BY p.id"""
SIGNED = """SELECT s.document_id, s.person_id, count(p.*)::int AS proofs
            FROM signatures.signature s LEFT JOIN signatures.proof p ON p.signature_id = s.id
            WHERE s.state = 'signed' AND s.subject_type IN ('prescription', 'review')
            GROUP BY s.document_id, s.person_id"""
BILLS = """SELECT b.state, b.fund_fen, c.state AS claim,
             (SELECT coalesce(sum(fen), 0) FROM billing.payment p
              WHERE p.bill_id = b.id AND p.state = 'paid')::int AS paid,
             (SELECT coalesce(sum(fen), 0) FROM billing.refund r
              WHERE r.bill_id = b.id AND r.state = 'done')::int AS returned
           FROM billing.bill b LEFT JOIN insurance.claim c ON c.bill_id = b.id"""
UNANSWERED = """SELECT kind FROM kernel.errand
                WHERE outcome = 'unknown' OR outcome IS NULL AND next_at <= $1"""


@dataclass
class Patient:
    """One patient who was seen: their prescription is theirs to fill as soon as it is in force."""

    browser: Browser
    doctor: Browser
    visit: str  # the doctor's page of it
    rx: str = ""
    sale: str = ""
    bills: set = field(default_factory=set)
    signed: bool = False
    settled: bool = False

    async def sign(self):
        """Let the doctor press until the page says that the pharmacists have it."""
        async with asyncio.timeout(PATIENCE):
            while not self.signed:
                seen = await ask(partial(self.doctor.get, self.visit))
                self.signed = any(seen.says(words) for words in SENT)
                if form := _writing(seen):
                    told = await ask(partial(self.write, seen, form, f"{form.action}/check"))
                    reasons = dict.fromkeys(prescribe.REASON.findall(told.html), prescribe.WHY)
                    await ask(partial(self.write, seen, form, form.action, act="sign", **reasons))
                await asyncio.sleep(PAUSE)

    async def write(self, seen, form, action, **more):
        asked = type(form)(action, "post", form.fields)
        given = {**prescribe.ASKED, "diagnosis": prescribe.DIAGNOSES, **more}
        return await self.doctor.send(seen, asked, None, **given)

    async def buy(self):
        """Choose the hospital's window once that may be, and pay until the medicines are picked."""
        async with asyncio.timeout(PATIENCE):
            while not self.settled:
                await self._go_on()
                await asyncio.sleep(PAUSE)

    async def _go_on(self):
        if not self.sale:
            await self._choose()
            return
        sale = await ask(partial(self.browser.get, self.sale))
        self.settled = sale.says("逐盒扫追溯码")
        if not self.settled and (found := TO_PAY.search(sale.html)):
            self.bills.add(found[1])
            await self._pay(found[1])

    async def _choose(self):
        listed = await ask(partial(self.browser.get, "/prescriptions"))
        found = MINE.search(listed.html)
        if found is None:
            return
        self.rx = found[1]
        sellers = await ask(partial(self.browser.get, f"{self.rx}/sellers"))
        for words in ("查看购药进度", f"选{WINDOW}"):
            if link := next((one.href for one in sellers.links if one.words == words), None):
                page = await ask(partial(self.browser.get, link))
                if "/sellers/" in link:
                    page = await ask(
                        partial(self.browser.submit, page, "/sellers/", understood="1")
                    )
                self.sale = page.url if "/purchases/" in page.url else ""
                return

    async def _pay(self, bill):
        """Press what the till offers; while it asks for patience, do nothing."""
        page = await ask(partial(self.browser.get, f"{bill}/pay"))
        for action in ("/pay/demo", "/pay"):
            if any(form.action.endswith(action) for form in page.forms):
                await ask(partial(self.browser.submit, page, action))
                return

    async def reads_it_once(self, outsider):
        """Return what patient, doctor and a stranger with the paper's code read after it all."""
        listed = await self.browser.get("/prescriptions")
        mine = await self.browser.get(self.rx)
        doctors = await self.doctor.get(self.visit)
        code = urlsplit(scanner.read(mine)).path
        sale = await self.browser.get(self.sale)
        return {
            "prescriptions": len(set(MINE.findall(listed.html))),
            "patient": mine.says("药房已接单，正在备药"),
            "doctor": doctors.words.count("药房已接单"),
            "paper": (await outsider.get(code)).says("真实：电子签名有效", "目前可以取药"),
            "purchase": sale.says("已支付") and not sale.says("已退回"),
            "bills": [(await self.browser.get(one)).says("医保已结算") for one in self.bills],
        }


READ_ONCE = {
    "prescriptions": 1,
    "patient": True,
    "doctor": 1,
    "paper": True,
    "purchase": True,
    "bills": [True],
}


def _writing(page):
    return next((form for form in page.forms if prescribe.WRITING.search(form.action)), None)


async def see(here, phone, name):
    """Let somebody be seen: a draft with one drug is left to sign, the room is free again."""
    with here.script.step(name, "seen") as step:
        browser = await here.resident(step, phone)
        _, login = await room.arrive(step, browser)
        doctor = await here.staff(step, login)
        await unlock(here, step, doctor)
        inside = await room.call_in(doctor, name)
        patient = Patient(browser, doctor, f"{inside.url}/prescription")
        page = await doctor.get(patient.visit)
        page = await doctor.submit(page, "/prescription", diagnosis=prescribe.DIAGNOSES)
        form = _writing(page)
        await patient.write(page, form, form.action, act=f"add:{prescribe.AMLODIPINE}")
        await doctor.submit(await doctor.get(inside.url), "/clinic/finish")
    return patient


async def go_on_duty(here):
    with here.script.step("pharmacist", "on duty") as step:
        pharmacist = await here.staff(step, PHARMACIST)
        await room.wear(pharmacist)
        await pharmacist.submit(await pharmacist.get("/review"), "/review/on-duty")
        await unlock(here, step, pharmacist)
    return pharmacist


async def review(pharmacist, count):
    """Take whatever waits and approve it, again where no answer came."""
    known, approved = set(), set()
    async with asyncio.timeout(PATIENCE):
        while len(approved) < count:
            queue = await ask(partial(pharmacist.get, "/review"))
            known |= set(TO_REVIEW.findall(queue.html))
            for one in known - approved:
                page = await ask(partial(pharmacist.get, one))
                if page.says("审核通过") or page.says("药房已接单"):
                    approved.add(one)
                for action, given in (("/claim", {}), ("/approve", {"answer": ANSWERS})):
                    if any(form.action.endswith(action) for form in page.forms):
                        page = await ask(partial(pharmacist.submit, page, action, **given))
            await asyncio.sleep(PAUSE)
    return approved


async def later(here, app):
    """Let minutes pass until everything on its way has arrived: what a lost worker left is due."""
    for _ in range(5):
        with here.script.step("operator", "a minute later") as step:
            await clock.forward(here, step, minutes=1)
        await drained(app)
    return await look(app, UNANSWERED, app.clock())


async def test_a_storm_of_deaths_loses_no_prescription_and_leaves_nobodys_money_in_the_air(shared):
    with homes.seeded(shared) as home, Installation(home) as running:
        config = Config(home=Path(home), database_url=postgres.url(Path(home)), demo=True)
        found, told = addresses.read(config), Script(lambda _: None)
        async with main.running(config, Hub()) as app, stage.opened(found, told) as here:
            await clock.scene(here)
            pharmacist = await go_on_duty(here)
            names = {one.phone: one.name for one in network.load().resident}
            patients = [await see(here, phone, names[phone]) for phone in PHONES]
            acts = [act() for one in patients for act in (one.sign, one.buy)]
            await storm(running, [*acts, review(pharmacist, len(patients))], VICTIMS)
            unanswered = await later(here, app)
            outsider = await here.browser("outsider")
            read = [await one.reads_it_once(outsider) for one in patients]
            written = await look(app, WRITTEN, [_visit(one) for one in patients])
            signed = await look(app, SIGNED)
            bills = await look(app, BILLS)
            (balance,) = await look(app, BALANCE)
        taken, returned = received(home)
        kept = settled(home)
        walked = lianyi("verify", home=home)
    assert read == [READ_ONCE] * len(patients)
    assert Counter(row["state"] for row in written) == {"accepted": len(patients)}
    assert {row["documents"] for row in written} == {1}
    assert [row["proofs"] for row in signed] == [1] * 2 * len(
        patients
    )  # a doctor's, a pharmacist's
    assert [(row["state"], row["claim"]) for row in bills] == [("paid", "settled")] * len(patients)
    assert kept == len(patients)
    assert taken - returned == sum(row["paid"] - row["returned"] for row in bills)
    assert balance["debit"] == balance["credit"]
    assert not unanswered
    assert walked.returncode == 0, walked.stdout


def _visit(patient):
    return patient.visit.split("/")[-2]
