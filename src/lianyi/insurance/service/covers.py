"""Binding somebody's insurance, and what an institution's items are in the catalogue."""

from decimal import Decimal
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.insurance import events, rules
from lianyi.insurance.errors import BadItem, NotCovered
from lianyi.insurance.model import Counter, Cover, CoverState, Found, Item, Level, Task
from lianyi.insurance.states import COVER
from lianyi.insurance.tables import covers
from lianyi.kernel import errand, profile, time
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import WrongRole, advance
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN


async def bind(tx: Tx, chart: Chart) -> UUID:
    """Ask the agency how the chart's person is insured (INS-01).

    :raises CoverKnown, WrongRole:
    """
    id = tx.new_id(chart.person_id)
    await covers.ask(tx, id, chart.person_id)
    await errand.plan(tx, Task.IDENTIFY, thing_id=id)
    return id


async def found(tx: Tx, *, cover_id: UUID, found: Found) -> None:
    cover = await covers.load(tx, cover_id)
    if cover.state is not CoverState.ASKED:
        return
    await covers.found(tx, cover_id, found)
    await advance(tx, COVER, cover_id, "confirm", event=_changed(tx, cover))


async def not_found(tx: Tx, *, cover_id: UUID, code: str) -> None:
    cover = await covers.load(tx, cover_id)
    if cover.state is CoverState.ASKED:
        await covers.refused(tx, cover_id, code)
        await advance(tx, COVER, cover_id, "refuse", why=code, event=_changed(tx, cover))


async def take_over(tx: Tx, *, person_id: UUID, found: Found, used: Counter) -> None:
    """Take over from the agency's own register how somebody is insured, and what a year has used.

    :raises CoverKnown, WrongRole:
    """
    if tx.actor.role != SYSTEM:
        raise WrongRole(verb="take_over", role=tx.actor.role)
    id = tx.new_id(person_id)
    await covers.ask(tx, id, person_id)
    await covers.found(tx, id, found)
    event = events.CoverChanged(id, person_id, tx.actor.institution_id)
    await advance(tx, COVER, id, "confirm", event=event)
    year = time.day(tx.now, profile.at(tx.now).zone).year
    await covers.raise_counter(tx, person_id, found.scheme, year, used)


async def unbind(tx: Tx, chart: Chart) -> None:
    """Let a person pay alone from now on; what is claimed already stays.

    :raises NotCovered, WrongRole:
    """
    cover = await covers.of_chart(tx, chart)
    if cover is None or not rules.is_bound(cover):
        raise NotCovered
    await advance(tx, COVER, cover.id, "unbind", event=_changed(tx, cover))


async def set_item(
    tx: Tx,
    *,
    code: str,
    national: str,
    level: Level,
    first_share: Decimal = Decimal(0),
    standard_fen: int | None = None,
    is_drug: bool = False,
) -> None:
    """Say what an item of the acting institution is in the catalogue (INS-06).

    :raises BadItem, WrongRole:
    """
    if tx.actor.role not in {ADMIN, SYSTEM}:
        raise WrongRole(verb="set_item", role=tx.actor.role)
    if not rules.is_sound_item(first_share, standard_fen):
        raise BadItem
    here = tx.actor.institution_id
    await covers.upsert_item(
        tx, Item(here, code, national, level, first_share, standard_fen, is_drug)
    )


def _changed(tx: Tx, cover: Cover) -> events.CoverChanged:
    return events.CoverChanged(cover.id, cover.person_id, tx.actor.institution_id)
