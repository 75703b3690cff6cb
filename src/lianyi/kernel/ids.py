"""UUIDv7 that remembers its owner: the 12 bits of rand_a are the owner's bucket."""

from datetime import UTC, datetime
from random import Random, SystemRandom
from uuid import UUID

BUCKETS = 4096
LANES = 64


def bucket(id: UUID) -> int:
    return (id.int >> 64) & (BUCKETS - 1)


def lane(owner: UUID) -> int:
    return bucket(owner) % LANES


def made_at(id: UUID) -> datetime:
    """Return the instant at which an id of ours was drawn."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


def first_at(instant: datetime) -> UUID:
    """Return the least id that can have been drawn then: ids drawn later compare greater."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)


class Ids:
    """Draws ids; a seeded `Random` makes a test repeatable."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or SystemRandom()

    def new(self, now: datetime, owner: UUID | None = None) -> UUID:
        """Return an id in the owner's bucket, or in one of its own if nobody owns it."""
        place = self._random.getrandbits(12) if owner is None else bucket(owner)
        ms = int(now.timestamp() * 1000)
        tail = self._random.getrandbits(62)
        return UUID(int=ms << 80 | 0x7 << 76 | place << 64 | 0b10 << 62 | tail)

    def draw(self, among: range) -> int:
        """Return a number nobody can foretell."""
        return self._random.choice(among)
