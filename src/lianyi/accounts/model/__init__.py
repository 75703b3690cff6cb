"""The nouns of signing in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.kernel.actor import Actor

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
CODES_AN_HOUR = 5

FAILURES = 5  # SEC-03: failed log-ins before an account rests
REST = timedelta(minutes=15)

SESSION_LIFE = timedelta(hours=12)  # CON-09: then one proves again who one is
IDLE_STAFF = timedelta(minutes=15)  # SEC-03: clinical workstation
IDLE_RESIDENT = timedelta(minutes=30)
TOUCH = timedelta(minutes=1)  # how often being active is written down


@dataclass(frozen=True, slots=True)
class Account:
    """`person_id` is None while only a phone is proven."""

    id: UUID
    person_id: UUID | None
    staff: bool


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against, outside any transaction: it takes a core 0.1 s."""

    account_id: UUID
    password_hash: str


@dataclass(frozen=True, slots=True)
class Own:
    """An account as its holder sees it; `password_hash` is there to check the old password."""

    login: str
    password_hash: str | None
    sessions: int


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser and the hat it wears."""

    digest: bytes
    account: Account
    hat: Actor
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened. The token is told once, to the browser, and stored nowhere."""

    token: str
    account: Account
