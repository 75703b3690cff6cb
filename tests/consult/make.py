"""A hospital, its internet hospital, a doctor who is online there, and a patient seen before."""

from dataclasses import dataclass, replace
from decimal import Decimal

import pyotp

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.accounts import queries as accounts_queries
from lianyi.accounts import service as accounts
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.model import FeeClass
from lianyi.consult import queries, service
from lianyi.consult.model import Answered, Course, Intake, Kind, Offer
from lianyi.consult.rules import flags
from lianyi.journeys import demo, follow_up, follow_up_asking, pay
from lianyi.journeys.follow_up_asking import Wish
from lianyi.people import service as people
from lianyi.people.model import CLERK, DOCTOR, Grade
from lianyi.people.model import Kind as PlaceKind
from lianyi.records import service as records
from lianyi.records.fhir import outpatient
from lianyi.records.model import Diagnosed, Note, Setting
from tests import passwords
from tests.drain import deliver
from tests.place import Place

HYPERTENSION, LIPIDS = Diagnosed("I10.x00x002", "高血压"), Diagnosed("E78.500", "高脂血症")
NO = tuple(Answered(sign, yes=False) for sign in flags.asked_for(HYPERTENSION.code))
INTAKE = Intake(
    "复查血压，续用原来的药", Course.STABLE, readings="近两周 128-136/78-86 mmHg", answers=NO
)
FEN = 1500
NOTE = Note(
    complaint="高血压复诊",
    present="近两周血压 128-136/78-86 mmHg，无不适。",
    past="高血压 5 年。",
    allergies=(),
    findings="线上未查体。",
    diagnoses=(HYPERTENSION,),
    treatment="继续原方案。",
    advice="低盐饮食，每日测血压，三个月后线下复查。",
)
HASH = passwords.kept("quiet harbour 27")


