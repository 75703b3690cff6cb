"""What the workbench shows of the prescriptions of one visit (开方)."""

from dataclasses import dataclass, replace
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.journeys import online_desk, prescribe, prescription_form, visit_desk, workbench_desk
from lianyi.journeys.online_desk import Hand
from lianyi.journeys.prescription_form import Screen, Texts
from lianyi.journeys.visit_desk import Visit
from lianyi.journeys.workbench_desk import Patient
from lianyi.kernel.work import Tx
from lianyi.orders.rules import sex_of
from lianyi.people.model import Sex as PersonSex
from lianyi.prescribing import queries as prescribing
from lianyi.prescribing.model import OPEN, Diagnosed, Finding, Prescription, Severity, Sheet, State
from lianyi.prescribing.model.review import Decision, Review
from lianyi.prescribing.rules.document import drug_text, use_text
from lianyi.prescribing.rules.person import pregnancy
from lianyi.prescribing.states import PRESCRIPTION
from lianyi.records.fhir.outpatient import ICD10
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Frequency, Pregnancy, Release, Source

NOTHING: Texts = {}
WITH_VISIT = frozenset({"hold"})  # what turning the visit offline does, and no button
ABOUT_HELD = frozenset({"stop", "resume"})  # what is decided of what is held (CON-28, CON-04)


@dataclass(frozen=True, slots=True)
class Shown:
    """One prescription that is not being written. `verbs` are what its doctor may do to it now."""

    prescription: Prescription
    lines: tuple[tuple[str, str], ...]
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Writing:
    """The one that is being written, as its form shows it; `returned` says why it came back."""

    prescription: Prescription
    screen: Screen
    returned: Review | None


