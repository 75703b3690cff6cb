"""Every statement orders send to the database. Private to this package."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lianyi.access.model import Chart, Desk, Sensitive
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx
from lianyi.orders.errors import NoSuchItem, NoSuchOrder, NoSuchSpecimen
from lianyi.orders.events import OrderPlaced
from lianyi.orders.model import Call, Item, Order, Rejection, Result, Specimen, State
from lianyi.orders.states import ORDER
from lianyi.terminology.model import Level

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """o.id, o.institution_id, o.person_id, o.encounter_id, o.state, o.code, o.label,
             o.specimen, o.observations, o.mediated, o.classes, o.ordered_by, o.at, o.deferred,
             o.measured_by, o.measured_at, o.verified_by, o.verified_at,
             (SELECT barcode FROM orders.specimen WHERE order_id = o.id
              ORDER BY labelled_at DESC, id DESC LIMIT 1) AS barcode"""
SPECIMEN = """id, order_id, barcode, labelled_at, taken_at, taken_by, received_at, rejected_at,
              rejection"""
LOCK = f"SELECT {COLUMNS} FROM orders.order o WHERE o.id = $1 FOR UPDATE"
ITEM = "SELECT * FROM orders.item WHERE institution_id = $1 AND code = $2"
ITEMS = "SELECT * FROM orders.item WHERE institution_id = $1 ORDER BY code"
UPSERT_ITEM = """INSERT INTO orders.item
                   (institution_id, code, label, specimen, observations, mediated)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (institution_id, code) DO UPDATE
                 SET label = excluded.label, specimen = excluded.specimen,
                   observations = excluded.observations, mediated = excluded.mediated"""
NEXT_NUMBER = "SELECT nextval('orders.barcode_number')"
INSERT_SPECIMEN = """INSERT INTO orders.specimen (id, order_id, barcode, labelled_at)
                     VALUES ($1, $2, $3, $4)"""
NEWEST_SPECIMEN = f"""SELECT {SPECIMEN} FROM orders.specimen WHERE order_id = $1
                      ORDER BY labelled_at DESC, id DESC LIMIT 1"""
TAKEN = "UPDATE orders.specimen SET taken_at = $2, taken_by = $3 WHERE id = $1"
RECEIVED = "UPDATE orders.specimen SET received_at = $2 WHERE id = $1"
REJECTED = "UPDATE orders.specimen SET rejected_at = $2, rejection = $3 WHERE id = $1"
DEFERRED = "UPDATE orders.order SET deferred = $2 WHERE id = $1"
MEASURED = "UPDATE orders.order SET measured_by = $2, measured_at = $3 WHERE id = $1"
VERIFIED = "UPDATE orders.order SET verified_by = $2, verified_at = $3 WHERE id = $1"
# Every round is kept: what a verifier has sent back stays readable (EMR-04).
INSERT_RESULTS = """INSERT INTO orders.result (order_id, round, number, observation, label, unit,
                      value, words, level, low, high, version, sources, post_id, at)
                    SELECT $1, (SELECT coalesce(max(round), 0) + 1 FROM orders.result
                                WHERE order_id = $1),
                      number, observation, label, unit, value, words, level, low, high, version,
                      string_to_array(sources, ' '), $12, $13
                    FROM unnest($2::text[], $3::text[], $4::text[], $5::numeric[], $6::text[],
                      $7::text[], $8::numeric[], $9::numeric[], $10::text[], $11::text[])
                      WITH ORDINALITY AS r (observation, label, unit, value, words, level, low,
                        high, version, sources, number)"""
RESULTS = """SELECT DISTINCT ON (order_id, number) order_id, observation, label, unit, value, words,
               level, low, high, version, sources
             FROM orders.result WHERE order_id = ANY ($1)
             ORDER BY order_id, number, round DESC"""
# A call is written down also when what was read back is wrong and the verb is refused.
INSERT_CALL = """INSERT INTO orders.call (id, order_id, caller_id, receiver_id, at, read_back,
                   agreed)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"""
CALLS = """SELECT order_id, caller_id, receiver_id, at, read_back, agreed FROM orders.call
           WHERE order_id = ANY ($1) ORDER BY at, id"""


async def upsert_item(tx: Tx, item: Item) -> None:
    await tx.db.execute(
        UPSERT_ITEM,
        item.institution_id,
        item.code,
        item.label,
        item.specimen,
        list(item.observations),
        item.mediated,
    )


async def load_item(tx: Tx, institution_id: UUID, code: str) -> Item:
    row = await tx.db.fetchrow(ITEM, institution_id, code)
    if row is None:
        raise NoSuchItem(item=code)
    return _item(row)


async def list_items(tx: Tx, institution_id: UUID) -> list[Item]:
    return [_item(row) for row in await tx.db.fetch(ITEMS, institution_id)]


async def insert(tx: Tx, order: Order) -> None:
    row = {
        "institution_id": order.institution_id,
        "person_id": order.person_id,
        "encounter_id": order.encounter_id,
        "code": order.code,
        "label": order.label,
        "specimen": order.specimen,
        "observations": list(order.observations),
        "mediated": order.mediated,
        "classes": sorted(order.classes),
        "ordered_by": order.ordered_by,
        "at": order.at,
    }
    event = OrderPlaced(order.id, order.person_id, order.institution_id)
    await begin(tx, ORDER, order.id, "order", row=row, event=event)


async def lock(tx: Tx, id: UUID) -> Order:
    row = await tx.db.fetchrow(LOCK, id)
    if row is None:
        raise NoSuchOrder(id=id)
    return _order(row)


async def find(tx: Tx, desk: Desk, id: UUID) -> Order | None:
    row = await tx.db.fetchrow(
        f"""SELECT {COLUMNS} FROM orders.order o
            WHERE o.id = $1 AND o.institution_id = $2 AND {desk.sees("o.person_id", at=3)}""",
        id,
        desk.institution_id,
        *desk.args,
    )
    return None if row is None else _order(row)


async def find_by_barcode(tx: Tx, desk: Desk, barcode: str) -> Order:
    row = await tx.db.fetchrow(
        f"""SELECT {COLUMNS} FROM orders.order o
            JOIN orders.specimen s ON s.order_id = o.id
            WHERE s.barcode = $1 AND s.rejected_at IS NULL
              AND o.institution_id = $2 AND {desk.sees("o.person_id", at=3)}""",
        barcode,
        desk.institution_id,
        *desk.args,
    )
    if row is None:
        raise NoSuchSpecimen(barcode=barcode)
    return _order(row)


async def list_in(tx: Tx, desk: Desk, states: Collection[State], limit: int) -> list[Order]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM orders.order o
            WHERE o.institution_id = $1 AND o.state = ANY ($2)
              AND {desk.sees("o.person_id", at=4)}
            ORDER BY o.id LIMIT $3""",
        desk.institution_id,
        list(states),
        limit,
        *desk.args,
    )
    return [_order(row) for row in rows]


