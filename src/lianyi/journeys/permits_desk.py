"""What a resident sees of who may read their record, and of who has (授权、谁看过我的病历)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from lianyi.access import queries as readers
from lianyi.access.model import Cause, Chart, Consent, Glass, Purpose, Reading, Sensitive
from lianyi.access.states import CONSENT
from lianyi.accounts import queries as accounts
from lianyi.accounts.model.apps import Client
from lianyi.journeys import bulk_desk
from lianyi.journeys.bulk_desk import Agreed
from lianyi.journeys.resident_desk import Who, enter, kins_of
from lianyi.journeys.sharing import HOLDERS
from lianyi.kernel import cursors, profile, time
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import RESIDENT, Institution, Post
from lianyi.records import queries as records

ROWS = 50


@dataclass(frozen=True, slots=True)
class Permit:
    """A consent with the names of the places and what may be done with it now."""

    consent: Consent
    holder: str
    receiver: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentsPage:
    """`locked` says that the reader's proof, or their mandate, does not reach so far."""

    who: Who
    locked: bool
    permits: tuple[Permit, ...] = ()


@dataclass(frozen=True, slots=True)
class SharingPage:
    """What may be shared without being asked: whose records, read where."""

    who: Who
    locked: bool
    holders: tuple[Institution, ...] = ()
    receivers: tuple[Institution, ...] = ()
    classes: tuple[Sensitive, ...] = tuple(Sensitive)


@dataclass(frozen=True, slots=True)
class Look:
    """One reading of the record: by whom, where, and the line of the log itself.

    `times` counts the like of one day, of which this is the newest. `app` read, if one did. `glass`
    says why it was opened in an emergency, and what a reviewer thought of that.
    """

    reading: Reading
    reader: str
    place: str
    glass: Glass | None = None
    times: int = 1
    app: Client | None = None
    export: Agreed | None = None  # in bulk


@dataclass(frozen=True, slots=True)
class ReadingsPage:
    who: Who
    locked: bool
    looks: tuple[Look, ...] = ()
    older: str = ""  # the cursor of the next page


async def consents(tx: Tx) -> ConsentsPage:
    """Return what was asked of the person and what they have given.

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, "consents", Purpose.CONSENT)
    if chart is None:
        return ConsentsPage(who, locked=True)
    found = await readers.consents(tx, chart)
    sides = {id for one in found for id in (one.share.holder_id, one.share.receiver_id)}
    places = await people.institutions(tx, ids=list(sides))
    return ConsentsPage(who, locked=False, permits=tuple(_permit(tx, one, places) for one in found))


async def sharing(tx: Tx) -> SharingPage:
    """Return the form by which the person shares what one institution holds with another.

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, "consents")
    if chart is None:
        return SharingPage(who, locked=True)
    places = await people.institutions_of(tx, kinds=HOLDERS)
    own = set(await records.institutions(tx, chart))
    held = tuple(place for place in places if place.id in own)
    return SharingPage(who, locked=False, holders=held, receivers=tuple(places))


async def readings(tx: Tx, *, cursor: str = "") -> ReadingsPage:
    """Return who has read the record, or has tried to, newest first (EMR-05, CAP-38).

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, "readings")
    if chart is None:
        return ReadingsPage(who, locked=True)
    place = f"readings {chart.person_id}"
    at = cursors.read(tx, place, cursor)
    found = await readers.readings(tx, chart, before=int(at) if at else None, limit=ROWS + 1)
    shown = found[:ROWS]
    return ReadingsPage(
        who,
        locked=False,
        looks=await _looks(tx, chart, shown),
        older=cursors.write(tx, place, str(shown[-1].seq)) if len(found) > ROWS else "",
    )


async def _looks(tx: Tx, chart: Chart, found: list[Reading]) -> tuple[Look, ...]:
    """Name the readers: staff by their posts, family by the reader's own family, nobody else.

    Whose files were brought in without anybody's app is an institution (INT-06).
    """
    brought = {one.institution_id for one in found if one.role == SYSTEM}
    places = await people.institutions(tx, ids=list(brought)) if brought else {}
    posts = await people.posts(tx, ids=list({one.post_id for one in found}))
    kins = await kins_of(tx)
    family = {kin.holder_id: kin.holder_name for kin in kins}
    glasses = await readers.glasses_of(tx, chart)
    named = {one.app_id for one in found if one.app_id}
    clients = await accounts.clients(tx, ids=list(named)) if named else {}
    exports = await bulk_desk.agreed(tx, ids={one.export_id for one in found if one.export_id})
    alike: dict[object, list[Reading]] = {}
    for one in found:
        alike.setdefault(_kind(one), []).append(one)
    return tuple(
        replace(
            _look(like[0], posts.get(like[0].post_id), family, places),
            glass=_glass(like[0], glasses),
            times=len(like),
            app=clients.get(like[0].app_id) if like[0].app_id else None,
            export=exports.get(like[0].export_id) if like[0].export_id else None,
        )
        for like in alike.values()
    )


def _kind(one: Reading) -> tuple[object, ...]:
    """Return what makes two readings alike but for their instant; a day is never passed over."""
    day = time.day(one.at, profile.at(one.at).zone)
    who = one.post_id, one.reader_id, one.app_id
    return *who, one.purpose, one.granted, one.cause, one.what, one.export_id, day


def _look(
    reading: Reading, post: Post | None, family: dict[UUID, str], places: Mapping[UUID, Institution]
) -> Look:
    if reading.role == SYSTEM:
        return Look(reading, places[reading.institution_id].short_name, "")
    if post is None:
        return Look(reading, family.get(reading.reader_id, ""), "")
    return Look(reading, post.name, post.institution_name)


def _glass(reading: Reading, glasses: list[Glass]) -> Glass | None:
    """Return the glass through which something was read."""
    if reading.cause is not Cause.BREAK_GLASS:
        return None
    by = (glass for glass in glasses if glass.post_id == reading.post_id)
    return next((glass for glass in by if glass.at <= reading.at < glass.until), None)


def _permit(tx: Tx, consent: Consent, places: dict[UUID, Institution]) -> Permit:
    share = consent.share
    is_over = share.expires_at <= tx.now
    return Permit(
        consent,
        holder=places[share.holder_id].short_name,
        receiver=places[share.receiver_id].short_name,
        verbs=() if is_over else tuple(CONSENT.open_to(RESIDENT, consent.state)),
    )
