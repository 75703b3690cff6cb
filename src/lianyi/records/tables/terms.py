"""A FHIR search as a part of a WHERE. Every value is a parameter; names come from definitions.

What a term asks of another resource (a chain, `_has`) is asked of those only that the reader may
see, so that no answer tells of what is hidden.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from zoneinfo import ZoneInfo

from lianyi.access.model import Chart, Desk
from lianyi.access.model.parts import ANY_TYPE, Part
from lianyi.records.fhir import searches
from lianyi.records.fhir.index import under
from lianyi.records.fhir.terms import (
    Chain,
    Few,
    Ids,
    Match,
    Missing,
    Pair,
    Reverse,
    Term,
    Those,
    Updated,
    Within,
)
from lianyi.records.model import PUBLIC
from lianyi.records.tables.filed import (
    TABLES,
    Args,
    any_of,
    is_at,
    is_target,
    is_value,
    named,
    wanted,
)

SOUGHT = "r"  # a resource that is looked for
LIVES = 20  # persons all of whose resources are looked through
OF_ITSELF = (Match, Missing, Pair)  # what a version of a resource answers by what is filed of it
ALWAYS_THERE = frozenset({"_id", "_lastUpdated"})


class Values(Args):
    """The values of one search, and who asks it.

    `zone` is where a day is that a scope of an app speaks of. `few_of` is the type of the
    resources that are looked for, where few lead to them: a desk is asked about each of these.
    """

    def __init__(self, reach: Chart | Desk, zone: ZoneInfo, *, few_of: str = "") -> None:
        super().__init__()
        self.reach, self._zone, self.few_of = reach, zone, few_of
        self.presumed: dict[tuple[str, Match], str] = {}  # what few are presumed to have: by a name
        self.beside: tuple[Term, ...] = ()  # what else is asked of what a chain leads to

    def seen(self, row: str) -> str:
        """Return the part that keeps what this reader may see of a row, and what is everybody's."""
        return f"NOT {row}.in_error AND {self.shown(row)}"

    def shown(self, row: str, version: str = "") -> str:
        """Return the same for what was entered in error too, or for a version as it was."""
        return f"{self.admitted(row, version)} AND {self.kept(version or row)}"

    def admitted(self, row: str, version: str = "") -> str:
        """Return the part that the doors alone ask, whatever an app's scopes leave."""
        return self._seen(row, _of_version(row, version) if version else _of(row))

    def kept(self, row: str) -> str:
        """Return the part that keeps what an app's scopes leave, also of what is everybody's.

        INT-04. What a scope asks is answered by the resource itself; any other leaves nothing.
        """
        only = self.reach.only
        if only is None:
            return "TRUE"
        whole = [part.type for part in only if not part.query]
        if ANY_TYPE in whole:
            return "TRUE"
        ways = [f"{row}.type = ANY ({self.put(whole)}::text[])"]
        ways += [self._answering(part, row) for part in only if part.query]
        return any_of(ways)

    def _answering(self, part: Part, row: str) -> str:
        search = searches.read(part.type, part.pairs, self._zone)
        of_itself = (*OF_ITSELF, Ids)
        if search.troubles or not all(isinstance(one, of_itself) for one in search.terms):
            return "FALSE"
        asked = [f"{row}.type = {self.put(part.type)}"]
        return " AND ".join(
            [*asked, *(clause(term, part.type, row, self) for term in search.terms)]
        )

    def _seen(self, row: str, of: dict[str, str]) -> str:
        """Say whose rows are looked at, apart from what of them is shown.

        The latter stands in a CASE because it nearly always holds, which the planner can't know.
        """
        return (
            f"{self.whose(f'{row}.owner')} AND CASE WHEN {is_held(row, self._public)}"
            f" THEN {self._admitted(row, of)} ELSE true END"
        )

    @cached_property
    def whose(self) -> Callable[..., str]:
        """Keep, of the owners in a column, those whose resources this reader may see at all.

        That column is the first argument; the second may be SQL that says whether it is long.
        """
        reach, public = self.reach, self._public
        if isinstance(reach, Chart):
            own = self.put(reach.person_id)
            return lambda owner, _="": f"{owner} IN ({public}, {own})"
        at, also, few = self._asked_at, (public, self._institution), bool(self.few_of)
        return lambda owner, many="": reach.sees(
            owner, at=at, also=also, by_part=True, by_row=few, many=many
        )

    @cached_property
    def owners(self) -> str:
        """Return SQL for the owners in whose resources a desk looks, whoever else is everybody."""
        assert isinstance(self.reach, Desk)  # noqa: S101 - a chart has one
        also = (f" UNION ALL SELECT {one}::uuid" for one in (self._public, self._institution))
        return self.reach.ids(self._asked_at) + "".join(also)

    @cached_property
    def _asked_at(self) -> int:
        at = len(self.args) + 1
        self.args.extend(self.reach.args)
        return at

    @cached_property
    def _institution(self) -> str:
        assert isinstance(self.reach, Desk)  # noqa: S101 - a chart is of no one's
        return self.put(self.reach.institution_id)

    @cached_property
    def _admitted(self) -> Callable[[str, dict[str, str]], str]:
        reach, at = self.reach, len(self.args) + 1
        if isinstance(reach, Chart):
            self.args.extend(reach.args)
            return lambda row, of: reach.admits(**of, at_time=f"{row}.at", at=at, by_part=True)
        self.args.extend(reach.shown)
        return lambda _, of: reach.admits(**of, at=at)

    @cached_property
    def _public(self) -> str:
        return self.put(PUBLIC)


