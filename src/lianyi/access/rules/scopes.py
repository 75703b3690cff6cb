"""What an app may do, read from scopes of SMART App Launch 2.2, its second version and its first.

Source: SMART App Launch 2.2, "Scopes and Launch Context". A scope is kept as it is canonical there:
`patient/Observation.rs?category=laboratory`. INT-04: scopes only ever take away from what the hat
may see by itself. Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from lianyi.access.model import APP, RESIDENT, Purpose
from lianyi.access.model.parts import ANY_TYPE, Part, Right
from lianyi.kernel.actor import Actor

PATIENT, USER, SYSTEM = "patient", "user", "system"
SOURCE = "lianyi/source"  # an institution's own system of record (HIS, LIS)
FOR = "lianyi/purpose."  # what an entrusted service is there for, as the approval says
OFFLINE, ONLINE = "offline_access", "online_access"
# Who signs in, and where an app is started, tells nothing of a record: no approval names these.
ABOUT_LAUNCH = frozenset(
    {"openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter", ONLINE}
)
PURPOSES = frozenset(Purpose)
GENETIC = frozenset({"MolecularSequence"})  # no app's to read; an institution's may bring it
GRANTED = frozenset({OFFLINE, SOURCE})  # only as an institution has approved them
FIRST_VERSION = {"read": "rs", "write": "cud", "*": "cruds"}
# No name may go over a link: what is asked of one resource is answered by it alone. Of those that
# every type has, these ask something of it; others (`_count`, `_sort`) would leave everything.
QUERY = r"(?:[a-z][a-z-]*|_id|_tag|_security|_profile|_source)(?::[a-z-]+)?=[^&=\s]+"
SCOPE = re.compile(
    rf"(patient|user|system)/([A-Z][A-Za-z]{{1,63}}|\*)\."
    rf"(?:(?=.)(c?r?u?d?s?)(\?{QUERY}(?:&{QUERY})*)?|(read|write|\*))"
)
TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,300}")  # RFC 6749, section 3.3
MOST = 200  # scopes in one request


@dataclass(frozen=True, slots=True)
class Scoped:
    """One scope over data: whose context, which type, which rights, and what it must answer."""

    who: str
    type: str
    rights: str
    query: str = ""

    def __str__(self) -> str:
        return f"{self.who}/{self.type}.{self.rights}{'?' if self.query else ''}{self.query}"


@lru_cache(maxsize=4096)
def read(text: str) -> Scoped | None:
    """Return a scope over data; None if it is none, or not written as the standard writes it."""
    found = SCOPE.fullmatch(text) if TOKEN.fullmatch(text) else None
    if found is None:
        return None
    who, type, rights, query, first = found.groups()
    rights = rights or FIRST_VERSION.get(first or "", "")
    if not rights or (query and type == ANY_TYPE):
        return None
    if type in GENETIC and not {Right.READ, Right.SEARCH}.isdisjoint(rights):
        return None
    return Scoped(who, type, rights, (query or "")[1:])


def canonical(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the scopes of a request as they are kept, each once, and those that are none."""
    asked = dict.fromkeys(text.split())
    wrong = [one for one in asked if not _is_known(one)]
    if len(asked) > MOST:
        return (), tuple(asked)
    return tuple(dict.fromkeys(str(read(one) or one) for one in asked if _is_known(one))), tuple(
        wrong
    )


def meet(asked: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """Return what both of two lists permit, in the order of what is asked."""
    given = tuple(allowed)
    over = [scope for one in given if (scope := read(one))]
    found: dict[str, None] = {}
    for one in asked:
        scope = read(one)
        if scope is None and (one in ABOUT_LAUNCH or one in given):
            found[one] = None
        if scope is not None:
            both = (_both(scope, other) for other in over)
            found |= dict.fromkeys(str(each) for each in both if each)
    return tuple(found)


def goes_beyond(asked: Iterable[str], had: Iterable[str]) -> tuple[str, ...]:
    """Return which of the scopes ask for more than there was; a refresh may not (RFC 6749, 6)."""
    kept = tuple(had)
    return tuple(one for one in asked if one not in kept and one not in meet([one], kept))


@lru_cache(maxsize=4096)
def permits(scopes: tuple[str, ...], type: str, right: Right, *, whole: bool = False) -> bool:
    """Return whether any scope permits this of this type, for somebody; `whole`: of all of it."""
    over = [scope for one in scopes if (scope := read(one)) and _is_over(scope, type, right)]
    return any(not (whole and scope.query) for scope in over)


def parts(actor: Actor, person_id: UUID | None, right: Right) -> tuple[Part, ...] | None:
    """Return what an app may do this with, of one person or of a desk; None: no app asks."""
    if actor.app_id is None and actor.role != APP:
        return None
    reached = _reached(actor, person_id)
    found = [scope for one in actor.scopes if (scope := read(one))]
    return tuple(
        Part(scope.type, scope.query)
        for scope in found
        if scope.who in reached and right in scope.rights
    )


@lru_cache(maxsize=1024)
def purpose_in(scopes: tuple[str, ...]) -> Purpose | None:
    """Return what an entrusted service is there for."""
    named = [one.removeprefix(FOR) for one in scopes if one.startswith(FOR)]
    return Purpose(named[0]) if len(named) == 1 and named[0] in PURPOSES else None


def _is_known(text: str) -> bool:
    return text in ABOUT_LAUNCH or text in GRANTED or read(text) is not None


def _is_over(scope: Scoped, type: str, right: Right) -> bool:
    return right in scope.rights and scope.type in {type, ANY_TYPE}


def _reached(actor: Actor, person_id: UUID | None) -> frozenset[str]:
    """Tell whose scopes hold: `patient/` only for the one the app was started for."""
    if actor.role == APP:
        return frozenset({SYSTEM})
    if person_id and (actor.role == RESIDENT or person_id == actor.for_person_id):
        return frozenset({PATIENT, USER})
    return frozenset({USER})


def _both(one: Scoped, other: Scoped) -> Scoped | None:
    rights = "".join(right for right in one.rights if right in other.rights)
    if one.who != other.who or not rights:
        return None
    if ANY_TYPE not in {one.type, other.type} and one.type != other.type:
        return None
    type = other.type if one.type == ANY_TYPE else one.type
    queries = dict.fromkeys(filter(None, (one.query, other.query)))
    return Scoped(one.who, type, rights, "&".join(queries))
