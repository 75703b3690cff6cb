"""Let guardians act for children and proxies for adults, and end it (IDN-06)."""

from uuid import UUID

from lianyi.access.model import Scope
from lianyi.kernel import profile, timers
from lianyi.kernel.lifecycle import advance, begin
from lianyi.kernel.work import Tx
from lianyi.people import events, rules
from lianyi.people.errors import (
    DocumentMissing,
    FamilyAlready,
    InvitationOver,
    NoSuchKin,
    NotAChild,
    NotAnAdult,
)
from lianyi.people.model import Identity, Kin, KinKind, KinState, Proof
from lianyi.people.service import registry
from lianyi.people.states import KIN
from lianyi.people.tables import families as tables
from lianyi.people.tables import registry as persons

EVERYTHING = frozenset(Scope)


async def claim_child(tx: Tx, *, identity: Identity) -> UUID:
    """Say that one is a child's guardian; a clerk looks at the papers before it is true.

    :raises NotAChild, FamilyAlready, WrongRole:
    """
    if not rules.is_child(identity.birth_date, registry.today(tx), profile.at(tx.now)):
        raise NotAChild
    await _check_new(tx, identity)
    id, holder_id = tx.new_id(tx.actor.person_id), tx.actor.person_id
    row = tables.row_of(tx, identity, kind=KinKind.GUARDIAN, subject_id=None, scopes=EVERYTHING)
    event = events.ChildClaimed(holder_id, tx.actor.institution_id, id, None)
    await begin(tx, KIN, id, "claim", row=row, event=event)
    return id


async def confirm_child(tx: Tx, *, kin_id: UUID, identity: Identity, document: str) -> Kin:
    """Make a claim true: the clerk has seen the guardian and the papers of both.

    :raises NoSuchKin: also if the papers are another child's.
    :raises NotAChild, DocumentMissing, NameDiffers, Died, WrongRole, WrongState:
    """
    why = _written(document)
    if not await tables.is_about(tx, kin_id, identity):
        raise NoSuchKin(id=kin_id)
    numbers, today = profile.at(tx.now), registry.today(tx)
    if not rules.is_child(identity.birth_date, today, numbers):
        raise NotAChild
    child_id = await registry.register_person(tx, identity=identity, proof=Proof.SEEN)
    await registry.check_alive(tx, child_id)
    await _entrust(tx, kin_id, child_id, identity)
    kin = await _move(tx, kin_id, "confirm", events.KinLive, why=why)
    await _set_birthdays(tx, kin, identity)
    return kin


async def review_child(tx: Tx, *, kin_id: UUID, identity: Identity, document: str) -> Kin:
    """Let a guardian act on for a child of fourteen or more, to the eighteenth birthday.

    :raises NoSuchKin, NotAChild, DocumentMissing, WrongRole, WrongState:
    """
    why = _written(document)
    kin = await tables.load(tx, kin_id)
    if kin.kind is not KinKind.GUARDIAN or not await tables.is_about(tx, kin_id, identity):
        raise NoSuchKin(id=kin_id)
    numbers, today = profile.at(tx.now), registry.today(tx)
    if not rules.is_child(identity.birth_date, today, numbers) or kin.subject_id is None:
        raise NotAChild
    await _entrust(tx, kin_id, kin.subject_id, identity)
    return await _move(tx, kin_id, "review", events.KinLive, why=why)


async def reject_child(tx: Tx, *, kin_id: UUID, why: str) -> None:
    """Turn a claim away over the counter.

    :raises NoSuchKin, WrongRole, WrongState:
    """
    await _move(tx, kin_id, "reject", events.KinRefused, why=why)


async def invite(tx: Tx, *, identity: Identity, scopes: frozenset[Scope]) -> UUID:
    """Ask an adult to be allowed to act for them. It never tells whether there is such a person.

    :raises NotAnAdult: by the number that was typed.
    :raises FamilyAlready, WrongRole:
    """
    if rules.is_child(identity.birth_date, registry.today(tx), profile.at(tx.now)):
        raise NotAnAdult
    found = await persons.find_by_number(tx, identity)
    subject_id = found[0] if found and found[1] == identity.name else None
    await _check_new(tx, identity)
    id, holder_id = tx.new_id(tx.actor.person_id), tx.actor.person_id
    row = tables.row_of(tx, identity, kind=KinKind.PROXY, subject_id=subject_id, scopes=scopes)
    event = events.ProxyInvited(holder_id, tx.actor.institution_id, id, subject_id)
    await begin(tx, KIN, id, "invite", row=row, event=event)
    return id


