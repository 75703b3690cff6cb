"""What is filed of a resource, held against what is asked of it. Every value is a parameter."""

from collections.abc import Iterable, Sequence

from lianyi.records.fhir.index import under
from lianyi.records.fhir.terms import Code, Match, Size, Target, Time, Value
from lianyi.records.fhir.values import plain

TABLES = {
    "token": "token",
    "string": "word",
    "date": "moment",
    "number": "amount",
    "quantity": "amount",
    "reference": "link",
    "uri": "link",
}
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


class Args:
    """The values of one statement, and names for the rows it goes over."""

    def __init__(self) -> None:
        self.args: list[object] = []
        self._names = 0

    def put(self, value: object) -> str:
        self.args.append(value)
        return f"${len(self.args)}"

    def name(self) -> str:
        self._names += 1
        return f"k{self._names}"


def named(type: str, name: str, k: str, values: Args) -> str:
    """Return what says that a row holds a value of a parameter of a type."""
    names, target = under(type, name)
    one = len(names) == 1
    is_it = f"{k}.name = {values.put(names[0])}" if one else f"{k}.name = ANY ({values.put(names)})"
    # No index goes by this: it would begin with all that leads to a person, to find one row of it.
    return f"{is_it} AND {k}.to_type || '' = {values.put(target)}" if target else is_it


def wanted(term: Match, k: str, values: Args) -> str:
    """Return what must hold of what is filed."""
    if term.type == "token":
        return _codes([one for one in term.values if isinstance(one, Code)], k, values)
    return any_of(is_value(term.type, term.modifier, one, k, values) for one in term.values)


def is_value(type: str, modifier: str, value: Value, k: str, values: Args) -> str:
    match value:
        case Code():
            return _codes([value], k, values)
        case Time():
            return is_at(value, f"{k}.low", f"{k}.high", values)
        case Size():
            return _size(value, k, values)
        case Target():
            return is_target(value, modifier, k, values)
        case str():
            return _word(value, modifier, k, values)


def _codes(codes: Sequence[Code], k: str, values: Args) -> str:
    """Codes with their system are compared all at once."""
    named = whole(codes)
    parts = [f"{k}.value = ANY ({values.put(named)})"] if named else []
    for one in codes:
        if one.system is None:
            code = f"substr({k}.value, strpos({k}.value, '|') + 1)"
            parts.append(f"{code} = {values.put(one.code or '')}")
        elif one.code is None or one.begins:
            parts.append(_beginning(f"{k}.value", f"{one.system}|{one.code or ''}", values))
    return any_of(parts)


def whole(codes: Iterable[Code]) -> list[str]:
    """Return as they are filed what of codes is one code of one system."""
    alone = (one for one in codes if one.code and one.system is not None and not one.begins)
    return [f"{one.system}|{one.code}" for one in alone]


def _beginning(column: str, text: str, values: Args) -> str:
    return f"({column} >= {values.put(text)} AND {column} < {values.put(text + LAST)})"


def _word(text: str, modifier: str, k: str, values: Args) -> str:
    if modifier == "exact":
        return f"{k}.exact = {values.put(text)}"
    if modifier == "contains":
        return _inside(plain(text), k, values)
    return _beginning(f"{k}.value", plain(text), values)


def _inside(text: str, k: str, values: Args) -> str:
    """Look for a text by its pieces, which an index has, and only then letter by letter."""
    held = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    whole = f"{k}.value LIKE {values.put(f'%{held}%')}"
    if not has_pieces(text):
        return whole
    pieces = f"records.pieces({k}.value) @> records.pieces({values.put(text)})"
    return f"({k}.name NOT LIKE '%:text' AND {pieces} AND {whole})"  # as the index says it


def has_pieces(text: str) -> bool:
    """Tell whether an index has the pieces of a text."""
    return len(plain(text)) >= PIECE or not plain(text).isascii()


def is_at(time: Time, low: str, high: str, values: Args) -> str:
    form = OF_TIME[time.prefix]
    given = {"a": time.low, "b": time.high}
    used = {name: values.put(value) for name, value in given.items() if f"{{{name}}}" in form}
    return form.format(low=low, high=high, **used)


def _size(size: Size, k: str, values: Args) -> str:
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


def is_target(target: Target, modifier: str, k: str, values: Args) -> str:
    if modifier == "below":
        return f"({k}.to_type = '' AND {_beginning(f'{k}.to_id', target.id, values)})"
    if modifier == "above":
        steps = target.id.split("/")
        above = ["/".join(steps[: n + 1]) for n in range(len(steps))]
        return f"({k}.to_type = '' AND {k}.to_id = ANY ({values.put(above)}))"
    typed = f"{k}.to_type = {values.put(target.type)} AND " if target.type else ""
    return f"({typed}{k}.to_id = {values.put(target.id)})"


def any_of(parts: Iterable[str]) -> str:
    return f"({' OR '.join(parts)})"
