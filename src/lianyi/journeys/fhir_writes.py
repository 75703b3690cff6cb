"""What other software writes into the record, in one transaction, whole or not at all.

One act or two thousand take the same way: may this writer do it, which resource is meant, what
does it say, whose is it, does the door open, is it still as it was read; then one statement.
Source: FHIR R4, 3.1.0 (RESTful API). A session of the product is no writer: it would go round
signatures and second verifiers.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from msgspec.structs import replace

from lianyi.access.model.parts import Right
from lianyi.access.service import presuming, scoping
from lianyi.journeys import fhir_desk, fhir_doors, fhir_patches
from lianyi.journeys.fhir_acts import MADE, RIGHTS, Act, Body, Done, Meant, Outcome, Verb, placed
from lianyi.kernel import ahead
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import Tx
from lianyi.records import service as records
from lianyi.records.errors import (
    ManyMatches,
    NoMatch,
    NoSuchResource,
    NotFhir,
    NotWritable,
    SameTwice,
    VersionMissing,
    VersionMoved,
)
from lianyi.records.fhir import keys, references
from lianyi.records.fhir.marks import labelled
from lianyi.records.model import Finding, Key, Resource
from lianyi.records.model.subscriptions import TYPE as SUBSCRIPTION
from lianyi.records.model.writing import Held
from lianyi.records.service import Bringer

A = TypeVar("A")
B = TypeVar("B")
Named: TypeAlias = Mapping[Key, Sequence[str]]  # the references of each body
PART = 200  # bodies that are read and written together
ASIDE = 20  # bodies that are read while others wait; more go to a thread


async def perform(tx: Tx, *, acts: Sequence[Act], base: str) -> list[Done]:
    """Do everything that is asked, or nothing of it. `base` is this server's own address.

    :raises EntryRefused: where acts have places; else what is wrong with the one act:
    :raises NotWritable, OutOfScope, NotSearchable, ManyMatches, NoMatch, NotFhir, WrongOwner:
    :raises NoSuchResource, OthersResource, NotFromOutside, VersionMissing, VersionMoved:
    :raises NotPatched:
    """
    _check_may(tx, acts)
    meant = await _meanings(tx, acts)
    held = await records.hold(tx, keys=[one.key for one in meant if _may_be_there(one)])
    bringer, doors = fhir_doors.bringer(tx), fhir_doors.Doors(tx)
    over = [(one, held.get(one.key)) for one in meant]
    meant = [_labelled(await _made(doors, one, was), was) for one, was in over]
    named = await asyncio.to_thread(_named, meant) if len(meant) > ASIDE else _named(meant)
    known = _addresses(meant, named)
    given: dict[Key, Resource] = {}
    versions: dict[Key, int] = {}
    read = partial(_read, named, known, base, bringer)
    turns = _turns(meant, named, known)
    for turn in turns:
        known |= await _asked_for(tx, turn, named, known)
        async with aclosing(_read_ahead(turn, read)) as parts:
            async for part, bodies in parts:
                given |= {**bodies, **_tombstones(part, held, bringer)}
                for one in part:
                    with placed(one.act):
                        await _admit(doors, one, given.get(one.key), held.get(one.key))
                written = [given[one.key] for one in part if one.key in given]
                if part[-1] is turns[-1][-1]:
                    written += fhir_doors.proofs(tx, given.values(), held)
                versions |= await records.bring(tx, given=written, held=held)
    await _learn(tx, meant, given)
    return [_done(tx.now, one, given.get(one.key), held.get(one.key), versions) for one in meant]


def _turns(meant: Sequence[Meant], named: Named, known: Mapping[str, str]) -> list[list[Meant]]:
    """Return what is written first, and what asks for something, which may be among that.

    FHIR R4, 3.1.0.11.2: references by criteria are resolved after all else is done.
    """
    turns: list[list[Meant]] = [[], []]
    for one in meant:
        asks = any(it not in known and references.asked(it) for it in named[one.key])
        turns[asks].append(one)
    return [turn for turn in turns if turn]


async def _learn(tx: Tx, meant: Sequence[Meant], given: Mapping[Key, Resource]) -> None:
    """Have the next resource of a person created at once, after one that was created alone."""
    one = meant[0]
    if len(meant) == 1 and one.is_drawn and one.key in given:
        await fhir_doors.learn(tx, given[one.key], Right.CREATE)


def creating(at: Moment, *, act: Act, base: str) -> Look[Done] | None:
    """Return the look that creates one new resource through a door that has opened before.

    None: `perform` does it, or says why not. Decision 0017. Raises as that does.
    """
    if act.verb is not Verb.CREATE or act.criteria is not None:
        return None
    _check_may(at, [act])
    meant = Meant(act, _drawn(at, act), is_drawn=True)
    named = _named([meant])
    if any(map(references.asked, named[meant.key])):  # what is looked for opens doors of its own
        return None
    resource = _read(named, {}, base, fhir_doors.bringer(at), [meant])[meant.key]
    door = fhir_doors.presumed(at, resource, Right.CREATE)
    if door is None:
        return None
    written = [resource, *fhir_doors.proofs(at, [resource], {})]
    look = records.bringing(at, door, given=written)
    done = _done(at.now, meant, resource, None, {meant.key: 1})
    return look.or_else(partial(presuming.forget, at, door, Right.CREATE)).then(lambda _: done)


def _check_may(at: Moment, acts: Sequence[Act]) -> None:
    """Refuse what isn't written so. What is made of what is there needs to read it as well."""
    kinds: dict[tuple[str, Verb], Act] = {}
    for act in acts:
        kinds.setdefault((act.type, act.verb), act)
    for act in kinds.values():
        with placed(act):
            whose, right = _about(act), RIGHTS[act.verb]
            fhir_doors.check_may_write(at, type=act.type, right=right, person_id=whose)
            if act.type == SUBSCRIPTION:  # which is no part of the record
                raise NotWritable(type=act.type, group="subscriptions")
            if act.verb in MADE:
                scoping.check_scope(at, type=act.type, right=Right.READ)


