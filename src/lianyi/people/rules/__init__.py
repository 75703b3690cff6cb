"""What an identity number says, how a name is masked, and who may do what. Pure."""

import re
from base64 import b32decode, b32encode
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
    Identity,
    IdType,
    Kin,
    KinKind,
    Progress,
    Proof,
    Sex,
    Ticket,
    years_between,
)
from lianyi.people.rules.practice import INTERNET_HOSPITALS as INTERNET_HOSPITALS
from lianyi.people.rules.practice import ON_DUTY as ON_DUTY
from lianyi.people.rules.practice import REGISTERS as REGISTERS
from lianyi.people.rules.practice import covers as covers
from lianyi.people.rules.practice import duty_findings as duty_findings
from lianyi.people.rules.practice import institution_findings as institution_findings
from lianyi.people.rules.practice import is_parent as is_parent
from lianyi.people.rules.practice import offers_online as offers_online
from lianyi.people.rules.practice import online_findings as online_findings
from lianyi.people.rules.practice import practice_findings as practice_findings
from lianyi.people.rules.practice import staff_findings as staff_findings
from lianyi.people.rules.practice import term as term

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


def claimed(told: Identity, number: str) -> Identity | None:
    """Return the identity card that another system says somebody has; None: it can't be theirs."""
    card = resident_identity(told.name, number)
    if card is None or card.birth_date != told.birth_date:
        return None
    return card if told.sex in {card.sex, Sex.UNKNOWN} else None


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
