"""Bring in the card holders of a register that existed before: many at once, none of them here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from lianyi.kernel import outbox
from lianyi.kernel.lifecycle import begin_all, check_role
from lianyi.kernel.work import Tx
from lianyi.people import events
from lianyi.people.errors import PhoneTaken
from lianyi.people.model import Identity, IdType, Proof
from lianyi.people.service import registry
from lianyi.people.service.cards import Granted
from lianyi.people.states import CARD
from lianyi.people.tables import cards as tables
from lianyi.people.tables import holders as newcomers_in
from lianyi.people.tables import registry as persons


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody whose document a clerk of that register has seen, with their proven phone."""

    identity: Identity
    phone: str | None = None


async def issue_all(tx: Tx, *, holders: Sequence[Holder]) -> list[Granted]:
    """Open a card for each whose number is new here; the others stay as they are.

    :raises PhoneTaken: if a phone is the way in of another card; nobody gets one then.
    :raises HasCard: if a number was registered this very moment; nobody gets one then.
    :raises BadName, BadNumber, BadBirthDate, WrongRole:
    """
    check_role(tx, CARD, "issue")
    for holder in holders:
        registry.check_identity(tx, holder.identity)
    newcomers = await _newcomers(tx, holders)
    identities, phones = [one.identity for one in newcomers], [one.phone for one in newcomers]
    ids = await newcomers_in.copy_persons(tx, identities, phones, Proof.SEEN)
    granted = [Granted(tx.new_id(id), id, p) for id, p in zip(ids, phones, strict=True)]
    rows = {
        card.card_id: tables.row_of(tx, one, phone=card.phone, person_id=card.person_id)
        for card, one in zip(granted, identities, strict=True)
    }
    try:
        await begin_all(tx, CARD, "issue", rows=rows)
    except asyncpg.UniqueViolationError as taken:
        raise PhoneTaken from taken
    await outbox.store_all(tx.db, list(_told(tx, granted)), tx.now)
    return granted


async def _newcomers(tx: Tx, holders: Sequence[Holder]) -> list[Holder]:
    numbers = [holder.identity.number for holder in holders]
    known = await persons.list_by_numbers(tx, IdType.RESIDENT_ID, numbers)
    return [holder for holder in holders if holder.identity.number not in known]


def _told(tx: Tx, granted: Sequence[Granted]) -> Iterator[outbox.Event]:
    here = tx.actor.institution_id
    for card in granted:
        yield events.PersonRegistered(card.person_id, here)
        yield events.CardActivated(card.person_id, here, card.card_id)
