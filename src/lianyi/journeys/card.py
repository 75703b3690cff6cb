"""A health card from the phone in somebody's hand to its closing (居民电子健康卡).

A phone code proves a phone. The person behind it is proven by the identity service, or by a clerk
who holds the identity card. If the number has a card already, nothing is shown, merged or moved
until the old phone or a clerk agrees, and the old phone is told.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import ALL_CLASSES, Chart, Mandate, Purpose, Scope
from lianyi.accounts import service as accounts
from lianyi.journeys import telling
from lianyi.kernel import errand, profile, time
from lianyi.kernel.crypto import sm3
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.text import words
from lianyi.kernel.work import Tx
from lianyi.links import Links
from lianyi.links.identity import Claim as Asked
from lianyi.links.sms import Message
from lianyi.people import queries
from lianyi.people import service as people
from lianyi.people.errors import NoticeMoved
from lianyi.people.model import Claim, Identity, Person, Proof

NOTICE = "2026-11"  # the version of what an applicant agrees to; another text, another version
NOTICE_WORDS = tuple(f"people.card_notice.{n}" for n in (1, 2, 3, 4))


async def open_card(tx: Tx, *, name: str, number: str, phone: str, notice: str) -> UUID:
    """Apply for a card; `phone` is what this session has proven, `notice` what was agreed to.

    :raises NoticeMoved: PRI-06, if another text is in force by now.
    :raises BadName, BadNumber, TooManyApplications, WrongRole:
    """
    if notice != NOTICE:
        raise NoticeMoved
    identity = people.resident_identity(name=name, number=number)
    card_id = await people.apply(tx, identity=identity, phone=phone, agreed=_agreed())
    await errand.plan(tx, CHECK_IDENTITY.kind, thing_id=card_id)
    return card_id


async def open_at_counter(
    tx: Tx, *, identity: Identity, phone: str | None = None
) -> people.Granted:
    """Open a card for somebody who came with their identity card, with or without a proven phone.

    :raises HasCard, PhoneTaken, BadName, BadNumber, BadBirthDate, NameDiffers, Died, WrongRole:
    """
    granted = await people.issue(tx, identity=identity, phone=phone)
    await _let_in(tx, granted)
    await meet(tx, granted.person_id, cause_id=granted.card_id)
    return granted


async def move_in(tx: Tx, *, holders: Sequence[people.Holder]) -> int:
    """Take over the cards of another register, and return how many are new here.

    :raises HasCard, PhoneTaken, BadPhone, BadName, BadNumber, BadBirthDate, WrongRole:
    """
    granted = await people.issue_all(tx, holders=holders)
    reach = queries.reach_by(Proof.SEEN)
    mandates = [_own_affairs(card.person_id, reach) for card in granted]
    await access.empower_all(tx, mandates=mandates)
    phones = {card.person_id: card.phone for card in granted if card.phone is not None}
    await accounts.add_phones(tx, phones=phones)
    return len(granted)


async def see_in_person(tx: Tx, *, identity: Identity) -> UUID:
    """Write down that a clerk has seen the person and the identity card: proof level 2.

    :raises BadName, BadNumber, BadBirthDate, NameDiffers, WrongRole:
    """
    person_id = await people.register_person(tx, identity=identity)
    await _empower(tx, person_id)
    await meet(tx, person_id, cause_id=tx.new_id(person_id))
    return person_id


async def applications_at_counter(tx: Tx, *, identity: Identity) -> list[Claim]:
    """Return the open applications in the name of whoever stands at the counter.

    :raises WrongRole:
    """
    await access.open_desk(tx, purpose=Purpose.RECEIVE)
    return await queries.applications_of(tx, identity=identity)


async def admit(tx: Tx, *, card_id: UUID, identity: Identity) -> people.Granted:
    """Grant an application over the counter: a new phone or number, or a check that failed.

    :raises NoSuchCard, NameDiffers, Died, PhoneTaken, WrongRole, WrongState:
    """
    granted = await people.admit(tx, card_id=card_id, identity=identity)
    await accounts.sign_out_everywhere(tx, person_id=granted.person_id)
    await _let_in(tx, granted)
    await meet(tx, granted.person_id, cause_id=granted.card_id)
    return granted


async def claims(tx: Tx) -> list[Claim]:
    """Return who applied in one's own name with another phone, proven to be theirs."""
    chart = await access.open_chart(
        tx, person_id=tx.actor.person_id, purpose=Purpose.RECEIVE, what="card.claims"
    )
    return await queries.claims_on(tx, chart)


async def agree(tx: Tx, *, card_id: UUID) -> None:
    """Move one's card to the phone that applied; the one in hand leads nowhere afterwards.

    :raises NoSuchCard, PhoneTaken, Died, WrongRole, WrongState:
    """
    chart = await _own(tx)
    granted = await people.agree(tx, chart, card_id=card_id)
    await accounts.sign_out_everywhere(tx, person_id=granted.person_id)
    await _let_in(tx, granted)


async def deny(tx: Tx, *, card_id: UUID) -> None:
    """Turn the application away.

    :raises NoSuchCard, WrongRole, WrongState:
    """
    await people.deny(tx, await _own(tx), card_id=card_id)


