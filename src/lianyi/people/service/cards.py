"""Open, find, freeze, move and close health cards, and show and scan their codes."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import profile
from lianyi.kernel.lifecycle import WrongRole, advance, begin
from lianyi.kernel.work import Tx
from lianyi.people import events, rules
from lianyi.people.errors import (
    BadCode,
    CardNotActive,
    CodeExpired,
    Died,
    DocumentMissing,
    HasCard,
    NameDiffers,
    NoSuchCard,
    PhoneTaken,
    TooManyApplications,
)
from lianyi.people.model import Card, CardState, HealthCard, Identity, Proof, Scanned, Ticket
from lianyi.people.service import registry
from lianyi.people.states import CARD
from lianyi.people.tables import cards as tables
from lianyi.people.tables import registry as persons


@dataclass(frozen=True, slots=True)
class Granted:
    """A card that has become active, and the proven phone that is its way in, if it has one."""

    card_id: UUID
    person_id: UUID
    phone: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of the identity service's answer: a card, a claim on another's card, or neither."""

    granted: Granted | None = None
    claimed_card_id: UUID | None = None


async def apply(tx: Tx, *, identity: Identity, phone: str, agreed: str) -> UUID:
    """Apply for a card with a phone that the session has proven. An older application lapses.

    The answer is the same whoever has a card already. `agreed` names the notice that was agreed
    to; it stays in the sealed history.

    :raises TooManyApplications, WrongRole:
    """
    applicant_id = tx.actor.person_id
    await tx.alone(applicant_id, "application")
    await _check_rate(tx, phone)
    await _lapse_open(tx, applicant_id)
    id = tx.new_id()
    row = tables.row_of(tx, identity, phone=phone, applicant_id=applicant_id)
    event = events.CardApplied(id, applicant_id, tx.actor.institution_id)
    await begin(tx, CARD, id, "apply", row=row, why=agreed, event=event)
    return id


async def check_came_back(tx: Tx, *, card_id: UUID, matched: bool) -> Checked:
    """Grant what the identity service agrees to, unless the number has a card already.

    Whatever came of it, the applicant's page changes in the same way.
    """
    card = await tables.load(tx, card_id)
    await persons.alone(tx, card.identity)
    await tables.checked(tx, card_id, matched=matched)
    checked = await _grant_checked(tx, card, matched=matched)
    await tx.emit(events.CardChecked(card_id, _applicant(card), tx.actor.institution_id))
    return checked


async def admit(tx: Tx, *, card_id: UUID, identity: Identity) -> Granted:
    """Grant an application over the counter, with the identity card in the clerk's hand.

    The card the person had until now, with a lost phone or an old number, is replaced.

    :raises NoSuchCard: also if the document is not the applicant's.
    :raises NameDiffers, Died, PhoneTaken, WrongRole, WrongState:
    """
    card = await tables.load(tx, card_id)
    if card.identity != identity:
        raise NoSuchCard
    await persons.alone(tx, identity)
    person_id = await registry.register_person(tx, identity=identity, proof=Proof.SEEN)
    return await _move_to(tx, card, person_id, "admit")


async def agree(tx: Tx, chart: Chart, *, card_id: UUID) -> Granted:
    """Let one's card move to another phone, from the old one.

    :raises NoSuchCard, Died, PhoneTaken, WrongRole, WrongState:
    """
    card = await _claim_on(tx, chart, card_id)
    return await _move_to(tx, card, chart.person_id, "agree")


async def deny(tx: Tx, chart: Chart, *, card_id: UUID) -> None:
    """Turn away whoever applied in one's name.

    :raises NoSuchCard, WrongRole, WrongState:
    """
    card = await _claim_on(tx, chart, card_id)
    await _lapse(tx, card.id, _applicant(card), why="denied")


async def issue(tx: Tx, *, identity: Identity, phone: str | None = None) -> Granted:
    """Open a card at once: a clerk has the person and the document before them.

    :raises HasCard, PhoneTaken, NameDiffers, Died, BadNumber, WrongRole:
    """
    await persons.alone(tx, identity)
    person_id = await registry.register_person(tx, identity=identity, phone=phone)
    await registry.check_alive(tx, person_id)
    if await tables.find_live_of(tx, person_id):
        raise HasCard
    await _check_phone(tx, phone, person_id)
    id = tx.new_id(person_id)
    row = tables.row_of(tx, identity, phone=phone, person_id=person_id)
    event = events.CardActivated(person_id, tx.actor.institution_id, id)
    await begin(tx, CARD, id, "issue", row=row, event=event)
    return Granted(id, person_id, phone)


async def freeze(tx: Tx, chart: Chart, *, why: str = "") -> None:
    """Stop a card at once: the phone is gone.

    :raises NoSuchCard, WrongRole, WrongState:
    """
    card = await _live(tx, chart.person_id)
    event = events.CardFrozen(chart.person_id, tx.actor.institution_id, card.id)
    await advance(tx, CARD, card.id, "freeze", why=why, event=event)


async def thaw(tx: Tx, *, identity: Identity) -> UUID:
    """Let a frozen card be used again, with the identity card in the clerk's hand.

    :raises NotRegistered, NameDiffers, NoSuchCard, WrongRole, WrongState:
    """
    person_id = await registry.known(tx, identity)
    card = await _live(tx, person_id)
    event = events.CardThawed(person_id, tx.actor.institution_id, card.id)
    await advance(tx, CARD, card.id, "thaw", why="identity card", event=event)
    return person_id