@dataclass
class Clinic:
    """`hospital` made the diagnoses; `place` is its second name, where the doctor is online."""

    hospital: object
    place: object
    doctor: object
    patient: object
    condition: str

    @classmethod
    async def open(cls, app, *, subject="03.04", name="心血管内科", phone=None, **of):
        hospital = await Place.found(app)
        await hospital.department(subject, name)
        place = await Place.found(app, PlaceKind.INTERNET_SECOND_NAME, parent=hospital, **of)
        ward = await place.department(subject, name, online=True)
        seen_by = await hospital.appoint(DOCTOR)
        scope = frozenset({subject})
        await hospital.license(seen_by.person_id, DOCTOR, scope=scope | {"03"})
        doctor = await place.do(
            place.office, people_appoint, person_id=seen_by.person_id, department_id=ward
        )
        doctor = replace(doctor, session_id=seen_by.session_id)
        patient = await hospital.patient(DOCTOR, phone=phone)
        clinic = cls(hospital, place, doctor, patient, "")
        clinic.condition = await clinic.diagnose(patient, seen_by, (HYPERTENSION, LIPIDS))
        await clinic.offer(doctor, ward, subject)
        await clinic.go_online()
        return clinic

    @property
    def app(self):
        return self.place.app

    async def diagnose(self, patient, doctor, diagnoses):
        """Write the record of a visit in person; return the first diagnosis's line."""
        id = self.app.ids.new(self.app.clock(), patient.person_id)
        setting = Setting(id, patient.person_id, doctor.institution_id, doctor.post_id, self.now)
        note = replace(NOTE, diagnoses=diagnoses, findings="BP 150/95 mmHg。")

        async def write(tx):
            await records.publish(
                tx, owner=patient.person_id, body=outpatient.encounter(setting, ended_at=tx.now)
            )
            await records.sign_note(tx, setting=setting, note=note)

        await self.place.do(doctor, write)
        return f"{id}-1"

    @property
    def now(self):
        return self.app.clock()

    async def offer(self, doctor, ward, subject, **given):
        place = self.place
        await place.do(
            place.office,
            billing.add_payee,
            institution_id=place.id,
            label="青山互联网医院",
            merchant=f"19{place.id.int % 10**8:08d}",
        )
        await place.do(
            place.office,
            billing.set_price,
            code="online_follow_up",
            label="互联网复诊诊查费",
            fee_class=FeeClass.CONSULTATION,
            unit_price=Decimal(15),
        )
        terms = {"item": "online_follow_up", "minutes": 60, "rounds": 5, **given}
        for kind in (Kind.FOLLOW_UP, Kind.COUNSEL):
            offer = Offer(
                doctor.post_id, place.id, doctor.person_id, ward, subject, kind=kind, **terms
            )
            await place.do(place.office, service.set_offer, offer=offer)

    async def account(self):
        login = f"s{self.doctor.post_id.hex}"
        known = await self.place.ask(self.place.office, accounts_queries.credentials, login=login)
        if known is None:
            await self.place.do(
                self.place.office,
                accounts.add_staff,
                login=login,
                person_id=self.doctor.person_id,
                password_hash=HASH,
                secret=demo.secret(login),
            )
            known = await self.place.ask(
                self.place.office, accounts_queries.credentials, login=login
            )
        return known.account_id, pyotp.TOTP(demo.secret(login)).at(self.now)

    async def go_online(self, code=None):
        account_id, right = await self.account()
        return await self.place.do(
            self.doctor, follow_up.go_online, account_id=account_id, code=code or right
        )

    def wish(self, **given):
        facts = {
            "intake": INTAKE,
            "fen": FEN,
            "condition": self.condition,
            "share": True,
            "agreed": True,
        }
        return Wish(**{**facts, **given})

    async def ask(self, *, hat=None, kind=Kind.FOLLOW_UP, once=None, **given):
        return await self.place.do(
            hat or self.patient,
            follow_up_asking.ask,
            post_id=self.doctor.post_id,
            kind=kind,
            wish=self.wish(**given),
            once=once,
        )

    async def bill(self, visit, hat=None):
        async def look(tx):
            chart = await access.open_chart(tx, person_id=visit.person_id, purpose=Purpose.PAY)
            bills = await money.bills_of(tx, chart)
            return next((one for one in bills if one.subject == ("consult", visit.id)), None)

        return await self.place.ask(hat or self.patient, look)

    async def pay(self, visit):
        """Pay at the counter, which is the shortest way to money that has arrived."""
        await self.place.relate(visit.person_id, CLERK)
        bill = await self.bill(visit)
        clerk = await self.place.hat(CLERK)
        await self.place.do(clerk, pay.take_cash, person_id=visit.person_id, bill_id=bill.id)
        await deliver(self.app)

    async def waiting(self, **given):
        visit = await self.ask(**given)
        await self.pay(visit)
        return visit

    async def begun(self, **given):
        visit = await self.waiting(**given)
        await self.act(follow_up.take, visit)
        return visit

    async def met(self, **given):
        visit = await self.begun(**given)
        await self.act(follow_up.decide, visit, why="线下门诊病历诊断明确")
        return visit

    async def act(self, verb, visit, *, hat=None, **given):
        return await self.place.do(hat or self.doctor, verb, visit_id=visit.id, **given)

    async def say(self, visit, text, *, hat=None, **given):
        return await self.act(follow_up.say, visit, hat=hat or self.patient, text=text, **given)

    async def see(self, visit, hat=None):
        async def look(tx):
            chart = await access.open_chart(tx, person_id=visit.person_id, purpose=Purpose.OWN)
            return await queries.visit(tx, chart, visit_id=visit.id)

        return await self.place.ask(hat or self.patient, look)

    async def messages(self, visit):
        async def look(tx):
            chart = await access.open_chart(tx, person_id=visit.person_id, purpose=Purpose.OWN)
            found = await queries.visit(tx, chart, visit_id=visit.id)
            whole = await queries.is_as_closed(tx, chart, visit=found)
            return await queries.messages_of(tx, chart, visit=found), whole

        return await self.place.ask(self.patient, look)


async def people_appoint(tx, *, person_id, department_id):
    """Give a doctor of the parent a post here; a second name is one legal body with it."""
    return await people.appoint(
        tx, person_id=person_id, role=DOCTOR, department_id=department_id, grade=Grade.CHIEF
    )
