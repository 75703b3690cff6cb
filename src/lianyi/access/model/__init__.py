"""The roles a hat can be, the capabilities that queries demand, and what these rest on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lianyi.access.model.parts import AppDesk, Part, is_whole
from lianyi.kernel.actor import SYSTEM, Role

# What a hat can be. Other rooms take these from `people.model`, where the posts are.
GUEST = Role("guest")  # a phone is proven, a person is not
RESIDENT = Role("resident")
DOCTOR = Role("doctor")
NURSE = Role("nurse")
PHARMACIST = Role("pharmacist")
DISPENSER = Role("dispenser")
TECHNICIAN = Role("technician")  # of a laboratory
CLERK = Role("clerk")  # reception and cashier
COURIER = Role("courier")
ADMIN = Role("admin")  # of one institution
INSURER = Role("insurer")
HEALTH_COMMISSION = Role("health_commission")
DRUG_AUTHORITY = Role("drug_authority")
OPERATOR = Role("operator")  # of the platform
APP = Role("app")  # a service of a company, entrusted by one institution; its post is the approval

ROLES = (
    GUEST,
    RESIDENT,
    DOCTOR,
    NURSE,
    PHARMACIST,
    DISPENSER,
    TECHNICIAN,
    CLERK,
    COURIER,
    ADMIN,
    INSURER,
    HEALTH_COMMISSION,
    DRUG_AUTHORITY,
    OPERATOR,
    APP,
    SYSTEM,
)
TREATING = frozenset({DOCTOR, NURSE})


class Purpose(StrEnum):
    TREAT = "treat"
    REVIEW = "review"  # a pharmacist's, of a prescription
    DISPENSE = "dispense"
    DELIVER = "deliver"
    RECEIVE = "receive"  # appointments, queue and reception
    PAY = "pay"
    SETTLE = "settle"  # with the insurance agency
    REPORT = "report"  # to the authorities, by law and under a pseudonym
    INSPECT = "inspect"  # an authority, in a case that a second person has approved
    TELL = "tell"  # the person is sent a message
    MANAGE = "manage"  # quality, disputes, consents of an institution's patients
    OWN = "own"  # one's own record, or that of whom one acts for
    CONSENT = "consent"  # the person decides who may see what


class Scope(StrEnum):
    """What a mandate reaches. A phone alone reaches nothing (IDN-01, CON-10)."""

    BOOK = "book"
    PAY = "pay"
    RECORD = "record"  # records, results and prescriptions
    CONSENT = "consent"


class Sensitive(StrEnum):
    """Classes of data that need more than a relation (PRI-01, IDN-11)."""

    INFECTION = "infection"  # HIV and sexually transmitted disease
    PSYCHIATRY = "psychiatry"
    REPRODUCTION = "reproduction"
    GENETICS = "genetics"
    VIOLENCE = "violence"


ALL_CLASSES = frozenset(Sensitive)
MOST = 5000  # persons of a desk who are all read to tell of many whether they are among them


class Cause(StrEnum):
    """Why a door opened, as the log says it."""

    SYSTEM = "system"
    RELATION = "relation"
    CONSENT = "consent"
    BREAK_GLASS = "break_glass"
    MANDATE = "mandate"
    CASE = "case"
    APPROVAL = "approval"  # the institution has approved the app
    PERMISSION = "permission"  # the person has let the app read
    OBJECTION = "objection"  # the person has withdrawn that
    OVERSIGHT = "oversight"  # the institution answers for who has looked
    NONE = "none"


class ConsentState(StrEnum):
    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class GlassState(StrEnum):
    BROKEN = "broken"
    JUSTIFIED = "justified"
    OBJECTED = "objected"


class Kind(StrEnum):
    """What a line of the log tells of."""

    READ = "read"
    BROKEN = "broken"  # glass was broken
    OVER = "over"  # what it opened is shut again


@dataclass(frozen=True, slots=True)
class Ground:
    """One live reason to open a door: a relation, a consent, a broken glass or a mandate."""

    cause: Cause
    holder_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    scopes: frozenset[Scope] = frozenset()
    classes: frozenset[Sensitive] = frozenset()


@dataclass(frozen=True, slots=True)
class View:
    """A part of the record: one holding institution or all, a range of time, some classes."""

    holder_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    classes: frozenset[Sensitive] = frozenset()


@dataclass(frozen=True, slots=True)
class Chart:
    """One person's data for one purpose. Only the door makes one."""

    person_id: UUID
    purpose: Purpose
    cause: Cause
    views: tuple[View, ...]
    sees_unreleased: bool
    only: tuple[Part, ...] | None = None  # of an app; None: nobody but the hat itself looks

    def admits(
        self,
        *,
        holder: str,
        at_time: str,
        classes: str,
        released: str,
        at: int,
        by_part: bool = False,
    ) -> str:
        """Return the WHERE part that keeps what this chart may show; `args` fill `$at` on.

        The arguments are SQL: the holding institution's id, the instant the fact is from, the
        `text[]` of its sensitive classes, and whether it has been released to the person.
        `by_part` says that the same WHERE keeps to `only`; else an app is shown nothing (INT-04).
        """
        shut = "" if by_part or self.only is None else "FALSE AND "
        if self._is_of_always:
            # No index goes by an IS TRUE: one by the person leads to less than one by the holder.
            held = f"({holder} = ${at + 2}::uuid) IS TRUE AND " if self.views[0].holder_id else ""
            return f"{shut}{held}{classes} <@ ${at}::text[] AND ({released} OR ${at + 1}::bool)"
        return f"""{shut}EXISTS (SELECT FROM unnest(${at}::uuid[], ${at + 1}::timestamptz[],
                     ${at + 2}::timestamptz[], ${at + 3}::text[])
                     AS its (its_holder, its_since, its_until, its_classes)
                   WHERE (its_holder IS NULL OR its_holder = {holder})
                     AND (its_since IS NULL OR its_since <= {at_time})
                     AND (its_until IS NULL OR its_until > {at_time})
                     AND {classes} <@ its_classes::text[])
                   AND ({released} OR ${at + 4}::bool)"""

    @property
    def args(self) -> tuple[object, ...]:
        if self._is_of_always:
            (one,) = self.views
            held = (one.holder_id,) if one.holder_id else ()
            return sorted(one.classes), self.sees_unreleased, *held
        return (
            [view.holder_id for view in self.views],
            [view.since for view in self.views],
            [view.until for view in self.views],
            ["{" + ",".join(sorted(view.classes)) + "}" for view in self.views],
            self.sees_unreleased,
        )

    @property
    def _is_of_always(self) -> bool:
        """Tell whether it is one view that no time bounds: each row is asked with much less ado."""
        return len(self.views) == 1 and self.views[0].since is self.views[0].until is None


