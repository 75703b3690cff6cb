"""What a doctor types into the form of an outpatient record, as a note, and back (门诊病历)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lianyi.records.model import Allergen, Diagnosed, Note
from lianyi.terminology import queries as terminology
from lianyi.terminology.errors import NoSuchDiagnosis
from lianyi.terminology.model import Diagnosis

FELT = "："  # between what is not borne and what it does
NONE: tuple[Allergen, ...] = ()


class Asked(StrEnum):
    """What became of the question for allergies. Not asked is never the same as none."""

    UNASKED = "unasked"
    NONE = "none"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Typed:
    """A note as its form shows it."""

    complaint: str
    present: str
    past: str
    asked: Asked
    allergens: str
    findings: str
    diagnoses: tuple[str, ...]
    treatment: str
    advice: str


def typed(note: Note) -> Typed:
    return Typed(
        complaint=note.complaint,
        present=note.present,
        past=note.past,
        asked=_asked(note.allergies),
        allergens=_lines(note.allergies),
        findings=note.findings,
        diagnoses=tuple(f"{each.code} {each.name}" for each in note.diagnoses),
        treatment=note.treatment,
        advice=note.advice,
    )


def diagnosed(text: str) -> Diagnosed:
    """Read a diagnosis: its code, a code with its name as the list offers it, or its whole name.

    :raises NoSuchDiagnosis:
    """
    code, _, _ = text.strip().partition(" ")
    known = terminology.snapshot().diagnoses
    if code in known:
        return Diagnosed(code, known[code].name)
    found = [one for one in terminology.search_diagnoses(text) if one.name == text.strip()]
    if not found:
        raise NoSuchDiagnosis(text.strip())
    return Diagnosed(found[0].code, found[0].name)


def suggestions(text: str) -> tuple[Diagnosis, ...]:
    """Return the diagnoses that fit what is typed so far: code, name, pinyin or initials."""
    return terminology.search_diagnoses(text)


def allergens(asked: Asked, text: str) -> tuple[Allergen, ...] | None:
    """Read the answer, one allergen a line: 青霉素类：皮疹. None where nobody has asked."""
    if asked is Asked.UNASKED:
        return None
    if asked is Asked.NONE:
        return NONE
    return tuple(_allergen(line) for line in text.splitlines() if line.strip()) or None


def _asked(allergies: Sequence[Allergen] | None) -> Asked:
    if allergies is None:
        return Asked.UNASKED
    return Asked.SOME if allergies else Asked.NONE


def _lines(allergies: Sequence[Allergen] | None) -> str:
    said = (f"{each.text}{FELT}{each.reaction}".removesuffix(FELT) for each in allergies or ())
    return "\n".join(said)


def _allergen(line: str) -> Allergen:
    """Give an allergen the code of the class or substance of the knowledge base it names."""
    text, _, reaction = (part.strip() for part in line.replace(":", FELT).partition(FELT))
    codes = (code for code, name in terminology.allergens(text).items() if name == text)
    return Allergen(text, next(codes, ""), reaction)
