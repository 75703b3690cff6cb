"""When a person sees what software of an institution brings about them (IDN-11). Pure.

A result goes to the person when it is final and plain. One that is not final, is critical, or
touches a sensitive class is told by somebody first: the institution says so by a tag on a later
version.
"""

from collections.abc import Iterator, Mapping
from typing import Any

RESULTS = frozenset({"DiagnosticReport", "ImagingStudy", "MolecularSequence", "Observation"})
FINAL = frozenset({"final", "amended", "corrected", "appended", "available", ""})
CRITICAL = frozenset({"AA", "HH", "LL"})  # HL7 v3 ObservationInterpretation
TAG = ("urn:lianyi:release", "released")


def is_released(body: Mapping[str, Any], *, is_sensitive: bool) -> bool:
    if body["resourceType"] not in RESULTS or _is_tagged(body):
        return True
    is_final = body.get("status", "") in FINAL
    return is_final and not is_sensitive and CRITICAL.isdisjoint(_interpretations(body))


def _is_tagged(body: Mapping[str, Any]) -> bool:
    tags = body.get("meta", {}).get("tag", ())
    return any((tag.get("system"), tag.get("code")) == TAG for tag in tags)


def _interpretations(body: Mapping[str, Any]) -> Iterator[str]:
    for part in (body, *body.get("component", ())):
        for concept in part.get("interpretation", ()):
            yield from (str(coding.get("code", "")) for coding in concept.get("coding", ()))
