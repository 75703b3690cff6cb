"""A FHIR search as a part of a WHERE. Every value is a parameter; names come from definitions.

What a term asks of another resource (a chain, `_has`) is asked of those only that the reader may
see, so that no answer tells of what is hidden.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from zoneinfo import ZoneInfo

from lianyi.access.model import Chart, Desk
from lianyi.access.model.parts import ANY_TYPE, Part
from lianyi.kernel.db import Statement, part_of
from lianyi.records.fhir import searches
from lianyi.records.fhir.terms import (
    Chain,
    Code,
    Ids,
    Match,
    Missing,
    Pair,
    Reverse,
    Size,
    Target,
    Term,
    Time,
    Updated,
    Value,
    Within,
)
from lianyi.records.fhir.values import plain
from lianyi.records.model import PUBLIC

TABLES = {
    "token": "token",
    "string": "word",
    "date": "moment",
    "number": "amount",
    "quantity": "amount",
    "reference": "link",
    "uri": "link",
}
SOUGHT = "r"  # a resource that is looked for
LIVES = 20  # persons all of whose resources are looked through
OF_ITSELF = (Match, Missing, Pair)  # what a version of a resource answers by what is filed of it
ALWAYS_THERE = frozenset({"_id", "_lastUpdated"})
PIECE = 2  # letters of a text that stand together in the index of what is inside
LAST = "\U0010ffff"  # sorts behind everything that begins alike
# Each says of `low`, by which an index goes, all it can: a span is never empty.
OF_TIME = {
    "eq": "({low} >= {a} AND {low} < {b} AND {high} <= {b})",
    "ne": "NOT ({low} >= {a} AND {high} <= {b})",
    "lt": "{low} < {a}",
    "gt": "{high} > {b}",
    "le": "{low} < {b}",
    "ge": "{high} > {a}",
    "sa": "{low} >= {b}",
    "eb": "({low} < {a} AND {high} <= {a})",
    "ap": "({low} < {b} AND {high} > {a})",
}
OF_SIZE = {
    "eq": "({k}.low >= {a} AND {k}.low < {b} AND {k}.high < {b})",
    "ne": "NOT ({k}.low >= {a} AND {k}.high < {b})",
    "lt": "{k}.low < {exact}",
    "gt": "{k}.high > {exact}",
    "le": "{k}.low <= {exact}",
    "ge": "{k}.high >= {exact}",
    "sa": "{k}.low > {exact}",
    "eb": "{k}.high < {exact}",
    "ap": "({k}.low <= {b} AND {k}.high >= {a})",
}


class Values:
    """The values of one statement, and names for the rows it goes over.

    `zone` is where a day is that a scope of an app speaks of. `few_of` is the type of the
    resources that are looked for, where few lead to them: a desk is asked about each of these.
    """

    def __init__(self, reach: Chart | Desk, zone: ZoneInfo, *, few_of: str = "") -> None:
        self.args: list[object] = []
        self._names = 0
        self.reach, self._zone, self.few_of = reach, zone, few_of

    def put(self, value: object) -> str:
        self.args.append(value)
        return f"${len(self.args)}"

    def part(self, of: Statement) -> str:
        """Take in another statement as a part of this one, with its values."""
        return part_of(of, self.args)

    def name(self) -> str:
        self._names += 1
        return f"k{self._names}"

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
        return _any(ways)

    def _answering(self, part: Part, row: str) -> str:
        search = searches.read(part.type, part.pairs, self._zone)
        if search.troubles or not all(isinstance(one, OF_ITSELF) for one in search.terms):
            return "FALSE"
        asked = [f"{row}.type = {self.put(part.type)}"]
        return " AND ".join([*asked, *(clause(term, row, self) for term in search.terms)])

    @cached_property
    def _seen(self) -> Callable[[str, dict[str, str]], str]:
        """Say whose rows are looked at, apart from what of them is shown.

        The latter stands in a CASE because it nearly always holds, which the planner can't know.
        """
        reach, public = self.reach, self.put(PUBLIC)
        at = len(self.args) + 1
        self.args.extend(reach.args)
        if isinstance(reach, Chart):
            own = self.put(reach.person_id)
            return lambda row, of: (
                f"{row}.owner IN ({public}, {own}) AND CASE WHEN {is_held(row, public)}"
                f" THEN {_admitted(reach, row, of, at)} ELSE true END"
            )
        shown = len(self.args) + 1
        self.args.extend(reach.shown)
        also = (public, self.put(reach.institution_id))
        how = {"by_part": True, "by_row": bool(self.few_of)}
        return lambda row, of: (
            f"{reach.sees(f'{row}.owner', at=at, also=also, **how)}"
            f" AND CASE WHEN {is_held(row, public)}"
            f" THEN {reach.admits(**of, at=shown)} ELSE true END"
        )


def is_held(row: str, public: str) -> str:
    """Return whether somebody holds a row who decides about it.

    Nobody does of what is everybody's, and of who a person is: all mean the same one, and whoever
    has a door to them sees whom it leads to.
    """
    return f"{row}.owner <> {public} AND ({row}.type <> 'Patient' OR {row}.holder_id <> {public})"


def _admitted(chart: Chart, row: str, of: dict[str, str], at: int) -> str:
    return chart.admits(**of, at_time=f"{row}.at", at=at, by_part=True)


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


def clause(term: Term, row: str, values: Values) -> str:
    """Return a term as SQL about the resource called `row`."""
    return CLAUSES[type(term)](term, row, values)


def _ids(term: Ids, row: str, values: Values) -> str:
    return f"{row}.fhir_id = ANY ({values.put(list(term.values))})"


def _updated(term: Updated, row: str, values: Values) -> str:
    at = f"{row}.recorded_at"
    return _any(_time(one, at, at, values) for one in term.values)


def leads(term: Term) -> bool:
    """Tell whether few resources lead to all that answers a term.

    To a person leads what there is about a life; to a hospital, half of all there is.
    """
    match term:
        case Match():
            return term.among is not None
        case Chain(type="Patient", term=Match(among=those)):
            return those is not None and len(those) <= LIVES
        case Reverse(term=Match(among=those)):
            return those is not None
        case _:
            return isinstance(term, Ids)


def _match(term: Match, row: str, values: Values) -> str:
    k = values.name()
    no = "NOT " if term.modifier == "not" else ""
    named = f"{k}.name = {values.put(term.name)} AND {wanted(term, k, values)}"
    those = (
        f"{row}.fhir_id = ANY ({values.put(list(term.among))}) AND "
        if term.among is not None
        else ""
    )
    return f"{those}{no}EXISTS ({_from(term.type, k, row)} AND {named})"


def _from(type: str, k: str, row: str) -> str:
    """Begin to look for what is filed of a resource's version."""
    return (
        f"SELECT FROM records.{TABLES[type]} {k} WHERE {k}.type = {row}.type"
        f" AND {k}.fhir_id = {row}.fhir_id AND {k}.version = {row}.version"
    )


