"""Compiles the code systems and value sets that FHIR R4 ships into what a search asks of them.

A system keeps each code's words and its parents. A value set keeps its codes by system, or nothing
in their place where it means the whole system. A set that rests on a system which isn't shipped
(SNOMED CT, LOINC) can't be told by its codes and is left out, unless it lists them. A map keeps
what each code of one system is in another; HL7's examples of maps are left out.
"""

import json
import sys
from collections.abc import Iterator

from definitions import ROOT, resources, write

TARGET = ROOT / "src/lianyi/terminology/build/r4.json"
FILES = ("valuesets", "v3-codesystems", "v2-tables")
MAP = "http://hl7.org/fhir/ConceptMap/cm-"  # of R4's own codes to v2 and v3
DEEPEST = 20  # steps of a set that includes sets

Codes = dict[str, list[str] | None]


def main() -> int:
    found = [one for file in FILES for one in resources(file)]
    systems = {r["url"]: concepts(r) for r in found if is_whole(r)}
    sets = Sets({r["url"]: r for r in found if r["resourceType"] == "ValueSet"}, systems)
    told = {url: codes for url in sorted(sets.known) if (codes := sets.of(url))}
    heads = {r["url"]: head(r) for r in found if r["url"] in systems or r["url"] in told}
    maps = {r["url"]: mapped(r) for r in resources("conceptmaps") if MAP in r["url"]}
    built = {"systems": systems, "sets": told, "heads": heads, "maps": maps}
    write(TARGET, json.dumps(built, ensure_ascii=False, separators=(",", ":")))
    return 0


def is_whole(resource: dict) -> bool:
    return resource["resourceType"] == "CodeSystem" and resource.get("content") == "complete"


def head(resource: dict) -> dict[str, str]:
    return {name: resource.get(name, "") for name in ("name", "version")}


def mapped(resource: dict) -> dict:
    """Return the sets that a map is between, and its groups: what a code is, and how nearly."""
    groups = [
        {
            "source": group["source"],
            "target": group["target"],
            "codes": {
                one["code"]: [[to.get("code", ""), to["equivalence"]] for to in one["target"]]
                for one in group["element"]
            },
        }
        for group in resource["group"]
    ]
    sets = {end: resource.get(f"{end}Canonical", "") for end in ("source", "target")}
    return {**sets, "groups": groups}


def concepts(system: dict) -> dict[str, dict]:
    return dict(_concepts(system.get("concept", []), ()))


def _concepts(listed: list[dict], above: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    for one in listed:
        others = [p["valueCode"] for p in one.get("property", []) if p["code"] == "subsumedBy"]
        yield one["code"], {"display": one.get("display", ""), "parents": [*above, *others]}
        yield from _concepts(one.get("concept", []), (one["code"],))


class Sets:
    """Tells which codes a value set means, where they can be told at all."""

    def __init__(self, known: dict[str, dict], systems: dict[str, dict[str, dict]]) -> None:
        self.known = known
        self._systems = systems

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
        system = self._systems.get(part["system"])
        if system is None:
            return None
        values: list[str] | None = None
        for law in part.get("filter", []):
            values = filtered(system, law)
            if values is None or len(part["filter"]) > 1:
                return None
        return {part["system"]: values}

    def _all(self, system: str, values: list[str] | None) -> list[str]:
        return list(self._systems[system]) if values is None else values


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


if __name__ == "__main__":
    sys.exit(main())
