"""Where a search begins to look: among all there is, among the newest of a type, or of a code.

What something is (`code`) stands in an index of its own, the newest first, of each person's and of
all: it leads to a page by no more steps than the page has lines, or a desk sees few of.
"""

from dataclasses import replace

from lianyi.access.model import Chart
from lianyi.records.fhir.terms import Code, Match, Search, Term
from lianyi.records.tables.filed import whole
from lianyi.records.tables.terms import Values

EVERYTHING = "records.resource"
OF_TYPE = """(SELECT * FROM records.resource WHERE type = {type}
  ORDER BY at DESC, fhir_id DESC LIMIT {near})"""
# The rows of older versions lead nowhere, and a code may stand in two elements. By `at` the planner
# knows that the order stays.
OF_CODE = """(SELECT r.* FROM (
    SELECT DISTINCT ON (k.at, k.fhir_id, k.version) k.* FROM records.token k
    WHERE k.type = {type} AND k.name = 'code' AND k.value = {code}{of}
    ORDER BY k.at DESC, k.fhir_id DESC, k.version{most}) k
  JOIN records.resource r USING (owner, type, fhir_id, version, at) WHERE {whose})"""


def of(search: Search, values: Values, near: int) -> tuple[str, Search]:
    """Return SQL for the rows to look at, and what of the search is still to be asked of them.

    `near`: of the newest so many alone, else all that may answer.
    """
    chart = values.reach if search.is_personal and isinstance(values.reach, Chart) else None
    led = next(filter(None, map(_code, search.terms)), None) if near or chart else None
    if led is None:
        of_type = OF_TYPE.format(type=values.put(search.type), near=near) if near else ""
        return of_type or EVERYTHING, search
    term, code = led
    rows = OF_CODE.format(
        type=values.put(search.type),
        code=values.put(code),
        of=f" AND k.owner = {values.put(chart.person_id)}" if chart else "",
        most=f" LIMIT {near}" if near else "",
        whose=values.whose("k.owner"),
    )
    return rows, replace(search, terms=tuple(one for one in search.terms if one is not term))


def _code(term: Term) -> tuple[Term, str] | None:
    """Return what the index of codes has, if a term asks for one code and no more."""
    if isinstance(term, Match) and (term.name, term.type, term.modifier) == ("code", "token", ""):
        found = whole(one for one in term.values if isinstance(one, Code))
        return (term, found[0]) if len(found) == len(term.values) == 1 else None
    return None
