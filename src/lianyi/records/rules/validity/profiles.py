"""R4's own profiles: what a body must have beyond its type to be a blood pressure, a lipid panel.

The build keeps of each what its base doesn't say already (tools/profiles.py). A list is sorted into
slices by what tells them apart: a value, or a type. A reference is followed to what is contained;
where it leads elsewhere, what depends on that is told as not checked.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from lianyi.records.model import Finding
from lianyi.records.rules.validity import invariants
from lianyi.records.rules.validity.paths import Json, Node

BUILT = Path(__file__).parent.parent / "build/profiles.json"  # by tools/invariants.py
RESOLVED = "resolve()"
Placed: TypeAlias = tuple[str, Json]  # a place, and what stands there


class Element(msgspec.Struct, frozen=True):
    """What a profile asks of one element. `codes` are those of a required binding, by system."""

    name: str = ""  # of a slice, or of the whole profile
    type: str = ""
    min: int = 0
    max: int | None = None
    fixed: Any = None
    pattern: Any = None
    names: list[str] = []  # of a choice: the members it may have
    targets: dict[str, str] = {}  # profiles that a reference may lead to, with their types
    url: str = ""
    codes: dict[str, list[str]] = {}
    unchecked: str = ""
    by: list[tuple[str, str]] = []
    closed: bool = False
    laws: list[str] = []
    members: dict[str, "Element"] = {}
    slices: list["Element"] = []


def known() -> Mapping[str, Element]:
    """Return every profile by its address."""
    return _known()


def findings(resource: Node, url: str) -> list[Finding]:
    """Return what a resource of a sound structure lacks to be what a profile describes."""
    profile = known().get(url.partition("|")[0])
    if profile is None:
        return [Finding("profile.unknown", "$this", url)]
    type = str(resource["resourceType"])
    if profile.type != type:
        return [Finding("profile.type", type, profile.name)]
    return list(Check(resource, profile.name).element(profile, type, resource))


class Check(msgspec.Struct, frozen=True):
    """One resource, looked at by one profile."""

    resource: Any
    profile: str

    def element(self, asked: Element, where: str, value: Json) -> Iterator[Finding]:
        """Yield what is wrong with one value and with what is inside it."""
        if asked.fixed is not None and value != asked.fixed:
            yield Finding("profile.value", where, self.profile)
        if asked.pattern is not None and not _fits(value, asked.pattern):
            yield Finding("profile.value", where, self.profile)
        if asked.codes and not _is_bound(value, asked.codes):
            yield Finding("profile.binding", where, self.profile)
        if asked.targets and not self._leads(value, asked.targets):
            yield Finding("target", f"{where}.reference", "|".join(sorted(asked.targets)))
        for name in asked.laws:
            if not invariants.holds_of(name)(value, self.resource, self.resource):
                law = invariants.laws()[name]
                yield Finding("invariant", where, law.key, law.severity)
        if isinstance(value, dict):
            for member, inner in asked.members.items():
                yield from self.member(inner, where, member, value)

    def member(self, asked: Element, where: str, name: str, holder: Node) -> Iterator[Finding]:
        """Yield what is wrong with one member, all its values together and each by itself."""
        items = list(_held(asked, where, name, holder))
        place = f"{where}.{name.removesuffix('[x]')}"
        if name.endswith("[x]") and asked.names and not asked.slices:
            yield from self._other_types(asked, place, name, holder)
        yield from self.counted(asked, place, len(items), "")
        for at, value in items:
            yield from self.element(asked, at, value)
        yield from self.sliced(asked, place, items)

    def counted(self, asked: Element, where: str, count: int, slice_: str) -> Iterator[Finding]:
        about = f"{self.profile}:{slice_}" if slice_ else self.profile
        if count < asked.min:
            yield Finding("profile.min", where, about)
        if asked.max is not None and count > asked.max:
            yield Finding("profile.max", where, about)

    def sliced(self, asked: Element, where: str, items: Sequence[Placed]) -> Iterator[Finding]:
        """Sort values into slices; what is in none is wrong only where slicing is closed."""
        if not asked.slices:
            return
        left, hidden = list(items), [at for at, item in items if self._is_hidden(asked, item)]
        for one in asked.slices:
            mine = [(at, item) for at, item in left if self._is_of(asked, one, at, item)]
            left = [placed for placed in left if placed not in mine]
            if not hidden or len(mine) >= one.min:
                yield from self.counted(one, where, len(mine), one.name)
            for at, item in mine:
                yield from self.element(one, at, item)
        for at, _ in left:
            if at in hidden:
                yield Finding("profile.unresolved", at, self.profile, "warning")
            elif asked.closed:
                yield Finding("profile.closed", at, self.profile)

    def _is_of(self, asked: Element, one: Element, where: str, item: Json) -> bool:
        """Tell whether a value belongs to a slice, by everything that tells slices apart."""
        if one.url:
            return isinstance(item, dict) and item.get("url") == one.url
        for kind, path in asked.by:
            if kind == "type" and where.rpartition(".")[2] not in one.names:
                return False
            if kind == "value" and not self._says(one, path.split("."), item):
                return False
        return bool(asked.by)

    def _says(self, one: Element, path: Sequence[str], item: Json) -> bool:
        """Tell whether what a path leads to from a value is what a slice fixes there."""
        if path[0] == RESOLVED:
            targets = [self._resolved(item)]
            kinds = [known()[url] for url in one.targets if url in known()]
            return any(t and self._says(k, path[1:], t) for t in targets for k in kinds)
        found = list(_reached(item, path))
        return any(_is_as(value, want) for want in _wanted(one, path) for value in found)

    def _is_hidden(self, asked: Element, item: Json) -> bool:
        """Tell whether slices are told apart by what isn't here to be looked at."""
        return any(p.startswith(RESOLVED) for _, p in asked.by) and self._resolved(item) is None

    def _resolved(self, item: Json) -> Node | None:
        reference = str(item.get("reference", "")) if isinstance(item, dict) else ""
        held = self.resource.get("contained", ())
        return next((one for one in held if f"#{one.get('id')}" == reference), None)

    def _leads(self, item: Json, targets: Mapping[str, str]) -> bool:
        """Tell whether a reference may lead to one of the types, as far as it tells its own."""
        if contained := self._resolved(item):
            type = contained["resourceType"]
        else:
            reference = str(item.get("reference", "")).partition("/_history/")[0]
            type = (["", *reference.split("/")])[-2]
        return not type[:1].isupper() or type in targets.values()

    def _other_types(
        self, asked: Element, where: str, name: str, holder: Node
    ) -> Iterator[Finding]:
        stem = name.removesuffix("[x]")
        for member in holder:
            rest = member.removeprefix(stem)
            if rest != member and rest[:1].isupper() and member not in asked.names:
                yield Finding("profile.closed", where, self.profile)


