"""Doors that rest on what is remembered, not asked for."""

from dataclasses import dataclass

import msgspec

from lianyi.access.model import Chart, Desk
from lianyi.kernel.db import Statement, part_of


class Presumed(msgspec.Struct, frozen=True):
    """A chart that no statement may look through without asking `still` and saying `told`."""

    chart: Chart
    still: tuple[Statement, ...]  # what the WHERE of a `door` asks
    told: Statement  # writes the access down, where its own WHERE says

    def within(self, values: list[object]) -> tuple[str, str]:
        """Return what a `door` asks and what tells of it, as parts of a statement's SQL."""
        return _asked(self.still, values), part_of(self.told, values)


@dataclass(frozen=True, slots=True)
class PresumedDesk:
    """A desk that no statement may look over without asking `still` and saying `told`.

    It presumes who asks alone: who is at it is asked wherever it is looked over.
    """

    desk: Desk
    still: tuple[Statement, ...]  # as of a chart
    told: Statement  # writes down who the owners in `shown` are, if there are any

    def within(self, values: list[object]) -> tuple[str, str]:
        """Return the same as of a chart."""
        return _asked(self.still, values), part_of(self.told, values)


def _asked(still: tuple[Statement, ...], values: list[object]) -> str:
    return " AND ".join(part_of(one, values) for one in still) or "TRUE"
