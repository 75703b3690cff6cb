"""Whether a resource is what FHIR R4 calls valid: its structure first, then its invariants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lianyi.records.model import Finding
from lianyi.records.rules.validity import invariants, profiles, structure, texts
from lianyi.records.rules.validity.structure import is_built

UNKNOWN = "profile.unknown"

__all__ = ["examined", "findings", "findings_of", "findings_of_own", "hidden", "is_built"]


def findings(resource: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return everything that is wrong with a resource and with those inside it."""
    return _looked_at(resource, texts.written(resource), warnings=False)


def findings_of(text: str, read: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return everything that is wrong with a body and, where nothing is, with its text."""
    whole = texts.written(read)
    return _looked_at(read, whole, warnings=False) or _hidden(text, whole)


def findings_of_own(text: str, read: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Do the same with a text that was written here, of a body: it hides nothing."""
    return _looked_at(read, texts.own(text, read), warnings=False)


def examined(resource: Mapping[str, Any], wanted: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Return what is wrong, what is only advised against, and what profiles miss.

    A profile that a body claims by itself is looked at too; if nobody knows it here, that is told
    and keeps nothing out (FHIR R4, 2.1.0: meta.profile).
    """
    found = _looked_at(resource, texts.written(resource), warnings=True)
    if any(one.rule != "invariant" for one in found):
        return found
    claimed = [url for url in resource.get("meta", {}).get("profile", ()) if url not in wanted]
    asked = [one for url in wanted for one in profiles.findings(resource, url)]
    said = [one for url in claimed for one in profiles.findings(resource, url)]
    said = [replace(f, severity="warning") if f.rule == UNKNOWN else f for f in said]
    return tuple(dict.fromkeys((*found, *asked, *said)))


def hidden(text: str, read: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what is wrong with the text of a body that was read without a finding."""
    return _hidden(text, texts.written(read))


def _hidden(text: str, whole: bytes | None) -> tuple[Finding, ...]:
    if whole is None:
        return (Finding("deep", "$this"),)
    name = texts.repeated(text, whole)
    return (Finding("repeated", "$this", name),) if name else ()


def _looked_at(
    resource: Mapping[str, Any], whole: bytes | None, *, warnings: bool
) -> tuple[Finding, ...]:
    """Invariants speak of elements that are what they should be: those come first."""
    try:
        if found := structure.findings(resource):
            return found
        if whole is None:
            return (Finding("deep", "$this"),)
        return tuple(invariants.broken(resource, whole, warnings=warnings))
    except RecursionError:
        return (Finding("deep", "$this"),)
