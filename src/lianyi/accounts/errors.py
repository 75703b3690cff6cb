"""How signing in says no. Nothing here tells whether a phone or a login is known."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound


@dataclass(eq=False)
class BadPhone(Invalid):
    """Not a mobile number of mainland China."""


@dataclass(eq=False)
class WrongCode(NotAllowed):
    """Wrong, used, too old, or tried too often: which of these is not told."""


@dataclass(eq=False)
class WrongPassword(NotAllowed):
    """Login, password and one-time code don't go together: which is wrong is not told."""


@dataclass(eq=False)
class Resting(Conflict):
    rule: ClassVar[str] = "SEC-03"
    until: datetime


@dataclass(eq=False)
class TooManyCodes(Conflict):
    """A phone gets only so many codes an hour."""


@dataclass(eq=False)
class WeakPassword(Invalid):
    """Shorter than twelve characters, or made of one kind of them."""


@dataclass(eq=False)
class SignedOut(NotAllowed):
    """There is no session, or it has ended."""


@dataclass(eq=False)
class BadRegistration(Invalid):
    """An app can't be registered so; `fields` names what is wrong."""

    fields: str


@dataclass(eq=False)
class AskGone(NotFound):
    """What an app asked has been answered, is too old, or never was."""


@dataclass(eq=False)
class NoSuchClient(NotFound):
    """No app is registered by this name."""
