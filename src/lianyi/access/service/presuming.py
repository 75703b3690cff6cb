"""A door that has opened before, gone through by the statement that asks whether it still would.

To open a chart and to look into it are two questions, and to write it down is a third. What opened
it is remembered: the statement that looks holds the same grounds against those there are, and
writes the access down. If they are others, it finds nothing, and the door is opened anew.
"""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from lianyi.access import tables
from lianyi.access.model import Chart, Purpose
from lianyi.access.model.parts import Right
from lianyi.access.model.presumed import Presumed, PresumedDesk
from lianyi.access.service import cause_of, chart_on, desk_of, grounds_asked
from lianyi.kernel.actor import Actor
from lianyi.kernel.moment import Moment
from lianyi.kernel.presumed import LastUsed
from lianyi.kernel.work import Tx

Hat: TypeAlias = tuple[object, ...]
Key: TypeAlias = tuple[Hat, UUID, Purpose, Right]
Opened: TypeAlias = tuple[Chart, str]  # with the text of its grounds
MOST = 10_000  # doors remembered


_opened: LastUsed[Key, Opened] = LastUsed(MOST)


def chart(
    at: Moment, *, person_id: UUID, purpose: Purpose, what: str, right: Right
) -> Presumed | None:
    """Return a chart as it has opened before. None: it has not, as far as is remembered."""
    found = _opened.get((_hat(at.actor), person_id, purpose, right))
    asked = grounds_asked(at, person_id, purpose)
    if found is None or asked is None:
        return None
    opened, held = found
    return Presumed(opened, (tables.still(asked, held),), tables.telling(at, opened, what))


def desk(
    at: Moment, *, purpose: Purpose, what: str, right: Right, nobody: Sequence[UUID]
) -> PresumedDesk | None:
    """Return the desk that `open_desk` opens, which tells of all that it shows but of `nobody`.

    None: an app's, whose answers are counted.

    :raises WrongRole, OutOfScope:
    """
    opened = desk_of(at, purpose=purpose, right=right)
    if opened.app:
        return None
    told = tables.telling_of(at, opened, cause_of(opened), what, nobody)
    return PresumedDesk(opened, (), told)


async def learn(tx: Tx, *, person_id: UUID, purpose: Purpose, right: Right) -> None:
    """Remember how a chart opens now, if it does and isn't remembered.

    :raises OutOfScope:
    """
    key = (_hat(tx.actor), person_id, purpose, right)
    asked = grounds_asked(tx, person_id, purpose)
    if asked is None or _opened.get(key):
        return
    grounds, held = await tables.list_held(tx, asked)
    opened = chart_on(tx, person_id, purpose, grounds, right)
    _opened.put(key, (opened, held) if opened.views else None)


def forget(at: Moment, door: Presumed, right: Right) -> None:
    """Open the door anew the next time: it was found shut."""
    _opened.put((_hat(at.actor), door.chart.person_id, door.chart.purpose, right), None)


def _hat(who: Actor) -> Hat:
    hat = (who.person_id, who.post_id, who.institution_id, who.role, who.for_person_id)
    return (*hat, who.app_id, who.scopes)
