"""Who acts for whom in a family: a guardian for a child, a proxy for an adult (家属, IDN-06)."""

from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Mandate, Purpose, Scope
from lianyi.kernel.work import Tx
from lianyi.people import events, queries
from lianyi.people import service as people
from lianyi.people.errors import NoSuchKin
from lianyi.people.model import RESIDENT, Identity, Kin


async def family(tx: Tx) -> list[Kin]:
    """Return one's family, live, claimed and invited."""
    chart = await access.open_chart(
        tx, person_id=tx.actor.person_id, purpose=Purpose.RECEIVE, what="family"
    )
    return await queries.family(tx, chart)


async def claim_child(tx: Tx, *, name: str, number: str) -> UUID:
    """Ask to act for one's child. It becomes true at a counter, with the papers.

    :raises BadName, BadNumber, NotAChild, FamilyAlready, WrongRole:
    """
    identity = people.resident_identity(name=name, number=number)
    return await people.claim_child(tx, identity=identity)


async def claims_at_counter(tx: Tx, *, guardian_id: UUID) -> list[Kin]:
    """Return the family of somebody who has shown their card to this clerk.

    :raises NoSuchPerson:
    """
    chart = await access.open_chart(
        tx, person_id=guardian_id, purpose=Purpose.RECEIVE, what="family"
    )
    return await queries.family(tx, chart)


async def confirm_child(
    tx: Tx, *, guardian_id: UUID, kin_id: UUID, identity: Identity, document: str
) -> None:
    """Let the guardian act for the child from now on: a clerk has the papers of both.

    :raises NoSuchPerson: if the guardian has not shown their own card to this clerk's desk.
    :raises NoSuchKin, NotAChild, DocumentMissing, NameDiffers, Died, WrongRole, WrongState:
    """
    await _check_claim(tx, guardian_id, kin_id)
    kin = await people.confirm_child(tx, kin_id=kin_id, identity=identity, document=document)
    await _empower(tx, kin)


async def review_child(
    tx: Tx, *, guardian_id: UUID, kin_id: UUID, identity: Identity, document: str
) -> None:
    """Look again at fourteen. Raises as `confirm_child` does."""
    await _check_claim(tx, guardian_id, kin_id)
    kin = await people.review_child(tx, kin_id=kin_id, identity=identity, document=document)
    await _empower(tx, kin)


async def reject_child(tx: Tx, *, guardian_id: UUID, kin_id: UUID, why: str) -> None:
    """Turn a claim away: the papers do not show it.

    :raises NoSuchPerson, NoSuchKin, WrongRole, WrongState:
    """
    await _check_claim(tx, guardian_id, kin_id)
    await people.reject_child(tx, kin_id=kin_id, why=why)


async def invite(tx: Tx, *, name: str, number: str, scopes: frozenset[Scope]) -> UUID:
    """Ask an adult to be allowed to act for them. The answer is the same if there is nobody.

    :raises BadName, BadNumber, NotAnAdult, FamilyAlready, WrongRole:
    """
    identity = people.resident_identity(name=name, number=number)
    return await people.invite(tx, identity=identity, scopes=scopes)


async def accept(tx: Tx, *, kin_id: UUID, scopes: frozenset[Scope]) -> None:
    """Let whoever invited oneself act, as far as one chooses; sensitive classes stay one's own.

    :raises NoSuchKin, InvitationOver, WrongRole, WrongState:
    """
    await _empower(tx, await people.accept(tx, kin_id=kin_id, scopes=scopes))


async def decline(tx: Tx, *, kin_id: UUID) -> None:
    """Let nobody act for oneself. Raises as `accept` does."""
    await people.decline(tx, kin_id=kin_id)


async def end(tx: Tx, *, kin_id: UUID, why: str = "") -> None:
    """End it from either side, or over the counter with who acts present; effective at once.

    :raises NoSuchKin, NoSuchPerson, WrongRole, WrongState:
    """
    kin = await people.end_kin(tx, kin_id=kin_id, why=why)
    if tx.actor.role != RESIDENT:
        await claims_at_counter(tx, guardian_id=kin.holder_id)
    await access.end_mandate(tx, cause_id=kin_id)


async def come_of_age(tx: Tx, event: events.KinComesOfAge) -> None:
    """Tidy after the clock, which has ended the mandate already."""
    await people.come_of_age(tx, kin_id=event.kin_id)
    await access.end_mandate(tx, cause_id=event.kin_id)


async def _check_claim(tx: Tx, guardian_id: UUID, kin_id: UUID) -> None:
    """Refuse unless the guardian stands at the counter and the claim is theirs."""
    kins = await claims_at_counter(tx, guardian_id=guardian_id)
    if not any(kin.id == kin_id and kin.holder_id == guardian_id for kin in kins):
        raise NoSuchKin(id=kin_id)


async def _empower(tx: Tx, kin: Kin) -> None:
    if kin.subject_id is not None:
        mandate = Mandate(kin.id, kin.holder_id, kin.subject_id, kin.scopes, kin.classes, kin.until)
        await access.empower(tx, mandate=mandate)
