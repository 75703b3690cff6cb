"""What the record says about the person whose chart was opened; the chart decides how much.

Nothing found means that nothing is there *for this chart*. Who decides about treatment must treat
it as not known.
"""

from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.access.model.presumed import Presumed, PresumedDesk
from lianyi.kernel.crypto import same, sm3
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoSuchResource
from lianyi.records.fhir import nouns
from lianyi.records.fhir.terms import Changes, Gathering, Include, Order, Search, Total
from lianyi.records.model import (
    Allergies,
    Counted,
    Document,
    Entry,
    Hit,
    Mark,
    Measurement,
    Medicine,
    Page,
    Problem,
    Refusal,
    Sheet,
    Summary,
    Version,
    Visit,
    Written,
)
from lianyi.records.model.bringing import Bringing, Delivered
from lianyi.records.model.leaves import Frame, Leaf
from lianyi.records.model.parts import Part, Progress
from lianyi.records.model.withholding import Since, Unreleased, Withheld
from lianyi.records.model.writing import Change
from lianyi.records.tables import bringing as brought
from lianyi.records.tables import gathering, glances, history, rare, searches
from lianyi.records.tables import parts as files
from lianyi.records.tables import resources as tables
from lianyi.records.tables import withheld as unreleased

LINES = 50
MANY = 500
# What a life is told by. Observations are shown inside reports and as trends.
STORY = (
    "AllergyIntolerance",
    "CarePlan",
    "Composition",
    "Condition",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "ImagingStudy",
    "Immunization",
    "MedicationDispense",
    "MedicationRequest",
    "Procedure",
    "ServiceRequest",
)
MEDICINES = ("MedicationRequest", "MedicationDispense", "MedicationStatement")
DOCUMENTS = ("Composition", "DocumentReference")
RECENT = 100  # of each kind, which is what a summary looks through


async def timeline(
    tx: Tx,
    chart: Chart,
    *,
    types: Sequence[str] = STORY,
    holder_id: UUID | None = None,
    before: Mark | None = None,
    limit: int = LINES,
) -> list[Entry]:
    """Return lines of the record, newest first, of all institutions or of one.

    It goes on after `before`, the `mark` of the last line shown.
    """
    return await tables.list_timeline(
        tx, chart, types=types, holder_id=holder_id, before=before, limit=limit
    )


async def everything(
    tx: Tx, chart: Chart, *, after: tuple[str, str] = ("", ""), limit: int = MANY
) -> list[Entry]:
    """Return all this chart may show, by type and id; the last one's type and id continue."""
    return await tables.list_all(tx, chart, after, limit)


async def measurements(
    tx: Tx, chart: Chart, *, codes: Sequence[str], limit: int = 12
) -> dict[str, list[Measurement]]:
    """Return the newest observations of each code (`system|code`), newest first: value and trend.

    A code nobody has measured is there with an empty list.
    """
    found = await tables.list_by_code(tx, chart, type="Observation", codes=codes, limit=limit)
    return {code: [nouns.measurement(entry) for entry in found[code]] for code in codes}


async def observations_of(tx: Tx, chart: Chart, *, limit: int = LINES) -> list[Measurement]:
    """Return the newest observations of any code."""
    entries = await tables.list_of_types(tx, chart, ["Observation"], limit)
    return [nouns.measurement(entry) for entry in entries]


async def withheld_here(tx: Tx, desk: Desk, *, after: Since | None, limit: int) -> list[Unreleased]:
    """Return for whom results of the acting institution's software wait, the longest first."""
    return await unreleased.list_here(tx, desk, after, limit)


async def withheld(tx: Tx, chart: Chart, *, limit: int = MANY) -> list[Withheld]:
    """Return what the acting institution's software has brought and the person doesn't see yet.

    What is not final waits for its laboratory, and is not here (IDN-11).
    """
    return [nouns.withheld(entry) for entry in await unreleased.list_of(tx, chart, limit)]


async def problems(tx: Tx, chart: Chart) -> list[Problem]:
    entries = await tables.list_of_types(tx, chart, ["Condition"], MANY)
    return [nouns.problem(entry) for entry in entries]


async def allergies(tx: Tx, chart: Chart) -> Allergies:
    """Return what is known, and whether anybody has asked: no row is not the absence of allergy.

    A known allergy outweighs an older or a newer statement that there is none.
    """
    return _allergies(await tables.list_of_types(tx, chart, ["AllergyIntolerance"], MANY))