def _within(term: Within, row: str, values: Values) -> str:
    k = values.name()
    named = f"{k}.name = ANY ({values.put(list(term.names))})"
    there = _target(term.target, "", k, values)
    return f"EXISTS ({_from('reference', k, row)} AND {named} AND {there})"


def _missing(term: Missing, row: str, values: Values) -> str:
    if term.name in ALWAYS_THERE:
        return str(not term.is_missing)
    k = values.name()
    no = "NOT " if term.is_missing else ""
    return f"{no}EXISTS ({_from(term.type, k, row)} AND {k}.name = {values.put(term.name)})"


def _pair(term: Pair, row: str, values: Values) -> str:
    names = [values.name() for _ in term.names]
    first, *others = names
    joins = " ".join(
        f"JOIN records.{TABLES[type]} {k} ON {k}.type = {first}.type"
        f" AND {k}.fhir_id = {first}.fhir_id AND {k}.version = {first}.version"
        f" AND {k}.part = {first}.part AND {k}.name = {values.put(name)}"
        for k, type, name in zip(others, term.types[1:], term.names[1:], strict=True)
    )
    wanted = _any(
        " AND ".join(
            _value(type, "", value, k, values)
            for type, value, k in zip(term.types, given, names, strict=True)
        )
        for given in term.rows
    )
    start = _from(term.types[0], first, row).replace(" WHERE ", f" {joins} WHERE ", 1)
    return f"EXISTS ({start} AND {first}.name = {values.put(term.names[0])} AND {wanted})"


def _chain(term: Chain, row: str, values: Values) -> str:
    if row == SOUGHT and values.few_of and leads(term):
        return _chain_led(term, row, values)
    k, target = values.name(), values.name()
    start = _from("reference", k, row).replace(
        " WHERE ",
        f" JOIN records.resource {target} ON {target}.type = {k}.to_type"
        f" AND {target}.fhir_id = {k}.to_id WHERE ",
        1,
    )
    return (
        f"EXISTS ({start} AND {k}.name = {values.put(term.name)}"
        f" AND {k}.to_type = {values.put(term.type)} AND {values.seen(target)}"
        f" AND {clause(term.term, target, values)})"
    )


def _chain_led(term: Chain, row: str, values: Values) -> str:
    """Return a chain that begins at its end, in an order that no planner can change."""
    first, k, target = values.name(), values.name(), values.name()
    name, type = values.put(term.name), values.put(term.type)
    those = (
        f"ARRAY(SELECT {target}.fhir_id FROM records.resource {target} WHERE {target}.type = {type}"
        f" AND {values.seen(target)} AND {clause(term.term, target, values)})"
    )

    def there(k: str) -> str:
        return f"{k}.name = {name} AND {k}.to_type = {type} AND {k}.to_id = ANY ({those})"

    return (
        f"{row}.fhir_id = ANY (ARRAY(SELECT {first}.fhir_id FROM records.link {first}"
        f" WHERE {first}.type = {values.put(values.few_of)} AND {there(first)}))"
        f" AND EXISTS ({_from('reference', k, row)} AND {there(k)})"
    )


