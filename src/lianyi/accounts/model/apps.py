"""The nouns of apps: who registered them, what was asked for, what was lent, and by which token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lianyi.kernel.actor import Actor

ASK_LIFE = timedelta(minutes=10)  # somebody reads what an app wants, and signs in
LAUNCH_LIFE = timedelta(minutes=5)
CODE_LIFE = timedelta(seconds=60)  # INT-14
TOKEN_LIFE = timedelta(hours=1)  # INT-03
SERVICE_LIFE = timedelta(seconds=300)  # INT-03
OFFLINE_LIFE = timedelta(days=90)  # INT-14: the absolute end of refreshing
KEYS_PAUSE = timedelta(minutes=1)  # between two askings for an app's keys, and the least they hold
KEYS_LIFE, KEYS_LONGEST = timedelta(hours=1), timedelta(hours=24)  # unsaid, and at most
ONLINE_LIFE = timedelta(hours=12)  # that of a session


class ClientKind(StrEnum):
    """How an app proves that it is itself."""

    PUBLIC = "public"  # it can't: it runs where everybody can look
    SECRET = "secret"  # noqa: S105 - by a shared one
    KEY = "key"  # by its own private key


class TokenKind(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Registration:
    """What a company says of its app. `keys` is its public JWKS as JSON, `keys_at` where it lies.

    One of both, if it proves itself by a key.
    """

    name: str
    company: str
    credit_code: str  # 统一社会信用代码
    contact: str
    kind: ClientKind
    redirects: tuple[str, ...]
    scopes: tuple[str, ...]
    keys: str = ""
    keys_at: str = ""
    launch_url: str = ""
    about: str = ""
    notifies: tuple[str, ...] = ()  # where it may have itself told


@dataclass(frozen=True, slots=True)
class Client:
    """A registered app. It can do nothing until an institution approves it."""

    id: UUID
    name: str
    company: str
    credit_code: str
    contact: str
    about: str
    kind: ClientKind
    secret: bytes | None  # its digest
    keys: str | None
    redirects: tuple[str, ...]
    launch_url: str
    scopes: tuple[str, ...]
    created_at: datetime
    notifies: tuple[str, ...] = ()
    keys_at: str = ""


@dataclass(frozen=True, slots=True)
class KeySet:
    """Public keys as they were fetched; `heard_at` is when that was tried to its end."""

    keys: str
    fresh_until: datetime
    asked_at: datetime
    heard_at: datetime | None

    @property
    def is_awaited(self) -> bool:
        return self.heard_at is None or self.heard_at < self.asked_at


@dataclass(frozen=True, slots=True)
class Registered:
    """`secret` is told once; what is kept of it can only be compared."""

    id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Context:
    """What an app was started with by somebody at their desk."""

    person_id: UUID
    post_id: UUID
    patient_id: UUID
    encounter: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What an app asks of whoever sits at the browser, once."""

    client_id: UUID
    redirect: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    nonce: str = ""
    context: Context | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """What a user, or an institution, has lent to an app: all tokens rest on it and end with it.

    `hat` names the app and its scopes; `session` is there if it ends with that browser's session.
    """

    id: UUID
    client_id: UUID
    hat: Actor
    encounter: str
    until: datetime
    approval_id: UUID
    permission_id: UUID | None = None
    session: bytes | None = None
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """How an app says who it is: by name alone, with a secret, or with a signed assertion.

    `at` is when it came, by the clock of machines: a demo's own runs ahead of who signed.
    """

    at: datetime
    client_id: UUID | None = None
    secret: str = ""
    assertion: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """Tokens just drawn; they are told once and kept nowhere."""

    access: str
    refresh: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A live token, and what rests on it."""

    lease: Lease
    kind: TokenKind
    scopes: tuple[str, ...]
    expires_at: datetime
