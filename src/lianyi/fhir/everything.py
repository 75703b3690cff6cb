"""`$everything`: all that is a person's, or of one encounter, page by page.

Source: FHIR R4, http://hl7.org/fhir/R4/operation-patient-everything.html and
operation-encounter-everything.html.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking, pages
from lianyi.fhir.answers import Body
from lianyi.fhir.asking import Given
from lianyi.fhir.pages import PAGE
from lianyi.fhir.places import base_of
from lianyi.fhir.reading import ID, ask
from lianyi.journeys import fhir_gathering
from lianyi.journeys.fhir_gathering import Gathered
from lianyi.kernel import cursors, profile
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoSuchResource
from lianyi.records.fhir import spans
from lianyi.records.fhir.index import parameters
from lianyi.records.fhir.terms import Gathering

USUAL, MOST = 100, 200  # resources on a page, without what comes along
OF_ANY = {"_since", "_type", "_count", PAGE}
OF_PATIENT = {*OF_ANY, "start", "end"}


async def of_patient(request: Request) -> Response:
    """Answer what is a person's; where none is named, of whom the hat is for.

    :raises NoSuchResource, NoPatient, WrongRole, OutOfScope:
    :raises Turned: a parameter can't be understood.
    """
    given = await asking.read(request)
    given.check(OF_PATIENT)
    person_id = _person(request)

    async def page(tx: Tx) -> Body:
        asked, limit = _asked(tx, request, given)
        found = await fhir_gathering.of_patient(tx, person_id=person_id, asked=asked, limit=limit)
        return _bundle(tx, request, given, found)

    return answers.written(request, await ask(request, page))


async def of_encounter(request: Request) -> Response:
    """Answer what belongs to an encounter. Raises as `of_patient` does."""
    given = await asking.read(request)
    given.check(OF_ANY)
    encounter = request.path_params["id"]
    if not ID.fullmatch(encounter):
        raise NoSuchResource(type="Encounter", fhir_id=encounter)

    async def page(tx: Tx) -> Body:
        asked, limit = _asked(tx, request, given)
        asked = replace(asked, encounter=encounter)
        found = await fhir_gathering.of_encounter(tx, asked=asked, limit=limit)
        return _bundle(tx, request, given, found)

    return answers.written(request, await ask(request, page))


def _person(request: Request) -> UUID | None:
    named = request.path_params.get("id")
    try:
        return None if named is None else UUID(named)
    except ValueError as wrong:
        raise NoSuchResource(type="Patient", fhir_id=str(named)) from wrong


def _asked(tx: Tx, request: Request, given: Given) -> tuple[Gathering, int]:
    types = tuple(one for text in given.texts("_type") for one in text.split(",") if one)
    if not set(types) <= set(parameters()):
        raise asking.wrong("_type")
    place = cursors.read(tx, _query(request, given), given.text(PAGE))
    asked = Gathering(
        types=types,
        since=_time(tx, given, "_since", end=False),
        period=(_time(tx, given, "start", end=False), _time(tx, given, "end", end=True)),
        after=msgspec.json.decode(place, type=tuple[str, str]) if place else ("", ""),
    )
    return asked, given.number("_count", USUAL, MOST, least=1)


def _time(tx: Tx, given: Given, name: str, *, end: bool) -> datetime | None:
    """Read when something begins, or before what it ends: 2030 begins and ends with its days."""
    if not (text := given.text(name)):
        return None
    span = spans.read(text, profile.at(tx.now).zone) if len(text) >= spans.YEAR else None
    if span is None:
        raise asking.wrong(name)
    return span[end]


def _query(request: Request, given: Given) -> str:
    return f"{request.url.path}?{given.query()}"


def _bundle(tx: Tx, request: Request, given: Given, found: Gathered) -> Body:
    base, here = base_of(request), str(request.url.path).partition("/R4/")[2]
    place = msgspec.json.encode(found.after).decode() if found.after else ""
    cursor = cursors.write(tx, _query(request, given), place) if place else ""
    links = pages.links(f"{base}/{here}", given.asked(), cursor)
    told = [
        *(pages.entry(base, hit, pages.MATCH) for hit in found.hits),
        *(pages.entry(base, hit, pages.INCLUDE) for hit in found.along.hits),
        *(pages.told(answers.cut(request, found.along)) for _ in range(found.along.is_cut)),
    ]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, **pages.entries(told)}
