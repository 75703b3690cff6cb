"""Where a search begins to look: among all there is, among the newest of a type, or of a code.

What something is (`code`) stands in an index of its own, the newest first, of each person's and of
all: it leads to a page by no more steps than the page has lines, or a desk sees few of. Where these
are somebody else's, the newest of each of a desk's persons tell how far back it is enough to look.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from lianyi.access.model import MOST, Chart
from lianyi.records.fhir.terms import Code, Match, Search, Term
from lianyi.records.tables.filed import whole
from lianyi.records.tables.terms import Values


class Walk(StrEnum):
    """From the newest on, or from a place: of all, or of a desk's persons, unless they are many.

    A stretch is of all as well, and as long as who waits for a page has the patience.
    """

    ALL = "all"
    OWN = "own"
    STRETCH = "stretch"


SHORT = (Walk.ALL, Walk.OWN)  # of which a page comes, or something else is tried


EVERYTHING = "records.resource"
NEAR = 2000  # of the newest resources of a type
STRETCH = 20_000  # of these, for a page of what nothing leads to
FAR = 20_000  # of a code's, which an index alone tells whose they are
AMPLE = 250  # of those of a desk, and persons of whom one of these is
# The rows of older versions lead nowhere, and a code may stand in two elements. By `at` the planner
# knows that the order stays.
OF_CODE = """(SELECT r.* FROM (
    SELECT DISTINCT ON (k.at, k.fhir_id, k.version) k.* FROM {rows} AND k.owner = {owner}
    ORDER BY k.at DESC, k.fhir_id DESC, k.version) k
  JOIN records.resource r USING (owner, type, fhir_id, version, at) WHERE {whose})"""
NEWEST = """(SELECT k.* FROM {rows}
  ORDER BY k.at DESC, k.fhir_id DESC LIMIT {most})"""
# An instant and its owners lead to what is of both, whatever else it is. What is of one instant is
# taken as a whole: an order within it is not the index's.
BY_PLACE = """(SELECT r.* FROM (
    SELECT at, array_agg(owner) AS owners FROM ({places}) k GROUP BY at ORDER BY at DESC) k
  JOIN records.resource r USING (at) WHERE r.type = {type} AND r.owner = ANY (k.owners))"""
# All parts are, and so says the index that is meant.
OF_ALL = f"""SELECT k.at, k.owner FROM (SELECT k.at, k.owner FROM {{rows}} AND k.part >= 0
    ORDER BY k.at DESC FETCH FIRST {FAR} ROWS WITH TIES) k WHERE {{whose}}"""
# So many persons have one that is as new as `since`; of each no more are read than of all.
OF_EACH = f"""WITH its AS MATERIALIZED (
    SELECT DISTINCT id FROM ({{owners}}) AS one (id) LIMIT {MOST + 1}),
  each AS MATERIALIZED (
    SELECT id, (SELECT k.at FROM {{rows}} AND k.owner = its.id ORDER BY k.at DESC LIMIT 1) AS at
    FROM its WHERE (SELECT count(*) FROM its) <= {MOST}),
  near AS MATERIALIZED (SELECT * FROM each WHERE at IS NOT NULL
    ORDER BY at DESC FETCH FIRST {AMPLE} ROWS WITH TIES),
  since AS MATERIALIZED (
    SELECT CASE WHEN count(*) >= {AMPLE} THEN min(at) ELSE '-infinity' END AS at FROM near)
  SELECT k.at, k.owner FROM near, LATERAL (
    SELECT k.at, k.owner FROM {{rows}} AND k.owner = near.id AND k.at >= (SELECT at FROM since)
    ORDER BY k.at DESC FETCH FIRST {AMPLE} ROWS WITH TIES) k
  ORDER BY k.at DESC FETCH FIRST {AMPLE} ROWS WITH TIES"""


def of(
    search: Search, values: Values, walk: Walk | None = None, after: Sequence[str] = ()
) -> tuple[str, Search]:
    """Return SQL for the rows to look at, and what of the search is still to be asked of them.

    `walk`: of some alone, which are the newest or those `after` a place; else all that may answer.
    """
    if walk:
        return _walked(search, values, walk, after), search
    chart = values.reach if search.is_personal and isinstance(values.reach, Chart) else None
    led = _led(search) if chart else None
    if chart is None or led is None:
        return EVERYTHING, search
    term, code = led
    rows, whose = _coded(values.put(search.type), code, values), values.whose("k.owner")
    found = OF_CODE.format(rows=rows, owner=values.put(chart.person_id), whose=whose)
    return found, replace(search, terms=tuple(one for one in search.terms if one is not term))


def _walked(search: Search, values: Values, walk: Walk, after: Sequence[str]) -> str:
    type, led = values.put(search.type), None if walk is Walk.STRETCH else _led(search)
    rows = _coded(type, led[1], values) if led else f"records.resource k WHERE k.type = {type}"
    if walk is Walk.STRETCH or (walk is Walk.ALL and led is None):
        most = NEAR if walk is Walk.ALL else STRETCH
        return NEWEST.format(rows=rows + _behind(after, values), most=most)
    if after:
        rows += f" AND k.at <= {values.put(after[0])}::text::timestamptz"
    places = (
        OF_ALL.format(rows=rows, whose=values.whose("k.owner", "TRUE"))
        if walk is Walk.ALL
        else OF_EACH.format(rows=rows, owners=values.owners)
    )
    return BY_PLACE.format(places=places, type=type)


def stretch(search: Search, values: Values, after: Sequence[str] = ()) -> str:
    """Return SQL for the last row of a whole stretch."""
    rows = f"records.resource k WHERE k.type = {values.put(search.type)}{_behind(after, values)}"
    return NEWEST.format(rows=rows, most=f"1 OFFSET {STRETCH - 1}")


def _coded(type: str, code: str, values: Values) -> str:
    named = f"k.type = {type} AND k.name = 'code' AND k.value = {values.put(code)}"
    return f"records.token k WHERE {named}"


def _behind(after: Sequence[str], values: Values) -> str:
    if not after:
        return ""
    at, fhir_id = map(values.put, after)
    return f" AND (k.at, k.fhir_id) < ({at}::text::timestamptz, {fhir_id})"


def _led(search: Search) -> tuple[Term, str] | None:
    return next(filter(None, map(_code, search.terms)), None)


def _code(term: Term) -> tuple[Term, str] | None:
    """Return what the index of codes has, if a term asks for one code and no more."""
    if isinstance(term, Match) and (term.name, term.type, term.modifier) == ("code", "token", ""):
        found = whole(one for one in term.values if isinstance(one, Code))
        return (term, found[0]) if len(found) == len(term.values) == 1 else None
    return None
