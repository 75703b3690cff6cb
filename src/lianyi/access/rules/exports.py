"""Who may agree that data leave in bulk, and when nobody has to. Pure."""

from collections.abc import Sequence

from lianyi.access.model.exports import Vote
from lianyi.access.rules.apps import ASSESSMENT_MIN
from lianyi.kernel.actor import Actor
from lianyi.kernel.profile import Profile

WHY_MIN = 4  # characters; who comes after must be able to judge it
NEEDED = 2  # PRI-28


def is_large(persons: int, numbers: Profile) -> bool:
    """PRI-11, PRI-28: of how many one may take data in a day without two persons who agree."""
    return persons > numbers["PRI-28"]


def may_leave(numbers: Profile) -> bool:
    """PRI-20: data stay in the country, unless a profile with its own assessment says otherwise."""
    return bool(numbers["PRI-20"])


def is_sound(why: str, assessment: str) -> bool:
    """PRI-11: a purpose in words, and the id of the assessment that was made before."""
    return len(why.strip()) >= WHY_MIN and len(assessment.strip()) >= ASSESSMENT_MIN


def has_agreed(actor: Actor, votes: Sequence[Vote]) -> bool:
    """PRI-28: two persons, not one in two posts."""
    return any(vote.person_id == actor.person_id for vote in votes)


def is_same_assessment(assessment: str, votes: Sequence[Vote]) -> bool:
    """PRI-11: both have read the same paper."""
    return all(vote.assessment == assessment.strip() for vote in votes)
