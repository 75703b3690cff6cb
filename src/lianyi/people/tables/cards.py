"""Health cards, the applications they begin as, and the codes that were used."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Chart
from lianyi.kernel.work import Tx
from lianyi.people import rules
from lianyi.people.errors import CodeUsed, NoSuchCard
from lianyi.people.model import Bearer, Card, CardState, Claim, HealthCard, Identity, Ticket
from lianyi.people.tables.registry import id_index, identity_of, person_of

if TYPE_CHECKING:
    from asyncpg import Record

CARD = "SELECT * FROM people.card"
LOAD = f"{CARD} WHERE id = $1"
NEWEST_OF = f"""{CARD} WHERE applicant_id = $1
                 ORDER BY state = 'lapsed', at DESC, id DESC LIMIT 1"""
COUNT_OF = "SELECT count(*) FROM people.card WHERE phone_index = $1 AND at > $2"
OPEN_OF = "SELECT id FROM people.card WHERE applicant_id = $1 AND state = 'applied'"
LIVE_OF = f"{CARD} WHERE person_id = $1 AND state IN ('active', 'frozen')"
PHONE_IS_TAKEN = """SELECT true FROM people.card WHERE phone_index = $1 AND person_id <> $2
                    AND state IN ('active', 'frozen')"""
CLAIMS = f"""{CARD} WHERE state = 'applied' AND id_index = $1 ORDER BY at, id LIMIT 20"""
CLAIMS_ON = f"""{CARD} WHERE state = 'applied' AND matched
                AND id_index = (SELECT id_index FROM people.person WHERE id = $1)
                ORDER BY at, id LIMIT 20"""
BEARER = """SELECT p.*, c.id AS card_id, c.state AS card_state, c.at AS card_at,
              (SELECT count(*) FROM people.card a
               WHERE a.state = 'applied' AND a.matched AND a.id_index = p.id_index) AS claims
            FROM people.person p
            LEFT JOIN people.card c ON c.person_id = p.id AND c.state IN ('active', 'frozen')
            WHERE p.id = $1"""
HOLDER_OF = """SELECT c.id, c.person_id FROM people.card c
               JOIN people.person p ON p.id = c.person_id
               WHERE p.id_index = $1 AND c.state IN ('active', 'frozen')"""
ACTIVE = """SELECT person_id FROM people.card WHERE id = $1 AND state = 'active'"""
USE = """INSERT INTO people.code_used (ticket_id, card_id, at, post_id, institution_id)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true"""


def row_of(
    tx: Tx,
    identity: Identity,
    *,
    phone: str | None,
    applicant_id: UUID | None = None,
    person_id: UUID | None = None,
) -> dict[str, object]:
    return {
        "person_id": person_id,
        "applicant_id": applicant_id,
        "name": identity.name,
        "sex": identity.sex,
        "birth_date": identity.birth_date,
        "id_type": identity.id_type,
        "id_number": tx.keys.seal_text(identity.number),
        "id_index": id_index(tx, identity),
        "phone": phone and tx.keys.seal_text(phone),
        "phone_index": phone and tx.keys.digest(phone),
        "at": tx.now,
    }


async def load(tx: Tx, id: UUID) -> Card:
    row = await tx.db.fetchrow(LOAD, id)
    if row is None:
        raise NoSuchCard
    return _card(tx, row)


async def find_newest_of(tx: Tx, applicant_id: UUID) -> Card | None:
    row = await tx.db.fetchrow(NEWEST_OF, applicant_id)
    return None if row is None else _card(tx, row)


async def count_by_phone(tx: Tx, phone: str, since: datetime) -> int:
    count: int = await tx.db.fetchval(COUNT_OF, tx.keys.digest(phone), since)
    return count


async def find_open_of(tx: Tx, applicant_id: UUID) -> UUID | None:
    id: UUID | None = await tx.db.fetchval(OPEN_OF, applicant_id)
    return id


async def find_live_of(tx: Tx, person_id: UUID) -> Card | None:
    row = await tx.db.fetchrow(LIVE_OF, person_id)
    return None if row is None else _card(tx, row)


async def find_health_card(tx: Tx, chart: Chart) -> HealthCard | None:
    row = await tx.db.fetchrow(LIVE_OF, chart.person_id)
    if row is None:
        return None
    return HealthCard(row["id"], row["person_id"], CardState(row["state"]), row["at"])


async def load_bearer(tx: Tx, chart: Chart) -> Bearer:
    row = await tx.db.fetchrow(BEARER, chart.person_id)
    if row is None:
        raise NoSuchPerson(person_id=chart.person_id)
    card = row["card_id"] and HealthCard(
        row["card_id"], row["id"], CardState(row["card_state"]), row["card_at"]
    )
    return Bearer(person_of(tx, row), card, row["claims"])


async def is_phone_taken(tx: Tx, phone: str, person_id: UUID) -> bool:
    """Return whether another person's card has this phone for its way in."""
    return await tx.db.fetchval(PHONE_IS_TAKEN, tx.keys.digest(phone), person_id) is not None


async def find_holder(tx: Tx, identity: Identity) -> tuple[UUID, UUID] | None:
    """Return the live card of this number and its person."""
    row = await tx.db.fetchrow(HOLDER_OF, id_index(tx, identity))
    return None if row is None else (row["id"], row["person_id"])


async def list_claims(tx: Tx, identity: Identity) -> list[Claim]:
    rows = await tx.db.fetch(CLAIMS, id_index(tx, identity))
    return [_claim(_card(tx, row)) for row in rows if row["name"] == identity.name]


async def list_claims_on(tx: Tx, chart: Chart) -> list[Claim]:
    rows = await tx.db.fetch(CLAIMS_ON, chart.person_id)
    return [_claim(_card(tx, row)) for row in rows]


async def checked(tx: Tx, id: UUID, *, matched: bool) -> None:
    await tx.db.execute("UPDATE people.card SET matched = $2 WHERE id = $1", id, matched)


async def bind(tx: Tx, id: UUID, person_id: UUID) -> None:
    """Write whose an application has turned out to be, before it is granted."""
    await tx.db.execute("UPDATE people.card SET person_id = $2 WHERE id = $1", id, person_id)


async def find_active(tx: Tx, card_id: UUID) -> UUID | None:
    person_id: UUID | None = await tx.db.fetchval(ACTIVE, card_id)
    return person_id


async def use(tx: Tx, ticket: Ticket) -> None:
    """Use a code up; of two that scan it at once one is refused."""
    here = (tx.actor.post_id, tx.actor.institution_id)
    if await tx.db.fetchval(USE, ticket.id, ticket.card_id, tx.now, *here) is None:
        raise CodeUsed


def _card(tx: Tx, row: "Record") -> Card:
    return msgspec.convert(
        {
            **row,
            "identity": identity_of(tx, row),
            "phone": row["phone"] and tx.keys.open_text(row["phone"]),
        },
        Card,
        from_attributes=True,
    )


def _claim(card: Card) -> Claim:
    return Claim(card.id, rules.masked_phone(card.phone), card.matched is True, card.at)
