"""Put the demo network into a database that was born as a demo, once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from lianyi import main
from lianyi.accounts import service as accounts
from lianyi.cli.demo import (
    apps,
    households,
    insurance,
    laboratory,
    money,
    network,
    online,
    past,
    pharmacies,
    schedule,
)
from lianyi.cli.demo.network import Member, Network, Place, Ward
from lianyi.journeys import demo, knowledge, sign
from lianyi.kernel import demo as clock
from lianyi.kernel.actor import NOWHERE, Actor, Role, system
from lianyi.kernel.config import Config
from lianyi.kernel.demo import Clock, NotADemo
from lianyi.kernel.live import Hub
from lianyi.kernel.work import App, Tx, reading, within
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import (
    CLERK,
    DISPENSER,
    DOCTOR,
    PHARMACIST,
    Filing,
    Institution,
    Kind,
    Licence,
    Register,
    Training,
)
from lianyi.terminology import queries as terminology

SEEDER = system("seed", NOWHERE)
PRESCRIBING = frozenset({DOCTOR, PHARMACIST, DISPENSER})  # who signs prescriptions
REGISTERS = {"pharmacist": Register.PHARMACIST, "nurse": Register.NURSE}


@dataclass(slots=True)
class Known:
    """Ids by the keys of the file, as they come to be."""

    password_hash: str
    places: dict[str, UUID] = field(default_factory=dict)
    wards: dict[tuple[str, str], UUID] = field(default_factory=dict)
    clerks: list[Actor] = field(default_factory=list)


async def into(config: Config) -> bool:
    """Seed the database of this configuration.

    :raises NotADemo: where real people may live.
    """
    async with main.running(config, Hub()) as app:
        if not (isinstance(app.clock, Clock) and app.clock.is_demo):
            raise NotADemo
        return await seed(app)


async def seed(app: App) -> bool:
    """Bring in the network and return True, or False when it is already there."""
    if await reading(app, SEEDER, _is_seeded):
        return False
    hashed = await asyncio.to_thread(accounts.hash_password, demo.PASSWORD)
    await within(app, SEEDER, lambda tx: _bring_in(tx, network.load(), Known(hashed)))
    return True


async def _is_seeded(tx: Tx) -> bool:
    return bool(await people.institutions_of(tx, kinds=[Kind.PLATFORM]))


async def _bring_in(tx: Tx, all: Network, known: Known) -> None:
    for place in all.institution:
        known.places[place.key] = await _found(tx, place, known.places)
    await money.bring_in(tx, known.places)
    await laboratory.bring_in(tx, known.places)
    await pharmacies.bring_in(tx, known.places)
    for ward in all.department:
        here = _at(tx, known.places[ward.institution])
        known.wards[ward.institution, ward.code] = await _open(here, ward)
    for member in all.staff:
        await _employ(tx, member, known)
    residents = await households.bring_in(tx, all.resident, known.clerks)
    await insurance.bring_in(tx, all, known.places, residents)
    await past.bring_in(tx, all.resident, residents, known.places)
    await online.bring_in(tx, known.places)
    await apps.bring_in(tx, known.places)
    await schedule.publish(tx)
    await clock.seeded(tx.db)


def _at(tx: Tx, institution_id: UUID) -> Tx:
    return replace(tx, actor=system("seed", institution_id))


async def _found(tx: Tx, place: Place, places: Mapping[str, UUID]) -> UUID:
    institution = Institution(
        id=tx.new_id(),
        name=place.name,
        short_name=place.short,
        kind=place.kind,
        credit_code=place.credit_code,
        address=place.address,
        parent_id=places.get(place.parent),
        level=place.level,
        licence_number=place.licence,
        licence_until=place.licensed_until,
        emergency_phone=place.emergency_phone,
        insurance_code=place.insurance_code,
    )
    return await registry.register_institution(_at(tx, institution.id), institution=institution)


async def _open(here: Tx, ward: Ward) -> UUID:
    return await registry.register_department(
        here, code=ward.code, name=ward.name, online=ward.online
    )


async def _employ(tx: Tx, member: Member, known: Known) -> None:
    here = _at(tx, known.places[member.institution])
    identity = registry.resident_identity(name=member.name, number=member.id_number)
    person_id = await registry.register_person(here, identity=identity, phone=member.phone)
    await _license(here, member, person_id)
    if member.trained_on is not None:
        training = Training(f"SF{member.licence}", member.trained_on)
        await registry.record_training(here, person_id=person_id, training=training)
    await _appoint(here, member, person_id, known, member.institution)
    for further in member.also_at:
        there = _at(tx, known.places[further])
        if member.licence:
            await registry.file_practice(there, person_id=person_id, filing=_filing(there, member))
        await _appoint(there, member, person_id, known, further)
    await accounts.add_staff(
        here,
        login=member.login,
        person_id=person_id,
        password_hash=known.password_hash,
        secret=demo.secret(member.login),
    )


async def _license(here: Tx, member: Member, person_id: UUID) -> None:
    register = member.register or REGISTERS.get(member.role)
    if register is None or member.practising_since is None:
        return
    licence = Licence(
        register=register,
        number=member.licence,
        scope=frozenset({member.department[:2]} if member.department else ()),
        main_institution_id=here.actor.institution_id,
        practising_since=member.practising_since,
        checked_on=registry.today(here),
    )
    await registry.record_licence(here, person_id=person_id, licence=licence)


async def _appoint(here: Tx, member: Member, person_id: UUID, known: Known, place: str) -> None:
    ward = known.wards[place, member.department] if member.role == DOCTOR else None
    hat = await registry.appoint(
        here, person_id=person_id, role=Role(member.role), department_id=ward, grade=member.grade
    )
    if member.role == CLERK:
        known.clerks.append(hat)
    if hat.role == PHARMACIST:
        approving = replace(here, actor=hat)
        version = terminology.release().version
        await knowledge.approve(approving, version=version, note="演示：逐项抽查来源后批准")
    if hat.role in PRESCRIBING:
        await sign.ask_certificate(replace(here, actor=hat), pin=demo.PIN)


def _filing(there: Tx, member: Member) -> Filing:
    day = registry.today(there)
    return Filing(f"BA{member.licence}", filed_on=day - timedelta(days=200), main_agreed_on=day)
