"""What an app wants to be told of, and what it is told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from lianyi.kernel.actor import Actor

TYPE = "Subscription"
MISSED = "missed"  # a trouble: what happened from one instant to another was told to nobody


class SubscriptionState(StrEnum):
    REQUESTED = "requested"
    ACTIVE = "active"
    ERROR = "error"  # nobody takes what is told; it is tried again
    OFF = "off"
    REMOVED = "removed"


class Channel(StrEnum):
    REST_HOOK = "rest-hook"
    WEBSOCKET = "websocket"


class Content(StrEnum):
    """How much is told, as the Subscriptions R5 Backport names it."""

    EMPTY = "empty"
    ID_ONLY = "id-only"
    FULL = "full-resource"


class Over(StrEnum):
    """Why a subscription is off; the code of the words that its app and its readers get."""

    ASKED = "asked"  # by its app
    ENDED = "ended"  # its time
    GROUND = "ground"  # approval, permission, relation, post or scope
    PERSONS = "persons"  # PRI-11, PRI-28: it reaches too many
    DEAD = "dead"  # nobody took what was told, however often it was tried
    BROKEN = "broken"  # what it asks can't be answered any more


# After these it goes on from where it was; after the others its doors had been closed meanwhile.
GOING_ON = frozenset({Over.ASKED, Over.DEAD, Over.BROKEN})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription as it is asked for. `header` is a secret of the app's own.

    `bundled`: notifications are Bundles of the Subscriptions R5 Backport, else as R4 has them.
    """

    type: str
    pairs: tuple[tuple[str, str], ...]
    criteria: str
    channel: Channel
    endpoint: str
    header: tuple[str, ...]
    content: Content
    bundled: bool
    end: datetime | None
    is_off: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """`hat` is what it looks through, `about` the one person it can be about, if it is one.

    `told` counts what has arrived, `waiting` what has not; `tries` in vain since something did.
    `left_off_at` is when it went off, where what happened since then is still to be collected.
    """

    id: UUID
    state: SubscriptionState
    hat: Actor
    approval_id: UUID
    version: int
    at: datetime
    body: str
    type: str
    criteria: str
    about: UUID | None
    base: str
    channel: Channel
    endpoint: str
    header: bytes | None
    content: Content
    bundled: bool
    until: datetime
    told: int
    told_at: datetime | None
    tries: int
    trouble: str
    under_way: bool
    left_off_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.state in {SubscriptionState.ACTIVE, SubscriptionState.ERROR}


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscription as the page of its app shows it."""

    id: UUID
    state: SubscriptionState
    app_id: UUID
    approval_id: UUID
    type: str
    channel: Channel
    until: datetime
    told: int
    told_at: datetime | None
    waiting: int
    tries: int
    trouble: str


class Window(NamedTuple):
    """From the snapshot that had been listened to, to the one that is now."""

    since: str
    till: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One version of a resource that is to be told. `body` is empty where it was deleted.

    `number` counts what its app is told; `n` what everybody is.
    """

    n: int
    number: int
    type: str
    fhir_id: str
    version: int
    owner: UUID
    at: datetime
    body: str
    is_first: bool  # nobody has tried to tell it before
