"""What a search asks, and what it is answered, a page at a time."""

from dataclasses import dataclass, field

from lianyi.access.model import Chart
from lianyi.journeys import fhir_shown
from lianyi.journeys.fhir_along import NOTHING, Along
from lianyi.records.fhir.terms import Include, Term, Trouble
from lianyi.records.model import Hit, Page
from lianyi.records.model.leaves import Told


@dataclass(frozen=True, slots=True)
class Asked:
    """One search: its parameters as they came, and how its answer is wanted, whatever page."""

    type: str
    pairs: tuple[tuple[str, str], ...]
    within: Term | None = None  # a compartment
    sort: str = ""
    limit: int = 20  # none: only how many there are
    after: tuple[str, ...] = field(default=(), compare=False)
    shown: int = field(default=0, compare=False)  # what the pages before this one weigh
    includes: tuple[tuple[str, str], ...] = ()
    counted: bool = False
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    hits: tuple[Hit, ...]
    after: tuple[str, ...]  # where the next page begins; empty where there is none
    ignored: tuple[Trouble, ...]
    along: Along = NOTHING
    total: int | None = None
    page: Page = field(default_factory=list)  # the hits with their places, but of a look
    told: Told | None = None  # the hits as they were written out, instead of them

    @property
    def weight(self) -> int:
        """PRI-11: what a page adds to a series: its resources, or the persons who come along."""
        if not self.along.hits:
            return self.told.many if self.told else len(self.hits)
        return max(len(self.hits), len(fhir_shown.whose((*self.hits, *self.along.hits))))


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that a look has found, the chart it has opened, and what has to be brought along."""

    chart: Chart
    answer: Answer
    includes: tuple[Include, ...]
