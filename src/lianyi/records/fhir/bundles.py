"""A foreign bundle under this network's ids.

Every id is derived from the institution and the id the file has, so that the same file always
brings the same resources, a reference to another file finds its target, and nothing is asked of the
database to read one. A person's id can't be derived: it stays the person's number until they are
registered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import msgspec
import orjson

from lianyi.people.fhir import NUMBER
from lianyi.records.fhir.keys import subject_of
from lianyi.records.fhir.references import REFERENCE
from lianyi.records.model import Finding, Patient

RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/.*)?")
PERSON = re.compile(r"\bPatient/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
FULL_DATE = len("2024-05-01")
CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
USES = ("official", "usual", "")  # of a name, the first that there is

_decoder = msgspec.json.Decoder(float_hook=Decimal)  # 1.50 stays 1.50
_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Foreign:
    """One resource of a file: its own id there, and its body under ids of this network.

    `text` is the body with all digits of its decimals, `body` the same as it is looked at.
    """

    type: str
    own_id: str
    text: str
    body: Mapping[str, Any]


def patient_number(institution_id: UUID, own_id: str) -> UUID:
    """Return the number of whom an institution's own system calls by this id."""
    return uuid5(institution_id, f"Patient/{own_id}")


def read(raw: bytes, institution_id: UUID) -> list[Foreign] | None:
    """Read one bundle, one resource, or lines of either. None: it is none of these."""
    documents = _documents(raw)
    if documents is None:
        return None
    found = [pair for document in documents for pair in _resources(document)]
    names = _Names(institution_id)
    for url, body in found:
        names.learn(url, body)
    return [_under_our_ids(names, url, body) for url, body in found]


def is_json(line: bytes) -> bool:
    return _documents(line) is not None


def owner_of(foreign: Foreign, institution_id: UUID) -> UUID:
    """Return the number of the person a resource is about, or the institution."""
    about = f"Patient/{foreign.body['id']}" if foreign.type == "Patient" else None
    person = PERSON.fullmatch(about or subject_of(foreign.body) or _person_proven(foreign) or "")
    return _uuid(person[1]) if person else institution_id


def patient_of(foreign: Foreign) -> Patient | tuple[Finding, ...]:
    """Read who a Patient is, or say what is missing to register them."""
    body = foreign.body
    name, born = _name(body), _day(body.get("birthDate"))
    if not name or born is None:
        wanted = {"name": name, "birthDate": born}
        return tuple(Finding("required", f"Patient.{k}") for k, v in wanted.items() if not v)
    died_on = _day(str(body.get("deceasedDateTime", ""))[:FULL_DATE])
    sex, number = str(body.get("gender", "")), _resident_number(body)
    return Patient(UUID(body["id"]), name, sex, born, died_on, number)


def with_persons(text: str, persons: Mapping[str, str], owner: str) -> str:
    """Put the ids of registered persons where their numbers are; most name their owner alone."""
    own = f"Patient/{owner}"
    if text.count("Patient/") == text.count(own):
        return text.replace(own, f"Patient/{persons[owner]}")
    return PERSON.sub(lambda m: f"Patient/{persons.get(m[1], m[1])}", text)


def _person_proven(foreign: Foreign) -> str | None:
    """Return the one person among what a Provenance is of, as it has no other word for them."""
    if foreign.type != "Provenance":
        return None
    targets = foreign.body.get("target")
    named = [one.get("reference") for one in targets or () if isinstance(one, dict)]
    persons = {one for one in named if isinstance(one, str) and PERSON.fullmatch(one)}
    return persons.pop() if len(persons) == 1 else None


def _documents(raw: bytes) -> list[Any] | None:
    try:
        return [_decoder.decode(raw)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    except RecursionError:  # nested deeper than anything that means something
        return None
    try:
        return _decoder.decode_lines(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _resources(document: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the resources of a bundle with the addresses they are referred to by."""
    if not isinstance(document, dict):
        yield "", {}
    elif document.get("resourceType") != "Bundle":
        yield "", document
    else:
        for entry in document.get("entry", ()):
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield str(entry.get("fullUrl", "")), entry["resource"]


class _Names:
    """What one institution's resources are called here, and those of one bundle by their URLs."""

    def __init__(self, institution_id: UUID) -> None:
        self._institution_id = institution_id
        self._known: dict[str, str] = {}
        self._renamed: dict[str, str] = {}  # what belongs together points to the same

    def learn(self, url: str, body: Mapping[str, Any]) -> None:
        if url:
            type = str(body.get("resourceType", ""))
            self._known[url] = f"{type}/{self.id_of(f'{type}/{_own_id(url, body)}')}"

    def id_of(self, name: str) -> str:
        return _id(self._institution_id, name)

    def rename(self, found: re.Match[str]) -> str:
        """Return a reference as it is here. A text is gone over far sooner than a body."""
        if found.string[found.start() - 1] == "\\":  # the end of a longer name
            return found[0]
        written = found[1]
        if written not in self._renamed:
            reference = orjson.loads(f'"{written}"') if "\\" in written else written
            self._renamed[written] = f'"reference":{_quoted(self._reference(reference))}'
        return self._renamed[written]

    def _reference(self, reference: str) -> str:
        if reference in self._known:
            return self._known[reference]
        relative = RELATIVE.fullmatch(reference)
        if relative is None:
            return reference
        return f"{relative[1]}/{self.id_of(f'{relative[1]}/{relative[2]}')}"


def _under_our_ids(names: _Names, url: str, body: dict[str, Any]) -> Foreign:
    type, own_id = str(body.get("resourceType", "")), _own_id(url, body)
    renamed = {**body, "id": names.id_of(f"{type}/{own_id}")}
    text = _encoder.encode(renamed).decode()
    if '"reference":"' in text:
        text = REFERENCE.sub(names.rename, text)
    try:
        return Foreign(type, own_id, text, orjson.loads(text))
    except orjson.JSONDecodeError:  # too deep: who checks the text refuses it for that
        return Foreign(type, own_id, text, renamed)


def _own_id(url: str, body: Mapping[str, Any]) -> str:
    """Return what the file calls a resource; one without a name is called by what it says."""
    return str(body.get("id") or url or uuid5(UUID(int=0), _encoder.encode(body).decode()))


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


@lru_cache(maxsize=10_000)  # what is brought and what it is called by ask for the same
def _id(institution_id: UUID, name: str) -> str:
    return str(uuid5(institution_id, name))


@lru_cache(maxsize=10_000)
def _uuid(text: str) -> UUID:
    return UUID(text)


def _name(body: Mapping[str, Any]) -> str:
    names = sorted(
        body.get("name", ()), key=lambda n: USES.index(n["use"]) if n.get("use") in USES else 9
    )
    for name in names:
        text = name.get("text") or _in_order(name)
        if text.strip():
            return str(text).strip()
    return ""


def _in_order(name: Mapping[str, Any]) -> str:
    """Return the parts of a name as they are said: a Chinese family name comes first."""
    given, family = name.get("given", ()), name.get("family", "")
    if CHINESE.search(family):
        return "".join((family, *given))
    return " ".join((*given, family))


def _resident_number(body: Mapping[str, Any]) -> str:
    """Return the number of the one identity card a Patient has; of two nobody knows which."""
    given = {
        str(one.get("value", ""))
        for one in body.get("identifier", ())
        if one.get("system") == NUMBER and one.get("use") != "old"
    }
    return given.pop() if len(given) == 1 else ""


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