def _reverse(term: Reverse, row: str, values: Values) -> str:
    k, source = values.name(), values.name()
    is_led = row == SOUGHT and values.few_of and leads(term)
    to_type = values.put(values.few_of) if is_led else f"{row}.type"
    here = (
        f"FROM records.link {k} JOIN records.resource {source}"
        f" ON {source}.type = {k}.type AND {source}.fhir_id = {k}.fhir_id"
        f" AND {source}.version = {k}.version"
        f" WHERE {k}.to_type = {to_type}"
        f" AND {k}.type = {values.put(term.type)} AND {k}.name = {values.put(term.name)}"
        f" AND {values.seen(source)} AND {clause(term.term, source, values)}"
    )
    if is_led:  # it begins with these, whatever a planner thinks of it
        return f"{row}.fhir_id = ANY (ARRAY(SELECT DISTINCT {k}.to_id {here}))"
    return f"EXISTS (SELECT {here} AND {k}.to_id = {row}.fhir_id)"


def wanted(term: Match, k: str, values: Values) -> str:
    """Return what must hold of what is filed."""
    if term.type == "token":
        return _codes([one for one in term.values if isinstance(one, Code)], k, values)
    return _any(_value(term.type, term.modifier, one, k, values) for one in term.values)


def _value(type: str, modifier: str, value: Value, k: str, values: Values) -> str:
    match value:
        case Code():
            return _codes([value], k, values)
        case Time():
            return _time(value, f"{k}.low", f"{k}.high", values)
        case Size():
            return _size(value, k, values)
        case Target():
            return _target(value, modifier, k, values)
        case str():
            return _word(value, modifier, k, values)


def _codes(codes: Sequence[Code], k: str, values: Values) -> str:
    """Codes with their system are compared all at once."""
    plain_ones = [one for one in codes if one.code and one.system is not None and not one.begins]
    whole = [f"{one.system}|{one.code}" for one in plain_ones]
    parts = [f"{k}.value = ANY ({values.put(whole)})"] if whole else []
    for one in codes:
        if one.system is None:
            code = f"substr({k}.value, strpos({k}.value, '|') + 1)"
            parts.append(f"{code} = {values.put(one.code or '')}")
        elif one.code is None or one.begins:
            parts.append(_beginning(f"{k}.value", f"{one.system}|{one.code or ''}", values))
    return _any(parts)


def _beginning(column: str, text: str, values: Values) -> str:
    return f"({column} >= {values.put(text)} AND {column} < {values.put(text + LAST)})"


def _word(text: str, modifier: str, k: str, values: Values) -> str:
    if modifier == "exact":
        return f"{k}.exact = {values.put(text)}"
    if modifier == "contains":
        return _inside(plain(text), k, values)
    return _beginning(f"{k}.value", plain(text), values)


def _inside(text: str, k: str, values: Values) -> str:
    """Look for a text by its pieces, which an index has, and only then letter by letter."""
    held = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    whole = f"{k}.value LIKE {values.put(f'%{held}%')}"
    if len(text) < PIECE and text.isascii():
        return whole
    pieces = f"records.pieces({k}.value) @> records.pieces({values.put(text)})"
    return f"({k}.name NOT LIKE '%:text' AND {pieces} AND {whole})"  # as the index says it


def _time(time: Time, low: str, high: str, values: Values) -> str:
    form = OF_TIME[time.prefix]
    given = {"a": time.low, "b": time.high}
    used = {name: values.put(value) for name, value in given.items() if f"{{{name}}}" in form}
    return form.format(low=low, high=high, **used)


def _size(size: Size, k: str, values: Values) -> str:
    given = {"a": size.low, "b": size.high, "exact": size.exact}
    form = OF_SIZE[size.prefix]
    used = {name: values.put(value) for name, value in given.items() if f"{{{name}}}" in form}
    parts = [form.format(k=k, **used)]
    if size.system:
        parts.append(f"{k}.system = {values.put(size.system)}")
    if size.unit:
        unit = values.put(size.unit)
        parts.append(f"({k}.code = {unit} OR {k}.unit = {unit})")
    return f"({' AND '.join(parts)})"


def _target(target: Target, modifier: str, k: str, values: Values) -> str:
    if modifier == "below":
        return f"({k}.to_type = '' AND {_beginning(f'{k}.to_id', target.id, values)})"
    if modifier == "above":
        steps = target.id.split("/")
        above = ["/".join(steps[: n + 1]) for n in range(len(steps))]
        return f"({k}.to_type = '' AND {k}.to_id = ANY ({values.put(above)}))"
    typed = f"{k}.to_type = {values.put(target.type)} AND " if target.type else ""
    return f"({typed}{k}.to_id = {values.put(target.id)})"


def _any(parts: Iterable[str]) -> str:
    return f"({' OR '.join(parts)})"


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
