"""Compiles the invariants of FHIR R4 to Python, and which elements each is a law of.

What the StructureDefinitions say of elements in FHIRPath becomes functions that a walk over a body
calls (`lianyi.records.rules.validity.invariants`). Nothing is left out in silence: what is kept in
another way, or not at all, is named below with its reason, and the build stops at any other.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from definitions import TARGET, resources, write
from fhirpath import Writer
from fhirpath_trees import CanNot
from profiles import Profiles
from searching import Elements
from value_sets import ValueSets

LAWS, SHAPES = TARGET.with_name("laws.py"), TARGET.with_name("shapes.json")
PROFILES = TARGET.with_name("profiles.json")
# Kept in another way than by compiling the published expression.
BY_HAND = {
    "dom-3": "written by hand: `as(canonical)` of descendants needs types that JSON doesn't tell",
    "ele-1": "seen by the walk itself, which visits every element",
    "ext-1": "written by hand: one look at the member names instead of fifty at its choices",
    "ref-1": "written by hand: a body of many references would be walked through for each",
    "txt-1": "htmlChecks() is no FHIRPath: narratives are checked by a parser",
    "vs-1": "written by hand: as published it speaks of dates, and breaks on every period",
    "txt-2": "htmlChecks() is no FHIRPath: narratives are checked by a parser",
}
# R4's slips: as written they can't be evaluated, or refuse what R4 itself allows.
SLIPS = {"cid-0": "speaks of `name`, which a ChargeItemDefinition has not (and is but a warning)"}
ABSTRACT = {"Resource", "DomainResource"}
HEAD = '''"""The invariants of FHIR R4, compiled by tools/invariants.py: do not edit."""

# ruff: noqa
from lianyi.records.rules.validity.paths import *
'''


def main() -> int:
    elements = Elements()
    book = Book(elements)
    for structure in elements.structures.values():
        book.read(structure)
    for structure in restricted():
        book.read(structure, structure["id"])
    codes = ValueSets([*resources("valuesets"), *resources("v3-codesystems")])
    profiles = Profiles(elements, book.keys, codes).written()
    write(LAWS, HEAD + "".join(book.functions))
    write(PROFILES, json.dumps(profiles, separators=(",", ":")))
    write(SHAPES, json.dumps(book.written(), separators=(",", ":")))
    return 0


def restricted() -> Iterator[dict]:
    """Yield the kinds of Quantity that elements name as theirs: SimpleQuantity, MoneyQuantity."""
    yield from (r for r in resources("profiles-types") if r.get("type") == "Quantity" != r["id"])


class Book:
    """Every law once, and by element: its laws and where its members lead."""

    def __init__(self, elements: Elements) -> None:
        self.elements = elements
        self.writer = Writer(elements, frozenset(elements.types()))
        self.functions: list[str] = []
        self.laws: dict[str, dict] = {}
        self.names: dict[tuple[str, str], str] = {}
        self.shapes: dict[str, dict] = {}

    def read(self, structure: dict, name: str = "") -> None:
        """Take in a type: a shape for itself and for each element that holds others."""
        listed = structure["snapshot"]["element"]
        root = listed[0]["path"]
        for element in listed:
            self.element(element, name or root, root)

    def element(self, element: dict, name: str, root: str) -> None:
        path = element["path"]
        given = element.get("constraint", ())
        if path == root:
            self.shape(name)["laws"] += self.keys(given, root)
            return
        if name != root:  # a kind of Quantity has the members of Quantity
            self.shape(name)["members"] = self.shape(root)["members"]
            return
        parent, _, step = path.rpartition(".")
        members = self.shape(parent)["members"]
        for member, end in self.elements.step(parent, step.removesuffix("[x]")):
            leads = self.end(element, end)
            if end[0].islower():
                members[f"_{member}"] = "Element"
            if (leads or not path.endswith("[x]")) and (more := self.beyond(given, path, leads)):
                leads = self.refined(path, leads, more)
            if leads:
                members[member] = leads

    def end(self, element: dict, end: str) -> str:
        """Return the shape that an element's values have; none where they are primitives."""
        if end[0].islower():
            return ""
        (profile,) = element.get("type", [{}])[:1] or [{}]
        kinds = [p.rpartition("/")[2] for p in profile.get("profile", ())]
        return kinds[0] if kinds and end == "Quantity" else end

    def beyond(self, given: list[dict], path: str, leads: str) -> list[str]:
        """Return the laws that an element has beyond those of its type."""
        held = self.elements.by_path.get(leads, {}).get("constraint", ()) if leads != path else ()
        known = {"ele-1", "ext-1", *(c["key"] for c in held)}
        return self.keys([c for c in given if c["key"] not in known], leads or path)

    def refined(self, path: str, leads: str, laws: list[str]) -> str:
        if leads == path:  # an element with members of its own
            self.shape(path)["laws"] += laws
        else:
            self.shapes[path] = {"as": leads, "laws": laws, "members": {}}
        return path

    def shape(self, name: str) -> dict:
        return self.shapes.setdefault(name, {"laws": [], "members": {}})

    def keys(self, given: list[dict], start: str, profile: str = "") -> list[str]:
        return [name for one in given if (name := self.law(one, start, profile)) != "ele-1"]

    def law(self, one: dict, start: str, profile: str) -> str:
        """Write a law down, unless it is there already, and return its name."""
        key, text = one["key"], one.get("expression", "")
        if key.startswith("dom-"):
            start = "DomainResource"
        if (key, text) in self.names:
            return self.names[key, text]
        taken = sum(k == key for k, _ in self.names)
        name = f"{key}.{taken + 1}" if taken else key
        self.names[key, text] = name
        self.laws[name] = {
            "key": key,
            "of": start,
            "profile": profile,
            "severity": one["severity"],
            "human": one["human"],
            "expression": text,
            "source": "slip" if key in SLIPS else "hand" if key in BY_HAND else "compiled",
        }
        if key not in BY_HAND and key not in SLIPS:
            self.functions.append(self.function(name, text, start))
        return name

    def function(self, name: str, text: str, start: str) -> str:
        try:
            said = self.writer.law(text, start)
        except CanNot as trouble:
            raise SystemExit(f"{name} is not compiled: {trouble}\n{text}") from trouble
        spelled = spelling(name)
        head = f"def {spelled}(n: Node, resource: Node, root: Node) -> Truth:"
        return f"\n\n# {text!r}\n{head}\n    return {said}\n"

    def written(self) -> dict:
        """Return what a walk needs; members of the abstract types are in every resource already."""
        kept = {name: shape for name, shape in self.shapes.items() if name not in ABSTRACT}
        return {"laws": self.laws, "shapes": kept}


def spelling(name: str) -> str:
    return name.replace("-", "_").replace(".", "_")


if __name__ == "__main__":
    sys.exit(main())
