"""How surely two Patient resources mean one person (`$match`). Pure.

Source: FHIR R4, http://hl7.org/fhir/R4/patient-operation-match.html; the grades are this network's:
sure is only who has the same number; a name and a day of birth are shared by many.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
MASKED = "urn:lianyi:masked-identity-number"  # shows who it may be, and is shared by many
ESCAPED = str.maketrans({letter: f"\\{letter}" for letter in "\\,$|"})


class Grade(StrEnum):
    """HL7's match-grade; what is certainly not meant isn't answered."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


def questions(body: Mapping[str, Json]) -> Iterator[list[tuple[str, str]]]:
    """Yield the searches that find whom a Patient may mean, the surest first."""
    numbers = [f"{s.translate(ESCAPED)}|{v.translate(ESCAPED)}" for s, v in sorted(_numbers(body))]
    if numbers:
        yield [("identifier", ",".join(numbers))]
    born = [("birthdate", body["birthDate"])] if "birthDate" in body else []
    for name in sorted(_names(body)):
        yield [("name", name.translate(ESCAPED)), *born]


def grade(body: Mapping[str, Json], found: Mapping[str, Json]) -> Grade | None:
    """Return how surely a Patient is the one that was found. None: it is somebody else."""
    if any(_differ(body, found, name) for name in ("birthDate", "gender")):
        return None
    if _numbers(body) & _numbers(found):
        return Grade.CERTAIN
    is_born = body.get("birthDate", "") == found.get("birthDate")
    if not _names(body) & _names(found):
        return None
    return Grade.PROBABLE if is_born else Grade.POSSIBLE


def _differ(body: Mapping[str, Json], found: Mapping[str, Json], name: str) -> bool:
    return name in body and name in found and body[name] != found[name]


def _numbers(body: Mapping[str, Json]) -> set[tuple[str, str]]:
    pairs = ((one.get("system", ""), one.get("value", "")) for one in body.get("identifier", ()))
    return {(system, value) for system, value in pairs if system and value and system != MASKED}


def _names(body: Mapping[str, Json]) -> set[str]:
    found = (whole_name(one).casefold() for one in body.get("name", ()))
    return set(filter(None, found))


def whole_name(name: Mapping[str, Json]) -> str:
    """Return a whole name; one in parts as it is written in its script."""
    parts = [name.get("family", ""), *name.get("given", ())]
    between = "" if all(not part.isascii() for part in parts) else " "
    return str(name.get("text") or between.join(filter(None, parts))).strip()