async def list_of(
    tx: Tx, chart: Chart, encounter_id: UUID | None, before: UUID | None, limit: int
) -> list[Order]:
    admits = chart.admits(
        holder="o.institution_id", at_time="o.at", classes="o.classes", released="TRUE", at=5
    )
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM orders.order o
            WHERE o.person_id = $1 AND ($2::uuid IS NULL OR o.encounter_id = $2)
              AND ($3::uuid IS NULL OR o.id < $3) AND {admits}
            ORDER BY o.id DESC LIMIT $4""",
        chart.person_id,
        encounter_id,
        before,
        limit,
        *chart.args,
    )
    return [_order(row) for row in rows]


async def defer(tx: Tx, id: UUID, reason: str) -> None:
    await tx.db.execute(DEFERRED, id, reason)


async def next_number(tx: Tx) -> int:
    number: int = await tx.db.fetchval(NEXT_NUMBER)
    return number


async def insert_specimen(tx: Tx, specimen: Specimen) -> None:
    await tx.db.execute(
        INSERT_SPECIMEN, specimen.id, specimen.order_id, specimen.barcode, specimen.labelled_at
    )


async def load_specimen(tx: Tx, order_id: UUID) -> Specimen:
    """Return the newest specimen of an order that has one."""
    row = await tx.db.fetchrow(NEWEST_SPECIMEN, order_id)
    if row is None:
        raise NoSuchSpecimen(barcode="")
    rejection = row["rejection"]
    return Specimen(**{**row, "rejection": Rejection(rejection) if rejection else None})


async def mark_taken(tx: Tx, specimen_id: UUID) -> None:
    await tx.db.execute(TAKEN, specimen_id, tx.now, tx.actor.post_id)


async def mark_received(tx: Tx, specimen_id: UUID) -> None:
    await tx.db.execute(RECEIVED, specimen_id, tx.now)


async def mark_rejected(tx: Tx, specimen_id: UUID, reason: Rejection) -> None:
    await tx.db.execute(REJECTED, specimen_id, tx.now, reason)


async def mark_measured(tx: Tx, id: UUID) -> None:
    await tx.db.execute(MEASURED, id, tx.actor.person_id, tx.now)


async def mark_verified(tx: Tx, id: UUID) -> None:
    await tx.db.execute(VERIFIED, id, tx.actor.person_id, tx.now)


async def insert_results(tx: Tx, order_id: UUID, results: Sequence[Result]) -> None:
    columns = zip(*(_values(result) for result in results), strict=True)
    await tx.db.execute(
        INSERT_RESULTS, order_id, *(list(each) for each in columns), tx.actor.post_id, tx.now
    )


async def list_results(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, list[Result]]:
    """Return the newest round of each order."""
    found: dict[UUID, list[Result]] = {id: [] for id in order_ids}
    for row in await tx.db.fetch(RESULTS, list(order_ids)):
        found[row["order_id"]].append(_result(row))
    return found


def witness_call(tx: Tx, id: UUID, call: Call) -> None:
    tx.witness(
        INSERT_CALL,
        id,
        call.order_id,
        call.caller_id,
        call.receiver_id,
        call.at,
        call.read_back,
        call.agreed,
    )


async def list_calls(tx: Tx, order_ids: Sequence[UUID]) -> list[Call]:
    return [Call(**row) for row in await tx.db.fetch(CALLS, list(order_ids))]


def _item(row: "Record") -> Item:
    return Item(**{**row, "observations": tuple(row["observations"])})


def _order(row: "Record") -> Order:
    read = {
        "state": State(row["state"]),
        "observations": tuple(row["observations"]),
        "classes": frozenset(Sensitive(each) for each in row["classes"]),
    }
    return Order(**{**row, **read})


def _values(result: Result) -> tuple[Any, ...]:
    return (
        result.observation,
        result.label,
        result.unit,
        result.value,
        result.words,
        result.level,
        result.low,
        result.high,
        result.version,
        " ".join(result.sources),
    )


def _result(row: "Record") -> Result:
    given = {name: value for name, value in row.items() if name != "order_id"}
    return Result(**{**given, "level": Level(row["level"]), "sources": tuple(row["sources"])})
