"""What apps ask an institution for in bulk, as its administrators decide about it (批量导出)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.access import queries as leaving
from lianyi.access.model import ADMIN
from lianyi.access.model.exports import Export, ExportState, Fetch, Vote
from lianyi.access.rules import exports as rules
from lianyi.access.states import EXPORT
from lianyi.accounts import queries as accounts
from lianyi.accounts.model.apps import Client
from lianyi.kernel import profile
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Post
from lianyi.records import queries as records
from lianyi.records.model.parts import Progress

TYPES = 12  # named one by one; more are counted


@dataclass(frozen=True, slots=True)
class Said:
    """A yes, and whose it is."""

    vote: Vote
    by: Post | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """One export, what became of it, and what this administrator may do with it now."""

    export: Export
    client: Client
    said: tuple[Said, ...]
    fetches: tuple[Fetch, ...]
    progress: Progress
    is_over: bool
    mine: bool  # they have said yes already
    verbs: tuple[str, ...]

    @property
    def types(self) -> tuple[str, ...]:
        return self.export.wanted.types[:TYPES]

    @property
    def others(self) -> int:
        return len(self.export.wanted.types) - len(self.types)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who has let many persons' data leave, what for, and after which assessment."""

    names: tuple[str, ...]
    why: str
    assessment: str


@dataclass(frozen=True, slots=True)
class ExportsPage:
    me: Post
    most: int  # persons of whom an app gets data in a day without two who agree
    found: tuple[Leaving, ...]


async def house(tx: Tx) -> ExportsPage:
    """Return what apps have asked to take from the institution, newest first.

    :raises WrongRole:
    """
    check_role(tx, EXPORT, "approve")
    found = await leaving.exports(tx)
    ids = [one.id for one in found]
    votes, fetches = await leaving.votes(tx, ids=ids), await leaving.fetches(tx, ids=ids)
    files = await records.progress(tx, export_ids=ids)
    clients = await accounts.clients(tx, ids=list({one.app_id for one in found}))
    by = {vote.post_id for said in votes.values() for vote in said} | {tx.actor.post_id}
    posts = await people.posts(tx, ids=list(by))

    def line(one: Export) -> Leaving:
        return Leaving(
            one,
            clients[one.app_id],
            said=tuple(Said(vote, posts.get(vote.post_id)) for vote in votes[one.id]),
            fetches=tuple(fetches[one.id]),
            progress=files[one.id],
            is_over=_is_over(one, tx.now),
            mine=rules.has_agreed(tx.actor, votes[one.id]),
            verbs=tuple(EXPORT.open_to(ADMIN, one.state)),
        )

    most = profile.at(tx.now)["PRI-28"]
    return ExportsPage(posts[tx.actor.post_id], most, tuple(map(line, found)))


async def agreed(tx: Tx, *, ids: Collection[UUID]) -> dict[UUID, Agreed]:
    """Return who has agreed to exports, for a person who is in them (INT-06)."""
    if not ids:
        return {}
    votes = await leaving.votes(tx, ids=ids)
    posts = await people.posts(tx, ids=[vote.post_id for said in votes.values() for vote in said])
    return {id: _agreed(said, posts) for id, said in votes.items() if said}


def _agreed(votes: Sequence[Vote], posts: Mapping[UUID, Post]) -> Agreed:
    names = tuple(posts[vote.post_id].name for vote in votes if vote.post_id in posts)
    return Agreed(names, votes[-1].why, votes[-1].assessment)


def _is_over(export: Export, now: datetime) -> bool:
    due = export.due_at <= now and export.state is not ExportState.RUNNING
    return export.state.is_over or due
