"""Bring FHIR R4 bundles into the record (导入既往病历) and say what became of each resource.

One process reads and checks while this one writes: a bundle is one transaction. What entered whole
is remembered, so that an import that stopped goes on, and doing it twice changes nothing.
"""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lianyi import main
from lianyi.cli.bundles import Progress, bundles
from lianyi.journeys import history
from lianyi.kernel import loop, measured, profile
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.config import Config
from lianyi.kernel.live import Hub
from lianyi.kernel.refusal import Invalid
from lianyi.kernel.work import App, kept, reading, within
from lianyi.people import queries as people
from lianyi.people.model import Institution, Kind
from lianyi.records import queries, service
from lianyi.records.errors import NotBundles
from lianyi.records.model import Finding, Parcel, Refusal
from lianyi.worker import ahead

# Whose history it is, if nobody says: the first hospital of the installation.
KEEPERS = (Kind.TERTIARY_HOSPITAL, Kind.COUNTY_HOSPITAL, Kind.HEALTH_CENTRE)


@dataclass(eq=False)
class NoHospital(Invalid):
    """There is no institution of that id or credit code to import for."""

    institution: str


@dataclass(eq=False)
class NoSuchFile(Invalid):
    file: str


@dataclass(slots=True)
class Report:
    """What was read, and what became of it: the five others always add up to the first."""

    institution: str = ""
    read: int = 0
    stored: int = 0
    changed: int = 0
    duplicate: int = 0
    refused: int = 0
    seconds: float = 0
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        return self.read == self.stored + self.changed + self.duplicate + self.refused

    def add(self, parcel: Parcel, taken: history.TakenIn) -> None:
        tally = taken.tally(parcel)
        self.read += tally.read
        self.stored += tally.stored
        self.changed += tally.changed
        self.refused += tally.refused
        self.duplicate += tally.duplicate
        for refusal in taken.refused:
            self._explain(refusal)

    def add_known(self, resources: int) -> None:
        self.read += resources
        self.duplicate += resources

    def _explain(self, refusal: Refusal) -> None:
        for finding in refusal.findings:
            reason = (finding.code, _general(finding), finding.about)
            self.reasons[reason] += 1
            self.examples.setdefault(reason, f"{refusal.type}/{refusal.fhir_id}")


def size_of(files: Sequence[Path]) -> int:
    """Return how many bytes there are to read.

    :raises NoSuchFile:
    """
    for file in files:
        if not file.is_file():
            raise NoSuchFile(file=str(file))
    return sum(file.stat().st_size for file in files)


async def run(
    config: Config, files: Sequence[Path], institution: str, progress: Progress
) -> Report:
    """Import the files for one institution, named by its id or its credit code.

    :raises NoHospital, NotBundles, DefinitionsMissing:
    """
    async with main.running(config, Hub()) as app:
        loop.settle()
        keeper = await _keeper(app, institution)
        with ahead.checker() as pool:
            return await Import(app, keeper, pool, progress).of(files)


class Import:
    """One run of the command, for one institution."""

    def __init__(self, app: App, keeper: Institution, pool: Executor, progress: Progress) -> None:
        self.app = app
        self.hat = system("import", keeper.id)
        self.report = Report(institution=keeper.name)
        self._pool = pool
        self._progress = progress
        zone = profile.at(app.clock()).zone
        self._check = partial(service.unpack, holder_id=keeper.id, zone=zone)

    async def of(self, files: Sequence[Path]) -> Report:
        started = time.monotonic()
        for file in files:
            async for parcel in self._parcels(file):
                source = f"sha256:{parcel.digest.hex()}"
                verb = partial(history.take_in, parcel=parcel, source=source)
                self.report.add(parcel, await within(self.app, self.hat, verb))
        await kept(self.app)
        self.report.seconds = time.monotonic() - started
        await measured.look_again(self.app)
        return self.report

    async def _parcels(self, file: Path) -> AsyncIterator[Parcel]:
        """Return the parcels of a file that have not entered yet, in order, checked ahead."""
        found = ahead.checked(self._unknown(file), self._pool, self._check)
        async for _, parcel in found:
            if parcel is None:
                raise NotBundles(file=str(file), trouble="JSON")
            yield parcel

    async def _unknown(self, file: Path) -> AsyncIterator[tuple[bytes, bytes]]:
        found = bundles(file, self._progress)
        while (raw := await asyncio.to_thread(next, found, None)) is not None:
            if not await self._is_known(raw):
                yield raw, raw

    async def _is_known(self, raw: bytes) -> bool:
        """Return whether a bundle has entered before, and count it if so."""
        digest = hashlib.sha256(raw).digest()
        known = await reading(self.app, self.hat, partial(queries.imported, digest=digest))
        if known is not None:
            self.report.add_known(known)
        return known is not None


async def _keeper(app: App, wanted: str) -> Institution:
    kinds = list(Kind) if wanted else KEEPERS
    hat = system("import", NOWHERE)
    found = await reading(app, hat, partial(people.institutions_of, kinds=kinds))
    if wanted:
        found = [each for each in found if wanted in {str(each.id), each.credit_code}]
    else:
        found.sort(key=lambda each: (KEEPERS.index(each.kind), each.id))
    if not found:
        raise NoHospital(institution=wanted)
    return found[0]


def _general(finding: Finding) -> str:
    """Return the place without the numbers of its items, so that like reasons count together."""
    return "".join(part.partition("]")[2] or part for part in finding.where.split("["))