def is_held(row: str, public: str) -> str:
    """Return whether somebody holds a row who decides about it.

    Nobody does of what is everybody's, and of who a person is: all mean the same one, and whoever
    has a door to them sees whom it leads to.
    """
    return f"{row}.owner <> {public} AND ({row}.type <> 'Patient' OR {row}.holder_id <> {public})"


def _of(row: str) -> dict[str, str]:
    """Name what the doors ask of a resource."""
    return {
        "holder": f"{row}.holder_id",
        "classes": f"{row}.classes",
        "released": f"{row}.released_at IS NOT NULL",
    }


def _of_version(row: str, version: str) -> dict[str, str]:
    """Name the same of a version, which was released or withheld in its own time."""
    now = f"{version}.version = {row}.version AND {row}.released_at IS NOT NULL"
    return {
        "holder": f"{row}.holder_id",
        "classes": f"({version}.classes || {row}.classes)",
        "released": f"({version}.released OR ({now}))",
    }


def clause(term: Term, type: str, row: str, values: Values) -> str:
    """Return a term as SQL about the resource called `row`, which is of a type."""
    return CLAUSES[term.__class__](term, type, row, values)


def _ids(term: Ids, _: str, row: str, values: Values) -> str:
    if len(term.values) == 1:  # which the planner knows to be one
        return f"{row}.fhir_id = {values.put(term.values[0])}"
    return f"{row}.fhir_id = ANY ({values.put(list(term.values))})"


def _updated(term: Updated, _: str, row: str, values: Values) -> str:
    at = f"{row}.recorded_at"
    return any_of(is_at(one, at, at, values) for one in term.values)


def leads(term: Term) -> bool:
    """Tell whether few resources lead to all that answers a term.

    To a person leads what there is about a life; to a hospital, half of all there is.
    """
    match term:
        case Match():
            return term.among is not None
        case Chain(type="Patient", term=Match(among=Those() as those)):
            return len(those.ids) <= LIVES
        case Chain(type="Patient", term=Match(among=Few() as few)):
            return few.most <= LIVES
        case Reverse(term=Match(among=those)):
            return those is not None
        case _:
            return isinstance(term, Ids)


def _match(term: Match, type: str, row: str, values: Values) -> str:
    if term.among is not None:
        return _among(type, term, row, values)
    k = values.name()
    no = "NOT " if term.modifier == "not" else ""
    asked = f"{named(type, term.name, k, values)} AND {wanted(term, k, values)}"
    return f"{no}{_is_there(f'{_from(term.type, k, row)} AND {asked}', values)}"


def _among(type: str, term: Match, row: str, values: Values) -> str:
    """Return what an index goes by, and what tells a version from those before and after it."""
    if isinstance(term.among, Those):
        ids, versions = values.put(list(term.among.ids)), values.put(list(term.among.versions))
    else:
        few = values.presumed.setdefault((type, term), values.name())
        ids, versions = (f"(SELECT {few}.{column} FROM {few})" for column in ("ids", "versions"))
    given = f"SELECT * FROM unnest({ids}::text[], {versions}::int[])"
    # Within COALESCE it is a table to look into; a planner would else make it the beginning.
    is_it = f"coalesce(({row}.fhir_id, {row}.version) IN ({given}), false)"
    return f"{row}.fhir_id = ANY ({ids}::text[]) AND {is_it}"


def _is_there(what: str, values: Values) -> str:
    """Say that there is something, for each row of few by itself: an EXISTS may be read first.

    A planner that knows no values takes what many have for what few have.
    """
    if values.few_of:
        return f"coalesce((SELECT true {what} LIMIT 1), false)"
    return f"EXISTS (SELECT {what})"


def _from(type: str, k: str, row: str) -> str:
    """Begin to look for what is filed of a resource's version."""
    return (
        f"FROM records.{TABLES[type]} {k} WHERE {k}.type = {row}.type"
        f" AND {k}.fhir_id = {row}.fhir_id AND {k}.version = {row}.version"
    )


