"""Whether a resource is what FHIR R4 calls valid: its structure first, then its invariants."""

from collections.abc import Mapping
from typing import Any

from lianyi.records.model import Finding
from lianyi.records.rules.validity import invariants, structure, texts
from lianyi.records.rules.validity.structure import is_built

__all__ = ["examined", "findings", "hidden", "is_built"]


def findings(resource: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return everything that is wrong with a resource and with those inside it."""
    return _looked_at(resource, warnings=False)


def examined(resource: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what is wrong, and what is only advised against."""
    return _looked_at(resource, warnings=True)


def hidden(text: str, read: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what is wrong with the text of a body that was read without a finding."""
    try:
        name = texts.repeated(text, read)
    except (RecursionError, TypeError):  # deeper than anybody writes it again
        return (Finding("deep", "$this"),)
    return (Finding("repeated", "$this", name),) if name else ()


def _looked_at(resource: Mapping[str, Any], *, warnings: bool) -> tuple[Finding, ...]:
    """Invariants speak of elements that are what they should be: those come first."""
    try:
        found = structure.findings(resource)
        return found or tuple(invariants.broken(resource, warnings=warnings))
    except RecursionError:
        return (Finding("deep", "$this"),)