async def summary(tx: Tx, chart: Chart) -> Summary:
    """Return what somebody who treats the person has before their eyes, in one statement."""
    types = ("AllergyIntolerance", "Condition", *MEDICINES, "Observation")
    found: dict[str, list[Entry]] = {type: [] for type in types}
    for entry in await tables.list_of_types(tx, chart, types, RECENT):
        found[entry.type].append(entry)
    return Summary(
        allergies=_allergies(found["AllergyIntolerance"]),
        problems=tuple(nouns.problem(entry) for entry in found["Condition"]),
        medicines=tuple(nouns.medicine(entry) for type in MEDICINES for entry in found[type]),
        measurements=tuple(nouns.measurement(entry) for entry in found["Observation"]),
    )


async def medicines(tx: Tx, chart: Chart, *, limit: int = LINES) -> list[Medicine]:
    """Return what was ordered, dispensed or said to be taken, newest first of each."""
    entries = await tables.list_of_types(tx, chart, MEDICINES, limit)
    return [nouns.medicine(entry) for entry in entries]


async def documents(tx: Tx, chart: Chart, *, limit: int = LINES) -> list[Document]:
    entries = await tables.list_of_types(tx, chart, DOCUMENTS, limit)
    return [nouns.document(entry) for entry in entries]


async def visits(tx: Tx, chart: Chart, *, limit: int = LINES) -> list[Visit]:
    entries = await tables.list_of_types(tx, chart, ["Encounter"], limit)
    return [nouns.visit(entry) for entry in entries]


async def of_encounter(tx: Tx, chart: Chart, *, encounter_id: str) -> list[Entry]:
    """Return everything written in one encounter, oldest first."""
    return await tables.list_of_encounter(tx, chart, f"Encounter/{encounter_id}", MANY)


async def written(tx: Tx, chart: Chart, *, encounter_id: str) -> list[Written]:
    """Return every writing of an encounter and of what was found out in it, oldest first."""
    return await tables.list_written(tx, chart, encounter_id)


async def resource(tx: Tx, chart: Chart, *, type: str, fhir_id: str) -> Entry:
    """Return one resource as it is now, entered in error or not.

    :raises NoSuchResource: also if this chart may not know of it.
    """
    found = await tables.find(tx, chart, type, fhir_id)
    if found is None:
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    return found


async def versions(tx: Tx, chart: Chart, *, type: str, fhir_id: str) -> list[Version]:
    """Return every version this chart may show, newest first (EMR-04).

    :raises NoSuchResource:
    """
    found = await tables.list_versions(tx, chart, type, fhir_id)
    if not found:
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    return found


async def owner_of(tx: Tx, *, type: str, fhir_id: str) -> UUID | None:
    """Return whose a resource is, so that the right door can be asked; it tells nothing of it."""
    return await tables.find_owner(tx, type, fhir_id)


async def narrowed(tx: Tx, reach: Chart | Desk, *, search: Search) -> Search:
    """Return the same search, knowing what is rare in it, and whether that leads to all of it."""
    return await rare.narrowed(tx, reach, search)


async def newest(
    tx: Tx, desk: Desk, *, search: Search, after: Sequence[str] = (), limit: int
) -> Page | None:
    """Return what `search` finds next, if it is near. None: it has to be looked for."""
    return await searches.newest(tx, desk, search, after=after, limit=limit)


async def stretch(
    tx: Tx, reach: Chart | Desk, *, search: Search, after: Sequence[str], limit: int
) -> tuple[Page, tuple[str, ...]]:
    """Return what `search` does; where that might look through all there is, what is found so far.

    Then that ends at a place, unless a whole page was found, or there is no more.
    """
    asked = await rare.narrowed(tx, reach, search)
    if searches.is_endless(reach, asked):
        return await searches.stretch(tx, reach, asked, after=after, limit=limit)
    return await searches.page(tx, reach, asked, order=(), after=after, limit=limit), ()


async def search(
    tx: Tx,
    reach: Chart | Desk,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
) -> Page:
    """Return the next resources that a search finds, each with its place. Raises Endless."""
    asked = await rare.narrowed(tx, reach, search)
    return await searches.page(tx, reach, asked, order=order, after=after, limit=limit)


async def how_many(tx: Tx, reach: Chart | Desk, *, search: Search) -> Total:
    """Return how many a search finds, of those this reader may see. Raises Endless."""
    return await searches.count(tx, reach, await rare.narrowed(tx, reach, search))


def glance(
    at: Moment,
    door: Presumed,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
    frame: Frame | None = None,
) -> Look[Leaf]:
    """Return the look that finds a page as `search` does, and tells; in a frame, written out."""
    return glances.glance(at, door, search, order=order, after=after, limit=limit, frame=frame)


def glance_at(at: Moment, door: Presumed, *, type: str, fhir_id: str) -> Look[list[Hit]]:
    """Return the look that finds one resource, and tells if it does. None: the door is shut."""
    return glances.glance_at(at, door, type, fhir_id)