@dataclass(frozen=True, slots=True)
class Desk:
    """All persons one hat may see for one purpose, at one instant. Only the door makes one."""

    purpose: Purpose
    role: Role
    institution_id: UUID
    reader_id: UUID
    at: datetime
    everyone: bool
    scope: Scope | None = None  # of a resident, who sees those they act for
    classes: frozenset[Sensitive] = frozenset()
    sees_unreleased: bool = False
    app: AppDesk | None = None
    persons: tuple[UUID, ...] | None = None  # by name, where they are few enough
    counted: frozenset[UUID] = frozenset()  # shown by an app's searches today

    @property
    def only(self) -> tuple[Part, ...] | None:
        return self.app.only if self.app else None

    def sees(
        self,
        column: str,
        *,
        at: int,
        also: Sequence[str] = (),
        by_part: bool = False,
        by_row: bool = False,
        many: str = "",
        type: str = "",
    ) -> str:
        """Return the WHERE part that keeps only this desk's persons; `args` fill `$at` on.

        `also` is SQL for further owners whose rows pass. Said here, they leave one set to look in,
        which the planner can begin with; an OR it could not, so that with `by_row` it asks of each
        row by itself, where these are few. If they are so `many`, which is SQL too, that it is less
        to read who all of them are, and these are not too many, that is done. `by_part` is as in a
        chart. `type` is what the rows are as FHIR, where no WHERE can ask for parts: an app needs
        all of it.
        """
        if self.everyone:
            return "TRUE"
        opens = self.app is None or by_part or bool(type and is_whole(self.only, type))
        shut = "" if opens else "FALSE AND "
        if self.persons is not None:
            more = f"ARRAY[{', '.join(also)}]::uuid[]"
            return f"{shut}{column} = ANY (${at}::uuid[] || {more})"
        if by_row:
            own = "".join(f"{column} = {owner} OR " for owner in also)
            return f"{shut}({own}{self._asked_of(column, many, self.ids(at))})"
        more = "".join(f" UNION ALL SELECT {one}::uuid" for one in also)
        return f"{shut}{column} IN ({self.ids(at)}{more})"

    def _asked_of(self, column: str, many: str, ids: str) -> str:
        # No EXISTS: that may first read who all of them are, however many.
        one = f"(SELECT true FROM ({ids}) AS its (id) WHERE its.id = {column} LIMIT 1)"
        if not many:
            return one
        few = f"(SELECT count(*) <= {MOST} FROM ({ids} LIMIT {MOST + 1}) AS its)"
        return f"CASE WHEN {many} AND {few} THEN {column} IN ({ids}) ELSE {one} END"

    def ids(self, at: int) -> str:
        """Return SQL for this desk's persons, whom nobody has named yet; `args` fill `$at` on."""
        if self.app:
            return self.app.persons(at)
        if self.scope:
            return f"""SELECT subject_id FROM access.mandate
                       WHERE holder_id = ${at} AND ${at + 1} = ANY (scopes)
                         AND ended_at IS NULL AND (until IS NULL OR until > ${at + 2})"""
        return f"""SELECT person_id FROM access.relation
                   WHERE institution_id = ${at} AND role = ${at + 1}
                     AND ended_at IS NULL AND (until IS NULL OR until > ${at + 2})"""

    @property
    def args(self) -> tuple[object, ...]:
        if self.everyone:
            return ()
        if self.persons is not None:
            return (list(self.persons),)
        if self.app:
            asked = (self.institution_id, self.app.roles, self.at, self.app.app_id, self.purpose)
            return (*asked, self.app.export_id) if self.app.export_id else asked
        if self.scope:
            return self.reader_id, self.scope, self.at
        return self.institution_id, self.role, self.at

    def admits(self, *, holder: str, classes: str, released: str, at: int) -> str:
        """Return the WHERE part that keeps what this desk shows; `shown` fills `$at` on.

        The arguments are SQL, as a chart's are. What another institution holds of a person opens by
        the person's consent, and so by a chart.
        """
        return f"""{holder} = ${at} AND {classes} <@ ${at + 1}::text[]
                   AND ({released} OR ${at + 2}::bool)"""

    @property
    def shown(self) -> tuple[object, ...]:
        return (self.institution_id, sorted(self.classes), self.sees_unreleased)


