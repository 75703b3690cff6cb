"""The record as other software reads it: by id, by version, by search. The doors decide it all."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from lianyi.access.model import RESIDENT, Chart, Desk
from lianyi.access.model.parts import ANY_TYPE, Right
from lianyi.access.service import scoping
from lianyi.journeys import (
    fhir_along,
    fhir_glance,
    fhir_live,
    fhir_overseen,
    fhir_reach,
    fhir_shown,
)
from lianyi.journeys.fhir_pages import Answer, Asked, Seen
from lianyi.kernel import profile
from lianyi.kernel.db import Statement
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.errors import (
    Deleted,
    NoCriteria,
    NoPatient,
    NoSuchResource,
    NotSearchable,
    TooMuch,
)
from lianyi.records.fhir import searches
from lianyi.records.fhir.terms import Changes, Ids, Include, Order, Search, Total, Trouble
from lianyi.records.model import Hit, Page
from lianyi.records.model.leaves import Frame
from lianyi.records.model.writing import Change

QUESTIONS = 300  # remembered as they were understood
Place: TypeAlias = tuple[str, ...]  # where a page begins
NOWHERE: Place = ()
LATEST = 1000  # observations in an answer that comes whole
Understood: TypeAlias = tuple[Search, tuple[Order, ...], tuple[Include, ...]]


async def read(tx: Tx, *, type: str, fhir_id: str) -> Hit:
    """Return one resource as it is now.

    :raises NoSuchResource: also if this reader may not know of it.
    :raises Deleted, WrongRole, OutOfScope:
    """
    person_id = fhir_reach.meant(type, fhir_id)
    fhir_live.check_scope(tx, type=type, right=Right.READ, person_id=person_id)
    search = Search(type, (Ids((fhir_id,)),))
    if fhir_overseen.oversees(tx, type):
        return await fhir_overseen.line(tx, fhir_id=fhir_id)
    hit = await _own(tx, search)
    if hit is None and not fhir_live.is_open(type):
        reach = await fhir_reach.of_resource(tx, type, fhir_id)
        hit = await _first(tx, reach, search)
        hit = hit or await records.fallen(tx, reach, type=type, fhir_id=fhir_id)
    if hit is None:
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    if not hit.body:
        raise Deleted(type=type, fhir_id=fhir_id)
    return hit


def glance(at: Moment, still: Sequence[Statement], *, type: str, fhir_id: str) -> Look[Hit] | None:
    """Return the look for one of a resident's own resources. None: `read` says more.

    :raises OutOfScope:
    """
    fhir_live.check_scope(at, type=type, right=Right.READ)
    return fhir_glance.own(at, still, type=type, fhir_id=fhir_id)


async def learn(tx: Tx) -> None:
    """Have the next of a resident's own resources glanced at."""
    if tx.actor.role == RESIDENT:
        await fhir_reach.learn(tx, None, Right.READ)


async def _own(tx: Tx, search: Search) -> Hit | None:
    """Look where no door is; else among a resident's own first: most ask for nothing else."""
    if fhir_live.is_open(search.type):
        return await _first(tx, None, search)
    reach = await fhir_reach.opened(tx, None, Right.READ) if tx.actor.role == RESIDENT else None
    return await _first(tx, reach, search) if reach else None


async def _first(tx: Tx, reach: Chart | Desk | None, search: Search) -> Hit | None:
    found = await fhir_live.looked(tx, reach, search=search, limit=1)
    return found[0][0] if found else None


async def changes(tx: Tx, *, asked: Changes, limit: int, shown: int = 0) -> list[Change]:
    """Return versions of one resource, of a type or of all, the newest first.

    A history that names none is of one's own, or of what one's institution wrote.

    :raises NoSuchResource: there is no such version, or not for this reader.
    :raises TooManyPersons: PRI-11, from page to page.
    :raises WrongRole, OutOfScope:
    """
    if asked.fhir_id:
        whose = fhir_reach.meant(asked.type, asked.fhir_id)
        scoping.check_scope(tx, type=asked.type, right=Right.READ, person_id=whose)
        own = await fhir_overseen.versions(tx, asked)
        if own is not None:
            return own
        reach: Chart | Desk | None = await fhir_reach.of_resource(tx, asked.type, asked.fhir_id)
    else:
        scoping.check_scope(tx, type=asked.type or ANY_TYPE, right=Right.SEARCH)
        reach = await fhir_reach.opened(tx, None, Right.SEARCH)
    if reach is None:
        return []
    await fhir_shown.check_series(tx, reach, {asked.type}, shown + limit)
    found = await records.changes(tx, reach, asked=asked, limit=limit)
    if asked.fhir_id and not found and not shown:
        raise NoSuchResource(type=asked.type, fhir_id=asked.fhir_id)
    await fhir_shown.tell(tx, reach, {asked.type}, [one.owner for one in found])
    return found