async def glance_over(
    tx: Tx,
    door: PresumedDesk,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
) -> Page | None:
    """Return what `search` does, in one statement with the log of all but the last of it.

    None: it is shut, or what is found has to be looked for among too many.
    """
    look = partial(searches.glance_over, tx, door, order=order, after=after, limit=limit)
    if presumed := rare.presumed(search):
        page = await look(presumed)
        if page is not None:
            return page
    return await look(await rare.narrowed(tx, door.desk, search))


async def fallen(tx: Tx, reach: Chart | Desk, *, type: str, fhir_id: str) -> Hit | None:
    """Return what was entered in error, or was taken back and has no body any more."""
    return await searches.fallen(tx, reach, type, fhir_id)


async def changes(tx: Tx, reach: Chart | Desk, *, asked: Changes, limit: int) -> list[Change]:
    """Return versions, the newest first. A desk's are those that its own institution wrote."""
    return await history.page(tx, reach, asked, limit)


async def gathered(tx: Tx, chart: Chart, *, asked: Gathering, limit: int) -> list[Hit]:
    """Return everything that a person or an encounter has to do with, by type and id."""
    return await gathering.page(tx, chart, asked, limit)


async def latest(tx: Tx, chart: Chart, *, search: Search, each: int, limit: int) -> list[Hit]:
    """Return the newest observations of each code, of those that a search finds."""
    return await gathering.latest(tx, chart, search, each, limit)


async def linked(
    tx: Tx, reach: Chart | Desk, *, hits: Sequence[Hit], include: Include, limit: int
) -> list[Hit]:
    """Return what comes along with some resources, of what this reader may see."""
    return await searches.linked(tx, reach, hits, include, limit)


async def is_as_signed(tx: Tx, chart: Chart, *, visit_id: UUID) -> bool:
    """Return whether a note still is, to the letter, what its author signed (EMR-06).

    :raises NoSuchResource:
    """
    note = await resource(tx, chart, type="Composition", fhir_id=str(visit_id))
    signed = await resource(tx, chart, type="Provenance", fhir_id=f"{visit_id}-{note.version}")
    return same(nouns.signed_digest(signed), sm3(note.body.encode()))


async def sheet(tx: Tx, chart: Chart, *, visit_id: UUID) -> Sheet:
    """Return a visit's note of the acting institution as its author last put it down.

    Who may not see what is unreleased reads the signed note as a document, and nothing here.
    """
    if not chart.sees_unreleased:
        return Sheet(None, None, None, None)
    return await tables.load_sheet(tx, chart, visit_id)


async def counts(tx: Tx, chart: Chart) -> list[Counted]:
    """Return how much of each type this chart may show. What it may not show is not counted."""
    return await tables.count(tx, chart)


async def institutions(tx: Tx, chart: Chart) -> list[UUID]:
    """Return the institutions that wrote what this chart may show."""
    return await tables.holders(tx, chart)


async def parts(tx: Tx, *, export_id: UUID) -> list[Part]:
    """Return the files of an export, written or not, whose door the caller has opened."""
    return await files.list_of(tx, export_id)


async def progress(tx: Tx, *, export_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """Return how far exports are that the caller may know of."""
    found = await files.progress(tx, export_ids)
    return {id: found.get(id, Progress(0, 0, 0)) for id in export_ids}


async def bringing(tx: Tx, *, import_id: UUID) -> Bringing:
    """Return what the acting app brings its institution in bulk.

    :raises NoSuchImport: also another app's.
    """
    return await brought.load(tx, import_id)


async def delivered(tx: Tx, *, import_id: UUID) -> list[Delivered]:
    """Return the files of an import that the caller may know of."""
    return await brought.list_files(tx, import_id)


async def refusals(tx: Tx, *, import_id: UUID, after: int, limit: int) -> list[tuple[int, Refusal]]:
    """Return what was refused of an import that the caller may know of, by its numbers."""
    return await brought.list_refusals(tx, import_id, after, limit)


async def next_bringing(tx: Tx) -> Bringing | None:
    """Return the running import that has waited longest."""
    return await brought.find_next(tx)


async def untidy_bringings(tx: Tx) -> list[UUID]:
    """Return imports that are over and may still lie on the disk."""
    return await brought.list_untidy(tx)


async def imported(tx: Tx, *, digest: bytes) -> int | None:
    """Return how many resources a bundle brought the acting institution, if it entered whole."""
    return await tables.find_imported(tx, digest)


def _allergies(entries: Sequence[Entry]) -> Allergies:
    stated = [nouns.allergy(entry) for entry in entries]
    known = tuple(allergy for allergy in stated if not nouns.says_none_known(allergy))
    return Allergies(
        asked_at=max((entry.recorded_at for entry in entries), default=None),
        none_known=bool(stated) and not known,
        known=known,
    )
