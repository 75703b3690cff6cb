"""kill -9 while prescriptions are signed, reviewed and insured tests are paid: each stands once."""

import asyncio
import re
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lianyi import main
from lianyi.cli import addresses
from lianyi.cli.demo import network
from lianyi.cli.tour import clock, prescribe, room, stage
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.in_person import SALTS
from lianyi.cli.tour.script import Script
from lianyi.cli.tour.sign import unlock
from lianyi.kernel import postgres
from lianyi.kernel.config import Config
from lianyi.kernel.live import Hub
from lianyi.prescribing.model.review import Item
from tests.cli.installation import Installation
from tests.cli.test_storm import BALANCE, ask, drained, look, received, storm

PHONES = (
    "19905311007",
    "19905311005",
    "19905311017",
    "19905311042",
)  # insured, hypertension or not
VICTIMS = (
    "simulator ca",
    "simulator insurer",
    "worker",
    "web 0",
    "postgres",
    "simulator ca",
    "simulator payment",
    "simulator insurer",
)
PATIENCE = 150.0  # seconds for one person, deaths and their pauses included
STAFF = {"pharmacist": "p01"}
LINK = re.compile(r'href="(/review/[0-9a-f-]{36})"')
WRITTEN = """SELECT p.id, p.state, p.visit_id, count(d.*)::int AS documents
             FROM prescribing.prescription p
             LEFT JOIN prescribing.document d ON d.prescription_id = p.id
             WHERE p.state <> 'draft' GROUP BY p.id"""
SIGNED = """SELECT s.document_id, s.person_id, count(p.*)::int AS proofs
            FROM signatures.signature s LEFT JOIN signatures.proof p ON p.signature_id = s.id
            WHERE s.state = 'signed' AND s.subject_type LIKE 'prescri%'
            GROUP BY s.document_id, s.person_id"""
BILLS = """SELECT b.id, b.state, b.fund_fen, c.state AS claim,
             (SELECT coalesce(sum(fen), 0) FROM billing.payment p
              WHERE p.bill_id = b.id AND p.state = 'paid')::int AS paid,
             (SELECT coalesce(sum(fen), 0) FROM billing.refund r
              WHERE r.bill_id = b.id AND r.state = 'done')::int AS returned
           FROM billing.bill b JOIN insurance.claim c ON c.bill_id = b.id
           WHERE b.subject_type = 'order'"""
UNKNOWN = "SELECT kind FROM kernel.errand WHERE outcome IS NULL OR outcome = 'unknown'"


@dataclass
class Visit:
    """One patient who was seen: a prescription to sign and a test to pay."""

    patient: Browser
    doctor: Browser
    here: str  # the visit's page
    acknowledged: bool = False

    async def sign(self):
        """Press until the page says that the pharmacists have it."""
        page = f"{self.here}/prescription"
        async with asyncio.timeout(PATIENCE):
            while not self.acknowledged:
                seen = await ask(partial(self.doctor.get, page))
                self.acknowledged = seen.says("待药师审核") or seen.says("审核通过")
                if form := _form(seen, prescribe.WRITING):
                    told = await ask(partial(self.send, seen, form, f"{form.action}/check"))
                    reasons = dict.fromkeys(prescribe.REASON.findall(told.html), prescribe.WHY)
                    await ask(partial(self.send, seen, form, form.action, act="sign", **reasons))
                await asyncio.sleep(0.1)

    async def send(self, seen, form, action, **more):
        asked = type(form)(action, "post", form.fields)
        given = {**prescribe.ASKED, "diagnosis": prescribe.DIAGNOSES, **more}
        return await self.doctor.send(seen, asked, None, **given)

    async def pay(self):
        """Press whatever the bill offers until the agency has settled it, or all went back."""
        bill = (await ask(partial(self.patient.get, "/bills"))).link("电解质测定")
        async with asyncio.timeout(PATIENCE):
            while True:
                page = await ask(partial(self.patient.get, bill))
                if page.says("医保已结算") or page.says("已退款"):
                    return
                if page.says("去支付"):
                    await self._till(f"{bill}/pay")
                await asyncio.sleep(0.2)

    async def _till(self, till):
        page = await ask(partial(self.patient.get, till))
        for action in ("/pay/demo", "/pay"):
            if any(form.action.endswith(action) for form in page.forms):
                await ask(partial(self.patient.submit, page, action))
                return