async def matching(tx: Tx, *, type: str, pairs: Sequence[tuple[str, str]]) -> list[Hit]:
    """Return at most two of what criteria find, which tells whether they mean one.

    :raises NoCriteria, NotSearchable, WrongRole, OutOfScope:
    """
    fhir_live.check_scope(tx, type=type, right=Right.SEARCH)
    search, *_ = _understood(tx, Asked(type, tuple(pairs)))
    if not search.terms:
        raise NoCriteria(type=type)
    reach, search = await fhir_reach.for_search(tx, search)
    if reach is None:
        return []
    reach = await fhir_reach.named(tx, reach, search)
    hits = [hit for hit, _ in await fhir_live.looked(tx, reach, search=search, limit=2)]
    await fhir_shown.tell(tx, reach, {type}, [hit.owner for hit in hits])
    return hits


async def latest(tx: Tx, *, pairs: Sequence[tuple[str, str]], each: int) -> list[Hit]:
    """Return the newest observations of each code, of one person.

    :raises NoPatient, TooMuch, NotSearchable, WrongRole, OutOfScope:
    """
    scoping.check_scope(tx, type="Observation", right=Right.SEARCH)
    search, *_ = _understood(tx, Asked("Observation", tuple(pairs)))
    reach = await fhir_reach.opened(tx, fhir_reach.person_in(search), Right.SEARCH)
    if reach is None:
        return []
    if isinstance(reach, Desk):
        raise NoPatient
    found = await records.latest(tx, reach, search=search, each=each, limit=LATEST + 1)
    if len(found) > LATEST:
        raise TooMuch(most=LATEST)
    return found


async def search(tx: Tx, *, asked: Asked) -> Answer:
    """Return a page of what a search finds.

    :raises NotSearchable: something of it can't be answered, and `strict` wants to know.
    :raises TooManyPersons: PRI-11, from page to page.
    :raises WrongRole, OutOfScope:
    """
    fhir_reach.check_search(tx, _read(asked, profile.at(tx.now).zone)[0])
    search, order, includes = _understood(tx, asked)
    if fhir_overseen.oversees(tx, asked.type):
        return await _overseen(tx, asked, search, order, includes)
    reach = None
    if includes or not fhir_live.is_open(asked.type):
        reach, search = await fhir_reach.for_search(tx, search)
        if reach is None:
            return Answer((), (), search.troubles, total=0 if asked.counted else None)
        await fhir_shown.check_series(tx, reach, {asked.type}, asked.shown + asked.limit)
    found, total, end = await _newest(tx, reach, asked, search, order), None, NOWHERE
    if found is None:
        reach = await fhir_reach.named(tx, reach, search) if reach else None
        found, total, end = await _looked(tx, reach, asked, search, order)
    answer = replace(_page(asked, search, found, end), total=total.number if total else None)
    if reach:
        answer = await _accompanied(tx, reach, answer, includes)
        along = answer.along
        types = {asked.type, *(hit.type for hit in along.hits)}
        await fhir_shown.check_series(tx, reach, types, asked.shown + answer.weight)
        shown = [hit.owner for hit in (*answer.hits, *along.hits)]
        await fhir_shown.tell(tx, reach, types, [*shown, *(total.few if total else ())])
    return answer


async def _overseen(
    tx: Tx, asked: Asked, search: Search, order: Sequence[Order], includes: Sequence[Include]
) -> Answer:
    """Return a page of what an institution's own have opened. Raises as `search` does."""
    page: Page = []
    if asked.limit:
        page = await fhir_overseen.page(
            tx,
            search=search,
            order=order,
            includes=includes,
            after=asked.after,
            shown=asked.shown,
            limit=asked.limit + 1,
        )
    total = await fhir_overseen.how_many(tx, search=search) if asked.counted else None
    return replace(_page(asked, search, page), total=total)


async def _looked(
    tx: Tx, reach: Chart | Desk | None, asked: Asked, search: Search, order: Sequence[Order]
) -> tuple[Page, Total | None, Place]:
    """Return a page if one is asked for, how many there are if that is, and where looking ended.

    That is somewhere if it went over a stretch of all there is.
    """
    found: Page = []
    end, after, limit = NOWHERE, asked.after, asked.limit + 1
    if reach and asked.limit and not (order or asked.counted or fhir_live.is_told(search.type)):
        found, end = await records.stretch(tx, reach, search=search, after=after, limit=limit)
    elif asked.limit:
        found = await fhir_live.looked(
            tx, reach, search=search, order=order, after=after, limit=limit
        )
    total = await fhir_live.how_many(tx, reach, search=search) if asked.counted else None
    return found, total, end


async def _newest(
    tx: Tx, reach: Chart | Desk | None, asked: Asked, search: Search, order: Sequence[Order]
) -> Page | None:
    """Return a page over a desk, if it is near. None: it has to be looked for."""
    if (
        not isinstance(reach, Desk)
        or order
        or asked.counted
        or search.is_led
        or fhir_live.is_told(search.type)
    ):
        return None
    after, limit = asked.after, asked.limit + 1
    return await records.newest(tx, reach, search=search, after=after, limit=limit)


