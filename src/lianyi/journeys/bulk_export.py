"""All of some types of many persons, for an institution's service: asked for, agreed to, written.

Source: HL7 FHIR Bulk Data Access IG 2.0.0. The doors decide about each line as it is written; what
is approved, and by whom, is `access.service.exports`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl
from uuid import UUID

from lianyi.access import queries as leaving
from lianyi.access.errors import GroundGone
from lianyi.access.events import ExportDue
from lianyi.access.model import APP
from lianyi.access.model.exports import Export, ExportState, Level, Wanted
from lianyi.access.model.parts import Right
from lianyi.access.rules import scopes
from lianyi.access.service import exports, scoping
from lianyi.journeys import fhir_live
from lianyi.kernel import profile
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.errors import NoSuchResource, NotSearchable
from lianyi.records.fhir import searches
from lianyi.records.fhir.index import parameters
from lianyi.records.fhir.terms import Match, Missing, Pair, Search, Taking, Trouble, Why
from lianyi.records.model.parts import Part
from lianyi.records.service import parts
from lianyi.records.service.parts import Content

MOST_TRIES = 5  # of one file
RIGHTS = (Right.READ, Right.SEARCH)
# What of a filter is answered by a resource as it was, whatever has become of it since.
ANSWERED = (Match, Missing, Pair)
FILTER, ELEMENTS = "_typeFilter", "_elements"
ELEMENT = re.compile(r"(?:([A-Z][A-Za-z]*)\.)?[a-z][A-Za-z]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kick-off asks, as it stands in the address."""

    request: str
    reach: Level
    group: str = ""
    types: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    since: datetime | None = None
    patients: tuple[UUID, ...] = ()
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an export is; `polled_at` is when its app asked before."""

    export: Export
    parts: tuple[Part, ...]
    polled_at: datetime | None

    @property
    def percent(self) -> int:
        whole = sum(part.expected for part in self.parts)
        written = sum(part.expected for part in self.parts if part.is_done)
        return written * 100 // whole if whole else 0


async def ask(tx: Tx, *, asked: Asked) -> Export:
    """Ask for an export.

    :raises NoSuchResource: there is no such type, or the group is not the institution's own.
    :raises NotSearchable: a filter can't be answered, an element is none, or a type in no record.
    :raises NoSuchPerson: a patient who is named is none of this service's.
    :raises ManyExports, WrongRole, OutOfScope:
    """
    purpose = scoping.entrusted_purpose(tx)
    if tx.actor.role != APP or purpose is None:
        raise WrongRole(verb="export", role=tx.actor.role)
    if asked.reach is Level.GROUP and asked.group != str(tx.actor.institution_id):
        raise NoSuchResource(type="Group", fhir_id=asked.group)
    types = _types(tx, asked.types)
    _searches(tx, types, asked.filters)
    _check_elements(types, asked.elements)
    wanted = Wanted(
        asked.request,
        asked.reach,
        types,
        asked.filters,
        asked.since,
        asked.patients,
        asked.elements,
    )
    return await exports.ask(tx, purpose=purpose, wanted=wanted)


async def standing(tx: Tx, *, export_id: UUID) -> Standing:
    """Return how far an export of the acting app is, and note that it asks.

    :raises NoSuchExport, GroundGone:
    """
    export = await leaving.own_export(tx, export_id=export_id)
    before = await exports.look(tx, export_id=export_id)
    return Standing(export, tuple(await records.parts(tx, export_id=export_id)), before)


async def cancel(tx: Tx, *, export_id: UUID) -> None:
    """End an export of the acting app, and leave nothing of it.

    :raises NoSuchExport, WrongRole, WrongState:
    """
    await exports.cancel(tx, export_id=export_id)


async def fetch(tx: Tx, *, export_id: UUID, n: int, first_byte: int) -> Content:
    """Open a file of an export to the app that asked for it, and write down that it did.

    :raises NoSuchExport, NoSuchPart, GroundGone:
    """
    export = await leaving.own_export(tx, export_id=export_id)
    exports.check_ready(tx, export=export)
    content = await parts.content(tx, export_id=export_id, n=n)
    await exports.fetched(tx, export_id=export_id, part=n, first_byte=first_byte)
    return content


async def claim(tx: Tx, *, export: Export) -> list[Part]:
    """Take the next files to write. None: the files were laid out, or all are written, or wait.

    :raises GroundGone:
    """
    if export.as_of is None:
        desk = await exports.open_export(tx, export=export)
        await exports.start(tx, desk, export=export)
        await parts.plan(tx, desk, export_id=export.id, taking=_taking(tx, export, tx.now))
        return []
    taken = await parts.claim(tx, export_id=export.id)
    if not taken:
        await exports.finish(tx, export=export)
    failed = [part for part in taken if part.tries > MOST_TRIES]
    if failed:
        await exports.fail(tx, export=export, why=str(failed[0].n))
    return [] if failed else taken


async def write(tx: Tx, *, export: Export, part: Part) -> None:
    """Write one file, of what the app may see at this instant.

    :raises GroundGone:
    """
    desk = await exports.open_export(tx, export=export)
    taking = _taking(tx, export, export.as_of or tx.now)
    await parts.write(tx, desk, part=part, taking=taking)


async def expire(tx: Tx, event: ExportDue) -> None:
    """End what nobody has agreed to in time, or what was kept long enough."""
    await exports.expire(tx, export_id=event.id)


async def end(tx: Tx, *, export: Export) -> None:
    """End an export whose ground is gone. Raises WrongState."""
    await exports.end(tx, export=export, why=GroundGone.rule)


def is_running(export: Export) -> bool:
    return export.state is ExportState.RUNNING


def _types(tx: Tx, named: Sequence[str]) -> tuple[str, ...]:
    """Return the types to take: those named, each of them in scope, or else all in scope."""
    for type in named:
        if type not in parameters():
            raise NoSuchResource(type=type, fhir_id="")
        fhir_live.check_stored(type)
        for right in RIGHTS:
            scoping.check_scope(tx, type=type, right=right)
    if named:
        return tuple(dict.fromkeys(named))
    held = tx.actor.scopes
    stored = (type for type in parameters() if not fhir_live.is_told(type))
    mine = (type for type in stored if all(scopes.permits(held, type, r) for r in RIGHTS))
    if not (found := tuple(sorted(mine))):
        scoping.check_scope(tx, type="*", right=Right.SEARCH)
    return found


def _taking(tx: Tx, export: Export, as_of: datetime) -> Taking:
    wanted = export.wanted
    return Taking(
        types=wanted.types,
        as_of=as_of,
        since=wanted.since,
        searches=tuple(_searches(tx, wanted.types, wanted.filters)),
        with_others=wanted.reach is Level.SYSTEM,
        elements=wanted.elements,
    )


def _check_elements(types: Sequence[str], elements: Sequence[str]) -> None:
    """Refuse what names no element: `status` is of every type, `Patient.name` of one.

    :raises NotSearchable:
    """
    for one in elements:
        found = ELEMENT.fullmatch(one)
        if found is None or (found[1] and found[1] not in types):
            raise NotSearchable(troubles=(Trouble(ELEMENTS, Why.VALUE),))


def _searches(tx: Tx, types: Sequence[str], filters: Sequence[str]) -> list[Search]:
    """Read filters, each a search of one of the types.

    :raises NotSearchable:
    """
    found = [_search(tx, text) for text in filters]
    if any(search.type not in types for search in found):
        raise NotSearchable(troubles=(Trouble(FILTER, Why.VALUE),))
    return found


def _search(tx: Tx, text: str) -> Search:
    type, _, query = text.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    search = searches.read(type, pairs, profile.at(tx.now).zone) if type in parameters() else None
    if search is None or not search.terms:
        raise NotSearchable(troubles=(Trouble(FILTER, Why.VALUE),))
    if search.troubles:
        raise NotSearchable(troubles=search.troubles)
    if not all(isinstance(one, ANSWERED) for one in search.terms):
        raise NotSearchable(troubles=(Trouble(FILTER, Why.TOO_DEEP),))
    return search
