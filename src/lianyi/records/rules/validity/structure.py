"""Whether a resource has the structure of R4: one pass over a schema the build compiled."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema_rs import Draft202012Validator, ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from lianyi.records.model import Finding

BUILT = Path(__file__).parent.parent / "build/r4.json"  # by tools/definitions.py
NEEDED = ("r4.json", "laws.py", "shapes.json", "profiles.json")
DEFS = "$defs"
MOST_CONTAINED = 1000  # each is looked for by every reference; nobody means so many
# How the validator names what it met, and what we call it; the rest is a `value` of wrong form.
RULES = {
    "Enum": "binding",
    "MinItems": "structure",
    "MinProperties": "structure",
    "Type": "structure",
}
OF_ELEMENTS = frozenset(
    {"required", "choice", "alone"}
)  # their laws name the element, not its value

HOLDERS = frozenset({"Bundle", "Parameters"})  # of resources that are not contained

Path_ = Sequence[str | int]


@cache
def is_built(folder: Path = BUILT.parent) -> bool:
    """Tell whether everything is there that a body is checked by."""
    return all((folder / name).exists() for name in NEEDED)


def findings(resource: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return everything that is wrong with a resource and with those inside it."""
    type = resource.get("resourceType")
    validator = _validator(type) if isinstance(type, str) else None
    if validator is None:
        return (Finding("structure", "resourceType", str(type)),)
    contained = resource.get("contained")
    if isinstance(contained, list) and len(contained) > MOST_CONTAINED:
        return (Finding("structure", f"{type}.contained"),)
    if not validator.is_valid(resource):
        found = (_finding(str(type), error) for error in validator.iter_errors(resource))
        return tuple(dict.fromkeys(found))
    if contained is None and type not in HOLDERS:
        return ()
    return tuple(_inner(str(type), resource))


def _inner(type: str, resource: Mapping[str, Any]) -> Iterator[Finding]:
    for where, held in _held(resource):
        for found in findings(held):
            tail = found.where.partition(".")[2]
            place = f"{type}.{where}"
            yield Finding(found.rule, f"{place}.{tail}" if tail else place, found.about)


def _held(resource: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the resources inside one, each with its place."""
    for n, held in enumerate(resource.get("contained", ())):
        yield f"contained[{n}]", held
    match resource["resourceType"]:
        case "Bundle":
            for n, entry in enumerate(resource.get("entry", ())):
                if "resource" in entry:
                    yield f"entry[{n}].resource", entry["resource"]
                if "outcome" in entry.get("response", {}):
                    yield f"entry[{n}].response.outcome", entry["response"]["outcome"]
        case "Parameters":
            yield from _given(resource.get("parameter", ()), "parameter")


def _given(parameters: Sequence[Mapping[str, Any]], name: str) -> Iterator[tuple[str, Any]]:
    for n, parameter in enumerate(parameters):
        if "resource" in parameter:
            yield f"{name}[{n}].resource", parameter["resource"]
        yield from _given(parameter.get("part", ()), f"{name}[{n}].part")


@cache
def _definitions(file: Path = BUILT) -> Mapping[str, Any] | None:
    try:
        read: Mapping[str, Any] = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    return read


@cache
def _validator(type: str) -> Draft202012Validator | None:
    definitions = _definitions()
    if definitions is None or type not in definitions["types"]:
        return None
    return Draft202012Validator(_schema(type), validate_formats=False)


@cache
def _schema(type: str) -> dict[str, Any]:
    """Return the definition of one type with all that it points to."""
    definitions = _definitions()
    assert definitions is not None  # noqa: S101 - asked by those who have looked
    found: dict[str, Any] = {}
    waiting = [type]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definitions["defs"][name]
            waiting.extend(_pointed_to(found[name]))
    return {"$ref": f"#/{DEFS}/{type}", DEFS: found}


def _pointed_to(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _pointed_to(value)
    elif isinstance(node, list):
        for value in node:
            yield from _pointed_to(value)


def _finding(type: str, error: ValidationError) -> Finding:
    """Say what and where, never with which value: a finding may be logged."""
    where = _expression(type, error.instance_path)
    law, _, about = _law(type, error.schema_path).partition(" ")
    if law in OF_ELEMENTS:
        return Finding(law, f"{where}.{about}")
    if law:
        return Finding(law, where, about)
    if isinstance(error.kind, Kind.AdditionalProperties):
        return Finding("unknown", where, ", ".join(error.kind.unexpected))
    if isinstance(error.kind, Kind.Required):
        return Finding("required", f"{where}.{error.kind.property}")
    return Finding(RULES.get(error.kind.__class__.__name__, "value"), where)


def _expression(type: str, path: Path_) -> str:
    """Write a path into a resource as FHIRPath does: Observation.component[0].code."""
    return type + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _law(type: str, path: Path_) -> str:
    """Return the innermost `$comment` on the way to what failed: the name of a law."""
    node: Any = _schema(type)
    law = ""
    for step in path:
        node = node[step]
        if isinstance(node, dict):
            law = node.get("$comment", law)
    return law