def glance_through(
    at: Moment, still: Sequence[Statement], *, asked: Asked, frame: Frame | None
) -> Look[Seen] | None:
    """Return the look for what `search` finds of one person's records. None: that says more.

    To sort takes all that a person has: those who look at the same moment don't wait for it.
    What comes whole and alone is `told`, written out in the frame.

    :raises NotSearchable, WrongRole, OutOfScope:
    """
    return None if asked.sort else _look(at, still, asked, None if asked.includes else frame)


def _look(
    at: Moment, still: Sequence[Statement], asked: Asked, frame: Frame | None = None
) -> Look[Seen] | None:
    fhir_live.check_scope(at, type=asked.type, right=Right.SEARCH)
    search, order, includes = _understood(at, asked)
    if asked.counted:
        return None
    found = fhir_glance.page(
        at, still, search, order=order, after=asked.after, limit=asked.limit, frame=frame
    )
    if found is None:
        return None
    chart, look = found
    return look.then(
        lambda leaf: Seen(
            chart, Answer(leaf.hits, leaf.place, search.troubles, told=leaf.told), includes
        )
    )


async def completed(tx: Tx, seen: Seen, *, asked: Asked) -> Answer:
    """Return what was seen with what comes along, through the chart that is open.

    Where a shorter page ends, a look has not said: then the page is looked for once more.
    """
    many, along = await fhir_along.fitting(tx, seen.chart, seen.answer.hits, seen.includes)
    if many == len(seen.answer.hits):
        return replace(seen.answer, along=along)
    search, order, includes = _understood(tx, asked)
    found, _, end = await _looked(tx, seen.chart, asked, search, order)
    return await _accompanied(tx, seen.chart, _page(asked, search, found, end), includes)


async def _accompanied(
    tx: Tx, reach: Chart | Desk, answer: Answer, includes: Sequence[Include]
) -> Answer:
    """Return a page with what comes along, and with fewer resources where that is too much."""
    many, along = await fhir_along.fitting(tx, reach, answer.hits, includes)
    if many < len(answer.hits):
        answer = replace(answer, hits=answer.hits[:many], after=answer.page[many - 1][1])
    return replace(answer, along=along)


async def glance_over(tx: Tx, still: Sequence[Statement], *, asked: Asked) -> Answer | None:
    """Return what `search` does over a desk where few statements find it, or a person's sorted.

    None: `still` doesn't hold, or `search` says more.

    :raises NotSearchable, WrongRole, OutOfScope:
    """
    if asked.sort and (look := _look(tx, still, asked)):
        seen = await look.take(tx.db)
        return await completed(tx, seen, asked=asked) if seen else None
    fhir_reach.check_search(tx, _read(asked, profile.at(tx.now).zone)[0])
    search, order, includes = _understood(tx, asked)
    is_long = asked.shown + asked.limit > profile.at(tx.now)["PRI-28"]
    if asked.counted or includes or is_long:
        return None
    page = await fhir_glance.over(
        tx, still, search, order=order, after=asked.after, limit=asked.limit + 1
    )
    return None if page is None else _page(asked, search, page)


async def learn_through(tx: Tx, *, asked: Asked) -> None:
    """Have the next page of that person's records glanced at.

    What is in no record is asked for also by who keeps none.
    """
    if fhir_live.is_told(asked.type):
        return
    search, *_ = _understood(tx, asked)
    await fhir_reach.learn(tx, fhir_reach.person_in(search), Right.SEARCH)


def _page(asked: Asked, search: Search, found: Page, end: Place = NOWHERE) -> Answer:
    page = found[: asked.limit]
    follows = page[-1][1] if len(found) > len(page) and page else end
    return Answer(tuple(hit for hit, _ in page), follows, search.troubles, page=page)


def _understood(at: Moment, asked: Asked) -> Understood:
    found = _read(asked, profile.at(at.now).zone)
    if found[0].troubles and asked.strict:
        raise NotSearchable(troubles=found[0].troubles)
    return found


@lru_cache(QUESTIONS)
def _read(asked: Asked, zone: ZoneInfo) -> Understood:
    """Read a search, whatever page of it is asked for: that is the same to it."""
    search = fhir_live.understood(searches.read(asked.type, asked.pairs, zone))
    order = searches.orders(asked.type, asked.sort)
    if not isinstance(order, Trouble):
        order = fhir_live.ordered(asked.type, order)
    along = [searches.include(asked.type, *one) for one in asked.includes]
    includes = tuple(one for one in along if isinstance(one, Include))
    wrong = [one for one in (order, *along) if isinstance(one, Trouble)]
    terms = search.terms if asked.within is None else (asked.within, *search.terms)
    search = replace(search, terms=terms, troubles=(*search.troubles, *wrong))
    # One that names a person looks among theirs alone.
    search = replace(search, is_personal=fhir_reach.person_in(search) is not None)
    return search, () if isinstance(order, Trouble) else order, includes
