"""A doctor with a patient, pharmacists who read what the doctor writes, and stores that sell it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.people.model import DISPENSER, DOCTOR, PHARMACIST, Kind
from lianyi.prescribing import queries, service
from lianyi.prescribing.model import (
    Diagnosed,
    Line,
    ReturnReason,
    Sheet,
    SkinTest,
    State,
    Visit,
    Way,
)
from lianyi.prescribing.model.review import Answer, Item, Opinion
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Amount
from tests.place import Place

HYPERTENSION = Diagnosed("I10.x00x002", "高血压")
AMLODIPINE = "amlodipine-tab-5mg"
EVERY = dict.fromkeys(Item, Answer.PASS)
SOMEBODY = UUID(int=7)
SOMETIME = datetime(2030, 1, 7, 4, tzinfo=UTC)


def line(code=AMLODIPINE, *, units=1, frequency="qd", days=7, **given):
    drug = terminology.drug(code)
    content = drug.contents[0].amount
    facts = {
        "drug": drug.code,
        "name": drug.name,
        "strength": drug.strength,
        "form": drug.form,
        "unit": drug.unit,
        "pack": drug.pack,
        "pack_size": drug.pack_size,
        "route": drug.route,
        "units": Decimal(units),
        "dose": Amount(content.value * Decimal(units), content.unit),
        "frequency": frequency,
        "frequency_name": terminology.frequencies()[frequency].name,
        "days": days,
        "packs": terminology.packs_for(code, units=Decimal(units), frequency=frequency, days=days),
        "advice": "",
        "skin_test": SkinTest.NONE,
        "entered_by": SOMEBODY,
        "entered_at": SOMETIME,
    }
    return Line(**{**facts, **given})


def sheet(*lines, **given):
    return Sheet(**{"diagnoses": (HYPERTENSION,), "lines": lines or (line(),), **given})


@dataclass
class Practice:
    place: object
    patient: object
    doctor: object
    pharmacist: object
    stores: list = field(default_factory=list)
    findings: tuple = ()  # what the check says of the next one

    @classmethod
    async def open(cls, place):
        patient = await place.patient(DOCTOR, PHARMACIST)
        doctor = await place.hat(DOCTOR)
        return cls(place, patient, doctor, await place.hat(PHARMACIST))

    async def store(self):
        """Return the hat of somebody behind the counter of a store the patient has gone to."""
        store = await Place.found(self.place.app, Kind.STORE, parent=await self._chain())
        await store.relate(self.patient.person_id, DISPENSER, PHARMACIST)
        return await store.hat(DISPENSER)

    async def _chain(self):
        return await Place.found(self.place.app, Kind.PHARMACY_CHAIN)

    async def do(self, hat, verb, *, purpose=None, person_id=None, **given):
        """Open the chart as a journey does, and act on it."""

        async def act(tx):
            chart = await access.open_chart(
                tx,
                person_id=person_id or self.patient.person_id,
                purpose=purpose or PURPOSE[hat.role],
            )
            return await verb(tx, chart, **given)

        return await self.place.do(hat, act)

    async def drafted(self, sheet_=None, hat=None):
        hat = hat or self.doctor
        visit = Visit(self.place.app.ids.new(SOMETIME), Way.IN_PERSON, self.place.department_id)
        return await self.do(hat, service.draft, visit=visit, sheet=sheet_ or sheet())

    async def asked(self, sheet_=None, hat=None):
        """Return a prescription whose signature is on its way, and the text to be signed."""
        drafted = await self.drafted(sheet_, hat)
        return drafted, await self.sign(drafted, hat)

    async def sign(self, drafted, hat=None, **given):
        given = {"version": drafted.version, "text": f"处方 {drafted.id}", **given}
        return await self.do(
            hat or self.doctor,
            service.sign,
            prescription_id=drafted.id,
            findings=msgspec.json.encode(self.findings).decode(),
            knowledge="demo-2026.11",
            **given,
        )

    async def come(self, drafted, document):
        """Let the signature arrive."""
        await self.place.do(
            self.place.office,
            service.signed,
            prescription_id=drafted.id,
            document_id=document.id,
            at=self.place.app.clock(),
        )

    async def signed(self, sheet_=None, hat=None):
        drafted, document = await self.asked(sheet_, hat)
        await self.come(drafted, document)
        return drafted

    async def mend(self, returned, sheet_):
        """Let the doctor write another version of what was returned, and sign it."""
        now = await self.now(returned)
        mended = await self.do(
            self.doctor,
            service.write,
            prescription_id=returned.id,
            version=now.version,
            sheet=sheet_,
        )
        await self.come(mended, await self.sign(mended))
        return mended

    async def approved(self, sheet_=None):
        signed = await self.signed(sheet_)
        await self.agree(await self.approve(signed))
        return signed

    async def opinion(self, prescription, **given):
        """Return what a pharmacist thinks who has read what is signed now."""
        document_id = (await self.now(prescription)).document_id or prescription.id
        return Opinion(**{"document_id": document_id, "answers": EVERY, **given})

    async def approve(self, prescription, hat=None, *, suggested=(), **given):
        """Let a pharmacist agree; the signature is on its way."""
        return await self.do(
            hat or self.pharmacist,
            service.approve,
            prescription_id=prescription.id,
            opinion=await self.opinion(prescription, **given),
            suggested=suggested,
        )

    async def agree(self, review):
        """Let the pharmacist's signature arrive."""
        return await self.place.do(self.place.office, service.approved, review_id=review.id)

    async def send_back(self, prescription, hat=None, **given):
        given = {"reason": ReturnReason.DOSE, "note": "剂量偏大", "answers": {}, **given}
        return await self.do(
            hat or self.pharmacist,
            service.send_back,
            prescription_id=prescription.id,
            opinion=await self.opinion(prescription, **given),
        )

    async def accepted(self, store=None):
        """Return a prescription that a store has accepted, and the store's hat."""
        store, approved = store or await self.store(), await self.approved()
        await self.accept(store, approved)
        return approved, store

    async def accept(self, store, prescription):
        await self.do(
            store, service.accept, prescription_id=prescription.id, seller_id=store.institution_id
        )

    async def see(self, hat, query, **given):
        """Look at what a desk shows."""

        async def look(tx):
            desk = await access.open_desk(tx, purpose=PURPOSE[hat.role])
            return await query(tx, desk, **given)

        return await self.place.ask(hat, look)

    async def now(self, prescription):
        return await self.do(self.doctor, queries.prescription, prescription_id=prescription.id)

    async def state(self, prescription) -> State:
        return (await self.now(prescription)).state


PURPOSE = {
    DOCTOR: Purpose.TREAT,
    PHARMACIST: Purpose.REVIEW,
    DISPENSER: Purpose.DISPENSE,
    "resident": Purpose.OWN,
}
