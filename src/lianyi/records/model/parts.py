"""What an export is written in: files of one type each."""

from dataclasses import dataclass
from uuid import UUID

GONE = "Bundle"  # the type of a file that tells what is there no more


@dataclass(frozen=True, slots=True)
class Part:
    """One file: of owners from `low` to below `high`. What was written is told once it is done.

    `size` is that of the file as it is fetched, `length` that of the lines in it.
    """

    export_id: UUID
    n: int
    type: str
    low: UUID
    high: UUID | None
    expected: int
    tries: int
    count: int | None = None
    size: int | None = None
    length: int | None = None

    @property
    def is_done(self) -> bool:
        return self.count is not None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many files an export has, how many are written, and how much is in these."""

    files: int
    written: int
    resources: int
