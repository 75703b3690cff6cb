"""Where a search begins to look: among all there is, among the newest of a type, or of a code.

What something is (`code`) stands in an index of its own, the newest first, of each person's and of
all: it leads to a page by no more steps than the page has lines, or a desk sees few of.
"""

from collections.abc import Sequence
from dataclasses import replace

from lianyi.access.model import Chart
from lianyi.records.fhir.terms import Code, Match, Search, Term
from lianyi.records.tables.filed import whole
from lianyi.records.tables.terms import Values

EVERYTHING = "records.resource"
OF_TYPE = """(SELECT k.* FROM records.resource k WHERE k.type = {type}{behind}
  ORDER BY k.at DESC, k.fhir_id DESC LIMIT {near})"""
# The rows of older versions lead nowhere, and a code may stand in two elements. By `at` the planner
# knows that the order stays.
OF_CODE = """(SELECT r.* FROM (
    SELECT DISTINCT ON (k.at, k.fhir_id, k.version) k.* FROM records.token k
    WHERE k.type = {type} AND k.name = 'code' AND k.value = {code}{of}{behind}
    ORDER BY k.at DESC, k.fhir_id DESC, k.version{most}) k
  JOIN records.resource r USING (owner, type, fhir_id, version, at) WHERE {whose})"""


def of(
    search: Search, values: Values, near: int = 0, after: Sequence[str] = ()
) -> tuple[str, Search]:
    """Return SQL for the rows to look at, and what of the search is still to be asked of them.

    `near`: of so many alone, the newest or those `after` a place; else all that may answer.
    """
    chart = values.reach if search.is_personal and isinstance(values.reach, Chart) else None
    led = next(filter(None, map(_code, search.terms)), None) if near or chart else None
    behind = _behind(after, values) if near and after else ""
    if led is None:
        if not near:
            return EVERYTHING, search
        return OF_TYPE.format(type=values.put(search.type), behind=behind, near=near), search
    term, code = led
    rows = OF_CODE.format(
        type=values.put(search.type),
        code=values.put(code),
        of=f" AND k.owner = {values.put(chart.person_id)}" if chart else "",
        behind=behind,
        most=f" LIMIT {near}" if near else "",
        whose=values.whose("k.owner"),
    )
    return rows, replace(search, terms=tuple(one for one in search.terms if one is not term))


def _behind(after: Sequence[str], values: Values) -> str:
    at, fhir_id = map(values.put, after)
    return f" AND (k.at, k.fhir_id) < ({at}::text::timestamptz, {fhir_id})"


def _code(term: Term) -> tuple[Term, str] | None:
    """Return what the index of codes has, if a term asks for one code and no more."""
    if isinstance(term, Match) and (term.name, term.type, term.modifier) == ("code", "token", ""):
        found = whole(one for one in term.values if isinstance(one, Code))
        return (term, found[0]) if len(found) == len(term.values) == 1 else None
    return None