async def freeze(tx: Tx, *, person_id: UUID, why: str = "") -> None:
    """Stop a card at once: by the holder, whoever acts for them, or a clerk who sees them.

    :raises NoSuchPerson, NoSuchCard, WrongRole, WrongState:
    """
    chart = await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.RECEIVE, what="card.freeze"
    )
    await people.freeze(tx, chart, why=why)


async def thaw(tx: Tx, *, identity: Identity) -> None:
    """Let a frozen card be used again, over the counter only.

    :raises NotRegistered, NameDiffers, NoSuchCard, WrongRole, WrongState:
    """
    person_id = await people.thaw(tx, identity=identity)
    await meet(tx, person_id, cause_id=tx.new_id(person_id))


async def record_death(tx: Tx, *, identity: Identity, died_on: date, document: str) -> None:
    """End what a person could do and what others could do for them.

    :raises NotRegistered, NameDiffers, Died, BadDate, DocumentMissing, WrongRole:
    """
    person_id = await people.record_death(tx, identity=identity, died_on=died_on)
    await people.close(tx, person_id=person_id, document=document)
    await people.end_family_of(tx, person_id=person_id, why="died")
    await access.end_mandates_of(tx, person_id=person_id)
    await accounts.sign_out_everywhere(tx, person_id=person_id)


async def show_code(tx: Tx) -> str:
    """Return the text of a fresh QR code of the person whose affairs these are.

    :raises NoSuchPerson, NoSuchCard, CardNotActive:
    """
    chart = await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.RECEIVE, what="card.code"
    )
    return await people.show_code(tx, chart)


async def scan_card(tx: Tx, *, code: str) -> Person:
    """Read a card held out to the acting member of staff, who may see its holder for the day.

    :raises BadCode, CodeExpired, CodeUsed, CardNotActive, WrongRole:
    """
    scanned = await people.scan(tx, code=code)
    await meet(tx, scanned.person_id, cause_id=scanned.ticket_id)
    chart = await access.open_for_bearer(tx, person_id=scanned.person_id, what="card.scan")
    return await queries.person(tx, chart)


def _agreed() -> str:
    """Name the notice by version and digest, for the history (PRI-02)."""
    text = "\n".join(words(code, "zh") for code in NOTICE_WORDS)
    return f"notice {NOTICE} sm3 {sm3(text.encode()).hex()}"


async def _own(tx: Tx) -> Chart:
    return await access.open_chart(
        tx, person_id=tx.actor.person_id, purpose=Purpose.RECEIVE, what="card.move"
    )


async def _let_in(tx: Tx, granted: people.Granted) -> None:
    """Give the person their own affairs, and make the proven phone their way in."""
    await _empower(tx, granted.person_id)
    if granted.phone is not None:
        await accounts.move_phone(tx, person_id=granted.person_id, phone=granted.phone)


async def _empower(tx: Tx, person_id: UUID) -> None:
    scopes = await queries.reach_of(tx, person_id=person_id)
    await access.empower(tx, mandate=_own_affairs(person_id, scopes))


def _own_affairs(person_id: UUID, scopes: frozenset[Scope]) -> Mandate:
    return Mandate(person_id, person_id, person_id, scopes, ALL_CLASSES)


async def meet(tx: Tx, person_id: UUID, *, cause_id: UUID) -> None:
    """Let the acting role see, until the end of the day, who holds out a card or a document."""
    await access.open_relation(
        tx,
        person_id=person_id,
        institution_id=tx.actor.institution_id,
        roles=frozenset({tx.actor.role}),
        cause_id=cause_id,
        until=time.end_of_day(tx.now, profile.at(tx.now).zone),
    )


async def _ask_about(tx: Tx, card_id: UUID) -> Asked:
    identity, phone = await queries.identity_on(tx, card_id=card_id)
    return Asked(identity.name, identity.number, phone or "")


async def _check(links: Links, key: UUID, claim: Asked) -> Answer:
    return await links.identity.check(key, claim)


async def _check_again(links: Links, key: UUID, _: Asked) -> Answer | None:
    return await links.identity.ask(key)


async def _checked(tx: Tx, card_id: UUID, answer: Answer) -> None:
    """Open the card, or tell the phone of whoever has it already."""
    matched = answer.outcome is Outcome.YES
    checked = await people.check_came_back(tx, card_id=card_id, matched=matched)
    if checked.granted is not None:
        await _let_in(tx, checked.granted)
    if checked.claimed_card_id is not None:
        await errand.plan(tx, TELL_HOLDER.kind, thing_id=checked.claimed_card_id)


async def _warning(tx: Tx, card_id: UUID) -> Message:
    _, phone = await queries.identity_on(tx, card_id=card_id)
    return Message(phone or "", "card_claimed")


async def _told(tx: Tx, card_id: UUID, answer: Answer) -> None:
    """Leave it at that: the errand says what became of it, and the holder's page has the claim."""


CHECK_IDENTITY = Errand("card.identity", Asked, _ask_about, _check, _check_again, _checked)
TELL_HOLDER = Errand("card.tell_holder", Message, _warning, telling.send, telling.ask, _told)