def _within(term: Within, type: str, row: str, values: Values) -> str:
    k = values.name()
    names = {name for one in term.names for name in under(type, one).names}
    by_one = f"{k}.name = ANY ({values.put(sorted(names))})"
    there = is_target(term.target, "", k, values)
    return _is_there(f"{_from('reference', k, row)} AND {by_one} AND {there}", values)


def _missing(term: Missing, type: str, row: str, values: Values) -> str:
    if term.name in ALWAYS_THERE:
        return str(not term.is_missing)
    k = values.name()
    no = "NOT " if term.is_missing else ""
    by = named(type, term.name, k, values)
    return f"{no}{_is_there(f'{_from(term.type, k, row)} AND {by}', values)}"


def _pair(term: Pair, of: str, row: str, values: Values) -> str:
    names = [values.name() for _ in term.names]
    first, *others = names
    joins = " ".join(
        f"JOIN records.{TABLES[type]} {k} ON {k}.type = {first}.type"
        f" AND {k}.fhir_id = {first}.fhir_id AND {k}.version = {first}.version"
        f" AND {k}.part = {first}.part AND {named(of, name, k, values)}"
        for k, type, name in zip(others, term.types[1:], term.names[1:], strict=True)
    )
    wanted = any_of(
        " AND ".join(
            is_value(type, "", value, k, values)
            for type, value, k in zip(term.types, given, names, strict=True)
        )
        for given in term.rows
    )
    start = _from(term.types[0], first, row).replace(" WHERE ", f" {joins} WHERE ", 1)
    by = named(of, term.names[0], first, values)
    return _is_there(f"{start} AND {by} AND {wanted}", values)


def _chain(term: Chain, type: str, row: str, values: Values) -> str:
    if row == SOUGHT and values.few_of and leads(term):
        return _chain_led(term, type, row, values)
    k, target = values.name(), values.name()
    start = _from("reference", k, row).replace(
        " WHERE ",
        f" JOIN records.resource {target} ON {target}.type = {k}.to_type"
        f" AND {target}.fhir_id = {k}.to_id WHERE ",
        1,
    )
    what = (
        f"{start} AND {named(type, term.name, k, values)}"
        f" AND {k}.to_type = {values.put(term.type)} AND {values.seen(target)}"
        f" AND {clause(term.term, term.type, target, values)}"
    )
    return _is_there(what, values)


def _chain_led(term: Chain, of: str, row: str, values: Values) -> str:
    """Return a chain that begins at its end, in an order that no planner can change."""
    first, k, target = values.name(), values.name(), values.name()
    type = values.put(term.type)
    those = (
        f"ARRAY(SELECT {target}.fhir_id FROM records.resource {target} WHERE {target}.type = {type}"
        f" AND {values.seen(target)} AND {clause(term.term, term.type, target, values)})"
    )

    def there(k: str) -> str:
        by = named(of, term.name, k, values)
        return f"{by} AND {k}.to_type = {type} AND {k}.to_id = ANY ({those})"

    here = f"{_from('reference', k, row)} AND {there(k)}"
    also = "".join(f" AND {clause(one, of, first, values)}" for one in values.beside)
    return (
        f"{row}.fhir_id = ANY (ARRAY(SELECT {first}.fhir_id FROM records.link {first}"
        f" WHERE {first}.type = {values.put(values.few_of)} AND {there(first)}{also}))"
        f" AND {_is_there(here, values)}"
    )


def _reverse(term: Reverse, _: str, row: str, values: Values) -> str:
    k, source = values.name(), values.name()
    is_led = row == SOUGHT and values.few_of and leads(term)
    to_type = values.put(values.few_of) if is_led else f"{row}.type"
    here = (
        f"FROM records.link {k} JOIN records.resource {source}"
        f" ON {source}.type = {k}.type AND {source}.fhir_id = {k}.fhir_id"
        f" AND {source}.version = {k}.version"
        f" WHERE {k}.to_type = {to_type}"
        f" AND {k}.type = {values.put(term.type)} AND {named(term.type, term.name, k, values)}"
        f" AND {values.seen(source)} AND {clause(term.term, term.type, source, values)}"
    )
    if is_led:  # it begins with these, whatever a planner thinks of it
        return f"{row}.fhir_id = ANY (ARRAY(SELECT DISTINCT {k}.to_id {here}))"
    return _is_there(f"{here} AND {k}.to_id = {row}.fhir_id", values)


CLAUSES: Mapping[type, Callable[..., str]] = {
    Match: _match,
    Within: _within,
    Missing: _missing,
    Pair: _pair,
    Chain: _chain,
    Reverse: _reverse,
    Ids: _ids,
    Updated: _updated,
}
