"""Who acts for whom, claimed, invited, live and ended."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.model import Chart, Scope, Sensitive
from lianyi.kernel.work import Tx
from lianyi.people.errors import NoSuchKin
from lianyi.people.model import Identity, Kin, KinKind, KinState
from lianyi.people.tables.registry import id_index

if TYPE_CHECKING:
    from asyncpg import Record

LOAD = "SELECT * FROM people.kin WHERE id = $1"
OPEN = "state IN ('claimed', 'invited', 'live')"
# Whom one invited stays as it was typed until they accept: it never tells whether they exist.
FAMILY = f"""SELECT k.*, p.name AS holder_name FROM people.kin k
             JOIN people.person p ON p.id = k.holder_id
             WHERE (holder_id = $1 AND {OPEN})
               OR (subject_id = $1 AND state IN ('invited', 'live')) ORDER BY at, k.id LIMIT 50"""
ACTS_FOR = """SELECT true FROM people.kin WHERE holder_id = $1 AND subject_id = $2
              AND state = 'live' AND (until IS NULL OR until > $3)"""
EXISTING = f"""SELECT true FROM people.kin WHERE holder_id = $1 AND id_index = $2 AND {OPEN}"""
OPEN_OF = f"SELECT id FROM people.kin WHERE (holder_id = $1 OR subject_id = $1) AND {OPEN}"
GRANT = """UPDATE people.kin SET subject_id = $2, scopes = $3, classes = $4, until = $5
           WHERE id = $1"""


def row_of(
    tx: Tx, identity: Identity, *, kind: KinKind, subject_id: UUID | None, scopes: Collection[Scope]
) -> dict[str, object]:
    return {
        "kind": kind,
        "holder_id": tx.actor.person_id,
        "subject_id": subject_id,
        "name": identity.name,
        "id_index": id_index(tx, identity),
        "scopes": sorted(scopes),
        "classes": [],
        "at": tx.now,
    }


async def load(tx: Tx, id: UUID) -> Kin:
    row = await tx.db.fetchrow(LOAD, id)
    if row is None:
        raise NoSuchKin(id=id)
    return _kin(row)


async def is_about(tx: Tx, id: UUID, identity: Identity) -> bool:
    """Return whether a claim names the person of this document."""
    row = await tx.db.fetchrow(LOAD, id)
    said = (identity.name, id_index(tx, identity))
    return row is not None and (row["name"], row["id_index"]) == said


async def exists(tx: Tx, identity: Identity) -> bool:
    found = await tx.db.fetchval(EXISTING, tx.actor.person_id, id_index(tx, identity))
    return found is not None


async def grant(
    tx: Tx,
    id: UUID,
    *,
    subject_id: UUID,
    scopes: frozenset[Scope],
    classes: frozenset[Sensitive] = frozenset(),
    until: datetime | None = None,
) -> None:
    await tx.db.execute(GRANT, id, subject_id, sorted(scopes), sorted(classes), until)


async def list_family(tx: Tx, chart: Chart) -> list[Kin]:
    own = chart.person_id
    return [_told(_kin(row), own) for row in await tx.db.fetch(FAMILY, own)]


async def acts_for(tx: Tx, holder_id: UUID, subject_id: UUID) -> bool:
    return await tx.db.fetchval(ACTS_FOR, holder_id, subject_id, tx.now) is not None


async def list_open_ids(tx: Tx, person_id: UUID) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(OPEN_OF, person_id)]


def _told(kin: Kin, own: UUID) -> Kin:
    """Hide from whoever invited or claimed whether there is such a person."""
    if kin.state is KinState.LIVE or kin.subject_id == own:
        return kin
    return replace(kin, subject_id=None)


def _kin(row: "Record") -> Kin:
    return msgspec.convert(dict(row), Kin)
