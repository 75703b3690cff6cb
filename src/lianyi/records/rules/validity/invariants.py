"""The invariants of FHIR R4 (`obs-6`, `dom-3`): a walk over what a body has, a law at a time.

The build compiles them (tools/invariants.py). A law holds only if it answers True: what FHIRPath
answers with nothing is broken, as in every validator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec
import orjson

from lianyi.records.model import Finding, Severity
from lianyi.records.rules.validity import narrative
from lianyi.records.rules.validity.paths import Node, Truth

BUILT = Path(__file__).parent.parent / "build/shapes.json"  # by tools/invariants.py
COMPILED = "lianyi.records.rules.build.laws"
# What these hold is a resource of its own, that its contained resources belong to.
OF_ITS_OWN = frozenset({"Bundle.entry", "Bundle.entry.response", "Parameters.parameter"})
RESOURCE, OWN, PRIMITIVE = "Resource", "own Resource", "Element"  # what is beside a primitive
RESOURCES = frozenset({RESOURCE, OWN})
LEADS_INSIDE = "ref-1"
Where: TypeAlias = tuple[Any, ...] | None  # the way back to the top: (where, member, number)
Holds: TypeAlias = Callable[[Node, Node, Node], Truth]
Known: TypeAlias = "Mapping[str, Shape]"


class Law(msgspec.Struct, frozen=True):
    """One invariant as it is published, and how it is kept: compiled, hand or slip."""

    key: str
    of: str  # the type or the path whose elements it speaks of
    profile: str  # which asks for it; empty where every resource must keep it
    severity: Severity
    human: str
    expression: str
    source: str


class _Written(msgspec.Struct, frozen=True):
    laws: list[str]
    members: dict[str, str]
    as_: str = msgspec.field(name="as", default="")


class _Book(msgspec.Struct, frozen=True):
    laws: dict[str, Law]
    shapes: dict[str, _Written]


@dataclass(slots=True)
class Shape:
    """What an element is: the laws of it, and the shapes of those members that have laws."""

    name: str
    is_beside: bool = False  # a primitive, for what has no place in its value
    is_resource: bool = False
    only: frozenset[str] | None = None  # the members without which there is nothing to look for
    laws: list[tuple[str, Holds]] = field(default_factory=list)
    members: dict[str, "Shape"] = field(default_factory=dict)


def broken(resource: Node, whole: bytes | None = None, *, warnings: bool = False) -> list[Finding]:
    """Return every invariant that a resource of a sound structure breaks, with its place.

    `whole` is the resource as compact JSON, from whoever has it at hand.
    """
    text = orjson.dumps(resource, default=str) if whole is None else whole
    known = shapes(warnings, bare=_is_bare(text), points=_points(text))
    if _is_sound(known, resource, known[RESOURCE], resource, resource):
        return []
    walk = Walk(known, [])
    walk.resource(resource, resource, None)
    type = str(resource["resourceType"])
    placed = sorted((_expression(type, where), name) for name, where in walk.found)
    return [
        Finding("invariant", where, laws()[name].key, laws()[name].severity)
        for where, name in placed
    ]


def laws() -> Mapping[str, Law]:
    """Return every invariant by its name, which is its key, or the key with a number."""
    return _book().laws


def text_of(key: str) -> str:
    """Return what HL7 says of an invariant, in English."""
    return next((law.human for law in laws().values() if law.key == key), "")


class Walk(NamedTuple):
    """One visit of a body: only what it has is looked at."""

    shapes: Mapping[str, Shape]
    found: list[tuple[str, Where]]

    def resource(self, node: Node, root: Node, where: Where) -> None:
        self.element(node, self.shapes[node["resourceType"]], node, root, where)

    def element(self, node: Node, shape: Shape, resource: Node, root: Node, where: Where) -> None:
        for name, holds in shape.laws:
            if not holds(node, resource, root):
                self.found.append((name, where))
        if not isinstance(node, dict):
            return
        if len(node) == 1 and "id" in node and shape.name != PRIMITIVE:
            self.found.append(("ele-1", where))
        members = shape.members
        for member, value in node.items():
            if (inner := members.get(member)) is None:
                continue
            if inner.name == PRIMITIVE and not _is_beside(node, member):
                self.found.append(("ele-1", (where, member[1:], None)))
            for n, item in enumerate(value) if isinstance(value, list) else ((None, value),):
                if item is not None:
                    self.member(item, inner, resource, root, (where, member, n))

    def member(self, node: Node, shape: Shape, resource: Node, root: Node, where: Where) -> None:
        if shape.name in RESOURCES:
            self.resource(node, node if shape.name == OWN else root, where)
        else:
            self.element(node, shape, resource, root, where)


def _is_sound(known: Known, node: Node, shape: Shape, resource: Node, root: Node) -> bool:
    """Tell whether nothing is broken, as the walk would: most bodies ask for no place of anything.

    Each element is met once, so what is done for one is done thousands of times a second.
    """
    if shape.is_resource:
        resource, root = node, node if shape.name == OWN else root
        shape = known[node["resourceType"]]
    for _, holds in shape.laws:
        if not holds(node, resource, root):
            return False
    if node.__class__ is not dict:
        return True
    if len(node) == 1 and "id" in node and not shape.is_beside:
        return False
    return _are_sound(known, node, shape.members, resource, root)


def _are_sound(
    known: Known, node: Node, members: Mapping[str, Shape], resource: Node, root: Node
) -> bool:
    for member, value in node.items():
        if (inner := members.get(member)) is None:
            continue
        if inner.is_beside and not _is_beside(node, member):
            return False
        for item in value if value.__class__ is list else (value,):
            if item is None or (inner.only is not None and inner.only.isdisjoint(item)):
                continue
            if not _is_sound(known, item, inner, resource, root):
                return False
    return True


def _is_beside(node: Node, member: str) -> bool:
    """ele-1: an extension of a primitive stands beside its value, or in its place; an id can't."""
    twins, values = node[member], node.get(member[1:])
    if not isinstance(twins, list):
        return values is not None or "extension" in twins
    if values is not None and len(values) != len(twins):
        return False
    pairs = zip(twins, values or [None] * len(twins), strict=True)
    return all(value is not None or "extension" in (twin or ()) for twin, value in pairs)


