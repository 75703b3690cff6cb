"""What an identity number says, how a name is masked, and who may practise where. Pure."""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from unicodedata import normalize
from uuid import UUID

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from lianyi.access.model import ALL_CLASSES, Scope, Sensitive
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.crypto import Keys, same
from lianyi.kernel.ids import made_at
from lianyi.kernel.profile import Profile
from lianyi.kernel.time import midnight
from lianyi.people.model import (
    ADMIN,
    CLERK,
    COURIER,
    DISPENSER,
    DOCTOR,
    NURSE,
    OPERATOR,
    PHARMACIST,
    RESIDENT,
    SYSTEM,
    TECHNICIAN,
    Card,
    CardState,
    Department,
    Finding,
    Identity,
    IdType,
    Institution,
    Kin,
    Kind,
    KinKind,
    Licence,
    Member,
    Practice,
    Progress,
    Proof,
    Register,
    Sex,
    Term,
    Ticket,
    years_between,
)

NAME = re.compile(r"[^\W\d_]+(?:[·. '-]+[^\W\d_]+)*")
NAME_MAX = 40
RESIDENT_DIGITS = 18
RESIDENT_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
OTHER_NUMBER = re.compile(r"[A-Z0-9]{5,20}")
MAN = 1  # the last but one digit of a resident's number is odd

CODE = re.compile(r"LY([A-Z2-7]{77})")
CODE_MAC = 16  # bytes of the HMAC kept: 128 bits

REGISTRARS = frozenset({CLERK, ADMIN, SYSTEM})
SCANNERS = frozenset({CLERK, NURSE, DOCTOR, PHARMACIST, DISPENSER, TECHNICIAN, COURIER})
DEATH_RECORDERS = frozenset({CLERK, ADMIN})
APPOINTERS = frozenset({ADMIN, SYSTEM})
OWN_POSTS = frozenset({DOCTOR, NURSE, PHARMACIST, DISPENSER, TECHNICIAN, CLERK, COURIER, ADMIN})
FOUNDERS = frozenset({OPERATOR, SYSTEM})

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


def resident_identity(name: str, number: str) -> Identity | None:
    """Read birth date and sex out of a resident's number, or None if the number is wrong.

    Weights and check digit: GB 11643-1999, by way of python-stdnum. Its test of the county's age
    is left out: numbers were given out from 1984, so older people carry younger counties.
    """
    plain = ric.compact(normalize("NFKC", number).replace(" ", ""))  # as keyboards write it
    if not RESIDENT_NUMBER.fullmatch(plain) or plain[-1] != ric.calc_check_digit(plain):
        return None
    try:
        birth_date = ric.get_birth_date(plain)
    except ValidationError:
        return None
    sex = Sex.MALE if int(plain[-2]) % 2 == MAN else Sex.FEMALE
    return Identity(name.strip(), IdType.RESIDENT_ID, plain, sex, birth_date)


def is_name(text: str) -> bool:
    return len(text) <= NAME_MAX and NAME.fullmatch(text) is not None


def is_number(identity: Identity) -> bool:
    """Return whether the document's number can be one of its kind (IDN-01)."""
    if identity.id_type is IdType.RESIDENT_ID:
        return resident_identity(identity.name, identity.number) == identity
    return OTHER_NUMBER.fullmatch(identity.number) is not None


def is_credit_code(code: str) -> bool:
    return bool(uscc.is_valid(code)) and uscc.compact(code) == code


def masked_name(name: str) -> str:
    """张英 becomes 张*, 张秀英 becomes 张*英: enough to know oneself on a public screen."""
    if len(name) <= len("张英"):
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def masked_number(number: str) -> str:
    """Keep 3701 **** **** 4028 of a resident's number, and two characters of a short one."""
    if len(number) < RESIDENT_DIGITS:
        return "****" + number[-2:]
    return f"{number[:4]} **** **** {number[-4:]}"


def masked_phone(phone: str | None) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if phone else ""


