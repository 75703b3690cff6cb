"""An app asks whom a number belongs to: how often it may, and what it hears."""

from datetime import timedelta
from uuid import UUID

from lianyi.access import rules, tables
from lianyi.access.errors import TooOften
from lianyi.access.model import Cause, Desk
from lianyi.access.rules import apps
from lianyi.kernel import profile
from lianyi.kernel.actor import NOWHERE
from lianyi.kernel.work import Tx


async def check_asking(tx: Tx) -> None:
    """Let an app ask whom a number belongs to, one after the other and not too often (INT-07).

    What was asked before is counted in the log. PRI-28: a day's persons are limited too.

    :raises TooOften:
    """
    await tx.alone(tx.actor.institution_id, f"match/{tx.actor.app_id}")
    numbers = profile.at(tx.now)
    hour, day = tx.now - timedelta(hours=1), tx.now - timedelta(days=1)
    missed, asked = await tables.count_asked(tx, hour=hour, day=day)
    if missed >= numbers["INT-07"] or asked >= numbers["INT-07.day"]:
        raise TooOften


async def recognise(
    tx: Tx, desk: Desk, *, person_id: UUID | None, is_meant: bool, what: str
) -> bool:
    """Say whether an app may hear whom a number belongs to, and log that it has asked.

    It needs no relation, but the institution's approval, and no objection. Whose number it is hears
    of it, also of a try under another name. Somebody and nobody cost the same statements.
    """
    roles = rules.relating_roles(tx.actor.role, desk.purpose)
    asked = tables.app_grounds(tx, person_id or NOWHERE, desk.purpose, roles)
    grounds = await tables.list_grounds(tx, asked)
    cause = apps.recognising(grounds)
    granted = person_id is not None and is_meant and cause is Cause.APPROVAL
    persons = [] if person_id is None else [person_id]
    tables.log(tx, persons, desk.purpose, granted=granted, cause=cause, what=what)
    return granted
