"""Searches by GET and POST, page by page.

A link to the next page is a cursor that only whoever asked can use, for that search alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, pages, shorter
from lianyi.fhir.answers import Body
from lianyi.fhir.pages import INCLUDE, MATCH, PAGE
from lianyi.fhir.places import base_of, relative
from lianyi.fhir.reading import Further, Glance, ask, named, typed
from lianyi.journeys import fhir_desk
from lianyi.journeys.fhir_pages import Answer, Asked, Seen
from lianyi.kernel import cursors
from lianyi.kernel.db import Statement
from lianyi.kernel.headers import header
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoSuchResource, NotSearchable
from lianyi.records.fhir import compartments
from lianyi.records.fhir.terms import Trouble, Why
from lianyi.records.fhir.versions import versioned
from lianyi.records.model import Hit
from lianyi.records.model.leaves import Frame

USUAL, MOST = 20, 200  # resources on a page
MOST_PARAMETERS = 100
FORM = "application/x-www-form-urlencoded"
INCLUDES = ("_include", "_revinclude")
# What contains others is found by what it says itself, and answered whole.
ANSWERS = {"_total": ("none", "estimate", "accurate"), "_contained": ("false",)}
WISHES = 300  # remembered as they were read
Pairs = tuple[tuple[str, str], ...]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page begins: behind how much of a series (PRI-11), and behind which resource."""

    shown: int
    after: tuple[str, ...]


FIRST = Place(0, ())


class Asks(msgspec.Struct, frozen=True):
    """A search as it stands in an address; `within` names the compartment, if it is of one."""

    type: str
    pairs: Pairs
    within: tuple[str, str] | None = None

    @property
    def path(self) -> str:
        return "/".join([*(self.within or ()), self.type])


@dataclass(frozen=True, slots=True)
class Wish:
    """A search as it is read, which is the same for everybody who asks so.

    `asked` begins with the first page. A cursor is drawn for `query`, the search without the page
    it is on; `parts` are those of its address.
    """

    asked: Asked
    form: shorter.Form
    base: str
    query: str
    cursor: str
    parts: tuple[str, str, str]
    frame: Frame


async def search(request: Request) -> Response:
    """Answer a search of one type as a Bundle.

    :raises NotSearchable, TooManyPersons, WrongRole:
    :raises NoSuchResource: there is no such type.
    """
    asks = Asks(typed(request), await _pairs(request))
    return await _answered(request, asks)


async def search_within(request: Request) -> Response:
    """Answer a search of one type in a compartment: `Patient/23/Observation`.

    :raises: as `search` does
    """
    owner, type = named(request), request.path_params["inner"]
    if compartments.of(*owner, type) is None:
        raise NoSuchResource(type=type, fhir_id="")
    asks = Asks(type, await _pairs(request), owner)
    return await _answered(request, asks)


async def _answered(request: Request, asks: Asks) -> Response:
    glance = Glance(
        lambda at, still: _glance(at, still, request, asks),
        lambda tx: fhir_desk.learn_through(tx, asked=_Page(tx, request, asks).asked),
        lambda tx, still: _over(tx, still, request, asks),
    )
    found = await ask(request, lambda tx: page(tx, request, asks), glance)
    return answers.written(request, found)


async def page(tx: Tx, request: Request, asks: Asks) -> Body:
    """Return the page that a search asks for. Raises as `search` does."""
    wanted = _Page(tx, request, asks)
    return wanted.of(await fhir_desk.search(tx, asked=wanted.asked))


def _glance(
    at: Moment, still: Sequence[Statement], request: Request, asks: Asks
) -> Look[Body | Further[Body]] | None:
    wanted = _Page(at, request, asks)
    look = fhir_desk.glance_through(at, still, asked=wanted.asked, frame=wanted.frame)
    return look.then(wanted.of_seen) if look else None


async def _over(tx: Tx, still: Sequence[Statement], request: Request, asks: Asks) -> Body | None:
    wanted = _Page(tx, request, asks)
    answer = await fhir_desk.glance_over(tx, still, asked=wanted.asked)
    return None if answer is None else wanted.of(answer)


