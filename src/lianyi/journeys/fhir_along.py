"""What comes along with a page of a search: what its includes lead to, and what that leads to.

There is an end to it, which is told: who thinks that they have all of it would be wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    """Resources, each once; `is_cut`: there are more of them, which don't come."""

    hits: tuple[Hit, ...] = ()
    is_cut: bool = False


NOTHING = Along()


async def along(
    tx: Tx, reach: Chart | Desk, hits: Sequence[Hit], includes: Sequence[Include]
) -> Along:
    """Return what comes along with a page, as far as this reader sees it."""
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
