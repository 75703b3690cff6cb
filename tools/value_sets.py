"""Which codes a value set means, where they can be told at all.

One that rests on a system which isn't shipped (SNOMED CT, LOINC) can't, unless it lists them.
Source: FHIR R4, 4.9.5 (composition rules).
"""

from collections.abc import Iterable, Iterator

DEEPEST = 20  # steps of a set that includes sets

Codes = dict[str, list[str] | None]  # of a system its codes; None: all of them


def systems_of(found: Iterable[dict]) -> dict[str, dict[str, dict]]:
    """Return the code systems that are there whole, by their addresses."""
    return {r["url"]: concepts(r) for r in found if is_whole(r)}


def is_whole(resource: dict) -> bool:
    return resource["resourceType"] == "CodeSystem" and resource.get("content") == "complete"


def concepts(system: dict) -> dict[str, dict]:
    return dict(_concepts(system.get("concept", []), ()))


def _concepts(listed: list[dict], above: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    for one in listed:
        others = [p["valueCode"] for p in one.get("property", []) if p["code"] == "subsumedBy"]
        yield one["code"], {"display": one.get("display", ""), "parents": [*above, *others]}
        yield from _concepts(one.get("concept", []), (one["code"],))


class ValueSets:
    """The value sets among some resources, told by the systems among them."""

    def __init__(self, found: Iterable[dict]) -> None:
        self.known = {r["url"]: r for r in found if r["resourceType"] == "ValueSet"}
        self.systems = systems_of(found)

    def listed(self, url: str) -> dict[str, list[str]] | None:
        """Return the codes by system, of a whole system too, or None where they can't be told."""
        codes = self.of(url)
        return codes and {system: self._all(system, values) for system, values in codes.items()}

    def named(self, url: str, depth: int = DEEPEST) -> set[str]:
        """Return the systems that a set takes codes from, whether or not these can be told."""
        parts = self.known.get(url.partition("|")[0], {}).get("compose", {}).get("include", [])
        own = {part["system"] for part in parts if "system" in part}
        others = [one for part in parts for one in part.get("valueSet", []) if depth]
        return own.union(*(self.named(one, depth - 1) for one in others))

    def of(self, url: str, depth: int = DEEPEST) -> Codes | None:
        compose = self.known.get(url.partition("|")[0], {}).get("compose")
        if not compose or not depth:
            return None
        codes: Codes = {}
        for part in compose["include"]:
            included = self._included(part, depth)
            if included is None:
                return None
            for system, values in included.items():
                codes[system] = joined(codes.get(system, []), values)
        for part in compose.get("exclude", []):
            excluded = self._included(part, depth)
            if excluded is None:
                return None
            for system, values in excluded.items():
                gone = set(self._all(system, values))
                left = [c for c in self._all(system, codes.get(system, [])) if c not in gone]
                codes[system] = left
        return codes

    def _included(self, part: dict, depth: int) -> Codes | None:
        if "valueSet" in part:
            if len(part["valueSet"]) > 1 or "system" in part:
                return None
            return self.of(part["valueSet"][0], depth - 1)
        if "concept" in part:
            return {part["system"]: [c["code"] for c in part["concept"]]}
        system = self.systems.get(part["system"])
        if system is None:
            return None
        values: list[str] | None = None
        for law in part.get("filter", []):
            values = filtered(system, law)
            if values is None or len(part["filter"]) > 1:
                return None
        return {part["system"]: values}

    def _all(self, system: str, values: list[str] | None) -> list[str]:
        return list(self.systems[system]) if values is None else values


def joined(one: list[str] | None, other: list[str] | None) -> list[str] | None:
    """Return both together; None is a whole system."""
    return None if one is None or other is None else list(dict.fromkeys([*one, *other]))


def filtered(system: dict[str, dict], law: dict) -> list[str] | None:
    """Return the codes below one, itself among them or not; None for a law of another kind."""
    if law["property"] != "concept" or law["op"] not in {"is-a", "descendent-of"}:
        return None
    found = below(system, law["value"])
    return found if law["op"] == "is-a" else found[1:]


def below(system: dict[str, dict], code: str) -> list[str]:
    children: dict[str, list[str]] = {}
    for each, concept in system.items():
        for parent in concept["parents"]:
            children.setdefault(parent, []).append(each)
    found = [code]
    for one in found:
        found += [child for child in children.get(one, []) if child not in found]
    return found
