"""Compiles the search parameters of FHIR R4 into paths that a body is walked along.

The definitions are FHIRPath, which is far too slow to interpret on each write. They only use a
handful of its words, so each becomes a list of steps: the name of a member in JSON (`value[x]` as
each of its types), a member that must have a value, a type that a reference must point to. What the
last step leads to is told by its type, because a code and an address are found differently; of a
code also the systems that it goes by without saying.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from definitions import LATER, R4, TARGET, read, resources, write
from value_sets import ValueSets

SEARCHES, SUMMARIES = TARGET.with_name("search.json"), TARGET.with_name("summary.json")
# What can be read from which type, by the kind of parameter (FHIR R4, 3.1.1.4).
KINDS = {
    "token": {
        *("code", "Coding", "CodeableConcept", "Identifier", "ContactPoint", "boolean"),
        *("string", "id", "uri"),
    },
    "date": {"date", "dateTime", "instant", "Period", "Timing"},
    "string": {"string", "markdown", "HumanName", "Address"},
    "reference": {"Reference", "canonical", "uri"},
    "quantity": {"Quantity", "Age", "Count", "Distance", "Duration", "Money", "Range"},
    "number": {"integer", "positiveInt", "unsignedInt", "decimal", "Range"},
    "uri": {"uri", "url", "canonical", "oid", "uuid"},
}
SYSTEM = "http://hl7.org/fhirpath/System."
SEGMENT = re.compile(
    r"\.?(?:ofType\((?P<of>\w+)\)|where\(resolve\(\) is (?P<is>\w+)\)"
    r"|where\((?P<key>\w+)='(?P<value>[^']*)'\)|(?P<name>\w+))"
)
DECEASED = "Patient.deceased.exists() and Patient.deceased != false"
# How a name sounds in a language is not ours to say; its pinyin is found by `name`.
LEFT_OUT = {"phonetic"}
# Of every resource; `_text`, `_content` and `_query` need what is not built.
COMMON = {"_id": {"type": "token", "paths": []}, "_lastUpdated": {"type": "date", "paths": []}}


class Elements:
    """The elements of every type, by path."""

    def __init__(self) -> None:
        found = [*resources("profiles-types"), *resources("profiles-resources")]
        self.structures = {
            s["type"]: s
            for s in found
            if s.get("derivation") != "constraint" and "snapshot" in s and s["type"] not in LATER
        }
        self.by_path = {
            e["path"]: e for s in self.structures.values() for e in s["snapshot"]["element"]
        }
        self._sets = ValueSets(
            [
                one
                for name in ("valuesets", "v3-codesystems", "v2-tables")
                for one in resources(name)
            ]
        )

    def systems(self, path: str) -> list[str]:
        """Return of which systems the codes of an element are: it says none beside them."""
        binding = self.by_path.get(path, {}).get("binding", {})
        is_required = binding.get("strength") == "required"
        return sorted(self._sets.named(binding["valueSet"])) if is_required else []

    def types(self) -> list[str]:
        of = self.structures.items()
        return [t for t, s in of if s["kind"] == "resource" and not s["abstract"]]

    def step(self, path: str, name: str) -> list[tuple[str, str]]:
        """Return the JSON members that an element has, each with the path or type it leads to."""
        plain = self.by_path.get(f"{path}.{name}")
        if plain:
            if "contentReference" in plain:
                return [(name, plain["contentReference"].removeprefix("#"))]
            (kind,) = {t["code"] for t in plain.get("type", [{"code": "Resource"}])}
            inside = kind in {"BackboneElement", "Element"}
            return [
                (
                    name,
                    f"{path}.{name}"
                    if inside
                    else kind.removeprefix(SYSTEM).lower()
                    if kind.startswith(SYSTEM)
                    else kind,
                )
            ]
        choice = self.by_path.get(f"{path}.{name}[x]", {})
        codes = [t["code"] for t in choice.get("type", ())]
        return [(name + code[0].upper() + code[1:], code) for code in codes]


def walk(elements: Elements, start: str, expression: str) -> list[dict]:
    """Return every way an expression leads from a type, with the type at its end."""
    ways = [{"steps": [], "end": start}]
    for segment in SEGMENT.finditer(expression):
        of, is_, key, value, name = segment.groups()
        if of:
            ways = [way for way in ways if way["end"] == of]
        elif is_:
            ways = [{**way, "is": is_} for way in ways]
        elif key:
            ways = [{**way, "steps": [*way["steps"], {key: value}]} for way in ways]
        else:
            ways = [
                {**way, "steps": [*way["steps"], member], "end": end, "at": f"{way['end']}.{name}"}
                for way in ways
                for member, end in elements.step(way["end"], name)
            ]
    return ways


def alternatives(expression: str, type: str) -> Iterator[str]:
    """Return the parts of an expression that begin at a type, without its name."""
    for part in expression.split(" | "):
        bare = part.strip()
        bare = re.sub(r"^\((.*)\)(\.\w+)?$", r"\1\2", bare)
        root, _, rest = bare.partition(".")
        if root == type or root[0].islower():
            yield rest if root == type else bare


def parameter(elements: Elements, one: dict, type: str) -> dict | None:
    """Return one parameter of one type, or None where nothing of it can be read."""
    kind = one["type"]
    if one["expression"].strip() == DECEASED:
        return {"type": kind, "paths": [{"steps": ["deceased"], "kind": "deceased"}]}
    if kind == "special":
        return None
    paths = []
    for rest in alternatives(one["expression"], type):
        for way in walk(elements, type, rest):
            if way["end"] in KINDS.get(kind, ()) and (way["end"] != "uri" or kind != "token"):
                is_ = {"is": way["is"]} if "is" in way else {}
                of = elements.systems(way["at"]) if way["end"] == "code" else []
                systems = {"systems": of} if of else {}
                paths.append({"steps": way["steps"], "kind": way["end"], **is_, **systems})
    if not paths:
        return None
    targets = {"targets": sorted(one["target"])} if one.get("target") else {}
    return {"type": kind, "paths": paths, **targets}


def composite(one: dict, codes: dict[str, str], known: dict[str, dict]) -> dict | None:
    """Return a composite parameter as the names of its parts, which must be of one element."""
    parts = [codes.get(part["definition"], "") for part in one["component"]]
    return {"type": "composite", "parts": parts} if all(p in known for p in parts) else None


def compile_type(elements: Elements, type: str, defined: list[dict]) -> dict[str, dict]:
    mine = [one for one in defined if {type, "Resource", "DomainResource"} & set(one["base"])]
    mine = [one for one in mine if "expression" in one and one["code"] not in LEFT_OUT]
    codes = {one["url"]: one["code"] for one in mine}
    found = {}
    for one in mine:
        if one["type"] == "composite":
            continue
        root = next(base for base in (type, "Resource", "DomainResource") if base in one["base"])
        expression = one["expression"]
        if root != type:
            expression = re.sub(rf"\b{root}\.", f"{type}.", expression)
        if compiled := parameter(elements, {**one, "expression": expression}, type):
            found[one["code"]] = compiled
    for one in mine:
        if one["type"] == "composite" and (compiled := composite(one, codes, found)):
            found[one["code"]] = compiled
    return {**found, **COMMON}


def members(elements: Elements, type: str, *laws: str) -> list[str]:
    """Return the members of a type that its definition marks, as JSON calls them."""
    marked = [e for e in elements.by_path.values() if any(map(e.get, laws))]
    mine = [e for e in marked if e["path"].count(".") == 1]
    names = [e["path"].split(".")[1] for e in mine if e["path"].startswith(f"{type}.")]
    return sorted(
        member for name in names for member, _ in elements.step(type, name.removesuffix("[x]"))
    )


def choices(elements: Elements, type: str) -> dict[str, list[str]]:
    """Return the members of each choice of a type: of `value` valueQuantity and others."""
    mine = [path.partition(".") for path in elements.by_path if path.endswith("[x]")]
    stems = [n.removesuffix("[x]") for of, _, n in mine if of == type and "." not in n]
    return {stem: sorted(member for member, _ in elements.step(type, stem)) for stem in stems}


def main() -> int:
    elements = Elements()
    defined = [entry["resource"] for entry in read(R4 / "search-parameters.json")["entry"]]
    compiled = {type: compile_type(elements, type, defined) for type in sorted(elements.types())}
    write(SEARCHES, json.dumps(compiled, separators=(",", ":")))
    kept = {
        type: {
            "summary": members(elements, type, "isSummary"),
            "kept": members(elements, type, "min", "isModifier"),
            "choices": choices(elements, type),
        }
        for type in compiled
    }
    write(SUMMARIES, json.dumps(kept, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
