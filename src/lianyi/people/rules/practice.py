"""What the law wants of a place and of those who practise there. Pure."""

from collections.abc import Iterator
from datetime import date

from lianyi.kernel.profile import Profile
from lianyi.people.model import (
    DOCTOR,
    NURSE,
    PHARMACIST,
    Department,
    Finding,
    Grade,
    Institution,
    Kind,
    Licence,
    Member,
    Practice,
    Register,
    Term,
    Training,
    years_between,
)

REGISTERS = {
    DOCTOR: frozenset({Register.DOCTOR, Register.ASSISTANT_DOCTOR}),
    PHARMACIST: frozenset({Register.PHARMACIST}),
    NURSE: frozenset({Register.NURSE}),
}

# Care is offered online by two kinds of internet hospital, with doctors of other places too, and
# by a hospital whose licence allows it, with its own doctors only (CON-24).
INTERNET_HOSPITALS = frozenset({Kind.INTERNET_SECOND_NAME, Kind.INTERNET_INDEPENDENT})
ONLINE_WITH_OWN_DOCTORS = frozenset({Kind.COUNTY_HOSPITAL})
HOSPITALS = frozenset({Kind.TERTIARY_HOSPITAL, Kind.COUNTY_HOSPITAL})
PARENT_OF = {
    Kind.INTERNET_SECOND_NAME: HOSPITALS,
    Kind.INTERNET_INDEPENDENT: HOSPITALS,
    Kind.STORE: frozenset({Kind.PHARMACY_CHAIN}),
    Kind.ONLINE_PHARMACY: frozenset({Kind.PHARMACY_CHAIN}),
}
UNLICENSED = frozenset(
    {Kind.INSURANCE_AGENCY, Kind.HEALTH_COMMISSION, Kind.DRUG_AUTHORITY, Kind.PLATFORM}
)
RETAIL = frozenset({Kind.PHARMACY_CHAIN, Kind.STORE, Kind.ONLINE_PHARMACY})
# 药师 and above; an assistant (药士) fills prescriptions and reviews none (PH-02).
REVIEWING = frozenset({Grade.JUNIOR, Grade.MIDDLE, Grade.ASSOCIATE_CHIEF, Grade.CHIEF})
ON_DUTY = frozenset({PHARMACIST})


def is_parent(kind: Kind, parent: Institution | None) -> bool:
    """Return whether the institution behind one of this kind is what it has to be."""
    wanted = PARENT_OF.get(kind)
    if wanted is None:
        return True
    return parent is not None and parent.kind in wanted


def is_open(institution: Institution, today: date) -> bool:
    """LIC-01: on the day after a licence's last day all outward services have stopped."""
    if institution.kind in UNLICENSED:
        return True
    until = institution.licence_until
    return bool(institution.licence_number) and until is not None and today <= until


def institution_findings(
    institution: Institution, parent: Institution | None, today: date
) -> Iterator[Finding]:
    """LIC-01, for the place and for the hospital whose second name it is or that it leans on."""
    if not is_open(institution, today):
        yield Finding("LIC-01", "expired")
    if parent is not None and not is_open(parent, today):
        yield Finding("LIC-01", "parent_expired")


def practice_findings(practice: Practice, today: date) -> tuple[Finding, ...]:
    """Return what forbids somebody to practise in person at a place on a day. Empty: nothing."""
    return (
        *institution_findings(practice.institution, practice.parent, today),
        *_post_findings(practice),
        *_licence_findings(practice, today),
        *_place_findings(practice, today),
    )


def online_findings(practice: Practice, today: date, profile: Profile) -> tuple[Finding, ...]:
    """Return what forbids somebody to treat online for a place on a day. Empty: nothing."""
    return (
        *practice_findings(practice, today),
        *_online_place_findings(practice),
        *_online_doctor_findings(practice, today, profile),
    )


def staff_findings(member: Member, today: date, profile: Profile) -> tuple[Finding, ...]:
    """Return what the law has against a member of staff in their post. Empty: nothing.

    Who needs no licence for the work has no findings; a doctor of a department that is online
    must also be allowed to treat online.
    """
    if member.post.role not in REGISTERS:
        return ()
    department = member.practice.department
    if member.post.role == DOCTOR and department is not None and department.online:
        return online_findings(member.practice, today, profile)
    return practice_findings(member.practice, today)