async def _read_ahead(
    meant: Sequence[Meant], read: Callable[[Sequence[Meant]], dict[Key, Resource]]
) -> AsyncGenerator[tuple[Sequence[Meant], dict[Key, Resource]], None]:
    """Read the bodies of a part in a thread while the part before it is written."""
    if len(meant) <= ASIDE:
        yield meant, read(meant)
        return

    def filed(part: Sequence[Meant]) -> dict[Key, Resource]:
        return {key: records.file(one) for key, one in read(part).items()}

    parts = [meant[at : at + PART] for at in range(0, len(meant), PART)]
    async with aclosing(ahead.made(filed, parts)) as made:
        async for part, bodies in made:
            yield part, bodies


async def _meanings(tx: Tx, acts: Sequence[Act]) -> list[Meant]:
    """Find out which resource each act is about. Who asks by the same criteria waits (INT-08)."""
    asked = sorted({f"fhir/{a.type}?{sorted(a.criteria)}" for a in acts if a.criteria is not None})
    await tx.alone_with([(tx.actor.institution_id, one) for one in asked])
    meant = []
    for act in acts:
        with placed(act):
            meant.append(await _meaning(tx, act))
    _check_apart(meant, asked)
    return meant


async def _meaning(tx: Tx, act: Act) -> Meant:
    if act.criteria is None:
        drawn = act.verb is Verb.CREATE
        return Meant(act, _drawn(tx, act) if drawn else act.fhir_id, is_drawn=drawn)
    found = await fhir_desk.matching(tx, type=act.type, pairs=act.criteria)
    if len(found) > 1:
        raise ManyMatches(type=act.type)
    if act.verb is Verb.PATCH and not found:
        raise NoSuchResource(type=act.type, fhir_id="")
    own = str((act.body or {}).get("id", "")) if act.verb is Verb.UPDATE else ""
    if found:
        if own and own != found[0].fhir_id:
            raise NotFhir(findings=(Finding("id", f"{act.type}.id"),))
        hit = found[0] if act.verb is Verb.CREATE else None
        return Meant(act, found[0].fhir_id, found=hit)
    if act.verb is Verb.DELETE or own:
        return Meant(act, own)
    return Meant(act, _drawn(tx, act), is_drawn=True)


