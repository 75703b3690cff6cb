"""A chart that rests on grounds remembered, not asked for."""

from dataclasses import dataclass

from lianyi.access.model import Chart
from lianyi.kernel.db import Statement, part_of


@dataclass(frozen=True, slots=True)
class Presumed:
    """A chart that no statement may look through without asking `still` and saying `told`."""

    chart: Chart
    still: tuple[Statement, ...]  # what the WHERE of a `door` asks
    told: Statement  # writes the access down, where its own WHERE says

    def within(self, values: list[object]) -> tuple[str, str]:
        """Return what a `door` asks and what tells of it, as parts of a statement's SQL."""
        return " AND ".join(part_of(one, values) for one in self.still), part_of(self.told, values)
