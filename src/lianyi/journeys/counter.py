"""What a clerk does at the counter with somebody's identity card in hand (窗口).

Whoever's page is open, the document decides: each act reads its number anew and refuses when it
is not that person's.
"""

from datetime import date
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys import card, family
from lianyi.kernel.work import Tx
from lianyi.people import queries
from lianyi.people import service as people
from lianyi.people.errors import NameDiffers, NoSuchKin, NoSuchPatient
from lianyi.people.model import Identity, Kin, KinState
from lianyi.records.fhir.bundles import patient_number


async def scan(tx: Tx, *, code: str) -> UUID:
    """Read a card held out and return whose it is.

    :raises BadCode, CodeExpired, CodeUsed, CardNotActive, WrongRole:
    """
    return (await card.scan_card(tx, code=code)).id


async def read_document(tx: Tx, *, name: str, number: str) -> UUID:
    """Write down that the person and the identity card were seen: proof level 2 (CON-10).

    :raises BadName, BadNumber, BadBirthDate, NameDiffers, WrongRole:
    """
    identity = people.resident_identity(name=name, number=number)
    return await card.see_in_person(tx, identity=identity)


async def find_own(tx: Tx, *, name: str, number: str) -> UUID:
    """Find who the institution's own system knows, by record number and name (既往病案).

    The desk sees them until the end of the day, as when a document was read; proven is nothing.

    :raises NoSuchPatient: nobody of this number and name was ever brought here.
    :raises WrongRole:
    """
    own = str(patient_number(tx.actor.institution_id, number))
    found = await people.foreign_persons(tx, numbers=[own])
    if own not in found:
        raise NoSuchPatient
    await card.meet(tx, found[own], cause_id=tx.new_id(found[own]))
    chart = await access.open_chart(
        tx, person_id=found[own], purpose=Purpose.RECEIVE, what="counter"
    )
    if (await queries.person(tx, chart)).name.casefold() != name.casefold():
        raise NoSuchPatient
    return found[own]


async def open_card(tx: Tx, *, person_id: UUID, number: str) -> None:
    """Open a card at once.

    Raises as `card.open_at_counter` does and, like every act with a document here:

    :raises NoSuchPerson: before the person has shown a card or a document to this desk.
    :raises BadNumber, NameDiffers: if the document is not this person's.
    """
    await card.open_at_counter(tx, identity=await _document(tx, person_id, number))


async def admit(tx: Tx, *, person_id: UUID, number: str, card_id: UUID) -> None:
    """Let the card work on the phone that applied. Raises as `card.admit` does."""
    await card.admit(tx, card_id=card_id, identity=await _document(tx, person_id, number))


async def thaw(tx: Tx, *, person_id: UUID, number: str) -> None:
    """Let a frozen card be used again. Raises as `card.thaw` does."""
    await card.thaw(tx, identity=await _document(tx, person_id, number))


async def record_death(
    tx: Tx, *, person_id: UUID, number: str, died_on: date, document: str
) -> None:
    """End what the person could do and others could do for them. Raises as `card.record_death`."""
    identity = await _document(tx, person_id, number)
    await card.record_death(tx, identity=identity, died_on=died_on, document=document)


async def confirm_child(
    tx: Tx, *, person_id: UUID, kin_id: UUID, number: str, document: str
) -> None:
    """Look at the papers of guardian and child, for the first time or again at fourteen.

    :raises NoSuchKin, NotAChild, DocumentMissing, NameDiffers, Died, WrongRole, WrongState:
    """
    kin = await _claim(tx, person_id, kin_id)
    identity = people.resident_identity(name=kin.name, number=number)
    verb = family.review_child if kin.state is KinState.LIVE else family.confirm_child
    await verb(tx, guardian_id=person_id, kin_id=kin_id, identity=identity, document=document)


async def _document(tx: Tx, person_id: UUID, number: str) -> Identity:
    chart = await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.RECEIVE, what="counter.document"
    )
    known = await queries.identity(tx, chart)
    in_hand = people.resident_identity(name=known.name, number=number)
    if in_hand.number != known.number:
        raise NameDiffers
    return known


async def _claim(tx: Tx, guardian_id: UUID, kin_id: UUID) -> Kin:
    for kin in await family.claims_at_counter(tx, guardian_id=guardian_id):
        if kin.id == kin_id and kin.holder_id == guardian_id:
            return kin
    raise NoSuchKin(id=kin_id)