def _expression(type: str, where: Where) -> str:
    """Write a place as FHIRPath does: Observation.component[0].code."""
    steps: list[str] = []
    while where is not None:
        where, member, n = where
        steps.append(f".{member}" if n is None else f".{member}[{n}]")
    return type + "".join(reversed(steps))


@cache
def _book() -> _Book:
    return msgspec.json.decode(BUILT.read_bytes(), type=_Book)


def _is_bare(text: bytes) -> bool:
    """Tell whether a body has no extensions, and no elements that might be nothing but an id."""
    has_twins = b"_" in text and b'"_' in text
    return not (has_twins or b'xtension"' in text or b'{"id"' in text)


def _points(text: bytes) -> bool:
    """Tell whether a body may have references to what it contains."""
    return b"#" in text and b'"#' in text


@cache
def shapes(
    warnings: bool,  # noqa: FBT001 - a key
    *,
    bare: bool = False,
    points: bool = True,
) -> Mapping[str, Shape]:
    """Return the shape of every element, with its laws that are errors, or with warnings too.

    Bodies that are `bare`, or don't point inside themselves, are spared what can't be broken there.
    """
    book = _book()
    names = (*book.shapes, RESOURCE, OWN)
    joined = {name: Shape(name, name == PRIMITIVE, name in RESOURCES) for name in names}
    for name, written in book.shapes.items():
        base = book.shapes.get(written.as_, written)
        every = dict.fromkeys((*base.laws, *written.laws))
        kept = [n for n in every if warnings or book.laws[n].severity == "error"]
        kept = [n for n in kept if points or n != LEADS_INSIDE]
        joined[name].laws = [(n, holds_of(n)) for n in kept if book.laws[n].source != "slip"]
        own = {RESOURCE: OWN} if name in OF_ITS_OWN else {}
        joined[name].members = {m: joined[own.get(to, to)] for m, to in base.members.items()}
    return _pruned(joined) if bare else joined


def _pruned(joined: Mapping[str, Shape]) -> Mapping[str, Shape]:
    """Leave out the members that lead to no law but those of extensions."""
    live = {RESOURCE, OWN} | {name for name, shape in joined.items() if shape.laws}
    live -= {"Extension", PRIMITIVE}
    grown = True
    while grown:
        led = {n for n, shape in joined.items() if _leads(shape, live)} - {"Extension", PRIMITIVE}
        grown = not led <= live
        live |= led
    for shape in joined.values():
        shape.members = {m: i for m, i in shape.members.items() if i.name in live}
        shape.only = None if shape.laws or shape.is_resource else frozenset(shape.members)
    return joined


def _leads(shape: Shape, live: set[str]) -> bool:
    return any(inner.name in live for inner in shape.members.values())


def holds_of(name: str) -> Holds:
    """Return what asks an invariant of an element."""
    law = laws()[name]
    if law.source == "hand":
        return BY_HAND[law.key]
    compiled = import_module(COMPILED)
    found: Holds = getattr(compiled, name.replace("-", "_").replace(".", "_"))
    return found


def _extended(n: Node, resource: Node, root: Node) -> Truth:
    """ext-1: an extension has either extensions of its own or a value."""
    return ("extension" in n) != any(name.lstrip("_").startswith("value") for name in n)


def _all_pointed_to(n: Node, resource: Node, root: Node) -> Truth:
    """dom-3: what is contained is pointed to, or points to what contains it."""
    contained = n.get("contained")
    if not contained:
        return True
    text = orjson.dumps(n, default=str)
    if all(f'"#{one.get("id")}"'.encode() in text for one in contained):
        return True  # seldom otherwise, and a text is looked through far sooner than a body
    pointed = _local(n)
    return all(f"#{one.get('id')}" in pointed or "#" in _local(one) for one in contained)


def _leads_inside(n: Node, resource: Node, root: Node) -> Truth:
    """ref-1: what a reference means within its resource is contained there."""
    reference = n.get("reference")
    if not isinstance(reference, str) or reference[:1] != "#":
        return True
    return any(one.get("id") == reference[1:] for one in root.get("contained", ()))


def _local(node: Node) -> set[str]:
    """Return every text in an element that may be an address inside its resource."""
    waiting: list[Any] = [node]
    found = set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and item[:1] == "#":
            found.add(item)
    return found


def _is_plain(n: Node, resource: Node, root: Node) -> Truth:
    """txt-1: a narrative holds formatted text, and nothing that runs or is fetched."""
    return narrative.is_plain(str(n))


def _is_precise(n: Node, resource: Node, root: Node) -> Truth:
    """vs-1: a date of a vital sign is known to the day."""
    return not isinstance(n, str) or len(n) >= len("2030-01-")


def _says_something(n: Node, resource: Node, root: Node) -> Truth:
    """txt-2: there is something to read in it."""
    return narrative.says_something(str(n))


BY_HAND: Mapping[str, Holds] = {
    "dom-3": _all_pointed_to,
    "ext-1": _extended,
    "ref-1": _leads_inside,
    "txt-1": _is_plain,
    "txt-2": _says_something,
    "vs-1": _is_precise,
}