class _Page:
    """One page of a search, as it is asked for and as it is told."""

    def __init__(self, at: Moment, request: Request, asks: Asks) -> None:
        self._at, self._request = at, request
        strict = "lenient" not in header(request.scope, b"prefer")
        self._wish = wish = _wish(asks, base_of(request), strict=strict)
        self._begin = _place(cursors.read(at, wish.query, wish.cursor) if wish.cursor else "")
        self.asked = wish.asked
        if self._begin != FIRST:
            self.asked = replace(wish.asked, after=self._begin.after, shown=self._begin.shown)

    @property
    def frame(self) -> Frame | None:
        """Return what the resources of a page are written out in, unless they are cut."""
        return None if self._wish.form.cuts else self._wish.frame

    def of_seen(self, seen: Seen) -> Body | Further[Body]:
        """Return the same of what a look has found, or how it is completed."""
        return Further(partial(self._completed, seen)) if seen.includes else self.of(seen.answer)

    async def _completed(self, seen: Seen, tx: Tx) -> Body:
        return self.of(await fhir_desk.completed(tx, seen, asked=self.asked))

    def of(self, answer: Answer) -> Body:
        """Return the Bundle of what was found."""
        request, wish = self._request, self._wish
        links = pages.turning(*wish.parts, self._following(answer) if answer.after else "")
        total = {} if answer.total is None else {"total": answer.total}
        found = [
            *([answer.told.text] if answer.told and answer.told.many else ()),
            *_entries(wish, answer.hits, MATCH),
            *_entries(wish, answer.along.hits, INCLUDE),
            *(pages.told(answers.cut(request, answer.along)) for _ in range(answer.along.is_cut)),
            *(pages.told(answers.ignored(request, one.name, one.why)) for one in answer.ignored),
        ]
        head = {"resourceType": "Bundle", "type": "searchset", **total, "link": links}
        return {**head, **pages.entries(found)}

    def _following(self, answer: Answer) -> str:
        """Return the cursor of the page behind this one."""
        place = Place(self._begin.shown + answer.weight, answer.after)
        return cursors.write(self._at, self._wish.query, msgspec.json.encode(place).decode())


def _entries(wish: Wish, hits: Sequence[Hit], search: str) -> list[str]:
    if not wish.form.cuts:
        return [pages.entry(wish.base, hit, search) for hit in hits]
    return [pages.entry(wish.base, hit, search, _cut(hit, wish.form)) for hit in hits]


def _cut(hit: Hit, form: shorter.Form) -> Body:
    return shorter.cut(versioned(hit.body, hit.version, hit.recorded_at), form)


@lru_cache(WISHES)
def _wish(asks: Asks, base: str, *, strict: bool) -> Wish:
    """Read a search, which many ask again and again.

    :raises NotSearchable:
    """
    pairs, given, form = asks.pairs, dict(asks.pairs), shorter.read(asks.pairs)
    _check_answer(given)
    limit = 0 if form.count else _limit(given.get("_count", ""))
    asked = Asked(
        type=asks.type,
        within=compartments.of(*asks.within, asks.type) if asks.within else None,
        pairs=tuple((name, relative(base, value)) for name, value in pairs),
        sort=given.get("_sort", ""),
        limit=limit,
        includes=tuple(pair for pair in pairs if pair[0].partition(":")[0] in INCLUDES),
        counted=not limit or given.get("_total", "none") != "none",
        strict=strict,
    )
    query, place = pages.apart(pairs)
    parts = (f"{base}/{asks.path}", query, place)
    query, frame = f"{asks.path}?{query}", pages.frame(base, asks.type)
    return Wish(asked, form, base, query, given.get(PAGE, ""), parts, frame)


def _check_answer(given: Mapping[str, str]) -> None:
    """Refuse an answer of a kind that is never given, which would else be another one."""
    wrong = [name for name, kinds in ANSWERS.items() if given.get(name, "") not in {"", *kinds}]
    if wrong:
        raise NotSearchable(troubles=tuple(Trouble(name, Why.VALUE) for name in wrong))


def _limit(text: str) -> int:
    """Read `_count`. None at all asks how many there are (FHIR R4, 3.1.1.5.3)."""
    limit = pages.limit(text, usual=USUAL, most=MOST, least=0)
    if limit is None:
        raise NotSearchable(troubles=(Trouble("_count", Why.VALUE),))
    return limit


def _place(position: str) -> Place:
    return msgspec.json.decode(position, type=Place) if position else FIRST


async def _pairs(request: Request) -> Pairs:
    """Return the parameters as they came, those of a form behind those of the address.

    :raises NotSearchable:
    """
    form = request.method == "POST" and FORM in request.headers.get("content-type", FORM)
    sent = [request.scope["query_string"], await request.body() if form else b""]
    try:
        return tuple(chain.from_iterable([_parsed(raw.decode()) for raw in sent if raw]))
    except ValueError as trouble:  # too many of them, or no text
        raise NotSearchable(troubles=(Trouble("_search", Why.VALUE),)) from trouble


@lru_cache(WISHES)
def _parsed(text: str) -> Pairs:
    return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS))