@dataclass(frozen=True, slots=True)
class Page:
    """`known` are the diagnoses to begin from; `may_be_pregnant` says whether that is asked."""

    known: tuple[Diagnosed, ...]
    shown: tuple[Shown, ...]
    writing: Writing | None
    frequencies: tuple[Frequency, ...]
    release: Release
    may_be_pregnant: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One finding with what it rests on and how it could be mended, in the words of the button."""

    finding: Finding
    sources: tuple[Source, ...]
    mend: str
    about: str


@dataclass(frozen=True, slots=True)
class Safety:
    """What the check says, the worst first; `reasons` are those typed so far, by finding."""

    said: tuple[Said, ...]
    safe: tuple[Said, ...]
    screen: Screen
    release: Release
    trouble: str = ""

    @property
    def blocked(self) -> bool:
        return any(each.finding.severity is Severity.BLOCK for each in self.said)


async def page(tx: Tx, *, appointment_id: UUID, texts: Texts = NOTHING) -> Visit[Page]:
    """Return the prescriptions of a visit, and the one that is being written.

    `texts` are shown instead of what is written down, where a form was refused.

    :raises NoSuchAppointment, NoSuchPerson, WrongRole:
    """
    hand = await visit_desk.in_hand(tx, appointment_id)
    patient = await workbench_desk.patient(tx, hand.chart, person=hand.person)
    known = [each.what for each in patient.problems if each.what.system == ICD10]
    told = tuple(Diagnosed(what.code, what.text) for what in known)
    shown = await _page(tx, hand.chart, patient, appointment_id, known=told, texts=texts)
    return visit_desk.framed(tx, hand, patient, shown)


async def online(tx: Tx, *, visit_id: UUID, texts: Texts = NOTHING) -> Hand[Page]:
    """Return the prescriptions of an online visit, for what was diagnosed in person (CON-02).

    Where none may be written any more, what was begun isn't gone on with (CON-04).

    :raises NoSuchVisit, NoSuchPerson, WrongRole:
    """
    taken = await online_desk.in_hand(tx, visit_id=visit_id)
    hand, proven = taken.hand, taken.visit.proven
    told = tuple(Diagnosed(code, terminology.diagnosis(code).name) for code in proven)
    shown = await _page(tx, taken.chart, taken.patient, visit_id, known=told, texts=texts)
    return replace(hand, page=shown if hand.begun else replace(shown, writing=None))


async def _page(
    tx: Tx,
    chart: Chart,
    patient: Patient,
    visit_id: UUID,
    *,
    known: tuple[Diagnosed, ...],
    texts: Texts,
) -> Page:
    found = (await prescribing.of_visits(tx, chart, visit_ids=[visit_id]))[visit_id]
    reviews = await prescribing.reviews_of(tx, chart, prescriptions=found)
    draft = next((each for each in reversed(found) if each.state in OPEN), None)
    return Page(
        known=known,
        shown=tuple(_shown(tx, each) for each in reversed(found) if each is not draft),
        writing=None if draft is None else _writing(draft, reviews[draft.id], texts),
        frequencies=tuple(terminology.frequencies().values()),
        release=terminology.release(),
        may_be_pregnant=_may_be_pregnant(patient.person.sex, patient.age),
    )


async def safety(tx: Tx, *, visit_id: UUID, prescription_id: UUID | None, screen: Screen) -> Safety:
    """Check what is on the screen, written or not. Raises as `prescribe.check` does."""
    paper = prescription_form.paper_of(screen)
    sheet, findings = await prescribe.check(
        tx, visit_id=visit_id, prescription_id=prescription_id, paper=paper
    )
    return said(sheet, findings, screen)


def said(sheet: Sheet, findings: tuple[Finding, ...], screen: Screen) -> Safety:
    """Return findings as the page shows them."""
    every = [_said(sheet, each) for each in findings]
    return Safety(
        said=tuple(each for each in every if each.finding.severity is not Severity.SAFE),
        safe=tuple(each for each in every if each.finding.severity is Severity.SAFE),
        screen=screen,
        release=terminology.release(),
    )


def _said(sheet: Sheet, finding: Finding) -> Said:
    checked = finding.checked
    ids = checked.sources if checked else ()
    sources = tuple(found for id in ids if (found := terminology.source(id)))
    return Said(finding, sources, _mend(sheet, finding), _about(finding))


def _mend(sheet: Sheet, finding: Finding) -> str:
    """Return what a mended line would say (辛伐他汀片 20mg 每次20mg), or nothing."""
    found = prescribing.mended(sheet, finding)
    if found is None:
        return ""
    entry = found[1]
    drug = terminology.drug(entry.drug)
    return f"{drug.name} {drug.strength} 每次{entry.dose.value.normalize():f}{entry.dose.unit}"


def _about(finding: Finding) -> str:
    """Return what a finding is about: two substances, or a drug."""
    checked = finding.checked
    if checked and checked.substance and checked.other:
        names = (terminology.name_of(checked.substance), terminology.name_of(checked.other))
        return " × ".join(dict.fromkeys(names))
    return terminology.drug(finding.drug).name if finding.drug else ""


def _writing(draft: Prescription, reviews: list[Review], texts: Texts) -> Writing:
    returned = next((each for each in reviews if each.decision is Decision.RETURN), None)
    typed = "version" in texts
    screen = (
        prescription_form.screen_as_typed(texts)
        if typed
        else prescription_form.screen_of(draft.sheet)
    )
    return Writing(draft, screen, returned if draft.state is State.RETURNED else None)


def _shown(tx: Tx, prescription: Prescription) -> Shown:
    lines = tuple((drug_text(line), use_text(line)) for line in prescription.sheet.lines)
    verbs = frozenset(PRESCRIPTION.open_to(tx.actor.role, prescription.state)) - WITH_VISIT
    return Shown(prescription, lines, verbs if prescription.is_held else verbs - ABOUT_HELD)


def _may_be_pregnant(sex: PersonSex, age: int) -> bool:
    return pregnancy(sex_of(sex), age * 12, None) is not Pregnancy.IMPOSSIBLE
