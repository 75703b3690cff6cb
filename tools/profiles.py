"""Compiles R4's own profiles (vital signs, lipids …) to what each asks beyond its base type.

Of a snapshot only that is kept which the base doesn't say already: cardinalities, fixed values and
patterns, narrower types and bindings, slices with what tells them apart, invariants.
"""

from collections.abc import Iterator

from definitions import BASE, resources
from searching import Elements
from value_sets import ValueSets

FILES = ("profiles-others", "profiles-types", "profiles-resources")
CODED = {"code", "Coding", "CodeableConcept", "Quantity"}


class Profiles:
    """Every profile as a tree of its elements, by its address."""

    def __init__(self, elements: Elements, keys: object, codes: ValueSets) -> None:
        self.elements, self.keys, self.codes = elements, keys, codes
        found = [r for name in FILES for r in resources(name)]
        self.found = [s for s in found if s.get("derivation") == "constraint" and "snapshot" in s]
        of_types = [s for s in found if s["resourceType"] == "StructureDefinition"]
        self.types = {s["url"]: s["type"].removeprefix(BASE) for s in of_types}

    def written(self) -> dict[str, dict]:
        return {s["url"]: {"type": s["type"], **self.tree(s)} for s in self.found}

    def tree(self, structure: dict) -> dict:
        """Return the root of a profile with everything below it that asks for something."""
        first, *rest = structure["snapshot"]["element"]
        root = {"name": structure["id"], **self.asked(first, structure["id"])}
        by_id = {first["id"]: root}
        for element in rest:
            parent, _, step = element["id"].rpartition(".")
            name, _, slice_ = step.partition(":")
            made = by_id[element["id"]] = self.asked(element, structure["id"])
            holder = by_id[parent]
            if slice_:
                whole = holder.setdefault("members", {}).setdefault(name, {})
                whole.setdefault("slices", []).append({"name": slice_, **made})
                by_id[element["id"]] = whole["slices"][-1]
            else:
                holder.setdefault("members", {})[name] = made
        return pruned(root)

    def asked(self, element: dict, name: str) -> dict:
        """Return what an element of a profile asks beyond its base."""
        base = element.get("base", {"min": 0, "max": "*"})
        kept: dict = {}
        if element["min"] > base["min"]:
            kept["min"] = element["min"]
        if element["max"] != base["max"] and element["max"] != "*":
            kept["max"] = int(element["max"])
        for key, value in element.items():
            if key.startswith(("fixed", "pattern")):
                kept["fixed" if key.startswith("fixed") else "pattern"] = value
        kept |= self.typed(element, base)
        kept |= self.bound(element, base)
        if slicing := element.get("slicing"):
            kept["by"] = [[d["type"], d["path"]] for d in slicing.get("discriminator", ())]
            kept["closed"] = slicing["rules"] == "closed"
        if laws := self.laws(element, base, name):
            kept["laws"] = laws
        return kept

    def typed(self, element: dict, base: dict) -> dict:
        """Return the names of a choice, where a reference may lead, which extension it is."""
        types = element.get("type", ())
        kept: dict = {}
        if element["path"].endswith("[x]"):
            stem = element["path"].rpartition(".")[2].removesuffix("[x]")
            kept["names"] = [stem + t["code"][0].upper() + t["code"][1:] for t in types]
        targets = [p for t in types for p in t.get("targetProfile", ())]
        given = self.elements.by_path.get(base.get("path", ""), {})
        usual = {p for t in given.get("type", ()) for p in t.get("targetProfile", ())}
        if targets and set(targets) != usual:
            kept["targets"] = {url: self.types.get(url, url.removeprefix(BASE)) for url in targets}
        if [t["code"] for t in types] == ["Extension"] and types[0].get("profile"):
            kept["url"] = types[0]["profile"][0]
        return kept

    def bound(self, element: dict, base: dict) -> dict:
        """Return the codes of a required binding that the base hasn't."""
        binding = element.get("binding", {})
        given = self.elements.by_path.get(base.get("path", ""), {}).get("binding", {})
        is_new = binding.get("valueSet") != given.get("valueSet") or (
            binding.get("strength") != given.get("strength")
        )
        if binding.get("strength") != "required" or not is_new:
            return {}
        codes = self.codes.listed(binding["valueSet"])
        if not codes or not CODED & {t["code"] for t in element["type"]}:
            return {"unchecked": binding["valueSet"]}
        return {"codes": codes}

    def laws(self, element: dict, base: dict, name: str) -> list[str]:
        given = self.elements.by_path.get(base.get("path", ""), {})
        known = {c["key"] for c in given.get("constraint", ())} | {"ele-1", "ext-1"}
        types = [self.elements.by_path.get(t["code"], {}) for t in element.get("type", ())]
        known |= {c["key"] for type in types for c in type.get("constraint", ())}
        new = [c for c in element.get("constraint", ()) if c["key"] not in known]
        return self.keys(new, element["path"], name)


def pruned(tree: dict) -> dict:
    """Drop what asks for nothing; a slice stays, for it takes its values out of the rest."""
    members = {name: pruned(one) for name, one in tree.get("members", {}).items()}
    members = {name: one for name, one in members.items() if is_asking(one)}
    slices = [pruned(one) for one in tree.get("slices", ())]
    kept = {k: v for k, v in tree.items() if k not in {"members", "slices"}}
    return {
        **kept,
        **({"members": members} if members else {}),
        **({"slices": slices} if slices else {}),
    }


def is_asking(element: dict) -> bool:
    return bool(set(element) - {"by", "closed", "names"}) or (
        element.get("closed", False) or "names" in element
    )


def unchecked(profiles: dict[str, dict]) -> Iterator[tuple[str, str]]:
    """Yield the bindings of profiles that can't be told by their codes."""
    for url, tree in profiles.items():
        waiting = [tree]
        while waiting:
            one = waiting.pop()
            waiting += [*one.get("members", {}).values(), *one.get("slices", ())]
            if "unchecked" in one:
                yield url, one["unchecked"]
