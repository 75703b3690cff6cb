"""What a doctor fills in on the screen of a prescription, as a Paper, and back (开具处方).

Lines are numbered fields (`drug-1`, `dose-1`, …), reasons carry the key of their finding
(`reason:…`): what a browser sends of a form, name by name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from lianyi.journeys.note_form import Asked as Answer
from lianyi.journeys.note_form import diagnosed
from lianyi.journeys.prescribe import Paper
from lianyi.prescribing import queries
from lianyi.prescribing.errors import BadLine
from lianyi.prescribing.model import Asked, Entry, Finding, Kind, Reason, Sheet, SkinTest
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Amount, Drug, Pregnancy

Texts = Mapping[str, Sequence[str]]
REASON, AGAIN = "reason:", "again:"
USUAL_DAYS = 7
MARKS = "、，,；;\n"
CHOSEN = frozenset(Answer)


@dataclass(frozen=True, slots=True)
class Row:
    """One drug as its fields show it."""

    drug: Drug
    dose: str
    unit: str
    frequency: str
    days: str
    packs: str
    advice: str
    skin_test: str

    @property
    def units(self) -> tuple[str, ...]:
        """Return what a dose may be said in: a legal unit, or tablets."""
        legal = {self.drug.contents[0].amount.unit} if len(self.drug.contents) == 1 else set()
        return tuple(dict.fromkeys((*sorted(legal), self.drug.unit)))


@dataclass(frozen=True, slots=True)
class Screen:
    """A prescription as its form shows it."""

    diagnoses: tuple[str, ...]
    rows: tuple[Row, ...]
    kind: str
    days_valid: str
    validity_reason: str
    long_reason: str
    allergies: str
    allergens: str
    medicines: str
    taken: str
    history: str
    diseases: str
    pregnancy: str
    weight: str
    reasons: Mapping[str, str]
    again: frozenset[str]


def screen_of(sheet: Sheet) -> Screen:
    asked = sheet.asked
    return Screen(
        diagnoses=tuple(f"{each.code} {each.name}" for each in sheet.diagnoses),
        rows=tuple(
            Row(
                drug=terminology.drug(line.drug),
                dose=_plain(line.dose.value),
                unit=line.dose.unit,
                frequency=line.frequency,
                days=str(line.days),
                packs=str(line.packs),
                advice=line.advice,
                skin_test=line.skin_test,
            )
            for line in sheet.lines
        ),
        kind=sheet.kind,
        days_valid=str(sheet.days_valid),
        validity_reason=sheet.validity_reason,
        long_reason=sheet.long_reason,
        allergies=_answer(asked.allergies),
        allergens=_names(asked.allergies),
        medicines=_answer(asked.medicines),
        taken=_names(asked.medicines),
        history=_answer(asked.history),
        diseases="、".join(terminology.diagnosis(code).name for code in asked.history or ()),
        pregnancy=asked.pregnancy or "",
        weight=_plain(asked.weight) if asked.weight else "",
        reasons={reason.finding: reason.text for reason in sheet.reasons},
        again=frozenset(reason.finding for reason in sheet.reasons if reason.confirmed),
    )


def screen_as_typed(texts: Texts) -> Screen:
    """Return what was typed, as it was typed, right or wrong."""
    return Screen(
        diagnoses=tuple(filter(None, texts.get("diagnosis", ()))),
        rows=tuple(_row(texts, number) for number in _numbers(texts)),
        kind=_text(texts, "kind"),
        days_valid=_text(texts, "days_valid"),
        validity_reason=_text(texts, "validity_reason"),
        long_reason=_text(texts, "long_reason"),
        allergies=_text(texts, "allergies"),
        allergens=_text(texts, "allergens"),
        medicines=_text(texts, "medicines"),
        taken=_text(texts, "taken"),
        history=_text(texts, "history"),
        diseases=_text(texts, "diseases"),
        pregnancy=_text(texts, "pregnancy"),
        weight=_text(texts, "weight"),
        reasons={n.removeprefix(REASON): _text(texts, n) for n in texts if n.startswith(REASON)},
        again=frozenset(n.removeprefix(AGAIN) for n in texts if n.startswith(AGAIN)),
    )


def paper_of(screen: Screen) -> Paper:
    """Read a screen.

    :raises BadLine: a number is none.
    :raises NoSuchDiagnosis, NoSuchDrug:
    """
    return Paper(
        diagnoses=tuple(diagnosed(text).code for text in screen.diagnoses),
        entries=tuple(_entry(row) for row in screen.rows),
        kind=Kind(screen.kind) if screen.kind in set(Kind) else Kind.ORDINARY,
        days_valid=_whole(screen.days_valid or "1", "days_valid"),
        validity_reason=screen.validity_reason,
        long_reason=screen.long_reason,
        asked=Asked(
            allergies=_told(screen.allergies, screen.allergens, _allergen),
            medicines=_told(screen.medicines, screen.taken, _substance),
            history=_told(screen.history, screen.diseases, lambda name: diagnosed(name).code),
            pregnancy=Pregnancy(screen.pregnancy) if screen.pregnancy in set(Pregnancy) else None,
            weight=_number(screen.weight, "weight") if screen.weight else None,
        ),
        reasons=tuple(
            Reason(key, text, key in screen.again)
            for key, text in sorted(screen.reasons.items())
            if text.strip()
        ),
    )


def added(paper: Paper, wanted: str) -> Paper:
    """Add one drug in its smallest usual use, for the doctor to change (CON-13).

    :raises NoSuchDrug:
    """
    drug = terminology.drug(wanted)
    content = drug.contents[0].amount if len(drug.contents) == 1 else None
    entry = Entry(
        drug=drug.code,
        dose=content or Amount(Decimal(1), drug.unit),
        frequency=drug.frequencies[0],
        days=USUAL_DAYS,
        packs=1,
    )
    return replace(paper, entries=(*paper.entries, entry))


def removed(paper: Paper, code: str) -> Paper:
    return replace(paper, entries=tuple(each for each in paper.entries if each.drug != code))


def mended(paper: Paper, sheet: Sheet, findings: Sequence[Finding], key: str) -> Paper:
    """Change the line that a finding is about to what the finding allows, if there is a way."""
    finding = next((each for each in findings if each.key == key), None)
    found = queries.mended(sheet, finding) if finding else None
    if found is None:
        return paper
    number, entry = found
    return replace(paper, entries=(*paper.entries[:number], entry, *paper.entries[number + 1 :]))


def _numbers(texts: Texts) -> list[str]:
    found = {name.removeprefix("drug-") for name in texts if name.startswith("drug-")}
    return sorted((each for each in found if each.isdecimal()), key=int)


def _row(texts: Texts, number: str) -> Row:
    def text(name: str) -> str:
        return _text(texts, f"{name}-{number}")

    return Row(
        drug=terminology.drug(text("drug")),
        dose=text("dose"),
        unit=text("unit"),
        frequency=text("frequency"),
        days=text("days"),
        packs=text("packs"),
        advice=text("advice"),
        skin_test=text("skin"),
    )


def _entry(row: Row) -> Entry:
    return Entry(
        drug=row.drug.code,
        dose=Amount(_number(row.dose, "dose"), row.unit),
        frequency=row.frequency,
        days=_whole(row.days, "days"),
        packs=_whole(row.packs, "packs") if row.packs else None,
        advice=row.advice,
        skin_test=SkinTest(row.skin_test) if row.skin_test in set(SkinTest) else SkinTest.NONE,
    )


def _told(answer: str, text: str, read: Callable[[str], str]) -> tuple[str, ...] | None:
    """Read the answer to a question: not asked, none, or what was named."""
    if answer not in CHOSEN or answer == Answer.UNASKED:
        return None
    if answer == Answer.NONE:
        return ()
    for mark in MARKS:
        text = text.replace(mark, MARKS[0])
    return tuple(
        dict.fromkeys(read(name) for part in text.split(MARKS[0]) if (name := part.strip()))
    )


def _allergen(name: str) -> str:
    """Return the class or substance of this very name; else the person's own words."""
    found = terminology.allergens(name)
    return next((code for code, known in found.items() if known == name), name)


def _substance(name: str) -> str:
    """Return the substance of a medicine by its name; else the person's own words."""
    known = terminology.snapshot().substances
    exact = next((each.code for each in known.values() if each.name == name), None)
    if exact:
        return exact
    drugs = [drug for drug in terminology.search_drugs(name) if name in drug.name]
    single = {drug.substances for drug in drugs if len(drug.substances) == 1}
    return single.pop()[0] if len(single) == 1 else name


def _answer(told: tuple[str, ...] | None) -> str:
    if told is None:
        return Answer.UNASKED
    return Answer.SOME if told else Answer.NONE


def _names(told: tuple[str, ...] | None) -> str:
    return "、".join(terminology.name_of(code) for code in told or ())


def _text(texts: Texts, name: str) -> str:
    given = texts.get(name)
    return given[-1] if given else ""


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _number(text: str, field: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadLine(field=field) from None
    if not number.is_finite():
        raise BadLine(field=field)
    return number


def _whole(text: str, field: str) -> int:
    if not text.isdecimal():
        raise BadLine(field=field)
    return int(text)
