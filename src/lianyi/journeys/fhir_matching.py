"""Whom a description may mean, of those that whoever asks may find anyway.

Nobody is looked for behind a closed door: who isn't found isn't said to be elsewhere (INT-07).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from lianyi.journeys import fhir_desk
from lianyi.journeys.fhir_pages import Asked
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoCriteria
from lianyi.records.fhir import matching
from lianyi.records.fhir.matching import Grade
from lianyi.records.model import Hit

MOST = 20  # as a search of people has


async def matches(tx: Tx, *, body: Mapping[str, Any]) -> list[tuple[Hit, Grade]]:
    """Return at most twenty persons whom a Patient resource may mean, the surest first.

    Every one is found by a search, with its doors and its log.

    :raises NoCriteria: it has no number and no name.
    :raises NotSearchable, TooManyPersons, WrongRole, OutOfScope:
    """
    asked = list(matching.questions(body))
    if not asked:
        raise NoCriteria(type="Patient")
    found: dict[str, tuple[Hit, Grade]] = {}
    for pairs in asked:
        answer = await fhir_desk.search(tx, asked=Asked("Patient", tuple(pairs), limit=MOST))
        for hit in answer.hits:
            if grade := matching.grade(body, msgspec.json.decode(hit.body)):
                found[hit.fhir_id] = hit, grade
    return sorted(found.values(), key=lambda one: [*Grade].index(one[1]))[:MOST]