def _form(page, pattern):
    return next((form for form in page.forms if pattern.search(form.action)), None)


async def see(here, phone, name):
    """Let somebody be seen: a draft with one drug, an ordered test, the room free again."""
    with here.script.step(name, "seen") as step:
        patient = await here.resident(step, phone)
        _, login = await room.arrive(step, patient)
        doctor = await here.staff(step, login)
        await unlock(here, step, doctor)
        inside = await room.call_in(doctor, name)
        orders = await doctor.get(f"{inside.url}/orders")
        await doctor.submit(orders, "/orders", code=[SALTS])
        page = await doctor.get(f"{inside.url}/prescription")
        page = await doctor.submit(page, "/prescription", diagnosis=prescribe.DIAGNOSES)
        visit = Visit(patient, doctor, inside.url)
        form = _form(page, prescribe.WRITING)
        await visit.send(page, form, form.action, act=f"add:{prescribe.AMLODIPINE}")
        await doctor.submit(await doctor.get(inside.url), "/clinic/finish")
    return visit


async def go_on_duty(here):
    with here.script.step("pharmacist", "on duty") as step:
        pharmacist = await here.staff(step, STAFF["pharmacist"])
        await room.wear(pharmacist)
        page = await pharmacist.get("/review")
        await pharmacist.submit(page, "/review/on-duty")
        await unlock(here, step, pharmacist)
    return pharmacist


async def review(pharmacist, count):
    """Take whatever waits and approve it, again where an answer never came."""
    approved, known = set(), set()
    async with asyncio.timeout(PATIENCE * 2):
        while len(approved) < count:
            queue = await ask(partial(pharmacist.get, "/review"))
            known |= set(LINK.findall(queue.html))
            for one in known - approved:
                page = await ask(partial(pharmacist.get, one))
                if page.says("处方已生效") or page.says("审核通过"):
                    approved.add(one)
                for action, answer in (("/claim", None), ("/approve", ANSWERS)):
                    if any(form.action.endswith(action) for form in page.forms):
                        given = {"answer": answer} if answer else {}
                        page = await ask(partial(pharmacist.submit, page, action, **given))
            await asyncio.sleep(0.2)


ANSWERS = [f"{item}:by_hand" for item in Item]


def settled(home):
    """Return what the agency's own books say it settled and did not take back."""
    with closing(sqlite3.connect(Path(home) / "simulators/insurer/books.sqlite")) as books:
        (count,) = books.execute(
            "SELECT count(*) FROM settlement s WHERE cancels IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM settlement c WHERE c.cancels = s.id)"
        )
    return count[0]


async def test_a_storm_of_deaths_loses_no_prescription_and_leaves_no_bill_in_the_air():
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as home, Installation(home) as running:
        config = Config(home=Path(home), database_url=postgres.url(Path(home)), demo=True)
        found, told = addresses.read(config), Script(lambda _: None)
        async with main.running(config, Hub()) as app, stage.opened(found, told) as here:
            await clock.scene(here)
            pharmacist = await go_on_duty(here)
            names = {one.phone: one.name for one in network.load().resident}
            visits = [await see(here, phone, names[phone]) for phone in PHONES]
            acts = [one.sign() for one in visits] + [one.pay() for one in visits]
            await storm(running, [*acts, review(pharmacist, len(visits))], VICTIMS)
            await drained(app)
            written = await look(app, WRITTEN)
            signed = await look(app, SIGNED)
            bills = await look(app, BILLS)
            (balance,) = await look(app, BALANCE)
            unknown = await look(app, UNKNOWN)
        taken, returned = received(home)
        kept = settled(home)
    assert [one.acknowledged for one in visits] == [True] * len(visits)
    assert Counter(row["state"] for row in written) == {"approved": len(visits)}
    assert len({row["visit_id"] for row in written}) == len(visits)
    assert {row["documents"] for row in written} == {1}
    assert {row["proofs"] for row in signed} == {1}
    assert len(signed) == 2 * len(visits)  # a doctor's and a pharmacist's each
    paid = [row for row in bills if row["state"] == "paid"]
    assert {row["claim"] for row in paid} == {"settled"}
    assert all(row["paid"] == row["returned"] for row in bills if row not in paid)
    assert kept == len(paid) == len(visits)
    assert taken - returned == sum(row["paid"] - row["returned"] for row in bills)
    assert balance["debit"] == balance["credit"]
    assert not unknown
