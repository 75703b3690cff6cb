"""Who may have an online visit, what may be prescribed in it, when it may end. Pure."""

from collections.abc import Collection, Iterable, Iterator

from lianyi.consult.model import OFFERED, Asking, Course, Finding, Kind, Proof, State, Visit
from lianyi.kernel.profile import Permit, Profile
from lianyi.terminology.model import Control, Drug

FAMILY = 3  # characters of a code by which CON-02 compares diagnoses
REASON_MIN = 2  # characters
STARS = range(1, 6)
# 诊疗科目名录: 儿科, 小儿外科, 儿童保健科 treat children whatever they have.
PAEDIATRIC = ("07", "08", "09")
GENERAL = ("02", "03")  # 全科医疗科, 内科 as a whole
# Which department an adult's disease belongs to, by its code; the longest beginning decides. What
# isn't listed is left to the doctor's own yes or no.
SUBJECTS = {
    "E": ("03.07",),
    "E78": ("03.04", "03.07"),
    "G": ("03.03",),
    "I": ("03.04",),
    "I6": ("03.03",),
    "J": ("03.01",),
    "K": ("03.02",),
    "L": ("13",),
}
# What people call drugs under special control, beside their names in the master (麻醉药品品种目录,
# 精神药品品种目录, 2013).
LAY_NAMES = (
    "杜冷丁",
    "哌替啶",
    "芬太尼",
    "氯胺酮",
    "三唑仑",
    "安定片",
    "舒乐安定",
    "思诺思",
    "利他林",
)
SALTS = ("盐酸", "硫酸", "磷酸", "氢溴酸", "酒石酸")
FORMS = ("缓释片", "控释片", "片", "胶囊")


def ask_findings(asking: Asking, profile: Profile) -> tuple[Finding, ...]:
    """Return what forbids this online visit. Empty: it may be asked for."""
    return (
        *_kind_findings(asking),
        *_proof_findings(asking, profile.permits.get("CON-06", ())),
        *_child_findings(asking, profile["CON-11"]),
        *_place_findings(asking),
    )


def kind_findings(kind: Kind) -> tuple[Finding, ...]:
    """Return what forbids to offer, or to ask a single doctor for, a kind of encounter (CON-01).

    CON-07: without an earlier diagnosis an online doctor is brought in by the attending physician,
    who is beside the patient and takes part. That is nothing an offer or a patient's word can
    verify, so this way is closed to both.
    """
    if kind is Kind.BETWEEN_DOCTORS:
        return (Finding("CON-07", "no_attending"),)
    return () if kind in OFFERED else (Finding("CON-01", "kind"),)


def ending_findings(visit: Visit, codes: Collection[str]) -> tuple[Finding, ...]:
    """Return what forbids to end a visit with these diagnoses; a health consultation has none."""
    if visit.kind is Kind.COUNSEL:
        return (Finding("CON-26", "counsel"),) if codes else ()
    return (*_open_findings(visit), *_new_findings(visit, codes))


def is_same_family(one: str, other: str) -> bool:
    """CON-02: compare diagnoses by the three characters of their category."""
    return one[:FAMILY] == other[:FAMILY]


def proves(proofs: Iterable[Proof], code: str) -> bool:
    return any(is_same_family(proof.code, code) for proof in proofs)


def needs_reading(proofs: Collection[Proof], code: str) -> bool:
    """CON-03: a paper is read by the doctor before anything is paid; the own record speaks."""
    return not proves((proof for proof in proofs if not proof.is_paper), code)


def controlled_in(text: str, drugs: Iterable[Drug]) -> tuple[str, ...]:
    """CON-12: return the names of drugs under special control that a text asks for."""
    names = {_plain(drug.name) for drug in drugs if drug.control is not Control.NONE}
    return tuple(sorted(name for name in {*names, *LAY_NAMES} if name in text))


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def is_paediatric(subject: str) -> bool:
    return subject.startswith(PAEDIATRIC)


def treats(subject: str, code: str) -> bool:
    """LIC-13: return whether a disease belongs to a clinical subject."""
    if is_paediatric(subject) or subject in GENERAL:
        return True
    beginnings = sorted(SUBJECTS, key=len, reverse=True)
    mine = next((SUBJECTS[each] for each in beginnings if code.startswith(each)), None)
    return mine is None or subject.startswith(mine)


def may_be_said(text: str, files: Collection[object]) -> bool:
    return bool(text.strip()) or bool(files)


def _kind_findings(asking: Asking) -> Iterator[Finding]:
    yield from kind_findings(asking.kind)
    if not asking.agreed:
        yield Finding("CON-17", "not_agreed")
    if asking.controlled:
        yield Finding("CON-12", "controlled")


def _proof_findings(asking: Asking, permits: Collection[Permit]) -> Iterator[Finding]:
    """Ask nothing of who seeks advice only: no diagnosis can follow (CON-26)."""
    if asking.kind is Kind.COUNSEL:
        return
    if not asking.followable:
        yield Finding("CON-01", "disease")
    if not proves(asking.proofs, asking.code):
        yield from _first_visit_findings(asking, permits)
    if not asking.shared:
        yield Finding("CON-03", "not_shared")
    if asking.course in {Course.WORSE, Course.NEW_SYMPTOMS}:
        yield Finding("CON-04", "changed")


def _first_visit_findings(asking: Asking, permits: Collection[Permit]) -> Iterator[Finding]:
    """CON-02; CON-06: but for a physician on the list of the day, with the guardian beside."""
    mine = [each for each in permits if _names(each, asking)]
    holds = any(each.holds(asking.on) for each in mine)
    if holds and asking.is_guarded:
        return
    yield Finding("CON-02", "first_visit")
    if mine:
        yield Finding("CON-06", "no_guardian" if holds else "not_now")


def _names(permit: Permit, asking: Asking) -> bool:
    subject = asking.subject
    within = subject == permit.subject or subject.startswith(f"{permit.subject}.")
    return within and (permit.institution, permit.physician) == (asking.place, asking.physician)


def _child_findings(asking: Asking, child: int) -> Iterator[Finding]:
    if asking.age >= child:
        return
    if not asking.is_guarded:
        yield Finding("CON-11", "no_guardian")
    if not is_paediatric(asking.subject):
        yield Finding("CON-11", "no_specialist")


def _place_findings(asking: Asking) -> Iterator[Finding]:
    if asking.kind is not Kind.COUNSEL and not treats(asking.subject, asking.code):
        yield Finding("LIC-13", "other_specialty")
    if not asking.online:
        yield Finding("CON-27", "not_online")


def _open_findings(visit: Visit) -> Iterator[Finding]:
    if visit.kind is Kind.COUNSEL:
        yield Finding("CON-26", "counsel")
    if visit.state is State.OFFLINE:
        yield Finding("CON-04", "turned_offline")
    elif visit.state is not State.WITH_DOCTOR:
        yield Finding("CON-03", "not_with_doctor")
    if visit.kind is not Kind.COUNSEL and not visit.met:
        yield Finding("CON-03", "undecided")


def _new_findings(visit: Visit, codes: Collection[str]) -> Iterator[Finding]:
    """CON-02: what nobody has diagnosed in person isn't diagnosed online."""
    if not codes:
        yield Finding("CON-26", "no_record")
    if any(not any(is_same_family(code, own) for own in visit.proven) for code in codes):
        yield Finding("CON-02", "new_diagnosis")


def _plain(name: str) -> str:
    """Return the name of a drug without its salt and form, as people say it."""
    for salt in SALTS:
        name = name.removeprefix(salt)
    for form in FORMS:
        name = name.removesuffix(form)
    return name
