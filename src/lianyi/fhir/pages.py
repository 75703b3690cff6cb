"""A Bundle that is read page by page: how many a page has, what is on it, and where it goes on."""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlencode

import msgspec

from lianyi.fhir import answers
from lianyi.fhir.answers import Body
from lianyi.records.model import Hit
from lianyi.records.model.leaves import Frame

PAGE = "_page"
MATCH, INCLUDE = '{"mode":"match"}', '{"mode":"include"}'  # why something is on a page
DIGITS = 9  # of a count that is read; more are as many as there may be


def limit(text: str, *, usual: int, most: int, least: int = 1) -> int | None:
    """Read `_count`. None: it is no number."""
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal()):
        return None
    return most if len(text) > DIGITS else min(max(int(text), least), most)


def links(here: str, pairs: Sequence[tuple[str, object]], cursor: str) -> list[Body]:
    """Return the links to a page as it was asked for, and to the next one if there is one."""
    return turning(here, *apart(pairs), cursor)


def apart(pairs: Sequence[tuple[str, object]]) -> tuple[str, str]:
    """Return as parts of an address what is asked for, and the page of it."""
    asked = urlencode([pair for pair in pairs if pair[0] != PAGE])
    return asked, urlencode([pair for pair in pairs if pair[0] == PAGE])


def turning(here: str, asked: str, place: str, cursor: str) -> list[Body]:
    """Return the same links of these parts."""
    told = [{"relation": "self", "url": address(here, asked, place)}]
    if cursor:
        told.append({"relation": "next", "url": address(here, asked, f"{PAGE}={cursor}")})
    return told


def address(here: str, *parts: str) -> str:
    query = "&".join(filter(None, parts))
    return f"{here}?{query}" if query else here


def entries(told: Sequence[str]) -> dict[str, msgspec.Raw]:
    """Return what a Bundle says of what is on it, which it does only if there is something."""
    return {"entry": msgspec.Raw(f"[{','.join(told)}]".encode())} if told else {}


def entry(base: str, hit: Hit, search: str, cut: Body | None = None) -> str:
    """Write out a resource as it stands on a page, whole or what was cut of it, and why.

    A page is mostly these: in one piece each, they cost a third of what an encoder makes of them.
    """
    if cut is None:
        resource = answers.stamped_text(hit.body, hit.version, hit.recorded_at)
    else:
        resource = answers.text(cut)
    around = frame(base, hit.type, search)
    return f"{around.before}{hit.fhir_id}{around.between}{resource}{around.after}"


@lru_cache(1000)
def frame(base: str, type: str, search: str = MATCH) -> Frame:
    """Return what an entry consists of but for the id and the resource, which need no quoting."""
    return Frame(
        before=f'{{"fullUrl":"{answers.text(base)[1:-1]}/{type}/',
        between='","resource":',
        after=f',"search":{search}}}',
    )


def told(outcome: Body) -> str:
    """Write out what is to be said of a page, as an entry of it."""
    return answers.text({"resource": outcome, "search": {"mode": "outcome"}})