def _drawn(at: Moment, act: Act) -> str:
    return str(at.new_id(_about(act)))


def _about(act: Act) -> UUID | None:
    """Return whom a body says it is about, whether or not there is such a person."""
    about = references.restful(keys.subject_of(act.body or {}) or "")
    return fhir_doors.uuid_of(about[1]) if about and about[0] == "Patient" else None


def _check_apart(meant: Sequence[Meant], asked: Sequence[str]) -> None:
    """FHIR R4, 3.1.0.11.2: what two entries mean must be two resources."""
    seen: set[Key] = set()
    for one in meant:
        if one.key in seen and one.fhir_id:
            with placed(one.act):
                raise SameTwice(type=one.act.type)
        seen.add(one.key)
    conditions = [a for one in meant if (a := one.act).criteria is not None]
    if len(conditions) > len(asked):
        with placed(conditions[-1]):
            raise SameTwice(type=conditions[-1].type)


async def _made(doors: fhir_doors.Doors, one: Meant, held: Held | None) -> Meant:
    """Make the body that a patch means, or a change of marks, of what is there and may be seen."""
    act = one.act
    if act.verb not in MADE:
        return one
    with placed(act):
        if held is None:
            raise NoSuchResource(type=act.type, fhir_id=one.fhir_id)
        body = await fhir_patches.made(doors, held=held, patch=act.patch, match=act.match)
    return replace(one, act=replace(act, body=body))


def _labelled(one: Meant, held: Held | None) -> Meant:
    """Keep the security labels that an update leaves out: no silence opens anything (PRI-01)."""
    if held is None or one.act.verb is not Verb.UPDATE:
        return one
    return replace(one, act=replace(one.act, body=labelled(one.act.body or {}, held.said)))


def _addresses(meant: Sequence[Meant], named: Named) -> dict[str, str]:
    """Return what entries are called by the others, each by its address and as `Type/id`.

    :raises NoMatch: an entry points to what only a bundle can hold, and this one doesn't; or to
        what two servers call alike.
    """
    known: dict[str, str] = {}
    twice: set[str] = set()
    for one in meant:
        if one.act.address:
            here = known[one.act.address] = "/".join(one.key)
            if called := references.restful(one.act.address):
                short = "/".join(called)
                twice |= {short} if known.setdefault(short, here) != here else set()
    for one in meant:
        for reference in named[one.key] if one.act.place and one.act.verb not in MADE else ():
            is_lost = references.is_of_bundle(reference) and reference not in known
            if is_lost or reference in twice:
                with placed(one.act):
                    raise NoMatch(reference=reference)
    return known


async def _asked_for(
    tx: Tx, meant: Sequence[Meant], named: Named, known: Mapping[str, str]
) -> dict[str, str]:
    """Return what bodies ask for by criteria."""
    found: dict[str, str] = {}
    for one in meant:
        for reference in named[one.key]:
            if reference in known or reference in found:
                continue
            if asked := references.asked(reference):
                with placed(one.act):
                    found[reference] = await _one_of(tx, reference, *asked)
    return found


def _named(meant: Sequence[Meant]) -> dict[Key, list[str]]:
    """Return every reference of each body. All are gone through once."""
    return {one.key: list(references.named(one.act.body or {})) for one in meant}


async def _one_of(tx: Tx, reference: str, type: str, query: str) -> str:
    found = await fhir_desk.matching(tx, type=type, pairs=parse_qsl(query, keep_blank_values=True))
    if len(found) > 1:
        raise ManyMatches(type=type)
    if not found:
        raise NoMatch(reference=reference)
    return f"{type}/{found[0].fhir_id}"


def _read(
    named: Named, known: Mapping[str, str], base: str, bringer: Bringer, meant: Iterable[Meant]
) -> dict[Key, Resource]:
    """Read the bodies of all that is written. Takes long, and needs no transaction.

    Each step is taken with all before the next is: what runs again and again runs much faster.
    """
    ones = [one for one in meant if one.act.body is not None and one.found is None]
    bodies = _each(ones, partial(_addressed, named, known, base), ones)
    drafts = _each(ones, records.draft, bodies)
    checked = _each(ones, records.check, drafts)
    given = _each(ones, partial(records.read, bringer=bringer), checked)
    return {one.key: resource for one, resource in zip(ones, given, strict=True)}


