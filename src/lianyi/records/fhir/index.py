"""What a body is found by: the values of every search parameter of its type (FHIR R4, 3.1.1.4).

The build compiles the parameters into paths (tools/searching.py). Those of a type are joined into a
tree, so that a body is walked along once, wherever many parameters lead. `part` tells the values of
one element from those of its brothers, so that a composite parameter can ask for both on the same.

What reads nothing but what others read is filed under their names alone (`under`): a `patient` is
a `subject` that is a Patient, and a `combo-code` is a `code` or a `component-code`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from lianyi.records.fhir import values
from lianyi.records.fhir.values import Leaf, Read
from lianyi.records.model import Found, Token

Json: TypeAlias = Any
BUILT = Path(__file__).parent.parent / "rules/build/search.json"  # by tools/searching.py
WHOLE = 1  # the part that all is of, so that what is said twice is filed once


class Trail(msgspec.Struct, frozen=True):
    """How a value is reached: members and what they must say, and of which type it then is."""

    steps: list[str | dict[str, str]]
    kind: str
    is_: str = msgspec.field(name="is", default="")
    systems: list[str] = []  # of a code, which goes by them without saying


class Parameter(msgspec.Struct, frozen=True):
    """One search parameter of one type."""

    type: str
    paths: list[Trail] = []
    parts: list[str] = []  # of a composite: the names of the parameters it joins
    targets: list[str] = []


class Under(NamedTuple):
    """By which names values are filed, and of links, to what alone they lead; empty: anything."""

    names: tuple[str, ...]
    target: str = ""


@dataclass(slots=True)
class Branch:
    """Where paths have come to: how a value is read here, and where they lead on."""

    leaves: list[tuple[Read, Leaf]] = field(default_factory=list)
    filters: list[tuple[dict[str, str], "Branch"]] = field(default_factory=list)
    members: dict[str, "Branch"] = field(default_factory=dict)


@cache
def parameters() -> Mapping[str, Mapping[str, Parameter]]:
    """Return every search parameter by type and name; nothing where they are not built."""
    try:
        return msgspec.json.decode(BUILT.read_bytes(), type=dict[str, dict[str, Parameter]])
    except FileNotFoundError:
        return {}


def under(type: str, name: str) -> Under:
    """Return where the values of a parameter are filed; a name may go on (`code:text`)."""
    bare, colon, further = name.partition(":")
    found = _shared(type).get(bare)
    if found is None:
        return Under((name,))
    names = tuple(f"{one}{colon}{further}" for one in found.names)
    return Under(names, "" if further else found.target)


@cache
def shared() -> Mapping[str, frozenset[str]]:
    """Return of each type the parameters that are filed under the names of others."""
    return {type: frozenset(found) for type in parameters() if (found := _shared(type))}


@cache
def _shared(type: str) -> Mapping[str, Under]:
    found: dict[str, Under] = {}
    read = {name: one for name, one in parameters().get(type, {}).items() if one.paths}
    for name, one in sorted(read.items(), key=lambda item: len(item[1].paths)):
        others = {n: other for n, other in read.items() if n not in found and n != name}
        if names := _targeted(one, others) or _joined(one, others):
            found[name] = names
    return found


def _targeted(one: Parameter, others: Mapping[str, Parameter]) -> Under | None:
    """Return which parameter reads the same links, whatever they lead to."""
    targets = {trail.is_ for trail in one.paths}
    if len(targets) > 1 or "" in targets or any(it.kind != "Reference" for it in one.paths):
        return None
    anywhere = {(steps, kind, "") for steps, kind, _ in _ways(one)}
    same = [n for n, other in others.items() if other.type == one.type and _ways(other) == anywhere]
    return Under((same[0],), targets.pop()) if same else None


def _joined(one: Parameter, others: Mapping[str, Parameter]) -> Under | None:
    """Return which parameters read the same between them, each of them less."""
    parts = {n: _ways(other) for n, other in others.items() if other.type == one.type}
    names = tuple(sorted(n for n, ways in parts.items() if ways < _ways(one)))
    read = {way for name in names for way in parts[name]}
    return Under(names) if read == _ways(one) else None


def _ways(one: Parameter) -> frozenset[tuple[bytes, str, str]]:
    return frozenset((msgspec.json.encode(it.steps), it.kind, it.is_) for it in one.paths)


def found_by(body: Mapping[str, Any], zone: ZoneInfo) -> tuple[Found, ...]:
    """Return the values a valid body is found by. Days without a clock are days of this zone."""
    type = body["resourceType"]
    found: list[Found] = []
    _follow(_tree(type), body, first_part(type), zone, found)
    if "deceased" in parameters().get(type, {}):
        found.append(Token("deceased", f"|{str(_is_dead(body)).lower()}"))
    return tuple(dict.fromkeys(found))


@cache
def first_part(type: str) -> int:
    """Return which part values are of before a list numbers them; no list does where none asks."""
    asks = any(one.parts for one in parameters().get(type, {}).values())
    return 0 if asks else WHOLE


def _follow(
    here: Branch, node: Mapping[str, Json], part: int, zone: ZoneInfo, found: list[Found]
) -> None:
    """Go where the paths lead on. The first list on the way numbers the parts."""
    for wanted, inner in here.filters:
        if wanted.items() <= node.items():
            _gather(inner, node, part, zone, found)
    members = here.members
    for member, held in node.items():
        if (branch := members.get(member)) is None:
            continue
        if held.__class__ is not list:
            _gather(branch, held, part, zone, found)
            continue
        for n, item in enumerate(held, 1):
            _gather(branch, item, part or n, zone, found)


def _gather(here: Branch, value: Json, part: int, zone: ZoneInfo, found: list[Found]) -> None:
    """Read what a path has led to."""
    if value is None:
        return
    for read, leaf in here.leaves:
        found += read(value, leaf, part, zone)
    if value.__class__ is dict and (here.members or here.filters):
        _follow(here, value, part, zone, found)


@cache
def _tree(type: str) -> Branch:
    """Return the paths of all parameters of a type, joined where they begin alike."""
    root = Branch()
    for name, parameter in parameters().get(type, {}).items():
        for trail in parameter.paths if name not in _shared(type) else ():
            if trail.steps:
                end = _end(root, trail)
                leaf = Leaf(name, trail.kind, trail.is_)
                end.leaves.append((values.reader(parameter.type, trail.kind), leaf))
    return root


def _end(here: Branch, trail: Trail) -> Branch:
    """Return where a path ends, and grow the tree so far."""
    for step in trail.steps:
        if isinstance(step, str):
            here = here.members.setdefault(step, Branch())
        else:
            here.filters.append((step, Branch()))
            here = here.filters[-1][1]
    return here


def _is_dead(body: Mapping[str, Any]) -> bool:
    return bool(body.get("deceasedDateTime") or body.get("deceasedBoolean", False))