async def accept(tx: Tx, *, kin_id: UUID, scopes: frozenset[Scope]) -> Kin:
    """Let somebody act for oneself, as far as one chooses and both are proven (CON-10).

    :raises NoSuchKin, InvitationOver, WrongRole, WrongState:
    """
    kin = await _addressed(tx, kin_id)
    if not rules.is_pending(kin, tx.now, profile.at(tx.now)):
        raise InvitationOver
    chosen = kin.scopes & scopes & await _reach(tx, kin.holder_id, tx.actor.person_id)
    await tables.grant(tx, kin_id, subject_id=tx.actor.person_id, scopes=chosen)
    return await _move(tx, kin_id, "accept", events.KinLive)


async def decline(tx: Tx, *, kin_id: UUID) -> None:
    """Let nobody act for oneself. Raises as `accept` does."""
    await _addressed(tx, kin_id)
    await _move(tx, kin_id, "decline", events.KinRefused)


async def end_kin(tx: Tx, *, kin_id: UUID, why: str = "") -> Kin:
    """End it, at any time and effective at once.

    :raises NoSuchKin, WrongRole, WrongState:
    """
    kin = await tables.load(tx, kin_id)
    if not rules.may_end(tx.actor, kin):
        raise NoSuchKin(id=kin_id)
    return await _move(tx, kin_id, "end", events.KinEnded, why=why)


async def come_of_age(tx: Tx, *, kin_id: UUID) -> None:
    """Tidy what the clock has ended; it may have been ended by a person before."""
    kin = await tables.load(tx, kin_id)
    if kin.state is KinState.LIVE:
        await _move(tx, kin_id, "end", events.KinEnded, why="eighteen")


async def end_family_of(tx: Tx, *, person_id: UUID, why: str) -> None:
    """End all that a person may do and that others may do for them: they have died."""
    for kin_id in await tables.list_open_ids(tx, person_id):
        await _move(tx, kin_id, "end", events.KinEnded, why=why)


async def _check_new(tx: Tx, identity: Identity) -> None:
    """Hold one relation of one person with another at a time, and none with oneself."""
    await tx.alone(tx.actor.person_id, "family")
    found = await persons.find_by_number(tx, identity)
    oneself = found is not None and found[0] == tx.actor.person_id
    if oneself or await tables.exists(tx, identity):
        raise FamilyAlready


async def _move(
    tx: Tx,
    kin_id: UUID,
    verb: str,
    announce: type[events.KinLive | events.KinRefused | events.KinEnded],
    *,
    why: str = "",
) -> Kin:
    kin = await tables.load(tx, kin_id)
    event = announce(kin.holder_id, tx.actor.institution_id, kin_id, kin.subject_id)
    await advance(tx, KIN, kin_id, verb, why=why, event=event)
    return await tables.load(tx, kin_id)


async def _entrust(tx: Tx, kin_id: UUID, child_id: UUID, child: Identity) -> None:
    numbers, today = profile.at(tx.now), registry.today(tx)
    await tables.grant(
        tx,
        kin_id,
        subject_id=child_id,
        scopes=EVERYTHING,
        classes=rules.guardian_sees(child.birth_date, today, numbers),
        until=rules.guardian_until(child.birth_date, today, numbers),
    )


async def _reach(tx: Tx, *person_ids: UUID) -> frozenset[Scope]:
    """Return how far all of these persons are proven."""
    proofs = [(await persons.load_proof(tx, person_id))[0] for person_id in person_ids]
    return rules.scopes_of(min(proofs))


async def _addressed(tx: Tx, kin_id: UUID) -> Kin:
    kin = await tables.load(tx, kin_id)
    if not rules.may_answer(tx.actor, kin):
        raise NoSuchKin(id=kin_id)
    return kin


async def _set_birthdays(tx: Tx, kin: Kin, child: Identity) -> None:
    """Announce the days on which the clock ends the mandate, and tidy after the last."""
    numbers = profile.at(tx.now)
    ids = (kin.holder_id, tx.actor.institution_id, kin.id, kin.subject_id)
    for rule, event in (
        ("IDN-06", events.KinReviewDue(*ids)),
        ("IDN-06.adult", events.KinComesOfAge(*ids)),
    ):
        due = rules.turns(child.birth_date, numbers[rule], numbers)
        if due > tx.now:
            await timers.set(tx, thing_id=kin.id, name=event.name, due_at=due, event=event)


def _written(document: str) -> str:
    if not document.strip():
        raise DocumentMissing
    return document.strip()
