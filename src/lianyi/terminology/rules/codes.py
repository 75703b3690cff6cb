"""Codes and names: their form, their family, how near a search comes, and reading a full list."""

import re
from collections.abc import Iterator

from lianyi.terminology.model import Course, Diagnosis, DiagnosisFile

ICD = re.compile(r"^[A-Z]\d{2}(\.[0-9x]\d{0,2})?([x+][0-9A-Za-z.*+]*)?$")
LINE = re.compile(r"^(?P<code>[^\s,]+)[\s,]+(?P<name>\S.*?)\s*$")


def is_diagnosis_code(code: str) -> bool:
    """Say whether a code has the form of the insurance edition, e.g. I10.x00, A01.000x005."""
    return ICD.match(code) is not None


def family(code: str) -> str:
    """Return the three characters by which CON-02 compares diagnoses: I10.x00 -> I10."""
    return code[:3]


def begins_with_any(code: str, prefixes: tuple[str, ...]) -> bool:
    """Compare without the dot, so that `E785` and `E78.5` are one prefix."""
    bare = code.replace(".", "")
    return any(bare.startswith(prefix.replace(".", "")) for prefix in prefixes)


def closeness(wanted: str, name: str, pinyin: str, other: str) -> int | None:
    """Rank a name for what was typed, 0 the nearest; None if it doesn't fit.

    `pinyin` has a space between syllables; typed pinyin has none, or is the initials only.
    """
    whole = pinyin.replace(" ", "")
    initials = "".join(syllable[0] for syllable in pinyin.split())
    names = (name.lower(), other.lower(), initials, whole)
    if wanted in names:
        return 0
    if any(each.startswith(wanted) for each in names):
        return 1
    return 2 if any(wanted in each for each in names) else None


def read_diagnoses(text: str, *, source: str) -> DiagnosisFile:
    """Read `code name` or `code,name` lines; a code told twice is a fault, a blank line isn't."""
    seen: dict[str, Diagnosis] = {}
    faults: list[int] = []
    for number, diagnosis in _lines(text, source):
        if diagnosis is None or diagnosis.code in seen:
            faults.append(number)
        else:
            seen[diagnosis.code] = diagnosis
    return DiagnosisFile(entries=tuple(seen.values()), faults=tuple(faults))


def _lines(text: str, source: str) -> Iterator[tuple[int, Diagnosis | None]]:
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if line.strip():
            yield number, _diagnosis(line.strip(), source)


def _diagnosis(line: str, source: str) -> Diagnosis | None:
    match = LINE.match(line)
    if match is None or not is_diagnosis_code(match["code"]):
        return None
    return Diagnosis(
        code=match["code"], name=match["name"], course=Course.OTHER, pinyin="", source=source
    )
