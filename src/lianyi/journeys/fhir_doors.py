"""The doors that a write of other software goes through: who brings it, whose it is, what is told.

A person whom the hat's door doesn't open is answered as if there were no such person, and what the
hat may not see as if it were not there (INT-07).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson, OutOfScope, ProofTooLow
from lianyi.access.model import Chart, Desk
from lianyi.access.model.parts import ANY_TYPE, Part, Right, is_whole
from lianyi.access.model.presumed import Presumed
from lianyi.access.service import presuming, scoping
from lianyi.journeys import fhir_desk, fhir_proofs, fhir_reach
from lianyi.kernel import profile
from lianyi.kernel.actor import NOWHERE
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records import queries as history
from lianyi.records import service as records
from lianyi.records.errors import (
    NoMatch,
    NoSuchResource,
    NotFromOutside,
    NotWritable,
    OthersResource,
)
from lianyi.records.fhir.index import under
from lianyi.records.fhir.terms import Ids, Search
from lianyi.records.model import Resource, Token
from lianyi.records.model.writing import Held
from lianyi.records.rules import writable
from lianyi.records.rules.writable import Writer
from lianyi.records.service import Bringer

# What the person is told was done.
WHATS = {Right.CREATE: "fhir_create", Right.UPDATE: "fhir_update", Right.DELETE: "fhir_delete"}
NO_WRITERS = frozenset({Writer.SESSION, Writer.NOBODY})
# An id as this network draws them, also the ones it makes from them (`<id>-<n>`): nobody else may
# take one that a visit or a prescription will have.
DRAWN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}(-.*)?", re.IGNORECASE
)


def check_may_write(at: Moment, *, type: str, right: Right, person_id: UUID | None) -> None:
    """Refuse what nobody of this kind writes, and what an app has no scope for, and log that.

    :raises NotWritable, OutOfScope:
    """
    who = writer(at)
    group = writable.group_of(type)
    if who not in group.writers:
        scoping.refused(at, person_id=person_id, what=WHATS[right])
        raise NotWritable(type=type, group=who if who in NO_WRITERS else group.name)
    scoping.check_scope(at, type=type, right=right, person_id=person_id, what=WHATS[right])


def writer(at: Moment) -> Writer:
    who = at.actor
    by_app = who.app_id is not None
    return writable.writer(who.role, by_app=by_app, is_source=scoping.is_source(at))


def bringer(at: Moment) -> Bringer:
    """Say for whom the app writes: for its institution, or for the person who uses it."""
    who = at.actor
    holder = NOWHERE if writer(at) is Writer.PERSON else who.institution_id
    return Bringer(who.app_id or who.post_id, holder, profile.at(at.now).zone)


def presumed(at: Moment, resource: Resource, right: Right) -> Presumed | None:
    """Return the door to whose resource it is as it has opened before. None: `enter` says more.

    :raises OutOfScope: no scope is of this type at all.
    """
    scoping.check_scope(at, type=resource.type, right=right)
    purpose, what = fhir_reach.purpose_of(at), WHATS[right]
    door = presuming.chart(at, person_id=resource.owner, purpose=purpose, what=what, right=right)
    return door if door and _is_left(door.chart, resource) else None


async def learn(tx: Tx, resource: Resource, right: Right) -> None:
    """Have the door to whose resource it is presumed the next time, if it is a person's."""
    if resource.owner != bringer(tx).holder_id:
        purpose = fhir_reach.purpose_of(tx)
        await presuming.learn(tx, person_id=resource.owner, purpose=purpose, right=right)


def is_ours_to_draw(fhir_id: str) -> bool:
    return DRAWN.fullmatch(fhir_id) is not None


