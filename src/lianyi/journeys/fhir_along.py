"""What comes along with a page of a search: what its includes lead to, and what that leads to.

There is an end to it: a page with more beside it is shorter than it could be. Of one resource that
alone brings too much, the end is told: who thinks that they have all of it would be wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from lianyi.access.model import Chart, Desk
from lianyi.journeys import fhir_live
from lianyi.kernel.work import Tx
from lianyi.records.fhir.terms import Include
from lianyi.records.model import Hit

MOST = 1000  # resources that come along with a page
ROUNDS = 3  # of includes that bring includes
Met: TypeAlias = set[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Along:
    """Resources, each once; `is_cut`: there are more of them, which don't come.

    `rest` are the searches that find all of them by themselves, as far as one can say which.
    """

    hits: tuple[Hit, ...] = ()
    is_cut: bool = False
    rest: tuple[str, ...] = ()

    @property
    def is_full(self) -> bool:
        return self.is_cut and len(self.hits) == MOST


NOTHING = Along()


async def fitting(
    tx: Tx, reach: Chart | Desk, hits: Sequence[Hit], includes: Sequence[Include]
) -> tuple[int, Along]:
    """Return with how many of a page's resources all comes along that should, and what that is."""
    many, found = len(hits), NOTHING
    for part in halves(hits) if includes else ():
        many, found = len(part), await _along(tx, reach, part, includes)
        if not found.is_full:
            return many, found
    rest = tuple(_rest(hits[0], includes)) if found.is_full else ()
    return many, replace(found, rest=rest)


def halves(hits: Sequence[Hit]) -> Iterator[Sequence[Hit]]:
    """Yield the resources of a page, then the first half of them, and so on to the first one."""
    while hits:
        yield hits
        hits = hits[: len(hits) // 2]


def _rest(hit: Hit, includes: Sequence[Include]) -> Iterator[str]:
    """Yield how one searches for what a resource brings, page by page."""
    for one in includes:
        if one.name and one.is_reverse:
            yield f"{one.type}?{one.name}={hit.type}/{hit.fhir_id}"
        elif one.name and one.target and one.type == hit.type:
            yield f"{one.target}?_has:{one.type}:{one.name}:_id={hit.fhir_id}"


async def _along(
    tx: Tx, reach: Chart | Desk, hits: Sequence[Hit], includes: Sequence[Include]
) -> Along:
    """Return what comes along with some resources, as far as this reader sees it."""
    repeated = [one for one in includes if one.iterates]
    met = {(hit.type, hit.fhir_id) for hit in hits}
    found: list[Hit] = []
    came = await _fresh(tx, reach, hits, includes, met)
    for _ in range(ROUNDS):
        found += came
        if len(found) > MOST:
            break
        came = await _fresh(tx, reach, came, repeated, met)
    return Along(tuple(found[:MOST]), is_cut=bool(came))


async def _fresh(
    tx: Tx, reach: Chart | Desk, hits: Sequence[Hit], includes: Sequence[Include], met: Met
) -> list[Hit]:
    """Return what some resources bring that nobody has met yet; one more than most is enough."""
    came: list[Hit] = []
    for one in includes if hits else ():
        limit = len(met) + MOST + 1
        for hit in await fhir_live.linked(tx, reach, hits=hits, include=one, limit=limit):
            if (key := (hit.type, hit.fhir_id)) not in met:
                met.add(key)
                came.append(hit)
    return came