def _each(ones: Sequence[Meant], step: Callable[[A], B], things: Iterable[A]) -> list[B]:
    """Take a step with what belongs to each, as far as one is refused."""
    done: list[B] = []
    try:
        for thing in things:
            done.append(step(thing))  # noqa: PERF401 - how far it came tells whose trouble it is
    except RecursionError as trouble:  # nested deeper than anything that means something
        act = ones[len(done)].act
        with placed(act):
            raise NotFhir(findings=(Finding("structure", act.type),)) from trouble
    except Refused:
        with placed(ones[len(done)].act):
            raise
    return done


def _addressed(named: Named, known: Mapping[str, str], base: str, one: Meant) -> Body:
    """Return a body with its id, that points to what is here as this server does."""
    head = {"resourceType": one.act.type, "id": one.fhir_id}
    body = {**head, **(one.act.body or {}), **head}
    if known or any(reference.startswith(base) for reference in named[one.key]):
        body = references.rewritten(body, known, base)
    return body


def _may_be_there(one: Meant) -> bool:
    return bool(one.fhir_id) and not one.is_drawn and one.found is None


async def _admit(
    doors: fhir_doors.Doors, one: Meant, given: Resource | None, held: Held | None
) -> None:
    """Let an act pass, or say why not. What a door hides is answered as if it weren't there."""
    act = one.act
    if one.found is not None or not one.fhir_id:
        return
    if given is None or (held is None and _is_ours_to_draw(one)):
        raise NoSuchResource(type=act.type, fhir_id=one.fhir_id)
    if held is None:
        if act.match is not None:
            raise VersionMoved(type=act.type, fhir_id=one.fhir_id)
        await doors.enter(given, Right.CREATE)
        return
    await doors.reach(held, RIGHTS[act.verb])
    if act.verb is Verb.UPDATE:
        await doors.enter(given, Right.UPDATE)
    if given.owner != held.owner:
        await doors.explain(held)
    _check_version(act, given, held)


def _is_ours_to_draw(one: Meant) -> bool:
    return not one.is_drawn and fhir_doors.is_ours_to_draw(one.fhir_id)


def _check_version(act: Act, given: Resource, held: Held) -> None:
    """INT-08: who writes over something says what they have read. Marks are put beside it."""
    read = act.match if held.is_gone else act.read
    if read not in {None, held.version} or (act.only_new and not held.is_gone):
        raise VersionMoved(type=act.type, fhir_id=held.fhir_id)
    is_blind = read is None and act.verb not in {Verb.DELETE, Verb.MARK} and not held.is_gone
    if is_blind and not records.is_same(given, held):
        raise VersionMissing(type=act.type, fhir_id=held.fhir_id)


def _tombstones(
    meant: Iterable[Meant], held: Mapping[Key, Held], bringer: Bringer
) -> dict[Key, Resource]:
    gone = (was for one in meant if one.act.verb is Verb.DELETE and (was := held.get(one.key)))
    return {was.key: records.tombstone(was, app_id=bringer.app_id) for was in gone}


def _done(
    now: datetime,
    one: Meant,
    given: Resource | None,
    held: Held | None,
    versions: Mapping[Key, int],
) -> Done:
    type, id = one.key
    if one.found is not None:
        hit = one.found
        return Done(Outcome.SAME, type, id, hit.version, hit.recorded_at, hit.body)
    if given is None:  # nothing answered the criteria of a delete
        return Done(Outcome.DELETED, type, id, 0, now, "")
    version = versions[one.key]
    is_same = held is not None and version == held.version
    at = held.recorded_at if held is not None and is_same else now
    if one.act.verb is Verb.DELETE:
        outcome = Outcome.DELETED
    elif is_same:
        outcome = Outcome.SAME
    else:
        outcome = Outcome.CREATED if held is None or held.is_gone else Outcome.UPDATED
    return Done(outcome, type, id, version, at, given.body)
