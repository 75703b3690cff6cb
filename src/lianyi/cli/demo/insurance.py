"""Insure the demo's residents, and tell the simulated agency the same about them.

The agency is another machine with its own books: it is told over its own door, at every start,
and knows already whoever it was told of before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import msgspec

from lianyi.cli.demo import network
from lianyi.cli.demo.network import Neighbour, Network, Place
from lianyi.insurance import service as insurance
from lianyi.insurance.model import Counter, Found, Level, Scheme
from lianyi.kernel.actor import system
from lianyi.kernel.work import Tx
from lianyi.people.model import Kind
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Drug, Supply

FILE = Path(__file__).parent / "insurance.toml"
REGION = "370100"
ONLINE = frozenset({Kind.INTERNET_SECOND_NAME, Kind.INTERNET_INDEPENDENT, Kind.COUNTY_HOSPITAL})
WORKING, RETIRED, CHILD, GROWN, OLD = "11", "12", "14", "15", "16"
BORN_CHILD, BORN_RETIRED, BORN_OLD = "2008", "1966", "1961"  # in or before which year, or after
CHRONIC = ("C", "A10")  # how the ATC codes begin of what most chronic patients take


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Items that are alike in the catalogue."""

    codes: tuple[str, ...]
    level: Level
    first_share: Decimal = Decimal(0)


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`spent_fen` is what an employee has paid of this year's threshold elsewhere."""

    uninsured: frozenset[str]
    aided: frozenset[str]
    balance_fen: int
    spent_fen: int
    item: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of the catalogue, the same for every seller."""

    code: str
    level: Level
    first_share: Decimal
    is_drug: bool = False


@dataclass(frozen=True, slots=True)
class Insured:
    one: Neighbour
    found: Found
    spent_fen: int
    balance_fen: int


def load() -> Terms:
    return msgspec.toml.decode(FILE.read_bytes(), type=Terms)


async def bring_in(
    tx: Tx, all: Network, places: Mapping[str, UUID], residents: Mapping[str, UUID]
) -> None:
    """Enter the catalogue at every designated place, and who is insured."""
    listed = list(_listed(load()))
    for place in _designated(all):
        here = replace(tx, actor=system("seed", places[place.key]))
        for one in listed:
            await _set(here, one)
    for known in _insured(all, load()):
        person_id = residents[known.one.key]
        used = Counter(deductible_fen=known.spent_fen, open_fen=known.spent_fen)
        await insurance.take_over(tx, person_id=person_id, found=known.found, used=used)


def told() -> dict[str, Sequence[object]]:
    """Return what the agency is told, by the paths of its door."""
    all, terms = network.load(), load()
    return {
        "/institutions": [
            {"code": one.insurance_code, "name": one.name, "online": one.kind in ONLINE}
            for one in _designated(all)
        ],
        "/items": [
            {
                "code": one.code,
                "level": one.level,
                "first_share": str(one.first_share),
                "is_drug": one.is_drug,
            }
            for one in _listed(terms)
        ],
        "/people": [_told(known) for known in _insured(all, terms)],
    }


async def _set(here: Tx, one: Listed) -> None:
    await insurance.set_item(
        here,
        code=one.code,
        national=one.code,
        level=one.level,
        first_share=one.first_share,
        is_drug=one.is_drug,
    )


def _told(known: Insured) -> dict[str, object]:
    found = known.found
    return {
        "psn_no": found.number,
        "number": known.one.id_number,
        "name": known.one.name,
        "scheme": found.scheme,
        "type": found.person_type,
        "area": found.area,
        "aided": found.aided,
        "balance_fen": known.balance_fen,
        "spent_fen": known.spent_fen,
        "credential": found.credential,
    }


def _designated(all: Network) -> list[Place]:
    return [place for place in all.institution if place.insurance_code]


def _listed(terms: Terms) -> Iterator[Listed]:
    for entry in terms.item:
        for code in entry.codes:
            yield Listed(code, entry.level, entry.first_share)
    for drug in terminology.snapshot().drugs.values():
        level = _level(drug)
        share = Decimal("0.10") if level is Level.PARTLY else Decimal(0)
        yield Listed(drug.code, level, share, is_drug=level is not Level.NOT_AT_ALL)


def _level(drug: Drug) -> Level:
    if drug.supply is not Supply.PRESCRIPTION:
        return Level.NOT_AT_ALL
    return Level.WHOLLY if drug.atc.startswith(CHRONIC) else Level.PARTLY


def _insured(all: Network, terms: Terms) -> Iterator[Insured]:
    for one in all.resident:
        if one.key not in terms.uninsured:
            yield _cover(one, terms)


def _cover(one: Neighbour, terms: Terms) -> Insured:
    """Put the households with an odd number among the employees, children among the residents."""
    born, number = one.id_number[6:10], f"3701{one.key[1:]:0>8}"
    aided, credential = one.key in terms.aided, f"EC{number}"
    if born <= BORN_CHILD and int(one.family[1:]) % 2:
        kind = RETIRED if born <= BORN_RETIRED else WORKING
        found = Found(number, Scheme.EMPLOYEE, kind, REGION, aided, credential)
        return Insured(one, found, terms.spent_fen, terms.balance_fen)
    kind = CHILD if born > BORN_CHILD else OLD if born <= BORN_OLD else GROWN
    return Insured(one, Found(number, Scheme.RESIDENT, kind, REGION, aided, credential), 0, 0)