@lru_cache(maxsize=1000)  # a bundle speaks of few persons
def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class Doors:
    """The doors of one act: each person's is opened, and logged, once for each right."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._bringer = bringer(tx)
        self._open: dict[tuple[UUID, Right], Chart | Desk] = {}
        self._in_scope: set[tuple[str, Right]] = set()

    async def enter(self, resource: Resource, right: Right) -> None:
        """Open the door to whose resource it is; the app's scopes must leave it there (INT-04).

        :raises NoMatch: there is no such person, or not for this hat.
        :raises OutOfScope, ProofTooLow:
        """
        if (kind := (resource.type, right)) not in self._in_scope:
            whose, what = resource.owner, WHATS[right]
            scoping.check_scope(
                self._tx, type=resource.type, right=right, person_id=whose, what=what
            )
            self._in_scope.add(kind)
        try:
            door = await self._opened(resource.owner, right)
        except NoSuchPerson as refused:
            raise NoMatch(reference=f"Patient/{resource.owner}") from refused
        if not _is_left(door, resource):
            scoping.refused(self._tx, person_id=resource.owner, what=WHATS[right])
            raise OutOfScope(type=resource.type, right=right)

    async def reach(self, held: Held, right: Right) -> None:
        """Reach for what is to be changed: only what this institution's apps have brought.

        :raises NoSuchResource: also if this hat may not know of it (INT-07).
        :raises OthersResource, NotFromOutside:
        """
        mine = held.holder_id == self._bringer.holder_id and held.app_id is not None
        if not mine:
            await self.explain(held)
        if held.app_id != self._bringer.app_id:
            await self.check_seen(held)
        try:
            door = await self._opened(held.owner, right)
        except (NoSuchPerson, ProofTooLow) as refused:
            raise NoSuchResource(type=held.type, fhir_id=held.fhir_id) from refused
        if not held.is_gone and not is_whole(door.only, held.type):
            asked = Search(held.type, (Ids((held.fhir_id,)),))
            if not await history.search(self._tx, door, search=asked, limit=1):
                raise NoSuchResource(type=held.type, fhir_id=held.fhir_id)

    async def explain(self, held: Held) -> None:
        """Say why something can't be changed, as far as this hat may know of it.

        :raises NoSuchResource, OthersResource, NotFromOutside:
        """
        await self.check_seen(held)
        if held.holder_id == self._bringer.holder_id and held.app_id is None:
            raise NotFromOutside(type=held.type, fhir_id=held.fhir_id)
        raise OthersResource(type=held.type, fhir_id=held.fhir_id)

    async def check_seen(self, held: Held) -> None:
        """Let only pass what this hat may read.

        :raises NoSuchResource, Deleted:
        """
        try:
            await fhir_desk.read(self._tx, type=held.type, fhir_id=held.fhir_id)
        except OutOfScope as refused:
            raise NoSuchResource(type=held.type, fhir_id=held.fhir_id) from refused

    def is_of_source(self, held: Held) -> bool:
        """Tell whether the institution's own system asks, of what it has itself written so."""
        brought = held.holder_id, held.app_id
        is_mine = brought == (self._bringer.holder_id, self._bringer.app_id)
        return is_mine and writer(self._tx) is Writer.SOURCE

    async def _opened(self, owner: UUID, right: Right) -> Chart | Desk:
        if (owner, right) not in self._open:
            self._open[owner, right] = await self._door(owner, right)
        return self._open[owner, right]

    async def _door(self, owner: UUID, right: Right) -> Chart | Desk:
        tx, purpose = self._tx, fhir_reach.purpose_of(self._tx)
        if owner == self._bringer.holder_id:  # nobody's door: the institution's own
            return await access.open_desk(tx, purpose=purpose, right=right)
        return await access.open_chart(
            tx, person_id=owner, purpose=purpose, what=WHATS[right], right=right
        )


def proofs(
    at: Moment, written: Iterable[Resource], held: Mapping[tuple[str, str], Held]
) -> Iterator[Resource]:
    """Return, for each person, who brought what from an institution's own system (INT-06)."""
    if writer(at) is not Writer.SOURCE or at.actor.app_id is None:
        return
    changed = [one for one in written if not _is_same(one, held.get(one.key))]
    versions = [(one, records.next_version(one, held.get(one.key))) for one in changed]
    yield from fhir_proofs.proofs(at, versions, app_id=at.actor.app_id)


def _is_same(given: Resource, held: Held | None) -> bool:
    return held is not None and records.is_same(given, held)


def _is_left(door: Chart | Desk, resource: Resource) -> bool:
    """Tell whether what an app's scopes leave holds a resource."""
    return door.only is None or any(_leaves(part, resource) for part in door.only)


def _leaves(part: Part, resource: Resource) -> bool:
    """Tell whether a scope leaves a resource. One that asks for more than codes leaves nothing."""
    if part.type not in {ANY_TYPE, resource.type}:
        return False
    if not part.pairs:
        return True
    filed = {(one.name, one.value) for one in resource.found if isinstance(one, Token)}
    filed.add(("_id", resource.fhir_id))
    return all(
        any((name, value) in filed for name in under(resource.type, asked).names)
        for asked, value in part.pairs
    )
