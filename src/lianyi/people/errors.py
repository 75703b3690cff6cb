"""How people says no."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.people.model import Finding


@dataclass(eq=False)
class BadName(Invalid):
    """Empty, too long, or not the characters of a name."""


@dataclass(eq=False)
class BadNumber(Invalid):
    """An identity number whose length, date, place or check digit is wrong (IDN-01)."""

    rule: ClassVar[str] = "IDN-01"


@dataclass(eq=False)
class BadBirthDate(Invalid):
    """In the future, or missing on a document that does not carry it in its number."""


@dataclass(eq=False)
class BadCreditCode(Invalid):
    """A unified social credit code whose check digit is wrong."""

    credit_code: str


@dataclass(eq=False)
class NameDiffers(Conflict):
    """The number belongs to somebody of another name. Compare the document again."""

    rule: ClassVar[str] = "IDN-04"


@dataclass(eq=False)
class NoSuchPost(NotFound):
    id: UUID


@dataclass(eq=False)
class OwnPost(Conflict):
    """Nobody ends the post they are acting in."""


@dataclass(eq=False)
class NoSuchInstitution(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchDepartment(NotFound):
    id: UUID


@dataclass(eq=False)
class ParentMissing(Invalid):
    """An internet hospital needs the licensed hospital behind it, a store its chain."""


@dataclass(eq=False)
class DepartmentNotLicensed(Conflict):
    rule: ClassVar[str] = "CON-23"
    department_code: str


@dataclass(eq=False)
class CodeTaken(Conflict):
    """There is a department, institution or licence of that number already."""

    number: str


@dataclass(eq=False)
class MayNotPractise(Conflict):
    """The law's findings, all of them (LIC-01, LIC-13, LIC-14, CON-08, CON-23, CON-24, PH-02)."""

    findings: tuple[Finding, ...]


@dataclass(eq=False)
class NotOnDuty(NotAllowed):
    """Whoever reviews prescriptions is on duty while they do (LIC-04)."""

    rule: ClassVar[str] = "LIC-04"


@dataclass(eq=False)
class Died(Conflict):
    died_on: date


@dataclass(eq=False)
class NoSuchCard(NotFound):
    """No such application or card, or not one of this person."""


@dataclass(eq=False)
class CardNotActive(Conflict):
    """Frozen, replaced or closed: nothing is done with it."""

    rule: ClassVar[str] = "IDN-03"


@dataclass(eq=False)
class HasCard(Conflict):
    rule: ClassVar[str] = "IDN-01"


@dataclass(eq=False)
class PhoneTaken(Conflict):
    """The applicant's phone is the way in of another card."""

    rule: ClassVar[str] = "IDN-01"


@dataclass(eq=False)
class TooManyApplications(Conflict):
    rule: ClassVar[str] = "IDN-01"


@dataclass(eq=False)
class NoticeMoved(Conflict):
    """What was agreed to is not what is asked today: read it again (PRI-06)."""

    rule: ClassVar[str] = "PRI-06"


@dataclass(eq=False)
class BadCode(Invalid):
    """Not a code of ours, or changed."""

    rule: ClassVar[str] = "IDN-03"


@dataclass(eq=False)
class CodeExpired(Conflict):
    rule: ClassVar[str] = "IDN-03"


@dataclass(eq=False)
class CodeUsed(Conflict):
    rule: ClassVar[str] = "IDN-03"


@dataclass(eq=False)
class NoSuchKin(NotFound):
    id: UUID


@dataclass(eq=False)
class NotAChild(Conflict):
    """Adults decide for themselves: invite them instead."""

    rule: ClassVar[str] = "IDN-06"


@dataclass(eq=False)
class NotAnAdult(Conflict):
    """A child is registered by the guardian at a counter."""

    rule: ClassVar[str] = "IDN-06"


@dataclass(eq=False)
class FamilyAlready(Conflict):
    """There is a claim, an invitation or a live relation with this person."""


@dataclass(eq=False)
class InvitationOver(Conflict):
    rule: ClassVar[str] = "IDN-06"


@dataclass(eq=False)
class DocumentMissing(Invalid):
    """What was shown at the counter has to be written down."""


@dataclass(eq=False)
class NotRegistered(NotFound):
    """Nobody is registered with the document in hand."""


@dataclass(eq=False)
class BadDate(Invalid):
    """A day of death before the birth or after today."""


@dataclass(eq=False)
class NoSuchPatient(NotFound):
    """The institution's own system has nobody of this record number and name."""