def birthday(birth: date, years: int) -> date:
    """Return the day on which somebody completes so many years."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def may_appoint(role: Role, to: Role) -> bool:
    """Whoever administers an institution gives its own posts, and never power over others."""
    if role == ADMIN:
        return to in OWN_POSTS
    return role in APPOINTERS and to not in {RESIDENT, SYSTEM}


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


def code_of(ticket: Ticket, keys: Keys) -> str:
    """Write a ticket as the text of a QR code: short, upper case, signed, naming nobody (IDN-03).

    A MAC suffices, since who reads a code is always this installation (IDN-05: SM3).
    """
    body = ticket.card_id.bytes + ticket.id.bytes
    return "LY" + b32encode(body + _mac(body, keys)).decode().rstrip("=")


def ticket_in(code: str, keys: Keys) -> Ticket | None:
    """Read a code, or None if it is not one of ours, whole and unchanged."""
    shape = CODE.fullmatch(code.strip().upper())
    if shape is None:
        return None
    raw = b32decode(shape[1] + "===")
    body, mac = raw[:-CODE_MAC], raw[-CODE_MAC:]
    if not same(mac, _mac(body, keys)):
        return None
    return Ticket(UUID(bytes=body[:16]), UUID(bytes=body[16:]))


def is_fresh(ticket: Ticket, now: datetime, profile: Profile) -> bool:
    """IDN-03: a code lives for so many seconds from the instant its id was drawn."""
    return made_at(ticket.id) <= now < made_at(ticket.id) + timedelta(seconds=profile["IDN-03"])


def progress_of(card: Card) -> Progress:
    """Say what the applicant may know: a mismatch and a card elsewhere look the same."""
    if card.state in {CardState.ACTIVE, CardState.FROZEN}:
        return Progress.ACTIVE
    return Progress.CHECKING if card.matched is None else Progress.COUNTER


def scopes_of(proof: Proof) -> frozenset[Scope]:
    """CON-10: a proven phone holder books and pays; the record needs the person to be seen."""
    if proof is Proof.SEEN:
        return frozenset(Scope)
    return frozenset({Scope.BOOK, Scope.PAY}) if proof is Proof.HOLDER else frozenset()


def is_child(birth: date, today: date, profile: Profile) -> bool:
    return years_between(birth, today) < profile["IDN-06.adult"]


def guardian_until(birth: date, today: date, profile: Profile) -> datetime:
    """IDN-06: to the fourteenth birthday, and after a review to the eighteenth."""
    at_review, adult = profile["IDN-06"], profile["IDN-06.adult"]
    return turns(birth, at_review if years_between(birth, today) < at_review else adult, profile)


def turns(birth: date, years: int, profile: Profile) -> datetime:
    """Return the first instant at which somebody is so many years old."""
    return midnight(birthday(birth, years), profile.zone)


def guardian_sees(birth: date, today: date, profile: Profile) -> frozenset[Sensitive]:
    """From fourteen on a child's sensitive classes are its own (PRI-07)."""
    return ALL_CLASSES if years_between(birth, today) < profile["IDN-06"] else frozenset()


def may_answer(actor: Actor, kin: Kin) -> bool:
    """IDN-06: only the adult's own act, never somebody's who acts for them."""
    return actor.for_person_id is None and actor.person_id == kin.subject_id


def may_end(actor: Actor, kin: Kin) -> bool:
    """Either side may, at any time; a child's guardian is ended by the guardian or a clerk."""
    if actor.role != RESIDENT:
        return True
    own = actor.person_id == kin.holder_id
    return own or (kin.kind is KinKind.PROXY and actor.person_id == kin.subject_id)


def is_pending(kin: Kin, now: datetime, profile: Profile) -> bool:
    return now < kin.at + timedelta(days=profile["IDN-06.invitation"])


def _mac(body: bytes, keys: Keys) -> bytes:
    return keys.digest(f"card code {body.hex()}")[:CODE_MAC]