def duty_findings(member: Member, today: date, profile: Profile) -> tuple[Finding, ...]:
    """Return what forbids a pharmacist to be on duty in their post. Empty: nothing.

    PH-02 binds medical institutions; at a shop the licence is what is asked.
    """
    found = practice_findings(member.practice, today)
    if member.practice.institution.kind in RETAIL:
        return found
    return (*found, *_review_findings(member, today, profile))


def term(until: date | None, today: date, profile: Profile) -> Term:
    """Return how long something still holds. LIC-02: three reminders before its last day."""
    if until is None:
        return Term.OPEN
    left = (until - today).days
    reminders = {Term.LAST: "LIC-02.last", Term.SOON: "LIC-02.soon", Term.NOTICE: "LIC-02"}
    if left < 0:
        return Term.ENDED
    return next((term for term, rule in reminders.items() if left <= profile[rule]), Term.VALID)


def offers_online(kind: Kind) -> bool:
    return kind in INTERNET_HOSPITALS or kind in ONLINE_WITH_OWN_DOCTORS


def covers(licence: Licence, department: Department) -> bool:
    """LIC-13: the registered scope covers a subject and all below it."""
    code = department.code
    return any(code == own or code.startswith(f"{own}.") for own in licence.scope)


def _post_findings(practice: Practice) -> Iterator[Finding]:
    if not practice.in_post:
        yield Finding("LIC-13", "no_post")


def _licence_findings(practice: Practice, today: date) -> Iterator[Finding]:
    licence = practice.licence
    if licence is None:
        yield Finding("LIC-13", "not_registered")
        return
    if licence.valid_until is not None and today > licence.valid_until:
        yield Finding("LIC-13", "expired")
    if practice.department is not None and not covers(licence, practice.department):
        yield Finding("LIC-13", "out_of_scope")


def _place_findings(practice: Practice, today: date) -> Iterator[Finding]:
    """LIC-14: one main institution; everywhere else only what was filed."""
    if practice.licence is None or _is_main(practice):
        return
    if not _is_filed(practice, today):
        yield Finding("LIC-14", "not_filed")


def _review_findings(member: Member, today: date, profile: Profile) -> Iterator[Finding]:
    """PH-02: a pharmacist by title, long enough at it, and trained to review."""
    if member.post.grade not in REVIEWING:
        yield Finding("PH-02", "title")
    licence = member.practice.licence
    if licence and years_between(licence.practising_since, today) < profile["PH-02"]:
        yield Finding("PH-02", "too_new")
    if member.training is None:
        yield Finding("PH-02", "not_trained")
    elif not _holds(member.training, today):
        yield Finding("PH-02", "training_over")


def _holds(training: Training, today: date) -> bool:
    if training.passed_on > today:
        return False
    return training.valid_until is None or today <= training.valid_until


def _online_place_findings(practice: Practice) -> Iterator[Finding]:
    if not offers_online(practice.institution.kind):
        yield Finding("CON-23", "not_offered")
    department = practice.department
    if department is None or not department.online or not practice.backed:
        yield Finding("CON-23", "department_not_licensed")


def _online_doctor_findings(practice: Practice, today: date, profile: Profile) -> Iterator[Finding]:
    """CON-08 and CON-24."""
    licence = practice.licence
    if licence is None:
        yield Finding("CON-08", "not_registered")
        return
    if years_between(licence.practising_since, today) < profile["CON-08"]:
        yield Finding("CON-08", "too_new")
    if not 0 <= (today - licence.checked_on).days <= profile["CON-08.checked"]:
        yield Finding("CON-08", "check_over")
    if _is_main(practice):
        return
    if practice.institution.kind not in INTERNET_HOSPITALS or not _is_filed(practice, today):
        yield Finding("CON-24", "not_filed")
    if practice.filing is not None and practice.filing.main_agreed_on is None:
        yield Finding("CON-08", "main_has_not_agreed")


def _is_main(practice: Practice) -> bool:
    """Return whether this is the main place: a second name is one legal body with its parent."""
    assert practice.licence is not None  # noqa: S101 - asked only of the registered
    main, here = practice.licence.main_institution_id, practice.institution
    if here.kind is Kind.INTERNET_SECOND_NAME and main == here.parent_id:
        return True
    return main == here.id


def _is_filed(practice: Practice, today: date) -> bool:
    filing = practice.filing
    if filing is None or filing.filed_on > today:
        return False
    return filing.valid_until is None or today <= filing.valid_until