async def close(tx: Tx, *, person_id: UUID, document: str) -> None:
    """Close the card of somebody who has died, if they had one.

    :raises DocumentMissing, WrongRole:
    """
    if not document.strip():
        raise DocumentMissing
    card = await tables.find_live_of(tx, person_id)
    if card is not None:
        event = events.CardClosed(person_id, tx.actor.institution_id, card.id)
        await advance(tx, CARD, card.id, "close", why=document.strip(), event=event)


async def show_code(tx: Tx, chart: Chart) -> str:
    """Draw the text of a QR code that is good for a minute and for one scan (IDN-03).

    :raises NoSuchCard, CardNotActive:
    """
    card = await tables.find_health_card(tx, chart)
    if card is None:
        raise NoSuchCard
    return draw_code(tx, card)


def draw_code(tx: Tx, card: HealthCard) -> str:
    """Draw the same for a card that was just looked up.

    :raises CardNotActive:
    """
    if card.state is not CardState.ACTIVE:
        raise CardNotActive
    return rules.code_of(Ticket(card.card_id, tx.new_id(card.card_id)), tx.keys)


async def scan(tx: Tx, *, code: str) -> Scanned:
    """Use a code up and return whose card showed it.

    :raises BadCode, CodeExpired, CodeUsed, CardNotActive, WrongRole:
    """
    if tx.actor.role not in rules.SCANNERS:
        raise WrongRole(verb="scan", role=tx.actor.role)
    ticket = rules.ticket_in(code, tx.keys)
    if ticket is None:
        raise BadCode
    if not rules.is_fresh(ticket, tx.now, profile.at(tx.now)):
        raise CodeExpired
    person_id = await tables.find_active(tx, ticket.card_id)
    if person_id is None:
        raise CardNotActive
    await tables.use(tx, ticket)
    return Scanned(person_id, ticket.card_id, ticket.id)


async def _check_rate(tx: Tx, phone: str) -> None:
    made = await tables.count_by_phone(tx, phone, tx.now - timedelta(days=1))
    if made >= profile.at(tx.now)["IDN-01"]:
        raise TooManyApplications


async def _lapse_open(tx: Tx, applicant_id: UUID) -> None:
    open_id = await tables.find_open_of(tx, applicant_id)
    if open_id is not None:
        await _lapse(tx, open_id, applicant_id, why="applied again")


async def _lapse(tx: Tx, card_id: UUID, applicant_id: UUID, *, why: str) -> None:
    event = events.CardLapsed(card_id, applicant_id, tx.actor.institution_id)
    await advance(tx, CARD, card_id, "lapse", why=why, event=event)


async def _grant_checked(tx: Tx, card: Card, *, matched: bool) -> Checked:
    if card.state is not CardState.APPLIED:
        return Checked()
    holder = await tables.find_holder(tx, card.identity)
    if holder is not None:
        claimed_id, person_id = holder
        await tx.emit(events.CardClaimed(person_id, tx.actor.institution_id, card.id))
        return Checked(claimed_card_id=claimed_id)
    if not matched:
        return Checked()
    try:
        person_id = await registry.register_person(tx, identity=card.identity, proof=Proof.HOLDER)
        return Checked(await _move_to(tx, card, person_id, "activate"))
    except (NameDiffers, Died, PhoneTaken):
        return Checked()  # for a clerk to look at


async def _move_to(tx: Tx, card: Card, person_id: UUID, verb: str) -> Granted:
    """Make an application the person's card, in the place of the one they had."""
    await registry.check_alive(tx, person_id)
    await _check_phone(tx, card.phone, person_id)
    here = tx.actor.institution_id
    old = await tables.find_live_of(tx, person_id)
    if old is not None:
        replaced = events.CardReplaced(person_id, here, old.id)
        await advance(tx, CARD, old.id, "replace", why=verb, event=replaced)
    await tables.bind(tx, card.id, person_id)
    event = events.CardActivated(person_id, here, card.id, card.applicant_id)
    await advance(tx, CARD, card.id, verb, event=event)
    if card.phone is not None:
        await persons.set_phone(tx, person_id, card.phone)
    return Granted(card.id, person_id, card.phone)


async def _check_phone(tx: Tx, phone: str | None, person_id: UUID) -> None:
    if phone is not None and await tables.is_phone_taken(tx, phone, person_id):
        raise PhoneTaken


async def _claim_on(tx: Tx, chart: Chart, card_id: UUID) -> Card:
    """Return an application in one's own name, locked."""
    if chart.person_id != tx.actor.person_id:
        raise NoSuchCard
    claims = {claim.card_id for claim in await tables.list_claims_on(tx, chart)}
    if card_id not in claims:
        raise NoSuchCard
    card = await tables.load(tx, card_id)
    await persons.alone(tx, card.identity)
    return card


async def _live(tx: Tx, person_id: UUID) -> Card:
    card = await tables.find_live_of(tx, person_id)
    if card is None:
        raise NoSuchCard
    return card


def _applicant(card: Card) -> UUID:
    return card.applicant_id or card.id
