"""An institution with its people, made through the same doors real ones come through."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import uuid5

from lianyi.access import service as access
from lianyi.access.model import ALL_CLASSES, Mandate, Scope
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.work import reading, within
from lianyi.people import service as people
from lianyi.people.model import (
    ADMIN,
    CLERK,
    DOCTOR,
    NURSE,
    PHARMACIST,
    RESIDENT,
    Grade,
    Institution,
    Kind,
    Licence,
    Proof,
    Register,
    Training,
)
from tests.identity import credit_code, id_number

SUBJECT = "03"  # 内科
EVERYTHING = frozenset(Scope)
BY_PHONE = frozenset({Scope.BOOK, Scope.PAY})
REGISTERS = {DOCTOR: Register.DOCTOR, PHARMACIST: Register.PHARMACIST, NURSE: Register.NURSE}


@dataclass
class Place:
    """One institution with one department, and a hat of each kind a test asks for."""

    app: object
    id: object
    office: Actor
    department_id: object = None
    hats: dict = field(default_factory=dict)

    @classmethod
    async def found(cls, app, kind=Kind.TERTIARY_HOSPITAL, *, parent=None, online=False, **given):
        id = app.ids.new(app.clock())
        place = cls(app, id, system("office", id))
        institution = Institution(
            id=id,
            name="青山市第一人民医院",
            short_name=given.pop("short_name", "青山一院"),
            kind=kind,
            credit_code=credit_code(),
            address="青山市人民路1号",
            parent_id=parent.id if parent else None,
            licence_number=f"PDY{id.hex}",
            licence_until=given.pop("licence_until", date(2040, 12, 31)),
            **given,
        )
        await place.do(place.office, people.register_institution, institution=institution)
        place.department_id = await place.department(SUBJECT, "内科", online=online)
        return place

    async def do(self, hat, verb, *, once=None, **arguments):
        """Run a verb as every face runs it."""
        return await within(self.app, hat, lambda tx: verb(tx, **arguments), once=once)

    async def ask(self, hat, verb, **arguments):
        return await reading(self.app, hat, lambda tx: verb(tx, **arguments))

    async def open(self, hat, person_id, purpose):
        return await self.ask(hat, access.open_chart, person_id=person_id, purpose=purpose)

    async def department(self, code, name, **given):
        return await self.do(self.office, people.register_department, code=code, name=name, **given)

    async def person(self, name="王秀英", *, number=None, phone=None, proof=Proof.SEEN):
        identity = people.resident_identity(name=name, number=number or id_number())
        return await self.do(
            self.office, people.register_person, identity=identity, phone=phone, proof=proof
        )

    async def appoint(self, role, *, person_id=None, **given):
        """Return a new hat; staff whose work needs a licence get one with their main place here."""
        given.setdefault("department_id", self.department_id)
        given.setdefault("grade", Grade.MIDDLE if role in REGISTERS else Grade.NONE)
        name = given.pop("name", "张建国")
        is_new = person_id is None
        person_id = person_id or await self.person(name)
        if is_new and role in REGISTERS:
            await self.license(person_id, role)
        hat = await self.do(self.office, people.appoint, person_id=person_id, role=role, **given)
        return replace(hat, session_id=uuid5(hat.post_id, "session"))

    async def license(self, person_id, role, **given):
        facts = {
            "scope": frozenset({SUBJECT}),
            "main_institution_id": self.id,
            "practising_since": date(2015, 7, 1),
            "checked_on": date(2015, 7, 1),
            **given,
        }
        licence = Licence(REGISTERS[role], f"37{person_id.int % 10**13:013d}", **facts)
        await self.do(self.office, people.record_licence, person_id=person_id, licence=licence)

    async def hat(self, role):
        """Return the hat of this role here, appointed when first asked for."""
        if role not in self.hats:
            self.hats[role] = await self.appoint(role)
        return self.hats[role]

    async def doctor(self):
        return await self.hat(DOCTOR)

    async def pharmacist(self):
        return await self.hat(PHARMACIST)

    async def train(self, person_id, **given):
        """Let somebody have passed the training for reviewers of prescriptions (PH-02)."""
        training = Training(f"SF{person_id.int % 10**10}", date(2024, 5, 20), **given)
        await self.do(self.office, people.record_training, person_id=person_id, training=training)

    async def reviewer(self, **given):
        """Return the hat of a pharmacist who may review, and is on duty."""
        hat = await self.appoint(PHARMACIST, **given)
        await self.train(hat.person_id)
        await self.do(hat, people.go_on_duty)
        return hat

    async def clerk(self):
        return await self.hat(CLERK)

    async def admin(self):
        return await self.hat(ADMIN)

    async def resident(self, *, scopes=EVERYTHING, **given):
        """Register somebody who sees to their own affairs, and return that hat."""
        person_id = await self.person(**given)
        mandate = Mandate(person_id, person_id, person_id, scopes, ALL_CLASSES)
        await self.do(self.office, access.empower, mandate=mandate)
        return Actor(person_id, person_id, NOWHERE, RESIDENT)

    async def relate(self, person_id, *roles, cause_id=None, days=30):
        """Let roles of this place care for a person, as a booking or a visit would."""
        cause_id = cause_id or self.app.ids.new(self.app.clock(), person_id)
        await self.do(
            self.office,
            access.open_relation,
            person_id=person_id,
            institution_id=self.id,
            roles=frozenset(roles or (DOCTOR, CLERK)),
            cause_id=cause_id,
            until=self.app.clock() + timedelta(days=days),
        )
        return cause_id

    async def patient(self, *roles, **given):
        """Return the hat of a resident whom these roles of this place (doctor, clerk) care for."""
        hat = await self.resident(**given)
        await self.relate(hat.person_id, *roles)
        return hat

    async def rows(self, sql, *values):
        return [tuple(row) for row in await self.app.pool.fetch(sql, *values)]
