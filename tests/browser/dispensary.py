"""Prescriptions before the town's pharmacist: one plain, one whose doctor went on with a reason."""

from dataclasses import replace
from datetime import timedelta

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.kernel import profile
from lianyi.kernel.actor import system
from lianyi.kernel.work import within
from lianyi.people import service as people
from lianyi.people.model import DOCTOR, PHARMACIST, Grade
from lianyi.prescribing import queries, service
from lianyi.prescribing.model import Diagnosed, Facts, Reason, Sheet, Visit, Way
from lianyi.prescribing.model.review import Opinion
from lianyi.prescribing.rules.safety import in_the_way
from lianyi.terminology.model import Pregnancy, Sex
from tests.prescribing.make import EVERY, line

DIAGNOSES = (Diagnosed("I10.x00x002", "高血压"), Diagnosed("E78.500", "高脂血症"))
AMLODIPINE, SIMVASTATIN = "amlodipine-tab-5mg", "simvastatin-tab-20mg"
FEMALE = {"sex": Sex.FEMALE, "months": 58 * 12}


async def fill(app, doctor, pharmacist, person_id, *, department_id):
    """Return the prescriptions by what is to be read in them."""
    desk = _Desk(app, doctor, person_id, department_id)
    await within(app, desk.office, desk.relate)
    plain = await desk.sent(_sheet(1))
    strong = await desk.sent(_sheet(2))
    approved = await desk.approved(pharmacist, _sheet(1))
    await within(app, pharmacist, people.go_on_duty)
    return {"plain": plain, "strong": strong, "approved": approved}


def _sheet(tablets):
    lines = (line(AMLODIPINE, days=28), line(SIMVASTATIN, units=tablets, frequency="qn", days=28))
    return Sheet(diagnoses=DIAGNOSES, lines=lines, long_reason="慢性病，病情稳定")


class _Desk:
    def __init__(self, app, doctor, person_id, department_id):
        self.app, self.doctor, self.person_id = app, doctor, person_id
        self.department_id = department_id
        self.office = system("town", doctor.institution_id)

    async def relate(self, tx):
        await access.open_relation(
            tx,
            person_id=self.person_id,
            institution_id=self.doctor.institution_id,
            roles=frozenset({DOCTOR, PHARMACIST}),
            cause_id=tx.new_id(self.person_id),
        )

    async def sent(self, sheet):
        findings = queries.check(sheet, self._facts())
        reasons = [
            Reason(each.key, "近期复查肌酸激酶正常，已告知肌痛风险")
            for each in in_the_way(findings, ())
        ]
        document = await within(
            self.app,
            self.doctor,
            lambda tx: self._sign(tx, replace(sheet, reasons=tuple(reasons)), findings),
        )
        await within(self.app, self.office, lambda tx: self._signed(tx, document))
        return document.prescription_id

    async def approved(self, pharmacist, sheet):
        """Return one that a pharmacist has read, as if the signature had come."""
        id = await self.sent(sheet)

        async def approve(tx):
            chart = await access.open_chart(tx, person_id=self.person_id, purpose=Purpose.REVIEW)
            found = await queries.prescription(tx, chart, prescription_id=id)
            opinion = Opinion(found.document_id, EVERY)
            return await service.approve(
                tx, chart, prescription_id=id, opinion=opinion, suggested=()
            )

        review = await within(self.app, pharmacist, approve)
        await within(self.app, self.office, lambda tx: service.approved(tx, review_id=review.id))
        return id

    async def _sign(self, tx, sheet, findings):
        chart = await access.open_chart(tx, person_id=self.person_id, purpose=Purpose.TREAT)
        visit = Visit(tx.new_id(self.person_id), Way.ONLINE, self.department_id)
        drafted = await service.draft(tx, chart, visit=visit, sheet=sheet)
        return await service.sign(
            tx,
            chart,
            prescription_id=drafted.id,
            version=1,
            text="电子处方",
            findings=msgspec.json.encode(findings).decode(),
            knowledge="demo-2026.11",
        )

    @staticmethod
    async def _signed(tx, document):
        await service.signed(
            tx,
            document_id=document.id,
            prescription_id=document.prescription_id,
            at=tx.now - timedelta(minutes=4),
        )

    def _facts(self):
        return Facts(
            profile=profile.at(self.app.clock()),
            way=Way.ONLINE,
            allergies=(),
            history=(),
            pregnancy=Pregnancy.IMPOSSIBLE,
            medicines_asked=True,
            grade=Grade.CHIEF,
            followed=frozenset(each.code for each in DIAGNOSES),
            guarded=True,
            on_duty=True,
            **FEMALE,
        )