@cache
def _known() -> Mapping[str, Element]:
    return msgspec.json.decode(BUILT.read_bytes(), type=dict[str, Element])


def _held(asked: Element, where: str, name: str, holder: Node) -> Iterator[Placed]:
    """Yield the values of a member, each with its place."""
    names = [name]
    if name.endswith("[x]"):
        sliced = [one for slice_ in asked.slices for one in slice_.names]
        allowed = dict.fromkeys((*asked.names, *sliced, *_stem(name, holder)))
        names = [one for one in allowed if one in holder]
    for one in names:
        value = holder.get(one)
        if isinstance(value, list):
            yield from ((f"{where}.{one}[{n}]", item) for n, item in enumerate(value))
        elif value is not None:
            yield f"{where}.{one}", value


def _stem(name: str, holder: Node) -> list[str]:
    """Return the members of a holder that a choice may have, whatever a profile allows."""
    stem = name.removesuffix("[x]")
    return [m for m in holder if m.startswith(stem) and m[len(stem) : len(stem) + 1].isupper()]


def _fits(value: Json, pattern: Json) -> bool:
    """Tell whether a value has everything that a pattern has (ElementDefinition.pattern)."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_fits(value.get(k), p) for k, p in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(_fits(v, p) for v in value) for p in pattern)
    return bool(value == pattern)


def _is_bound(value: Json, codes: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a coded value, or one coding of several, is one of the allowed."""
    if isinstance(value, str):
        return any(value in allowed for allowed in codes.values())
    if not isinstance(value, dict) or not value.keys() & {"coding", "code", "system"}:
        return not isinstance(value, dict) or "text" not in value
    codings = value.get("coding", [value])
    return any(c.get("code") in codes.get(c.get("system", ""), ()) for c in codings)


def _wanted(asked: Element, path: Sequence[str]) -> Iterator[Element]:
    """Yield what an element asks for at the end of a path, in its slices too."""
    given = asked.fixed if asked.fixed is not None else asked.pattern
    if given is not None:
        yield from (Element(pattern=one) for one in _reached(given, path))
    if not path and asked.codes:
        yield asked
    for one in asked.slices:
        yield from _wanted(one, path)
    if path and path[0] in asked.members:
        yield from _wanted(asked.members[path[0]], path[1:])


def _is_as(value: Json, wanted: Element) -> bool:
    if wanted.codes:
        return _is_bound(value, wanted.codes)
    return _fits(value, wanted.pattern)


def _reached(value: Json, path: Sequence[str]) -> Iterator[Json]:
    if isinstance(value, list):
        for item in value:
            yield from _reached(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _reached(value[path[0]], path[1:])