@dataclass(frozen=True, slots=True)
class Mandate:
    """What one resident may do for another, or for themselves. `cause_id` is the act behind it."""

    cause_id: UUID
    holder_id: UUID
    subject_id: UUID
    scopes: frozenset[Scope]
    classes: frozenset[Sensitive] = frozenset()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a consent covers: whose records, read where, what for, from when, for how long."""

    holder_id: UUID
    receiver_id: UUID
    purpose: Purpose
    expires_at: datetime
    covers_since: datetime | None = None
    covers_until: datetime | None = None
    classes: frozenset[Sensitive] = frozenset()

    @property
    def covers_last(self) -> datetime | None:
        """Return the last instant that is covered."""
        return self.covers_until - datetime.resolution if self.covers_until else None


@dataclass(frozen=True, slots=True)
class Consent:
    id: UUID
    person_id: UUID
    state: ConsentState
    at: datetime
    share: Share


@dataclass(frozen=True, slots=True)
class Glass:
    id: UUID
    person_id: UUID
    reader_id: UUID
    post_id: UUID
    institution_id: UUID
    reason: str
    at: datetime
    until: datetime
    state: GlassState


@dataclass(frozen=True, slots=True)
class Looked:
    """How often one kind of thing was read under a broken glass."""

    glass_id: UUID
    what: str
    times: int


EXPORT = "export"  # how the log names what an export shows: `export/<id>`


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the log, as the person may read it. `seq` continues a list."""

    seq: int
    at: datetime
    post_id: UUID
    reader_id: UUID
    institution_id: UUID
    role: Role
    purpose: Purpose
    granted: bool
    cause: Cause
    what: str
    app_id: UUID | None = None
    id: str = ""  # among the lines of the log and the moments of glass; a line's is its `seq`
    kind: Kind = Kind.READ
    request_id: str = ""
    person_ids: tuple[UUID, ...] = ()  # whose data, where a line is told to an institution

    @property
    def export_id(self) -> UUID | None:
        """The export it is a line of, if it is one's."""
        head, _, id = self.request_id.partition("/")
        return UUID(id) if head == EXPORT and self.app_id else None
