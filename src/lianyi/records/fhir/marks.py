"""Profiles, tags and security labels of a resource, added and taken away (`$meta-add`, `-delete`).

Source: FHIR R4, http://hl7.org/fhir/R4/resource-operations.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import orjson

Json: TypeAlias = Any
KINDS = ("profile", "security", "tag")


class Marks(msgspec.Struct, frozen=True):
    """What is added, or (`is_gone`) taken away, of each kind."""

    given: Mapping[str, Sequence[Json]]
    is_gone: bool = False


def marked(body: Mapping[str, Json], marks: Marks) -> dict[str, Json]:
    """Return a body with its marks changed. What is there already, or isn't, is no trouble."""
    meta = dict(body.get("meta", {}))
    for kind in KINDS:
        kept = _changed(meta.pop(kind, []), marks.given.get(kind, ()), is_gone=marks.is_gone)
        if kept:
            meta[kind] = kept
    return {**body, "meta": meta}


def labelled(body: Mapping[str, Json], said: str) -> Mapping[str, Json]:
    """Return a body with the security labels that were `said` before, which it leaves out.

    An update takes none of them away by silence; `$meta-delete` and a patch name what shall go. A
    meta that isn't as it should be stays so, and is refused as that.
    """
    if '"security"' not in said:
        return body
    labels = orjson.loads(said).get("meta", {}).get("security", [])
    meta = body.get("meta", {})
    given = meta.get("security", []) if isinstance(meta, dict) else None
    if not isinstance(given, list):
        return body
    kept = _changed(given, labels, is_gone=False)
    return body if kept == given else {**body, "meta": {**meta, "security": kept}}


def _changed(held: Sequence[Json], given: Sequence[Json], *, is_gone: bool) -> list[Json]:
    if is_gone:
        gone = [_key(one) for one in given]
        return [one for one in held if _key(one) not in gone]
    kept = list(held)
    for one in given:
        if _key(one) not in map(_key, kept):
            kept.append(one)
    return kept


def _key(mark: Json) -> Json:
    """Return what a mark is known by: a label by its system and code, a profile by its address."""
    return (mark.get("system"), mark.get("code")) if isinstance(mark, dict) else mark
