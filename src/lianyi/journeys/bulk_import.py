"""What an institution's own system brings in bulk: its files, then what they say (批量导入).

It is taken in as `lianyi import` does it; what it brought stays that system's to change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lianyi.access import queries as consents
from lianyi.access.errors import GroundGone, OutOfScope
from lianyi.access.model.parts import ANY_TYPE, Right
from lianyi.access.rules import scopes
from lianyi.access.service import scoping
from lianyi.journeys import history
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.model import Finding, Parcel, Refusal
from lianyi.records.model.bringing import Bringing, Delivered, Piece, Tally
from lianyi.records.service import delivering

MOST_TRIES = 5  # of the same lines


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an import is, file by file."""

    bringing: Bringing
    files: tuple[Delivered, ...]

    @property
    def whole(self) -> int:
        return sum(file.is_whole for file in self.files)


async def ask(tx: Tx) -> UUID:
    """Begin an import.

    :raises ManyImports, WrongRole, OutOfScope:
    """
    if not scoping.is_source(tx) or scoping.entrusted_purpose(tx) is None:
        raise WrongRole(verb="import", role=tx.actor.role)
    given = filter(None, map(scopes.read, tx.actor.scopes))
    if not any(Right.CREATE in scope.rights for scope in given):
        raise OutOfScope(type=ANY_TYPE, right=Right.CREATE)
    return await delivering.ask(tx)


async def check_offset(tx: Tx, *, import_id: UUID, name: str, first: int | None) -> int:
    """Return where a file goes on. Raises NoSuchImport, OtherOffset, DeliveryFull, WrongState."""
    return await delivering.check_offset(tx, import_id=import_id, name=name, first=first)


async def keep(tx: Tx, *, import_id: UUID, name: str, piece: Piece) -> int:
    """Add to a file. Raises NoSuchImport, OtherOffset, WrongState."""
    return await delivering.keep(tx, import_id=import_id, name=name, piece=piece)


async def start(tx: Tx, *, import_id: UUID) -> None:
    """Take in what has come. Raises NoSuchImport, NothingBrought, WrongState."""
    await delivering.start(tx, import_id=import_id)


async def cancel(tx: Tx, *, import_id: UUID) -> None:
    """Take nothing more in. Raises NoSuchImport, WrongState."""
    await delivering.cancel(tx, import_id=import_id)


async def standing(tx: Tx, *, import_id: UUID) -> Standing:
    """Return how far an import of the acting app is. Raises NoSuchImport."""
    bringing = await records.bringing(tx, import_id=import_id)
    return Standing(bringing, tuple(await records.delivered(tx, import_id=import_id)))


async def refusals(
    tx: Tx, *, import_id: UUID, after: int, limit: int
) -> Sequence[tuple[int, Refusal]]:
    """Return what was refused, in its order. Raises NoSuchImport."""
    await records.bringing(tx, import_id=import_id)
    return await records.refusals(tx, import_id=import_id, after=after, limit=limit)


async def check_ground(tx: Tx, *, bringing: Bringing) -> None:
    """See that the app may bring something still (CAP-39).

    :raises GroundGone:
    """
    found = (await consents.live_approvals(tx, app_ids=[bringing.app_id]))[bringing.app_id]
    if all(one.id != bringing.approval_id for one in found):
        raise GroundGone


async def take(tx: Tx, *, bringing: Bringing, file: Delivered, place: int, parcel: Parcel) -> None:
    """Take in some lines, and note how far it is, together.

    :raises GroundGone:
    :raises Refused: some of it can't be, whatever the rest is.
    """
    await check_ground(tx, bringing=bringing)
    source = f"{bringing.id}/{file.name}"
    taken = await history.take_in(tx, parcel=parcel, source=source, app=bringing.hat)
    await delivering.took(
        tx,
        import_id=bringing.id,
        file=file,
        place=place,
        tally=taken.tally(parcel),
        refused=taken.refused,
    )


async def refuse(
    tx: Tx, *, bringing: Bringing, file: Delivered, place: int, parcel: Parcel, why: str
) -> None:
    """Note that none of some lines can be taken in."""
    here = [(one.type, one.fhir_id) for one in parcel.resources]
    found = (Finding("not_taken", "$this", about=why),)
    refused = [*parcel.refused, *(Refusal(type, id, found) for type, id in here)]
    tally = Tally(read=len(refused), refused=len(refused))
    await delivering.took(
        tx, import_id=bringing.id, file=file, place=place, tally=tally, refused=refused
    )
