"""Who of an institution has opened one person's data, to who answers for it (访问核查).

Somebody comes to the counter and asks who has looked at their record. Their document says who they
are: the administrator types name and number, and sees what was opened for this institution, which
is what a FHIR search of the same hat is told (`fhir_overseen`). A number nobody has, another name
and nobody who has looked are one answer: it never tells who is known to the network (INT-07).
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lianyi.access import queries as readers
from lianyi.access import service as access
from lianyi.access.model import Purpose, Reading
from lianyi.access.model.auditing import Near, Sought
from lianyi.accounts import queries as accounts
from lianyi.accounts.model.apps import Client
from lianyi.journeys import fhir_overseen
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Post

ROWS = 200


@dataclass(frozen=True, slots=True)
class Look:
    """One line, who it was, as far as they had a post, and with which app."""

    reading: Reading
    post: Post | None
    app: Client | None


@dataclass(frozen=True, slots=True)
class Page:
    """`looks` is None before somebody is asked for; `is_cut`: there are older ones."""

    me: Post
    looks: tuple[Look, ...] | None = None
    is_cut: bool = False


async def form(tx: Tx) -> Page:
    """Return the page before anybody is asked for.

    :raises WrongRole:
    """
    await access.open_desk(tx, purpose=Purpose.MANAGE)
    return Page(await _me(tx))


async def of_person(tx: Tx, *, name: str, number: str, days: int) -> Page:
    """Return what was opened of whoever has this document, the newest first, and tell them.

    :raises WrongRole:
    """
    desk = await access.open_desk(tx, purpose=Purpose.MANAGE)
    person_id, identity = await people.recognised(tx, desk, name=name, number=number)
    if person_id is None or identity is None:
        return Page(await _me(tx), ())
    near = Near(persons=(person_id,), low=tx.now - timedelta(days=days))
    found = await readers.audited_here(tx, desk, sought=Sought(), near=near, limit=ROWS + 1)
    access.saw(tx, desk, person_ids=[person_id], what=fhir_overseen.WHAT)
    return Page(await _me(tx), await _looks(tx, found[:ROWS]), is_cut=len(found) > ROWS)


async def _looks(tx: Tx, found: list[Reading]) -> tuple[Look, ...]:
    posts = await people.posts(tx, ids=list({one.post_id for one in found}))
    apps = {one.app_id for one in found if one.app_id}
    clients: dict[UUID, Client] = await accounts.clients(tx, ids=list(apps)) if apps else {}
    return tuple(
        Look(one, posts.get(one.post_id), clients.get(one.app_id) if one.app_id else None)
        for one in found
    )


async def _me(tx: Tx) -> Post:
    return (await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id]
